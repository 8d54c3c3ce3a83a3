//! Random markings and portions that keep the rules.

use std::collections::BTreeMap;

use entente_core::{
    Country,
    label::{Class, Fgi, Level, Marking, Owner, Portion},
};
use entente_formats::label::{capco, country};
use proptest::{collection, prelude::*, sample};

fn codes() -> impl Strategy<Value = Vec<Country>> {
    let trigraphs = vec!["AUS", "CAN", "DEU", "FRA", "GBR", "JPN", "KOR", "NZL", "PHL", "XKS"];
    let groups = vec!["ACGU", "EU", "FVEY", "NATO", "NKIC", "NSG"];
    (sample::subsequence(trigraphs, 1..=6), sample::subsequence(groups, 0..=3))
        .prop_map(|(trigraphs, groups)| trigraphs.into_iter().chain(groups).map(Country::from).collect())
}

fn level() -> impl Strategy<Value = Level> {
    sample::select(Level::ALL.to_vec())
}

fn owner_and_class() -> impl Strategy<Value = (Owner, Class)> {
    let term = "[A-Z가-힣一-鿿]{4,12}( [가-힣]{1,8})?";
    prop_oneof![
        level()
            .prop_filter("US", |level| *level != Level::Restricted)
            .prop_map(|level| (Owner::UnitedStates, Class::Level(level))),
        level().prop_map(|level| (Owner::Nato, Class::Level(level))),
        level().prop_map(|level| (Owner::Nation("KOR".into()), Class::Level(level))),
        term.prop_filter("a control or a level is no term", |term| capco::parse(&format!("//JPN {term}")).is_ok())
            .prop_map(|term| (Owner::Nation("JPN".into()), Class::Term(term))),
    ]
}

prop_compose! {
    /// A marking that keeps the rules, built by what each choice allows.
    pub fn marking()(
        (owner, class) in owner_and_class(),
        joint in any::<bool>(),
        list in codes(),
        shown in codes(),
        release in 0..6,
        flags in collection::vec(any::<bool>(), 8),
        systems in sample::subsequence(vec!["RSV-12-ABC", "SI-ABC-EU", "SI", "TK", "TK-IDIT ABC1"], 0..=3),
        programs in sample::subsequence(vec!["SAR-123", "SAR-BP-J12 J54-K15", "SAR-CANDY APPLE", "SAR-SDA"], 0..=3),
        atomic in sample::select(vec!["", "RD-CNWDI-SIGMA 14 18", "FRD-SIGMA 20", "TFNI", "DOD UCNI"]),
        foreign in proptest::option::of(proptest::option::of(codes())),
        outside in sample::subsequence(
            vec!["LIMDIS", "EXDIS", "NODIS", "SBU", "SBU NOFORN", "LES", "LES NOFORN", "SSI"],
            0..=3,
        ),
    ) -> Marking {
        let at_least = |level| match class {
            Class::Level(own) => own >= level,
            Class::Term(_) => true,
        };
        let unclassified = class == Class::Level(Level::Unclassified);
        let classified = at_least(Level::Confidential);
        let (secret, top) = (at_least(Level::Secret), at_least(Level::TopSecret));
        let joint = joint && owner == Owner::UnitedStates;
        let mut marking = Marking::plain(owner, class);
        let with_usa = || std::iter::once(Country::from("USA")).chain(list.iter().cloned()).collect::<Vec<_>>();
        if joint {
            let trigraphs = list.iter().filter(|code| country::is_trigraph(code.as_str()));
            let mut owners: Vec<_> = trigraphs.cloned().collect();
            owners.push("USA".into());
            owners.sort();
            marking.owner = Owner::Joint(owners);
        }
        let controls = &mut marking.dissemination;
        match if joint { 1 } else { release } {
            0 => controls.noforn = true,
            1 => controls.rel_to = with_usa(),
            2 if matches!(marking.owner, Owner::Nation(_)) => controls.rel_to = list,
            3 => controls.relido = true,
            4 => controls.display_only = shown,
            5 if classified && marking.owner == Owner::UnitedStates => {
                controls.eyes = ["USA", "CAN", "GBR"].map(Country::from).to_vec();
            }
            _ => {}
        }
        controls.rsen = flags[0] && secret;
        controls.orcon = flags[1] && classified && !controls.relido;
        controls.orcon_usgov = flags[2] && classified && !controls.relido && !controls.orcon;
        controls.imcon = flags[3] && secret;
        controls.propin = flags[4];
        controls.dsen = flags[5];
        controls.fisa = flags[6];
        let silent = !controls.noforn && !controls.relido && controls.rel_to.is_empty() && controls.eyes.is_empty()
            && controls.display_only.is_empty();
        for name in outside {
            let beside = |other: &str| marking.non_ic.iter().any(|name| name == other);
            let exclusive = beside("EXDIS") || beside("NODIS");
            let fits = match name {
                "LIMDIS" => unclassified,
                "EXDIS" | "NODIS" => controls.noforn && !exclusive,
                "SBU" => unclassified && !exclusive,
                "SBU NOFORN" => unclassified && silent && !beside("SBU"),
                "LES NOFORN" => unclassified && silent && !beside("LES"),
                _ => true,
            };
            if fits {
                marking.non_ic.push(name.to_owned());
            }
        }
        controls.fouo = flags[7] && unclassified && !(flags[4] || flags[5] || flags[6]) && marking.non_ic.is_empty();
        let mut seen = BTreeMap::new();
        for system in systems {
            let name = system.split('-').next().unwrap_or_default();
            let fits = match system {
                "SI" => classified,
                "SI-ABC-EU" => top,
                "TK-IDIT ABC1" => secret && controls.noforn,
                _ => secret,
            };
            if fits {
                seen.insert(name, system.to_owned());
            }
        }
        marking.sci = seen.into_values().collect();
        if classified {
            marking.sap = programs.into_iter().map(str::to_owned).collect();
        }
        if !atomic.is_empty() && (secret != (atomic == "DOD UCNI")) && (secret || unclassified) {
            marking.aea = vec![atomic.to_owned()];
        }
        marking.fgi = foreign.map(|sources| sources.map_or(Fgi::Concealed, Fgi::From));
        let own: Vec<Country> = match &marking.owner {
            Owner::Joint(owners) => owners.clone(),
            _ => marking.country().into_iter().map(Country::from).collect(),
        };
        if let Some(Fgi::From(sources)) = &mut marking.fgi {
            sources.retain(|source| !own.contains(source));
        }
        marking.fgi = marking.fgi.filter(|foreign| *foreign != Fgi::From(Vec::new()));
        marking
    }
}

/// A portion: one of a single owner, or foreign information of several sources or a concealed one.
pub fn portion() -> impl Strategy<Value = Portion> {
    let sources = prop_oneof![
        Just(Fgi::Concealed),
        sample::subsequence(vec!["AUS", "CAN", "DEU", "JPN", "KOR", "EU", "NATO"], 2..=4)
            .prop_map(|codes| Fgi::From(codes.into_iter().map(Country::from).collect())),
    ];
    prop_oneof![
        4 => marking().prop_filter_map("concealed beside an owner that is named", |marking| {
            let foreign = matches!(marking.owner, Owner::Nation(_) | Owner::Nato);
            let contradicts = foreign && marking.fgi == Some(Fgi::Concealed);
            (!contradicts && !limdis_with_others(&marking)).then(|| marking.into())
        }),
        1 => (marking(), sources, any::<bool>()).prop_filter_map("US", |(mut marking, sources, restricted)| {
            let fits = marking.owner == Owner::UnitedStates
                && marking.dissemination.eyes.is_empty()
                && !limdis_with_others(&marking);
            if restricted && marking.class == Class::Level(Level::Confidential) && marking.sci.is_empty() {
                marking.class = Class::Level(Level::Restricted);
                marking.sap.clear();
                marking.aea.clear();
                (marking.dissemination.orcon, marking.dissemination.orcon_usgov) = (false, false);
            }
            marking.fgi = Some(sources);
            fits.then_some(Portion { marking, segregated: true })
        }),
    ]
}

/// A banner line may have both; a portion may not.
fn limdis_with_others(marking: &Marking) -> bool {
    marking.non_ic.len() > 1 && marking.non_ic.iter().any(|name| name == "LIMDIS")
}
