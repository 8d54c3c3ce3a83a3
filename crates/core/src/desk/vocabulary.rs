//! The words that verdicts on some texts can turn on. Words that no text tells apart stand for one another, and one that
//! no text knows stands for all others, so that a few requests answer for every request.
//!
//! Nothing is weighed here. The key type is [`Vocabulary`].

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Channel, Level, Party, Purpose, Subject,
    agreement::{
        Agreement,
        clause::{Action, AllowedPurpose, Kind, Set},
    },
    label::Class,
    world::NationalRules,
};

/// Words that every text treats alike. The first stands for all of them when the judgement is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Words<T> {
    /// These, in order.
    Of(Vec<T>),
    /// Whatever no text names.
    Other,
}

impl<T: Clone + for<'a> From<&'a str>> Words<T> {
    /// The word that is asked about. No file can hold the one that stands for all others: it has a space.
    pub(super) fn asked(&self) -> T {
        match self {
            Self::Of(words) => words.first().cloned().unwrap_or_else(|| "any other".into()),
            Self::Other => "any other".into(),
        }
    }
}

/// The words that verdicts on some agreements can turn on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// National terms that some row knows, by party, the lowest first; a term at the highest level that it has.
    terms: BTreeMap<Party, Vec<String>>,
    /// Subjects; several at once where a record with all of them is asked about.
    pub(super) subjects: Vec<Words<Subject>>,
    pub(super) purposes: Vec<Words<Purpose>>,
    pub(super) channels: Vec<Words<Channel>>,
    /// Whether the subjects of a group are those of one record, and do not stand for one another.
    pub(super) one_record: bool,
}

/// Where a word occurs: number of the text, or of the party's rules, and of the clause or rule in it.
type Places = BTreeSet<(usize, usize)>;

impl Vocabulary {
    /// The words of `agreements` and of national rules.
    pub fn of<'a>(agreements: impl IntoIterator<Item = &'a Agreement>, national: &NationalRules) -> Self {
        let mut terms: BTreeMap<Party, BTreeMap<String, Level>> = BTreeMap::new();
        let mut subjects: BTreeMap<Subject, Places> = BTreeMap::new();
        let mut purposes: BTreeMap<Purpose, Places> = BTreeMap::new();
        let mut channels: BTreeMap<Channel, Places> = BTreeMap::new();
        let mut texts = 0;
        for agreement in agreements {
            for (position, clause) in agreement.clauses.iter().enumerate() {
                let place = (texts, position);
                match &clause.kind {
                    Kind::Scope { subjects: Set::Of(words), .. } => note(&mut subjects, words, place),
                    Kind::Purpose { allowed: AllowedPurpose::Of(words) } => note(&mut purposes, words, place),
                    Kind::Transmission { channels: words } => note(&mut channels, words, place),
                    Kind::Equivalence { rows, .. } => {
                        for row in rows {
                            for (party, names) in &row.terms {
                                // A term that is spelt like a level is read as that level in a label.
                                for name in names.iter().filter(|name| Level::from_banner(name).is_none()) {
                                    let known = terms.entry(party.clone()).or_default();
                                    let level = known.entry(name.clone()).or_insert(row.level);
                                    *level = row.level.max(*level);
                                }
                            }
                        }
                    }
                    _ => {}
                }
            }
            texts += 1;
        }
        for rules in national.values() {
            let delegated = rules.delegations.iter().map(|delegation| &delegation.subjects);
            let restricted = rules.restrictions.iter().map(|restriction| &restriction.subjects);
            for (position, set) in delegated.chain(restricted).enumerate() {
                if let Set::Of(words) = set {
                    note(&mut subjects, words, (texts, position));
                }
            }
            texts += 1;
        }
        let by_level = |named: BTreeMap<String, Level>| {
            let mut named: Vec<(String, Level)> = named.into_iter().collect();
            named.sort_by_key(|(_, level)| *level); // stable: of one level in the order of their letters
            named.into_iter().map(|(name, _)| name).collect()
        };
        Self {
            terms: terms.into_iter().map(|(party, named)| (party, by_level(named))).collect(),
            subjects: alike(subjects),
            purposes: alike(purposes),
            channels: alike(channels),
            one_record: false,
        }
    }

    /// The same for records that bear all of `subjects` and no other.
    #[must_use]
    pub fn about(mut self, subjects: Vec<Subject>) -> Self {
        (self.subjects, self.one_record) = (vec![Words::Of(subjects)], true);
        self
    }

    /// The same for one purpose.
    #[must_use]
    pub fn serving(mut self, purpose: Purpose) -> Self {
        self.purposes = vec![Words::Of(vec![purpose])];
        self
    }

    /// The classes that a record of `party` may bear: every level, then the party's own terms.
    pub fn classes(&self, party: &Party) -> Vec<Class> {
        let terms = self.terms.get(party).into_iter().flatten();
        Level::ALL.into_iter().map(Class::Level).chain(terms.cloned().map(Class::Term)).collect()
    }

    /// The subjects, in groups that no text tells apart.
    pub fn subjects(&self) -> &[Words<Subject>] {
        &self.subjects
    }

    /// The purposes.
    pub fn purposes(&self) -> &[Words<Purpose>] {
        &self.purposes
    }

    /// The channels.
    pub fn channels(&self) -> &[Words<Channel>] {
        &self.channels
    }

    /// How many requests one pair of parties takes, at most.
    pub fn size(&self) -> usize {
        let terms = self.terms.values().map(Vec::len).max().unwrap_or_default();
        [Level::ALL.len() + terms, self.subjects.len(), self.purposes.len(), self.channels.len(), Self::ACTIONS.len()]
            .into_iter()
            .fold(1, usize::saturating_mul)
    }

    /// The actions, the narrower first.
    pub const ACTIONS: [Action; 2] = [Action::Display, Action::Release];
}

fn note<T: Clone + Ord>(words: &mut BTreeMap<T, Places>, named: &[T], place: (usize, usize)) {
    for word in named {
        words.entry(word.clone()).or_default().insert(place);
    }
}

/// Words that occur in the same places together, and one group for all that occur nowhere.
fn alike<T: Clone + Ord>(words: BTreeMap<T, Places>) -> Vec<Words<T>> {
    let mut groups: BTreeMap<Places, Vec<T>> = BTreeMap::new();
    for (word, places) in words {
        groups.entry(places).or_default().push(word);
    }
    let mut groups: Vec<Words<T>> = groups.into_values().map(Words::Of).collect();
    groups.sort();
    groups.push(Words::Other);
    groups
}
