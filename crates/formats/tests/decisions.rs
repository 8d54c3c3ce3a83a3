//! The decision against its twin, on random worlds.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reads its vectors and fails by panicking"
)]

mod twin;

use std::collections::BTreeMap;

use entente_formats::request::answer_line;
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::Value;
use twin::{
    Answer,
    worlds::{World, find, worlds},
};

/// The answer of the implementation, in the twin's form.
fn answer(answer: &Value) -> Option<Answer> {
    if answer.get("error").is_some() {
        return None;
    }
    let word = |value: &Value| value.as_str().map(str::to_owned);
    let list = |value: &Value| value.as_array().unwrap().clone();
    Some(Answer {
        verdict: word(&answer["verdict"]).unwrap(),
        blocked: list(&answer["blocked"])
            .iter()
            .map(|block| {
                let text = |field: &str| word(&block[field]).unwrap();
                (text("gate"), text("code"), text("record"), word(&block["agreement"]), word(&block["clause"]))
            })
            .collect(),
        cover: list(&answer["cover"])
            .iter()
            .map(|cover| (word(&cover["agreement"]).unwrap(), word(&cover["clause"]).unwrap()))
            .collect(),
        usable: list(&answer["usable"]).iter().filter_map(word).collect(),
        onward: word(&answer["onward"]).unwrap(),
        cures: list(&answer["cures"])
            .iter()
            .map(|set| {
                list(set).iter().map(|cure| (word(&cure["kind"]).unwrap(), word(&cure["of"]).unwrap())).collect()
            })
            .collect(),
    })
}

/// The first request of a world on which the two differ, with the answers of the twin and of the implementation. `None`
/// also when the world is none: while it shrinks, a text may lose what another one needs.
fn difference(world: &World) -> Option<(Value, Answer, Answer)> {
    let (agreements, national) = world.parsed()?;
    let (plain_agreements, plain_national) = (world.plain_agreements(), world.plain_national());
    world.requests().into_iter().find_map(|request| {
        let theirs = serde_json::from_str(&answer_line(&request.to_string(), &agreements, &national)).unwrap();
        let theirs = answer(&theirs)?;
        let line = serde_json::from_value(request.clone()).unwrap();
        let own = twin::judge(&plain_agreements, &plain_national, &line);
        (own != theirs).then_some((request, own, theirs))
    })
}

#[test]
fn the_decision_is_its_twin() {
    if let Some(mut world) = find(|world| difference(world).is_some()) {
        let (request, own, theirs) = difference(&world).unwrap();
        world.request = request;
        panic!("the twin: {own:#?}\nthe implementation: {theirs:#?}\n{world:?}");
    }
}

#[test]
fn the_worlds_are_varied() {
    let mut runner = TestRunner::deterministic();
    let strategy = worlds();
    let (mut asked, mut permits) = (0, 0);
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..500 {
        let world = strategy.new_tree(&mut runner).unwrap().current();
        let (agreements, national) = (world.plain_agreements(), world.plain_national());
        for request in world.requests() {
            let answer = twin::judge(&agreements, &national, &serde_json::from_value(request).unwrap());
            asked += 1;
            permits += usize::from(answer.verdict == "permit");
            for (gate, code, ..) in answer.blocked {
                *codes.entry(format!("{gate}/{code}")).or_default() += 1;
            }
            if !answer.cover.is_empty() {
                *codes.entry("covered".into()).or_default() += 1;
            }
            if !answer.cures.is_empty() {
                *codes.entry("curable".into()).or_default() += 1;
            }
        }
    }
    println!("{permits} of {asked}\n{codes:#?}");
}
