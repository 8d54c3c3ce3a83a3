//! Witnessing: each node cosigns its partners' ledgers, and they cosign its own. A ledger that shows two histories is
//! caught by the first partner that sees both; the evidence is two checkpoints that its own keys have signed.
//!
//! The checks are those of C2SP tlog-witness ([`AddCheckpoint::check`]); here is the memory of what was cosigned. A
//! witness learns the size and root of a ledger and nothing of what is in it.

use std::collections::BTreeMap;

use entente_core::{Party, time::Timestamp};
use entente_log::{AddCheckpoint, Checkpoint, Hash, NotCosigned, Note, NoteSignature, cosign, verify_cosignature};

use crate::{
    event::{Answer, Refusal},
    lane::{volume_of, volume_origin},
    op::{Cosigned, Op},
    state::Node,
};

/// The ledgers that this node has cosigned: for each the checkpoint, as it keeps it.
#[derive(Default)]
pub(crate) struct Witnessed(BTreeMap<Party, (Checkpoint, String)>);

/// Which volume of its ledger a checkpoint of a party is of.
fn volume(checkpoint: &Checkpoint, party: &Party) -> u64 {
    volume_of(checkpoint.origin(), party).unwrap_or_default()
}

impl Witnessed {
    /// Takes in what is kept.
    pub(crate) fn add(&mut self, cosigned: &Cosigned) -> Result<(), entente_log::Error> {
        let note = Note::parse(cosigned.note.as_bytes())?;
        self.0.insert(cosigned.partner.clone(), (note.text().parse()?, cosigned.note.clone()));
        Ok(())
    }
}

fn ours(error: impl ToString) -> Refusal {
    Refusal::Ours(error.to_string())
}

impl Node {
    /// The ledgers that this node has cosigned, with the latest checkpoint of each.
    pub fn witnessed(&self) -> impl Iterator<Item = (&Party, &Checkpoint, &str)> {
        self.witnessed.0.iter().map(|(party, (checkpoint, note))| (party, checkpoint, note.as_str()))
    }

    /// What `from` asks of this node as a witness, of its own ledger or of another's that it knows: who hands on what it
    /// was shown helps to find who shows two things.
    pub(crate) fn add_checkpoint(&mut self, from: &Party, bytes: &[u8], now: Timestamp) -> Result<Answer, Refusal> {
        let asked = match AddCheckpoint::parse(bytes) {
            Ok(asked) => asked,
            Err(error) => return Ok(Answer::Witness(Err(NotCosigned::Malformed(error)))),
        };
        let unknown = || Ok(Answer::Witness(Err(NotCosigned::UnknownLog(asked.origin().to_owned()))));
        let others = self.partners.values().filter(|known| known.party != self.identity.party);
        let mut named = others.filter_map(|known| Some((known, volume_of(asked.origin(), &known.party)?)));
        let Some((owner, asked_volume)) = named.next() else { return unknown() };
        if !self.identity.is_witness() || self.partner(&owner.party, now).is_err() {
            return unknown();
        }
        let (party, keys) = (owner.party.clone(), owner.volume_keys(asked_volume).map_err(ours)?);
        // Whose ledgers are known here hears only who shows what the owner of one has signed.
        let note = asked.note.to_string();
        if *from != party && Checkpoint::open_signed_by_each(note.as_bytes(), asked.origin(), &keys).is_err() {
            return unknown();
        }
        let latest = self.witnessed.0.get(&party);
        let last_volume = latest.map(|(last, _)| volume(last, &party));
        // A volume that was left is not cosigned any more: whatever it goes on with was signed behind its end.
        if last_volume.is_some_and(|last| asked_volume < last) {
            return unknown();
        }
        let begins = last_volume.is_some_and(|last| asked_volume > last);
        let latest = latest.filter(|_| !begins);
        let (size, root) = latest.map_or((0, Hash::EMPTY_ROOT), |(last, _)| (last.size(), *last.root()));
        let checkpoint = match asked.check((size, root), &keys) {
            Ok(checkpoint) => checkpoint,
            Err(refused) => {
                if matches!(refused, NotCosigned::Inconsistent(_)) {
                    let found: Option<Checkpoint> = asked.note.text().parse().ok();
                    let forked = found.is_some_and(|found| found.size() == size && *found.root() != root);
                    self.suspect(from, &party, forked, &asked, now)?;
                }
                return Ok(Answer::Witness(Err(refused)));
            }
        };
        if begins {
            self.begun_anew(&party, &asked, now)?;
        }
        let at = now.as_second();
        let time = u64::try_from(at).unwrap_or_default();
        let own = self.identity.witness_keys().map_err(ours)?;
        let ours_lines =
            own.iter().map(|key| cosign(&checkpoint, key, time)).collect::<Result<Vec<_>, _>>().map_err(ours)?;
        // Of what came, the log's own signatures are kept: other witnesses' are theirs to show.
        let signed = asked.note.signatures().iter().filter(|line| keys.iter().flatten().any(|key| line.is_by(key)));
        let lines = signed.cloned().chain(ours_lines.iter().cloned()).collect();
        let note = Note::new(asked.note.text(), lines).map_err(ours)?.to_string();
        self.keep(Op::Witnessed(Cosigned { partner: party, size: checkpoint.size(), note, at }))?;
        Ok(Answer::Witness(Ok(ours_lines.iter().map(|line| format!("{line}\n")).collect())))
    }

    /// A partner leaves its ledger where it was cosigned last, and begins a new volume: people have to know, and what was
    /// cosigned of the last one stays as evidence of how far it went.
    fn begun_anew(&mut self, party: &Party, asked: &AddCheckpoint, now: Timestamp) -> Result<(), Refusal> {
        let last = self.witnessed.0.get(party);
        let (size, before) = last.map_or((0, ""), |(last, note)| (last.size(), note.as_str()));
        let why = format!(
            "{party} has begun a new volume of its ledger; the last one was cosigned here up to {size} leaves. A node that \
             was restored from a back-up does so: ask {party} what is lost"
        );
        let evidence = format!("{before}\n{}", asked.note);
        self.raise(party, None, &why, evidence.as_bytes(), now)
    }

    /// Whether a checkpoint of a partner's ledger is behind the one that is known to be cosigned here.
    pub(crate) fn is_later(&self, party: &Party, checkpoint: &Checkpoint) -> bool {
        let Some(asked) = volume_of(checkpoint.origin(), party) else { return false };
        let known = self.witnessed.0.get(party);
        known.is_none_or(|(known, _)| (volume(known, party), known.size()) < (asked, checkpoint.size()))
    }

    /// Two roots for one size are two histories, whoever brings them. A proof that does not hold shows nothing but that
    /// its sender has no better one: worth an alarm only where that is the ledger's own node.
    fn suspect(
        &mut self,
        from: &Party,
        party: &Party,
        forked: bool,
        asked: &AddCheckpoint,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let why = if forked {
            format!("{party} has signed two histories of its ledger: two roots for one size")
        } else if from == party {
            format!("the ledger of {party} does not prove that it goes on from what was cosigned here")
        } else {
            return Ok(());
        };
        let before = self.witnessed.0.get(party).map_or("", |(_, note)| note.as_str());
        let evidence = format!("{before}\n{}", asked.note);
        self.raise(party, None, &why, evidence.as_bytes(), now)
    }

    /// What `partner` answered as a witness to the checkpoint `note` of our own ledger.
    pub(crate) fn witness_answer(
        &mut self,
        partner: &Party,
        note: &str,
        status: u16,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let partner_fault = |message: &str| Refusal::Partner(format!("{partner} as a witness: {message}"));
        let origin = volume_origin(&self.identity.party, self.ledger.volume());
        let own = self.identity.log_key(&origin).map_err(ours)?;
        let checkpoint = match Checkpoint::open(note.as_bytes(), &origin, &[own.verifier().clone()]) {
            Ok(checkpoint) => checkpoint,
            // Asked before the log's key was changed: it will be asked again.
            Err(_) => {
                return Err(Refusal::Ours("the checkpoint was signed with a key that is no longer in use".into()));
            }
        };
        let text = std::str::from_utf8(body).unwrap_or_default();
        match status {
            200 => {
                let keys = self.partner(partner, now)?.witness_keys().map_err(ours)?;
                if keys.is_empty() {
                    return Err(partner_fault("its party file names no witness key"));
                }
                let lines = text.lines().filter_map(|line| line.parse::<NoteSignature>().ok());
                let cosigned = lines.into_iter().find_map(|line| {
                    let key = keys.iter().find(|key| line.is_by(key))?;
                    let time = verify_cosignature(&checkpoint, &line, key).ok()?;
                    Some((line, i64::try_from(time).ok()?))
                });
                let (line, at) = cosigned.ok_or_else(|| partner_fault("its cosignature is not over our ledger"))?;
                let note = Note::parse(note.as_bytes()).and_then(|note| note.with_signature(line));
                let (size, note) = (checkpoint.size(), note.map_err(ours)?.to_string());
                self.keep(Op::Cosigned(Cosigned { partner: partner.clone(), size, note, at }))?;
                Ok(Answer::Acknowledged { next: size })
            }
            409 => {
                let said = text.strip_suffix('\n').and_then(|size| size.parse::<u64>().ok());
                let next = said.ok_or_else(|| partner_fault("it does not say how far it is"))?;
                if next > checkpoint.size() {
                    // The number alone stops nobody: it is to show what this node has signed.
                    let why = format!(
                        "{partner} says that it has cosigned {next} leaves of our ledger, more than it has here"
                    );
                    self.raise(partner, None, &why, note.as_bytes(), now)?;
                    return Ok(Answer::Ahead);
                }
                Ok(Answer::Acknowledged { next })
            }
            422 => {
                let why = format!("{partner} says that our ledger does not go on from what it has cosigned");
                self.raise(partner, None, &why, note.as_bytes(), now)?;
                Err(Refusal::Partner(why))
            }
            404 => Err(partner_fault("it does not know our ledger")),
            403 => Err(partner_fault("it does not take our signature; it may have an older party file")),
            status => Err(partner_fault(&format!("it answers {status}"))),
        }
    }
}
