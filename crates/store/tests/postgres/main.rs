//! What only PostgreSQL can do to a store: sessions that end, wires that are cut, other writers, servers that forget, and moving
//! there and back. With `ENTENTE_TEST_POSTGRES` alone (`make postgres`); the other scripts of the store run on it as they are.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

#[path = "../fixture/mod.rs"]
mod fixture;
#[path = "../site/mod.rs"]
mod site;
mod beside;
mod moves;

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use beside::{Beside, Cut, Wire};
use entente_node::{Batch, Event, Feed, Lane};
use entente_store::{POSTGRES, Reader, SECRETS, Standing, Store, StoreError};
use site::{Site, content, deliver, party, postgres, three};

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";

/// One of the words that say where the server is.
fn word(words: &str, name: &str) -> String {
    let found = words.split_whitespace().find_map(|word| word.strip_prefix(&format!("{name}=")));
    found.unwrap().to_owned()
}

fn schema_of(site: &Site) -> String {
    let text = fs::read_to_string(site.folder.path().join(POSTGRES)).unwrap();
    text.lines().find_map(|line| line.strip_prefix("schema = \"")).unwrap().trim_end_matches('"').to_owned()
}

/// What the node would keep next: a release that nobody has seen yet.
fn next_batches(site: &mut Site, id: &str) -> [Batch; 2] {
    let release = entente_node::event::Release {
        by: site.viewer(),
        source: entente_node::event::Source::New(site::draft(id, LABEL)),
        to: vec![party("JPN")],
        purpose: site::PURPOSE.into(),
        channel: site::CHANNEL.into(),
        under: None,
        precedence: entente_seal::Precedence::Routine,
        expires: None,
    };
    let mut rng = <chacha20::ChaCha20Rng as rand_core::SeedableRng>::from_seed([9; 32]);
    let batch = site.node.handle(Event::Release(release), site.now, &mut rng).batch;
    [batch, site.node.sign_ledger().unwrap()]
}

/// Whether what a transaction says of one release is there: all of it, or nothing.
fn is_kept(site: &mut Site, id: &str) -> bool {
    let reader = site.store().reader().unwrap().with_key(&site.storage_key()).unwrap();
    let digests = reader.digests(id).unwrap();
    let body = digests.first().and_then(|(_, digest)| reader.body(digest).unwrap());
    let feed = Feed { partner: party("JPN"), lane: Lane::Routine };
    let rows = reader.outgoing(&feed).unwrap().iter().filter(|row| row.record.as_deref() == Some(id)).count();
    assert_eq!(body.is_some(), rows == 1, "record and outbox row come together");
    assert_eq!(body, (rows == 1).then(|| content(id)));
    rows == 1
}

#[test]
fn both_engines_have_the_same_tables_and_columns() {
    let Some(words) = postgres::server() else { return };
    let sites = three();
    let file = rusqlite::Connection::open_in_memory().unwrap();
    for version in 1..=15 {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("migrations/{version:04}.sql"));
        file.execute_batch(&fs::read_to_string(path).unwrap()).unwrap();
    }
    let kind = |kind: String| match kind.as_str() {
        "bigint" => "INTEGER",
        "bytea" => "BLOB",
        "text" => "TEXT",
        other => panic!("{other}"),
    };
    let mut in_file = Vec::new();
    for table in fixture::tables(&file) {
        let sql = "SELECT name || ' ' || type || ' ' || (\"notnull\" OR pk > 0) FROM pragma_table_info(?)";
        let mut columns = file.prepare(sql).unwrap();
        let columns = columns.query_map([&table], |row| row.get::<_, String>(0)).unwrap();
        in_file.extend(columns.map(|column| format!("{table} {}", column.unwrap())));
    }
    let schema = schema_of(&sites["KOR"]);
    let sql = format!(
        "SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || (is_nullable = 'NO')::int
         FROM information_schema.columns WHERE table_schema = '{schema}' AND table_name <> 'format'"
    );
    let beside = Beside::new(&words);
    let row = |row: String| {
        let words: Vec<&str> = row.split(' ').collect();
        format!("{} {} {} {}", words[0], words[1], kind(words[2].to_owned()), words[3])
    };
    let mut in_database: Vec<String> = beside.texts(&sql).into_iter().map(row).collect();
    in_file.sort();
    in_database.sort();
    assert!(in_file.len() > 200);
    assert_eq!(in_file, in_database);
    // Sorted by bytes on both.
    let sql = format!(
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = '{schema}' AND data_type = 'text'
         AND collation_name IS DISTINCT FROM 'C'"
    );
    assert_eq!(beside.texts(&sql), ["0"]);
}

/// Every write fails in two ways: failed and not kept, failed and kept.
#[test]
fn a_commit_whose_session_ends_is_kept_as_a_whole_or_not_at_all() {
    let Some(words) = postgres::server() else { return };
    for (cut, expected) in [(Cut::BeforeCommit, false), (Cut::AfterCommit, true)] {
        let mut sites = three();
        let mut kor = sites.remove("KOR").unwrap();
        let wire = Wire::to(Path::new(&word(&words, "host")), &word(&words, "port"));
        let through = words.replace(&word(&words, "host"), &wire.folder.path().display().to_string());
        fs::write(kor.folder.path().join(POSTGRES), postgres::settings(&through, &schema_of(&kor))).unwrap();
        kor.crash();
        kor.release("K-1", LABEL, &["JPN"], None);
        let batches = next_batches(&mut kor, "K-2");
        wire.set(cut);
        let error = kor.store().commit(&batches).unwrap_err();
        assert!(matches!(error, StoreError::Lost { .. }), "{cut:?}: {error:?}");
        wire.set(Cut::Never);
        // Whoever has lost its session never writes again, whatever is there by now.
        let error = kor.store().commit(&batches).unwrap_err();
        assert!(matches!(error, StoreError::Lost { .. }), "{cut:?}: {error:?}");
        assert!(matches!(kor.store().load().map(drop), Err(StoreError::Lost { .. })), "{cut:?}");
        kor.crash();
        assert!(is_kept(&mut kor, "K-1"));
        assert_eq!(is_kept(&mut kor, "K-2"), expected, "{cut:?}");
        assert_eq!(kor.store().standing().unwrap(), Standing::Level);
        // And it goes on from there.
        kor.release("K-3", LABEL, &["JPN"], None);
        sites.insert("KOR", kor);
        deliver(&mut sites);
        let ids = sites.get_mut("JPN").unwrap().ids();
        assert_eq!(ids, if expected { vec!["K-1", "K-2", "K-3"] } else { vec!["K-1", "K-3"] });
    }
}

#[test]
fn a_session_that_the_server_ends_keeps_nothing() {
    let Some(words) = postgres::server() else { return };
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    let batches = next_batches(kor, "K-1");
    let beside = Beside::new(&words);
    let schema = schema_of(kor);
    // The one session that holds the writer's lock and has used this schema last.
    let role = format!("writer_{}", schema);
    beside.run(&format!("CREATE ROLE {role} LOGIN SUPERUSER"));
    let as_role = words.replace(&format!("user={}", word(&words, "user")), &format!("user={role}"));
    fs::write(kor.folder.path().join(POSTGRES), postgres::settings(&as_role, &schema)).unwrap();
    kor.crash();
    let ended = beside.texts(&format!(
        "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE usename = '{role}'
         AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"
    ));
    assert_eq!(ended, ["true"]);
    let error = kor.store().commit(&batches).unwrap_err();
    assert!(matches!(error, StoreError::Lost { .. }), "{error:?}");
    kor.crash();
    assert!(!is_kept(kor, "K-1"));
    kor.release("K-1", LABEL, &["JPN"], None);
    assert!(is_kept(kor, "K-1"));
}

#[test]
fn what_the_server_refuses_is_not_kept_and_the_session_goes_on() {
    let Some(words) = postgres::server() else { return };
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-1", LABEL, &["JPN"], None);
    let batches = next_batches(kor, "K-2");
    let beside = Beside::new(&words);
    let schema = schema_of(kor);
    // Refused behind most of what is sent on without waiting.
    beside.run(&format!("ALTER TABLE {schema}.statement ADD CONSTRAINT no_more CHECK (idx < 1) NOT VALID"));
    let error = kor.store().commit(&batches).unwrap_err().to_string();
    assert!(error.contains("no_more"), "{error}");
    beside.run(&format!("ALTER TABLE {schema}.statement DROP CONSTRAINT no_more"));
    kor.store().load().unwrap();
    assert!(!is_kept(kor, "K-2"));
    kor.crash();
    kor.release("K-2", LABEL, &["JPN"], None);
    assert!(is_kept(kor, "K-2"));
}

#[test]
fn there_is_one_writer_of_a_schema() {
    if postgres::server().is_none() {
        return;
    }
    let sites = three();
    let kor = &sites["KOR"];
    // Another folder that names the same schema.
    let other = tempfile::tempdir().unwrap();
    fs::copy(kor.folder.path().join(POSTGRES), other.path().join(POSTGRES)).unwrap();
    fs::copy(kor.folder.path().join(SECRETS), other.path().join(SECRETS)).unwrap();
    let refused = Store::open(other.path(), &kor.storage_key()).map(drop).unwrap_err();
    assert!(matches!(refused, StoreError::DatabaseInUse { .. }), "{refused:?}");
    assert!(refused.to_string().starts_with("another server keeps its store in schema `site_"), "{refused}");
}

#[test]
fn a_schema_that_is_behind_the_heads_is_noticed() {
    let Some(words) = postgres::server() else { return };
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-1", LABEL, &["JPN"], None);
    kor.store = None;
    // As a standby that had not got the last transactions, and is the server now: here it has got none.
    fs::write(kor.folder.path().join(POSTGRES), postgres::settings(&words, &format!("{}_b", schema_of(kor)))).unwrap();
    kor.crash();
    assert!(matches!(kor.store().standing().unwrap(), Standing::Behind(_)));
}

#[test]
fn a_server_that_forgets_is_refused() {
    let Some(words) = postgres::server() else { return };
    let beside = Beside::new(&words);
    let role = format!("forgets_{}", std::process::id());
    beside.run(&format!("CREATE ROLE {role} LOGIN SUPERUSER; ALTER ROLE {role} SET synchronous_commit = off"));
    let folder = tempfile::tempdir().unwrap();
    let as_role = words.replace(&format!("user={}", word(&words, "user")), &format!("user={role}"));
    fs::write(folder.path().join(POSTGRES), postgres::settings(&as_role, &role)).unwrap();
    let key = entente_store::StorageKey::from_seed(&[1; 32]);
    let refused = Store::open(folder.path(), &key).map(drop).unwrap_err().to_string();
    assert!(refused.contains("`synchronous_commit` is off"), "{refused}");
}

/// Over the network with TLS, a name that the certificate bears, and a password from a file.
#[test]
fn a_server_is_reached_over_tls_with_a_password_that_nobody_sees() {
    let Some(words) = postgres::server() else { return };
    let Ok(ca) = std::env::var("ENTENTE_TEST_POSTGRES_CA") else {
        eprintln!("*** NOT RUN: no openssl, which makes the server's certificate ***");
        return;
    };
    let beside = Beside::new(&words);
    let role = format!("far_{}", std::process::id());
    beside.run(&format!("CREATE ROLE {role} LOGIN SUPERUSER PASSWORD 'correct horse'"));
    let folder = tempfile::tempdir().unwrap();
    let open = |host: &str, more: &str, password: &str, mode: u32| {
        let (database, port) = (word(&words, "dbname"), word(&words, "port"));
        let text = format!(
            "host = \"{host}\"\nport = {port}\ndatabase = \"{database}\"\nuser = \"{role}\"\nschema = \"{role}\"\n\
             password-file = \"secret\"\n{more}"
        );
        let secret = folder.path().join("secret");
        fs::write(&secret, format!("{password}\n")).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).unwrap();
        fs::write(folder.path().join(POSTGRES), text).unwrap();
        let opened = Store::open(folder.path(), &entente_store::StorageKey::from_seed(&[1; 32]));
        opened.map_err(|error| error.to_string())
    };
    let with_ca = format!("ca-file = \"{ca}\"\n");
    let store = open("localhost", &with_ca, "correct horse", 0o600).unwrap();
    let encrypted = format!(
        "SELECT ssl::text || version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = '{role}'"
    );
    assert_eq!(beside.texts(&encrypted), ["trueTLSv1.3"]);
    drop(store);
    let other = tempfile::tempdir().unwrap().path().join("ca.pem");
    for (host, more, password, expected) in [
        ("localhost", with_ca.as_str(), "wrong battery", "password authentication failed"),
        ("localhost", &with_ca, "correct horse", "others may read it (mode 644)"),
        ("127.0.0.1", &with_ca, "correct horse", "certificate"),
        ("localhost", "", "correct horse", "pg_hba.conf"),
        ("localhost", &format!("ca-file = \"{}\"\n", other.display()), "correct horse", "ca.pem"),
    ] {
        let mode = if expected.contains("others") { 0o644 } else { 0o400 };
        let refused = open(host, more, password, mode).map(drop).unwrap_err();
        assert!(refused.contains(expected) && !refused.contains(password), "{host}: {refused}");
    }
}

#[test]
fn readers_get_another_session_where_theirs_was_ended() {
    let Some(words) = postgres::server() else { return };
    let beside = Beside::new(&words);
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-1", LABEL, &["JPN"], None);
    let schema = schema_of(kor);
    let role = format!("reads_{schema}");
    beside.run(&format!("CREATE ROLE {role} LOGIN SUPERUSER"));
    let as_role = words.replace(&format!("user={}", word(&words, "user")), &format!("user={role}"));
    fs::write(kor.folder.path().join(POSTGRES), postgres::settings(&as_role, &schema)).unwrap();
    let reader = Reader::of_folder(kor.folder.path()).unwrap();
    assert_eq!(reader.digests("K-1").unwrap().len(), 1);
    let end = format!("SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE usename = '{role}'");
    assert_eq!(beside.texts(&end), ["true"]);
    assert_eq!(reader.digests("K-1").unwrap().len(), 1);
    assert_eq!(beside.texts(&end), ["true"]);
    let seen = reader.at_one_moment(|| {
        let before = reader.digests("K-2").unwrap().len();
        kor.release("K-2", LABEL, &["JPN"], None);
        (before, reader.digests("K-2").unwrap().len())
    });
    assert_eq!(seen.unwrap(), (0, 0), "of one moment");
    assert_eq!(reader.digests("K-2").unwrap().len(), 1);
}

/// The store is asked from threads that drive futures, and from those that may block.
#[test]
fn it_answers_whoever_asks() {
    if postgres::server().is_none() {
        return;
    }
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-1", LABEL, &["JPN"], None);
    let folder = kor.folder.path().to_owned();
    for builder in [tokio::runtime::Builder::new_current_thread(), tokio::runtime::Builder::new_multi_thread()] {
        let runtime = { builder }.enable_all().build().unwrap();
        let folder = folder.clone();
        runtime.block_on(async {
            let reader = Reader::of_folder(&folder).unwrap();
            assert_eq!(reader.digests("K-1").unwrap().len(), 1);
            let blocking = tokio::task::spawn_blocking(move || {
                let reader = Reader::of_folder(&folder).unwrap();
                reader.digests("K-1").unwrap().len()
            });
            assert_eq!(blocking.await.unwrap(), 1);
        });
    }
}
