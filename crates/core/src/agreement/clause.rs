//! The closed vocabulary of clauses. What a text says that no kind here can say is a `note`, and changes no verdict.

use crate::{
    AgreementId, Channel, ClauseId, Level, Party, Purpose, Subject,
    time::{Date, Period},
};

/// What a decision is about. A wider action includes the narrower: who may release may display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// A logged session on the holder's node for a person of the other party: no bytes leave.
    Display,
    /// The record is given.
    Release,
}

impl Action {
    /// As the machine interfaces spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Display => "display",
            Self::Release => "release",
        }
    }

    /// Whether a consent, approval or delegation for this action holds for `other`.
    pub fn includes(self, other: Self) -> bool {
        self >= other
    }
}

/// Where the wording of a clause in the file comes from. `assumed` shows in every explanation that rests on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Basis {
    /// The text itself.
    #[default]
    Text,
    /// A public summary of the text.
    Summary,
    /// An assumption: the text is not public.
    Assumed,
}

impl Basis {
    /// As the file spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Summary => "summary",
            Self::Assumed => "assumed",
        }
    }
}

/// One clause, tied to its article.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Clause {
    /// The article, as a lawyer would cite it. Several clauses may share one.
    pub id: ClauseId,
    /// A heading.
    pub title: Option<String>,
    /// A remark for readers; changes no verdict.
    pub note: Option<String>,
    /// Where the wording comes from.
    pub basis: Basis,
    /// What the clause does.
    pub kind: Kind,
}

/// A list that may also be "all": `["*"]` in a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Set<T> {
    /// Whatever it is.
    Any,
    /// These alone.
    Of(Vec<T>),
}

impl<T: PartialEq> Set<T> {
    /// Whether `item` is in the set.
    pub fn holds(&self, item: &T) -> bool {
        match self {
            Self::Any => true,
            Self::Of(items) => items.contains(item),
        }
    }

    /// Whether every one of `items` is in the set.
    pub fn holds_all(&self, items: &[T]) -> bool {
        items.iter().all(|item| self.holds(item))
    }
}

/// One row of an equivalence: a level, and what each party calls it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    /// The level that the terms stand for.
    pub level: Level,
    /// National terms by party.
    pub terms: Vec<(Party, Vec<String>)>,
}

/// Who a third-party clause lets pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Exempts {
    /// Other parties of the same text may be given it.
    #[default]
    Parties,
    /// Nobody but the provider.
    None,
}

impl Exempts {
    /// As the file spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parties => "parties",
            Self::None => "none",
        }
    }
}

/// What a purpose clause allows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AllowedPurpose {
    /// The purpose that it was provided for, and no other.
    AsProvided,
    /// The purposes of a list.
    Of(Vec<Purpose>),
}

/// What the recipient adds to what it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum Mark {
    Provider,
    Equivalent,
}

/// What a person needs to be given access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum Access {
    Clearance,
    NeedToKnow,
    OfficialDuty,
    Nationality,
}

/// When something that was given ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum RetentionEvent {
    PurposeEnded,
    Recall,
    Expiry,
}

/// What then happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum RetentionAction {
    Return,
    Destroy,
}

/// Who notifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum Notifier {
    Provider,
    Recipient,
    Any,
}

macro_rules! words {
    ($($type:ident { $($variant:ident = $word:literal),* $(,)? })*) => {$(
        impl $type {
            /// All values.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// As the file spells it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    )*};
}

words! {
    Mark { Provider = "provider", Equivalent = "equivalent" }
    Access {
        Clearance = "clearance", NeedToKnow = "need-to-know", OfficialDuty = "official-duty", Nationality = "nationality",
    }
    RetentionEvent { PurposeEnded = "purpose-ended", Recall = "recall", Expiry = "expiry" }
    RetentionAction { Return = "return", Destroy = "destroy" }
    Notifier { Provider = "provider", Recipient = "recipient", Any = "any" }
}

/// To whom a transparency clause owes something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Everybody.
    Public,
    /// These parties, members of the text or not.
    Parties(Vec<Party>),
}

/// What a clause does, by kind, with the fields of that kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "fields are named as in the file format and explained in docs/spec/agreements.md")]
pub enum Kind {
    /// Which subjects, and which directions, the text is about.
    Scope { subjects: Set<Subject>, pairs: Option<Vec<(Party, Party)>> },
    /// Which national terms correspond, up to a ceiling.
    Equivalence { ceiling: Level, rows: Vec<Row> },
    /// What was provided goes to nobody else.
    ThirdParty { blocks: Vec<Action>, exempts: Exempts, label_counts_as_approval: bool },
    /// What was provided serves its purpose alone.
    Purpose { allowed: AllowedPurpose },
    /// The channels that may be used.
    Transmission { channels: Vec<Channel> },
    /// What the recipient adds.
    Marking { mark: Mark },
    /// What a person needs.
    Access { requires: Vec<Access> },
    /// What becomes of it in the end.
    Retention { on: RetentionEvent, action: RetentionAction, within: Option<Period> },
    /// Who tells whom of what.
    Notify { event: String, by: Notifier, when: String, within: Option<Period> },
    /// Whether contractors may have it.
    Contractor { allowed: bool, conditions: Option<String> },
    /// A duty to consult.
    Consult { triggers: Vec<String>, when: String, within: Option<Period> },
    /// Recurring meetings.
    Meet { body: String, every: Period, level: Option<String> },
    /// A commitment with an owner.
    Commit { owner: Party, what: String, due: Option<Date> },
    /// What is told to outsiders.
    Transparency { to: Audience, what: String, when: String },
    /// That nothing here obliges anybody to share.
    NoDutyToShare,
}

impl Kind {
    /// The kind as the file spells it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Scope { .. } => "scope",
            Self::Equivalence { .. } => "equivalence",
            Self::ThirdParty { .. } => "third-party",
            Self::Purpose { .. } => "purpose",
            Self::Transmission { .. } => "transmission",
            Self::Marking { .. } => "marking",
            Self::Access { .. } => "access",
            Self::Retention { .. } => "retention",
            Self::Notify { .. } => "notify",
            Self::Contractor { .. } => "contractor",
            Self::Consult { .. } => "consult",
            Self::Meet { .. } => "meet",
            Self::Commit { .. } => "commit",
            Self::Transparency { .. } => "transparency",
            Self::NoDutyToShare => "no-duty-to-share",
        }
    }

    /// Whether a political text may contain it.
    pub fn is_political(&self) -> bool {
        matches!(
            self,
            Self::Consult { .. }
                | Self::Meet { .. }
                | Self::Commit { .. }
                | Self::Transparency { .. }
                | Self::NoDutyToShare
        )
    }
}

/// A clause of a named agreement: what every block, cover and duty cites.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Citation {
    /// The agreement.
    pub agreement: AgreementId,
    /// The article, where one clause decided.
    pub clause: Option<ClauseId>,
}
