//! Objects and patterns of STIX, their envelopes, markings and copies; queries, headers and tokens of TAXII.

use entente_formats::stix::{
    check::{Options, Version, check},
    envelope, id,
    index::{self, Entry},
    json::{self, Limits},
    marking::{Meaning, Restriction, STRICTEST, meaning, reduce::without, selector::Selector},
    pattern,
    reveal::{Node, shown},
    time::Moment,
};
use entente_formats::taxii::{
    media,
    next::{self, Binding},
    query::{Endpoint, Query},
    reply,
};

use crate::place::require_inside;

/// Whatever is read as an object is checked to an end, and what has an entry is an object with that identifier. Nothing
/// that has a key twice is read by either.
pub fn an_object_of_stix_is_checked_to_an_end_and_its_entry_says_what_it_says(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let value = json::parse(text, Limits::OBJECT);
    for version in [None, Some(Version::V20), Some(Version::V21)] {
        let options =
            Options { version, only_standard_types: true, only_standard_properties: true, ..Options::default() };
        match check(text, &options, Limits::OBJECT) {
            Ok(report) => {
                assert!(report.findings().len() <= 400, "{} findings", report.findings().len());
                report.findings().iter().for_each(|finding| assert!(!finding.reason.is_empty()));
            }
            Err(problem) => require_inside(text, &problem),
        }
    }
    match index::read(text) {
        Ok(entry) => {
            let value = value.expect("what has an entry is read");
            let object = value.object().expect("what has an entry is an object");
            assert_eq!((object.text("id"), object.text("type")), (Some(&*entry.id), Some(&*entry.kind)));
            assert!(id::Id::parse(&entry.id).is_some());
            if check(text, &Options::default(), Limits::OBJECT).is_ok_and(|report| report.is_valid(false)) {
                entry_is_of(&entry, object);
            }
        }
        Err(problem) => require_inside(text, &problem),
    }
}

fn entry_is_of(entry: &Entry<'_>, object: &json::Object<'_>) {
    assert_eq!(entry.created.as_deref(), object.text("created"));
    assert_eq!(entry.modified.as_deref(), object.text("modified"));
    let markings = object.get("object_marking_refs").and_then(json::Value::list).unwrap_or_default();
    assert!(markings.iter().map(json::Value::text).eq(entry.markings.iter().map(|id| Some(&**id))));
    let node = Node::of(entry);
    assert_eq!(shown(std::slice::from_ref(&node), &[true]), [true], "an object alone hides nothing");
}

/// A pattern is a tree whose paths have names, or has a problem inside its text.
pub fn a_pattern_is_a_tree_or_has_a_problem_inside_it(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for version in [Version::V20, Version::V21] {
        match pattern::parse(text, version) {
            Ok(pattern) => {
                let paths = pattern.paths();
                assert!(!paths.is_empty(), "a pattern speaks of something");
                for path in paths {
                    assert!(text.contains(path.kind) && !path.kind.is_empty() && !path.steps.is_empty());
                }
            }
            Err(problem) => require_inside(text, &problem),
        }
    }
}

/// The objects of an envelope are slices of it, in its order, and written as an envelope they are the same objects.
pub fn an_envelope_holds_its_objects_to_the_byte(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let limits = envelope::Limits { bytes: 1 << 20, objects: 1_000 };
    match envelope::objects(text, limits) {
        Ok(contents) => {
            let mut rest = text;
            for object in &contents.objects {
                let (_, behind) = rest.split_once(object).expect("an object stands behind the one before it");
                rest = behind;
            }
            let written = entente_formats::taxii::resource::write_envelope(None, contents.objects.iter().copied());
            let again = envelope::objects(&written, envelope::Limits { bytes: usize::MAX, ..limits });
            assert_eq!(again.map(|again| again.objects), Ok(contents.objects));
        }
        Err(problem) => require_inside(text, &problem),
    }
}

/// The first line has selectors with blanks between them, the rest is an object: a copy has nothing that is selected, and
/// nothing that the object had not.
pub fn a_copy_of_an_object_only_leaves_out(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some((first, text)) = text.split_once('\n') else { return };
    let selectors: Vec<_> = first.split(' ').filter_map(|text| Selector::parse(text).ok()).collect();
    let Ok(Some(copy)) = without(text, &selectors) else { return };
    // A key that stands twice is left out of nothing: such an object has no entry, and no copy is made of it.
    let Ok(whole) = json::parse(text, Limits::OBJECT) else { return };
    let copy = json::parse(&copy, Limits::OBJECT).expect("a copy is an object");
    let (copy, whole) = (copy.object().expect("an object"), whole.object().expect("an object"));
    assert!(selectors.iter().all(|selector| !selector.is_in(copy)), "selected and there");
    for (key, value) in copy.iter() {
        let before = whole.get(key).expect("nothing is added");
        let is_touched = key == "granular_markings" || first.contains(key);
        assert!(is_touched || before == value, "`{key}` is another");
    }
}

/// A marking definition is a label, a statement, or counts as the strictest; and whatever is added to it, it stays so.
pub fn a_marking_that_cannot_be_read_is_the_strictest(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let value = json::parse(text, Limits::OBJECT).ok();
    let id = value.as_ref().and_then(|value| value.object()?.text("id")).unwrap_or(text);
    let read = meaning(id, Some(text));
    let restriction = Restriction::of(read.clone());
    match read {
        Meaning::Label { label, .. } => assert_eq!(restriction.labels(), [label]),
        Meaning::Statement(_) => assert!(restriction.is_unmarked()),
        Meaning::Unknown(why) => {
            assert!(!why.is_empty());
            assert_eq!(restriction.labels(), [STRICTEST]);
        }
    }
    assert_eq!(restriction.clone().join(restriction.clone()), restriction);
    if !matches!(meaning(text, None), Meaning::Unknown(_)) {
        assert!(text.starts_with("marking-definition--"));
    }
}

/// A query that is read has one form, whatever the order of its parts; one that is not has a problem inside it.
pub fn a_query_of_taxii_has_one_form_or_a_problem_inside_it(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for endpoint in [Endpoint::Objects, Endpoint::Object, Endpoint::Deletion, Endpoint::Versions] {
        match Query::parse(text, endpoint) {
            Ok(query) => {
                let mut parts: Vec<&str> = text.split('&').collect();
                parts.reverse();
                let reversed = Query::parse(&parts.join("&"), endpoint).expect("order makes no difference");
                assert_eq!((&query, query.canonical()), (&reversed, reversed.canonical()));
                assert!(query.limit != Some(0) && query.next.as_deref() != Some(""));
            }
            Err(problem) => require_inside(text, &problem),
        }
    }
}

/// Every header is answered; and the type of a response, put beside anything that has no quotes, is taken.
pub fn every_header_of_media_types_is_answered(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let is_content = media::is_content(Some(text));
    assert!(!is_content || text.to_ascii_lowercase().contains("+json"));
    if !media::is_acceptable(Some(text)) && !text.contains(['"', ';']) && !text.contains("taxii") {
        assert!(media::is_acceptable(Some(&format!("{text},{}", media::TAXII))));
    }
}

/// No text is a token but the one that was written for the place that it holds; no text is a moment but in one form.
pub fn no_text_is_a_token_or_a_moment_of_another_form(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let binding = Binding { resource: "objects", query: "", caller: "ana", epoch: 1 };
    if let Some(position) = next::read(&[7; 32], text, &binding) {
        assert_eq!(next::write(&[7; 32], position, &binding), text);
    }
    if let Ok(moment) = Moment::parse(text) {
        assert_eq!(Moment::parse(&moment.to_string()).map(Moment::microseconds), Ok(moment.microseconds()));
        assert_eq!(Moment::from_microseconds(moment.microseconds()).map(|it| it.to_string()), Some(moment.to_string()));
    }
}

/// What a server answers is read or has a problem inside it, and what is read leads nowhere but below the server's own root.
pub fn what_a_server_of_taxii_answers_leads_nowhere_else(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let is_step = |id: &str| !id.is_empty() && !id.contains(['/', '\\', '?', '#', '%']) && !id.starts_with("..");
    match reply::found(text) {
        Ok(reply::Found::Server(server)) => assert!(server.api_roots.len() <= 10_000),
        Ok(_) => {}
        Err(problem) => require_inside(text, &problem),
    }
    match reply::collections(text) {
        Ok(collections) => collections.iter().for_each(|it| assert!(is_step(&it.id), "{}", it.id)),
        Err(problem) => require_inside(text, &problem),
    }
    match reply::status(text) {
        Ok(status) => assert!(is_step(&status.id), "{}", status.id),
        Err(problem) => require_inside(text, &problem),
    }
    match reply::page(text) {
        Ok(page) => assert!(page.next.is_none_or(|next| next.len() <= 4_096)),
        Err(problem) => require_inside(text, &problem),
    }
    assert!(reply::error(text).is_none_or(|said| !said.chars().any(char::is_control)));
}
