//! The clock of duties and consultations: the node is told when a deadline has passed, so that it says what was not done by
//! then. It is looked at every second; nothing is written down while nothing is due.

use std::time::Duration;

use entente_core::time::Timestamp;
use entente_node::Event;

use crate::{driver::Driver, turn::Failure};

/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Runs until the node stops.
pub(crate) async fn run(driver: Driver) {
    loop {
        tokio::time::sleep(LOOK).await;
        match driver.inspect(|node| node.is_deadline_over(Timestamp::now())).await {
            Ok(false) => continue,
            Ok(true) => {}
            Err(_) => return,
        }
        match driver.handle(Event::Deadlines).await {
            Err(Failure::Stopped) => return,
            Err(error) => tracing::error!(%error, "what has run out is not on the record; it is tried again"),
            Ok(_) => {}
        }
    }
}
