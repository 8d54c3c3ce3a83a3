//! The node: parties with their fingerprints, its health, who has an account.

use askama::Template;
use axum::{Form, Json, extract::State, response::Response};
use entente_core::Level;
use qrcode::{QrCode, render::svg};

use super::{
    banner::Banner,
    form::Fields,
    frame::{Frame, Page, State as Sign},
    html, see,
    visit::{Moment, Visit},
};
use crate::{
    api::{AddParty, AddUserRequest, PartyView, RightsRequest, Status, UserView},
    control::{self, ApiError},
    people::{role::Role, users},
};

struct Party {
    code: String,
    name: String,
    is_own: bool,
    addresses: String,
    valid_until: Moment,
    words: Vec<String>,
    qr: String,
}

struct Person {
    name: String,
    roles: String,
    clearance: String,
    subjects: String,
    state: Sign,
}

#[derive(Template)]
#[template(path = "node.html")]
struct Node {
    frame: Frame,
    parties: Vec<Party>,
    health: Vec<(String, Sign)>,
    people: Option<Vec<Person>>,
    may_add_party: bool,
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
pub(super) async fn page(visit: Visit) -> Result<Response, ApiError> {
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
        let all = users::list(State(control), person).await?.0;
        Some(all.into_iter().map(|user| account(user, say)).collect())
    } else {
        None
    };
    html(&Node {
        frame: visit.frame(Page::Node, say.one("page-node"), Banner::plain()).await?,
        parties: parties.into_iter().map(party).collect(),
        health: health(&status, say),
        may_add_party: visit.may("party.add"),
        people,
    })
}

fn account(user: UserView, say: super::text::Say) -> Person {
    let factor = user.has_totp || user.passkeys > 0 || user.external.is_some();
    Person {
        state: match (&user.disabled, factor) {
            (Some(_), _) => Sign::bad(say.one("state-disabled")),
            (None, false) => Sign::attention(say.one("state-no-factor")),
            (None, true) => Sign::good(say.one("state-active")),
        },
        roles: user.roles.iter().map(|role| say.one(&format!("role-{role}"))).collect::<Vec<_>>().join(", "),
        subjects: user.subjects.join(", "),
        name: user.name,
        clearance: user.clearance,
    }
}

fn health(status: &Status, say: super::text::Say) -> Vec<(String, Sign)> {
    let zero = |key: &str, count: usize| {
        let sign = if count == 0 { Sign::good(say.one("state-none")) } else { Sign::attention(count.to_string()) };
        (say.one(key), sign)
    };
    let mut health = vec![
        zero("node-alarms", status.alarms.len()),
        zero("node-held", status.held),
        zero("node-refused", status.refused),
    ];
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
    control::add_party(State(visit.control), visit.person, Json(AddParty { note: note.unwrap_or_default() })).await.map(drop)?;
    Ok(see("/node"))
}

#[derive(Template)]
#[template(path = "person.html")]
struct NewPerson {
    frame: Frame,
    roles: Vec<(&'static str, String)>,
    levels: Vec<&'static str>,
}

/// `GET /node/people/new`.
pub(super) async fn new_person(visit: Visit) -> Result<Response, ApiError> {
    let say = visit.say();
    html(&NewPerson {
        frame: visit.frame(Page::Node, say.one("node-add-person"), Banner::plain()).await?,
        roles: Role::ALL.map(|role| (role.as_str(), say.one(&format!("role-{}", role.as_str())))).into(),
        levels: Level::ALL.map(Level::as_str).into(),
    })
}

#[derive(Template)]
#[template(path = "invited.html")]
struct Invited {
    frame: Frame,
    name: String,
    link: String,
    until: String,
}

/// `POST /node/people/new`: an account, and the link by which its owner comes in, shown once.
pub(super) async fn add_person(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let (fields, say) = (Fields(fields), visit.say());
    let request = AddUserRequest {
        name: fields.one("name"),
        rights: RightsRequest {
            roles: fields.all("role"),
            clearance: fields.one("clearance"),
            subjects: fields.list("subjects"),
            nationality: fields.some("nationality"),
            official_duty: fields.one("duty") == "yes",
            external: None,
        },
        password: None,
    };
    let invited = users::add(State(visit.control.clone()), visit.person.clone(), Json(request)).await?.0;
    html(&Invited {
        frame: visit.frame(Page::Node, say.one("node-add-person"), Banner::plain()).await?,
        name: invited.user.name,
        link: invited.link.unwrap_or_default(),
        until: invited.link_expires.unwrap_or_default(),
    })
}
