//! Signatures that say what they are for: the pre-authentication encoding of DSSE (Dead Simple Signing Envelope, v1).
//!
//! Every Ed25519 signature of Entente, over an envelope or over a statement of any other kind, is made here, over a
//! payload type and the exact bytes of a payload. Not the JSON wrapper of DSSE: whoever carries a statement decides how
//! the payload and its signature travel. Key functions: [`sign`] and [`verify`].

use crate::{
    error::Error,
    keys::{SIGNATURE_LENGTH, SigningKey, VerifyingKey},
};

/// What is really signed: `DSSEv1`, then the length of the type, the type, the length of the payload and the payload,
/// each after one space, lengths in decimal ASCII (envelope.md section 7).
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut encoded = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    encoded.extend_from_slice(payload);
    encoded
}

/// Signs `payload` as a statement of the kind `payload_type`, a media type that no other kind of statement uses.
///
/// # Errors
/// [`Error::Library`] if the library fails.
pub fn sign(key: &SigningKey, payload_type: &str, payload: &[u8]) -> Result<[u8; SIGNATURE_LENGTH], Error> {
    key.sign(&pae(payload_type, payload))
}

/// Checks that `key` signed exactly this `payload` as a statement of exactly this kind.
///
/// # Errors
/// [`Error::BadSignature`].
pub fn verify(key: &VerifyingKey, payload_type: &str, payload: &[u8], signature: &[u8]) -> Result<(), Error> {
    key.verify(&pae(payload_type, payload), signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_that_of_the_dsse_specification() {
        let expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(pae("http://example.com/HelloWorld", b"hello world"), expected);
    }

    #[test]
    fn a_signature_holds_for_its_key_kind_and_payload_only() {
        let key = SigningKey::from_seed(&[1; 32]).unwrap();
        let other = SigningKey::from_seed(&[2; 32]).unwrap();
        let mut signature = sign(&key, "text/plain", b"yes").unwrap();
        assert_eq!(verify(key.public(), "text/plain", b"yes", &signature), Ok(()));
        for (public, kind, payload) in [
            (other.public(), "text/plain", b"yes"),
            (key.public(), "text/html", b"yes"),
            (key.public(), "text/plain", b"no!"),
        ] {
            assert_eq!(verify(public, kind, payload, &signature), Err(Error::BadSignature));
        }
        assert_eq!(verify(key.public(), "text/plain", b"yes", &signature[..63]), Err(Error::BadSignature));
        // S plus the group order is the same scalar; accepting it would give every signature a twin.
        let order = [
            0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let mut carry = 0u16;
        for (byte, addend) in signature[32..].iter_mut().zip(order) {
            carry += u16::from(*byte) + addend;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        assert_eq!(verify(key.public(), "text/plain", b"yes", &signature), Err(Error::BadSignature));
    }
}
