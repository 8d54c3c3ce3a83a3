//! Statements: what this node says of itself, in its ledger ([`crate::ledger`]). Each is a line of JSON with its number,
//! its time and a salt of its own, so that a leaf's hash tells nothing of what it commits to.
//!
//! The line says what may be shown to a third person: kind, direction, parties, class of the label, agreements, digests
//! of the world and of the envelope. What it is about, and all the rest, it commits to with salts of their own: the
//! record in one commitment, everything in another. What opens them is the *opening*, another line of JSON, which the
//! node keeps beside the statement and gives to whom it wants (docs/spec/ledger.md). Key type: [`Statement`].

use entente_core::{
    AgreementId, Party,
    label::{Class, Label},
    time::Timestamp,
};
use entente_formats::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    event::Refusal,
    identity::Identity,
    op::Op,
    state::{Key, Node, sha256},
};

/// Before what a commitment to a record is computed from.
const RECORD_DOMAIN: &[u8] = b"entente.statement/1 record\0";
/// Before what a commitment to a content is computed from.
const CONTENT_DOMAIN: &[u8] = b"entente.statement/1 content\0";

/// Which way something went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From this node to a partner.
    Out,
    /// From a partner to this node.
    In,
}

/// A statement as it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Its number, counted over all intervals.
    pub sequence: u64,
    /// When it was made.
    pub time: String,
    /// What sort of thing happened.
    pub kind: String,
    /// 16 bytes in hex that nobody can foresee.
    pub salt: String,
    /// Which way it went, where it went somewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// From whom, and to whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parties: Option<[String; 2]>,
    /// The commitment to the record that it is about, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The level, the colour of TLP, or the national term of its label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The agreements that it was given under.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agreements: Vec<String>,
    /// SHA-256 of the agreements and rules that were decided on, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub world: Option<String>,
    /// SHA-256 of the envelope in which it was carried out, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<String>,
    /// The commitment to the opening, in hex. In a statement from before there were openings: the content itself.
    pub content: serde_json::Value,
}

/// What opens a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// 32 bytes in hex that nobody can foresee.
    pub salt: String,
    /// The record, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordOpening>,
    /// What is said.
    pub content: serde_json::Value,
}

/// What opens the commitment to a record, and nothing else of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordOpening {
    /// 32 bytes in hex that nobody can foresee.
    pub salt: String,
    /// The record's originator.
    pub originator: String,
    /// The record.
    pub id: String,
    /// SHA-256 of its content, in hex.
    pub digest: String,
}

impl RecordOpening {
    /// The commitment that this opens; `None` when salt or digest are no 32 bytes in hex.
    pub fn commitment(&self) -> Option<String> {
        let bytes = |text: &str| hex::decode(text).filter(|bytes| bytes.len() == 32);
        // Lengths are fixed up to the party's code, and no code has a zero byte.
        let hash = Sha256::new().chain_update(RECORD_DOMAIN).chain_update(bytes(&self.salt)?);
        let hash = hash.chain_update(bytes(&self.digest)?).chain_update(&self.originator).chain_update([0]);
        Some(hex::encode(&hash.chain_update(&self.id).finalize()))
    }
}

/// The commitment to an opening, which is bytes of its own.
pub fn commitment(opening: &str) -> String {
    hex::encode(&sha256(&[CONTENT_DOMAIN, opening.as_bytes()].concat()))
}

/// A statement with what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The statement.
    pub statement: Statement,
    /// The record that it is about, where it says so.
    pub record: Option<RecordOpening>,
    /// What it says.
    pub content: serde_json::Value,
}

/// The kind of a statement, without a look at what it commits to; `None` when it is no statement.
pub fn kind(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Kind {
        kind: String,
    }
    serde_json::from_str(text).ok().map(|Kind { kind }| kind)
}

/// Reads a statement with its opening. `Err` says what does not fit.
///
/// # Errors
/// When it is no statement, or the opening is missing or not the one that it commits to.
pub fn read(text: &str, opening: Option<&str>) -> Result<Told, String> {
    let statement: Statement = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let serde_json::Value::String(committed) = &statement.content else {
        // From before there were openings.
        let content = statement.content.clone();
        return Ok(Told { statement, record: None, content });
    };
    let opening = opening.ok_or("what it commits to is not here")?;
    if commitment(opening) != *committed {
        return Err("what is kept beside it is not what it commits to".to_owned());
    }
    let Opening { record, content, .. } = serde_json::from_str(opening).map_err(|error| error.to_string())?;
    if record.as_ref().map(RecordOpening::commitment) != statement.record.clone().map(Some) {
        return Err("the record that it is about is not the one that it commits to".to_owned());
    }
    Ok(Told { statement, record, content })
}

/// What of a statement may be shown to a third person, as its maker gives it.
#[derive(Default)]
pub(crate) struct Concerns<'a> {
    direction: Option<Direction>,
    parties: Option<[String; 2]>,
    record: Option<&'a Key>,
    agreements: Vec<String>,
    world: Option<[u8; 32]>,
    envelope: Option<[u8; 32]>,
}

impl<'a> Concerns<'a> {
    /// Something that a record is about, if the record is here.
    pub(crate) fn record(key: &'a Key) -> Self {
        Self { record: Some(key), ..Self::default() }
    }

    /// What goes from `from` to `to`; `us` is one of them, or looks on.
    pub(crate) fn between(self, us: &Party, from: &Party, to: &Party) -> Self {
        let direction = match () {
            () if from == us => Some(Direction::Out),
            () if to == us => Some(Direction::In),
            () => None,
        };
        Self { direction, parties: Some([from.to_string(), to.to_string()]), ..self }
    }

    /// Under these agreements.
    pub(crate) fn under(self, agreements: &[AgreementId]) -> Self {
        Self { agreements: agreements.iter().map(ToString::to_string).collect(), ..self }
    }

    /// As decided on this world, and carried out in this envelope.
    pub(crate) fn decided(self, world: [u8; 32], envelope: Option<[u8; 32]>) -> Self {
        Self { world: Some(world), envelope, ..self }
    }
}

/// The class of a label: its level, its colour, or its national term.
pub fn class(label: &Label) -> String {
    match label {
        Label::Tlp(colour) => colour.as_str().to_owned(),
        Label::Marking(marking) => match &marking.class {
            Class::Level(level) => level.as_str().to_owned(),
            Class::Term(term) => term.clone(),
        },
    }
}

impl Node {
    /// Adds a statement of `kind` to the open interval.
    pub(crate) fn state(&mut self, now: Timestamp, kind: &str, content: serde_json::Value) -> Result<(), Refusal> {
        self.state_of(now, kind, Concerns::default(), content)
    }

    /// Adds a statement of `kind` that concerns others.
    pub(crate) fn state_of(
        &mut self,
        now: Timestamp,
        kind: &str,
        concerns: Concerns<'_>,
        content: serde_json::Value,
    ) -> Result<(), Refusal> {
        let index = self.ledger.next_statement();
        // A number that a lost statement had too must not have the salt that its readers know.
        let volume = self.ledger.volume();
        let salt = |kind| hex::encode(&self.identity.salt(&in_volume(kind, volume), index));
        let Concerns { direction, parties, record, agreements, world, envelope } = concerns;
        let held = record.and_then(|key| Some((key, self.records.get(key)?)));
        let record = held.map(|(key, held)| RecordOpening {
            salt: salt("application/vnd.entente.record-salt"),
            originator: key.0.to_string(),
            id: key.1.to_string(),
            digest: hex::encode(&held.digest),
        });
        let class = held.map(|(_, held)| class(&held.alike().label));
        let committed = record.as_ref().and_then(RecordOpening::commitment);
        let opening = Opening { salt: salt("application/vnd.entente.opening-salt"), record, content };
        let ours = |error: serde_json::Error| Refusal::Ours(error.to_string());
        let opening = serde_json::to_string(&opening).map_err(ours)?;
        let statement = Statement {
            sequence: index,
            time: now.to_string(),
            kind: kind.to_owned(),
            salt: salt("application/vnd.entente.salt").get(..32).unwrap_or_default().to_owned(),
            direction,
            parties,
            record: committed,
            class,
            agreements,
            world: world.map(|digest| hex::encode(&digest)),
            envelope: envelope.map(|digest| hex::encode(&digest)),
            content: commitment(&opening).into(),
        };
        let text = serde_json::to_string(&statement).map_err(ours)?;
        self.keep(Op::Statement { index, text, opening })
    }
}

impl Identity {
    /// A salt that only this node can make, and makes again for the same number.
    pub(crate) fn salt(&self, kind: &str, index: u64) -> [u8; 32] {
        // The key and the number have fixed lengths: nothing can be moved from one part to another.
        sha256(&[&self.salt_key[..], &index.to_be_bytes(), kind.as_bytes()].concat())
    }

    /// The salt of the interval with that index in a volume of the ledger.
    pub(crate) fn interval_salt(&self, volume: u64, index: u64) -> [u8; 32] {
        self.salt(&in_volume("application/vnd.entente.interval-salt", volume), index)
    }
}

fn in_volume(kind: &str, volume: u64) -> String {
    if volume == 0 { kind.to_owned() } else { format!("{kind}/{volume}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening() -> RecordOpening {
        RecordOpening { salt: "11".repeat(32), originator: "KOR".into(), id: "K-1".into(), digest: "22".repeat(32) }
    }

    #[test]
    fn a_commitment_is_to_all_of_a_record_and_to_nothing_without_its_salt() {
        let commitment = opening().commitment().unwrap();
        // The example of docs/spec/ledger.md.
        assert_eq!(commitment, "1126815feb1119bb389a4b899c4eacf13bc5f9734859ab52fcf4c98cc9158d6c");
        for other in [
            RecordOpening { salt: "12".repeat(32), ..opening() },
            RecordOpening { originator: "KO".into(), id: "RK-1".into(), ..opening() },
            RecordOpening { id: "K-2".into(), ..opening() },
            RecordOpening { digest: "23".repeat(32), ..opening() },
        ] {
            assert_ne!(other.commitment().unwrap(), commitment, "{other:?}");
        }
        assert_eq!(RecordOpening { salt: "11".into(), ..opening() }.commitment(), None);
    }

    #[test]
    fn a_statement_is_read_with_its_own_opening_alone_and_an_older_one_without() {
        let record = opening();
        let statement = |opening: &str| {
            serde_json::json!({
                "sequence": 7, "time": "2026-11-23T12:00:00Z", "kind": "received", "salt": "00".repeat(16),
                "record": record.commitment(), "content": commitment(opening),
            })
            .to_string()
        };
        let whole =
            Opening { salt: "33".repeat(32), record: Some(record.clone()), content: serde_json::json!({ "a": 1 }) };
        let good = serde_json::to_string(&whole).unwrap();
        let told = read(&statement(&good), Some(&good)).unwrap();
        assert_eq!((told.record, told.content), (Some(record.clone()), serde_json::json!({ "a": 1 })));
        let of_another = RecordOpening { id: "K-2".into(), ..record.clone() };
        let of_another = serde_json::to_string(&Opening { record: Some(of_another), ..whole.clone() }).unwrap();
        let of_none = serde_json::to_string(&Opening { record: None, ..whole }).unwrap();
        for (text, opening) in [
            (statement(&good), None),
            (statement(&good), Some(good.replace('1', "2"))),
            (statement(&of_another), Some(of_another)),
            (statement(&of_none), Some(of_none)),
        ] {
            assert!(read(&text, opening.as_deref()).is_err(), "{text} {opening:?}");
        }
        let older = r#"{"sequence":7,"time":"","kind":"party","salt":"","content":{"party":"JPN"}}"#;
        assert_eq!(read(older, None).unwrap().content, serde_json::json!({ "party": "JPN" }));
    }
}
