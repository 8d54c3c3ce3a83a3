//! Consent: what partners ask, with the effect of a yes in view; what was asked of them; what stands for longer.

use askama::Template;
use axum::{
    Form, Json,
    extract::{Path, Query, State},
    response::Response,
};

use super::{
    banner::Banner,
    block::Block,
    chip::Chip,
    form::Fields,
    frame::{Frame, Page, State as Sign},
    html,
    lists::{List, Turned},
    records::path,
    see,
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{AnswerRequest, QuestionView, RecordView, WithdrawRequest},
    control::{self, ApiError},
};

struct Theirs {
    request: String,
    sentence: String,
    label: Chip,
    asked: Moment,
    until: Option<Moment>,
    state: Sign,
    is_open: bool,
    /// What would be decided for the one who would get it, from here, as things stand.
    effect: Option<Block>,
}

struct Ours {
    record: String,
    path: String,
    partner: String,
    to: String,
    purpose: String,
    state: Sign,
    asked: Moment,
}

struct Standing {
    number: String,
    by: String,
    holder: String,
    subjects: String,
    max: String,
    to: String,
    until: String,
    is_withdrawn: bool,
    may_withdraw: bool,
}

struct Affected {
    number: u64,
    record: String,
    path: String,
    to: String,
    cause: String,
    left: Moment,
    answered: Option<String>,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent {
    frame: Frame,
    theirs: Vec<Theirs>,
    more_theirs: Option<String>,
    ours: Vec<Ours>,
    more_ours: Option<String>,
    standing: Vec<Standing>,
    more_standing: Option<String>,
    affected: Vec<Affected>,
    more_affected: Option<String>,
    may_answer: bool,
    may_answer_affected: bool,
}

/// How a question stands.
fn state(word: &str, say: Say) -> Sign {
    match word {
        "open" => Sign::attention(say.one("state-open")),
        "granted" => Sign::good(say.one("state-granted")),
        "refused" => Sign::bad(say.one("state-refused")),
        _ => Sign { class: "", words: say.one("state-withdrawn") },
    }
}

/// `GET /consent`.
pub(super) async fn page(visit: Visit, Query(turned): Query<Turned>) -> Result<Response, ApiError> {
    let (say, control, person) = (visit.say(), &visit.control, &visit.person);
    let list = |name| List { path: "/consent", name };
    let questions = control::consents::all_questions(control, person).await?;
    let (ours, mut asked): (Vec<QuestionView>, Vec<QuestionView>) =
        questions.into_iter().partition(|question| question.direction == "ours");
    // What waits for an answer first.
    asked.sort_by_key(|question| question.state != "open");
    let (ours, more_ours) = list("ours").cut(&turned, ours, control::consents::name_of_question)?;
    let (asked, more_theirs) = list("theirs").cut(&turned, asked, control::consents::name_of_question)?;
    let (mut theirs, mut records) = (Vec::new(), Vec::new());
    for question in asked {
        let name = (question.originator.clone(), question.record.clone());
        // Called back meanwhile: there is nothing left to say yes to.
        let Ok(record) = super::records::find(control, &visit, name).await else { continue };
        theirs.push(asked_of_us(&visit, question, &record).await?);
        records.push(record);
    }
    let standing = control::consents::all_standing(control).await?;
    let (standing, more_standing) = list("standing").cut(&turned, standing, control::consents::name_of_standing)?;
    let standing = standing.into_iter().map(|consent| Standing {
        may_withdraw: consent.direction == "ours" && visit.may("consent.withdraw"),
        is_withdrawn: consent.withdrawn.is_some(),
        subjects: consent.subjects.join(", "),
        to: consent.to.unwrap_or_else(|| say.one("word-any")),
        until: consent.until.unwrap_or_else(|| "–".to_owned()),
        number: consent.number,
        by: consent.by,
        holder: consent.holder,
        max: consent.max,
    });
    let affected = if visit.may("affected.list") { control::all_affected(control, person).await? } else { Vec::new() };
    let (affected, more_affected) = list("affected").cut(&turned, affected, |release| release.number.to_string())?;
    let affected = affected.into_iter().map(|release| Affected {
        number: release.number,
        path: path(&release.originator, &release.record),
        left: Moment::of(&release.left, say),
        record: release.record,
        to: release.to,
        cause: release.cause,
        answered: release.note,
    });
    let parts = records.iter().map(|record: &RecordView| (record.label.as_str(), record.status.as_str()));
    html(&Consent {
        frame: visit.frame(Page::Consent, say.one("page-consent"), Banner::of(parts, say)).await?,
        theirs,
        more_theirs,
        ours: ours.into_iter().map(|question| asked_by_us(question, say)).collect(),
        more_ours,
        standing: standing.collect(),
        more_standing,
        affected: affected.collect(),
        more_affected,
        may_answer: visit.may("consent.answer"),
        may_answer_affected: visit.may("affected.answer"),
    })
}

fn asked_by_us(question: QuestionView, say: Say) -> Ours {
    Ours {
        path: path(&question.originator, &question.record),
        state: state(&question.state, say),
        asked: Moment::of(&question.asked, say),
        record: question.record,
        partner: question.partner,
        to: question.to,
        purpose: question.purpose,
    }
}

async fn asked_of_us(visit: &Visit, question: QuestionView, record: &RecordView) -> Result<Theirs, ApiError> {
    let (say, is_open) = (visit.say(), question.state == "open");
    let effect = if is_open {
        let to = vec![question.to.clone()];
        let found = super::ask::decided(visit, record, &question.purpose, None, to).await?;
        found.first().map(|decision| Block::new(decision, &record.originator, &question.purpose, say).without_cures())
    } else {
        None
    };
    let parts = [
        ("partner", question.partner.clone()),
        ("record", question.record.clone()),
        ("to", question.to.clone()),
        ("purpose", question.purpose.clone()),
    ];
    Ok(Theirs {
        sentence: say.filled("consent-sentence", &parts),
        label: Chip::new(&record.label, &record.status, say).whole(),
        asked: Moment::of(&question.asked, say),
        until: question.until.as_deref().map(|until| Moment::of(until, say)),
        state: state(&question.state, say),
        request: question.request,
        is_open,
        effect,
    })
}

/// `POST /consent/{request}`.
pub(super) async fn answer(
    visit: Visit,
    Path(request): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let granted = match fields.one("answer").as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(ApiError::Request("answer: `yes` or `no`".to_owned())),
    };
    let answer = AnswerRequest { granted, note: fields.some("note") };
    let (control, person, headers) = (visit.control.clone(), visit.person.clone(), visit.headers());
    let answered =
        control::consents::answer(State(control), person, Path(request.clone()), headers, Json(answer)).await?.0;
    match answered.decision.filter(|_| !answered.sent) {
        // A yes is decided like a release, and the decision says no.
        Some(decision) => {
            let block = Block::new(&decision, "", "", visit.say()).without_cures();
            super::released::refused(&visit, visit.say().one("consent-not-permitted"), block, "/consent").await
        }
        None => Ok(see("/consent")),
    }
}

/// `POST /consent/{number}/withdraw`.
pub(super) async fn withdraw(visit: Visit, Path(number): Path<String>) -> Result<Response, ApiError> {
    let body = Json(WithdrawRequest { note: None });
    control::consents::withdraw(State(visit.control), visit.person, Path(number), body).await.map(drop)?;
    Ok(see("/consent"))
}

/// `POST /affected/{number}`.
pub(super) async fn affected(
    visit: Visit,
    Path(number): Path<u64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let body = Json(crate::api::AnswerAffectedRequest { note: Fields(fields).one("note") });
    control::answer_affected(State(visit.control), visit.person, Path(number), body).await.map(drop)?;
    Ok(see("/consent#affected"))
}
