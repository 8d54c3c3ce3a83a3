//! Labels in the other syntaxes, and conversion between them.

use std::sync::LazyLock;

use entente_core::time::Timestamp;
use entente_formats::label::{
    acs,
    convert::{Error, Facts, Syntax, convert, wider},
    json, parse, stanag4774, tlp, write,
};

use crate::place::require_inside;

/// What is read from JSON is written as JSON that is read as the same, and is a label of a banner line or TLP.
pub fn a_label_in_json_that_parses_writes_back_to_itself(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match json::parse(text) {
        Ok(label) => {
            let written = json::write(&label);
            assert_eq!(json::parse(&written).as_ref(), Ok(&label), "written as `{written}`");
            assert_eq!(parse(&write(&label)), Ok(label));
        }
        Err(problem) => require_inside(text, &problem),
    }
}

/// What is read from XML is written as XML that is read as the same, but for elements of other namespaces; whatever
/// labels a document holds, all of them are valid or one problem lies inside it.
pub fn a_confidentiality_label_that_parses_writes_back_to_itself(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match stanag4774::parse(text) {
        Ok(mut label) => {
            assert_eq!(stanag4774::parse_all(text), Ok(vec![label.clone()]));
            label.extensions.clear();
            let written = stanag4774::write(&label);
            assert_eq!(stanag4774::parse(&written).as_ref(), Ok(&label), "written as `{written}`");
            assert_eq!(stanag4774::common(std::slice::from_ref(&label.information)).is_ok(), {
                let doubled = [label.information.clone(), label.information.clone()];
                stanag4774::common(&doubled).is_ok()
            });
        }
        Err(problem) => require_inside(text, &problem),
    }
    if let Err(problem) = stanag4774::parse_all(text) {
        require_inside(text, &problem);
    }
}

/// A marking definition of STIX is one of TLP, one of ACS, or has a problem inside its text; the label of one of ACS
/// is a label of the United States.
pub fn a_marking_definition_has_a_label_or_a_problem_inside_it(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match tlp::stix::parse(text) {
        Ok(colour) => assert_eq!(tlp::stix::parse(colour.marking_definition()), Ok(colour)),
        Err(problem) => require_inside(text, &problem),
    }
    match acs::read(text) {
        Ok(reading) => assert!(!write(&reading.label).starts_with("//")),
        Err(Error::Refusal(refusal)) => assert!(!refusal.message.is_empty()),
        Err(Error::Problem(problem)) => require_inside(text, &problem),
    }
}

/// What every target needs, at a fixed moment.
static FACTS: LazyLock<Facts> = LazyLock::new(|| {
    let moment = Timestamp::UNIX_EPOCH;
    Facts {
        review: Some(moment),
        custodian: Some("USA.DHS.US-CERT".to_owned()),
        identifier: Some("6010b3f4-a603-4d3b-9098-8708cdbe151b".to_owned()),
        ..Facts::at(moment)
    }
});

/// Whatever a text converts to, it converts back from, and nobody has gained by either.
pub fn a_conversion_there_and_back_is_never_wider(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let as_json = convert(text, None, Syntax::Json, &FACTS);
    for to in Syntax::ALL {
        match convert(text, None, to, &FACTS) {
            Ok(there) => {
                // To its own syntax a text goes as it is, also where no label is in it that we know.
                let Ok(source) = &as_json else { continue };
                let back = convert(&there.text, Some(to), Syntax::Json, &FACTS).expect("what was written is read");
                let source = json::parse(&source.text).expect("a label in JSON");
                let returned = json::parse(&back.text).expect("a label in JSON");
                assert_eq!(wider(&source, &returned), None, "by {to}: {source:?} {returned:?}");
            }
            Err(Error::Refusal(refusal)) => assert!(!refusal.message.is_empty()),
            Err(Error::Problem(problem)) => require_inside(text, &problem),
        }
    }
}
