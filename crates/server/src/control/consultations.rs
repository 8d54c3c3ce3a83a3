//! Consultations: raised, acknowledged, agreed, closed, exported.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderMap,
};
use entente_core::{Channel, consult::effects::Choice, time::Timestamp};
use entente_formats::{hex, request};
use entente_node::{
    Answer, Event, Node,
    consult::{Deed, EffectsDraft, RaiseConsultation, position_media_type},
    event::{Draft, RecordRef, Release, Source},
};
use entente_seal::Precedence;

use super::{
    ApiError, Control, Reply, content_of,
    incidents::{clocks, refused},
    language,
    page::page,
    record_ref, released, unexpected,
};
use crate::{
    api::{
        Clocks, CloseRequest, ConsultationView, ConveneRequest, EffectsRequest, EscalateRequest, ExportedConsultation,
        Page, PageQuery, PositionRequest, RaiseRequest, RaisedView, Released, StepRequest, SteppedView,
    },
    console::Say,
    people::SignedIn,
};

fn view(
    node: &Node,
    name: [u8; 32],
    person: &SignedIn,
    clocks: &Clocks,
    now: Timestamp,
    say: Say,
) -> Option<ConsultationView> {
    let seen = node.consultation(name, person.viewer(), now)?;
    let evidence = seen.core.raise.incident.evidence.iter().filter(|one| {
        let record = RecordRef { originator: Some(one.originator.clone()), id: one.record.clone() };
        node.may_see(&record, person.viewer())
    });
    let evidence = evidence.map(|one| format!("{}/{}", one.originator, one.record)).collect();
    let mut view = ConsultationView::new(&seen, evidence, clocks, now, say);
    // What a statement of effects rests on is named only to who may see it (docs/decisions/0065).
    for effects in &mut view.effects {
        effects.evidence.retain(|name| node.may_see(&record_ref(name), person.viewer()));
    }
    Some(view)
}

/// `GET /consultations`: the latest first.
pub(crate) async fn list(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Query(query): Query<PageQuery>,
) -> Reply<Page<ConsultationView>> {
    let all = all(&control, &person, Say(language(&headers))).await?;
    Ok(Json(page(all, &query, |view| view.name.clone())?))
}

/// All of them, the latest first.
pub(crate) async fn all(control: &Control, person: &SignedIn, say: Say) -> Result<Vec<ConsultationView>, ApiError> {
    let (person, links) = (person.clone(), control.links.clone());
    let views = control.driver.inspect(move |node| {
        let (now, clocks) = (Timestamp::now(), clocks(node, &links));
        let mut views: Vec<ConsultationView> =
            node.consultations().filter_map(|(name, _)| view(node, name, &person, &clocks, now, say)).collect();
        views.sort_by(|one, other| (&other.raised, &other.name).cmp(&(&one.raised, &one.name)));
        views
    });
    Ok(views.await?)
}

/// `GET /consultations/{name}`.
pub(crate) async fn one(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Reply<ConsultationView> {
    let (say, links) = (Say(language(&headers)), control.links.clone());
    let found = control.driver.inspect(move |node| {
        let name = node.consultation_named(&name)?;
        Ok(view(node, name, &person, &clocks(node, &links), Timestamp::now(), say))
    });
    found.await?.map_err(refused)?.map(Json).ok_or_else(unexpected)
}

/// `POST /consultations`.
pub(crate) async fn raise(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<RaiseRequest>,
) -> Reply<RaisedView> {
    let RaiseRequest { incident, under, with, acknowledge_within, close_within, link, title, trigger } = request;
    let raise = RaiseConsultation {
        by: person.viewer().clone(),
        incident,
        under: under.map(Into::into),
        with: with.iter().map(|code| code.as_str().into()).collect(),
        acknowledge_within,
        close_within,
        link,
        title,
        trigger,
    };
    match control.driver.handle(person.does("consultation.raise", Event::RaiseConsultation(Box::new(raise)))).await? {
        Answer::Consultation(name) => Ok(Json(RaisedView { name: hex::encode(&name) })),
        _ => Err(unexpected()),
    }
}

async fn step(
    control: &Control,
    person: &SignedIn,
    consultation: String,
    name: &'static str,
    deed: Deed,
) -> Reply<SteppedView> {
    let event = Event::TakePart { by: person.viewer().clone(), consultation, deed: Box::new(deed) };
    match control.driver.handle(person.does(name, event)).await? {
        Answer::Step(digest) => Ok(Json(SteppedView { statement: hex::encode(&digest) })),
        _ => Err(unexpected()),
    }
}

/// `POST /consultations/{name}/acknowledge`.
pub(crate) async fn acknowledge(
    State(control): State<Control>,
    person: SignedIn,
    Path(name): Path<String>,
) -> Reply<SteppedView> {
    step(&control, &person, name, "consultation.acknowledge", Deed::Acknowledge).await
}

/// `POST /consultations/{name}/convene`.
pub(crate) async fn convene(
    State(control): State<Control>,
    person: SignedIn,
    Path(name): Path<String>,
    Json(request): Json<ConveneRequest>,
) -> Reply<SteppedView> {
    let at = request::moment("at", &request.at)?;
    step(&control, &person, name, "consultation.convene", Deed::Convene { at, place: request.place }).await
}

/// `POST /consultations/{name}/escalate`.
pub(crate) async fn escalate(
    State(control): State<Control>,
    person: SignedIn,
    Path(name): Path<String>,
    Json(request): Json<EscalateRequest>,
) -> Reply<SteppedView> {
    let deed = Deed::Escalate { to: request.to, reason: request.reason };
    step(&control, &person, name, "consultation.escalate", deed).await
}

/// `POST /consultations/{name}/steps`.
pub(crate) async fn steps(
    State(control): State<Control>,
    person: SignedIn,
    Path(name): Path<String>,
    Json(request): Json<StepRequest>,
) -> Reply<SteppedView> {
    let deed = match request {
        StepRequest::Decline { reason } => Deed::Decline { reason },
        StepRequest::ProposeMessage { text, replaces } => Deed::ProposeMessage { text, replaces },
        StepRequest::ProposeAction { what, owner, due } => {
            let due = due.as_deref().map(|text| request::moment("due", text)).transpose()?;
            Deed::ProposeAction { what, owner: owner.into(), due }
        }
        StepRequest::Agree { item } => Deed::Agree { item },
        StepRequest::Object { item, reason } => Deed::Object { item, reason },
        StepRequest::Effects(effects) => Deed::Effects(effects_of(effects)),
        StepRequest::Close(CloseRequest { note, effects, message, without, dissent }) => {
            let without = without.iter().map(|code| code.as_str().into()).collect();
            Deed::Close { effects, message, without, note, dissent }
        }
    };
    step(&control, &person, name, "consultation.step", deed).await
}

fn effects_of(request: EffectsRequest) -> EffectsDraft {
    let EffectsRequest { options, chosen, because, evidence, dissent } = request;
    EffectsDraft {
        options: options
            .into_iter()
            .map(|option| Choice {
                what: option.what,
                is_nothing: option.nothing,
                effects: [option.neighbours, option.third_parties, option.own_public],
            })
            .collect(),
        chosen,
        because,
        evidence: evidence.iter().map(|text| record_ref(text)).collect(),
        dissent: dissent.into_iter().map(|one| (one.party.into(), one.words)).collect(),
    }
}

/// `POST /consultations/{name}/positions`: a release like any other.
pub(crate) async fn position(
    State(control): State<Control>,
    person: SignedIn,
    Path(name): Path<String>,
    headers: HeaderMap,
    Json(request): Json<PositionRequest>,
) -> Reply<Released> {
    let language = language(&headers);
    let now = Timestamp::now();
    let viewer = person.viewer().clone();
    let found = control.driver.inspect(move |node| {
        let name = node.consultation_named(&name)?;
        let status = node.consultation(name, &viewer, now).map(|seen| seen.core.raise.incident.status);
        Ok((name, status.unwrap_or_default()))
    });
    let (name, status) = found.await?.map_err(refused)?;
    let PositionRequest { label, subjects, to, title, media_type, content, purpose, channel, under } = request;
    let draft = Draft {
        id: None,
        label,
        subjects,
        status,
        distribution: Vec::new(),
        derived_from: Vec::new(),
        title,
        media_type: position_media_type(media_type.as_deref().unwrap_or("text/plain"), &name),
        content: content_of("content", &content)?,
        versions: Vec::new(),
    };
    let release = Release {
        by: person.viewer().clone(),
        source: Source::New(draft),
        to: to.iter().map(|code| code.as_str().into()).collect(),
        purpose: purpose.as_deref().unwrap_or("consultation").into(),
        channel: channel.as_deref().unwrap_or(Channel::GOVERNMENTS).into(),
        under: under.map(|ids| ids.iter().map(|id| id.as_str().into()).collect()),
        precedence: Precedence::Immediate,
        expires: None,
    };
    released(&control, person.does("consultation.position", Event::Release(release)), language).await
}

/// `POST /consultations/{name}/export`.
pub(crate) async fn export(
    State(control): State<Control>,
    person: SignedIn,
    Path(consultation): Path<String>,
) -> Reply<ExportedConsultation> {
    let event = Event::ExportConsultation { by: person.viewer().clone(), consultation };
    match control.driver.handle(person.does("consultation.export", event)).await? {
        Answer::Text(file) => Ok(Json(ExportedConsultation { file })),
        _ => Err(unexpected()),
    }
}
