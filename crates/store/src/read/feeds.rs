//! What is kept of the feeds, in both directions.

use std::collections::BTreeSet;

use entente_formats::wire::{Entry, Signed};
use entente_node::{Feed, event::Pending, op::SentRecord};

use super::{Reader, index};
use crate::{
    StoreError,
    engine::{Row, values},
    outgoing_tree,
    write::number,
};

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
    /// After which moment it does not leave any more, in seconds since the epoch.
    pub expires: Option<i64>,
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

/// Which record an entry is about.
#[derive(Default, serde::Deserialize)]
struct Named {
    record: Option<String>,
    originator: Option<String>,
}

fn damaged(error: serde_json::Error) -> StoreError {
    StoreError::Damaged(error.to_string())
}

/// A statement with its signature in two columns, from `first`.
fn signed(row: &Row<'_>, first: usize) -> Result<Option<Signed>, StoreError> {
    let statement: Option<Vec<u8>> = row.get(first)?;
    let signature: Option<[u8; 64]> = row.get(first + 1)?;
    Ok(statement.zip(signature).map(|(statement, signature)| Signed { statement, signature }))
}

impl Reader {
    /// How many entries of a tree the partner has receipted.
    pub(crate) fn receipted(&self, tree: &str) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(max(size), 0) FROM receipt WHERE tree = $1 AND fallen IS NULL";
        Ok(index(self.engine.one(sql, values![tree])?))
    }

    /// The leaves of our entries that were withdrawn before they left, of all feeds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn never_left(&self) -> Result<BTreeSet<[u8; 32]>, StoreError> {
        let sql = "SELECT leaf FROM outgoing WHERE withdrawal IS NOT NULL AND withdrawn_late = 0";
        Ok(BTreeSet::from_iter(self.engine.rows(sql, &[], |row| row.get(0))?))
    }

    /// Every receipt for one of our feeds, in order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn receipts(&self, feed: &Feed) -> Result<Vec<ReceiptRow>, StoreError> {
        let sql = "SELECT size, note FROM receipt WHERE tree = $1 ORDER BY size";
        self.engine.rows(sql, values![outgoing_tree(feed)], |row| {
            Ok(ReceiptRow { size: index(row.get(0)?), note: row.get(1)? })
        })
    }

    /// Entries of one of our feeds from `start`, at most `count`, and no more bodies than `bytes` where there is more
    /// than one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn pending(&self, feed: &Feed, start: u64, count: usize, bytes: usize) -> Result<Vec<Pending>, StoreError> {
        let sql = "SELECT leaf, about, expires, envelope, withdrawal, withdrawal_signature FROM outgoing
                   WHERE partner = $1 AND lane = $2 AND idx >= $3 ORDER BY idx LIMIT $4";
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let (mut pending, mut total) = (Vec::new(), 0);
        self.engine.each(sql, values![feed.partner.as_str(), feed.lane.as_str(), number(start), limit], |row| {
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
                    return Ok(false);
                }
            }
            pending.push(Pending { leaf: row.get(0)?, about: about.map_err(damaged)?, expires: row.get(2)?, entry });
            Ok(true)
        })?;
        Ok(pending)
    }

    /// Every entry of one of our feeds, for people.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn outgoing(&self, feed: &Feed) -> Result<Vec<OutgoingRow>, StoreError> {
        self.outgoing_from(feed, 0, usize::MAX)
    }

    /// At most `limit` entries of one of our feeds, from this index on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn outgoing_from(&self, feed: &Feed, from: u64, limit: usize) -> Result<Vec<OutgoingRow>, StoreError> {
        let sql = "SELECT idx, leaf, about, withdrawal, withdrawal_signature, withdrawn_late, disposition, recovered,
                   expires FROM outgoing WHERE partner = $1 AND lane = $2 AND idx >= $3 ORDER BY idx LIMIT $4";
        // No index is as high as either bound.
        let (from, limit) = (i64::try_from(from).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
        self.engine.rows(sql, values![feed.partner.as_str(), feed.lane.as_str(), from, limit], |row| {
            let about: Option<String> = row.get(2)?;
            let about: Option<Named> = about.map(|text| serde_json::from_str(&text)).transpose().map_err(damaged)?;
            let (record, originator) = about.map(|about| (about.record, about.originator)).unwrap_or_default();
            Ok(OutgoingRow {
                index: index(row.get(0)?),
                leaf: row.get(1)?,
                about: record.is_some(),
                record,
                originator,
                withdrawal: signed(row, 3)?,
                late: row.get(5)?,
                disposition: row.get(6)?,
                recovered: row.get(7)?,
                expires: row.get(8)?,
            })
        })
    }

    /// The entries of one of our feeds that are about records.
    pub(crate) fn about(&self, feed: &Feed) -> Result<Vec<SentRecord>, StoreError> {
        let sql = "SELECT idx, about, left_at, withdrawal IS NOT NULL FROM outgoing
                   WHERE partner = $1 AND lane = $2 AND about IS NOT NULL ORDER BY idx";
        self.engine.rows(sql, values![feed.partner.as_str(), feed.lane.as_str()], |row| {
            let about: String = row.get(1)?;
            Ok(SentRecord {
                index: index(row.get(0)?),
                about: serde_json::from_str(&about).map_err(damaged)?,
                left: row.get(2)?,
                withdrawn: row.get(3)?,
            })
        })
    }

    /// What a partner has said of an entry of one of our feeds; none while it has said nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn disposition(&self, feed: &Feed, at: u64) -> Result<Option<String>, StoreError> {
        let sql = "SELECT disposition FROM outgoing WHERE partner = $1 AND lane = $2 AND idx = $3";
        Ok(self
            .engine
            .row(sql, values![feed.partner.as_str(), feed.lane.as_str(), number(at)], |row| row.get(0))?
            .flatten())
    }

    /// How many bodies of a feed were handed to the sender.
    pub(crate) fn offered(&self, tree: &str) -> Result<u64, StoreError> {
        self.size("SELECT size FROM offered WHERE tree = $1", tree)
    }

    /// How many entries of a feed were written as files.
    pub(crate) fn exported(&self, tree: &str) -> Result<u64, StoreError> {
        self.size("SELECT size FROM exported WHERE tree = $1", tree)
    }

    fn size(&self, sql: &str, tree: &str) -> Result<u64, StoreError> {
        let size: Option<i64> = self.engine.row(sql, values![tree], |row| row.get(0))?;
        Ok(size.map(index).unwrap_or_default())
    }

    /// The leaves of one of our feeds from `start`, at most `count`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn leaves(&self, feed: &Feed, start: u64, count: u64) -> Result<Vec<[u8; 32]>, StoreError> {
        let sql = "SELECT leaf FROM outgoing WHERE partner = $1 AND lane = $2 AND idx >= $3 ORDER BY idx LIMIT $4";
        self.engine.rows(sql, values![feed.partner.as_str(), feed.lane.as_str(), number(start), number(count)], |row| {
            row.get(0)
        })
    }

    /// The leaves of a partner's feed to us from `start`, at most `count`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn incoming_leaves(&self, feed: &Feed, start: u64, count: u64) -> Result<Vec<[u8; 32]>, StoreError> {
        let sql = "SELECT leaf FROM incoming WHERE partner = $1 AND lane = $2 AND idx >= $3 ORDER BY idx LIMIT $4";
        self.engine.rows(sql, values![feed.partner.as_str(), feed.lane.as_str(), number(start), number(count)], |row| {
            row.get(0)
        })
    }

    /// Entries of a partner's feed that were refused or are held sealed, without their bodies: index, disposition, why.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn quarantine(&self, feed: &Feed) -> Result<Vec<(u64, String, String)>, StoreError> {
        self.quarantine_from(feed, 0, usize::MAX)
    }

    /// At most `limit` of them, from an index on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn quarantine_from(
        &self,
        feed: &Feed,
        from: u64,
        limit: usize,
    ) -> Result<Vec<(u64, String, String)>, StoreError> {
        // No index is as high as either bound.
        let (from, limit) = (i64::try_from(from).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = "SELECT idx, disposition, coalesce(reason, '') FROM incoming
                   WHERE partner = $1 AND lane = $2 AND disposition <> 'accepted' AND idx >= $3 ORDER BY idx LIMIT $4";
        self.engine.rows(sql, values![feed.partner.as_str(), feed.lane.as_str(), from, limit], |row| {
            Ok((index(row.get(0)?), row.get(1)?, row.get(2)?))
        })
    }

    /// How many bytes are held of a partner, as they are kept: envelopes in both lanes, in quarantine or not, and large
    /// contents, as much of them as has come.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn held_of(&self, partner: &entente_core::Party) -> Result<u64, StoreError> {
        // The length stands in front of a row: no envelope is read for it.
        let sql = "SELECT coalesce(sum(length(envelope)), 0) FROM incoming WHERE partner = $1";
        let envelopes = index(self.engine.one(sql, values![partner.as_str()])?);
        Ok(envelopes.saturating_add(self.contents_of(partner)?))
    }

    /// The envelope of an entry of one of our feeds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn outgoing_envelope(&self, feed: &Feed, at: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT envelope FROM outgoing WHERE partner = $1 AND lane = $2 AND idx = $3";
        self.engine.row(sql, values![feed.partner.as_str(), feed.lane.as_str(), number(at)], |row| row.get(0))
    }

    /// Entries of a partner's feed from `start`, at most `count`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn incoming(&self, feed: &Feed, start: u64, count: usize) -> Result<Vec<IncomingRow>, StoreError> {
        let sql =
            "SELECT idx, leaf, envelope, withdrawal, withdrawal_signature, disposition, reason, originator, record, key, at
                   FROM incoming WHERE partner = $1 AND lane = $2 AND idx >= $3 ORDER BY idx LIMIT $4";
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let rows =
            self.engine.rows(sql, values![feed.partner.as_str(), feed.lane.as_str(), number(start), limit], |row| {
                let sealed: Option<(Vec<u8>, Vec<u8>)> = row.get::<Option<_>>(9)?.zip(row.get(2)?);
                let row = IncomingRow {
                    index: index(row.get(0)?),
                    leaf: row.get(1)?,
                    envelope: None,
                    withdrawal: signed(row, 3)?,
                    disposition: row.get(5)?,
                    reason: row.get(6)?,
                    record: row.get::<Option<String>>(7)?.zip(row.get(8)?),
                    at: row.get(10)?,
                };
                Ok((row, sealed))
            })?;
        let opened = rows.into_iter().map(|(row, sealed)| {
            let envelope = match sealed.map(|(key, bytes)| self.open_sealed(&key, bytes)).transpose() {
                // One entry that somebody altered does not hide the others: it has no envelope, which is noticed.
                Err(StoreError::Damaged(_)) => None,
                opened => opened?.flatten(),
            };
            Ok(IncomingRow { envelope, ..row })
        });
        opened.collect()
    }
}
