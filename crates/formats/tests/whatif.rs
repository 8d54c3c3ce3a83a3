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
    Party, Record, RecordId,
    agreement::{Act, ActKind, Actor},
    decide::{Request, Verdict, decide},
    time::day_of,
    whatif::{Aside, Change, Holdings, MAX_WITNESSES, Question, compare},
    world::{Agreements, Answers, Approval, Consent, NationalRules, World},
};
use entente_formats::request::{Line, Resolved};
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

/// A drawn world with as many records as the requests of other drawn worlds give it: each several times, under other
/// names. `consents` and `approvals` are those of the requests.
struct Scene {
    before: Owned,
    held: Vec<(Party, Record)>,
    asked: Resolved,
}

fn scene(mut draw: impl FnMut() -> worlds::World) -> Option<Scene> {
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
    Some(Scene { before, held, asked: asked? })
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

#[test]
fn what_if_is_exact() {
    let config = Config { failure_persistence: None, max_local_rejects: u32::MAX, ..Config::default() };
    let cases = config.cases / 8; // each is a few hundred records, twice
    let mut runner = TestRunner::new(config);
    let worlds = worlds::worlds();
    let (scenes, changed_pairs, saved) = (Cell::new(0_u32), Cell::new(0_usize), Cell::new(0_usize));
    for how in 0..cases as usize {
        let Some(scene) = scene(|| worlds.new_tree(&mut runner).unwrap().current()) else { continue };
        let after = scene.before.changed(how, &scene.asked);
        let Resolved { action, purpose, channel, at, .. } = &scene.asked;
        let question = Question { action: *action, purpose, channel, at: *at };
        let recipients: BTreeSet<Party> =
            scene.before.world().parties().chain(after.world().parties()).cloned().collect();
        let (changes, classes) = scene.by_class(&after, &question, &recipients);
        let counts: Vec<[u64; 4]> = changes
            .iter()
            .map(|change| [change.before, change.after, change.newly_permitted, change.newly_denied])
            .collect();
        assert_eq!(counts, scene.one_by_one(&after, &question, &recipients), "{how} {:#?}", scene.before.consents);
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
        scenes.get() > cases / 2 && changed_pairs.get() > cases as usize / 4 && saved.get() > cases as usize / 4,
        "nothing was compared: {} scenes, {} pairs changed, {} with classes",
        scenes.get(),
        changed_pairs.get(),
        saved.get()
    );
}
