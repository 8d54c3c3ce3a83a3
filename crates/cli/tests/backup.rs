//! Back-ups against the real binary: made beside a running node, verified, and put to use.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

fn entente() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entente"));
    command.env_remove("ENTENTE_CONFIG").env("ENTENTE_LOG", "warn").env("LC_ALL", "C");
    command
}

/// Runs and expects that exit code; standard output and standard error.
fn expect(code: i32, arguments: &[&str]) -> (String, String) {
    let output = entente().args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(code), "entente {arguments:?}\n{out}\n{err}");
    (out, err)
}

struct Node {
    folder: PathBuf,
    child: Option<Child>,
}

impl Node {
    fn new(parent: &Path) -> Self {
        let folder = parent.join("KOR");
        let agreement = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../examples/northeast-asia/agreements/jp-kr-gsomia-2016.toml");
        let arguments = ["node", "init", folder.to_str().unwrap(), "--party", "KOR", "--listen", "127.0.0.1:0"];
        expect(0, &[&arguments[..], &["--agreements", agreement.to_str().unwrap()]].concat());
        Self { folder, child: None }
    }

    fn config(&self) -> &str {
        self.folder.to_str().unwrap()
    }

    fn start(&mut self) {
        let mut child = entente().args(["serve", "--config", self.config()]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("is ready at"), "{line}");
        self.child = Some(child);
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop();
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_running_node_is_backed_up_without_its_keys() {
    let parent = tempfile::tempdir().unwrap();
    let mut kor = Node::new(parent.path());
    kor.start();
    let (first, second, keys) = (parent.path().join("1"), parent.path().join("2"), parent.path().join("erasure"));
    let backup = ["backup", first.to_str().unwrap(), "--config", kor.config()];
    let (said, _) = expect(0, &[&backup[..], &["--json"]].concat());
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["schema"], &said["party"]), (&"entente.backup/1".into(), &"KOR".into()));
    assert_eq!(
        names(&first),
        ["backup.json", "config", "erasure.sqlite", "people.sqlite", "store.sqlite", "taxii.sqlite"]
    );
    assert_eq!(names(&first.join("config")), ["KOR.party", "agreements", "national.toml", "node.toml"]);
    assert_eq!(fs::metadata(&first).unwrap().permissions().mode() & 0o777, 0o700);
    // A folder that has something in it is left alone.
    assert!(expect(1, &backup).1.contains("is not empty"));

    // The erasure keys elsewhere, twice: the second replaces the first.
    for folder in [&second, &parent.path().join("3")] {
        let (folder, keys) = (folder.to_str().unwrap(), keys.to_str().unwrap());
        expect(0, &["backup", folder, "--erasure-keys", keys, "--with-keys", "--config", kor.config()]);
    }
    assert_eq!(names(&second), ["backup.json", "config", "keys", "people.sqlite", "store.sqlite", "taxii.sqlite"]);
    assert!(names(&second.join("keys")).contains(&"storage.key".to_owned()));
    assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_copy_that_does_not_hold_is_no_backup() {
    let parent = tempfile::tempdir().unwrap();
    let mut kor = Node::new(parent.path());
    kor.start();
    kor.stop();
    let store = rusqlite::Connection::open(kor.folder.join("data/store.sqlite")).unwrap();
    store.execute("UPDATE statement SET text = replace(text, 'party', 'other')", []).unwrap();
    drop(store);
    let (folder, keys) = (parent.path().join("1"), parent.path().join("erasure"));
    let elsewhere = ["--erasure-keys", keys.to_str().unwrap(), "--config", kor.config()];
    let (_, said) = expect(1, &[&["backup", folder.to_str().unwrap()][..], &elsewhere].concat());
    assert!(said.contains("the copy does not hold"), "{said}");
    // Nor were the erasure keys ever on the medium of the copy.
    assert!(!names(&folder).contains(&"erasure.sqlite".to_owned()), "{:?}", names(&folder));
    assert!(!keys.exists());
}

#[test]
fn a_backup_is_for_its_owner_alone_also_in_a_folder_that_others_may_read() {
    let parent = tempfile::tempdir().unwrap();
    let mut kor = Node::new(parent.path());
    kor.start();
    let (folder, keys) = (parent.path().join("1"), parent.path().join("erasure"));
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let backup = ["backup", folder.to_str().unwrap(), "--erasure-keys", keys.to_str().unwrap()];
    expect(0, &[&backup[..], &["--config", kor.config()]].concat());
    for path in [folder.join("store.sqlite"), folder.join("backup.json"), keys.clone()] {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
    assert_eq!(names(parent.path()), ["1", "KOR", "erasure"], "nothing is left beside them");
}
