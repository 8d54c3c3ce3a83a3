//! What a run does to its nodes: steps at set times, drawn before it begins, so that any of them can be left out.

use crate::{dice::Dice, disk::Failing};

/// How long trouble lasts, in milliseconds.
const TROUBLE: u64 = 300_000;
/// How far a clock may jump, in milliseconds: forty days.
const JUMP: u64 = 40 * 86_400_000;

/// A step of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// People of a party ask their node for something.
    People(usize),
    /// A node crashes at its next turn, or at once.
    Crash(usize, Crash),
    /// A node's disk fails once, at its next turn.
    Fails(usize, Failing),
    /// A node's disk is full for a while.
    Full(usize, u64),
    /// A node's clock jumps to this distance from the true time.
    Clock(usize, i64),
    /// Nothing passes between two parties for a while.
    Parted(usize, usize, u64),
    /// The wire gets better or worse.
    Weather(Weather),
    /// A node's disk is copied.
    BackUp(usize),
    /// A node keeps only so many bytes of each partner for a while.
    Quota(usize, u64, u64),
    /// A node goes on from that copy: by asking its partners first, or as if nothing had happened since.
    Restore(usize, bool),
}

/// Where a crash falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// Between two turns, with whatever is under way.
    Now,
    /// When the node has made up its batch, and before anything is kept.
    BeforeKeeping,
    /// When it is kept, and before anybody is answered.
    AfterKeeping,
    /// When the first half of the askers is answered.
    AmongAnswers,
}

/// What the wire does to what is on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weather {
    /// How many of a hundred are lost.
    pub loss: u64,
    /// How many of a hundred arrive twice.
    pub doubles: u64,
    /// The longest way, in milliseconds; each takes its own, so that one overtakes another.
    pub delay: u64,
}

impl Weather {
    /// Nothing lost, nothing doubled, little delay.
    pub const FAIR: Self = Self { loss: 0, doubles: 0, delay: 20 };
}

/// The steps of a run, with their times in milliseconds.
#[derive(Clone, Debug)]
pub struct Plan {
    /// A step's place names it, also when others are left out.
    pub steps: Vec<(u64, Step)>,
    /// Who lies.
    pub liars: Vec<usize>,
    /// When the trouble ends.
    pub end: u64,
}

impl Plan {
    /// Some nodes have quotas for a while: drawn apart, so that everything else is as it would be without.
    pub fn draw_quotas(&mut self, dice: &mut Dice, parties: usize) {
        if dice.percent(30) {
            for _ in 0..dice.between(1, 4) {
                let (who, at) = (dice.index(parties), dice.below(self.end));
                self.steps.push((at, Step::Quota(who, dice.between(2_000, 40_000), dice.between(1000, TROUBLE / 4))));
            }
        }
    }

    /// Whether a node goes on from a back-up at some time.
    pub fn restores(&self) -> bool {
        self.steps.iter().any(|(_, step)| matches!(step, Step::Restore(..)))
    }

    /// Draws a plan for that many parties.
    pub fn draw(dice: &mut Dice, parties: usize) -> Self {
        let liars = if parties > 2 && dice.percent(40) { vec![dice.index(parties)] } else { Vec::new() };
        let mut steps = Vec::new();
        let mut at = 0;
        let count = dice.between(25, 45 + 8 * u64::try_from(parties).unwrap_or(2));
        let is_calm = dice.percent(15);
        for _ in 0..count {
            at += dice.below(2 * TROUBLE / count);
            steps.push((at, step(dice, parties, is_calm)));
        }
        if dice.percent(30) {
            let who = dice.index(parties);
            let first = dice.below(at);
            steps.push((first, Step::BackUp(who)));
            let later = first + dice.below(at - first);
            steps.push((later, Step::Restore(who, dice.percent(70))));
        }
        steps.sort_by_key(|(at, _)| *at);
        Self { steps, liars, end: at + 1000 }
    }
}

fn step(dice: &mut Dice, parties: usize, is_calm: bool) -> Step {
    let who = dice.index(parties);
    let trouble = if is_calm { 0 } else { 1 };
    let while_ = |dice: &mut Dice| dice.between(1000, TROUBLE / 4);
    match dice.weighted(&[
        (22, 0),
        (3 * trouble, 1),
        (trouble, 2),
        (trouble, 3),
        (trouble, 4),
        (trouble, 5),
        (trouble, 6),
    ]) {
        Some(1) => {
            let crash = [Crash::Now, Crash::BeforeKeeping, Crash::AfterKeeping, Crash::AmongAnswers];
            Step::Crash(who, dice.pick(&crash).copied().unwrap_or(Crash::Now))
        }
        Some(2) => Step::Fails(who, if dice.percent(50) { Failing::Written } else { Failing::NotWritten }),
        Some(3) => Step::Full(who, while_(dice)),
        Some(4) => {
            let far = i64::try_from(dice.below(2 * JUMP)).unwrap_or_default() - i64::try_from(JUMP).unwrap_or_default();
            Step::Clock(who, if dice.percent(60) { far / 20_000 } else { far })
        }
        Some(5) => Step::Parted(who, (who + 1 + dice.index(parties - 1)) % parties, while_(dice)),
        Some(6) => Step::Weather(Weather {
            loss: dice.below(40),
            doubles: dice.below(30),
            delay: dice.weighted(&[(3, 50), (2, 1000), (1, 20_000)]).unwrap_or(50),
        }),
        _ => Step::People(who),
    }
}
