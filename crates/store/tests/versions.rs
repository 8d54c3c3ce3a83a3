//! Reduced versions of a record (tear lines): what is offered, what travels, and what nobody learns.
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
    Level, Party, RecordId,
    decide::{Decision, Verdict},
    view::Viewer,
};
use entente_node::{
    Answer, Event,
    event::{Draft, Listed, Outcome, RecordRef, Source, VersionDraft},
};
use site::{Site, content, deliver, draft, party, three};

const LABEL: &str = "//KOR SECRET//REL TO JPN, KOR";
const REDUCED: &str = "//KOR CONFIDENTIAL//REL TO USA, JPN, KOR";

fn version(id: &str, label: &str) -> VersionDraft {
    VersionDraft {
        id: id.into(),
        label: label.into(),
        subjects: None,
        title: format!("{id}.txt"),
        media_type: "text/plain".into(),
        content: content(id),
    }
}

/// K-1, with T-7 as its version for USA.
fn with_version() -> Draft {
    Draft { versions: vec![version("T-7", REDUCED)], ..draft("K-1", LABEL) }
}

/// A held record for USA, under the text that KOR has with it alone.
fn give(site: &mut Site, id: &str) -> Vec<(Party, Outcome)> {
    let source = Source::Held(RecordRef { originator: None, id: id.into() }, content(id));
    site.release_source(source, &["USA"], Some(&["us-kr-gsomia-1987"]))
}

fn decision(outcomes: &[(Party, Outcome)]) -> &Decision {
    match &outcomes[0].1 {
        Outcome::Denied { decision, .. } | Outcome::Sequenced { decision, .. } => decision,
        other => panic!("neither denied nor sequenced: {other:?}"),
    }
}

fn offered(outcomes: &[(Party, Outcome)]) -> Vec<(&str, Verdict)> {
    decision(outcomes).versions.iter().map(|(id, verdict)| (id.as_str(), *verdict)).collect()
}

fn look(site: &mut Site, id: &str, viewer: Viewer) -> Option<Listed> {
    let record = RecordRef { originator: None, id: id.into() };
    match site.handle(Event::Look { record, viewer }) {
        Ok(Answer::Record(listed)) => Some(*listed),
        _ => None,
    }
}

#[test]
fn a_denial_names_the_version_that_may_go_and_that_one_goes() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    let outcomes = kor.release_source(Source::New(with_version()), &["USA"], None);
    assert_eq!(decision(&outcomes).verdict(), Verdict::Deny);
    assert_eq!(offered(&outcomes), [("T-7", Verdict::Permit)]);
    kor.crash();
    assert_eq!(kor.ids(), ["K-1", "T-7"]);
    assert_eq!(offered(&kor.release_held("K-1", &["USA"], None)), [("T-7", Verdict::Permit)]);
    assert_eq!(decision(&give(kor, "T-7")).verdict(), Verdict::Permit);
    assert_eq!(decision(&kor.release_held("K-1", &["JPN"], None)).verdict(), Verdict::Permit);
    deliver(&mut sites);

    // USA has a record like any other, signed by KOR; JPN has the whole one, and learns of no version.
    let usa = sites.get_mut("USA").unwrap();
    usa.crash();
    assert_eq!(usa.ids(), ["T-7"]);
    let listed = look(usa, "T-7", usa.viewer()).unwrap();
    assert_eq!(
        (listed.label.as_str(), listed.record.versions.len(), listed.record.derived_from.len()),
        (REDUCED, 0, 0)
    );
    let reader = usa.store().reader().unwrap();
    assert_eq!(reader.body(&listed.digest).unwrap().unwrap(), content("T-7"));
    assert_eq!(usa.next_package(&party("JPN"), entente_node::Lane::Routine), None);
    let jpn = sites.get_mut("JPN").unwrap();
    assert_eq!(jpn.ids(), ["K-1"]);
    assert_eq!(offered(&jpn.release_held("K-1", &["USA"], None)), []);
}

/// Neither of the two statements that KOR signs has a byte of the name of the other.
#[test]
fn a_version_says_nothing_of_its_record_nor_the_record_of_it() {
    if site::postgres::has_no_file("it reads the file's rows as they are") {
        return;
    }
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release_source(Source::New(with_version()), &["JPN"], None);
    give(kor, "T-7");
    deliver(&mut sites);
    for (code, id, other) in [("USA", "T-7", "K-1"), ("JPN", "K-1", "T-7")] {
        let site = sites.get_mut(code).unwrap();
        let store = rusqlite::Connection::open(site.folder.path().join("store.sqlite")).unwrap();
        let kept = |column: &str| -> Vec<u8> {
            let sql = format!("SELECT CAST({column} AS BLOB) FROM record WHERE id = ?");
            store.query_row(&sql, [id], |row| row.get(0)).unwrap()
        };
        for column in ["statement", "line"] {
            let bytes = kept(column);
            let has = |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(has(id) && !has(other), "{column} of {id} at {code}");
        }
    }
    // The ledger of its originator says which record it is a version of.
    let kor = sites.get_mut("KOR").unwrap();
    let store = rusqlite::Connection::open(kor.folder.path().join("store.sqlite")).unwrap();
    let statements = "SELECT count(*) FROM statement WHERE opening LIKE '%\"record\":\"T-7\"%' \
        AND opening LIKE '%\"version_of\":\"K-1\"%'";
    let count: i64 = store.query_row(statements, [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
}

#[test]
fn an_approval_names_the_record_or_the_version_and_never_both() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    // Nothing is delegated for weather.
    let draft = Draft {
        subjects: vec!["dprk-missile".into(), "weather".into()],
        versions: vec![
            version("T-7", REDUCED),
            VersionDraft { subjects: Some(vec!["dprk-missile".into()]), ..version("T-8", REDUCED) },
        ],
        ..draft("K-1", "//KOR SECRET//REL TO USA, JPN, KOR")
    };
    let outcomes = kor.release_source(Source::New(draft), &["USA"], None);
    // Without weather it is within what is delegated.
    assert_eq!(offered(&outcomes), [("T-7", Verdict::Deny), ("T-8", Verdict::Permit)]);
    let approve = |by: Viewer, id: &str| Event::Approve {
        by,
        record: RecordRef { originator: None, id: id.into() },
        to: party("USA"),
        note: "by order".into(),
    };
    kor.handle(approve(kor.viewer(), "T-7")).unwrap();
    let outcomes = kor.release_held("K-1", &["USA"], None);
    assert_eq!(decision(&outcomes).verdict(), Verdict::Deny);
    assert_eq!(offered(&outcomes), [("T-7", Verdict::Permit), ("T-8", Verdict::Permit)]);
    assert_eq!(decision(&give(kor, "T-7")).verdict(), Verdict::Permit);
}

#[test]
fn who_may_see_the_version_alone_sees_no_more() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release_source(Source::New(with_version()), &["USA"], None);
    let clerk = Viewer { clearance: Level::Confidential, ..kor.viewer() };
    assert!(look(kor, "K-1", clerk.clone()).is_none());
    assert_eq!(look(kor, "T-7", clerk).unwrap().record.id, RecordId::from("T-7"));
    let whole = look(kor, "K-1", kor.viewer()).unwrap();
    assert_eq!(whole.record.versions.iter().map(|version| version.id.as_str()).collect::<Vec<_>>(), ["T-7"]);
}

#[test]
fn a_version_that_is_none_enters_nothing() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-0", LABEL, &["JPN"], None);
    let other = VersionDraft { subjects: Some(vec!["weather".into()]), ..version("T-7", REDUCED) };
    let cases = [
        (vec![version("K-1", REDUCED)], "its id is that of the record"),
        (vec![version("T-7", REDUCED), version("T-7", REDUCED)], "of another version"),
        (vec![version("K-0", REDUCED)], "a record `K-0` of KOR exists"),
        (vec![version("T-7", "//KOR TOP SECRET//REL TO USA, KOR")], "its level is above that of the record"),
        (vec![version("T-7", "TLP:RED")], "it is TLP:RED and the record is not"),
        // A term that nobody can place is the highest.
        (vec![version("T-7", "//KOR SECRT//REL TO USA, KOR")], "its level is above that of the record"),
        (vec![version("T-7", "//KOR SECRET//REL TO JPM, KOR")], "version `T-7`: label, character 22"),
        (vec![other], "the record is not about `weather`"),
        ((0..17).map(|number| version(&format!("T-{number}"), REDUCED)).collect(), "17 versions, more than the 16"),
    ];
    for (versions, why) in cases {
        let release = entente_node::event::Release {
            by: kor.viewer(),
            source: Source::New(Draft { versions, ..draft("K-1", LABEL) }),
            to: vec![party("USA")],
            purpose: site::PURPOSE.into(),
            channel: site::CHANNEL.into(),
            under: None,
            precedence: entente_seal::Precedence::Routine,
            expires: None,
        };
        let refused = kor.handle(Event::Release(release)).unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
        assert_eq!(kor.ids(), ["K-0"], "{why}");
    }
    kor.crash();
    assert_eq!(kor.ids(), ["K-0"]);
}
