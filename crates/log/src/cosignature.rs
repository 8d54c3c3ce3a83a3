//! Cosignatures, C2SP tlog-cosignature v1.0: somebody else than the log says that at a time it held this checkpoint to
//! be the log's latest. For a feed that is the recipient's receipt. Not the check that the checkpoint extends the last
//! one, which must come before ([`crate::verify_consistency`]). Key type: [`NoteSignature`], one line to be sent alone
//! or added to the note.
//!
//! Here is the form for Ed25519, `cosignature/v1`. The one for ML-DSA-44, `subtree/v1`, signs a binary message made
//! from the same [`Checkpoint`] and will stand beside it under a [`SignatureType`] of its own.

use crate::error::Format;
use crate::{Checkpoint, Error, NoteSignature, SignatureType, SigningKey, VerifierKey};

/// The largest time of a cosignature, 2^63 - 1, in seconds since 1970 (tlog-cosignature, section "Format").
const MAX_TIME: u64 = i64::MAX as u64;

/// Cosigns a checkpoint at `time`, in seconds since 1970, with a key of type [`SignatureType::CosignatureV1`]. Whoever
/// calls this has verified that the checkpoint extends every one it cosigned before, and will remember this one.
///
/// # Errors
/// [`Error::WrongKeyType`] for a log's own key, [`Error::UnusableKey`]; [`Error::Malformed`] for a time beyond
/// 2^63 - 1.
pub fn cosign(checkpoint: &Checkpoint, key: &SigningKey<'_>, time: u64) -> Result<NoteSignature, Error> {
    check_time(time)?;
    let signature = key.sign(SignatureType::CosignatureV1, &message(time, &checkpoint.to_string()))?;
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
    if key.signature_type() != SignatureType::CosignatureV1 {
        return Err(Error::WrongKeyType { name: key.name().to_string() });
    }
    if !signature.is_by(key) {
        return Err(Error::NoKnownSignature { known: format!("`{}` ({})", key.name(), key.id()) });
    }
    verify_text(&checkpoint.to_string(), signature, key)
}

/// Checks a line that claims to be by this cosigner's key, over the text of a note.
pub(crate) fn verify_text(text: &str, signature: &NoteSignature, key: &VerifierKey) -> Result<u64, Error> {
    let Some((time, bytes)) = signature.bytes().split_first_chunk::<8>() else {
        return Err(Format::Cosignature.malformed("too short for a timestamp of 8 bytes and a signature"));
    };
    let time = u64::from_be_bytes(*time);
    check_time(time)?;
    key.verify(&message(time, text), bytes)?;
    Ok(time)
}

/// What is signed (tlog-cosignature, section "Ed25519 signed message").
fn message(time: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
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
    use crate::{Fault, KeyName, Note, leaf_hash};

    fn checkpoint(size: u64) -> Checkpoint {
        Checkpoint::new("log.example/feed", size, leaf_hash(b""), vec!["one".into()]).unwrap()
    }

    #[test]
    fn the_message_is_that_of_the_specification() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        assert_eq!(message(1_679_315_147, text), format!("cosignature/v1\ntime 1679315147\n{text}").as_bytes());
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
            VerifierKey::new(KeyName::new("w").unwrap(), SignatureType::CosignatureV1, *verifier.public_key());
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
