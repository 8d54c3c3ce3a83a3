//! People for nodes that live as long as a demonstration: one account for each role, with one password and one authenticator
//! app for all of them, whose codes the demonstration itself shows. No node that keeps anything has such people.
//!
//! Key type: [`Cast`].

use std::path::Path;

use entente_store::people::{People, Rights};
use jiff::Timestamp;

use crate::{
    init::InitError,
    keys::{KeyFolder, fresh_seed},
    people::{password, role::Role, totp},
};

/// Their names, each with its role; two officers, since some releases take two persons.
const PEOPLE: [(&str, Role); 7] = [
    ("disclosure", Role::Disclosure),
    ("disclosure2", Role::Disclosure),
    ("treaty", Role::Treaty),
    ("analyst", Role::Analyst),
    ("watch", Role::Watch),
    ("auditor", Role::Auditor),
    ("admin", Role::Admin),
];

/// What all of them sign in with.
pub struct Cast {
    /// The password.
    pub password: String,
    hash: String,
    secret: Vec<u8>,
}

impl Cast {
    /// Draws a password and the secret of an app.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn draw() -> Result<Self, InitError> {
        let (word, secret) = (fresh_seed()?, fresh_seed()?);
        let word = totp::base32(word.get(..10).unwrap_or_default()).to_lowercase();
        let password =
            word.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four)).collect::<Vec<_>>().join("-");
        let hash = password::make(&password)?;
        Ok(Self { password, hash, secret: secret.get(..totp::SECRET).unwrap_or_default().to_vec() })
    }

    /// Adds them to the node of `party` in `folder`, which is not running yet.
    ///
    /// # Errors
    /// When the accounts cannot be written.
    pub fn join(&self, folder: &Path, party: &str, now: Timestamp) -> Result<(), InitError> {
        let storage = KeyFolder::at(&folder.join("keys")).storage()?;
        let mut people = People::open(&folder.join("data"), &storage)?;
        for (name, role) in PEOPLE {
            let sees = role != Role::Admin;
            let rights = Rights {
                roles: vec![role.as_str().to_owned()],
                clearance: if sees { "TOP SECRET" } else { "UNCLASSIFIED" }.to_owned(),
                subjects: if sees { vec!["*".to_owned()] } else { Vec::new() },
                nationality: party.to_owned(),
                official_duty: sees,
                external: None,
            };
            people.add_user(name, &rights, now.as_second())?;
            people.set_password(name, &self.hash)?;
            people.set_totp(name, Some(&self.secret))?;
        }
        Ok(())
    }

    /// Their names, in words.
    pub fn names() -> String {
        PEOPLE.map(|(name, _)| name).join(", ")
    }

    /// The code that counts at `now`, and for how many seconds it is shown.
    pub fn code(&self, now: Timestamp) -> (String, u64) {
        totp::shown(&self.secret, now.as_second())
    }
}
