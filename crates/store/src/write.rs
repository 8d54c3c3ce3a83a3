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

use crate::{
    StoreError, content,
    engine::{Engine, Value, values},
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

/// Whether an operation may say of a content that it is to be destroyed.
pub(crate) fn may_doom(op: &Op) -> bool {
    matches!(op, Op::Erased { .. } | Op::Retried { .. } | Op::LargeBody { .. } | Op::ContentSettled { .. })
}

pub(crate) fn seal(keys: &mut Vec<ContentKey>, content: &[u8]) -> Result<Sealed, StoreError> {
    keys.pop().ok_or(StoreError::Cipher)?.seal(content)
}

/// Keeps one change. `keys` has as many as the changes so far [need](keys_needed).
pub(crate) fn op(engine: &Engine, op: &Op, keys: &mut Vec<ContentKey>) -> Result<(), StoreError> {
    let run = |sql: &str, values: &[Value<'_>]| engine.execute(sql, values);
    match op {
        Op::Party { party, note } => {
            // Who is added again is not removed any more.
            let sql = "INSERT INTO party (party, note) VALUES ($1, $2)
                       ON CONFLICT (party) DO UPDATE SET note = excluded.note, removed = NULL";
            run(sql, values![party.as_str(), note])
        }
        Op::PartyRemoved { party, at } => {
            run("UPDATE party SET removed = $1 WHERE party = $2", values![at, party.as_str()])
        }
        Op::Agreement { text } => keep_text(engine, "agreement", "text", text),
        Op::Act { signed, known } => keep_signed(engine, "act", signed, *known),
        Op::Told { subject, to, index } => run(
            "INSERT INTO told (subject, partner, idx) VALUES ($1, $2, $3)
             ON CONFLICT (subject, partner) DO UPDATE SET idx = excluded.idx",
            values![subject, to.as_str(), number(*index)],
        ),
        Op::World { digest, text } => {
            run("INSERT INTO world (digest, text) VALUES ($1, $2) ON CONFLICT DO NOTHING", values![digest, text])
        }
        Op::Record(stored) => {
            let origin =
                Origin::from_bytes(&stored.origin.statement).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let texts: Vec<(&str, String)> =
                stored.texts.iter().map(|(id, hash)| (id.as_str(), hex::encode(&hash.0))).collect();
            run(
                "INSERT INTO record (originator, id, statement, signature, digest, line, texts, entered, erased)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                 ON CONFLICT (originator, id) DO UPDATE SET statement = excluded.statement,
                 signature = excluded.signature, digest = excluded.digest, line = excluded.line,
                 texts = excluded.texts, entered = excluded.entered, erased = excluded.erased",
                values![
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
            // Sealed for nothing where it is there already: PostgreSQL would have to be waited for to know.
            let sealed = seal(keys, content)?;
            run(
                "INSERT INTO body (digest, content, key) SELECT $1, $2, $3
                 WHERE NOT EXISTS (SELECT 1 FROM large WHERE digest = $1) ON CONFLICT DO NOTHING",
                values![digest, sealed.bytes, sealed.key],
            )
        }
        Op::LargeBody { .. }
        | Op::ContentOffered(..)
        | Op::ContentLeft { .. }
        | Op::ContentSaid { .. }
        | Op::ContentAwaited { .. }
        | Op::ContentSettled { .. }
        | Op::ContentTold { .. } => content::keep(engine, op, keys),
        Op::Recall(recall) => keep_recall(engine, recall),
        Op::RecallAnswer { signed, known } => keep_signed(engine, "recall_answer", signed, *known),
        Op::Relabelling { signed, known } => keep_signed(engine, "relabelling", signed, *known),
        Op::Compromise { signed, known } => keep_signed(engine, "compromise", signed, *known),
        Op::Warning(warning) => run(
            "INSERT INTO warning (originator, record, received) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            values![warning.originator.as_str(), warning.record.as_str(), warning.received],
        ),
        Op::AlertAcknowledged { signed, known } => keep_signed(engine, "alert_acknowledgement", signed, *known),
        Op::Incident(incident) => {
            let text = serde_json::to_string(incident).map_err(|error| StoreError::Damaged(error.to_string()))?;
            keep_text(engine, "incident", "incident", &text)
        }
        Op::Discharged(discharge) => {
            let text = serde_json::to_string(discharge).map_err(|error| StoreError::Damaged(error.to_string()))?;
            keep_text(engine, "discharge", "discharge", &text)
        }
        Op::ConsultRaise { stored: StoredStatement { signed, from, known }, incident } => run(
            "INSERT INTO consult_raise (number, statement, signature, told_by, known, incident)
             VALUES ((SELECT coalesce(max(number), 0) + 1 FROM consult_raise), $1, $2, $3, $4, $5)",
            values![signed.statement, signed.signature, from.as_str(), known, incident],
        ),
        Op::ConsultStep(stored) => keep_told(engine, "consult_step", stored),
        Op::Waiver(stored) => keep_told(engine, "waiver", stored),
        Op::AlarmNoted { alarm, at, person, note } => run(
            "INSERT INTO alarm_noted (alarm, at, person, note) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            values![number(*alarm), at, person, note],
        ),
        Op::Deadline { subject, at } => {
            run("INSERT INTO deadline (subject, at) VALUES ($1, $2) ON CONFLICT DO NOTHING", values![subject, at])
        }
        Op::Spared(spared) => {
            let text = serde_json::to_string(spared).map_err(|error| StoreError::Damaged(error.to_string()))?;
            keep_text(engine, "spared", "spared", &text)
        }
        Op::Hold(hold) => {
            let text = serde_json::to_string(hold).map_err(|error| StoreError::Damaged(error.to_string()))?;
            keep_text(engine, "hold", "hold", &text)
        }
        Op::Waiting(waiting) => {
            let text = serde_json::to_string(waiting).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let sql = "INSERT INTO waiting (number, waiting) VALUES ($1, $2)
                       ON CONFLICT (number) DO UPDATE SET waiting = excluded.waiting";
            run(sql, values![number(waiting.number), text])
        }
        Op::Emergency(emergency) => {
            let text = serde_json::to_string(emergency).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let sql = "INSERT INTO emergency (number, emergency) VALUES ($1, $2)
                       ON CONFLICT (number) DO UPDATE SET emergency = excluded.emergency";
            run(sql, values![number(emergency.number), text])
        }
        Op::Commitment { signed, known } => keep_signed(engine, "commitment", signed, *known),
        Op::Meeting { signed, known } => keep_signed(engine, "meeting", signed, *known),
        Op::Attempt(attempt) => {
            let text = serde_json::to_string(attempt).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let sql = "INSERT INTO attempt (number, attempt) VALUES ($1, $2)
                       ON CONFLICT (number) DO UPDATE SET attempt = excluded.attempt";
            run(sql, values![number(attempt.number), text])
        }
        Op::Named(names) => {
            let text = serde_json::to_string(names).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let sql = "INSERT INTO named (originator, record, named) VALUES ($1, $2, $3)
                       ON CONFLICT (originator, record) DO UPDATE SET named = excluded.named";
            run(sql, values![names.originator, names.record, text])
        }
        Op::Erased { originator, record, digest, at } => {
            let (originator, record) = (originator.as_str(), record.as_str());
            run("UPDATE record SET erased = $1 WHERE originator = $2 AND id = $3", values![at, originator, record])?;
            // Two records may have the same content.
            let unused =
                "digest = $1 AND NOT EXISTS (SELECT 1 FROM record WHERE digest = body.digest AND erased IS NULL)";
            let came = "originator = $1 AND record = $2 AND key IS NOT NULL";
            // The secrets are destroyed once this is kept: from then on every copy of what they open is closed.
            let doomed = format!(
                "INSERT INTO doomed (key) SELECT key FROM body WHERE key IS NOT NULL AND {unused} ON CONFLICT DO NOTHING"
            );
            run(&doomed, values![digest])?;
            content::erase(engine, originator, record, digest)?;
            run(
                &format!("INSERT INTO doomed (key) SELECT key FROM incoming WHERE {came} ON CONFLICT DO NOTHING"),
                values![originator, record],
            )?;
            run(&format!("DELETE FROM body WHERE {unused}"), values![digest])?;
            run(&format!("UPDATE incoming SET envelope = NULL, key = NULL WHERE {came}"), values![originator, record])
        }
        Op::Question(question) => run(
            "INSERT INTO question (ours, request, partner, bytes, state, asked) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (ours, request) DO UPDATE SET partner = excluded.partner, bytes = excluded.bytes,
             state = excluded.state, asked = excluded.asked",
            values![
                question.ours,
                question.question.request,
                question.partner.as_str(),
                question.question.to_bytes(),
                question.state.as_str(),
                question.asked
            ],
        ),
        Op::Consent { signed, known } => keep_signed(engine, "consent", signed, *known),
        Op::Standing { signed, known } => keep_signed(engine, "standing_consent", signed, *known),
        Op::ConsentWithdrawal { signed, known } => keep_signed(engine, "consent_withdrawal", signed, *known),
        Op::Affected(affected) => {
            let text = serde_json::to_string(affected).map_err(|error| StoreError::Damaged(error.to_string()))?;
            run(
                "INSERT INTO affected (number, affected) VALUES ($1, $2)
                 ON CONFLICT (number) DO UPDATE SET affected = excluded.affected",
                values![number(affected.number), text],
            )
        }
        Op::Approval(approval) => {
            let text = serde_json::to_string(approval).map_err(|error| StoreError::Damaged(error.to_string()))?;
            keep_text(engine, "approval", "approval", &text)
        }
        Op::Sequence(sequenced) => {
            let feed = sequenced.feed();
            let about = sequenced.about().map(serde_json::to_string).transpose();
            let about = about.map_err(|error| StoreError::Damaged(error.to_string()))?;
            let envelope = sequenced.item();
            run(
                "INSERT INTO outgoing (partner, lane, idx, leaf, about, expires, envelope) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                values![
                    feed.partner.as_str(),
                    feed.lane.as_str(),
                    number(sequenced.index()),
                    sequenced.leaf(),
                    about,
                    envelope.header().expires,
                    envelope.bytes()
                ],
            )?;
            grow(engine, &outgoing_tree(feed), sequenced.index(), sequenced.leaf(), sequenced.nodes())
        }
        Op::Offered { feed, end, at } => {
            // What was withdrawn before it was offered never leaves.
            run(
                "UPDATE outgoing SET left_at = $1 WHERE partner = $2 AND lane = $3 AND idx < $4 AND left_at IS NULL
                 AND about IS NOT NULL AND withdrawal IS NULL
                 AND idx >= coalesce((SELECT size FROM offered WHERE tree = $5), 0)",
                values![at, feed.partner.as_str(), feed.lane.as_str(), number(*end), outgoing_tree(feed)],
            )?;
            set_size(engine, "offered", &outgoing_tree(feed), *end)
        }
        Op::HeldBack { feed, from } => {
            run(
                "UPDATE outgoing SET left_at = NULL WHERE partner = $1 AND lane = $2 AND idx >= $3
                 AND idx < coalesce((SELECT size FROM offered WHERE tree = $4), 0)",
                values![feed.partner.as_str(), feed.lane.as_str(), number(*from), outgoing_tree(feed)],
            )?;
            let sql = "UPDATE offered SET size = $1 WHERE tree = $2 AND size > $1";
            run(sql, values![number(*from), outgoing_tree(feed)])
        }
        Op::Exported { feed, end } => set_size(engine, "exported", &outgoing_tree(feed), *end),
        Op::Withdraw { feed, index, withdrawal, late } => run(
            "UPDATE outgoing SET withdrawal = $1, withdrawal_signature = $2, withdrawn_late = $3
             WHERE partner = $4 AND lane = $5 AND idx = $6",
            values![
                withdrawal.statement,
                withdrawal.signature,
                late,
                feed.partner.as_str(),
                feed.lane.as_str(),
                number(*index)
            ],
        ),
        Op::Checkpoint { feed, size, note } => checkpoint(engine, &outgoing_tree(feed), *size, note, None),
        Op::Receipt { feed, next, cosigned, from, dispositions, signed } => {
            for (index, disposition) in (*from..).zip(dispositions) {
                run(
                    "UPDATE outgoing SET disposition = $1 WHERE partner = $2 AND lane = $3 AND idx = $4",
                    values![disposition.as_str(), feed.partner.as_str(), feed.lane.as_str(), number(index)],
                )?;
            }
            let (statement, signature) = signed.as_ref().map(|signed| (&signed.statement, &signed.signature)).unzip();
            run(
                "INSERT INTO receipt (tree, size, note, dispositions, dispositions_signature)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (tree, size) DO UPDATE SET note = excluded.note, dispositions = excluded.dispositions,
                 dispositions_signature = excluded.dispositions_signature, fallen = NULL",
                values![outgoing_tree(feed), number(*next), cosigned, statement, signature],
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
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                values![
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
            grow(engine, &incoming_tree(feed), *index, leaf, nodes)
        }
        Op::Retried { feed, index, disposition, reason, about, is_recalled } => {
            let (originator, record) = about.as_ref().map(|(party, id)| (party.as_str(), id.as_str())).unzip();
            let (partner, lane, index) = (feed.partner.as_str(), feed.lane.as_str(), number(*index));
            run(
                "UPDATE incoming SET disposition = $1, reason = $2, originator = $3, record = $4
                 WHERE partner = $5 AND lane = $6 AND idx = $7",
                values![disposition.as_str(), reason, originator, record, partner, lane, index],
            )?;
            if *is_recalled {
                let entry = "partner = $1 AND lane = $2 AND idx = $3 AND key IS NOT NULL";
                run(
                    &format!("INSERT INTO doomed (key) SELECT key FROM incoming WHERE {entry}"),
                    values![partner, lane, index],
                )?;
                run(
                    &format!("UPDATE incoming SET envelope = NULL, key = NULL WHERE {entry}"),
                    values![partner, lane, index],
                )?;
            }
            Ok(())
        }
        Op::PartnerCheckpoint { feed, held, note, proof } => {
            checkpoint(engine, &incoming_tree(feed), *held, note, Some(proof))
        }
        Op::Alarm { at, partner, message, evidence } => run(
            "INSERT INTO alarm (number, at, partner, message, evidence)
             VALUES ((SELECT coalesce(max(number), 0) + 1 FROM alarm), $1, $2, $3, $4)",
            values![at, partner.as_str(), message, evidence],
        ),
        Op::Statement { index, text, opening } => run(
            "INSERT INTO statement (idx, text, opening) VALUES ($1, $2, $3)",
            values![number(*index), text, opening],
        ),
        Op::Interval(closed) => {
            run(
                "INSERT INTO interval (idx, volume, leaf, until, next, salt)
                 VALUES ((SELECT coalesce(max(idx) + 1, 0) FROM interval), $1, $2, $3, $4, $5)",
                values![
                    number(closed.volume),
                    number(closed.index),
                    closed.interval.until,
                    number(closed.next),
                    closed.salt
                ],
            )?;
            let tree = ledger_tree(closed.volume);
            grow_leaf(engine, &tree, closed.index, closed.interval.leaf(), &closed.nodes)
        }
        Op::OpenInterval { index, salt, note } => run(
            "INSERT INTO open_interval (\"only\", idx, salt, note) VALUES (1, $1, $2, $3)
             ON CONFLICT (\"only\") DO UPDATE SET idx = excluded.idx, salt = excluded.salt, note = excluded.note",
            values![number(*index), salt, note],
        ),
        Op::Witnessed(Cosigned { partner, size, note, at }) => run(
            "INSERT INTO witnessed (partner, size, note, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (partner) DO UPDATE SET size = excluded.size, note = excluded.note, at = excluded.at",
            values![partner.as_str(), number(*size), note, at],
        ),
        Op::Cosigned(Cosigned { partner, size, note, at }) => run(
            "INSERT INTO cosigned (partner, origin, size, note, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (partner, origin) DO UPDATE SET size = excluded.size, note = excluded.note, at = excluded.at",
            values![partner.as_str(), note.lines().next(), number(*size), note, at],
        ),
        Op::LedgerCheckpoint { volume, size, note } => checkpoint(engine, &ledger_tree(*volume), *size, note, None),
        Op::Volume { number: begun, .. } => run("INSERT INTO volume (number) VALUES ($1)", values![number(*begun)]),
        Op::Restoring(restoring) => {
            let text = serde_json::to_string(restoring).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let sql = "INSERT INTO restoring (\"only\", state) VALUES (1, $1)
                       ON CONFLICT (\"only\") DO UPDATE SET state = excluded.state";
            run(sql, values![text])
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
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, 1)",
                values![
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
            set_size(engine, "offered", &tree, *index + 1)?;
            grow(engine, &tree, *index, leaf, nodes)
        }
        Op::FellBack { feed, at, acknowledged } => run(
            "UPDATE receipt SET fallen = $1 WHERE tree = $2 AND size > $3 AND fallen IS NULL",
            values![at, outgoing_tree(feed), number(acknowledged.size())],
        ),
    }
}

/// What is kept as one text, in the order in which it came.
fn keep_text(engine: &Engine, table: &'static str, column: &'static str, text: &str) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO {table} (number, {column}) VALUES ({}, $1)", next(table));
    engine.execute(&sql, values![text])
}

/// The number behind the last one of a table: there is one writer, and a number that a failed transaction had is free again.
fn next(table: &'static str) -> String {
    format!("(SELECT coalesce(max(number), 0) + 1 FROM {table})")
}

fn set_size(engine: &Engine, table: &'static str, tree: &str, size: u64) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO {table} (tree, size) VALUES ($1, $2) ON CONFLICT (tree) DO UPDATE SET size = excluded.size"
    );
    engine.execute(&sql, values![tree, number(size)])
}

/// Signed statements of one kind, in the order in which they became known.
fn keep_signed(engine: &Engine, table: &'static str, signed: &Signed, known: i64) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO {table} (number, statement, signature, known) VALUES ({}, $1, $2, $3)", next(table));
    engine.execute(&sql, values![signed.statement, signed.signature, known])
}

/// Signed statements of one kind, with who gave them to us.
fn keep_told(
    engine: &Engine,
    table: &'static str,
    StoredStatement { signed, from, known }: &StoredStatement,
) -> Result<(), StoreError> {
    let number = next(table);
    let sql =
        format!("INSERT INTO {table} (number, statement, signature, told_by, known) VALUES ({number}, $1, $2, $3, $4)");
    engine.execute(&sql, values![signed.statement, signed.signature, from.as_str(), known])
}

fn keep_recall(engine: &Engine, recall: &StoredRecall) -> Result<(), StoreError> {
    let StoredRecall { signed, from, of, cause, known } = recall;
    let of: Vec<(&str, Vec<(&str, u64)>)> = of
        .iter()
        .map(|(to, entries)| (to.as_str(), entries.iter().map(|(lane, index)| (lane.as_str(), *index)).collect()))
        .collect();
    let (by, number) = cause.as_ref().map(|cause| (cause.by.as_str(), cause.number)).unzip();
    engine.execute(
        "INSERT INTO recall (number, statement, signature, told_by, of, cause_by, cause_number, known)
         VALUES ((SELECT coalesce(max(number), 0) + 1 FROM recall), $1, $2, $3, $4, $5, $6, $7)",
        values![
            signed.statement,
            signed.signature,
            from.as_str(),
            serde_json::json!(of).to_string(),
            by,
            number,
            known
        ],
    )
}

fn checkpoint(engine: &Engine, tree: &str, size: u64, note: &str, proof: Option<&Vec<u8>>) -> Result<(), StoreError> {
    engine.execute(
        "INSERT INTO checkpoint (tree, size, note, proof) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tree) DO UPDATE SET size = excluded.size, note = excluded.note, proof = excluded.proof",
        values![tree, number(size), note, proof],
    )
}

/// A feed's leaf commits to the digest of its envelope.
fn grow(engine: &Engine, tree: &str, index: u64, digest: &[u8; 32], nodes: &[Node]) -> Result<(), StoreError> {
    grow_leaf(engine, tree, index, leaf_hash(digest), nodes)
}

fn grow_leaf(
    engine: &Engine,
    tree: &str,
    index: u64,
    leaf: entente_log::Hash,
    nodes: &[Node],
) -> Result<(), StoreError> {
    // Plain INSERT: two hashes for one place would be a fork, and fails here.
    let insert = "INSERT INTO node (tree, level, idx, hash) VALUES ($1, $2, $3, $4)";
    engine.execute(insert, values![tree, 0_u8, number(index), leaf.as_bytes()])?;
    for node in nodes {
        engine.execute(insert, values![tree, node.level, number(node.index), node.hash.as_bytes()])?;
    }
    Ok(())
}

/// The integers of both engines are signed; a tree has at most 2^62 leaves.
pub(crate) fn number(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}
