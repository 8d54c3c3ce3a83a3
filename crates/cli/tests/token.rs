//! The signing key in a PKCS #11 token: a real node, and SoftHSM as the token. Where it cannot be had, this says so loudly.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use site::{LABEL, Site, asked, entente, eventually, expect, json, release, two};

/// Where distributions put it.
const LIBRARIES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib64/libsofthsm2.so",
];

fn library() -> Option<PathBuf> {
    LIBRARIES.iter().map(PathBuf::from).find(|path| path.exists())
}

/// SoftHSM's library; installed when this runs as root and it is not there.
fn softhsm() -> Option<PathBuf> {
    if library().is_none() {
        let id = Command::new("id").arg("-u").output().ok()?;
        if id.stdout == b"0\n" {
            for arguments in [&["update", "-qq"][..], &["install", "-y", "-qq", "softhsm2"]] {
                let _ = Command::new("apt-get").args(arguments).status();
            }
        }
    }
    let found = library();
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "SoftHSM is not installed and could not be: apt install softhsm2");
        eprintln!(
            "\nNOT RUN: the test of the PKCS #11 token. SoftHSM is not installed and could not be: apt install softhsm2\n"
        );
    }
    found
}

/// A token of its own; what configures the library to find it.
fn token(folder: &Path) -> PathBuf {
    let tokens = folder.join("tokens");
    fs::create_dir(&tokens).unwrap();
    let config = folder.join("softhsm2.conf");
    fs::write(
        &config,
        format!("directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n", tokens.display()),
    )
    .unwrap();
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", "entente", "--so-pin", "12345678", "--pin", "9876"])
        .env("SOFTHSM2_CONF", &config)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    config
}

fn gives(parent: &Path, jpn: &Site, kor: &Site, id: &str) {
    let file = parent.join(format!("{id}.txt"));
    fs::write(&file, format!("content of {id}")).unwrap();
    assert!(release(kor, &file, id, "JPN", LABEL).status.success());
    eventually(&format!("{id} is there"), || json(jpn, &["inbox"]).iter().any(|record| record["id"] == id));
}

#[test]
fn the_signing_key_moves_into_a_token_and_never_comes_out() {
    let Some(library) = softhsm() else { return };
    let (parent, jpn, mut kor) = two();
    gives(parent.path(), &jpn, &kor, "K-1");
    let config = token(parent.path());
    let pin = kor.folder.join("token.pin");
    let set_pin = |text: &str| {
        fs::write(&pin, text).unwrap();
        fs::set_permissions(&pin, fs::Permissions::from_mode(0o600)).unwrap();
    };
    let node = kor.folder.join("node.toml");
    let text = fs::read_to_string(&node).unwrap();
    let section =
        format!("\n[token]\nmodule = \"{}\"\nlabel = \"entente\"\npin_file = \"token.pin\"\n", library.display());
    fs::write(&node, text + &section).unwrap();
    kor.kill();
    let restart = |kor: &mut Site| {
        kor.start_with(|command| {
            command.env("SOFTHSM2_CONF", &config);
        });
    };
    let with_token = |code: i32, arguments: &[&str]| {
        let mut command = entente();
        let output =
            command.args(arguments).args(["--config", &kor.config()]).env("SOFTHSM2_CONF", &config).output().unwrap();
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
        out + &err
    };
    set_pin("0000\n");
    let why = with_token(1, &["key", "roll", "signing"]);
    assert!(why.contains("it does not take the PIN"), "{why}");
    set_pin("9876\n");
    with_token(0, &["key", "roll", "signing"]);
    let listed = with_token(0, &["key", "list"]);
    let next = listed.lines().find(|line| line.starts_with("signing") && line.contains("next")).unwrap().to_owned();
    assert!(next.contains("token"), "{listed}");
    restart(&mut kor);
    eventually("JPN has the file", || {
        json(&jpn, &["party", "list"]).iter().any(|known| known["party"] == "KOR" && known["serial"] == 2)
    });
    gives(parent.path(), &jpn, &kor, "K-2");
    let retire = || {
        let mut command = entente();
        let arguments = ["key", "retire", "signing", "--config", &kor.config()];
        command.args(arguments).env("SOFTHSM2_CONF", &config).output().unwrap().status.success()
    };
    eventually("the token's key is in use", retire);
    // Nothing signs on this machine's disk any more, and what the token signs is taken.
    let here =
        fs::read_dir(kor.folder.join("keys")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let here: Vec<String> = here.filter(|name| name.starts_with("signing")).collect();
    assert_eq!(here, [] as [String; 0]);
    for id in ["K-3", "K-4"] {
        gives(parent.path(), &jpn, &kor, id);
    }
    kor.kill();
    restart(&mut kor);
    gives(parent.path(), &jpn, &kor, "K-5");
    let verified = asked(&kor, &["log", "verify"]) + &asked(&jpn, &["log", "verify"]);
    assert!(!verified.contains("BROKEN"), "{verified}");
    // Without the token the node does not start, and says why.
    kor.kill();
    fs::remove_dir_all(parent.path().join("tokens")).unwrap();
    fs::create_dir(parent.path().join("tokens")).unwrap();
    let (_, why) = expect(1, &["serve", "--config", &kor.config()]);
    assert!(why.contains("no token `entente` is there") || why.contains("library"), "{why}");
}
