//! Time of one thread on a processor.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Counts while this thread runs, so that others on the machine count as little as can be.
pub(crate) struct Stopwatch {
    start: Duration,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self { start: on_processor() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        on_processor() - self.start
    }
}

/// What this thread has had of a processor so far, to the nanosecond. The figures under `/proc` are brought up to date
/// a few hundred times a second only.
fn on_processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
