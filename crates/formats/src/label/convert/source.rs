//! Which syntax a text is in, and the label that it is.
//!
//! The key functions are [`recognise`] and [`read`].

use entente_core::label::Label;

use super::{
    super::{
        acs, capco, json,
        json::node::Node,
        stanag4774::{self, ConfidentialityLabel, Role},
        tlp::{
            self, Tlp1,
            stix::{self, Colour},
        },
    },
    Error, Facts, Reading, Refusal, Syntax,
};

/// The syntax that a text looks like. A text that looks like none is taken for a banner line, whose errors help most.
pub fn recognise(text: &str) -> Syntax {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with('<') {
        return Syntax::Stanag4774;
    }
    if start.starts_with('{') {
        return match Node::document(text).ok().filter(|node| node.peek("type").is_some()) {
            None => Syntax::Json,
            Some(_) => stix::recognise(text).map_or(Syntax::Acs, syntax),
        };
    }
    if start.starts_with(stix::ID) {
        return Colour::of_marking_definition(start.trim_end()).map_or(Syntax::Tlp, syntax);
    }
    match start.get(..4) {
        Some(opening) if opening.eq_ignore_ascii_case("TLP:") => {
            // White is of TLP 1 alone; the other colours mean the same in 2.0.
            if start.trim_end().eq_ignore_ascii_case(Tlp1::White.as_str()) { Syntax::Tlp1 } else { Syntax::Tlp }
        }
        _ => Syntax::Capco,
    }
}

fn syntax(colour: Colour) -> Syntax {
    match colour {
        Colour::One(_) => Syntax::Tlp1,
        Colour::Two(_) => Syntax::Tlp,
    }
}

/// Refuses a text that is not of its syntax.
pub(super) fn check(text: &str, syntax: Syntax) -> Result<(), Error> {
    match syntax {
        Syntax::Stanag4774 => stanag4774::parse_all(text).map(drop).map_err(Error::Problem),
        Syntax::Acs => match acs::read(text) {
            Err(Error::Problem(problem)) => Err(Error::Problem(problem)),
            Ok(_) | Err(Error::Refusal(_)) => Ok(()),
        },
        Syntax::Capco => Ok(capco::parse(text).map(drop)?),
        Syntax::Tlp | Syntax::Tlp1 => colour(text, syntax).map(drop),
        Syntax::Json => Ok(json::parse(text).map(drop)?),
    }
}

/// Reads a label.
pub(super) fn read(text: &str, syntax: Syntax, facts: &Facts) -> Result<Reading, Error> {
    let whole = |label| Reading { label, notes: Vec::new() };
    Ok(match syntax {
        Syntax::Capco => whole(Label::Marking(Box::new(capco::parse(text)?))),
        Syntax::Json => whole(json::parse(text)?),
        Syntax::Tlp | Syntax::Tlp1 => match colour(text, syntax)? {
            Colour::Two(colour) => whole(Label::Tlp(colour)),
            Colour::One(colour) => {
                let (colour, note) = colour.in_version_2();
                Reading { label: Label::Tlp(colour), notes: vec![note.to_owned()] }
            }
        },
        Syntax::Acs => acs::read(text)?,
        Syntax::Stanag4774 => confidentiality(text, facts)?,
    })
}

/// What was just written, and its successor: each for itself, whatever the present is.
pub(super) fn read_back(text: &str, syntax: Syntax, facts: &Facts) -> Result<(Label, Option<Label>), Error> {
    if syntax != Syntax::Stanag4774 {
        return Ok((read(text, syntax, facts)?.label, None));
    }
    let written = stanag4774::parse(text)?;
    let label = |information| stanag4774::policy::read(information, &facts.policies).map(|reading| reading.label);
    let successor = written.succession.as_ref().map(|succession| label(&succession.information)).transpose()?;
    Ok((label(&written.information)?, successor))
}

fn colour(text: &str, syntax: Syntax) -> Result<Colour, Error> {
    let is_stix = text.trim_start().starts_with(['{', 'm']);
    Ok(match (is_stix, syntax) {
        (true, _) => stix::parse(text)?,
        (false, Syntax::Tlp1) => Colour::One(tlp::one::parse(text)?),
        (false, _) => Colour::Two(tlp::parse(text)?),
    })
}

/// The originator's label of a document, as it is now.
fn confidentiality(text: &str, facts: &Facts) -> Result<Reading, Error> {
    let labels = stanag4774::parse_all(text)?;
    let mut notes = Vec::new();
    let mut originators = labels.iter().filter(|label| label.role == Role::Originator);
    let own = match (originators.next(), labels.as_slice()) {
        (Some(own), _) => own,
        (None, [only]) => {
            notes.push(format!("it is a `{}`, and not the originator's label of the data", only.role.element()));
            only
        }
        (None, _) => return Err(Refusal::new("several labels, and none of them the originator's").into()),
    };
    if originators.next().is_some() {
        return Err(Refusal::new("several labels of originators")
            .help("a document that holds several pieces of information has no single label; give them one by one")
            .into());
    }
    for label in labels.iter().filter(|label| !std::ptr::eq(*label, own)) {
        notes.push(format!(
            "a `{}` in the policy `{}` is lost: only the originator's label is converted",
            label.role.element(),
            super::super::checked::excerpt(&label.information.policy.name)
        ));
    }
    let Reading { label, notes: more } = stanag4774::policy::read(own.at(facts.now), &facts.policies)?;
    notes.extend(more);
    around(own, &label, facts, &mut notes)?;
    Ok(Reading { label, notes })
}

/// What stands around the information is no part of a label. A successor that is stricter cannot be left out.
fn around(own: &ConfidentialityLabel, label: &Label, facts: &Facts, notes: &mut Vec<String>) -> Result<(), Refusal> {
    notes.push("the moment of creation is lost: it is no part of a label".to_owned());
    if own.review.is_some() {
        notes.push("the review date is lost: it is no part of a label".to_owned());
    }
    if own.originator.is_some() {
        notes.push("the originator's name is lost: it is no part of a label".to_owned());
    }
    for name in &own.extensions {
        notes.push(format!("the element `{name}` of another namespace is lost"));
    }
    let Some(succession) = &own.succession else { return Ok(()) };
    if facts.now >= succession.at {
        notes.push(format!("the label is its successor's, since {}", succession.at));
        return Ok(());
    }
    let successor = stanag4774::policy::read(&succession.information, &facts.policies)?.label;
    if let Some(how) = super::wider(&successor, label) {
        return Err(Refusal::new(format!(
            "from {} on the label is stricter, which would be lost: {how}",
            succession.at
        ))
        .help("no other syntax has succession; convert it once the successor holds"));
    }
    notes.push(format!("the succession is lost: this label stays where it would have changed on {}", succession.at));
    Ok(())
}
