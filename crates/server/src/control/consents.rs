//! Consents: asked and answered, given standing, withdrawn.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderMap,
};
use entente_core::{Level, agreement::clause::Set};
use entente_formats::{hex, request};
use entente_node::{Answer, Event, event::GrantStanding};

use super::{ApiError, Control, Reply, language, page::page, record_ref, unexpected};
use crate::{
    api::{
        AnswerRequest, Answered, AskRequest, Asked, DecisionView, GrantRequest, Granted, Page, PageQuery, QuestionView,
        StandingView, WithdrawRequest, Withdrawn,
    },
    people::SignedIn,
};

/// The number of a question or of a standing consent.
fn number(text: &str) -> Result<[u8; 16], ApiError> {
    let number = hex::decode(text).and_then(|bytes| bytes.try_into().ok());
    number.ok_or_else(|| ApiError::Request(format!("`{text}` is no number of a question or a consent")))
}

/// `GET /consents`.
pub(crate) async fn questions(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<PageQuery>,
) -> Reply<Page<QuestionView>> {
    Ok(Json(page(all_questions(&control, &person).await?, &query, name_of_question)?))
}

/// What tells one from the others, for [`page`].
pub(crate) fn name_of_question(view: &QuestionView) -> String {
    format!("{} {} {}", view.direction, view.partner, view.request)
}

/// All of them.
pub(crate) async fn all_questions(control: &Control, person: &SignedIn) -> Result<Vec<QuestionView>, ApiError> {
    let viewer = person.viewer().clone();
    Ok(control.driver.inspect(move |node| node.questions(&viewer).map(QuestionView::from).collect()).await?)
}

pub(crate) async fn ask(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Json(request): Json<AskRequest>,
) -> Reply<Asked> {
    let language = language(&headers);
    let event = Event::AskConsent {
        by: person.viewer().clone(),
        record: record_ref(&request.record),
        of: request.of.into(),
        to: request.to.into(),
        purpose: request.purpose.map(Into::into),
        channel: request.channel.into(),
        until: request.until.as_deref().map(|text| request::moment("until", text)).transpose()?,
    };
    let Answer::Asked { decision, label, question } = control.driver.handle(person.does("consent.ask", event)).await?
    else {
        return Err(unexpected());
    };
    let asked = control.driver.inspect(move |node| Asked {
        decision: DecisionView::new(node.agreements(), &decision, &label, language),
        question: question.as_ref().map(QuestionView::from),
    });
    Ok(Json(asked.await?))
}

pub(crate) async fn answer(
    State(control): State<Control>,
    person: SignedIn,
    Path(request): Path<String>,
    headers: HeaderMap,
    Json(body): Json<AnswerRequest>,
) -> Reply<Answered> {
    let language = language(&headers);
    let request = number(&request)?;
    let by = person.viewer().clone();
    let event = Event::AnswerConsent { by, request, granted: body.granted, note: body.note };
    let Answer::Answered { decision, label, sent } =
        control.driver.handle(person.does("consent.answer", event)).await?
    else {
        return Err(unexpected());
    };
    let answered = control.driver.inspect(move |node| Answered {
        sent,
        decision: decision.map(|decision| DecisionView::new(node.agreements(), &decision, &label, language)),
    });
    Ok(Json(answered.await?))
}

/// `GET /consents/standing`.
pub(crate) async fn standing(
    State(control): State<Control>,
    _: SignedIn,
    Query(query): Query<PageQuery>,
) -> Reply<Page<StandingView>> {
    Ok(Json(page(all_standing(&control).await?, &query, name_of_standing)?))
}

/// What tells one from the others, for [`page`].
pub(crate) fn name_of_standing(view: &StandingView) -> String {
    format!("{} {} {}", view.by, view.holder, view.number)
}

/// All of them.
pub(crate) async fn all_standing(control: &Control) -> Result<Vec<StandingView>, ApiError> {
    let views = control.driver.inspect(|node| {
        let party = node.party().to_string();
        node.standing_consents().map(|(known, withdrawn)| StandingView::new(&party, known, withdrawn)).collect()
    });
    Ok(views.await?)
}

pub(crate) async fn grant(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<GrantRequest>,
) -> Reply<Granted> {
    let any = request.subjects.iter().any(|subject| subject == "*");
    if request.subjects.is_empty() || (any && request.subjects.len() > 1) {
        return Err(ApiError::Request("name the subjects, or `*` alone for any".to_owned()));
    }
    let subjects = request.subjects.iter().map(|subject| subject.as_str().into()).collect();
    let max = Level::from_banner(&request.max);
    let grant = GrantStanding {
        holders: request.holders.into_iter().map(Into::into).collect(),
        subjects: if any { Set::Any } else { Set::Of(subjects) },
        max: max.ok_or_else(|| ApiError::Request(format!("unknown level `{}`", request.max)))?,
        to: request.to.map(Into::into),
        action: request::action("action", &request.action)?,
        purpose: request.purpose.map(Into::into),
        until: request.until.as_deref().map(|text| request::moment("until", text)).transpose()?,
        authority: request.note,
    };
    let Answer::Standing { number, holders } =
        control.driver.handle(person.does("consent.grant", Event::GrantStanding(grant))).await?
    else {
        return Err(unexpected());
    };
    let holders = holders.iter().map(ToString::to_string).collect();
    Ok(Json(Granted { number: hex::encode(&number), holders }))
}

pub(crate) async fn withdraw(
    State(control): State<Control>,
    person: SignedIn,
    Path(text): Path<String>,
    Json(body): Json<WithdrawRequest>,
) -> Reply<Withdrawn> {
    let (by, number) = (person.viewer().clone(), number(&text)?);
    let event = Event::WithdrawConsent { by, number, note: body.note };
    let Answer::Withdrawn { holders } = control.driver.handle(person.does("consent.withdraw", event)).await? else {
        return Err(unexpected());
    };
    Ok(Json(Withdrawn { holders: holders.iter().map(ToString::to_string).collect() }))
}
