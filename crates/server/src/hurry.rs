//! Whether a node is in a hurry. What is urgent waits for what is under way: for a turn of its own node, and for the package that
//! its recipient is taking, each of which is taken whole.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// How long something urgent makes the next probable.
const HURRY: Duration = Duration::from_secs(1);

/// Whether something urgent was there a moment ago, as it is when there is more of it to come: then turns are shorter, and so
/// are packages, which their recipients take whole.
#[derive(Clone)]
pub(crate) struct Hurry {
    beginning: Instant,
    /// Until how many milliseconds behind that.
    until: Arc<AtomicU64>,
}

impl Hurry {
    pub(crate) fn new() -> Self {
        Self { beginning: Instant::now(), until: Arc::default() }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.beginning.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Something urgent is here.
    pub(crate) fn begin(&self) {
        self.until.store(self.now() + u64::try_from(HURRY.as_millis()).unwrap_or_default(), Ordering::Relaxed);
    }

    /// Whether it lasts.
    pub(crate) fn is_on(&self) -> bool {
        self.now() < self.until.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_with_something_urgent_for_all_who_share_it() {
        let hurry = Hurry::new();
        let other = hurry.clone();
        assert!(!hurry.is_on());
        other.begin();
        assert!(hurry.is_on());
    }
}
