//! National rules: mostly a wide delegation, now and then a restriction.

use proptest::{
    collection::vec,
    prelude::{Just, Strategy, prop_oneof},
    sample::{select, subsequence},
    strategy::BoxedStrategy,
};

use super::{LEVELS, SUBJECTS, Scene, actions, quoted, some_of};

pub(super) fn national_head(party: &str) -> String {
    format!("schema = \"entente.national/1\"\nparty = {party:?}\n")
}

pub(super) fn national(scene: &Scene, party: &'static str) -> BoxedStrategy<Option<String>> {
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
