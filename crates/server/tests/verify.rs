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

use entente_node::Partner;
use entente_server::verify::verify;
use site::{deliver, three};

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";

/// What verification says after `sql` was run on the store of `code`.
fn problems_after(code: &str, sql: &str) -> Vec<String> {
    let mut sites = three();
    for id in ["K-1", "K-2"] {
        sites.get_mut("KOR").unwrap().release(id, LABEL, &["JPN"], None);
    }
    deliver(&mut sites);
    let site = sites.get_mut(code).unwrap();
    let own = Partner::open(&site.signed_party_file()).unwrap();
    rusqlite::Connection::open(site.folder.path().join("store.sqlite")).unwrap().execute_batch(sql).unwrap();
    let reader = site.store().reader().unwrap();
    verify(&reader, &own).unwrap().into_iter().flat_map(|log| log.problems).collect()
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
        ("KOR", "a decision rewritten", "UPDATE statement SET text = replace(text, '\"permit\"', '\"deny\"')"),
        ("KOR", "the last statement dropped", "DELETE FROM statement WHERE idx = (SELECT max(idx) FROM statement)"),
        ("KOR", "the ledger's checkpoint dropped", "DELETE FROM checkpoint WHERE tree = 'ledger'"),
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
