//! An exported consultation, checked with party files alone: every signature, and the fold of what is signed. It needs no
//! node, and believes nothing of the file but what its parties have signed.
//!
//! The key type is [`Checked`].

use std::collections::BTreeMap;

use entente_core::{
    Party,
    consult::{Consultation, Digest, Raise, Step},
    time::Timestamp,
};
use entente_formats::{
    consultation::{Export, PAYLOAD_TYPE, SignedExport, digest},
    hex,
    wire::{
        Canonical, Signed, WireError,
        consult::{RaiseStatement, StepStatement},
        payload,
    },
};
use entente_seal::{VerifyingKey, dsse};

use crate::partner::Partner;

/// What an export holds, with every signature checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Who exported it.
    pub by: Party,
    /// When, by its own clock.
    pub at: Timestamp,
    /// The consultation's name.
    pub name: Digest,
    /// The message that raised it.
    pub raise: Raise,
    /// Its steps, by digest.
    pub steps: BTreeMap<Digest, Step>,
}

/// Why an export proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not of the form.
    #[error(transparent)]
    Form(#[from] WireError),
    /// A party whose file was not given.
    #[error("no party file of {0} was given, so that what it signed cannot be checked")]
    NoFile(Party),
    /// A statement that its maker has not signed.
    #[error("{what} is not signed by {by} with a key of the party file that was given")]
    NotSigned {
        /// Which statement.
        what: String,
        /// Who should have signed it.
        by: Party,
    },
    /// A step of who takes no part.
    #[error("a step is by {0}, which takes no part")]
    Stranger(Party),
}

/// Checks a file. A key counts that a given party file has; whether the file is still valid today does not matter for what
/// was signed before, and the files of all participants are needed.
///
/// # Errors
/// The first thing wrong.
pub fn check(text: &str, partners: &[Partner]) -> Result<Checked, Error> {
    let file = SignedExport::from_json(text)?;
    let export = Export::read(&file.payload)?;
    let by = Party::from(export.by.as_str());
    signed(partners, &by, PAYLOAD_TYPE, &file.payload, &file.signature, || "the file".to_owned())?;
    let raise = RaiseStatement::from_bytes(&export.raise.statement)?.read()?;
    let statement = |by: &Party, kind: &str, signed_by: &Signed, what: &dyn Fn() -> String| {
        signed(partners, by, kind, &signed_by.statement, &signed_by.signature, what)
    };
    statement(&raise.incident.raised_by, payload::CONSULT_RAISE, &export.raise, &|| {
        "the message that raised it".to_owned()
    })?;
    let mut steps = BTreeMap::new();
    for one in &export.steps {
        let step = StepStatement::from_bytes(&one.statement)?.read()?;
        if !raise.participants.contains(&step.by) {
            return Err(Error::Stranger(step.by));
        }
        let name = digest(one);
        statement(&step.by, payload::CONSULT_STEP, one, &|| format!("step {} ({})", step.number, hex::encode(&name)))?;
        steps.insert(name, step);
    }
    let at = Timestamp::from_second(export.at)
        .map_err(|_| WireError::Malformed { what: "export of a consultation", detail: "its time is none".into() })?;
    Ok(Checked { by, at, name: digest(&export.raise), raise, steps })
}

impl Checked {
    /// What it comes to.
    pub fn core(&self) -> Consultation<'_> {
        Consultation::fold(self.name, &self.raise, &self.steps)
    }
}

fn signed(
    partners: &[Partner],
    by: &Party,
    kind: &str,
    bytes: &[u8],
    signature: &[u8],
    what: impl Fn() -> String,
) -> Result<(), Error> {
    let partner = partners.iter().find(|partner| partner.party == *by).ok_or_else(|| Error::NoFile(by.clone()))?;
    let holds = |key: &[u8; 32]| {
        VerifyingKey::from_bytes(key).is_ok_and(|key| dsse::verify(&key, kind, bytes, signature).is_ok())
    };
    if partner.file.signing.iter().any(holds) { Ok(()) } else { Err(Error::NotSigned { what: what(), by: by.clone() }) }
}
