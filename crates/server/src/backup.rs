//! `entente backup`: a consistent copy of what a node keeps, made beside it while it runs, and verified before it counts.
//! The copy is of no use to whoever finds it without the storage key, which is in it only when that was asked for.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use entente_core::time::Timestamp;
use entente_node::Partner;
use entente_store::{FILE, Reader, SECRETS, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    config::Config,
    keys::{KeyError, KeyFolder},
    verify::{Verified, VerifyError, verify},
};

/// The name of the file that says what a back-up is. Written last: a folder without it is no back-up.
pub const MANIFEST: &str = "backup.json";
/// The name of the same file in the node's own data folder, which says when the last back-up was made.
pub const LAST: &str = "last-backup.json";
/// What stands in it as `schema`.
pub const SCHEMA: &str = "entente.backup/1";

/// What a back-up is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `entente.backup/1`.
    pub schema: String,
    /// Whose node it is of.
    pub party: String,
    /// When it was made (RFC 3339).
    pub at: String,
    /// How many leaves the ledger had, and their root in base64.
    pub ledger: (u64, String),
    /// How many bytes the store has.
    pub bytes: u64,
    /// Where the erasure keys are.
    pub erasure_keys: PathBuf,
    /// Whether the node's keys are in it.
    pub with_keys: bool,
}

/// What to back up, and where to.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The node.
    pub config: &'a Config,
    /// Its keys.
    pub keys: &'a KeyFolder,
    /// Its configuration file.
    pub config_file: &'a Path,
    /// Its party file.
    pub own_file: &'a Path,
    /// The folder to make; it must not exist, or be empty.
    pub to: &'a Path,
    /// Where the erasure keys go, replacing those of the back-up before; into the folder when absent.
    pub erasure_keys: Option<&'a Path>,
    /// Whether the node's keys go along.
    pub with_keys: bool,
}

/// Why there is no back-up.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file or folder.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something is there.
    #[error("`{}` is not empty; each back-up gets a folder of its own", .0.display())]
    NotEmpty(PathBuf),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The storage key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Nothing could be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The copy does not hold.
    #[error("the copy does not hold, so it is no back-up: {0}; look at the node with `entente log verify`")]
    Broken(String),
}

fn file_error(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    |source| BackupError::File { path, source }
}

/// Makes a back-up. `own` is the node's party file, opened; `progress` is told how many parts of how many are copied.
///
/// # Errors
/// When something cannot be read or written, or the copy does not verify. What was made until then stays for
/// inspection, without the file that makes it a back-up; erasure keys elsewhere stay as they were, and new ones beside them.
pub fn backup(
    plan: &Plan<'_>,
    own: &Partner,
    now: Timestamp,
    progress: impl FnMut(i32, i32),
) -> Result<Manifest, BackupError> {
    let Plan { config, to, .. } = plan;
    // What is made is for its owner alone, also in a folder that others may read.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    make_folder(to)?;
    if fs::read_dir(to).map_err(file_error(to))?.next().is_some() {
        return Err(BackupError::NotEmpty(to.to_path_buf()));
    }
    let storage = plan.keys.storage()?;
    let secrets = Secrets::new(plan)?;
    entente_store::copy(&config.data, to, &secrets.made, progress)?;
    entente_store::copy_people(&config.data, to)?;
    let reader = Reader::of_folder(to)?.with_secrets(secrets.made.clone(), &storage)?;
    let logs = verify(&reader, own)?;
    let broken = |log: &Verified| log.problems.first().map(|problem| format!("{}: {problem}", log.log));
    if let Some(problem) = logs.iter().find_map(broken) {
        return Err(BackupError::Broken(problem));
    }
    drop(reader);
    copy_configuration(plan)?;
    if plan.with_keys {
        copy_folder(&config.keys, &to.join("keys"), |_| true)?;
    }
    let erasure_keys = secrets.keep()?;
    let ledger = logs.last().map(|log| (log.size, log.root.clone())).unwrap_or_default();
    let store = to.join(FILE);
    let bytes = fs::metadata(&store).map_err(file_error(&store))?.len();
    let manifest = Manifest {
        schema: SCHEMA.to_owned(),
        party: config.party.to_string(),
        at: now.to_string(),
        ledger,
        bytes,
        erasure_keys,
        with_keys: plan.with_keys,
    };
    let path = to.join(MANIFEST);
    let text = serde_json::to_string_pretty(&manifest).unwrap_or_default() + "\n";
    write(&path, text.as_bytes())?;
    File::open(to).and_then(|folder| folder.sync_all()).map_err(file_error(to))?;
    write(&config.data.join(LAST), text.as_bytes())?;
    Ok(manifest)
}

/// What people wrote: without it a store does not start.
fn copy_configuration(plan: &Plan<'_>) -> Result<(), BackupError> {
    let to = plan.to.join("config");
    make_folder(&to)?;
    for path in [plan.config_file, &plan.config.national, plan.own_file] {
        copy_file(path, &to.join(path.file_name().unwrap_or_default()))?;
    }
    copy_folder(&plan.config.agreements, &to.join("agreements"), |path| {
        path.extension().is_some_and(|extension| extension == "toml")
    })
}

fn make_folder(path: &Path) -> Result<(), BackupError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(file_error(path))
}

fn copy_folder(from: &Path, to: &Path, is_meant: impl Fn(&Path) -> bool) -> Result<(), BackupError> {
    make_folder(to)?;
    for entry in fs::read_dir(from).map_err(file_error(from))? {
        let path = entry.map_err(file_error(from))?.path();
        if path.is_file() && is_meant(&path) {
            copy_file(&path, &to.join(path.file_name().unwrap_or_default()))?;
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<(), BackupError> {
    write(to, &zeroize::Zeroizing::new(fs::read(from).map_err(file_error(from))?))
}

/// The erasure keys, made where they are to stay: a medium that they were deleted from has them still, and whoever finds it
/// undoes every recall since.
struct Secrets {
    made: PathBuf,
    kept: PathBuf,
}

impl Secrets {
    fn new(plan: &Plan<'_>) -> Result<Self, BackupError> {
        let Some(kept) = plan.erasure_keys else {
            let kept = plan.to.join(SECRETS);
            return Ok(Self { made: kept.clone(), kept });
        };
        // Beside those of the back-up before, which are good until the new ones are.
        let made = kept.with_extension("new");
        match fs::remove_file(&made) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(file_error(&made)(error)),
            _ => Ok(Self { made, kept: kept.to_owned() }),
        }
    }

    /// They take the place of those of the back-up before: whoever keeps more than the latest of them can undo a recall.
    fn keep(&self) -> Result<PathBuf, BackupError> {
        File::open(&self.made).and_then(|file| file.sync_all()).map_err(file_error(&self.made))?;
        if self.made != self.kept {
            fs::rename(&self.made, &self.kept).map_err(file_error(&self.kept))?;
        }
        Ok(self.kept.clone())
    }
}

/// Writes a file for its owner alone, and syncs it.
fn write(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all())).map_err(file_error(path))
}
