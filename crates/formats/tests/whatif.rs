//! What-if against the judgement asked record by record, on random worlds and random holdings.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod twin;

use std::{cell::Cell, collections::BTreeSet};

use entente_core::{
    Channel, Level, Party, Purpose, Record, RecordId,
    agreement::{
        Act, ActKind, Actor,
        clause::{Action, Set},
    },
    decide::{Request, Verdict, decide},
    record::{Hop, Onward, Status},
    time::{Timestamp, day_of},
    whatif::{Aside, Change, Holdings, MAX_WITNESSES, Question, compare},
    world::{Agreements, Answers, Approval, Consent, NationalRules, World},
};
use entente_formats::{
    agreement, label, national,
    request::{Line, Resolved},
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, TestRunner},
};
use twin::worlds;

/// A world, as the judgement takes it.
#[derive(Clone)]
struct Owned {
    agreements: Agreements,
    national: NationalRules,
    consents: Vec<Consent>,
    approvals: Vec<Approval>,
}

impl Owned {
    fn world(&self) -> World<'_> {
        World {
            agreements: &self.agreements,
            national: &self.national,
            consents: &self.consents,
            approvals: &self.approvals,
        }
    }

    /// The records that a consent or approval here names, or whose sources one names.
    fn names(&self, record: &Record) -> bool {
        let ids = || std::iter::once(record).chain(record.sources()).map(|record| &record.id);
        self.consents
            .iter()
            .any(|consent| matches!(&consent.answers, Answers::Record(named, _) if ids().any(|id| id == named)))
            || self.approvals.iter().any(|approval| ids().any(|id| *id == approval.record))
    }

    /// A text suspended by one or by all, terminated, or taken away; or one party's rules gone.
    fn changed(&self, how: usize, asked: &Resolved) -> Self {
        let mut changed = self.clone();
        let ids: Vec<_> = self.agreements.keys().cloned().collect();
        let id = (!ids.is_empty()).then(|| ids[how % ids.len()].clone());
        let act =
            |kind, by| Act { by, date: day_of(asked.at), kind, article: None, admits: None, disputed_by: Vec::new() };
        match (how % 7, id) {
            (0, _) => {
                changed.agreements.values_mut().for_each(|text| text.acts.push(act(ActKind::Suspended, Actor::All)));
            }
            (1, Some(id)) => {
                let by = Actor::Party(asked.from.clone());
                changed.agreements.get_mut(&id).unwrap().acts.push(act(ActKind::Suspended, by));
            }
            (2, Some(id)) => changed.agreements.get_mut(&id).unwrap().acts.push(act(ActKind::Resumed, Actor::All)),
            (3, Some(id)) => drop(changed.agreements.remove(&id)),
            (4, _) => {
                let enter = act(ActKind::EnteredIntoForce, Actor::All);
                changed.agreements.values_mut().for_each(|text| text.acts.push(enter.clone()));
            }
            (5, _) => changed.national.clear(),
            _ => changed.consents.clear(),
        }
        changed
    }
}

/// A world and what is held in it. Drawn: with as many records as the requests of other drawn worlds give it: each several times, under other
/// names. `consents` and `approvals` are those of the requests.
struct Scene {
    before: Owned,
    held: Vec<(Party, Record)>,
}

fn scene(mut draw: impl FnMut() -> worlds::World) -> Option<(Scene, Resolved)> {
    let drawn = draw();
    let (agreements, national) = drawn.parsed()?;
    let mut before = Owned { agreements, national, consents: Vec::new(), approvals: Vec::new() };
    let mut held = Vec::new();
    let mut asked = None;
    let others: Vec<worlds::World> = (0..24).map(|_| draw()).collect();
    for request in std::iter::once(&drawn).chain(&others).flat_map(|world| world.requests().into_iter().step_by(3)) {
        let line = Line::parse(&request.to_string()).unwrap();
        let Ok(resolved) = line.resolve(&before.agreements, &before.national) else { continue };
        for _ in 0..3 {
            let own = &resolved.record.id;
            let id = match held.iter().any(|(_, held): &(Party, Record)| held.id == *own) {
                false => own.clone(),
                true => RecordId::from(format!("R-{}", held.len())),
            };
            held.push((resolved.from.clone(), Record { id, ..resolved.record.clone() }));
        }
        if before.consents.len() < 4 {
            before.consents.extend(resolved.consents.iter().cloned());
            before.approvals.extend(resolved.approvals.iter().cloned());
        }
        asked.get_or_insert(resolved);
    }
    Some((Scene { before, held }, asked?))
}

impl Scene {
    /// The counts, one record after the other.
    fn one_by_one(&self, after: &Owned, question: &Question<'_>, recipients: &BTreeSet<Party>) -> Vec<[u64; 4]> {
        let holders: BTreeSet<&Party> = self.held.iter().map(|(holder, _)| holder).collect();
        let pairs = holders.iter().flat_map(|from| recipients.iter().map(move |to| (*from, to)));
        pairs
            .filter(|(from, to)| from != to)
            .map(|(from, to)| {
                let mut counts = [0; 4];
                for (_, record) in self.held.iter().filter(|(holder, _)| holder == from) {
                    let permits = |world: &Owned| {
                        let Question { action, purpose, channel, at } = *question;
                        let request = Request { record, from, to, action, purpose, channel, at, under: None };
                        decide(&world.world(), &request).verdict() == Verdict::Permit
                    };
                    let (was, now) = (permits(&self.before), permits(after));
                    let cases = [was, now, now && !was, was && !now];
                    cases.iter().zip(&mut counts).for_each(|(case, count)| *count += u64::from(*case));
                }
                counts
            })
            .collect()
    }

    fn by_class(&self, after: &Owned, question: &Question<'_>, recipients: &BTreeSet<Party>) -> (Vec<Change>, usize) {
        let mut holdings = Holdings::default();
        let classes: Vec<_> = self.held.iter().map(|(holder, record)| holdings.add(holder, record).unwrap()).collect();
        let held = classes.iter().zip(&self.held);
        let named = held.filter(|(_, (_, record))| self.before.names(record) || after.names(record));
        let worlds = (self.before.world(), after.world());
        let named: Vec<Aside<'_>> = named
            .map(|(class, (holder, record))| Aside { holder, class: *class, record: Some(record), worlds })
            .collect();
        let changes = compare(&holdings, (&self.before.world(), &after.world()), question, recipients, &named);
        // A class and its names are found again.
        for (class, (holder, record)) in classes.iter().zip(&self.held) {
            assert!(holdings.names(holder, *class).any(|name| name == record.id.as_str()));
        }
        (changes, holdings.classes())
    }
}

fn counts(changes: &[Change]) -> Vec<[u64; 4]> {
    let each = changes.iter();
    each.map(|change| [change.before, change.after, change.newly_permitted, change.newly_denied]).collect()
}

#[test]
fn what_if_is_exact() {
    let config = Config { failure_persistence: None, max_local_rejects: u32::MAX, ..Config::default() };
    let cases = config.cases / 8; // each is a few hundred records, twice
    let mut runner = TestRunner::new(config);
    let worlds = worlds::worlds();
    let (scenes, changed_pairs, saved) = (Cell::new(0_u32), Cell::new(0_usize), Cell::new(0_usize));
    let is_enough =
        || scenes.get() > cases / 2 && changed_pairs.get() > cases as usize / 4 && saved.get() > cases as usize / 4;
    // Changes are rare: some runs of the dice have few, and take more worlds.
    for how in 0..cases as usize * 8 {
        if how >= cases as usize && is_enough() {
            break;
        }
        let Some((scene, asked)) = scene(|| worlds.new_tree(&mut runner).unwrap().current()) else { continue };
        let after = scene.before.changed(how, &asked);
        let Resolved { action, purpose, channel, at, .. } = &asked;
        let question = Question { action: *action, purpose, channel, at: *at };
        let recipients: BTreeSet<Party> =
            scene.before.world().parties().chain(after.world().parties()).cloned().collect();
        let (changes, classes) = scene.by_class(&after, &question, &recipients);
        let one_by_one = scene.one_by_one(&after, &question, &recipients);
        assert_eq!(counts(&changes), one_by_one, "{how} {:#?}", scene.before.consents);
        for change in &changes {
            let changed = change.newly_permitted + change.newly_denied;
            assert_eq!(change.witnesses.len() as u64, changed.min(MAX_WITNESSES as u64));
            for witness in &change.witnesses {
                assert_ne!(witness.was.verdict(), witness.now.verdict(), "a witness changes");
                assert!(!witness.because().is_empty());
            }
            changed_pairs.set(changed_pairs.get() + usize::from(changed > 0));
        }
        scenes.set(scenes.get() + 1);
        saved.set(saved.get() + usize::from(classes * 3 <= scene.held.len()));
    }
    assert!(
        is_enough(),
        "nothing was compared: {} scenes, {} pairs changed, {} with classes",
        scenes.get(),
        changed_pairs.get(),
        saved.get()
    );
}

/// A text in force between two, with these clauses.
fn text(id: &str, parties: [&str; 2], clauses: &str) -> (String, String) {
    let content = format!(
        "schema = \"entente.agreement/1\"\nid = {id:?}\ntitle = \"text\"\nforce = \"binding\"\nparties = {parties:?}\n\
         clause = [{clauses}]\n[[act]]\nby = \"*\"\ndate = 2016-11-23\nkind = \"entered-into-force\"\n"
    );
    (format!("{id}.toml"), content)
}

/// Three parties and a text for each two, all of whose clauses decide something.
fn three(more: Vec<(String, String)>) -> Owned {
    let mut texts = vec![
        text(
            "jp-kr",
            ["JPN", "KOR"],
            r#"
                { id = "1", kind = "scope", subjects = ["missile", "cyber"] },
                { id = "2", kind = "equivalence", ceiling = "SECRET", rows = [{ level = "SECRET", KOR = ["군사II급비밀"] }, { level = "CONFIDENTIAL" }] },
                { id = "3", kind = "third-party", blocks = ["release"] },
                { id = "4", kind = "purpose", allowed = "as-provided" },
                { id = "5", kind = "transmission", channels = ["government"] },"#,
        ),
        text(
            "jp-us",
            ["JPN", "USA"],
            r#"
                { id = "2", kind = "equivalence", ceiling = "SECRET", rows = [{ level = "SECRET" }, { level = "CONFIDENTIAL" }] },
                { id = "3", kind = "third-party", blocks = ["release", "display"], label_counts_as_approval = true },
                { id = "4", kind = "purpose", allowed = ["warning"] },"#,
        ),
        text(
            "kr-us",
            ["KOR", "USA"],
            r#"
                { id = "1", kind = "scope", subjects = ["missile"] },
                { id = "2", kind = "equivalence", ceiling = "CONFIDENTIAL", rows = [{ level = "CONFIDENTIAL" }] },"#,
        ),
    ];
    texts.extend(more);
    let national = ["JPN", "KOR", "USA"].map(|party| {
        let rules = national::parse(&format!(
            "schema = \"entente.national/1\"\nparty = \"{party}\"\n\
             [[delegation]]\nsubjects = [\"missile\"]\nto = [\"*\"]\nmax = \"SECRET\"\nactions = [\"release\"]\n\
             [[delegation]]\nsubjects = [\"*\"]\nto = [\"*\"]\nmax = \"CONFIDENTIAL\"\nactions = [\"release\"]\n\
             [[restriction]]\nsubjects = [\"space\"]\nto = [\"USA\"]\nreason = \"ours\"\n"
        ));
        let rules = rules.unwrap();
        (rules.party.clone(), rules)
    });
    let agreements = agreement::parse_set(&texts).unwrap().agreements;
    Owned { agreements, national: national.into(), consents: Vec::new(), approvals: Vec::new() }
}

/// For each holder every label with every custody, list of subjects and distribution list; and, made from one of these
/// each, a good deal of them again.
fn everything() -> Vec<(Party, Record)> {
    let mut all: Vec<(Party, Record)> = Vec::new();
    for holder in ["JPN", "KOR", "USA"] {
        let mut plain: Vec<Record> = Vec::new();
        for originator in ["JPN", "KOR", "USA"] {
            let owner = if originator == "USA" { String::new() } else { format!("//{originator} ") };
            let own = ["SECRET//REL TO USA, JPN, KOR", "CONFIDENTIAL//REL TO USA, JPN, KOR"];
            let mut labels: Vec<String> = own.iter().map(|text| format!("{owner}{text}")).collect();
            labels.extend(["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER"].map(str::to_owned));
            labels.extend(match originator {
                "USA" => vec!["CONFIDENTIAL//REL TO USA, JPN".to_owned(), "CONFIDENTIAL//NOFORN".to_owned()],
                // One term that an agreement knows, and one that none does.
                "KOR" => ["군사II급비밀", "대외비"].map(|term| format!("//KOR {term}//REL TO USA, JPN, KOR")).into(),
                _ => Vec::new(),
            });
            let under = match (originator, holder) {
                ("JPN", "KOR") | ("KOR", "JPN") => "jp-kr",
                ("KOR", "USA") | ("USA", "KOR") => "kr-us",
                _ => "jp-us",
            };
            let hop = |purpose: &str, onward| Hop {
                from: originator.into(),
                to: holder.into(),
                under: vec![under.into()],
                purpose: purpose.into(),
                onward,
            };
            let custodies = match originator == holder {
                true => vec![Vec::new()],
                false => [("warning", Onward::Free), ("planning", Onward::Free), ("warning", Onward::Ask)]
                    .map(|(purpose, onward)| vec![hop(purpose, onward)])
                    .into(),
            };
            for text in &labels {
                for custody in &custodies {
                    for subjects in [&["missile"][..], &["cyber"], &["space", "missile"]] {
                        for distribution in [&["KOR"][..], &[]] {
                            plain.push(Record {
                                id: "".into(),
                                label: label::parse(text).unwrap(),
                                originator: originator.into(),
                                subjects: subjects.iter().map(|subject| (*subject).into()).collect(),
                                status: Status::Actual,
                                custody: custody.clone(),
                                distribution: distribution.iter().map(|party| (*party).into()).collect(),
                                derived_from: Vec::new(),
                                versions: Vec::new(),
                            });
                        }
                    }
                }
            }
        }
        // Both steps are prime to how many there are of anything, so that in time each meets each.
        let sources = plain.iter().step_by(5).cycle();
        let derived = plain.iter().cycle().step_by(11).take(plain.len() * 2).zip(sources);
        let derived: Vec<Record> =
            derived.map(|(record, source)| Record { derived_from: vec![source.clone()], ..record.clone() }).collect();
        all.extend(plain.into_iter().chain(derived).map(|record| (holder.into(), record)));
    }
    for (at, (_, record)) in all.iter_mut().enumerate() {
        record.id = RecordId::from(format!("R-{at}"));
    }
    all
}

/// What random worlds seldom bring together: every part of a class decides here, each beside all of the others.
#[test]
fn what_if_is_exact_where_everything_meets() {
    let at: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
    let (government, warning) = (Channel::from("government"), Purpose::from("warning"));
    let question = Question { action: Action::Release, purpose: &warning, channel: &government, at };
    let recipients: BTreeSet<Party> = ["JPN", "KOR", "USA"].map(Party::from).into();
    let exact = |scene: &Scene, after: &Owned, question: &Question<'_>| {
        let (changes, _) = scene.by_class(after, question, &recipients);
        assert_eq!(counts(&changes), scene.one_by_one(after, question, &recipients), "{question:?}");
        assert!(changes.iter().any(|change| change.newly_denied + change.newly_permitted > 0), "nothing changes");
    };
    let scene = Scene { before: three(Vec::new()), held: everything() };

    let mut after = scene.before.clone();
    after.agreements.retain(|id, _| id.as_str() == "jp-kr");
    exact(&scene, &after, &question);
    let (courier, planning) = (Channel::from("courier"), Purpose::from("planning"));
    exact(&scene, &after, &Question { action: Action::Display, purpose: &planning, channel: &courier, at });

    let mut after = scene.before.clone();
    after.consents.push(Consent {
        by: "USA".into(),
        answers: Answers::Standing { subjects: Set::Of(vec!["cyber".into()]), max: Level::Secret, to: None },
        action: Action::Release,
        purpose: None,
        until: None,
    });
    exact(&scene, &after, &question);

    // More texts between two than a word has bits: the one that covers comes last.
    let scope = r#"{ id = "1", kind = "scope", subjects = ["nothing"] }"#;
    let many = (0..70).map(|number| text(&format!("a-{number:02}"), ["JPN", "USA"], scope));
    let held = everything().into_iter().step_by(7).collect();
    let scene = Scene { before: three(many.collect()), held };
    let mut after = scene.before.clone();
    after.agreements.retain(|id, _| id.as_str() != "jp-us");
    exact(&scene, &after, &question);
}
