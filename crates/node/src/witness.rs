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
    lane::ledger_origin,
    op::{Cosigned, Op},
    state::Node,
};

/// The ledgers that this node has cosigned: for each the checkpoint, as it keeps it.
#[derive(Default)]
pub(crate) struct Witnessed(BTreeMap<Party, (Checkpoint, String)>);

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
        let owner = others.into_iter().find(|known| ledger_origin(&known.party) == asked.origin());
        let Some(owner) = owner.filter(|owner| self.partner(&owner.party, now).is_ok()) else { return unknown() };
        let own = self.identity.witness_keys().map_err(ours)?;
        if own.is_empty() {
            return unknown();
        }
        let (party, keys) = (owner.party.clone(), owner.ledger_keys().map_err(ours)?);
        let latest = self.witnessed.0.get(&party);
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
        let at = now.as_second();
        let time = u64::try_from(at).unwrap_or_default();
        let ours_lines =
            own.iter().map(|key| cosign(&checkpoint, key, time)).collect::<Result<Vec<_>, _>>().map_err(ours)?;
        // Of what came, the log's own signatures are kept: other witnesses' are theirs to show.
        let signed = asked.note.signatures().iter().filter(|line| keys.iter().flatten().any(|key| line.is_by(key)));
        let lines = signed.cloned().chain(ours_lines.iter().cloned()).collect();
        let note = Note::new(asked.note.text(), lines).map_err(ours)?.to_string();
        self.keep(Op::Witnessed(Cosigned { partner: party, size: checkpoint.size(), note, at }))?;
        Ok(Answer::Witness(Ok(ours_lines.iter().map(|line| format!("{line}\n")).collect())))
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
        let origin = ledger_origin(&self.identity.party);
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
                    let why = format!(
                        "{partner} has cosigned {next} leaves of our ledger, more than it has here: if this node was \
                         restored from a back-up, stop it, for going on would fork its history"
                    );
                    self.raise(partner, None, &why, note.as_bytes(), now)?;
                    return Err(Refusal::Partner(why));
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
