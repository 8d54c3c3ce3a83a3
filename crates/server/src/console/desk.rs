//! The desk: what waits for a person, what has come, how the partners are.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};

use super::{
    frame::{Frame, Page, State as Sign},
    html,
    records::{Row, banner},
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{RecordView, RecordsQuery, Status},
    control::{self, ApiError},
};

/// How many of the latest records it shows.
const LATEST: usize = 20;
/// How far a partner's clock may be off before a person should know, in seconds.
const CLOCK: i64 = 5;

struct Waiting {
    state: Sign,
    words: String,
    path: String,
    since: Moment,
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
        arrivals: records.iter().map(|record| Row::new(record, say)).collect(),
        links: links(&status, say),
        alarms: status
            .alarms
            .iter()
            .rev()
            .take(LATEST)
            .map(|alarm| Alarm {
                at: Moment::of(&alarm.at, say),
                partner: alarm.partner.clone(),
                message: alarm.message.clone(),
            })
            .collect(),
    })
}

async fn latest(visit: &Visit) -> Result<Vec<RecordView>, ApiError> {
    if !visit.may("record.list") {
        return Ok(Vec::new());
    }
    let query = Query(RecordsQuery { limit: Some(LATEST), ..RecordsQuery::default() });
    Ok(control::records::list(State(visit.control.clone()), visit.person.clone(), query).await?.0.records)
}

/// What this person can do something about.
async fn waiting(visit: &Visit, status: &Status) -> Result<Vec<Waiting>, ApiError> {
    let (say, mut waiting) = (visit.say(), Vec::new());
    if visit.may("consent.answer") {
        let questions = control::consents::questions(State(visit.control.clone()), visit.person.clone()).await?.0;
        let open = questions.into_iter().filter(|question| question.direction == "theirs" && question.state == "open");
        waiting.extend(open.map(|question| {
            let parts =
                [("partner", question.partner.clone()), ("record", question.record.clone()), ("to", question.to.clone())];
            Waiting {
                state: Sign::attention(say.one("desk-question")),
                words: say.filled("desk-question-words", &parts),
                path: format!("/consent#q-{}", question.request),
                since: Moment::of(&question.asked, say),
            }
        }));
    }
    if visit.may("affected.answer") && status.affected > 0 {
        waiting.push(Waiting {
            state: Sign::attention(say.one("desk-affected")),
            words: say.count("desk-affected-words", status.affected),
            path: "/consent#affected".to_owned(),
            since: Moment::of(&status.now, say),
        });
    }
    if visit.may("quarantine.list") && status.held + status.refused > 0 {
        waiting.push(Waiting {
            state: Sign::attention(say.one("desk-quarantine")),
            words: say.count("desk-quarantine-words", status.held + status.refused),
            path: "/node#quarantine".to_owned(),
            since: Moment::of(&status.now, say),
        });
    }
    Ok(waiting)
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
                Some(ahead) if ahead.abs() <= CLOCK => say.one("desk-clock-right"),
                Some(ahead) => format!("{ahead:+} s"),
            },
        }
    };
    partners.into_iter().map(link).collect()
}
