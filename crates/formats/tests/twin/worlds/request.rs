//! Request lines: a record with its custody and its sources, and the consents and approvals on file.

use proptest::{
    collection::vec,
    prelude::{Just, Strategy, prop_oneof},
    sample::{select, subsequence},
    strategy::BoxedStrategy,
};
use serde_json::{Value, json};

use super::{CHANNELS, LEVELS, PURPOSES, SUBJECTS, Scene, action, day_before, label::label, some_of};

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

/// A version of the record: with a label of its own, and now and then with more of its own.
fn version(scene: &Scene) -> BoxedStrategy<Value> {
    let subjects = proptest::option::weighted(0.3, subsequence(&SUBJECTS[..], 0..=2));
    let custody = proptest::option::weighted(0.3, vec(hop(scene), 0..2));
    let distribution = proptest::option::weighted(0.3, scene.some_parties(0));
    let sources = proptest::option::weighted(0.2, vec(record(scene, 2, 2), 0..2));
    (label(scene), subjects, custody, distribution, sources)
        .prop_map(|(label, subjects, custody, distribution, sources)| {
            let mut version = json!({ "label": label });
            let given = [
                ("subjects", subjects.map(|subjects| json!(subjects))),
                ("custody", custody.map(|custody| json!(custody))),
                ("distribution", distribution.map(|distribution| json!(distribution))),
                ("derived_from", sources.map(|sources| json!(sources))),
            ];
            for (field, value) in given {
                if let Some(value) = value {
                    version[field] = value;
                }
            }
            version
        })
        .boxed()
}

/// The record with its versions, which consents and approvals may name like any other.
fn with_versions(record: &mut Value, mut versions: Vec<Value>) {
    for (version, id) in versions.iter_mut().zip(["t-0", "t-1"]) {
        version["id"] = json!(id);
    }
    if !versions.is_empty() {
        record["versions"] = json!(versions);
    }
}

fn record_id() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("r-0"), 2 => select(vec!["r-10", "r-11", "r-20", "r-21", "r-30", "t-0"])]
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

/// A standing consent to whatever it may be.
fn consent_to_all(by: &str) -> Value {
    json!({
        "by": by, "record": null, "subjects": ["*"], "max": "TOP SECRET", "to": "*", "action": "release", "purpose": null,
        "until": null,
    })
}

pub(super) fn request(scene: &Scene) -> BoxedStrategy<Value> {
    let consents = prop_oneof![2 => Just(0..1_usize), 2 => Just(1..4), 1 => Just(4..8)].prop_flat_map({
        let consent = consent(scene);
        move |count| vec(consent.clone(), count)
    });
    let consents = prop_oneof![3 => consents, 1 => Just(scene.parties.iter().map(|by| consent_to_all(by)).collect())];
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
        let versions = prop_oneof![3 => Just(0..1_usize), 1 => Just(1..3)].prop_flat_map({
            let version = version(&scene);
            move |count| vec(version.clone(), count)
        });
        let record = deepest.prop_flat_map(move |deepest| record(&scene, 0, deepest));
        (record, versions).prop_map(|(mut record, versions)| {
            with_versions(&mut record, versions);
            record
        })
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
