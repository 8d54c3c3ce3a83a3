//! One statement for each change. Everything here runs inside the one transaction of a batch.

use entente_formats::{
    hex,
    wire::{Canonical, Origin, Signed},
};
use entente_log::{Node, leaf_hash};
use entente_node::{
    Op,
    consult::StoredStatement,
    op::{Cosigned, ReceivedEntry, RecoveredEntry, StoredRecall},
};
use rusqlite::{Transaction, params};

use crate::{
    StoreError, content,
    erasure::{ContentKey, Sealed},
    incoming_tree, ledger_tree, outgoing_tree,
};

/// How many keys an operation needs for what it keeps encrypted.
pub(crate) fn keys_needed(op: &Op) -> usize {
    match op {
        Op::Body { .. } | Op::Received { entry: ReceivedEntry::Envelope(_), .. } | Op::ContentOffered(_, Some(_)) => 1,
        // The key that opens what comes, and that of the file in which it is kept.
        Op::ContentAwaited { .. } => 2,
        _ => 0,
    }
}

pub(crate) fn seal(keys: &mut Vec<ContentKey>, content: &[u8]) -> Result<Sealed, StoreError> {
    keys.pop().ok_or(StoreError::Cipher)?.seal(content)
}

/// Keeps one change. `keys` has as many as the changes so far [need](keys_needed).
pub(crate) fn op(transaction: &Transaction<'_>, op: &Op, keys: &mut Vec<ContentKey>) -> Result<(), StoreError> {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<(), StoreError> {
        transaction.prepare_cached(sql)?.execute(values)?;
        Ok(())
    };
    match op {
        Op::Party { party, note } => {
            run("INSERT OR REPLACE INTO party (party, note) VALUES (?, ?)", params![party.as_str(), note])
        }
        Op::PartyRemoved { party, at } => {
            run("UPDATE party SET removed = ? WHERE party = ?", params![at, party.as_str()])
        }
        Op::Agreement { text } => run("INSERT INTO agreement (text) VALUES (?)", params![text]),
        Op::Act { signed, known } => keep_signed(transaction, "act", signed, *known),
        Op::Told { subject, to, index } => run(
            "INSERT OR REPLACE INTO told (subject, partner, idx) VALUES (?, ?, ?)",
            params![subject, to.as_str(), number(*index)],
        ),
        Op::World { digest, text } => {
            run("INSERT OR IGNORE INTO world (digest, text) VALUES (?, ?)", params![digest, text])
        }
        Op::Record(stored) => {
            let origin =
                Origin::from_bytes(&stored.origin.statement).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let texts: Vec<(&str, String)> =
                stored.texts.iter().map(|(id, hash)| (id.as_str(), hex::encode(&hash.0))).collect();
            run(
                "INSERT OR REPLACE INTO record
                 (originator, id, statement, signature, digest, line, texts, entered, erased)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    origin.originator,
                    origin.id,
                    stored.origin.statement,
                    stored.origin.signature,
                    origin.digest,
                    stored.line,
                    serde_json::json!(texts).to_string(),
                    stored.entered,
                    stored.erased
                ],
            )
        }
        Op::Body { digest, content } => {
            let known = "SELECT 1 FROM body WHERE digest = ?1 UNION ALL SELECT 1 FROM large WHERE digest = ?1";
            let mut known = transaction.prepare_cached(known)?;
            if known.exists([digest])? {
                return Ok(());
            }
            let sealed = seal(keys, content)?;
            run("INSERT INTO body (digest, content, key) VALUES (?, ?, ?)", params![digest, sealed.bytes, sealed.key])
        }
        Op::LargeBody { .. }
        | Op::ContentOffered(..)
        | Op::ContentLeft { .. }
        | Op::ContentSaid { .. }
        | Op::ContentAwaited { .. }
        | Op::ContentSettled { .. }
        | Op::ContentTold { .. } => content::keep(transaction, op, keys),
        Op::Recall(recall) => keep_recall(transaction, recall),
        Op::RecallAnswer { signed, known } => keep_signed(transaction, "recall_answer", signed, *known),
        Op::Relabelling { signed, known } => keep_signed(transaction, "relabelling", signed, *known),
        Op::Compromise { signed, known } => keep_signed(transaction, "compromise", signed, *known),
        Op::Warning(warning) => run(
            "INSERT OR IGNORE INTO warning (originator, record, received) VALUES (?, ?, ?)",
            params![warning.originator.as_str(), warning.record.as_str(), warning.received],
        ),
        Op::AlertAcknowledged { signed, known } => keep_signed(transaction, "alert_acknowledgement", signed, *known),
        Op::Incident(incident) => {
            let text = serde_json::to_string(incident).map_err(|error| StoreError::Damaged(error.to_string()))?;
            run("INSERT INTO incident (incident) VALUES (?)", params![text])
        }
        Op::Discharged(discharge) => {
            let text = serde_json::to_string(discharge).map_err(|error| StoreError::Damaged(error.to_string()))?;
            run("INSERT INTO discharge (discharge) VALUES (?)", params![text])
        }
        Op::ConsultRaise { stored: StoredStatement { signed, from, known }, incident } => run(
            "INSERT INTO consult_raise (statement, signature, told_by, known, incident) VALUES (?, ?, ?, ?, ?)",
            params![signed.statement, signed.signature, from.as_str(), known, incident],
        ),
        Op::ConsultStep(stored) => keep_told(transaction, "consult_step", stored),
        Op::Waiver(stored) => keep_told(transaction, "waiver", stored),
        Op::AlarmNoted { alarm, at, person, note } => run(
            "INSERT OR IGNORE INTO alarm_noted (alarm, at, person, note) VALUES (?, ?, ?, ?)",
            params![number(*alarm), at, person, note],
        ),
        Op::Deadline { subject, at } => {
            run("INSERT OR IGNORE INTO deadline (subject, at) VALUES (?, ?)", params![subject, at])
        }
        Op::Spared(spared) => {
            let text = serde_json::to_string(spared).map_err(|error| StoreError::Damaged(error.to_string()))?;
            run("INSERT INTO spared (spared) VALUES (?)", params![text])
        }
        Op::Hold(hold) => {
            let text = serde_json::to_string(hold).map_err(|error| StoreError::Damaged(error.to_string()))?;
            run("INSERT INTO hold (hold) VALUES (?)", params![text])
        }
        Op::Waiting(waiting) => {
            let text = serde_json::to_string(waiting).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let sql = "INSERT INTO waiting (number, waiting) VALUES (?, ?)
                       ON CONFLICT DO UPDATE SET waiting = excluded.waiting";
            run(sql, params![number(waiting.number), text])
        }
        Op::Emergency(emergency) => {
            let text = serde_json::to_string(emergency).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let sql = "INSERT INTO emergency (number, emergency) VALUES (?, ?)
                       ON CONFLICT DO UPDATE SET emergency = excluded.emergency";
            run(sql, params![number(emergency.number), text])
        }
        Op::Commitment { signed, known } => keep_signed(transaction, "commitment", signed, *known),
        Op::Meeting { signed, known } => keep_signed(transaction, "meeting", signed, *known),
        Op::Attempt(attempt) => {
            let text = serde_json::to_string(attempt).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let sql = "INSERT INTO attempt (number, attempt) VALUES (?, ?)
                       ON CONFLICT DO UPDATE SET attempt = excluded.attempt";
            run(sql, params![number(attempt.number), text])
        }
        Op::Named(names) => {
            let text = serde_json::to_string(names).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let sql = "INSERT INTO named (originator, record, named) VALUES (?, ?, ?)
                       ON CONFLICT DO UPDATE SET named = excluded.named";
            run(sql, params![names.originator, names.record, text])
        }
        Op::Erased { originator, record, digest, at } => {
            let (originator, record) = (originator.as_str(), record.as_str());
            run("UPDATE record SET erased = ? WHERE originator = ? AND id = ?", params![at, originator, record])?;
            // Two records may have the same content.
            let unused =
                "digest = ? AND NOT EXISTS (SELECT 1 FROM record WHERE digest = body.digest AND erased IS NULL)";
            let came = "originator = ? AND record = ? AND key IS NOT NULL";
            // The secrets are destroyed once this is kept: from then on every copy of what they open is closed.
            run(&format!("INSERT OR IGNORE INTO doomed (key) SELECT key FROM body WHERE {unused}"), params![digest])?;
            content::erase(transaction, originator, record, digest)?;
            run(
                &format!("INSERT OR IGNORE INTO doomed (key) SELECT key FROM incoming WHERE {came}"),
                params![originator, record],
            )?;
            run(&format!("DELETE FROM body WHERE {unused}"), params![digest])?;
            run(&format!("UPDATE incoming SET envelope = NULL, key = NULL WHERE {came}"), params![originator, record])
        }
        Op::Question(question) => run(
            "INSERT OR REPLACE INTO question (ours, request, partner, bytes, state, asked) VALUES (?, ?, ?, ?, ?, ?)",
            params![
                question.ours,
                question.question.request,
                question.partner.as_str(),
                question.question.to_bytes(),
                question.state.as_str(),
                question.asked
            ],
        ),
        Op::Consent { signed, known } => keep_signed(transaction, "consent", signed, *known),
        Op::Standing { signed, known } => keep_signed(transaction, "standing_consent", signed, *known),
        Op::ConsentWithdrawal { signed, known } => keep_signed(transaction, "consent_withdrawal", signed, *known),
        Op::Affected(affected) => {
            let text = serde_json::to_string(affected).map_err(|error| StoreError::Damaged(error.to_string()))?;
            run(
                "INSERT OR REPLACE INTO affected (number, affected) VALUES (?, ?)",
                params![number(affected.number), text],
            )
        }
        Op::Approval(approval) => {
            let text = serde_json::to_string(approval).map_err(|error| StoreError::Damaged(error.to_string()))?;
            run("INSERT INTO approval (approval) VALUES (?)", params![text])
        }
        Op::Sequence(sequenced) => {
            let feed = sequenced.feed();
            let about = sequenced.about().map(serde_json::to_string).transpose();
            let about = about.map_err(|error| StoreError::Damaged(error.to_string()))?;
            let envelope = sequenced.item();
            run(
                "INSERT INTO outgoing (partner, lane, idx, leaf, about, expires, envelope) VALUES (?, ?, ?, ?, ?, ?, ?)",
                params![
                    feed.partner.as_str(),
                    feed.lane.as_str(),
                    number(sequenced.index()),
                    sequenced.leaf(),
                    about,
                    envelope.header().expires,
                    envelope.bytes()
                ],
            )?;
            grow(transaction, &outgoing_tree(feed), sequenced.index(), sequenced.leaf(), sequenced.nodes())
        }
        Op::Offered { feed, end, at } => {
            // What was withdrawn before it was offered never leaves.
            run(
                "UPDATE outgoing SET left_at = ? WHERE partner = ? AND lane = ? AND idx < ? AND left_at IS NULL
                 AND about IS NOT NULL AND withdrawal IS NULL
                 AND idx >= coalesce((SELECT size FROM offered WHERE tree = ?), 0)",
                params![at, feed.partner.as_str(), feed.lane.as_str(), number(*end), outgoing_tree(feed)],
            )?;
            run("INSERT OR REPLACE INTO offered (tree, size) VALUES (?, ?)", params![outgoing_tree(feed), number(*end)])
        }
        Op::HeldBack { feed, from } => {
            run(
                "UPDATE outgoing SET left_at = NULL WHERE partner = ? AND lane = ? AND idx >= ?
                 AND idx < coalesce((SELECT size FROM offered WHERE tree = ?), 0)",
                params![feed.partner.as_str(), feed.lane.as_str(), number(*from), outgoing_tree(feed)],
            )?;
            run("UPDATE offered SET size = min(size, ?) WHERE tree = ?", params![number(*from), outgoing_tree(feed)])
        }
        Op::Exported { feed, end } => run(
            "INSERT OR REPLACE INTO exported (tree, size) VALUES (?, ?)",
            params![outgoing_tree(feed), number(*end)],
        ),
        Op::Withdraw { feed, index, withdrawal, late } => run(
            "UPDATE outgoing SET withdrawal = ?, withdrawal_signature = ?, withdrawn_late = ?
             WHERE partner = ? AND lane = ? AND idx = ?",
            params![
                withdrawal.statement,
                withdrawal.signature,
                late,
                feed.partner.as_str(),
                feed.lane.as_str(),
                number(*index)
            ],
        ),
        Op::Checkpoint { feed, size, note } => checkpoint(transaction, &outgoing_tree(feed), *size, note, None),
        Op::Receipt { feed, next, cosigned, from, dispositions, signed } => {
            for (index, disposition) in (*from..).zip(dispositions) {
                run(
                    "UPDATE outgoing SET disposition = ? WHERE partner = ? AND lane = ? AND idx = ?",
                    params![disposition.as_str(), feed.partner.as_str(), feed.lane.as_str(), number(index)],
                )?;
            }
            let (statement, signature) = signed.as_ref().map(|signed| (&signed.statement, &signed.signature)).unzip();
            run(
                "INSERT OR REPLACE INTO receipt (tree, size, note, dispositions, dispositions_signature)
                 VALUES (?, ?, ?, ?, ?)",
                params![outgoing_tree(feed), number(*next), cosigned, statement, signature],
            )
        }
        Op::Received { feed, index, leaf, entry, disposition, reason, about, at, nodes } => {
            let (sealed, withdrawal) = match entry {
                ReceivedEntry::Envelope(bytes) => (Some(seal(keys, bytes)?), None),
                ReceivedEntry::Withdrawn(signed) => (None, Some(signed)),
                ReceivedEntry::Recalled => (None, None),
            };
            let (originator, record) = about.as_ref().map(|(party, id)| (party.as_str(), id.as_str())).unzip();
            let (statement, signature) = withdrawal.map(|signed| (&signed.statement, &signed.signature)).unzip();
            run(
                "INSERT INTO incoming
                 (partner, lane, idx, leaf, envelope, key, withdrawal, withdrawal_signature, disposition, reason,
                  originator, record, at)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    feed.partner.as_str(),
                    feed.lane.as_str(),
                    number(*index),
                    leaf,
                    sealed.as_ref().map(|sealed| &sealed.bytes),
                    sealed.as_ref().map(|sealed| sealed.key),
                    statement,
                    signature,
                    disposition.as_str(),
                    reason,
                    originator,
                    record,
                    at
                ],
            )?;
            grow(transaction, &incoming_tree(feed), *index, leaf, nodes)
        }
        Op::Retried { feed, index, disposition, reason, about, is_recalled } => {
            let (originator, record) = about.as_ref().map(|(party, id)| (party.as_str(), id.as_str())).unzip();
            let (partner, lane, index) = (feed.partner.as_str(), feed.lane.as_str(), number(*index));
            run(
                "UPDATE incoming SET disposition = ?, reason = ?, originator = ?, record = ?
                 WHERE partner = ? AND lane = ? AND idx = ?",
                params![disposition.as_str(), reason, originator, record, partner, lane, index],
            )?;
            if *is_recalled {
                let entry = "partner = ? AND lane = ? AND idx = ? AND key IS NOT NULL";
                run(
                    &format!("INSERT INTO doomed (key) SELECT key FROM incoming WHERE {entry}"),
                    params![partner, lane, index],
                )?;
                run(
                    &format!("UPDATE incoming SET envelope = NULL, key = NULL WHERE {entry}"),
                    params![partner, lane, index],
                )?;
            }
            Ok(())
        }
        Op::PartnerCheckpoint { feed, held, note, proof } => {
            checkpoint(transaction, &incoming_tree(feed), *held, note, Some(proof))
        }
        Op::Alarm { at, partner, message, evidence } => run(
            "INSERT INTO alarm (at, partner, message, evidence) VALUES (?, ?, ?, ?)",
            params![at, partner.as_str(), message, evidence],
        ),
        Op::Statement { index, text, opening } => {
            run("INSERT INTO statement (idx, text, opening) VALUES (?, ?, ?)", params![number(*index), text, opening])
        }
        Op::Interval(closed) => {
            run(
                "INSERT INTO interval (idx, volume, leaf, until, next, salt)
                 VALUES ((SELECT coalesce(max(idx) + 1, 0) FROM interval), ?, ?, ?, ?, ?)",
                params![
                    number(closed.volume),
                    number(closed.index),
                    closed.interval.until,
                    number(closed.next),
                    closed.salt
                ],
            )?;
            let tree = ledger_tree(closed.volume);
            grow_leaf(transaction, &tree, closed.index, closed.interval.leaf(), &closed.nodes)
        }
        Op::OpenInterval { index, salt, note } => run(
            "INSERT OR REPLACE INTO open_interval (only, idx, salt, note) VALUES (1, ?, ?, ?)",
            params![number(*index), salt, note],
        ),
        Op::Witnessed(Cosigned { partner, size, note, at }) => run(
            "INSERT OR REPLACE INTO witnessed (partner, size, note, at) VALUES (?, ?, ?, ?)",
            params![partner.as_str(), number(*size), note, at],
        ),
        Op::Cosigned(Cosigned { partner, size, note, at }) => run(
            "INSERT OR REPLACE INTO cosigned (partner, origin, size, note, at) VALUES (?, ?, ?, ?, ?)",
            params![partner.as_str(), note.lines().next(), number(*size), note, at],
        ),
        Op::LedgerCheckpoint { volume, size, note } => {
            checkpoint(transaction, &ledger_tree(*volume), *size, note, None)
        }
        Op::Volume { number: begun, .. } => run("INSERT INTO volume (number) VALUES (?)", params![number(*begun)]),
        Op::Restoring(restoring) => {
            let text = serde_json::to_string(restoring).map_err(|error| StoreError::Damaged(error.to_string()))?;
            run("INSERT OR REPLACE INTO restoring (only, state) VALUES (1, ?)", params![text])
        }
        Op::Recovered { feed, index, leaf, entry, about, at, nodes } => {
            let about = about.as_ref().map(serde_json::to_string).transpose();
            let about = about.map_err(|error| StoreError::Damaged(error.to_string()))?;
            let (envelope, withdrawal) = match entry {
                RecoveredEntry::Envelope(bytes) => (bytes.as_slice(), None),
                RecoveredEntry::Withdrawn(signed) => (&[][..], Some(signed)),
                RecoveredEntry::Gone => (&[][..], None),
            };
            let (statement, signature) = withdrawal.map(|signed| (&signed.statement, &signed.signature)).unzip();
            run(
                "INSERT INTO outgoing (partner, lane, idx, leaf, about, envelope, withdrawal, withdrawal_signature,
                                       withdrawn_late, left_at, recovered)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, 1)",
                params![
                    feed.partner.as_str(),
                    feed.lane.as_str(),
                    number(*index),
                    leaf,
                    about,
                    envelope,
                    statement,
                    signature,
                    at
                ],
            )?;
            let tree = outgoing_tree(feed);
            run("INSERT OR REPLACE INTO offered (tree, size) VALUES (?, ?)", params![tree, number(*index + 1)])?;
            grow(transaction, &tree, *index, leaf, nodes)
        }
        Op::FellBack { feed, at, acknowledged } => run(
            "UPDATE receipt SET fallen = ? WHERE tree = ? AND size > ? AND fallen IS NULL",
            params![at, outgoing_tree(feed), number(acknowledged.size())],
        ),
    }
}

/// Signed statements of one kind, in the order in which they became known.
fn keep_signed(
    transaction: &Transaction<'_>,
    table: &'static str,
    signed: &Signed,
    known: i64,
) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO {table} (statement, signature, known) VALUES (?, ?, ?)");
    transaction.prepare_cached(&sql)?.execute(params![signed.statement, signed.signature, known])?;
    Ok(())
}

/// Signed statements of one kind, with who gave them to us.
fn keep_told(
    transaction: &Transaction<'_>,
    table: &'static str,
    StoredStatement { signed, from, known }: &StoredStatement,
) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO {table} (statement, signature, told_by, known) VALUES (?, ?, ?, ?)");
    let values = params![signed.statement, signed.signature, from.as_str(), known];
    transaction.prepare_cached(&sql)?.execute(values)?;
    Ok(())
}

fn keep_recall(transaction: &Transaction<'_>, recall: &StoredRecall) -> Result<(), StoreError> {
    let StoredRecall { signed, from, of, cause, known } = recall;
    let of: Vec<(&str, Vec<(&str, u64)>)> = of
        .iter()
        .map(|(to, entries)| (to.as_str(), entries.iter().map(|(lane, index)| (lane.as_str(), *index)).collect()))
        .collect();
    let (by, number) = cause.as_ref().map(|cause| (cause.by.as_str(), cause.number)).unzip();
    transaction
        .prepare_cached(
            "INSERT INTO recall (statement, signature, told_by, of, cause_by, cause_number, known)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            signed.statement,
            signed.signature,
            from.as_str(),
            serde_json::json!(of).to_string(),
            by,
            number,
            known
        ])?;
    Ok(())
}

fn checkpoint(
    transaction: &Transaction<'_>,
    tree: &str,
    size: u64,
    note: &str,
    proof: Option<&Vec<u8>>,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO checkpoint (tree, size, note, proof) VALUES (?, ?, ?, ?)")?
        .execute(params![tree, number(size), note, proof])?;
    Ok(())
}

/// A feed's leaf commits to the digest of its envelope.
fn grow(
    transaction: &Transaction<'_>,
    tree: &str,
    index: u64,
    digest: &[u8; 32],
    nodes: &[Node],
) -> Result<(), StoreError> {
    grow_leaf(transaction, tree, index, leaf_hash(digest), nodes)
}

fn grow_leaf(
    transaction: &Transaction<'_>,
    tree: &str,
    index: u64,
    leaf: entente_log::Hash,
    nodes: &[Node],
) -> Result<(), StoreError> {
    // Plain INSERT: two hashes for one place would be a fork, and fails here.
    let mut insert = transaction.prepare_cached("INSERT INTO node (tree, level, idx, hash) VALUES (?, ?, ?, ?)")?;
    insert.execute(params![tree, 0, number(index), leaf.as_bytes()])?;
    for node in nodes {
        insert.execute(params![tree, node.level, number(node.index), node.hash.as_bytes()])?;
    }
    Ok(())
}

/// SQLite's integers are signed; a tree has at most 2^62 leaves.
pub(crate) fn number(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}
