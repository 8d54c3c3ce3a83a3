//! What a guard between two networks sees of the envelopes of a link, in both directions: a setting of the link, which no
//! partner can change.
//!
//! On arrival the node checks two things. What an envelope shows must be what is in it: else the guard has let pass what
//! it was not shown. And where this party has said what a partner's envelopes are to show, they show that and nothing
//! else: a partner that shows less, or shows in clear what was to be sealed, is found out. Either way the entry is
//! refused and a person hears of it. Key type: [`GuardLink`].

use std::collections::BTreeMap;

use entente_core::Party;
use entente_formats::wire::Body;
use entente_seal::{Guard, KeyId, MAX_LABEL_LENGTH, Opened, SealingPublicKey, Show, Shown};

use crate::{event::Refusal, state::Node};

/// What our envelopes to a partner show a guard.
#[derive(Clone, Debug, Default)]
pub enum Showing {
    /// Nothing.
    #[default]
    Nothing,
    /// Label and kind, to everybody on the path.
    Clear,
    /// Label and kind, to the guard with this key.
    Sealed(Box<SealingPublicKey>),
}

/// What a partner's envelopes must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    Nothing,
    /// Label and kind, in clear.
    Clear,
    /// Label and kind, sealed to the guard with this key, or to any.
    Sealed(Option<KeyId>),
}

/// The guards on the way to a partner and back.
#[derive(Clone, Debug, Default)]
pub struct GuardLink {
    /// What ours show.
    pub show: Showing,
    /// What theirs must show; whatever they like when absent.
    pub expect: Option<Expected>,
}

impl Expected {
    /// Whether an envelope's field for a guard is of that form.
    fn is_met_by(self, guard: &Guard) -> bool {
        match (self, guard) {
            (Self::Nothing, Guard::Absent) | (Self::Clear, Guard::Clear { .. }) => true,
            (Self::Sealed(wanted), Guard::Sealed { key, .. }) => wanted.is_none_or(|wanted| wanted == *key),
            _ => false,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Clear => "label and kind in clear",
            Self::Sealed(None) => "label and kind sealed to a guard",
            Self::Sealed(Some(_)) => "label and kind sealed to the guard that was agreed",
        }
    }
}

fn form(guard: &Guard) -> &'static str {
    match guard {
        Guard::Absent => "nothing",
        Guard::Clear { .. } => "label and kind in clear",
        _ => "label and kind sealed to a guard",
    }
}

/// What an envelope with this body shows on its way to `to`.
pub(crate) fn show<'a>(guards: &'a BTreeMap<Party, GuardLink>, to: &Party, body: &Body) -> Result<Show<'a>, Refusal> {
    let showing = guards.get(to).map(|link| &link.show);
    let shown = || {
        let label = body.label().ok_or_else(|| Refusal::Ours("the statement of origin cannot be read".to_owned()))?;
        check_showable(guards, to, &label)?;
        Ok(Shown { label, kind: body.kind().to_owned() })
    };
    match showing {
        None | Some(Showing::Nothing) => Ok(Show::Nothing),
        Some(Showing::Clear) => Ok(Show::Clear(shown()?)),
        Some(Showing::Sealed(key)) => Ok(Show::Sealed(shown()?, key)),
    }
}

fn check_showable(guards: &BTreeMap<Party, GuardLink>, to: &Party, label: &str) -> Result<(), Refusal> {
    let (length, limit) = (label.len(), MAX_LABEL_LENGTH);
    let is_shown = guards.get(to).is_some_and(|link| !matches!(link.show, Showing::Nothing));
    if is_shown && length > limit {
        let why = format!("the label has {length} bytes; the guard on the way to {to} is shown at most {limit}");
        return Err(Refusal::Request(why));
    }
    Ok(())
}

impl Node {
    /// The same node with these guards on its links.
    #[must_use]
    pub fn with_guards(mut self, guards: BTreeMap<Party, GuardLink>) -> Self {
        self.guards = guards;
        self
    }

    /// Refuses a label that a guard on the way to `to` would have to be shown and cannot be.
    pub(crate) fn check_showable(&self, to: &Party, label: &str) -> Result<(), Refusal> {
        check_showable(&self.guards, to, label)
    }

    /// Whether what a guard could read of an envelope of `from` is what it holds, and what was agreed to be shown. `Err`
    /// is a sentence.
    pub(crate) fn check_shown(&self, from: &Party, opened: &Opened, body: &Body) -> Result<(), String> {
        let guard = &opened.header.guard;
        if let Some(expected) = self.guards.get(from).and_then(|link| link.expect)
            && !expected.is_met_by(guard)
        {
            let (shows, wanted) = (form(guard), expected.words());
            return Err(format!("it shows guards {shows}, but of {from} is expected {wanted}"));
        }
        let Some(shown) = &opened.shown else { return Ok(()) };
        // A record whose origin cannot be read is refused for that.
        let label = body.label().unwrap_or_else(|| shown.label.clone());
        if shown.kind != body.kind() || shown.label != label {
            return Err("it showed a guard another label or kind than it has".to_owned());
        }
        Ok(())
    }
}
