//! Our decision beside the same policy in Cedar, in one run. See README.md here.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement stops at the first surprise, and prints"
)]

mod cedar;
mod scene;
#[path = "../../src/stopwatch.rs"]
mod stopwatch;

use std::{collections::BTreeSet, hint::black_box};

use entente_core::{
    decide::{Decision, Gate, Verdict},
    explain::{self, Language},
    world::World,
};
use entente_formats::label;

use cedar::{Form, Translation};
use scene::Scene;
use stopwatch::Stopwatch;

/// How often all requests are decided.
const ROUNDS: usize = 15;

fn main() {
    println!("Entente beside cedar-policy {}: one thread, its time on a processor", cedar::VERSION);
    for agreements in [10, 100] {
        compare(&Scene::new(agreements));
    }
}

fn compare(scene: &Scene) {
    let clauses = Translation::new(scene, Form::Clauses);
    let tables = Translation::new(scene, Form::Tables);
    let world = World { agreements: &scene.agreements, national: &scene.national, consents: &[], approvals: &[] };
    let decisions: Vec<Decision> =
        scene.requests.iter().map(|request| request.decide(&scene.agreements, &scene.national)).collect();

    // First the answers: to measure what does not agree would measure nothing.
    for (at, decision) in decisions.iter().enumerate() {
        let permits = decision.verdict() == Verdict::Permit;
        let answer = |of| (permits, forbidden(decision, of));
        assert_eq!(answer(Form::Clauses), clauses.answer(at), "{:#?}", scene.requests[at]);
        assert_eq!(answer(Form::Tables), tables.answer(at), "{:#?}", scene.requests[at]);
    }
    let permitted = decisions.iter().filter(|decision| decision.verdict() == Verdict::Permit).count();
    println!(
        "\n{} agreements; all agree on {} requests, of which {permitted} are permitted, and on what forbids the others",
        scene.agreements.len(),
        decisions.len()
    );

    let ours = || {
        for request in &scene.requests {
            black_box(request.decide(&scene.agreements, &scene.national));
        }
    };
    let told = || {
        for request in &scene.requests {
            let decision = request.decide(&scene.agreements, &scene.national);
            let label = label::write(&request.record.label);
            let language = Language::English;
            black_box((explain::headline(&decision, language), explain::lines(&world, &decision, &label, language)));
        }
    };
    let cedar = |translation: &Translation| (0..decisions.len()).for_each(|at| drop(black_box(translation.decide(at))));
    // Turn by turn, so that whatever else the machine does falls on all.
    let mut times: [Vec<f64>; 4] = Default::default();
    for _ in 0..ROUNDS {
        times[0].push(seconds(ours));
        times[1].push(seconds(told));
        times[2].push(seconds(|| cedar(&clauses)));
        times[3].push(seconds(|| cedar(&tables)));
    }
    times.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
    let names = [
        "Entente, every reason as data".to_owned(),
        "Entente, explained in words".to_owned(),
        format!("Cedar, a policy for each clause ({})", clauses.policies()),
        format!("Cedar, agreements as data ({} policies)", tables.policies()),
    ];
    let median = |of: usize| times[of][ROUNDS / 2];
    println!("  {:<42} {:>12} {:>26}   as fast as Cedar", "", "decisions/s", "us each (min to max)");
    for (at, name) in names.iter().enumerate() {
        let each = |seconds: f64| seconds / decisions.len() as f64 * 1e6;
        let (min, max) = (each(times[at][0]), each(times[at][ROUNDS - 1]));
        let ratios = match at {
            0 | 1 => format!("{:>8.1} {:>8.1} times", median(2) / median(at), median(3) / median(at)),
            _ => String::new(),
        };
        let range = format!("({min:.2} to {max:.2})");
        println!("  {name:<42} {:>12.0} {:>10.2} {range:>16}{ratios}", 1e6 / each(median(at)), each(median(at)));
    }
}

/// What blocks, in the names that the translation gives its prohibitions. The gates of cover and route are not among
/// them: in Cedar what nothing permits is denied without a policy to name.
fn forbidden(decision: &Decision, form: Form) -> BTreeSet<String> {
    let blocks = decision.blocked.iter().filter(|block| !matches!(block.reason.gate(), Gate::Cover | Gate::Route));
    blocks.map(|block| cedar::name(form, block.reason.code(), block.agreement.as_ref().map(|id| id.as_str()))).collect()
}

fn seconds(work: impl Fn()) -> f64 {
    let watch = Stopwatch::start();
    work();
    watch.elapsed().as_secs_f64()
}
