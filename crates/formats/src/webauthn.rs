//! What an authenticator and its browser say (W3C Web Authentication, Level 3): the client's data (section 5.8.1), the
//! authenticator's data (6.1), the attestation object (6.5.4) and public keys (COSE, RFC 9052 and 9053). Bytes become meaning
//! here; whether a signature holds and whether the challenge was ours is for who asked.
//!
//! Attestation statements are passed over: any authenticator will do that its owner chose. Key types:
//! [`AuthenticatorData`], [`ClientData`], [`PublicKey`].

use minicbor::{Decoder, data::Type};
use serde::Deserialize;

/// The longest attestation object that is read; statements may have a chain of certificates.
pub const MAX_ATTESTATION: usize = 64 * 1024;
/// The longest authenticator data, client data and public key.
pub const MAX_PART: usize = 8 * 1024;
/// The longest credential id (section 5.8.3).
const MAX_CREDENTIAL: usize = 1023;
/// The longest modulus of an RSA key, in bytes.
const MAX_MODULUS: usize = 1024;

/// Why it is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebauthnError {
    /// Longer than any authenticator says.
    #[error("{0}: too long")]
    Long(&'static str),
    /// Not of that shape.
    #[error("{0}: not as the specification has it")]
    Shape(&'static str),
    /// A key of a kind that nobody asked for.
    #[error("public key: neither ES256, EdDSA with Ed25519, nor RS256")]
    Algorithm,
}

/// What the browser says about a ceremony.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientData {
    /// `webauthn.create` or `webauthn.get`.
    pub kind: String,
    /// The challenge, in base64url as it stands there.
    pub challenge: String,
    /// The origin of the page.
    pub origin: String,
    /// Whether the page was inside another's.
    pub cross_origin: bool,
}

/// What the authenticator says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatorData {
    /// SHA-256 of the relying party's id.
    pub rp_id_hash: [u8; 32],
    /// Whether somebody was there.
    pub user_present: bool,
    /// Whether it was found out that it was its owner: by a PIN, a finger, a face.
    pub user_verified: bool,
    /// How often it signed; 0 where it does not count.
    pub sign_count: u32,
    /// A new credential.
    pub attested: Option<Attested>,
}

/// A new credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attested {
    /// Its id.
    pub id: Vec<u8>,
    /// Its public key, in COSE, exactly.
    pub key: Vec<u8>,
}

/// A public key of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in RFC 9053")]
pub enum PublicKey {
    /// ES256: a point of P-256.
    P256 { x: [u8; 32], y: [u8; 32] },
    /// `EdDSA` with Ed25519.
    Ed25519([u8; 32]),
    /// RS256.
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

/// Reads the client's data.
///
/// # Errors
/// When it is not what browsers write.
pub fn client_data(bytes: &[u8]) -> Result<ClientData, WebauthnError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Text {
        #[serde(rename = "type")]
        kind: String,
        challenge: String,
        origin: String,
        #[serde(default)]
        cross_origin: bool,
    }
    if bytes.len() > MAX_PART {
        return Err(WebauthnError::Long("client data"));
    }
    // Members that are not known are to be passed over (section 5.8.1).
    let text: Text = serde_json::from_slice(bytes).map_err(|_| WebauthnError::Shape("client data"))?;
    Ok(ClientData { kind: text.kind, challenge: text.challenge, origin: text.origin, cross_origin: text.cross_origin })
}

/// Reads the authenticator's data out of an attestation object.
///
/// # Errors
/// When it is none.
pub fn attestation_object(bytes: &[u8]) -> Result<AuthenticatorData, WebauthnError> {
    let wrong = || WebauthnError::Shape("attestation object");
    if bytes.len() > MAX_ATTESTATION {
        return Err(WebauthnError::Long("attestation object"));
    }
    let mut decoder = Decoder::new(bytes);
    let count = decoder.map().ok().flatten().filter(|count| *count <= 8).ok_or_else(wrong)?;
    let mut found = None;
    for _ in 0..count {
        match decoder.str().map_err(|_| wrong())? {
            "authData" if found.is_none() => found = Some(decoder.bytes().map_err(|_| wrong())?),
            "authData" => return Err(wrong()),
            _ => decoder.skip().map_err(|_| wrong())?,
        }
    }
    if decoder.position() != bytes.len() {
        return Err(wrong());
    }
    authenticator_data(found.ok_or_else(wrong)?)
}

/// Reads the authenticator's data.
///
/// # Errors
/// When it is not what authenticators write.
pub fn authenticator_data(bytes: &[u8]) -> Result<AuthenticatorData, WebauthnError> {
    let wrong = || WebauthnError::Shape("authenticator data");
    if bytes.len() > MAX_PART {
        return Err(WebauthnError::Long("authenticator data"));
    }
    let (rp_id_hash, rest) = bytes.split_first_chunk::<32>().ok_or_else(wrong)?;
    let (flags, rest) = rest.split_first().ok_or_else(wrong)?;
    let (count, mut rest) = rest.split_first_chunk::<4>().ok_or_else(wrong)?;
    let has = |bit: u8| flags & (1 << bit) != 0;
    let attested = if has(6) {
        let (_, behind) = rest.split_first_chunk::<16>().ok_or_else(wrong)?;
        let (length, behind) = behind.split_first_chunk::<2>().ok_or_else(wrong)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length == 0 || length > MAX_CREDENTIAL {
            return Err(wrong());
        }
        let (id, behind) = behind.split_at_checked(length).ok_or_else(wrong)?;
        let end = item(behind).ok_or_else(wrong)?;
        let (key, behind) = behind.split_at_checked(end).ok_or_else(wrong)?;
        rest = behind;
        Some(Attested { id: id.to_vec(), key: key.to_vec() })
    } else {
        None
    };
    if has(7) {
        let end = item(rest).ok_or_else(wrong)?;
        rest = rest.get(end..).ok_or_else(wrong)?;
    }
    if !rest.is_empty() {
        return Err(wrong());
    }
    Ok(AuthenticatorData {
        rp_id_hash: *rp_id_hash,
        user_present: has(0),
        user_verified: has(2),
        sign_count: u32::from_be_bytes(*count),
        attested,
    })
}

/// How long the first item is.
fn item(bytes: &[u8]) -> Option<usize> {
    let mut decoder = Decoder::new(bytes);
    decoder.skip().ok()?;
    Some(decoder.position())
}

/// Reads a public key.
///
/// # Errors
/// When it is none, or of a kind that was not asked for.
pub fn public_key(bytes: &[u8]) -> Result<PublicKey, WebauthnError> {
    let wrong = || WebauthnError::Shape("public key");
    if bytes.len() > MAX_PART {
        return Err(WebauthnError::Long("public key"));
    }
    let mut decoder = Decoder::new(bytes);
    let count = decoder.map().ok().flatten().filter(|count| *count <= 16).ok_or_else(wrong)?;
    let (mut kind, mut algorithm, mut numbers, mut parts) = (None, None, [None; 1], [None, None, None]);
    for _ in 0..count {
        let label = decoder.i64().map_err(|_| wrong())?;
        let number = |decoder: &mut Decoder<'_>| decoder.i64().map_err(|_| wrong());
        let taken = match label {
            1 => kind.replace(number(&mut decoder)?).is_some(),
            3 => algorithm.replace(number(&mut decoder)?).is_some(),
            // The curve of an elliptic one, the modulus of an RSA one.
            -1 if matches!(decoder.datatype(), Ok(Type::Bytes)) => {
                parts[0].replace(decoder.bytes().map_err(|_| wrong())?).is_some()
            }
            -1 => numbers[0].replace(number(&mut decoder)?).is_some(),
            -2 => parts[1].replace(decoder.bytes().map_err(|_| wrong())?).is_some(),
            -3 if matches!(decoder.datatype(), Ok(Type::Bytes)) => {
                parts[2].replace(decoder.bytes().map_err(|_| wrong())?).is_some()
            }
            _ => {
                decoder.skip().map_err(|_| wrong())?;
                false
            }
        };
        if taken {
            return Err(wrong());
        }
    }
    if decoder.position() != bytes.len() {
        return Err(wrong());
    }
    let fixed = |part: Option<&[u8]>| part.and_then(|part| <[u8; 32]>::try_from(part).ok()).ok_or_else(wrong);
    let [first, second, third] = parts;
    match (kind, algorithm, numbers) {
        (Some(2), Some(-7), [Some(1)]) => Ok(PublicKey::P256 { x: fixed(second)?, y: fixed(third)? }),
        (Some(1), Some(-8), [Some(6)]) => Ok(PublicKey::Ed25519(fixed(second)?)),
        (Some(3), Some(-257), [None]) => {
            let (n, e) = (first.ok_or_else(wrong)?, second.ok_or_else(wrong)?);
            let fits = (256..=MAX_MODULUS).contains(&n.len()) && (1..=8).contains(&e.len());
            if fits { Ok(PublicKey::Rsa { n: n.to_vec(), e: e.to_vec() }) } else { Err(wrong()) }
        }
        _ => Err(WebauthnError::Algorithm),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn es256() -> Vec<u8> {
        let mut key = vec![0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
        key.extend([7; 32]);
        key.extend([0x22, 0x58, 32]);
        key.extend([9; 32]);
        key
    }

    fn data(flags: u8, behind: &[u8]) -> Vec<u8> {
        [&[1; 32][..], &[flags], &[0, 0, 0, 5], behind].concat()
    }

    #[test]
    fn what_an_authenticator_says_is_read_whole_or_not_at_all() {
        let plain = authenticator_data(&data(0b101, &[])).unwrap();
        assert_eq!((plain.user_present, plain.user_verified, plain.sign_count), (true, true, 5));
        let key = es256();
        let credential = [&[0; 16][..], &[0, 3], b"abc", &key].concat();
        let read = authenticator_data(&data(0b0100_0101, &credential)).unwrap();
        assert_eq!(read.attested, Some(Attested { id: b"abc".to_vec(), key: key.clone() }));
        assert_eq!(public_key(&key), Ok(PublicKey::P256 { x: [7; 32], y: [9; 32] }));
        for (flags, behind) in [
            (0b101, &b"x"[..]),
            (0b0100_0101, b""),
            (0b0100_0101, &credential[..credential.len() - 1]),
            (0b1000_0101, b""),
        ] {
            assert!(authenticator_data(&data(flags, behind)).is_err());
        }
        let object = |auth: &[u8]| {
            let head = [&[0xa3][..], b"\x63fmt\x64none", b"\x67attStmt\xa0", b"\x68authData\x58"].concat();
            [&head[..], &[u8::try_from(auth.len()).unwrap()], auth].concat()
        };
        let whole = object(&data(0b0100_0101, &credential));
        assert_eq!(attestation_object(&whole).unwrap(), read);
        assert!(attestation_object(&[&whole[..], b"\0"].concat()).is_err(), "and nothing behind it");
        assert!(attestation_object(b"\xa0").is_err());
        assert!(attestation_object(b"\xbf\xff").is_err(), "of unknown length");
    }

    #[test]
    fn keys_of_other_kinds_and_doubled_members_are_refused() {
        let key = es256();
        let mut other = key.clone();
        other[4] = 0x27;
        assert_eq!(public_key(&other), Err(WebauthnError::Algorithm));
        let doubled = [&[0xa6, 1, 2][..], &key[1..]].concat();
        assert_eq!(public_key(&doubled), Err(WebauthnError::Shape("public key")));
        assert!(public_key(&key[..key.len() - 1]).is_err());
        let rsa = [&[0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59, 1, 0][..], &[0xc1; 256], &[0x21, 0x43, 1, 0, 1]].concat();
        assert_eq!(public_key(&rsa), Ok(PublicKey::Rsa { n: vec![0xc1; 256], e: vec![1, 0, 1] }));
    }

    #[test]
    fn the_clients_data_is_read_as_browsers_write_it() {
        let text =
            br#"{"type":"webauthn.get","challenge":"AAA","origin":"https://a.example","crossOrigin":false,"other":1}"#;
        let read = client_data(text).unwrap();
        assert_eq!(
            (read.kind.as_str(), read.origin.as_str(), read.cross_origin),
            ("webauthn.get", "https://a.example", false)
        );
        for wrong in [&b"{}"[..], b"[]", b"\xff", br#"{"type":1,"challenge":"","origin":""}"#] {
            assert!(client_data(wrong).is_err());
        }
    }
}
