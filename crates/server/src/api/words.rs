//! What alerts and consultations say of themselves, in the language of whoever asks: what a revision changes, what was found
//! about a message, what a step does, what a closing waits for. What people wrote stays as they wrote it.

use entente_core::{
    Party,
    alert::{Change, Found, Shift},
    consult::{Digest, Kind, Proposal, Waits},
    explain::Language,
};
use entente_formats::hex;

use crate::console::Say;

/// What a revision changes, in words.
pub fn alert_change(change: &Change) -> String {
    changes(change, Say(Language::English))
}

/// What was found about a message, in words.
pub fn alert_finding(found: &Found) -> String {
    finding(found, Say(Language::English))
}

pub(super) fn changes(change: &Change, say: Say) -> String {
    match change {
        Change::First => say.one("change-first"),
        Change::Unknown => say.one("change-unknown"),
        Change::Again => say.one("change-again"),
        Change::Cancelled => say.one("change-cancelled"),
        Change::Revised(shift) => {
            let words = match (shift.raises(), shift.lowers()) {
                (true, true) => "change-both",
                (true, false) => "change-raised",
                (false, true) => "change-lowered",
                (false, false) => "change-same",
            };
            say.one(words) + &areas(shift, say)
        }
    }
}

fn areas(shift: &Shift, say: Say) -> String {
    let named = |key: &str, names: &[String]| match names.is_empty() {
        true => String::new(),
        false => format!("; {}", say.with(key, "areas", names.join(", "))),
    };
    named("change-added", &shift.added) + &named("change-removed", &shift.removed)
}

pub(super) fn finding(found: &Found, say: Say) -> String {
    match found {
        Found::TwoVersions(versions) => say.with("finding-two-versions", "count", versions.len()),
        Found::NotItsOwn(name) => say.with("finding-not-its-own", "name", &name.identifier),
        Found::Missing(name) => say.with("finding-missing", "name", &name.identifier),
        Found::Circle(name) => say.with("finding-circle", "name", &name.identifier),
        Found::EarlierThan(name) => say.with("finding-earlier", "name", &name.identifier),
        Found::WithoutReference => say.one("finding-without-reference"),
        Found::SentAhead(seconds) => say.with("finding-ahead", "seconds", seconds),
        Found::SentLongAgo(seconds) => say.with("finding-long-ago", "seconds", seconds),
        Found::ExpiredOnArrival => say.one("finding-expired"),
        Found::OverOnArrival(seconds) => say.with("finding-over", "seconds", seconds),
    }
}

/// The first digits of a digest, for people.
fn short(digest: &Digest) -> String {
    hex::encode(digest.get(..6).unwrap_or_default())
}

/// What a step does, in words.
pub(super) fn step(kind: &Kind, say: Say) -> String {
    match kind {
        Kind::Convene { at, place } => say.filled("step-convene", &[("at", at.to_string()), ("place", place.clone())]),
        Kind::Acknowledge { person } => say.with("step-acknowledge", "person", person),
        Kind::Decline { reason } => say.with("step-decline", "reason", reason),
        Kind::Escalate { to, reason } => say.filled("step-escalate", &[("to", to.clone()), ("reason", reason.clone())]),
        Kind::Propose { item, proposal: Proposal::Message { .. } } => say.with("step-message", "item", short(item)),
        Kind::Propose { item, proposal: Proposal::Action { what, owner, .. } } => {
            let parts = [("item", short(item)), ("owner", owner.to_string()), ("what", what.clone())];
            say.filled("step-action", &parts)
        }
        Kind::Agree { item } => say.with("step-agree", "item", short(item)),
        Kind::Object { item, reason } => {
            say.filled("step-object", &[("item", short(item)), ("reason", reason.clone())])
        }
        Kind::Effects(effects) => say.with("step-effects", "count", effects.options.len()),
        Kind::Close { without, note, .. } if without.is_empty() => say.with("step-close", "note", note),
        Kind::Close { without, note, .. } => {
            let without = without.iter().map(Party::as_str).collect::<Vec<_>>().join(", ");
            say.filled("step-close-without", &[("without", without), ("note", note.clone())])
        }
    }
}

/// What a closing waits for, in words.
pub(super) fn waits(waits: &Waits<'_>, say: Say) -> String {
    match waits {
        Waits::Effects => say.one("waits-effects"),
        Waits::EffectsNamed(digest) => say.with("waits-effects-named", "item", short(digest)),
        Waits::WholeEffects(lacks) => say.with("waits-whole-effects", "lacks", lack(lacks, say)),
        Waits::Message(party) => say.with("waits-message", "party", party),
        Waits::Note(party) => say.with("waits-note", "party", party),
    }
}

/// What a statement of effects lacks (`Effects::lacks`), each with the message that says it.
const LACKS: [(&str, &str); 5] = [
    ("to do nothing is not among the options", "lacks-nothing"),
    ("there is no other option than to do nothing", "lacks-another"),
    ("an option says nothing of its effects on neighbours, third parties or the own public", "lacks-effects"),
    ("none of the options is chosen", "lacks-choice"),
    ("it does not say why", "lacks-reason"),
];

pub(super) fn lack(text: &str, say: Say) -> String {
    LACKS.iter().find(|(known, _)| *known == text).map_or_else(|| text.to_owned(), |(_, key)| say.one(key))
}

#[cfg(test)]
mod tests {
    use entente_core::consult::{Effects, effects::Choice};

    use super::*;

    #[test]
    fn what_a_statement_of_effects_lacks_is_said_in_every_language() {
        let option = |is_nothing, effect: &str| Choice {
            what: "a".to_owned(),
            is_nothing,
            effects: [effect.to_owned(), "b".to_owned(), "c".to_owned()],
        };
        let whole = Effects {
            options: vec![option(true, "a"), option(false, "a")],
            chosen: 1,
            because: "d".to_owned(),
            evidence: Vec::new(),
            dissent: Vec::new(),
        };
        assert_eq!(whole.lacks(), None);
        let without = |options: Vec<Choice>| Effects { options, ..whole.clone() };
        let lacking = [
            without(vec![option(false, "a"), option(false, "a")]),
            without(vec![option(true, "a")]),
            without(vec![option(true, "a"), option(false, " ")]),
            Effects { chosen: 2, ..whole.clone() },
            Effects { because: String::new(), ..whole.clone() },
        ];
        for (effects, (text, key)) in lacking.iter().zip(LACKS) {
            assert_eq!(effects.lacks(), Some(text));
            for language in [Language::English, Language::Japanese, Language::Korean] {
                assert_ne!(lack(text, Say(language)), key, "{language:?}");
            }
            assert_ne!(lack(text, Say(Language::Korean)), text);
        }
    }
}
