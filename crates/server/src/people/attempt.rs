//! A try to come in with a password: counted before it is looked at, hashed when it is its turn, and told to the ledger when it
//! was in vain.
//!
//! Who guesses waits: under the account and where it comes from, under the account from anywhere, and under where it comes from
//! whatever the account. Who comes with a browser that was let in before waits for itself alone, and is hashed in a place of
//! its own. Key function: [`prove`].

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use entente_node::{Event, person::Account};
use entente_store::people::{People, UserRow};
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};
use zeroize::Zeroizing;

use super::{
    accounts::now,
    password,
    patience::{ADDRESS, ALL, Limit, ONE},
    session, totp,
};
use crate::control::{ApiError, Control, unexpected};

/// How long a try waits for its turn to be hashed.
const TURN: Duration = Duration::from_secs(5);
/// Of tries in vain on one account, every so many stand in the ledger as one statement.
const TOLD_EVERY: u32 = 5;
/// Of tries with names that nobody has, what comes within so many seconds stands in the ledger as one statement.
const TOLD_AFTER: i64 = 60;
/// How many passwords of strangers are hashed at once: each takes 19 MiB and a core.
const HASHED_AT_ONCE: usize = 2;

/// The places where passwords are hashed.
#[derive(Clone)]
pub(crate) struct Hashing {
    /// Of whoever tries.
    strangers: Arc<Semaphore>,
    /// Of who has a session, a link, or a browser that was let in before: no flood of strangers stands before them.
    known: Arc<Semaphore>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { strangers: Arc::new(Semaphore::new(HASHED_AT_ONCE)), known: Arc::new(Semaphore::new(1)) }
    }
}

impl Hashing {
    async fn turn(&self, is_known: bool) -> Result<SemaphorePermit<'_>, ApiError> {
        let places = if is_known { &self.known } else { &self.strangers };
        let turn = tokio::time::timeout(TURN, places.acquire()).await;
        turn.map_err(|_| ApiError::TooMany(1))?.map_err(|_| unexpected())
    }

    /// Whether a password is the one that was hashed; it takes as long where there is no hash.
    pub(super) async fn verify(
        &self,
        is_known: bool,
        given: Zeroizing<String>,
        hash: Option<String>,
    ) -> Result<bool, ApiError> {
        let _turn = self.turn(is_known).await?;
        let is_right = tokio::task::spawn_blocking(move || password::verify(&given, hash.as_deref()));
        Ok(is_right.await.unwrap_or_default())
    }

    /// The hash of a new password, for somebody who is known.
    pub(super) async fn make(&self, password: Zeroizing<String>) -> Result<String, ApiError> {
        let _turn = self.turn(true).await?;
        let made = tokio::task::spawn_blocking(move || password::make(&password)).await.map_err(|_| unexpected())?;
        made.map_err(|error| ApiError::Ours(error.to_string()))
    }
}

/// What counts a try: a digest, and how many in vain are free.
type Count = ([u8; 32], Limit);

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

fn network(from: session::From) -> Vec<u8> {
    match from.0 {
        std::net::IpAddr::V4(address) => address.octets().to_vec(),
        // Whoever has one address has its whole network of 64 bits.
        std::net::IpAddr::V6(address) => address.octets().get(..8).unwrap_or_default().to_vec(),
    }
}

/// The counts of a try, that of the account first.
fn counts(name: &str, from: session::From, browser: Option<&[u8; 32]>) -> Vec<Count> {
    let address = network(from);
    match browser {
        // Who comes with a browser that was let in before does not wait for strangers.
        Some(browser) => vec![(digest(&[b"browser", browser]), ONE)],
        None => vec![
            (digest(&[b"account", name.as_bytes()]), ALL),
            (digest(&[b"address", name.as_bytes(), &address]), ONE),
            (digest(&[b"addresses", &address]), ADDRESS),
        ],
    }
}

/// Counts a try of which nothing is known but where it comes from, for what costs somebody else something.
pub(super) fn counted(control: &Control, from: session::From) -> Result<Counted<'_>, ApiError> {
    Counted::begin(control, vec![(digest(&[b"elsewhere", &network(from)]), ADDRESS)], now())
}

/// Tries that are counted, until it is known what comes of them. When whoever tries goes away meanwhile they stay counted.
pub(super) struct Counted<'a> {
    control: &'a Control,
    counts: Vec<Count>,
}

impl<'a> Counted<'a> {
    /// Counts a try as one in vain. Of many at once, no more are looked at than of many one after the other.
    fn begin(control: &'a Control, counts: Vec<Count>, now: i64) -> Result<Self, ApiError> {
        let mut patience = control.accounts.patience.lock().unwrap_or_else(PoisonError::into_inner);
        patience.begin(&counts, now).map_err(ApiError::TooMany)?;
        Ok(Self { control, counts })
    }

    fn with<T>(&self, work: impl FnOnce(&mut super::patience::Patience) -> T) -> T {
        work(&mut self.control.accounts.patience.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// It was not looked at, or does not count.
    pub(super) fn undo(&self) {
        self.with(|patience| self.counts.iter().for_each(|(who, _)| patience.undo(who)));
    }

    /// It came through. What comes from one address is not all forgiven for one account.
    fn succeeded(&self) {
        self.with(|patience| {
            for (who, limit) in &self.counts {
                if *limit == ADDRESS { patience.undo(who) } else { patience.succeeded(who) }
            }
        });
    }

    /// How many failed in a row.
    fn failures(&self) -> u32 {
        self.with(|patience| self.counts.first().map_or(0, |(who, _)| patience.failures(who)))
    }
}

/// Who it is, and with what that person proved it.
///
/// # Errors
/// In the same words whatever is not right; or how long whoever guesses must wait.
pub(crate) async fn prove(
    control: &Control,
    name: &str,
    given: Zeroizing<String>,
    code: &str,
    from: session::From,
    browser: Option<[u8; 32]>,
) -> Result<(UserRow, &'static str), ApiError> {
    let now = now();
    let trusted = {
        let name = name.to_owned();
        let known = move |people: &mut People| match browser {
            Some(browser) => people.knows_browser(&browser, &name, now),
            None => Ok(false),
        };
        browser.is_some() && control.accounts.with(known).await?
    };
    let counted = Counted::begin(control, counts(name, from, browser.filter(|_| trusted).as_ref()), now)?;
    match check(control, name, given, code, trusted, now).await {
        Ok(Some(found)) => {
            counted.succeeded();
            Ok(found)
        }
        Ok(None) => {
            // Beside the answer: how long it takes is not to tell whether anybody has that name.
            tokio::spawn(tell(control.clone(), name.to_owned(), counted.failures(), now));
            Err(ApiError::SignIn)
        }
        Err(error) => {
            counted.undo();
            Err(error)
        }
    }
}

async fn check(
    control: &Control,
    name: &str,
    given: Zeroizing<String>,
    code: &str,
    is_known: bool,
    now: i64,
) -> Result<Option<(UserRow, &'static str)>, ApiError> {
    let wanted = name.to_owned();
    let (user, hash) =
        control.accounts.with(move |people| Ok((people.user(&wanted)?, people.password(&wanted)?))).await?;
    let user = user.filter(|user| user.disabled.is_none());
    let hash = hash.filter(|_| user.is_some());
    let is_right = control.accounts.hashing.verify(is_known, given, hash).await?;
    let Some(user) = user.filter(|_| is_right) else { return Ok(None) };
    if !user.has_totp {
        // Who has a passkey comes in with it: a password alone would be one factor, and would add another one.
        return Ok((user.passkeys == 0).then_some((user, "password")));
    }
    let (wanted, code) = (user.name.clone(), Zeroizing::new(code.to_owned()));
    let is_right = control.accounts.with(move |people| match people.totp(&wanted)? {
        Some((secret, _)) => match totp::step_of(&secret, &code, now) {
            Some(step) => people.use_totp(&wanted, step),
            None => Ok(false),
        },
        None => Ok(false),
    });
    Ok(is_right.await?.then_some((user, "password and code")))
}

/// Whether the password is that of somebody who is signed in; tries are counted.
pub(super) async fn prove_again(control: &Control, name: &str, given: Zeroizing<String>) -> Result<bool, ApiError> {
    let counts = vec![(digest(&[b"signed in", name.as_bytes()]), ONE)];
    let counted = Counted::begin(control, counts, now())?;
    let wanted = name.to_owned();
    let hash = control.accounts.with(move |people| people.password(&wanted)).await?;
    match control.accounts.hashing.verify(true, given, hash).await {
        Ok(true) => {
            counted.succeeded();
            Ok(true)
        }
        Ok(false) => Ok(false),
        Err(error) => {
            counted.undo();
            Err(error)
        }
    }
}

/// Tries with names that nobody has, which are told together.
#[derive(Clone, Default)]
pub(crate) struct Nobody(Arc<Mutex<Sum>>);

#[derive(Default)]
struct Sum {
    tries: u64,
    /// Nothing is told before.
    next: i64,
    /// Whether somebody waits until it is told.
    waits: bool,
}

/// What is to be done about one more.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// So many are told now.
    Tell(u64),
    /// What there will be in so many seconds is told then.
    Wait(u64),
    /// Somebody else waits already.
    Nothing,
}

impl Nobody {
    fn one_more(&self, now: i64) -> Next {
        let mut sum = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sum.tries += 1;
        if sum.waits {
            return Next::Nothing;
        }
        let wait = sum.next.saturating_sub(now).clamp(0, TOLD_AFTER);
        if wait == 0 {
            sum.next = now + TOLD_AFTER;
            return Next::Tell(std::mem::take(&mut sum.tries));
        }
        sum.waits = true;
        Next::Wait(wait.unsigned_abs())
    }

    fn waited(&self, now: i64) -> u64 {
        let mut sum = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (sum.waits, sum.next) = (false, now + TOLD_AFTER);
        std::mem::take(&mut sum.tries)
    }
}

/// Tells the ledger of a try in vain, where it is the first, one of five, or with others.
async fn tell(control: Control, name: String, failures: u32, at: i64) {
    let known = name.clone();
    let account = match control.accounts.with(move |people| Ok(people.user(&known)?.is_some())).await {
        Ok(true) if failures > 1 && !failures.is_multiple_of(TOLD_EVERY) => return,
        Ok(true) => Account::TurnedAway { name: Some(name), tries: failures.into() },
        Ok(false) => {
            let tries = match control.accounts.nobody.one_more(at) {
                Next::Nothing => return,
                Next::Tell(tries) => tries,
                Next::Wait(seconds) => {
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                    control.accounts.nobody.waited(now())
                }
            };
            Account::TurnedAway { name: None, tries }
        }
        Err(error) => return tracing::warn!(error = error.to_string(), "a try to come in is not in the ledger"),
    };
    if let Err(error) = control.driver.handle(Event::Account(account)).await {
        tracing::warn!(error = error.to_string(), "a try to come in is not in the ledger");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_nobody_has_are_told_once_a_minute_and_all_of_them() {
        let nobody = Nobody::default();
        assert_eq!(nobody.one_more(1000), Next::Tell(1));
        assert_eq!(nobody.one_more(1010), Next::Wait(50));
        for _ in 0..100 {
            assert_eq!(nobody.one_more(1030), Next::Nothing);
        }
        assert_eq!(nobody.waited(1060), 101);
        assert_eq!(nobody.one_more(1061), Next::Wait(59));
        assert_eq!(nobody.waited(1120), 1);
        assert_eq!(nobody.one_more(1181), Next::Tell(1));
        // A clock that was set back hides nothing for longer than a minute.
        assert_eq!(nobody.one_more(0), Next::Wait(60));
    }

    #[test]
    fn an_address_is_counted_whatever_the_name_and_a_network_of_the_new_kind_is_one() {
        let of = |name: &str, address: &str| counts(name, session::From(address.parse().unwrap()), None);
        let (one, other) = (of("sato", "192.0.2.1"), of("mori", "192.0.2.1"));
        assert_eq!((one[2], one[0] == other[0], one[1] == other[1]), (other[2], false, false));
        assert_eq!(of("sato", "2001:db8::1"), of("sato", "2001:db8::2"));
        assert_ne!(of("sato", "2001:db8::1"), of("sato", "2001:db8:0:1::1"));
        assert_eq!(counts("sato", session::From([192, 0, 2, 1].into()), Some(&[1; 32])).len(), 1);
    }
}
