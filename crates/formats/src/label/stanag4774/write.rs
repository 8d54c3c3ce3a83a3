//! Writes a label as XML: one form, indented, in UTF-8.
//!
//! Not for a text that came in: what others wrote is kept as they wrote it. The key function is [`write()`].

use std::fmt::Write as _;

use super::{ConfidentialityLabel, Information, NAMESPACE, Originator};

/// Writes a label. Parsing the text gives the same label; its extensions, of which only the names are known, are left
/// out.
pub fn write(label: &ConfidentialityLabel) -> String {
    let mut xml = Xml { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), open: Vec::new() };
    let review = label.review.map(|review| review.to_string());
    let attributes = [("xmlns", Some(NAMESPACE)), ("Id", label.id.as_deref()), ("ReviewDateTime", review.as_deref())];
    xml.open(label.role.element(), &attributes);
    information(&mut xml, &label.information);
    originator(&mut xml, label.originator.as_ref());
    xml.leaf("CreationDateTime", &[], &label.created.to_string());
    if let Some(succession) = &label.succession {
        xml.open("SuccessionHandling", &[]);
        xml.leaf("SuccessionDateTime", &[], &succession.at.to_string());
        xml.open("SuccessorConfidentialityLabel", &[]);
        information(&mut xml, &succession.information);
        originator(&mut xml, succession.originator.as_ref());
        xml.leaf("CreationDateTime", &[], &succession.created.to_string());
        xml.close();
        xml.close();
    }
    xml.close();
    xml.text
}

fn information(xml: &mut Xml, information: &Information) {
    xml.open("ConfidentialityInformation", &[]);
    xml.leaf("PolicyIdentifier", &[("URI", information.policy.uri.as_deref())], &information.policy.name);
    xml.leaf("Classification", &[], &information.classification);
    if let Some(mark) = &information.privacy_mark {
        xml.leaf("PrivacyMark", &[], mark);
    }
    for category in &information.categories {
        let attributes = [
            ("Type", Some(category.kind.as_str())),
            ("TagName", Some(category.tag.as_str())),
            ("URI", category.uri.as_deref()),
        ];
        xml.open("Category", &attributes);
        for value in &category.values {
            xml.leaf("GenericValue", &[], value);
        }
        xml.close();
    }
    xml.close();
}

fn originator(xml: &mut Xml, originator: Option<&Originator>) {
    if let Some(originator) = originator {
        xml.leaf("OriginatorID", &[("IDType", Some(&originator.id_type))], &originator.name);
    }
}

/// An attribute that is written when it has a value.
type Attribute<'a> = (&'a str, Option<&'a str>);

/// A document that grows.
struct Xml {
    text: String,
    open: Vec<String>,
}

impl Xml {
    fn tag(&mut self, name: &str, attributes: &[Attribute<'_>]) {
        self.indent();
        self.text.push('<');
        self.text.push_str(name);
        for (name, value) in attributes {
            if let Some(value) = value {
                // Writing to a text does not fail.
                let _ = write!(self.text, " {name}=\"{}\"", escaped(value));
            }
        }
        self.text.push('>');
    }

    fn indent(&mut self) {
        self.text.push_str(&"  ".repeat(self.open.len()));
    }

    fn open(&mut self, name: &str, attributes: &[Attribute<'_>]) {
        self.tag(name, attributes);
        self.text.push('\n');
        self.open.push(name.to_owned());
    }

    fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            let _ = writeln!(self.text, "</{name}>");
        }
    }

    fn leaf(&mut self, name: &str, attributes: &[Attribute<'_>], text: &str) {
        self.tag(name, attributes);
        let _ = writeln!(self.text, "{}</{name}>", escaped(text));
    }
}

/// Text for content and for attributes. White space other than blanks is written by number, for a reader would change
/// it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\r' | '\n' => {
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            other => escaped.push(other),
        }
    }
    escaped
}
