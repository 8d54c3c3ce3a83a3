//! Recalls, other labels and losses, across three sovereign nodes with real stores.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use std::collections::BTreeMap;

use entente_core::{Party, agreement::Action, record::Status, whatif::Question};
use entente_formats::wire::{
    Body, Canonical, EntryName, RecallAnswer, RecallStatement, Relabelling, Remains, Signed, payload,
};
use entente_node::{
    Answer, Event, Feed, Lane, Refusal,
    event::{Draft, Outcome, RecordRef, Release, Source},
    recall::RecallSeen,
};
use entente_seal::Precedence;
use site::{CHANNEL, PURPOSE, Site, consent, content, deliver, three};

/// Two texts would do between Korea and the United States: this one.
const UNDER: Option<&[&str]> = Some(&["us-kr-gsomia-1987"]);
const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";

type Sites = BTreeMap<&'static str, Site>;

fn named(id: &str) -> RecordRef {
    RecordRef { originator: None, id: id.into() }
}

fn on<'a>(sites: &'a mut Sites, code: &str) -> &'a mut Site {
    sites.get_mut(code).unwrap()
}

fn recall(site: &mut Site, id: &str, of: &[&str]) -> Result<Vec<String>, Refusal> {
    let of = of.iter().map(|code| Party::from(*code)).collect();
    let reason = Some("wrong attachment".to_owned());
    let event = Event::Recall { by: site.viewer(), record: named(id), of, reason };
    match site.handle(event)? {
        Answer::Told { told, .. } => Ok(told.iter().map(ToString::to_string).collect()),
        other => panic!("unexpected answer {other:?}"),
    }
}

fn settle(site: &mut Site, id: &str, keep: bool) -> Result<Answer, Refusal> {
    let note = "head of desk".to_owned();
    site.handle(Event::Settle { by: site.viewer(), record: named(id), keep, note })
}

/// KOR's K-1 is with JPN, and by KOR's consent with USA.
fn along_the_chain() -> Sites {
    let mut sites = three();
    on(&mut sites, "KOR").release("K-1", LABEL, &["JPN"], None);
    deliver(&mut sites);
    consent(&mut sites, "K-1", true);
    let outcome = on(&mut sites, "JPN").release_held("K-1", &["USA"], None).remove(0).1;
    assert!(matches!(outcome, Outcome::Sequenced { .. }), "{outcome:?}");
    deliver(&mut sites);
    assert_eq!(on(&mut sites, "USA").ids(), ["K-1"]);
    sites
}

/// Whether the store still has the content, or the envelope in which it came.
fn has_any_of_it(site: &mut Site, id: &str, from: &str) -> bool {
    let reader = site.store().reader().unwrap();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(content(id)).into();
    let feed = Feed { partner: from.into(), lane: Lane::Routine };
    let came = reader.incoming(&feed, 0, 100).unwrap();
    let is_it = |record: &Option<(String, String)>| record.as_ref().is_some_and(|(_, record)| record == id);
    reader.body(&digest).unwrap().is_some() || came.iter().any(|row| is_it(&row.record) && row.envelope.is_some())
}

/// The one recall of `id` that a node has told others of.
fn passed_on(site: &Site, id: &str) -> RecallSeen {
    let mut all = site.node.recalls(&site.viewer());
    all.retain(|recall| recall.record == id && !recall.told.is_empty());
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// Party, what became of it there, and whether all behind it have complied.
fn answers(recall: &RecallSeen) -> Vec<(String, Option<(Remains, bool)>)> {
    let told = recall.told.iter();
    told.map(|one| (one.party.to_string(), one.answer.as_ref().map(|said| (said.here, said.beyond)))).collect()
}

/// How many records a question about everything that is held is about.
fn asked_about(site: &Site) -> u64 {
    let (purpose, channel) = (PURPOSE.into(), CHANNEL.into());
    let question = Question { action: Action::Release, purpose: &purpose, channel: &channel, at: site.now };
    site.node.what_if(&site.viewer(), &question, &[], None).unwrap().records
}

#[test]
fn a_recall_reaches_every_holder_and_each_knows_its_own_hop() {
    let mut sites = along_the_chain();
    assert_eq!(recall(on(&mut sites, "KOR"), "K-1", &[]).unwrap(), ["JPN"]);
    deliver(&mut sites);
    for code in ["JPN", "USA"] {
        assert_eq!(on(&mut sites, code).ids(), Vec::<String>::new());
        assert_eq!(asked_about(&sites[code]), 0);
    }
    assert!(!has_any_of_it(on(&mut sites, "JPN"), "K-1", "KOR"));
    assert!(!has_any_of_it(on(&mut sites, "USA"), "K-1", "JPN"));
    let complied = |party: &str| vec![(party.to_owned(), Some((Remains::Destroyed, true)))];
    assert_eq!(answers(&passed_on(&sites["KOR"], "K-1")), complied("JPN"));
    assert_eq!(answers(&passed_on(&sites["JPN"], "K-1")), complied("USA"));
    // What KOR made itself it keeps, and gives to nobody.
    assert_eq!(on(&mut sites, "KOR").ids(), ["K-1"]);
    let release = Release {
        by: sites["KOR"].viewer(),
        source: Source::Held(named("K-1"), content("K-1")),
        to: vec!["USA".into()],
        purpose: PURPOSE.into(),
        channel: CHANNEL.into(),
        under: None,
        precedence: Precedence::Routine,
        expires: None,
    };
    let refused = on(&mut sites, "KOR").handle(Event::Release(release)).unwrap_err();
    assert!(refused.to_string().contains("called back"), "{refused}");
    assert!(matches!(recall(on(&mut sites, "KOR"), "K-1", &[]), Err(Refusal::Request(_))));
    // After a crash of all of them it is the same.
    for code in ["JPN", "USA", "KOR"] {
        on(&mut sites, code).crash();
    }
    assert_eq!(on(&mut sites, "JPN").ids(), Vec::<String>::new());
    assert_eq!(["JPN", "USA", "KOR"].map(|code| asked_about(&sites[code])), [0; 3]);
    assert_eq!(answers(&passed_on(&sites["KOR"], "K-1")), complied("JPN"));
    deliver(&mut sites);
}

#[test]
fn who_is_away_is_seen_not_to_have_complied() {
    let mut sites = along_the_chain();
    recall(on(&mut sites, "KOR"), "K-1", &[]).unwrap();
    let mut usa = sites.remove("USA").unwrap();
    deliver(&mut sites);
    let waiting = [("JPN".to_owned(), Some((Remains::Destroyed, false)))];
    assert_eq!(answers(&passed_on(&sites["KOR"], "K-1")), waiting);
    assert_eq!(answers(&passed_on(&sites["JPN"], "K-1")), [("USA".to_owned(), None)]);
    assert_eq!(usa.ids(), ["K-1"]);
    sites.insert("USA", usa);
    deliver(&mut sites);
    assert_eq!(answers(&passed_on(&sites["KOR"], "K-1")), [("JPN".to_owned(), Some((Remains::Destroyed, true)))]);
}

#[test]
fn a_recall_that_overtakes_its_record_is_applied_when_it_arrives() {
    let mut sites = three();
    on(&mut sites, "KOR").release("K-1", LABEL, &["JPN"], None);
    let (kor, jpn): (Party, Party) = ("KOR".into(), "JPN".into());
    // The record is offered, and then hangs in the routine lane.
    let late = on(&mut sites, "KOR").next_package(&jpn, Lane::Routine).unwrap();
    recall(on(&mut sites, "KOR"), "K-1", &[]).unwrap();
    let urgent = on(&mut sites, "KOR").next_package(&jpn, Lane::Urgent).unwrap();
    on(&mut sites, "JPN").take(&kor, Lane::Urgent, urgent).unwrap();
    on(&mut sites, "JPN").crash();
    let (_, in_order) = on(&mut sites, "JPN").take(&kor, Lane::Routine, late).unwrap();
    assert!(in_order);
    assert_eq!(on(&mut sites, "JPN").ids(), Vec::<String>::new());
    assert!(!has_any_of_it(on(&mut sites, "JPN"), "K-1", "KOR"));
    deliver(&mut sites);
    assert_eq!(answers(&passed_on(&sites["KOR"], "K-1")), [("JPN".to_owned(), Some((Remains::NotHere, true)))]);
}

#[test]
fn what_has_not_left_yet_stays_behind() {
    let mut sites = three();
    on(&mut sites, "KOR").release("K-1", LABEL, &["JPN"], None);
    recall(on(&mut sites, "KOR"), "K-1", &[]).unwrap();
    deliver(&mut sites);
    let reader = on(&mut sites, "JPN").store().reader().unwrap();
    let feed = Feed { partner: "KOR".into(), lane: Lane::Routine };
    let rows = reader.incoming(&feed, 0, 10).unwrap();
    assert!(rows[0].withdrawal.is_some() && rows[0].envelope.is_none());
    assert_eq!(on(&mut sites, "JPN").ids(), Vec::<String>::new());
}

#[test]
fn who_passed_it_on_takes_back_its_own_and_may_give_it_again() {
    let mut sites = along_the_chain();
    // KOR itself gave it to USA too: what JPN takes back does not take that.
    let outcome = on(&mut sites, "KOR").release_held("K-1", &["USA"], UNDER).remove(0).1;
    assert!(matches!(outcome, Outcome::Sequenced { .. }), "{outcome:?}");
    deliver(&mut sites);
    assert_eq!(recall(on(&mut sites, "JPN"), "K-1", &["USA"]).unwrap(), ["USA"]);
    deliver(&mut sites);
    assert_eq!(on(&mut sites, "USA").ids(), ["K-1"]);
    // That another gave it too is nothing to JPN: it hears what it would hear alone.
    assert_eq!(answers(&passed_on(&sites["JPN"], "K-1")), [("USA".to_owned(), Some((Remains::Destroyed, true)))]);
    // KOR takes back its own part of what USA has: nothing is left there.
    assert_eq!(recall(on(&mut sites, "KOR"), "K-1", &["USA"]).unwrap(), ["USA"]);
    deliver(&mut sites);
    assert_eq!(on(&mut sites, "USA").ids(), Vec::<String>::new());
    assert!(!has_any_of_it(on(&mut sites, "USA"), "K-1", "KOR"));
    assert_eq!(on(&mut sites, "JPN").ids(), ["K-1"], "KOR named USA alone");
    // Given again, it is there again.
    assert_eq!(asked_about(&sites["USA"]), 0);
    on(&mut sites, "KOR").release_held("K-1", &["USA"], UNDER);
    deliver(&mut sites);
    assert_eq!(on(&mut sites, "USA").ids(), ["K-1"]);
    assert_eq!(asked_about(&sites["USA"]), 1);
    assert!(has_any_of_it(on(&mut sites, "USA"), "K-1", "KOR"));
    let refused = recall(on(&mut sites, "USA"), "K-1", &[]).unwrap_err();
    assert!(refused.to_string().contains("given to nobody"), "{refused}");
}

#[test]
fn a_recall_of_one_hop_is_passed_on_in_the_next_ones_own_name() {
    let mut sites = along_the_chain();
    assert_eq!(recall(on(&mut sites, "KOR"), "K-1", &["JPN"]).unwrap(), ["JPN"]);
    deliver(&mut sites);
    assert_eq!(on(&mut sites, "USA").ids(), Vec::<String>::new());
    let usa = &sites["USA"];
    let recalls = usa.node.recalls(&usa.viewer());
    assert_eq!(recalls.iter().map(|recall| recall.name.by.as_str()).collect::<Vec<_>>(), ["JPN"]);
    assert_eq!(recalls[0].reason, None, "why KOR did it is KOR's and JPN's matter");
    assert_eq!(answers(&passed_on(&sites["KOR"], "K-1")), [("JPN".to_owned(), Some((Remains::Destroyed, true)))]);
}

#[test]
fn who_gave_up_its_part_is_told_of_the_whole_too() {
    let mut sites = three();
    on(&mut sites, "KOR").release("K-1", LABEL, &["JPN"], None);
    deliver(&mut sites);
    assert_eq!(recall(on(&mut sites, "KOR"), "K-1", &["JPN"]).unwrap(), ["JPN"]);
    deliver(&mut sites);
    assert_eq!(on(&mut sites, "JPN").ids(), Vec::<String>::new());
    // Somebody else might give it to JPN again.
    assert_eq!(recall(on(&mut sites, "KOR"), "K-1", &[]).unwrap(), ["JPN"]);
    deliver(&mut sites);
    let jpn = &sites["JPN"];
    assert!(jpn.node.recalls(&jpn.viewer()).iter().any(|recall| recall.whole));
}

/// JPN makes J-9 from what KOR gave it.
fn derived(sites: &mut Sites) {
    let jpn = on(sites, "JPN");
    let draft = Draft {
        id: Some("J-9".into()),
        label: "//JPN SECRET//REL TO USA, JPN, KOR".into(),
        subjects: vec!["dprk-missile".into()],
        status: Status::Exercise,
        distribution: Vec::new(),
        derived_from: vec![named("K-1")],
        versions: Vec::new(),
        title: "J-9.txt".into(),
        media_type: "text/plain".into(),
        content: content("J-9"),
    };
    let release = Release {
        by: jpn.viewer(),
        source: Source::New(draft),
        to: vec!["KOR".into()],
        purpose: PURPOSE.into(),
        channel: CHANNEL.into(),
        under: None,
        precedence: Precedence::Routine,
        expires: None,
    };
    let Answer::Released { outcomes, .. } = jpn.handle(Event::Release(release)).unwrap() else { panic!() };
    assert!(matches!(outcomes[0].1, Outcome::Sequenced { .. }), "{outcomes:?}");
}

#[test]
fn what_was_made_from_it_is_suspended_until_its_holder_decides() {
    for keep in [true, false] {
        let mut sites = three();
        on(&mut sites, "KOR").release("K-1", LABEL, &["JPN"], None);
        deliver(&mut sites);
        derived(&mut sites);
        let refused = settle(on(&mut sites, "JPN"), "J-9", true).unwrap_err();
        assert!(refused.to_string().contains("not suspended"), "{refused}");
        recall(on(&mut sites, "KOR"), "K-1", &[]).unwrap();
        // J-9 waits for KOR while the recall arrives: it is suspended, and does not leave.
        let (kor, jpn): (Party, Party) = ("KOR".into(), "JPN".into());
        let urgent = on(&mut sites, "KOR").next_package(&jpn, Lane::Urgent).unwrap();
        on(&mut sites, "JPN").take(&kor, Lane::Urgent, urgent).unwrap();
        assert_eq!(on(&mut sites, "JPN").ids(), Vec::<String>::new());
        let jpn = on(&mut sites, "JPN");
        let seen = jpn.node.recalls(&jpn.viewer());
        assert_eq!(seen[0].suspended, [("JPN".into(), "J-9".into())]);
        deliver(&mut sites);
        assert!(!on(&mut sites, "KOR").ids().contains(&"J-9".to_owned()));

        settle(on(&mut sites, "JPN"), "J-9", keep).unwrap();
        on(&mut sites, "JPN").crash();
        let left: &[&str] = if keep { &["J-9"] } else { &[] };
        assert_eq!(on(&mut sites, "JPN").ids(), left);
        assert_eq!(has_any_of_it(on(&mut sites, "JPN"), "J-9", "KOR"), keep);
        assert!(settle(on(&mut sites, "JPN"), "K-1", true).is_err(), "what KOR called back is not JPN's to keep");
    }
}

#[test]
fn another_label_travels_and_counts() {
    let mut sites = along_the_chain();
    let relabel = |site: &mut Site, label: &str| {
        let by = site.viewer();
        site.handle(Event::Relabel { by, record: named("K-1"), label: label.into(), reason: None })
    };
    let refused = relabel(on(&mut sites, "JPN"), "//KOR UNCLASSIFIED").unwrap_err();
    assert!(refused.to_string().contains("KOR's"), "{refused}");
    relabel(on(&mut sites, "KOR"), "//KOR CONFIDENTIAL//REL TO JPN, KOR").unwrap();
    deliver(&mut sites);
    for code in ["KOR", "JPN", "USA"] {
        on(&mut sites, code).crash();
        let held = on(&mut sites, code).held();
        assert_eq!(held[0].label, "//KOR CONFIDENTIAL//REL TO JPN, KOR", "at {code}");
    }
    // The United States are not on the list any more: JPN may not give it again.
    let denied = on(&mut sites, "JPN").release_held("K-1", &["USA"], None).remove(0).1;
    let Outcome::Denied { decision, .. } = denied else { panic!("{denied:?}") };
    assert_eq!(decision.blocked[0].reason.code(), "not-releasable");
    // Later words overtake earlier ones in whatever order they come.
    relabel(on(&mut sites, "KOR"), "//KOR CONFIDENTIAL//REL TO USA, JPN, KOR").unwrap();
    relabel(on(&mut sites, "KOR"), LABEL).unwrap();
    deliver(&mut sites);
    assert_eq!(on(&mut sites, "USA").held()[0].label, LABEL);
}

#[test]
fn only_who_may_calls_back_and_relabels() {
    let recall = |entries: Vec<EntryName>| {
        let (originator, record) = ("KOR".to_owned(), "K-1".to_owned());
        let by = originator.clone();
        RecallStatement { by, number: [7; 16], originator, record, entries, at: 0, reason: None }.to_bytes()
    };
    let wider = Relabelling {
        by: "KOR".into(),
        record: "K-1".into(),
        revision: 9,
        label: "//KOR UNCLASSIFIED".into(),
        at: 0,
        reason: None,
    };
    let entry = EntryName { lane: "routine".into(), index: 0 };
    type Wrap = fn(Signed) -> Body;
    let forged: [(Vec<u8>, &str, Wrap, bool); 4] = [
        // In KOR's name, signed by JPN: from everybody; from USA what KOR gave it; another label.
        (recall(Vec::new()), payload::RECALL, Body::Recall, false),
        (recall(vec![entry]), payload::RECALL, Body::Recall, true),
        (wider.to_bytes(), payload::RELABELLING, Body::Relabelling, false),
        // A signature over another kind of statement is none.
        (recall(Vec::new()), payload::RELABELLING, Body::Recall, false),
    ];
    for (statement, payload_type, wrap, is_its_own) in forged {
        let mut sites = along_the_chain();
        on(&mut sites, "KOR").release_held("K-1", &["USA"], UNDER);
        deliver(&mut sites);
        let usa = sites["USA"].party_file();
        let signed = on(&mut sites, "JPN").sign_as_partner(payload_type, statement);
        let package = on(&mut sites, "JPN").sequenced_after(&usa, Lane::Urgent, &wrap(signed));
        on(&mut sites, "USA").take(&"JPN".into(), Lane::Urgent, package).unwrap();
        let held = on(&mut sites, "USA").held();
        assert_eq!((held.len(), held[0].label.as_str()), (1, LABEL));
        let feed = Feed { partner: "JPN".into(), lane: Lane::Urgent };
        let quarantine = on(&mut sites, "USA").store().reader().unwrap().quarantine(&feed).unwrap();
        assert_eq!(quarantine.len(), 1, "{quarantine:?}");
        // What an originator might have signed with a key that is not known here yet is not taken either.
        let word = if is_its_own { "refused" } else { "held" };
        assert_eq!(quarantine[0].1, word);
    }
}

#[test]
fn who_names_one_record_takes_back_no_other() {
    let mut sites = three();
    for id in ["K-1", "K-2"] {
        on(&mut sites, "KOR").release(id, LABEL, &["JPN"], None);
    }
    deliver(&mut sites);
    // KOR calls back K-1, and lists the entry that brought K-2.
    let statement = RecallStatement {
        by: "KOR".into(),
        number: [7; 16],
        originator: "KOR".into(),
        record: "K-1".into(),
        entries: vec![EntryName { lane: "routine".into(), index: 1 }],
        at: 0,
        reason: None,
    };
    let jpn = sites["JPN"].party_file();
    let signed = on(&mut sites, "KOR").sign_as_partner(payload::RECALL, statement.to_bytes());
    let package = on(&mut sites, "KOR").sequenced_after(&jpn, Lane::Urgent, &Body::Recall(signed));
    on(&mut sites, "JPN").take(&"KOR".into(), Lane::Urgent, package).unwrap();
    assert_eq!(on(&mut sites, "JPN").ids(), ["K-1", "K-2"]);
    on(&mut sites, "JPN").crash();
    assert_eq!(on(&mut sites, "JPN").ids(), ["K-1", "K-2"]);
}

/// What JPN answers to a recall that USA sends, behind `before`: here, and whether all behind have complied.
fn answer_to_usa(sites: &mut Sites, before: &mut Option<Vec<u8>>, recall: Signed) -> (Remains, bool) {
    let (usa, jpn): (Party, Party) = ("USA".into(), "JPN".into());
    let (file, body) = (sites["JPN"].party_file(), Body::Recall(recall));
    let package = match before.take() {
        None => on(sites, "USA").forged(&file, Lane::Urgent, &body),
        Some(before) => on(sites, "USA").forged_behind(&before, &file, Lane::Urgent, &body),
    };
    on(sites, "JPN").take(&usa, Lane::Urgent, package.clone()).unwrap();
    *before = Some(package);
    let mut said = Vec::new();
    while let Some(package) = on(sites, "JPN").next_package(&usa, Lane::Urgent) {
        said.extend(sites["USA"].opened(&file, &package).into_iter().filter_map(|body| match body {
            Body::RecallAnswer(signed) => Some(RecallAnswer::from_bytes(&signed.statement).unwrap()),
            _ => None,
        }));
        let (bytes, _) = on(sites, "USA").take(&jpn, Lane::Urgent, package).unwrap();
        let feed = Feed { partner: usa.clone(), lane: Lane::Urgent };
        on(sites, "JPN").handle(Event::Receipt { feed, bytes }).unwrap();
    }
    assert_eq!(said.len(), 1, "{said:?}");
    (said[0].here, said[0].beyond)
}

#[test]
fn a_recall_does_not_find_out_what_is_here() {
    let partial = |originator: &str, record: &str, number: u8| RecallStatement {
        by: "USA".into(),
        number: [number; 16],
        originator: originator.into(),
        record: record.into(),
        entries: vec![EntryName { lane: "routine".into(), index: 0 }],
        at: 0,
        reason: None,
    };
    let whole = RecallStatement { by: "KOR".into(), entries: Vec::new(), ..partial("KOR", "K-1", 9) };
    // What JPN made and gave to nobody, what it got from KOR, what it destroyed, what is on hold, and what never was; by
    // USA's own word, and by KOR's, which USA passes on.
    for (case, originator, record) in [
        ("own", "JPN", "J-1"),
        ("given", "KOR", "K-1"),
        ("destroyed", "KOR", "K-1"),
        ("held", "KOR", "K-1"),
        ("none", "KOR", "K-7"),
    ] {
        let mut sites = three();
        on(&mut sites, "JPN").release("J-1", "//JPN SECRET//REL TO JPN, KOR", &["KOR"], None);
        on(&mut sites, "KOR").release("K-1", LABEL, &["JPN"], None);
        deliver(&mut sites);
        let jpn = on(&mut sites, "JPN");
        let (by, note) = (jpn.viewer(), "case 7".to_owned());
        match case {
            "destroyed" => drop(jpn.handle(Event::Destroy { by, record: named("K-1"), note }).unwrap()),
            "held" => drop(jpn.handle(Event::Hold { by, record: named("K-1"), placed: true, note }).unwrap()),
            _ => {}
        }
        let (own, mut before) = (partial(originator, record, 7), None);
        let signed = sites["USA"].sign_as_partner(payload::RECALL, own.to_bytes());
        assert_eq!(answer_to_usa(&mut sites, &mut before, signed), (Remains::NotHere, true), "{case}");
        let statement = RecallStatement { record: record.into(), ..whole.clone() };
        if originator == "KOR" {
            let signed = sites["KOR"].sign_as_partner(payload::RECALL, statement.to_bytes());
            assert_eq!(answer_to_usa(&mut sites, &mut before, signed), (Remains::NotHere, true), "{case}, passed on");
        }
    }
}

#[test]
fn a_loss_is_told_up_to_the_originator_and_names_nobody() {
    let mut sites = along_the_chain();
    let usa = on(&mut sites, "USA");
    let note = "laptop lost in transit".to_owned();
    usa.handle(Event::ReportCompromise { by: usa.viewer(), record: named("K-1"), note: note.clone() }).unwrap();
    deliver(&mut sites);
    for code in ["JPN", "KOR"] {
        on(&mut sites, code).crash();
    }
    let known = |site: &Site| -> Vec<(String, bool, String)> {
        let viewer = site.viewer();
        let all = site.node.compromises(&viewer);
        all.map(|known| {
            let statement = &known.statement;
            (statement.by.clone(), statement.beyond, statement.note.clone())
        })
        .collect()
    };
    let jpn = known(&sites["JPN"]);
    assert_eq!((jpn[0].0.as_str(), jpn[0].1, jpn[0].2.as_str()), ("USA", false, note.as_str()));
    let kor = known(&sites["KOR"]);
    assert_eq!((kor.len(), kor[0].0.as_str(), kor[0].1), (1, "JPN", true));
    assert!(!kor[0].2.contains("USA") && !kor[0].2.contains("laptop"));
    let alarms = on(&mut sites, "KOR").store().reader().unwrap().alarms().unwrap();
    let lost = alarms.iter().find(|alarm| alarm.message.contains("control lost")).unwrap();
    assert_eq!(lost.noted, None);
    // A person takes note of it, and that stays.
    let (kor, number) = (on(&mut sites, "KOR"), lost.number);
    let said = |note: &str| Event::NoteAlarm { by: kor.viewer(), alarm: number, note: note.into() };
    let (empty, full) = (said(" "), said("asked JPN"));
    kor.handle(empty).unwrap_err();
    kor.handle(full).unwrap();
    kor.crash();
    let noted = kor.store().reader().unwrap().alarm(number).unwrap().unwrap().noted.unwrap();
    assert_eq!((noted.0, noted.1, noted.2.as_str()), (kor.viewer().name, kor.now.as_second(), "asked JPN"));
    deliver(&mut sites);
}
