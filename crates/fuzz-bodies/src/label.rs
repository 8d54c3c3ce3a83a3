//! Labels.

use entente_core::{
    Party,
    label::{Label, Marking, Owner, names, rollup::RollUp},
};
use entente_formats::label::{capco::portion, describe, national_terms::near_miss, parse, write};

use crate::place::require_inside;

/// What a label parses to is written in a form that parses to it again and is written the same; a refused text is
/// refused at a place inside it.
pub fn a_label_that_parses_writes_back_to_itself(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse(text) {
        Ok(label) => {
            let written = write(&label);
            assert_eq!(parse(&written).as_ref(), Ok(&label), "written as `{written}`");
            assert_eq!(write(&label), written);
            assert!(!describe(&label).is_empty(), "nothing to say of `{written}`");
            if let Some(near) = near_miss(text, &label) {
                require_inside(text, &near);
            }
        }
        Err(problem) => require_inside(text, &problem),
    }
}

/// A portion mark, on the first line, with the banner line over it on the second, if there is one: what it parses to is
/// written in forms that parse to it again, with and without that banner line.
pub fn a_portion_that_parses_writes_back_to_itself(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (text, banner) = text.split_once('\n').unwrap_or((text, ""));
    let banner: Option<Marking> = match parse(banner) {
        Ok(Label::Marking(marking)) => Some(*marking),
        _ => None,
    };
    match portion::parse(text, banner.as_ref()) {
        Ok(mark) => {
            for banner in [None, banner.as_ref()] {
                let written = portion::write(&mark, banner);
                assert_eq!(portion::parse(&written, banner).as_ref(), Ok(&mark), "written as `{written}`");
            }
            let outcome = RollUp::of_portion(&mark).outcome().expect("a portion is a part");
            let banner = outcome.label.expect("a portion alone has a banner line");
            assert_eq!(parse(&write(&banner)).as_ref(), Ok(&banner), "`{text}` as a banner line");
        }
        Err(problem) => require_inside(text, &problem),
    }
}

/// Labels, one a line, with portion marks among them: their order makes no difference, the banner line of the whole is
/// read again, and whoever may have the whole by it, but its owner, may have each label.
pub fn a_roll_up_is_never_wider_than_its_parts(data: &[u8]) {
    const PARTIES: [&str; 8] = ["AUS", "GBR", "IRQ", "JPN", "KOR", "NATO", "NZL", "USA"];
    let Ok(text) = std::str::from_utf8(data) else { return };
    let portions: Vec<_> = text.lines().filter_map(|line| portion::parse(line, None).ok()).collect();
    let labels: Vec<Label> = text.lines().filter_map(|line| parse(line).ok()).collect();
    let parts = || portions.iter().map(RollUp::of_portion).chain(labels.iter().map(RollUp::of));
    let all = parts().fold(RollUp::default(), RollUp::join);
    assert_eq!(all, parts().fold(all.clone(), |all, part| part.join(all)), "the order makes a difference");
    let Some(whole) = all.outcome().and_then(|outcome| outcome.label) else { return };
    let written = write(&whole);
    assert_eq!(parse(&written).as_ref(), Ok(&whole), "the whole is written as `{written}`");
    for party in PARTIES.map(Party::from) {
        if has(&whole, &party) && !owns(&whole, &party) {
            let kept = labels.iter().find(|label| !has(label, &party));
            assert_eq!(kept, None, "`{written}` goes to {party}");
        }
    }
}

fn has(label: &Label, party: &Party) -> bool {
    let eyes = label.dissemination().is_some_and(|controls| names(&controls.eyes, party));
    label.is_free() || label.is_releasable_to(party) || eyes
}

fn owns(label: &Label, party: &Party) -> bool {
    match label {
        Label::Marking(marking) => match &marking.owner {
            Owner::Joint(owners) => owners.iter().any(|owner| owner.is(party)),
            _ => marking.country() == Some(party.as_str()),
        },
        Label::Tlp(_) => false,
    }
}
