//! Meetings: the days until which texts want them, those that parties have called, and a calendar of both that calendar programs
//! fetch with a token of its own.

use std::collections::BTreeSet;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use entente_core::{
    agreement::Clause,
    consult::meeting::{Expected, Meeting, expected},
    time::{Date, TimeZone, TimeZoneDatabase, Timestamp, day_of},
    view::Viewer,
};
use entente_formats::{calendar, hex, request};
use entente_node::{Event, Node, pledge::NewMeeting};

use super::{ApiError, Control, Reply, page::page, pledges, record_ref};
use crate::{
    api::{CalendarQuery, MeetingRequest, MeetingView, NamedView, Page, PageQuery},
    people::{SignedIn, tokens},
};

/// How many days of each clause are shown.
const NEXT: usize = 4;
/// How long a meeting that is over stays in the calendar, in days.
const KEPT: i64 = 400;

/// The days that texts in force want, and the meetings that were called.
fn meetings(node: &Node, now: Timestamp) -> (Vec<Expected>, Vec<Meeting>) {
    let called: Vec<Meeting> = node.meetings_called().into_iter().map(|(meeting, _)| meeting).collect();
    let today = day_of(now);
    let mut due = Vec::new();
    for agreement in node.agreements().values() {
        let view = agreement.view(node.party(), today);
        let Some(since) = view.since.filter(|_| view.in_force()) else { continue };
        // From the last meeting on record as held for the clause, or from the entry into force.
        let held: Vec<&Meeting> = called.iter().filter(|meeting| meeting.is_held(now)).collect();
        let last = |clause: &Clause| {
            let of_it = held.iter().filter(|meeting| meeting.is_for(agreement, clause));
            of_it.map(|meeting| day_of(meeting.starts)).max().unwrap_or(since).max(since)
        };
        let froms: Vec<Date> = agreement.clauses.iter().map(last).collect();
        let different: BTreeSet<Date> = froms.iter().copied().collect();
        for from in different {
            let of_it = expected(agreement, from, today, NEXT).into_iter();
            due.extend(of_it.filter(|due| froms.get(due.place) == Some(&from)));
        }
    }
    (due, called)
}

/// `GET /meetings`: by day.
pub(crate) async fn list(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<PageQuery>,
) -> Reply<Page<MeetingView>> {
    Ok(Json(page(all(&control, &person).await?, &query, name_of)?))
}

/// What tells one from the others, for [`page`].
pub(crate) fn name_of(view: &MeetingView) -> String {
    let of_text = || format!("{:?}", (&view.agreement, &view.clause, &view.starts));
    view.number.clone().unwrap_or_else(of_text)
}

/// All of them, by day.
pub(crate) async fn all(control: &Control, person: &SignedIn) -> Result<Vec<MeetingView>, ApiError> {
    let viewer = person.viewer().clone();
    let mut views: Vec<MeetingView> = control
        .driver
        .inspect(move |node| {
            let (due, called) = meetings(node, Timestamp::now());
            let now = Timestamp::now();
            due.iter().map(wanted).chain(called.iter().map(|meeting| view(node, &viewer, meeting, now))).collect()
        })
        .await?;
    views.sort_by(|one, other| one.starts.cmp(&other.starts));
    Ok(views)
}

fn wanted(due: &Expected) -> MeetingView {
    MeetingView {
        number: None,
        title: due.body.clone(),
        by: None,
        agreement: Some(due.agreement.to_string()),
        clause: Some(due.clause.to_string()),
        body: None,
        starts: due.until.to_string(),
        ends: None,
        place: String::new(),
        revision: 0,
        cancelled: false,
        held: false,
        minutes: None,
    }
}

fn view(node: &Node, viewer: &Viewer, meeting: &Meeting, now: Timestamp) -> MeetingView {
    let minutes = meeting.minutes.as_ref().filter(|record| node.may_see_evidence(viewer, &meeting.by, record));
    MeetingView {
        number: Some(hex::encode(&meeting.number)),
        title: meeting.title.clone(),
        by: Some(meeting.by.to_string()),
        agreement: meeting.clause.as_ref().map(|(id, _)| id.to_string()),
        clause: meeting.clause.as_ref().map(|(_, article)| article.to_string()),
        body: meeting.body.clone(),
        starts: meeting.starts.to_string(),
        ends: Some(meeting.ends.to_string()),
        place: meeting.place.clone(),
        revision: meeting.revision,
        cancelled: meeting.is_cancelled,
        held: meeting.is_held(now),
        minutes: minutes.map(|record| format!("{}/{record}", meeting.by)),
    }
}

/// `POST /meetings`: calls one, or changes one of ours.
pub(crate) async fn call(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<MeetingRequest>,
) -> Reply<NamedView> {
    let MeetingRequest { meeting, title, starts, ends, place, agreement, clause, body, cancelled, minutes } = request;
    let new = NewMeeting {
        meeting,
        clause: pledges::article(agreement, clause)?,
        body,
        title,
        starts: starts.map(|text| request::moment("starts", &text)).transpose()?,
        ends: ends.map(|text| request::moment("ends", &text)).transpose()?,
        place,
        is_cancelled: cancelled,
        minutes: minutes.map(|text| record_ref(&text)),
    };
    let event = Event::CallMeeting { by: person.viewer().clone(), meeting: new };
    pledges::named(&control, person.does("meeting.call", event)).await
}

/// `GET /calendar/{secret}/meetings.ics`: for whoever has the secret, which opens nothing else.
pub(super) async fn feed(
    State(control): State<Control>,
    Path(secret): Path<String>,
    Query(query): Query<CalendarQuery>,
) -> Result<Response, ApiError> {
    let none = || ApiError::NotFound("no such calendar".to_owned());
    if !control.accounts.opens_calendar(&secret).await? {
        return Err(none());
    }
    let zone = query.zone.map_or(Ok(TimeZone::UTC), |name| TimeZoneDatabase::bundled().get(&name));
    let zone = zone.map_err(|_| ApiError::Request("zone: no time zone of the tz database".to_owned()))?;
    let text = control.driver.inspect(move |node| {
        let now = Timestamp::now();
        let (due, called) = meetings(node, now);
        let recent = |meeting: &&Meeting| (now.as_second() - meeting.ends.as_second()) / 86_400 <= KEPT;
        let called: Vec<&Meeting> = called.iter().filter(recent).collect();
        calendar::write(&format!("Meetings, {}", node.party()), &due, &called, now, &zone)
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(tokens::CALENDAR_TYPE)),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    Ok((headers, text.await?).into_response())
}
