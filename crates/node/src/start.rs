//! The start of a node, after a crash as after a stop: its keys, its configured agreements and rules, and what its store
//! kept, applied again in the order in which it was kept.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{AgreementId, national::National, whatif::Holdings, world::Agreements};
use entente_formats::wire::Version;

use crate::{
    affected::Left,
    content::Contents,
    identity::Identity,
    ledger::Ledger,
    op::{Op, Snapshot},
    partner::Partner,
    recall::Recall,
    state::{InFeed, Node, OutFeed},
    texts::KnownAct,
    witness::Witnessed,
};

/// What keeps a node from starting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The store holds something that it cannot have written.
    #[error("the store is damaged: {0}; restore it from a back-up")]
    Damaged(String),
    /// A configured agreement is not the text that records here were given under, or that this party acted on.
    #[error(
        "the text of `{0}` is not the one that records here were given under or that this party has acted on; put the file back as it was, a new text needs an id of its own"
    )]
    ChangedText(AgreementId),
    /// A configured agreement is gone.
    #[error(
        "records here were given under `{0}`, whose text is missing; put the file back: its prohibitions outlive it"
    )]
    MissingText(AgreementId),
}

impl Node {
    /// Starts a node from its keys, its configured agreements and rules, and what its store kept.
    ///
    /// # Errors
    /// When the store is damaged, or contradicts the configured agreements.
    pub fn start(
        identity: Identity,
        configured: Agreements,
        national: Option<National>,
        snapshot: Snapshot,
    ) -> Result<Self, StartError> {
        let salt = identity.interval_salt(snapshot.ledger.head.size());
        let ledger = Ledger::load(snapshot.ledger, salt).map_err(|error| StartError::Damaged(error.to_string()))?;
        let mut node = Self {
            national: national.into_iter().map(|rules| (rules.party.clone(), rules)).collect(),
            identity,
            partners: BTreeMap::new(),
            written: configured.iter().map(|(id, agreement)| (id.clone(), agreement.acts.len())).collect(),
            agreements: configured,
            proposals: BTreeMap::new(),
            acts: Vec::new(),
            told: BTreeMap::new(),
            untold: true,
            untold_recalls: BTreeSet::new(),
            untold_labels: BTreeSet::new(),
            worlds: snapshot.worlds,
            world: None,
            records: BTreeMap::new(),
            holdings: Holdings::default(),
            questions: BTreeMap::new(),
            consents: BTreeMap::new(),
            standing: Vec::new(),
            withdrawn: BTreeMap::new(),
            approvals: BTreeMap::new(),
            outgoing: BTreeMap::new(),
            incoming: BTreeMap::new(),
            given: BTreeSet::new(),
            left: BTreeMap::new(),
            sent: BTreeMap::new(),
            affected: BTreeMap::new(),
            recalls: BTreeMap::new(),
            called_back: BTreeMap::new(),
            taken_back: BTreeSet::new(),
            arrivals: BTreeMap::new(),
            spared: BTreeSet::new(),
            holds: BTreeMap::new(),
            relabellings: BTreeMap::new(),
            compromises: Vec::new(),
            contents: Contents::load(snapshot.contents),
            alarmed: BTreeSet::new(),
            ledger,
            witnessed: Witnessed::default(),
            batch: Vec::new(),
            wake: Vec::new(),
        };
        let mut ops: Vec<Op> = Vec::new();
        for note in snapshot.parties {
            let partner = Partner::open(&note).map_err(|error| StartError::Damaged(error.to_string()))?;
            ops.push(Op::Party { party: partner.party.clone(), note });
        }
        ops.extend(snapshot.agreements.into_iter().map(|text| Op::Agreement { text }));
        ops.extend(snapshot.acts.into_iter().map(|(signed, known)| Op::Act { signed, known }));
        ops.extend(snapshot.records.into_iter().map(Op::Record));
        ops.extend(snapshot.questions.into_iter().map(Op::Question));
        ops.extend(snapshot.consents.into_iter().map(|(signed, known)| Op::Consent { signed, known }));
        ops.extend(snapshot.standing.into_iter().map(|(signed, known)| Op::Standing { signed, known }));
        ops.extend(snapshot.approvals.into_iter().map(Op::Approval));
        let withdrawn = snapshot.consents_withdrawn.into_iter();
        ops.extend(withdrawn.map(|(signed, known)| Op::ConsentWithdrawal { signed, known }));
        let told = snapshot.told.into_iter();
        ops.extend(told.map(|(subject, to, index)| Op::Told { subject, to: to.into(), index }));
        ops.extend(snapshot.affected.into_iter().map(Op::Affected));
        ops.extend(snapshot.recalls.into_iter().map(Op::Recall));
        ops.extend(snapshot.recall_answers.into_iter().map(|(signed, known)| Op::RecallAnswer { signed, known }));
        ops.extend(snapshot.spared.into_iter().map(Op::Spared));
        ops.extend(snapshot.holds.into_iter().map(Op::Hold));
        ops.extend(snapshot.relabellings.into_iter().map(|(signed, known)| Op::Relabelling { signed, known }));
        ops.extend(snapshot.compromises.into_iter().map(|(signed, known)| Op::Compromise { signed, known }));
        ops.extend(snapshot.witnessed.into_iter().map(Op::Witnessed));
        for op in &ops {
            node.apply(op).map_err(StartError::Damaged)?;
        }
        for out in snapshot.outgoing {
            let feed = OutFeed {
                head: out.head,
                acknowledged: out.acknowledged,
                under_way: Vec::new(),
                offered: out.offered,
                exported: out.exported,
                // Signed before there was a second key: signed anew when it is needed.
                checkpoint: out.checkpoint.filter(|(_, note)| node.identity.has_signed(note)),
            };
            let partner = &out.feed.partner;
            let given = out.about.iter().map(|sent| (sent.about.key(), partner.clone()));
            node.given.extend(given);
            // What still waits is decided again before it leaves; what stays behind never leaves.
            let entries = out.about.into_iter().filter(|sent| sent.left.is_some() || !sent.withdrawn);
            for sent in entries {
                let entry = (out.feed.clone(), sent.index);
                node.sent.entry(sent.about.key()).or_default().insert(entry.clone());
                node.left.insert(entry, Left { about: sent.about, at: sent.left });
            }
            node.outgoing.insert(out.feed, feed);
        }
        for into in snapshot.incoming {
            for (index, originator, record) in into.about {
                node.arrivals.entry((originator, record)).or_default().insert((into.feed.clone(), index));
            }
            node.incoming.insert(into.feed, InFeed { head: into.head, dispositions: into.dispositions });
        }
        let recalled: BTreeSet<_> = node.recalls.values().map(Recall::key).collect();
        recalled.iter().for_each(|key| node.shelve_again(key));
        node.check_texts()?;
        node.check_versions()?;
        Ok(node)
    }

    /// What a record has as its version is held here, as it was signed.
    fn check_versions(&self) -> Result<(), StartError> {
        for record in self.records.values().map(|held| &held.record) {
            for version in &record.versions {
                let held = self.records.get(&(version.originator.clone(), version.id.clone()));
                if held.is_none_or(|held| held.record != *version) {
                    let (id, of) = (&version.id, &record.id);
                    return Err(StartError::Damaged(format!("`{id}`, a version of `{of}`, is not what is held")));
                }
            }
        }
        Ok(())
    }

    /// Prohibitions rest on texts: those that custody and signed acts refer to must all be here, unchanged.
    fn check_texts(&self) -> Result<(), StartError> {
        let in_custody =
            self.records.values().flat_map(|held| held.stored.texts.iter().map(|(id, hash)| (id.as_str(), *hash)));
        for (id, hash) in in_custody {
            match self.agreements.get(id) {
                Some(agreement) if agreement.hash == hash => {}
                Some(_) => return Err(StartError::ChangedText(id.into())),
                None => return Err(StartError::MissingText(id.into())),
            }
        }
        let us = self.identity.party.as_str();
        for KnownAct { statement, .. } in self.acts.iter().filter(|act| act.statement.by == us) {
            let Version { id, hash } = &statement.agreement;
            if self.agreements.get(id.as_str()).is_none_or(|known| known.hash.0 != *hash) {
                return Err(StartError::ChangedText(id.as_str().into()));
            }
        }
        Ok(())
    }
}
