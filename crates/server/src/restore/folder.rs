//! `entente restore`: a back-up becomes the node's folder again. It is copied beside where it belongs, verified there as
//! `entente log verify` would, and put in its place with the store last: a crash before that leaves a folder without a
//! store, and the same command does it again. Nothing that is there is written over.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use entente_core::time::Timestamp;
use entente_node::Partner;
use entente_store::{
    CONTENTS, FILE, POSTGRES, Reader, SECRETS, Store, StoreError,
    people::{self, People},
    taxii,
};
use serde::{Deserialize, Serialize};

use crate::{
    backup::{MANIFEST, Manifest, SCHEMA},
    config::{Config, ConfigError},
    keys::{KeyError, KeyFolder, passphrase::Source},
    verify::{VerifyError, verify_without},
};

/// The file in the data folder which says that it was restored: the node then starts read-only.
pub const MARKER: &str = "restored.json";
/// Where the copy is made and verified before it counts.
const PART: &str = "restore.part";

/// What the marker says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// When the back-up was made.
    pub backup: String,
    /// When it was restored.
    pub at: String,
}

impl Marker {
    /// Reads the marker; one that cannot be read is one all the same.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            read => read.unwrap_or_default(),
        };
        let unknown = || Self { backup: "an unknown time".to_owned(), at: String::new() };
        Some(serde_json::from_str(&text).unwrap_or_else(|_| unknown()))
    }
}

/// What to restore, and where to.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The back-up.
    pub backup: &'a Path,
    /// The configuration file of the node; it may be missing, then the back-up's is put there.
    pub config_file: &'a Path,
    /// The folder with the node's keys; those that are in place, or in the back-up, when absent.
    pub keys: Option<&'a Path>,
    /// The file with the erasure keys; the back-up's own when absent.
    pub erasure_keys: Option<&'a Path>,
    /// Where the passphrase of the key files comes from, where they are encrypted.
    pub passphrase: Source,
}

/// Why nothing is restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// A file or folder.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Not a back-up, or not one that is known.
    #[error("`{}` is no back-up: {message}", path.display())]
    NoBackup {
        /// The folder.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// There is a store.
    #[error("`{}` is there; a restore writes over nothing: move it away first, and keep it", .0.display())]
    IsThere(PathBuf),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The keys.
    #[error("{0}; the node's keys are needed: name their folder with --keys")]
    Key(#[from] KeyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing could be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The back-up does not hold.
    #[error("the back-up does not hold: {0}; nothing was put in place")]
    Broken(String),
}

fn file_error(path: &Path) -> impl FnOnce(io::Error) -> RestoreError {
    let path = path.to_owned();
    |source| RestoreError::File { path, source }
}

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// The back-up.
    pub manifest: Manifest,
    /// The configuration of the node.
    pub config: Config,
    /// How many accounts of people came along, all of them disabled; none where there are some in place.
    pub accounts: usize,
}

/// Puts a back-up in place; what it is.
///
/// # Errors
/// When something is in the way, cannot be read or written, or the back-up does not verify.
pub fn restore(plan: &Plan<'_>, now: Timestamp) -> Result<Restored, RestoreError> {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let manifest = read_manifest(plan.backup)?;
    let node = plan.config_file.parent().unwrap_or(Path::new("."));
    let own_file = format!("{}.party", manifest.party);
    if !plan.config_file.exists() {
        copy_folder(&plan.backup.join("config"), node)?;
    }
    let config = Config::read(plan.config_file)?;
    if config.party.as_str() != manifest.party {
        let message = format!("it is of {}, and this node is {}'s", manifest.party, config.party);
        return Err(RestoreError::NoBackup { path: plan.backup.to_owned(), message });
    }
    // Where the folder names a database, that is what counts, and not a file beside it.
    for there in [FILE, POSTGRES].map(|name| config.data.join(name)) {
        if there.exists() {
            return Err(RestoreError::IsThere(there));
        }
    }
    let contents = config.data.join(CONTENTS);
    // Without a mark they are those of a store that was moved away.
    if !config.data.join(MARKER).exists() && fs::read_dir(&contents).is_ok_and(|mut files| files.next().is_some()) {
        return Err(RestoreError::IsThere(contents));
    }
    for source in [plan.keys.map(Path::to_owned), Some(plan.backup.join("keys"))].into_iter().flatten() {
        if !config.keys.exists() && source.exists() {
            copy_folder(&source, &config.keys)?;
        }
    }
    let storage = KeyFolder::with(&config.keys, plan.passphrase.clone(), config.token.clone()).storage()?;
    let note = fs::read_to_string(node.join(&own_file)).map_err(file_error(&node.join(&own_file)))?;
    let own = Partner::open(&note).map_err(VerifyError::Party)?;

    let part = config.data.join(PART);
    if part.exists() {
        fs::remove_dir_all(&part).map_err(file_error(&part))?;
    }
    fs::create_dir_all(&part).map_err(file_error(&part))?;
    let secrets = plan.erasure_keys.map_or_else(|| plan.backup.join(SECRETS), Path::to_owned);
    copy(&plan.backup.join(FILE), &part.join(FILE))?;
    copy(&secrets, &part.join(SECRETS))?;
    // What is served over TAXII; a back-up of before has none.
    if plan.backup.join(taxii::FILE).exists() {
        copy(&plan.backup.join(taxii::FILE), &part.join(taxii::FILE))?;
    }
    if plan.backup.join(CONTENTS).exists() {
        copy_folder(&plan.backup.join(CONTENTS), &part.join(CONTENTS))?;
        sync_folder(&part.join(CONTENTS))?;
    }
    // A back-up of an older version is brought up to date on its copy.
    drop(Store::open(&part, &storage)?);
    let reader = Reader::of_folder(&part)?.with_key(&storage)?;
    // What the latest erasure keys open no more was destroyed after the back-up: that is what they are for.
    let destroyed = reader.unopenable()?.into_iter().map(|(originator, record, _)| (originator, record)).collect();
    let logs = verify_without(&reader, &own, destroyed)?;
    drop(reader);
    if let Some((log, problem)) = logs.iter().find_map(|log| Some((log, log.problems.first()?))) {
        return Err(RestoreError::Broken(format!("{}: {problem}", log.log)));
    }
    // Accounts that are in place know better who may come in.
    let mut accounts = 0;
    if plan.backup.join(people::FILE).exists() && !config.data.join(people::FILE).exists() {
        copy(&plan.backup.join(people::FILE), &part.join(people::FILE))?;
        accounts = People::open(&part, &storage)?.disable_all(now.as_second())?;
    }
    put_in_place(&config.data, &part, &Marker { backup: manifest.at.clone(), at: now.to_string() })?;
    Ok(Restored { manifest, config, accounts })
}

fn read_manifest(backup: &Path) -> Result<Manifest, RestoreError> {
    let no_backup = |message: String| RestoreError::NoBackup { path: backup.to_owned(), message };
    let text = fs::read_to_string(backup.join(MANIFEST)).map_err(|error| no_backup(format!("{MANIFEST}: {error}")))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| no_backup(format!("{MANIFEST}: {error}")))?;
    if manifest.schema != SCHEMA || !entente_formats::party::is_party_code(&manifest.party) {
        return Err(no_backup(format!("its schema is `{}`, and not `{SCHEMA}`", manifest.schema)));
    }
    Ok(manifest)
}

/// The mark, then the secrets and the large contents, then the store: there is no moment at which the store is there without its mark.
fn put_in_place(data: &Path, part: &Path, marker: &Marker) -> Result<(), RestoreError> {
    let path = data.join(MARKER);
    let text = serde_json::to_string_pretty(marker).unwrap_or_default() + "\n";
    fs::write(&path, text).and_then(|()| File::open(&path)?.sync_all()).map_err(file_error(&path))?;
    sync_folder(data)?;
    for name in [people::FILE, SECRETS, CONTENTS, taxii::FILE, FILE] {
        let (from, to) = (part.join(name), data.join(name));
        if (name == people::FILE || name == taxii::FILE) && !from.exists() {
            continue;
        }
        if name == CONTENTS {
            if to.exists() {
                fs::remove_dir_all(&to).map_err(file_error(&to))?;
            }
            if !from.exists() {
                continue;
            }
        }
        // Whatever is left of an attempt before this one belongs to no store.
        for left in ["-wal", "-shm"] {
            let _ = fs::remove_file(data.join(format!("{name}{left}")));
        }
        fs::rename(&from, &to).map_err(file_error(&to))?;
        sync_folder(data)?;
    }
    fs::remove_dir_all(part).map_err(file_error(part))
}

fn sync_folder(path: &Path) -> Result<(), RestoreError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(file_error(path))
}

/// Copies a folder and those in it; what is there is left as it is.
fn copy_folder(from: &Path, to: &Path) -> Result<(), RestoreError> {
    fs::create_dir_all(to).map_err(file_error(to))?;
    for entry in fs::read_dir(from).map_err(file_error(from))? {
        let path = entry.map_err(file_error(from))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else if path.is_file() && !target.exists() {
            copy(&path, &target)?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), RestoreError> {
    fs::copy(from, to).map_err(file_error(from))?;
    File::open(to).and_then(|file| file.sync_all()).map_err(file_error(to))
}
