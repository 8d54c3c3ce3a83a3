//! Why a gate blocks: one closed list of reasons, each with its gate, its code and what the sentence about it needs.

use crate::{
    Channel, Country, Label, Level, Party, Purpose,
    agreement::{Standing, clause::Exempts},
    label::Tlp,
};

/// The five gates, in order. All are always evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum Gate {
    Label,
    Cover,
    Provenance,
    Route,
    Authority,
}

impl Gate {
    /// All gates, in order.
    pub const ALL: [Self; 5] = [Self::Label, Self::Cover, Self::Provenance, Self::Route, Self::Authority];

    /// As the machine interface spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Cover => "cover",
            Self::Provenance => "provenance",
            Self::Route => "route",
            Self::Authority => "authority",
        }
    }
}

/// How the label of one record fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelFailure {
    /// NOFORN bars every party but the originator.
    NoForn,
    /// RELIDO, and the originator's designated authority has not approved.
    Relido {
        /// Whose authority.
        originator: Party,
    },
    /// Neither REL TO nor, for a display, DISPLAY ONLY names the recipient.
    NotReleasable {
        /// Who could relabel it.
        originator: Party,
    },
    /// The FGI mark names countries that are neither of the two and have not consented.
    Fgi {
        /// Those countries.
        of: Vec<Country>,
    },
    /// A bare FGI: nobody knows whom to ask.
    FgiConcealed,
    /// TLP, and the recipient is not on the distribution list.
    NotOnDistribution {
        /// The colour.
        tlp: Tlp,
        /// Who could put it there.
        originator: Party,
    },
}

/// Why one gate blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The label of the record itself.
    Label(LabelFailure),
    /// SCI, SAP or AEA: never cross-party, not even back.
    Compartmented,
    /// The label of a foreign source.
    SourceLabel {
        /// Whose consent lifts it.
        originator: Party,
        /// What fails.
        failure: LabelFailure,
    },
    /// No agreement has both as parties.
    NoAgreement,
    /// The nearest agreement is not in force between the two.
    NotInForce {
        /// The view that is out, where it is one of the two; else what it relies on is out.
        view: Option<(Party, Standing)>,
    },
    /// The nearest agreement is not in force by an act that the other disputes.
    Disputed,
    /// The nearest agreement's scope lacks a subject or the direction.
    OutOfScope,
    /// The nearest agreement has no row for the class.
    NoEquivalent {
        /// Whose class it is.
        label: Label,
    },
    /// The row is above the ceiling.
    AboveCeiling {
        /// The level of the row.
        level: Level,
        /// The ceiling.
        ceiling: Level,
    },
    /// A third-party clause of the agreement that it was provided under.
    ThirdParty {
        /// Who provided it.
        provider: Party,
        /// Whom the clause lets pass.
        exempts: Exempts,
        /// Whether the recipient is a party of that agreement.
        recipient_is_party: bool,
    },
    /// A purpose clause of the agreement that it was provided under.
    OtherPurpose {
        /// Who provided it.
        provider: Party,
        /// The purpose that it was provided for.
        provided_for: Purpose,
    },
    /// Originator control.
    Orcon {
        /// Whose control.
        originator: Party,
    },
    /// It is not known how, or under what, the holder came by it.
    UnknownCustody {
        /// Who could say.
        originator: Party,
    },
    /// The provider wants to be asked.
    Onward {
        /// The provider.
        provider: Party,
    },
    /// No covering agreement allows the channel.
    Channel {
        /// The channel asked.
        asked: Channel,
    },
    /// No covering agreement that allows the channel allows the purpose.
    RoutePurpose {
        /// The purpose asked.
        asked: Purpose,
    },
    /// A national restriction.
    Restricted {
        /// Its reason, in the party's own words.
        reason: String,
    },
    /// Neither a delegation nor an approval of the holder.
    Approval {
        /// The holder.
        holder: Party,
    },
    /// Any of these, on a source that whoever is told may not see: see [`Decision::without`](super::Decision::without).
    Unseen {
        /// Its gate.
        gate: Gate,
        /// Its code.
        code: &'static str,
    },
}

impl LabelFailure {
    /// The code of this failure for the record itself.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoForn => "noforn",
            Self::Relido { .. } => "relido",
            Self::NotReleasable { .. } => "not-releasable",
            Self::Fgi { .. } => "fgi",
            Self::FgiConcealed => "fgi-concealed",
            Self::NotOnDistribution { .. } => "not-on-distribution",
        }
    }
}

impl Reason {
    /// The gate that blocks.
    pub fn gate(&self) -> Gate {
        match self {
            Self::Label(_) | Self::Compartmented | Self::SourceLabel { .. } => Gate::Label,
            Self::NoAgreement
            | Self::NotInForce { .. }
            | Self::Disputed
            | Self::OutOfScope
            | Self::NoEquivalent { .. }
            | Self::AboveCeiling { .. } => Gate::Cover,
            Self::ThirdParty { .. }
            | Self::OtherPurpose { .. }
            | Self::Orcon { .. }
            | Self::UnknownCustody { .. }
            | Self::Onward { .. } => Gate::Provenance,
            Self::Channel { .. } | Self::RoutePurpose { .. } => Gate::Route,
            Self::Restricted { .. } | Self::Approval { .. } => Gate::Authority,
            Self::Unseen { gate, .. } => *gate,
        }
    }

    /// The code, as the machine interface spells it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Label(failure) => failure.code(),
            Self::Compartmented => "compartmented",
            Self::SourceLabel { .. } => "source-label",
            Self::NoAgreement => "no-agreement",
            Self::NotInForce { .. } => "not-in-force",
            Self::Disputed => "disputed",
            Self::OutOfScope => "out-of-scope",
            Self::NoEquivalent { .. } => "no-equivalent",
            Self::AboveCeiling { .. } => "above-ceiling",
            Self::ThirdParty { .. } => "third-party",
            Self::OtherPurpose { .. } | Self::RoutePurpose { .. } => "purpose",
            Self::Orcon { .. } => "orcon",
            Self::UnknownCustody { .. } => "unknown-custody",
            Self::Onward { .. } => "onward",
            Self::Channel { .. } => "channel",
            Self::Restricted { .. } => "restricted",
            Self::Approval { .. } => "approval",
            Self::Unseen { code, .. } => code,
        }
    }

    /// What would lift it: every one of these is needed. Empty: nothing would.
    pub fn cures(&self) -> Vec<Cure> {
        match self {
            Self::Label(failure) => match failure {
                LabelFailure::NoForn | LabelFailure::FgiConcealed => Vec::new(),
                LabelFailure::Relido { originator } => vec![Cure::Approval(originator.clone())],
                LabelFailure::NotReleasable { originator } => vec![Cure::Relabel(originator.clone())],
                LabelFailure::Fgi { of } => of.iter().map(|code| Cure::Consent(code.as_str().into())).collect(),
                LabelFailure::NotOnDistribution { originator, .. } => vec![Cure::Consent(originator.clone())],
            },
            Self::SourceLabel { originator, .. } | Self::Orcon { originator } | Self::UnknownCustody { originator } => {
                vec![Cure::Consent(originator.clone())]
            }
            Self::ThirdParty { provider, .. } | Self::OtherPurpose { provider, .. } | Self::Onward { provider } => {
                vec![Cure::Consent(provider.clone())]
            }
            Self::Approval { holder } => vec![Cure::Approval(holder.clone())],
            Self::Compartmented
            | Self::NoAgreement
            | Self::NotInForce { .. }
            | Self::Disputed
            | Self::OutOfScope
            | Self::NoEquivalent { .. }
            | Self::AboveCeiling { .. }
            | Self::Channel { .. }
            | Self::RoutePurpose { .. }
            | Self::Restricted { .. }
            | Self::Unseen { .. } => Vec::new(),
        }
    }
}

/// A thing that somebody could do to turn a no into a yes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cure {
    /// The consent of that party.
    Consent(Party),
    /// The approval of that party's own authority.
    Approval(Party),
    /// A new label by that party.
    Relabel(Party),
}

impl Cure {
    /// The kind, as the machine interface spells it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Consent(_) => "consent",
            Self::Approval(_) => "approval",
            Self::Relabel(_) => "relabel",
        }
    }

    /// Whose.
    pub fn of(&self) -> &Party {
        match self {
            Self::Consent(party) | Self::Approval(party) | Self::Relabel(party) => party,
        }
    }
}
