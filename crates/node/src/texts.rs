//! Texts with the signed acts known of them. An act is kept as it was signed; what the judgement sees is the text with
//! all acts that can be about it, put together anew whenever one more becomes known.
//!
//! The key type is [`KnownAct`].

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    AgreementId, Party,
    agreement::{Act, ActKind, Actor, Agreement, InstrumentHash},
    world::Agreements,
};
use entente_formats::{
    party::is_party_code,
    wire::{ActStatement, Canonical, Signed},
};

use crate::{
    lane::{Feed, Lane},
    state::{Node, sha256},
};

/// The most acts of one party on one agreement: those of 64 parties fit into a file that can be read again.
pub(crate) const MAX_ACTS: usize = 150;

/// A signed act, and since when it is known here.
#[derive(Clone, Debug)]
pub struct KnownAct {
    /// What was signed.
    pub statement: ActStatement,
    /// SHA-256 of the statement: what disputes it, and what follows it, names it so.
    pub digest: [u8; 32],
    /// The statement with its signature.
    pub(crate) signed: Signed,
    /// When it became known here, in seconds since the epoch.
    pub known: i64,
}

impl KnownAct {
    pub(crate) fn read(signed: &Signed, known: i64) -> Result<Self, String> {
        let statement = ActStatement::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
        Ok(Self { statement, digest: sha256(&signed.statement), signed: signed.clone(), known })
    }

    /// The text that it is about, in its version.
    pub(crate) fn about(&self) -> (AgreementId, InstrumentHash) {
        let version = &self.statement.agreement;
        (version.id.as_str().into(), InstrumentHash(version.hash))
    }

    pub(crate) fn is_about(&self, agreement: &Agreement) -> bool {
        self.about() == (agreement.id.clone(), agreement.hash)
    }

    /// As a file would have it. None for a dispute, which is no act of a file, and for what no file could hold.
    fn as_act(&self, agreement: &Agreement) -> Option<Act> {
        let ActStatement { by, kind, date, article, admits, .. } = &self.statement;
        let kind = ActKind::ALL.into_iter().find(|known| known.as_str() == kind)?;
        let admits: Option<Party> = admits.as_deref().map(Party::from);
        let is_possible = match &admits {
            None => kind != ActKind::Admitted,
            Some(newcomer) => {
                kind == ActKind::Admitted && is_party_code(newcomer.as_str()) && !agreement.parties.contains(newcomer)
            }
        };
        is_possible.then_some(())?;
        Some(Act {
            by: Actor::Party(by.as_str().into()),
            date: date.parse().ok()?,
            kind,
            article: article.as_deref().map(Into::into),
            admits,
            disputed_by: Vec::new(),
        })
    }
}

/// The acts of `agreement` that are known by signed messages, in the order in which they became known, each with those
/// who dispute it. Left out is what is by nobody whom the text or an act of these speaks of: it could not be written
/// into a file, and counts for nothing.
fn signed_acts(agreement: &Agreement, known: &[KnownAct], doubted: &BTreeSet<[u8; 32]>) -> Vec<Act> {
    let counts = |act: &&KnownAct| act.is_about(agreement) && !doubted.contains(&act.digest);
    let about: Vec<&KnownAct> = known.iter().filter(counts).collect();
    let acts: Vec<(&KnownAct, Act)> = about.iter().filter_map(|act| Some((*act, act.as_act(agreement)?))).collect();
    let mut named: BTreeSet<&str> = agreement.parties.iter().map(Party::as_str).collect();
    named.extend(agreement.acts.iter().filter_map(|act| act.admits.as_ref()).map(Party::as_str));
    // A newcomer may be named by one that was itself a newcomer, in whatever order the acts arrived.
    loop {
        let by_named = acts.iter().filter(|(known, _)| named.contains(known.statement.by.as_str()));
        let more: Vec<&str> = by_named.filter_map(|(_, act)| Some(act.admits.as_ref()?.as_str())).collect();
        let before = named.len();
        named.extend(more);
        if named.len() == before {
            break;
        }
    }
    let mut disputed: BTreeMap<[u8; 32], BTreeSet<&str>> = BTreeMap::new();
    for dispute in about.iter().filter(|act| act.statement.kind == ActStatement::DISPUTED) {
        if let Some(digest) = dispute.statement.disputes.filter(|_| named.contains(dispute.statement.by.as_str())) {
            disputed.entry(digest).or_default().insert(&dispute.statement.by);
        }
    }
    let possible = acts.iter().filter(|(known, _)| named.contains(known.statement.by.as_str()));
    possible
        .map(|(known, act)| {
            let by = disputed.get(&known.digest).into_iter().flatten().filter(|by| **by != known.statement.by);
            Act { disputed_by: by.map(|by| Party::from(*by)).collect(), ..act.clone() }
        })
        .collect()
}

impl Node {
    /// Puts the acts known onto a text: behind those that its file has.
    pub(crate) fn with_acts(&self, agreement: Agreement) -> Agreement {
        self.with_first_acts(agreement, self.acts.len())
    }

    /// The same with the first `count` of all acts that became known here.
    pub(crate) fn with_first_acts(&self, mut agreement: Agreement, count: usize) -> Agreement {
        agreement.acts.truncate(self.written.get(&agreement.id).copied().unwrap_or_default());
        let acts = signed_acts(&agreement, self.acts.get(..count).unwrap_or(&self.acts), &self.doubted);
        agreement.acts.extend(acts);
        agreement
    }

    /// The texts as they would count here without the signed acts that became known from `since` on, in seconds since the epoch.
    pub(crate) fn agreements_before(&self, since: i64) -> Agreements {
        let count = self.acts.iter().position(|act| act.known >= since).unwrap_or(self.acts.len());
        let us = self.identity.party.as_str();
        // A text that no file has counts from this party's own first act on it.
        let counted = |agreement: &&Agreement| {
            let is_ours = |act: &KnownAct| act.statement.by == us && act.is_about(agreement);
            self.written.contains_key(&agreement.id) || self.acts.iter().take(count).any(is_ours)
        };
        let texts = self.agreements.values().filter(counted);
        texts.map(|agreement| (agreement.id.clone(), self.with_first_acts(agreement.clone(), count))).collect()
    }

    /// The acts that the configured file of a text has.
    pub fn written_acts<'a>(&self, agreement: &'a Agreement) -> &'a [Act] {
        let count = self.written.get(&agreement.id).copied().unwrap_or_default();
        agreement.acts.get(..count).unwrap_or_default()
    }

    /// The signed acts known of a text, in the order in which they became known here.
    pub fn acts_on(&self, agreement: &Agreement) -> impl Iterator<Item = &KnownAct> {
        self.acts.iter().filter(move |act| act.is_about(agreement))
    }

    /// Where an act of ours, or a text (by its hash), was put for each party: the entry of the feed that carries it.
    pub fn told(&self, subject: [u8; 32]) -> impl Iterator<Item = (Feed, u64)> {
        let all = self.told.range((subject, Party::from(""))..).take_while(move |((digest, _), _)| *digest == subject);
        all.map(|((_, to), index)| (Feed { partner: to.clone(), lane: Lane::Urgent }, *index))
    }

    /// A party's latest signed act on an agreement: its next act names it.
    pub(crate) fn last_act(&self, by: &Party, id: &AgreementId) -> Option<[u8; 32]> {
        let its_own = |act: &&KnownAct| act.statement.by == by.as_str() && act.statement.agreement.id == id.as_str();
        self.acts.iter().rfind(its_own).map(|act| act.digest)
    }
}
