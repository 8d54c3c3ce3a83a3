//! What a log asks of a witness, C2SP tlog-witness v1.0, `add-checkpoint`: the checkpoint, and the proof that it extends
//! the one that the witness cosigned last. Not the memory of what that was, nor the guard that checking and remembering
//! are one step: both are the caller's. Key type: [`AddCheckpoint`].

use std::fmt;

use crate::error::{Format, shown};
use crate::proof::MAX_PROOF_HASHES;
use crate::{Checkpoint, Error, Hash, Note, VerifierKey, verify_consistency};

/// The longest request that is read, in bytes: a proof, and room for sixteen post-quantum signatures.
pub const MAX_ADD_CHECKPOINT_BYTES: usize = 128 * 1024;

/// The body of a request. Nothing in it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the witness is believed to have cosigned last.
    pub old: u64,
    /// That the checkpoint extends the tree of that size.
    pub proof: Vec<Hash>,
    /// The checkpoint.
    pub note: Note,
}

/// Why a witness does not cosign, each with the status code that the specification gives it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCosigned {
    /// 400: not a request, or one that makes no sense.
    #[error("{0}")]
    Malformed(Error),
    /// 404: not a log that this witness knows.
    #[error("this witness does not know the log `{0}`")]
    UnknownLog(String),
    /// 403: not signed by the log.
    #[error("{0}")]
    NotSigned(Error),
    /// 409: the witness stands elsewhere, and says where.
    #[error("this witness cosigned {size} leaves last")]
    Stale {
        /// What it cosigned last, in leaves.
        size: u64,
    },
    /// 422: the log has signed this, and it does not extend what the witness cosigned.
    #[error("{0}")]
    Inconsistent(Error),
}

impl NotCosigned {
    /// The HTTP status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::NotSigned(_) => 403,
            Self::UnknownLog(_) => 404,
            Self::Stale { .. } => 409,
            Self::Inconsistent(_) => 422,
        }
    }
}

impl AddCheckpoint {
    /// Reads the body of a request: `old N`, the lines of the proof, an empty line, the checkpoint.
    ///
    /// # Errors
    /// [`Error::MalformedLine`] with the line, [`Error::TooLarge`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let format = Format::AddCheckpoint;
        if bytes.len() > MAX_ADD_CHECKPOINT_BYTES {
            let (found, limit) = (bytes.len(), MAX_ADD_CHECKPOINT_BYTES);
            return Err(Error::TooLarge { format, found, limit, unit: "bytes" });
        }
        let text = std::str::from_utf8(bytes).map_err(|_| format.malformed("not UTF-8"))?;
        let Some((head, note)) = text.split_once("\n\n") else {
            return Err(format.malformed("no empty line before the checkpoint"));
        };
        let mut lines = head.split('\n');
        let first = lines.next().unwrap_or_default();
        let old = first.strip_prefix("old ").and_then(crate::checkpoint::canonical_decimal);
        let old = old.ok_or_else(|| format.malformed_at(1, format!("`{}` is not `old` and a size", shown(first))))?;
        Ok(Self { old, proof: read_hashes(format, lines, 2)?, note: Note::parse(note.as_bytes())? })
    }

    /// Which log this claims to be of.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.note.text().split('\n').next().unwrap_or_default()
    }

    /// Whether a witness may cosign that last cosigned `latest` of this log, whose keys are `keys`: the checks of the
    /// specification, in its order. What it returns is to be remembered before the cosignature leaves.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, latest: (u64, Hash), keys: &[Vec<VerifierKey>]) -> Result<Checkpoint, NotCosigned> {
        let note = self.note.to_string();
        let checkpoint = match Checkpoint::open_signed_by_each(note.as_bytes(), self.origin(), keys) {
            Ok(checkpoint) => checkpoint,
            Err(error @ (Error::NoKnownSignature { .. } | Error::BadSignature { .. })) => {
                return Err(NotCosigned::NotSigned(error));
            }
            // A tree without leaves has one root: another one is a false history rather than a bad request.
            Err(error) if self.note.text().split('\n').nth(1) == Some("0") => {
                return Err(NotCosigned::Inconsistent(error));
            }
            Err(error) => return Err(NotCosigned::Malformed(error)),
        };
        if self.old > checkpoint.size() {
            return Err(NotCosigned::Malformed(Error::Shrunk { old: self.old, new: checkpoint.size() }));
        }
        let (size, root) = latest;
        if self.old != size {
            return Err(NotCosigned::Stale { size });
        }
        verify_consistency(size, &root, checkpoint.size(), checkpoint.root(), &self.proof)
            .map_err(NotCosigned::Inconsistent)?;
        Ok(checkpoint)
    }
}

/// The body, as it is sent.
impl fmt::Display for AddCheckpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(formatter, "{hash}"))?;
        write!(formatter, "\n{}", self.note)
    }
}

/// The hashes of a proof, one a line, the first of them line `first`.
pub(crate) fn read_hashes<'a>(
    format: Format,
    lines: impl Iterator<Item = &'a str>,
    first: usize,
) -> Result<Vec<Hash>, Error> {
    let mut hashes = Vec::new();
    for (line, number) in lines.zip(first..) {
        if hashes.len() == MAX_PROOF_HASHES {
            return Err(format.malformed_at(number, format!("more than {MAX_PROOF_HASHES} hashes")));
        }
        let hash = line.parse();
        hashes.push(hash.map_err(|_| {
            format.malformed_at(number, format!("`{}` is not 32 bytes in canonical base64", shown(line)))
        })?);
    }
    Ok(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontier::tests::Tree;
    use crate::key::tests::{pair, signing_key};
    use crate::{Frontier, SignatureType, consistency_proof};

    fn request(old: u64, size: u64, origin: &str) -> AddCheckpoint {
        let tree = Tree::of_size(size);
        let checkpoint = Checkpoint::new(origin, size, tree.frontier.root(), Vec::new()).unwrap();
        let pair = pair(1);
        let note = checkpoint.sign(&signing_key("log.example", SignatureType::Ed25519, &pair)).unwrap();
        let proof = consistency_proof(old.min(size), size, &|level, index| tree.node(level, index)).unwrap();
        AddCheckpoint { old, proof, note }
    }

    #[test]
    fn each_refusal_has_its_status() {
        let pair_one = pair(1);
        let keys = [vec![signing_key("log.example", SignatureType::Ed25519, &pair_one).verifier().clone()]];
        let pair_two = pair(2);
        let others = [vec![signing_key("log.example", SignatureType::Ed25519, &pair_two).verifier().clone()]];
        let root = |size| if size == 0 { Hash::EMPTY_ROOT } else { Tree::of_size(size).frontier.root() };
        let at = |size| (size, root(size));
        let mut with_hash = request(0, 7, "log.example");
        with_hash.proof = vec![Hash::EMPTY_ROOT];
        for (why, request, latest, keys, status) in [
            ("the first", request(0, 7, "log.example"), at(0), &keys, 200),
            ("an extension", request(3, 7, "log.example"), at(3), &keys, 200),
            ("the same again", request(7, 7, "log.example"), at(7), &keys, 200),
            ("old is larger", request(8, 7, "log.example"), at(8), &keys, 400),
            ("another key", request(3, 7, "log.example"), at(3), &others, 403),
            ("the witness is behind", request(3, 7, "log.example"), at(0), &keys, 409),
            ("the witness is ahead", request(3, 7, "log.example"), at(9), &keys, 409),
            ("another history", request(3, 7, "log.example"), (3, root(4)), &keys, 422),
            ("another history of the same size", request(7, 7, "log.example"), (7, root(4)), &keys, 422),
            ("a proof from nothing", with_hash, at(0), &keys, 422),
        ] {
            let read = AddCheckpoint::parse(request.to_string().as_bytes()).unwrap();
            assert_eq!(read, request, "{why}");
            let verdict = read.check(latest, keys);
            assert_eq!(verdict.as_ref().map_or_else(NotCosigned::status, |_| 200), status, "{why}: {verdict:?}");
        }
        assert_eq!(NotCosigned::UnknownLog("x".into()).status(), 404);
    }

    #[test]
    fn malformed_requests_are_refused_with_the_line() {
        let good = request(3, 7, "log.example").to_string();
        assert_eq!(good.lines().count(), 1 + 4 + 1 + 5, "RFC 6962, section 2.1.3: four hashes from 3 to 7: {good}");
        let hash = Frontier::new().root().to_string();
        for (why, bad, problem) in [
            ("empty", String::new(), "no empty line"),
            ("no old", good.replacen("old ", "new ", 1), "line 1: `new 3`"),
            ("leading zero", good.replacen("old 3", "old 03", 1), "line 1: `old 03`"),
            ("no size", good.replacen("old 3", "old", 1), "line 1: `old`"),
            ("short hash", good.replacen("old 3\n", "old 3\nAAAA\n", 1), "line 2: `AAAA`"),
            (
                "many hashes",
                good.replacen("old 3\n", &format!("old 3\n{}", format!("{hash}\n").repeat(63)), 1),
                "line 65",
            ),
            ("no checkpoint", "old 3\n\n".into(), "signed note"),
            ("long", format!("{good}{}", "x".repeat(MAX_ADD_CHECKPOINT_BYTES)), "at most 131072"),
        ] {
            let error = AddCheckpoint::parse(bad.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(problem), "{why}: {error}");
        }
    }
}
