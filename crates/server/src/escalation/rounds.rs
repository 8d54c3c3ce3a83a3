//! The loop that tells people by itself: it looks what waits whenever something happened, and when the contact list wants the next
//! attempt; makes each attempt once; and stops by itself when nothing waits any more. It remembers nothing: what waits and whom
//! it leads to is a function of what is kept, so that a start after a crash is the normal start.
//!
//! The key function is [`run`].

use std::{collections::BTreeSet, time::Duration};

use entente_core::{
    time::Timestamp,
    watch::{Due, Way},
};
use entente_node::matter::Matter;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::Escalation;
use crate::turn::Failure;

/// How long it rests between two looks: many changes in a moment are one.
const REST: Duration = Duration::from_secs(1);
/// After how long it looks though nothing happened: time alone brings duties near their end, and lets alerts expire.
const LONGEST: Duration = Duration::from_secs(10);
/// How many attempts are made at once.
const TOGETHER: usize = 16;

/// What is being made: the matter, the person and the way.
type Making = (String, String, Way);

/// Runs until the node stops.
pub(crate) async fn run(escalation: Escalation) {
    let mut statements = escalation.inner.driver.statements();
    let mut making: BTreeSet<Making> = BTreeSet::new();
    let mut attempts: JoinSet<(Making, Result<(), Failure>)> = JoinSet::new();
    loop {
        statements.borrow_and_update();
        let now = Timestamp::now();
        let (contacts, _) = escalation.contacts();
        let list = contacts.clone();
        let Ok((all, next)) = escalation.inner.driver.inspect(move |node| node.to_tell(&list, now)).await else {
            return;
        };
        for (matter, due) in all {
            let person = contacts.persons.get(due.person).map(|person| person.id.clone()).unwrap_or_default();
            let name: Making = (matter.name.clone(), person, due.way);
            if making.len() >= TOGETHER || !making.insert(name.clone()) {
                continue;
            }
            let (escalation, contacts) = (escalation.clone(), contacts.clone());
            attempts.spawn(async move { (name, tell(&escalation, &contacts, matter, due).await) });
        }
        let wait = next.map_or(LONGEST, |next| until(next).min(LONGEST));
        sleep(REST).await;
        // What has ended meanwhile makes room, and may lead on.
        tokio::select! {
            Some(ended) = attempts.join_next(), if !attempts.is_empty() => {
                if !over(ended, &mut making) {
                    return;
                }
                while let Some(ended) = attempts.try_join_next() {
                    if !over(ended, &mut making) {
                        return;
                    }
                }
            }
            changed = timeout(wait, statements.changed()) => {
                if matches!(changed, Ok(Err(_))) {
                    return;
                }
            }
        }
    }
}

/// How long it is until a moment.
fn until(at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default()
}

/// An attempt has ended; whether the node still runs.
fn over(ended: Result<(Making, Result<(), Failure>), tokio::task::JoinError>, making: &mut BTreeSet<Making>) -> bool {
    match ended {
        Ok((name, told)) => {
            making.remove(&name);
            match told {
                Ok(()) => true,
                Err(Failure::Stopped) => false,
                Err(error) => {
                    // It was not kept that it would be made, and so it was not made; or not how it ended. It is looked at again.
                    tracing::error!(%error, person = name.1, "an attempt to tell somebody could not be kept");
                    true
                }
            }
        }
        // A task of ours is never aborted, and does not panic; if one did, all others go on.
        Err(error) => {
            tracing::error!(%error, "an attempt to tell somebody broke off");
            making.clear();
            true
        }
    }
}

async fn tell(
    escalation: &Escalation,
    contacts: &entente_core::watch::Contacts,
    matter: Matter,
    due: Due,
) -> Result<(), Failure> {
    escalation.attempt(contacts, due, &matter, |event| event).await.map(drop)
}
