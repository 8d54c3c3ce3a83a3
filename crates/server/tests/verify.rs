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

use entente_node::{Event, Partner};
use entente_server::verify::{Verified, verify};
use entente_store::{HEADS, Reader};
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

/// The store as it was when the ledger had a leaf for each statement: brought up to date when it is opened.
#[test]
fn an_older_store_goes_on_with_its_statements_in_the_first_interval() {
    let mut sites = three();
    let site = sites.get_mut("KOR").unwrap();
    site.release("K-1", LABEL, &["JPN"], None);
    alter(
        site,
        "ALTER TABLE party DROP COLUMN removed; ALTER TABLE incoming DROP COLUMN at;
         DROP TABLE has_heads; DROP TABLE restoring; DROP TABLE volume;
         ALTER TABLE outgoing DROP COLUMN recovered; ALTER TABLE receipt DROP COLUMN fallen;
         UPDATE statement SET text = json_remove(json_set(text, '$.content', json_extract(opening, '$.content')),
             '$.direction', '$.parties', '$.record', '$.class', '$.agreements', '$.world', '$.envelope');
         ALTER TABLE statement DROP COLUMN opening; DROP TABLE large; DROP TABLE offered_content; DROP TABLE awaited_content; DROP TABLE doomed; DROP TABLE hold; ALTER TABLE body DROP COLUMN key; ALTER TABLE incoming DROP COLUMN key;
         UPDATE body SET content = X'636f6e74656e74206f66204b2d310d0a00206e6f742072652d73657269616c69736564';
         DROP TABLE interval; DROP TABLE open_interval; DROP TABLE witnessed; DROP TABLE cosigned;
         DELETE FROM node WHERE tree = 'ledger'; DELETE FROM checkpoint WHERE tree = 'ledger';
         DROP TABLE recall; DROP TABLE recall_answer; DROP TABLE relabelling; DROP TABLE compromise; DROP TABLE spared; DROP TABLE exported;
         DROP TABLE waiting; DROP TABLE emergency; DROP TABLE named;
         DROP INDEX incoming_by_record; ALTER TABLE incoming DROP COLUMN originator;
         ALTER TABLE incoming DROP COLUMN record; ALTER TABLE record DROP COLUMN erased;
         INSERT INTO node VALUES ('ledger', 0, 0, zeroblob(32)); INSERT INTO checkpoint VALUES ('ledger', 5, 'x', NULL);
         PRAGMA user_version = 2",
    );
    let folder = site.folder.path().to_owned();
    // It had no heads beside it either.
    HEADS.iter().for_each(|name| std::fs::remove_file(folder.join(name)).unwrap_or_default());
    assert!(Reader::of_folder(&folder).err().unwrap().to_string().contains("start its node once"));
    // There were no heads beside it then.
    for name in entente_store::HEADS {
        let _ = std::fs::remove_file(folder.join(name));
    }
    site.crash();
    let problems = |logs: &[Verified]| logs.iter().flat_map(|log| log.problems.clone()).collect::<Vec<_>>();
    assert!(problems(&verified(site))[..].iter().any(|problem| problem.contains("start the node once")));

    site.handle(Event::Tick).unwrap();
    let logs = verified(site);
    assert_eq!(problems(&logs), Vec::<String>::new());
    let ledger = logs.iter().find(|log| log.log == "entente/KOR/ledger").unwrap();
    assert_eq!((ledger.size, ledger.statements), (1, Some(5)));
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
