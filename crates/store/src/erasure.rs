//! Content at rest, and its destruction. Every content, and every envelope that came, is kept encrypted under a key of its
//! own. What that key is derived from is a secret of 32 bytes in `erasure.sqlite`, beside the store and apart from its
//! back-ups, and the node's storage key: without either of them nothing can be opened. Destroying the secret destroys every
//! copy of what was kept under it, also those in back-ups ([why](../../../docs/decisions/0015-erasure-keys.md)).
//!
//! A secret is synced before anything is encrypted under it; it is destroyed after the store has said so. A crash between
//! the two leaves a secret that opens nothing, or one that the next start destroys.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    error::Unspecified,
    hkdf,
};
use entente_seal::content::StreamKey;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, config::DbConfig, params};
use zeroize::Zeroizing;

use crate::StoreError;

/// The name of the file with the secrets that open contents.
pub const FILE: &str = "erasure.sqlite";
/// `Entk`: tells other tools whose file this is.
const APPLICATION: i64 = 0x456e_746b;
const VERSION: i64 = 1;
const TABLES: &str = "
    -- Which storage key belongs to these secrets: a value that it alone leads to, and that leads nowhere.
    CREATE TABLE storage (only INTEGER PRIMARY KEY CHECK (only = 1), mark BLOB NOT NULL) STRICT;
    CREATE TABLE secret (key BLOB PRIMARY KEY, secret BLOB NOT NULL) STRICT;
";
const CONTENT: &[u8] = b"entente.store/1 content";
const LARGE: &[u8] = b"entente.store/1 key of a large content";
const MARK: &[u8] = b"entente.store/1 storage key";
const SMALL: &[u8] = b"entente.store/1 secret of a person";
const IDENTIFIER_LENGTH: usize = 16;

/// The node's own part of every content key.
#[derive(Clone)]
pub struct StorageKey(Zeroizing<[u8; 32]>);

impl StorageKey {
    /// The key with these 32 secret bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*seed))
    }

    fn mark(&self) -> Result<[u8; 32], Unspecified> {
        let mut mark = [0; 32];
        hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
            .extract(&*self.0)
            .expand(&[MARK], hkdf::HKDF_SHA256)?
            .fill(&mut mark)?;
        Ok(mark)
    }

    /// A secret of the node's own for one use, the same at each start.
    ///
    /// # Errors
    /// When the system's cryptography fails.
    pub fn secret_for(&self, what: &'static [u8]) -> Result<Zeroizing<[u8; 32]>, StoreError> {
        let mut secret = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, b"entente.store/1 secret for one use")
            .extract(&*self.0)
            .expand(&[what], hkdf::HKDF_SHA256)
            .and_then(|expanded| expanded.fill(secret.as_mut_slice()))
            .map_err(|_| StoreError::Cipher)?;
        Ok(secret)
    }

    /// The key of a content that is kept in chunks.
    fn stream_key(&self, secret: &[u8; 32]) -> Result<StreamKey, Unspecified> {
        let mut key = Zeroizing::new([0; 32]);
        let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, secret).extract(&*self.0);
        derived.expand(&[LARGE], hkdf::HKDF_SHA256)?.fill(key.as_mut_slice())?;
        Ok(StreamKey::from_bytes(&key))
    }

    fn content_key(&self, secret: &[u8; 32]) -> Result<LessSafeKey, Unspecified> {
        let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, secret).extract(&*self.0);
        Ok(LessSafeKey::new(UnboundKey::from(derived.expand(&[CONTENT], &AES_256_GCM)?)))
    }
}

/// What is small, must be read again, and is destroyed by deleting it: secrets of people.
impl StorageKey {
    fn small_key(&self, salt: &[u8]) -> Result<LessSafeKey, Unspecified> {
        let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(&*self.0);
        Ok(LessSafeKey::new(UnboundKey::from(derived.expand(&[SMALL], &AES_256_GCM)?)))
    }

    /// Seals a secret of `owner`: a salt of its own, then the secret under the key that is derived with it.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn seal_small(&self, owner: &str, secret: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut salt = [0; IDENTIFIER_LENGTH];
        random(&mut salt).map_err(|_| StoreError::Cipher)?;
        let key = self.small_key(&salt).map_err(|_| StoreError::Cipher)?;
        let mut bytes = Zeroizing::new(secret.to_vec());
        // The key is made for this secret alone: its nonce may be fixed.
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        key.seal_in_place_append_tag(nonce, Aad::from(owner), &mut *bytes).map_err(|_| StoreError::Cipher)?;
        Ok([&salt[..], &bytes].concat())
    }

    /// Opens it.
    ///
    /// # Errors
    /// When it is not what was sealed for `owner` under this key.
    pub fn open_small(&self, owner: &str, sealed: Vec<u8>) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let damaged = || StoreError::Damaged("a secret of a person is not what was sealed".to_owned());
        let (salt, bytes) = sealed.split_at_checked(IDENTIFIER_LENGTH).ok_or_else(damaged)?;
        let key = self.small_key(salt).map_err(|_| StoreError::Cipher)?;
        let mut bytes = Zeroizing::new(bytes.to_vec());
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let length = key.open_in_place(nonce, Aad::from(owner), &mut bytes).map_err(|_| damaged())?.len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

/// A key for one content, whose secret is on the disk already. Sealing consumes it: it never sees a second content, so
/// its nonce may be fixed.
pub(crate) struct ContentKey {
    id: [u8; IDENTIFIER_LENGTH],
    key: LessSafeKey,
}

/// What is kept of a content: which key opens it, and its bytes under that key.
pub(crate) struct Sealed {
    pub(crate) key: [u8; IDENTIFIER_LENGTH],
    pub(crate) bytes: Vec<u8>,
}

impl ContentKey {
    /// Its number, for a content that is kept in chunks under the same secret.
    pub(crate) fn into_id(self) -> [u8; IDENTIFIER_LENGTH] {
        self.id
    }

    pub(crate) fn seal(self, content: &[u8]) -> Result<Sealed, StoreError> {
        let mut bytes = content.to_vec();
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        self.key.seal_in_place_append_tag(nonce, Aad::from(&self.id), &mut bytes).map_err(|_| StoreError::Cipher)?;
        Ok(Sealed { key: self.id, bytes })
    }
}

#[expect(clippy::disallowed_methods, reason = "one of the hands: a secret that a caller chose would not be one")]
fn random(bytes: &mut [u8]) -> Result<(), getrandom::Error> {
    getrandom::fill(bytes)
}

/// The file with the secrets.
pub(crate) struct Erasure {
    connection: Connection,
    storage: StorageKey,
}

impl Erasure {
    /// Opens the file in `folder` for the writer, made anew where `may_make`.
    pub(crate) fn open(folder: &Path, storage: &StorageKey, may_make: bool) -> Result<Self, StoreError> {
        let path = folder.join(FILE);
        if !may_make && !path.exists() {
            return Err(StoreError::NoSecrets { path });
        }
        let mut connection = Connection::open(&path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "secure_delete", "ON")?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found == 0 {
            transaction.execute_batch(TABLES)?;
            let mark = storage.mark().map_err(|_| StoreError::Cipher)?;
            transaction.execute("INSERT INTO storage (only, mark) VALUES (1, ?)", [mark])?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        transaction.commit()?;
        Self::checked(connection, storage, path)
    }

    /// The same for a reader, which finds it as it is.
    pub(crate) fn reader(path: PathBuf, storage: &StorageKey) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::NoSecrets { path });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        Self::checked(connection, storage, path)
    }

    fn checked(connection: Connection, storage: &StorageKey, path: PathBuf) -> Result<Self, StoreError> {
        // Else a statement is planned anew whenever it is given other values.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > VERSION {
            return Err(StoreError::Newer { found, known: VERSION });
        }
        let mark: Vec<u8> = connection.query_row("SELECT mark FROM storage", [], |row| row.get(0))?;
        if mark != storage.mark().map_err(|_| StoreError::Cipher)? {
            return Err(StoreError::OtherKey { path });
        }
        Ok(Self { connection, storage: storage.clone() })
    }

    /// New keys, whose secrets are synced when this returns.
    pub(crate) fn make(&mut self, count: usize) -> Result<Vec<ContentKey>, StoreError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut keys = Vec::with_capacity(count);
        for _ in 0..count {
            let (mut id, mut secret) = ([0; IDENTIFIER_LENGTH], Zeroizing::new([0; 32]));
            random(&mut id).and_then(|()| random(&mut *secret)).map_err(|_| StoreError::Cipher)?;
            transaction
                .prepare_cached("INSERT INTO secret (key, secret) VALUES (?, ?)")?
                .execute(params![id, &secret[..]])?;
            let key = self.storage.content_key(&secret).map_err(|_| StoreError::Cipher)?;
            keys.push(ContentKey { id, key });
        }
        transaction.commit()?;
        Ok(keys)
    }

    fn secret(&self, key: &[u8]) -> Result<Option<Zeroizing<[u8; 32]>>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT secret FROM secret WHERE key = ?")?;
        let secret: Option<[u8; 32]> = statement.query_row([key], |row| row.get(0)).optional()?;
        Ok(secret.map(Zeroizing::new))
    }

    /// The key of a content that is kept in chunks; nothing where its secret is destroyed.
    pub(crate) fn stream_key(&self, key: &[u8]) -> Result<Option<StreamKey>, StoreError> {
        let secret = self.secret(key)?;
        secret.map(|secret| self.storage.stream_key(&secret).map_err(|_| StoreError::Cipher)).transpose()
    }

    /// What was sealed under `key`; nothing where its secret is destroyed.
    pub(crate) fn open_sealed(&self, key: &[u8], mut bytes: Vec<u8>) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(secret) = self.secret(key)? else { return Ok(None) };
        let content_key = self.storage.content_key(&secret).map_err(|_| StoreError::Cipher)?;
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let opened = content_key.open_in_place(nonce, Aad::from(key), &mut bytes);
        let length = opened.map_err(|_| StoreError::Damaged("a content is not what was sealed".to_owned()))?.len();
        bytes.truncate(length);
        Ok(Some(bytes))
    }

    /// Destroys the secrets of these keys: overwritten in the file, and the log that held them emptied.
    pub(crate) fn destroy(&mut self, keys: &[Vec<u8>]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for key in keys {
            transaction.prepare_cached("UPDATE secret SET secret = zeroblob(32) WHERE key = ?")?.execute([key])?;
            transaction.prepare_cached("DELETE FROM secret WHERE key = ?")?.execute([key])?;
        }
        transaction.commit()?;
        // A reader of that moment may keep the log from being emptied; then the next time does it.
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }
}
