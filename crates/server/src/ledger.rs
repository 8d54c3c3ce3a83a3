//! Keeping the ledger going: the node is told when an interval is over, whether or not anything happens, and its partners
//! are asked to witness the checkpoint that follows. Sending one again is always safe.

use std::{collections::BTreeSet, time::Duration};

use entente_core::Party;
use entente_log::{AddCheckpoint, Note, consistency_proof};
use entente_node::{Answer, Event};
use entente_store::Reader;
use tokio::sync::watch;

use crate::{
    federation::ADD_CHECKPOINT,
    link::{Link, Missed, Outside, with_jitter},
    pause::Pauses,
    restore,
    turn::Failure,
};

/// The longest answer of a witness that is read: sixteen post-quantum cosignatures have room.
const ANSWER_LIMIT: usize = 128 * 1024;
/// How often a witness may correct us about where it stands before we wait.
const CORRECTIONS: usize = 3;

/// Tells the node of each end of an interval, and keeps a task for each partner that asks it to witness what follows.
pub(crate) async fn run(outside: Outside, interval: u32) {
    let (over, _) = watch::channel(());
    let mut asked: BTreeSet<Party> = BTreeSet::new();
    loop {
        match outside.driver.handle(Event::Tick).await {
            Err(Failure::Stopped) => return,
            Err(Failure::Refused(entente_node::Refusal::ReadOnly(_))) => {}
            Err(error) => tracing::error!(%error, "the interval of the ledger stays open"),
            Ok(_) => {}
        }
        let witnesses = outside.driver.inspect(|node| {
            let others = node.partners().filter(|partner| partner.party != *node.party());
            let others = others.filter(|partner| !node.is_removed(&partner.party));
            others.filter(|partner| partner.file.witness.is_some()).map(|partner| partner.party.clone()).collect()
        });
        let Ok(witnesses): Result<Vec<Party>, _> = witnesses.await else { return };
        for partner in witnesses {
            if asked.insert(partner.clone()) {
                tokio::spawn(Asker::new(outside.clone(), partner).run(over.subscribe()));
            }
        }
        over.send_replace(());
        tokio::time::sleep(until_next(jiff::Timestamp::now(), interval)).await;
    }
}

/// From `now` to just behind the next whole multiple of `interval`.
fn until_next(now: jiff::Timestamp, interval: u32) -> Duration {
    let length = u64::from(interval) * 1000;
    let now = u64::try_from(now.as_millisecond()).unwrap_or_default();
    Duration::from_millis(length - now % length + 1)
}

/// Asks one partner to witness our ledger.
struct Asker {
    outside: Outside,
    partner: Party,
    link: Link,
    /// How many leaves the partner cosigned last, as far as we know: it says so itself when we are wrong.
    next: u64,
}

impl Asker {
    fn new(outside: Outside, partner: Party) -> Self {
        let link = Link::new(outside.clone(), partner.clone());
        Self { outside, partner, link, next: 0 }
    }

    /// Asks once after each interval, and again with growing pauses while the partner does not cosign.
    async fn run(mut self, mut over: watch::Receiver<()>) {
        let mut pauses = Pauses::default();
        loop {
            match self.ask().await {
                Ok(()) => {
                    pauses.worked();
                    if over.changed().await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    self.link.close();
                    let (pause, _) = pauses.failed(error.missing());
                    tracing::info!(partner = %self.partner, %error, "the ledger is not witnessed; it waits");
                    tokio::time::sleep(with_jitter(pause)).await;
                }
            }
        }
    }

    /// Has the latest checkpoint cosigned, and shows the partner what others have shown us.
    async fn ask(&mut self) -> Result<(), Missed> {
        self.link.open().await?;
        for _ in 0..CORRECTIONS {
            let (size, note, proof) = self.checkpoint().map_err(|error| Missed::Here(error.to_string()))?;
            let request = AddCheckpoint {
                old: self.next,
                proof,
                note: Note::parse(note.as_bytes()).map_err(|error| Missed::Here(error.to_string()))?,
            };
            let (status, body) = self.post(&request).await?;
            let answer = Event::WitnessAnswer { partner: self.partner.clone(), note, status, body: body.clone() };
            match self.outside.driver.handle(answer).await {
                Ok(Answer::Acknowledged { next }) => self.next = next,
                Ok(Answer::Ahead) => {
                    restore::ask(&mut self.link, &self.outside.driver, &self.partner).await?;
                    return Err(Missed::Here("the partner has cosigned more of the ledger than is here".to_owned()));
                }
                Ok(_) => return Err(Missed::Here("unexpected answer".to_owned())),
                Err(error) => return Err(Missed::Here(error.to_string())),
            }
            if self.next == size {
                return self.hand_on().await;
            }
        }
        Err(Missed::Here("it does not say where it stands".to_owned()))
    }

    /// The latest checkpoint of our ledger, with the proof that it goes on from what the partner cosigned.
    fn checkpoint(&mut self) -> Result<(u64, String, Vec<entente_log::Hash>), Box<dyn std::error::Error>> {
        let reader = Reader::of_folder(&self.outside.data)?;
        let (size, note) = reader.ledger_checkpoint()?.ok_or("the ledger has no checkpoint yet")?;
        if self.next > size {
            // Of another volume, or of what is lost: it says itself where it stands.
            self.next = 0;
        }
        let proof = consistency_proof(self.next, size, &|level, index| reader.ledger_node(level, index))?;
        Ok((size, note, proof))
    }

    /// Shows the partner the checkpoints that we have cosigned for others. Where it has cosigned as many leaves with
    /// another root, it has found a ledger with two histories; whatever else it answers says nothing to us.
    async fn hand_on(&mut self) -> Result<(), Missed> {
        let partner = self.partner.clone();
        let shown = self.outside.driver.inspect(move |node| {
            let others = node.witnessed().filter(|(party, ..)| **party != partner);
            others.map(|(_, checkpoint, note)| (checkpoint.size(), note.to_owned())).collect()
        });
        let shown: Vec<(u64, String)> = shown.await.map_err(|error| Missed::Here(error.to_string()))?;
        for (old, note) in shown {
            let note = Note::parse(note.as_bytes()).map_err(|error| Missed::Here(error.to_string()))?;
            self.post(&AddCheckpoint { old, proof: Vec::new(), note }).await?;
        }
        Ok(())
    }

    async fn post(&mut self, request: &AddCheckpoint) -> Result<(u16, Vec<u8>), Missed> {
        let body = request.to_string().into_bytes();
        let (status, body) = self.link.post(ADD_CHECKPOINT, "text/plain; charset=utf-8", body, ANSWER_LIMIT).await?;
        Ok((status.as_u16(), body.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_tick_is_just_behind_the_end() {
        for (now, interval, expected) in [
            ("1970-01-01T00:00:00Z", 60, 60_001),
            ("2026-11-23T12:00:59.999Z", 60, 2),
            ("1970-01-01T00:00:07Z", 5, 3_001),
        ] {
            let wait = until_next(now.parse().unwrap(), interval);
            assert_eq!(wait, Duration::from_millis(expected), "{now}");
        }
    }
}
