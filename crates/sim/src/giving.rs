//! Who gives pieces of large contents, as `entente_server::contents` does: the node decides again at each, and then it is read
//! and sealed. And what a liar gives instead, or asks for.

use entente_formats::wire::{Canonical, Entry, Withdrawal, payload};
use entente_node::{Answer, Event, content::OfferedContent, lane::origin};
use entente_seal::content::{SEALED_CHUNK_LENGTH, Travelling};
use entente_server::{
    pieces::{self, Given},
    turn::Failure,
};
use entente_store::OfferedRow;

use crate::{
    dice::Dice,
    invariants::{self as must, Violation},
    lies::{LIES, flipped},
    simulation::Simulation,
    site::Asker,
    wire::{Load, Parcel, Piece},
};

/// How many chunks a piece has here: few, so that a content of some hundred kilobytes has several.
const CHUNKS: u32 = 1;

/// A question for a piece, while the node decides.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// Who asks.
    pub from: usize,
    /// Which exchange.
    pub exchange: u64,
    /// The content.
    pub row: OfferedRow,
    /// From which byte on.
    pub start: u64,
}

impl Simulation {
    /// A partner asks for a piece.
    pub(crate) fn is_asked(&mut self, parcel: Parcel) {
        let Parcel { from, to: site, lane, exchange, load } = parcel;
        let Load::Ask { sealed, start } = load else { return };
        let Some(partner) = self.truth.parties.get(from) else { return };
        let Some(here) = self.sites.get(site).filter(|site| site.node.is_some()) else { return };
        let Some(reader) = here.disk.reader() else { return };
        let nothing = match pieces::asked_for(reader, partner, &sealed) {
            Ok(Some((row, entry))) => {
                let OfferedContent { feed, index, .. } = row.content.clone();
                let has_key = row.key.is_some();
                let question = Question { from, exchange, row, start };
                let asked = Event::Fetch { feed, index, entry, has_key };
                return self.queue(site, asked, Asker::Piece(Box::new(question)));
            }
            Ok(None) => "no such content",
            Err(_) => "not given; ask again later",
        };
        let load = Load::Piece(Piece::Nothing(nothing));
        self.dispatch(Parcel { from: site, to: from, lane, exchange, load });
    }

    /// The node has decided: what may leave is read now.
    pub(crate) fn gives_piece(
        &mut self,
        site: usize,
        question: Question,
        answer: Result<Answer, Failure>,
    ) -> Result<(), Violation> {
        let Question { from, exchange, row, start } = question;
        let Some(here) = self.sites.get(site) else { return Ok(()) };
        let us = &here.keys.party;
        let piece = match (answer, here.disk.reader()) {
            (Ok(Answer::Fetch(Entry::Envelope(_))), Some(reader)) => {
                match pieces::piece_of(reader, &row, us, start, CHUNKS) {
                    Ok(Given::Piece(bytes, _)) => Piece::Bytes(bytes),
                    Ok(Given::NoSuchPiece(_)) => Piece::Nothing("no such piece"),
                    Ok(_) => Piece::Nothing("no such content"),
                    Err(_) => Piece::Nothing("not given; ask again later"),
                }
            }
            (Ok(Answer::Fetch(Entry::Withdrawn(signed))), _) => Piece::Withdrawn(signed.to_bytes()),
            (Err(_), _) => Piece::Nothing("refused"),
            _ => Piece::Nothing("no such content"),
        };
        if let (Piece::Bytes(_), Some(facts)) = (&piece, self.truth.facts.get(site)) {
            must::a_piece_goes_to_whom_it_is_for(facts, us, self.truth.parties.get(from), &row.content)?;
            self.seen.pieces += 1;
        }
        let lane = row.content.feed.lane;
        let piece = self.lies_in_a_piece(site, from, &row, start, piece);
        self.dispatch(Parcel { from: site, to: from, lane, exchange, load: Load::Piece(piece) });
        Ok(())
    }

    /// What leaves for a piece: the piece, or a lie.
    fn lies_in_a_piece(&mut self, site: usize, to: usize, row: &OfferedRow, start: u64, piece: Piece) -> Piece {
        if !self.truth.liars.contains(&site) || self.has_healed || !self.dice.percent(LIES) {
            return piece;
        }
        let Piece::Bytes(bytes) = piece else { return piece };
        let lie = self.other_piece(site, row, start, &bytes);
        let (piece, what) = lie.unwrap_or((Piece::Bytes(bytes), "nothing but the truth"));
        self.tell(&[site, to], format!("lies about the content of entry {}: {what}", row.content.index));
        piece
    }

    fn other_piece(
        &mut self,
        site: usize,
        row: &OfferedRow,
        start: u64,
        bytes: &[u8],
    ) -> Option<(Piece, &'static str)> {
        let now = self.clock(site).as_second();
        let (here, dice) = (self.sites.get(site)?, &mut self.dice);
        let OfferedContent { feed, index, leaf, .. } = &row.content;
        Some(match dice.below(9) {
            0 => (Piece::Bytes(flipped(bytes.to_vec(), dice)), "a byte altered"),
            1 => (Piece::Bytes(bytes.get(..dice.index(bytes.len()))?.to_vec()), "cut short"),
            2 => (Piece::Bytes(bytes.repeat(8)), "more than there is"),
            3 => (Piece::Bytes(dice.bytes(bytes.len())), "noise"),
            4 => {
                let chunk = u64::try_from(SEALED_CHUNK_LENGTH).ok()?;
                let other = if start == 0 { chunk } else { 0 };
                let given = pieces::piece_of(here.disk.reader()?, row, &here.keys.party, other, CHUNKS);
                let Ok(Given::Piece(other, _)) = given else { return None };
                (Piece::Bytes(other), "another piece")
            }
            5 | 6 => (Piece::Bytes(sealed_otherwise(row, here.keys.party.as_str(), start, dice)?), "another content"),
            7 => (Piece::Bytes(Vec::new()), "no bytes"),
            _ => {
                let origin = origin(&here.keys.party, &feed.partner, feed.lane);
                let word = Withdrawal { origin, index: *index, leaf: *leaf, at: now };
                let by_stranger = dice.percent(50);
                let stranger = here.keys.stranger(dice);
                let signer = if by_stranger { &stranger } else { &here.keys };
                let signed = signer.sign(payload::WITHDRAWAL, word.to_bytes()).ok()?;
                (Piece::Withdrawn(signed.to_bytes()), "that it gives it no longer")
            }
        })
    }

    /// What a liar asks for in the place of a piece: something that was sealed for another, or from a byte where none begins.
    pub(crate) fn asks_falsely(&mut self, site: usize, of: usize, sealed: [u8; 32], start: u64) -> ([u8; 32], u64) {
        if !self.truth.liars.contains(&site) || self.has_healed || !self.dice.percent(LIES) {
            return (sealed, start);
        }
        let Some(facts) = self.truth.facts.get(of) else { return (sealed, start) };
        let all: Vec<[u8; 32]> = facts.contents.offered.values().map(|offered| offered.content.sealed).collect();
        let dice = &mut self.dice;
        match dice.below(3) {
            0 => (dice.pick(&all).copied().unwrap_or(sealed), start),
            1 => (sealed, start.saturating_add(dice.below(10))),
            _ => (sealed, dice.below(u64::MAX)),
        }
    }
}

/// Another content's chunk in the same place, under the right key: it opens, and the whole is not what was signed.
fn sealed_otherwise(row: &OfferedRow, us: &str, start: u64, dice: &mut Dice) -> Option<Vec<u8>> {
    let OfferedContent { feed, digest, length, .. } = &row.content;
    let way = Travelling::new(row.key.as_ref()?, us, feed.partner.as_str(), digest, *length).ok()?;
    let index = u32::try_from(start / u64::try_from(SEALED_CHUNK_LENGTH).ok()?).ok()?;
    let mut chunk = dice.bytes(way.content_in(index));
    way.seal(index, &mut chunk).ok()?;
    Some(chunk)
}
