//! Tickets: something that this node gives to whoever asks, and that comes back once, soon, and for what it was given for. Nothing
//! is kept of one until it comes back: a ticket carries when it was made, and a code under a key that this process drew and
//! nobody has. So no flood of tickets throws out anybody's.
//!
//! No clock: moments arrive as seconds. Key type: [`Tickets`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::keys::{KeyError, fresh_seed};

/// How many that came back are remembered at most; of more the oldest goes.
const USED: usize = 10_000;
/// How many random bytes one has.
const RANDOM: usize = 16;
/// The moment and the random bytes.
const HEAD: usize = 8 + RANDOM;
/// All of it.
const LENGTH: usize = HEAD + 32;

/// Makes tickets of one kind, and takes them back.
#[derive(Clone)]
pub(crate) struct Tickets {
    key: hmac::Key,
    /// How long one counts, in seconds.
    lasts: i64,
    used: Arc<Mutex<HashMap<[u8; LENGTH], i64>>>,
}

impl Tickets {
    /// For tickets that count for so many seconds.
    pub(crate) fn new(lasts: i64) -> Result<Self, KeyError> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &*fresh_seed()?);
        Ok(Self { key, lasts, used: Arc::default() })
    }

    fn code(&self, word: &str, purpose: &[u8], head: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [word.as_bytes(), purpose, head] {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        context.sign()
    }

    /// A new one, for that.
    pub(crate) fn fresh(&self, purpose: &[u8], now: i64) -> Result<String, KeyError> {
        let seed = fresh_seed()?;
        let head = [&now.to_be_bytes()[..], seed.get(..RANDOM).unwrap_or_default()].concat();
        let code = self.code("ticket", purpose, &head);
        Ok(URL_SAFE_NO_PAD.encode([&head[..], code.as_ref()].concat()))
    }

    /// Uses one up: whether it was made here, for that, not too long ago, and did not come back before.
    pub(crate) fn take(&self, text: &str, purpose: &[u8], now: i64) -> bool {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| <[u8; LENGTH]>::try_from(bytes).ok());
        let Some(bytes) = bytes else { return false };
        let Some((made, _)) = bytes.split_first_chunk::<8>() else { return false };
        let Some((head, code)) = bytes.split_at_checked(HEAD) else { return false };
        let expected = self.code("ticket", purpose, head);
        let is_ours = aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_ref(), code).is_ok();
        let age = now.saturating_sub(i64::from_be_bytes(*made));
        if !is_ours || !(0..=self.lasts).contains(&age) {
            return false;
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= USED {
            used.retain(|_, at| now.saturating_sub(*at) <= self.lasts);
            let oldest = used.iter().min_by_key(|(_, at)| **at).map(|(ticket, _)| *ticket);
            if used.len() >= USED
                && let Some(oldest) = oldest
            {
                used.remove(&oldest);
            }
        }
        used.insert(bytes, now).is_none()
    }

    /// A secret that belongs to a ticket, for that: the same each time, and known to nobody who has the ticket alone.
    pub(crate) fn secret(&self, word: &str, ticket: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.code(word, b"secret", ticket.as_bytes()).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_counts_once_for_what_it_was_made_for_and_not_for_ever() {
        let tickets = Tickets::new(300).unwrap();
        let fresh = |purpose: &[u8], now| tickets.fresh(purpose, now).unwrap();
        let one = fresh(b"", 0);
        assert!(tickets.take(&one, b"", 300));
        assert!(!tickets.take(&one, b"", 300), "once");
        assert!(!tickets.take(&fresh(b"", 0), b"", 301), "too late");
        assert!(!tickets.take(&fresh(b"", 10), b"", 9), "not yet made");
        assert!(!tickets.take(&fresh(&[1; 32], 0), b"", 1), "for something else");
        assert!(!tickets.take(&fresh(b"", 0), &[1; 32], 1));
        assert!(!Tickets::new(300).unwrap().take(&fresh(b"", 0), b"", 1), "of another process");
        let mut altered = fresh(b"", 0).into_bytes();
        altered[3] ^= 1;
        for text in ["", "AAAA", std::str::from_utf8(&altered).unwrap()] {
            assert!(!tickets.take(text, b"", 1), "{text}");
        }
    }

    #[test]
    fn a_flood_throws_nobody_out() {
        let tickets = Tickets::new(300).unwrap();
        let somebodys = tickets.fresh(b"", 0).unwrap();
        for _ in 0..USED + 5 {
            let flood = tickets.fresh(b"", 1).unwrap();
            assert!(tickets.take(&flood, b"", 1));
        }
        assert!(tickets.used.lock().unwrap().len() <= USED);
        assert!(tickets.take(&somebodys, b"", 2));
    }

    #[test]
    fn a_secret_belongs_to_its_ticket() {
        let tickets = Tickets::new(300).unwrap();
        let (one, other) = (tickets.fresh(b"", 0).unwrap(), tickets.fresh(b"", 0).unwrap());
        assert_eq!(tickets.secret("nonce", &one), tickets.secret("nonce", &one));
        assert_ne!(tickets.secret("nonce", &one), tickets.secret("verifier", &one));
        assert_ne!(tickets.secret("nonce", &one), tickets.secret("nonce", &other));
        // PKCE takes 43 to 128 of these characters (RFC 7636, section 4.1).
        assert_eq!(tickets.secret("verifier", &one).len(), 43);
    }
}
