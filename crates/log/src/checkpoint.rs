//! Checkpoints, C2SP tlog-checkpoint v1.0: the size and root of a log, signed by it. Not a proof that this checkpoint
//! extends an earlier one; whoever signs or accepts one sees to that. Key type: [`Checkpoint`].

use std::fmt;
use std::str::FromStr;

use crate::error::{Format, shown};
use crate::frontier::check_size;
use crate::{Error, Hash, Limits, Note, SigningKey, VerifierKey};

/// The longest origin, in bytes: what the ML-DSA-44 form of a cosignature has room for.
const MAX_ORIGIN_BYTES: usize = 255;

/// All extension lines together, in bytes. The specification discourages any.
const MAX_EXTENSION_BYTES: usize = 8192;

/// The longest text of a checkpoint, in bytes: the above, a size and a root.
const MAX_TEXT_BYTES: usize = MAX_ORIGIN_BYTES + MAX_EXTENSION_BYTES + 128;

/// What a log says of itself: which log, how many leaves, which root. Only [`Checkpoint::open`] makes one that a log
/// has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

impl Checkpoint {
    /// Puts a checkpoint together. `extensions` are opaque lines without their newlines; new formats should need none.
    ///
    /// # Errors
    /// [`Error::MalformedLine`] if the origin is empty or any line cannot stand in a note, or if a log without leaves
    /// has another root than [`Hash::EMPTY_ROOT`]; [`Error::TooLarge`]; [`Error::TreeTooLarge`].
    pub fn new(origin: impl Into<String>, size: u64, root: Hash, extensions: Vec<String>) -> Result<Self, Error> {
        let format = Format::Checkpoint;
        let origin = origin.into();
        check_size(size)?;
        at_most(origin.len(), MAX_ORIGIN_BYTES, "bytes of origin")?;
        at_most(extensions.iter().map(|line| line.len() + 1).sum(), MAX_EXTENSION_BYTES, "bytes of extension lines")?;
        let numbered = std::iter::once((1, &origin)).chain((4..).zip(&extensions));
        for (number, line) in numbered {
            if line.is_empty() {
                return Err(format.malformed_at(number, "the line is empty"));
            }
            if line.contains(|character| character < ' ') {
                return Err(format.malformed_at(number, format!("control character in `{}`", shown(line))));
            }
        }
        if size == 0 && root != Hash::EMPTY_ROOT {
            return Err(format.malformed_at(3, format!("a log without leaves has the root `{}`", Hash::EMPTY_ROOT)));
        }
        Ok(Self { origin, size, root, extensions })
    }

    /// Which log this is.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree of that many leaves.
    #[must_use]
    pub fn root(&self) -> &Hash {
        &self.root
    }

    /// The opaque lines behind the root, without their newlines.
    #[must_use]
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// Signs as the log. A log must never sign two checkpoints of which neither extends the other: the caller has made
    /// sure of that, and has stored this one, before the note leaves.
    ///
    /// # Errors
    /// [`Error::WrongKeyType`] for a cosigner's key, [`Error::UnusableKey`].
    pub fn sign(&self, key: &SigningKey<'_>) -> Result<Note, Error> {
        Note::sign(self.to_string(), key)
    }

    /// Reads a signed checkpoint of the log `origin`. `known` are the keys of that log alone, more than one while it
    /// changes keys; with a witness's key among them, a witness could speak for the log.
    ///
    /// # Errors
    /// All of [`Note::parse`], [`Note::verify`] and the parser of the text; [`Error::WrongOrigin`] for another log.
    pub fn open(note: &[u8], origin: &str, known: &[VerifierKey]) -> Result<Self, Error> {
        Self::open_note(note, origin, known).map(|(checkpoint, _)| checkpoint)
    }

    /// Reads a checkpoint of the log `origin` that every one of these keys has signed: a log that signs with Ed25519 and
    /// with ML-DSA-44 is believed only when both hold, so that whoever breaks one of them gains nothing.
    ///
    /// # Errors
    /// As [`Checkpoint::open_signed_by_each`].
    pub fn open_signed_by_all(note: &[u8], origin: &str, required: &[VerifierKey]) -> Result<Self, Error> {
        let groups: Vec<Vec<VerifierKey>> = required.iter().map(|key| vec![key.clone()]).collect();
        Self::open_signed_by_each(note, origin, &groups)
    }

    /// Reads a checkpoint of the log `origin` that at least one key of each of these groups has signed: while a log changes
    /// one of its keys, either of the two speaks for it. Of lines by known keys all must hold.
    ///
    /// # Errors
    /// As [`Checkpoint::open`]; [`Error::NoKnownSignature`] if no key of a group has signed.
    pub fn open_signed_by_each(note: &[u8], origin: &str, groups: &[Vec<VerifierKey>]) -> Result<Self, Error> {
        let known: Vec<VerifierKey> = groups.iter().flatten().cloned().collect();
        let (checkpoint, note) = Self::open_note(note, origin, &known)?;
        let signed = |key: &VerifierKey| note.signatures().iter().any(|line| line.is_by(key));
        match groups.iter().find(|group| !group.iter().any(signed)) {
            None => Ok(checkpoint),
            Some(group) => {
                let names: Vec<String> = group.iter().map(|key| format!("`{}` ({})", key.name(), key.id())).collect();
                Err(Error::NoKnownSignature { known: names.join(", ") })
            }
        }
    }

    fn open_note(note: &[u8], origin: &str, known: &[VerifierKey]) -> Result<(Self, Note), Error> {
        let note = Note::parse_within(note, &Limits { text_bytes: MAX_TEXT_BYTES, ..Limits::default() })?;
        // Signature first: no text is interpreted that nobody vouches for.
        note.verify(known)?;
        let checkpoint: Self = note.text().parse()?;
        if checkpoint.origin != origin {
            return Err(Error::WrongOrigin { expected: shown(origin), found: shown(&checkpoint.origin) });
        }
        Ok((checkpoint, note))
    }
}

/// The text that is signed, with its final newline.
impl fmt::Display for Checkpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}\n{}\n{}", self.origin, self.size, self.root)?;
        self.extensions.iter().try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

impl FromStr for Checkpoint {
    type Err = Error;

    /// Reads the text of a checkpoint, without signatures (tlog-checkpoint, section "Note text").
    fn from_str(text: &str) -> Result<Self, Error> {
        let format = Format::Checkpoint;
        at_most(text.len(), MAX_TEXT_BYTES, "bytes")?;
        let count = text.split('\n').count();
        let Some(lines) = text.strip_suffix('\n') else {
            return Err(format.malformed_at(count, "the last line does not end with a newline"));
        };
        let mut lines = lines.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(format.malformed_at(count, "fewer than the three lines origin, size and root"));
        };
        let size = canonical_decimal(size)
            .ok_or_else(|| format.malformed_at(2, format!("size `{}` is not a canonical decimal", shown(size))))?;
        let root = root.parse().map_err(|_| {
            format.malformed_at(3, format!("root `{}` is not 32 bytes in canonical base64", shown(root)))
        })?;
        Self::new(origin, size, root, lines.map(str::to_owned).collect())
    }
}

/// A decimal in its only form: digits, without sign or leading zeros.
pub(crate) fn canonical_decimal(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|number| number.to_string() == text)
}

fn at_most(found: usize, limit: usize, unit: &'static str) -> Result<(), Error> {
    if found <= limit { Ok(()) } else { Err(Error::TooLarge { format: Format::Checkpoint, found, limit, unit }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::tests::{pair, signing_key};
    use crate::{Fault, KeyName, MlDsa44KeyPair, SignatureType, leaf_hash};

    const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    const EMPTY: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    #[test]
    fn checkpoints_have_one_form() {
        for (why, text) in [
            ("the specification's example", format!("example.com/behind-the-sofa\n20852163\n{ROOT}\n")),
            ("no leaves", format!("a\n0\n{EMPTY}\n")),
            ("the largest", format!("a\n{}\n{ROOT}\n", crate::MAX_TREE_SIZE)),
            ("an origin with spaces", format!("go.sum database tree\n1\n{ROOT}\n")),
            ("extension lines", format!("a\n1\n{ROOT}\none\n two \n")),
        ] {
            assert_eq!(text.parse::<Checkpoint>().unwrap().to_string(), text, "{why}");
        }
    }

    #[test]
    fn malformed_checkpoints_are_refused() {
        for (why, bad, problem) in [
            ("nothing", String::new(), "line 1: the last line does not end"),
            ("two lines", "a\n1\n".into(), "line 3: fewer than the three lines"),
            ("no newline", format!("a\n1\n{ROOT}"), "line 3: the last line does not end"),
            ("no origin", format!("\n1\n{ROOT}\n"), "line 1: the line is empty"),
            ("no size", format!("a\n\n{ROOT}\n"), "line 2: size ``"),
            ("leading zero", format!("a\n01\n{ROOT}\n"), "line 2: size `01`"),
            ("zero twice", format!("a\n00\n{EMPTY}\n"), "line 2: size `00`"),
            ("sign", format!("a\n+1\n{ROOT}\n"), "line 2: size `+1`"),
            ("space behind size", format!("a\n1 \n{ROOT}\n"), "line 2: size `1 `"),
            ("hexadecimal", format!("a\n0x1\n{ROOT}\n"), "line 2: size `0x1`"),
            ("beyond 64 bits", format!("a\n18446744073709551616\n{ROOT}\n"), "line 2: size"),
            ("beyond the largest tree", format!("a\n{}\n{ROOT}\n", u64::MAX), "beyond the limit"),
            ("root without padding", format!("a\n1\n{}\n", ROOT.trim_end_matches('=')), "line 3: root"),
            ("unused bits not zero", format!("a\n1\n{}J=\n", &ROOT[..42]), "line 3: root"),
            ("space behind root", format!("a\n1\n{ROOT} \n"), "line 3: root"),
            ("no leaves but a root", format!("a\n0\n{ROOT}\n"), "line 3: a log without leaves"),
            ("empty extension line", format!("a\n1\n{ROOT}\none\n\n"), "line 5: the line is empty"),
            ("carriage return", format!("a\n1\n{ROOT}\none\r\n"), "line 4: control character"),
            ("long origin", format!("{}\n1\n{ROOT}\n", "a".repeat(256)), "256 bytes of origin"),
            ("long extensions", format!("a\n1\n{ROOT}\n{}\n", "x".repeat(8192)), "8193 bytes of extension lines"),
        ] {
            let error = bad.parse::<Checkpoint>().unwrap_err().to_string();
            assert!(error.contains(problem), "{why}: {error}");
        }
    }

    #[test]
    fn only_the_right_log_with_the_right_key_opens() {
        let (one, two) = (pair(1), pair(2));
        let log = signing_key("log.example", SignatureType::Ed25519, &one);
        let next = signing_key("log.example", SignatureType::Ed25519, &two);
        let cosigner = signing_key("log.example", SignatureType::CosignatureV1, &one);
        let checkpoint = Checkpoint::new("log.example/feed", 3, leaf_hash(b""), vec!["one".into()]).unwrap();
        let note = checkpoint.sign(&log).unwrap().to_string();
        let known = |key: &SigningKey<'_>| [key.verifier().clone()];

        assert_eq!(Checkpoint::open(note.as_bytes(), "log.example/feed", &known(&log)), Ok(checkpoint.clone()));
        let rolling = [known(&next), known(&log)].concat();
        assert_eq!(Checkpoint::open(note.as_bytes(), "log.example/feed", &rolling), Ok(checkpoint.clone()));
        let error = Checkpoint::open(note.as_bytes(), "log.example", &known(&log)).unwrap_err();
        assert_eq!(error.to_string(), "checkpoint is for log `log.example/feed`, not for `log.example`");
        let error = Checkpoint::open(note.as_bytes(), "log.example/feed", &known(&next)).unwrap_err();
        assert_eq!(error.fault(), Fault::Claim);
        assert!(matches!(checkpoint.sign(&cosigner), Err(Error::WrongKeyType { .. })));
    }

    #[test]
    fn both_signatures_of_a_log_must_hold() {
        let (pair, quantum) = (pair(1), MlDsa44KeyPair::from_seed(&[1; 32]).unwrap());
        let log = signing_key("log.example", SignatureType::Ed25519, &pair);
        let second = SigningKey::ml_dsa_44(KeyName::new("log.example").unwrap(), &quantum).unwrap();
        let checkpoint = Checkpoint::new("log.example", 3, leaf_hash(b""), Vec::new()).unwrap();
        let one = checkpoint.sign(&log).unwrap();
        let both = one.clone().with_signature(crate::cosign(&checkpoint, &second, 0).unwrap()).unwrap();
        let required = [log.verifier().clone(), second.verifier().clone()];
        let open = |note: &Note| Checkpoint::open_signed_by_all(note.to_string().as_bytes(), "log.example", &required);

        assert_eq!(open(&both), Ok(checkpoint));
        assert!(matches!(open(&one), Err(Error::NoKnownSignature { .. })), "the second is missing");
        let other = Checkpoint::new("log.example", 4, leaf_hash(b""), Vec::new()).unwrap();
        let mixed = one.with_signature(crate::cosign(&other, &second, 0).unwrap()).unwrap();
        assert!(matches!(open(&mixed), Err(Error::BadSignature { .. })), "the second is over another size");
        // Whoever knows the first key alone still reads it.
        assert!(Checkpoint::open(both.to_string().as_bytes(), "log.example", &required[..1]).is_ok());
    }

    proptest! {
        #[test]
        fn parsing_is_total(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            text in "[a\n]{0,3}\n[0-9+]{0,21}\n.{0,50}\n",
        ) {
            let _total = Checkpoint::open(&bytes, "", &[]);
            if let Ok(text) = String::from_utf8(bytes) {
                let _total = text.parse::<Checkpoint>();
                let _total = text.parse::<VerifierKey>();
                let _total = text.parse::<Hash>();
            }
            let _total = text.parse::<Checkpoint>();
        }

        #[test]
        fn what_is_made_is_read(
            origin in "[^\\x00-\\x1f]{1,60}", size in 1..=crate::MAX_TREE_SIZE, root in any::<[u8; 32]>(),
            extensions in prop::collection::vec("[^\\x00-\\x1f]{1,20}", 0..3),
        ) {
            let checkpoint = Checkpoint::new(origin, size, Hash(root), extensions).unwrap();
            prop_assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint));
        }
    }
}
