//! Who fetches the large contents of one partner, as `entente_server::fetcher` does: one after the other, piece by piece, into
//! a file that goes on where it ended. Here its steps are apart, so that anything may happen between any two of them; what a
//! piece is, and what is wrong with one, says the server's own code (`entente_server::pieces`).

use std::collections::{BTreeSet, VecDeque};

use entente_core::Party;
use entente_formats::wire::{Canonical, Signed};
use entente_node::{
    Answer, Event, Feed,
    content::{AwaitedContent, FileName},
};
use entente_server::{
    pause::{Missing, Pauses},
    pieces::{Filling, Stopped, Wrong},
    turn::Failure,
};

use crate::{
    simulation::{Happening, Simulation},
    site::Asker,
    wire::{Load, Parcel, Piece},
};

/// How long a partner may take to answer, in milliseconds.
const PATIENCE: u64 = 60_000;
/// How many bytes of what is wrong are kept.
const EVIDENCE: usize = 1024;

/// What the node is told of a content.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Told {
    /// It is complete in that file.
    Arrived(FileName),
    /// It is wrong; whether for good.
    Wrong(bool),
    /// Its sender gives it no longer.
    Withdrawn,
}

#[derive(Default)]
enum Stage {
    /// For something to fetch.
    #[default]
    Idle,
    /// For the end of a pause.
    Waiting,
    /// For a piece.
    Asked { content: AwaitedContent, filling: Box<Filling>, exchange: u64 },
    /// For the node, which is told how it is with a content.
    Telling,
}

/// Who fetches the contents of one partner.
#[derive(Default)]
pub(crate) struct Fetcher {
    stage: Stage,
    pauses: Pauses,
    /// What is left of this round.
    round: VecDeque<AwaitedContent>,
    /// Whether something of this round is still not here.
    is_missing: bool,
    /// Whether anything of it came.
    has_come: bool,
    /// Counts up whenever it begins to wait, so that an old alarm clock wakes nobody.
    ticket: u64,
}

impl Simulation {
    fn fetcher(&mut self, site: usize, partner: &Party) -> Option<&mut Fetcher> {
        self.sites.get_mut(site)?.fetchers.get_mut(partner)
    }

    /// Something may be awaited.
    pub(crate) fn looks_for_contents(&mut self, site: usize) {
        let Some(here) = self.sites.get_mut(site) else { return };
        let Some(node) = &here.node else { return };
        let mut partners: BTreeSet<Party> =
            node.awaited_contents().map(|content| content.feed.partner.clone()).collect();
        partners.retain(|partner| {
            let fetcher = here.fetchers.entry(partner.clone()).or_default();
            matches!(fetcher.stage, Stage::Idle)
        });
        partners.iter().for_each(|partner| self.fetches_in(site, partner, 0));
    }

    fn fetches_in(&mut self, site: usize, partner: &Party, pause: u64) {
        let incarnation = self.sites.get(site).map_or(0, |site| site.incarnation);
        let Some(fetcher) = self.fetcher(site, partner) else { return };
        fetcher.stage = Stage::Waiting;
        fetcher.ticket += 1;
        let (partner, ticket) = (partner.clone(), fetcher.ticket);
        self.later(pause, Happening::Fetch { site, incarnation, partner, ticket });
    }

    /// The end of a pause: another round through what is awaited of a partner.
    pub(crate) fn fetcher_wakes(&mut self, site: usize, partner: &Party, ticket: u64) {
        let Some(here) = self.sites.get_mut(site) else { return };
        let Some((node, fetcher)) = here.node.as_ref().zip(here.fetchers.get_mut(partner)) else { return };
        if !matches!(fetcher.stage, Stage::Waiting) || fetcher.ticket != ticket {
            return;
        }
        fetcher.stage = Stage::Idle;
        fetcher.round = node.awaited_contents().filter(|content| content.feed.partner == *partner).cloned().collect();
        (fetcher.is_missing, fetcher.has_come) = (false, false);
        if !fetcher.round.is_empty() {
            self.fetches_next(site, partner);
        }
    }

    /// The next content of this round; behind the last a pause, if one is still not here.
    fn fetches_next(&mut self, site: usize, partner: &Party) {
        loop {
            let Some(fetcher) = self.fetcher(site, partner) else { return };
            let Some(content) = fetcher.round.pop_front() else { break };
            match self.begins_to_fetch(site, &content) {
                Ok(filling) => return self.fills_on(site, content, filling),
                Err(missing) => self.is_still_missing(site, partner, missing),
            }
        }
        let jitter = self.dice.between(50, 100);
        let Some(fetcher) = self.fetcher(site, partner) else { return };
        if !fetcher.is_missing {
            return self.fetches_in(site, partner, 0);
        }
        // What broke off in the middle goes on soon.
        if fetcher.has_come {
            fetcher.pauses.worked();
        }
        let (pause, _) = fetcher.pauses.failed(Missing::Refused);
        let pause = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX) * jitter / 100;
        self.fetches_in(site, partner, pause);
    }

    fn is_still_missing(&mut self, site: usize, partner: &Party, missing: Missing) {
        let Some(here) = self.sites.get_mut(site) else { return };
        here.room.fetched(partner);
        let Some(fetcher) = here.fetchers.get_mut(partner) else { return };
        (fetcher.stage, fetcher.is_missing) = (Stage::Idle, true);
        // Who is away has nothing else either.
        if missing == Missing::Away {
            fetcher.round.clear();
        }
    }

    /// The file of a content, as far as it is; or why it is not gone on with.
    fn begins_to_fetch(&mut self, site: usize, content: &AwaitedContent) -> Result<Filling, Missing> {
        let feed = &content.feed;
        if !self.reaches(site, feed) {
            return Err(Missing::Away);
        }
        let Some(here) = self.sites.get(site) else { return Err(Missing::Away) };
        let Some(reader) = here.disk.reader() else { return Err(Missing::Refused) };
        // It may have been called back since.
        let Ok(Some(row)) = reader.awaited_content(feed, content.index) else { return Err(Missing::Refused) };
        let filling = Filling::begin(reader, row, &feed.partner, &here.keys.party).map_err(|_| Missing::Refused)?;
        let (done, whole) = filling.position();
        let is_full = here.disk.is_full();
        if !self.has_room_for(site, &feed.partner, content.length) {
            self.seen.put_off += 1;
            return Err(Missing::Refused);
        }
        if is_full {
            return Err(Missing::Refused);
        }
        if done > 0 {
            self.seen.resumed += 1;
            let to = self.truth.number(&feed.partner);
            let what = format!("goes on with the content of entry {} at {done} of {whole}", content.index);
            self.tell(&[site].into_iter().chain(to).collect::<Vec<_>>(), what);
        }
        Ok(filling)
    }

    /// Asks for the next piece; or, where none is missing, tells the node.
    fn fills_on(&mut self, site: usize, content: AwaitedContent, filling: Filling) {
        let partner = content.feed.partner.clone();
        if !filling.is_complete() {
            return self.asks_for_piece(site, content, filling);
        }
        match filling.finish() {
            Ok(file) => {
                if let Some(here) = self.sites.get_mut(site) {
                    here.disk.note_synced(file);
                }
                let event = Event::ContentArrived { feed: content.feed, index: content.index, file };
                self.tells_node(site, partner, event, Told::Arrived(file));
            }
            Err(Stopped::Wrong(wrong)) => self.finds_wrong(site, content, wrong),
            Err(Stopped::Store(_)) => {
                self.is_still_missing(site, &partner, Missing::Refused);
                self.fetches_next(site, &partner);
            }
        }
    }

    fn asks_for_piece(&mut self, site: usize, content: AwaitedContent, filling: Filling) {
        let (start, whole) = filling.position();
        let (partner, sealed) = (content.feed.partner.clone(), content.sealed);
        let (lane, incarnation) = (content.feed.lane, self.sites.get(site).map_or(0, |site| site.incarnation));
        let Some(to) = self.truth.number(&partner) else { return };
        self.exchanges += 1;
        let exchange = self.exchanges;
        self.tell(&[site, to], format!("asks for entry {}'s content from {start} of {whole}", content.index));
        if let Some(fetcher) = self.fetcher(site, &partner) {
            fetcher.stage = Stage::Asked { content, filling: Box::new(filling), exchange };
        }
        self.later(PATIENCE, Happening::NoPiece { site, incarnation, partner, exchange });
        let (sealed, start) = self.asks_falsely(site, to, sealed, start);
        self.dispatch(Parcel { from: site, to, lane, exchange, load: Load::Ask { sealed, start } });
    }

    /// The partner has not answered in time.
    pub(crate) fn no_piece_came(&mut self, site: usize, partner: &Party, exchange: u64) {
        let Some(fetcher) = self.fetcher(site, partner) else { return };
        if matches!(fetcher.stage, Stage::Asked { exchange: awaited, .. } if awaited == exchange) {
            self.is_still_missing(site, partner, Missing::Refused);
            self.fetches_next(site, partner);
        }
    }

    /// A piece comes, or what is said instead; what nobody waits for any more is dropped with its connection.
    pub(crate) fn piece_comes(&mut self, parcel: Parcel) {
        let Parcel { from, to: site, exchange, load, .. } = parcel;
        let Load::Piece(piece) = load else { return };
        let Some(partner) = self.truth.parties.get(from).cloned() else { return };
        let Some(here) = self.sites.get_mut(site) else { return };
        let is_full = here.disk.is_full();
        let Some(fetcher) = here.fetchers.get_mut(&partner) else { return };
        if !matches!(fetcher.stage, Stage::Asked { exchange: awaited, .. } if awaited == exchange) {
            return;
        }
        let Stage::Asked { content, mut filling, .. } = std::mem::take(&mut fetcher.stage) else { return };
        match piece {
            Piece::Bytes(bytes) if is_full || bytes.is_empty() || bytes.len() > filling.wanted() => {
                if !is_full {
                    let why = format!("{} bytes, where {} were to come", bytes.len(), filling.wanted());
                    let wrong = Wrong { why, evidence: bytes, is_final: false };
                    return self.finds_wrong(site, content, wrong);
                }
            }
            Piece::Bytes(bytes) => match filling.take(&bytes) {
                Ok(()) => {
                    fetcher.has_come = true;
                    return self.fills_on(site, content, *filling);
                }
                Err(Stopped::Wrong(wrong)) => return self.finds_wrong(site, content, wrong),
                Err(Stopped::Store(_)) => {}
            },
            Piece::Withdrawn(bytes) => {
                if let Ok(signed) = Signed::from_bytes(&bytes) {
                    let event = Event::ContentWithdrawn { feed: content.feed, index: content.index, signed };
                    return self.tells_node(site, partner, event, Told::Withdrawn);
                }
            }
            Piece::Nothing(why) => self.tell(&[site, from], format!("gets no piece: {why}")),
        }
        self.is_still_missing(site, &partner, Missing::Refused);
        self.fetches_next(site, &partner);
    }

    fn finds_wrong(&mut self, site: usize, content: AwaitedContent, wrong: Wrong) {
        let (Feed { partner, .. }, index) = (&content.feed, content.index);
        let (partner, Wrong { why, mut evidence, is_final }) = (partner.clone(), wrong);
        self.seen.wrong += 1;
        let to = self.truth.number(&partner);
        let what = format!("finds the content of entry {index} wrong: {why}");
        self.tell(&[site].into_iter().chain(to).collect::<Vec<_>>(), what);
        evidence.truncate(EVIDENCE);
        let event = Event::ContentWrong { feed: content.feed, index, why, evidence, is_final };
        self.tells_node(site, partner, event, Told::Wrong(is_final));
    }

    fn tells_node(&mut self, site: usize, partner: Party, event: Event, told: Told) {
        if let Some(fetcher) = self.fetcher(site, &partner) {
            fetcher.stage = Stage::Telling;
        }
        self.queue(site, event, Asker::Fetcher { partner, told });
    }

    /// What the node answers.
    pub(crate) fn fetcher_hears(&mut self, site: usize, partner: &Party, told: Told, answer: Result<Answer, Failure>) {
        let Some(here) = self.sites.get_mut(site) else { return };
        let Some(fetcher) = here.fetchers.get_mut(partner) else { return };
        if !matches!(fetcher.stage, Stage::Telling) {
            return;
        }
        let is_done = match (told, &answer) {
            (Told::Arrived(file), Ok(Answer::Arrived { is_wanted })) => {
                // Called back while its last piece came.
                if !is_wanted && let Some(reader) = here.disk.reader() {
                    let _ = reader.discard(&file);
                }
                true
            }
            (Told::Wrong(is_final), Ok(_)) => is_final,
            (Told::Withdrawn, Ok(_)) => true,
            (_, _) => false,
        };
        if is_done {
            fetcher.stage = Stage::Idle;
            fetcher.pauses.worked();
            here.room.fetched(partner);
        } else {
            self.is_still_missing(site, partner, Missing::Refused);
        }
        self.fetches_next(site, partner);
    }
}
