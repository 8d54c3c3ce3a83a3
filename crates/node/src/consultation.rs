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
    // Also with a key that is retired by now: what was signed before it was stays.
    if partner.word(kind, bytes, signature, None).is_good() {
        Ok(())
    } else {
        Err(Error::NotSigned { what: what(), by: by.clone() })
    }
}

#[cfg(test)]
mod tests {
    use entente_core::consult::{Closing, Phase};
    use entente_formats::party::PartyFile;
    use entente_seal::{SealingKey, SigningKey};

    use super::*;

    const CLOSED: &str = include_str!("../../../vectors/consult/closed-without-one.json");
    const DOUBLE: &str = include_str!("../../../vectors/consult/two-versions.json");

    /// The party file of a party of the vectors; its signing key is that of `signs`.
    fn partner(party: &str, signs: &str) -> Partner {
        let key = |seed: u8| *SigningKey::from_seed(&[seed; 32]).unwrap().public().as_bytes();
        let file = PartyFile {
            party: party.into(),
            name: party.into(),
            serial: 1,
            addresses: vec!["192.0.2.1:4443".into()],
            valid_from: Timestamp::UNIX_EPOCH,
            valid_until: Timestamp::MAX,
            root: key(0x55),
            signing: vec![key(0x33), key(3 + signs.as_bytes()[0])],
            sealing: vec![SealingKey::from_seed(&[0x22; 32]).unwrap().public().to_bytes().to_vec()],
            log: key(0x66),
            log_ml_dsa: None,
            receipt: key(0x77),
            witness: None,
            tls: vec![[7; 32]],
            other_keys: Vec::new(),
            successor: None,
        };
        Partner::open(&Partner::sign(&file, &[0x55; 32]).unwrap()).unwrap()
    }

    fn partners() -> Vec<Partner> {
        ["JPN", "KOR", "USA"].map(|party| partner(party, party)).to_vec()
    }

    #[test]
    fn an_export_is_checked_with_party_files_alone() {
        let checked = check(CLOSED, &partners()).unwrap();
        assert_eq!((checked.by.as_str(), checked.steps.len()), ("KOR", 10));
        let core = checked.core();
        assert_eq!(core.phase(checked.at), Phase::Closed);
        let Closing::Closed { without, .. } = &core.closing else { panic!("{:?}", core.closing) };
        assert_eq!(without.iter().map(|party| party.as_str()).collect::<Vec<_>>(), ["USA"]);
        assert_eq!(check(DOUBLE, &partners()).unwrap().core().doubles.len(), 1);
    }

    #[test]
    fn what_is_not_signed_by_its_maker_proves_nothing() {
        let said = |partners: &[Partner]| check(CLOSED, partners).unwrap_err().to_string();
        let with = |party: &str, signs: &str| {
            let others = partners().into_iter().filter(|other| other.party.as_str() != party);
            others.chain([partner(party, signs)]).collect::<Vec<_>>()
        };
        assert!(said(&with("KOR", "USA")).starts_with("the file is not signed by KOR"));
        assert!(said(&with("JPN", "USA")).starts_with("the message that raised it is not signed by JPN"));
        assert!(said(&with("USA", "JPN")).contains("is not signed by USA"));
        let without: Vec<Partner> = partners().into_iter().filter(|one| one.party.as_str() != "USA").collect();
        assert!(said(&without).starts_with("no party file of USA"));
        let other = SignedExport::from_json(CLOSED).unwrap();
        let altered = SignedExport { payload: [other.payload.as_slice(), b" "].concat(), ..other };
        assert!(check(&altered.to_json(&[0; 32]), &partners()).is_err());
    }
}
