//! Random worlds: agreements and national rules as the texts of their files, and one request line.
//!
//! They are small and crowded: few subjects, purposes and days, so that things meet. About half of what is drawn is kind
//! to the request (a text in force, a wide scope, a list that names the recipient); the rest is whatever comes.

mod agreement;
pub mod history;
mod label;
mod national;
mod request;

use std::fmt;

use entente_core::world::{Agreements, NationalRules};
use jiff::{ToSpan, civil::Date};
use proptest::{
    prelude::{Just, Strategy, prop_oneof},
    sample::{select, subsequence},
    strategy::{BoxedStrategy, ValueTree},
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};

use self::{
    agreement::agreement,
    national::{national, national_head},
    request::request,
};
use super::{shrink::shrink, text};

/// The parties that a world draws from.
pub const PARTIES: [&str; 8] = ["AUS", "CAN", "FRA", "GBR", "JPN", "KOR", "NZL", "USA"];
const SUBJECTS: [&str; 3] = ["missile", "nuclear", "cyber"];
const PURPOSES: [&str; 3] = ["warning", "planning", "training"];
const CHANNELS: [&str; 2] = ["government-to-government", "courier"];
/// The days of the requests: ordinary ones, and those around a leap day.
const DAYS: [&str; 5] = ["2024-02-29", "2025-02-28", "2024-03-01", "2026-11-20", "2023-02-28"];

/// A world and what is asked in it.
#[derive(Clone)]
pub struct World {
    /// Its parties.
    pub parties: Vec<&'static str>,
    /// The texts of the agreement files.
    pub agreements: Vec<String>,
    /// The texts of the national files.
    pub national: Vec<String>,
    /// The request line.
    pub request: Value,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for text in self.agreements.iter().chain(&self.national) {
            writeln!(f, "\n----\n{text}")?;
        }
        write!(f, "\n----\n{:#}", self.request)
    }
}

impl World {
    /// The agreements as the twin reads them.
    pub fn plain_agreements(&self) -> Vec<text::Agreement> {
        self.agreements.iter().map(|text| toml::from_str(text).unwrap()).collect()
    }

    /// The national rules as the twin reads them.
    pub fn plain_national(&self) -> Vec<text::National> {
        self.national.iter().map(|text| toml::from_str(text).unwrap()).collect()
    }

    /// The agreements and national rules as the implementation reads them. `None` when there is an error in them: while a
    /// world shrinks, a text may lose what another one needs.
    pub fn parsed(&self) -> Option<(Agreements, NationalRules)> {
        let files: Vec<_> = self.agreements.iter().enumerate().map(|(n, text)| (n.to_string(), text)).collect();
        let set = entente_formats::agreement::parse_set(&files).ok()?;
        let rules: Option<Vec<_>> =
            self.national.iter().map(|text| entente_formats::national::parse(text).ok()).collect();
        Some((set.agreements, rules?.into_iter().map(|rules| (rules.party.clone(), rules)).collect()))
    }

    /// The same request for every pair of parties and both actions.
    pub fn requests(&self) -> Vec<Value> {
        let pairs = self.parties.iter().flat_map(|from| self.parties.iter().map(move |to| (from, to)));
        let pairs = pairs.filter(|(from, to)| from != to);
        let cases = pairs.flat_map(|pair| ["release", "display"].map(|action| (pair, action)));
        cases
            .map(|((from, to), action)| {
                let mut request = self.request.clone();
                request["from"] = json!(from);
                request["to"] = json!(to);
                request["action"] = json!(action);
                request
            })
            .collect()
    }
}

/// What draws worlds: as many as are wanted, though a label is often drawn again.
pub fn runner() -> TestRunner {
    TestRunner::new(Config { failure_persistence: None, max_local_rejects: u32::MAX, ..Config::default() })
}

/// Draws as many worlds as `PROPTEST_CASES` says or its default, times or divided by something, until one is bad; that one
/// made small.
pub fn find(worlds: &BoxedStrategy<World>, count: impl Fn(u32) -> u32, bad: impl Fn(&World) -> bool) -> Option<World> {
    let mut runner = runner();
    let count = count(runner.config().cases);
    let mut drawn = (0..count).map(|_| worlds.new_tree(&mut runner).unwrap().current());
    drawn.find(&bad).map(|world| shrink(world, bad))
}

/// All worlds.
pub fn worlds() -> BoxedStrategy<World> {
    let parties = prop_oneof![
        4 => subsequence(&PARTIES[..], 2..=3),
        2 => subsequence(&PARTIES[..], 4..=5),
        1 => subsequence(&PARTIES[..], 6..=8),
    ];
    (parties, 0..=6_usize, select(&DAYS[..]))
        .prop_flat_map(|(parties, count, today)| {
            let scene = Scene {
                parties,
                agreements: (0..count).map(|number| format!("pact-{number}")).collect(),
                today: today.parse().unwrap(),
            };
            let texts: Vec<_> = (0..count).map(|number| agreement(&scene, number)).collect();
            let national: Vec<_> = scene.parties.iter().map(|party| national(&scene, party)).collect();
            (Just(scene.parties.clone()), texts, national, request(&scene))
        })
        .prop_map(|(parties, agreements, national, request)| {
            // A party is known by its rules or by a text that it is a party of.
            let is_known = |party: &str| agreements.iter().any(|text| text.contains(&format!("{party:?}")));
            let national = parties
                .iter()
                .zip(national)
                .filter_map(|(party, rules)| rules.or_else(|| (!is_known(party)).then(|| national_head(party))));
            let national = national.collect();
            World { parties, agreements, national, request }
        })
        .boxed()
}

/// What the parts of a world have in common.
#[derive(Clone)]
struct Scene {
    parties: Vec<&'static str>,
    agreements: Vec<String>,
    today: Date,
}

impl Scene {
    fn party(&self) -> impl Strategy<Value = &'static str> + use<> {
        select(self.parties.clone())
    }

    fn some_parties(&self, least: usize) -> impl Strategy<Value = Vec<&'static str>> + use<> {
        let count = self.parties.len();
        subsequence(self.parties.clone(), least.min(count)..=count)
    }
}

fn quoted<T: AsRef<str>>(words: &[T]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("{:?}", word.as_ref())).collect();
    format!("[{}]", words.join(", "))
}

/// Some of the words, at least one; or any.
fn some_of(words: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![2 => Just(vec!["*"]), 1 => subsequence(words, 1..=words.len())]
}

fn actions() -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(&["release", "display"][..], 1..=2)
}

fn action() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("release"), 1 => Just("display")]
}

fn day_before(today: Date, days: i32) -> Date {
    today.checked_sub(days.days()).unwrap()
}

const LEVELS: [&str; 4] = ["RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP SECRET"];

/// The terms of a country for a level. France has two words for one level; that of Canada is never in a row.
fn terms(country: &str, level: &str) -> Vec<&'static str> {
    match (country, level) {
        ("JPN", "TOP SECRET") => vec!["機密"],
        ("JPN", "SECRET") => vec!["極秘", "特定秘密"],
        ("JPN", "CONFIDENTIAL") => vec!["秘"],
        ("KOR", "SECRET") => vec!["군사II급비밀"],
        ("KOR", "CONFIDENTIAL") => vec!["군사III급비밀"],
        ("FRA", "SECRET") => vec!["SECRET DEFENSE", "TRÈS SECRET"],
        ("AUS", "RESTRICTED") => vec!["PROTECTED"],
        _ => vec![],
    }
}
