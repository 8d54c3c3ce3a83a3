//! The text of a party file (`entente.party/1`): who a party is, where its node answers, and which keys count.
//!
//! The text is the body of a signed note; checking the signature is the node's. Keys are bytes here.

mod key;

use std::fmt::Write;

use entente_core::time::Timestamp;
pub use key::{KeyKind, MAX_OTHER_KEYS, OtherKey, Standing};
use serde::Deserialize;

/// What a party publishes about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyFile {
    /// Its code.
    pub party: String,
    /// Its name, for people.
    pub name: String,
    /// Counts up with each new file of the same party.
    pub serial: u64,
    /// Where its node answers: `host:port`, tried in order.
    pub addresses: Vec<String>,
    /// The first moment at which the file counts.
    pub valid_from: Timestamp,
    /// The last moment at which the file counts.
    pub valid_until: Timestamp,
    /// The root key (Ed25519): signs party files and nothing else. Partners confirm its fingerprint out of band.
    pub root: [u8; 32],
    /// The root key (Ed25519) that may take the place of this one, named in advance and kept elsewhere.
    pub successor: Option<[u8; 32]>,
    /// Keys (Ed25519) that sign envelopes and statements; the first is in use, the others are older or newer ones.
    pub signing: Vec<[u8; 32]>,
    /// Keys (X-Wing, 1,216 bytes) that envelopes are sealed to; the first is the one to use.
    pub sealing: Vec<Vec<u8>>,
    /// The key (Ed25519) that signs the checkpoints of its feeds and of its ledger.
    pub log: [u8; 32],
    /// The key (ML-DSA-44, 1,312 bytes) that signs them too; where it is given, both signatures must hold. Files from
    /// before there was one do without.
    pub log_ml_dsa: Option<Vec<u8>>,
    /// The key (Ed25519) that cosigns a partner's feed as a receipt.
    pub receipt: [u8; 32],
    /// The key (Ed25519) that cosigns a partner's ledger as its witness; a party without one witnesses nobody.
    pub witness: Option<[u8; 32]>,
    /// SHA-256 of the TLS certificates (DER) that its node may present.
    pub tls: Vec<[u8; 32]>,
    /// Keys that are not in use: announced, retired, revoked.
    pub other_keys: Vec<OtherKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    schema: String,
    party: String,
    name: String,
    serial: u64,
    addresses: Vec<String>,
    valid_from: String,
    valid_until: String,
    root: String,
    successor: Option<String>,
    signing: Vec<String>,
    sealing: Vec<String>,
    log: String,
    log_ml_dsa: Option<String>,
    receipt: String,
    witness: Option<String>,
    tls: Vec<String>,
    #[serde(default)]
    key: Vec<key::OtherKeyText>,
}

/// The longest text that is read.
pub const MAX_LENGTH: usize = 64 * 1024;

/// What is wrong with a party file, in its owner's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PartyFileError(String);

fn wrong(message: impl Into<String>) -> PartyFileError {
    PartyFileError(message.into())
}

/// Whether `code` is a well-formed party code: 2 to 32 of `A-Z`, `0-9` and `-`, a letter first.
pub fn is_party_code(code: &str) -> bool {
    (2..=32).contains(&code.len())
        && code.starts_with(|first: char| first.is_ascii_uppercase())
        && code.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')
}

/// Reads the text of a party file.
///
/// # Errors
/// The first thing that does not fit, with the key and, for syntax, the line.
pub fn parse(text: &str) -> Result<PartyFile, PartyFileError> {
    if text.len() > MAX_LENGTH {
        return Err(wrong(format!("the file has {} bytes; at most {MAX_LENGTH} are read", text.len())));
    }
    let file: Text = toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
    if file.schema != "entente.party/1" {
        return Err(wrong(format!("schema: expected `entente.party/1`, found `{}`", file.schema)));
    }
    if !is_party_code(&file.party) {
        return Err(wrong(format!("party: `{}` is no party code (2 to 32 of A-Z, 0-9, -)", file.party)));
    }
    if file.signing.is_empty() || file.sealing.is_empty() || file.tls.is_empty() {
        return Err(wrong("signing, sealing and tls need at least one key each"));
    }
    if file.key.len() > MAX_OTHER_KEYS {
        return Err(wrong(format!("key: {} keys; at most {MAX_OTHER_KEYS} are read", file.key.len())));
    }
    let read = PartyFile {
        root: key("root", &file.root)?,
        successor: file.successor.as_deref().map(|text| key("successor", text)).transpose()?,
        signing: file.signing.iter().map(|text| key("signing", text)).collect::<Result<_, _>>()?,
        sealing: file.sealing.iter().map(|text| bytes("sealing", text)).collect::<Result<_, _>>()?,
        log: key("log", &file.log)?,
        log_ml_dsa: file.log_ml_dsa.as_deref().map(|text| ml_dsa_key("log_ml_dsa", text)).transpose()?,
        receipt: key("receipt", &file.receipt)?,
        witness: file.witness.as_deref().map(|text| key("witness", text)).transpose()?,
        tls: file.tls.iter().map(|text| key("tls", text)).collect::<Result<_, _>>()?,
        valid_from: moment("valid_from", &file.valid_from)?,
        valid_until: moment("valid_until", &file.valid_until)?,
        party: file.party,
        name: file.name,
        serial: file.serial,
        addresses: file.addresses,
        other_keys: file.key.into_iter().map(key::OtherKeyText::read).collect::<Result<_, _>>()?,
    };
    no_key_twice(&read)?;
    Ok(read)
}

/// A key that stands in two ways stands in none; and one key for two purposes lets a signature serve both.
fn no_key_twice(file: &PartyFile) -> Result<(), PartyFileError> {
    if file.other_keys.is_empty() && file.successor.is_none() {
        // Files from before there were such keys were not held to it.
        return Ok(());
    }
    let mut seen = std::collections::BTreeSet::new();
    match file.all_keys().find(|key| !seen.insert(*key)) {
        Some(key) => Err(wrong(format!("the key `{}` stands in two places", crate::hex::encode(key)))),
        None => Ok(()),
    }
}

fn moment(name: &str, text: &str) -> Result<Timestamp, PartyFileError> {
    text.parse().map_err(|_| wrong(format!("{name}: `{text}` is no moment; expected the form 2026-11-20T00:00:00Z")))
}

fn key(name: &str, text: &str) -> Result<[u8; 32], PartyFileError> {
    bytes(name, text)?.try_into().map_err(|_| wrong(format!("{name}: expected 32 bytes in hex")))
}

fn ml_dsa_key(name: &str, text: &str) -> Result<Vec<u8>, PartyFileError> {
    let key = bytes(name, text)?;
    if key.len() == 1312 { Ok(key) } else { Err(wrong(format!("{name}: expected 1312 bytes in hex"))) }
}

fn bytes(name: &str, text: &str) -> Result<Vec<u8>, PartyFileError> {
    crate::hex::decode(text).ok_or_else(|| wrong(format!("{name}: not lower-case hex")))
}

/// The text of a party file, as it is signed.
pub fn write(file: &PartyFile) -> String {
    let list =
        |keys: &[[u8; 32]]| keys.iter().map(|key| quoted(&crate::hex::encode(key))).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name} = {value}");
    };
    line("schema", quoted("entente.party/1"));
    line("party", quoted(&file.party));
    line("name", quoted(&file.name));
    line("serial", file.serial.to_string());
    line("addresses", format!("[{}]", file.addresses.iter().map(|a| quoted(a)).collect::<Vec<_>>().join(", ")));
    line("valid_from", quoted(&file.valid_from.to_string()));
    line("valid_until", quoted(&file.valid_until.to_string()));
    line("root", quoted(&crate::hex::encode(&file.root)));
    if let Some(key) = &file.successor {
        line("successor", quoted(&crate::hex::encode(key)));
    }
    line("signing", format!("[{}]", list(&file.signing)));
    let sealing: Vec<String> = file.sealing.iter().map(|key| quoted(&crate::hex::encode(key))).collect();
    line("sealing", format!("[{}]", sealing.join(", ")));
    line("log", quoted(&crate::hex::encode(&file.log)));
    if let Some(key) = &file.log_ml_dsa {
        line("log_ml_dsa", quoted(&crate::hex::encode(key)));
    }
    line("receipt", quoted(&crate::hex::encode(&file.receipt)));
    if let Some(key) = &file.witness {
        line("witness", quoted(&crate::hex::encode(key)));
    }
    line("tls", format!("[{}]", list(&file.tls)));
    for OtherKey { kind, key, standing } in &file.other_keys {
        let _ =
            writeln!(text, "\n[[key]]\nkind = {}\nkey = {}", quoted(kind.as_str()), quoted(&crate::hex::encode(key)));
        let _ = writeln!(text, "{} = {}", standing.as_str(), quoted(&standing.at().to_string()));
    }
    text
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(kind: KeyKind, byte: u8, standing: Standing) -> OtherKey {
        OtherKey { kind, key: vec![byte; kind.public_bytes()], standing }
    }

    fn example() -> PartyFile {
        PartyFile {
            party: "JPN".into(),
            name: "Japan \"日本\"\n".into(),
            serial: 3,
            addresses: vec!["127.0.0.1:4443".into()],
            valid_from: Timestamp::UNIX_EPOCH,
            valid_until: Timestamp::MAX,
            root: [1; 32],
            successor: Some([10; 32]),
            signing: vec![[2; 32], [3; 32]],
            sealing: vec![vec![4; 1216]],
            log: [5; 32],
            log_ml_dsa: Some(vec![8; 1312]),
            receipt: [6; 32],
            witness: Some([9; 32]),
            tls: vec![[7; 32]],
            other_keys: vec![
                other(KeyKind::Log, 11, Standing::Next(Timestamp::UNIX_EPOCH)),
                other(KeyKind::LogMlDsa, 12, Standing::Retired(Timestamp::UNIX_EPOCH)),
                other(KeyKind::Signing, 13, Standing::Revoked(Timestamp::MAX)),
            ],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(parse(&write(&example())), Ok(example()));
        // A file from before there were these keys.
        let older = PartyFile { log_ml_dsa: None, witness: None, successor: None, other_keys: Vec::new(), ..example() };
        let words = ["witness", "ml_dsa", "successor", "key]"];
        assert!(words.iter().all(|word| !write(&older).contains(word)));
        assert_eq!(parse(&write(&older)), Ok(older));
    }

    #[test]
    fn errors_name_the_key() {
        let text = write(&example());
        for (from, to, message) in [
            ("entente.party/1", "entente.party/9", "schema: expected"),
            ("\"JPN\"", "\"jpn\"", "party: `jpn` is no party code"),
            ("serial = 3", "serial = 3\ncolour = 1", "unknown field `colour`"),
            ("root = \"01", "root = \"0Z", "root: not lower-case hex"),
            ("root = \"0101", "root = \"01", "root: expected 32 bytes"),
            ("tls = [\"", "tls = [] #", "need at least one key"),
            ("log_ml_dsa = \"0808", "log_ml_dsa = \"08", "log_ml_dsa: expected 1312 bytes"),
            ("kind = \"log\"", "kind = \"clock\"", "key.kind: `clock` is no kind of key"),
            ("key = \"0b0b", "key = \"0b", "key.key: a log key has 32 bytes"),
            ("next = ", "revoked = \"1970-01-01T00:00:00Z\"\nnext = ", "one of `next`, `retired` and `revoked`"),
            ("next = ", "# ", "one of `next`, `retired` and `revoked`"),
        ] {
            let error = parse(&text.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn no_key_stands_in_two_places() {
        for (change, name) in [
            (other(KeyKind::Receipt, 5, Standing::Next(Timestamp::MAX)), "the log key as the next receipt key"),
            (other(KeyKind::Log, 11, Standing::Revoked(Timestamp::MAX)), "one that is both next and revoked"),
            (other(KeyKind::Log, 10, Standing::Next(Timestamp::MAX)), "the root's successor"),
        ] {
            let mut file = example();
            file.other_keys.push(change);
            assert!(parse(&write(&file)).unwrap_err().to_string().contains("two places"), "{name}");
        }
    }

    #[test]
    fn every_kind_has_its_keys() {
        for kind in KeyKind::ALL {
            assert_eq!(KeyKind::from_word(kind.as_str()), Some(kind));
            let key = vec![77; kind.public_bytes()];
            let file = example().with_in_use(kind, &key).unwrap();
            assert_eq!(file.in_use(kind), [key.as_slice()], "{kind}");
            assert!(example().with_in_use(kind, &key[1..]).is_err() || kind.public_bytes() > 32, "{kind}");
        }
        assert_eq!(example().next(KeyKind::Log).unwrap().key, vec![11; 32]);
        assert_eq!(example().next(KeyKind::Signing), None);
    }
}
