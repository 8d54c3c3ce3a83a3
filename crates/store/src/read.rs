//! Reading beside the writer. Each call is one short read, so that no reader pins the write-ahead log.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use entente_formats::{
    hex,
    wire::{Entry, Signed},
};
use entente_log::{Frontier, Hash};
use entente_node::{Feed, event::Pending, op::SentRecord};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::{
    FILE, StorageKey, StoreError, erasure::Erasure, incoming_tree, migrate::VERSION, outgoing_tree, write::number,
};

/// A reader of a node's store.
pub struct Reader {
    pub(crate) connection: Connection,
    pub(crate) folder: PathBuf,
    /// What opens contents, where there is the key for it.
    pub(crate) erasure: Option<Erasure>,
}

/// One entry of a feed of ours, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingRow {
    /// The index.
    pub index: u64,
    /// The leaf.
    pub leaf: [u8; 32],
    /// The record that it is about, when it is about one.
    pub record: Option<String>,
    /// That record's originator.
    pub originator: Option<String>,
    /// The withdrawal, when its body stays behind.
    pub withdrawal: Option<Signed>,
    /// Whether the body had been offered before it was withdrawn: then it may have arrived.
    pub late: bool,
    /// Whether it is about a record.
    pub about: bool,
    /// What the partner said of it.
    pub disposition: Option<String>,
    /// Whether it came back from its recipient after a restore: this node may then have no envelope of it.
    pub recovered: bool,
}

/// One entry of a partner's feed, for people and for verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingRow {
    /// The index.
    pub index: u64,
    /// The leaf.
    pub leaf: [u8; 32],
    /// The envelope, when there is one and it can be opened still.
    pub envelope: Option<Vec<u8>>,
    /// The withdrawal, when there is one.
    pub withdrawal: Option<Signed>,
    /// What we said of it.
    pub disposition: String,
    /// Why, when it was not plainly accepted.
    pub reason: Option<String>,
    /// The originator and the id of the record that it brought, where it brought one.
    pub record: Option<(String, String)>,
    /// When it arrived, in seconds since the epoch; not known of what an older version received.
    pub at: Option<i64>,
}

/// A partner's receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptRow {
    /// How many entries it covers.
    pub size: u64,
    /// The cosigned note.
    pub note: String,
}

/// What was signed, of the things that permit something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedKind {
    /// An originator's statement of a record.
    Origin,
    /// An act on an agreement.
    Act,
    /// A consent.
    Consent,
    /// A standing consent.
    StandingConsent,
    /// Another label.
    Relabelling,
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
}

fn alarm(row: &rusqlite::Row<'_>) -> rusqlite::Result<AlarmRow> {
    let number: i64 = row.get(0)?;
    Ok(AlarmRow {
        number: u64::try_from(number).unwrap_or_default(),
        at: row.get(1)?,
        partner: row.get(2)?,
        message: row.get(3)?,
        evidence: row.get(4)?,
    })
}

/// A statement with its signature in two columns, from `first`.
fn signed(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Option<Signed>> {
    let statement: Option<Vec<u8>> = row.get(first)?;
    let signature: Option<[u8; 64]> = row.get(first + 1)?;
    Ok(statement.zip(signature).map(|(statement, signature)| Signed { statement, signature }))
}

pub(crate) fn index(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

impl Reader {
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(folder.join(FILE), flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        Ok(Self { connection, folder: folder.to_owned(), erasure: None })
    }

    /// The same reader, which can open contents: [`Self::body`] and [`Self::incoming`] need it.
    ///
    /// # Errors
    /// When the store was written with another key, or the secrets are not there.
    pub fn with_key(self, storage: &StorageKey) -> Result<Self, StoreError> {
        let erasure = Some(Erasure::reader(&self.folder, storage)?);
        Ok(Self { erasure, ..self })
    }

    /// Does all of `work` on the store as it is at one moment, whatever is written meanwhile.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn at_one_moment<T>(&self, work: impl FnOnce() -> T) -> Result<T, StoreError> {
        let moment = self.connection.unchecked_transaction()?;
        let done = work();
        moment.finish()?;
        Ok(done)
    }

    /// Reads every page of the store, and compares indexes with what they index.
    ///
    /// # Errors
    /// When something is not as it was written.
    pub fn check(&self) -> Result<(), StoreError> {
        let found: String = self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if found == "ok" { Ok(()) } else { Err(StoreError::Damaged(found)) }
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
        // Only the writer may bring it up to date, and it may not have started yet.
        match reader.connection.pragma_query_value(None, "user_version", |row| row.get(0))? {
            VERSION => Ok(reader),
            found if found < VERSION => Err(StoreError::Older { found, known: VERSION }),
            found => Err(StoreError::Newer { found, known: VERSION }),
        }
    }

    /// A node or leaf of a tree.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn node(&self, tree: &str, level: u8, at: u64) -> Result<Option<Hash>, StoreError> {
        let sql = "SELECT hash FROM node WHERE tree = ? AND level = ? AND idx = ?";
        let hash: Option<[u8; 32]> = self
            .connection
            .prepare_cached(sql)?
            .query_row(params![tree, level, number(at)], |row| row.get(0))
            .optional()?;
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
        let row: Option<(i64, String)> = self
            .connection
            .prepare_cached("SELECT size, note FROM checkpoint WHERE tree = ?")?
            .query_row([tree], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(row.map(|(size, note)| (index(size), note)))
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
        let mut statement =
            self.connection.prepare_cached("SELECT size, note, proof FROM checkpoint WHERE tree = ?")?;
        let row = statement.query_row([incoming_tree(feed)], |row| {
            Ok((index(row.get(0)?), row.get(1)?, row.get::<_, Option<Vec<u8>>>(2)?.unwrap_or_default()))
        });
        Ok(row.optional()?)
    }

    /// How many entries of a tree the partner has receipted.
    pub(crate) fn receipted(&self, tree: &str) -> Result<u64, StoreError> {
        let size: i64 = self
            .connection
            .prepare_cached("SELECT coalesce(max(size), 0) FROM receipt WHERE tree = ? AND fallen IS NULL")?
            .query_row([tree], |row| row.get(0))?;
        Ok(index(size))
    }

    /// The leaves of our entries that were withdrawn before they left, of all feeds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn never_left(&self) -> Result<BTreeSet<[u8; 32]>, StoreError> {
        let sql = "SELECT leaf FROM outgoing WHERE withdrawal IS NOT NULL AND NOT withdrawn_late";
        let mut statement = self.connection.prepare_cached(sql)?;
        let leaves = statement.query_map([], |row| row.get(0))?;
        Ok(leaves.collect::<Result<_, _>>()?)
    }

    /// Every receipt for one of our feeds, in order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn receipts(&self, feed: &Feed) -> Result<Vec<ReceiptRow>, StoreError> {
        let sql = "SELECT size, note FROM receipt WHERE tree = ? ORDER BY size";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement
            .query_map([outgoing_tree(feed)], |row| Ok(ReceiptRow { size: index(row.get(0)?), note: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Entries of one of our feeds from `start`, at most `count`, and no more bodies than `bytes` where there is more
    /// than one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn pending(&self, feed: &Feed, start: u64, count: usize, bytes: usize) -> Result<Vec<Pending>, StoreError> {
        let sql = "SELECT leaf, about, expires, envelope, withdrawal, withdrawal_signature FROM outgoing
                   WHERE partner = ? AND lane = ? AND idx >= ? ORDER BY idx";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![feed.partner.as_str(), feed.lane.as_str(), number(start)])?;
        let (mut pending, mut total) = (Vec::new(), 0);
        while let Some(row) = rows.next()?
            && pending.len() < count
        {
            let about: Option<String> = row.get(1)?;
            let about = about.map(|text| serde_json::from_str(&text)).transpose();
            let withdrawal: Option<Vec<u8>> = row.get(4)?;
            let entry = match withdrawal {
                Some(statement) => Entry::Withdrawn(Signed { statement, signature: row.get(5)? }),
                None => Entry::Envelope(row.get(3)?),
            };
            if let Entry::Envelope(body) = &entry {
                total += body.len();
                if total > bytes && !pending.is_empty() {
                    break;
                }
            }
            pending.push(Pending {
                leaf: row.get(0)?,
                about: about.map_err(|error| StoreError::Damaged(error.to_string()))?,
                expires: row.get(2)?,
                entry,
            });
        }
        Ok(pending)
    }

    /// Every entry of one of our feeds, for people.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn outgoing(&self, feed: &Feed) -> Result<Vec<OutgoingRow>, StoreError> {
        let sql = "SELECT idx, leaf, json_extract(about, '$.record'), withdrawal, withdrawal_signature, withdrawn_late,
                   disposition, recovered, json_extract(about, '$.originator')
                   FROM outgoing WHERE partner = ? AND lane = ? ORDER BY idx";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![feed.partner.as_str(), feed.lane.as_str()], |row| {
            let record: Option<String> = row.get(2)?;
            Ok(OutgoingRow {
                index: index(row.get(0)?),
                leaf: row.get(1)?,
                about: record.is_some(),
                record,
                originator: row.get(8)?,
                withdrawal: signed(row, 3)?,
                late: row.get(5)?,
                disposition: row.get(6)?,
                recovered: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The entries of one of our feeds that are about records.
    pub(crate) fn about(&self, feed: &Feed) -> Result<Vec<SentRecord>, StoreError> {
        let sql = "SELECT idx, about, left_at, withdrawal IS NOT NULL FROM outgoing
                   WHERE partner = ? AND lane = ? AND about IS NOT NULL ORDER BY idx";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![feed.partner.as_str(), feed.lane.as_str()])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let about: String = row.get(1)?;
            entries.push(SentRecord {
                index: index(row.get(0)?),
                about: serde_json::from_str(&about).map_err(|error| StoreError::Damaged(error.to_string()))?,
                left: row.get(2)?,
                withdrawn: row.get(3)?,
            });
        }
        Ok(entries)
    }

    /// What a partner has said of an entry of one of our feeds; none while it has said nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn disposition(&self, feed: &Feed, at: u64) -> Result<Option<String>, StoreError> {
        let sql = "SELECT disposition FROM outgoing WHERE partner = ? AND lane = ? AND idx = ?";
        let values = params![feed.partner.as_str(), feed.lane.as_str(), number(at)];
        Ok(self.connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?.flatten())
    }

    /// How many bodies of a feed were handed to the sender.
    pub(crate) fn offered(&self, tree: &str) -> Result<u64, StoreError> {
        self.size("SELECT size FROM offered WHERE tree = ?", tree)
    }

    /// How many entries of a feed were written as files.
    pub(crate) fn exported(&self, tree: &str) -> Result<u64, StoreError> {
        self.size("SELECT size FROM exported WHERE tree = ?", tree)
    }

    fn size(&self, sql: &str, tree: &str) -> Result<u64, StoreError> {
        let size: Option<i64> = self.connection.prepare_cached(sql)?.query_row([tree], |row| row.get(0)).optional()?;
        Ok(size.map(index).unwrap_or_default())
    }

    /// The leaves of one of our feeds from `start`, at most `count`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn leaves(&self, feed: &Feed, start: u64, count: u64) -> Result<Vec<[u8; 32]>, StoreError> {
        let sql = "SELECT leaf FROM outgoing WHERE partner = ? AND lane = ? AND idx >= ? ORDER BY idx LIMIT ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let values = params![feed.partner.as_str(), feed.lane.as_str(), number(start), number(count)];
        let rows = statement.query_map(values, |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Entries of a partner's feed that were refused or are held sealed, without their bodies: index, disposition, why.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn quarantine(&self, feed: &Feed) -> Result<Vec<(u64, String, String)>, StoreError> {
        let sql = "SELECT idx, disposition, coalesce(reason, '') FROM incoming
                   WHERE partner = ? AND lane = ? AND disposition <> 'accepted' ORDER BY idx";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![feed.partner.as_str(), feed.lane.as_str()], |row| {
            Ok((index(row.get(0)?), row.get(1)?, row.get(2)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many bytes are held of a partner, as they are kept: envelopes in both lanes, in quarantine or not, and large
    /// contents, as much of them as has come.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn held_of(&self, partner: &entente_core::Party) -> Result<u64, StoreError> {
        // The length stands in front of a row: no envelope is read for it.
        let sql = "SELECT coalesce(sum(length(envelope)), 0) FROM incoming WHERE partner = ?";
        let envelopes = index(self.connection.prepare_cached(sql)?.query_row([partner.as_str()], |row| row.get(0))?);
        Ok(envelopes.saturating_add(self.contents_of(partner)?))
    }

    /// The envelope of an entry of one of our feeds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn outgoing_envelope(&self, feed: &Feed, at: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT envelope FROM outgoing WHERE partner = ? AND lane = ? AND idx = ?";
        let values = params![feed.partner.as_str(), feed.lane.as_str(), number(at)];
        Ok(self.connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?)
    }

    /// Entries of a partner's feed from `start`, at most `count`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn incoming(&self, feed: &Feed, start: u64, count: usize) -> Result<Vec<IncomingRow>, StoreError> {
        let sql =
            "SELECT idx, leaf, envelope, withdrawal, withdrawal_signature, disposition, reason, originator, record, key, at
                   FROM incoming WHERE partner = ? AND lane = ? AND idx >= ? ORDER BY idx LIMIT ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let values = params![feed.partner.as_str(), feed.lane.as_str(), number(start), limit];
        let rows = statement.query_map(values, |row| {
            let sealed: Option<(Vec<u8>, Vec<u8>)> = row.get::<_, Option<_>>(9)?.zip(row.get(2)?);
            let row = IncomingRow {
                index: index(row.get(0)?),
                leaf: row.get(1)?,
                envelope: None,
                withdrawal: signed(row, 3)?,
                disposition: row.get(5)?,
                reason: row.get(6)?,
                record: row.get::<_, Option<String>>(7)?.zip(row.get(8)?),
                at: row.get(10)?,
            };
            Ok((row, sealed))
        })?;
        rows.map(|row| {
            let (row, sealed) = row?;
            let envelope = match sealed.map(|(key, bytes)| self.open_sealed(&key, bytes)).transpose() {
                // One entry that somebody altered does not hide the others: it has no envelope, which is noticed.
                Err(StoreError::Damaged(_)) => None,
                opened => opened?.flatten(),
            };
            Ok(IncomingRow { envelope, ..row })
        })
        .collect()
    }

    /// Content, by its SHA-256, which is checked; nothing where it was destroyed.
    ///
    /// # Errors
    /// When the store cannot be read, or holds other bytes under this digest.
    pub fn body(&self, digest: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT key, content FROM body WHERE digest = ?")?;
        let sealed: Option<(Vec<u8>, Vec<u8>)> =
            statement.query_row([digest], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        match sealed.map(|(key, bytes)| self.open_sealed(&key, bytes)).transpose()?.flatten() {
            Some(content) if Sha256::digest(&content).as_slice() != digest => {
                Err(StoreError::Damaged(format!("content {} is not what it was", hex::encode(digest))))
            }
            content => Ok(content),
        }
    }

    /// Records that are not known to be destroyed and whose content cannot be opened any more: originator, id, digest. In a
    /// store that was restored these were destroyed after the back-up.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unopenable(&self) -> Result<Vec<(String, String, [u8; 32])>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT originator, id, digest FROM record WHERE erased IS NULL")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let rows: Vec<(String, String, [u8; 32])> = rows.collect::<Result<_, _>>()?;
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
        let mut statement = self.connection.prepare_cached("SELECT originator, digest FROM record WHERE id = ?")?;
        let rows = statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The agreements and rules with that digest.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn world(&self, digest: &[u8; 32]) -> Result<Option<String>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT text FROM world WHERE digest = ?")?;
        Ok(statement.query_row([digest], |row| row.get(0)).optional()?)
    }

    /// Every record: its originator's signed statement, and the line that the judgement sees.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn records(&self) -> Result<Vec<(Signed, String)>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT statement, signature, line FROM record")?;
        let rows = statement
            .query_map([], |row| Ok((Signed { statement: row.get(0)?, signature: row.get(1)? }, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every consent given to us, to what we asked.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn consents(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM consent")
    }

    /// Every standing consent, given to us and by us.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn standing_consents(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM standing_consent")
    }

    /// Every withdrawal of a consent, by a partner and by us.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn consent_withdrawals(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM consent_withdrawal")
    }

    /// Every signed act on an agreement, ours and the partners'.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn acts(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM act")
    }

    /// Every recall, as it was signed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn recalls(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM recall")
    }

    /// Every answer to a recall that we passed on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn recall_answers(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM recall_answer")
    }

    /// Every word of an originator on another label.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn relabellings(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM relabelling")
    }

    /// Every notice that a record is in wrong hands, ours and our partners'.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn compromises(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM compromise")
    }

    fn signed(&self, sql: &str) -> Result<Vec<Signed>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok(Signed { statement: row.get(0)?, signature: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Everything that somebody has signed and that is kept here, of these kinds, each with since when: records, acts,
    /// consents, labels; in seconds since the epoch.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn signed_since(&self, kind: SignedKind) -> Result<Vec<(Signed, i64)>, StoreError> {
        let sql = match kind {
            SignedKind::Origin => "SELECT statement, signature, entered FROM record",
            SignedKind::Act => "SELECT statement, signature, known FROM act",
            SignedKind::Consent => "SELECT statement, signature, known FROM consent",
            SignedKind::StandingConsent => "SELECT statement, signature, known FROM standing_consent",
            SignedKind::Relabelling => "SELECT statement, signature, known FROM relabelling",
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement
            .query_map([], |row| Ok((Signed { statement: row.get(0)?, signature: row.get(1)? }, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Parties that were removed and not added again.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn removed(&self) -> Result<BTreeSet<entente_core::Party>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT party FROM party WHERE removed IS NOT NULL")?;
        let rows = statement.query_map([], |row| Ok(row.get::<_, String>(0)?.into()))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every alarm, the latest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn alarms(&self) -> Result<Vec<AlarmRow>, StoreError> {
        let query = "SELECT number, at, partner, message, evidence FROM alarm ORDER BY number DESC";
        let mut statement = self.connection.prepare_cached(query)?;
        let rows = statement.query_map([], alarm)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One alarm.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn alarm(&self, number: u64) -> Result<Option<AlarmRow>, StoreError> {
        let query = "SELECT number, at, partner, message, evidence FROM alarm WHERE number = ?1";
        let mut statement = self.connection.prepare_cached(query)?;
        // No alarm has a number that is none in SQL.
        let number = i64::try_from(number).unwrap_or(-1);
        Ok(statement.query_row([number], alarm).optional()?)
    }

    /// Every party file, by party.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn parties(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT note FROM party ORDER BY party")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
