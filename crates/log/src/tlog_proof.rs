//! Proof files, C2SP tlog-proof v1: one leaf is in a log, with the checkpoint that says so, to be checked without asking
//! anybody. Not what the leaf means: whoever checks computes its hash from what it is about. Key type: [`TlogProof`].

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::checkpoint::canonical_decimal;
use crate::error::{Format, shown};
use crate::witness::read_hashes;
use crate::{Checkpoint, Error, Hash, Note, VerifierKey, verify_inclusion};

/// The first line of every proof file.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The longest proof file that is read, in bytes.
pub const MAX_TLOG_PROOF_BYTES: usize = 4 << 20;

/// A proof file. Nothing in it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// What is needed to compute the leaf; not authenticated by itself.
    pub extra: Option<Vec<u8>>,
    /// The leaf's place.
    pub index: u64,
    /// That the leaf is there, lowest sibling first.
    pub proof: Vec<Hash>,
    /// The checkpoint, with whatever cosignatures it has.
    pub note: Note,
}

impl TlogProof {
    /// Reads a proof file.
    ///
    /// # Errors
    /// [`Error::MalformedLine`] with the line, [`Error::TooLarge`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let format = Format::TlogProof;
        if bytes.len() > MAX_TLOG_PROOF_BYTES {
            return Err(Error::TooLarge { format, found: bytes.len(), limit: MAX_TLOG_PROOF_BYTES, unit: "bytes" });
        }
        let text = std::str::from_utf8(bytes).map_err(|_| format.malformed("not UTF-8"))?;
        let Some((head, note)) = text.split_once("\n\n") else {
            return Err(format.malformed("no empty line before the checkpoint"));
        };
        let mut lines = head.split('\n').peekable();
        let first = lines.next().unwrap_or_default();
        if first != HEADER {
            return Err(format.malformed_at(1, format!("`{}` is not `{HEADER}`", shown(first))));
        }
        let mut number = 2;
        let mut extra = None;
        if let Some(base64) = lines.next_if(|line| line.starts_with("extra ")).and_then(|line| line.get(6..)) {
            let bytes = BASE64_STANDARD.decode(base64);
            let problem = |_| format.malformed_at(2, format!("extra `{}` is not canonical base64", shown(base64)));
            extra = Some(bytes.map_err(problem)?);
            number += 1;
        }
        let line = lines.next().unwrap_or_default();
        let index = line.strip_prefix("index ").and_then(canonical_decimal);
        let index = index
            .ok_or_else(|| format.malformed_at(number, format!("`{}` is not `index` and a place", shown(line))))?;
        Ok(Self { extra, index, proof: read_hashes(format, lines, number + 1)?, note: Note::parse(note.as_bytes())? })
    }

    /// Which log this claims to be of.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.note.text().split('\n').next().unwrap_or_default()
    }

    /// Checks that `leaf` stands where this says, in a tree that all of `keys` have signed: the keys of the log
    /// [`TlogProof::origin`], which the caller knows. Cosignatures are checked beside it ([`crate::verify_cosignature`]).
    ///
    /// # Errors
    /// As [`Checkpoint::open_signed_by_each`] and [`verify_inclusion`].
    pub fn check(&self, leaf: &Hash, keys: &[Vec<VerifierKey>]) -> Result<Checkpoint, Error> {
        let note = self.note.to_string();
        let checkpoint = Checkpoint::open_signed_by_each(note.as_bytes(), self.origin(), keys)?;
        verify_inclusion(leaf, self.index, checkpoint.size(), checkpoint.root(), &self.proof)?;
        Ok(checkpoint)
    }
}

/// The file.
impl fmt::Display for TlogProof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(formatter, "extra {}", BASE64_STANDARD.encode(extra))?;
        }
        writeln!(formatter, "index {}", self.index)?;
        self.proof.iter().try_for_each(|hash| writeln!(formatter, "{hash}"))?;
        write!(formatter, "\n{}", self.note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontier::tests::Tree;
    use crate::key::tests::{pair, signing_key};
    use crate::{SignatureType, SigningKey, inclusion_proof};

    fn proof(index: u64, size: u64, key: &SigningKey<'_>) -> (Hash, TlogProof) {
        let tree = Tree::of_size(size);
        let note = Checkpoint::new("log.example", size, tree.frontier.root(), Vec::new()).unwrap().sign(key).unwrap();
        let proof = inclusion_proof(index, size, &|level, index| tree.node(level, index)).unwrap();
        (tree.leaves[index as usize], TlogProof { extra: Some(b"x".to_vec()), index, proof, note })
    }

    #[test]
    fn what_is_written_is_read_and_holds_for_its_leaf_alone() {
        let (one, two) = (pair(1), pair(2));
        let key = signing_key("log.example", SignatureType::Ed25519, &one);
        let other = signing_key("log.example", SignatureType::Ed25519, &two);
        let known = [vec![key.verifier().clone()]];
        let (leaf, made) = proof(4, 11, &key);
        let text = made.to_string();
        assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra eA==\nindex 4\n"), "{text}");
        let read = TlogProof::parse(text.as_bytes()).unwrap();
        assert_eq!(read, made);
        assert_eq!(read.check(&leaf, &known).unwrap().size(), 11);
        assert!(read.check(&crate::leaf_hash(b"another"), &known).is_err());
        assert!(TlogProof { index: 5, ..read.clone() }.check(&leaf, &known).is_err());
        assert!(read.check(&leaf, &[vec![other.verifier().clone()]]).is_err());

        let bare = TlogProof { extra: None, ..proof(0, 1, &key).1 };
        assert!(bare.to_string().starts_with("c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example\n1\n"));
        assert_eq!(TlogProof::parse(bare.to_string().as_bytes()), Ok(bare));
    }

    #[test]
    fn malformed_files_are_refused_with_the_line() {
        let one = pair(1);
        let good = proof(4, 11, &signing_key("log.example", SignatureType::Ed25519, &one)).1.to_string();
        for (why, from, to, problem) in [
            ("another version", "@v1", "@v2", "line 1"),
            ("extra that is no base64", "eA==", "eA=", "line 2: extra"),
            ("no index", "index 4\n", "", "line 3: `"),
            ("index with a zero", "index 4", "index 04", "line 3: `index 04`"),
            ("index first", "extra eA==\nindex 4", "index 4\nextra eA==", "line 3: `extra eA==` is not 32 bytes"),
            ("no empty line", "\n\n", "\n", "`log.example` is not 32 bytes"),
        ] {
            let error = TlogProof::parse(good.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
            assert!(error.contains(problem), "{why}: {error}");
        }
    }
}
