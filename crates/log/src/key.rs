//! Names, ids and keys of C2SP signed-note v1.0. Not where keys come from: public keys stand in party files, private
//! ones are handed in, and none is generated here. Key types: [`VerifierKey`] and [`SigningKey`].

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{
    ED25519, Ed25519KeyPair, KeyPair as _, ML_DSA_44, ML_DSA_44_SIGNING, PqdsaKeyPair, UnparsedPublicKey,
};
use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::error::{Format, shown};
use crate::hash::sha256;
use crate::{Error, Hash};

/// The length of an Ed25519 public key (RFC 8032, section 5.1.5).
pub const PUBLIC_KEY_BYTES: usize = 32;

/// The length of an ML-DSA-44 public key (FIPS 204, section 4, table 2).
pub const ML_DSA_44_PUBLIC_KEY_BYTES: usize = 1312;

/// The length of an ML-DSA-44 signature (FIPS 204, section 4, table 2).
const ML_DSA_44_SIGNATURE_BYTES: usize = 2420;

/// The longest verifier key in its one-line form that is read: an ML-DSA-44 key takes 1,752 letters.
const MAX_VERIFIER_KEY_BYTES: usize = 4096;

/// The name of a key, by custom a URL without scheme such as `log.example/feeds`: not empty, without white space, `+`
/// or control characters (signed-note, section "Format").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

/// The first four bytes of SHA-256(name || 0x0A || signature type || public key). Together with the name it says which
/// key a signature is by; it is too short to prove it. Shown as eight hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 4]);

/// What a key signs. It is part of the key id, so that one pair of keys under two types is two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SignatureType {
    /// Ed25519 over the note's text: 0x01 (signed-note, section "Ed25519 signatures").
    Ed25519,
    /// Ed25519 over time and checkpoint: 0x04 (tlog-cosignature, section "Ed25519 signed message").
    CosignatureV1,
    /// ML-DSA-44 over cosigner, time and checkpoint: 0x06 (tlog-cosignature, section "ML-DSA-44 signed message"). The
    /// only post-quantum type there is; a log, too, signs with it, under its own name.
    SubtreeV1,
}

/// A public key with its name and type: what a reader must know in advance to trust a signature.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifierKey {
    name: KeyName,
    signature_type: SignatureType,
    public_key: Box<[u8]>,
}

/// A pair of ML-DSA-44 keys (FIPS 204). Signing asks the library for fresh randomness, which hides the key from who
/// measures the signer (FIPS 204, section 3.4); what is signed and whether it verifies never depend on it.
#[derive(Debug)]
pub struct MlDsa44KeyPair(PqdsaKeyPair);

impl MlDsa44KeyPair {
    /// The pair of a seed (FIPS 204, section 3.6.3).
    ///
    /// # Errors
    /// [`Error::UnusableKey`] if the library does not take it.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, Error> {
        PqdsaKeyPair::from_seed(&ML_DSA_44_SIGNING, seed)
            .map(Self)
            .map_err(|_| Error::UnusableKey { name: "ML-DSA-44".to_owned() })
    }

    /// The public half, of [`ML_DSA_44_PUBLIC_KEY_BYTES`] bytes.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }
}

/// The public half of a pair of Ed25519 keys.
#[must_use]
pub fn public_key(pair: &Ed25519KeyPair) -> &[u8] {
    pair.public_key().as_ref()
}

#[derive(Debug, Clone, Copy)]
enum Pair<'pair> {
    Ed25519(&'pair Ed25519KeyPair),
    MlDsa44(&'pair MlDsa44KeyPair),
}

/// A private key with its name and type, borrowed from whoever keeps it.
///
/// A cosignature by Ed25519 does not commit to its cosigner's name: one pair of keys must never serve two cosigners
/// (tlog-cosignature, section "Ed25519 signed message").
#[derive(Debug)]
pub struct SigningKey<'pair> {
    verifier: VerifierKey,
    pair: Pair<'pair>,
}

impl KeyName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it breaks a rule of its type's description.
    pub fn new(name: &str) -> Result<Self, Error> {
        let forbidden = |character: char| character.is_whitespace() || character == '+' || character < ' ';
        if name.is_empty() {
            Err(Format::KeyName.malformed("the name is empty"))
        } else if name.contains(forbidden) {
            let problem = format!("`{}` contains white space, `+` or a control character", shown(name));
            Err(Format::KeyName.malformed(problem))
        } else {
            Ok(Self(name.to_owned()))
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SignatureType {
    const ALL: [Self; 3] = [Self::Ed25519, Self::CosignatureV1, Self::SubtreeV1];

    /// The length of a public key of this type, in bytes.
    #[must_use]
    pub fn public_key_bytes(self) -> usize {
        match self {
            Self::Ed25519 | Self::CosignatureV1 => PUBLIC_KEY_BYTES,
            Self::SubtreeV1 => ML_DSA_44_PUBLIC_KEY_BYTES,
        }
    }

    /// The byte that signed-note assigns to the type.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::CosignatureV1 => 0x04,
            Self::SubtreeV1 => 0x06,
        }
    }
}

impl VerifierKey {
    /// Names a public key.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the key has not the length that its type demands.
    pub fn new(name: KeyName, signature_type: SignatureType, public_key: &[u8]) -> Result<Self, Error> {
        let expected = signature_type.public_key_bytes();
        if public_key.len() == expected {
            Ok(Self { name, signature_type, public_key: public_key.into() })
        } else {
            let problem = format!("key `{}` has {} bytes, not {expected}", shown(name.as_str()), public_key.len());
            Err(Format::VerifierKey.malformed(problem))
        }
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// What the key signs.
    #[must_use]
    pub fn signature_type(&self) -> SignatureType {
        self.signature_type
    }

    /// The public key, as long as [`SignatureType::public_key_bytes`] says.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The key's id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let separator = [b'\n', self.signature_type.byte()];
        let Hash([first, second, third, fourth, ..]) =
            sha256(&[self.name.as_str().as_bytes(), &separator, &self.public_key].concat());
        KeyId([first, second, third, fourth])
    }

    /// Checks a signature over exactly these bytes, with the algorithm of the type.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let verified = match self.signature_type {
            SignatureType::Ed25519 | SignatureType::CosignatureV1 => {
                UnparsedPublicKey::new(&ED25519, &self.public_key).verify(message, signature)
            }
            SignatureType::SubtreeV1 => UnparsedPublicKey::new(&ML_DSA_44, &self.public_key).verify(message, signature),
        };
        verified.map_err(|_| Error::BadSignature { name: self.name.to_string(), id: self.id() })
    }
}

impl<'pair> SigningKey<'pair> {
    /// Names a pair of Ed25519 keys, for one of the two types that sign with it.
    ///
    /// # Errors
    /// [`Error::Malformed`] for another type.
    pub fn new(name: KeyName, signature_type: SignatureType, pair: &'pair Ed25519KeyPair) -> Result<Self, Error> {
        let verifier = VerifierKey::new(name, signature_type, public_key(pair))?;
        Ok(Self { verifier, pair: Pair::Ed25519(pair) })
    }

    /// Names a pair of ML-DSA-44 keys, of type [`SignatureType::SubtreeV1`].
    ///
    /// # Errors
    /// [`Error::Malformed`] if the public half has not the length of one.
    pub fn ml_dsa_44(name: KeyName, pair: &'pair MlDsa44KeyPair) -> Result<Self, Error> {
        let verifier = VerifierKey::new(name, SignatureType::SubtreeV1, pair.public_key())?;
        Ok(Self { verifier, pair: Pair::MlDsa44(pair) })
    }

    /// The public half, to be given to readers.
    #[must_use]
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs exactly these bytes, if this is a key of the type that the caller's message is for.
    pub(crate) fn sign(&self, signature_type: SignatureType, message: &[u8]) -> Result<Vec<u8>, Error> {
        let name = || self.verifier.name.to_string();
        if self.verifier.signature_type != signature_type {
            return Err(Error::WrongKeyType { name: name() });
        }
        let unusable = |_| Error::UnusableKey { name: name() };
        match self.pair {
            Pair::Ed25519(pair) => Ok(pair.try_sign(message).map_err(unusable)?.as_ref().to_vec()),
            Pair::MlDsa44(pair) => {
                let mut signature = vec![0; ML_DSA_44_SIGNATURE_BYTES];
                pair.0.sign(message, &mut signature).map_err(unusable)?;
                Ok(signature)
            }
        }
    }
}

/// The one-line form `name+id+base64(signature type || public key)`, known as vkey.
impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.signature_type.byte()];
        key.extend(&self.public_key);
        write!(formatter, "{}+{}+{}", self.name, self.id(), BASE64_STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = Error;

    /// Reads the one-line form; the id must be in lower case and be that of the key.
    fn from_str(text: &str) -> Result<Self, Error> {
        let format = Format::VerifierKey;
        if text.len() > MAX_VERIFIER_KEY_BYTES {
            let problem = format!("it has {} bytes; at most {MAX_VERIFIER_KEY_BYTES} are read", text.len());
            return Err(format.malformed(problem));
        }
        // Base64 may contain `+` too; a name may not.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(format.malformed(format!("`{}` is not of the form name+id+key", shown(text))));
        };
        let name = KeyName::new(name)?;
        let bytes = BASE64_STANDARD.decode(key).unwrap_or_default();
        let Some((type_byte, public_key)) = bytes.split_first() else {
            return Err(format.malformed(format!("`{}` is not a type byte and a key in canonical base64", shown(key))));
        };
        let signature_type = SignatureType::ALL
            .into_iter()
            .find(|known| known.byte() == *type_byte)
            .ok_or_else(|| format.malformed(format!("signature type `{type_byte:#04x}` is not 0x01, 0x04 or 0x06")))?;
        let key = Self::new(name, signature_type, public_key)?;
        let expected = key.id().to_string();
        if id != expected {
            return Err(format.malformed(format!("id `{}` is not that of the key, `{expected}`", shown(id))));
        }
        Ok(key)
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyId({self})")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// A pair of keys from a seed of one repeated byte.
    pub(crate) fn pair(seed: u8) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
    }

    /// A named signing key.
    pub(crate) fn signing_key<'pair>(
        name: &str,
        signature_type: SignatureType,
        pair: &'pair Ed25519KeyPair,
    ) -> SigningKey<'pair> {
        SigningKey::new(KeyName::new(name).unwrap(), signature_type, pair).unwrap()
    }

    #[test]
    fn a_published_verifier_key_is_read_and_written() {
        // The key of the Go checksum database: its base64 contains a `+`.
        let text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
        let key: VerifierKey = text.parse().unwrap();
        assert_eq!(key.signature_type(), SignatureType::Ed25519);
        assert_eq!(key.to_string(), text);
    }

    #[test]
    fn malformed_verifier_keys_are_refused() {
        for (why, bad, problem) in [
            ("empty", "", "not of the form"),
            ("two parts", "sum.golang.org+033de0ae", "not of the form"),
            ("no name", "+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", "is empty"),
            ("space in name", "sum golang+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", "white space"),
            (
                "other name",
                "sum.golang.com+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
                "not that of the key",
            ),
            (
                "upper case",
                "sum.golang.org+033DE0AE+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
                "not that of the key",
            ),
            ("short id", "sum.golang.org+33de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", "not that of the key"),
            ("no key", "sum.golang.org+033de0ae+", "not a type byte"),
            ("short key", "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuA==", "30 bytes, not 32"),
            ("other type", "sum.golang.org+033de0ae+As4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", "`0x02`"),
            (
                "line behind",
                "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8\n",
                "not a type byte",
            ),
        ] {
            let error = bad.parse::<VerifierKey>().unwrap_err().to_string();
            assert!(error.contains(problem), "{why}: {error}");
        }
    }

    #[test]
    fn key_names_follow_the_rules() {
        for good in ["a", "log.example/feeds/KOR", "oid/1.3.6.1.4", "küste.example"] {
            assert_eq!(KeyName::new(good).unwrap().as_str(), good);
        }
        for bad in ["", " ", "a b", "a+b", "a\n", "a\t", "a\u{00a0}b", "a\u{2003}b", "a\u{0000}"] {
            assert!(KeyName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_ml_dsa_key_is_read_and_written_and_has_an_id_of_its_own() {
        let pair = MlDsa44KeyPair::from_seed(&[7; 32]).unwrap();
        let key = SigningKey::ml_dsa_44(KeyName::new("log.example").unwrap(), &pair).unwrap();
        let expected = Sha256::digest([b"log.example\n\x06", pair.public_key()].concat());
        assert_eq!(key.verifier().id().0, expected[..4]);
        assert_eq!(key.verifier().to_string().parse().as_ref(), Ok(key.verifier()));
        // The types do not change places: a key of one is too short or too long for the other.
        let name = || KeyName::new("log.example").unwrap();
        assert!(VerifierKey::new(name(), SignatureType::Ed25519, pair.public_key()).is_err());
        assert!(SigningKey::new(name(), SignatureType::SubtreeV1, &super::tests::pair(1)).is_err());
    }

    #[test]
    fn one_pair_under_two_types_is_two_keys() {
        let pair = pair(1);
        let log = signing_key("log.example", SignatureType::Ed25519, &pair);
        let cosigner = signing_key("log.example", SignatureType::CosignatureV1, &pair);
        assert_ne!(log.verifier().id(), cosigner.verifier().id());
        for key in [log, cosigner] {
            assert_eq!(key.verifier().to_string().parse().as_ref(), Ok(key.verifier()));
        }
    }
}
