//! What the node of JPN has lived through, told so that its store holds something in every table: one step for what each
//! version of the store could hold first, in the order of the versions. `then.rs` says what must still be so of each step.
//!
//! A new migration adds a step here, and what must be so of it there.

use entente_core::{
    Level,
    agreement::{
        ActKind,
        clause::{Action, Set},
    },
    consult::{Precedence, commitment::Word},
    record::Status,
    time::Timestamp,
    watch::{Due, Way},
};
use entente_formats::{
    hex,
    wire::{Canonical, ContentSecret, Tail, TailEntry},
};
use entente_log::{AddCheckpoint, Note, consistency_proof};
use entente_node::{
    Answer, Event, Feed, Lane,
    alert::Ingest,
    consult::{Deed, RaiseConsultation},
    content::{LargeContent, SealedContent},
    event::{Draft, GrantStanding, RecordRef, Source},
    incident::RaiseIncident,
    pledge::{NewCommitment, NewMeeting, NewProgress},
    telling::{AttemptEnd, NewAttempt},
};
use entente_seal::content::{StreamKey, Travelling};
use jiff::SignedDuration;
use sha2::{Digest as _, Sha256};

use crate::site::{PACT, Site, Sites, act_on, bring_into_force, consent, content, deliver, does, draft, party, three};

pub(crate) const KOREAN: &str = "//KOR SECRET//REL TO USA, JPN, KOR";
pub(crate) const JAPANESE: &str = "//JPN SECRET//REL TO USA, JPN, KOR";
/// The text of the three.
pub(crate) const UNDER: Option<&[&str]> = Some(&["pact"]);

/// The text of three under which records go back and forth.
fn pact() -> String {
    let text = PACT.replace("[\"JPN\", \"USA\"]", "[\"JPN\", \"KOR\", \"USA\"]");
    text.replace("blocks = [\"release\"]\n", "blocks = [\"release\"]\nexempts = \"none\"\n")
}

fn named(id: &str) -> RecordRef {
    RecordRef { originator: None, id: id.into() }
}

fn on<'a>(sites: &'a mut Sites, code: &str) -> &'a mut Site {
    sites.get_mut(code).unwrap()
}

/// A minute passes, and every node notes it.
fn minute(sites: &mut Sites) {
    for site in sites.values_mut() {
        site.now = site.now.checked_add(SignedDuration::from_mins(1)).unwrap();
        site.handle(Event::Tick).unwrap();
    }
}

/// The three nations, after all of it.
pub(crate) fn told() -> Sites {
    let mut sites = three();
    for step in [
        texts_and_records,
        consents_and_what_they_affect,
        intervals_and_witnesses,
        recalls_labels_and_losses,
        files_for_a_courier,
        holds_and_destruction,
        a_restored_node,
        a_removed_party,
        large_contents,
        second_persons_and_emergencies,
        commitments_meetings_and_attempts,
        alerts_and_consultations,
        alarms_that_are_noted,
    ] {
        step(&mut sites);
    }
    // One entry waits for KOR.
    on(&mut sites, "JPN").release("J-2", JAPANESE, &["KOR"], UNDER);
    sites
}

/// Version 1. A text of three in force after five acts; K-1 and K-2 from KOR, J-1 to USA; KOR's consent that K-1 goes to USA; an
/// approval.
fn texts_and_records(sites: &mut Sites) {
    bring_into_force(sites, &pact(), "pact", &["JPN", "KOR", "USA"]);
    does(sites, "JPN", "pact", ActKind::Suspended, "2026-11-02");
    does(sites, "JPN", "pact", ActKind::Resumed, "2026-11-03");
    deliver(sites);
    for id in ["K-1", "K-2"] {
        on(sites, "KOR").release(id, KOREAN, &["JPN"], UNDER);
    }
    on(sites, "JPN").release("J-1", JAPANESE, &["USA"], UNDER);
    deliver(sites);
    consent(sites, "K-1", true);
    let jpn = on(sites, "JPN");
    let (by, note) = (jpn.viewer(), "by order".to_owned());
    jpn.handle(Event::Approve { by, record: named("J-1"), to: party("KOR"), note }).unwrap();
}

/// Version 2. J-3 went to KOR under a text that KOR had suspended; a standing consent of KOR's, and one of JPN's that was taken back;
/// and an alarm about what is no receipt.
fn consents_and_what_they_affect(sites: &mut Sites) {
    let text = PACT.replace("\"USA\"", "\"KOR\"").replace("\"pact\"", "\"annex\"");
    bring_into_force(sites, &text, "annex", &["JPN", "KOR"]);
    on(sites, "JPN").release("J-3", JAPANESE, &["KOR"], Some(&["annex"]));
    deliver(sites);
    act_on(on(sites, "KOR"), "annex", entente_node::event::Deed::Does(ActKind::Suspended), "2026-11-20").unwrap();
    deliver(sites);
    let jpn = on(sites, "JPN");
    let (by, note) = (jpn.viewer(), "asked KOR to return it".to_owned());
    jpn.handle(Event::AnswerAffected { by, number: 1, note }).unwrap();
    let grant = |holder: &str, to: &str| GrantStanding {
        holders: vec![party(holder)],
        subjects: Set::Of(["dprk-cyber".into()].into()),
        max: Level::Secret,
        to: Some(party(to)),
        action: Action::Release,
        purpose: None,
        until: None,
        authority: "by order of the minister".into(),
    };
    on(sites, "KOR").handle(Event::GrantStanding(grant("JPN", "USA"))).unwrap();
    let jpn = on(sites, "JPN");
    let granted = jpn.handle(Event::GrantStanding(grant("KOR", "USA"))).unwrap();
    let Answer::Standing { number, .. } = granted else { panic!("{granted:?}") };
    let by = jpn.viewer();
    jpn.handle(Event::WithdrawConsent { by, number, note: None }).unwrap();
    let feed = Feed { partner: party("USA"), lane: Lane::Urgent };
    jpn.handle(Event::Receipt { feed, bytes: b"no receipt".to_vec() }).unwrap_err();
    deliver(sites);
}

/// Version 3. Intervals of the ledger; JPN and KOR have cosigned each other's.
fn intervals_and_witnesses(sites: &mut Sites) {
    minute(sites);
    for (owner, witness) in [("JPN", "KOR"), ("KOR", "JPN")] {
        let reader = on(sites, owner).store().reader().unwrap();
        let (size, note) = reader.ledger_checkpoint().unwrap().unwrap();
        let proof = consistency_proof(0, size, &|level, index| reader.ledger_node(level, index)).unwrap();
        let request = AddCheckpoint { old: 0, proof, note: Note::parse(note.as_bytes()).unwrap() };
        let bytes = request.to_string().into_bytes();
        let answer = on(sites, witness).handle(Event::AddCheckpoint { from: party(owner), bytes }).unwrap();
        let Answer::Witness(Ok(body)) = answer else { panic!("{answer:?}") };
        let (partner, note, body) = (party(witness), request.note.to_string(), body.into_bytes());
        on(sites, owner).handle(Event::WitnessAnswer { partner, note, status: 200, body }).unwrap();
    }
    minute(sites);
}

/// Version 4. KOR has called K-3 back, from which JPN had made J-4 and keeps it; KOR has given K-4 another label, and JPN has lost it;
/// JPN has called J-5 back.
fn recalls_labels_and_losses(sites: &mut Sites) {
    for id in ["K-3", "K-4"] {
        on(sites, "KOR").release(id, KOREAN, &["JPN"], UNDER);
    }
    deliver(sites);
    let derived = Draft { derived_from: vec![named("K-3")], ..draft("J-4", JAPANESE) };
    let jpn = on(sites, "JPN");
    jpn.release_source(Source::New(derived), &["KOR"], UNDER);
    jpn.release("J-5", JAPANESE, &["KOR"], UNDER);
    deliver(sites);
    let call_back = |site: &mut Site, id: &str| {
        let (by, reason) = (site.viewer(), Some("wrong attachment".to_owned()));
        site.handle(Event::Recall { by, record: named(id), of: Vec::new(), reason }).unwrap();
    };
    call_back(on(sites, "KOR"), "K-3");
    call_back(on(sites, "JPN"), "J-5");
    deliver(sites);
    let jpn = on(sites, "JPN");
    let (by, note) = (jpn.viewer(), "head of desk".to_owned());
    jpn.handle(Event::Settle { by, record: named("J-4"), keep: true, note }).unwrap();
    let kor = on(sites, "KOR");
    let (by, label) = (kor.viewer(), "//KOR CONFIDENTIAL//REL TO USA, JPN, KOR".to_owned());
    kor.handle(Event::Relabel { by, record: named("K-4"), label, reason: None }).unwrap();
    deliver(sites);
    let jpn = on(sites, "JPN");
    let (by, note) = (jpn.viewer(), "laptop lost in transit".to_owned());
    jpn.handle(Event::ReportCompromise { by, record: named("K-4"), note }).unwrap();
    deliver(sites);
}

/// Version 5. J-6 went to USA as a file.
fn files_for_a_courier(sites: &mut Sites) {
    let jpn = on(sites, "JPN");
    jpn.release("J-6", JAPANESE, &["USA"], UNDER);
    let feed = Feed { partner: party("USA"), lane: Lane::Routine };
    let (_, end, _) = jpn.node.outgoing().find(|(out, ..)| **out == feed).unwrap();
    jpn.next_package(&party("USA"), Lane::Routine).unwrap();
    jpn.handle(Event::Exported { feed, end }).unwrap();
    deliver(sites);
}

/// Version 7. K-5 was destroyed by a person, K-6 is on hold, and K-2 was.
fn holds_and_destruction(sites: &mut Sites) {
    for id in ["K-5", "K-6"] {
        on(sites, "KOR").release(id, KOREAN, &["JPN"], UNDER);
    }
    deliver(sites);
    let jpn = on(sites, "JPN");
    let (by, note) = (jpn.viewer(), "its purpose has ended".to_owned());
    jpn.handle(Event::Destroy { by: by.clone(), record: named("K-5"), note }).unwrap();
    for (id, placed) in [("K-6", true), ("K-2", true), ("K-2", false)] {
        let note = "case 7 of the board".to_owned();
        jpn.handle(Event::Hold { by: by.clone(), record: named(id), placed, note }).unwrap();
    }
}

/// Version 9. JPN is back from a copy that was older than J-7, which it had given to KOR; its ledger goes on in a new volume.
fn a_restored_node(sites: &mut Sites) {
    minute(sites);
    let copy = tempfile::tempdir().unwrap();
    let feed = |code: &str| Feed { partner: party(code), lane: Lane::Routine };
    let jpn = on(sites, "JPN");
    jpn.crash();
    let folder = jpn.folder.path().to_owned();
    jpn.store = None;
    // Nothing is in a log beside the file of a store that was closed.
    std::fs::copy(folder.join("store.sqlite"), copy.path().join("store.sqlite")).unwrap();
    jpn.crash();
    let (_, start, _) = jpn.node.outgoing().find(|(out, ..)| **out == feed("KOR")).unwrap();
    jpn.release("J-7", JAPANESE, &["KOR"], UNDER);
    deliver(sites);
    let jpn = on(sites, "JPN");
    jpn.store = None;
    std::fs::copy(copy.path().join("store.sqlite"), folder.join("store.sqlite")).unwrap();
    jpn.crash();
    let why = "it was restored from the back-up".to_owned();
    jpn.handle(Event::BeginRestore { why, is_ledger_lost: true, destroyed: Vec::new() }).unwrap();
    for code in ["KOR", "USA"] {
        let Answer::Held(bytes) = on(sites, code).handle(Event::Holds { from: party("JPN") }).unwrap() else {
            panic!()
        };
        on(sites, "JPN").handle(Event::PartnerHolds { partner: party(code), bytes }).unwrap();
    }
    let kor = on(sites, "KOR");
    let key = kor.storage_key();
    let reader = kor.store().reader().unwrap().with_key(&key).unwrap();
    let rows = reader.incoming(&feed("JPN"), start, 100).unwrap();
    let size = start + u64::try_from(rows.len()).unwrap();
    let entries =
        rows.into_iter().map(|row| TailEntry { leaf: row.leaf, envelope: row.envelope, withdrawal: row.withdrawal });
    let entries = entries.collect();
    let proof = consistency_proof(size, size, &|level, at| reader.incoming_node(&feed("JPN"), level, at)).unwrap();
    let Answer::Held(bytes) = kor.handle(Event::Tail { feed: feed("JPN"), start, entries, proof }).unwrap() else {
        panic!()
    };
    assert!(!Tail::from_bytes(&bytes).unwrap().entries.is_empty());
    let jpn = on(sites, "JPN");
    jpn.handle(Event::TakeTail { feed: feed("KOR"), bytes }).unwrap();
    jpn.handle(Event::GoOn).unwrap();
    assert!(!jpn.node.is_read_only());
    deliver(sites);
    minute(sites);
}

/// Version 10. AUS was added and removed.
fn a_removed_party(sites: &mut Sites) {
    let aus = Site::in_folder("AUS", 4, tempfile::tempdir().unwrap());
    let jpn = on(sites, "JPN");
    jpn.handle(Event::AddParty { note: aus.signed_party_file() }).unwrap();
    let (by, note) = (jpn.viewer(), "for the exercise only".to_owned());
    jpn.handle(Event::RemoveParty { by, party: party("AUS"), note }).unwrap();
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A new record of a site with its content in a file: small, but what a large one is in every way.
fn release_large(site: &mut Site, id: &str, label: &str, to: &str) {
    let content = content(id);
    let length = content.len() as u64;
    let file = site.store().new_file().unwrap();
    let mut writer = site.store().reader().unwrap().fill(&file, length, |_| ()).unwrap();
    writer.write(&mut content.clone()).unwrap();
    writer.finish().unwrap();
    let (from, key) = (site.party.clone(), StreamKey::from_bytes(&sha256(to.as_bytes())));
    let way = Travelling::new(&key, from.as_str(), to, &sha256(&content), length).unwrap();
    let mut hash = Sha256::new();
    for index in 0..way.layout().chunks() {
        let mut chunk = if index == 0 { content.clone() } else { Vec::new() };
        way.seal(index, &mut chunk).unwrap();
        hash.update(&chunk);
    }
    let sealed = SealedContent { key: ContentSecret(*key.as_bytes()), digest: hash.finalize().into() };
    let sealed = vec![(party(to), sealed)];
    let large = LargeContent { digest: sha256(&content), length, file: Some(file), sealed };
    let draft = Draft { content: Vec::new(), ..draft(id, label) };
    site.release_source(Source::NewLarge(draft, large), &[to], UNDER);
}

/// Version 11. J-8 has its content in a file, and went to KOR; KOR's K-7 has arrived in one, and K-8 is awaited.
fn large_contents(sites: &mut Sites) {
    release_large(on(sites, "JPN"), "J-8", JAPANESE, "KOR");
    release_large(on(sites, "KOR"), "K-7", KOREAN, "JPN");
    deliver(sites);
    let jpn = on(sites, "JPN");
    let arriving = jpn.node.awaited_contents().next().unwrap().clone();
    let reader = jpn.store().reader().unwrap();
    let file = reader.awaited_content(&arriving.feed, arriving.index).unwrap().unwrap().file;
    let mut writer = reader.fill(&file, arriving.length, |_| ()).unwrap();
    writer.write(&mut content("K-7")).unwrap();
    writer.finish().unwrap();
    jpn.handle(Event::ContentArrived { feed: arriving.feed, index: arriving.index, file }).unwrap();
    release_large(on(sites, "KOR"), "K-8", KOREAN, "JPN");
    deliver(sites);
}

/// What JPN's own rules ask for besides.
const RULES: &str = "
[[confirmation]]
subjects = [\"lazarus-group\"]
to = [\"*\"]
min = \"SECRET\"
[[emergency]]
subjects = [\"dprk-cyber\"]
to = [\"KOR\"]
max = \"SECRET\"
report_hours = \"24\"
";

/// Version 12. The release of J-9 waits for a second person; J-10 may go to KOR in an emergency; J-11 is for those who are named.
fn second_persons_and_emergencies(sites: &mut Sites) {
    let jpn = on(sites, "JPN");
    jpn.ruled(RULES);
    let by = jpn.viewer();
    let about = |id: &str, subject: &str| Draft { subjects: vec![subject.into()], ..draft(id, JAPANESE) };
    jpn.release_source(Source::New(about("J-9", "lazarus-group")), &["KOR"], UNDER);
    jpn.handle(Event::Enter { by: by.clone(), draft: about("J-10", "dprk-cyber") }).unwrap();
    let reason = "a ship is on fire".to_owned();
    let declared = Event::DeclareEmergency { by: by.clone(), record: named("J-10"), to: party("KOR"), reason };
    jpn.handle(declared).unwrap();
    let text = "it was put out".to_owned();
    jpn.handle(Event::ReportEmergency { by: by.clone(), number: 0, text }).unwrap();
    jpn.handle(Event::Enter { by: by.clone(), draft: draft("J-11", "TLP:RED") }).unwrap();
    let persons = vec![by.name.clone(), "sato".to_owned()];
    jpn.handle(Event::Name { by, record: named("J-11"), persons }).unwrap();
    jpn.crash();
}

/// Version 13. A commitment of JPN's and how far it is; a meeting; somebody was told that something waits.
fn commitments_meetings_and_attempts(sites: &mut Sites) {
    let jpn = on(sites, "JPN");
    let commitment = NewCommitment {
        owner: None,
        what: "warn fishing vessels".into(),
        due: Some("2026-12-01".parse().unwrap()),
        clause: None,
        action: None,
        steps: vec!["call the coast guard".into()],
    };
    let made = jpn.handle(Event::MakeCommitment(commitment)).unwrap();
    let Answer::Named(commitment) = made else { panic!("{made:?}") };
    let by = jpn.viewer();
    let (step, word, note) = (Some(0), Some(Word::Done), "called at once".to_owned());
    let progress = NewProgress { commitment, step, word, evidence: Vec::new(), note };
    jpn.handle(Event::NoteProgress { by: by.clone(), progress }).unwrap();
    let moment = |hours: i64| Timestamp::from_second(jpn.now.as_second() + hours * 3600).ok();
    let meeting = NewMeeting {
        clause: Some(("commitment-to-consult-2023".into(), "meetings".into())),
        body: Some("foreign ministers".into()),
        title: Some("Ministers in Seoul".into()),
        starts: moment(24),
        ends: moment(26),
        ..NewMeeting::default()
    };
    jpn.handle(Event::CallMeeting { by, meeting }).unwrap();
    for (minutes, is_ended) in [(0, true), (5, false)] {
        let at = jpn.now.checked_add(SignedDuration::from_mins(minutes)).unwrap();
        let due = Due { at, step: 0, person: 0, way: Way::Email, is_handover: false };
        let new = NewAttempt {
            matter: "test".into(),
            precedence: Precedence::Immediate,
            status: Status::Test,
            person: "watch".into(),
            account: None,
            due,
        };
        let begun = jpn.handle(Event::BeginAttempt(new)).unwrap();
        let Answer::Number(number) = begun else { panic!("{begun:?}") };
        if is_ended {
            let end = AttemptEnd { number, reached: true, words: "taken".into(), tries: 1, again: false };
            jpn.handle(Event::EndAttempt(end)).unwrap();
        }
    }
    deliver(sites);
}

const WARNING: &str = "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>W-1</identifier>\
    <sender>watch.jpn.example</sender><sent>2026-11-23T12:00:00-00:00</sent><status>Actual</status>\
    <msgType>Alert</msgType><scope>Public</scope><info><category>Security</category><event>missile</event>\
    <urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty>\
    <expires>2026-11-23T16:00:00-00:00</expires><area><areaDesc>Sea of Japan</areaDesc>\
    <polygon>40,136 42,136 42,139 40,139 40,136</polygon></area></info></alert>";

/// Version 14. A warning of JPN's that KOR has, and of which both have taken note; an incident, a duty done and one waived; a
/// consultation with KOR that has steps; deadlines that have passed.
fn alerts_and_consultations(sites: &mut Sites) {
    let jpn = on(sites, "JPN");
    let by = jpn.viewer();
    let ingest = Ingest {
        by: by.clone(),
        content: WARNING.into(),
        label: Some(JAPANESE.into()),
        subjects: Some(vec!["dprk-missile".into()]),
        to: Some(vec![party("KOR")]),
    };
    let Answer::Ingested(got) = jpn.handle(Event::Ingest(Box::new(ingest))).unwrap() else { panic!() };
    let record = RecordRef { originator: None, id: got.record.clone() };
    deliver(sites);
    for code in ["JPN", "KOR"] {
        let site = on(sites, code);
        let by = site.viewer();
        site.handle(Event::AcknowledgeAlert { by, record: record.clone() }).unwrap();
        deliver(sites);
    }
    let jpn = on(sites, "JPN");
    let raise = RaiseIncident {
        by: by.clone(),
        title: Some("A missile over the sea".into()),
        trigger: Some("missile-launch".into()),
        place: None,
        began: None,
        ended: None,
        status: None,
        precedence: Some(Precedence::Flash),
        evidence: vec![record],
        role: None,
    };
    let Answer::Incident(number) = jpn.handle(Event::RaiseIncident(Box::new(raise))).unwrap() else { panic!() };
    let raise = RaiseConsultation {
        by: by.clone(),
        incident: hex::encode(&number),
        under: None,
        with: vec![party("KOR")],
        acknowledge_within: None,
        close_within: Some(3600),
        link: None,
        title: None,
        trigger: None,
    };
    let raised = jpn.handle(Event::RaiseConsultation(Box::new(raise))).unwrap();
    let Answer::Consultation(name) = raised else { panic!("{raised:?}") };
    let consultation = hex::encode(&name);
    deliver(sites);
    let kor = on(sites, "KOR");
    let (by_kor, deed) = (kor.viewer(), Box::new(Deed::Acknowledge));
    kor.handle(Event::TakePart { by: by_kor, consultation: consultation.clone(), deed }).unwrap();
    let jpn = on(sites, "JPN");
    let text = "We have seen it, and stand together.".to_owned();
    let deed = Box::new(Deed::ProposeMessage { text, replaces: None });
    jpn.handle(Event::TakePart { by: by.clone(), consultation, deed }).unwrap();
    deliver(sites);
    let jpn = on(sites, "JPN");
    let duties = jpn.node.obligations(&by, jpn.now);
    let waived = duties.iter().find(|one| one.consultation == Some(name) && one.obligation.party.as_str() == "KOR");
    let done = duties.iter().find(|one| one.consultation.is_none() && one.obligation.party.as_str() == "JPN");
    let [waived, done] = [waived, done].map(|one| one.unwrap().id.clone());
    jpn.handle(Event::Waive { by: by.clone(), obligation: waived, note: "told by telephone".into() }).unwrap();
    let (note, evidence) = ("done by telephone".to_owned(), Vec::new());
    jpn.handle(Event::Discharge { by, obligation: done, note, evidence }).unwrap();
    for _ in 0..3 {
        minute(sites);
    }
    let jpn = on(sites, "JPN");
    jpn.now = jpn.now.checked_add(SignedDuration::from_hours(2)).unwrap();
    jpn.handle(Event::Deadlines).unwrap();
    deliver(sites);
}

/// Version 15: a person takes note of an alarm.
fn alarms_that_are_noted(sites: &mut Sites) {
    let jpn = on(sites, "JPN");
    let alarm = jpn.store().reader().unwrap().alarms().unwrap()[0].number;
    let (by, note) = (jpn.viewer(), "asked by telephone".to_owned());
    jpn.handle(Event::NoteAlarm { by, alarm, note }).unwrap();
}
