//! The API of a node (`/api/v1`), as its command line and, later, its console use it: JSON twins of what the node
//! knows. Content travels as base64.

mod consent;
mod agreement;
mod recall;
mod retention;
mod restore;
mod whatif;
mod courier;
mod content;
mod alarm;
mod status;
mod people;
mod decisions;
mod desk;
mod ledger;
mod jobs;
mod second;
mod keys;
mod taxii;
mod stix;
mod contacts;
mod pledge;
mod words;
mod alert;
mod incident;
mod consultation;

pub use agreement::{
    ActRequest, ActView, ActsView, AgreementView, DisputeRequest, PartyStanding, ProposeRequest, Told, ToldView,
};
pub use alarm::{AlarmDetail, AlarmNoteRequest, AlarmNotedView, Evidence, OriginView};
pub(crate) use alert::by_urgency;
pub use alert::{AcknowledgedView, AlertMessageView, AlertView, AreaView, IngestRequest, IngestedView, NoticeView};
pub use consent::{
    AnswerRequest, Answered, AskRequest, Asked, GrantRequest, Granted, QuestionView, StandingView, WithdrawRequest,
    Withdrawn,
};
pub use consultation::{
    CloseRequest, ClosingView, ConsultationView, ConveneRequest, DissentView, EffectsRequest, EffectsView,
    EscalateRequest, ExportedConsultation, ItemView, OptionView, ParticipantView, PositionRequest, PositionView,
    RaiseRequest, StepRequest, StepView, SteppedView, TwoVersionsView, WaiverView,
};
pub use contacts::{AttemptView, ContactsView, PlannedView, TestContacts, TestedView, WaitingMatterView, WatchView};
pub use content::{ContentImportView, ContentView, LargeReleaseRequest, SealedContentView};
pub use courier::{ExportRequest, ExportView, ExportedRequest, ImportView, QuarantineView, RetriedView};
pub use decisions::{DecisionsRequest, DecisionsView, DraftHead, LabelProblem, LabelRequest, LabelView};
pub use desk::{
    CitedClause, ClauseDifference, CompareQuery, CompareView, FieldDifference, MatrixCell, MatrixText, MatrixView,
    PairDifference, PartnerQuery, StandsView,
};
use entente_core::{
    decide::Decision,
    explain::{self, Language},
    world::{Agreements, NationalRules, World},
};
use entente_formats::{hex, request::Answer as AnswerLine};
use entente_node::{
    event::{Listed, Outcome},
    op::Affected,
};
pub use incident::{
    Clocks, DisagreementView, DoneRequest, DoneView, DoubtfulClockView, IncidentRequest, IncidentView, ObligationView,
    ObligationsQuery, RaisedView, WaiveRequest,
};
pub(crate) use incident::{place, short_digest};
pub use jobs::{
    ANY_OTHER, ActSince, ImportedFile, ImportedView, JobKind, JobRequest, JobView, PlainJob, RedecideRequest,
    RedecidedPair, RedecidedView, ReleasedCount, VerifiedView,
};
pub use keys::{KeysView, RemoveParty, ReplaceRoot, TakenView};
pub use ledger::{
    CountView, DigestQuery, Disclose, EventView, EventsQuery, LedgerView, ProofRequest, ProofView, StatementView,
    StatementsPage, StatementsQuery,
};
pub use people::{
    AcceptRequest, AcceptedView, AddUserRequest, BindRequest, CalendarRequest, CertificateView, ChangeUserRequest,
    ConfirmTotpRequest, InvitedView, MeView, NewPasskeyRequest, NewTokenView, OpenIdReturn, OpenIdView,
    PasskeyChallenge, PasskeyOptions, PasskeySignIn, PasskeyView, PasswordRequest, PasswordView, RightsRequest,
    SessionView, SignInRequest, TokenRequest, TokenView, TotpView, UserView, VouchRequest,
};
pub use pledge::{
    AccessionRequest, AccessionView, CalendarQuery, CommitmentRequest, CommitmentView, MeetingRequest, MeetingView,
    NamedView, PledgeStepView, ProgressRequest, ProgressView,
};
pub use recall::{
    CompliedView, CompromiseRequest, CompromiseView, RecallRequest, RecallView, RelabelRequest, SettleRequest,
    ToldParties,
};
pub use restore::{GoOnRequest, RestorePartnerView, RestoreView};
pub use retention::{DestroyRequest, DueView, HoldRequest, HoldView};
use schemars::JsonSchema;
pub use second::{
    ConfirmRequest, DeclaredView, EmergencyRequest, EmergencyView, NameRequest, ReportRequest, UnnamedView, WaitingView,
};
use serde::{Deserialize, Serialize};
pub use status::{AlarmView, FeedStatus, FileStatus, LinkView, QuotaView, Status, WitnessView};
pub use stix::{
    StixChangeView, StixCollectionView, StixCountView, StixDifferenceQuery, StixDifferenceView, StixEdgeView,
    StixGraphQuery, StixGraphView, StixMarkingView, StixNodeView, StixObjectView, StixPage, StixPlaceView, StixQuery,
    StixRow, StixTypeView, StixVersionQuery,
};
pub use taxii::{CollectionRequest, CollectionView, LoadRequest, ReleaseRuleRequest, RootRequest, RootView};
pub use whatif::{Behind, BehindRequest, WhatIfRequest};
pub use words::{alert_change, alert_finding};

/// One line of an explanation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct LineView {
    pub heading: String,
    pub subject: String,
    pub text: String,
}

impl From<explain::Line> for LineView {
    fn from(line: explain::Line) -> Self {
        Self { heading: line.heading.to_owned(), subject: line.subject, text: line.text }
    }
}

/// A decision with its explanation, in the language that the question's `Accept-Language` asks for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DecisionView {
    /// `PERMIT  release K-0412  …`
    pub headline: String,
    /// The lines of the explanation.
    pub lines: Vec<LineView>,
    /// The answer of the machine interface.
    pub answer: AnswerLine,
}

impl DecisionView {
    /// Puts a decision in words.
    pub fn new(agreements: &Agreements, decision: &Decision, label: &str, language: Language) -> Self {
        let national = NationalRules::new();
        let world = World { agreements, national: &national, consents: &[], approvals: &[] };
        Self {
            headline: explain::headline(decision, language),
            lines: explain::lines(&world, decision, label, language).into_iter().map(LineView::from).collect(),
            answer: AnswerLine::new(decision, language),
        }
    }
}

/// A party file that was added or is known.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct PartyView {
    pub party: String,
    pub name: String,
    pub serial: u64,
    pub addresses: Vec<String>,
    pub valid_until: String,
    pub fingerprint: String,
    /// Whether it is the node's own.
    pub own: bool,
    /// Whether it was removed: nothing goes to it or comes from it.
    #[serde(default)]
    pub removed: bool,
}

/// `POST /parties`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddParty {
    /// The party file.
    pub note: String,
}

/// `POST /releases`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct ReleaseRequest {
    /// A held record, `ID` or `ORIGINATOR/ID`; or else a draft.
    pub record: Option<String>,
    pub draft: Option<DraftRequest>,
    pub to: Vec<String>,
    pub purpose: String,
    pub channel: String,
    pub under: Option<Vec<String>>,
    pub precedence: String,
    pub expires: Option<String>,
}

/// A new record.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct DraftRequest {
    pub id: Option<String>,
    /// What this is, in words of the asker's own, such as a digest of what it was made from: sent again with them, by the same account,
    /// it is refused as taken (409). Its id is `id`, or the party, and digits that the words and a key of the node come to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub once: Option<String>,
    pub label: String,
    pub subjects: Vec<String>,
    pub status: String,
    pub distribution: Vec<String>,
    pub derived_from: Vec<String>,
    pub title: String,
    pub media_type: String,
    /// Base64.
    pub content: String,
    /// Reduced versions of it, for others.
    #[serde(default)]
    pub versions: Vec<VersionRequest>,
}

/// A reduced version of a new record.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct VersionRequest {
    pub id: String,
    pub label: String,
    /// Those of the record when absent.
    pub subjects: Option<Vec<String>>,
    pub title: String,
    pub media_type: String,
    /// Base64.
    pub content: String,
}

/// What became of a release.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct Released {
    pub record: String,
    pub recipients: Vec<RecipientView>,
}

/// One recipient of a release.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct RecipientView {
    pub to: String,
    /// `sequenced`, `waits` (for a second person), `denied` or `choose`.
    pub outcome: String,
    pub decision: DecisionView,
    /// The agreements that it is given under.
    #[serde(default)]
    pub under: Vec<String>,
    pub lane: Option<String>,
    pub index: Option<u64>,
    /// Under which it waits for a second person.
    #[serde(default)]
    pub number: Option<u64>,
    /// Where several agreements would do: each, and what it means for handing it on.
    #[serde(default)]
    pub choices: Vec<(String, String)>,
}

impl RecipientView {
    /// The view of one outcome.
    pub fn new(agreements: &Agreements, to: &str, outcome: &Outcome, language: Language) -> Self {
        let (decision, label, word) = match outcome {
            Outcome::Sequenced { decision, label, .. } => (decision, label, "sequenced"),
            Outcome::Denied { decision, label } => (decision, label, "denied"),
            Outcome::Waits { decision, label, .. } => (decision, label, "waits"),
            Outcome::Choose { decision, label, .. } => (decision, label, "choose"),
        };
        let mut view = Self {
            to: to.to_owned(),
            outcome: word.to_owned(),
            decision: DecisionView::new(agreements, decision, label, language),
            under: Vec::new(),
            lane: None,
            index: None,
            number: None,
            choices: Vec::new(),
        };
        match outcome {
            Outcome::Sequenced { under, feed, index, .. } => {
                view.under = under.iter().map(ToString::to_string).collect();
                view.lane = Some(feed.lane.as_str().to_owned());
                view.index = Some(*index);
            }
            Outcome::Choose { choices, .. } => {
                view.choices = choices.iter().map(|(id, words)| (id.to_string(), words.clone())).collect();
            }
            Outcome::Waits { number, .. } => view.number = Some(*number),
            Outcome::Denied { .. } => {}
        }
        view
    }
}

/// `POST /approvals`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct ApproveRequest {
    pub record: String,
    pub to: String,
    pub note: String,
}

/// Where a record went from here.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GivenView {
    /// To whom.
    pub to: String,
    /// The lane of the feed.
    pub lane: String,
    /// The entry of the feed.
    pub index: u64,
    /// `waiting`; what the party has said of it: `accepted`, `refused` or `held`; `withdrawn`, `withdrawn, may have arrived`, or
    /// `expired` where its time was over before it left.
    pub state: String,
}

/// What was entered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EnteredView {
    /// The record's id, under this party as its originator.
    pub record: String,
}

/// A page of a list, in its order.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// What to give as `after` for the next page; absent where there is none.
    pub next: Option<String>,
}

/// Which page of a list is wanted.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// At most so many; 50 when absent.
    #[schemars(range(min = 1, max = 500))]
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub after: Option<String>,
}

/// A page of records, newest first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecordsPage {
    /// Those of it that were found.
    pub records: Vec<RecordView>,
    /// What to give as `after` for the next page; absent where there is none. A page with fewer records than asked for, even
    /// none, may have one: so far nothing more was found.
    pub next: Option<String>,
}

/// Which records are wanted.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordsQuery {
    /// Words, each of which is in the id, the title, a subject or the label.
    #[schemars(length(max = 200))]
    pub q: Option<String>,
    /// By this originator.
    pub originator: Option<String>,
    /// About this subject.
    pub subject: Option<String>,
    /// `actual`, `exercise` or `test`.
    pub status: Option<String>,
    /// Given to this party from here: what it sees of what is held here.
    pub given_to: Option<String>,
    /// At most so many; 50 when absent.
    #[schemars(range(min = 1, max = 500))]
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub after: Option<String>,
}

/// A record in a list.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct RecordView {
    pub id: String,
    pub originator: String,
    pub label: String,
    pub status: String,
    pub subjects: Vec<String>,
    pub title: String,
    pub media_type: String,
    pub digest: String,
    pub created: String,
    pub entered: String,
    /// How it came here, one line a hop; empty for our own.
    pub custody: Vec<HopView>,
    /// The reduced versions that this party made of it for others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// While its content is arriving: how far that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ContentView>,
}

/// A hop of custody.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct HopView {
    pub from: String,
    pub under: Vec<String>,
    pub purpose: String,
    pub onward: String,
}

impl From<&Listed> for RecordView {
    fn from(listed: &Listed) -> Self {
        let record = &listed.record;
        Self {
            id: record.id.to_string(),
            originator: record.originator.to_string(),
            label: listed.label.clone(),
            status: record.status.as_str().to_owned(),
            subjects: record.subjects.iter().map(ToString::to_string).collect(),
            title: listed.title.clone(),
            media_type: listed.media_type.clone(),
            digest: hex::encode(&listed.digest),
            created: moment(listed.created),
            entered: moment(listed.entered),
            custody: record
                .custody
                .iter()
                .map(|hop| HopView {
                    from: hop.from.to_string(),
                    under: hop.under.iter().map(ToString::to_string).collect(),
                    purpose: hop.purpose.to_string(),
                    onward: hop.onward.as_str().to_owned(),
                })
                .collect(),
            versions: record.versions.iter().map(|version| version.id.to_string()).collect(),
            content: None,
        }
    }
}

/// `GET /outbox`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutboxQuery {
    /// Only what goes to this party.
    pub to: Option<String>,
    /// Only this lane: `urgent` or `routine`.
    pub lane: Option<String>,
    /// From this index of one feed on, which `to` and `lane` name.
    pub from: Option<u64>,
    /// At most so many; 50 when absent.
    #[schemars(range(min = 1, max = 500))]
    pub limit: Option<usize>,
    /// Where the page before ended. A page with fewer entries than asked for, even none, may have a next one.
    pub after: Option<String>,
}

impl OutboxQuery {
    /// The path and query by which it is asked, without a place.
    pub fn path(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let sought = [("to", &self.to), ("lane", &self.lane)];
        query.extend_pairs(sought.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))));
        query.extend_pairs(self.from.map(|from| ("from", from.to_string())));
        format!("/outbox?{}", query.finish())
    }
}

/// One entry of a feed of ours.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct OutboxView {
    pub partner: String,
    pub lane: String,
    pub index: u64,
    pub record: Option<String>,
    /// `waiting`, `exported, no receipt`, `withdrawn`, `withdrawn, may have arrived`, `accepted`, `refused` or `held`.
    pub state: String,
    /// Of a record whose content is fetched beside the feed: `arriving`, `held` or `refused`, as its recipient says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// A release that was permitted when it left, and would not have been, had we known.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct AffectedView {
    pub number: u64,
    pub record: String,
    pub originator: String,
    pub to: String,
    pub lane: String,
    pub index: u64,
    pub under: Vec<String>,
    pub left: String,
    /// What speaks against it, in words.
    pub cause: String,
    /// The number of the signed statement that the cause is: of an act, as `agreement acts` shows it.
    pub statement: String,
    /// When the cause became known here.
    pub known: String,
    /// What would have been answered.
    pub would: AnswerLine,
    pub answered: Option<String>,
    /// What a person said of it.
    pub note: Option<String>,
}

impl From<&Affected> for AffectedView {
    fn from(affected: &Affected) -> Self {
        let (answered, note) = affected.answered.clone().unzip();
        Self {
            number: affected.number,
            record: affected.record.clone(),
            originator: affected.originator.clone(),
            to: affected.to.clone(),
            lane: affected.lane.clone(),
            index: affected.index,
            under: affected.under.clone(),
            left: moment(affected.left),
            cause: affected.cause.clone(),
            statement: affected.statement.clone(),
            known: moment(affected.known),
            would: affected.would.clone(),
            answered: answered.map(moment),
            note,
        }
    }
}

/// `POST /affected/{number}/answer`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerAffectedRequest {
    /// What was done about it.
    pub note: String,
}

/// An error (RFC 9457).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The status in words.
    #[serde(default)]
    pub title: String,
    /// The status.
    #[serde(default)]
    pub status: u16,
    /// What went wrong, for people.
    pub detail: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// A time in the API: RFC 3339 in UTC.
pub fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|at| at.to_string()).unwrap_or_default()
}
