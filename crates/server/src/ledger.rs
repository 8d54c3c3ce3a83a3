//! Keeping the ledger going: the node is told when an interval is over, whether or not anything happens.

use std::time::Duration;

use entente_node::Event;

use crate::driver::Driver;

/// Tells the node of each end of an interval until it stops.
pub(crate) async fn run(driver: Driver, interval: u32) {
    loop {
        match driver.handle(Event::Tick).await {
            Err(crate::driver::Failure::Stopped) => return,
            Err(error) => tracing::error!(%error, "the interval of the ledger stays open"),
            Ok(_) => {}
        }
        tokio::time::sleep(until_next(jiff::Timestamp::now(), interval)).await;
    }
}

/// From `now` to just behind the next whole multiple of `interval`.
fn until_next(now: jiff::Timestamp, interval: u32) -> Duration {
    let length = u64::from(interval) * 1000;
    let now = u64::try_from(now.as_millisecond()).unwrap_or_default();
    Duration::from_millis(length - now % length + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_tick_is_just_behind_the_end() {
        for (now, interval, expected) in [
            ("1970-01-01T00:00:00Z", 60, 60_001),
            ("2026-11-23T12:00:59.999Z", 60, 2),
            ("1970-01-01T00:00:07Z", 5, 3_001),
        ] {
            let wait = until_next(now.parse().unwrap(), interval);
            assert_eq!(wait, Duration::from_millis(expected), "{now}");
        }
    }
}
