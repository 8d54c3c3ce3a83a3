//! That a person has taken note of an alert: a signed message. It goes to who gave the alert; and the alert's originator hands
//! it on to all who got the alert of it and have receipts for it, so that each party sees who has taken note. Nobody else
//! learns of it: who acknowledges tells that it has the alert.

use entente_core::{Party, time::Timestamp, view::Viewer};
use entente_formats::wire::{Canonical, MAX_WORD, Signed, consult::AlertAcknowledgement, payload};
use rand_core::CryptoRng;

use super::{Acknowledged, hex_of};
use crate::{
    event::{Answer, RecordRef, Refusal},
    inbox::{Said, accepted, held, refused},
    op::Op,
    outbox::Letter,
    sequenced::Warranted,
    state::{Key, Node, sha256},
    statement::Concerns,
};

/// How many acknowledgements of one warning by one party are kept.
const MANY: usize = 16;

/// An acknowledgement that is here.
#[derive(Clone, Debug)]
pub(crate) struct KnownAcknowledgement {
    statement: AlertAcknowledgement,
    digest: [u8; 32],
    known: i64,
    signed: Signed,
}

impl KnownAcknowledgement {
    fn read(signed: &Signed, known: i64) -> Result<Self, String> {
        let statement = AlertAcknowledgement::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
        Ok(Self { statement, digest: sha256(&signed.statement), known, signed: signed.clone() })
    }

    pub(crate) fn by(&self) -> Party {
        self.statement.by.as_str().into()
    }

    fn key(&self) -> Key {
        (self.statement.originator.as_str().into(), self.statement.record.as_str().into())
    }
}

impl Node {
    pub(crate) fn apply_acknowledgement(&mut self, signed: &Signed, known: i64) -> Result<(), String> {
        let known = KnownAcknowledgement::read(signed, known)?;
        (self.untold, _) = (true, self.untold_acknowledgements.insert(known.key()));
        self.acknowledgements.entry(known.key()).or_default().push(known);
        Ok(())
    }

    /// Who has taken note of a warning.
    pub(super) fn acknowledged(&self, key: &Key) -> Vec<Acknowledged> {
        let all = self.acknowledgements.get(key).into_iter().flatten();
        let mut all: Vec<Acknowledged> = all
            .map(|known| Acknowledged {
                by: known.by(),
                person: known.statement.person.clone(),
                at: known.statement.at,
                known: known.known,
                statement: known.digest,
            })
            .collect();
        all.sort_by(|one, other| (&one.by, one.at, &one.person).cmp(&(&other.by, other.at, &other.person)));
        all
    }

    /// A person takes note of an alert: of all its messages that are here.
    pub(crate) fn acknowledge_alert(
        &mut self,
        by: &Viewer,
        name: &RecordRef,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let alert = self.alert(name, by, now)?;
        let us = self.identity.party.clone();
        let is_open = |key: &Key| {
            let known = self.acknowledgements.get(key).into_iter().flatten();
            known.filter(|known| known.by() == us).count() == 0
        };
        let open: Vec<Key> = alert.messages.into_iter().map(|message| message.record).filter(is_open).collect();
        if open.is_empty() {
            return Err(Refusal::Request(format!("{us} has taken note of `{}` already", name.id)));
        }
        if by.name.len() > MAX_WORD {
            return Err(Refusal::Request(format!("the name of an account has more than {MAX_WORD} bytes")));
        }
        for key in open {
            let Some(warning) = self.warnings.get(&key) else { continue };
            let statement = AlertAcknowledgement {
                by: us.to_string(),
                originator: key.0.to_string(),
                record: key.1.to_string(),
                digest: warning.message.digest,
                person: by.name.clone(),
                at: now.as_second(),
            };
            statement.check().map_err(|error| Refusal::Request(error.to_string()))?;
            let signed = self.sign(payload::ALERT_ACKNOWLEDGEMENT, statement.to_bytes())?;
            self.keep_acknowledgement(signed, &statement, now)?;
        }
        self.tell(now, rng)?;
        Ok(Answer::Done)
    }

    fn keep_acknowledgement(
        &mut self,
        signed: Signed,
        statement: &AlertAcknowledgement,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let words = serde_json::json!({
            "originator": statement.originator, "record": statement.record, "by": statement.by,
            "person": statement.person, "statement": hex_of(&sha256(&signed.statement)),
        });
        self.keep(Op::AlertAcknowledged { signed, known: now.as_second() })?;
        let key: Key = (statement.originator.as_str().into(), statement.record.as_str().into());
        self.state_of(now, "alert-acknowledged", Concerns::record(&key), words)
    }

    /// A party tells that it has taken note: of what we gave it or it gave us, itself or through the alert's originator.
    pub(crate) fn take_acknowledgement(
        &mut self,
        from: &Party,
        signed: Signed,
        now: Timestamp,
    ) -> Result<Said, Refusal> {
        let read = AlertAcknowledgement::from_bytes(&signed.statement);
        let statement = match read.and_then(|statement| statement.check().map(|()| statement)) {
            Ok(statement) => statement,
            Err(error) => return Ok(refused(error)),
        };
        let by: Party = statement.by.as_str().into();
        let key: Key = (statement.originator.as_str().into(), statement.record.as_str().into());
        // Whether we hold it is told to nobody who did not give it to us, or got it of us.
        let gave_it = self.providers(&key).contains(from);
        let is_concerned = gave_it || (by == *from && self.may_have(&key, from));
        match is_concerned {
            _ if by != *from && key.0 != *from => {
                return Ok(refused(format!("{from} hands on acknowledgements of its own alerts alone")));
            }
            true => {}
            // What it gave may be in quarantine here, and come out of it.
            false if key.0 == *from => return Ok(held("it acknowledges what is not here")),
            false => return Ok(refused("it acknowledges what did not go between us")),
        }
        let Some(signer) = self.partners.get(&by) else { return Ok(held(format!("no party file of `{by}` here"))) };
        if !signer.has_signed(payload::ALERT_ACKNOWLEDGEMENT, &signed.statement, &signed.signature) {
            // Whom this party knows is not the business of who hands it on: of a maker that is unknown here it hears the same.
            let why = format!("the acknowledgement is not signed by {by}");
            return Ok(if by == *from { refused(why) } else { held(why) });
        }
        let digest = self.records.get(&key).map(|held| held.digest);
        if digest != Some(statement.digest) {
            return Ok(refused("it acknowledges another content than the record's"));
        }
        let known = self.acknowledgements.get(&key).map_or(&[][..], Vec::as_slice);
        let digest = sha256(&signed.statement);
        if known.iter().any(|known| known.digest == digest) {
            return Ok(accepted());
        }
        if known.iter().filter(|known| known.by() == by).count() >= MANY {
            return Ok(refused(format!("{MANY} acknowledgements of `{}` by {by} are here already", key.1)));
        }
        self.keep_acknowledgement(signed, &statement, now)?;
        Ok(accepted())
    }

    /// An acknowledgement of our own that a partner gives back after a restore.
    pub(crate) fn acknowledge_again(
        &mut self,
        to: &Party,
        index: u64,
        signed: Signed,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let subject = sha256(&signed.statement);
        let Ok(known) = KnownAcknowledgement::read(&signed, now.as_second()) else { return Ok(()) };
        let is_known =
            self.acknowledgements.get(&known.key()).into_iter().flatten().any(|other| other.digest == subject);
        if known.by() == self.identity.party && !is_known {
            self.keep(Op::AlertAcknowledged { signed, known: now.as_second() })?;
        }
        self.keep(Op::Told { subject, to: to.clone(), index })
    }

    /// Tells who has taken note to those who may know.
    pub(crate) fn tell_acknowledgements(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<(), Refusal> {
        let untold = std::mem::take(&mut self.untold_acknowledgements);
        let us = self.identity.party.clone();
        let (mut telling, mut waiting) = (Vec::new(), Vec::new());
        for key in &untold {
            for known in self.acknowledgements.get(key).into_iter().flatten() {
                let by = known.by();
                let mut whom = if by == us { self.providers(key) } else { Vec::new() };
                if key.0 == us {
                    whom.extend(self.holders_of(key));
                }
                whom.retain(|to| *to != by && !self.told.contains_key(&(known.digest, to.clone())));
                for to in whom {
                    // What waits may yet stay behind; nobody is told of what it does not have.
                    let has_it = key.0 != us || self.holds_for_sure(key, &to);
                    if has_it && self.can_reach(&to, now) {
                        telling.push((known.digest, to, known.signed.clone(), by.clone()));
                    } else {
                        waiting.push(key.clone());
                    }
                }
            }
        }
        self.untold_acknowledgements.extend(waiting);
        for (subject, to, signed, by) in telling {
            let signed = self.as_it_goes_out(&by, payload::ALERT_ACKNOWLEDGEMENT, &signed)?;
            let letter = Letter { precedence: entente_seal::Precedence::Flash, ..Letter::control(&to) };
            let (_, index, _) = self.sequence(&letter, &Warranted::acknowledgement(signed), now, rng)?;
            self.keep(Op::Told { subject, to, index })?;
        }
        Ok(())
    }
}
