//! Roll-up: the banner line of a whole from the markings of its parts (CAPCO D.2, pp. 28-30).
//!
//! Not a decision: who may get the whole is decided by its banner line and the agreements, as for any record. Nothing is
//! classified by compilation here; that a whole says more than its parts is for a person to see (B.7, p. 23).
//!
//! The key type is [`RollUp`], what is known of any number of parts. It is a lattice: parts may be added in any order, in
//! any grouping and more than once. A banner line is too small to be one, since it forgets which parts said nothing and
//! which only displayed; so the line is worked out at the end, by [`RollUp::outcome`]. It never widens: whoever may not
//! get one of the parts by its label may not get the whole by its banner line, the owner of the banner apart.

mod audience;
mod atomic;
mod release;
mod outcome;
mod reason;

use std::collections::BTreeSet;

use super::{Class, Fgi, Label, Level, Marking, Owner, Portion, Tlp, compartments::Compartments};
use crate::Country;
use atomic::Atomic;
use release::Release;

pub use outcome::Outcome;
pub use reason::{Reason, Subject};

/// What is known of the parts of a whole, together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RollUp {
    /// The strictest colour.
    tlp: Option<Tlp>,
    /// Whose the parts are, as far as they are in no document of somebody else.
    owners: BTreeSet<Owner>,
    /// A part is foreign information inside a document of the United States.
    segregated: bool,
    /// The highest level.
    level: Option<Level>,
    /// National terms, with the owner whose words they are.
    terms: BTreeSet<(Owner, String)>,
    sci: Compartments,
    sap: Compartments,
    aea: Atomic,
    /// The sources of FGI marks.
    sources: BTreeSet<Country>,
    /// A source is concealed.
    concealed: bool,
    /// The controls without a list.
    flags: BTreeSet<Flag>,
    non_ic: BTreeSet<String>,
    release: Release,
    /// A part that is not the United States' own takes part and says nothing about release.
    foreign_unmarked: bool,
    /// A part has more to say than UNCLASSIFIED of the United States.
    says_something: bool,
}

/// A dissemination control without a list that says nothing about release, in the order of the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Flag {
    Rsen,
    Fouo,
    Orcon,
    OrconUsgov,
    Imcon,
    Propin,
    Dsen,
    Fisa,
}

/// The roll-up of labels. None of them: nothing to roll up.
pub fn rollup<'l>(labels: impl IntoIterator<Item = &'l Label>) -> RollUp {
    labels.into_iter().map(RollUp::of).fold(RollUp::default(), RollUp::join)
}

impl RollUp {
    /// A single label.
    pub fn of(label: &Label) -> Self {
        match label {
            Label::Tlp(tlp) => Self { tlp: Some(*tlp), ..Self::default() },
            Label::Marking(marking) => Self::of_marking(marking, false),
        }
    }

    /// A single portion.
    pub fn of_portion(portion: &Portion) -> Self {
        Self::of_marking(&portion.marking, portion.segregated)
    }

    fn of_marking(marking: &Marking, segregated: bool) -> Self {
        let controls = &marking.dissemination;
        let flags = [
            (Flag::Rsen, controls.rsen),
            (Flag::Fouo, controls.fouo),
            (Flag::Orcon, controls.orcon),
            (Flag::OrconUsgov, controls.orcon_usgov),
            (Flag::Imcon, controls.imcon),
            (Flag::Propin, controls.propin),
            (Flag::Dsen, controls.dsen),
            (Flag::Fisa, controls.fisa),
        ];
        // The sources of a segregated portion are its owners, and an owner is no caveat.
        let own = Marking { fgi: marking.fgi.clone().filter(|_| !segregated), ..marking.clone() };
        let takes_part = !own.is_unclassified() || own.is_caveated() || own.is_compartmented();
        let release = Release::of(marking, takes_part);
        let foreign = segregated || matches!(marking.owner, Owner::Nation(_) | Owner::Nato);
        let (sources, concealed) = match &marking.fgi {
            None => (BTreeSet::new(), false),
            Some(Fgi::Concealed) => (BTreeSet::new(), true),
            Some(Fgi::From(sources)) => (sources.iter().cloned().collect(), false),
        };
        let (level, term) = match &marking.class {
            Class::Level(level) => (Some(*level), None),
            Class::Term(term) => (None, Some((marking.owner.clone(), term.clone()))),
        };
        Self {
            tlp: None,
            owners: (!segregated).then(|| marking.owner.clone()).into_iter().collect(),
            segregated,
            level,
            terms: term.into_iter().collect(),
            sci: Compartments::of(&marking.sci),
            sap: Compartments::of(&marking.sap),
            aea: Atomic::of(&marking.aea),
            sources,
            concealed,
            flags: flags.into_iter().filter(|(_, set)| *set).map(|(flag, _)| flag).collect(),
            non_ic: marking.non_ic.iter().cloned().collect(),
            foreign_unmarked: foreign && release.is_silent(),
            release,
            says_something: foreign || takes_part || marking.owner != Owner::UnitedStates,
        }
    }

    /// Both together: associative, commutative, idempotent; [`RollUp::default`] changes nothing.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.tlp = self.tlp.max(other.tlp);
        self.owners.extend(other.owners);
        self.segregated |= other.segregated;
        self.level = self.level.max(other.level);
        self.terms.extend(other.terms);
        self.sci.join(&other.sci);
        self.sap.join(&other.sap);
        self.aea.join(&other.aea);
        self.sources.extend(other.sources);
        self.concealed |= other.concealed;
        self.flags.extend(other.flags);
        self.non_ic.extend(other.non_ic);
        self.release.join(&other.release);
        self.foreign_unmarked |= other.foreign_unmarked;
        self.says_something |= other.says_something;
        self
    }

    /// What a banner line can say of it, with the reasons; none when there are no parts.
    pub fn outcome(&self) -> Option<Outcome> {
        (*self != Self::default()).then(|| outcome::of(self))
    }
}
