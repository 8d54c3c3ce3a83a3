//! Agreement files: texts in force and out of it, with clauses of every kind.

use jiff::civil::Date;
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop_oneof},
    sample::{select, subsequence},
    strategy::BoxedStrategy,
};

use super::{CHANNELS, LEVELS, PURPOSES, SUBJECTS, Scene, actions, day_before, quoted, some_of, terms};

pub(super) fn agreement(scene: &Scene, number: usize) -> BoxedStrategy<String> {
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
    (entry, entered, others, admissions(scene, parties))
        .prop_map(move |(entry, entered, others, admissions)| {
            let first = entry.then(|| spell_act("*", day_before(today, entered), "entered-into-force", &[]));
            first.into_iter().chain(others).chain(admissions).collect()
        })
        .boxed()
}

/// Now and then somebody is admitted, by all or by some, and acts before or after that; two at once where there are two.
fn admissions(scene: &Scene, parties: &[&'static str]) -> BoxedStrategy<Vec<String>> {
    let outside: Vec<_> = scene.parties.iter().copied().filter(|party| !parties.contains(party)).collect();
    if outside.is_empty() {
        return Just(Vec::new()).boxed();
    }
    let (today, parties) = (scene.today, parties.to_vec());
    let day = select(vec![-1, 0, 1, 2, 3, 30, 364, 365, 400]);
    // Each party of the text, the candidates among themselves, and all of them, say yes on some day, or do not.
    let everybody: Vec<_> = parties.iter().chain(&outside).copied().collect();
    let one = (proptest::option::weighted(0.9, day.clone()), select(outside.clone()));
    let yes = prop_oneof![
        2 => vec(one, everybody.len()).prop_map({
            let everybody = everybody.clone();
            move |days| everybody.iter().copied().zip(days).collect::<Vec<_>>()
        }),
        1 => (day.clone(), select(outside.clone())).prop_map(|(day, whom)| vec![("*", (Some(day), whom))]),
    ];
    let own = (day, select(vec!["entered-into-force", "entered-into-force", "suspended"]), select(everybody));
    prop_oneof![2 => Just(Vec::new()).boxed(), 1 => (vec(yes, 1..3), vec(own, 0..4))
        .prop_map(move |(yes, own)| {
            let yes = yes.into_iter().flatten();
            let yes = yes.filter_map(|(by, (day, whom))| Some((by, Some(whom), day_before(today, day?), "admitted")));
            let own = own.into_iter().map(|(day, kind, by)| (by, None, day_before(today, day), kind));
            let mut acts: Vec<_> = yes.chain(own).collect();
            // Whom no act speaks of admitting stands in no act. An act that falls may have been the one that spoke.
            loop {
                let admitted: Vec<_> = acts.iter().filter_map(|(_, whom, ..)| *whom).collect();
                let count = acts.len();
                acts.retain(|(by, ..)| *by == "*" || parties.contains(by) || admitted.contains(by));
                if acts.len() == count {
                    break;
                }
            }
            let spell = |(by, whom, date, kind): (&str, Option<&str>, _, &str)| match whom {
                Some(whom) => spell_admission(by, date, whom),
                None => spell_act(by, date, kind, &[]),
            };
            acts.into_iter().map(spell).collect()
        })
        .boxed()]
    .boxed()
}

fn spell_admission(by: &str, date: Date, whom: &str) -> String {
    format!("[[act]]\nby = {by:?}\ndate = {date}\nkind = \"admitted\"\nadmits = {whom:?}\n")
}

pub(super) fn spell_act(by: &str, date: Date, kind: &str, disputed_by: &[&str]) -> String {
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
