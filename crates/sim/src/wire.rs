//! The wire: bytes on their way between nodes, which may be lost, doubled, late, or overtake one another.

use std::collections::BTreeMap;

use entente_node::Lane;

use crate::{dice::Dice, plan::Weather};

/// What travels.
#[derive(Clone, Debug)]
pub enum Load {
    /// A package of a feed.
    Package(Vec<u8>),
    /// The answer to one: a receipt, or the word that it was not taken.
    Answer(Result<Vec<u8>, &'static str>),
    /// The question for a piece of a large content.
    Ask {
        /// SHA-256 of the content as it is sealed to who asks.
        sealed: [u8; 32],
        /// From which byte on.
        start: u64,
    },
    /// The answer to one.
    Piece(Piece),
}

impl Load {
    /// What it is, in words.
    pub fn what(&self) -> &'static str {
        match self {
            Self::Package(_) => "a package",
            Self::Answer(_) => "an answer",
            Self::Ask { .. } => "a question for a piece",
            Self::Piece(_) => "a piece",
        }
    }
}

/// What is given to who asks for a piece of a large content.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// The sender's word that it gives the content no longer.
    Withdrawn(Vec<u8>),
    /// Nothing, and why.
    Nothing(&'static str),
}

/// Something on the wire.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// From whom.
    pub from: usize,
    /// To whom.
    pub to: usize,
    /// In which lane.
    pub lane: Lane,
    /// Which question and answer belong together.
    pub exchange: u64,
    /// What.
    pub load: Load,
}

/// The wire.
pub struct Wire {
    dice: Dice,
    weather: Weather,
    /// Whether pieces take their time: each stands for the many that a content has elsewhere.
    drags: bool,
    parted: BTreeMap<(usize, usize), u64>,
}

impl Wire {
    /// A wire in fair weather.
    pub fn new(dice: Dice) -> Self {
        Self { dice, weather: Weather::FAIR, drags: true, parted: BTreeMap::new() }
    }

    /// Changes the weather.
    pub fn set(&mut self, weather: Weather) {
        self.weather = weather;
    }

    /// Parts two nodes until a time.
    pub fn part(&mut self, one: usize, other: usize, until: u64) {
        self.parted.insert((one.min(other), one.max(other)), until);
    }

    /// Mends everything.
    pub fn heal(&mut self) {
        (self.weather, self.drags) = (Weather::FAIR, false);
        self.parted.clear();
    }

    /// Whether anything passes between two nodes.
    pub fn passes(&self, one: usize, other: usize, now: u64) -> bool {
        self.parted.get(&(one.min(other), one.max(other))).is_none_or(|until| *until <= now)
    }

    /// How much longer than anything else a piece takes, in milliseconds.
    pub fn drag(&mut self) -> u64 {
        let most = self.dice.weighted(&[(4, 1000), (3, 10_000), (2, 45_000)]).unwrap_or(1000);
        if self.drags { self.dice.below(most) } else { 0 }
    }

    /// When something that is sent now arrives: never, once, or twice.
    pub fn arrivals(&mut self, now: u64) -> Vec<u64> {
        let Weather { loss, doubles, delay } = self.weather;
        let copies = if self.dice.percent(loss) { 0 } else { 1 + u64::from(self.dice.percent(doubles)) };
        (0..copies).map(|_| now + 1 + self.dice.below(delay)).collect()
    }
}
