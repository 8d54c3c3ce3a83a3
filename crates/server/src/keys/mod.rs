//! Key files: one key in each, readable by their owner alone, in clear or under a passphrase. The root key's file may be
//! moved away once the party file is signed; the signing key may be in a token.
//!
//! Which of the keys in the folder is used for what, the party file says: a file is found by the key in it. The first of each
//! kind is `KIND.key`, those that follow are `KIND-NAME.key`, with the first eight hex digits of the public half's SHA-256.

mod sealed;
pub mod passphrase;
mod token;
mod folder;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use entente_formats::{hex, party::KeyKind};
use entente_log::MlDsa44KeyPair;
use entente_seal::{SealingKey, SigningKey};
use zeroize::Zeroizing;

use passphrase::{Passphrase, Source};
use sealed::{SealedError, SealedFile, Stretched, Stretching};
use token::Token;

pub use folder::{KeyFile, NAMES};
pub use token::TokenConfig;

/// What keeps keys from being used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read or written.
    #[error("key file `{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Others may read it.
    #[error("key file `{}` can be read by others (mode {mode:o}); make it private: chmod 600", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Not a key.
    #[error("key file `{}` does not hold 32 bytes in hex", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// An encrypted file that does not open.
    #[error("key file `{}` {why}", path.display())]
    Sealed {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// There is no passphrase to be had.
    #[error("the passphrase of the key files: {0}")]
    Passphrase(String),
    /// The party file names a key that is nowhere here.
    #[error("the `{kind}` key {name} of the party file is not in `{}`, nor in a token", folder.display())]
    Missing {
        /// What it is for.
        kind: KeyKind,
        /// Its name.
        name: String,
        /// The folder.
        folder: PathBuf,
    },
    /// The token.
    #[error("token {0}")]
    Token(String),
    /// The libraries refuse it.
    #[error("{0}")]
    Unusable(String),
}

/// 32 secret bytes, zeroed when dropped.
pub type Seed = Zeroizing<[u8; 32]>;

/// The folder that holds the keys. Its clones share what a passphrase opened.
#[derive(Clone)]
pub struct KeyFolder {
    path: PathBuf,
    lock: Arc<Lock>,
}

/// What opens encrypted files, once somebody has given it.
struct Lock {
    source: Source,
    token: Option<TokenConfig>,
    opened: Mutex<Opened>,
}

#[derive(Default)]
struct Opened {
    passphrase: Option<Passphrase>,
    keys: BTreeMap<Stretching, Stretched>,
    token: Option<Arc<Token>>,
}

impl std::fmt::Debug for KeyFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyFolder").field("path", &self.path).finish_non_exhaustive()
    }
}

impl KeyFolder {
    /// The folder at `path`. Where its files are encrypted, the passphrase is found ([`Source::Found`]).
    pub fn at(path: &Path) -> Self {
        Self::with(path, Source::Found, None)
    }

    /// The folder at `path`, with the passphrase of that source, and the token that may hold the signing key.
    pub fn with(path: &Path, source: Source, token: Option<TokenConfig>) -> Self {
        Self { path: path.to_owned(), lock: Arc::new(Lock { source, token, opened: Mutex::default() }) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Reads a seed.
    ///
    /// # Errors
    /// When the file is missing, exposed to others, or no key.
    pub fn seed(&self, name: &str) -> Result<Seed, KeyError> {
        self.seed_at(&self.file(&format!("{name}.key")), name)
    }

    /// Reads a seed from a file that may be anywhere; `kind` says what it has to be for.
    ///
    /// # Errors
    /// As [`Self::seed`].
    pub fn seed_at(&self, path: &Path, kind: &str) -> Result<Seed, KeyError> {
        let text = self.open(path, kind)?;
        let bytes = std::str::from_utf8(&text).ok().and_then(|text| hex::decode(text.trim_end())).map(Zeroizing::new);
        let seed = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
        seed.map(Zeroizing::new).ok_or_else(|| KeyError::NoKey { path: path.to_owned() })
    }

    /// What a file holds, in clear.
    fn open(&self, path: &Path, kind: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let bytes = read_private(path)?;
        let text = std::str::from_utf8(&bytes).ok().filter(|text| text.starts_with(sealed::MAGIC));
        let Some(text) = text else { return Ok(bytes) };
        let why = |error: SealedError| KeyError::Sealed { path: path.to_owned(), why: error.to_string() };
        let file = SealedFile::parse(text).map_err(why)?;
        let opened = file.open(kind, &self.stretched(&file.stretching).map_err(|error| error.or(why))?).map_err(why);
        if opened.is_err() {
            // Whoever mistyped may be asked again.
            let mut known = self.opened();
            known.passphrase = None;
            known.keys.remove(&file.stretching);
        }
        opened
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, Opened> {
        self.lock.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stretched(&self, how: &Stretching) -> Result<Stretched, Locked> {
        if let Some(key) = self.opened().keys.get(how) {
            return Ok(key.clone());
        }
        let passphrase = self.passphrase().map_err(Locked::Passphrase)?;
        let key = how.stretch(&passphrase).map_err(Locked::Sealed)?;
        self.opened().keys.insert(how.clone(), key.clone());
        Ok(key)
    }

    fn passphrase(&self) -> Result<Passphrase, KeyError> {
        if let Some(passphrase) = &self.opened().passphrase {
            return Ok(passphrase.clone());
        }
        let passphrase = self.lock.source.get(&format!("the keys in {}", self.path.display()))?;
        self.opened().passphrase = Some(passphrase.clone());
        Ok(passphrase)
    }

    /// The token, where one is configured.
    fn token(&self) -> Result<Option<Arc<Token>>, KeyError> {
        let Some(config) = &self.lock.token else { return Ok(None) };
        let mut opened = self.opened();
        if opened.token.is_none() {
            opened.token = Some(Arc::new(Token::open(config)?));
        }
        Ok(opened.token.clone())
    }

    /// The text that a new key file gets: in clear, or under the passphrase of those that are there.
    fn text_for(&self, kind: &str, secret: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let Some(how) = self.protection()? else { return Ok(Zeroizing::new(secret.to_vec())) };
        // Tried on a file that is there: a new one under a mistyped passphrase would be lost.
        if let Some(file) = self.files()?.into_iter().find(|file| file.is_sealed) {
            self.open(&file.path, &file.kind)?;
        }
        let why = |error: SealedError| KeyError::Sealed { path: self.path.clone(), why: error.to_string() };
        let key = self.stretched(&how).map_err(|error| error.or(why))?;
        Ok(Zeroizing::new(sealed::seal(kind, secret, &how, &key).map_err(why)?.into_bytes()))
    }

    /// How the files are encrypted that are; none where none is.
    fn protection(&self) -> Result<Option<Stretching>, KeyError> {
        for file in self.files()?.into_iter().filter(|file| file.is_sealed) {
            let bytes = read_private(&file.path)?;
            let parsed = std::str::from_utf8(&bytes).ok().and_then(|text| SealedFile::parse(text).ok());
            if let Some(parsed) = parsed {
                return Ok(Some(parsed.stretching));
            }
        }
        Ok(None)
    }

    /// Writes a new seed.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn write_seed(&self, name: &str, seed: &Seed) -> Result<(), KeyError> {
        let kind = folder::kind_of(name);
        let text = Zeroizing::new(hex::encode(&**seed) + "\n");
        write_private(&self.file(&format!("{name}.key")), &self.text_for(kind, text.as_bytes())?)
    }
}

/// Why a passphrase did not become a key.
enum Locked {
    Passphrase(KeyError),
    Sealed(SealedError),
}

impl Locked {
    fn or(self, why: impl Fn(SealedError) -> KeyError) -> KeyError {
        match self {
            Self::Passphrase(error) => error,
            Self::Sealed(error) => why(error),
        }
    }
}

/// The public half of a seed; none for the kinds that have no seed.
pub(crate) fn public_of(kind: KeyKind, seed: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
    let unusable = |error: &dyn ToString| KeyError::Unusable(error.to_string());
    match kind {
        KeyKind::Sealing => {
            let pair = SealingKey::from_seed(seed).map_err(|error| unusable(&error))?;
            Ok(pair.public().to_bytes().to_vec())
        }
        KeyKind::LogMlDsa => {
            Ok(MlDsa44KeyPair::from_seed(seed).map_err(|error| unusable(&error))?.public_key().to_vec())
        }
        _ => {
            let pair = SigningKey::from_seed(seed).map_err(|error| unusable(&error))?;
            Ok(pair.public().as_bytes().to_vec())
        }
    }
}

/// Makes a root key in a file of its own, under a passphrase of that source where there is one; its public half.
///
/// # Errors
/// When the file exists or cannot be written, or there is no passphrase to be had.
pub fn write_root(path: &Path, passphrase: Option<&Source>) -> Result<[u8; 32], KeyError> {
    let why = |error: SealedError| KeyError::Sealed { path: path.to_owned(), why: error.to_string() };
    let seed = fresh_seed()?;
    let mut text = Zeroizing::new((hex::encode(&*seed) + "\n").into_bytes());
    if let Some(source) = passphrase {
        let how = Stretching::fresh().map_err(why)?;
        let key = how.stretch(&source.get_new("the new root key")?).map_err(why)?;
        text = Zeroizing::new(sealed::seal("root", &text, &how, &key).map_err(why)?.into_bytes());
    }
    write_private(path, &text)?;
    root_of(&seed)
}

/// The public half of a root key's seed.
///
/// # Errors
/// When the seed is no key.
pub fn root_of(seed: &Seed) -> Result<[u8; 32], KeyError> {
    let pair = SigningKey::from_seed(seed).map_err(|error| KeyError::Unusable(error.to_string()))?;
    Ok(*pair.public().as_bytes())
}

/// Reads a file that nobody but its owner may read.
pub(crate) fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let file = |source| KeyError::File { path: path.to_owned(), source };
    let mut handle = File::open(path).map_err(file)?;
    let mode = handle.metadata().map_err(file)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Exposed { path: path.to_owned(), mode });
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
    Read::by_ref(&mut handle).take(64 * 1024).read_to_end(&mut bytes).map_err(file)?;
    Ok(bytes)
}

/// Writes a file that did not exist, for its owner's eyes only, and syncs it.
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let file = |source| KeyError::File { path: path.to_owned(), source };
    let mut handle = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(file)?;
    handle.write_all(bytes).and_then(|()| handle.sync_all()).map_err(file)
}

/// Puts a file into the place of another, all of it or nothing, whenever the machine stops.
fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let file = |source| KeyError::File { path: path.to_owned(), source };
    let beside = path.with_extension("new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(file(error)),
        _ => {}
    }
    write_private(&beside, bytes)?;
    fs::rename(&beside, path).map_err(file)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(file)
}

/// Fills a seed from the operating system.
///
/// # Errors
/// When the system has no randomness to give.
pub fn fresh_seed() -> Result<Seed, KeyError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|error| KeyError::Unusable(error.to_string()))?;
    Ok(seed)
}
