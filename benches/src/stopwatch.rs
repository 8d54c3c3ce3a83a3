//! Time on a processor: of one thread, or of all.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Counts while this thread runs, or any of this process, so that others on the machine count as little as can be.
pub(crate) struct Stopwatch {
    clock: ClockId,
    start: Duration,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self::of(ClockId::ThreadCPUTime)
    }

    /// Of all threads of this process together.
    pub(crate) fn of_process() -> Self {
        Self::of(ClockId::ProcessCPUTime)
    }

    fn of(clock: ClockId) -> Self {
        Self { clock, start: on_processor(clock) }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        on_processor(self.clock) - self.start
    }
}

/// What this thread, or process, has had of the processors so far, to the nanosecond. The figures under `/proc` are brought up to date
/// a few hundred times a second only.
fn on_processor(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
