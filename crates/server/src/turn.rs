//! One turn of the loop: what the node makes of the events that wait, kept in one transaction; only then are there
//! answers to give and partners to wake.
//!
//! No clock, no thread, no channel: the loop in `driver` and the simulator turn the same wheel, each with its own hands.

use entente_node::{Answer, Batch, Effects, Event, Feed, Refusal};
use entente_store::StoreError;

/// How many events share one transaction at the most.
pub const GROUP: usize = 256;

/// Why an event came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The node refuses.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be kept, so it did not happen.
    #[error("{0}")]
    NotKept(String),
    /// The node has stopped.
    #[error("the node has stopped")]
    Stopped,
}

/// What a turn leaves to do. The answers and wakes in it rest on what is kept.
#[derive(Debug)]
pub struct Turn<T> {
    /// What each asker gets, in the order of the events.
    pub answers: Vec<(T, Result<Answer, Failure>)>,
    /// Feeds with something new to send.
    pub wakes: Vec<Feed>,
    /// How the loop goes on.
    pub then: Then,
}

/// How the loop goes on after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// With the node as it is.
    GoOn,
    /// With a node started again from its store: the memory is ahead of what is kept.
    BeginAgain,
    /// Not at all: nobody knows what the disk holds, and only a new start of the process, which reads it again, may tell.
    Stop,
}

/// Hands events to the node until none waits or [`GROUP`] are in hand, and keeps what follows from all of them at once.
pub fn turn<T>(
    mut next: impl FnMut() -> Option<(Event, T)>,
    mut handle: impl FnMut(Event) -> Effects,
    keep: impl FnOnce(&[Batch]) -> Result<(), StoreError>,
) -> Turn<T> {
    let (mut batches, mut answers, mut wakes) = (Vec::new(), Vec::new(), Vec::new());
    let mut then = Then::GoOn;
    while answers.len() < GROUP
        && let Some((event, asker)) = next()
    {
        let Effects { batch, answer, wake, undo } = handle(event);
        batches.push(batch);
        answers.push((asker, answer.map_err(Failure::Refused)));
        wakes.extend(wake);
        if undo {
            then = Then::BeginAgain;
            break;
        }
    }
    match keep(&batches) {
        Ok(()) => Turn { answers, wakes, then },
        Err(error) => {
            tracing::error!(%error, "nothing of the last events was kept");
            let told = answers.into_iter().map(|(asker, _)| (asker, Err(Failure::NotKept(error.to_string()))));
            // A full disk refuses cleanly. After anything else, such as a sync that failed, nobody knows what it holds.
            let then = if matches!(error, StoreError::Full) { Then::BeginAgain } else { Then::Stop };
            Turn { answers: told.collect(), wakes: Vec::new(), then }
        }
    }
}
