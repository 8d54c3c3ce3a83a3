//! What consultations, commitments and alerts tell others of records: nothing of one that they do not have.
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
    Level,
    agreement::ActKind,
    consult::{Digest, effects::Choice},
    record::Status,
};
use entente_formats::{
    hex,
    wire::{
        Body, Canonical, HopStatement, Origin, Signed, Version,
        consult::{AlertAcknowledgement, RaiseStatement},
        payload,
    },
};
use entente_node::{
    Answer, Event, Feed, Lane, Refusal,
    alert::Ingest,
    consult::{Deed, EffectsDraft, RaiseConsultation},
    desk::{Desk, Handling, Recipients},
    event::{Draft, Outcome, RecordRef, Release, Source},
    incident::RaiseIncident,
};
use entente_seal::Precedence;
use jiff::SignedDuration;
use site::{CHANNEL, PURPOSE, Site, Sites, deliver, does, draft, party, three};

const LABEL: &str = "//JPN 秘//REL TO USA, JPN, KOR";

fn on<'a>(sites: &'a mut Sites, code: &str) -> &'a mut Site {
    sites.get_mut(code).unwrap()
}

fn later(site: &mut Site, seconds: i64) {
    site.now = site.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
}

fn named(id: &str) -> RecordRef {
    RecordRef { originator: None, id: id.into() }
}

/// An incident that these records show, with a title of a person's own or none.
fn incident(site: &mut Site, title: Option<&str>, shown_by: &[&str]) -> String {
    let raise = RaiseIncident {
        by: site.viewer(),
        title: title.map(str::to_owned),
        trigger: Some("missile-launch".into()),
        place: None,
        began: None,
        ended: None,
        status: None,
        precedence: None,
        evidence: shown_by.iter().map(|id| named(id)).collect(),
        role: None,
    };
    match site.handle(Event::RaiseIncident(Box::new(raise))).unwrap() {
        Answer::Incident(number) => hex::encode(&number),
        other => panic!("{other:?}"),
    }
}

fn raise(site: &mut Site, incident: &str, title: Option<&str>) -> Result<Digest, Refusal> {
    let raise = RaiseConsultation {
        by: site.viewer(),
        incident: incident.to_owned(),
        under: None,
        with: vec![party("KOR")],
        acknowledge_within: None,
        close_within: Some(3600),
        link: None,
        title: title.map(str::to_owned),
        trigger: None,
    };
    match site.handle(Event::RaiseConsultation(Box::new(raise)))? {
        Answer::Consultation(name) => Ok(name),
        other => panic!("{other:?}"),
    }
}

/// The records that a consultation names as its evidence, as that node holds it.
fn evidence(site: &Site, name: &Digest) -> Vec<String> {
    let seen = site.node.consultation(*name, &site.viewer(), site.now).unwrap();
    seen.core.raise.incident.evidence.iter().map(|one| one.record.to_string()).collect()
}

fn effects(site: &mut Site, name: &Digest, record: &str) -> Result<Answer, Refusal> {
    let option = |what: &str, is_nothing| Choice {
        what: what.into(),
        is_nothing,
        effects: ["none seen".into(), "none seen".into(), "calm".into()],
    };
    let deed = Deed::Effects(EffectsDraft {
        options: vec![option("do nothing", true), option("say so together", false)],
        chosen: 1,
        because: "silence would be read as doubt".into(),
        evidence: vec![named(record)],
        dissent: Vec::new(),
    });
    let by = site.viewer();
    site.handle(Event::TakePart { by, consultation: hex::encode(name), deed: Box::new(deed) })
}

/// What waits may yet stay behind, and what stayed behind is known to nobody.
#[test]
fn what_waits_or_stayed_behind_is_named_to_nobody() {
    let mut sites = three();
    let jpn = on(&mut sites, "JPN");
    jpn.release("J-1", LABEL, &["KOR"], None);
    let expires = jpn.now.checked_add(SignedDuration::from_secs(60)).unwrap();
    let release = Release {
        by: jpn.viewer(),
        source: Source::New(draft("J-2", LABEL)),
        to: vec![party("KOR")],
        purpose: PURPOSE.into(),
        channel: CHANNEL.into(),
        under: None,
        precedence: Precedence::Routine,
        expires: Some(expires),
    };
    jpn.handle(Event::Release(release)).unwrap();
    // Each time of another incident: on one of them the parties consult once.
    let consult = |jpn: &mut Site, id: &str| {
        let number = incident(jpn, Some("A missile"), &[id]);
        raise(jpn, &number, None).unwrap()
    };
    let waiting = consult(jpn, "J-1");
    assert_eq!(evidence(jpn, &waiting), [""; 0], "it waits, and may yet stay behind");
    let refused = effects(jpn, &waiting, "J-1").unwrap_err().to_string();
    assert!(refused.contains("has not receipted `J-1`"), "{refused}");
    later(jpn, 120);
    deliver(&mut sites);
    assert_eq!(on(&mut sites, "KOR").ids(), ["J-1"], "J-2 was withdrawn before it left");
    let jpn = on(&mut sites, "JPN");
    for crashed in [false, true] {
        if crashed {
            jpn.crash();
        }
        let name = consult(jpn, "J-2");
        assert_eq!(evidence(jpn, &name), [""; 0], "crashed: {crashed}");
        let name = consult(jpn, "J-1");
        assert_eq!(evidence(jpn, &name), ["J-1"], "receipted; crashed: {crashed}");
        assert!(effects(jpn, &name, "J-2").unwrap_err().to_string().contains("has not receipted `J-2`"));
        effects(jpn, &name, "J-1").unwrap();
    }
    deliver(&mut sites);
}

/// What was offered and then withdrawn may not have arrived.
#[test]
fn what_was_withdrawn_on_its_way_is_not_had_for_sure() {
    let mut sites = three();
    let jpn = on(&mut sites, "JPN");
    jpn.release("J-1", LABEL, &["KOR"], None);
    let _ = jpn.next_package(&party("KOR"), Lane::Routine).unwrap();
    does(&mut sites, "JPN", "jp-kr-gsomia-2016", ActKind::Suspended, "2026-11-23");
    deliver(&mut sites);
    assert!(on(&mut sites, "KOR").ids().is_empty());
    let jpn = on(&mut sites, "JPN");
    for crashed in [false, true] {
        if crashed {
            jpn.crash();
        }
        let number = incident(jpn, Some("A missile"), &["J-1"]);
        let name = raise(jpn, &number, None).unwrap();
        assert_eq!(evidence(jpn, &name), [""; 0], "crashed: {crashed}");
    }
}

#[test]
fn words_taken_from_a_record_go_to_nobody_who_does_not_have_it() {
    const SECRET: &str = "Source PIVOT saw the launcher leave";
    let mut sites = three();
    let jpn = on(&mut sites, "JPN");
    let by = jpn.viewer();
    let entered = Draft { title: SECRET.into(), ..draft("J-1", LABEL) };
    jpn.handle(Event::Enter { by, draft: entered }).unwrap();
    let number = incident(jpn, None, &["J-1"]);
    let refused = raise(jpn, &number, None).unwrap_err().to_string();
    assert!(refused.contains("KOR does not have for sure") && refused.contains("with a title"), "{refused}");
    let name = raise(jpn, &number, Some("Something over the sea")).unwrap();
    deliver(&mut sites);
    let kor = on(&mut sites, "KOR");
    let seen = kor.node.consultation(name, &kor.viewer(), kor.now).unwrap();
    assert_eq!(seen.core.raise.incident.title, "Something over the sea");
    assert!(seen.core.raise.incident.evidence.is_empty());
    assert!(!format!("{:?}", seen.core).contains("PIVOT"));
    // Who has the record may read what it says.
    let jpn = on(&mut sites, "JPN");
    jpn.release_held("J-1", &["KOR"], None);
    deliver(&mut sites);
    let jpn = on(&mut sites, "JPN");
    let number = incident(jpn, None, &["J-1"]);
    let name = raise(jpn, &number, None).unwrap();
    let seen = jpn.node.consultation(name, &jpn.viewer(), jpn.now).unwrap();
    assert_eq!((seen.core.raise.incident.title.as_str(), evidence(jpn, &name)), (SECRET, vec!["J-1".to_owned()]));
}

const WARNING: &str = "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>W-1</identifier>\
    <sender>watch.jpn.example</sender><sent>2026-11-23T11:00:00-00:00</sent><status>Exercise</status>\
    <msgType>Alert</msgType><scope>Public</scope><info><category>Security</category><event>missile</event>\
    <urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty><area>\
    <areaDesc>Sea of Japan</areaDesc><polygon>40,136 42,136 42,139 40,139 40,136</polygon></area></info></alert>";

/// Where and since when it happened stand in a warning, and go where the warning is.
#[test]
fn time_and_place_of_a_warning_go_where_the_warning_is() {
    let mut sites = three();
    let jpn = on(&mut sites, "JPN");
    let by = jpn.viewer();
    let media_type = "application/cap+xml".to_owned();
    let warning = Draft { media_type, content: WARNING.into(), status: Status::Exercise, ..draft("J-1", LABEL) };
    jpn.handle(Event::Enter { by, draft: warning }).unwrap();
    let number = incident(jpn, Some("A missile"), &["J-1"]);
    let name = raise(jpn, &number, None).unwrap();
    let seen = jpn.node.consultation(name, &jpn.viewer(), jpn.now).unwrap();
    let incident = &seen.core.raise.incident;
    assert_eq!((incident.began, &incident.place), (incident.raised_at, &None));
}

/// JPN gives warnings to both.
fn desk() -> Desk {
    let handling = Handling {
        profile: None,
        label: LABEL.to_owned(),
        subjects: vec!["dprk-missile".to_owned()],
        to: Recipients::All,
        purpose: PURPOSE.into(),
        channel: CHANNEL.into(),
        prefer: Vec::new(),
    };
    Desk { handling: vec![handling], ..Desk::default() }
}

/// Hands in the warning; who gets it now.
fn ingest(site: &mut Site) -> Vec<String> {
    let by = site.viewer();
    let ingest = Ingest { by, content: WARNING.into(), label: None, subjects: None, to: None };
    let Answer::Ingested(got) = site.handle(Event::Ingest(Box::new(ingest))).unwrap() else { panic!() };
    let sequenced = got.outcomes.into_iter().filter(|(_, outcome)| matches!(outcome, Outcome::Sequenced { .. }));
    sequenced.map(|(party, _)| party.to_string()).collect()
}

/// The same message again is given to who does not have it: also where it was going to and stayed behind, unless a person has
/// called it back.
#[test]
fn a_warning_that_stayed_behind_is_given_again_and_one_that_was_called_back_is_not() {
    for (called_back, again) in [(false, &["KOR"][..]), (true, &[])] {
        let mut sites = three();
        on(&mut sites, "JPN").set_desk(desk());
        let jpn = on(&mut sites, "JPN");
        assert_eq!(ingest(jpn), ["KOR", "USA"]);
        assert!(ingest(jpn).is_empty(), "it is on its way");
        if called_back {
            let by = jpn.viewer();
            let record = jpn.held()[0].record.id.to_string();
            let of = vec![party("KOR")];
            jpn.handle(Event::Recall { by, record: named(&record), of, reason: None }).unwrap();
        } else {
            does(&mut sites, "JPN", "jp-kr-gsomia-2016", ActKind::Suspended, "2026-11-23");
        }
        deliver(&mut sites);
        assert!(on(&mut sites, "KOR").ids().is_empty(), "called back: {called_back}");
        if !called_back {
            does(&mut sites, "JPN", "jp-kr-gsomia-2016", ActKind::Resumed, "2026-11-23");
        }
        assert_eq!(ingest(on(&mut sites, "JPN")), again, "called back: {called_back}");
        deliver(&mut sites);
        assert_eq!(on(&mut sites, "KOR").ids().len(), again.len());
    }
}

/// What one has for another crosses, and nothing else.
fn cross(sites: &mut Sites, from: &str, to: &str) {
    for lane in Lane::ALL {
        while let Some(package) = on(sites, from).next_package(&party(to), lane) {
            let (bytes, _) = on(sites, to).take(&party(from), lane, package).unwrap();
            let feed = Feed { partner: party(to), lane };
            on(sites, from).handle(Event::Receipt { feed, bytes }).unwrap();
        }
    }
}

/// How many entries wait, or waited, for a partner in the urgent lane.
fn urgent(site: &Site, to: &str) -> u64 {
    let feed = Feed { partner: party(to), lane: Lane::Urgent };
    site.node.outgoing().find(|(out, ..)| **out == feed).map_or(0, |(_, size, _)| size)
}

fn raise_with(site: &mut Site, with: &[&str]) -> Digest {
    let number = incident(site, Some("A missile"), &[]);
    let raise = RaiseConsultation {
        by: site.viewer(),
        incident: number,
        under: None,
        with: with.iter().map(|code| party(code)).collect(),
        acknowledge_within: None,
        close_within: Some(3600),
        link: None,
        title: None,
        trigger: None,
    };
    match site.handle(Event::RaiseConsultation(Box::new(raise))).unwrap() {
        Answer::Consultation(name) => name,
        other => panic!("{other:?}"),
    }
}

/// Whoever raises without end has this party hand on so many, and no more; and when they are over, it is heard again.
#[test]
fn a_raiser_has_others_hand_on_no_more_than_is_open_at_a_time() {
    let mut sites = three();
    for _ in 0..70 {
        raise_with(on(&mut sites, "KOR"), &["JPN", "USA"]);
    }
    let before = urgent(&sites["JPN"], "USA");
    cross(&mut sites, "KOR", "JPN");
    assert_eq!(sites["JPN"].node.consultations().count(), 64);
    assert_eq!(urgent(&sites["JPN"], "USA") - before, 64);
    let alarms = on(&mut sites, "JPN").store().reader().unwrap().alarms().unwrap();
    assert!(alarms.iter().any(|alarm| alarm.message.contains("64 consultations of KOR are open already")));
    for code in ["JPN", "KOR"] {
        later(on(&mut sites, code), 3601);
    }
    let name = raise_with(on(&mut sites, "KOR"), &["JPN", "USA"]);
    cross(&mut sites, "KOR", "JPN");
    assert!(sites["JPN"].node.consultations().any(|(held, _)| held == name));
}

/// Whoever talks without end fills no feed of this party's: the rest goes from its maker alone, and reaches everybody so.
#[test]
fn a_maker_has_others_hand_on_so_much_a_day() {
    let mut sites = three();
    let name = raise_with(on(&mut sites, "KOR"), &["JPN", "USA"]);
    cross(&mut sites, "KOR", "JPN");
    let say = |site: &mut Site, number: usize| {
        let text = format!("{number} {}", "x".repeat(16_000));
        let deed = Box::new(Deed::ProposeMessage { text, replaces: None });
        let by = site.viewer();
        site.handle(Event::TakePart { by, consultation: hex::encode(&name), deed }).unwrap();
    };
    let before = urgent(&sites["JPN"], "USA");
    for number in 0..80 {
        say(on(&mut sites, "KOR"), number);
        if number % 8 == 7 {
            cross(&mut sites, "KOR", "JPN");
        }
    }
    let handed_on = urgent(&sites["JPN"], "USA") - before;
    assert!((40..64).contains(&handed_on), "{handed_on}");
    let steps = |site: &Site| {
        let seen = site.node.consultation(name, &site.viewer(), site.now).unwrap();
        seen.core.steps.values().map(Vec::len).sum::<usize>()
    };
    assert_eq!(steps(&sites["JPN"]), 80);
    on(&mut sites, "JPN").crash();
    assert_eq!(urgent(&sites["JPN"], "USA") - before, handed_on, "a start hands on no more");
    deliver(&mut sites);
    assert_eq!(steps(&sites["USA"]), 80);
    // Another day.
    for code in ["JPN", "KOR"] {
        later(on(&mut sites, code), 86_400);
    }
    let before = urgent(&sites["JPN"], "USA");
    say(on(&mut sites, "KOR"), 80);
    cross(&mut sites, "KOR", "JPN");
    assert_eq!(urgent(&sites["JPN"], "USA") - before, 1);
}

/// How an entry of a feed was answered, and the words beside it.
fn said(site: &mut Site, from: &str, index: u64) -> String {
    let feed = Feed { partner: party(from), lane: Lane::Urgent };
    site.store().reader().unwrap().incoming(&feed, index, 1).unwrap()[0].disposition.clone()
}

/// USA hands JPN what "another" is to have signed: JPN says the same whether it knows that other or not.
#[test]
fn what_is_said_of_forged_words_of_others_does_not_tell_whom_this_party_knows() {
    let words = |by: &str, is_raise: bool| {
        let mut sites = three();
        let usa_record = Draft {
            media_type: "application/cap+xml".into(),
            content: WARNING.into(),
            ..draft("U-1", "SECRET//REL TO USA, JPN, KOR")
        };
        let release = Release {
            by: sites["USA"].viewer(),
            source: Source::New(usa_record),
            to: vec![party("JPN")],
            purpose: PURPOSE.into(),
            channel: CHANNEL.into(),
            under: None,
            precedence: Precedence::Flash,
            expires: None,
        };
        on(&mut sites, "USA").handle(Event::Release(release)).unwrap();
        deliver(&mut sites);
        assert_eq!(on(&mut sites, "JPN").ids(), ["U-1"]);
        let at = sites["USA"].now.as_second();
        let raise = RaiseStatement {
            by: by.into(),
            number: [7; 16],
            at,
            status: "actual".into(),
            precedence: "FLASH".into(),
            title: "x".into(),
            trigger: "missile-launch".into(),
            began: at,
            participants: vec![by.into(), "JPN".into(), "USA".into()],
            pins: Vec::new(),
            acknowledge_by: at,
            close_by: at,
            evidence: Vec::new(),
            place: None,
            ended: None,
            link: None,
            role: None,
        };
        let note = AlertAcknowledgement {
            by: by.into(),
            originator: "USA".into(),
            record: "U-1".into(),
            digest: <sha2::Sha256 as sha2::Digest>::digest(WARNING).into(),
            person: "somebody".into(),
            at,
        };
        let forged = |statement: Vec<u8>| Signed { statement, signature: [0; 64] };
        let body = match is_raise {
            true => Body::ConsultRaise(forged(raise.to_bytes())),
            false => Body::AlertAcknowledgement(forged(note.to_bytes())),
        };
        let file = sites["JPN"].party_file();
        let usa = on(&mut sites, "USA");
        let (package, index) = (usa.sequenced_after(&file, Lane::Urgent, &body), urgent(usa, "JPN"));
        let jpn = on(&mut sites, "JPN");
        jpn.take(&party("USA"), Lane::Urgent, package).unwrap();
        said(jpn, "USA", index)
    };
    for is_raise in [true, false] {
        assert_eq!([words("KOR", is_raise), words("AUS", is_raise)], ["held", "held"], "a raise: {is_raise}");
    }
}

/// A warning that cannot be read is a record like any other: what it says is in its content alone, and goes with it.
#[test]
fn a_warning_that_cannot_be_read_leaves_nothing_of_it_in_clear() {
    const SECRET: &str = "SOURCE-PIVOT-SAW-IT";
    let mut sites = three();
    let body = |kor: &Site, id: &str| {
        let content = format!("<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><status>{SECRET} {id}");
        let origin = Origin {
            originator: "KOR".into(),
            id: id.into(),
            label: "//KOR SECRET//REL TO USA, JPN, KOR".into(),
            subjects: vec!["dprk-missile".into()],
            status: "exercise".into(),
            distribution: Vec::new(),
            title: "a warning".into(),
            media_type: "application/cap+xml".into(),
            created: 0,
            digest: <sha2::Sha256 as sha2::Digest>::digest(&content).into(),
        };
        let hash = kor.node.agreements()["jp-kr-gsomia-2016"].hash.0;
        let under = vec![Version { id: "jp-kr-gsomia-2016".into(), hash }];
        let hop = HopStatement { under, purpose: PURPOSE.into(), ask_onward: false };
        let origin = kor.sign_as_partner(payload::ORIGIN, origin.to_bytes());
        Body::Record { origin, hop, content: content.into_bytes() }
    };
    let bodies: Vec<Body> = (0..60).map(|number| body(&sites["KOR"], &format!("K-{number}"))).collect();
    let file = sites["JPN"].party_file();
    let package = on(&mut sites, "KOR").forged_all(&file, Lane::Routine, &bodies);
    let jpn = on(&mut sites, "JPN");
    jpn.take(&party("KOR"), Lane::Routine, package).unwrap();
    assert_eq!(jpn.ids().len(), 60, "they are records all the same");
    let alarms = jpn.store().reader().unwrap().alarms().unwrap();
    assert_eq!(alarms.len(), 17, "so many, and one that says that there is more");
    assert!(alarms.iter().any(|alarm| alarm.message.contains("should be a warning and cannot be shown as one")));
    assert!(alarms.iter().all(|alarm| alarm.evidence.len() < 200), "its digest, and not its content");
    jpn.store = None;
    let needle = SECRET.as_bytes();
    for file in std::fs::read_dir(jpn.folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        assert!(!bytes.windows(needle.len()).any(|window| window == needle), "in clear in {}", path.display());
    }
}

/// Who may see little hands in what is here already, and does not find out.
#[test]
fn handing_in_a_content_does_not_tell_that_it_is_here() {
    let mut sites = three();
    let mut desk = desk();
    desk.handling[0].label = "//JPN CONFIDENTIAL//REL TO JPN".into();
    on(&mut sites, "JPN").set_desk(desk);
    let jpn = on(&mut sites, "JPN");
    let ingest = |jpn: &mut Site, clearance, label: Option<&str>| {
        let by = entente_core::view::Viewer { clearance, ..jpn.viewer() };
        let label = label.map(str::to_owned);
        let ingest = Ingest { by, content: WARNING.into(), label, subjects: None, to: None };
        let Answer::Ingested(got) = jpn.handle(Event::Ingest(Box::new(ingest))).unwrap() else { panic!() };
        (got.record, got.known)
    };
    let (first, known) = ingest(jpn, Level::TopSecret, Some("//JPN SECRET//REL TO JPN"));
    assert!(!known);
    let (second, known) = ingest(jpn, Level::Confidential, None);
    assert!(!known && second != first, "as if it were not here");
    assert_eq!(ingest(jpn, Level::Confidential, None), (second.clone(), true));
    // Two records of one message are one alert, for who sees both and for who sees one.
    for clearance in [Level::TopSecret, Level::Confidential] {
        let viewer = entente_core::view::Viewer { clearance, ..jpn.viewer() };
        assert_eq!(jpn.node.alerts(&viewer, jpn.now).len(), 1, "{clearance:?}");
        let record = RecordRef { originator: None, id: second.clone() };
        jpn.node.alert(&record, &viewer, jpn.now).unwrap();
    }
}

/// Of an incident and of records that somebody may not see, duties and consultations tell it nothing.
#[test]
fn duties_and_consultations_name_no_record_and_no_incident_that_is_hidden() {
    let mut sites = three();
    let jpn = on(&mut sites, "JPN");
    jpn.release("J-1", LABEL, &["KOR"], None);
    deliver(&mut sites);
    let jpn = on(&mut sites, "JPN");
    let number = incident(jpn, Some("A missile"), &["J-1"]);
    let name = raise(jpn, &number, None).unwrap();
    effects(jpn, &name, "J-1").unwrap();
    let (all, low) = (jpn.viewer(), entente_core::view::Viewer { clearance: Level::Unclassified, ..jpn.viewer() });
    let own = jpn.node.obligations(&all, jpn.now);
    let standing = own.iter().find(|one| one.incident.is_none() && one.obligation.party == party("JPN")).unwrap();
    let (by, obligation, note) = (all.clone(), standing.id.clone(), "done".to_owned());
    jpn.handle(Event::Discharge { by, obligation, note, evidence: vec![named("J-1")] }).unwrap();
    let seen = |viewer| {
        let duties = jpn.node.obligations(viewer, jpn.now);
        let consultation = jpn.node.consultation(name, viewer, jpn.now).unwrap();
        let duties: Vec<_> = duties.into_iter().chain(consultation.duties).collect();
        let evidence = duties.iter().flat_map(|one| &one.done).flat_map(|done| &done.evidence).count();
        (evidence, duties.iter().filter(|one| one.incident.is_some()).count())
    };
    let (evidence, incidents) = seen(&all);
    assert!(evidence == 1 && incidents > 0, "{evidence} {incidents}");
    assert_eq!(seen(&low), (0, 0));
    let consultation = hex::encode(&name);
    let export = |jpn: &mut Site, by| jpn.handle(Event::ExportConsultation { by, consultation: consultation.clone() });
    let refused = export(jpn, low).unwrap_err().to_string();
    assert!(refused.contains("not all that stands in it is for this account"), "{refused}");
    export(jpn, all).unwrap();
}
