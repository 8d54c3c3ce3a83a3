//! Alerts: what is in effect, the worst first, how it was revised, and who has taken note. An incident is raised from one in one
//! action.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};

use super::{
    block::encode,
    chip::{Chip, drill},
    frame::{Frame, Page, State as Sign},
    html,
    records::{banner, find, path},
    see,
    strip::name,
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{AlertMessageView, AlertView, NoticeView},
    control::{self, ApiError},
};

/// How many that are over are shown.
const OVER: usize = 50;

/// One message of an alert.
struct Message {
    sent: Moment,
    change: String,
    class: &'static str,
    stands: bool,
    notices: Vec<Notice>,
    noted: Vec<(String, Moment)>,
}

struct Notice {
    words: String,
    level: String,
    areas: String,
    from: Option<Moment>,
    until: Option<Moment>,
}

/// How a party that has it stands to it.
struct Party {
    code: String,
    state: Sign,
    at: Option<Moment>,
}

struct Alert {
    anchor: String,
    path: String,
    act: String,
    record: String,
    headline: String,
    of: String,
    profile: Option<String>,
    drill: Option<String>,
    label: Option<Chip>,
    state: Sign,
    level: String,
    areas: String,
    until: Option<Moment>,
    until_is_local: bool,
    /// Whether this person may acknowledge it, and it waits for this party.
    may_acknowledge: bool,
    may_raise: bool,
    parties: Vec<Party>,
    notes: Vec<String>,
    messages: Vec<Message>,
}

#[derive(Template)]
#[template(path = "alerts.html")]
struct Alerts {
    frame: Frame,
    alerts: Vec<Alert>,
    over: Vec<Alert>,
    may_raise: bool,
}

/// `GET /alerts`.
pub(super) async fn page(visit: Visit) -> Result<Response, ApiError> {
    let say = visit.say();
    let all = control::alerts::latest(&visit.control, &visit.person, say, OVER).await?;
    let in_effect = all.iter().position(|view| view.standing != "in-effect").unwrap_or(all.len());
    let (mut alerts, mut records) = (Vec::new(), Vec::new());
    for view in all {
        let mut label = None;
        // Each of its messages is a record with a label of its own; the banner bears them all.
        for message in view.messages.iter().rev() {
            let Some((originator, id)) = message.record.split_once('/') else { continue };
            let Ok(record) = find(&visit.control, &visit, (originator.to_owned(), id.to_owned())).await else {
                continue;
            };
            if message.record == view.record {
                label = Some(Chip::new(&record.label, &record.status, say));
            }
            records.push(record);
        }
        alerts.push(alert(&visit, view, label));
    }
    let over = alerts.split_off(in_effect);
    html(&Alerts {
        frame: visit.frame(Page::Alerts, say.one("page-alerts"), banner(&records, say)).await?,
        alerts,
        over,
        may_raise: visit.may("incident.raise"),
    })
}

fn alert(visit: &Visit, view: AlertView, label: Option<Chip>) -> Alert {
    let (say, us) = (visit.say(), visit.control.operator.nationality.as_str());
    let (originator, id) = view.record.split_once('/').unwrap_or(("-", view.record.as_str()));
    let is_in_effect = view.standing == "in-effect";
    let level = [&view.severity, &view.urgency, &view.certainty].map(Option::as_deref);
    Alert {
        anchor: encode(&view.record),
        path: path(originator, id),
        act: format!("/alerts/{}/{}", encode(originator), encode(id)),
        headline: name(&view),
        of: format!("{} · {}", view.party, view.sender),
        profile: view.profile.clone(),
        drill: drill(&view.status, say),
        state: match view.standing.as_str() {
            "in-effect" => Sign::bad(say.one("state-in-effect")),
            "cancelled" => Sign::good(say.one("state-cancelled")),
            _ => Sign { class: "", words: say.one("state-expired") },
        },
        level: levels(level.into_iter().flatten(), say),
        areas: areas(view.messages.iter().filter(|message| message.stands).flat_map(|message| &message.notices)),
        until: view.until.as_deref().map(|until| Moment::of(until, say)),
        until_is_local: view.until_is_local,
        may_acknowledge: visit.may("alert.acknowledge")
            && is_in_effect
            && view.waits_for.iter().any(|party| party == us),
        may_raise: is_in_effect && visit.may("incident.raise"),
        parties: view.held_by.iter().map(|party| stands(&view, party, say)).collect(),
        messages: view.messages.iter().rev().map(|one| message(one, say)).collect(),
        notes: view.notes,
        record: view.record,
        label,
    }
}

/// Whether a party has taken note of all that stands, and who did last.
fn stands(view: &AlertView, party: &str, say: Say) -> Party {
    let all = view.messages.iter().flat_map(|message| &message.acknowledged);
    let last = all.filter(|one| one.party == party).max_by_key(|one| &one.at);
    let is_open = view.waits_for.iter().any(|waits| waits == party);
    Party {
        code: party.to_owned(),
        state: match (is_open, last) {
            (false, Some(one)) => Sign::good(say.with("alerts-noted-by", "person", &one.person)),
            (true, Some(_)) => Sign::attention(say.one("alerts-not-the-last")),
            _ => Sign::attention(say.one("alerts-not-noted")),
        },
        at: last.map(|one| Moment::of(&one.at, say)),
    }
}

fn message(view: &AlertMessageView, say: Say) -> Message {
    Message {
        sent: Moment::of(&view.sent, say),
        change: view.change.clone(),
        // What raises counts more than what it lowers elsewhere.
        class: match (view.raises, view.lowers) {
            (true, _) => "raised",
            (false, true) => "lowered",
            (false, false) => "",
        },
        stands: view.stands,
        notices: view.notices.iter().map(|one| notice(one, say)).collect(),
        noted: view
            .acknowledged
            .iter()
            .map(|one| (format!("{}: {}", one.party, one.person), Moment::of(&one.at, say)))
            .collect(),
    }
}

fn notice(view: &NoticeView, say: Say) -> Notice {
    Notice {
        words: view.headline.clone().unwrap_or_else(|| view.event.clone()),
        level: levels([view.severity.as_str(), &view.urgency, &view.certainty], say),
        areas: areas([view]),
        from: view.onset.as_deref().map(|at| Moment::of(at, say)),
        until: view.expires.as_deref().map(|at| Moment::of(at, say)),
    }
}

/// Severity, urgency and certainty, in words.
fn levels<'w>(words: impl IntoIterator<Item = &'w str>, say: Say) -> String {
    words.into_iter().map(|word| say.one(&format!("cap-{}", word.to_lowercase()))).collect::<Vec<_>>().join(", ")
}

fn areas<'n>(notices: impl IntoIterator<Item = &'n NoticeView>) -> String {
    let mut seen = BTreeSet::new();
    let names = notices.into_iter().flat_map(|notice| &notice.areas).map(|area| area.name.as_str());
    names.filter(|name| seen.insert(*name)).collect::<Vec<_>>().join(", ")
}

/// `POST /alerts/{originator}/{id}`: this party has heard.
pub(super) async fn acknowledge(visit: Visit, name: Path<(String, String)>) -> Result<Response, ApiError> {
    let anchor = encode(&format!("{}/{}", name.0.0, name.0.1));
    let headers = visit.headers();
    control::alerts::acknowledge(State(visit.control), visit.person, headers, name).await.map(drop)?;
    Ok(see(&format!("/alerts#a-{anchor}")))
}
