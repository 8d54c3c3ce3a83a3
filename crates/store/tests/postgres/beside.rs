//! What a test has beside the store: a client of its own, and a wire between the two that it can cut.

use std::{
    io::{Read, Write},
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
    thread,
};

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// A client of the test's own.
pub(crate) struct Beside {
    runtime: tokio::runtime::Runtime,
    client: Client,
}

impl Beside {
    pub(crate) fn new(words: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (client, connection) = runtime.block_on(tokio_postgres::connect(words, NoTls)).unwrap();
        runtime.spawn(connection);
        Self { runtime, client }
    }

    pub(crate) fn run(&self, sql: &str) {
        self.runtime.block_on(self.client.batch_execute(sql)).unwrap();
    }

    /// The first column of each row, as text.
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self.runtime.block_on(self.client.simple_query(sql)).unwrap();
        let text = |row| match row {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        rows.into_iter().filter_map(text).collect()
    }
}

/// When a wire is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Never,
    /// The word that ends the transaction does not arrive.
    BeforeCommit,
    /// It arrives and is obeyed, and the answer does not come back.
    AfterCommit,
}

/// A Unix socket in a folder of its own that leads to the server.
pub(crate) struct Wire {
    pub(crate) folder: tempfile::TempDir,
    cut: Arc<AtomicU8>,
}

/// Ends what is sent that asks to commit, and what is sent back that says it is done.
const WORD: &[u8] = b"COMMIT\0";

impl Wire {
    pub(crate) fn to(server: &Path, port: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = format!(".s.PGSQL.{port}");
        let listener = UnixListener::bind(folder.path().join(&name)).unwrap();
        let (server, cut): (PathBuf, _) = (server.join(name), Arc::<AtomicU8>::default());
        let of_wire = Arc::clone(&cut);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = UnixStream::connect(&server).unwrap();
                let both = Arc::new(Mutex::new([client.try_clone().unwrap(), server.try_clone().unwrap()]));
                for (mut from, mut to, is_asking) in
                    [(client.try_clone().unwrap(), server.try_clone().unwrap(), true), (server, client, false)]
                {
                    let (cut, both) = (Arc::clone(&of_wire), Arc::clone(&both));
                    thread::spawn(move || pass(&mut from, &mut to, is_asking, &cut, &both));
                }
            }
        });
        Self { folder, cut }
    }

    pub(crate) fn set(&self, cut: Cut) {
        self.cut.store(cut as u8, Ordering::SeqCst);
    }
}

fn pass(from: &mut UnixStream, to: &mut UnixStream, is_asking: bool, cut: &AtomicU8, both: &Mutex<[UnixStream; 2]>) {
    let (mut bytes, mut last) = ([0; 16 * 1024], Vec::new());
    while let Ok(count) = from.read(&mut bytes)
        && count > 0
    {
        // The word may come in two parts.
        last.extend_from_slice(&bytes[..count]);
        let has_word = last.windows(WORD.len()).any(|part| part == WORD);
        let cuts = if is_asking { Cut::BeforeCommit } else { Cut::AfterCommit };
        if has_word && cut.load(Ordering::SeqCst) == cuts as u8 {
            both.lock().unwrap().iter().for_each(|end| drop(end.shutdown(Shutdown::Both)));
            return;
        }
        last.drain(..last.len().saturating_sub(WORD.len() - 1));
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    both.lock().unwrap().iter().for_each(|end| drop(end.shutdown(Shutdown::Both)));
}
