//! Evidence that something has its place in a feed. A record reaches a [`Sequenced`] through a
//! [`Granted`] and in no other way; messages of the protocol itself carry no record.

use entente_core::{AgreementId, Party, agreement::clause::Action, decide::Granted};
use entente_formats::wire::{
    Body, Canonical, ConsentRequest, ContentReference, HopStatement, Origin, Returned, Signed, payload,
};
use entente_log::Node;
use serde::{Deserialize, Serialize};

use crate::{lane::Feed, state::Key};

/// What a body rests on. The constructors are the only way to a body that may be sealed, and they are the node's own:
/// ```compile_fail,E0624
/// use entente_node::sequenced::Warranted;
/// let forged = Warranted::proposal("anything".to_owned());
/// ```
pub struct Warranted {
    body: Body,
    about: Option<About>,
    /// Whom the grant names; a message of the protocol may go to any partner.
    to: Option<Party>,
}

/// What has to be decided again before a body leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The record's originator.
    pub originator: String,
    /// The record's id.
    pub record: String,
    /// The purpose.
    pub purpose: String,
    /// The channel.
    pub channel: String,
    /// The agreements that it was given under; empty when none was needed.
    pub under: Vec<String>,
}

impl About {
    /// The record's name.
    pub(crate) fn key(&self) -> Key {
        (self.originator.as_str().into(), self.record.as_str().into())
    }

    /// The agreements that it was given under.
    pub(crate) fn agreements(&self) -> Vec<AgreementId> {
        self.under.iter().map(|id| id.as_str().into()).collect()
    }

    /// Whom this may go to on the strength of `granted`: nobody when record, purpose, action or agreements differ.
    fn granted_to(&self, granted: &Granted) -> Option<Party> {
        let fits = granted.action() == Action::Release
            && granted.record().as_str() == self.record
            && granted.purpose().as_str() == self.purpose
            && self.under.iter().all(|id| granted.usable().iter().any(|usable| usable.as_str() == id));
        fits.then(|| granted.to().clone())
    }

    /// The same, and only for a record that its originator signed so.
    fn granted_as_signed(&self, granted: &Granted, origin: &Signed) -> Option<Party> {
        let signed = Origin::from_bytes(&origin.statement).ok()?;
        let is_its_own = signed.id == self.record && signed.originator == self.originator;
        self.granted_to(granted).filter(|_| is_its_own)
    }
}

impl Warranted {
    /// A record, on the strength of a grant for exactly it; `None` when the grant is for anything else.
    pub(crate) fn record(
        granted: &Granted,
        about: About,
        origin: Signed,
        hop: HopStatement,
        content: Vec<u8>,
    ) -> Option<Self> {
        let to = about.granted_as_signed(granted, &origin)?;
        Some(Self { body: Body::Record { origin, hop, content }, about: Some(about), to: Some(to) })
    }

    /// The same for a record whose content is fetched beside the feed.
    pub(crate) fn large_record(
        granted: &Granted,
        about: About,
        origin: Signed,
        hop: HopStatement,
        content: ContentReference,
    ) -> Option<Self> {
        let to = about.granted_as_signed(granted, &origin)?;
        Some(Self { body: Body::LargeRecord { origin, hop, content }, about: Some(about), to: Some(to) })
    }

    /// A question for consent: what it discloses of a record is a release like any other.
    pub(crate) fn question(granted: &Granted, about: About, question: ConsentRequest) -> Option<Self> {
        let is_about_it = question.record == about.record && question.originator == about.originator;
        let to = about.granted_to(granted).filter(|_| is_about_it)?;
        Some(Self { body: Body::ConsentRequest(question), about: Some(about), to: Some(to) })
    }

    /// Messages of the protocol, which carry no record.
    pub(crate) fn answer(answer: Signed) -> Self {
        Self { body: Body::ConsentAnswer(answer), about: None, to: None }
    }

    /// Our own party file, for a partner.
    pub(crate) fn party_file(note: String) -> Self {
        Self { body: Body::PartyFile(note), about: None, to: None }
    }

    /// The text of an agreement for its parties.
    pub(crate) fn proposal(text: String) -> Self {
        Self { body: Body::Proposal(text), about: None, to: None }
    }

    /// An act of our own, for the parties of the agreement.
    pub(crate) fn act(act: Signed) -> Self {
        Self { body: Body::Act(act), about: None, to: None }
    }

    /// A standing consent of our own, for who may rely on it.
    pub(crate) fn standing(consent: Signed) -> Self {
        Self { body: Body::StandingConsent(consent), about: None, to: None }
    }

    /// The withdrawal of a consent of our own, for who may rely on it.
    pub(crate) fn consent_withdrawal(withdrawal: Signed) -> Self {
        Self { body: Body::ConsentWithdrawal(withdrawal), about: None, to: None }
    }

    /// A recall, our own or an originator's that is passed on.
    pub(crate) fn recall(recall: Signed) -> Self {
        Self { body: Body::Recall(recall), about: None, to: None }
    }

    /// Our answer to a recall, for who told us.
    pub(crate) fn recall_answer(answer: Signed) -> Self {
        Self { body: Body::RecallAnswer(answer), about: None, to: None }
    }

    /// An originator's word on the label of its record, for who got it of us.
    pub(crate) fn relabelling(relabelling: Signed) -> Self {
        Self { body: Body::Relabelling(relabelling), about: None, to: None }
    }

    /// That a record has fallen into wrong hands, for who gave it to us.
    pub(crate) fn compromise(compromise: Signed) -> Self {
        Self { body: Body::Compromise(compromise), about: None, to: None }
    }

    /// Our own word on a commitment, for the parties of its text.
    pub(crate) fn commitment(word: Signed) -> Self {
        Self { body: Body::Commitment(word), about: None, to: None }
    }

    /// Our own call to a meeting, for the parties of its text.
    pub(crate) fn meeting(call: Signed) -> Self {
        Self { body: Body::Meeting(call), about: None, to: None }
    }

    /// What became of a content here, for who sent it.
    pub(crate) fn content_word(word: Signed) -> Self {
        Self { body: Body::ContentWord(word), about: None, to: None }
    }

    /// What the entries of a partner's own feed said, for that partner: it has sent them.
    pub(crate) fn returned(to: &Party, returned: Returned) -> Self {
        Self { body: Body::Returned(returned), about: None, to: Some(to.clone()) }
    }

    /// That a person has taken note of an alert, for who gave it to us, or got it of us.
    pub(crate) fn acknowledgement(word: Signed) -> Self {
        Self { body: Body::AlertAcknowledgement(word), about: None, to: None }
    }

    /// A statement of a consultation, for who takes part.
    pub(crate) fn consultation(payload_type: &str, statement: Signed) -> Self {
        let body = match payload_type {
            payload::CONSULT_RAISE => Body::ConsultRaise(statement),
            payload::CONSULT_STEP => Body::ConsultStep(statement),
            _ => Body::Commitment(statement),
        };
        Self { body, about: None, to: None }
    }

    pub(crate) fn body(&self) -> &Body {
        &self.body
    }

    pub(crate) fn about(&self) -> Option<&About> {
        self.about.as_ref()
    }

    /// Whether it may be sealed to `party`.
    pub(crate) fn may_go_to(&self, party: &Party) -> bool {
        self.to.as_ref().is_none_or(|to| to == party)
    }
}

/// Something with its index in a feed. Nothing outside the node can give it one:
/// ```compile_fail,E0451
/// use entente_node::{Feed, Lane, sequenced::Sequenced};
/// let feed = Feed { partner: "JPN".into(), lane: Lane::Routine };
/// let forged = Sequenced { feed, index: 0, leaf: [0; 32], nodes: Vec::new(), about: None, item: "a secret" };
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequenced<T> {
    pub(crate) feed: Feed,
    pub(crate) index: u64,
    pub(crate) leaf: [u8; 32],
    pub(crate) nodes: Vec<Node>,
    pub(crate) about: Option<About>,
    pub(crate) item: T,
}

impl<T> Sequenced<T> {
    /// The feed.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }
    /// The index in it.
    pub fn index(&self) -> u64 {
        self.index
    }
    /// The leaf: the digest of the envelope.
    pub fn leaf(&self) -> &[u8; 32] {
        &self.leaf
    }
    /// Interior nodes of the log's tree that this entry completed.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }
    /// What has to be decided again before it leaves.
    pub fn about(&self) -> Option<&About> {
        self.about.as_ref()
    }
    /// The thing itself.
    pub fn item(&self) -> &T {
        &self.item
    }
}

#[cfg(test)]
mod tests {
    use entente_core::{
        Label, Record,
        decide::{Request, decide},
        label::Tlp,
        record::Status,
        time::Timestamp,
        world::World,
    };

    use super::*;

    fn question(record: &str) -> ConsentRequest {
        ConsentRequest {
            request: [0; 16],
            originator: "KOR".into(),
            record: record.into(),
            digest: [0; 32],
            to: "USA".into(),
            action: "release".into(),
            purpose: "warning".into(),
            channel: "courier".into(),
            until: None,
        }
    }

    #[test]
    fn a_grant_carries_what_it_was_given_for_and_nothing_else() {
        let record = Record {
            id: "K-1".into(),
            label: Label::Tlp(Tlp::Clear),
            originator: "KOR".into(),
            subjects: Vec::new(),
            status: Status::Test,
            custody: Vec::new(),
            distribution: Vec::new(),
            derived_from: Vec::new(),
            versions: Vec::new(),
        };
        let (agreements, national) = Default::default();
        let world = World { agreements: &agreements, national: &national, consents: &[], approvals: &[] };
        let request = Request {
            record: &record,
            from: &"KOR".into(),
            to: &"JPN".into(),
            action: Action::Release,
            purpose: &"warning".into(),
            channel: &"courier".into(),
            at: Timestamp::UNIX_EPOCH,
            under: None,
        };
        let decision = decide(&world, &request);
        let granted = decision.granted().unwrap();
        let about = About {
            originator: "KOR".into(),
            record: "K-1".into(),
            purpose: "warning".into(),
            channel: "courier".into(),
            under: Vec::new(),
        };
        let warranted = Warranted::question(granted, about.clone(), question("K-1")).unwrap();
        assert!(warranted.may_go_to(&"JPN".into()));
        assert!(!warranted.may_go_to(&"USA".into()));
        assert!(Warranted::question(granted, about.clone(), question("K-2")).is_none());
        for other in [
            About { record: "K-2".into(), ..about.clone() },
            About { purpose: "research".into(), ..about.clone() },
            About { under: vec!["a-text".into()], ..about.clone() },
        ] {
            let asked = question(&other.record);
            assert!(Warranted::question(granted, other, asked).is_none());
        }
        let other_record = Signed { statement: b"not a statement of K-1".to_vec(), signature: [0; 64] };
        let hop = HopStatement { under: Vec::new(), purpose: "warning".into(), ask_onward: false };
        assert!(Warranted::record(granted, about, other_record, hop, Vec::new()).is_none());
    }
}
