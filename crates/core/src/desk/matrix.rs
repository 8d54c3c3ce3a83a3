//! Who may give whom up to which level, and under which text: one cell for each ordered pair of parties.
//!
//! Each cell rests on the judgement, asked about each text alone. The key type is [`Cell`].

use std::collections::BTreeSet;

use super::{
    MAXIMUM_REQUESTS, TooMany,
    area::{Area, areas},
    ordered_pairs,
    probe::{Probe, Reach},
};
use crate::{
    AgreementId, ClauseId, Level, Party,
    agreement::{
        Agreement, Basis,
        clause::{AllowedPurpose, Citation, Clause, Kind},
    },
    decide::{Block, Gate, Pass},
    time::day_of,
};

/// What one party may give another.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The holder.
    pub from: Party,
    /// The recipient.
    pub to: Party,
    /// Each text that could cover and has both as parties, by id.
    pub texts: Vec<Entry>,
}

/// What one text alone allows between two parties.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The text.
    pub agreement: AgreementId,
    /// The highest level; none when it allows nothing, or national terms alone.
    pub ceiling: Option<Level>,
    /// Everything that it allows.
    pub areas: Vec<Area>,
    /// The equivalence clauses that this rests on, also those of texts that it relies on.
    pub cover: BTreeSet<Citation>,
    /// The clauses among those that it rests on whose wording is an assumption.
    pub assumed: BTreeSet<Citation>,
    /// Whether the channels, or the purposes, are limited.
    pub is_routed: bool,
    /// Whether a standing delegation holds for all of it, so that no person is needed.
    pub is_delegated: bool,
    /// Where it allows nothing: what blocks the request that came furthest.
    pub blocked: Option<Block>,
}

impl Cell {
    /// The entries that allow something.
    pub fn open(&self) -> impl Iterator<Item = &Entry> {
        self.texts.iter().filter(|entry| !entry.areas.is_empty())
    }

    /// The highest level under any text.
    pub fn ceiling(&self) -> Option<Level> {
        self.open().filter_map(|entry| entry.ceiling).max()
    }

    /// Where no text allows anything: of what blocks, that of the text that came furthest.
    pub fn blocked(&self) -> Option<&Block> {
        if self.open().next().is_some() {
            return None;
        }
        self.texts.iter().filter_map(|entry| entry.blocked.as_ref()).max_by_key(|block| distance(block))
    }
}

/// One cell for each ordered pair of `parties`.
///
/// # Errors
/// When that would take too many requests.
pub fn matrix(probe: &Probe<'_>, parties: &BTreeSet<Party>) -> Result<Vec<Cell>, TooMany> {
    let pairs = ordered_pairs(parties);
    let day = day_of(probe.at);
    let texts = |from: &Party, to: &Party| {
        let all = probe.world.agreements.values();
        all.filter(|text| text.may_cover() && text.has_party(from, day) && text.has_party(to, day)).collect::<Vec<_>>()
    };
    let asked: usize = pairs.iter().map(|(from, to)| texts(from, to).len()).sum();
    let requests = asked.saturating_mul(probe.vocabulary.size());
    if requests > MAXIMUM_REQUESTS {
        return Err(TooMany { requests });
    }
    let cells = pairs.into_iter().map(|(from, to)| Cell {
        from: from.clone(),
        to: to.clone(),
        texts: texts(from, to).into_iter().map(|text| entry(probe, from, to, text)).collect(),
    });
    Ok(cells.collect())
}

fn entry(probe: &Probe<'_>, from: &Party, to: &Party, text: &Agreement) -> Entry {
    let reach = probe.reach(from, to, Some(std::slice::from_ref(&text.id)));
    let areas = areas(reach.permitted().map(|(point, _)| point));
    let cover = cited(&reach);
    let (purposes, channels) = (probe.vocabulary.purposes().len(), probe.vocabulary.channels().len());
    let is_routed = areas.iter().any(|area| area.purposes.len() < purposes || area.channels.len() < channels);
    let is_delegated =
        reach.permitted().all(|(_, decision)| decision.passed.contains(&(Gate::Authority, Pass::Delegated)));
    // What stops a request first is what it is about; the request that came furthest tells most.
    let blocks = reach.answers.iter().filter_map(|(_, decision)| decision.blocked.first());
    Entry {
        agreement: text.id.clone(),
        ceiling: reach.ceiling(),
        assumed: assumed(probe, text, &cover),
        is_delegated: is_delegated && !areas.is_empty(),
        is_routed,
        blocked: if areas.is_empty() { blocks.max_by_key(|block| distance(block)).cloned() } else { None },
        areas,
        cover,
    }
}

/// The equivalence clauses that the permitted requests rest on.
pub(super) fn cited(reach: &Reach) -> BTreeSet<Citation> {
    let covers = reach.permitted().flat_map(|(_, decision)| &decision.cover);
    let cited = covers.filter_map(|cover| {
        let agreement = cover.taken_from.as_ref().unwrap_or(&cover.agreement).clone();
        Some(Citation { agreement, clause: Some(cover.clause.clone()?) })
    });
    cited.collect()
}

/// Of the clauses that let a request through (scope, equivalence, channels, purposes) those that are assumed.
fn assumed(probe: &Probe<'_>, text: &Agreement, cover: &BTreeSet<Citation>) -> BTreeSet<Citation> {
    let lets_through = |clause: &&Clause| {
        matches!(
            clause.kind,
            Kind::Scope { .. } | Kind::Transmission { .. } | Kind::Purpose { allowed: AllowedPurpose::Of(_) }
        ) && clause.basis == Basis::Assumed
    };
    let cite = |agreement: &AgreementId, clause: &ClauseId| Citation {
        agreement: agreement.clone(),
        clause: Some(clause.clone()),
    };
    let own = text.clauses.iter().filter(lets_through).map(|clause| cite(&text.id, &clause.id));
    let is_assumed = |citation: &&Citation| {
        let agreement = probe.world.agreements.get(&citation.agreement);
        agreement.into_iter().flat_map(|agreement| &agreement.clauses).any(|clause| {
            Some(&clause.id) == citation.clause.as_ref()
                && matches!(clause.kind, Kind::Equivalence { .. })
                && clause.basis == Basis::Assumed
        })
    };
    own.chain(cover.iter().filter(is_assumed).cloned()).collect()
}

/// How far a request came that this blocks: by its gate, and for cover in the order in which a text fails.
fn distance(block: &Block) -> (Gate, usize) {
    const COVER: [&str; 6] =
        ["no-agreement", "not-in-force", "disputed", "out-of-scope", "no-equivalent", "above-ceiling"];
    let code = block.reason.code();
    (block.reason.gate(), COVER.iter().position(|cover| *cover == code).unwrap_or_default())
}
