//! Writes CAP: one form, indented, in UTF-8, moments in UTC.
//!
//! Not for a text that came in: what others wrote is kept as they wrote it. The key function is [`write()`].

use entente_core::{alert::Reference, time::Timestamp};

use super::{super::place, Area, Cap, Info, NAMESPACE, Named, Resource};
use crate::xml::Writer;

/// Writes a message. Parsing the text gives the same message; its extensions, of which only the names are known, are
/// left out.
pub fn write(cap: &Cap) -> String {
    let mut xml = Writer::new();
    xml.open("alert", &[("xmlns", Some(NAMESPACE))]);
    xml.leaf("identifier", &[], &cap.identifier);
    xml.leaf("sender", &[], &cap.sender);
    xml.leaf("sent", &[], &moment(cap.sent));
    xml.leaf("status", &[], cap.status.as_str());
    xml.leaf("msgType", &[], cap.message_type.as_str());
    optional(&mut xml, "source", cap.source.as_deref());
    xml.leaf("scope", &[], cap.scope.as_str());
    optional(&mut xml, "restriction", cap.restriction.as_deref());
    words(&mut xml, "addresses", &cap.addresses);
    cap.codes.iter().for_each(|code| xml.leaf("code", &[], code));
    optional(&mut xml, "note", cap.note.as_deref());
    if !cap.references.is_empty() {
        xml.leaf("references", &[], &cap.references.iter().map(reference).collect::<Vec<_>>().join(" "));
    }
    words(&mut xml, "incidents", &cap.incidents);
    cap.infos.iter().for_each(|one| info(&mut xml, one));
    xml.close();
    xml.finish()
}

fn info(xml: &mut Writer, info: &Info) {
    xml.open("info", &[]);
    xml.leaf("language", &[], &info.language);
    info.categories.iter().for_each(|category| xml.leaf("category", &[], category.as_str()));
    xml.leaf("event", &[], &info.event);
    info.response_types.iter().for_each(|response| xml.leaf("responseType", &[], response.as_str()));
    xml.leaf("urgency", &[], info.urgency.as_str());
    xml.leaf("severity", &[], info.severity.as_str());
    xml.leaf("certainty", &[], info.certainty.as_str());
    optional(xml, "audience", info.audience.as_deref());
    named(xml, "eventCode", &info.event_codes);
    for (name, at) in [("effective", info.effective), ("onset", info.onset), ("expires", info.expires)] {
        optional(xml, name, at.map(moment).as_deref());
    }
    optional(xml, "senderName", info.sender_name.as_deref());
    optional(xml, "headline", info.headline.as_deref());
    optional(xml, "description", info.description.as_deref());
    optional(xml, "instruction", info.instruction.as_deref());
    optional(xml, "web", info.web.as_deref());
    optional(xml, "contact", info.contact.as_deref());
    named(xml, "parameter", &info.parameters);
    info.resources.iter().for_each(|one| resource(xml, one));
    info.areas.iter().for_each(|one| area(xml, one));
    xml.close();
}

fn resource(xml: &mut Writer, resource: &Resource) {
    xml.open("resource", &[]);
    xml.leaf("resourceDesc", &[], &resource.description);
    xml.leaf("mimeType", &[], &resource.mime_type);
    optional(xml, "size", resource.size.map(|size| size.to_string()).as_deref());
    optional(xml, "uri", resource.uri.as_deref());
    optional(xml, "derefUri", resource.deref_uri.as_deref());
    optional(xml, "digest", resource.digest.as_deref());
    xml.close();
}

fn area(xml: &mut Writer, area: &Area) {
    xml.open("area", &[]);
    xml.leaf("areaDesc", &[], &area.description);
    area.polygons.iter().for_each(|polygon| xml.leaf("polygon", &[], &place::write_polygon(polygon)));
    area.circles.iter().for_each(|circle| xml.leaf("circle", &[], &place::write_circle(circle)));
    named(xml, "geocode", &area.geocodes);
    optional(xml, "altitude", area.altitude.as_deref());
    optional(xml, "ceiling", area.ceiling.as_deref());
    xml.close();
}

fn optional(xml: &mut Writer, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        xml.leaf(name, &[], text);
    }
}

fn named(xml: &mut Writer, name: &str, all: &[Named]) {
    for one in all {
        xml.open(name, &[]);
        xml.leaf("valueName", &[], &one.name);
        xml.leaf("value", &[], &one.value);
        xml.close();
    }
}

fn words(xml: &mut Writer, name: &str, words: &[String]) {
    let quoted = |word: &String| if word.contains(char::is_whitespace) { format!("\"{word}\"") } else { word.clone() };
    if !words.is_empty() {
        xml.leaf(name, &[], &words.iter().map(quoted).collect::<Vec<_>>().join(" "));
    }
}

fn reference(reference: &Reference) -> String {
    format!("{},{},{}", reference.sender, reference.name.identifier, moment(reference.name.sent))
}

/// A moment in UTC, which the standard writes `-00:00` (3.3.2).
pub(in crate::alert) fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{}-00:00", text.trim_end_matches('Z').split('.').next().unwrap_or_default())
}
