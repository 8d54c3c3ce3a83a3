//! Signed notes, C2SP signed-note v1.0: a text and the signatures below it. Not the meaning of the text, which here is
//! mostly a [`crate::Checkpoint`]. Key type: [`Note`].
//!
//! A note that was parsed has said nothing yet: its text counts only after [`Note::verify`]. Every note has one form,
//! and writing what was read gives the same bytes. One rule is stricter than the specification: a key signs a note
//! once, so a second line with the same name and id is refused.

use std::fmt;

use crate::cosignature;
use crate::error::{Format, shown};
use crate::signature::MAX_SIGNATURE_LINE_BYTES;
use crate::{Checkpoint, Error, NoteSignature, SignatureType, SigningKey, VerifierKey};

/// How much of a note we are willing to read. The specification asks for room for 16 signatures at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest text, in bytes.
    pub text_bytes: usize,
    /// The most signatures.
    pub signatures: usize,
}

/// A text of one or more lines with at least one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Default for Limits {
    /// 1 MiB of text and 64 signatures.
    fn default() -> Self {
        Self { text_bytes: 1 << 20, signatures: 64 }
    }
}

impl Note {
    /// Puts signatures below a text, which must end in a newline and have no control characters but newlines.
    ///
    /// # Errors
    /// [`Error::MalformedLine`] for the text, or if there is no signature or a key signed twice; [`Error::TooLarge`]
    /// beyond the default [`Limits`].
    pub fn new(text: impl Into<String>, signatures: Vec<NoteSignature>) -> Result<Self, Error> {
        Self { text: text.into(), signatures }.checked(&Limits::default())
    }

    /// Signs a text with a key of type [`SignatureType::Ed25519`].
    ///
    /// # Errors
    /// As [`Note::new`]; [`Error::WrongKeyType`] for a cosigner's key, [`Error::UnusableKey`].
    pub fn sign(text: impl Into<String>, key: &SigningKey<'_>) -> Result<Self, Error> {
        let text = text.into();
        let signature = key.sign(SignatureType::Ed25519, text.as_bytes())?;
        Self::new(text, vec![NoteSignature::by(key.verifier(), signature)])
    }

    /// Reads a note within the default [`Limits`].
    ///
    /// # Errors
    /// [`Error::MalformedLine`] with the line, [`Error::TooLarge`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        Self::parse_within(bytes, &Limits::default())
    }

    /// Reads a note (signed-note, section "Format").
    ///
    /// # Errors
    /// [`Error::MalformedLine`] with the line, [`Error::TooLarge`] beyond `limits`.
    pub fn parse_within(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        let format = Format::Note;
        let limit = limits.text_bytes.saturating_add(limits.signatures.saturating_mul(MAX_SIGNATURE_LINE_BYTES));
        at_most(bytes.len(), limit, "bytes")?;
        let note = std::str::from_utf8(bytes).map_err(|error| {
            let good = bytes.iter().take(error.valid_up_to());
            format.malformed_at(1 + good.filter(|byte| **byte == b'\n').count(), "not UTF-8")
        })?;
        let lines = note.split('\n').count();
        let Some((before, block)) = note.rsplit_once("\n\n") else {
            return Err(format.malformed_at(lines, "no empty line between text and signatures"));
        };
        let Some(block) = block.strip_suffix('\n') else {
            return Err(format.malformed_at(lines, "the note does not end with a signature line and a newline"));
        };
        let text = format!("{before}\n");

        let signature_lines = || block.split('\n');
        // Counted before any is decoded.
        at_most(signature_lines().count(), limits.signatures, "signatures")?;
        let first = 1 + text.split('\n').count();
        let signatures = signature_lines()
            .zip(first..)
            .map(|(line, number)| NoteSignature::read(line).map_err(|problem| format.malformed_at(number, problem)))
            .collect::<Result<_, _>>()?;
        Self { text, signatures }.checked(limits)
    }

    /// The text, with its final newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures in their order; none is verified.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature below the others. It takes the place of an earlier one by the same key, as a later cosignature
    /// does.
    ///
    /// # Errors
    /// [`Error::TooLarge`] beyond the default [`Limits`].
    pub fn with_signature(mut self, signature: NoteSignature) -> Result<Self, Error> {
        self.signatures.retain(|other| !other.same_key(&signature));
        self.signatures.push(signature);
        self.checked(&Limits::default())
    }

    /// Returns those of the `known` keys that signed, in the order of their signatures. Signatures by other keys are
    /// ignored, also where they share a name or an id with a known key, but not both (signed-note, section
    /// "Signatures").
    ///
    /// # Errors
    /// [`Error::BadSignature`] if any signature by a known key fails, whatever the others say;
    /// [`Error::NoKnownSignature`] if there is none.
    pub fn verify<'known>(&self, known: &'known [VerifierKey]) -> Result<Vec<&'known VerifierKey>, Error> {
        let mut signers = Vec::new();
        for signature in &self.signatures {
            if let Some(key) = known.iter().find(|key| signature.is_by(key)) {
                match key.signature_type() {
                    SignatureType::Ed25519 => key.verify(self.text.as_bytes(), signature.bytes())?,
                    // A cosigner's word is about a checkpoint; over any other text it says nothing.
                    SignatureType::CosignatureV1 | SignatureType::SubtreeV1 => {
                        let checkpoint: Checkpoint = self.text.parse()?;
                        cosignature::verify_line(&checkpoint, signature, key)?;
                    }
                }
                signers.push(key);
            }
        }
        if signers.is_empty() {
            let known: Vec<_> = known.iter().map(|key| format!("`{}` ({})", key.name(), key.id())).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Error::NoKnownSignature { known });
        }
        Ok(signers)
    }

    fn checked(self, limits: &Limits) -> Result<Self, Error> {
        let format = Format::Note;
        at_most(self.text.len(), limits.text_bytes, "bytes of text")?;
        at_most(self.signatures.len(), limits.signatures, "signatures")?;
        for (line, number) in self.text.split('\n').zip(1..) {
            if let Some(control) = line.chars().find(|character| *character < ' ') {
                return Err(format.malformed_at(number, format!("control character `{}`", control.escape_default())));
            }
        }
        let lines = self.text.split('\n').count();
        if !self.text.ends_with('\n') {
            return Err(format.malformed_at(lines, "the text does not end with a newline"));
        }
        if self.signatures.is_empty() {
            return Err(format.malformed_at(lines, "no signature"));
        }
        for (position, signature) in self.signatures.iter().enumerate() {
            if self.signatures.iter().take(position).any(|other| other.same_key(signature)) {
                let problem =
                    format!("second signature by `{}` ({})", shown(signature.name().as_str()), signature.id());
                return Err(format.malformed_at(lines + 1 + position, problem));
            }
        }
        Ok(self)
    }
}

/// The whole note, as it is stored and sent.
impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(formatter, "{signature}"))
    }
}

fn at_most(found: usize, limit: usize, unit: &'static str) -> Result<(), Error> {
    if found <= limit { Ok(()) } else { Err(Error::TooLarge { format: Format::Note, found, limit, unit }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Fault;
    use crate::key::tests::{pair, signing_key};

    const LINE: &str = "— a.example AAAAAAE=";

    #[test]
    fn notes_have_one_form() {
        for (why, note) in [
            ("one line", format!("text\n\n{LINE}\n")),
            ("empty lines in the text", format!("\ntext\n\nmore\n\n\n{LINE}\n")),
            ("text that looks signed", format!("text\n\n{LINE}\n\n{LINE}\n")),
            ("two keys of one name", format!("text\n\n{LINE}\n— a.example AAAAAgE=\n")),
            ("two names of one id", format!("text\n\n{LINE}\n— b.example AAAAAAE=\n")),
            ("letters beyond ASCII", format!("Küste\n\n{LINE}\n")),
        ] {
            assert_eq!(Note::parse(note.as_bytes()).unwrap().to_string(), note, "{why}");
        }
    }

    #[test]
    fn malformed_notes_are_refused_with_the_line() {
        for (why, bad, line, problem) in [
            ("nothing", String::new(), 1, "no empty line"),
            ("no signature", "text\n".into(), 2, "no empty line"),
            ("empty line and no signature", "text\n\n".into(), 3, "does not end with a signature line"),
            ("no empty line", format!("text\n{LINE}\n"), 3, "no empty line"),
            ("missing newline", format!("text\n\n{LINE}"), 3, "does not end with a signature line"),
            ("empty line behind", format!("text\n\n{LINE}\n\n"), 5, "does not end with a signature line"),
            ("text behind", format!("text\n\n{LINE}\nmore\n"), 4, "`more` is not of the form"),
            ("hyphen for dash", "text\n\n- a.example AAAAAAE=\n".into(), 3, "not of the form"),
            ("no space behind dash", "text\n\n—a.example AAAAAAE=\n".into(), 3, "not of the form"),
            ("no signature behind name", "text\n\n— a.example\n".into(), 3, "not of the form"),
            ("no name", "text\n\n—  AAAAAAE=\n".into(), 3, "name is empty"),
            ("plus in name", "text\n\n— a+b AAAAAAE=\n".into(), 3, "contains white space, `+`"),
            ("no-break space in name", "text\n\n— a\u{a0}b AAAAAAE=\n".into(), 3, "contains white space, `+`"),
            ("two spaces", "text\n\n— a.example  AAAAAAE=\n".into(), 3, "not canonical base64"),
            ("space behind", format!("text\n\n{LINE} \n"), 3, "not canonical base64"),
            ("no padding", "text\n\n— a.example AAAAAAE\n".into(), 3, "not canonical base64"),
            ("unused bits not zero", "text\n\n— a.example AAAAAAF=\n".into(), 3, "not canonical base64"),
            ("key id alone", "text\n\n— a.example AAAAAA==\n".into(), 3, "no longer than a key id"),
            ("line doubled", format!("text\n\n{LINE}\n{LINE}\n"), 4, "second signature by `a.example` (00000000)"),
            ("key twice", format!("text\n\n{LINE}\n— a.example AAAAAAI=\n"), 4, "second signature"),
            ("carriage return", format!("text\r\n\n{LINE}\n"), 1, "control character `\\r`"),
            ("tab", format!("text\n\tmore\n\n{LINE}\n"), 2, "control character `\\t`"),
        ] {
            let error = Note::parse(bad.as_bytes()).unwrap_err();
            let Error::MalformedLine { line: found, .. } = error else { panic!("{why}: {error}") };
            assert!(found == line && error.to_string().contains(problem), "{why}: {error}");
        }
        let not_utf8 = Note::parse(b"text\nm\xffre\n\n").unwrap_err();
        assert_eq!(not_utf8, Format::Note.malformed_at(2, "not UTF-8"));
    }

    #[test]
    fn limits_hold_at_the_edge() {
        let lines = |count: usize| (0..count).map(|key| format!("— key{key} AAAAAAE=\n")).collect::<String>();
        let limits = Limits { text_bytes: 8, signatures: 16 };
        for (text, signatures, fits) in [(8, 16, true), (9, 16, false), (8, 17, false)] {
            let note = format!("{}\n\n{}", "x".repeat(text - 1), lines(signatures));
            assert_eq!(Note::parse_within(note.as_bytes(), &limits).is_ok(), fits, "{text} {signatures}");
        }
        assert!(Note::parse(format!("text\n\n{}", lines(64)).as_bytes()).is_ok());
        let error = Note::parse(format!("text\n\n{}", lines(65)).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "signed note has 65 signatures; at most 64 are accepted");
        let long = "A".repeat(MAX_SIGNATURE_LINE_BYTES);
        assert!(Note::parse(format!("text\n\n— a {long}\n").as_bytes()).is_err());
    }

    #[test]
    fn unknown_keys_are_ignored_but_one_must_be_known() {
        let (one, two) = (pair(1), pair(2));
        let log = signing_key("log.example", SignatureType::Ed25519, &one);
        let other = signing_key("other.example", SignatureType::Ed25519, &two);
        let namesake = signing_key("log.example", SignatureType::Ed25519, &two);
        let keys = |keys: &[&SigningKey<'_>]| keys.iter().map(|key| key.verifier().clone()).collect::<Vec<_>>();
        let note = Note::sign("text\n", &log).unwrap();
        let signature = |key| Note::sign("text\n", key).unwrap().signatures()[0].clone();
        let both = note.clone().with_signature(signature(&other)).unwrap();

        assert_eq!(both.verify(&keys(&[&other, &log])).unwrap(), [log.verifier(), other.verifier()]);
        assert_eq!(both.verify(&keys(&[&log, &namesake])).unwrap(), [log.verifier()]);
        for known in [keys(&[&namesake]), keys(&[])] {
            let error = both.verify(&known).unwrap_err();
            assert!(matches!(error, Error::NoKnownSignature { .. }) && error.fault() == Fault::Claim, "{error}");
        }

        // One failing signature by a known key spoils the note, even beside a good one.
        let spoilt = NoteSignature::by(other.verifier(), vec![0; 64]);
        let spoilt = both.with_signature(spoilt).unwrap();
        assert!(spoilt.verify(&keys(&[&log])).is_ok());
        assert!(matches!(spoilt.verify(&keys(&[&log, &other])), Err(Error::BadSignature { .. })));
        let changed = Note { text: "test\n".into(), ..note };
        assert!(matches!(changed.verify(&keys(&[&log])), Err(Error::BadSignature { .. })));
    }

    #[test]
    fn a_later_signature_by_the_same_key_takes_the_place_of_the_earlier() {
        let note = Note::parse(format!("text\n\n{LINE}\n— b.example AAAAAAE=\n").as_bytes()).unwrap();
        let note = note.with_signature("— a.example AAAAAAI=".parse().unwrap()).unwrap();
        assert_eq!(note.to_string(), "text\n\n— b.example AAAAAAE=\n— a.example AAAAAAI=\n");
    }

    proptest! {
        #[test]
        fn parsing_is_total(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _total = Note::parse(&bytes);
        }

        #[test]
        fn what_parses_is_written_back(
            text in "[a-c\n ]{0,12}\n",
            lines in prop::collection::vec("— [ab+ ]{1,2} [AE]{6,7}={0,2}", 0..3),
            end in "\n{0,2}",
        ) {
            let note = format!("{text}\n{}{end}", lines.join("\n"));
            if let Ok(parsed) = Note::parse(note.as_bytes()) {
                prop_assert_eq!(parsed.to_string(), note);
            }
        }
    }
}
