//! One signature line of a note, C2SP signed-note v1.0: the name and id of a key and what it signed. Not a verified
//! signature: a line only claims. Key type: [`NoteSignature`].

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::error::{Format, shown};
use crate::{Error, KeyId, KeyName, VerifierKey};

/// Em dash and space, at the start of each signature line.
const SIGNATURE_PREFIX: &str = "— ";

/// The longest signature line, with room for the largest post-quantum signatures that the specification expects (5 kB).
pub(crate) const MAX_SIGNATURE_LINE_BYTES: usize = 8192;

/// One signature line: who claims to have signed, and the signature itself in the form of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: KeyName,
    id: KeyId,
    bytes: Vec<u8>,
}

impl NoteSignature {
    /// A signature by this key.
    pub(crate) fn by(key: &VerifierKey, bytes: Vec<u8>) -> Self {
        Self { name: key.name().clone(), id: key.id(), bytes }
    }

    /// The name of the key that claims to have signed.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The id of the key that claims to have signed.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The signature without the key id.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether this claims to be by that key. Only verification can tell.
    #[must_use]
    pub fn is_by(&self, key: &VerifierKey) -> bool {
        self.name == *key.name() && self.id == key.id()
    }

    /// Whether both claim to be by one key.
    pub(crate) fn same_key(&self, other: &Self) -> bool {
        self.name == other.name && self.id == other.id
    }

    /// Reads a line without its newline; an error is the problem alone, since only the caller knows the place.
    pub(crate) fn read(line: &str) -> Result<Self, String> {
        if line.len() > MAX_SIGNATURE_LINE_BYTES {
            return Err(format!("signature line of {} bytes, at most {MAX_SIGNATURE_LINE_BYTES}", line.len()));
        }
        let Some((name, base64)) = line.strip_prefix(SIGNATURE_PREFIX).and_then(|rest| rest.split_once(' ')) else {
            return Err(format!("`{}` is not of the form `— name signature`", shown(line)));
        };
        let name = KeyName::new(name).map_err(|error| error.to_string())?;
        let bytes = BASE64_STANDARD
            .decode(base64)
            .map_err(|_| format!("signature `{}` is not canonical base64", shown(base64)))?;
        match bytes.split_first_chunk::<4>() {
            Some((id, signature)) if !signature.is_empty() => {
                Ok(Self { name, id: KeyId(*id), bytes: signature.to_vec() })
            }
            _ => Err(format!("signature `{}` is no longer than a key id", shown(base64))),
        }
    }
}

/// The line without its newline, as a cosigner answers with it.
impl fmt::Display for NoteSignature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.0.as_slice(), &self.bytes].concat();
        write!(formatter, "{SIGNATURE_PREFIX}{} {}", self.name, BASE64_STANDARD.encode(bytes))
    }
}

impl FromStr for NoteSignature {
    type Err = Error;

    /// Reads a line without its newline.
    fn from_str(line: &str) -> Result<Self, Error> {
        Self::read(line).map_err(|problem| Format::SignatureLine.malformed(problem))
    }
}
