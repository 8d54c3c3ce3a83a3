//! The control and head of a bulletin, which all kinds share.

use entente_core::time::Timestamp;

use super::{
    super::{cap::Status, element::Element},
    Bulletin, Hypocenter, Issue, Kind, quake, tsunami,
};
use crate::{
    label::moment,
    problem::{Problem, suggestion},
    xml::excerpt,
};

/// The namespace of the root.
const NAMESPACE: &str = "http://xml.kishou.go.jp/jmaxml1/";
const MAX_EVENTS: usize = 16;
const MAX_COMMENTS: usize = 16;
/// The most areas of a bulletin: the agency's longest list has some two thousand.
pub(super) const MAX_AREAS: usize = 2500;

/// Whether a root element is one of the agency's.
pub(in crate::alert) fn is_report(root: Element<'_, '_>) -> bool {
    root.name() == "Report" && root.is_in(NAMESPACE)
}

/// Reads a bulletin.
pub(in crate::alert) fn bulletin(root: Element<'_, '_>) -> Result<Bulletin, Problem> {
    let control = root.required("Control")?;
    let title = control.required("Title")?;
    let kind = kind(title)?;
    let status = word(control.required("Status")?, "status", &STATUSES)?;
    let sent = moment_of(control.required("DateTime")?)?;
    let publisher = control.required("PublishingOffice")?;
    let publisher_name = publisher.line()?;
    if publisher_name.contains([' ', ',', '<', '&']) {
        return Err(publisher.problem("the publishing office holds a blank, a comma, `<` or `&`"));
    }
    let head = root.required("Head")?;
    let issue = word(head.required("InfoType")?, "InfoType", &ISSUES)?;
    let event_element = head.required("EventID")?;
    let events: Vec<String> = event_element.line()?.split(' ').map(str::to_owned).collect();
    let is_number = |event: &String| event.len() <= 32 && event.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if events.len() > MAX_EVENTS || !events.iter().all(is_number) {
        return Err(event_element
            .problem("`EventID` names no events")
            .help(format!("at most {MAX_EVENTS} numbers of events, with blanks between")));
    }
    let serial = optional_text(head, "Serial")?;
    if serial.as_ref().is_some_and(|serial| serial.len() > 16 || !serial.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(head.required("Serial")?.problem("`Serial` is no number"));
    }
    let valid_until = head.optional("ValidDateTime").map(moment_of).transpose()?;
    let title = head.required("Title")?.line()?;
    let headline = match head.path(&["Headline", "Text"]) {
        Some(text) => {
            Some(text.text()?.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|text| !text.is_empty())
        }
        None => None,
    };
    let body = root.required("Body")?;
    let parts = match (issue, kind) {
        // What is taken back is not said again.
        (Issue::Cancelled, _) => Vec::new(),
        (_, Kind::Tsunami) => tsunami::parts(body)?,
        (_, Kind::EarlyWarning) => quake::early_warning(head, body)?,
        (_, Kind::Earthquake) => vec![quake::information(body, &title)?],
    };
    Ok(Bulletin {
        kind,
        status,
        issue,
        sent,
        publisher: publisher_name,
        events,
        serial,
        valid_until,
        title,
        headline,
        comments: comments(body)?,
        hypocenter: body.optional("Earthquake").map(hypocenter).transpose()?.flatten(),
        parts,
    })
}

const STATUSES: [(&str, Status); 3] = [("通常", Status::Actual), ("訓練", Status::Exercise), ("試験", Status::Test)];
const ISSUES: [(&str, Issue); 4] =
    [("発表", Issue::Issued), ("訂正", Issue::Corrected), ("遅延", Issue::Delayed), ("取消", Issue::Cancelled)];

fn kind(title: Element<'_, '_>) -> Result<Kind, Problem> {
    let text = title.line()?;
    Kind::ALL.into_iter().find(|kind| kind.title() == text).ok_or_else(|| {
        let known: Vec<String> = Kind::ALL.iter().map(|kind| format!("{} {}", kind.code(), kind.title())).collect();
        title
            .problem(format!("bulletins of the kind `{}` are not read", excerpt(&text)))
            .help(format!("those that are: {}", known.join(", ")))
    })
}

fn word<T: Copy>(element: Element<'_, '_>, what: &str, known: &[(&'static str, T)]) -> Result<T, Problem> {
    let text = element.line()?;
    let found = known.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        element.problem(format!("unknown {what} `{}`", excerpt(&text))).help(suggestion(excerpt(&text), words))
    })
}

/// A moment with its offset.
pub(super) fn moment_of(element: Element<'_, '_>) -> Result<Timestamp, Problem> {
    let text = element.line()?;
    moment::parse(&text).ok_or_else(|| element.problem(format!("`{}` is no moment", excerpt(&text))).help(moment::HELP))
}

/// The text of an element that may be absent or empty.
pub(super) fn optional_text(parent: Element<'_, '_>, name: &'static str) -> Result<Option<String>, Problem> {
    let text = parent.optional(name).map(Element::text).transpose()?;
    Ok(text.filter(|text| !text.is_empty()))
}

fn comments(body: Element<'_, '_>) -> Result<Vec<String>, Problem> {
    let mut all = Vec::new();
    // A cancellation says in one text why.
    all.extend(optional_text(body, "Text")?);
    for comment in body.optional("Comments").into_iter().flat_map(Element::children).take(MAX_COMMENTS) {
        let text = if comment.name() == "FreeFormComment" { comment } else { comment.required("Text")? };
        all.push(text.text()?);
    }
    Ok(all)
}

fn hypocenter(quake: Element<'_, '_>) -> Result<Option<Hypocenter>, Problem> {
    let Some(area) = quake.path(&["Hypocenter", "Area"]) else { return Ok(None) };
    let attribute = |element: Option<Element<'_, '_>>| {
        element.and_then(|element| element.0.attribute("description")).map(|text| excerpt(text).to_owned())
    };
    Ok(Some(Hypocenter {
        name: area.required("Name")?.line()?,
        code: optional_text(area, "Code")?,
        coordinate: optional_text(area, "Coordinate")?.map(|text| excerpt(&text).to_owned()),
        magnitude: attribute(quake.optional("Magnitude")),
        origin: quake.optional("OriginTime").map(moment_of).transpose()?,
    }))
}
