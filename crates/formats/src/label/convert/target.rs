//! Writes a label in a syntax, or says why it cannot be said there.
//!
//! The key function is [`write()`].

use entente_core::label::Label;

use super::{
    super::{
        acs, capco, json,
        stanag4774::{self, ConfidentialityLabel, Role, Succession},
        tlp::{self, Tlp1, stix::Colour},
    },
    Facts, Refusal, Syntax,
};

/// Writes a label, and says what is lost.
pub(super) fn write(label: &Label, syntax: Syntax, facts: &Facts) -> Result<(String, Vec<String>), Refusal> {
    let whole = |text| Ok((text, Vec::new()));
    match (syntax, label) {
        (Syntax::Capco, Label::Marking(marking)) => whole(capco::write(marking)),
        (Syntax::Tlp, Label::Tlp(colour)) => whole(tlp::write(*colour)),
        (Syntax::Tlp1, Label::Tlp(colour)) => {
            let (colour, lost) = Tlp1::of_version_2(*colour);
            Ok((colour.as_str().to_owned(), lost.map(str::to_owned).into_iter().collect()))
        }
        (Syntax::Capco, Label::Tlp(_)) => Err(Refusal::new("a banner line has no TLP")
            .help("TLP says how far to share, and never stands for a classification")),
        (Syntax::Tlp | Syntax::Tlp1, Label::Marking(_)) => Err(Refusal::new("TLP has no classification")
            .help("TLP says how far to share; a classification with its lists does not become a colour")),
        (Syntax::Json, _) => whole(json::write(label)),
        (Syntax::Acs, _) => definition(label, facts),
        (Syntax::Stanag4774, _) => confidentiality(label, facts),
    }
}

/// The id of the marking definition of a colour.
pub(super) fn marking_definition(label: &Label, syntax: Syntax) -> Option<&'static str> {
    match (label, syntax) {
        (Label::Tlp(colour), Syntax::Tlp1) => Some(Colour::One(Tlp1::of_version_2(*colour).0).marking_definition()),
        (Label::Tlp(colour), _) => Some(Colour::Two(*colour).marking_definition()),
        (Label::Marking(_), _) => None,
    }
}

fn definition(label: &Label, facts: &Facts) -> Result<(String, Vec<String>), Refusal> {
    let lacks =
        |what: &str, flag: &str| Refusal::new(format!("ACS demands {what}")).help(format!("give it with `{flag}`"));
    let envelope = acs::Envelope {
        identifier: facts.identifier.as_deref().ok_or_else(|| lacks("an identifier", "--identifier UUID"))?,
        custodian: facts.custodian.as_deref().ok_or_else(|| lacks("a custodian", "--custodian USA.DHS.US-CERT"))?,
        created: facts.created,
    };
    acs::write(label, &envelope)
}

fn confidentiality(label: &Label, facts: &Facts) -> Result<(String, Vec<String>), Refusal> {
    let (information, mut notes) = stanag4774::policy::information(label, &facts.policies)?;
    if facts.review.is_none() && facts.succession.is_none() {
        return Err(Refusal::new("STANAG 4774 demands a review date or a succession")
            .help("give one with `--review TIME` or `--succession TIME LABEL`"));
    }
    let succession = match &facts.succession {
        None => None,
        Some((at, successor)) => {
            let (information, lost) = stanag4774::policy::information(successor, &facts.policies)?;
            notes.extend(lost);
            let (originator, created) = (facts.originator.clone(), facts.created);
            Some(Succession { at: *at, information, originator, created })
        }
    };
    let label = ConfidentialityLabel {
        role: Role::Originator,
        id: None,
        review: facts.review,
        information,
        originator: facts.originator.clone(),
        created: facts.created,
        succession,
        extensions: Vec::new(),
    };
    Ok((stanag4774::write(&label), notes))
}
