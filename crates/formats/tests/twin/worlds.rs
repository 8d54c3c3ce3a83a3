//! Random worlds: agreements and national rules as the texts of their files, and one request line.
//!
//! They are small and crowded: few subjects, purposes and days, so that things meet. About half of what is drawn is kind
//! to the request (a text in force, a wide scope, a list that names the recipient); the rest is whatever comes.

use std::fmt;

use entente_core::world::{Agreements, NationalRules};
use jiff::{ToSpan, civil::Date};
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop_oneof},
    sample::{select, subsequence},
    strategy::{BoxedStrategy, Union, ValueTree},
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};

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

/// Draws worlds, as many as `PROPTEST_CASES` says or its default, until one is bad; that one made small.
pub fn find(bad: impl Fn(&World) -> bool) -> Option<World> {
    let config = Config { failure_persistence: None, ..Config::default() };
    let cases = config.cases;
    let mut runner = TestRunner::new(config);
    let worlds = worlds();
    let mut drawn = (0..cases).map(|_| worlds.new_tree(&mut runner).unwrap().current());
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

// ---- Agreements

fn agreement(scene: &Scene, number: usize) -> BoxedStrategy<String> {
    let earlier = scene.agreements[..number].to_vec();
    let force = match number {
        0 => prop_oneof![5 => Just("binding"), 1 => Just("political")].boxed(),
        _ => prop_oneof![4 => Just("binding"), 3 => Just("arrangement"), 1 => Just("political")].boxed(),
    };
    let relied = (1..=earlier.len().clamp(1, 2), any::<bool>()).prop_flat_map(move |(count, is_missing)| {
        // Now and then on a text that no file has.
        if is_missing && count == 2 {
            Just(vec!["nowhere".to_owned()]).boxed()
        } else {
            subsequence(earlier.clone(), count.min(earlier.len())).boxed()
        }
    });
    let id = scene.agreements[number].clone();
    let scene = scene.clone();
    (scene.some_parties(2), force, relied)
        .prop_flat_map(move |(parties, force, relied)| {
            let id = id.clone();
            let codes: Vec<_> = parties.clone();
            (acts(&scene, &parties), duration(), clauses(&parties, force)).prop_map(move |(acts, duration, clauses)| {
                let relies_on = if force == "arrangement" { quoted(&relied) } else { "[]".to_owned() };
                let mut text = format!(
                    "schema = \"entente.agreement/1\"\nid = {id:?}\ntitle = {id:?}\nforce = {force:?}\nparties = {}\n\
                         relies_on = {relies_on}\n",
                    quoted(&codes),
                );
                text.extend(acts);
                text.push_str(&duration);
                text.extend(clauses);
                text
            })
        })
        .boxed()
}

fn acts(scene: &Scene, parties: &[&'static str]) -> BoxedStrategy<Vec<String>> {
    let entry = prop_oneof![5 => Just(true), 1 => Just(false)];
    let today = scene.today;
    let entered = select(vec![1461_i32, 1460, 1000, 731, 730, 366, 365, 364, 180, 90, 31, 30, 29, 1, 0]);
    let others = prop_oneof![3 => Just(0..1_usize), 3 => Just(1..3), 1 => Just(3..6)].prop_flat_map({
        let parties = parties.to_vec();
        move |count| vec(act(today, &parties), count)
    });
    (entry, entered, others)
        .prop_map(move |(entry, entered, others)| {
            let first = entry.then(|| spell_act("*", day_before(today, entered), "entered-into-force", &[]));
            first.into_iter().chain(others).collect()
        })
        .boxed()
}

fn day_before(today: Date, days: i32) -> Date {
    today.checked_sub(days.days()).unwrap()
}

fn spell_act(by: &str, date: Date, kind: &str, disputed_by: &[&str]) -> String {
    format!("[[act]]\nby = {by:?}\ndate = {date}\nkind = {kind:?}\ndisputed_by = {}\n", quoted(disputed_by))
}

fn act(today: Date, parties: &[&'static str]) -> BoxedStrategy<String> {
    let parties = parties.to_vec();
    let actor = prop_oneof![1 => Just("*"), 3 => select(parties.clone())];
    let kind = select(vec![
        "signed",
        "ratified",
        "entered-into-force",
        "entered-into-force",
        "suspended",
        "resumed",
        "notice-of-termination",
        "notice-of-termination",
        "notice-of-termination",
        "notice-suspended",
        "notice-withdrawn",
        "terminated",
    ]);
    let before = prop_oneof![
        2 => select(vec![-1, 0, 1, 2, 29, 30, 31, 60, 89, 90, 91, 92, 180, 364, 365, 366, 400, 730, 731]),
        1 => -3..800_i32,
    ];
    let disputed_by = subsequence(parties.clone(), 0..=parties.len());
    (actor, kind, before, disputed_by, 0..3_u8)
        .prop_map(move |(by, kind, before, mut disputed_by, is_disputed)| {
            // No party disputes its own act.
            disputed_by.retain(|party| by != "*" && *party != by && is_disputed == 0);
            spell_act(by, day_before(today, before), kind, &disputed_by)
        })
        .boxed()
}

fn duration() -> BoxedStrategy<String> {
    let term = select(vec!["1y", "2y", "6m", "1m", "30d", "1d", "52w"]);
    let notice_days = select(vec![0, 1, 29, 30, 31, 90, 365]);
    let renews = prop_oneof![
        4 => Just(""),
        2 => Just("renews = \"automatic\"\n"),
        1 => Just("renews = \"never\"\n"),
    ];
    prop_oneof![
        2 => Just(String::new()),
        1 => notice_days.clone().prop_map(|days| format!("[duration]\nnotice_days = {days}\n")),
        3 => (term, renews, notice_days).prop_map(|(term, renews, days)| {
            format!("[duration]\nterm = {term:?}\n{renews}notice_days = {days}\n")
        }),
    ]
    .boxed()
}

fn clauses(parties: &[&'static str], force: &str) -> BoxedStrategy<Vec<String>> {
    if force == "political" {
        return vec(idle_clause(parties, true).prop_map(|fields| spell_clause("1", &fields)), 0..3).boxed();
    }
    // Most texts have a full equivalence; an arrangement mostly takes that of others.
    let full = prop_oneof![3 => Just(force == "binding"), 1 => Just(force != "binding")];
    let own = vec((select(vec!["1", "2", "3", "4.2", "6.a"]), clause(parties)), 0..4);
    let parties = parties.to_vec();
    (full, own)
        .prop_map(move |(full, own)| {
            let full = full.then(|| spell_clause("0", &full_equivalence(&parties)));
            full.into_iter().chain(own.into_iter().map(|(id, fields)| spell_clause(id, &fields))).collect()
        })
        .boxed()
}

fn spell_clause(id: &str, fields: &str) -> String {
    format!("[[clause]]\nid = {id:?}\n{fields}")
}

fn clause(parties: &[&'static str]) -> BoxedStrategy<String> {
    let scope = {
        let parties = parties.to_vec();
        let pairs = subsequence(
            parties
                .iter()
                .flat_map(|from| parties.iter().map(move |to| [*from, *to]))
                .filter(|[from, to]| from != to)
                .collect::<Vec<_>>(),
            1..=2,
        );
        (some_of(&SUBJECTS), proptest::option::weighted(0.3, pairs)).prop_map(|(subjects, pairs)| {
            let pairs = pairs.map(|pairs| {
                let pairs: Vec<_> = pairs.iter().map(|pair| quoted(pair)).collect();
                format!("pairs = [{}]\n", pairs.join(", "))
            });
            format!("kind = \"scope\"\nsubjects = {}\n{}", quoted(&subjects), pairs.unwrap_or_default())
        })
    };
    let equivalence = {
        let parties = parties.to_vec();
        let rows = subsequence(&LEVELS[..], 1..=4);
        (select(&LEVELS[..]), rows).prop_map(move |(ceiling, levels)| spell_equivalence(ceiling, &levels, &parties))
    };
    let third_party =
        (actions(), proptest::option::of(select(vec!["parties", "none"])), proptest::option::of(any::<bool>()))
            .prop_map(|(blocks, exempts, label_counts)| {
                let exempts = exempts.map(|exempts| format!("exempts = {exempts:?}\n")).unwrap_or_default();
                let label_counts =
                    label_counts.map(|counts| format!("label_counts_as_approval = {counts}\n")).unwrap_or_default();
                format!("kind = \"third-party\"\nblocks = {}\n{exempts}{label_counts}", quoted(&blocks))
            });
    let purpose = prop_oneof![
        Just("\"as-provided\"".to_owned()),
        subsequence(&PURPOSES[..], 1..=3).prop_map(|purposes| quoted(&purposes)),
    ]
    .prop_map(|allowed| format!("kind = \"purpose\"\nallowed = {allowed}\n"));
    let transmission = subsequence(&CHANNELS[..], 1..=2)
        .prop_map(|channels| format!("kind = \"transmission\"\nchannels = {}\n", quoted(&channels)));
    prop_oneof![
        2 => scope,
        2 => equivalence,
        3 => third_party,
        2 => purpose,
        1 => transmission,
        1 => idle_clause(parties, false),
    ]
    .boxed()
}

/// A clause that no gate looks at.
fn idle_clause(parties: &[&'static str], political: bool) -> BoxedStrategy<String> {
    let owner = parties[0];
    let mut kinds = vec![
        "kind = \"consult\"\ntriggers = [\"dispute\"]\nwhen = \"at once\"\n".to_owned(),
        "kind = \"meet\"\nbody = \"ministers\"\nevery = \"1y\"\n".to_owned(),
        format!("kind = \"commit\"\nowner = {owner:?}\nwhat = \"share\"\n"),
        "kind = \"transparency\"\nto = \"public\"\nwhat = \"a summary\"\nwhen = \"each year\"\n".to_owned(),
        "kind = \"no-duty-to-share\"\n".to_owned(),
    ];
    if !political {
        kinds.extend([
            "kind = \"marking\"\nmark = \"provider\"\n".to_owned(),
            "kind = \"access\"\nrequires = [\"clearance\"]\n".to_owned(),
            "kind = \"retention\"\non = \"recall\"\naction = \"destroy\"\n".to_owned(),
            "kind = \"notify\"\nevent = \"loss\"\nby = \"recipient\"\nwhen = \"at once\"\n".to_owned(),
            "kind = \"contractor\"\nallowed = true\n".to_owned(),
        ]);
    }
    select(kinds).boxed()
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

fn full_equivalence(parties: &[&str]) -> String {
    spell_equivalence("TOP SECRET", &LEVELS, parties)
}

fn spell_equivalence(ceiling: &str, levels: &[&str], parties: &[&str]) -> String {
    let row = |level: &&str| {
        let terms = parties.iter().map(|party| (party, terms(party, level))).filter(|(_, terms)| !terms.is_empty());
        let terms: String = terms.map(|(party, terms)| format!(", {party} = {}", quoted(&terms))).collect();
        format!("{{ level = {level:?}{terms} }}")
    };
    let rows: Vec<_> = levels.iter().map(row).collect();
    format!("kind = \"equivalence\"\nceiling = {ceiling:?}\nrows = [{}]\n", rows.join(", "))
}

// ---- National rules

fn national_head(party: &str) -> String {
    format!("schema = \"entente.national/1\"\nparty = {party:?}\n")
}

fn national(scene: &Scene, party: &'static str) -> BoxedStrategy<Option<String>> {
    let everybody = prop_oneof![2 => Just(vec!["*"]), 1 => scene.some_parties(1)];
    let level = prop_oneof![3 => Just("TOP SECRET"), 1 => select(&LEVELS[..])];
    let delegation =
        (some_of(&SUBJECTS), everybody.clone(), level, actions()).prop_map(|(subjects, to, max, actions)| {
            format!(
                "[[delegation]]\nsubjects = {}\nto = {}\nmax = {max:?}\nactions = {}\n",
                quoted(&subjects),
                quoted(&to),
                quoted(&actions),
            )
        });
    let subjects = prop_oneof![5 => subsequence(&SUBJECTS[..], 1), 1 => Just(vec!["*"])];
    let restriction = (subjects, everybody).prop_map(|(subjects, to)| {
        format!("[[restriction]]\nsubjects = {}\nto = {}\nreason = \"own reasons\"\n", quoted(&subjects), quoted(&to))
    });
    let rules = (vec(delegation, 1..3), prop_oneof![5 => Just(0..1_usize), 1 => Just(1..2)]).prop_flat_map(
        move |(delegations, count)| {
            vec(restriction.clone(), count)
                .prop_map(move |restrictions| national_head(party) + &delegations.concat() + &restrictions.concat())
        },
    );
    proptest::option::weighted(0.85, rules).boxed()
}

// ---- Labels

/// A list of codes as a label writes it: the United States first, trigraphs, tetragraphs.
fn codes(scene: &Scene, must: &'static [&'static str]) -> BoxedStrategy<String> {
    let group = proptest::option::weighted(0.2, select(vec!["ACGU", "BHTF", "CFCK", "FVEY", "NATO", "TEYE"]));
    prop_oneof![1 => scene.some_parties(1).boxed(), 1 => Just(scene.parties.clone()).boxed()]
        .prop_flat_map(move |codes| (Just(codes), group.clone()))
        .prop_map(move |(mut codes, group)| {
            codes.extend(must.iter().filter(|code| !codes.contains(code)).copied().collect::<Vec<_>>());
            codes.sort_by_key(|code| (*code != "USA", *code));
            codes.extend(group);
            codes.join(", ")
        })
        .boxed()
}

fn dissemination(scene: &Scene, must: &'static [&'static str]) -> BoxedStrategy<String> {
    let rel_to = codes(scene, must).prop_map(|codes| format!("REL TO {codes}"));
    let display_only = codes(scene, &[]).prop_map(|codes| format!("DISPLAY ONLY {codes}"));
    let with = |before: &'static str, list: BoxedStrategy<String>, after: &'static str| {
        list.prop_map(move |list| format!("//{before}{list}{after}")).boxed()
    };
    let rel_to = rel_to.boxed();
    let display_only = display_only.boxed();
    let both = (rel_to.clone(), display_only.clone()).prop_map(|(rel_to, shown)| format!("//{rel_to}/{shown}"));
    prop_oneof![
        8 => with("", rel_to.clone(), ""),
        1 => with("", rel_to.clone(), "/RELIDO"),
        2 => with("ORCON/", rel_to.clone(), ""),
        1 => with("ORCON-USGOV/", rel_to.clone(), ""),
        1 => with("IMCON/", rel_to, ""),
        1 => with("", display_only.clone(), ""),
        1 => both,
        1 => Just(String::new()),
        1 => Just("//NOFORN".to_owned()),
        1 => Just("//ORCON/NOFORN".to_owned()),
        1 => Just("//RELIDO".to_owned()),
        1 => Just("//ORCON".to_owned()),
    ]
    .boxed()
}

fn fgi(scene: &Scene) -> BoxedStrategy<String> {
    let named = scene.some_parties(1).prop_map(|codes| format!("//FGI {}", codes.join(" ")));
    prop_oneof![16 => Just(String::new()), 2 => named, 1 => Just("//FGI".to_owned())].boxed()
}

fn label(scene: &Scene) -> BoxedStrategy<String> {
    let compartments =
        prop_oneof![40 => Just(""), 1 => Just("//SI"), 1 => Just("//TK"), 1 => Just("//SAR-OAK"), 1 => Just("//RD")];
    let level = prop_oneof![5 => select(&LEVELS[1..]), 1 => Just("UNCLASSIFIED")];
    let us = (level.clone(), compartments.clone(), fgi(scene), dissemination(scene, &["USA"]))
        .prop_map(|(level, compartments, fgi, controls)| format!("{level}{compartments}{fgi}{controls}"));
    let foreign: Vec<_> = scene.parties.iter().copied().filter(|party| *party != "USA").collect();
    let class = select(foreign).prop_flat_map(|country| {
        let mut own: Vec<_> = LEVELS.iter().flat_map(|level| terms(country, level)).collect();
        own.push("UNKNOWN TERM");
        let levels = prop_oneof![5 => select(&LEVELS[..]), 1 => Just("UNCLASSIFIED")];
        prop_oneof![3 => levels, 2 => select(own)].prop_map(move |class| format!("{country} {class}"))
    });
    let nation = (class, compartments, fgi(scene), dissemination(scene, &[]))
        .prop_map(|(class, compartments, fgi, controls)| format!("//{class}{compartments}{fgi}{controls}"));
    let nato = (select(vec!["NATO SECRET", "COSMIC TOP SECRET", "NATO UNCLASSIFIED"]), dissemination(scene, &[]))
        .prop_map(|(class, controls)| format!("//{class}{controls}"));
    let joint = (select(&LEVELS[1..]), scene.some_parties(2)).prop_map(|(level, mut owners)| {
        if !owners.contains(&"USA") {
            owners.push("USA");
        }
        let others: Vec<_> = owners.iter().copied().filter(|owner| *owner != "USA").collect();
        format!("//JOINT {level} {}//REL TO USA, {}", owners.join(" "), others.join(", "))
    });
    let unclassified = select(vec![
        "UNCLASSIFIED",
        "UNCLASSIFIED",
        "UNCLASSIFIED//FOUO",
        "UNCLASSIFIED//SSI",
        "UNCLASSIFIED//SBU NOFORN",
        "UNCLASSIFIED//DOD UCNI",
        "UNCLASSIFIED//FGI JPN",
        "//KOR UNCLASSIFIED",
        "SECRET//USA/GBR EYES ONLY",
    ])
    .prop_map(str::to_owned);
    let tlp =
        select(vec!["TLP:CLEAR", "TLP:GREEN", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"])
            .prop_map(str::to_owned);
    Union::new_weighted(vec![
        (6, us.boxed()),
        (8, nation.boxed()),
        (1, nato.boxed()),
        (1, joint.boxed()),
        (2, unclassified.boxed()),
        (2, tlp.boxed()),
    ])
    // The few that contradict themselves are drawn again.
    .prop_filter("a label that may be written", |text| entente_formats::label::parse(text).is_ok())
    .boxed()
}

// ---- Requests

fn hop(scene: &Scene) -> BoxedStrategy<Value> {
    let count = scene.agreements.len();
    let least = usize::from(count > 0);
    let under = prop_oneof![
        8 => subsequence(scene.agreements.clone(), least..=count.min(2)),
        1 => Just(Vec::new()),
    ];
    let onward = prop_oneof![6 => Just(None), 1 => Just(Some("free")), 1 => Just(Some("ask"))];
    (scene.party(), scene.party(), under, purpose(), onward)
        .prop_map(|(from, to, under, purpose, onward)| {
            let mut hop = json!({ "from": from, "to": to, "under": under, "purpose": purpose });
            if let Some(onward) = onward {
                hop["onward"] = json!(onward);
            }
            hop
        })
        .boxed()
}

fn purpose() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just(PURPOSES[0]), 1 => select(&PURPOSES[..])]
}

/// A record; ids tell the depth, so that none is derived from itself, and two may be the same.
fn record(scene: &Scene, depth: usize, deepest: usize) -> BoxedStrategy<Value> {
    let count = if depth == deepest { 0..1_usize } else { 1..3 };
    let id = if depth == 0 {
        Just("r-0".to_owned()).boxed()
    } else {
        (0..2).prop_map(move |n| format!("r-{depth}{n}")).boxed()
    };
    let sources =
        if depth == deepest { Just(Vec::new()).boxed() } else { vec(record(scene, depth + 1, deepest), count).boxed() };
    let custody = prop_oneof![1 => Just(0..1_usize), 5 => Just(1..2), 2 => Just(2..4)].prop_flat_map({
        let hop = hop(scene);
        move |count| vec(hop.clone(), count)
    });
    let subjects = prop_oneof![4 => subsequence(&SUBJECTS[..], 1), 1 => subsequence(&SUBJECTS[..], 0..=3)];
    let distribution = prop_oneof![1 => Just(Vec::new()).boxed(), 1 => scene.some_parties(0).boxed()];
    let status = proptest::option::weighted(0.2, select(vec!["actual", "exercise", "test"]));
    (id, label(scene), scene.party(), subjects, custody, distribution, sources, status)
        .prop_map(|(id, label, originator, subjects, custody, distribution, sources, status)| {
            let mut record = json!({
                "id": id, "label": label, "originator": originator, "subjects": subjects, "custody": custody,
                "distribution": distribution, "derived_from": sources,
            });
            if let Some(status) = status {
                record["status"] = json!(status);
            }
            record
        })
        .boxed()
}

fn record_id() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("r-0"), 2 => select(vec!["r-10", "r-11", "r-20", "r-21", "r-30"])]
}

fn consent(scene: &Scene) -> BoxedStrategy<Value> {
    let today = scene.today;
    let until = prop_oneof![
        4 => Just(None),
        1 => Just(Some(format!("{today}"))),
        1 => Just(Some(format!("{today}T00:00:00Z"))),
        1 => Just(Some(format!("{}", day_before(today, 1)))),
        1 => Just(Some(format!("{}T12:00:00+09:00", day_before(today, -1)))),
    ];
    let purpose = proptest::option::weighted(0.4, purpose());
    let named = (scene.party(), record_id(), prop_oneof![9 => scene.party().boxed(), 1 => Just("*").boxed()])
        .prop_map(|(by, record, to)| json!({ "by": by, "record": record, "subjects": null, "max": null, "to": to }));
    let standing = (
        scene.party(),
        some_of(&SUBJECTS),
        prop_oneof![2 => Just("TOP SECRET"), 2 => select(&LEVELS[..]), 1 => Just("UNCLASSIFIED")],
        prop_oneof![scene.party().boxed(), Just("*").boxed()],
    )
        .prop_map(
            |(by, subjects, max, to)| json!({ "by": by, "record": null, "subjects": subjects, "max": max, "to": to }),
        );
    (prop_oneof![3 => named.boxed(), 2 => standing.boxed()], action(), purpose, until)
        .prop_map(|(mut consent, action, purpose, until)| {
            consent["action"] = json!(action);
            consent["purpose"] = json!(purpose);
            consent["until"] = json!(until);
            consent
        })
        .boxed()
}

fn request(scene: &Scene) -> BoxedStrategy<Value> {
    let consents = prop_oneof![2 => Just(0..1_usize), 2 => Just(1..4), 1 => Just(4..8)].prop_flat_map({
        let consent = consent(scene);
        move |count| vec(consent.clone(), count)
    });
    let approval = (scene.party(), record_id(), scene.party(), action())
        .prop_map(|(by, record, to, action)| json!({ "by": by, "record": record, "to": to, "action": action }));
    let approvals = vec(approval, 0..4);
    let under = {
        let count = scene.agreements.len();
        let named = subsequence(scene.agreements.clone(), 0..=count);
        prop_oneof![6 => Just(None), 1 => named.prop_map(Some)]
    };
    let today = scene.today;
    let at = select(vec![
        format!("{today}T00:00:00Z"),
        format!("{today}T23:59:59Z"),
        format!("{}T08:30:00+09:00", day_before(today, -1)),
        format!("{today}T08:30:00+09:00"),
    ]);
    let deepest = prop_oneof![6 => Just(0_usize), 3 => Just(1), 1 => Just(2), 1 => Just(3)];
    let record = {
        let scene = scene.clone();
        deepest.prop_flat_map(move |deepest| record(&scene, 0, deepest))
    };
    let pair = scene.parties.clone();
    let pair = proptest::sample::subsequence(pair, 2).prop_shuffle();
    (record, pair, action(), purpose(), select(&CHANNELS[..]), at, under, consents, approvals)
        .prop_map(|(record, pair, action, purpose, channel, at, under, consents, approvals)| {
            json!({
                "record": record, "from": pair[0], "to": pair[1], "action": action, "purpose": purpose,
                "channel": channel, "at": at, "under": under, "consents": consents, "approvals": approvals,
            })
        })
        .boxed()
}
