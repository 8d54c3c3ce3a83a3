//! The index of large contents: which file has which, what entries of ours and of partners refer to, and how far that is.

use std::{fs, ops::RangeInclusive};

use entente_core::Party;
use entente_formats::wire::{ContentOutcome, ContentSecret};
use entente_node::{
    Feed, Op,
    content::{AwaitedContent, ContentEnd, ContentSnapshot, FileName, OfferedContent},
};
use entente_seal::content::StreamKey;
use zeroize::Zeroizing;

use crate::{
    Reader, StoreError,
    engine::{Engine, Row, Value, values},
    erasure::{ContentKey, Erasure},
    large::{self, Content, LargeReader, LargeWriter},
    load::{all, feed},
    read::index,
    write::{number, seal},
};

/// A content that an entry of ours refers to.
#[derive(Clone, Debug)]
pub struct OfferedRow {
    /// The content.
    pub content: OfferedContent,
    /// The key under which the partner gets it; nothing where that is destroyed.
    pub key: Option<StreamKey>,
    /// What the partner said of it.
    pub said: Option<ContentOutcome>,
}

/// A content that an entry of a partner refers to and that is not here.
#[derive(Clone, Debug)]
pub struct AwaitedRow {
    /// The content.
    pub content: AwaitedContent,
    /// The key that opens what comes.
    pub key: StreamKey,
    /// The file that it fills.
    pub file: FileName,
}

const KEPT: &str = "EXISTS (SELECT 1 FROM body WHERE digest = awaited_content.digest)
    OR EXISTS (SELECT 1 FROM large WHERE digest = awaited_content.digest)";

/// Keeps a change to contents.
pub(crate) fn keep(engine: &Engine, op: &Op, keys: &mut Vec<ContentKey>) -> Result<(), StoreError> {
    let run = |sql: &str, values: &[Value<'_>]| engine.execute(sql, values);
    match op {
        Op::LargeBody { digest, length, file } => {
            // One content has one file: another is of no use.
            let kept = run(
                "INSERT INTO large (digest, length, key) SELECT $1, $2, $3
                 WHERE NOT EXISTS (SELECT 1 FROM body WHERE digest = $1)
                 AND NOT EXISTS (SELECT 1 FROM large WHERE digest = $1)",
                values![digest, number(*length), file],
            );
            kept.and_then(|()| doom_unused(engine, file))
        }
        Op::ContentOffered(content, secret) => {
            let OfferedContent { feed, index, leaf, digest, length, sealed } = content;
            let secret = secret.as_ref().map(|ContentSecret(secret)| seal(keys, secret)).transpose()?;
            let (secret, key) = secret.map(|secret| (secret.bytes, secret.key)).unzip();
            run(
                "INSERT INTO offered_content (partner, lane, idx, leaf, digest, length, sealed, secret, key)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                values![
                    feed.partner.as_str(),
                    feed.lane.as_str(),
                    number(*index),
                    leaf,
                    digest,
                    number(*length),
                    sealed,
                    secret,
                    key
                ],
            )
        }
        Op::ContentLeft { feed, index, at } => run(
            "UPDATE offered_content SET left_at = $1 WHERE partner = $2 AND lane = $3 AND idx = $4",
            values![at, feed.partner.as_str(), feed.lane.as_str(), number(*index)],
        ),
        Op::ContentSaid { feed, index, outcome, signed } => run(
            "UPDATE offered_content SET said = $1, statement = $2, signature = $3
             WHERE partner = $4 AND lane = $5 AND idx = $6",
            values![
                outcome.as_str(),
                signed.statement,
                signed.signature,
                feed.partner.as_str(),
                feed.lane.as_str(),
                number(*index)
            ],
        ),
        Op::ContentAwaited { content, key: ContentSecret(secret), .. } => {
            let AwaitedContent { feed, index, leaf, originator, record, digest, length, sealed } = content;
            let secret = seal(keys, secret)?;
            let file = keys.pop().ok_or(StoreError::Cipher)?.into_id();
            run(
                "INSERT INTO awaited_content
                 (partner, lane, idx, leaf, originator, record, digest, length, sealed, secret, key, file)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                values![
                    feed.partner.as_str(),
                    feed.lane.as_str(),
                    number(*index),
                    leaf,
                    originator.as_str(),
                    record.as_str(),
                    digest,
                    number(*length),
                    sealed,
                    secret.bytes,
                    secret.key,
                    file
                ],
            )
        }
        Op::ContentSettled { feed, index, end, withdrawal } => {
            let entry = "partner = $1 AND lane = $2 AND idx = $3";
            let (partner, lane, index) = (feed.partner.as_str(), feed.lane.as_str(), number(*index));
            let sql = format!("SELECT file FROM awaited_content WHERE {entry}");
            let file: Option<Option<FileName>> = engine.row(&sql, values![partner, lane, index], |row| row.get(0))?;
            run(
                &format!(
                    "INSERT INTO doomed (key) SELECT key FROM awaited_content WHERE {entry} AND key IS NOT NULL
                     ON CONFLICT DO NOTHING"
                ),
                values![partner, lane, index],
            )?;
            let (statement, signature) =
                withdrawal.as_ref().map(|signed| (&signed.statement, &signed.signature)).unzip();
            // Nobody is told of a withdrawal, who made it.
            let is_told = matches!(end, ContentEnd::Withdrawn);
            run(
                "UPDATE awaited_content SET ended = $1, told = $2, withdrawal = $3, withdrawal_signature = $4,
                 secret = NULL, key = NULL, file = NULL WHERE partner = $5 AND lane = $6 AND idx = $7",
                values![end.as_str(), is_told, statement, signature, partner, lane, index],
            )?;
            file.flatten().map_or(Ok(()), |file| doom_unused(engine, &file))
        }
        Op::ContentTold { feed, index } => run(
            "UPDATE awaited_content SET told = 1 WHERE partner = $1 AND lane = $2 AND idx = $3",
            values![feed.partner.as_str(), feed.lane.as_str(), number(*index)],
        ),
        _ => Err(StoreError::Damaged("not a change to contents".to_owned())),
    }
}

/// Has a file destroyed that no content is in, and that no more is being filled.
fn doom_unused(engine: &Engine, file: &FileName) -> Result<(), StoreError> {
    let sql = "INSERT INTO doomed (key) SELECT $1
               WHERE NOT EXISTS (SELECT 1 FROM large WHERE key = $1)
               AND NOT EXISTS (SELECT 1 FROM awaited_content WHERE file = $1) ON CONFLICT DO NOTHING";
    engine.execute(sql, values![file])
}

/// What is erased with a record: its file, where no other record has the same content; what was on its way; and the keys
/// under which others were given it.
pub(crate) fn erase(engine: &Engine, originator: &str, record: &str, digest: &[u8; 32]) -> Result<(), StoreError> {
    let run = |sql: &str, values: &[Value<'_>]| engine.execute(sql, values);
    let of_record = "originator = $1 AND record = $2";
    for column in ["key", "file"] {
        let sql = format!(
            "INSERT INTO doomed (key) SELECT {column} FROM awaited_content WHERE {of_record} AND {column} IS NOT NULL
             ON CONFLICT DO NOTHING"
        );
        run(&sql, values![originator, record])?;
    }
    run(&format!("DELETE FROM awaited_content WHERE {of_record} AND told = 1"), values![originator, record])?;
    run(
        &format!(
            "UPDATE awaited_content SET secret = NULL, key = NULL, file = NULL, told = 1, ended = 'withdrawn'
                  WHERE {of_record} AND ended IS NULL"
        ),
        values![originator, record],
    )?;
    let unused = "digest = $1 AND NOT EXISTS (SELECT 1 FROM record WHERE digest = large.digest AND erased IS NULL)";
    let doomed = format!("INSERT INTO doomed (key) SELECT key FROM large WHERE {unused} ON CONFLICT DO NOTHING");
    run(&doomed, values![digest])?;
    run(&format!("DELETE FROM large WHERE {unused}"), values![digest])?;
    let offered = "digest = $1 AND key IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM record WHERE digest = offered_content.digest AND erased IS NULL)";
    run(
        &format!("INSERT INTO doomed (key) SELECT key FROM offered_content WHERE {offered} ON CONFLICT DO NOTHING"),
        values![digest],
    )?;
    run(&format!("UPDATE offered_content SET secret = NULL, key = NULL WHERE {offered}"), values![digest])
}

fn offered(row: &Row<'_>) -> Result<OfferedContent, StoreError> {
    let (partner, lane): (String, String) = (row.get(0)?, row.get(1)?);
    let (at, leaf, digest, length, sealed) = (row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?);
    let content = |feed| OfferedContent { feed, index: index(at), leaf, digest, length: index(length), sealed };
    feed(partner, &lane).map(content)
}

fn awaited(row: &Row<'_>) -> Result<AwaitedContent, StoreError> {
    let (partner, lane, originator, record): (String, String, String, String) =
        (row.get(0)?, row.get(1)?, row.get(4)?, row.get(5)?);
    let (at, leaf, digest, length, sealed) = (row.get(2)?, row.get(3)?, row.get(6)?, row.get(7)?, row.get(8)?);
    let content = |feed| AwaitedContent {
        feed,
        index: index(at),
        leaf,
        originator: originator.into(),
        record: record.into(),
        digest,
        length: index(length),
        sealed,
    };
    feed(partner, &lane).map(content)
}

const OFFERED: &str = "partner, lane, idx, leaf, digest, length, sealed";
const AWAITED: &str = "partner, lane, idx, leaf, originator, record, digest, length, sealed";

/// What the node has to know of contents.
pub(crate) fn load(engine: &Engine) -> Result<ContentSnapshot, StoreError> {
    let sql = format!("SELECT {OFFERED}, left_at IS NOT NULL, said FROM offered_content ORDER BY partner, lane, idx");
    let rows: Vec<(OfferedContent, bool, Option<String>)> =
        all(engine, &sql, |row| Ok((offered(row)?, row.get(7)?, row.get(8)?)))?;
    let offered = rows.into_iter().map(|(content, left, said)| {
        let said = said.map(|word| outcome(&word)).transpose()?;
        Ok((content, left, said))
    });
    let sql = format!(
        "SELECT {AWAITED}, ended, {KEPT} FROM awaited_content WHERE ended IS NULL OR told = 0
         ORDER BY partner, lane, idx"
    );
    let rows: Vec<(AwaitedContent, Option<String>, bool)> =
        all(engine, &sql, |row| Ok((awaited(row)?, row.get(9)?, row.get(10)?)))?;
    let awaited = rows.into_iter().map(|(content, end, is_kept)| {
        let end = end.map(|word| {
            ContentEnd::from_word(&word).ok_or_else(|| StoreError::Damaged(format!("end of a content `{word}`")))
        });
        let end = end.transpose()?;
        Ok((content, end, !is_kept && end.is_none()))
    });
    Ok(ContentSnapshot {
        offered: offered.collect::<Result<_, StoreError>>()?,
        awaited: awaited.collect::<Result<_, StoreError>>()?,
    })
}

fn outcome(word: &str) -> Result<ContentOutcome, StoreError> {
    ContentOutcome::from_word(word).ok_or_else(|| StoreError::Damaged(format!("word on a content `{word}`")))
}

impl Reader {
    fn keys(&self) -> Result<&Erasure, StoreError> {
        self.erasure.as_ref().ok_or(StoreError::NoKey)
    }

    fn secret(&self, key: Option<Vec<u8>>, secret: Option<Vec<u8>>) -> Result<Option<StreamKey>, StoreError> {
        let Some((key, secret)) = key.zip(secret) else { return Ok(None) };
        let opened = self.open_sealed(&key, secret)?.map(Zeroizing::new);
        let bytes = opened.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
        Ok(bytes.map(|bytes| StreamKey::from_bytes(&bytes)))
    }

    /// A content by its SHA-256, to be read piece by piece; nothing where it is not here, or destroyed. A file is not checked
    /// as a whole: each chunk of it is, as it is read.
    ///
    /// # Errors
    /// When the store cannot be read, or a file is missing.
    pub fn content(&self, digest: &[u8; 32]) -> Result<Option<Content>, StoreError> {
        let sql = "SELECT key, length FROM large WHERE digest = $1";
        let found: Option<(FileName, i64)> =
            self.engine.row(sql, values![digest], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let Some((file, length)) = found else {
            return Ok(self.body(digest)?.map(|content| Content::Row(Zeroizing::new(content))));
        };
        let Some(key) = self.keys()?.stream_key(&file)? else { return Ok(None) };
        LargeReader::open(&self.folder, &file, &key, index(length)).map(Content::File).map(Some)
    }

    /// A complete content in a file of which the store does not speak yet.
    ///
    /// # Errors
    /// When its key is destroyed, or there is no such file.
    pub fn unlisted(&self, file: &FileName, length: u64) -> Result<Content, StoreError> {
        let gone = || StoreError::Damaged("the key of a new file is destroyed".to_owned());
        let key = self.keys()?.stream_key(file)?.ok_or_else(gone)?;
        LargeReader::open(&self.folder, file, &key, length).map(Content::File)
    }

    /// Begins, or goes on with, the file of a content of that length. `known` is shown what is there already, in order.
    ///
    /// # Errors
    /// When its key is destroyed, or the disk fails.
    pub fn fill(&self, file: &FileName, length: u64, known: impl FnMut(&[u8])) -> Result<LargeWriter, StoreError> {
        let gone = || StoreError::Damaged("the key of a file that is being filled is destroyed".to_owned());
        let key = self.keys()?.stream_key(file)?.ok_or_else(gone)?;
        LargeWriter::resume(&self.folder, file, &key, length, known)
    }

    /// Removes a file of which the store does not speak, and will not.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn discard(&self, file: &FileName) -> Result<(), StoreError> {
        large::remove(&self.folder, file)
    }

    /// The content that a partner may ask for under this SHA-256 of its sealed form.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn offered_content(&self, partner: &Party, sealed: &[u8; 32]) -> Result<Option<OfferedRow>, StoreError> {
        type Columns = (OfferedContent, Option<Vec<u8>>, Option<Vec<u8>>, Option<String>);
        let sql =
            format!("SELECT {OFFERED}, key, secret, said FROM offered_content WHERE partner = $1 AND sealed = $2");
        let row: Option<Columns> = self.engine.row(&sql, values![partner.as_str(), sealed], |row| {
            Ok((offered(row)?, row.get(7)?, row.get(8)?, row.get(9)?))
        })?;
        let Some((content, key, secret, said)) = row else { return Ok(None) };
        let said = said.map(|word| outcome(&word)).transpose()?;
        Ok(Some(OfferedRow { content, key: self.secret(key, secret)?, said }))
    }

    /// The contents that entries of one of our feeds refer to and that were not withdrawn; what the partner says of each.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn offered_contents(&self, of: &Feed) -> Result<Vec<(OfferedContent, Option<ContentOutcome>)>, StoreError> {
        self.offered_contents_in(of, 0..=u64::MAX)
    }

    /// The same, of the entries with these indices.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn offered_contents_in(
        &self,
        of: &Feed,
        indices: RangeInclusive<u64>,
    ) -> Result<Vec<(OfferedContent, Option<ContentOutcome>)>, StoreError> {
        // No index is as high as either bound.
        let [first, last] = [*indices.start(), *indices.end()].map(|index| i64::try_from(index).unwrap_or(i64::MAX));
        let sql = format!(
            "SELECT {OFFERED}, said FROM offered_content AS content WHERE partner = $1 AND lane = $2 AND idx BETWEEN $3 AND $4
             AND EXISTS (SELECT 1 FROM outgoing WHERE partner = content.partner AND lane = content.lane
                         AND idx = content.idx AND withdrawal IS NULL)
             ORDER BY idx"
        );
        self.engine.rows(&sql, values![of.partner.as_str(), of.lane.as_str(), first, last], |row| {
            let said: Option<String> = row.get(7)?;
            Ok((offered(row)?, said.map(|word| outcome(&word)).transpose()?))
        })
    }

    /// A content that an entry of a partner refers to, while it is awaited.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn awaited_content(&self, of: &Feed, at: u64) -> Result<Option<AwaitedRow>, StoreError> {
        type Columns = (AwaitedContent, Option<Vec<u8>>, Option<Vec<u8>>, Option<FileName>);
        let sql = format!(
            "SELECT {AWAITED}, key, secret, file FROM awaited_content
             WHERE partner = $1 AND lane = $2 AND idx = $3 AND ended IS NULL"
        );
        let row: Option<Columns> =
            self.engine.row(&sql, values![of.partner.as_str(), of.lane.as_str(), number(at)], |row| {
                Ok((awaited(row)?, row.get(9)?, row.get(10)?, row.get(11)?))
            })?;
        let Some((content, key, secret, file)) = row else { return Ok(None) };
        let key = self.secret(key, secret)?;
        Ok(key.zip(file).map(|(key, file)| AwaitedRow { content, key, file }))
    }

    /// Whether a record waits for its content, which is not here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_arriving(&self, originator: &str, record: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM awaited_content WHERE originator = $1 AND record = $2 AND ended IS NULL";
        self.engine.exists(sql, values![originator, record])
    }

    /// Whether the content of a record is awaited, and can be opened when it comes.
    pub(crate) fn may_arrive(&self, originator: &str, record: &str) -> Result<bool, StoreError> {
        let sql = "SELECT key, secret, file FROM awaited_content
                   WHERE originator = $1 AND record = $2 AND ended IS NULL AND file IS NOT NULL";
        type Columns = (Option<Vec<u8>>, Option<Vec<u8>>, FileName);
        let rows: Vec<Columns> =
            self.engine.rows(sql, values![originator, record], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        for (key, secret, file) in rows {
            if self.secret(key, secret)?.is_some() && self.keys()?.stream_key(&file)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How many bytes of large contents are here of a partner: as much of each as has come.
    pub(crate) fn contents_of(&self, partner: &Party) -> Result<u64, StoreError> {
        // PostgreSQL's sums are of another type than what they add up.
        let sql = "SELECT CAST(coalesce(sum(length), 0) AS BIGINT) FROM awaited_content
                   WHERE partner = $1 AND ended = 'held'";
        let held: i64 = self.engine.one(sql, values![partner.as_str()])?;
        let sql = "SELECT file FROM awaited_content WHERE partner = $1 AND ended IS NULL AND file IS NOT NULL";
        let files: Vec<Vec<u8>> = self.engine.rows(sql, values![partner.as_str()], |row| row.get(0))?;
        let mut total = index(held);
        for file in files {
            let known = fs::metadata(large::path_of(&self.folder, &file));
            total = total.saturating_add(known.map_or(0, |known| known.len()));
        }
        Ok(total)
    }
}
