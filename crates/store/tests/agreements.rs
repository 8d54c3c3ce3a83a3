//! Acts, admissions and consents on live nodes: what reaches whom, what counts, and what becomes known late.
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
    Level, Party,
    agreement::{ActKind, Standing, clause::Action, clause::Set},
    time::{Date, day_of},
};
use entente_formats::hex;
use entente_formats::wire::{ActStatement, Body, Canonical, ConsentWithdrawal, StandingConsent, Version, payload};
use entente_node::{
    Answer, Event, Feed, Lane,
    event::{Deed, GrantStanding, Outcome},
};
use site::{PACT, Site, Sites, act_on, deliver, does, party, three, with};

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";
const GSOMIA: &str = "jp-kr-gsomia-2016";
/// How a text stands in the view of `of`, as the node of `at` knows it.
fn view(sites: &Sites, at: &str, id: &str, of: &str) -> Standing {
    let site = &sites[at];
    site.node.agreements()[id].view(&party(of), day_of(site.now)).standing
}

fn parties(sites: &Sites, at: &str, id: &str) -> Vec<String> {
    let site = &sites[at];
    let known = site.node.agreements();
    known[id].parties_on(day_of(site.now)).into_iter().map(ToString::to_string).collect()
}

fn codes(outcomes: &[(Party, Outcome)]) -> Vec<&'static str> {
    match &outcomes[0].1 {
        Outcome::Denied { decision, .. } => decision.blocked.iter().map(|block| block.reason.code()).collect(),
        Outcome::Sequenced { .. } => Vec::new(),
        other => panic!("neither denied nor sequenced: {other:?}"),
    }
}

fn disposition(site: &mut Site, from: &str, index: u64) -> (String, String) {
    let feed = Feed { partner: party(from), lane: Lane::Urgent };
    let rows = site.store().reader().unwrap().incoming(&feed, index, 1).unwrap();
    (rows[0].disposition.clone(), rows[0].reason.clone().unwrap_or_default())
}

#[test]
fn every_kind_of_act_reaches_all_four_parties_and_survives_a_crash() {
    let mut sites = with(&["AUS", "JPN", "KOR", "USA"]);
    let text = PACT.replace("[\"JPN\", \"USA\"]", "[\"AUS\", \"JPN\", \"KOR\", \"USA\"]");
    let text = format!("{text}[duration]\nnotice_days = 90\n");
    sites.get_mut("AUS").unwrap().handle(Event::Propose { text }).unwrap();
    deliver(&mut sites);
    for code in ["AUS", "JPN", "KOR", "USA"] {
        does(&mut sites, code, "pact", ActKind::Signed, "2026-11-01");
    }
    let steps = [
        (ActKind::Ratified, Standing::NotYet),
        (ActKind::EnteredIntoForce, Standing::InForce),
        (ActKind::Suspended, Standing::Suspended),
        (ActKind::Resumed, Standing::InForce),
        (ActKind::NoticeOfTermination, Standing::InForce),
        (ActKind::NoticeSuspended, Standing::InForce),
        (ActKind::NoticeOfTermination, Standing::InForce),
        (ActKind::NoticeWithdrawn, Standing::InForce),
        (ActKind::Terminated, Standing::Terminated),
    ];
    for (kind, standing) in steps {
        does(&mut sites, "KOR", "pact", kind, "2026-11-20");
        deliver(&mut sites);
        for at in ["AUS", "JPN", "KOR", "USA"] {
            assert_eq!(view(&sites, at, "pact", "KOR"), standing, "{kind:?} as {at} knows it");
            assert_eq!(view(&sites, at, "pact", "JPN"), Standing::NotYet, "the view of another is its own");
            let notice = sites[at].node.agreements()["pact"].view(&party("KOR"), "2026-11-20".parse().unwrap()).notice;
            assert_eq!(notice.is_some(), kind == ActKind::NoticeOfTermination, "{kind:?} as {at} knows it");
        }
    }
    for site in sites.values_mut() {
        site.crash();
    }
    assert_eq!(view(&sites, "AUS", "pact", "KOR"), Standing::Terminated);
    // Each of the acts is known to have been taken by each of the others.
    let kor = sites.get_mut("KOR").unwrap();
    let pact = kor.node.agreements()["pact"].clone();
    let ours: Vec<_> = kor.node.acts_on(&pact).filter(|act| act.statement.by == "KOR").cloned().collect();
    assert_eq!(ours.len(), 10);
    for act in ours {
        let told: Vec<_> = kor.node.told(act.digest).collect();
        assert_eq!(told.len(), 3);
        let reader = kor.store().reader().unwrap();
        for (feed, index) in told {
            assert_eq!(reader.disposition(&feed, index).unwrap().as_deref(), Some("accepted"));
        }
    }
}

/// JPN and USA have a pact in force; KOR is no party of it.
fn pact() -> Sites {
    let mut sites = three();
    site::bring_into_force(&mut sites, PACT, "pact", &["JPN", "USA"]);
    sites
}

#[test]
fn a_new_party_gets_the_text_and_all_acts_once_all_have_admitted_it() {
    let mut sites = pact();
    act_on(sites.get_mut("JPN").unwrap(), "pact", Deed::Admits(party("KOR")), "2026-11-10").unwrap();
    deliver(&mut sites);
    // By one only: nobody is told, and nobody is a party.
    assert_eq!(sites["KOR"].node.proposals().count(), 0);
    assert_eq!(parties(&sites, "USA", "pact"), ["JPN", "USA"]);
    let again = act_on(sites.get_mut("JPN").unwrap(), "pact", Deed::Admits(party("KOR")), "2026-11-10").unwrap_err();
    assert!(again.to_string().contains("already"), "{again}");
    act_on(sites.get_mut("USA").unwrap(), "pact", Deed::Admits(party("KOR")), "2026-11-12").unwrap();
    deliver(&mut sites);
    for at in ["JPN", "USA"] {
        assert_eq!(parties(&sites, at, "pact"), ["JPN", "USA", "KOR"], "as {at} knows it");
    }
    // The newcomer has the text and four acts, each from whoever did it, and acts for itself.
    let proposed: Vec<_> = sites["KOR"].node.proposals().collect();
    assert_eq!((proposed.len(), proposed[0].acts.len()), (1, 4));
    assert_eq!(proposed[0].hash, sites["JPN"].node.agreements()["pact"].hash, "the instrument does not change");
    let early = act_on(sites.get_mut("KOR").unwrap(), "pact", Deed::Does(ActKind::EnteredIntoForce), "2026-11-11");
    assert!(early.unwrap_err().to_string().contains("no party of pact on 2026-11-11 yet"));
    does(&mut sites, "KOR", "pact", ActKind::EnteredIntoForce, "2026-11-12");
    deliver(&mut sites);
    for at in ["JPN", "KOR", "USA"] {
        for of in ["JPN", "KOR", "USA"] {
            assert_eq!(view(&sites, at, "pact", of), Standing::InForce, "{of} as {at} knows it");
        }
    }
    let sent = sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["USA"], Some(&["pact"]));
    assert_eq!(codes(&sent), Vec::<&str>::new());
    deliver(&mut sites);
    let usa = sites.get_mut("USA").unwrap();
    usa.crash();
    assert_eq!(usa.ids(), ["K-1"]);
    // Under the pact it may move among its three parties.
    assert_eq!(codes(&usa.release_held("K-1", &["JPN"], None)), Vec::<&str>::new());
}

#[test]
fn an_admission_reaches_a_party_that_was_away_and_the_newcomer_by_way_of_all() {
    let mut sites = pact();
    act_on(sites.get_mut("USA").unwrap(), "pact", Deed::Admits(party("KOR")), "2026-11-12").unwrap();
    act_on(sites.get_mut("JPN").unwrap(), "pact", Deed::Admits(party("KOR")), "2026-11-12").unwrap();
    for site in sites.values_mut() {
        site.crash();
    }
    // Neither knew of the other's yet; what each learns on the way makes it tell the newcomer.
    deliver(&mut sites);
    assert_eq!(sites["KOR"].node.proposals().next().unwrap().acts.len(), 4);
}

#[test]
fn the_act_of_a_stranger_counts_for_nothing() {
    let sites = pact();
    let hash = sites["JPN"].node.agreements()["pact"].hash;
    let jpn_file = sites["JPN"].party_file();
    let statement = |kind: &str, admits: Option<&str>| ActStatement {
        by: "KOR".into(),
        agreement: Version { id: "pact".into(), hash: hash.0 },
        kind: kind.into(),
        date: "2026-11-12".into(),
        article: None,
        admits: admits.map(Into::into),
        disputes: None,
        previous: None,
    };
    for (kind, admits) in [("entered-into-force", None), ("admitted", Some("KOR"))] {
        let mut sites = pact();
        let kor = sites.get_mut("KOR").unwrap();
        let signed = kor.sign_as_partner(payload::ACT, statement(kind, admits).to_bytes());
        let package = kor.forged(&jpn_file, Lane::Urgent, &Body::Act(signed));
        let jpn = sites.get_mut("JPN").unwrap();
        jpn.take(&party("KOR"), Lane::Urgent, package).unwrap();
        assert_eq!(disposition(jpn, "KOR", 0), ("refused".into(), "KOR is no party of pact".into()));
        jpn.crash();
        assert_eq!(parties(&sites, "JPN", "pact"), ["JPN", "USA"]);
    }
    // In another's name, or about what no file could hold.
    let forged = ActStatement { by: "USA".into(), ..statement("suspended", None) };
    let odd = statement("suspended", Some("KOR"));
    for (index, statement) in [forged, odd].into_iter().enumerate() {
        let mut sites = pact();
        let kor = sites.get_mut("KOR").unwrap();
        let signed = kor.sign_as_partner(payload::ACT, statement.to_bytes());
        let package = kor.forged(&jpn_file, Lane::Urgent, &Body::Act(signed));
        let jpn = sites.get_mut("JPN").unwrap();
        jpn.take(&party("KOR"), Lane::Urgent, package).unwrap();
        assert_eq!(disposition(jpn, "KOR", 0).0, "refused", "case {index}");
        assert_eq!(view(&sites, "JPN", "pact", "USA"), Standing::InForce);
    }
}

#[test]
fn a_dispute_reaches_all_and_says_disputed() {
    let mut sites = three();
    does(&mut sites, "KOR", GSOMIA, ActKind::Suspended, "2026-11-20");
    deliver(&mut sites);
    let jpn = sites.get_mut("JPN").unwrap();
    let text = jpn.node.agreements()[GSOMIA].clone();
    let number = hex::encode(&jpn.node.acts_on(&text).next().unwrap().digest);
    act_on(jpn, GSOMIA, Deed::Disputes(number[..8].to_owned()), "2026-11-23").unwrap();
    let own = act_on(sites.get_mut("KOR").unwrap(), GSOMIA, Deed::Disputes(number), "2026-11-23").unwrap_err();
    assert!(own.to_string().contains("this party's own"), "{own}");
    deliver(&mut sites);
    for at in ["JPN", "KOR"] {
        sites.get_mut(at).unwrap().crash();
        let agreement = &sites[at].node.agreements()[GSOMIA];
        assert_eq!(agreement.acts.last().unwrap().disputed_by, ["JPN"], "as {at} knows it");
    }
    let outcome = sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], Some(&[GSOMIA]));
    assert_eq!(codes(&outcome), ["disputed"]);
}

#[test]
fn an_act_sent_twice_is_done_once() {
    let mut sites = pact();
    let jpn_file = sites["JPN"].party_file();
    let usa = sites.get_mut("USA").unwrap();
    let pact = usa.node.agreements()["pact"].clone();
    let act = usa.node.acts_on(&pact).find(|act| act.statement.by == "USA").unwrap().statement.clone();
    let signed = usa.sign_as_partner(payload::ACT, act.to_bytes());
    let again = usa.sequenced_after(&jpn_file, Lane::Urgent, &Body::Act(signed));
    let jpn = sites.get_mut("JPN").unwrap();
    let before = jpn.node.agreements()["pact"].acts.len();
    jpn.take(&party("USA"), Lane::Urgent, again).unwrap();
    assert_eq!(jpn.node.agreements()["pact"].acts.len(), before);
    assert_eq!(jpn.store().reader().unwrap().alarms().unwrap().len(), 0);
}

fn standing(to: Option<&str>, subject: &str) -> GrantStanding {
    GrantStanding {
        holders: Vec::new(),
        subjects: Set::Of(vec![subject.into()]),
        max: Level::Secret,
        to: to.map(Into::into),
        action: Action::Release,
        purpose: None,
        until: None,
        authority: "by order of the minister".into(),
    }
}

fn grant(site: &mut Site, grant: GrantStanding) -> ([u8; 16], Vec<Party>) {
    match site.handle(Event::GrantStanding(grant)).unwrap() {
        Answer::Standing { number, holders } => (number, holders),
        other => panic!("unexpected answer {other:?}"),
    }
}

#[test]
fn a_standing_consent_serves_its_holder_until_it_is_withdrawn() {
    let mut sites = three();
    for id in ["K-1", "K-2", "K-3"] {
        sites.get_mut("KOR").unwrap().release(id, LABEL, &["JPN"], None);
    }
    deliver(&mut sites);
    let (number, holders) = grant(sites.get_mut("KOR").unwrap(), standing(Some("USA"), "dprk-missile"));
    assert_eq!(holders, ["JPN"], "those with a text in force, but the recipient");
    assert_eq!(
        codes(&sites.get_mut("JPN").unwrap().release_held("K-1", &["USA"], None)),
        ["third-party"],
        "not yet here"
    );
    deliver(&mut sites);
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.crash();
    assert_eq!(codes(&jpn.release_held("K-1", &["USA"], None)), Vec::<&str>::new());
    deliver(&mut sites);
    assert_eq!(sites.get_mut("USA").unwrap().ids(), ["K-1"]);
    // K-2 waits when the withdrawal arrives: it stays behind. K-3 is denied.
    sites.get_mut("JPN").unwrap().release_held("K-2", &["USA"], None);
    let kor = sites.get_mut("KOR").unwrap();
    let withdraw = |by| Event::WithdrawConsent { by, number, note: None };
    kor.handle(withdraw(kor.viewer())).unwrap();
    kor.handle(withdraw(kor.viewer())).unwrap_err();
    let package = kor.next_package(&party("JPN"), Lane::Urgent).unwrap();
    sites.get_mut("JPN").unwrap().take(&party("KOR"), Lane::Urgent, package).unwrap();
    deliver(&mut sites);
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.crash();
    assert_eq!(codes(&jpn.release_held("K-3", &["USA"], None)), ["third-party"]);
    assert_eq!(jpn.node.affected(&jpn.viewer()).count(), 0, "what left before it was withdrawn stays what it was");
    assert_eq!(sites.get_mut("USA").unwrap().ids(), ["K-1"]);
}

#[test]
fn a_standing_consent_is_its_givers_own_and_keeps_within_its_rules() {
    let mut sites = three();
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    deliver(&mut sites);
    let forged = |by: &str, holder: &str| StandingConsent {
        by: by.into(),
        holder: holder.into(),
        number: [1; 16],
        subjects: vec!["*".into()],
        max: "TOP SECRET".into(),
        to: None,
        action: "release".into(),
        purpose: None,
        until: None,
        at: 0,
        authority: "nobody".into(),
    };
    let jpn_file = sites["JPN"].party_file();
    // USA speaks in KOR's name; or gives to USA what it hands to JPN.
    for statement in
        [forged("KOR", "JPN"), forged("USA", "USA"), StandingConsent { max: "HIGH".into(), ..forged("USA", "JPN") }]
    {
        let mut sites = three();
        sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
        deliver(&mut sites);
        let usa = sites.get_mut("USA").unwrap();
        let signed = usa.sign_as_partner(payload::STANDING_CONSENT, statement.to_bytes());
        let package = usa.forged(&jpn_file, Lane::Urgent, &Body::StandingConsent(signed));
        let jpn = sites.get_mut("JPN").unwrap();
        jpn.take(&party("USA"), Lane::Urgent, package).unwrap();
        assert_eq!(disposition(jpn, "USA", 0).0, "refused");
        assert_eq!(codes(&jpn.release_held("K-1", &["USA"], None)), ["third-party"]);
    }
    // USA withdraws what KOR gave.
    let (number, _) = grant(sites.get_mut("KOR").unwrap(), standing(Some("USA"), "dprk-missile"));
    deliver(&mut sites);
    for by in ["KOR", "USA"] {
        let statement = ConsentWithdrawal { by: by.into(), holder: "JPN".into(), number, at: 0, note: None };
        let usa = sites.get_mut("USA").unwrap();
        let signed = usa.sign_as_partner(payload::CONSENT_WITHDRAWAL, statement.to_bytes());
        let package = usa.sequenced_after(&jpn_file, Lane::Urgent, &Body::ConsentWithdrawal(signed));
        let jpn = sites.get_mut("JPN").unwrap();
        let _refused_or_not = jpn.take(&party("USA"), Lane::Urgent, package);
        assert_eq!(codes(&jpn.release_held("K-1", &["USA"], None)), Vec::<&str>::new(), "withdrawn by {by}");
        jpn.crash();
    }
}

#[test]
fn a_late_act_lists_what_left_and_rewrites_nothing() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    for id in ["K-1", "K-2"] {
        kor.release(id, LABEL, &["JPN"], None);
    }
    deliver(&mut sites);
    // K-3 waits: it is decided again before it leaves, and is no matter for a person.
    sites.get_mut("KOR").unwrap().release("K-3", LABEL, &["JPN"], None);
    does(&mut sites, "JPN", GSOMIA, ActKind::Suspended, "2026-11-20");
    let package = sites.get_mut("JPN").unwrap().next_package(&party("KOR"), Lane::Urgent).unwrap();
    let kor = sites.get_mut("KOR").unwrap();
    kor.take(&party("JPN"), Lane::Urgent, package).unwrap();
    kor.crash();
    let viewer = kor.viewer();
    let affected: Vec<_> = kor.node.affected(&viewer).cloned().collect();
    let names: Vec<_> = affected.iter().map(|one| (one.number, one.record.as_str(), one.to.as_str())).collect();
    assert_eq!(names, [(1, "K-1", "JPN"), (2, "K-2", "JPN")]);
    assert_eq!(
        (affected[0].would.verdict.as_str(), affected[0].would.blocked[0].code.as_str()),
        ("deny", "not-in-force")
    );
    assert_eq!(affected[0].under, [GSOMIA]);
    assert_eq!(affected[0].cause, "jp-kr-gsomia-2016: suspended of JPN on 2026-11-20");
    // Nobody is told; who may not see the record sees nothing of it.
    assert!(kor.next_package(&party("USA"), Lane::Urgent).is_none());
    let mut outsider = kor.viewer();
    outsider.clearance = Level::Unclassified;
    assert_eq!(kor.node.affected(&outsider).count(), 0);
    let answer = |by, number| Event::AnswerAffected { by, number, note: "asked JPN to return it".into() };
    kor.handle(answer(outsider, 1)).unwrap_err();
    kor.handle(answer(viewer.clone(), 1)).unwrap();
    kor.handle(answer(viewer.clone(), 1)).unwrap_err();
    kor.crash();
    let open = kor.node.affected(&viewer).filter(|one| one.answered.is_none()).count();
    assert_eq!(open, 1);
    // A second late act that adds nothing lists nothing again.
    does(&mut sites, "JPN", GSOMIA, ActKind::Terminated, "2026-11-21");
    deliver(&mut sites);
    let kor = sites.get_mut("KOR").unwrap();
    assert_eq!(kor.node.affected(&viewer).count(), 2);
    // One that comes in time lists nothing either.
    assert_eq!(kor.now.to_string(), "2026-11-23T12:00:00Z");
    assert!(day_of(kor.now) > "2026-11-20".parse::<Date>().unwrap());
}

#[test]
fn what_left_between_a_withdrawal_and_its_arrival_is_listed() {
    let mut sites = three();
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    let (number, _) = grant(sites.get_mut("KOR").unwrap(), standing(Some("USA"), "dprk-missile"));
    deliver(&mut sites);
    let kor = sites.get_mut("KOR").unwrap();
    kor.handle(Event::WithdrawConsent { by: kor.viewer(), number, note: None }).unwrap();
    // The withdrawal is on its way for a minute.
    for site in sites.values_mut() {
        site.now = "2026-11-23T12:01:00Z".parse().unwrap();
    }
    let jpn = sites.get_mut("JPN").unwrap();
    assert_eq!(codes(&jpn.release_held("K-1", &["USA"], None)), Vec::<&str>::new());
    jpn.next_package(&party("USA"), Lane::Routine).unwrap();
    jpn.now = "2026-11-23T12:02:00Z".parse().unwrap();
    let package = sites.get_mut("KOR").unwrap().next_package(&party("JPN"), Lane::Urgent).unwrap();
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.take(&party("KOR"), Lane::Urgent, package).unwrap();
    let affected: Vec<_> = jpn.node.affected(&jpn.viewer()).collect();
    assert_eq!(affected.len(), 1);
    assert_eq!(affected[0].would.blocked[0].code, "third-party");
    assert!(affected[0].cause.ends_with("of KOR was withdrawn at 2026-11-23T12:00:00Z"), "{}", affected[0].cause);
}

/// What JPN has from KOR stays KOR's: JPN's own standing consent does not let USA hand it on without being asked.
#[test]
fn a_standing_consent_does_not_answer_a_hop_that_says_ask() {
    let mut sites = with(&["AUS", "JPN", "KOR", "USA"]);
    sites.get_mut("KOR").unwrap().release("K-1", "//KOR SECRET//REL TO USA, AUS, JPN, KOR", &["JPN"], None);
    deliver(&mut sites);
    grant(sites.get_mut("KOR").unwrap(), standing(None, "dprk-missile"));
    let to_usa = GrantStanding { holders: vec![party("USA")], ..standing(None, "dprk-missile") };
    grant(sites.get_mut("JPN").unwrap(), to_usa);
    // Nor does JPN allow others what its own rules forbid it.
    let barred = Event::GrantStanding(standing(None, "imagery-sources"));
    let barred = sites.get_mut("JPN").unwrap().handle(barred).unwrap_err();
    assert!(barred.to_string().contains("how imagery is collected"), "{barred}");
    deliver(&mut sites);
    assert_eq!(codes(&sites.get_mut("JPN").unwrap().release_held("K-1", &["USA"], None)), Vec::<&str>::new());
    deliver(&mut sites);
    let codes = codes(&sites.get_mut("USA").unwrap().release_held("K-1", &["AUS"], None));
    assert!(codes.contains(&"onward") && codes.contains(&"third-party"), "{codes:?}");
}
