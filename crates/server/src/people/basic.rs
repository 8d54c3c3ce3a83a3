//! HTTP Basic (RFC 7617): who comes with a name and a password in each request, as programs do that know nothing else. What was
//! found right is remembered for a few minutes, for a password is hashed for a tenth of a second; not as a password, but as a
//! code under a key that this process drew and nobody has.
//!
//! An account with a second factor is not let in with its password alone: its owner makes a token, which stands in the place of
//! the password. Key type: [`Proven`]; key function: [`who`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::hmac;
use entente_node::{Event, person::Account};
use zeroize::Zeroizing;

use super::{
    SignedIn, Way,
    accounts::{now, signed_in},
    attempt::prove,
    role::Roles,
    session,
};
use crate::{
    control::{ApiError, Control},
    keys::fresh_seed,
};

/// For how long a credential counts that was found right, in seconds.
const REMEMBERED: i64 = 300;
/// How many are remembered.
const KEPT: usize = 4096;

/// A credential that was found right: until when it counts, and of which state of its account.
#[derive(Clone, Copy)]
struct Right {
    until: i64,
    revision: i64,
}

/// Credentials that were found right. Each is the code of a name and a password; whoever reads this memory has no password.
#[derive(Clone, Default)]
pub(crate) struct Proven(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    key: Option<hmac::Key>,
    right: HashMap<[u8; 32], Right>,
}

impl Proven {
    /// What stands for a credential; none when the system gives no randomness.
    pub(super) fn code(&self, name: &str, password: &str) -> Option<[u8; 32]> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.key.is_none() {
            memory.key = Some(hmac::Key::new(hmac::HMAC_SHA256, &*fresh_seed().ok()?));
        }
        let mut context = hmac::Context::with_key(memory.key.as_ref()?);
        context.update(&u64::try_from(name.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(name.as_bytes());
        context.update(password.as_bytes());
        context.sign().as_ref().try_into().ok()
    }

    /// The state of the account for which it was found right, while that counts.
    pub(super) fn revision(&self, code: &[u8; 32], now: i64) -> Option<i64> {
        let memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let right = memory.right.get(code)?;
        // A clock that was set back lets nobody in for longer.
        (now < right.until && right.until - now <= REMEMBERED).then_some(right.revision)
    }

    pub(super) fn remember(&self, code: [u8; 32], revision: i64, now: i64) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.right.len() >= KEPT {
            memory.right.retain(|_, right| now < right.until);
            if memory.right.len() >= KEPT {
                memory.right.clear();
            }
        }
        memory.right.insert(code, Right { until: now + REMEMBERED, revision });
    }
}

/// Who comes with this credential, while it counts.
///
/// # Errors
/// When it does not, always in the same words; or when whoever guesses must wait.
pub(crate) async fn who(
    control: &Control,
    name: String,
    password: Zeroizing<String>,
    from: session::From,
) -> Result<SignedIn, ApiError> {
    let code = control.accounts.proven.code(&name, &password).ok_or(ApiError::SignIn)?;
    if let Some(found) = remembered(control, &name, &code).await? {
        return Ok(found);
    }
    // A token in the place of the password, for the account that it belongs to.
    if let Some(found) = control.accounts.of_token(&password).await? {
        return if found.name() == name { Ok(found) } else { Err(ApiError::SignIn) };
    }
    let at = now();
    // Counted, hashed and told as on the page where people come in.
    let user = match prove(control, &name, password, "", from, None).await? {
        (user, "password") => user,
        _ => return Err(ApiError::SignIn),
    };
    let found = signed_in(&user, Roles::all(), Way::Password).ok_or(ApiError::SignIn)?;
    // Of many requests at once with the same credential, one is told.
    if control.accounts.proven.revision(&code, at) != Some(user.revision) {
        let account = Account::SignedIn { name: name.clone(), with: "password, for TAXII".to_owned() };
        control.driver.handle(Event::Account(account)).await?;
        control.accounts.proven.remember(code, user.revision, at);
    }
    Ok(found)
}

/// Who was found right a moment ago, as its account stands now.
async fn remembered(control: &Control, name: &str, code: &[u8; 32]) -> Result<Option<SignedIn>, ApiError> {
    let Some(revision) = control.accounts.proven.revision(code, now()) else { return Ok(None) };
    let wanted = name.to_owned();
    let user = control.accounts.with(move |people| people.user(&wanted)).await?;
    let user = user
        .filter(|user| user.disabled.is_none() && user.revision == revision && !user.has_totp && user.passkeys == 0);
    Ok(user.and_then(|user| signed_in(&user, Roles::all(), Way::Password)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_counts_for_a_while_and_for_its_name() {
        let proven = Proven::default();
        let code = proven.code("ana", "seven herons").unwrap();
        assert_eq!(proven.revision(&code, 0), None);
        proven.remember(code, 7, 1000);
        assert_eq!(proven.revision(&code, 1000), Some(7));
        assert_eq!(proven.revision(&code, 1000 + REMEMBERED), None);
        assert_eq!(proven.revision(&code, 0), None, "the clock was set back");
        // The same letters, cut elsewhere.
        assert_ne!(proven.code("anas", "even herons"), Some(code));
        assert_ne!(Proven::default().code("ana", "seven herons"), Some(code), "another process");
    }
}
