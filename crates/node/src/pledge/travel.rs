//! How what is said of commitments and meetings travels: what a partner says is taken where it is its own word, on a ground of
//! both; our own goes to whom it concerns, and to nobody before it has the records that are named in it.

use entente_core::{
    AgreementId, ClauseId, Party,
    consult::{Digest, Proposal, commitment::Commitment, fold::Item},
    time::{Timestamp, day_of},
};
use entente_formats::{
    hex,
    wire::{
        Canonical, Signed,
        consult::{CommitmentWord, MeetingStatement},
        payload,
    },
};
use rand_core::CryptoRng;

use super::{check, commitment::may_be_due, wrong};
use crate::{
    event::Refusal,
    inbox::{Said, accepted, held, refused},
    op::Op,
    outbox::Letter,
    sequenced::Warranted,
    state::{Key, Node, sha256},
};

/// The most statements of one partner on commitments, and on meetings.
const MAX_STATEMENTS: usize = 10_000;

/// What a statement rests on.
#[derive(Clone, Copy)]
enum Ground<'a> {
    Clause(Option<&'a (AgreementId, ClauseId)>),
    Consultation(Digest, &'a Commitment),
}

/// A statement of our own: in which order it goes, whom it is for, and which records it names.
struct Own {
    order: (u8, u32),
    digest: Digest,
    audience: Vec<Party>,
    names: Vec<Key>,
    signed: Signed,
}

fn not_its_own(from: &Party) -> Said {
    refused(format!("it is not signed by {from}"))
}

impl Node {
    /// A partner says something of a commitment.
    pub(crate) fn take_commitment(&mut self, from: &Party, signed: Signed, now: Timestamp) -> Result<Said, Refusal> {
        let word = match CommitmentWord::from_bytes(&signed.statement).and_then(|word| check(&word).map(|()| word)) {
            Ok(word) => word,
            Err(error) => return Ok(refused(error)),
        };
        let said_by = match &word {
            CommitmentWord::Made(made) => &made.by,
            CommitmentWord::Progress(progress) => &progress.by,
            CommitmentWord::Waived(waived) => &waived.by,
        };
        // Before what is held is looked at: who passes on what another has said does not learn whether that is here.
        if said_by != from.as_str() {
            return Ok(not_its_own(from));
        }
        let name = sha256(&signed.statement);
        if self.knows_pledge(&name) {
            return Ok(accepted());
        }
        let (by, of) = match &word {
            CommitmentWord::Made(made) => (&made.by, made.read().map_err(wrong)?),
            CommitmentWord::Progress(progress) => match self.pledges.made.get(&progress.commitment) {
                Some(made) if made.what.owner.as_str() == progress.by => (&progress.by, made.what.clone()),
                Some(made) => return Ok(refused(format!("only {} says how far it is", made.what.owner))),
                None => return Ok(held("of a commitment that is not known here")),
            },
            CommitmentWord::Waived(_) => return Ok(refused("of a kind that this version of the node does not take")),
        };
        let ground = match &of.consultation {
            Some(name) if of.clause.is_none() => Ground::Consultation(*name, &of),
            Some(_) => return Ok(refused("it rests on a text and on a consultation: whom it is for is not clear")),
            None => Ground::Clause(of.clause.as_ref()),
        };
        if let Err(said) = self.is_said_by(from, by, payload::COMMITMENT, &signed, ground, now)? {
            return Ok(said);
        }
        let of_them = self.pledges.counts.get(from).copied().unwrap_or_default();
        if of_them.0 >= MAX_STATEMENTS {
            return Ok(refused(format!("{MAX_STATEMENTS} statements of {from} on commitments are here already")));
        }
        let words = serde_json::json!({
            "statement": hex::encode(&name), "by": from.as_str(), "agreement": of.clause.map(|(id, _)| id.to_string()),
            "consultation": of.consultation.map(|name| hex::encode(&name)),
        });
        let kind = if matches!(word, CommitmentWord::Made(_)) { "commitment" } else { "progress" };
        self.keep(Op::Commitment { signed, known: now.as_second() })?;
        self.state(now, kind, words)?;
        Ok(accepted())
    }

    /// A partner calls or changes a meeting.
    pub(crate) fn take_meeting(&mut self, from: &Party, signed: Signed, now: Timestamp) -> Result<Said, Refusal> {
        let read = MeetingStatement::from_bytes(&signed.statement);
        let (statement, meeting) = match read.and_then(|statement| statement.read().map(|meeting| (statement, meeting)))
        {
            Ok(read) => read,
            Err(error) => return Ok(refused(error)),
        };
        if statement.by != from.as_str() {
            return Ok(not_its_own(from));
        }
        if self.pledges.meetings.contains_key(&sha256(&signed.statement)) {
            return Ok(accepted());
        }
        let ground = Ground::Clause(meeting.clause.as_ref());
        if let Err(said) = self.is_said_by(from, &statement.by, payload::MEETING, &signed, ground, now)? {
            return Ok(said);
        }
        if self.pledges.counts.get(from).is_some_and(|(_, meetings)| *meetings >= MAX_STATEMENTS) {
            return Ok(refused(format!("{MAX_STATEMENTS} statements of {from} on meetings are here already")));
        }
        self.note_meeting(signed, &meeting, now)?;
        Ok(accepted())
    }

    /// Whether a statement is its sender's own, under a text of both or of a consultation in which both take part; what is said of
    /// it when not.
    fn is_said_by(
        &self,
        from: &Party,
        by: &str,
        kind: &str,
        signed: &Signed,
        ground: Ground<'_>,
        now: Timestamp,
    ) -> Result<Result<(), Said>, Refusal> {
        let partner = self.partner(from, now)?;
        if by != from.as_str() || !partner.has_signed(kind, &signed.statement, &signed.signature) {
            return Ok(Err(not_its_own(from)));
        }
        let id = match ground {
            Ground::Clause(Some((id, _))) => id,
            Ground::Clause(None) => {
                return Ok(Err(refused("it rests on no text, and concerns nobody but its maker")));
            }
            Ground::Consultation(name, made) => return Ok(self.is_agreed_in(name, from, made)),
        };
        let (us, day) = (&self.identity.party, day_of(now));
        Ok(match self.agreements.get(id) {
            None => Err(held(format!("under `{id}`, which is not known here"))),
            Some(agreement) if agreement.has_party(from, day) && agreement.has_party(us, day) => Ok(()),
            Some(_) => Err(refused(format!("under `{id}`, of which {from} and {us} are not both parties"))),
        })
    }

    /// Whether a commitment is an action that the parties of a consultation have agreed, with its sender among them.
    fn is_agreed_in(&self, name: Digest, from: &Party, made: &Commitment) -> Result<(), Said> {
        // Who takes no part hears the same as of one that is not here.
        let found = self.consultations.get(&name).filter(|found| found.has(from));
        let Some(found) = found else { return Err(held("it is of a consultation that is not here")) };
        let core = found.core(name);
        let is_it = |item: &&Item<'_>| match item.proposal {
            Proposal::Action { what, owner, due } => {
                let is_due = may_be_due(made.due, due.map(day_of), made.by == made.owner);
                *owner == made.owner && *what == made.what && is_due
            }
            Proposal::Message { .. } => false,
        };
        match core.items.values().find(is_it) {
            Some(item) if item.is_agreed => Ok(()),
            // What the others have signed may still be on its way.
            _ => Err(held("of an action that is not agreed here")),
        }
    }

    /// Tells the parties what they lack of our statements. Who came to a text later, and has not got a record that one of them
    /// names, is told that one when it has receipted the record.
    pub(crate) fn tell_pledges(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<(), Refusal> {
        let today = day_of(now);
        // On another day other texts may be in force.
        if self.pledges.told_on != Some(today) {
            let all = self.pledges.made.keys().chain(self.pledges.speaks_of.keys()).chain(self.pledges.meetings.keys());
            self.pledges.untold = all.copied().collect();
            self.pledges.told_on = Some(today);
        }
        let untold = std::mem::take(&mut self.pledges.untold);
        let mut own: Vec<Own> = untold.iter().filter_map(|digest| self.own_statement(digest, now)).collect();
        // What is made goes before what is said of it.
        own.sort_by_key(|one| (one.order, one.digest));
        self.pledges.is_waiting = false;
        for Own { order, digest, audience, names, signed } in own {
            for to in audience {
                if self.told.contains_key(&(digest, to.clone())) || !self.can_reach(&to, now) {
                    continue;
                }
                if !names.iter().all(|key| self.has_for_sure(key, &to)) {
                    self.pledges.untold.insert(digest);
                    self.pledges.is_waiting = true;
                    continue;
                }
                let body = match order.0 {
                    2 => Warranted::meeting(signed.clone()),
                    _ => Warranted::commitment(signed.clone()),
                };
                let (_, index, _) = self.sequence(&Letter::control(&to), &body, now, rng)?;
                self.keep(Op::Told { subject: digest, to, index })?;
            }
        }
        Ok(())
    }

    /// A statement of our own, by its digest.
    fn own_statement(&self, digest: &Digest, now: Timestamp) -> Option<Own> {
        let (us, pledges) = (&self.identity.party, &self.pledges);
        let own = |order, audience, names, signed: &Signed| {
            Some(Own { order, digest: *digest, audience, names, signed: signed.clone() })
        };
        if let Some(known) = pledges.made.get(digest) {
            let what = &known.what;
            return (what.by == *us).then(|| own((0, 0), self.audience_of(what, now), Vec::new(), &known.signed))?;
        }
        if let Some(of) = pledges.speaks_of.get(digest) {
            let known = pledges.progress.get(of)?.get(digest).filter(|known| known.what.by == *us)?;
            let audience = self.audience_of(&pledges.made.get(of)?.what, now);
            let names = known.what.evidence.iter().map(|one| (one.originator.clone(), one.record.clone()));
            return own((1, known.what.number), audience, names.collect(), &known.signed);
        }
        let known = pledges.meetings.get(digest).filter(|known| known.what.by == *us)?;
        let audience = self.told_of_clause(known.what.clause.as_ref(), now);
        let minutes = known.what.minutes.iter().map(|record| (known.what.by.clone(), record.clone()));
        own((2, known.what.revision), audience, minutes.collect(), &known.signed)
    }
}
