//! A passkey without a browser: what an authenticator with a key of its own says (Web Authentication, Level 3, section 6).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Answer, Visitor};

/// A device with one passkey for one page.
pub(crate) struct Authenticator {
    key: Ed25519KeyPair,
    id: [u8; 16],
}

/// The page that a visitor is on.
fn origin(visitor: &Visitor) -> String {
    format!("http://localhost:{}", visitor.address.port())
}

fn client_data(visitor: &Visitor, kind: &str, challenge: &Value) -> String {
    json!({ "type": kind, "challenge": challenge, "origin": origin(visitor) }).to_string()
}

impl Authenticator {
    pub(crate) fn new(number: u8) -> Self {
        Self { key: Ed25519KeyPair::from_seed_unchecked(&[number; 32]).unwrap(), id: [number; 16] }
    }

    /// Somebody was there, and it was its owner.
    fn data(&self, is_new: bool) -> Vec<u8> {
        let mut data = Sha256::digest("localhost").to_vec();
        data.push(if is_new { 0x45 } else { 0x05 });
        data.extend([0; 4]);
        if is_new {
            data.extend([0; 16]);
            data.extend([0, 16]);
            data.extend(self.id);
            // {1: 1 (OKP), 3: -8 (EdDSA), -1: 6 (Ed25519), -2: the key}
            data.extend([0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20]);
            data.extend(self.key.public_key().as_ref());
        }
        data
    }

    /// What is sent to add it.
    pub(crate) fn registration(&self, visitor: &Visitor, challenge: &Value) -> Value {
        let data = self.data(true);
        let mut object = vec![0xa3];
        object.extend(b"\x63fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        json!({
            "name": "a key", "client_data": URL_SAFE_NO_PAD.encode(client_data(visitor, "webauthn.create", challenge)),
            "attestation_object": URL_SAFE_NO_PAD.encode(object),
        })
    }

    /// Adds it to the account of a visitor.
    pub(crate) fn add(&self, visitor: &mut Visitor) -> Answer {
        let challenge = visitor.post("/me/passkeys/begin", &Value::Null).json()["challenge"].clone();
        visitor.post_keeping("/me/passkeys", &self.registration(visitor, &challenge))
    }

    /// Comes in with it.
    pub(crate) fn sign_in(&self, visitor: &mut Visitor) -> Answer {
        let challenge = visitor.post("/session/passkey/begin", &Value::Null).json()["challenge"].clone();
        let request = self.assertion(visitor, &challenge);
        visitor.post_keeping("/session/passkey", &request)
    }

    /// What is sent to come in.
    pub(crate) fn assertion(&self, visitor: &Visitor, challenge: &Value) -> Value {
        let (data, client) = (self.data(false), client_data(visitor, "webauthn.get", challenge));
        let signature = self.key.sign(&[&data[..], &Sha256::digest(&client)].concat());
        json!({
            "id": URL_SAFE_NO_PAD.encode(self.id), "client_data": URL_SAFE_NO_PAD.encode(client),
            "authenticator_data": URL_SAFE_NO_PAD.encode(data), "signature": URL_SAFE_NO_PAD.encode(signature),
        })
    }
}
