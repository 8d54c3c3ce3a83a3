//! One world, one holder, one recipient: the verdict on every class.
//!
//! Each gate is asked once for every part and every list (`decide::by_part`); a class then is a handful of table
//! lookups, and cover is an intersection of bit sets over the agreements between the two.

use super::{
    Question,
    holdings::{Class, Shelf, Source},
};
use crate::{
    Level, Party,
    decide::{
        Request, Verdict,
        by_part::{Authority, Between},
        decide,
    },
    label::Label,
    world::{Answers, Consent, World},
};

/// What the gates say of one record, or of several together, on its own account.
#[derive(Clone, Copy, Debug)]
struct Facts {
    /// Gates 1 and 3 pass.
    clear: bool,
    free: bool,
    classified: bool,
    /// The highest level; none for a term that nobody knows.
    level: Option<Level>,
}

impl Facts {
    /// Of no record at all.
    const NONE: Self = Self { clear: true, free: true, classified: false, level: Some(Level::Unclassified) };

    fn and(self, other: Self) -> Self {
        Self {
            clear: self.clear && other.clear,
            free: self.free && other.free,
            classified: self.classified || other.classified,
            level: self.level.zip(other.level).map(|(one, other)| one.max(other)),
        }
    }
}

/// The world as it is for records that no consent and no approval names.
pub(super) struct Plain<'a> {
    world: World<'a>,
    /// Standing consents: what they may touch is decided whole.
    standing: Vec<Consent>,
}

impl<'a> Plain<'a> {
    pub(super) fn of(world: &World<'a>) -> Self {
        let standing = world.consents.iter().filter(|consent| matches!(consent.answers, Answers::Standing { .. }));
        Self { world: World { consents: &[], approvals: &[], ..*world }, standing: standing.cloned().collect() }
    }

    /// The level of every part of a shelf.
    pub(super) fn levels(&self, shelf: &Shelf) -> Vec<Option<Level>> {
        shelf.parts.iter().map(|part| self.world.level_of(&part.label)).collect()
    }

    /// The verdict on every class of `shelf`, which `from` holds, going to `to`.
    pub(super) fn verdicts(
        &self,
        (from, shelf): (&Party, &Shelf),
        levels: &[Option<Level>],
        to: &Party,
        question: &Question<'_>,
    ) -> Vec<bool> {
        let Some(any) = shelf.samples.first() else { return Vec::new() };
        let request = question.request(any, from, to);
        let mut between = Between::new(&self.world, &request);
        let facts: Vec<Facts> = shelf
            .parts
            .iter()
            .zip(levels)
            .map(|(part, level)| Facts {
                clear: between.clears(part),
                free: part.label.is_free(),
                classified: part.label.is_classified(),
                level: *level,
            })
            .collect();
        // What neither of the two made counts as a foreign source; the rest they may themselves downgrade.
        let is_foreign: Vec<bool> =
            shelf.parts.iter().map(|part| part.originator != *from && part.originator != *to).collect();
        let foreign = |sources: &Vec<Source>| -> Vec<usize> {
            let parts = sources.iter().map(|source| source.part as usize);
            parts.filter(|part| is_foreign.get(*part) == Some(&true)).collect()
        };
        let foreign: Vec<Vec<usize>> = shelf.sources.iter().map(foreign).collect();
        let source_facts: Vec<Facts> = foreign
            .iter()
            .map(|parts| parts.iter().filter_map(|part| facts.get(*part)).fold(Facts::NONE, |all, one| all.and(*one)))
            .collect();
        let authority: Vec<Authority> = shelf.subjects.iter().map(|subjects| between.authority(subjects)).collect();

        let mut covered = vec![false; shelf.classes.len()];
        for first in (0..between.texts()).step_by(64) {
            let rows: Vec<u64> = shelf.parts.iter().map(|part| between.reaches(first, part)).collect();
            let source_rows: Vec<u64> = foreign
                .iter()
                .map(|parts| parts.iter().filter_map(|part| rows.get(*part)).fold(u64::MAX, |all, one| all & one))
                .collect();
            let scopes: Vec<u64> = shelf.subjects.iter().map(|subjects| between.takes(first, subjects)).collect();
            for (covered, Class { key, .. }) in covered.iter_mut().zip(&shelf.classes) {
                *covered |= at(&rows, key.part) & at(&source_rows, key.sources) & at(&scopes, key.subjects) != 0;
            }
        }

        let returns: Vec<bool> = shelf.parts.iter().map(|part| part.originator == *to).collect();
        let is_tlp: Vec<bool> = shelf.parts.iter().map(|part| matches!(part.label, Label::Tlp(_))).collect();
        let verdict = |(Class { key, .. }, covered): (&Class, bool)| {
            let (own, sources) = (facts.get(key.part as usize)?, source_facts.get(key.sources as usize)?);
            let all = own.and(*sources);
            let plain_tlp = at(&is_tlp, key.part) && !sources.classified;
            let needs_cover = !(all.free || plain_tlp || at(&returns, key.part));
            let authority = at(&authority, key.subjects);
            let delegated = all.level.zip(authority.delegated).is_some_and(|(level, max)| level <= max);
            Some(all.clear && (covered || !needs_cover) && !authority.restricted && (all.free || delegated))
        };
        let mut verdicts: Vec<bool> =
            shelf.classes.iter().zip(covered).map(|case| verdict(case).unwrap_or_default()).collect();
        self.decide_whole((from, shelf), to, question, &mut verdicts);
        verdicts
    }

    /// Decides the classes that a standing consent may touch as [`decide`] does.
    fn decide_whole(
        &self,
        (from, shelf): (&Party, &Shelf),
        to: &Party,
        question: &Question<'_>,
        verdicts: &mut [bool],
    ) {
        let touched: Vec<bool> = shelf
            .subjects
            .iter()
            .map(|list| {
                self.standing.iter().any(|consent| {
                    matches!(&consent.answers, Answers::Standing { subjects, to: whom, .. }
                        if subjects.holds_all(list) && whom.as_ref().is_none_or(|whom| whom == to))
                })
            })
            .collect();
        if !touched.contains(&true) {
            return;
        }
        let world = World { consents: &self.standing, ..self.world };
        let of_sources: Vec<bool> =
            shelf.sources.iter().map(|list| list.iter().any(|source| at(&touched, source.subjects))).collect();
        for ((verdict, Class { key, .. }), sample) in verdicts.iter_mut().zip(&shelf.classes).zip(&shelf.samples) {
            if at(&touched, key.subjects) || at(&of_sources, key.sources) {
                *verdict = permits(&world, &question.request(sample, from, to));
            }
        }
    }
}

/// Whether one record may go, by the judgement itself.
pub(super) fn permits(world: &World<'_>, request: &Request<'_>) -> bool {
    decide(world, request).verdict() == Verdict::Permit
}

/// The entry of a table for an interned number; every number was given out by the shelf that the table is made from.
fn at<T: Copy + Default>(table: &[T], number: u32) -> T {
    table.get(number as usize).copied().unwrap_or_default()
}
