//! One consultation as one file, `entente.consultation/1`: every signed statement that its core is the fold of, the keys
//! of the parties as the exporter knew them, and the exporter's signature around it all, as an envelope of DSSE in JSON.
//!
//! Signatures are checked elsewhere, over the bytes that this gives; no text of a position is in the file. Specified in
//! `docs/spec/consultation.md`. The key type is [`Export`].

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    hex,
    party::is_party_code,
    wire::{
        Canonical, Signed, WireError,
        consult::{RaiseStatement, StepStatement},
    },
};

/// The schema of the payload.
pub const SCHEMA: &str = "entente.consultation/1";
/// Its payload type.
pub const PAYLOAD_TYPE: &str = "application/vnd.entente.consultation+json";
/// The longest file that is read, in bytes.
pub const LIMIT: usize = 32 * 1024 * 1024;
/// The most steps of a file.
pub const MAX_STEPS: usize = 10_000;
/// The most keys of a party: it changes them now and then.
const MAX_KEYS: usize = 64;

/// What an export says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Who exports it.
    pub by: String,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// The signing keys of each participant, as the exporter knows them.
    pub keys: BTreeMap<String, Vec<[u8; 32]>>,
    /// The message that raised it.
    pub raise: Signed,
    /// All other statements, in the order of their digests.
    pub steps: Vec<Signed>,
}

/// The payload, and the signature over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedExport {
    /// The payload's bytes, exactly as they were signed.
    pub payload: Vec<u8>,
    /// Ed25519 of the exporter over its DSSE encoding with [`PAYLOAD_TYPE`].
    pub signature: [u8; 64],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    schema: String,
    by: String,
    at: i64,
    keys: BTreeMap<String, Vec<String>>,
    raise: Statement,
    steps: Vec<Statement>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    statement: String,
    signature: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(non_snake_case, reason = "the names are those of DSSE")]
struct Envelope {
    payloadType: String,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    keyid: String,
    sig: String,
}

const WHAT: &str = "export of a consultation";

fn wrong(detail: impl Into<String>) -> WireError {
    WireError::Malformed { what: WHAT, detail: detail.into() }
}

/// SHA-256 of a statement: a consultation's name, and what steps are called by.
pub fn digest(signed: &Signed) -> [u8; 32] {
    Sha256::digest(&signed.statement).into()
}

impl Export {
    /// The payload's bytes, for its signature. Steps are put in order, and none stands twice.
    pub fn payload(&self) -> Vec<u8> {
        let statement = |signed: &Signed| Statement {
            statement: hex::encode(&signed.statement),
            signature: hex::encode(&signed.signature),
        };
        let steps: BTreeMap<[u8; 32], &Signed> = self.steps.iter().map(|signed| (digest(signed), signed)).collect();
        let payload = Payload {
            schema: SCHEMA.to_owned(),
            by: self.by.clone(),
            at: self.at,
            keys: self
                .keys
                .iter()
                .map(|(party, keys)| (party.clone(), keys.iter().map(|key| hex::encode(key)).collect()))
                .collect(),
            raise: statement(&self.raise),
            steps: steps.into_values().map(statement).collect(),
        };
        // Texts and numbers always have a form in JSON.
        serde_json::to_vec(&payload).unwrap_or_default()
    }

    /// Reads a payload; every statement in it is one of its kind, and of this consultation.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(payload: &[u8]) -> Result<Self, WireError> {
        let text = std::str::from_utf8(payload).map_err(|_| wrong("the payload is no UTF-8"))?;
        let payload: Payload = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if payload.schema != SCHEMA {
            return Err(wrong(format!("its schema is not `{SCHEMA}`")));
        }
        if payload.steps.len() > MAX_STEPS {
            return Err(WireError::TooMany { what: "steps", length: payload.steps.len(), limit: MAX_STEPS });
        }
        let signed = |one: &Statement| {
            let statement =
                hex::decode(&one.statement).ok_or_else(|| wrong("a statement is no lower-case hexadecimal"))?;
            let signature = hex::decode(&one.signature).and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
            Ok(Signed { statement, signature: signature.ok_or_else(|| wrong("a signature is not 64 bytes"))? })
        };
        let raise = signed(&payload.raise)?;
        RaiseStatement::from_bytes(&raise.statement)?.read()?;
        let name = digest(&raise);
        let steps = payload.steps.iter().map(signed).collect::<Result<Vec<_>, WireError>>()?;
        for step in &steps {
            if StepStatement::from_bytes(&step.statement)?.read()?.raise != name {
                return Err(wrong("a step is of another consultation"));
            }
        }
        if !steps.iter().map(digest).is_sorted_by(|one, other| one < other) {
            return Err(wrong("the steps are not in the order of their digests, or one stands twice"));
        }
        let mut keys = BTreeMap::new();
        for (party, all) in payload.keys {
            if !is_party_code(&party) || all.len() > MAX_KEYS {
                return Err(wrong("the keys of a party are not well formed"));
            }
            let key = |text: &String| hex::decode(text).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            let all: Option<Vec<[u8; 32]>> = all.iter().map(key).collect();
            keys.insert(party, all.ok_or_else(|| wrong("a key is not 32 bytes"))?);
        }
        if !is_party_code(&payload.by) {
            return Err(wrong("the exporter's code is not well formed"));
        }
        Ok(Self { by: payload.by, at: payload.at, keys, raise, steps })
    }
}

impl SignedExport {
    /// The file. `key` is the public key that the signature is by.
    pub fn to_json(&self, key: &[u8; 32]) -> String {
        let envelope = Envelope {
            payloadType: PAYLOAD_TYPE.to_owned(),
            payload: STANDARD.encode(&self.payload),
            signatures: vec![Signature { keyid: hex::encode(key), sig: STANDARD.encode(self.signature) }],
        };
        serde_json::to_string(&envelope).unwrap_or_default() + "\n"
    }

    /// Reads a file; nothing of it is verified.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, WireError> {
        if text.len() > LIMIT {
            return Err(WireError::TooLarge { what: WHAT, length: text.len(), limit: LIMIT });
        }
        let envelope: Envelope = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let [signature] = envelope.signatures.as_slice() else { return Err(wrong("it has one signature")) };
        if envelope.payloadType != PAYLOAD_TYPE {
            return Err(wrong(format!("its payload type is not `{PAYLOAD_TYPE}`")));
        }
        let payload = STANDARD.decode(&envelope.payload).map_err(|_| wrong("the payload is no base64"))?;
        let signature = STANDARD.decode(&signature.sig).ok().and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
        Ok(Self { payload, signature: signature.ok_or_else(|| wrong("the signature is not 64 bytes of base64"))? })
    }
}
