//! The secrets that small bodies travel under together: one encapsulation serves the envelopes to one partner for a while,
//! and what a partner has encapsulated is undone once. Each body has a content key of its own all the same.
//!
//! Nothing here is kept: after a start each side begins anew, and an envelope opens without anything that is here. Key type:
//! [`Secrets`].

use std::collections::BTreeMap;

use entente_core::{Party, time::Timestamp};
use entente_seal::{Decapsulations, Encapsulation, SealingPublicKey};
use rand_core::CryptoRng;

use crate::event::Refusal;

/// How many envelopes one encapsulation serves: as many as a package may have.
const ENVELOPES: u32 = 256;
/// For how long it serves, in seconds.
const SECONDS: i64 = 60;

/// Secrets in use, of both directions.
#[derive(Default)]
pub(crate) struct Secrets {
    out: BTreeMap<Party, Sealing>,
    /// For each sender its own, so that none pushes out what another has sent.
    into: BTreeMap<Party, Decapsulations>,
}

struct Sealing {
    shared: Encapsulation,
    since: i64,
    served: u32,
}

impl Secrets {
    /// What to seal the next envelope from `us` to `to` under, whose key is `recipient`.
    pub(crate) fn sealing(
        &mut self,
        us: &Party,
        to: &Party,
        recipient: &SealingPublicKey,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<&Encapsulation, Refusal> {
        let now = now.as_second();
        let serves = |sealing: &Sealing| {
            sealing.served < ENVELOPES
                // A clock that was set back ends it too.
                && (0..SECONDS).contains(&now.saturating_sub(sealing.since))
                && sealing.shared.recipient() == recipient.id()
        };
        if !self.out.get(to).is_some_and(serves) {
            let shared = Encapsulation::new(us.as_str(), to.as_str(), recipient, rng)
                .map_err(|error| Refusal::Ours(error.to_string()))?;
            self.out.insert(to.clone(), Sealing { shared, since: now, served: 0 });
        }
        let sealing = self.out.get_mut(to).ok_or_else(|| Refusal::Ours("no secret".to_owned()))?;
        sealing.served += 1;
        Ok(&sealing.shared)
    }

    /// What `from` has shared with us.
    pub(crate) fn opening(&mut self, from: &Party) -> &mut Decapsulations {
        self.into.entry(from.clone()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use chacha20::{ChaCha20Rng, rand_core::SeedableRng as _};
    use entente_seal::{Outgoing, Precedence, SealingKey, Show, SigningKey, Status};

    use super::*;

    #[test]
    fn a_secret_serves_a_package_or_a_minute_and_one_key() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let signing = SigningKey::from_seed(&[2; 32]).unwrap();
        let keys = [3, 4].map(|seed| SealingKey::from_seed(&[seed; 32]).unwrap());
        let mut secrets = Secrets::default();
        let mut encapsulated = |key: &SealingKey, second: i64| {
            let now = Timestamp::from_second(second).unwrap();
            let shared = secrets.sealing(&"KOR".into(), &"JPN".into(), key.public(), now, &mut rng).unwrap();
            let outgoing = Outgoing {
                from: "KOR",
                to: "JPN",
                created: second,
                precedence: Precedence::Routine,
                expires: None,
                status: Status::Test,
                guard: Show::Nothing,
                body: b"",
            };
            let bytes = outgoing.seal_with(shared, &signing, &mut rng).unwrap().bytes().to_vec();
            // The sealed key is the second of the four parts: `59 04b0`, then the encapsulation.
            let at = bytes.windows(3).position(|window| window == [0x59, 0x04, 0xB0]).unwrap() + 3;
            bytes[at..at + 1120].to_vec()
        };
        let [one, other] = &keys;
        let first = encapsulated(one, 0);
        for _ in 1..ENVELOPES {
            assert_eq!(encapsulated(one, SECONDS - 1), first);
        }
        let second = encapsulated(one, SECONDS - 1);
        assert_ne!(second, first, "it has served a package");
        let third = encapsulated(one, 2 * SECONDS - 1);
        assert_ne!(third, second, "it has served a minute");
        let fourth = encapsulated(one, 0);
        assert_ne!(fourth, third, "the clock was set back");
        assert_ne!(encapsulated(other, 0), fourth, "the partner has another key");
    }
}
