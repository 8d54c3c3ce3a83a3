//! What takes a second person, what was disclosed in an emergency and is to be reported on, and for whom TLP:RED records are.

use askama::Template;
use axum::{
    Form, Json,
    extract::{Path, Query, State},
    response::Response,
};

use super::{
    ask::{Ask, Button, Cure, prospects},
    banner::Banner,
    chip::Chip,
    form::{Choice, Field, Fields, Kind},
    frame::{Frame, Page, State as Sign},
    html,
    lists::{List, Turned},
    records::{find, parties, path},
    released::{self, CHANNEL},
    see,
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{ConfirmRequest, EmergencyRequest, EmergencyView, NameRequest, RecordView, ReportRequest, WaitingView},
    control::{self, ApiError},
};

struct Waits {
    number: u64,
    record: String,
    path: String,
    title: String,
    label: Chip,
    sentence: String,
    proposed: Moment,
    state: Sign,
    is_open: bool,
    /// Whether this person proposed it: another one has to confirm.
    is_own: bool,
    answered: Option<String>,
}

struct Emergency {
    number: u64,
    record: String,
    path: String,
    sentence: String,
    declared: Moment,
    due: Moment,
    state: Sign,
    report: Option<String>,
    is_open: bool,
}

struct Unnamed {
    record: String,
    path: String,
}

#[derive(Template)]
#[template(path = "second.html")]
struct Second {
    frame: Frame,
    waiting: Vec<Waits>,
    more_waiting: Option<String>,
    emergencies: Vec<Emergency>,
    more_emergencies: Option<String>,
    unnamed: Vec<Unnamed>,
    more_unnamed: Option<String>,
    may_confirm: bool,
    may_report: bool,
    may_name: bool,
}

/// `GET /second`.
pub(super) async fn page(visit: Visit, Query(turned): Query<Turned>) -> Result<Response, ApiError> {
    let (say, control, person) = (visit.say(), &visit.control, &visit.person);
    let list = |name| List { path: "/second", name };
    // What can still be answered first, the newest of each first.
    let mut all = control::second::all_waiting(control, person).await?;
    all.sort_by_key(|view| (view.state != "waiting", std::cmp::Reverse(view.number)));
    let (all, more_waiting) = list("waiting").cut(&turned, all, |view| view.number.to_string())?;
    let mut records: Vec<RecordView> = Vec::new();
    let mut waiting = Vec::new();
    for view in all {
        // Auditors see that it waited; the record itself only where they may.
        let record = match visit.may("record.show") {
            true => find(control, &visit, (view.originator.clone(), view.record.clone())).await.ok(),
            false => None,
        };
        waiting.push(waits(view, record.as_ref(), person.name(), say));
        records.extend(record);
    }
    // What has to be reported on first, the newest of each first.
    let mut emergencies = control::second::all_emergencies(control, person).await?;
    emergencies.sort_by_key(|view| (view.report.is_some(), std::cmp::Reverse(view.number)));
    let (emergencies, more_emergencies) =
        list("emergencies").cut(&turned, emergencies, |view| view.number.to_string())?;
    let unnamed = match visit.may("named.missing") {
        true => control::second::all_unnamed(control, person).await?,
        false => Vec::new(),
    };
    let (unnamed, more_unnamed) =
        list("named").cut(&turned, unnamed, |view| format!("{}/{}", view.originator, view.record))?;
    let parts = records.iter().map(|record| (record.label.as_str(), record.status.as_str()));
    html(&Second {
        frame: visit.frame(Page::Second, say.one("page-second"), Banner::of(parts, say)).await?,
        waiting,
        more_waiting,
        emergencies: emergencies.into_iter().map(|view| emergency(view, say)).collect(),
        more_emergencies,
        more_unnamed,
        unnamed: unnamed
            .into_iter()
            .map(|view| Unnamed {
                path: path(&view.originator, &view.record),
                record: format!("{}/{}", view.originator, view.record),
            })
            .collect(),
        may_confirm: visit.may("release.confirm"),
        may_report: visit.may("emergency.report"),
        may_name: visit.may("record.name"),
    })
}

fn waits(view: WaitingView, record: Option<&RecordView>, me: &str, say: Say) -> Waits {
    let parts = [
        ("by", view.by.clone()),
        ("to", view.to.clone()),
        ("purpose", view.purpose.clone()),
        ("under", if view.under.is_empty() { say.one("released-free") } else { view.under.join(", ") }),
    ];
    let answered = view.answered_by.map(|by| {
        let note = view.note.filter(|note| !note.is_empty()).map(|note| format!(": {note}")).unwrap_or_default();
        format!("{by}{note}")
    });
    Waits {
        number: view.number,
        path: path(&view.originator, &view.record),
        title: record.map(|record| record.title.clone()).unwrap_or_default(),
        label: Chip::new(
            record.map_or("", |record| record.label.as_str()),
            record.map_or("actual", |record| record.status.as_str()),
            say,
        ),
        sentence: say.filled("second-sentence", &parts),
        proposed: Moment::of(&view.proposed, say),
        state: match view.state.as_str() {
            "waiting" => Sign::attention(say.one("state-second")),
            "confirmed" => Sign::good(say.one("state-confirmed")),
            _ => Sign::bad(say.one("state-declined")),
        },
        is_open: view.state == "waiting",
        is_own: view.by == me,
        record: view.record,
        answered,
    }
}

fn emergency(view: EmergencyView, say: Say) -> Emergency {
    let parts = [("by", view.by), ("to", view.to), ("reason", view.reason)];
    Emergency {
        number: view.number,
        path: path(&view.originator, &view.record),
        sentence: say.filled("emergency-sentence", &parts),
        declared: Moment::of(&view.declared, say),
        due: Moment::of(&view.due, say),
        state: match &view.report {
            Some(_) => Sign::good(say.one("state-reported")),
            None => Sign::attention(say.one("state-report-due")),
        },
        is_open: view.report.is_none(),
        report: view.report,
        record: view.record,
    }
}

/// `POST /second/{number}`: this person says yes or no, as the second one.
pub(super) async fn answer(
    visit: Visit,
    Path(number): Path<u64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let request = Json(ConfirmRequest { note: fields.one("note") });
    let (control, person) = (visit.control.clone(), visit.person.clone());
    match fields.one("answer").as_str() {
        "yes" => {
            let viewer = person.viewer().clone();
            let waiting = control
                .driver
                .inspect(move |node| node.waiting(&viewer).find(|waiting| waiting.number == number).cloned())
                .await?;
            let headers = visit.headers();
            let confirmed = control::second::confirm(State(control), person, Path(number), headers, request).await?.0;
            let Some(waiting) = waiting else { return Ok(see("/second")) };
            let record = find(&visit.control, &visit, (waiting.originator, waiting.record)).await?;
            let how = (waiting.purpose, waiting.channel, waiting.precedence);
            released::outcomes(&visit, &record, confirmed, how).await
        }
        "no" => {
            control::second::decline(State(control), person, Path(number), request).await.map(drop)?;
            Ok(see("/second"))
        }
        _ => Err(ApiError::Request("answer: `yes` or `no`".to_owned())),
    }
}

/// `POST /emergencies/{number}`: what was given and what came of it.
pub(super) async fn report(
    visit: Visit,
    Path(number): Path<u64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let request = Json(ReportRequest { text: Fields(fields).one("text") });
    control::second::report(State(visit.control), visit.person, Path(number), request).await.map(drop)?;
    Ok(see("/second#emergencies"))
}

/// `POST /named`: for whom a TLP:RED record is.
pub(super) async fn name(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let request = Json(NameRequest { record: fields.one("record"), persons: fields.list("persons") });
    control::second::name(State(visit.control), visit.person, request).await.map(drop)?;
    Ok(see("/second#named"))
}

/// `GET /records/{originator}/{id}/emergency`: give it at once, where the rules foresee that.
pub(super) async fn question(
    visit: Visit,
    Path(name): Path<(String, String)>,
    Query(cure): Query<Cure>,
) -> Result<Response, ApiError> {
    let (record, say) = (find(&visit.control, &visit, name).await?, visit.say());
    let us = visit.control.operator.nationality.to_string();
    let others = parties(&visit).await?.into_iter().filter(|party| *party != us);
    let purpose = cure.purpose.clone();
    let ask = Ask {
        title: say.with("emergency-title", "record", &record.id),
        lead: say.one("emergency-lead"),
        action: format!("{}/emergency", path(&record.originator, &record.id)),
        fields: vec![
            Field {
                name: "to",
                label: say.one("release-to"),
                hint: String::new(),
                kind: Kind::Choice(Choice::of(others, std::slice::from_ref(&cure.to))),
                is_needed: true,
            },
            visit.line("purpose", "record-purpose", purpose.clone(), true),
            visit.line("channel", "new-channel", CHANNEL.to_owned(), true),
            visit.line("reason", "emergency-reason", String::new(), true),
        ],
        button: Button { words: say.one("emergency-go"), is_grave: true },
        decisions: match purpose.is_empty() {
            true => Vec::new(),
            false => prospects(&visit, &record, &purpose).await?,
        },
    };
    ask.page(&visit, &record, None).await
}

/// `POST /records/{originator}/{id}/emergency`.
pub(super) async fn declare(
    visit: Visit,
    Path(name): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let (fields, record) = (Fields(fields), find(&visit.control, &visit, name).await?);
    let (purpose, channel) = (fields.one("purpose"), fields.one("channel"));
    let request = EmergencyRequest {
        record: format!("{}/{}", record.originator, record.id),
        to: fields.one("to"),
        purpose: purpose.clone(),
        channel: channel.clone(),
        reason: fields.one("reason"),
    };
    let (control, person) = (visit.control.clone(), visit.person.clone());
    let declared = control::second::declare(State(control), person, visit.headers(), Json(request)).await?.0;
    released::outcomes(&visit, &record, declared.released, (purpose, channel, "FLASH".to_owned())).await
}
