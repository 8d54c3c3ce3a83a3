//! What waits for a turn: events, urgent ones apart, and senders that have nothing to send.

use std::collections::{BTreeMap, VecDeque};

use entente_node::{Event, Feed, Lane};

/// What waits for a turn, each with who asked for it.
#[derive(Debug)]
pub struct Waiting<T> {
    pub(super) urgent: VecDeque<(Event, T)>,
    pub(super) routine: VecDeque<(Event, T)>,
    /// Reads whose turn could not be kept: they are handled alone, before anything else can fail.
    pub(super) reads: VecDeque<(Event, T)>,
    /// Whether the last turn took nothing of what is not urgent, though it was there: then the next one does.
    pub(super) passed_over: bool,
    /// Senders that have sent everything up to an index.
    pub(super) senders: BTreeMap<Feed, (u64, T)>,
    /// Senders that will have, once the receipt that waits has been taken.
    pub(super) followers: BTreeMap<Feed, (u64, T)>,
    /// Whether there are senders of whom nobody has looked whether they came too late.
    has_newcomers: bool,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self {
            urgent: VecDeque::new(),
            routine: VecDeque::new(),
            reads: VecDeque::new(),
            passed_over: false,
            senders: BTreeMap::new(),
            followers: BTreeMap::new(),
            has_newcomers: false,
        }
    }
}

impl<T> Waiting<T> {
    /// Forgets the events of askers that are gone.
    pub fn forget(&mut self, is_gone: impl Fn(&T) -> bool) {
        for queue in [&mut self.urgent, &mut self.routine, &mut self.reads] {
            queue.retain(|(_, asker)| !is_gone(asker));
        }
    }

    /// One more event.
    pub fn push(&mut self, event: Event, asker: T) {
        match event.lane() {
            Lane::Urgent => self.urgent.push_back((event, asker)),
            Lane::Routine => self.routine.push_back((event, asker)),
        }
    }

    /// An event that nothing else may come before, as at the start of a node.
    pub fn push_first(&mut self, event: Event, asker: T) {
        self.urgent.push_front((event, asker));
    }

    /// Whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.urgent.is_empty() && self.routine.is_empty() && self.reads.is_empty()
    }

    /// The sender of `feed` has sent its entries before `start`, and has receipts for them: the next are to be cleared for
    /// it in the turn that brings them. It hears [`entente_node::Answer::Cleared`] then, or [`entente_node::Answer::Done`] when it has to look itself.
    pub fn send_next(&mut self, feed: Feed, start: u64, sender: T) {
        self.senders.insert(feed, (start, sender));
        self.has_newcomers = true;
    }

    /// The same for a sender whose last receipt waits for a turn: it counts from the moment in which that is taken. Where the
    /// receipt says something else than `start`, it hears [`entente_node::Answer::Done`].
    pub fn send_next_after_receipt(&mut self, feed: Feed, start: u64, sender: T) {
        self.followers.insert(feed, (start, sender));
    }

    /// Whether some of the senders are new since it was last asked who is [left behind](Self::left_behind).
    pub fn has_newcomers(&self) -> bool {
        self.has_newcomers
    }

    /// Senders for whose feed it is not so, by now, that the entries up to theirs are all, and receipted: they asked too late
    /// for a turn to serve them, or their partner has fallen back.
    pub fn left_behind(&mut self, is_all: impl Fn(&Feed, u64) -> bool) -> Vec<T> {
        self.has_newcomers = false;
        let late: Vec<Feed> = self
            .senders
            .iter()
            .filter(|(feed, (start, _))| !is_all(feed, *start))
            .map(|(feed, _)| feed.clone())
            .collect();
        late.iter().filter_map(|feed| self.senders.remove(feed)).map(|(_, sender)| sender).collect()
    }
}

/// How far a turn is.
#[derive(Clone, Copy, Default)]
pub(super) struct Taken {
    pub(super) reads: bool,
    pub(super) urgent: bool,
    pub(super) routine: bool,
}

impl<T> Waiting<T> {
    /// The next event of a turn.
    pub(super) fn next(&mut self, taken: &mut Taken) -> Option<(Event, T)> {
        if taken.reads || !self.reads.is_empty() {
            taken.reads = true;
            return self.reads.pop_front();
        }
        if let Some(urgent) = self.urgent.pop_front() {
            taken.urgent = true;
            return Some(urgent);
        }
        // What is urgent is kept now. But who never ceases to be urgent must not stop everybody else.
        if taken.urgent && (taken.routine || !self.passed_over) {
            return None;
        }
        taken.routine |= !self.routine.is_empty();
        self.routine.pop_front()
    }
}
