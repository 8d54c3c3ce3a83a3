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
use serde::de::DeserializeOwned;

use crate::{
    Reader, Store, StoreError, content,
    engine::{Engine, Row, values},
    incoming_tree, ledger_tree, outgoing_tree,
    write::number,
};

impl Store {
    /// What the last committed batch left.
    ///
    /// # Errors
    /// When the store is damaged or cannot be read.
    pub fn load(&self) -> Result<Snapshot, StoreError> {
        let engine = &self.engine;
        let reader = self.reader()?;
        Ok(Snapshot {
            parties: all(engine, "SELECT note FROM party ORDER BY party", |row| row.get(0))?,
            removed: reader.removed()?,
            agreements: all(engine, "SELECT text FROM agreement ORDER BY number", |row| row.get(0))?,
            acts: known(engine, "act")?,
            told: all(engine, "SELECT subject, partner, idx FROM told ORDER BY subject, partner", |row| {
                Ok((row.get(0)?, row.get(1)?, u64::try_from(row.get::<i64>(2)?).unwrap_or_default()))
            })?,
            worlds: BTreeSet::from_iter(all(engine, "SELECT digest FROM world", |row| row.get(0))?),
            records: records(engine)?,
            questions: questions(engine)?,
            consents: known(engine, "consent")?,
            standing: known(engine, "standing_consent")?,
            consents_withdrawn: known(engine, "consent_withdrawal")?,
            approvals: json(engine, "SELECT approval FROM approval ORDER BY number")?,
            recalls: recalls(engine)?,
            recall_answers: known(engine, "recall_answer")?,
            spared: json(engine, "SELECT spared FROM spared ORDER BY number")?,
            holds: json(engine, "SELECT hold FROM hold ORDER BY number")?,
            waiting: json(engine, "SELECT waiting FROM waiting ORDER BY number")?,
            emergencies: json(engine, "SELECT emergency FROM emergency ORDER BY number")?,
            commitments: known(engine, "commitment")?,
            meetings: known(engine, "meeting")?,
            attempts: json(engine, "SELECT attempt FROM attempt ORDER BY number")?,
            named: json(engine, "SELECT named FROM named ORDER BY originator, record")?,
            relabellings: known(engine, "relabelling")?,
            compromises: known(engine, "compromise")?,
            warnings: warnings(engine, &reader)?,
            acknowledgements: known(engine, "alert_acknowledgement")?,
            incidents: json(engine, "SELECT incident FROM incident ORDER BY number")?,
            discharged: json(engine, "SELECT discharge FROM discharge ORDER BY number")?,
            consultations: all(
                engine,
                "SELECT statement, signature, told_by, known, incident FROM consult_raise ORDER BY number",
                |row| Ok((told(row)?, row.get(4)?)),
            )?,
            consult_steps: all(
                engine,
                "SELECT statement, signature, told_by, known FROM consult_step ORDER BY number",
                told,
            )?,
            waivers: all(engine, "SELECT statement, signature, told_by, known FROM waiver ORDER BY number", told)?,
            deadlines: all(engine, "SELECT subject FROM deadline ORDER BY subject", |row| row.get(0))?,
            affected: json(engine, "SELECT affected FROM affected ORDER BY number")?,
            outgoing: outgoing(engine, &reader)?,
            incoming: incoming(engine, &reader)?,
            ledger: ledger(engine, &reader)?,
            witnessed: reader.witnessed()?,
            contents: content::load(engine)?,
            cosigned: reader.cosigned()?,
            restoring: reader.restoring()?,
        })
    }
}

fn ledger(engine: &Engine, reader: &Reader) -> Result<LedgerSnapshot, StoreError> {
    let volume = reader.volume()?;
    let all = count(engine, "SELECT count(*) FROM interval")?;
    let size: i64 = engine.one("SELECT count(*) FROM interval WHERE volume = $1", values![number(volume)])?;
    let size = u64::try_from(size).unwrap_or_default();
    let last = match all.checked_sub(1) {
        Some(last) => reader.intervals(last, 1)?.pop(),
        None => None,
    };
    let (from, first) = last.map_or((0, 0), |last| (last.until, last.next));
    let open = reader.open_interval()?;
    let next = count(engine, "SELECT count(*) FROM statement")?;
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
    engine: &Engine,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    engine.rows(sql, &[], read)
}

fn count(engine: &Engine, sql: &str) -> Result<u64, StoreError> {
    let count: i64 = engine.one(sql, &[])?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// Signed statements of one kind, each with the moment in which it became known here.
fn known(engine: &Engine, table: &'static str) -> Result<Vec<(Signed, i64)>, StoreError> {
    let sql = format!("SELECT statement, signature, known FROM {table} ORDER BY number");
    all(engine, &sql, |row| Ok((signed(row)?, row.get(2)?)))
}

/// Rows of one column of JSON.
fn json<T: DeserializeOwned>(engine: &Engine, sql: &str) -> Result<Vec<T>, StoreError> {
    let texts: Vec<String> = all(engine, sql, |row| row.get(0))?;
    let values = texts.iter().map(|text| serde_json::from_str(text));
    values.map(|value| value.map_err(|error| StoreError::Damaged(error.to_string()))).collect()
}

/// What is looked at of a record's line.
#[derive(serde::Deserialize)]
struct Line {
    status: Option<String>,
}

/// Warnings whose content is still here: of any other nobody can say any more what it said. Of each originator and status the
/// latest, as many as a node remembers: no more are opened.
fn warnings(engine: &Engine, reader: &Reader) -> Result<Vec<StoredWarning>, StoreError> {
    let sql = "SELECT warning.originator, warning.record, warning.received, record.digest,
                      record.line FROM warning
               JOIN record ON record.originator = warning.originator AND record.id = warning.record
               WHERE record.erased IS NULL ORDER BY warning.received DESC, warning.originator DESC, warning.record DESC";
    let rows: Vec<(String, String, i64, [u8; 32], String)> =
        all(engine, sql, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
    let mut warnings = Vec::new();
    let mut of: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    for (originator, record, received, digest, line) in rows {
        let line: Line = serde_json::from_str(&line).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let status = line.status.unwrap_or_else(|| "actual".to_owned());
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
fn told(row: &Row<'_>) -> Result<StoredStatement, StoreError> {
    Ok(StoredStatement { signed: signed(row)?, from: row.get::<String>(2)?.into(), known: row.get(3)? })
}

fn signed(row: &Row<'_>) -> Result<Signed, StoreError> {
    Ok(Signed { statement: row.get(0)?, signature: row.get(1)? })
}

fn head(reader: &Reader, tree: &str, size: u64) -> Result<Frontier, StoreError> {
    Frontier::load(size, &|level, index| reader.node(tree, level, index).ok().flatten())
        .map_err(|error| StoreError::Damaged(error.to_string()))
}

fn records(engine: &Engine) -> Result<Vec<StoredRecord>, StoreError> {
    let sql = "SELECT statement, signature, line, texts, entered, erased FROM record ORDER BY originator, id";
    let rows: Vec<(Signed, String, String, i64, Option<i64>)> =
        all(engine, sql, |row| Ok((signed(row)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)))?;
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

fn recalls(engine: &Engine) -> Result<Vec<StoredRecall>, StoreError> {
    type Columns = (Signed, String, String, Option<String>, Option<[u8; 16]>, i64);
    let sql = "SELECT statement, signature, told_by, of, cause_by, cause_number, known FROM recall ORDER BY number";
    let rows: Vec<Columns> =
        all(engine, sql, |row| Ok((signed(row)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?)))?;
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

fn questions(engine: &Engine) -> Result<Vec<Question>, StoreError> {
    type Columns = (bool, String, Vec<u8>, String, i64);
    let rows: Vec<Columns> =
        all(engine, "SELECT ours, partner, bytes, state, asked FROM question ORDER BY asked, ours, request", |row| {
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

fn outgoing(engine: &Engine, reader: &Reader) -> Result<Vec<OutSnapshot>, StoreError> {
    let sizes: Vec<(String, String, i64)> = all(
        engine,
        "SELECT partner, lane, count(*) FROM outgoing GROUP BY partner, lane ORDER BY partner, lane",
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
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

fn incoming(engine: &Engine, reader: &Reader) -> Result<Vec<InSnapshot>, StoreError> {
    type Columns = (String, String, String, Option<String>, Option<String>);
    let sql = "SELECT partner, lane, disposition, originator, record FROM incoming ORDER BY partner, lane, idx";
    let rows: Vec<Columns> =
        all(engine, sql, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
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
