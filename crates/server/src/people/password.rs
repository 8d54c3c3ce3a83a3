//! Passwords: Argon2id (RFC 9106) with the parameters that OWASP names, and the same work for names that nobody has.

use std::sync::LazyLock;

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use zeroize::Zeroizing;

use crate::{
    control::ApiError,
    keys::{KeyError, fresh_seed},
};

/// The fewest characters of a password (NIST SP 800-63B-4 asks for 15 where it stands alone, 8 with a second factor).
const SHORTEST: usize = 12;
/// The most bytes that are hashed.
const LONGEST: usize = 1024;

/// The hash of no password: what is compared where there is none, so that it takes as long.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| {
    let seed = fresh_seed().ok()?;
    make(&Zeroizing::new(entente_formats::hex::encode(&*seed))).ok()
});

/// The hash that is kept of a password.
pub(crate) fn make(password: &str) -> Result<String, KeyError> {
    let salt = fresh_seed()?;
    let hash: Result<PasswordHash, _> =
        Argon2::default().hash_password_with_salt(password.as_bytes(), salt.get(..16).unwrap_or_default());
    hash.map(|hash| hash.to_string()).map_err(|error| KeyError::Unusable(error.to_string()))
}

/// Whether the password is the one that was hashed; where there is no hash it takes as long to say no.
pub(crate) fn verify(password: &str, hash: Option<&str>) -> bool {
    let known = hash.is_some();
    let Some(hash) = hash.or(NOBODY.as_deref()) else { return false };
    let is_right = password.len() <= LONGEST
        && PasswordHash::new(hash).is_ok_and(|hash| {
            PasswordVerifier::<PasswordHash>::verify_password(&Argon2::default(), password.as_bytes(), &hash).is_ok()
        });
    is_right & known
}

/// Whether a password may be set for that account.
pub(crate) fn check(name: &str, password: &str) -> Result<(), ApiError> {
    let why = if password.chars().count() < SHORTEST {
        format!(
            "a password has at least {SHORTEST} characters; four or five words that do not belong together are good"
        )
    } else if password.len() > LONGEST {
        format!("a password has at most {LONGEST} bytes")
    } else if password.to_lowercase().contains(&name.to_lowercase()) {
        "a password does not contain the name of its account".to_owned()
    } else if password.chars().collect::<std::collections::BTreeSet<_>>().len() < 5 {
        "a password has at least five different characters".to_owned()
    } else {
        return Ok(());
    };
    Err(ApiError::Request(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_right_by_its_hash_and_by_nothing_else() {
        let hash = make("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("correct horse battery", Some(&hash)));
        assert!(!verify("correct horse batterz", Some(&hash)));
        assert!(!verify("correct horse battery", None));
        assert!(!verify("correct horse battery", Some("$argon2id$nonsense")));
    }

    #[test]
    fn what_is_easily_guessed_is_refused() {
        for (password, is_good) in [
            ("short", false),
            ("aaaaaaaaaaaaaaaa", false),
            ("mori-mori-mori-2026", false),
            ("correct horse battery", true),
        ] {
            assert_eq!(check("mori", password).is_ok(), is_good, "{password}");
        }
    }
}
