//! One turn of the loop: what the node makes of the events that wait, kept in one transaction; only then are there
//! answers to give and partners to wake.
//!
//! What is urgent comes first and is kept at once, not behind what is not. A sender that has nothing to send leaves word
//! ([`Waiting::send_next`]): what the turn puts into its feed is cleared to leave in the same turn.
//!
//! No clock, no thread, no channel: the loop in `driver` and the simulator turn the same wheel, each with its own hands.

mod waiting;

use entente_formats::wire::Entry;
use entente_node::{Answer, Batch, Effects, Event, Feed, Op, Refusal, event::Pending};
use entente_store::StoreError;

use self::waiting::Taken;
pub use self::waiting::Waiting;

/// How many events share one transaction at the most.
pub const GROUP: usize = 256;

/// How many entries a sender puts into one package. A recipient takes a package whole: what is urgent there waits as long.
/// It takes 256 from others.
pub const PACKAGE: usize = 32;

/// The same on the routine lane, while there is something urgent now and then.
pub const SMALL_PACKAGE: usize = 8;

/// Why an event came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The node refuses.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be kept, so it did not happen.
    #[error("{0}")]
    NotKept(String),
    /// The disk failed so that nobody knows whether it was kept; the node stops, and its next start reads what is there.
    #[error("nobody knows whether this was kept: {0}")]
    Unknown(String),
    /// The node has stopped.
    #[error("the node has stopped")]
    Stopped,
}

/// What a turn leaves to do. The answers and wakes in it rest on what is kept.
#[derive(Debug)]
pub struct Turn<T> {
    /// What each asker gets.
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

/// What the node is to do next in a turn.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a step is taken as it is made")]
pub enum Step {
    /// To handle an event.
    Event(Event),
    /// To sign what the turn has added to the ledger.
    Sign,
}

impl Step {
    /// Has `node` do it.
    pub fn take(
        self,
        node: &mut entente_node::Node,
        now: entente_core::time::Timestamp,
        rng: &mut impl rand_core::CryptoRng,
    ) -> Effects {
        match self {
            Self::Event(event) => node.handle(event, now, rng),
            Self::Sign => match node.sign_ledger() {
                Ok(batch) => Effects { batch, answer: Ok(Answer::Done), wake: Vec::new(), undo: false },
                Err(refusal) => Effects { batch: Batch::new(), answer: Err(refusal), wake: Vec::new(), undo: true },
            },
        }
    }
}

/// Hands events to the node until none waits, [`GROUP`] are in hand, or `is_over` says so, and keeps what follows from all of
/// them at once. `is_over` may take in what has come meanwhile.
pub fn turn<T>(
    waiting: &mut Waiting<T>,
    mut is_over: impl FnMut(&mut Waiting<T>) -> bool,
    mut take: impl FnMut(Step) -> Effects,
    keep: impl FnOnce(&[Batch]) -> Result<(), StoreError>,
) -> Turn<T> {
    let (mut batches, mut answers, mut wakes) = (Vec::new(), Vec::new(), Vec::new());
    let (mut reads, mut followed) = (Vec::new(), Vec::new());
    let mut then = Then::GoOn;
    let mut taken = Taken::default();
    while answers.len() < GROUP && (!is_over(waiting) || answers.is_empty()) {
        let Some((event, asker)) = waiting.next(&mut taken) else { break };
        if event.only_reads() {
            reads.push((answers.len(), event.clone()));
        }
        let receipt_of = match &event {
            Event::Receipt { feed, .. } => Some(feed.clone()),
            _ => None,
        };
        let Effects { batch, answer, wake, undo } = take(Step::Event(event));
        batches.push(batch);
        let receipted = match &answer {
            Ok(Answer::Acknowledged { next }) => Some(*next),
            _ => None,
        };
        answers.push((asker, answer.map_err(Failure::Refused)));
        if let Some(feed) = receipt_of
            && let Some((start, sender)) = waiting.followers.remove(&feed)
        {
            if receipted == Some(start) {
                waiting.send_next(feed.clone(), start, sender);
                followed.push(feed);
            } else {
                answers.push((sender, Ok(Answer::Done)));
            }
        }
        wakes.extend(wake);
        if undo {
            then = Then::BeginAgain;
            break;
        }
    }
    waiting.passed_over = !taken.routine && !waiting.routine.is_empty();
    wakes.sort();
    wakes.dedup();
    if then == Then::GoOn {
        let (cleared, look) = cleared_at_once(waiting, &wakes, &batches);
        answers.extend(look.into_iter().map(|sender| (sender, Ok(Answer::Done))));
        for (event, sender) in cleared {
            let Effects { batch, answer, undo, .. } = take(Step::Event(event));
            batches.push(batch);
            answers.push((sender, answer.map_err(Failure::Refused)));
            if undo {
                then = Then::BeginAgain;
                break;
            }
        }
    }
    let Effects { batch, answer, .. } = take(Step::Sign);
    batches.push(batch);
    let kept = match answer {
        Ok(_) => keep(&batches).map_err(|error| (error.to_string(), matches!(error, StoreError::Full))),
        // Nothing was written: the store is as it was.
        Err(refusal) => Err((refusal.to_string(), true)),
    };
    match kept {
        Ok(()) => Turn { answers, wakes, then },
        Err((error, is_clean)) => {
            let what =
                if is_clean { "nothing of the last events was kept" } else { "the last events may not have been kept" };
            tracing::error!(%error, "{what}");
            // A full disk refuses cleanly. After anything else, such as a sync that failed, nobody knows what it holds.
            let then = if is_clean { Then::BeginAgain } else { Then::Stop };
            let mut told = Vec::new();
            let mut reads = reads.into_iter().peekable();
            for (number, (asker, _)) in answers.into_iter().enumerate() {
                match reads.next_if(|(at, _)| *at == number && is_clean) {
                    // What it saw may not be so: it looks again.
                    Some((_, event)) => waiting.reads.push_back((event, asker)),
                    None if is_clean => told.push((asker, Err(Failure::NotKept(error.clone())))),
                    None => told.push((asker, Err(Failure::Unknown(error.clone())))),
                }
            }
            // The receipts that these rest on were not taken.
            let followed = followed.iter().filter_map(|feed| waiting.senders.remove(feed));
            told.extend(followed.map(|(_, sender)| (sender, Ok(Answer::Done))));
            Turn { answers: told, wakes: Vec::new(), then }
        }
    }
}

/// For each sender that waits: what the turn has put into its feed, to be decided about before it leaves, as it would be
/// if the sender had read it from the store. Urgent feeds come first, as they do in [`Feed`]'s order of lanes. Also the senders
/// that were woken for something else, such as a partner that has less than it had receipted: they look themselves.
fn cleared_at_once<T>(waiting: &mut Waiting<T>, wakes: &[Feed], batches: &[Batch]) -> (Vec<(Event, T)>, Vec<T>) {
    let (mut cleared, mut look) = (Vec::new(), Vec::new());
    for feed in wakes {
        let Some((start, _)) = waiting.senders.get(feed) else { continue };
        let mut next = *start;
        let mut entries = Vec::new();
        for op in batches.iter().flatten() {
            if let Op::Sequence(sequenced) = op
                && sequenced.feed() == feed
                && sequenced.index() == next
                && entries.len() < PACKAGE
            {
                entries.push(Pending {
                    leaf: *sequenced.leaf(),
                    about: sequenced.about().cloned(),
                    entry: Entry::Envelope(sequenced.item().bytes().to_vec()),
                    expires: sequenced.item().header().expires,
                });
                next += 1;
            }
        }
        let Some((start, sender)) = waiting.senders.remove(feed) else { continue };
        // Where the first is not the next, the sender has to look itself.
        if entries.is_empty() {
            look.push(sender);
        } else {
            cleared.push((Event::Dispatch { feed: feed.clone(), start, entries }, sender));
        }
    }
    (cleared, look)
}

#[cfg(test)]
mod tests {
    use entente_node::Lane;

    use super::*;

    fn event(lane: Lane) -> Event {
        Event::Receipt { feed: Feed { partner: "JPN".into(), lane }, bytes: Vec::new() }
    }

    /// The names of the events of each turn, until none waits.
    fn turns(
        waiting: &mut Waiting<&'static str>,
        mut meanwhile: impl FnMut(&mut Waiting<&'static str>, usize),
    ) -> Vec<Vec<&'static str>> {
        let mut turns = Vec::new();
        let mut taken = 0;
        while !waiting.is_empty() {
            let done = || Effects { batch: Batch::new(), answer: Ok(Answer::Done), wake: Vec::new(), undo: false };
            let turn = turn(
                waiting,
                |waiting| {
                    meanwhile(waiting, taken);
                    taken += 1;
                    false
                },
                |_| done(),
                |_| Ok(()),
            );
            turns.push(turn.answers.into_iter().map(|(name, _)| name).collect());
        }
        turns
    }

    #[test]
    fn what_is_urgent_comes_first_and_is_kept_at_once() {
        let mut waiting = Waiting::default();
        for name in ["bulk 1", "bulk 2", "bulk 3"] {
            waiting.push(event(Lane::Routine), name);
        }
        waiting.push(event(Lane::Urgent), "alert");
        assert_eq!(turns(&mut waiting, |_, _| ()), [vec!["alert"], vec!["bulk 1", "bulk 2", "bulk 3"]]);
    }

    #[test]
    fn what_is_urgent_and_comes_during_a_turn_ends_it() {
        let mut waiting = Waiting::default();
        for name in ["bulk 1", "bulk 2", "bulk 3"] {
            waiting.push(event(Lane::Routine), name);
        }
        let found = turns(&mut waiting, |waiting, taken| {
            if taken == 1 {
                waiting.push(event(Lane::Urgent), "alert");
            }
        });
        assert_eq!(found, [vec!["bulk 1", "alert"], vec!["bulk 2", "bulk 3"]]);
    }

    #[test]
    fn who_never_ceases_to_be_urgent_does_not_stop_the_others() {
        let mut waiting = Waiting::default();
        waiting.push(event(Lane::Routine), "bulk 1");
        waiting.push(event(Lane::Routine), "bulk 2");
        waiting.push(event(Lane::Urgent), "alert");
        let found = turns(&mut waiting, |waiting, taken| {
            if taken < 12 && waiting.urgent.is_empty() {
                waiting.push(event(Lane::Urgent), "alert");
            }
        });
        let bulk = found.iter().position(|turn| turn.contains(&"bulk 1")).unwrap();
        assert!(bulk <= 1, "{found:?}");
    }

    #[test]
    fn who_follows_its_receipt_is_served_from_the_moment_in_which_that_is_kept() {
        let feed = Feed { partner: "JPN".into(), lane: Lane::Routine };
        let full = || Err(StoreError::Full);
        for (receipted, kept, told, waits) in [
            (7, Ok(()), vec!["receipt"], true),
            (6, Ok(()), vec!["receipt", "sender"], false),
            (7, full(), vec!["receipt", "sender"], false),
        ] {
            let mut waiting = Waiting::default();
            waiting.send_next_after_receipt(feed.clone(), 7, "sender");
            assert_eq!(waiting.left_behind(|_, _| false), [] as [&str; 0], "nothing is known of it before its receipt");
            waiting.push(event(Lane::Routine), "receipt");
            let take = |_| Effects {
                batch: Batch::new(),
                answer: Ok(Answer::Acknowledged { next: receipted }),
                wake: Vec::new(),
                undo: false,
            };
            let turn = turn(&mut waiting, |_| false, take, |_| kept);
            assert_eq!(waiting.has_newcomers(), receipted == 7, "who came with its receipt may have come too late too");
            assert_eq!(turn.answers.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), told);
            assert_eq!(waiting.left_behind(|_, _| false), if waits { vec!["sender"] } else { Vec::new() });
        }
    }

    #[test]
    fn a_disk_that_failed_is_not_said_to_have_kept_nothing() {
        let done = |_| Effects { batch: Batch::new(), answer: Ok(Answer::Done), wake: Vec::new(), undo: false };
        for (error, is_known) in [(StoreError::Full, true), (StoreError::Damaged("a sync failed".to_owned()), false)] {
            let mut waiting = Waiting::default();
            waiting.push(event(Lane::Routine), "write");
            let turn = turn(&mut waiting, |_| false, done, |_| Err(error));
            let [(_, Err(failure))] = turn.answers.as_slice() else { panic!("{turn:?}") };
            assert_eq!(matches!(failure, Failure::NotKept(_)), is_known, "{failure}");
            assert_eq!(turn.then == Then::BeginAgain, is_known);
        }
    }

    #[test]
    fn a_read_that_shared_a_turn_with_a_failed_write_is_answered() {
        let viewer = entente_core::view::Viewer {
            name: "analyst".into(),
            nationality: "KOR".into(),
            clearance: entente_core::Level::Secret,
            subjects: entente_core::agreement::clause::Set::Any,
            official_duty: true,
        };
        let mut waiting = Waiting::default();
        waiting.push(event(Lane::Routine), "write");
        waiting.push(Event::List { viewer }, "read");
        waiting.push(event(Lane::Routine), "another write");
        let done = |_| Effects { batch: Batch::new(), answer: Ok(Answer::Done), wake: Vec::new(), undo: false };
        let first = turn(&mut waiting, |_| false, done, |_| Err(StoreError::Full));
        assert_eq!(first.then, Then::BeginAgain);
        let told: Vec<_> = first.answers.iter().map(|(name, answer)| (*name, answer.is_err())).collect();
        assert_eq!(told, [("write", true), ("another write", true)]);
        waiting.push(event(Lane::Urgent), "a third write");
        let second = turn(&mut waiting, |_| false, done, |_| Ok(()));
        assert!(matches!(second.answers.as_slice(), [("read", Ok(Answer::Done))]), "{second:?}");
    }
}
