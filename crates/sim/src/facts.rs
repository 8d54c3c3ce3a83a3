//! What is known of the nodes from outside: what each disk has kept, told from the operations of its transactions, and
//! who has signed what. The nodes never see this; the invariants compare them with it.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{Party, Record, RecordId};
use entente_formats::{
    hex, request,
    wire::{
        Canonical, ConsentStatement, ConsentWithdrawal, Origin, StandingConsent,
        consult::{RaiseStatement, StepStatement},
    },
};
use entente_log::{Frontier, Hash, leaf_hash};
use entente_node::{
    Feed, Lane, Op,
    op::{ReceivedEntry, RecoveredEntry, StoredApproval},
    sequenced::About,
};
use sha2::{Digest, Sha256};

use crate::{contents::Contents, recalls::Recalls};

/// SHA-256 of the bytes.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// An entry of a feed that a node sends.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The digest of its envelope.
    pub leaf: [u8; 32],
    /// What has to be decided again before it leaves.
    pub about: Option<About>,
    /// From when on it is of no use, in seconds since the epoch.
    pub expires: Option<i64>,
    /// Withdrawn; and whether its body had been offered before.
    pub withdrawn: Option<bool>,
}

/// An entry of a feed that a node has taken.
#[derive(Clone, Debug)]
pub struct Got {
    /// The digest of its envelope.
    pub leaf: [u8; 32],
    /// Whether the body came, and not a withdrawal.
    pub has_body: bool,
}

/// A consent, as its withdrawal names it: who gave it, who may rely on it, its number.
pub type ConsentName = (String, String, [u8; 16]);

/// What one node's disk has kept.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Our feeds.
    pub sent: BTreeMap<Feed, Vec<Sent>>,
    /// How much of each was ever offered.
    pub offered: BTreeMap<Feed, u64>,
    /// How much of each is receipted.
    pub acknowledged: BTreeMap<Feed, u64>,
    /// The partners' feeds.
    pub got: BTreeMap<Feed, Vec<Got>>,
    /// Digests of the ledger's statements.
    pub statements: Vec<[u8; 32]>,
    /// Records, with the digest of their content.
    pub records: BTreeMap<(Party, RecordId), (Record, [u8; 32])>,
    /// Digests of contents.
    pub bodies: BTreeSet<[u8; 32]>,
    /// Records on legal hold.
    pub holds: BTreeSet<(Party, RecordId)>,
    /// Consents given to this party, singly.
    pub consents: Vec<ConsentStatement>,
    /// Standing consents, given to this party and by it.
    pub standing: Vec<StandingConsent>,
    /// Consents that were withdrawn.
    pub withdrawn: BTreeSet<ConsentName>,
    /// Approvals.
    pub approvals: Vec<StoredApproval>,
    /// Digests of acts.
    pub acts: Vec<[u8; 32]>,
    /// What was called back, and relabelled.
    pub recalls: Recalls,
    /// Large contents, given and awaited.
    pub contents: Contents,
    /// Incidents, each with the duties that it opened.
    pub incidents: BTreeMap<String, Vec<String>>,
    /// Duties to notify that a notice has opened: the notice's digest, by the duty.
    pub notices: BTreeMap<String, [u8; 32]>,
    /// Duties that are done, and whose word says so.
    pub done: BTreeMap<String, String>,
    /// Notices of losses and of other labels that are here, by digest.
    pub told: BTreeSet<[u8; 32]>,
    /// Consultations, each with who takes part.
    pub raises: BTreeMap<[u8; 32], Vec<Party>>,
    /// The steps of each.
    pub steps: BTreeMap<[u8; 32], BTreeSet<[u8; 32]>>,
    /// Alarms: about whom, and what.
    pub alarms: Vec<(Party, String)>,
}

impl Facts {
    /// Takes in one operation that is kept. `Err` is a sentence: it says something that cannot be read.
    pub fn take(&mut self, us: &Party, op: &Op) -> Result<(), String> {
        self.recalls.take(us, op)?;
        self.contents.take(op);
        let unreadable = |error: &dyn ToString| format!("what is kept cannot be read: {}", error.to_string());
        match op {
            Op::Sequence(sequenced) => self.sent.entry(sequenced.feed().clone()).or_default().push(Sent {
                leaf: *sequenced.leaf(),
                about: sequenced.about().cloned(),
                expires: sequenced.item().header().expires,
                withdrawn: None,
            }),
            Op::Offered { feed, end, .. } => {
                let offered = self.offered.entry(feed.clone()).or_default();
                *offered = (*offered).max(*end);
            }
            Op::HeldBack { feed, from } => {
                let offered = self.offered.entry(feed.clone()).or_default();
                *offered = (*offered).min(*from);
            }
            Op::Withdraw { feed, index, late, .. } => {
                if let Some(sent) = self.sent.get_mut(feed).and_then(|sent| sent.get_mut(place(*index))) {
                    sent.withdrawn = Some(*late);
                }
            }
            Op::Recovered { feed, index, leaf, entry, about, .. } => {
                let withdrawn = matches!(entry, RecoveredEntry::Withdrawn(_)).then_some(true);
                let sent = Sent { leaf: *leaf, about: about.clone(), expires: None, withdrawn };
                self.sent.entry(feed.clone()).or_default().push(sent);
                self.offered.insert(feed.clone(), index + 1);
            }
            Op::FellBack { feed, acknowledged, .. } => {
                self.acknowledged.insert(feed.clone(), acknowledged.size());
            }
            Op::Receipt { feed, next, .. } => {
                self.acknowledged.insert(feed.clone(), *next);
            }
            Op::Received { feed, leaf, entry, .. } => {
                let has_body = !matches!(entry, ReceivedEntry::Withdrawn(_));
                self.got.entry(feed.clone()).or_default().push(Got { leaf: *leaf, has_body });
            }
            Op::Statement { text, .. } => self.statements.push(digest(text.as_bytes())),
            Op::Record(stored) => {
                let origin = Origin::from_bytes(&stored.origin.statement).map_err(|error| unreadable(&error))?;
                let line = serde_json::from_str(&stored.line).map_err(|error| unreadable(&error))?;
                let record = request::record(&line).map_err(|error| unreadable(&error))?;
                self.records.insert((record.originator.clone(), record.id.clone()), (record, origin.digest));
            }
            Op::Body { digest, .. } | Op::LargeBody { digest, .. } => {
                self.bodies.insert(*digest);
            }
            Op::Erased { digest, .. } => {
                self.bodies.remove(digest);
            }
            Op::Hold(hold) => {
                let key = (hold.originator.as_str().into(), hold.record.as_str().into());
                let _ = if hold.placed { self.holds.insert(key) } else { self.holds.remove(&key) };
            }
            Op::Consent { signed, .. } => {
                let read = ConsentStatement::from_bytes(&signed.statement);
                self.consents.push(read.map_err(|error| unreadable(&error))?);
            }
            Op::Standing { signed, .. } => {
                let read = StandingConsent::from_bytes(&signed.statement);
                self.standing.push(read.map_err(|error| unreadable(&error))?);
            }
            Op::ConsentWithdrawal { signed, .. } => {
                let read = ConsentWithdrawal::from_bytes(&signed.statement).map_err(|error| unreadable(&error))?;
                self.withdrawn.insert((read.by, read.holder, read.number));
            }
            Op::Incident(stored) => {
                let duties = stored.obligations.iter().map(|duty| duty.id.clone()).collect();
                self.incidents.insert(stored.number.clone(), duties);
                let notice = stored.notice.as_deref().and_then(|text| hex::decode(text)?.try_into().ok());
                if let Some(notice) = notice {
                    let owed =
                        stored.obligations.iter().filter(|duty| duty.kind == "notify" && duty.party == us.as_str());
                    self.notices.extend(owed.map(|duty| (duty.id.clone(), notice)));
                }
            }
            Op::Discharged(discharge) => {
                self.done.insert(discharge.obligation.clone(), discharge.by.clone());
            }
            Op::Compromise { signed, .. } | Op::Relabelling { signed, .. } => {
                self.told.insert(digest(&signed.statement));
            }
            Op::ConsultRaise { stored, .. } => {
                let read = RaiseStatement::from_bytes(&stored.signed.statement).map_err(|error| unreadable(&error))?;
                let participants = read.participants.iter().map(|code| code.as_str().into()).collect();
                self.raises.insert(digest(&stored.signed.statement), participants);
            }
            Op::ConsultStep(stored) => {
                let read = StepStatement::from_bytes(&stored.signed.statement).map_err(|error| unreadable(&error))?;
                self.steps.entry(read.raise).or_default().insert(digest(&stored.signed.statement));
            }
            Op::Approval(approval) => self.approvals.push(approval.clone()),
            Op::Act { signed, .. } => self.acts.push(digest(&signed.statement)),
            Op::Alarm { partner, message, .. } => self.alarms.push((partner.clone(), message.clone())),
            _ => {}
        }
        Ok(())
    }

    /// How many records are kept on legal hold although they were called back.
    pub fn kept_on_hold(&self) -> usize {
        self.holds.iter().filter(|key| self.recalls.is_called_back(key)).count()
    }

    /// The leaves of a feed of ours, in order.
    pub fn sent_leaves(&self, feed: &Feed) -> Vec<[u8; 32]> {
        self.sent.get(feed).into_iter().flatten().map(|sent| sent.leaf).collect()
    }

    /// The leaves of a partner's feed, in order.
    pub fn got_leaves(&self, feed: &Feed) -> Vec<[u8; 32]> {
        self.got.get(feed).into_iter().flatten().map(|got| got.leaf).collect()
    }
}

/// The tree over the first `size` leaves of a feed.
pub fn tree(leaves: &[[u8; 32]], size: u64) -> Frontier {
    let mut tree = Frontier::new();
    let hashes = leaves.iter().take(place(size)).map(|leaf| -> Hash { leaf_hash(leaf) });
    // A tree in a run is far from the largest that there may be.
    hashes.for_each(|hash| drop(tree.append(hash)));
    tree
}

/// An index as a place in a list.
pub fn place(index: u64) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

/// The size of a list as a count of entries.
pub fn count<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}

/// One direction between two parties, in one lane.
pub type Way = (usize, usize, Lane);

/// Everything that is known from outside.
#[derive(Default)]
pub struct Truth {
    /// The parties, by number.
    pub parties: Vec<Party>,
    /// What each disk has kept.
    pub facts: Vec<Facts>,
    /// What each originator has signed as the content of a record, by digest. A liar may sign two under one id.
    pub contents: BTreeSet<(Party, RecordId, [u8; 32])>,
    /// Histories that a party has signed of a feed besides the one that its node has.
    pub other_histories: BTreeMap<Way, Vec<Vec<[u8; 32]>>>,
    /// Who lies now and then.
    pub liars: BTreeSet<usize>,
    /// Whose folder was copied back, as if nothing had happened since.
    pub restored: BTreeSet<usize>,
    /// Whose node was restored from a back-up, and asked its partners before it went on.
    pub mended: BTreeSet<usize>,
}

impl Truth {
    /// The number of a party.
    pub fn number(&self, party: &Party) -> Option<usize> {
        self.parties.iter().position(|known| known == party)
    }

    /// The facts of a party's node.
    pub fn facts_of(&self, party: &Party) -> Option<&Facts> {
        self.facts.get(self.number(party)?)
    }

    /// Whether a party has always said what its node has.
    pub fn is_honest(&self, number: usize) -> bool {
        !self.liars.contains(&number) && !self.restored.contains(&number)
    }

    /// The same, of a party by its code.
    pub fn is_honest_party(&self, party: &Party) -> bool {
        self.number(party).is_some_and(|number| self.is_honest(number))
    }

    /// Every history of the feed from `from` to `to` that its sender has signed.
    pub fn histories(&self, from: &Party, to: &Party, lane: Lane) -> Vec<Vec<[u8; 32]>> {
        let Some((sender, recipient)) = self.number(from).zip(self.number(to)) else { return Vec::new() };
        let own = self.facts.get(sender).map(|facts| facts.sent_leaves(&Feed { partner: to.clone(), lane }));
        let others = self.other_histories.get(&(sender, recipient, lane)).into_iter().flatten().cloned();
        own.into_iter().chain(others).collect()
    }
}
