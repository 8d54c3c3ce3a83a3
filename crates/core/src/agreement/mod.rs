//! An agreement: an instrument between parties as a list of clauses, each tied to an article of the text, and the acts
//! that change its status.
//!
//! The key type is [`Agreement`]. Reading one from TOML is in `entente-formats`; what it means at a moment is [`fold`].

pub mod clause;
pub mod fold;

mod admission;

use std::fmt;

pub use clause::{Action, Basis, Citation, Clause, Kind};
pub use fold::{Between, Standing, View};

use crate::{
    AgreementId, ClauseId, Party,
    time::{Date, Period},
};

/// The force of a text in law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Force {
    /// Binding under international law: may contain every clause.
    Binding,
    /// Rests on the agreements in [`Agreement::relies_on`] and covers only while all of them are in force.
    Arrangement,
    /// A political text: never changes a verdict.
    Political,
}

impl Force {
    /// As the file spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Binding => "binding",
            Self::Arrangement => "arrangement",
            Self::Political => "political",
        }
    }
}

/// What a party did to an agreement. Closed; see [`fold`] for what each does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum ActKind {
    Signed,
    Ratified,
    EnteredIntoForce,
    Suspended,
    Resumed,
    NoticeOfTermination,
    NoticeSuspended,
    NoticeWithdrawn,
    Terminated,
    /// A new party was admitted: [`Act::admits`].
    Admitted,
}

impl ActKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Signed,
        Self::Ratified,
        Self::EnteredIntoForce,
        Self::Suspended,
        Self::Resumed,
        Self::NoticeOfTermination,
        Self::NoticeSuspended,
        Self::NoticeWithdrawn,
        Self::Terminated,
        Self::Admitted,
    ];

    /// As the file spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Ratified => "ratified",
            Self::EnteredIntoForce => "entered-into-force",
            Self::Suspended => "suspended",
            Self::Resumed => "resumed",
            Self::NoticeOfTermination => "notice-of-termination",
            Self::NoticeSuspended => "notice-suspended",
            Self::NoticeWithdrawn => "notice-withdrawn",
            Self::Terminated => "terminated",
            Self::Admitted => "admitted",
        }
    }
}

/// Who did an act.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Every party at once; exists only in files (`"*"`).
    All,
    /// One party.
    Party(Party),
}

impl Actor {
    /// Whether the act counts for `party`.
    pub fn includes(&self, party: &Party) -> bool {
        match self {
            Self::All => true,
            Self::Party(actor) => actor == party,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.pad("*"),
            Self::Party(party) => party.fmt(f),
        }
    }
}

/// One act: append-only, and counted for the party that did it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Act {
    /// Who did it.
    pub by: Actor,
    /// The day from whose start, in UTC, it exists.
    pub date: Date,
    /// What was done.
    pub kind: ActKind,
    /// The article that it rests on, where the text has one.
    pub article: Option<ClauseId>,
    /// The party that it admits; there for [`ActKind::Admitted`] and for nothing else.
    pub admits: Option<Party>,
    /// Parties that dispute the effect of this act.
    pub disputed_by: Vec<Party>,
}

/// Whether a term is followed by another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Renewal {
    /// A new term begins by itself.
    #[default]
    Automatic,
    /// The text ends with its first term.
    Never,
}

/// How long the text runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Duration {
    /// The article.
    pub article: Option<ClauseId>,
    /// The term; indefinite when absent.
    pub term: Option<Period>,
    /// Renewal.
    pub renews: Renewal,
    /// How many days before its effect a notice of termination is due.
    pub notice_days: u32,
}

/// Which clauses bind what was provided, whatever becomes of the agreement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Survival {
    /// The article that says so.
    pub article: Option<ClauseId>,
    /// The clauses that survive.
    pub clauses: Vec<ClauseId>,
}

/// SHA-256 of an instrument's canonical form: the instrument without its acts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstrumentHash(pub [u8; 32]);

impl fmt::Display for InstrumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for InstrumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One instrument in one version, with the acts known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// Its title, as a lawyer would cite it.
    pub title: String,
    /// Its force.
    pub force: Force,
    /// The parties that the text names. Who is one on a day, [`Agreement::parties_on`] tells.
    pub parties: Vec<Party>,
    /// Arrangement only: agreements that must be in force too.
    pub relies_on: Vec<AgreementId>,
    /// Its clauses, in the order of the file.
    pub clauses: Vec<Clause>,
    /// Term, renewal and notice; indefinite when absent.
    pub duration: Option<Duration>,
    /// What survives it.
    pub survival: Option<Survival>,
    /// The version: hash of all of the above.
    pub hash: InstrumentHash,
    /// The acts, in the order of the file or of arrival.
    pub acts: Vec<Act>,
}

impl Agreement {
    /// Whether the text itself names `clause` as surviving.
    pub fn survives(&self, clause: &ClauseId) -> bool {
        self.survival.as_ref().is_some_and(|survival| survival.clauses.contains(clause))
    }
}
