//! The start: everything that the node needs to go on where it stopped.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{Party, RecordId, agreement::InstrumentHash};
use entente_formats::{
    hex,
    wire::{Canonical, ConsentRequest, Disposition, Signed},
};
use entente_log::{Frontier, leaf_hash};
use entente_node::{
    Feed, Lane, Snapshot,
    alert::{MAX_BYTES, MAX_WARNINGS, StoredWarning},
    consult::StoredStatement,
    op::{InSnapshot, LedgerSnapshot, OutSnapshot, Question, QuestionState, RecallName, StoredRecall, StoredRecord},
};
use rusqlite::{Connection, Row};
use serde::de::DeserializeOwned;

use crate::{Reader, Store, StoreError, content, incoming_tree, ledger_tree, outgoing_tree};

impl Store {
    /// What the last committed batch left.
    ///
    /// # Errors
    /// When the store is damaged or cannot be read.
    pub fn load(&self) -> Result<Snapshot, StoreError> {
        let connection = &self.connection;
        let reader = self.reader()?;
        Ok(Snapshot {
            parties: all(connection, "SELECT note FROM party ORDER BY party", |row| row.get(0))?,
            removed: reader.removed()?,
            agreements: all(connection, "SELECT text FROM agreement ORDER BY number", |row| row.get(0))?,
            acts: known(connection, "act")?,
            told: all(connection, "SELECT subject, partner, idx FROM told", |row| {
                Ok((row.get(0)?, row.get(1)?, u64::try_from(row.get::<_, i64>(2)?).unwrap_or_default()))
            })?,
            worlds: BTreeSet::from_iter(all(connection, "SELECT digest FROM world", |row| row.get(0))?),
            records: records(connection)?,
            questions: questions(connection)?,
            consents: known(connection, "consent")?,
            standing: known(connection, "standing_consent")?,
            consents_withdrawn: known(connection, "consent_withdrawal")?,
            approvals: json(connection, "SELECT approval FROM approval ORDER BY number")?,
            recalls: recalls(connection)?,
            recall_answers: known(connection, "recall_answer")?,
            spared: json(connection, "SELECT spared FROM spared ORDER BY number")?,
            holds: json(connection, "SELECT hold FROM hold ORDER BY number")?,
            waiting: json(connection, "SELECT waiting FROM waiting ORDER BY number")?,
            emergencies: json(connection, "SELECT emergency FROM emergency ORDER BY number")?,
            commitments: known(connection, "commitment")?,
            meetings: known(connection, "meeting")?,
            attempts: json(connection, "SELECT attempt FROM attempt ORDER BY number")?,
            named: json(connection, "SELECT named FROM named ORDER BY originator, record")?,
            relabellings: known(connection, "relabelling")?,
            compromises: known(connection, "compromise")?,
            warnings: warnings(connection, &reader)?,
            acknowledgements: known(connection, "alert_acknowledgement")?,
            incidents: json(connection, "SELECT incident FROM incident ORDER BY number")?,
            discharged: json(connection, "SELECT discharge FROM discharge ORDER BY number")?,
            consultations: all(
                connection,
                "SELECT statement, signature, told_by, known, incident FROM consult_raise ORDER BY number",
                |row| Ok((told(row)?, row.get(4)?)),
            )?,
            consult_steps: all(
                connection,
                "SELECT statement, signature, told_by, known FROM consult_step ORDER BY number",
                told,
            )?,
            waivers: all(connection, "SELECT statement, signature, told_by, known FROM waiver ORDER BY number", told)?,
            deadlines: all(connection, "SELECT subject FROM deadline", |row| row.get(0))?,
            affected: json(connection, "SELECT affected FROM affected ORDER BY number")?,
            outgoing: outgoing(connection, &reader)?,
            incoming: incoming(connection, &reader)?,
            ledger: ledger(connection, &reader)?,
            witnessed: reader.witnessed()?,
            contents: content::load(connection)?,
            cosigned: reader.cosigned()?,
            restoring: reader.restoring()?,
        })
    }
}

fn ledger(connection: &Connection, reader: &Reader) -> Result<LedgerSnapshot, StoreError> {
    let volume = reader.volume()?;
    let all = count(connection, "SELECT count(*) FROM interval")?;
    let size = count(connection, &format!("SELECT count(*) FROM interval WHERE volume = {volume}"))?;
    let last = match all.checked_sub(1) {
        Some(last) => reader.intervals(last, 1)?.pop(),
        None => None,
    };
    let (from, first) = last.map_or((0, 0), |last| (last.until, last.next));
    let open = reader.open_interval()?;
    let next = count(connection, "SELECT count(*) FROM statement")?;
    let texts = reader.statements(first, usize::MAX)?;
    Ok(LedgerSnapshot {
        volume,
        head: head(reader, &ledger_tree(volume), size)?,
        from,
        next,
        salt: open.filter(|open| open.index == size).map(|open| open.salt),
        statements: texts.iter().map(|text| leaf_hash(text.as_bytes())).collect(),
    })
}

pub(crate) fn all<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], read)?.collect::<Result<_, _>>()?;
    Ok(rows)
}

fn count(connection: &Connection, sql: &str) -> Result<u64, StoreError> {
    let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// Signed statements of one kind, each with the moment in which it became known here.
fn known(connection: &Connection, table: &'static str) -> Result<Vec<(Signed, i64)>, StoreError> {
    let sql = format!("SELECT statement, signature, known FROM {table} ORDER BY number");
    all(connection, &sql, |row| Ok((signed(row)?, row.get(2)?)))
}

/// Rows of one column of JSON.
fn json<T: DeserializeOwned>(connection: &Connection, sql: &str) -> Result<Vec<T>, StoreError> {
    let texts: Vec<String> = all(connection, sql, |row| row.get(0))?;
    let values = texts.iter().map(|text| serde_json::from_str(text));
    values.map(|value| value.map_err(|error| StoreError::Damaged(error.to_string()))).collect()
}

/// Warnings whose content is still here: of any other nobody can say any more what it said. Of each originator and status the
/// latest, as many as a node remembers: no more are opened.
fn warnings(connection: &Connection, reader: &Reader) -> Result<Vec<StoredWarning>, StoreError> {
    let sql = "SELECT warning.originator, warning.record, warning.received, record.digest,
                      coalesce(json_extract(record.line, '$.status'), 'actual') FROM warning
               JOIN record ON record.originator = warning.originator AND record.id = warning.record
               WHERE record.erased IS NULL ORDER BY warning.received DESC, warning.originator DESC, warning.record DESC";
    let rows: Vec<(String, String, i64, [u8; 32], String)> =
        all(connection, sql, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
    let mut warnings = Vec::new();
    let mut of: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    for (originator, record, received, digest, status) in rows {
        let (count, bytes) = of.entry((originator.clone(), status)).or_default();
        if *count >= MAX_WARNINGS || *bytes > MAX_BYTES {
            continue;
        }
        let Some(content) = reader.body(&digest)? else { continue };
        *count += 1;
        *bytes += content.len();
        if *bytes <= MAX_BYTES {
            warnings.push(StoredWarning { originator: originator.into(), record: record.into(), received, content });
        }
    }
    warnings.reverse();
    Ok(warnings)
}

/// A signed statement with who gave it to us.
fn told(row: &Row<'_>) -> rusqlite::Result<StoredStatement> {
    Ok(StoredStatement { signed: signed(row)?, from: row.get::<_, String>(2)?.into(), known: row.get(3)? })
}

fn signed(row: &Row<'_>) -> rusqlite::Result<Signed> {
    Ok(Signed { statement: row.get(0)?, signature: row.get(1)? })
}

fn head(reader: &Reader, tree: &str, size: u64) -> Result<Frontier, StoreError> {
    Frontier::load(size, &|level, index| reader.node(tree, level, index).ok().flatten())
        .map_err(|error| StoreError::Damaged(error.to_string()))
}

fn records(connection: &Connection) -> Result<Vec<StoredRecord>, StoreError> {
    let sql = "SELECT statement, signature, line, texts, entered, erased FROM record ORDER BY originator, id";
    let rows: Vec<(Signed, String, String, i64, Option<i64>)> =
        all(connection, sql, |row| Ok((signed(row)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)))?;
    rows.into_iter()
        .map(|(origin, line, texts, entered, erased)| {
            let damaged = || StoreError::Damaged("versions of agreements".to_owned());
            let texts: Vec<(String, String)> = serde_json::from_str(&texts).map_err(|_| damaged())?;
            let texts = texts.into_iter().map(|(id, hash)| {
                let hash = hex::decode(&hash).and_then(|hash| hash.try_into().ok()).ok_or_else(damaged)?;
                Ok((id, InstrumentHash(hash)))
            });
            Ok(StoredRecord { origin, line, texts: texts.collect::<Result<_, StoreError>>()?, entered, erased })
        })
        .collect()
}

fn recalls(connection: &Connection) -> Result<Vec<StoredRecall>, StoreError> {
    type Columns = (Signed, String, String, Option<String>, Option<[u8; 16]>, i64);
    let sql = "SELECT statement, signature, told_by, of, cause_by, cause_number, known FROM recall ORDER BY number";
    let rows: Vec<Columns> = all(connection, sql, |row| {
        Ok((signed(row)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
    })?;
    rows.into_iter()
        .map(|(signed, from, of, by, number, known)| {
            let of: Vec<(String, Vec<(String, u64)>)> =
                serde_json::from_str(&of).map_err(|_| StoreError::Damaged("whom a recall concerns".to_owned()))?;
            let of = of.into_iter().map(|(to, entries)| {
                let entries = entries.into_iter().map(|(word, index)| Ok((lane(&word)?, index)));
                Ok((to.into(), entries.collect::<Result<_, StoreError>>()?))
            });
            let cause = by.zip(number).map(|(by, number)| RecallName { by: by.into(), number });
            Ok(StoredRecall { signed, from: from.into(), of: of.collect::<Result<_, StoreError>>()?, cause, known })
        })
        .collect()
}

fn questions(connection: &Connection) -> Result<Vec<Question>, StoreError> {
    type Columns = (bool, String, Vec<u8>, String, i64);
    let rows: Vec<Columns> =
        all(connection, "SELECT ours, partner, bytes, state, asked FROM question ORDER BY asked", |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?;
    rows.into_iter()
        .map(|(ours, partner, bytes, state, asked)| {
            let question =
                ConsentRequest::from_bytes(&bytes).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let state =
                QuestionState::from_word(&state).ok_or_else(|| StoreError::Damaged(format!("state `{state}`")))?;
            Ok(Question { ours, partner: partner.into(), question, state, asked })
        })
        .collect()
}

pub(crate) fn lane(word: &str) -> Result<Lane, StoreError> {
    Lane::from_word(word).ok_or_else(|| StoreError::Damaged(format!("lane `{word}`")))
}

pub(crate) fn feed(partner: String, word: &str) -> Result<Feed, StoreError> {
    Ok(Feed { partner: partner.into(), lane: lane(word)? })
}

fn outgoing(connection: &Connection, reader: &Reader) -> Result<Vec<OutSnapshot>, StoreError> {
    let sizes: Vec<(String, String, i64)> =
        all(connection, "SELECT partner, lane, count(*) FROM outgoing GROUP BY partner, lane", |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    sizes
        .into_iter()
        .map(|(partner, lane, size)| {
            let feed = feed(partner, &lane)?;
            let tree = outgoing_tree(&feed);
            let acknowledged = reader.receipted(&tree)?;
            Ok(OutSnapshot {
                head: head(reader, &tree, u64::try_from(size).unwrap_or_default())?,
                acknowledged: head(reader, &tree, acknowledged)?,
                offered: reader.offered(&tree)?,
                exported: reader.exported(&tree)?,
                about: reader.about(&feed)?,
                checkpoint: reader.checkpoint(&tree)?,
                feed,
            })
        })
        .collect()
}

fn incoming(connection: &Connection, reader: &Reader) -> Result<Vec<InSnapshot>, StoreError> {
    type Columns = (String, String, String, Option<String>, Option<String>);
    let sql = "SELECT partner, lane, disposition, originator, record FROM incoming ORDER BY partner, lane, idx";
    let rows: Vec<Columns> =
        all(connection, sql, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
    type Known = (Vec<Disposition>, Vec<(u64, Party, RecordId)>);
    let mut feeds: BTreeMap<Feed, Known> = BTreeMap::new();
    for (partner, lane, word, originator, record) in rows {
        let said = Disposition::from_word(&word).ok_or_else(|| StoreError::Damaged(format!("disposition `{word}`")))?;
        let (dispositions, about) = feeds.entry(feed(partner, &lane)?).or_default();
        let index = u64::try_from(dispositions.len()).unwrap_or_default();
        about.extend(originator.zip(record).map(|(originator, record)| (index, originator.into(), record.into())));
        dispositions.push(said);
    }
    feeds
        .into_iter()
        .map(|(feed, (dispositions, about))| {
            let size = u64::try_from(dispositions.len()).unwrap_or_default();
            let checkpoint = reader.incoming_checkpoint(&feed)?;
            Ok(InSnapshot { head: head(reader, &incoming_tree(&feed), size)?, feed, dispositions, about, checkpoint })
        })
        .collect()
}
