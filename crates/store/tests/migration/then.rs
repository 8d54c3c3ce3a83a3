//! What must be so of the node of JPN once the present program has opened its store of an older version: one check for each step
//! of `story.rs`, made of every version that had lived through it.

use entente_core::{
    agreement::Standing,
    consult::State,
    time::{Timestamp, day_of},
};
use entente_formats::wire::Remains;
use entente_node::{Feed, Lane, statement};
use entente_store::{Content, Standing as Heads};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{
    site::{Site, content, party},
    story::{JAPANESE, KOREAN},
};

/// A check, and since which version its step was lived through.
type Check = (i64, fn(&mut Site, i64));

pub(crate) const CHECKS: [Check; 14] = [
    (1, texts_and_records),
    (1, feeds_and_statements),
    (2, consents_and_what_they_affect),
    (3, intervals_and_witnesses),
    (4, recalls_labels_and_losses),
    (5, files_for_a_courier),
    (7, holds_and_destruction),
    (9, a_restored_node),
    (10, a_removed_party),
    (11, large_contents),
    (12, second_persons_and_emergencies),
    (13, commitments_meetings_and_attempts),
    (14, alerts_and_consultations),
    (15, alarms_that_are_noted),
];

/// When the story begins, in seconds since the epoch.
const NOON: i64 = 1_795_435_200;

/// The records that a store of that version holds, with what is on each label.
fn held(version: i64) -> Vec<(&'static str, &'static str)> {
    let all = [
        (1, "J-1", JAPANESE),
        (12, "J-10", JAPANESE),
        (12, "J-11", "TLP:RED"),
        (1, "J-2", JAPANESE),
        (2, "J-3", JAPANESE),
        (4, "J-4", JAPANESE),
        (4, "J-5", JAPANESE),
        (5, "J-6", JAPANESE),
        (11, "J-8", JAPANESE),
        (12, "J-9", JAPANESE),
        (1, "K-1", KOREAN),
        (1, "K-2", KOREAN),
        (4, "K-4", "//KOR CONFIDENTIAL//REL TO USA, JPN, KOR"),
        (7, "K-6", KOREAN),
        (11, "K-7", KOREAN),
        (11, "K-8", KOREAN),
    ];
    all.into_iter().filter(|(since, ..)| *since <= version).map(|(_, id, label)| (id, label)).collect()
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The bytes of a content, from the index or from its file.
pub(crate) fn bytes(site: &mut Site, id: &str) -> Option<Vec<u8>> {
    let found = site.store().reader().unwrap().content(&sha256(&content(id))).unwrap()?;
    let (mut whole, mut chunk) = (Vec::new(), Zeroizing::new(Vec::new()));
    for index in 0..found.chunks() {
        found.read(index, &mut chunk).unwrap();
        whole.extend_from_slice(&chunk);
    }
    Some(whole)
}

fn texts_and_records(jpn: &mut Site, version: i64) {
    let pact = jpn.node.agreements()["pact"].clone();
    for code in ["JPN", "KOR", "USA"] {
        assert_eq!(pact.view(&party(code), day_of(jpn.now)).standing, Standing::InForce, "{code}");
    }
    let kinds: Vec<_> = jpn.node.acts_on(&pact).map(|act| (act.statement.kind.as_str(), act.known)).collect();
    // Since when they were known, nobody wrote down at first.
    let known = if version == 1 { 0 } else { NOON };
    let entered = ("entered-into-force", known);
    assert_eq!(kinds, [entered, entered, entered, ("suspended", known), ("resumed", known)]);

    // What came in warnings has names of its own.
    let mut all: Vec<(String, String)> = Vec::new();
    for listed in jpn.held() {
        if listed.record.id.as_str().len() <= 4 {
            all.push((listed.record.id.to_string(), listed.label.clone()));
        }
    }
    all.sort();
    let all: Vec<(&str, &str)> = all.iter().map(|(id, label)| (id.as_str(), label.as_str())).collect();
    assert_eq!(all, held(version));
    for (id, _) in held(version) {
        let expected = (id != "K-8").then(|| content(id));
        assert_eq!(bytes(jpn, id), expected, "{id}");
    }
}

fn feeds_and_statements(jpn: &mut Site, version: i64) {
    // One entry waits, and all else was receipted; in the first of them, acts do besides.
    for (feed, size, acknowledged) in jpn.node.outgoing() {
        let is_it = feed.partner.as_str() == "KOR" && feed.lane == Lane::Routine;
        if is_it || version > 1 {
            assert_eq!(size - acknowledged, u64::from(is_it), "{feed:?}");
        }
    }
    let reader = jpn.store().reader().unwrap();
    for lane in Lane::ALL {
        let feed = Feed { partner: party("KOR"), lane };
        let rows = reader.incoming(&feed, 0, 100).unwrap();
        assert!(!rows.is_empty());
        // What was destroyed is not there; everything else can be opened.
        let gone = ["K-3", "K-5"].map(str::to_owned);
        for row in rows {
            let is_gone = row.record.as_ref().is_some_and(|(_, id)| gone.contains(id));
            assert_eq!(row.envelope.is_none(), is_gone, "{:?}", row.record);
        }
    }
    let rows = reader.statement_rows(0, 1000).unwrap();
    assert!(rows.len() >= 18);
    for row in rows {
        statement::read(&row.text, row.opening.as_deref()).unwrap();
    }
}

fn consents_and_what_they_affect(jpn: &mut Site, _: i64) {
    let viewer = jpn.viewer();
    let affected: Vec<_> = jpn.node.affected(&viewer).collect();
    let [one] = affected.as_slice() else { panic!("{affected:?}") };
    assert_eq!((one.record.as_str(), one.to.as_str(), one.answered.is_some()), ("J-3", "KOR", true));
    assert_eq!(one.cause, "annex: suspended of KOR on 2026-11-20");
    let annex = jpn.node.agreements()["annex"].clone();
    assert_eq!(annex.view(&party("KOR"), day_of(jpn.now)).standing, Standing::Suspended);
    let standing = jpn.node.standing_consents();
    let standing: Vec<_> = standing.map(|(kept, until)| (kept.statement.by.as_str(), until.is_some())).collect();
    assert_eq!(standing, [("JPN", true), ("KOR", false)]);
    let alarms = jpn.store().reader().unwrap().alarms().unwrap();
    assert!(alarms.iter().any(|alarm| alarm.evidence == b"no receipt"), "{alarms:?}");
    // Whom an act was told.
    let told = jpn.node.acts_on(&annex).filter(|act| act.statement.by == "JPN").map(|act| act.digest).next().unwrap();
    assert_eq!(jpn.node.told(told).count(), 1);
}

fn intervals_and_witnesses(jpn: &mut Site, version: i64) {
    let reader = jpn.store().reader().unwrap();
    let intervals = reader.intervals(0, 100).unwrap();
    let until: Vec<i64> = intervals.iter().take(3).map(|row| row.until).collect();
    assert_eq!(until, [NOON, NOON + 60, NOON + 120]);
    assert!(intervals.iter().zip(0..).all(|(row, index)| row.volume != 0 || row.index == index));
    let (size, _) = reader.volume_checkpoint(0).unwrap().unwrap();
    assert_eq!(intervals.iter().filter(|row| row.volume == 0).count() as u64, size);
    let (given, kept) = (reader.witnessed().unwrap(), reader.cosigned().unwrap());
    assert_eq!((given.len(), given[0].partner.as_str(), given[0].size), (1, "KOR", 2));
    let of_first: Vec<_> = kept.iter().map(|one| (one.partner.as_str(), one.size)).collect();
    assert_eq!(of_first, [("KOR", 2)], "of version {version}");
}

fn recalls_labels_and_losses(jpn: &mut Site, _: i64) {
    let viewer = jpn.viewer();
    let recalls = jpn.node.recalls(&viewer);
    let by: Vec<_> = recalls.iter().map(|recall| (recall.name.by.as_str(), recall.record.as_str())).collect();
    assert_eq!(by.len(), 2, "{by:?}");
    let own = recalls.iter().find(|recall| recall.name.by.as_str() == "JPN").unwrap();
    assert_eq!(own.record.as_str(), "J-5");
    assert!(own.told.iter().all(|one| one.answer.as_ref().is_some_and(|said| said.here == Remains::Destroyed)));
    assert_eq!(bytes(jpn, "K-3"), None);
    let lost: Vec<_> = jpn.node.compromises(&viewer).map(|known| known.statement.note.as_str()).collect();
    assert_eq!(lost, ["laptop lost in transit"]);
}

fn files_for_a_courier(jpn: &mut Site, _: i64) {
    let feed = Feed { partner: party("USA"), lane: Lane::Routine };
    assert_eq!(jpn.node.exported_of(&feed), 2, "J-1 and J-6");
}

fn holds_and_destruction(jpn: &mut Site, _: i64) {
    let viewer = jpn.viewer();
    let held: Vec<_> = jpn.node.holds(&viewer).into_iter().map(|hold| (hold.record, hold.note)).collect();
    assert_eq!(held, [("K-6".to_owned(), "case 7 of the board".to_owned())]);
    assert_eq!(bytes(jpn, "K-5"), None);
}

fn a_restored_node(jpn: &mut Site, _: i64) {
    assert!(!jpn.node.is_read_only());
    assert!(jpn.node.restoring().is_some_and(|restoring| restoring.done.is_some()));
    assert_eq!(jpn.store().standing().unwrap(), Heads::Level);
    let reader = jpn.store().reader().unwrap();
    assert_eq!(reader.volumes().unwrap().len(), 2);
    let rows = reader.outgoing(&Feed { partner: party("KOR"), lane: Lane::Routine }).unwrap();
    let back: Vec<_> = rows.iter().filter(|row| row.recovered).map(|row| row.record.as_deref()).collect();
    assert_eq!(back, [Some("J-7")]);
}

fn a_removed_party(jpn: &mut Site, _: i64) {
    let removed = jpn.store().reader().unwrap().removed().unwrap();
    assert_eq!(removed.iter().map(|party| party.as_str()).collect::<Vec<_>>(), ["AUS"]);
}

fn large_contents(jpn: &mut Site, _: i64) {
    let reader = jpn.store().reader().unwrap();
    for id in ["J-8", "K-7"] {
        let found = reader.content(&sha256(&content(id))).unwrap().unwrap();
        assert!(matches!(found, Content::File(_)), "{id}");
    }
    let feed = Feed { partner: party("KOR"), lane: Lane::Routine };
    let offered = reader.offered_contents(&feed).unwrap();
    assert_eq!(offered.len(), 1, "{offered:?}");
    assert!(reader.offered_content(&party("KOR"), &offered[0].0.sealed).unwrap().unwrap().key.is_some());
    let awaited: Vec<_> = jpn.node.awaited_contents().cloned().collect();
    assert_eq!(awaited.iter().map(|one| one.record.as_str()).collect::<Vec<_>>(), ["K-8"]);
    assert!(reader.awaited_content(&awaited[0].feed, awaited[0].index).unwrap().is_some(), "what opens it is here");
}

fn second_persons_and_emergencies(jpn: &mut Site, _: i64) {
    let viewer = jpn.viewer();
    let waiting: Vec<_> = jpn.node.waiting(&viewer).map(|one| (one.record.as_str(), one.to.as_str())).collect();
    assert_eq!(waiting, [("J-9", "KOR")]);
    let declared: Vec<_> = jpn.node.emergencies(&viewer).collect();
    let [one] = declared.as_slice() else { panic!("{declared:?}") };
    assert_eq!((one.record.as_str(), one.report.as_ref().unwrap().text.as_str()), ("J-10", "it was put out"));
    // Who is not named sees nothing of what is for those who are.
    let stranger = entente_core::view::Viewer { name: "tanaka".into(), ..viewer };
    let sees = |site: &mut Site, viewer| match site.handle(entente_node::Event::List { viewer }).unwrap() {
        entente_node::Answer::Records(all) => all.iter().any(|listed| listed.record.id.as_str() == "J-11"),
        other => panic!("{other:?}"),
    };
    assert!(!sees(jpn, stranger.clone()));
    assert!(sees(jpn, entente_core::view::Viewer { name: "sato".into(), ..stranger }));
}

fn commitments_meetings_and_attempts(jpn: &mut Site, _: i64) {
    let all: Vec<_> = jpn.node.commitments().map(|(name, known)| (*name, known.what.what.clone())).collect();
    let [(name, what)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(what, "warn fishing vessels");
    let notes: Vec<_> = jpn.node.progress_of(name).into_values().map(|progress| progress.note).collect();
    assert_eq!(notes, ["called at once"]);
    let meetings: Vec<_> = jpn.node.meetings_called().into_iter().map(|(meeting, _)| meeting.title).collect();
    assert_eq!(meetings, ["Ministers in Seoul"]);
    let attempts: Vec<_> =
        jpn.node.attempts().map(|attempt| (attempt.person.as_str(), attempt.ended.is_some())).collect();
    assert_eq!(attempts, [("watch", true), ("watch", false)]);
}

fn alerts_and_consultations(jpn: &mut Site, _: i64) {
    let viewer = jpn.viewer();
    let alerts = jpn.node.alerts(&viewer, jpn.now);
    let [alert] = alerts.as_slice() else { panic!("{alerts:?}") };
    let noted = alert.messages.iter().flat_map(|message| &message.acknowledged).map(|one| one.by.as_str());
    assert_eq!(noted.collect::<Vec<_>>(), ["JPN", "KOR"]);
    assert_eq!(jpn.node.incidents(&viewer).count(), 1);
    let (name, _) = jpn.node.consultations().next().unwrap();
    let seen = jpn.node.consultation(name, &viewer, jpn.now).unwrap();
    assert_eq!(seen.core.steps.values().flatten().count(), 2);
    let duties = jpn.node.obligations(&viewer, jpn.now);
    let done = duties.iter().flat_map(|one| &one.done).filter(|done| done.note == "done by telephone");
    assert_eq!(done.count(), 1);
    // Deadlines were looked at once, and are not again.
    let late: Timestamp = "2026-11-23T14:30:00Z".parse().unwrap();
    assert!(!jpn.node.is_deadline_over(late));
    assert!(duties.iter().any(|one| one.state != State::Due));
}

fn alarms_that_are_noted(jpn: &mut Site, _: i64) {
    let alarms = jpn.store().reader().unwrap().alarms().unwrap();
    let noted: Vec<_> = alarms.into_iter().filter_map(|alarm| alarm.noted).collect();
    let [(person, _, note)] = noted.as_slice() else { panic!("{noted:?}") };
    assert_eq!((person.as_str(), note.as_str()), (jpn.viewer().name.as_str(), "asked by telephone"));
}
