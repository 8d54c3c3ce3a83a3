//! Reads CAP, and refuses what the schema does and what the standard says besides. The key function is [`parse`].

use entente_core::alert::{Certainty, Circle, MessageName, Polygon, Reference, Severity, Urgency};

use super::{
    super::{
        element::{Element, LIMITS},
        place,
    },
    Area, Cap, Category, DEFAULT_LANGUAGE, Info, MessageType, NAMESPACE, Named, Resource, ResponseType, Scope, Status,
    sequence::{Sequence, date_time, moment_of},
};
use crate::{
    problem::Problem,
    xml::{self, excerpt},
};

const MAX_INFOS: usize = 32;
const MAX_AREAS: usize = 512;
const MAX_SHAPES: usize = 128;
const MAX_NAMED: usize = 256;
const MAX_REFERENCES: usize = 128;
const MAX_RESOURCES: usize = 16;
const MAX_WORDS: usize = 128;
/// The most corners of all polygons together: whether they meet a zone is to be said in moments.
const MAX_ALL_CORNERS: usize = 4_000;

/// Parses one message.
///
/// # Errors
/// The first thing wrong, at its place.
pub fn parse(text: &str) -> Result<Cap, Problem> {
    let document = xml::document(text, &LIMITS)?;
    alert(Element(document.root_element()))
}

/// Whether a root element is one of CAP, of whatever version.
pub(in crate::alert) fn is_cap(root: Element<'_, '_>) -> bool {
    root.name() == "alert"
}

fn alert(root: Element<'_, '_>) -> Result<Cap, Problem> {
    if root.name() != "alert" || !root.is_in(NAMESPACE) {
        return Err(root
            .problem(format!("`{}` is no message of CAP 1.2", excerpt(root.name())))
            .help(format!("a message is an `alert` in the namespace `{NAMESPACE}`")));
    }
    let mut parts = Sequence::of(root)?;
    let identifier = token(parts.required("identifier")?)?;
    let sender = token(parts.required("sender")?)?;
    let sent = date_time(parts.required("sent")?)?;
    let status = parts.required("status")?.one_of(Status::ALL, Status::as_str)?;
    let message_type = parts.required("msgType")?.one_of(MessageType::ALL, MessageType::as_str)?;
    let source = parts.line("source")?;
    let scope_element = parts.required("scope")?;
    let scope = scope_element.one_of(Scope::ALL, Scope::as_str)?;
    let restriction = parts.text("restriction")?;
    if scope == Scope::Restricted && restriction.is_none() {
        return Err(scope_element
            .problem("the scope is `Restricted`, and no `restriction` says how")
            .help("the standard demands it (3.2.1); write what the restriction is"));
    }
    let addresses = parts.optional("addresses").map(words).transpose()?.unwrap_or_default();
    if scope == Scope::Private && addresses.is_empty() {
        return Err(scope_element
            .problem("the scope is `Private`, and no `addresses` says for whom")
            .help("the standard demands them (3.2.1)"));
    }
    let codes = parts.many("code", MAX_WORDS, Element::line)?;
    let note = parts.text("note")?;
    let references = parts.optional("references").map(references).transpose()?.unwrap_or_default();
    let incidents = parts.optional("incidents").map(words).transpose()?.unwrap_or_default();
    let mut corners = 0;
    let infos = parts.many("info", MAX_INFOS, |element| info(element, &mut corners))?;
    let extensions = parts.end(&[
        "identifier",
        "sender",
        "sent",
        "status",
        "msgType",
        "source",
        "scope",
        "restriction",
        "addresses",
        "code",
        "note",
        "references",
        "incidents",
        "info",
    ])?;
    Ok(Cap {
        identifier,
        sender,
        sent,
        status,
        message_type,
        source,
        scope,
        restriction,
        addresses,
        codes,
        note,
        references,
        incidents,
        infos,
        extensions,
    })
}

fn info(element: Element<'_, '_>, corners: &mut usize) -> Result<Info, Problem> {
    let mut parts = Sequence::of(element)?;
    let language = parts.line("language")?.unwrap_or_else(|| DEFAULT_LANGUAGE.to_owned());
    let mut categories = vec![parts.required("category")?.one_of(Category::ALL, Category::as_str)?];
    categories.extend(parts.many("category", MAX_WORDS, |one| one.one_of(Category::ALL, Category::as_str))?);
    let event = parts.required("event")?.line()?;
    let response_types =
        parts.many("responseType", MAX_WORDS, |one| one.one_of(ResponseType::ALL, ResponseType::as_str))?;
    let urgency = parts.required("urgency")?.one_of(Urgency::ALL, Urgency::as_str)?;
    let severity = parts.required("severity")?.one_of(Severity::ALL, Severity::as_str)?;
    let certainty = parts.required("certainty")?;
    // 3.2.2: a reader of 1.2 takes the word of 1.0 as `Likely`.
    let certainty = match certainty.text()?.as_str() {
        "Very Likely" => Certainty::Likely,
        _ => certainty.one_of(Certainty::ALL, Certainty::as_str)?,
    };
    let audience = parts.text("audience")?;
    let event_codes = parts.many("eventCode", MAX_NAMED, named)?;
    let effective = parts.moment("effective")?;
    let onset = parts.moment("onset")?;
    let expires = parts.moment("expires")?;
    let sender_name = parts.line("senderName")?;
    let headline = parts.line("headline")?;
    let description = parts.text("description")?;
    let instruction = parts.text("instruction")?;
    let web = parts.line("web")?;
    let contact = parts.text("contact")?;
    let parameters = parts.many("parameter", MAX_NAMED, named)?;
    let resources = parts.many("resource", MAX_RESOURCES, resource)?;
    let areas = parts.many("area", MAX_AREAS, |element| area(element, corners))?;
    parts.end(&[
        "language",
        "category",
        "event",
        "responseType",
        "urgency",
        "severity",
        "certainty",
        "audience",
        "eventCode",
        "effective",
        "onset",
        "expires",
        "senderName",
        "headline",
        "description",
        "instruction",
        "web",
        "contact",
        "parameter",
        "resource",
        "area",
    ])?;
    Ok(Info {
        language,
        categories,
        event,
        response_types,
        urgency,
        severity,
        certainty,
        audience,
        event_codes,
        effective,
        onset,
        expires,
        sender_name,
        headline,
        description,
        instruction,
        web,
        contact,
        parameters,
        resources,
        areas,
    })
}

fn resource(element: Element<'_, '_>) -> Result<Resource, Problem> {
    let mut parts = Sequence::of(element)?;
    let description = parts.required("resourceDesc")?.line()?;
    let mime_type = parts.required("mimeType")?.line()?;
    let size = match parts.optional("size") {
        Some(size) => {
            let text = size.line()?;
            let help = "write the size in bytes, in digits";
            let problem = || size.problem(format!("`{}` is no size", excerpt(&text))).help(help);
            Some(text.parse().ok().filter(|_| !text.starts_with('+')).ok_or_else(problem)?)
        }
        None => None,
    };
    let uri = parts.line("uri")?;
    let deref_uri = parts.text("derefUri")?;
    let digest = parts.line("digest")?;
    parts.end(&["resourceDesc", "mimeType", "size", "uri", "derefUri", "digest"])?;
    Ok(Resource { description, mime_type, size, uri, deref_uri, digest })
}

fn area(element: Element<'_, '_>, all_corners: &mut usize) -> Result<Area, Problem> {
    let mut parts = Sequence::of(element)?;
    let description = parts.required("areaDesc")?.text()?;
    let polygons = parts.many("polygon", MAX_SHAPES, |element| {
        let read: Polygon = shape(element, place::polygon)?;
        *all_corners += read.corners().len();
        if *all_corners > MAX_ALL_CORNERS {
            return Err(element.problem(format!("the polygons of a message have at most {MAX_ALL_CORNERS} corners")));
        }
        Ok(read)
    })?;
    let circles: Vec<Circle> = parts.many("circle", MAX_SHAPES, |element| shape(element, place::circle))?;
    let geocodes = parts.many("geocode", MAX_NAMED, named)?;
    let altitude = parts.line("altitude")?;
    let ceiling_element = parts.optional("ceiling");
    let ceiling = ceiling_element.map(Element::line).transpose()?;
    if let (Some(element), None) = (ceiling_element, &altitude) {
        return Err(element
            .problem("a `ceiling` without an `altitude`")
            .help("the standard has a ceiling only with the altitude from which it counts (3.2.4)"));
    }
    parts.end(&["areaDesc", "polygon", "circle", "geocode", "altitude", "ceiling"])?;
    Ok(Area { description, polygons, circles, geocodes, altitude, ceiling })
}

fn shape<T>(element: Element<'_, '_>, read: impl Fn(&str) -> Result<T, place::Wrong>) -> Result<T, Problem> {
    read(&element.text()?).map_err(|(message, help)| element.problem(message).help(help))
}

fn named(element: Element<'_, '_>) -> Result<Named, Problem> {
    let mut parts = Sequence::of(element)?;
    let name = parts.required("valueName")?.line()?;
    let value = parts.required("value")?.text()?;
    parts.end(&["valueName", "value"])?;
    Ok(Named { name, value })
}

/// An identifier or a sender: no white space, no comma, no `<` and no `&` (3.2.1).
fn token(element: Element<'_, '_>) -> Result<String, Problem> {
    let text = element.line()?;
    match text.chars().find(|c| c.is_whitespace() || matches!(c, ',' | '<' | '&')) {
        None => Ok(text),
        Some(character) => Err(element
            .problem(format!("`{}` holds `{character}`", element.name()))
            .help("references would not find it: no blanks, no commas, no `<` and no `&`")),
    }
}

/// Words with white space between them; one with blanks inside stands in quotes.
fn words(element: Element<'_, '_>) -> Result<Vec<String>, Problem> {
    let text = element.text()?;
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if words.len() == MAX_WORDS {
            return Err(element.problem(format!("`{}` has more than {MAX_WORDS} entries", element.name())));
        }
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted
                .split_once('"')
                .ok_or_else(|| element.problem(format!("a quotation mark in `{}` is not closed", element.name())))?,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        if word.trim().is_empty() || word.contains('"') {
            return Err(element.problem(format!("`{}` is no list of words", element.name())));
        }
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Ok(words)
}

/// `sender,identifier,sent`, with white space between them.
fn references(element: Element<'_, '_>) -> Result<Vec<Reference>, Problem> {
    let mut all = Vec::new();
    for triple in element.text()?.split_whitespace() {
        if all.len() == MAX_REFERENCES {
            return Err(element.problem(format!("a message has at most {MAX_REFERENCES} references")));
        }
        let parts: Vec<&str> = triple.split(',').collect();
        let read = || match parts.as_slice() {
            [sender, identifier, sent] if !sender.is_empty() && !identifier.is_empty() => {
                let name = MessageName { sent: moment_of(sent)?, identifier: (*identifier).to_owned() };
                Some(Reference { sender: (*sender).to_owned(), name })
            }
            _ => None,
        };
        all.push(read().ok_or_else(|| {
            element
                .problem(format!("`{}` is no reference", excerpt(triple)))
                .help("write `sender,identifier,sent` of the earlier message, to the letter")
        })?);
    }
    Ok(all)
}
