//! Guards between two networks: the configuration of a link, the files with a guard's keys, and what a guard reads of the
//! files that pass it.
//!
//! A guard has a folder with two files: `guard.key`, its private key, as a node's keys are kept; and `guard.pub`, the
//! public half in hex, for those whose envelopes it is to read. It needs no node, and no key of any party. Key type:
//! [`Header`].

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use entente_core::{Party, time::Timestamp};
use entente_formats::{
    hex,
    wire::{Entry, Parcel},
};
use entente_node::{
    Partner,
    guard::{Expected, GuardLink, Showing},
};
use entente_seal::{Envelope, Guard, SealingKey, SealingPublicKey, Shown, Status};
use serde::{Deserialize, Serialize};

use crate::{
    courier,
    keys::{KeyError, KeyFolder, fresh_seed},
};

/// The name of a guard's key in its folder.
const KEY: &str = "guard";
/// The longest file with a public key that is read, in bytes.
const MAX_PUBLIC: u64 = 8 * 1024;

/// The guards on a link, as the configuration names them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardText {
    show: Option<String>,
    key: Option<PathBuf>,
    expect: Option<String>,
    expect_key: Option<PathBuf>,
}

/// The guards that a configuration names. `folder` is where it lies.
pub(crate) fn links(texts: BTreeMap<String, GuardText>, folder: &Path) -> Result<BTreeMap<Party, GuardLink>, String> {
    let link = |(code, text): (String, GuardText)| {
        if !entente_formats::party::is_party_code(&code) {
            return Err(format!("guard: `{code}` is no party code (2 to 32 of A-Z, 0-9, -)"));
        }
        let link = link(text, folder).map_err(|message| format!("guard.{code}.{message}"))?;
        Ok((Party::from(code.as_str()), link))
    };
    texts.into_iter().map(link).collect()
}

fn link(text: GuardText, folder: &Path) -> Result<GuardLink, String> {
    let key = |name: &str, path: Option<PathBuf>| {
        path.map(|path| read_public(&folder.join(path)).map_err(|error| format!("{name}: {error}"))).transpose()
    };
    let (shown_to, expected_for) = (key("key", text.key)?, key("expect_key", text.expect_key)?);
    let show = match (text.show.as_deref(), shown_to) {
        (None | Some("nothing"), None) => Showing::Nothing,
        (Some("clear"), None) => Showing::Clear,
        (Some("sealed"), Some(key)) => Showing::Sealed(Box::new(key)),
        (Some("sealed"), None) => return Err("key: `show = \"sealed\"` needs the guard's public key".to_owned()),
        (None | Some("nothing" | "clear"), Some(_)) => return Err("key: it belongs to `show = \"sealed\"`".to_owned()),
        (Some(word), _) => return Err(format!("show: `{word}` is not one of nothing, clear, sealed")),
    };
    let expect = match (text.expect.as_deref(), expected_for) {
        (None, None) => None,
        (Some("nothing"), None) => Some(Expected::Nothing),
        (Some("clear"), None) => Some(Expected::Clear),
        (Some("sealed"), key) => Some(Expected::Sealed(key.map(|key| key.id()))),
        (None | Some("nothing" | "clear"), Some(_)) => {
            return Err("expect_key: it belongs to `expect = \"sealed\"`".to_owned());
        }
        (Some(word), _) => return Err(format!("expect: `{word}` is not one of nothing, clear, sealed")),
    };
    Ok(GuardLink { show, expect })
}

/// Reads the public key of a guard.
fn read_public(path: &Path) -> Result<SealingPublicKey, String> {
    let wrong = |message: &dyn std::fmt::Display| format!("`{}`: {message}", path.display());
    let length = fs::metadata(path).map_err(|error| wrong(&error))?.len();
    if length > MAX_PUBLIC {
        return Err(wrong(&"too long for the public key of a guard"));
    }
    let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let bytes = hex::decode(text.trim_end()).ok_or_else(|| wrong(&"it is not in lower-case hex"))?;
    SealingPublicKey::from_bytes(&bytes).map_err(|error| wrong(&error))
}

/// Makes the keys of a guard in a folder, which may be new; where the public one is, and its id.
///
/// # Errors
/// When there are such keys already, or they cannot be written.
pub fn make_keys(folder: &Path) -> Result<(PathBuf, String), KeyError> {
    let file = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| KeyError::File { path, source }
    };
    fs::create_dir_all(folder).map_err(file(folder))?;
    let seed = fresh_seed()?;
    let public = sealing_key(&seed)?.public().clone();
    KeyFolder::at(folder).write_seed(KEY, &seed)?;
    let path = folder.join("guard.pub");
    let mut handle =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o644).open(&path).map_err(file(&path))?;
    let text = hex::encode(&public.to_bytes()) + "\n";
    handle.write_all(text.as_bytes()).and_then(|()| handle.sync_all()).map_err(file(&path))?;
    Ok((path, public.id().to_string()))
}

/// Reads the private key of a guard from its folder.
///
/// # Errors
/// When it is not there, can be read by others, or is none.
pub fn read_key(folder: &Path) -> Result<SealingKey, KeyError> {
    sealing_key(&*KeyFolder::at(folder).seed(KEY)?)
}

fn sealing_key(seed: &[u8; 32]) -> Result<SealingKey, KeyError> {
    SealingKey::from_seed(seed).map_err(|error| KeyError::Unusable(error.to_string()))
}

/// What a guard reads of one envelope. What is not given is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "named as shown")]
pub struct Header {
    /// The lane, where the envelope came in a package.
    pub lane: Option<String>,
    /// The entry of the feed.
    pub entry: Option<u64>,
    /// The envelope's own id, in hex.
    pub id: String,
    pub from: String,
    pub to: String,
    pub precedence: &'static str,
    pub status: &'static str,
    /// In UTC, by the sender's clock.
    pub created: String,
    pub expires: Option<String>,
    /// What it is long at the most, in bytes.
    pub length_class: u32,
    /// `nothing`, `clear` or `sealed`.
    pub shows: &'static str,
    /// The label of the content; empty where a message of this kind has none.
    pub label: Option<String>,
    pub kind: Option<String>,
    /// `good`, `bad`, or `unchecked` where no party file of the sender was given.
    pub signature: &'static str,
    /// Why what is shown cannot be read, or the signature is bad.
    pub problem: Option<String>,
}

/// What a file that passes a guard holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passing {
    /// Envelopes: one alone, or those of a package; and how many entries of it are withdrawn, without a body.
    Envelopes(Vec<Header>, usize),
    /// A receipt: it says how much arrived, and carries nothing else.
    Receipt,
}

/// Reads a file that passes a guard: a package, a receipt, or one envelope.
///
/// # Errors
/// When it is none of these. A guard lets nothing pass that it cannot read.
pub fn read(path: &Path, key: Option<&SealingKey>, parties: &[Partner]) -> Result<Passing, String> {
    let bytes = courier::read(path)?;
    let (feed, package) = match Parcel::from_bytes(&bytes) {
        Ok(Parcel::Package(feed, package)) => (feed, package),
        Ok(Parcel::Receipt(..)) => return Ok(Passing::Receipt),
        Err(no_parcel) => {
            let envelope = Envelope::parse(&bytes).map_err(|no_envelope| format!("{no_parcel}; {no_envelope}"))?;
            return Ok(Passing::Envelopes(vec![header(&envelope, key, parties)], 0));
        }
    };
    let (mut headers, mut withdrawn) = (Vec::new(), 0);
    for (index, entry) in (package.start..).zip(&package.entries) {
        match entry {
            Entry::Envelope(bytes) => {
                let envelope = Envelope::parse(bytes).map_err(|error| format!("entry {index}: {error}"))?;
                let read = header(&envelope, key, parties);
                if (&read.from, &read.to) != (&feed.from, &feed.to) {
                    return Err(format!(
                        "entry {index}: from {} to {}, in a package of another feed",
                        read.from, read.to
                    ));
                }
                headers.push(Header { lane: Some(feed.lane.clone()), entry: Some(index), ..read });
            }
            Entry::Withdrawn(_) => withdrawn += 1,
        }
    }
    Ok(Passing::Envelopes(headers, withdrawn))
}

fn header(envelope: &Envelope, key: Option<&SealingKey>, parties: &[Partner]) -> Header {
    let header = envelope.header();
    let shown = match (&header.guard, key) {
        (Guard::Absent, _) => Ok(None),
        (Guard::Clear { label, kind }, _) => Ok(Some(Shown { label: label.clone(), kind: kind.clone() })),
        (_, Some(key)) => envelope.shown_to(key).map_err(|error| error.to_string()),
        (_, None) => Err("sealed to a guard, whose key was not given".to_owned()),
    };
    let signed = parties.iter().find(|party| party.party.as_str() == header.from).map(|sender| sender.sent(envelope));
    let (signature, bad) = match signed {
        None => ("unchecked", None),
        Some(Ok(())) => ("good", None),
        Some(Err(why)) => ("bad", Some(why)),
    };
    let (shown, unread) = shown.map_or_else(|why| (None, Some(why)), |shown| (shown, None));
    let (label, kind) = shown.map(|shown| (shown.label, shown.kind)).unzip();
    let moment = |second: i64| Timestamp::from_second(second).map_or_else(|_| second.to_string(), |at| at.to_string());
    Header {
        lane: None,
        entry: None,
        id: header.id.to_string(),
        from: header.from.clone(),
        to: header.to.clone(),
        precedence: header.precedence.as_str(),
        status: match header.status {
            Status::Actual => "actual",
            Status::Exercise => "exercise",
            Status::Test => "test",
        },
        created: moment(header.created),
        expires: header.expires.map(moment),
        length_class: header.length_class,
        shows: match header.guard {
            Guard::Absent => "nothing",
            Guard::Clear { .. } => "clear",
            _ => "sealed",
        },
        label,
        kind,
        signature,
        problem: bad.or(unread),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_what_its_words_say_and_nothing_that_is_half_said() {
        let folder = tempfile::tempdir().unwrap();
        let (public, id) = make_keys(&folder.path().join("seoul")).unwrap();
        assert!(matches!(make_keys(&folder.path().join("seoul")), Err(KeyError::File { .. })), "made over");
        assert_eq!(read_key(&folder.path().join("seoul")).unwrap().public().id().to_string(), id);
        fs::write(folder.path().join("short.pub"), "00ff\n").unwrap();
        let key = "seoul/guard.pub";
        assert!(public.ends_with(key));
        let read = |text: &str| {
            let texts: BTreeMap<String, GuardText> = toml::from_str(text).unwrap();
            links(texts, folder.path())
        };
        let good = read(&format!("JPN.show = \"sealed\"\nJPN.key = \"{key}\"\nJPN.expect = \"clear\"")).unwrap();
        let link = &good[&Party::from("JPN")];
        assert!(matches!(&link.show, Showing::Sealed(key) if key.id().to_string() == id));
        assert_eq!(link.expect, Some(Expected::Clear));
        let nothing = read("JPN = {}").unwrap();
        assert!(matches!(nothing[&Party::from("JPN")], GuardLink { show: Showing::Nothing, expect: None }));
        for (text, problem) in [
            ("jpn.show = \"clear\"", "guard: `jpn` is no party code"),
            ("JPN.show = \"open\"", "guard.JPN.show: `open` is not one of"),
            ("JPN.show = \"sealed\"", "guard.JPN.key: `show = \"sealed\"` needs"),
            ("JPN.show = \"clear\"\nJPN.key = \"seoul/guard.pub\"", "guard.JPN.key: it belongs to"),
            ("JPN.expect_key = \"seoul/guard.pub\"", "guard.JPN.expect_key: it belongs to"),
            ("JPN.expect = \"some\"", "guard.JPN.expect: `some` is not one of"),
            ("JPN.show = \"sealed\"\nJPN.key = \"none.pub\"", "guard.JPN.key: `"),
            ("JPN.show = \"sealed\"\nJPN.key = \"short.pub\"", "it must have 1216 bytes"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }
}
