//! What an explanation says, before any language: each line as the facts of the decision that it tells.

use super::{Basis, Block, Cure, Decision, Duty, Futile, Gate, Onward, Pass, Reason, Verdict};
use crate::{AgreementId, ClauseId, Party, RecordId, agreement::clause::Citation, world::World};

/// What a line is about. Lines of one heading stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heading {
    Label,
    Cover,
    Provenance,
    Route,
    Authority,
    Lifted,
    Blocked,
    Nor,
    WouldPermit,
    Version,
    WouldNotHelp,
    Onward,
    Duty,
}

impl Heading {
    fn of(gate: Gate) -> Self {
        match gate {
            Gate::Label => Self::Label,
            Gate::Cover => Self::Cover,
            Gate::Provenance => Self::Provenance,
            Gate::Route => Self::Route,
            Gate::Authority => Self::Authority,
        }
    }
}

/// An agreement and, where one decided, the clause, with where its wording comes from.
pub(super) struct Cited<'a> {
    pub(super) agreement: &'a AgreementId,
    pub(super) clause: Option<&'a ClauseId>,
    pub(super) basis: Basis,
}

/// One line.
pub(super) enum Saying<'a> {
    /// The label, and why it passes where it does.
    Label { text: &'a str, pass: Option<&'a Pass> },
    /// An agreement covers.
    Cover { cited: Cited<'a>, equivalence_of: Option<Cited<'a>> },
    /// Another gate passes.
    Passed { gate: Gate, pass: &'a Pass },
    /// A prohibition is lifted by a consent.
    Lifted { cited: Option<Cited<'a>>, by: &'a Party, pass: &'a Pass },
    /// Something blocks.
    Blocked { cited: Option<Cited<'a>>, block: &'a Block },
    /// Another agreement does not cover either.
    Nor { cited: Cited<'a>, reason: &'a Reason },
    /// A cure.
    WouldPermit(&'a Cure),
    /// A version that may go.
    Version(&'a RecordId),
    /// What is tried in vain.
    WouldNotHelp(&'a Futile),
    /// The recipient is to ask.
    Onward,
    /// A duty.
    Duty { cited: Cited<'a>, duty: &'a Duty },
}

impl Saying<'_> {
    pub(super) fn heading(&self) -> Heading {
        match self {
            Self::Label { .. } => Heading::Label,
            Self::Cover { .. } => Heading::Cover,
            Self::Passed { gate, .. } => Heading::of(*gate),
            Self::Lifted { .. } => Heading::Lifted,
            Self::Blocked { .. } => Heading::Blocked,
            Self::Nor { .. } => Heading::Nor,
            Self::WouldPermit(_) => Heading::WouldPermit,
            Self::Version(_) => Heading::Version,
            Self::WouldNotHelp(_) => Heading::WouldNotHelp,
            Self::Onward => Heading::Onward,
            Self::Duty { .. } => Heading::Duty,
        }
    }
}

/// Everything that is said of a decision, in order.
pub(super) fn of<'a>(world: &World<'_>, decision: &'a Decision, label: &'a str) -> Vec<Saying<'a>> {
    let cite = |agreement: &'a AgreementId, clause: Option<&'a ClauseId>| {
        let clauses = world.agreements.get(agreement).map(|text| text.clauses.as_slice()).unwrap_or_default();
        let mut cited = clauses.iter().filter(|own| Some(&own.id) == clause);
        // One article may hold several clauses, and one that is assumed makes the article so.
        let assumed = cited.any(|own| own.basis == Basis::Assumed);
        Cited { agreement, clause, basis: if assumed { Basis::Assumed } else { Basis::Text } }
    };
    let citation = |citation: &'a Citation| cite(&citation.agreement, citation.clause.as_ref());
    let permits = decision.verdict() == Verdict::Permit;

    let label_pass = decision.passed.iter().find_map(|(gate, pass)| (*gate == Gate::Label).then_some(pass));
    let mut all = vec![Saying::Label { text: label, pass: label_pass }];
    all.extend(decision.cover.iter().map(|cover| match &cover.taken_from {
        None => Saying::Cover { cited: cite(&cover.agreement, cover.clause.as_ref()), equivalence_of: None },
        Some(base) => Saying::Cover {
            cited: cite(&cover.agreement, None),
            equivalence_of: Some(cite(base, cover.clause.as_ref())),
        },
    }));
    for (gate, pass) in &decision.passed {
        match (gate, pass) {
            (_, Pass::Consented { citation: lifted, by, .. }) => {
                all.push(Saying::Lifted { cited: lifted.as_ref().map(citation), by, pass });
            }
            // Said above, or by what is not said.
            (Gate::Label, _)
            | (Gate::Provenance, Pass::Unencumbered)
            | (_, Pass::Covered | Pass::NoRouteNeeded | Pass::RouteAllowed) => {}
            (gate, pass) => all.push(Saying::Passed { gate: *gate, pass }),
        }
    }
    all.extend(decision.blocked.iter().map(|block| Saying::Blocked {
        cited: block.agreement.as_ref().map(|agreement| cite(agreement, block.clause.as_ref())),
        block,
    }));
    all.extend(decision.further.iter().map(|(cited, reason)| Saying::Nor { cited: citation(cited), reason }));
    all.extend(decision.cures.iter().flatten().map(Saying::WouldPermit));
    if !permits {
        let permitted = decision.versions.iter().filter(|(_, verdict)| *verdict == Verdict::Permit);
        all.extend(permitted.map(|(id, _)| Saying::Version(id)));
    }
    all.extend(decision.futile.iter().map(Saying::WouldNotHelp));
    if permits {
        if decision.onward == Onward::Ask {
            all.push(Saying::Onward);
        }
        let duties = decision.duties.iter();
        all.extend(duties.map(|duty| Saying::Duty { cited: cite(&duty.agreement, Some(&duty.clause)), duty }));
    }
    all
}
