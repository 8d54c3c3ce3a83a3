//! Which records may have a word: an index of the runs of three bytes in what is searched. It finds too many rather than too
//! few, for runs share buckets and a record stays under the label that it had; what it finds is read.
//!
//! Key type: [`Words`].

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use entente_core::whatif::ClassId;
use foldhash::fast::FixedState;
use roaring::{MultiOps, RoaringBitmap};

use crate::page::Place;

/// How long a run is, in bytes: one letter of Chinese or Japanese, three of Latin.
const RUN: usize = 3;

/// The index. Records have numbers in it, in the order in which they came.
#[derive(Default)]
pub(crate) struct Words {
    places: Vec<Place>,
    /// By the hash of a run, so that no title, of whatever letters, makes more than these of them.
    buckets: HashMap<u16, RoaringBitmap, FixedState>,
    /// The records of each class that decides who may see them. One without is in none, and is asked itself.
    classes: BTreeMap<ClassId, RoaringBitmap>,
}

impl Words {
    /// A new record at a place; its number.
    pub(crate) fn enter(&mut self, place: Place) -> u32 {
        // No memory holds four thousand million records.
        let number = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.places.push(place);
        number
    }

    /// What is searched for a record, in small letters.
    pub(crate) fn learn(&mut self, number: u32, text: &str) {
        for bucket in buckets(text) {
            self.buckets.entry(bucket).or_default().insert(number);
        }
    }

    /// What decides who may see a record, in place of what did so before.
    pub(crate) fn classify(&mut self, number: u32, before: Option<ClassId>, class: Option<ClassId>) {
        if let Some(records) = before.and_then(|before| self.classes.get_mut(&before)) {
            records.remove(number);
        }
        if let Some(class) = class {
            self.classes.entry(class).or_default().insert(number);
        }
    }

    /// Where the records are that may have all of these words, in small letters, but for those of a class that may not be seen, as one of
    /// them tells. `None` when the words are too short to go by, or there are more than `most`.
    pub(crate) fn with<'w>(
        &self,
        words: impl IntoIterator<Item = &'w str>,
        most: usize,
        mut may_be_seen: impl FnMut(ClassId, &Place) -> bool,
    ) -> Option<Vec<&Place>> {
        let mut wanted: Vec<u16> = words.into_iter().flat_map(buckets).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return None;
        }
        let nothing = RoaringBitmap::new();
        let mut found = wanted.iter().map(|bucket| self.buckets.get(bucket).unwrap_or(&nothing)).intersection();
        for (class, records) in &self.classes {
            let one = records.min().filter(|_| !found.is_disjoint(records));
            if let Some(place) = one.and_then(|one| self.place(one))
                && !may_be_seen(*class, place)
            {
                found -= records;
            }
        }
        let is_few = found.len() <= u64::try_from(most).unwrap_or(u64::MAX);
        is_few.then(|| found.into_iter().filter_map(|number| self.place(number)).collect())
    }

    fn place(&self, number: u32) -> Option<&Place> {
        self.places.get(number as usize)
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Words").field("records", &self.places.len()).finish_non_exhaustive()
    }
}

/// The buckets of all runs of a text. Whoever chooses words so that theirs are the same makes a search read more, as far as a
/// page reads, and no more than whoever repeats a word.
fn buckets(text: &str) -> impl Iterator<Item = u16> {
    text.as_bytes().windows(RUN).map(|run| {
        let run = run.iter().fold(0_u32, |run, byte| run << 8 | u32::from(*byte));
        // Of Knuth's multiplicative hash the upper half.
        (run.wrapping_mul(0x9E37_79B1) >> 16) as u16
    })
}

#[cfg(test)]
mod tests {
    use entente_core::{Label, Record, label::Tlp, record::Status, whatif::Holdings};
    use proptest::prelude::*;

    use super::*;

    fn place(number: usize) -> Place {
        Place { entered: number as i64, originator: "KOR".into(), id: "R".into() }
    }

    fn found(index: &Words, words: &[&str]) -> Option<Vec<i64>> {
        let found = index.with(words.iter().copied(), usize::MAX, |_, _| true)?;
        Some(found.into_iter().map(|place| place.entered).collect())
    }

    #[test]
    fn a_word_is_found_in_its_records_alone() {
        let mut index = Words::default();
        for (number, text) in ["track 700 chōshi", "track 701", "銚子沖 の航跡"].iter().enumerate() {
            let number = index.enter(place(number));
            index.learn(number, text);
        }
        assert_eq!(found(&index, &["track"]), Some(vec![0, 1]));
        assert_eq!(found(&index, &["track", "700"]), Some(vec![0]));
        assert_eq!(found(&index, &["ack 701"]), Some(vec![1]));
        assert_eq!(found(&index, &["沖"]), Some(vec![2]));
        assert_eq!(found(&index, &["submarine"]), Some(vec![]));
        assert_eq!(found(&index, &["70", "a"]), None, "too short to go by");
        // A new label: it is under both.
        index.learn(1, "secret");
        assert_eq!(found(&index, &["secret", "track"]), Some(vec![1]));
    }

    #[test]
    fn what_may_not_be_seen_counts_for_nothing() {
        let mut holdings = Holdings::default();
        let mut class = |label: Label| {
            let record = Record {
                id: "R".into(),
                label,
                originator: "KOR".into(),
                subjects: Vec::new(),
                status: Status::Actual,
                custody: Vec::new(),
                distribution: Vec::new(),
                derived_from: Vec::new(),
                versions: Vec::new(),
            };
            holdings.add(&"KOR".into(), &record).unwrap()
        };
        let (seen, unseen) = (class(Label::Tlp(Tlp::Green)), class(Label::Tlp(Tlp::Amber)));
        let mut index = Words::default();
        for number in 0..100 {
            let class = if number % 50 == 0 { seen } else { unseen };
            let number = index.enter(place(number));
            index.learn(number, "track");
            index.classify(number, None, Some(class));
        }
        let found = |index: &Words, most: usize| {
            let found = index.with(["track"], most, |class, _| class == seen)?;
            Some(found.into_iter().map(|place| place.entered).collect::<Vec<_>>())
        };
        assert_eq!(found(&index, 2), Some(vec![0, 50]));
        assert_eq!(found(&index, 1), None, "too many");
        index.classify(0, Some(seen), Some(unseen));
        index.classify(1, Some(unseen), None);
        assert_eq!(found(&index, 2), Some(vec![1, 50]), "one without a class is asked itself");
    }

    proptest! {
        #[test]
        fn no_record_that_has_the_words_is_missed(
            texts in proptest::collection::vec("[ab日 ]{0,12}", 1..20),
            words in proptest::collection::vec("[ab日]{1,4}", 1..3),
        ) {
            let mut index = Words::default();
            for (number, text) in texts.iter().enumerate() {
                let number = index.enter(place(number));
                index.learn(number, text);
            }
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            if let Some(found) = found(&index, &words) {
                let have = |text: &String| words.iter().all(|word| text.contains(word));
                let missed = texts.iter().enumerate().find(|(at, text)| have(text) && !found.contains(&(*at as i64)));
                prop_assert_eq!(missed, None);
            }
        }
    }
}
