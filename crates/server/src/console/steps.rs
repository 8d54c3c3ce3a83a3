//! What the forms of a consultation's page do: each is a step of this party's, signed and sent to all participants, or a position,
//! which goes to whom it names.

use axum::{
    Form, Json,
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    consultations::place,
    form::Fields,
    records::find,
    released::{self, CHANNEL},
    see,
    visit::Visit,
};
use crate::{
    api::{
        CloseRequest, ConveneRequest, DissentView, EffectsRequest, EscalateRequest, OptionView, PositionRequest,
        StepRequest,
    },
    control::{self, ApiError},
};

/// The purpose of a position.
const PURPOSE: &str = "consultation";

/// A moment of a form: what a browser's field for it sends is hours and minutes, in UTC as the form says.
pub(super) fn utc(text: String) -> String {
    match text.len() {
        16 => format!("{text}:00Z"),
        19 => format!("{text}Z"),
        _ => text,
    }
}

/// A text of several lines, as it was written; browsers end each with two signs.
fn lines(fields: &Fields, name: &str) -> String {
    let found = fields.0.iter().find(|(key, _)| key == name);
    found.map(|(_, text)| text.replace("\r\n", "\n")).unwrap_or_default()
}

/// `POST /consultations/{name}/acknowledge`.
pub(super) async fn acknowledge(visit: Visit, Path(name): Path<String>) -> Result<Response, ApiError> {
    control::consultations::acknowledge(State(visit.control), visit.person, Path(name.clone())).await.map(drop)?;
    Ok(see(&place(&name)))
}

/// `POST /consultations/{name}/convene`: a time and a place.
pub(super) async fn convene(
    visit: Visit,
    Path(name): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let request = Json(ConveneRequest { at: utc(fields.one("at")), place: fields.one("place") });
    control::consultations::convene(State(visit.control), visit.person, Path(name.clone()), request).await.map(drop)?;
    Ok(see(&place(&name)))
}

/// `POST /consultations/{name}/escalate`: somebody higher was called.
pub(super) async fn escalate(
    visit: Visit,
    Path(name): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let request = Json(EscalateRequest { to: fields.one("to"), reason: fields.one("reason") });
    control::consultations::escalate(State(visit.control), visit.person, Path(name.clone()), request)
        .await
        .map(drop)?;
    Ok(see(&place(&name)))
}

/// `POST /consultations/{name}/steps`: what commits this party.
pub(super) async fn step(
    visit: Visit,
    Path(name): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let (step, anchor) = match fields.one("do").as_str() {
        "agree" => (StepRequest::Agree { item: fields.one("item") }, "items"),
        "object" => (StepRequest::Object { item: fields.one("item"), reason: fields.one("reason") }, "items"),
        "decline" => (StepRequest::Decline { reason: fields.one("reason") }, "steps"),
        "message" => {
            let replaces = fields.some("replaces");
            (StepRequest::ProposeMessage { text: lines(&fields, "text"), replaces }, "items")
        }
        "action" => {
            let (what, owner) = (fields.one("text"), fields.one("owner"));
            (StepRequest::ProposeAction { what, owner, due: fields.some("due").map(utc) }, "items")
        }
        "effects" => (StepRequest::Effects(effects(&fields)?), "effects"),
        "close" => {
            let close = CloseRequest {
                note: fields.one("note"),
                effects: fields.some("effects"),
                message: fields.some("message"),
                without: fields.all("without"),
                dissent: fields.some("dissent"),
            };
            (StepRequest::Close(close), "closing")
        }
        _ => {
            let known = "do: `agree`, `object`, `decline`, `message`, `action`, `effects` or `close`";
            return Err(ApiError::Request(known.to_owned()));
        }
    };
    control::consultations::steps(State(visit.control), visit.person, Path(name.clone()), Json(step))
        .await
        .map(drop)?;
    Ok(see(&format!("{}#{anchor}", place(&name))))
}

/// A statement of effects, whose options stand in fields with their number behind the name.
fn effects(fields: &Fields) -> Result<EffectsRequest, ApiError> {
    let option = |number: u32| {
        let of = |name: &str| fields.one(&format!("{name}-{number}"));
        OptionView {
            what: of("what"),
            nothing: number == 0,
            neighbours: of("neighbours"),
            third_parties: of("third"),
            own_public: of("public"),
        }
    };
    let options: Vec<OptionView> = (0..3).map(option).filter(|option| !option.what.is_empty()).collect();
    let chosen = fields.one("chosen");
    let dissent = lines(fields, "dissent");
    let said = |line: &str| {
        let (party, words) = line.split_once(':').ok_or_else(|| {
            ApiError::Request(format!("dissent: `{line}` names no party; expected `PARTY: what it says`"))
        })?;
        Ok(DissentView { party: party.trim().to_owned(), words: words.trim().to_owned() })
    };
    Ok(EffectsRequest {
        options,
        chosen: chosen.parse().map_err(|_| ApiError::Request(format!("chosen: `{chosen}` is no number")))?,
        because: fields.one("because"),
        evidence: fields.list("evidence"),
        dissent: dissent.lines().filter(|line| !line.trim().is_empty()).map(said).collect::<Result<_, ApiError>>()?,
    })
}

/// `POST /consultations/{name}/positions`: this party's position, to whom it may be given; each is decided like every release.
pub(super) async fn position(
    visit: Visit,
    Path(name): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let request = PositionRequest {
        label: fields.one("label"),
        subjects: fields.list("subjects"),
        to: fields.all("to"),
        title: fields.one("title"),
        media_type: None,
        content: STANDARD.encode(lines(&fields, "text")),
        purpose: None,
        channel: None,
        under: fields.some("under").map(|id| vec![id]),
    };
    let (control, person, headers) = (State(visit.control.clone()), visit.person.clone(), visit.headers());
    let given = control::consultations::position(control, person, Path(name), headers, Json(request)).await?.0;
    let us = visit.control.operator.nationality.to_string();
    let record = find(&visit.control, &visit, (us, given.record.clone())).await?;
    let how = (PURPOSE.to_owned(), CHANNEL.to_owned(), "IMMEDIATE".to_owned());
    released::outcomes(&visit, &record, given, how).await
}

/// `POST /consultations/{name}/export`: one signed file; that is on the record.
pub(super) async fn export(visit: Visit, Path(name): Path<String>) -> Result<Response, ApiError> {
    let file = control::consultations::export(State(visit.control), visit.person, Path(name.clone())).await?.0.file;
    let short: String = name.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
    let disposition = format!("attachment; filename=\"consultation-{short}.json\"");
    let disposition = HeaderValue::try_from(disposition).map_err(|error| ApiError::Ours(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, file).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_moment_of_a_form_is_in_utc() {
        for (text, moment) in [
            ("2026-12-01T09:00", "2026-12-01T09:00:00Z"),
            ("2026-12-01T09:00:30", "2026-12-01T09:00:30Z"),
            ("2026-12-01T09:00:00+09:00", "2026-12-01T09:00:00+09:00"),
            ("soon", "soon"),
        ] {
            assert_eq!(utc(text.to_owned()), moment);
        }
    }

    #[test]
    fn options_that_nobody_wrote_are_left_out_and_dissent_names_its_party() {
        let of = |name: &str| format!("{name}-0");
        let (neighbours, third, public) = (of("neighbours"), of("third"), of("public"));
        let all = fields(&[
            ("what-0", "do nothing"),
            (&neighbours, "a"),
            (&third, "b"),
            (&public, "c"),
            ("what-1", "speak"),
            ("what-2", " "),
            ("chosen", "1"),
            ("because", "d"),
            ("dissent", "KOR: too soon\r\n\r\nUSA:no"),
        ]);
        let Ok(read) = effects(&all) else { panic!("it is whole") };
        assert_eq!(read.options.iter().map(|option| option.nothing).collect::<Vec<_>>(), [true, false]);
        assert_eq!((read.options[0].third_parties.as_str(), read.chosen), ("b", 1));
        let said: Vec<(&str, &str)> = read.dissent.iter().map(|one| (one.party.as_str(), one.words.as_str())).collect();
        assert_eq!(said, [("KOR", "too soon"), ("USA", "no")]);
        assert!(effects(&fields(&[("chosen", "x")])).is_err());
        assert!(effects(&fields(&[("chosen", "0"), ("dissent", "nobody says so")])).is_err());
    }
}
