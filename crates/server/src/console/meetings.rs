//! Meetings: those that parties have called, the last days for those that texts want, and the address by which a calendar program
//! fetches both. Whoever calls one moves it, calls it off, and names its minutes.

use askama::Template;
use axum::{
    Form, Json,
    extract::{Query, State},
    response::Response,
};

use super::{
    banner::Banner,
    form::Fields,
    frame::{Frame, Page, State as Sign},
    html,
    lists::{List, Turned},
    records::path,
    see,
    steps::utc,
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{MeetingRequest, MeetingView, TokenRequest},
    control::{self, ApiError},
    people::tokens,
};

/// How many days an address of the calendar counts, unless somebody says otherwise.
const DAYS: u32 = 180;

struct Meeting {
    number: String,
    title: String,
    by: String,
    basis: Option<(String, String)>,
    starts: Moment,
    /// As a field for it has it, in UTC.
    starts_field: String,
    ends_field: String,
    ends: Option<Moment>,
    place: String,
    revision: u32,
    state: Sign,
    minutes: Option<(String, String)>,
    is_ours: bool,
    is_wanted: bool,
}

fn meeting(view: MeetingView, us: &str, say: Say) -> Meeting {
    let field = |text: &str| text.get(..16).unwrap_or_default().to_owned();
    let is_over = |text: &str| text.parse::<jiff::Timestamp>().is_ok_and(|at| at <= jiff::Timestamp::now());
    let is_wanted = view.number.is_none();
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    Meeting {
        state: match (is_wanted, view.cancelled, view.ends.as_deref().is_some_and(is_over)) {
            (true, ..) if view.starts < today => Sign::bad(say.one("meeting-overdue")),
            (true, ..) => Sign::attention(say.one("meeting-wanted")),
            (_, true, _) => Sign { class: "", words: say.one("meeting-cancelled") },
            // On record it is with its minutes: until then it meets no duty.
            (_, _, true) if view.agreement.is_some() && !view.held => Sign::attention(say.one("meeting-unrecorded")),
            (_, _, true) => Sign::good(say.one("meeting-held")),
            _ => Sign::good(say.one("meeting-called")),
        },
        is_ours: view.by.as_deref() == Some(us) && !view.cancelled,
        basis: view.agreement.zip(view.clause.map(|clause| say.0.article(&clause.as_str().into()))),
        starts: Moment::of(&view.starts, say),
        starts_field: field(&view.starts),
        ends_field: view.ends.as_deref().map(field).unwrap_or_default(),
        ends: view.ends.as_deref().map(|ends| Moment::of(ends, say)),
        minutes: view.minutes.map(|name| {
            let (originator, id) = name.split_once('/').unwrap_or(("-", name.as_str()));
            (path(originator, id), name)
        }),
        number: view.number.unwrap_or_default(),
        by: view.by.unwrap_or_default(),
        title: view.title,
        place: view.place,
        revision: view.revision,
        is_wanted,
    }
}

#[derive(Template)]
#[template(path = "meetings.html")]
struct Meetings {
    frame: Frame,
    rows: Vec<Meeting>,
    more: Option<String>,
    texts: Vec<String>,
    may_call: bool,
    days: u32,
    /// The address that was just made: it is shown once.
    address: Option<String>,
    problem: Option<String>,
}

async fn show(
    visit: &Visit,
    turned: &Turned,
    address: Option<String>,
    problem: Option<String>,
) -> Result<Response, ApiError> {
    let (say, us) = (visit.say(), visit.control.operator.nationality.to_string());
    let all = control::meetings::all(&visit.control, &visit.person).await?;
    let list = List { path: "/meetings", name: "after" };
    let (all, more) = list.cut(turned, all, control::meetings::name_of)?;
    html(&Meetings {
        frame: visit.frame(Page::Commitments, say.one("meetings-title"), Banner::plain()).await?,
        rows: all.into_iter().map(|view| meeting(view, &us, say)).collect(),
        more,
        texts: visit.control.driver.inspect(|node| node.agreements().keys().map(ToString::to_string).collect()).await?,
        may_call: visit.may("meeting.call"),
        days: DAYS,
        address,
        problem,
    })
}

/// `GET /meetings`.
pub(super) async fn page(visit: Visit, Query(turned): Query<Turned>) -> Result<Response, ApiError> {
    show(&visit, &turned, None, None).await
}

/// `POST /meetings`: calls one, or changes one of this party's.
pub(super) async fn call(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let request = MeetingRequest {
        meeting: fields.some("meeting"),
        title: fields.some("title"),
        starts: fields.some("starts").map(utc),
        ends: fields.some("ends").map(utc),
        place: fields.some("place"),
        agreement: fields.some("agreement"),
        clause: fields.some("clause"),
        body: fields.some("body"),
        cancelled: fields.one("do") == "cancel",
        minutes: fields.some("minutes"),
    };
    control::meetings::call(State(visit.control), visit.person, Json(request)).await.map(drop)?;
    Ok(see("/meetings"))
}

/// `POST /meetings/calendar`: an address for a calendar program, shown once.
pub(super) async fn calendar(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let request = TokenRequest {
        name: fields.one("name"),
        roles: Some(vec!["calendar".to_owned()]),
        read_only: true,
        days: fields.one("days").parse().unwrap_or_default(),
    };
    match tokens::add(State(visit.control.clone()), visit.person.clone(), Json(request)).await {
        Ok(Json(made)) => show(&visit, &Turned::new(), made.address, None).await,
        Err(error @ (ApiError::Request(_) | ApiError::Conflict(_))) => {
            show(&visit, &Turned::new(), None, Some(error.to_string())).await
        }
        Err(error) => Err(error),
    }
}
