//! The same scripts on PostgreSQL. `ENTENTE_TEST_POSTGRES` says where a server is, in words like `host=/run/postgresql
//! user=entente dbname=entente`; then each site has a schema of its own there. `make postgres` starts such a server.

use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

/// What the variable says; nothing where stores are files, as those of older versions all are.
pub(crate) fn server() -> Option<String> {
    let words = std::env::var("ENTENTE_TEST_POSTGRES").ok().filter(|words| !words.is_empty());
    words.filter(|_| !module_path!().starts_with("migration::"))
}

/// Whether this run is on PostgreSQL, where a test of the file of SQLite has nothing to look at.
pub(crate) fn has_no_file(why: &str) -> bool {
    if server().is_some() {
        eprintln!("only on SQLite: {why}");
    }
    server().is_some()
}

/// Says in a node's folder that its store is in a schema of its own, where there is a server. The schema's name.
pub(crate) fn place(folder: &Path) -> Option<String> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let schema = format!("site_{}_{number}", std::process::id());
    server().map(|words| {
        std::fs::write(folder.join(entente_store::POSTGRES), settings(&words, &schema)).unwrap();
        schema
    })
}

/// The file that names a schema of the server with these words.
pub(crate) fn settings(words: &str, schema: &str) -> String {
    let mut text = format!("schema = \"{schema}\"\n");
    for word in words.split_whitespace() {
        let (name, value) = word.split_once('=').unwrap();
        match name {
            "port" => text.push_str(&format!("port = {value}\n")),
            "dbname" => text.push_str(&format!("database = \"{value}\"\n")),
            name => text.push_str(&format!("{name} = \"{value}\"\n")),
        }
    }
    text
}
