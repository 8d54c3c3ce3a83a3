//! Metrics in the text format of Prometheus (0.0.4), health and readiness, over HTTP on a loopback address. Numbers and codes
//! of partners, and nothing else: no id, no label, no word of a record.
//!
//! Each number is read when it is asked for: nothing is counted twice, and a restart loses nothing.

use std::{fmt::Write, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use entente_store::Reader;

use crate::{
    api::Status,
    control::{Control, status::without_records},
};

/// How long the loop may take to answer before it counts as stuck: longer than a transaction on a slow disk.
const PATIENCE: Duration = Duration::from_secs(10);

/// `/metrics`, `/healthz`, `/readyz`.
pub(crate) fn router(control: Control) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(health))
        .route("/readyz", get(readiness))
        .with_state(control)
}

/// Whether the node's loop goes round: when it does not, only a new start helps.
async fn health(State(control): State<Control>) -> Response {
    match tokio::time::timeout(PATIENCE, control.driver.inspect(|_| ())).await {
        Ok(Ok(())) => "ok\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the node does not answer\n").into_response(),
    }
}

/// Whether it can take what comes: the loop goes round, and the store can be read.
async fn readiness(State(control): State<Control>) -> Response {
    let data = control.data.clone();
    let store = tokio::task::spawn_blocking(move || Reader::of_folder(&data)?.ledger_checkpoint().map(drop));
    match store.await {
        Ok(Ok(())) => health(State(control)).await,
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read\n").into_response(),
    }
}

async fn metrics(State(control): State<Control>) -> Response {
    match tokio::time::timeout(PATIENCE, without_records(&control, control.operator.clone())).await {
        Ok(Ok(status)) => {
            let text = exposition(&status, jiff::Timestamp::now().as_second());
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the node does not answer\n").into_response(),
    }
}

/// A metric with its samples: labels as they stand between the braces, and the value.
struct Metric {
    name: &'static str,
    help: &'static str,
    samples: Vec<(String, i64)>,
}

/// The text that is asked for, `now` in seconds since the epoch.
fn exposition(status: &Status, now: i64) -> String {
    let mut text = String::new();
    for Metric { name, help, samples } in metrics_of(status, now) {
        // A counter would have to survive restarts and never fall: these are what they are now.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in samples {
            let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    }
    text
}

fn metrics_of(status: &Status, now: i64) -> Vec<Metric> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let count = |count: usize| vec![(String::new(), i64::try_from(count).unwrap_or(i64::MAX))];
    // Codes of parties and words for lanes have no character that must be escaped.
    let feeds = |value: &dyn Fn(&crate::api::FeedStatus) -> i64| -> Vec<(String, i64)> {
        let of = |feed: &crate::api::FeedStatus| format!("partner=\"{}\",lane=\"{}\"", feed.partner, feed.lane);
        status.feeds.iter().map(|feed| (of(feed), value(feed))).collect()
    };
    let age = |moment: &str| moment.parse::<jiff::Timestamp>().map_or(0, |at| (now - at.as_second()).max(0));
    let links =
        status.links.iter().filter(|link| link.state != "untried").map(|link| {
            (format!("partner=\"{}\",lane=\"{}\"", link.partner, link.lane), i64::from(link.state == "up"))
        });
    let clocks: std::collections::BTreeMap<String, i64> = status
        .links
        .iter()
        .filter_map(|link| Some((format!("partner=\"{}\"", link.partner), link.clock_ahead?)))
        .collect();
    let quotas = |value: &dyn Fn(&crate::api::QuotaView) -> i64| -> Vec<(String, i64)> {
        status.quotas.iter().map(|quota| (format!("partner=\"{}\"", quota.partner), value(quota))).collect()
    };
    let witnesses = || status.witnesses.iter().map(|witness| (format!("partner=\"{}\"", witness.partner), witness));
    let metric = |name, help, samples| Metric { name, help, samples };
    vec![
        metric("entente_feed_entries", "Entries of our feed to a partner.", feeds(&|feed| number(feed.sent))),
        metric(
            "entente_feed_receipted",
            "Of these, how many the partner has receipted.",
            feeds(&|feed| number(feed.receipted)),
        ),
        metric(
            "entente_feed_exported",
            "Without a receipt, and written as files.",
            feeds(&|feed| number(feed.exported)),
        ),
        metric(
            "entente_feed_oldest_seconds",
            "Age of the oldest entry without a receipt; 0 without any.",
            feeds(&|feed| feed.oldest.as_deref().map_or(0, age)),
        ),
        metric(
            "entente_feed_received",
            "Entries of a partner's feed that are here.",
            feeds(&|feed| number(feed.received)),
        ),
        metric("entente_link_up", "1 when the last try to reach the partner came through.", links.collect()),
        metric(
            "entente_clock_ahead_seconds",
            "How far a partner's clock is ahead of ours.",
            clocks.into_iter().collect(),
        ),
        metric("entente_quarantine_held", "Entries of partners that are held sealed.", count(status.held)),
        metric("entente_quarantine_refused", "Entries of partners that were refused.", count(status.refused)),
        metric(
            "entente_quota_used_bytes",
            "Envelopes of a partner that are here.",
            quotas(&|quota| number(quota.used)),
        ),
        metric("entente_quota_bytes", "How much of a partner may be here.", quotas(&|quota| number(quota.quota))),
        metric(
            "entente_quota_full",
            "1 while packages of a partner are turned away for its quota.",
            quotas(&|quota| i64::from(quota.full.is_some())),
        ),
        metric(
            "entente_read_only",
            "1 while a restored node waits for its partners.",
            count(usize::from(status.restore.as_ref().is_some_and(|restore| restore.read_only))),
        ),
        metric("entente_alarms", "Alarms so far.", count(status.alarms.len())),
        metric(
            "entente_questions_open",
            "Questions for consent that wait for an answer.",
            count(status.open_questions),
        ),
        metric("entente_releases_affected", "Releases that late knowledge speaks against.", count(status.affected)),
        metric("entente_ledger_leaves", "Leaves of the ledger.", vec![(String::new(), number(status.ledger))]),
        metric(
            "entente_ledger_cosigned",
            "Leaves of the ledger that a partner has cosigned.",
            witnesses().map(|(partner, witness)| (partner, number(witness.size))).collect(),
        ),
        metric(
            "entente_ledger_cosigned_age_seconds",
            "Age of a partner's last cosignature.",
            witnesses().map(|(partner, witness)| (partner, age(&witness.at))).collect(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{AlarmView, FeedStatus, LinkView, QuotaView, WitnessView};

    #[test]
    fn metrics_are_numbers_by_partner_and_nothing_of_what_is_said() {
        let status = Status {
            party: "KOR".into(),
            name: "Korea".into(),
            records: 3,
            open_questions: 1,
            affected: 0,
            alarms: vec![AlarmView {
                number: 1,
                at: String::new(),
                partner: "JPN".into(),
                message: "K-0412".into(),
                noted: None,
            }],
            feeds: vec![FeedStatus {
                partner: "JPN".into(),
                lane: "urgent".into(),
                sent: 9,
                receipted: 7,
                exported: 1,
                oldest: Some("1970-01-01T00:01:00Z".into()),
                received: 4,
            }],
            held: 2,
            refused: 0,
            links: vec![LinkView {
                partner: "JPN".into(),
                lane: "urgent".into(),
                state: "away".into(),
                since: None,
                why: Some("K-0412".into()),
                clock_ahead: Some(-3),
            }],
            quotas: vec![QuotaView { partner: "JPN".into(), used: 33, quota: 34, full: Some(String::new()) }],
            ledger: 5,
            witnesses: vec![WitnessView { partner: "JPN".into(), size: 4, at: "1970-01-01T00:00:30Z".into() }],
            files: Vec::new(),
            restore: None,
            now: String::new(),
        };
        let text = exposition(&status, 100);
        for line in [
            "# TYPE entente_feed_entries gauge",
            "entente_feed_entries{partner=\"JPN\",lane=\"urgent\"} 9",
            "entente_feed_receipted{partner=\"JPN\",lane=\"urgent\"} 7",
            "entente_feed_oldest_seconds{partner=\"JPN\",lane=\"urgent\"} 40",
            "entente_link_up{partner=\"JPN\",lane=\"urgent\"} 0",
            "entente_clock_ahead_seconds{partner=\"JPN\"} -3",
            "entente_quarantine_held 2",
            "entente_quota_used_bytes{partner=\"JPN\"} 33",
            "entente_quota_bytes{partner=\"JPN\"} 34",
            "entente_quota_full{partner=\"JPN\"} 1",
            "entente_alarms 1",
            "entente_ledger_cosigned{partner=\"JPN\"} 4",
            "entente_ledger_cosigned_age_seconds{partner=\"JPN\"} 70",
        ] {
            assert!(text.lines().any(|found| found == line), "no `{line}` in\n{text}");
        }
        assert!(!text.contains("K-0412") && !text.contains("Korea"), "{text}");
    }
}
