//! Commitments that a consultation has agreed, and meetings that meet the duty to meet, at real nodes.
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
    agreement::ActKind,
    consult::{Digest, Precedence, State},
    record::Status,
    time::Timestamp,
};
use entente_formats::{
    hex,
    wire::{
        Body, Canonical, Signed,
        consult::{CommitmentStatement, CommitmentWord},
    },
};
use entente_node::{
    Answer, Event, Feed, Lane, Refusal,
    consult::{Deed as Step, RaiseConsultation},
    event::{Deed, RecordRef},
    incident::{ObligationSeen, RaiseIncident},
    pledge::{NewCommitment, NewMeeting, NewProgress},
};
use site::{PACT, Site, Sites, act_on, bring_into_force, deliver, does, party, three, with};

/// A consultation of KOR with JPN, of which USA knows nothing; its name.
fn raised(sites: &mut Sites, status: Status) -> Digest {
    let kor = sites.get_mut("KOR").unwrap();
    let raise = RaiseIncident {
        by: kor.viewer(),
        title: Some("A missile over the sea".into()),
        trigger: Some("missile-launch".into()),
        place: None,
        began: None,
        ended: None,
        status: Some(status),
        precedence: Some(Precedence::Flash),
        evidence: Vec::new(),
        role: None,
    };
    let Answer::Incident(number) = kor.handle(Event::RaiseIncident(Box::new(raise))).unwrap() else { panic!() };
    let raise = RaiseConsultation {
        by: kor.viewer(),
        incident: hex::encode(&number),
        under: None,
        title: None,
        trigger: None,
        with: vec![party("JPN")],
        acknowledge_within: None,
        close_within: None,
        link: None,
    };
    let Answer::Consultation(name) = kor.handle(Event::RaiseConsultation(Box::new(raise))).unwrap() else { panic!() };
    name
}

fn part(sites: &mut Sites, code: &str, name: &Digest, deed: Step) {
    let site = sites.get_mut(code).unwrap();
    let (by, consultation) = (site.viewer(), hex::encode(name));
    site.handle(Event::TakePart { by, consultation, deed: Box::new(deed) }).unwrap();
}

fn propose(sites: &mut Sites, name: &Digest) -> String {
    let due = Some("2026-12-01T12:00:00Z".parse().unwrap());
    part(sites, "KOR", name, Step::ProposeAction { what: "warn fishing vessels".into(), owner: party("JPN"), due });
    deliver(sites);
    let (_, held) = sites["JPN"].node.consultations().next().unwrap();
    let core = held.core(*name);
    core.items.keys().map(|item| hex::encode(item)).next().unwrap()
}

fn commit(site: &mut Site, name: &Digest, item: &str) -> Result<String, Refusal> {
    let new = NewCommitment {
        owner: None,
        what: String::new(),
        due: None,
        clause: None,
        action: Some((hex::encode(name), item.to_owned())),
        steps: vec!["call the coast guard".into()],
    };
    match site.handle(Event::MakeCommitment(new))? {
        Answer::Named(name) => Ok(name),
        other => panic!("{other:?}"),
    }
}

fn known(site: &Site) -> Vec<(String, String, Option<String>)> {
    let all = site.node.commitments();
    all.map(|(_, known)| {
        let made = &known.what;
        (made.owner.to_string(), made.what.clone(), made.due.map(|day| day.to_string()))
    })
    .collect()
}

#[test]
fn an_agreed_action_is_a_commitment_that_its_participants_are_told_and_nobody_else() {
    let mut sites = three();
    let name = raised(&mut sites, Status::Actual);
    deliver(&mut sites);
    let item = propose(&mut sites, &name);
    let refused = commit(sites.get_mut("KOR").unwrap(), &name, &item).unwrap_err().to_string();
    assert!(refused.contains("not agreed yet"), "{refused}");
    for code in ["KOR", "JPN"] {
        part(&mut sites, code, &name, Step::Agree { item: item.clone() });
    }
    // KOR makes known what JPN owes before it has JPN's signature: it cannot. JPN can at once.
    assert!(commit(sites.get_mut("KOR").unwrap(), &name, &item).is_err());
    deliver(&mut sites);
    let made = commit(sites.get_mut("KOR").unwrap(), &name, &item).unwrap();
    deliver(&mut sites);
    let expected = ("JPN".to_owned(), "warn fishing vessels".to_owned(), Some("2026-12-01".to_owned()));
    for code in ["KOR", "JPN"] {
        assert_eq!(known(&sites[code]), std::slice::from_ref(&expected), "{code}");
        let site = sites.get_mut(code).unwrap();
        site.crash();
        assert_eq!(known(site), std::slice::from_ref(&expected), "{code}");
    }
    assert_eq!(known(&sites["USA"]), []);
    let refused = commit(sites.get_mut("JPN").unwrap(), &name, &item).unwrap_err().to_string();
    assert!(refused.contains("KOR has made it known already"), "{refused}");
    // Its owner alone says how far it is, and the other participant hears of it.
    let say = |site: &mut Site, note: &str| {
        let progress = NewProgress {
            commitment: made.clone(),
            step: Some(0),
            word: Some(entente_core::consult::commitment::Word::Done),
            evidence: Vec::new(),
            note: note.into(),
        };
        let by = site.viewer();
        site.handle(Event::NoteProgress { by, progress })
    };
    assert!(say(sites.get_mut("KOR").unwrap(), "done").unwrap_err().to_string().contains("only JPN"));
    say(sites.get_mut("JPN").unwrap(), "called at once").unwrap();
    deliver(&mut sites);
    let digest = hex::decode(&made).unwrap().try_into().unwrap();
    let heard = sites["KOR"].node.progress_of(&digest);
    assert_eq!(heard.values().map(|progress| progress.note.as_str()).collect::<Vec<_>>(), ["called at once"]);
    assert!(sites["USA"].node.progress_of(&digest).is_empty());
    // USA has come by KOR's words. What JPN says to them does not tell that KOR has said them to JPN.
    let made = sites["JPN"].node.commitments().map(|(_, known)| known.what.clone()).next().unwrap();
    let statement = CommitmentWord::Made(CommitmentStatement::of(&made)).to_bytes();
    let file = sites["JPN"].party_file();
    let usa = sites.get_mut("USA").unwrap();
    let feed = Feed { partner: party("JPN"), lane: Lane::Urgent };
    let index = usa.node.outgoing().find(|(out, ..)| **out == feed).map_or(0, |(_, size, _)| size);
    let words = Body::Commitment(Signed { statement, signature: [0; 64] });
    let package = usa.sequenced_after(&file, Lane::Urgent, &words);
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.take(&party("USA"), Lane::Urgent, package).unwrap();
    let feed = Feed { partner: party("USA"), lane: Lane::Urgent };
    let entry = jpn.store().reader().unwrap().incoming(&feed, index, 1).unwrap().remove(0);
    assert_eq!((entry.disposition.as_str(), entry.reason.as_deref()), ("refused", Some("it is not signed by USA")));
}

#[test]
fn a_drill_commits_nobody() {
    let mut sites = three();
    let name = raised(&mut sites, Status::Exercise);
    deliver(&mut sites);
    let item = propose(&mut sites, &name);
    for code in ["KOR", "JPN"] {
        part(&mut sites, code, &name, Step::Agree { item: item.clone() });
    }
    deliver(&mut sites);
    let refused = commit(sites.get_mut("JPN").unwrap(), &name, &item).unwrap_err().to_string();
    assert!(refused.contains("drill"), "{refused}");
}

/// The duties of a site to meet under the Commitment to Consult, for one body.
fn duties(site: &Site, body: &str) -> Vec<ObligationSeen> {
    let all = site.node.obligations(&site.viewer(), site.now).into_iter();
    all.filter(|one| one.obligation.kind == "meet" && one.obligation.words == body).collect()
}

fn at(sites: &mut Sites, text: &str) {
    let now: Timestamp = text.parse().unwrap();
    sites.values_mut().for_each(|site| site.now = now);
}

fn meeting(site: &mut Site, new: NewMeeting) -> Result<String, Refusal> {
    let by = site.viewer();
    match site.handle(Event::CallMeeting { by, meeting: new })? {
        Answer::Named(number) => Ok(number),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_meeting_on_record_as_held_meets_the_duty_of_all_and_begins_its_next_time() {
    let mut sites = with(&["JPN", "KOR", "USA"]);
    let (body, other) = ("foreign ministers", "leaders");
    let clause = Some(("commitment-to-consult-2023".into(), "meetings".into()));
    let before = duties(&sites["JPN"], body);
    let [open] = before.as_slice() else { panic!("{before:?}") };
    assert_eq!(open.state, State::Overdue, "nobody has met since the text is in force");
    let day = sites["KOR"].now;
    let moment = |hours: i64| Timestamp::from_second(day.as_second() + hours * 3600).ok();
    let call = |body: Option<&str>| NewMeeting {
        clause: clause.clone(),
        body: body.map(str::to_owned),
        title: Some("Ministers in Seoul".into()),
        starts: moment(-3),
        ends: moment(-1),
        ..NewMeeting::default()
    };
    let kor = sites.get_mut("KOR").unwrap();
    // The article wants several meetings, and one of ministers is not one of leaders.
    let refused = meeting(kor, call(None)).unwrap_err().to_string();
    assert!(refused.contains("several meetings") && refused.contains("leaders"), "{refused}");
    let refused = meeting(kor, call(Some("clerks"))).unwrap_err().to_string();
    assert!(refused.contains("wants no meeting of `clerks`"), "{refused}");
    let number = meeting(kor, call(Some(body))).unwrap();
    deliver(&mut sites);
    // Called, and over; on record it is with its minutes.
    assert_eq!(duties(&sites["KOR"], body)[0].state, State::Overdue);
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-M", "//KOR SECRET//REL TO USA, JPN, KOR", &["USA"], Some(&["us-kr-gsomia-1987"]));
    kor.release_held("K-M", &["JPN"], None);
    deliver(&mut sites);
    let minutes = RecordRef { originator: None, id: "K-M".into() };
    let named = NewMeeting { meeting: Some(number), minutes: Some(minutes), ..NewMeeting::default() };
    meeting(sites.get_mut("KOR").unwrap(), named).unwrap();
    deliver(&mut sites);
    for code in ["JPN", "KOR", "USA"] {
        let site = sites.get_mut(code).unwrap();
        site.crash();
        let all = duties(site, body);
        let [met, next] = all.as_slice() else { panic!("{code}: {all:?}") };
        assert!(matches!(met.state, State::Late(_)), "{code}: {met:?}");
        let done = met.done.as_ref().unwrap();
        assert_eq!((done.by.as_str(), done.evidence[0].1.as_str()), ("KOR", "K-M"), "{code}");
        assert!(done.statement.is_some());
        assert_eq!((next.state, next.done.is_none()), (State::Due, true), "{code}");
        assert_ne!(met.id, next.id);
        assert_eq!(duties(site, other)[0].state, State::Overdue, "the leaders have not met by that");
    }
    // A year and some days later nobody has met again; a person's word meets it here, and begins the next time too.
    let later = Timestamp::from_second(day.as_second() + 400 * 86_400).unwrap();
    at(&mut sites, &later.to_string());
    let jpn = sites.get_mut("JPN").unwrap();
    let over = duties(jpn, body)[1].clone();
    assert_eq!(over.state, State::Overdue);
    let by = jpn.viewer();
    let note = "met in Tokyo, without a record".to_owned();
    jpn.handle(Event::Discharge { by, obligation: over.id.clone(), note, evidence: Vec::new() }).unwrap();
    let all = duties(jpn, body);
    assert!(matches!(all[0].state, State::Late(_)) && all[0].id == over.id, "{all:?}");
    assert_eq!(all[1].state, State::Due);
}

/// What JPN has said of its commitment, as a party knows it.
fn said(site: &Site, name: &str) -> Vec<String> {
    let digest = hex::decode(name).unwrap().try_into().unwrap();
    site.node.progress_of(&digest).values().map(|progress| progress.note.clone()).collect()
}

#[test]
fn who_joins_later_is_told_of_evidence_and_minutes_once_it_has_the_records() {
    let mut sites = three();
    bring_into_force(&mut sites, PACT, "pact", &["JPN", "USA"]);
    let clause = || Some(("pact".into(), "1".into()));
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.release("J-1", "//JPN SECRET//REL TO USA, JPN, KOR", &["USA"], Some(&["pact"]));
    deliver(&mut sites);
    let jpn = sites.get_mut("JPN").unwrap();
    let record = RecordRef { originator: None, id: "J-1".into() };
    let new = NewCommitment {
        owner: None,
        what: "count the ships".into(),
        due: None,
        clause: clause(),
        action: None,
        steps: Vec::new(),
    };
    let Answer::Named(name) = jpn.handle(Event::MakeCommitment(new)).unwrap() else { panic!() };
    let progress = |note: &str, evidence| NewProgress {
        commitment: name.clone(),
        step: None,
        word: None,
        evidence,
        note: note.into(),
    };
    let by = jpn.viewer();
    jpn.handle(Event::NoteProgress { by: by.clone(), progress: progress("begun", Vec::new()) }).unwrap();
    let shown = progress("counted", vec![record.clone()]);
    jpn.handle(Event::NoteProgress { by, progress: shown }).unwrap();
    let hour = |hours: i64| Timestamp::from_second(jpn.now.as_second() + hours * 3600).ok();
    let call = NewMeeting {
        clause: clause(),
        title: Some("In Tokyo".into()),
        starts: hour(-3),
        ends: hour(-2),
        ..NewMeeting::default()
    };
    let number = meeting(jpn, call).unwrap();
    let named = NewMeeting { meeting: Some(number), minutes: Some(record), ..NewMeeting::default() };
    meeting(jpn, named).unwrap();
    deliver(&mut sites);
    assert_eq!(said(&sites["USA"], &name).len(), 2);
    for code in ["JPN", "USA"] {
        act_on(sites.get_mut(code).unwrap(), "pact", Deed::Admits(party("KOR")), "2026-11-12").unwrap();
    }
    deliver(&mut sites);
    does(&mut sites, "KOR", "pact", ActKind::EnteredIntoForce, "2026-11-12");
    deliver(&mut sites);
    let revisions = |site: &Site| site.node.meetings_called().iter().map(|(one, _)| one.revision).collect::<Vec<_>>();
    // The newcomer has what names no record, and does not learn that there is one.
    assert_eq!(said(&sites["KOR"], &name), ["begun"]);
    assert_eq!(revisions(&sites["KOR"]), [0]);
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.crash();
    jpn.release_held("J-1", &["KOR"], Some(&["pact"]));
    deliver(&mut sites);
    let mut all = said(&sites["KOR"], &name);
    all.sort();
    assert_eq!(all, ["begun", "counted"], "with the record, it is told what the record shows");
    assert_eq!(revisions(&sites["KOR"]), [1]);
}
