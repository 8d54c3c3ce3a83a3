//! Key files under a passphrase (`entente.sealed-key/1`): the key in them is encrypted with AES-256-GCM under what
//! Argon2id (RFC 9106) makes of the passphrase. The first three lines are authenticated with it, so that no file passes for
//! one of another kind. Not where the passphrase comes from ([`super::passphrase`]).

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use argon2::{Algorithm, Argon2, Params, Version};
use entente_formats::hex;
use zeroize::Zeroizing;

/// The first line of such a file.
pub(super) const MAGIC: &str = "entente.sealed-key/1\n";

/// What a file costs whoever opens it, and so whoever guesses: the second choice of RFC 9106, section 4, for machines that
/// have less than 2 GiB to spare.
const MEMORY_KIB: u32 = 65_536;
const PASSES: u32 = 3;
const LANES: u32 = 4;
/// What a file may ask for at most: somebody who can write it must not fill the machine's memory.
const MAX_MEMORY_KIB: u32 = 1 << 20;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;
const SALT: usize = 16;
const NONCE: usize = 12;

/// How a passphrase becomes a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stretching {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; SALT],
}

/// What a passphrase became.
pub(super) type Stretched = Zeroizing<[u8; 32]>;

/// Why a file does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SealedError {
    #[error("is no encrypted key file of this version")]
    Malformed,
    #[error("holds a key for another purpose than its name says")]
    OtherKind,
    #[error("does not open with this passphrase, or was altered; nothing was changed")]
    Passphrase,
    #[error("cannot be encrypted or opened here: out of memory, or out of randomness")]
    Machine,
}

/// A file, taken apart.
pub(super) struct SealedFile<'a> {
    head: &'a str,
    kind: &'a str,
    pub(super) stretching: Stretching,
    nonce: [u8; NONCE],
    sealed: Vec<u8>,
}

impl Stretching {
    /// A new one, for the files that are protected together.
    pub(super) fn fresh() -> Result<Self, SealedError> {
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).map_err(|_| SealedError::Machine)?;
        Ok(Self { memory_kib: MEMORY_KIB, passes: PASSES, lanes: LANES, salt })
    }

    pub(super) fn stretch(&self, passphrase: &[u8]) -> Result<Stretched, SealedError> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32));
        let params = params.map_err(|_| SealedError::Malformed)?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase, &self.salt, &mut *key)
            .map_err(|_| SealedError::Machine)?;
        Ok(key)
    }

    fn line(&self) -> String {
        let Self { memory_kib, passes, lanes, salt } = self;
        format!("argon2id {memory_kib} {passes} {lanes} {}", hex::encode(salt))
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("argon2id ")?.split(' ');
        let mut number = |most: u32| words.next()?.parse::<u32>().ok().filter(|number| (1..=most).contains(number));
        let (memory_kib, passes, lanes) = (number(MAX_MEMORY_KIB)?, number(MAX_PASSES)?, number(MAX_LANES)?);
        let salt = hex::decode(words.next()?)?.try_into().ok()?;
        words.next().is_none().then_some(Self { memory_kib, passes, lanes, salt })
    }
}

impl<'a> SealedFile<'a> {
    /// Takes a file apart; nothing in it is believed.
    pub(super) fn parse(text: &'a str) -> Result<Self, SealedError> {
        let read = || {
            let mut ends = text.match_indices('\n').map(|(at, _)| at + 1);
            let head = text.get(..ends.nth(2)?)?;
            let mut lines = head.lines().skip(1);
            let (kind, stretching) = (lines.next()?.strip_prefix("kind ")?, Stretching::parse(lines.next()?)?);
            let mut rest = text.get(head.len()..)?.lines();
            let nonce = hex::decode(rest.next()?)?.try_into().ok()?;
            let sealed = hex::decode(rest.next()?)?;
            rest.next().is_none().then_some(Self { head, kind, stretching, nonce, sealed })
        };
        read().filter(|_| text.starts_with(MAGIC)).ok_or(SealedError::Malformed)
    }

    /// What is in it.
    pub(super) fn open(&self, kind: &str, key: &Stretched) -> Result<Zeroizing<Vec<u8>>, SealedError> {
        if self.kind != kind {
            return Err(SealedError::OtherKind);
        }
        let payload = Payload { msg: &self.sealed, aad: self.head.as_bytes() };
        let opened = Aes256Gcm::new(&(**key).into()).decrypt(&self.nonce.into(), payload);
        opened.map(Zeroizing::new).map_err(|_| SealedError::Passphrase)
    }
}

/// Encrypts a key: the text of its file.
pub(super) fn seal(kind: &str, secret: &[u8], how: &Stretching, key: &Stretched) -> Result<String, SealedError> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).map_err(|_| SealedError::Machine)?;
    let head = format!("{MAGIC}kind {kind}\n{}\n", how.line());
    let payload = Payload { msg: secret, aad: head.as_bytes() };
    let sealed = Aes256Gcm::new(&(**key).into()).encrypt(&nonce.into(), payload).map_err(|_| SealedError::Machine)?;
    Ok(format!("{head}{}\n{}\n", hex::encode(&nonce), hex::encode(&sealed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quick() -> Stretching {
        Stretching { memory_kib: 64, passes: 1, lanes: 1, salt: [7; SALT] }
    }

    fn sealed() -> String {
        seal("log", b"a secret", &quick(), &quick().stretch(b"open sesame").unwrap()).unwrap()
    }

    fn open(text: &str, kind: &str, passphrase: &[u8]) -> Result<Vec<u8>, SealedError> {
        let file = SealedFile::parse(text)?;
        Ok(file.open(kind, &file.stretching.stretch(passphrase)?)?.to_vec())
    }

    #[test]
    fn it_opens_with_its_passphrase_and_for_its_kind_alone() {
        let text = sealed();
        assert!(!text.contains("a secret") && text != sealed());
        assert_eq!(open(&text, "log", b"open sesame").unwrap(), b"a secret");
        for (what, text, kind, passphrase, error) in [
            ("another passphrase", text.clone(), "log", "open says me", SealedError::Passphrase),
            ("another kind", text.clone(), "root", "open sesame", SealedError::OtherKind),
            ("renamed inside", text.replace("kind log", "kind root"), "root", "open sesame", SealedError::Passphrase),
            ("another salt", text.replace("0707", "0708"), "log", "open sesame", SealedError::Passphrase),
            ("made cheaper", text.replace(" 64 1 1 ", " 32 1 1 "), "log", "open sesame", SealedError::Passphrase),
            ("cut off", text[..text.len() - 3].to_owned(), "log", "open sesame", SealedError::Passphrase),
            ("asks too much", text.replace(" 64 ", " 4000000000 "), "log", "open sesame", SealedError::Malformed),
            ("one more line", format!("{text}x\n"), "log", "open sesame", SealedError::Malformed),
            ("of another version", text.replace("key/1", "key/2"), "log", "open sesame", SealedError::Malformed),
        ] {
            assert_eq!(open(&text, kind, passphrase.as_bytes()), Err(error), "{what}");
        }
    }

    #[test]
    fn a_file_that_is_cut_or_altered_anywhere_does_not_open() {
        let text = sealed();
        for at in 0..text.len() {
            assert!(open(&text[..at], "log", b"open sesame").is_err() || at == text.len() - 1, "cut at {at}");
            let mut altered = text.clone().into_bytes();
            altered[at] = if altered[at] == b'a' { b'b' } else { b'a' };
            let altered = String::from_utf8(altered).unwrap();
            assert!(open(&altered, "log", b"open sesame").is_err(), "altered at {at}");
        }
    }

    #[test]
    fn what_is_new_costs_what_rfc_9106_says() {
        let fresh = Stretching::fresh().unwrap();
        assert_eq!((fresh.memory_kib, fresh.passes, fresh.lanes), (65_536, 3, 4));
        assert_ne!(fresh.salt, Stretching::fresh().unwrap().salt);
        assert_eq!(Stretching::parse(&fresh.line()), Some(fresh));
    }
}
