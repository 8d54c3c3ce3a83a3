//! The published vectors: one file, one case, one reason for its outcome (`vectors/envelopes/README.md`).
//!
//! The bad ones come from a sender who holds real keys and breaks one rule, so that each fails where it should and
//! nowhere before. `ENTENTE_UPDATE=1 cargo test -p entente-seal` writes the files again; they come out the same.

#![allow(clippy::disallowed_methods, reason = "vectors are files, and this is a test")]

use std::{collections::BTreeMap, fs, path::Path};

use chacha20::{ChaCha20Rng, rand_core::SeedableRng as _};
use serde::{Deserialize, Serialize};

use crate::{
    bytes::{Commitment, Digest, EnvelopeId, KeyId},
    envelope::{
        CHUNK_LENGTH, ContentKey, Encapsulation, Envelope, Guard, GuardKey, Header, MAX_ENVELOPE_LENGTH, Opened,
        Outgoing, Precedence, Show, Shown, Status, Suite, TAG_LENGTH, assemble, encrypt, encrypt_padded, padded_length,
        seal_for_guard,
    },
    error::Error,
    keys::{SealingKey, SigningKey, VerifyingKey},
};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/envelopes");

/// One vector, as it stands in its file.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    description: String,
    expect: String,
    us: String,
    verifying_key: String,
    sealing_key_seed: String,
    envelope: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    append_zeros: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    guard: Option<GuardCase>,
}

/// What the guard whose key is named reads of the same envelope.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GuardCase {
    key_seed: String,
    expect: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
}

impl GuardCase {
    fn of(envelope: &Envelope) -> Self {
        let key = SealingKey::from_seed(&GUARD_SEED).unwrap();
        let read = envelope.shown_to(&key);
        let expect = read.as_ref().map_or_else(|error| error.code(), |_| "ok").to_owned();
        let shown = read.ok().flatten();
        let (label, kind) = shown.map(|shown| (shown.label, shown.kind)).unzip();
        Self { key_seed: hex(&GUARD_SEED), expect, label, kind }
    }
}

const GUARD_SEED: [u8; 32] = [0x55; 32];

impl Case {
    fn run(&self) -> Result<(Envelope, Opened), Error> {
        let mut bytes = from_hex(&self.envelope);
        bytes.resize(bytes.len() + self.append_zeros.unwrap_or_default(), 0);
        let sender = VerifyingKey::from_bytes(&from_hex(&self.verifying_key))?;
        let recipient = SealingKey::from_seed(&from_hex(&self.sealing_key_seed).try_into().unwrap())?;
        let envelope = Envelope::parse(&bytes)?;
        let opened = envelope.verify(&self.us, &sender)?.open(&recipient)?;
        Ok((envelope, opened))
    }
}

/// A sender who may do at each step what a sender must not.
struct Forger {
    sender: SigningKey,
    recipient: SealingKey,
    rng: ChaCha20Rng,
    content_key: ContentKey,
    header: Header,
    ciphertext: Vec<u8>,
}

impl Forger {
    /// Begins an honest envelope, in suite 2 where the name says that its secret is shared. Its randomness depends on the name of the case alone.
    fn new(name: &str, body: &[u8]) -> Self {
        let mut rng = ChaCha20Rng::from_seed(*Digest::of(name.as_bytes()).as_bytes());
        let sender = SigningKey::from_seed(&[0x11; 32]).unwrap();
        let recipient = SealingKey::from_seed(&[0x22; 32]).unwrap();
        let outgoing = Outgoing {
            from: "KOR",
            to: "JPN",
            created: 1_790_000_000,
            precedence: Precedence::Flash,
            expires: None,
            status: Status::Exercise,
            guard: Show::Nothing,
            body,
        };
        let content_key = ContentKey::fresh(&mut rng);
        let mut header = outgoing.header(&sender, recipient.public().id(), &content_key, &mut rng).unwrap();
        if !name.starts_with("shared-") {
            header.suite = Suite::XWingAes256GcmEd25519;
        }
        let ciphertext = encrypt(content_key.key(), &header.body_context().unwrap(), body).unwrap();
        Self { sender, recipient, rng, content_key, header, ciphertext }.digested()
    }

    fn digested(mut self) -> Self {
        self.header.digest = Digest::of(&self.ciphertext);
        self
    }

    fn with(mut self, alter: impl FnOnce(&mut Self)) -> Self {
        alter(&mut self);
        self
    }

    /// Seals what a guard reads to `guard`, under the key that goes with `content_key`.
    fn shown(mut self, label: &str, content_key: &ContentKey, guard: &SealingKey) -> Self {
        let shown = Shown { label: label.to_owned(), kind: "record".to_owned() };
        let key = GuardKey::of(content_key);
        self.header.guard = seal_for_guard(&shown, guard.public(), &key, &self.header, &mut self.rng).unwrap();
        self
    }

    /// The same, as an honest sender does it.
    fn guarded(self) -> Self {
        let content_key = self.content_key.clone();
        self.shown(GUARD_LABEL, &content_key, &SealingKey::from_seed(&GUARD_SEED).unwrap())
    }

    /// Encrypts `padded` in place of the padded body.
    fn padded(mut self, padded: &[u8]) -> Self {
        self.ciphertext = encrypt_padded(self.content_key.key(), &self.header.body_context().unwrap(), padded).unwrap();
        self.header.length_class = padded.len().try_into().unwrap();
        self.digested()
    }

    fn finish(self) -> Vec<u8> {
        self.finish_with(|_| {})
    }

    /// Seals and signs a header whose bytes were altered after encoding.
    fn finish_with(mut self, alter: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut header = minicbor::to_vec(&self.header).unwrap();
        alter(&mut header);
        let context = self.header.key_context().unwrap();
        let Self { sender, recipient, rng, content_key, ciphertext, .. } = &mut self;
        let sealed = content_key.seal(recipient.public(), &context, &Digest::of(&header), rng).unwrap();
        assemble(&header, &sealed, ciphertext, sender).unwrap()
    }

    /// Seals under the secret that all vectors of suite 2 share; the header for which it is sealed may be another.
    fn finish_shared(self, sealed_for: impl FnOnce(&mut Header)) -> Vec<u8> {
        let secret = shared_secret(&self.header, &self.recipient);
        let header = minicbor::to_vec(&self.header).unwrap();
        let mut other = self.header;
        sealed_for(&mut other);
        let digest = Digest::of(&minicbor::to_vec(&other).unwrap());
        let sealed = secret.seal(&self.content_key, &digest).unwrap();
        assemble(&header, &sealed, &self.ciphertext, &self.sender).unwrap()
    }
}

/// One encapsulation, made again for each vector of suite 2.
fn shared_secret(header: &Header, recipient: &SealingKey) -> Encapsulation {
    let mut rng = ChaCha20Rng::from_seed([0x55; 32]);
    Encapsulation::new(&header.from, &header.to, recipient.public(), &mut rng).unwrap()
}

const GUARD_LABEL: &str = "//KOR SECRET//REL TO JPN, KOR";

/// The parts of what is sealed for a guard.
fn sealed_parts(header: &mut Header) -> (&mut KeyId, &mut Commitment, &mut Vec<u8>) {
    match &mut header.guard {
        Guard::Sealed { key, commitment, shown, .. } => (key, commitment, shown),
        other => panic!("{other:?}"),
    }
}

/// Replaces the one place where `from` stands in `bytes`.
fn splice(bytes: &mut Vec<u8>, from: &[u8], to: &[u8]) {
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes.splice(at..at + from.len(), to.iter().copied());
}

fn cases() -> Vec<Case> {
    const SMALL: &[u8] = b"launch detected";
    let mut cases = Vec::new();
    let mut add = |name: &str, expect: &str, description: &str, make: &dyn Fn(Forger) -> Vec<u8>| {
        let body: Vec<u8> = match name {
            "empty-body" => Vec::new(),
            "multi-chunk-body" => (0..=u8::MAX).cycle().take(CHUNK_LENGTH + 1).collect(),
            "chunks-reordered" | "cut-stream" => vec![0x5A; 2 * CHUNK_LENGTH - 4],
            _ => SMALL.to_vec(),
        };
        let forger = Forger::new(name, &body);
        let (verifying_key, seed) = (hex(forger.sender.public().as_bytes()), hex(&*forger.recipient.seed()));
        let envelope = make(forger);
        let good = expect == "ok";
        let guard = name.starts_with("guard-").then(|| Envelope::parse(&envelope).ok()).flatten();
        cases.push(Case {
            name: name.to_owned(),
            description: description.to_owned(),
            expect: expect.to_owned(),
            us: "JPN".to_owned(),
            verifying_key,
            sealing_key_seed: seed,
            envelope: hex(&envelope),
            append_zeros: (name == "oversize").then_some(MAX_ENVELOPE_LENGTH),
            digest: good.then(|| Digest::of(&envelope).to_string()),
            body: good.then(|| hex(&body)),
            guard: guard.as_ref().map(GuardCase::of),
        });
    };

    add("empty-body", "ok", "a body of no bytes", &Forger::finish);
    add("small-body", "ok", "a body of one chunk", &Forger::finish);
    add("multi-chunk-body", "ok", "a body of two chunks, the last one shorter", &Forger::finish);
    add("clear-for-guard", "ok", "label and kind in clear, an expiry, a time before 1970", &|forger| {
        let guard = Guard::Clear { label: "KOR SECRET//REL TO JPN".to_owned(), kind: "record".to_owned() };
        forger
            .with(|f| (f.header.guard, f.header.expires, f.header.created) = (guard, Some(1_790_000_600), -1))
            .finish()
    });

    add("oversize", "oversize", "more than 16 MiB, by the zeros to append", &Forger::finish);
    add("truncated", "malformed", "the last byte is missing", &|forger| {
        let mut bytes = forger.finish();
        bytes.pop();
        bytes
    });
    add("trailing-bytes", "trailing-bytes", "one byte follows the envelope", &|forger| {
        let mut bytes = forger.finish();
        bytes.push(0);
        bytes
    });
    add("indefinite-array", "malformed", "the four parts in an array of indefinite length", &|forger| {
        let mut bytes = forger.finish();
        bytes[0] = 0x9F;
        bytes.push(0xFF);
        bytes
    });
    add("wide-length", "not-canonical", "the length of the header takes more bytes than it needs", &|forger| {
        let mut bytes = forger.finish();
        let [0x58, length] = bytes[1..3] else { panic!("a header of 24 to 255 bytes") };
        bytes.splice(1..3, [0x59, 0, length]);
        bytes
    });
    add("wide-integer", "not-canonical", "the version takes two bytes; validly signed", &|forger| {
        forger.finish_with(|header| splice(header, &[0x00, 0x01], &[0x00, 0x18, 0x01]))
    });
    add("keys-out-of-order", "not-canonical", "the suite stands before the version; validly signed", &|forger| {
        forger.finish_with(|header| splice(header, &[0x00, 0x01, 0x01, 0x01], &[0x01, 0x01, 0x00, 0x01]))
    });
    add("unknown-field", "not-canonical", "the header has a field 15; validly signed", &|forger| {
        forger.finish_with(|header| {
            header[0] += 1;
            header.extend([0x0F, 0x00]);
        })
    });
    add("null-expiry", "not-canonical", "an absent expiry is written as null; validly signed", &|forger| {
        forger.finish_with(|header| {
            header[0] += 1;
            splice(header, &[0x08, 0x03, 0x0A], &[0x08, 0x03, 0x09, 0xF6, 0x0A]);
        })
    });
    add("missing-field", "malformed", "the header has no guard field; validly signed", &|forger| {
        forger.finish_with(|header| {
            header[0] -= 1;
            header.truncate(header.len() - 3);
        })
    });
    add("unknown-version", "unknown-version", "version 2; validly signed", &|forger| {
        forger.with(|f| f.header.version = 2).finish()
    });
    add("unknown-suite", "unknown-suite", "suite 3; validly signed", &|forger| {
        forger.finish_with(|header| splice(header, &[0x00, 0x01, 0x01, 0x01], &[0x00, 0x01, 0x01, 0x03]))
    });
    add("long-header", "field-limit", "a header of more than 4096 bytes; validly signed", &|forger| {
        forger.with(|f| f.header.to = "J".repeat(4096)).finish()
    });
    add("short-signature", "malformed", "a signature of 63 bytes", &|forger| {
        let mut bytes = forger.finish();
        let head = bytes.windows(2).rposition(|window| window == [0x58, 0x40]).unwrap();
        bytes[head + 1] -= 1;
        bytes.remove(head + 2);
        bytes
    });
    add("empty-party", "field-limit", "a sender without a name; validly signed", &|forger| {
        forger.with(|f| f.header.from.clear()).finish()
    });
    add("no-length-class", "field-limit", "257 is no length class; validly signed", &|forger| {
        forger.padded(&[0; 257]).finish()
    });
    add("other-length-class", "field-limit", "the ciphertext is of another class; validly signed", &|forger| {
        forger.with(|f| f.header.length_class = 512).finish()
    });

    add("wrong-recipient", "not-for-us", "addressed to AUS; validly signed", &|forger| {
        forger.with(|f| f.header.to = "AUS".to_owned()).finish()
    });
    add("wrong-signing-key", "wrong-signing-key", "signed by a key that the receiver does not hold", &|forger| {
        let other = SigningKey::from_seed(&[0x33; 32]).unwrap();
        forger.with(|f| (f.header.signing_key, f.sender) = (other.public().id(), other)).finish()
    });
    add("forged-signature", "bad-signature", "signed by another key than the one named", &|forger| {
        forger.with(|f| f.sender = SigningKey::from_seed(&[0x33; 32]).unwrap()).finish()
    });
    add("altered-header", "bad-signature", "the precedence was lowered on the way", &|forger| {
        let mut bytes = forger.finish();
        splice(&mut bytes, &[0x08, 0x03, 0x0A], &[0x08, 0x00, 0x0A]);
        bytes
    });
    add("altered-sealed-key", "bad-signature", "a bit of the sealed key was flipped on the way", &|forger| {
        let mut bytes = forger.finish();
        let sealed_key = bytes.windows(3).position(|window| window == [0x59, 0x04, 0xB0]).unwrap() + 3;
        bytes[sealed_key] ^= 1;
        bytes
    });
    add("altered-ciphertext", "digest-mismatch", "the last bit of the ciphertext was flipped on the way", &|forger| {
        let mut bytes = forger.finish();
        *bytes.last_mut().unwrap() ^= 1;
        bytes
    });

    add("wrong-sealing-key", "wrong-sealing-key", "sealed to a key that the receiver does not hold", &|forger| {
        let other = SealingKey::from_seed(&[0x44; 32]).unwrap();
        forger.with(|f| (f.header.sealing_key, f.recipient) = (other.public().id(), other)).finish()
    });
    add("sealed-to-another", "cannot-open", "sealed to another key than the one named; validly signed", &|forger| {
        forger.with(|f| f.recipient = SealingKey::from_seed(&[0x44; 32]).unwrap()).finish()
    });
    add("wrong-commitment", "commitment-mismatch", "committed to another content key; validly signed", &|forger| {
        forger.with(|f| f.header.commitment = Commitment::from_bytes([0; 32])).finish()
    });
    add(
        "body-of-another",
        "cannot-open",
        "the body was encrypted for another envelope id; validly signed",
        &|forger| forger.with(|f| f.header.id = EnvelopeId::from_bytes([0; 16])).finish(),
    );
    add("chunks-reordered", "cannot-open", "two chunks changed places; validly signed", &|forger| {
        forger.with(|f| f.ciphertext.rotate_left(CHUNK_LENGTH + TAG_LENGTH)).digested().finish()
    });
    add("cut-stream", "cannot-open", "the chunk with the last-chunk flag is missing; validly signed", &|forger| {
        let cut = forger.with(|f| f.ciphertext.truncate(CHUNK_LENGTH + TAG_LENGTH));
        cut.with(|f| f.header.length_class = CHUNK_LENGTH.try_into().unwrap()).digested().finish()
    });
    add("padding-not-zero", "bad-padding", "a byte of the padding is one; validly signed", &|forger| {
        let mut padded = [0; 256];
        padded[255] = 1;
        forger.padded(&padded).finish()
    });
    add("padding-too-long", "bad-padding", "a body of no bytes in the class 512; validly signed", &|forger| {
        forger.padded(&[0; 512]).finish()
    });
    add("length-past-the-end", "bad-padding", "the length prefix says 253 of 252 bytes; validly signed", &|forger| {
        let mut padded = [0; 256];
        padded[3] = 253;
        forger.padded(&padded).finish()
    });

    add("guard-sealed", "ok", "label and kind sealed to a guard", &|forger| forger.guarded().finish());
    add("guard-other-key", "ok", "sealed to another guard than the one named: the named one cannot read", &|forger| {
        let (content_key, other) = (forger.content_key.clone(), SealingKey::from_seed(&[0x66; 32]).unwrap());
        let named = SealingKey::from_seed(&GUARD_SEED).unwrap().public().id();
        forger.shown(GUARD_LABEL, &content_key, &other).with(|f| *sealed_parts(&mut f.header).0 = named).finish()
    });
    add(
        "guard-two-stories",
        "bad-guard",
        "the guard reads a label that the recipient does not; validly signed",
        &|f| {
            let (other, guard) = (Forger::new("other", b"").content_key, SealingKey::from_seed(&GUARD_SEED).unwrap());
            f.shown("UNCLASSIFIED", &other, &guard).finish()
        },
    );
    add("guard-wrong-commitment", "bad-guard", "committed to another key for the guard; validly signed", &|forger| {
        forger.guarded().with(|f| *sealed_parts(&mut f.header).1 = Commitment::from_bytes([0; 32])).finish()
    });
    add("guard-of-another", "bad-guard", "sealed for a header of higher precedence; validly signed", &|forger| {
        forger.guarded().with(|f| f.header.precedence = Precedence::Routine).finish()
    });
    add("guard-odd-length", "field-limit", "label and kind in no length class; validly signed", &|forger| {
        forger.guarded().with(|f| sealed_parts(&mut f.header).2.truncate(100)).finish()
    });
    add("guard-long-label", "bad-guard", "a label of more than 1024 bytes inside; validly signed", &|forger| {
        let (content_key, guard) = (forger.content_key.clone(), SealingKey::from_seed(&GUARD_SEED).unwrap());
        forger.shown(&"L".repeat(1025), &content_key, &guard).finish()
    });
    add("guard-unknown-form", "malformed", "a form of the guard field that is not known; validly signed", &|forger| {
        forger.finish_with(|header| *header.last_mut().unwrap() = 3)
    });
    add("shared-first", "ok", "suite 2", &|forger| forger.finish_shared(|_| {}));
    add("shared-second", "ok", "suite 2, with the encapsulation of shared-first", &|forger| {
        forger.finish_shared(|_| {})
    });
    add("shared-for-another", "cannot-open", "suite 2, the key sealed for another header; validly signed", &|forger| {
        forger.finish_shared(|header| header.created += 1)
    });
    add("shared-of-others", "cannot-open", "suite 2, under a secret of AUS with JPN; validly signed", &|forger| {
        let secret = shared_secret(&Header { from: "AUS".to_owned(), ..forger.header.clone() }, &forger.recipient);
        let header = minicbor::to_vec(&forger.header).unwrap();
        let sealed = secret.seal(&forger.content_key, &Digest::of(&header)).unwrap();
        assemble(&header, &sealed, &forger.ciphertext, &forger.sender).unwrap()
    });
    add(
        "shared-sealed-as-suite-1",
        "cannot-open",
        "suite 2, the key sealed as in suite 1; validly signed",
        &|forger| forger.finish(),
    );
    add(
        "suite-1-sealed-as-shared",
        "cannot-open",
        "suite 1, the key sealed as in suite 2; validly signed",
        &|forger| forger.finish_shared(|_| {}),
    );
    add("shared-wrong-commitment", "commitment-mismatch", "suite 2, another content key; validly signed", &|forger| {
        forger.with(|f| f.header.commitment = Commitment::from_bytes([0; 32])).finish_shared(|_| {})
    });
    assert_eq!(padded_length(0), 256, "the cases above count on it");
    cases
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn published() -> BTreeMap<String, String> {
    let files = fs::read_dir(DIRECTORY).unwrap().map(|entry| entry.unwrap().path());
    let json = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    json.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect()
}

fn file(case: &Case) -> String {
    serde_json::to_string_pretty(case).unwrap() + "\n"
}

#[test]
fn every_published_vector_holds() {
    for (name, text) in published() {
        let case: Case = serde_json::from_str(&text).unwrap();
        assert_eq!(case.name, name);
        match case.run() {
            Ok((envelope, opened)) => {
                assert_eq!(case.expect, "ok", "{name}");
                assert_eq!(case.digest, Some(envelope.digest().to_string()), "{name}");
                assert!(case.body == Some(hex(&opened.body)), "{name}");
            }
            Err(error) => assert_eq!(case.expect, error.code(), "{name}: {error}"),
        }
        if let Some(guard) = case.guard {
            assert_eq!(guard, GuardCase::of(&Envelope::parse(&from_hex(&case.envelope)).unwrap()), "{name}");
        }
    }
}

#[test]
fn the_published_vectors_can_be_made_again() {
    let made: BTreeMap<_, _> = cases().iter().map(|case| (case.name.clone(), file(case))).collect();
    if std::env::var_os("ENTENTE_UPDATE").is_some() {
        for (name, text) in &made {
            fs::write(Path::new(DIRECTORY).join(format!("{name}.json")), text).unwrap();
        }
    }
    let published = published();
    assert_eq!(made.keys().collect::<Vec<_>>(), published.keys().collect::<Vec<_>>());
    for (name, text) in made {
        assert!(published[&name] == text, "{name} differs; was the format changed?");
    }
}
