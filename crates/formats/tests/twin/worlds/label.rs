//! Labels of all forms that a decision tells apart.

use proptest::{
    prelude::{Just, Strategy, prop_oneof},
    sample::select,
    strategy::{BoxedStrategy, Union},
};

use super::{LEVELS, Scene, terms};

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
        2 => with("", display_only, ""),
        2 => both,
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

pub(super) fn label(scene: &Scene) -> BoxedStrategy<String> {
    let compartments =
        prop_oneof![160 => Just(""), 1 => Just("//SI"), 1 => Just("//TK"), 1 => Just("//SAR-OAK"), 1 => Just("//RD")];
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
