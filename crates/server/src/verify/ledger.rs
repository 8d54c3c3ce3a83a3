//! The ledger: its tree, its decisions decided again, and what it tells of everything else in the store.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::time::Timestamp;
use entente_formats::{
    agreement, hex, label, national,
    request::{Answer, ConsentLine, HopLine, Line, RecordLine},
    wire::{
        ActStatement, Canonical, Compromise, ConsentStatement, ConsentWithdrawal, Origin, RecallAnswer,
        RecallStatement, Relabelling, Signed, StandingConsent,
        consult::{AlertAcknowledgement, CommitmentWord, RaiseStatement, StepStatement},
        payload,
    },
};
use entente_log::{Frontier, leaf_hash};
use entente_node::{
    Feed, Partner, consent, lane,
    ledger::Interval,
    restore::Word,
    standing,
    statement::{self, RecordOpening, Statement},
};
use entente_seal::Digest;
use entente_store::{OpenRow, Reader, StatementRow};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{Roots, STEP, Verified, VerifyError, is_signed, signed_by, words::Words};

/// What the ledger tells of feeds, records and parties, to be compared with them.
#[derive(Default)]
pub(super) struct Told {
    /// Leaves of the envelopes that permitted decisions were carried out with; whether each was found in a feed.
    permitted: BTreeMap<String, bool>,
    withdrawn: BTreeSet<(String, String, u64)>,
    /// The custody of each received record, as the last statement about it has it.
    custody: BTreeMap<(String, String), Vec<HopLine>>,
    fingerprints: BTreeSet<(String, String)>,
    /// Records that were called back, by a word that whoever gave it has signed.
    recalled: BTreeSet<(String, String)>,
    /// Records that a person destroyed; whether they have not come again since.
    destroyed: BTreeMap<(String, String), bool>,
    /// Records whose content came beside the feed, and is here.
    arrived: BTreeSet<(String, String)>,
    /// The content of each record that statements commit to, by its digest.
    committed: BTreeMap<(String, String), String>,
    /// Entries that came back from their recipients after a restore: recipient, lane, the first and the one behind the last.
    recovered: Vec<(String, String, u64, u64)>,
    /// The consents that decisions rested on, by the digest of what was signed.
    rested_on: BTreeMap<String, Vec<ConsentLine>>,
    /// Signed words and incidents.
    words: Words,
}

#[derive(Deserialize)]
struct Decided {
    request: Line,
    answer: Answer,
    world: String,
    /// SHA-256 of the signed statement of each consent of the request, in the same order. Decisions from before there were standing
    /// consents do not name them; since there are openings, every one does.
    consents: Option<Vec<String>>,
    envelope: Option<String>,
}

/// What became of a content that was fetched.
#[derive(Deserialize)]
struct Settled {
    record: String,
    originator: String,
    content: String,
}

#[derive(Deserialize)]
struct Destroyed {
    record: String,
    originator: String,
}

#[derive(Deserialize)]
struct Withdrawn {
    to: String,
    lane: String,
    index: u64,
}

#[derive(Deserialize)]
struct Recovered {
    to: String,
    lane: String,
    from: u64,
    until: u64,
}

#[derive(Deserialize)]
struct Restored {
    words: BTreeMap<String, Word>,
}

#[derive(Deserialize)]
struct Received {
    record: String,
    originator: String,
    custody: Vec<HopLine>,
}

#[derive(Deserialize)]
struct Known {
    party: String,
    fingerprint: String,
}

#[derive(Deserialize)]
struct WorldText {
    agreements: Vec<String>,
    national: Option<String>,
}

/// Verifies the volumes of the ledger, in order, and gathers what they tell. Every statement counts to the volume whose leaf
/// it is in.
pub(super) fn verify(reader: &Reader, own: &Partner, told: &mut Told) -> Result<Vec<Verified>, VerifyError> {
    let mut walk = Walk { reader, told, next: 0, replayed: 0, problems: Vec::new() };
    let volumes = reader.volumes()?;
    let (mut number, mut from, mut verified) = (0, 0, Vec::new());
    for (place, volume) in volumes.iter().enumerate() {
        let origin = lane::volume_origin(&own.party, *volume);
        let mut roots = Roots::new();
        let checkpoint = reader.volume_checkpoint(*volume)?;
        let signed = checkpoint.as_ref().map_or(0, |(size, _)| *size);
        if let Some((size, note)) = checkpoint {
            roots.expect(size, signed_by(note, origin.clone(), own.volume_keys(*volume)));
        }
        let (first, replayed, mut index) = (walk.next, walk.replayed, 0);
        loop {
            let rows = reader.intervals(number, STEP)?;
            let rows: Vec<_> = rows.into_iter().take_while(|row| row.volume == *volume).collect();
            if rows.is_empty() {
                break;
            }
            for row in rows {
                if row.number != number || row.index != index || row.until <= from {
                    walk.problems
                        .push(format!("interval {index} is not the one that follows, or ends before it begins"));
                }
                // The first holds what an older store had when its ledger began, which may be of the same minute, and what
                // was not in a leaf yet when a volume was left.
                let until = (index > 0).then_some(row.until);
                let tree = walk.private_tree(&row.salt, Some(row.next), until)?;
                roots.leaf(Interval { from, until: row.until, root: tree.root() }.to_string().as_bytes());
                (number, index, from) = (number + 1, index + 1, row.until);
            }
        }
        // A leaf is signed in the transaction that adds it: there is never one behind the checkpoint.
        if index != signed {
            walk.problems.push(format!("{index} intervals are here, {signed} are signed for"));
        }
        if place + 1 == volumes.len() {
            let open = reader.open_interval()?;
            let tree = walk.private_tree(&open.as_ref().map_or([0; 32], |open| open.salt), None, None)?;
            walk.problems.extend(open_holds(open, index, &tree, own).err());
        }
        roots.problems.append(&mut walk.problems);
        let (statements, replayed) = (Some(walk.next - first), Some(walk.replayed - replayed));
        verified.push(Verified { replayed, statements, ..roots.finish(origin) });
    }
    Ok(verified)
}

/// The interval that is not over is as it was signed when its last statement was made.
fn open_holds(open: Option<OpenRow>, index: u64, tree: &Frontier, own: &Partner) -> Result<(), String> {
    let Some(open) = open else {
        return Err("nothing is signed yet: start the node once, for its store is from before intervals".to_owned());
    };
    if open.index != index {
        return Err(format!("interval {} is said to be open, but {index} are over", open.index));
    }
    let origin = lane::open_interval_origin(&own.party, index);
    let keys = own.first_log_keys(&origin).map(|keys| vec![keys]);
    signed_by(open.note, origin, keys)(tree).map_err(|why| format!("the interval that is not over: {why}"))
}

/// The statements in their order, heard once each.
struct Walk<'a> {
    reader: &'a Reader,
    told: &'a mut Told,
    /// The number of the next statement.
    next: u64,
    replayed: u64,
    problems: Vec<String>,
}

impl Walk<'_> {
    /// The private tree of an interval, computed from the statements up to `end`, all of them made before `until`.
    fn private_tree(&mut self, salt: &[u8; 32], end: Option<u64>, until: Option<i64>) -> Result<Frontier, VerifyError> {
        let mut tree = Frontier::new();
        let mut append = |content: &[u8], problems: &mut Vec<String>| {
            problems.extend(tree.append(leaf_hash(content)).err().map(|error| error.to_string()));
        };
        append(salt, &mut self.problems);
        loop {
            let rest = end.map_or(STEP, |end| usize::try_from(end.saturating_sub(self.next)).unwrap_or(STEP).min(STEP));
            let rows = if rest == 0 { Vec::new() } else { self.reader.statement_rows(self.next, rest)? };
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                match self.told.hear(self.reader, self.next, row, until) {
                    Ok(decisions) => self.replayed += decisions,
                    Err(problem) => self.problems.push(format!("statement {}: {problem}", self.next)),
                }
                append(row.text.as_bytes(), &mut self.problems);
                self.next += 1;
            }
        }
        if let Some(end) = end.filter(|end| *end != self.next) {
            self.problems.push(format!("an interval ends with statement {end}, but {} are here", self.next));
        }
        Ok(tree)
    }
}

impl Told {
    /// Takes in one statement, of an interval that ends with `until`; how many decisions were replayed.
    fn hear(&mut self, reader: &Reader, index: u64, row: &StatementRow, until: Option<i64>) -> Result<u64, String> {
        let statement::Told { statement, record, content } = statement::read(&row.text, row.opening.as_deref())?;
        if statement.sequence != index {
            return Err(format!("it calls itself number {}", statement.sequence));
        }
        let made: Timestamp = statement.time.parse().map_err(|_| "its time is none".to_owned())?;
        if until.is_some_and(|until| made.as_second() >= until) {
            return Err("it was made after its interval was over".to_owned());
        }
        let wrong = |error: serde_json::Error| error.to_string();
        if let Some(RecordOpening { originator, id, digest, .. }) = &record {
            let known = self.committed.entry((originator.clone(), id.clone())).or_insert_with(|| digest.clone());
            if known != digest {
                return Err(format!("it commits to another content of `{id}` of {originator} than one before it"));
            }
        }
        self.words.hear(&statement.kind, &content);
        match statement.kind.as_str() {
            "decision" => {
                let decided: Decided = serde_json::from_value(content).map_err(wrong)?;
                replay(reader, &decided)?;
                if row.opening.is_some() {
                    shows_what_it_says(&statement, record.as_ref(), &decided)?;
                }
                match decided.consents {
                    None if row.opening.is_none() => {}
                    digests => self.rest_on(digests.unwrap_or_default(), decided.request.consents)?,
                }
                if let Some(leaf) = decided.envelope {
                    if decided.answer.verdict != "permit" {
                        return Err("a denied release was carried out".to_owned());
                    }
                    self.permitted.insert(leaf, false);
                }
                return Ok(1);
            }
            "withdrawn" => {
                let Withdrawn { to, lane, index } = serde_json::from_value(content).map_err(wrong)?;
                self.withdrawn.insert((to, lane, index));
            }
            "recovered" => {
                let Recovered { to, lane, from, until } = serde_json::from_value(content).map_err(wrong)?;
                self.recovered.push((to, lane, from, until));
            }
            "restored" => {
                let Restored { words } = serde_json::from_value(content).map_err(wrong)?;
                self.hear_words(words);
            }
            "received" => {
                let Received { record, originator, custody } = serde_json::from_value(content).map_err(wrong)?;
                let name = (originator, record);
                if let Some(is_gone) = self.destroyed.get_mut(&name) {
                    *is_gone = false;
                }
                self.custody.insert(name, custody);
            }
            // What nobody gives any more is gone as if a person had destroyed it.
            "destroyed" | "content-given-up" => {
                let Destroyed { record, originator } = serde_json::from_value(content).map_err(wrong)?;
                self.destroyed.insert((originator, record), true);
            }
            "content" => {
                let Settled { record, originator, content } = serde_json::from_value(content).map_err(wrong)?;
                if content == "held" {
                    self.arrived.insert((originator, record));
                }
            }
            "erased" => {
                let Destroyed { record, originator } = serde_json::from_value(content).map_err(wrong)?;
                self.arrived.remove(&(originator, record));
            }
            "party" => {
                let Known { party, fingerprint } = serde_json::from_value(content).map_err(wrong)?;
                self.fingerprints.insert((party, fingerprint));
            }
            _ => {}
        }
        Ok(0)
    }

    /// Notes the consents that a decision rested on, each with the digest of what was signed.
    fn rest_on(&mut self, digests: Vec<String>, consents: Vec<ConsentLine>) -> Result<(), String> {
        if digests.len() != consents.len() {
            return Err("a consent that it rests on has no signed statement".to_owned());
        }
        for (digest, line) in digests.into_iter().zip(consents) {
            let lines = self.rested_on.entry(digest).or_default();
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        Ok(())
    }

    /// Whether a permitted decision was carried out with this envelope.
    pub(super) fn was_permitted(&mut self, leaf: &[u8; 32]) -> bool {
        match self.permitted.get_mut(&hex::encode(leaf)) {
            Some(found) => {
                *found = true;
                true
            }
            None => false,
        }
    }

    /// What partners gave back after a restore, by their words and what was here before.
    pub(super) fn hear_words(&mut self, words: BTreeMap<String, Word>) {
        for (to, Word { told, kept, .. }) in words {
            for (lane, (until, _)) in told.map(|told| told.feeds).unwrap_or_default() {
                let from = kept.get(&lane).copied().unwrap_or_default();
                self.recovered.push((to.clone(), lane, from, until));
            }
        }
    }

    /// These are destroyed, whatever the ledger tells.
    pub(super) fn destroyed_besides(&mut self, records: Vec<(String, String)>) {
        self.destroyed.extend(records.into_iter().map(|record| (record, true)));
    }

    /// Which records somebody has called back.
    pub(super) fn hear_recalls(&mut self, reader: &Reader, partners: &[Partner]) -> Result<(), VerifyError> {
        for signed in reader.recalls()? {
            let Ok(recall) = RecallStatement::from_bytes(&signed.statement) else { continue };
            let by = partners.iter().find(|partner| partner.party.as_str() == recall.by);
            if by.is_some_and(|by| is_signed(by, payload::RECALL, &signed.statement, &signed.signature)) {
                self.recalled.insert((recall.originator, recall.record));
            }
        }
        Ok(())
    }

    /// Whether a record was called back or destroyed: then nothing need be left of the envelopes that brought it.
    pub(super) fn was_given_up(&self, record: &(String, String)) -> bool {
        self.recalled.contains(record) || self.destroyed.contains_key(record)
    }

    /// The same, and it has not come again: then its content need not be here.
    fn may_be_gone(&self, record: &(String, String)) -> bool {
        self.recalled.contains(record) || self.destroyed.get(record) == Some(&true)
    }

    /// Whether an entry came back from its recipient, as the ledger says.
    pub(super) fn was_recovered(&self, feed: &Feed, index: u64) -> bool {
        self.recovered.iter().any(|(to, lane, from, until)| {
            to == feed.partner.as_str() && lane == feed.lane.as_str() && (*from..*until).contains(&index)
        })
    }

    pub(super) fn was_withdrawn(&self, feed: &Feed, index: u64) -> bool {
        self.withdrawn.contains(&(feed.partner.to_string(), feed.lane.as_str().to_owned(), index))
    }

    /// Decisions that were carried out with an envelope that is in no feed: what was released is hidden.
    pub(super) fn never_sent(&self) -> impl Iterator<Item = String> {
        let missing = self.permitted.iter().filter(|(_, found)| !**found);
        missing.map(|(leaf, _)| format!("the envelope {leaf} of a permitted release is in no feed"))
    }

    /// Every party file is one whose fingerprint the ledger says was added.
    pub(super) fn check_parties(&self, partners: &[Partner]) -> impl Iterator<Item = String> {
        let added =
            |partner: &&Partner| self.fingerprints.contains(&(partner.party.to_string(), partner.fingerprint()));
        let others = partners.iter().filter(move |partner| !added(partner));
        others.map(|partner| format!("the party file of {} was never added on the record", partner.party))
    }

    /// Every record is as its originator signed it and came as the ledger says.
    pub(super) fn check_records(&self, reader: &Reader, partners: &[Partner]) -> Result<Vec<String>, VerifyError> {
        let mut problems = Vec::new();
        let find = |code: &str| partners.iter().find(|partner| partner.party.as_str() == code);
        for (signed, line) in reader.records()? {
            let origin = Origin::from_bytes(&signed.statement);
            let line: Result<RecordLine, _> = serde_json::from_str(&line);
            let (Ok(origin), Ok(line)) = (origin, line) else {
                problems.push("a record that cannot be read".to_owned());
                continue;
            };
            // In backticks, so that it can be kept from who may not know of it.
            let name = format!("record `{}` of {}", origin.id, origin.originator);
            let by_originator = find(&origin.originator)
                .is_some_and(|partner| is_signed(partner, payload::ORIGIN, &signed.statement, &signed.signature));
            if !by_originator {
                problems.push(format!("{name} is not signed by its originator"));
            }
            let key = (origin.originator.clone(), origin.id.clone());
            let committed = self.committed.get(&key);
            if committed.is_some_and(|committed| *committed != hex::encode(&origin.digest)) {
                problems.push(format!("{name} is not the one that statements commit to"));
            }
            let (may_be_gone, has_arrived) = (self.may_be_gone(&key), self.arrived.contains(&key));
            match content_holds(reader, &origin.digest) {
                Ok(Some(true)) => {}
                Ok(Some(false)) => problems.push(format!("the content of {name} is not what it was")),
                Ok(None) if may_be_gone => {}
                Ok(None) if !has_arrived && reader.is_arriving(&origin.originator, &origin.id)? => {}
                Ok(None) => problems.push(format!("the content of {name} is missing")),
                Err(error) => problems.push(format!("{name}: {error}")),
            }
            let told = self.custody.get(&(origin.originator, origin.id)).map_or(&[][..], Vec::as_slice);
            if told != line.custody {
                problems.push(format!("{name} has another custody than the ledger says"));
            }
        }
        Ok(problems)
    }

    /// Every consent, withdrawal and act is signed by whom it names; every consent that a decision rested on is one of
    /// these, and says what the decision took it to say.
    pub(super) fn check_statements(&self, reader: &Reader, partners: &[Partner]) -> Result<Vec<String>, VerifyError> {
        let mut problems = self.words.check(reader)?;
        let (single, standing) = (reader.consents()?, reader.standing_consents()?);
        let (withdrawals, acts) = (reader.consent_withdrawals()?, reader.acts()?);
        let (recalls, recall_answers) = (reader.recalls()?, reader.recall_answers()?);
        let (relabellings, compromises) = (reader.relabellings()?, reader.compromises()?);
        let (noted, raises) = (reader.alert_acknowledgements()?, reader.consult_raises()?);
        let (steps, waivers) = (reader.consult_steps()?, reader.waivers()?);
        type By = fn(&[u8]) -> Option<String>;
        let kinds: [(&str, &str, &[Signed], By); 12] = [
            ("a consent", payload::CONSENT, &single, |bytes| Some(ConsentStatement::from_bytes(bytes).ok()?.by)),
            ("a standing consent", payload::STANDING_CONSENT, &standing, |bytes| {
                Some(StandingConsent::from_bytes(bytes).ok()?.by)
            }),
            ("the withdrawal of a consent", payload::CONSENT_WITHDRAWAL, &withdrawals, |bytes| {
                Some(ConsentWithdrawal::from_bytes(bytes).ok()?.by)
            }),
            ("an act", payload::ACT, &acts, |bytes| Some(ActStatement::from_bytes(bytes).ok()?.by)),
            ("a recall", payload::RECALL, &recalls, |bytes| Some(RecallStatement::from_bytes(bytes).ok()?.by)),
            ("an answer to a recall", payload::RECALL_ANSWER, &recall_answers, |bytes| {
                Some(RecallAnswer::from_bytes(bytes).ok()?.by)
            }),
            ("another label", payload::RELABELLING, &relabellings, |bytes| {
                Some(Relabelling::from_bytes(bytes).ok()?.by)
            }),
            ("a notice of a compromise", payload::COMPROMISE, &compromises, |bytes| {
                Some(Compromise::from_bytes(bytes).ok()?.by)
            }),
            ("an acknowledgement of an alert", payload::ALERT_ACKNOWLEDGEMENT, &noted, |bytes| {
                Some(AlertAcknowledgement::from_bytes(bytes).ok()?.by)
            }),
            ("the raising of a consultation", payload::CONSULT_RAISE, &raises, |bytes| {
                Some(RaiseStatement::from_bytes(bytes).ok()?.by)
            }),
            ("a step of a consultation", payload::CONSULT_STEP, &steps, |bytes| {
                Some(StepStatement::from_bytes(bytes).ok()?.by)
            }),
            ("a waiver", payload::COMMITMENT, &waivers, |bytes| match CommitmentWord::from_bytes(bytes).ok()? {
                CommitmentWord::Waived(waiver) => Some(waiver.by),
                _ => None,
            }),
        ];
        for (what, payload_type, all, by) in kinds {
            let holds = |signed: &&Signed| {
                let by = by(&signed.statement);
                let partner = partners.iter().find(|partner| Some(partner.party.as_str()) == by.as_deref());
                partner.is_some_and(|partner| is_signed(partner, payload_type, &signed.statement, &signed.signature))
            };
            problems.extend(all.iter().filter(|signed| !holds(signed)).map(|_| format!("{what} that nobody signed")));
        }
        let single = single.iter().filter_map(|signed| {
            let meaning = consent::meaning(&ConsentStatement::from_bytes(&signed.statement).ok()?);
            Some((signed, ConsentLine::from(&meaning)))
        });
        let standing = standing.iter().filter_map(|signed| {
            let meaning = standing::meaning(&StandingConsent::from_bytes(&signed.statement).ok()?).ok()?;
            Some((signed, ConsentLine::from(&meaning)))
        });
        let said: BTreeMap<String, ConsentLine> = single
            .chain(standing)
            .map(|(signed, line)| (hex::encode(Digest::of(&signed.statement).as_bytes()), line))
            .collect();
        for (digest, taken) in &self.rested_on {
            if taken.iter().any(|line| said.get(digest) != Some(line)) {
                problems
                    .push(format!("a decision rests on consent {digest}, which is not here or says something else"));
            }
        }
        Ok(problems)
    }
}

/// Whether a content is what its digest says; nothing where it is not here.
fn content_holds(reader: &Reader, digest: &[u8; 32]) -> Result<Option<bool>, entente_store::StoreError> {
    let Some(content) = reader.content(digest)? else { return Ok(None) };
    let (mut hash, mut chunk) = (Sha256::new(), Zeroizing::new(Vec::new()));
    for index in 0..content.chunks() {
        content.read(index, &mut chunk)?;
        hash.update(&*chunk);
    }
    Ok(Some(hash.finalize().as_slice() == digest))
}

/// What a statement shows to a third person is what was decided.
fn shows_what_it_says(statement: &Statement, record: Option<&RecordOpening>, decided: &Decided) -> Result<(), String> {
    let Decided { request, world, envelope, answer, .. } = decided;
    let class = label::parse(&request.record.label).map(|label| statement::class(&label)).ok();
    let is_about = record.is_none_or(|record| {
        (record.originator.as_str(), record.id.as_str())
            == (request.record.originator.as_str(), request.record.id.as_str())
    });
    let under_what_carries = statement.agreements.iter().all(|id| answer.usable.contains(id));
    let shows = statement.parties == Some([request.from.clone(), request.to.clone()])
        && statement.world.as_ref() == Some(world)
        && statement.envelope == *envelope
        && (record.is_none() || statement.class == class)
        && is_about
        && under_what_carries;
    if shows { Ok(()) } else { Err("it shows something else than was decided".to_owned()) }
}

/// Decides again what a statement says was decided, on the world that it names.
fn replay(reader: &Reader, decided: &Decided) -> Result<(), String> {
    let digest = hex::decode(&decided.world).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let digest = digest.ok_or("the digest of its world is none")?;
    let world = reader.world(&digest).map_err(|error| error.to_string())?.ok_or("its world is not here")?;
    if *Digest::of(world.as_bytes()).as_bytes() != digest {
        return Err("its world is not the one that it names".to_owned());
    }
    let world: WorldText = serde_json::from_str(&world).map_err(|error| error.to_string())?;
    let first = |problems: Vec<entente_formats::Problem>| problems.first().map(ToString::to_string).unwrap_or_default();
    let agreements = world
        .agreements
        .iter()
        .map(|text| agreement::parse(text).map(|agreement| (agreement.id.clone(), agreement)))
        .collect::<Result<_, _>>()
        .map_err(first)?;
    let rules = world.national.as_deref().map(national::parse).transpose().map_err(first)?;
    let rules = rules.into_iter().map(|rules| (rules.party.clone(), rules)).collect();
    let resolved = decided.request.resolve_as_named().map_err(|error| error.to_string())?;
    if Answer::from(&resolved.decide(&agreements, &rules)) == decided.answer {
        Ok(())
    } else {
        Err("the decision does not come out the same when it is replayed".to_owned())
    }
}
