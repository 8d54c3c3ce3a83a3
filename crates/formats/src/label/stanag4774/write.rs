//! Writes a label as XML: one form, indented, in UTF-8.
//!
//! Not for a text that came in: what others wrote is kept as they wrote it. The key function is [`write()`].

use super::{ConfidentialityLabel, Information, NAMESPACE, Originator};
use crate::xml::Writer;

/// Writes a label. Parsing the text gives the same label; its extensions, of which only the names are known, are left
/// out.
pub fn write(label: &ConfidentialityLabel) -> String {
    let mut xml = Writer::new();
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
    xml.finish()
}

fn information(xml: &mut Writer, information: &Information) {
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

fn originator(xml: &mut Writer, originator: Option<&Originator>) {
    if let Some(originator) = originator {
        xml.leaf("OriginatorID", &[("IDType", Some(&originator.id_type))], &originator.name);
    }
}
