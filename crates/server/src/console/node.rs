//! The node: parties with their fingerprints, its health, who has an account.

use askama::Template;
use axum::{
    Form, Json,
    extract::{Path, Query, State},
    response::Response,
};
use qrcode::{QrCode, render::svg};

use super::{
    banner::Banner,
    form::Fields,
    frame::{Frame, Page, State as Sign},
    html,
    lists::{List, Turned},
    people::Person,
    see,
    visit::{Moment, Visit},
};
use crate::{
    api::{AddParty, AlarmNoteRequest, PageQuery, PartyView, Status, TakenView},
    control::{self, ApiError},
    people::users,
};

/// How many of the latest alarms it shows.
const ALARMS: usize = 50;

struct Party {
    code: String,
    name: String,
    is_own: bool,
    addresses: String,
    valid_until: Moment,
    words: Vec<String>,
    qr: String,
}

struct Held {
    partner: String,
    lane: String,
    index: u64,
    state: Sign,
    reason: String,
}

struct Alarm {
    number: u64,
    at: Moment,
    partner: String,
    message: String,
    /// Who has taken note of it, with what that person said, and when.
    noted: Option<(String, Moment)>,
    may_note: bool,
}

#[derive(Template)]
#[template(path = "node.html")]
struct Node {
    frame: Frame,
    parties: Vec<Party>,
    health: Vec<(String, Sign)>,
    people: Option<Vec<Person>>,
    quarantine: Vec<Held>,
    more_quarantine: Option<String>,
    may_retry: bool,
    alarms: Vec<Alarm>,
    keys: Vec<(String, Sign)>,
    may_add_party: bool,
    figures: Vec<(String, String)>,
    /// Of the last back-up, for who looks after the node.
    backup: Vec<(String, Sign)>,
}

/// A picture of a text, for a device that reads it. It is drawn here: nothing of it comes from outside but dark and light.
pub(super) fn qr(text: &str) -> String {
    let drawn = QrCode::new(text.as_bytes()).map(|code| {
        let mut picture = code.render::<svg::Color<'_>>();
        picture.min_dimensions(180, 180).dark_color(svg::Color("#000000")).light_color(svg::Color("#ffffff")).build()
    });
    // Only a text that is longer than any picture holds cannot be drawn.
    let drawn = drawn.unwrap_or_default();
    drawn.split_once("?>").map_or(drawn.clone(), |(_, picture)| picture.to_owned())
}

/// `GET /node`.
pub(super) async fn page(visit: Visit, Query(turned): Query<Turned>) -> Result<Response, ApiError> {
    let (say, control, person) = (visit.say(), visit.control.clone(), visit.person.clone());
    let status = control::status::without_records(&control, person.viewer().clone()).await?;
    let parties = control::parties(State(control.clone()), person.clone()).await?.0;
    let party = |party: PartyView| Party {
        qr: qr(&format!("entente:{} {}", party.party, party.fingerprint)),
        words: party.fingerprint.split_whitespace().map(str::to_owned).collect(),
        valid_until: Moment::of(&party.valid_until, say),
        addresses: party.addresses.join(", "),
        is_own: party.own,
        code: party.party,
        name: party.name,
    };
    let people = if visit.may("user.list") {
        let all = users::list(State(control.clone()), person).await?.0;
        Some(all.into_iter().map(|user| Person::new(user, say)).collect())
    } else {
        None
    };
    let query = PageQuery { limit: None, after: turned.get("quarantine").cloned() };
    let (quarantine, next) = match visit.may("quarantine.list") {
        true => {
            let page = control::quarantine::list(State(control.clone()), visit.person.clone(), Query(query)).await?.0;
            (page.items, page.next)
        }
        false => (Vec::new(), None),
    };
    let more_quarantine = next.map(|next| List { path: "/node", name: "quarantine" }.link(&next));
    let keys = match visit.may("key.list") {
        true => control::keys::keys(State(control), visit.person.clone()).await?.0.taken,
        false => Vec::new(),
    };
    let taken = |view: TakenView| {
        let words = say.one(&format!("taken-{}", view.state.replace(' ', "-")));
        (view.party, if view.state == "refused" { Sign::bad(words) } else { Sign { class: "", words } })
    };
    html(&Node {
        keys: keys.into_iter().map(taken).collect(),
        more_quarantine,
        may_retry: visit.may("quarantine.retry"),
        quarantine: quarantine
            .into_iter()
            .map(|row| Held {
                state: match row.disposition.as_str() {
                    "held" => Sign::attention(say.one("state-held-here")),
                    _ => Sign::bad(say.one("state-refused")),
                },
                partner: row.partner,
                lane: row.lane,
                index: row.index,
                reason: row.reason,
            })
            .collect(),
        alarms: status
            .alarms
            .iter()
            .take(ALARMS)
            .map(|alarm| Alarm {
                number: alarm.number,
                may_note: alarm.noted.is_none() && visit.may("alarm.acknowledge"),
                noted: alarm
                    .noted
                    .as_ref()
                    .map(|noted| (format!("{}: {}", noted.by, noted.note), Moment::of(&noted.at, say))),
                at: Moment::of(&alarm.at, say),
                partner: alarm.partner.clone(),
                message: alarm.message.clone(),
            })
            .collect(),
        frame: visit.frame(Page::Node, say.one("page-node"), Banner::plain()).await?,
        parties: parties.into_iter().map(party).collect(),
        health: health(&status, say),
        may_add_party: visit.may("party.add"),
        figures: figures(&status, say),
        backup: match visit.may("job.list") {
            true => super::keeping::last_backup(&visit.control.data, say),
            false => Vec::new(),
        },
        people,
    })
}

/// The same numbers as under `/metrics`, of what the whole node holds and sends.
fn figures(status: &Status, say: super::text::Say) -> Vec<(String, String)> {
    let waiting: u64 = status.feeds.iter().map(|feed| feed.sent.saturating_sub(feed.receipted)).sum();
    [
        ("node-leaves", status.ledger.to_string()),
        ("node-backlog", waiting.to_string()),
        ("node-questions", status.open_questions.to_string()),
    ]
    .map(|(key, number)| (say.one(key), number))
    .into()
}

fn health(status: &Status, say: super::text::Say) -> Vec<(String, Sign)> {
    let zero = |key: &str, count: usize| {
        let sign = if count == 0 { Sign::good(say.one("state-none")) } else { Sign::attention(count.to_string()) };
        (say.one(key), sign)
    };
    let mut health = vec![
        zero("node-alarms", status.alarms.iter().filter(|alarm| alarm.noted.is_none()).count()),
        zero("node-held", status.held),
        zero("node-refused", status.refused),
    ];
    for file in &status.files {
        let until: String = file.until.chars().take(10).collect();
        let sign = if file.ends_soon { Sign::attention(until) } else { Sign::good(until) };
        health.push((say.with("node-file-until", "party", &file.party), sign));
    }
    if let Some(restore) = &status.restore {
        let sign = match (&restore.done, restore.read_only) {
            (Some(done), _) => Sign::good(done.clone()),
            (None, true) => Sign::bad(say.one("node-read-only")),
            (None, false) => Sign::attention(restore.why.clone()),
        };
        health.push((say.one("node-restore"), sign));
    }
    for quota in &status.quotas {
        let part = quota.used.saturating_mul(100) / quota.quota.max(1);
        let words = format!("{part} %");
        let sign = match (&quota.full, part) {
            (Some(_), _) => Sign::bad(say.one("state-full")),
            (None, 80..) => Sign::attention(words),
            (None, _) => Sign::good(words),
        };
        health.push((say.with("node-quota", "party", &quota.partner), sign));
    }
    health
}

/// `POST /node/parties`: a party file whose words somebody has compared.
pub(super) async fn add_party(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    if fields.one("compared") != "yes" {
        return Err(ApiError::Request("compare the words of the fingerprint by another way first".to_owned()));
    }
    let note = fields.0.iter().find(|(name, _)| name == "note").map(|(_, text)| text.replace("\r\n", "\n"));
    control::add_party(State(visit.control), visit.person, Json(AddParty { note: note.unwrap_or_default() }))
        .await
        .map(drop)?;
    Ok(see("/node"))
}

/// `POST /node/quarantine/{partner}/{lane}/{index}`: tries one entry again.
pub(super) async fn retry(visit: Visit, entry: Path<(String, String, u64)>) -> Result<Response, ApiError> {
    control::quarantine::retry(State(visit.control), visit.person, entry).await.map(drop)?;
    Ok(see("/node#quarantine"))
}

/// `POST /alarms/{number}`: somebody has taken note of an alarm.
pub(super) async fn note_alarm(
    visit: Visit,
    number: Path<u64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let request = Json(AlarmNoteRequest { note: Fields(fields).one("note") });
    control::alarms::acknowledge(State(visit.control), visit.person, number, request).await.map(drop)?;
    Ok(see("/node#alarms"))
}
