//! The desk: what waits for a person, what has come, how the partners are.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};

use super::{
    consultations::{phase, place},
    frame::{Frame, Page, State as Sign},
    html,
    records::{Row, banner},
    text::Say,
    visit::{Moment, Visit},
    waiting::{Waiting, waiting},
};
use crate::{
    api::{ConsultationView, RecordView, RecordsQuery, Status},
    control::{self, ApiError},
    links::NOTABLE,
};

/// How many of the latest records it shows.
const LATEST: usize = 20;

/// An open consultation, with the clock that runs.
struct Clock {
    path: String,
    title: String,
    drill: Option<String>,
    phase: Sign,
    silent: String,
    until: Moment,
    at_zero: String,
}

struct Link {
    party: String,
    state: Sign,
    backlog: u64,
    oldest: Option<Moment>,
    clock: String,
}

struct Alarm {
    at: Moment,
    partner: String,
    message: String,
}

#[derive(Template)]
#[template(path = "desk.html")]
struct Desk {
    frame: Frame,
    waiting: Vec<Waiting>,
    consultations: Vec<Clock>,
    may_raise: bool,
    arrivals: Vec<Row>,
    links: Vec<Link>,
    alarms: Vec<Alarm>,
}

/// `GET /`.
pub(super) async fn desk(visit: Visit) -> Result<Response, ApiError> {
    let say = visit.say();
    let status = control::status::without_records(&visit.control, visit.person.viewer().clone()).await?;
    let records = latest(&visit).await?;
    html(&Desk {
        frame: visit.frame(Page::Desk, say.one("page-desk"), banner(&records, say)).await?,
        waiting: waiting(&visit, &status).await?,
        consultations: clocks(&visit).await?,
        may_raise: visit.may("incident.raise"),
        arrivals: records.iter().map(|record| Row::new(record, say)).collect(),
        links: links(&status, say),
        alarms: status
            .alarms
            .iter()
            .filter(|alarm| alarm.noted.is_none())
            .take(LATEST)
            .map(|alarm| Alarm {
                at: Moment::of(&alarm.at, say),
                partner: alarm.partner.clone(),
                message: alarm.message.clone(),
            })
            .collect(),
    })
}

/// The consultations that are open.
async fn clocks(visit: &Visit) -> Result<Vec<Clock>, ApiError> {
    if !visit.may("consultation.list") {
        return Ok(Vec::new());
    }
    let all = control::consultations::all(&visit.control, &visit.person, visit.say()).await?;
    Ok(all.iter().filter(|one| !one.closing.closed).map(|one| clock(one, visit.say())).collect())
}

fn clock(view: &ConsultationView, say: Say) -> Clock {
    let silent: Vec<&str> =
        view.participants.iter().filter(|one| one.answer == "silent").map(|one| one.party.as_str()).collect();
    // Once everybody has answered, only the time of closing runs.
    let (until, at_zero) = match silent.is_empty() {
        true => (&view.close_by, say.one("consultation-close-by")),
        false => (&view.acknowledge_by, say.one("consultation-acknowledge-by")),
    };
    Clock {
        path: place(&view.name),
        title: view.title.clone(),
        drill: super::chip::drill(&view.status, say),
        phase: phase(&view.phase, say),
        silent: silent.join(", "),
        until: Moment::of(until, say),
        at_zero,
    }
}

async fn latest(visit: &Visit) -> Result<Vec<RecordView>, ApiError> {
    if !visit.may("record.list") {
        return Ok(Vec::new());
    }
    let query = Query(RecordsQuery { limit: Some(LATEST), ..RecordsQuery::default() });
    Ok(control::records::list(State(visit.control.clone()), visit.person.clone(), query).await?.0.records)
}

/// One line for each partner: its worse lane, and what waits in both.
fn links(status: &Status, say: Say) -> Vec<Link> {
    let mut partners: Vec<&str> = status.links.iter().map(|link| link.partner.as_str()).collect();
    partners.sort_unstable();
    partners.dedup();
    let link = |partner: &str| {
        let of_it = || status.links.iter().filter(|link| link.partner == partner);
        let feeds = || status.feeds.iter().filter(|feed| feed.partner == partner);
        let away = of_it().find(|link| link.state == "away");
        let state = match away {
            Some(link) => {
                let since = link.since.as_deref().map(|since| Moment::of(since, say).words).unwrap_or_default();
                Sign::bad(say.with("desk-away-since", "since", since))
            }
            None if of_it().all(|link| link.state == "up") => Sign::good(say.one("desk-up")),
            None => Sign { class: "", words: say.one("desk-untried") },
        };
        let ahead = of_it().find_map(|link| link.clock_ahead);
        Link {
            party: partner.to_owned(),
            state,
            backlog: feeds().map(|feed| feed.sent.saturating_sub(feed.receipted)).sum(),
            oldest: feeds().filter_map(|feed| feed.oldest.as_deref()).min().map(|at| Moment::of(at, say)),
            clock: match ahead {
                None => "–".to_owned(),
                Some(ahead) if ahead.abs() <= NOTABLE => say.one("desk-clock-right"),
                Some(ahead) => format!("{ahead:+} s"),
            },
        }
    };
    partners.into_iter().map(link).collect()
}
