//! The keys of a party through their life: a change is made to the party file, the root key signs it, here or on another
//! machine, and the node takes it up. Nothing counts before the file is signed and in its place; whatever stops the machine
//! in between leaves a key that nothing names.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use entente_core::time::Timestamp;
use entente_formats::party::{self, KeyKind, OtherKey, PartyFile, Standing};
use entente_node::{Partner, partner::PartnerError, party::key_name};

use crate::keys::{KeyError, KeyFolder, Seed};

/// How long a new party file counts, in days.
pub const VALID_DAYS: i64 = 2 * 365;

/// What is changed.
#[derive(Clone, Debug)]
pub enum Change {
    /// A new key of this kind is announced beside the one in use.
    Roll(KeyKind),
    /// The announced key of this kind is used from now on, and the one before it no longer.
    Retire(KeyKind),
    /// A key of this kind has been in wrong hands since that moment.
    Revoke {
        /// The kind.
        kind: KeyKind,
        /// The key, by its name; the one in use when absent.
        name: Option<String>,
        /// The moment.
        since: Timestamp,
    },
    /// The file counts for longer, or says something else than keys.
    Renew(Renewal),
}

/// What a new file says besides keys; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct Renewal {
    /// The party's name.
    pub name: Option<String>,
    /// Where its node answers.
    pub addresses: Option<Vec<String>>,
    /// The public half of the root key's successor.
    pub successor: Option<[u8; 32]>,
    /// The root key that signs from now on; its successor.
    pub root: Option<[u8; 32]>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// A file.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A party file.
    #[error("{0}")]
    Partner(#[from] PartnerError),
    /// A text that is no party file.
    #[error("party file: {0}")]
    Text(#[from] party::PartyFileError),
    /// What was asked for does not fit.
    #[error("{0}")]
    Request(String),
}

fn request(message: impl Into<String>) -> KeeperError {
    KeeperError::Request(message.into())
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> KeeperError {
    let path = path.to_owned();
    |source| KeeperError::File { path, source }
}

/// The next file of the party: `known` with the change, counting up. Keys that it needs are made in `folder`.
///
/// # Errors
/// When the change does not fit the file, or a key cannot be made.
pub fn next_file(
    known: &PartyFile,
    change: &Change,
    days: i64,
    folder: &KeyFolder,
    now: Timestamp,
) -> Result<PartyFile, KeeperError> {
    let mut file = match change {
        Change::Roll(kind) => roll(known.clone(), *kind, folder, now)?,
        Change::Retire(kind) => retire(known.clone(), *kind, now)?,
        Change::Revoke { kind, name, since } => {
            if *since > now {
                return Err(request(format!("{since} has not come yet; a key is revoked since a moment that is past")));
            }
            revoke(known.clone(), *kind, name.as_deref(), *since, folder)?
        }
        Change::Renew(renewal) => renew(known.clone(), renewal),
    };
    file.serial = known.serial.checked_add(1).ok_or_else(|| request("the serial cannot count up any more"))?;
    // A day early, so that a partner whose clock is behind does not refuse it.
    file.valid_from = Timestamp::from_second(now.as_second() - 86_400).unwrap_or(now);
    let until = now.as_second().saturating_add(days.saturating_mul(86_400));
    file.valid_until = Timestamp::from_second(until).unwrap_or(Timestamp::MAX);
    // It is read as partners will read it: whatever does not fit is found before anybody signs it.
    let read = party::parse(&party::write(&file))?;
    if read == file { Ok(file) } else { Err(request("the new party file does not read as it was written")) }
}

fn roll(mut file: PartyFile, kind: KeyKind, folder: &KeyFolder, now: Timestamp) -> Result<PartyFile, KeeperError> {
    let is_under_way = match kind {
        KeyKind::Sealing => file.sealing.len() > 1,
        _ => file.next(kind).is_some(),
    };
    if is_under_way {
        return Err(request(format!(
            "a new {kind} key is announced already; `entente key retire {kind}` takes it into use"
        )));
    }
    let key = folder.make(kind, &file.party)?;
    match kind {
        // Partners use it as soon as they know it; what was sealed to the one before opens still.
        KeyKind::Sealing => file.sealing.insert(0, key),
        _ => file.other_keys.push(OtherKey { kind, key, standing: Standing::Next(now) }),
    }
    Ok(file)
}

fn retire(mut file: PartyFile, kind: KeyKind, now: Timestamp) -> Result<PartyFile, KeeperError> {
    let none = || request(format!("no new {kind} key is announced; `entente key roll {kind}` makes one"));
    let next = match kind {
        KeyKind::Sealing if file.sealing.len() < 2 => return Err(none()),
        KeyKind::Sealing => file.sealing.first().cloned().ok_or_else(none)?,
        _ => file.next(kind).map(|next| next.key.clone()).ok_or_else(none)?,
    };
    let before: Vec<Vec<u8>> = file.in_use(kind).into_iter().filter(|key| *key != next).map(<[u8]>::to_vec).collect();
    file.other_keys.retain(|other| other.kind != kind || other.key != next);
    let retired = before.into_iter().map(|key| OtherKey { kind, key, standing: Standing::Retired(now) });
    file.other_keys.extend(retired);
    Ok(file.with_in_use(kind, &next)?)
}

fn revoke(
    mut file: PartyFile,
    kind: KeyKind,
    name: Option<&str>,
    since: Timestamp,
    folder: &KeyFolder,
) -> Result<PartyFile, KeeperError> {
    let used: Vec<Vec<u8>> = file.in_use(kind).into_iter().map(<[u8]>::to_vec).collect();
    let others = file.others(kind).map(|other| other.key.clone());
    let all: Vec<Vec<u8>> = used.iter().cloned().chain(others).collect();
    let key = match name {
        None => used.first().cloned(),
        Some(name) => all.into_iter().find(|key| key_name(key) == name),
    };
    let key = key.ok_or_else(|| {
        request(format!("the party file has no {kind} key `{}`; see `entente key list`", name.unwrap_or("in use")))
    })?;
    let revoked = OtherKey { kind, key: key.clone(), standing: Standing::Revoked(since) };
    if let Some(known) = file.other_keys.iter_mut().find(|other| other.kind == kind && other.key == key) {
        *known = revoked;
        return Ok(file);
    }
    let rest: Vec<Vec<u8>> = used.into_iter().filter(|other| *other != key).collect();
    let next = match (rest.first(), file.next(kind)) {
        (Some(other), _) => other.clone(),
        (None, Some(next)) => next.key.clone(),
        (None, None) => folder.make(kind, &file.party)?,
    };
    file.other_keys.retain(|other| other.kind != kind || other.key != next);
    file.other_keys.push(revoked);
    Ok(file.with_in_use(kind, &next)?)
}

fn renew(mut file: PartyFile, renewal: &Renewal) -> PartyFile {
    let Renewal { name, addresses, successor, root } = renewal;
    if let Some(name) = name {
        file.name.clone_from(name);
    }
    if let Some(addresses) = addresses {
        file.addresses.clone_from(addresses);
    }
    if let Some(root) = root {
        file.root = *root;
        // The successor is the root now; the next one is named anew.
        file.successor = None;
    }
    if successor.is_some() {
        file.successor = *successor;
    }
    file
}

/// Signs the text of a party file with its root key: on whatever machine that key is.
///
/// # Errors
/// When the text is no party file, or the key is not the root that it names.
pub fn sign(text: &str, root: &Seed) -> Result<(PartyFile, String), KeeperError> {
    let file = party::parse(text)?;
    let found = crate::keys::root_of(root)?;
    if found != file.root {
        return Err(request(format!(
            "this root key is not the one that the file names (`{}`, not `{}`)",
            key_name(&found),
            key_name(&file.root)
        )));
    }
    let note = Partner::sign(&file, root)?;
    Ok((file, note))
}

/// Puts a signed file into the place of the node's own, when it may follow that one and its keys are here. Secrets that
/// nobody needs any more are destroyed then: those of retired keys, but for the ones that something may still be sealed to.
///
/// `new_root`: another root key is the party's own from now on, which each partner has to confirm by comparing words.
///
/// # Errors
/// When it is another party's, cannot follow, or names a key that is nowhere here: then nothing is changed.
pub fn install(
    note: &str,
    known: &Partner,
    own_file: &Path,
    folder: &KeyFolder,
    new_root: bool,
) -> Result<Partner, KeeperError> {
    let new = Partner::open(note)?;
    if new.party != known.party {
        return Err(request(format!("this file is of {}, and the node is {}'s", new.party, known.party)));
    }
    match new.may_follow(known) {
        Err(PartnerError::OtherRoot { .. } | PartnerError::OtherSuccessor { .. }) if new_root => {}
        follows => follows?,
    }
    let identity = folder.identity(new.party.clone(), &new.file)?;
    if let Some(key) = identity.missing_from(&new.file) {
        return Err(request(format!("the file names a `{key}` key that is not in the key folder")));
    }
    drop(folder.tls(&new.file)?);
    write_in_place(own_file, note.as_bytes())?;
    for OtherKey { kind, key, standing } in &new.file.other_keys {
        if matches!(standing, Standing::Retired(_)) && *kind != KeyKind::Sealing {
            folder.destroy(*kind, key)?;
        }
    }
    Ok(new)
}

/// Writes a file that others may read into the place of another, all of it or nothing.
pub(crate) fn write_in_place(path: &Path, bytes: &[u8]) -> Result<(), KeeperError> {
    let beside = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o644);
    let mut handle = options.open(&beside).map_err(file_error(&beside))?;
    handle.write_all(bytes).and_then(|()| handle.sync_all()).map_err(file_error(&beside))?;
    fs::rename(&beside, path).map_err(file_error(path))?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent).and_then(|folder| folder.sync_all()).map_err(file_error(parent))
}
