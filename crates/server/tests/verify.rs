//! `log verify` against somebody who can write the store but has no key.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

#[path = "../../store/tests/site/mod.rs"]
mod site;
#[path = "../../store/tests/fixture/mod.rs"]
mod fixture;

use entente_formats::hex;
use entente_node::{
    Answer, Event, Partner,
    consult::{Deed, RaiseConsultation},
    incident::RaiseIncident,
};
use entente_server::verify::{Verified, verify};
use entente_store::Reader;
use site::{Site, deliver, three};

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";

/// What verification says after `sql` was run on the store of `code`.
fn problems_after(code: &str, sql: &str) -> Vec<String> {
    let mut sites = three();
    for id in ["K-1", "K-2"] {
        sites.get_mut("KOR").unwrap().release(id, LABEL, &["JPN"], None);
    }
    deliver(&mut sites);
    // Two intervals are over, the first with all of that in it; the third is open and has a statement.
    let site = sites.get_mut(code).unwrap();
    for _ in 0..2 {
        site.now = site.now.checked_add(jiff::SignedDuration::from_mins(1)).unwrap();
        site.handle(Event::Tick).unwrap();
    }
    let own = site.signed_party_file();
    site.handle(Event::AddParty { note: own }).unwrap();
    alter(site, sql);
    verified(site).into_iter().flat_map(|log| log.problems).collect()
}

fn alter(site: &Site, sql: &str) {
    rusqlite::Connection::open(site.folder.path().join("store.sqlite")).unwrap().execute_batch(sql).unwrap();
}

fn verified(site: &mut Site) -> Vec<Verified> {
    let own = Partner::open(&site.signed_party_file()).unwrap();
    verify(&site.store().reader().unwrap(), &own).unwrap()
}

/// Stores as programs of older versions left them: nobody reads one before it was brought up to date, and then all of it holds.
#[test]
fn what_an_older_program_wrote_holds_once_its_node_was_started() {
    for version in fixture::versions() {
        let folder = fixture::folder(version);
        let early = Reader::of_folder(folder.path()).err().map(|error| error.to_string());
        let is_present = version == *fixture::versions().last().unwrap();
        assert!(is_present || early.unwrap().contains("start its node once"), "version {version}");
        let mut site = Site::in_folder("JPN", 2, folder);
        let problems = |logs: &[Verified]| logs.iter().flat_map(|log| log.problems.clone()).collect::<Vec<_>>();
        if version < 3 {
            // The ledger had a leaf for each statement. It begins anew when the node is started, and has no signature before.
            assert!(problems(&verified(&mut site)).iter().any(|problem| problem.contains("start the node once")));
        }
        site.handle(Event::Tick).unwrap();
        let logs = verified(&mut site);
        assert_eq!(problems(&logs), Vec::<String>::new(), "version {version}");
        let ledgers: Vec<&Verified> = logs.iter().filter(|log| log.statements.is_some()).collect();
        let kept: i64 = rusqlite::Connection::open(site.folder.path().join("store.sqlite"))
            .unwrap()
            .query_row("SELECT count(*) FROM statement", [], |row| row.get(0))
            .unwrap();
        let heard: u64 = ledgers.iter().filter_map(|log| log.statements).sum();
        assert_eq!(i64::try_from(heard), Ok(kept), "version {version}");
        // Since a restore there are two volumes of it.
        assert_eq!(ledgers.len(), if version < 9 { 1 } else { 2 }, "version {version}");
        let replayed: u64 = ledgers.iter().filter_map(|log| log.replayed).sum();
        assert!(replayed >= 3, "version {version}: {replayed} decisions");
    }
}

#[test]
fn what_nobody_touched_holds() {
    for code in ["KOR", "JPN", "USA"] {
        assert_eq!(problems_after(code, ""), Vec::<String>::new(), "{code}");
    }
}

#[test]
fn what_somebody_changed_does_not() {
    let cases = [
        ("KOR", "a decision rewritten", "UPDATE statement SET opening = replace(opening, '\"permit\"', '\"deny\"')"),
        ("KOR", "a decision hidden", "UPDATE statement SET opening = NULL WHERE text LIKE '%\"decision\"%'"),
        ("KOR", "a class lowered", "UPDATE statement SET text = replace(text, '\"SECRET\"', '\"UNCLASSIFIED\"')"),
        ("KOR", "another record", "UPDATE statement SET opening = replace(opening, 'K-2', 'K-1')"),
        ("KOR", "the last statement dropped", "DELETE FROM statement WHERE idx = (SELECT max(idx) FROM statement)"),
        ("KOR", "the ledger's checkpoint dropped", "DELETE FROM checkpoint WHERE tree = 'ledger'"),
        ("KOR", "an interval dropped", "DELETE FROM interval WHERE idx = 1"),
        ("KOR", "an interval made longer", "UPDATE interval SET until = until + 1 WHERE idx = 1"),
        ("KOR", "a statement put into the next interval", "UPDATE interval SET next = next - 1 WHERE idx = 1"),
        ("KOR", "another salt", "UPDATE interval SET salt = zeroblob(32) WHERE idx = 0"),
        ("KOR", "the open interval's head dropped", "DELETE FROM open_interval"),
        ("KOR", "the open interval's salt changed", "UPDATE open_interval SET salt = zeroblob(32)"),
        (
            "KOR",
            "a release hidden, with its receipts",
            "DELETE FROM outgoing WHERE idx = 1 AND lane = 'routine'; DELETE FROM checkpoint WHERE tree LIKE 'out/%';
             DELETE FROM receipt",
        ),
        ("KOR", "an envelope altered", "UPDATE outgoing SET envelope = x'00' WHERE lane = 'routine' AND idx = 0"),
        (
            "KOR",
            "a withdrawal invented",
            "UPDATE outgoing SET withdrawal = x'00', withdrawal_signature = zeroblob(64) WHERE lane = 'routine'",
        ),
        ("KOR", "a world rewritten", "UPDATE world SET text = replace(text, 'KOR', 'JPN')"),
        ("KOR", "content altered", "UPDATE body SET content = x'41'"),
        (
            "JPN",
            "custody rewritten",
            "UPDATE record SET line = replace(line, 'jp-kr-gsomia-2016', 'us-jp-gsomia-2007')",
        ),
        ("JPN", "a received entry dropped", "DELETE FROM incoming WHERE lane = 'routine' AND idx = 1"),
        ("JPN", "a received envelope altered", "UPDATE incoming SET envelope = x'00' WHERE lane = 'routine'"),
        ("JPN", "a consent invented", "INSERT INTO consent (statement, signature) VALUES (x'00', zeroblob(64))"),
    ];
    for (code, name, sql) in cases {
        assert!(!problems_after(code, sql).is_empty(), "{name} went unnoticed");
    }
}

/// Somebody who takes a step, a duty or a commitment out of the store cannot take it out of the ledger.
#[test]
fn words_that_the_ledger_tells_of_are_missed() {
    let mut sites = three();
    let jpn = sites.get_mut("JPN").unwrap();
    let by = jpn.viewer();
    let raise = RaiseIncident {
        by: by.clone(),
        title: Some("A missile".into()),
        trigger: Some("missile-launch".into()),
        place: None,
        began: None,
        ended: None,
        status: None,
        precedence: None,
        evidence: Vec::new(),
        role: None,
    };
    let Answer::Incident(number) = jpn.handle(Event::RaiseIncident(Box::new(raise))).unwrap() else { panic!() };
    let raise = RaiseConsultation {
        by: by.clone(),
        incident: hex::encode(&number),
        under: None,
        with: Vec::new(),
        acknowledge_within: None,
        close_within: Some(3600),
        link: None,
        title: None,
        trigger: None,
    };
    let Answer::Consultation(name) = jpn.handle(Event::RaiseConsultation(Box::new(raise))).unwrap() else { panic!() };
    let deed = Box::new(Deed::Convene { at: jpn.now, place: "a room".into() });
    jpn.handle(Event::TakePart { by: by.clone(), consultation: hex::encode(&name), deed }).unwrap();
    let duties = jpn.node.obligations(&by, jpn.now);
    let own = duties.iter().find(|one| one.consultation.is_none() && one.obligation.party.as_str() == "JPN").unwrap();
    let (obligation, note) = (own.id.clone(), "done".to_owned());
    jpn.handle(Event::Discharge { by, obligation, note, evidence: Vec::new() }).unwrap();
    assert!(verified(jpn).into_iter().all(|log| log.problems.is_empty()));
    for (what, sql, back) in [
        ("a step", "DELETE FROM consult_step", "consultation-step"),
        ("a consultation", "DELETE FROM consult_raise", "`consultation`"),
        ("a duty done", "DELETE FROM discharge", "obligation-done"),
        (
            "the time of a duty",
            "UPDATE incident SET incident = replace(incident, '\"due\":', '\"due\":1')",
            "`incident`",
        ),
        ("an incident", "DELETE FROM incident", "`incident`"),
    ] {
        alter(jpn, sql);
        let problems: Vec<String> = verified(jpn).into_iter().flat_map(|log| log.problems).collect();
        assert!(problems.iter().any(|problem| problem.contains(back)), "{what} went unnoticed: {problems:?}");
    }
}
