//! Reading beside the writer. Each call is one short read, so that no reader pins the write-ahead log.

mod feeds;
mod signed;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use entente_formats::hex;
use entente_log::{Frontier, Hash};
use entente_node::Feed;
use sha2::{Digest, Sha256};

pub use self::{
    feeds::{IncomingRow, OutgoingRow, ReceiptRow},
    signed::SignedKind,
};
use crate::{
    FILE, StorageKey, StoreError,
    engine::{
        Engine, Row,
        postgres::{Readers, Settings},
        sqlite, values,
    },
    erasure::Erasure,
    incoming_tree, migrate, outgoing_tree, tables,
    write::number,
};

/// A reader of a node's store.
pub struct Reader {
    pub(crate) engine: Engine,
    pub(crate) folder: PathBuf,
    /// What opens contents, where there is the key for it.
    pub(crate) erasure: Option<Erasure>,
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmRow {
    /// Its number here.
    pub number: u64,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// From whom.
    pub partner: String,
    /// What is wrong.
    pub message: String,
    /// What shows it: for a ledger the signed checkpoints.
    pub evidence: Vec<u8>,
    /// Who has taken note of it here, when, in seconds since the epoch, and what that person said.
    pub noted: Option<(String, i64, String)>,
}

/// What is read of an alarm.
const ALARM: &str = "SELECT number, alarm.at, partner, message, evidence, person, alarm_noted.at, note
                     FROM alarm LEFT JOIN alarm_noted ON alarm_noted.alarm = alarm.number";

fn alarm(row: &Row<'_>) -> Result<AlarmRow, StoreError> {
    let number: i64 = row.get(0)?;
    Ok(AlarmRow {
        number: u64::try_from(number).unwrap_or_default(),
        at: row.get(1)?,
        partner: row.get(2)?,
        message: row.get(3)?,
        evidence: row.get(4)?,
        noted: match row.get::<Option<String>>(5)? {
            Some(person) => Some((person, row.get(6)?, row.get(7)?)),
            None => None,
        },
    })
}

pub(crate) fn index(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

impl Reader {
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        let engine = match Settings::of_folder(folder)? {
            Some(settings) => Engine::Pooled(Readers::of(settings.into())),
            None => Engine::Sqlite(sqlite::File::reader(&folder.join(FILE))?),
        };
        Ok(Self { engine, folder: folder.to_owned(), erasure: None })
    }

    /// The same reader, which can open contents: [`Self::body`] and [`Self::incoming`] need it.
    ///
    /// # Errors
    /// When the store was written with another key, or the secrets are not there.
    pub fn with_key(self, storage: &StorageKey) -> Result<Self, StoreError> {
        let secrets = self.folder.join(crate::SECRETS);
        self.with_secrets(secrets, storage)
    }

    /// The same, with the secrets in that file.
    ///
    /// # Errors
    /// As [`Self::with_key`].
    pub fn with_secrets(self, secrets: std::path::PathBuf, storage: &StorageKey) -> Result<Self, StoreError> {
        let erasure = Some(Erasure::reader(secrets, storage)?);
        Ok(Self { erasure, ..self })
    }

    /// Does all of `work` on the store as it is at one moment, whatever is written meanwhile.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn at_one_moment<T>(&self, work: impl FnOnce() -> T) -> Result<T, StoreError> {
        self.engine.moment(work)
    }

    /// Reads every page of the store, and compares indexes with what they index; of PostgreSQL, which keeps watch over its pages
    /// itself, every row. What was found whole.
    ///
    /// # Errors
    /// When something is not as it was written.
    pub fn check(&self) -> Result<String, StoreError> {
        match &self.engine {
            Engine::Sqlite(file) => file.check().map(|()| "every page of it is whole".to_owned()),
            Engine::Postgres(_) => Ok(String::new()),
            Engine::Pooled(readers) => {
                let rows = self.at_one_moment(|| tables::count_all(&self.engine))??;
                Ok(format!("all {rows} rows of it can be read, in {}", readers.settings()))
            }
        }
    }

    /// What is kept encrypted; nothing where the secret of its key is destroyed.
    pub(crate) fn open_sealed(&self, key: &[u8], bytes: Vec<u8>) -> Result<Option<Vec<u8>>, StoreError> {
        self.erasure.as_ref().ok_or(StoreError::NoKey)?.open_sealed(key, bytes)
    }

    /// A reader of the store in `folder`, whether or not a server runs there.
    ///
    /// # Errors
    /// When there is none, or it is of another version.
    pub fn of_folder(folder: &Path) -> Result<Self, StoreError> {
        let reader = Self::open(folder)?;
        match &reader.engine {
            Engine::Sqlite(file) => migrate::readable(file.version()?)?,
            Engine::Pooled(readers) => readers.check()?,
            Engine::Postgres(_) => {}
        }
        Ok(reader)
    }

    /// A node or leaf of a tree.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn node(&self, tree: &str, level: u8, at: u64) -> Result<Option<Hash>, StoreError> {
        let sql = "SELECT hash FROM node WHERE tree = $1 AND level = $2 AND idx = $3";
        let hash: Option<[u8; 32]> = self.engine.row(sql, values![tree, level, number(at)], |row| row.get(0))?;
        Ok(hash.map(Hash))
    }

    /// A node or leaf of one of our feeds, as the log's proofs ask for it.
    pub fn outgoing_node(&self, feed: &Feed, level: u8, at: u64) -> Option<Hash> {
        self.node(&outgoing_tree(feed), level, at).ok().flatten()
    }

    /// A node of a partner's feed to us.
    pub fn incoming_node(&self, feed: &Feed, level: u8, index: u64) -> Option<Hash> {
        self.node(&incoming_tree(feed), level, index).ok().flatten()
    }

    /// The latest checkpoint of a tree.
    pub(crate) fn checkpoint(&self, tree: &str) -> Result<Option<(u64, String)>, StoreError> {
        let sql = "SELECT size, note FROM checkpoint WHERE tree = $1";
        self.engine.row(sql, values![tree], |row| Ok((index(row.get(0)?), row.get(1)?)))
    }

    /// The latest checkpoint that we signed of a feed of ours.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn outgoing_checkpoint(&self, feed: &Feed) -> Result<Option<(u64, String)>, StoreError> {
        self.checkpoint(&outgoing_tree(feed))
    }

    /// The tree of the first `size` entries of one of our feeds; none where there are fewer.
    pub fn outgoing_frontier(&self, feed: &Feed, size: u64) -> Option<Frontier> {
        Frontier::load(size, &|level, at| self.outgoing_node(feed, level, at)).ok()
    }

    /// The root of the first `size` entries of a partner's feed to us; none where there are fewer.
    pub fn incoming_root(&self, feed: &Feed, size: u64) -> Option<Hash> {
        Frontier::load(size, &|level, at| self.incoming_node(feed, level, at)).ok().map(|tree| tree.root())
    }

    /// The latest checkpoint that a partner signed of a feed to us: how much of it we held then, the note, and the
    /// consistency of the one with the other.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn incoming_checkpoint(&self, feed: &Feed) -> Result<Option<(u64, String, Vec<u8>)>, StoreError> {
        let sql = "SELECT size, note, proof FROM checkpoint WHERE tree = $1";
        self.engine.row(sql, values![incoming_tree(feed)], |row| {
            Ok((index(row.get(0)?), row.get(1)?, row.get::<Option<Vec<u8>>>(2)?.unwrap_or_default()))
        })
    }

    /// Content, by its SHA-256, which is checked; nothing where it was destroyed.
    ///
    /// # Errors
    /// When the store cannot be read, or holds other bytes under this digest.
    pub fn body(&self, digest: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT key, content FROM body WHERE digest = $1";
        let sealed: Option<(Vec<u8>, Vec<u8>)> =
            self.engine.row(sql, values![digest], |row| Ok((row.get(0)?, row.get(1)?)))?;
        match sealed.map(|(key, bytes)| self.open_sealed(&key, bytes)).transpose()?.flatten() {
            Some(content) if Sha256::digest(&content).as_slice() != digest => {
                Err(StoreError::Damaged(format!("content {} is not what it was", hex::encode(digest))))
            }
            content => Ok(content),
        }
    }

    /// Whether a content that is no large one is here: from the moment on in which it is destroyed, it is not.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_kept(&self, digest: &[u8; 32]) -> Result<bool, StoreError> {
        self.engine.exists("SELECT 1 FROM body WHERE digest = $1", values![digest])
    }

    /// Records that are not known to be destroyed and whose content cannot be opened any more: originator, id, digest. In a
    /// store that was restored these were destroyed after the back-up.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unopenable(&self) -> Result<Vec<(String, String, [u8; 32])>, StoreError> {
        let sql = "SELECT originator, id, digest FROM record WHERE erased IS NULL ORDER BY originator, id";
        let rows: Vec<(String, String, [u8; 32])> =
            self.engine.rows(sql, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut gone = Vec::new();
        for row in rows {
            if self.content(&row.2)?.is_none() && !self.may_arrive(&row.0, &row.1)? {
                gone.push(row);
            }
        }
        Ok(gone)
    }

    /// The digests of the contents of the records with that id, by originator.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn digests(&self, id: &str) -> Result<Vec<(String, [u8; 32])>, StoreError> {
        let sql = "SELECT originator, digest FROM record WHERE id = $1 ORDER BY originator";
        self.engine.rows(sql, values![id], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The agreements and rules with that digest.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn world(&self, digest: &[u8; 32]) -> Result<Option<String>, StoreError> {
        self.engine.row("SELECT text FROM world WHERE digest = $1", values![digest], |row| row.get(0))
    }

    /// Parties that were removed and not added again.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn removed(&self) -> Result<BTreeSet<entente_core::Party>, StoreError> {
        let sql = "SELECT party FROM party WHERE removed IS NOT NULL";
        Ok(BTreeSet::from_iter(self.engine.rows(sql, &[], |row| Ok(row.get::<String>(0)?.into()))?))
    }

    /// Every alarm, the latest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn alarms(&self) -> Result<Vec<AlarmRow>, StoreError> {
        self.alarms_before(None, usize::MAX)
    }

    /// At most `count` alarms with numbers below `before`, or of all of them; the newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn alarms_before(&self, before: Option<u64>, count: usize) -> Result<Vec<AlarmRow>, StoreError> {
        let query = format!("{ALARM} WHERE number < $1 ORDER BY number DESC LIMIT $2");
        let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
        self.engine.rows(&query, values![before, i64::try_from(count).unwrap_or(i64::MAX)], alarm)
    }

    /// One alarm.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn alarm(&self, number: u64) -> Result<Option<AlarmRow>, StoreError> {
        // No alarm has a number that is none in SQL.
        let number = i64::try_from(number).unwrap_or(-1);
        self.engine.row(&format!("{ALARM} WHERE number = $1"), values![number], alarm)
    }

    /// Every party file, by party.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn parties(&self) -> Result<Vec<String>, StoreError> {
        self.engine.rows("SELECT note FROM party ORDER BY party", &[], |row| row.get(0))
    }
}
