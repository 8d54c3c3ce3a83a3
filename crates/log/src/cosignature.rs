//! Cosignatures, C2SP tlog-cosignature v1.1: somebody else than the log says that at a time it held this checkpoint to
//! be the log's latest. For a feed that is the recipient's receipt, for a ledger the word of a witness. Not the check
//! that the checkpoint extends the last one, which must come before ([`crate::verify_consistency`]). Key type:
//! [`NoteSignature`], one line to be sent alone or added to the note.
//!
//! There are two forms: `cosignature/v1` by Ed25519 over the text of the checkpoint, and `subtree/v1` by ML-DSA-44 over
//! a binary message made from it. A log signs its own checkpoints with the second beside its Ed25519 signature, since
//! it is the post-quantum type that clients of such logs know; the time is then 0, which says nothing about the tree
//! being the latest.

use crate::error::Format;
use crate::{Checkpoint, Error, NoteSignature, SignatureType, SigningKey, VerifierKey};

/// The largest time of a cosignature, 2^63 - 1, in seconds since 1970 (tlog-cosignature, section "Format").
const MAX_TIME: u64 = i64::MAX as u64;

/// Cosigns a checkpoint at `time`, in seconds since 1970, with a key of type [`SignatureType::CosignatureV1`] or
/// [`SignatureType::SubtreeV1`]. Whoever calls this has verified that the checkpoint extends every one it cosigned
/// before, and will remember this one.
///
/// # Errors
/// [`Error::WrongKeyType`] for a log's own Ed25519 key, [`Error::UnusableKey`]; [`Error::Malformed`] for a time beyond
/// 2^63 - 1, or a name that `subtree/v1` has no room for.
pub fn cosign(checkpoint: &Checkpoint, key: &SigningKey<'_>, time: u64) -> Result<NoteSignature, Error> {
    check_time(time)?;
    let verifier = key.verifier();
    let message = message(verifier, time, checkpoint)?;
    let signature = key.sign(verifier.signature_type(), &message)?;
    let mut timestamped = time.to_be_bytes().to_vec();
    timestamped.extend(signature);
    Ok(NoteSignature::by(key.verifier(), timestamped))
}

/// Checks a cosignature by `key` over a checkpoint and returns its time, in seconds since 1970. Whether that time is
/// plausible is for the caller, who has a clock.
///
/// # Errors
/// [`Error::NoKnownSignature`] if the line is by another key, [`Error::BadSignature`] if it does not verify,
/// [`Error::Malformed`] if it is no timestamped signature, [`Error::WrongKeyType`] if `key` is not a cosigner's.
pub fn verify_cosignature(checkpoint: &Checkpoint, signature: &NoteSignature, key: &VerifierKey) -> Result<u64, Error> {
    if key.signature_type() == SignatureType::Ed25519 {
        return Err(Error::WrongKeyType { name: key.name().to_string() });
    }
    if !signature.is_by(key) {
        return Err(Error::NoKnownSignature { known: format!("`{}` ({})", key.name(), key.id()) });
    }
    verify_line(checkpoint, signature, key)
}

/// Checks a line that claims to be by this cosigner's key.
pub(crate) fn verify_line(checkpoint: &Checkpoint, signature: &NoteSignature, key: &VerifierKey) -> Result<u64, Error> {
    let Some((time, bytes)) = signature.bytes().split_first_chunk::<8>() else {
        return Err(Format::Cosignature.malformed("too short for a timestamp of 8 bytes and a signature"));
    };
    let time = u64::from_be_bytes(*time);
    check_time(time)?;
    key.verify(&message(key, time, checkpoint)?, bytes)?;
    Ok(time)
}

/// What is signed, in the form of the key's type.
fn message(key: &VerifierKey, time: u64, checkpoint: &Checkpoint) -> Result<Vec<u8>, Error> {
    match key.signature_type() {
        SignatureType::Ed25519 => Err(Error::WrongKeyType { name: key.name().to_string() }),
        SignatureType::CosignatureV1 => Ok(cosignature_v1(time, checkpoint)),
        SignatureType::SubtreeV1 => subtree_v1(key.name().as_str(), time, checkpoint),
    }
}

/// Section "Ed25519 signed message": text, with the extension lines and without the cosigner's name.
fn cosignature_v1(time: u64, checkpoint: &Checkpoint) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{checkpoint}").into_bytes()
}

/// Section "ML-DSA-44 signed message": binary, with the cosigner's name and without extension lines. A checkpoint is the
/// subtree from leaf 0 on.
fn subtree_v1(cosigner: &str, time: u64, checkpoint: &Checkpoint) -> Result<Vec<u8>, Error> {
    let mut message = b"subtree/v1\n\0".to_vec();
    push_short(&mut message, cosigner)?;
    message.extend(time.to_be_bytes());
    push_short(&mut message, checkpoint.origin())?;
    message.extend(0_u64.to_be_bytes());
    message.extend(checkpoint.size().to_be_bytes());
    message.extend(checkpoint.root().as_bytes());
    Ok(message)
}

/// A text behind its length in one byte (RFC 8446, section 3.4: `opaque<1..2^8-1>`).
fn push_short(message: &mut Vec<u8>, text: &str) -> Result<(), Error> {
    let length = u8::try_from(text.len())
        .map_err(|_| Format::Cosignature.malformed(format!("a name of {} bytes; at most 255", text.len())))?;
    message.push(length);
    message.extend(text.as_bytes());
    Ok(())
}

fn check_time(time: u64) -> Result<(), Error> {
    if time <= MAX_TIME {
        Ok(())
    } else {
        Err(Format::Cosignature.malformed(format!("time `{time}` is beyond 2^63 - 1 seconds")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::tests::{pair, signing_key};
    use crate::{Fault, KeyName, MlDsa44KeyPair, Note, leaf_hash};

    fn checkpoint(size: u64) -> Checkpoint {
        Checkpoint::new("log.example/feed", size, leaf_hash(b""), vec!["one".into()]).unwrap()
    }

    #[test]
    fn the_message_is_that_of_the_specification() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let checkpoint: Checkpoint = text.parse().unwrap();
        let expected = format!("cosignature/v1\ntime 1679315147\n{text}");
        assert_eq!(cosignature_v1(1_679_315_147, &checkpoint), expected.as_bytes());
    }

    #[test]
    fn the_binary_message_is_that_of_the_specification() {
        // Field by field as in `cosigned_message`: label, name, time, origin, start, end, hash.
        let checkpoint = Checkpoint::new("log.example", 258, leaf_hash(b""), vec!["left out".into()]).unwrap();
        let mut expected = b"subtree/v1\n\x00\x02w1\x00\x00\x00\x00\x64\x18\x50\xcb\x0blog.example".to_vec();
        expected.extend([0; 8]);
        expected.extend([0, 0, 0, 0, 0, 0, 1, 2]);
        expected.extend(leaf_hash(b"").as_bytes());
        assert_eq!(subtree_v1("w1", 0x6418_50cb, &checkpoint).unwrap(), expected);
        assert!(subtree_v1(&"w".repeat(256), 0, &checkpoint).is_err());
    }

    #[test]
    fn a_post_quantum_cosignature_is_bound_to_time_checkpoint_name_and_key() {
        let pair = MlDsa44KeyPair::from_seed(&[1; 32]).unwrap();
        let key = SigningKey::ml_dsa_44(KeyName::new("witness.example").unwrap(), &pair).unwrap();
        let line = cosign(&checkpoint(3), &key, 7).unwrap();
        assert_eq!(line.bytes().len(), 8 + 2420);
        let read: NoteSignature = line.to_string().parse().unwrap();
        assert_eq!(verify_cosignature(&checkpoint(3), &read, key.verifier()), Ok(7));

        assert_eq!(verify_cosignature(&checkpoint(4), &read, key.verifier()).unwrap_err().fault(), Fault::Claim);
        for position in [7, 8, 2427] {
            let mut bytes = line.bytes().to_vec();
            bytes[position] ^= 1;
            let changed = NoteSignature::by(key.verifier(), bytes);
            assert!(verify_cosignature(&checkpoint(3), &changed, key.verifier()).is_err(), "byte {position}");
        }
        // The same pair under another name: the line is renamed with it, and still does not verify.
        let other = SigningKey::ml_dsa_44(KeyName::new("w").unwrap(), &pair).unwrap();
        let renamed = NoteSignature::by(other.verifier(), line.bytes().to_vec());
        assert!(matches!(
            verify_cosignature(&checkpoint(3), &renamed, other.verifier()),
            Err(Error::BadSignature { .. })
        ));
    }

    #[test]
    fn a_cosignature_is_bound_to_time_checkpoint_and_key() {
        let (one, two) = (pair(1), pair(2));
        let key = signing_key("witness.example", SignatureType::CosignatureV1, &one);
        let verifier = key.verifier();
        let line = cosign(&checkpoint(3), &key, 1_679_315_147).unwrap();
        assert_eq!(line.bytes().len(), 8 + 64);
        let read: NoteSignature = line.to_string().parse().unwrap();
        assert_eq!(verify_cosignature(&checkpoint(3), &read, verifier), Ok(1_679_315_147));

        let changed = |position: usize| {
            let mut bytes = line.bytes().to_vec();
            bytes[position] ^= 1;
            NoteSignature::by(verifier, bytes)
        };
        let filled = |byte: u8, length: usize| NoteSignature::by(verifier, vec![byte; length]);
        let renamed =
            VerifierKey::new(KeyName::new("w").unwrap(), SignatureType::CosignatureV1, verifier.public_key()).unwrap();
        for (why, checkpoint, line, key, fault) in [
            ("another size", checkpoint(4), line.clone(), verifier, Fault::Claim),
            ("another time", checkpoint(3), changed(7), verifier, Fault::Claim),
            ("another signature", checkpoint(3), changed(8), verifier, Fault::Claim),
            ("another name", checkpoint(3), line.clone(), &renamed, Fault::Claim),
            ("time beyond 2^63 - 1", checkpoint(3), filled(0xff, 72), verifier, Fault::Input),
            ("no time", checkpoint(3), filled(0, 7), verifier, Fault::Input),
            ("no signature", checkpoint(3), filled(0, 8), verifier, Fault::Claim),
        ] {
            assert_eq!(verify_cosignature(&checkpoint, &line, key).unwrap_err().fault(), fault, "{why}");
        }
        assert!(cosign(&checkpoint(3), &key, u64::MAX).is_err());

        let log = signing_key("witness.example", SignatureType::Ed25519, &two);
        assert!(matches!(cosign(&checkpoint(3), &log, 0), Err(Error::WrongKeyType { .. })));
        let error = verify_cosignature(&checkpoint(3), &line, log.verifier());
        assert!(matches!(error, Err(Error::WrongKeyType { .. })));
    }

    #[test]
    fn a_cosigned_note_verifies_for_both_keys() {
        let (one, two) = (pair(1), pair(2));
        let log = signing_key("log.example", SignatureType::Ed25519, &one);
        let witness = signing_key("witness.example", SignatureType::CosignatureV1, &two);
        let note = checkpoint(3).sign(&log).unwrap();
        let note = note.with_signature(cosign(&checkpoint(3), &witness, 7).unwrap()).unwrap();
        let note = Note::parse(note.to_string().as_bytes()).unwrap();
        let known = [log.verifier().clone(), witness.verifier().clone()];
        assert_eq!(note.verify(&known).unwrap(), [log.verifier(), witness.verifier()]);
    }
}
