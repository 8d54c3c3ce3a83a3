//! How long a sender waits after a try that failed, and whether news may cut it short. No clock: the sender and the
//! simulator wait, each in its own way.

use std::time::Duration;

/// The shortest time between two tries.
const SHORTEST: Duration = Duration::from_millis(100);
/// The longest time between two tries.
const LONGEST: Duration = Duration::from_secs(30);

/// Why a try failed, as far as waiting goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The partner was not reached, or did not answer: whoever hears of it need wait no longer.
    Away,
    /// The partner was there and refused, or the fault is ours: hearing of the partner mends nothing. Two nodes that refuse
    /// each other would otherwise ring each other awake without end.
    Refused,
}

/// The pauses of one sender; they grow from try to try.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pauses(Duration);

impl Pauses {
    /// A try has worked: the next pause is a short one.
    pub fn worked(&mut self) {
        self.0 = Duration::ZERO;
    }

    /// A try has failed: how long to wait, before jitter, and whether news of the partner cuts it short.
    pub fn failed(&mut self, missing: Missing) -> (Duration, bool) {
        self.0 = (self.0 * 2).clamp(SHORTEST, LONGEST);
        (self.0, missing == Missing::Away)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_something_works_and_only_an_absent_partner_is_waited_for_by_the_bell() {
        let mut pauses = Pauses::default();
        assert_eq!(pauses.failed(Missing::Away), (Duration::from_millis(100), true));
        assert_eq!(pauses.failed(Missing::Refused), (Duration::from_millis(200), false));
        for _ in 0..10 {
            pauses.failed(Missing::Refused);
        }
        assert_eq!(pauses.failed(Missing::Refused), (Duration::from_secs(30), false));
        pauses.worked();
        assert_eq!(pauses.failed(Missing::Away), (Duration::from_millis(100), true));
    }
}
