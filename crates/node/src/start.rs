//! The start of a node, after a crash as after a stop: its keys, its configured agreements and rules, and what its store
//! kept, applied again in the order in which it was kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use entente_core::{AgreementId, national::National, whatif::Holdings, world::Agreements};
use entente_formats::wire::Version;

use crate::{
    content::Contents,
    desk::Desk,
    held::{Places, Shared},
    identity::Identity,
    ledger::Ledger,
    op::{Op, Snapshot},
    partner::Partner,
    recall::Recall,
    secrets::Secrets,
    state::{InFeed, Node, OutFeed},
    texts::KnownAct,
    witness::Witnessed,
    words::Words,
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
        identity: impl Into<Arc<Identity>>,
        configured: Agreements,
        national: Option<National>,
        snapshot: Snapshot,
    ) -> Result<Self, StartError> {
        let identity = identity.into();
        let salt = identity.interval_salt(snapshot.ledger.volume, snapshot.ledger.head.size());
        let ledger = Ledger::load(snapshot.ledger, salt).map_err(|error| StartError::Damaged(error.to_string()))?;
        let mut node = Self {
            national: national.into_iter().map(|rules| (rules.party.clone(), rules)).collect(),
            identity,
            guards: BTreeMap::new(),
            partners: BTreeMap::new(),
            removed: BTreeSet::new(),
            doubted: BTreeSet::new(),
            resign: false,
            retell: false,
            written: configured.iter().map(|(id, agreement)| (id.clone(), agreement.acts.len())).collect(),
            agreements: configured.into(),
            proposals: BTreeMap::new(),
            acts: Vec::new(),
            told: BTreeMap::new(),
            untold: true,
            untold_recalls: BTreeSet::new(),
            untold_labels: BTreeSet::new(),
            worlds: snapshot.worlds,
            world: None,
            rules: std::cell::OnceCell::new(),
            heads: std::cell::OnceCell::new(),
            past: std::cell::RefCell::default(),
            records: BTreeMap::new(),
            ticked: BTreeSet::new(),
            shelf: BTreeSet::new(),
            words: Words::default(),
            kinds: Shared::default(),
            terms: Shared::default(),
            holdings: Holdings::default(),
            questions: BTreeMap::new(),
            consents: BTreeMap::new(),
            standing: Vec::new(),
            withdrawn: BTreeMap::new(),
            approvals: BTreeMap::new(),
            outgoing: BTreeMap::new(),
            incoming: BTreeMap::new(),
            sent: Places::default(),
            withdrawn_late: BTreeSet::new(),
            affected: BTreeMap::new(),
            recalls: BTreeMap::new(),
            called_back: BTreeMap::new(),
            taken_back: BTreeSet::new(),
            arrivals: Places::default(),
            spared: BTreeSet::new(),
            holds: BTreeMap::new(),
            waiting: BTreeMap::new(),
            emergencies: BTreeMap::new(),
            attempts: BTreeMap::new(),
            attempting: BTreeSet::new(),
            pledges: crate::pledge::Pledges::default(),
            named: BTreeMap::new(),
            relabellings: BTreeMap::new(),
            compromises: Vec::new(),
            contents: Contents::load(snapshot.contents),
            desk: Desk::default(),
            warnings: crate::alert::Warnings::default(),
            fresh_warnings: Vec::new(),
            acknowledgements: BTreeMap::new(),
            untold_acknowledgements: BTreeSet::new(),
            incidents: BTreeMap::new(),
            discharged: BTreeMap::new(),
            fired: BTreeSet::new(),
            notices: crate::incident::Notices::default(),
            consulted: BTreeMap::new(),
            looks: std::cell::Cell::new(0),
            consultations: BTreeMap::new(),
            untold_consultations: BTreeSet::new(),
            spoken: BTreeMap::new(),
            positions: BTreeMap::new(),
            deadlines: crate::incident::Deadlines::default(),
            alarmed: BTreeMap::new(),
            secrets: Secrets::default(),
            ledger,
            witnessed: Witnessed::default(),
            cosigned_by: BTreeMap::new(),
            restoring: snapshot.restoring,
            batch: Vec::new(),
            wake: Vec::new(),
        };
        let mut apply = |op: Op| node.apply(&op).map_err(StartError::Damaged);
        for note in snapshot.parties {
            let partner = Partner::open(&note).map_err(|error| StartError::Damaged(error.to_string()))?;
            apply(Op::Party { party: partner.party.clone(), note })?;
        }
        let removed = snapshot.removed.into_iter();
        removed.map(|party| Op::PartyRemoved { party, at: 0 }).try_for_each(&mut apply)?;
        snapshot.agreements.into_iter().map(|text| Op::Agreement { text }).try_for_each(&mut apply)?;
        snapshot.acts.into_iter().map(|(signed, known)| Op::Act { signed, known }).try_for_each(&mut apply)?;
        snapshot.records.into_iter().map(Op::Record).try_for_each(&mut apply)?;
        snapshot.questions.into_iter().map(Op::Question).try_for_each(&mut apply)?;
        snapshot.consents.into_iter().map(|(signed, known)| Op::Consent { signed, known }).try_for_each(&mut apply)?;
        snapshot.standing.into_iter().map(|(signed, known)| Op::Standing { signed, known }).try_for_each(&mut apply)?;
        snapshot.approvals.into_iter().map(Op::Approval).try_for_each(&mut apply)?;
        let withdrawn = snapshot.consents_withdrawn.into_iter();
        withdrawn.map(|(signed, known)| Op::ConsentWithdrawal { signed, known }).try_for_each(&mut apply)?;
        let told = snapshot.told.into_iter();
        told.map(|(subject, to, index)| Op::Told { subject, to: to.into(), index }).try_for_each(&mut apply)?;
        snapshot.affected.into_iter().map(Op::Affected).try_for_each(&mut apply)?;
        snapshot.recalls.into_iter().map(Op::Recall).try_for_each(&mut apply)?;
        snapshot
            .recall_answers
            .into_iter()
            .map(|(signed, known)| Op::RecallAnswer { signed, known })
            .try_for_each(&mut apply)?;
        snapshot.spared.into_iter().map(Op::Spared).try_for_each(&mut apply)?;
        snapshot.holds.into_iter().map(Op::Hold).try_for_each(&mut apply)?;
        snapshot.waiting.into_iter().map(Op::Waiting).try_for_each(&mut apply)?;
        snapshot.emergencies.into_iter().map(Op::Emergency).try_for_each(&mut apply)?;
        let commitments = snapshot.commitments.into_iter();
        commitments.map(|(signed, known)| Op::Commitment { signed, known }).try_for_each(&mut apply)?;
        let meetings = snapshot.meetings.into_iter();
        meetings.map(|(signed, known)| Op::Meeting { signed, known }).try_for_each(&mut apply)?;
        snapshot.attempts.into_iter().map(Op::Attempt).try_for_each(&mut apply)?;
        snapshot.named.into_iter().map(Op::Named).try_for_each(&mut apply)?;
        snapshot
            .relabellings
            .into_iter()
            .map(|(signed, known)| Op::Relabelling { signed, known })
            .try_for_each(&mut apply)?;
        snapshot
            .compromises
            .into_iter()
            .map(|(signed, known)| Op::Compromise { signed, known })
            .try_for_each(&mut apply)?;
        snapshot.warnings.into_iter().map(Op::Warning).try_for_each(&mut apply)?;
        let acknowledged = snapshot.acknowledgements.into_iter();
        acknowledged.map(|(signed, known)| Op::AlertAcknowledged { signed, known }).try_for_each(&mut apply)?;
        snapshot.incidents.into_iter().map(Op::Incident).try_for_each(&mut apply)?;
        snapshot.discharged.into_iter().map(Op::Discharged).try_for_each(&mut apply)?;
        let consultations = snapshot.consultations.into_iter();
        consultations.map(|(stored, incident)| Op::ConsultRaise { stored, incident }).try_for_each(&mut apply)?;
        snapshot.consult_steps.into_iter().map(Op::ConsultStep).try_for_each(&mut apply)?;
        snapshot.waivers.into_iter().map(Op::Waiver).try_for_each(&mut apply)?;
        let deadlines = snapshot.deadlines.into_iter();
        deadlines.map(|subject| Op::Deadline { subject, at: 0 }).try_for_each(&mut apply)?;
        snapshot.witnessed.into_iter().map(Op::Witnessed).try_for_each(&mut apply)?;
        snapshot.cosigned.into_iter().map(Op::Cosigned).try_for_each(&mut apply)?;
        for out in snapshot.outgoing {
            let mut feed = OutFeed {
                head: out.head,
                acknowledged: out.acknowledged,
                under_way: Vec::new(),
                offered: out.offered,
                // Whoever had them in hand is gone, and nobody knows how far it came.
                offered_last: None,
                exported: out.exported,
                checkpoint: out.checkpoint,
                is_resigned: false,
                left: Vec::new(),
            };
            // Signed before there was a second key, or with one that is not in use any more.
            feed.sign_anew(&node.identity);
            node.outgoing.insert(out.feed.clone(), feed);
            for sent in out.about {
                // What still waits is decided again before it leaves; what stays behind never leaves.
                if sent.left.is_some() || !sent.withdrawn {
                    if sent.withdrawn {
                        node.withdrawn_late.insert((out.feed.clone(), sent.index));
                    }
                    node.note_sent(&out.feed, sent.index, sent.about, sent.left).map_err(StartError::Damaged)?;
                }
            }
        }
        for into in snapshot.incoming {
            for (index, originator, record) in into.about {
                node.arrived_with(Some(&(originator, record)), &into.feed, index);
            }
            node.incoming.insert(
                into.feed,
                InFeed { head: into.head, dispositions: into.dispositions, checkpoint: into.checkpoint },
            );
        }
        let recalled: BTreeSet<_> = node.recalls.values().map(Recall::key).collect();
        recalled.iter().for_each(|key| node.shelve_again(key));
        // The rules were asked when these came.
        node.fresh_warnings.clear();
        node.check_texts()?;
        node.check_versions()?;
        Ok(node)
    }

    /// What a record has as its version is held here, as it was signed.
    fn check_versions(&self) -> Result<(), StartError> {
        for held in self.records.values().filter(|held| !held.alike().versions.is_empty()) {
            let record = held.record();
            for version in &record.versions {
                let held = self.records.get(&(version.originator.clone(), version.id.clone()));
                if held.is_none_or(|held| held.record() != *version) {
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
            self.records.values().flat_map(|held| held.texts().iter().map(|(id, hash)| (id.as_str(), *hash)));
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
