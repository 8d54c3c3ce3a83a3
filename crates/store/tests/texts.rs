//! Several texts at once, and acts that do not come in their order.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use entente_core::{
    Party,
    agreement::{ActKind, Standing},
    time::day_of,
};
use entente_formats::hex;
use entente_node::{
    Lane,
    event::{Deed, Outcome},
};
use site::{PACT, Sites, act_on, bring_into_force, deliver, does, party, three};

const LABEL: &str = "//JPN SECRET//REL TO USA, JPN, KOR";
const GSOMIA: &str = "us-jp-gsomia-2007";

fn sequenced(outcomes: &[(Party, Outcome)]) -> bool {
    matches!(outcomes[0].1, Outcome::Sequenced { .. })
}

fn standing(sites: &Sites, at: &str, id: &str, of: &str) -> Standing {
    let site = &sites[at];
    site.node.agreements()[id].view(&party(of), day_of(site.now)).standing
}

/// JPN and USA have two texts. What is given under one of them hangs on that one, what is given under both on both; acts on
/// the one are none on the other, and follow one another by themselves.
#[test]
fn of_two_texts_between_the_same_parties_each_carries_its_own() {
    let mut sites = three();
    bring_into_force(&mut sites, PACT, "pact", &["JPN", "USA"]);
    let jpn = sites.get_mut("JPN").unwrap();
    for (id, under) in [("J-1", &["pact"][..]), ("J-2", &[GSOMIA]), ("J-3", &["pact", GSOMIA])] {
        assert!(sequenced(&jpn.release(id, LABEL, &["USA"], Some(under))), "{id}");
    }
    // They wait while JPN suspends the pact.
    does(&mut sites, "JPN", "pact", ActKind::Suspended, "2026-11-23");
    does(&mut sites, "JPN", GSOMIA, ActKind::Signed, "2026-11-23");
    does(&mut sites, "JPN", "pact", ActKind::Resumed, "2026-11-24");
    deliver(&mut sites);
    for site in sites.values_mut() {
        site.crash();
    }
    assert_eq!(sites.get_mut("USA").unwrap().ids(), ["J-2"]);
    for at in ["JPN", "USA"] {
        assert_eq!(standing(&sites, at, "pact", "JPN"), Standing::Suspended, "as {at} knows it");
        assert_eq!(standing(&sites, at, GSOMIA, "JPN"), Standing::InForce, "as {at} knows it");
        let texts = sites[at].node.agreements();
        let kinds = |id: &str| -> Vec<String> {
            sites[at]
                .node
                .acts_on(&texts[id])
                .filter(|act| act.statement.by == "JPN")
                .map(|act| act.statement.kind.clone())
                .collect()
        };
        assert_eq!(kinds("pact"), ["entered-into-force", "suspended", "resumed"], "as {at} knows it");
        assert_eq!(kinds(GSOMIA), ["signed"], "as {at} knows it");
    }
    // Each act follows the one before it on the same text: nobody misses one.
    assert_eq!(sites.get_mut("USA").unwrap().store().reader().unwrap().alarms().unwrap().len(), 0);
    let jpn = sites.get_mut("JPN").unwrap();
    assert!(!sequenced(&jpn.release("J-4", LABEL, &["USA"], Some(&["pact"]))));
    assert!(sequenced(&jpn.release("J-5", LABEL, &["USA"], None)), "the other one carries it");
    // From tomorrow on the pact carries again what the people release again.
    for site in sites.values_mut() {
        site.now = "2026-11-24T12:00:00Z".parse().unwrap();
    }
    let jpn = sites.get_mut("JPN").unwrap();
    assert!(sequenced(&jpn.release_held("J-1", &["USA"], None)));
    deliver(&mut sites);
    assert_eq!(sites.get_mut("USA").unwrap().ids(), ["J-1", "J-2", "J-5"]);
}

/// KOR's suspension reaches JPN, which disputes it; the dispute reaches USA before the suspension does.
#[test]
fn a_dispute_that_arrives_before_its_act_counts_once_that_is_here() {
    let mut sites = three();
    let text = PACT.replace("[\"JPN\", \"USA\"]", "[\"JPN\", \"KOR\", \"USA\"]");
    bring_into_force(&mut sites, &text, "pact", &["JPN", "KOR", "USA"]);
    does(&mut sites, "KOR", "pact", ActKind::Suspended, "2026-11-20");
    let to_jpn = sites.get_mut("KOR").unwrap().next_package(&party("JPN"), Lane::Urgent).unwrap();
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.take(&party("KOR"), Lane::Urgent, to_jpn).unwrap();
    let pact = jpn.node.agreements()["pact"].clone();
    let suspension = jpn.node.acts_on(&pact).find(|act| act.statement.kind == "suspended").unwrap().digest;
    act_on(jpn, "pact", Deed::Disputes(hex::encode(&suspension)), "2026-11-23").unwrap();
    let to_usa = jpn.next_package(&party("USA"), Lane::Urgent).unwrap();
    let usa = sites.get_mut("USA").unwrap();
    usa.take(&party("JPN"), Lane::Urgent, to_usa).unwrap();
    usa.crash();
    // It is about nothing that is here: it counts for nothing, and nobody is alarmed.
    assert!(usa.node.agreements()["pact"].acts.iter().all(|act| act.disputed_by.is_empty()));
    assert_eq!(standing(&sites, "USA", "pact", "KOR"), Standing::InForce);
    deliver(&mut sites);
    let usa = sites.get_mut("USA").unwrap();
    assert_eq!(usa.store().reader().unwrap().alarms().unwrap().len(), 0);
    usa.crash();
    for at in ["JPN", "KOR", "USA"] {
        let pact = &sites[at].node.agreements()["pact"];
        let act = pact.acts.iter().find(|act| act.kind == ActKind::Suspended).unwrap();
        assert_eq!(
            (&act.disputed_by[..], standing(&sites, at, "pact", "KOR")),
            (&[party("JPN")][..], Standing::Suspended)
        );
    }
}
