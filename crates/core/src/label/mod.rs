//! A label: classification, releasability and controls as the originator set them. One internal form for every syntax;
//! the syntaxes are in `entente-formats`.
//!
//! The key type is [`Label`]. It is a value: nothing here rewrites one.

use std::fmt;

mod tetragraph;
mod compartments;
mod portion;
pub mod rollup;

pub use compartments::numbers_first;
pub use portion::Portion;
pub use tetragraph::{Tetragraph, tetragraphs};

use crate::{Country, Party};

/// The five levels, lowest first. National terms reach a level only through an agreement's own equivalence row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum Level {
    Unclassified,
    Restricted,
    Confidential,
    Secret,
    TopSecret,
}

impl Level {
    /// All levels, lowest first.
    pub const ALL: [Self; 5] =
        [Self::Unclassified, Self::Restricted, Self::Confidential, Self::Secret, Self::TopSecret];

    /// The level as a banner line spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unclassified => "UNCLASSIFIED",
            Self::Restricted => "RESTRICTED",
            Self::Confidential => "CONFIDENTIAL",
            Self::Secret => "SECRET",
            Self::TopSecret => "TOP SECRET",
        }
    }

    /// The level as a portion mark spells it. `R` is for what is not the United States' own.
    pub fn portion_mark(self) -> &'static str {
        match self {
            Self::Unclassified => "U",
            Self::Restricted => "R",
            Self::Confidential => "C",
            Self::Secret => "S",
            Self::TopSecret => "TS",
        }
    }

    /// The level that a banner line spells as `text`.
    pub fn from_banner(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Traffic Light Protocol 2.0 (FIRST). A sharing rule, not a classification: it never maps to a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum Tlp {
    Clear,
    Green,
    Amber,
    AmberStrict,
    Red,
}

impl Tlp {
    /// All colours, the widest first.
    pub const ALL: [Self; 5] = [Self::Clear, Self::Green, Self::Amber, Self::AmberStrict, Self::Red];

    /// The marking as FIRST spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "TLP:CLEAR",
            Self::Green => "TLP:GREEN",
            Self::Amber => "TLP:AMBER",
            Self::AmberStrict => "TLP:AMBER+STRICT",
            Self::Red => "TLP:RED",
        }
    }
}

impl fmt::Display for Tlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whose classification a marking states.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A United States classification: `SECRET//…`.
    UnitedStates,
    /// Another nation's: `//KOR SECRET//…`.
    Nation(Country),
    /// NATO's: `//NATO SECRET//…`, `//COSMIC TOP SECRET//…`.
    Nato,
    /// Several nations together, in alphabetical order: `//JOINT SECRET JPN KOR USA//…`.
    Joint(Vec<Country>),
}

/// The class of a marking: a level, or a national term that only an agreement's equivalence gives a level.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// One of the five levels.
    Level(Level),
    /// A term in the nation's own words: `特定秘密`.
    Term(String),
}

/// Foreign government information inside a marking.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fgi {
    /// Bare `FGI`: the source is concealed.
    Concealed,
    /// The sources, in canonical order.
    From(Vec<Country>),
}

/// Dissemination controls, one field a control, in the order of the register (CAPCO G.1, section 8).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is a registered control of its own")]
pub struct Dissemination {
    /// RISK SENSITIVE.
    pub rsen: bool,
    /// FOR OFFICIAL USE ONLY.
    pub fouo: bool,
    /// ORIGINATOR CONTROLLED.
    pub orcon: bool,
    /// ORIGINATOR CONTROLLED-USGOV.
    pub orcon_usgov: bool,
    /// CONTROLLED IMAGERY.
    pub imcon: bool,
    /// NOT RELEASABLE TO FOREIGN NATIONALS.
    pub noforn: bool,
    /// CAUTION-PROPRIETARY INFORMATION INVOLVED.
    pub propin: bool,
    /// AUTHORIZED FOR RELEASE TO, in canonical order; empty when absent.
    pub rel_to: Vec<Country>,
    /// RELEASABLE BY INFORMATION DISCLOSURE OFFICIAL.
    pub relido: bool,
    /// `USA/… EYES ONLY`, in canonical order; empty when absent.
    pub eyes: Vec<Country>,
    /// DEA SENSITIVE.
    pub dsen: bool,
    /// FOREIGN INTELLIGENCE SURVEILLANCE ACT.
    pub fisa: bool,
    /// DISPLAY ONLY, in canonical order; empty when absent.
    pub display_only: Vec<Country>,
}

/// A classification marking with its categories, in the order of a banner line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Marking {
    /// Whose classification it is.
    pub owner: Owner,
    /// Level or national term.
    pub class: Class,
    /// Sensitive compartmented information, each control system with its compartments as written.
    pub sci: Vec<String>,
    /// Special access programs, as written.
    pub sap: Vec<String>,
    /// Atomic Energy Act markings, as written.
    pub aea: Vec<String>,
    /// Foreign government information.
    pub fgi: Option<Fgi>,
    /// Dissemination controls.
    pub dissemination: Dissemination,
    /// Dissemination controls of agencies outside the intelligence community: `LIMDIS`, `LES`, … as written.
    pub non_ic: Vec<String>,
}

/// A label as its originator set it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// A classification marking (CAPCO and the national ones in its form).
    Marking(Box<Marking>),
    /// Traffic Light Protocol.
    Tlp(Tlp),
}

impl Marking {
    /// A marking of that class with no category at all.
    pub fn plain(owner: Owner, class: Class) -> Self {
        Self {
            owner,
            class,
            sci: Vec::new(),
            sap: Vec::new(),
            aea: Vec::new(),
            fgi: None,
            dissemination: Dissemination::default(),
            non_ic: Vec::new(),
        }
    }

    /// Whether SCI, SAP or AEA is present: such a record never crosses to another party.
    pub fn is_compartmented(&self) -> bool {
        !(self.sci.is_empty() && self.sap.is_empty() && self.aea.is_empty())
    }

    /// Whether the class is UNCLASSIFIED. A national term is not: it has no level of its own.
    pub fn is_unclassified(&self) -> bool {
        self.class == Class::Level(Level::Unclassified)
    }

    /// Whether it bears any dissemination or FGI mark.
    pub fn is_caveated(&self) -> bool {
        self.fgi.is_some() || self.dissemination != Dissemination::default() || !self.non_ic.is_empty()
    }

    /// The code of the nation whose terms the class is in; JOINT markings have none.
    pub fn country(&self) -> Option<&str> {
        match &self.owner {
            Owner::UnitedStates => Some("USA"),
            Owner::Nation(country) => Some(country.as_str()),
            Owner::Nato => Some("NATO"),
            Owner::Joint(_) => None,
        }
    }
}

impl Label {
    /// Free by its own marks: unclassified without any dissemination or FGI mark, TLP:CLEAR, TLP:GREEN. Whether a
    /// *record* is free depends on its foreign sources too.
    pub fn is_free(&self) -> bool {
        match self {
            Self::Marking(marking) => marking.is_unclassified() && !marking.is_caveated(),
            Self::Tlp(tlp) => *tlp <= Tlp::Green,
        }
    }

    /// Whether it states a class above UNCLASSIFIED; TLP never does.
    pub fn is_classified(&self) -> bool {
        matches!(self, Self::Marking(marking) if !marking.is_unclassified())
    }

    /// Whether SCI, SAP or AEA is present.
    pub fn is_compartmented(&self) -> bool {
        matches!(self, Self::Marking(marking) if marking.is_compartmented())
    }

    /// The dissemination controls; none for TLP.
    pub fn dissemination(&self) -> Option<&Dissemination> {
        match self {
            Self::Marking(marking) => Some(&marking.dissemination),
            Self::Tlp(_) => None,
        }
    }

    /// Whether REL TO names `party`, decomposable tetragraphs expanded.
    pub fn is_releasable_to(&self, party: &Party) -> bool {
        self.dissemination().is_some_and(|controls| names(&controls.rel_to, party))
    }

    /// Whether DISPLAY ONLY names `party`, decomposable tetragraphs expanded.
    pub fn is_displayable_to(&self, party: &Party) -> bool {
        self.dissemination().is_some_and(|controls| names(&controls.display_only, party))
    }

    /// Whether originator control (ORCON, ORCON-USGOV) is set.
    pub fn is_originator_controlled(&self) -> bool {
        self.dissemination().is_some_and(|controls| controls.orcon || controls.orcon_usgov)
    }
}

/// Whether `codes` names `party`: by its own code, or through a tetragraph that may be taken apart.
pub fn names(codes: &[Country], party: &Party) -> bool {
    let of_group = |code: &Country| {
        Tetragraph::find(code.as_str())
            .is_some_and(|group| group.decomposable && group.members.contains(&party.as_str()))
    };
    // Most lists name countries: only where none is the party is a code worth looking up.
    codes.iter().any(|code| code.is(party)) || codes.iter().any(of_group)
}
