//! How a running node fares, from what it says of itself.

use super::Finding;
use crate::{
    api::{FeedStatus, LinkView, Status},
    client::ClientError,
};

/// How far a partner's clock may be off before it is worth a word, in seconds.
pub const CLOCK: i64 = crate::links::DOUBTFUL;
/// How long an entry may wait for its receipt before somebody should ask why, in seconds.
const LONG: i64 = 86_400;

/// What a node's answer to `GET /status` shows; or that there is none.
pub fn look(answer: &Result<Status, ClientError>) -> Vec<Finding> {
    let status = match answer {
        Ok(status) => status,
        Err(ClientError::Unreachable { .. }) => {
            return vec![
                Finding::warning("node", "it is not running", "start it: `entente serve`, or the service that does it"),
                Finding::skipped("partners", "only a running node knows how they are"),
            ];
        }
        Err(error) => {
            let help = "see its log; when it does not answer any more, stop it and start it again: nothing is lost";
            return vec![Finding::wrong("node", error.to_string(), help)];
        }
    };
    let mut findings = vec![Finding::ok("node", format!("it runs, and answers for {}", status.party))];
    findings.extend(restored(status));
    findings.extend(status.alarms.iter().map(|alarm| {
        let found = format!("alarm of {} about {}: {}", alarm.at, alarm.partner, alarm.message);
        Finding::wrong("partners", found, "ask the partner by another way what happened, and keep the evidence")
    }));
    findings.extend(files(status));
    findings.extend(partners(status));
    findings.extend(people(status));
    findings
}

/// Party files that end soon, and partners that do not have this node's own.
fn files(status: &Status) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &status.files {
        if file.ends_soon && file.party != status.party {
            findings.push(Finding::warning(
                "partners",
                format!("the party file of {} ends at {}", file.party, file.until),
                "ask its administrator for the next one: `entente party renew` makes it there",
            ));
        }
        if !file.not_taken_by.is_empty() {
            findings.push(Finding::warning(
                "partners",
                format!(
                    "the party file with serial {} has not reached {} yet",
                    file.serial,
                    file.not_taken_by.join(", ")
                ),
                "it travels by itself when they are reached; who is away can be given it by hand",
            ));
        }
    }
    findings
}

/// A node that was restored and waits, or went on without somebody.
fn restored(status: &Status) -> Vec<Finding> {
    let Some(restore) = &status.restore else { return Vec::new() };
    let mut findings = Vec::new();
    let of = |state: &[&str]| -> Vec<&str> {
        let partners = restore.partners.iter().filter(|partner| state.contains(&partner.state.as_str()));
        partners.map(|partner| partner.party.as_str()).collect()
    };
    if restore.read_only {
        let found = format!(
            "read-only since {}, waiting for {}: {}",
            restore.since,
            of(&["asking", "fetching"]).join(", "),
            restore.why
        );
        let help = "it goes on by itself once they have answered; see `entente restore status`";
        findings.push(Finding::wrong("node", found, help));
    }
    let closed = of(&["without"]);
    if !closed.is_empty() && !restore.read_only {
        let found =
            format!("the feeds to {} are closed: this node was restored and went on without", closed.join(", "));
        findings.push(Finding::warning(
            "partners",
            found,
            "they open once its node has answered; ask its administrator",
        ));
    }
    findings
}

fn partners(status: &Status) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (feed, link) in status.feeds.iter().zip(&status.links) {
        findings.extend(away(link));
        findings.extend(waiting(feed, &status.now));
    }
    let mut told = None;
    for link in &status.links {
        let Some(ahead) = link.clock_ahead.filter(|ahead| ahead.abs() > CLOCK && told != Some(&link.partner)) else {
            continue;
        };
        told = Some(&link.partner);
        let side = if ahead > 0 { "ahead of" } else { "behind" };
        findings.push(Finding::warning(
            "partners",
            format!("the clock of {} is {} s {side} this one", link.partner, ahead.abs()),
            "compare both with a source that you trust: deadlines rest on them",
        ));
    }
    for partner in partners_of(status) {
        if !status.witnesses.iter().any(|witness| witness.partner == partner) {
            findings.push(Finding::warning(
                "partners",
                format!("{partner} has cosigned no checkpoint of this node's ledger"),
                "it witnesses when its node runs a version that does, and its party file names a witness key",
            ));
        }
    }
    if findings.is_empty() {
        let partners = partners_of(status);
        findings.push(match partners.as_slice() {
            [] => Finding::warning("partners", "this node knows none", "`entente party add FILE` adds one"),
            some => Finding::ok("partners", format!("{} reached, nothing waits for long", some.join(", "))),
        });
    }
    findings
}

fn partners_of(status: &Status) -> Vec<&str> {
    let mut partners: Vec<&str> = status.feeds.iter().map(|feed| feed.partner.as_str()).collect();
    partners.dedup();
    partners
}

fn away(link: &LinkView) -> Option<Finding> {
    let since = link.since.as_deref().unwrap_or("its start");
    let why = link.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    (link.state == "away").then(|| {
        Finding::warning(
            "partners",
            format!("{} is away in the {} lane since {since}{why}", link.partner, link.lane),
            "what is for it waits; when it should be there, look at its address, the network and its node",
        )
    })
}

fn waiting(feed: &FeedStatus, now: &str) -> Option<Finding> {
    let second = |moment: &str| moment.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second);
    let oldest = feed.oldest.as_deref()?;
    let age = second(now)?.saturating_sub(second(oldest)?);
    (age > LONG).then(|| {
        Finding::warning(
            "partners",
            format!(
                "an entry for {} in the {} lane has waited for its receipt since {oldest}",
                feed.partner, feed.lane
            ),
            "when the partner's node is up, ask its administrator; else take it there: `entente outbox export`",
        )
    })
}

/// What waits for a person.
fn people(status: &Status) -> Vec<Finding> {
    let waits = [
        (status.open_questions, "questions for consent that nobody has answered", "entente consent list"),
        (status.affected, "releases that something learnt later speaks against", "entente affected list"),
        (status.held, "entries of partners that are held sealed", "entente quarantine list"),
        (status.refused, "entries of partners that were refused", "entente quarantine list"),
    ];
    let findings: Vec<Finding> = waits
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, what, command)| {
            Finding::warning("people", format!("{what}: {number}"), format!("see `{command}`"))
        })
        .collect();
    if findings.is_empty() { vec![Finding::ok("people", "nothing waits for a person")] } else { findings }
}
