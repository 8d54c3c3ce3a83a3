//! A new record: written or uploaded, its label built with the banner beside it, and who will see it before it is sent; and many at
//! once, each from a file.

use askama::Template;
use axum::{
    Form, Json,
    extract::{Multipart, State},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use entente_core::{
    Level,
    decide::Verdict,
    desk::vocabulary::Words,
    label::{Class, Tlp},
};
use entente_formats::{hex, label};

use super::{
    banner::Banner,
    chip::Chip,
    form::Fields,
    frame::{Frame, Page},
    html,
    records::{find, parties, path, purposes, statuses},
    released::{self, CHANNEL, precedences},
    see,
    strip::Strip,
    text::Say,
    visit::Visit,
};
use crate::{
    api::{DecisionView, DecisionsRequest, DraftHead, DraftRequest, ReleaseRequest},
    control::{self, ApiError},
    keys::fresh_seed,
};

/// What stands in the form.
#[derive(Default)]
struct Draft {
    title: String,
    id: String,
    text: String,
    class: String,
    label: String,
    subjects: String,
    purpose: String,
    channel: String,
    status: String,
    precedence: String,
    rel: Vec<String>,
    to: Vec<String>,
}

#[derive(Template)]
#[template(path = "new.html")]
struct New {
    frame: Frame,
    once: String,
    draft: Draft,
    classes: Vec<String>,
    parties: Vec<String>,
    subjects: Vec<String>,
    purposes: Vec<String>,
    statuses: Vec<(&'static str, String)>,
    precedences: [&'static str; 4],
    may_release: bool,
    /// Many files, and nothing that is of one record alone.
    is_many: bool,
    problem: Option<String>,
}

/// `GET /records/new`.
pub(super) async fn page(visit: Visit) -> Result<Response, ApiError> {
    show(&visit, Draft::default(), false, None).await
}

/// `GET /records/import`.
pub(super) async fn many(visit: Visit) -> Result<Response, ApiError> {
    show(&visit, Draft::default(), true, None).await
}

/// The same, with what was wrong. What was written, the browser has kept; files are to be chosen anew.
pub(super) async fn many_again(visit: &Visit, problem: String) -> Result<Response, ApiError> {
    show(visit, Draft::default(), true, Some(problem)).await
}

async fn show(visit: &Visit, mut draft: Draft, is_many: bool, problem: Option<String>) -> Result<Response, ApiError> {
    let (say, us) = (visit.say(), visit.control.operator.nationality.clone());
    let (classes, subjects) = {
        let us = us.clone();
        let words = visit.control.driver.inspect(move |node| {
            let vocabulary = node.vocabulary();
            let class = |class: Class| match class {
                Class::Level(level) => marking(us.as_str(), level.as_str()),
                Class::Term(term) => marking(us.as_str(), &term),
            };
            let mut classes: Vec<String> = vocabulary.classes(&us).into_iter().map(class).collect();
            classes.extend(Tlp::ALL.map(|tlp| tlp.as_str().to_owned()));
            let mut subjects: Vec<String> = vocabulary
                .subjects()
                .iter()
                .filter_map(|words| match words {
                    Words::Of(words) => Some(words.iter().map(ToString::to_string)),
                    Words::Other => None,
                })
                .flatten()
                .collect();
            subjects.sort();
            (classes, subjects)
        });
        words.await?
    };
    let or = |text: &mut String, other: &str| {
        if text.is_empty() {
            *text = other.to_owned();
        }
    };
    or(&mut draft.class, &marking(us.as_str(), Level::Unclassified.as_str()));
    let class = draft.class.clone();
    or(&mut draft.label, &class);
    or(&mut draft.channel, CHANNEL);
    or(&mut draft.status, "actual");
    or(&mut draft.precedence, "ROUTINE");
    let seed = fresh_seed().map_err(|error| ApiError::Ours(error.to_string()))?;
    html(&New {
        frame: visit
            .frame(Page::New, say.one(if is_many { "import-title" } else { "page-new" }), Banner::plain())
            .await?,
        // Sent twice, the same form makes one record: this is its id where no other is given.
        once: format!("{us}-{}", hex::encode(seed.get(..10).unwrap_or_default())),
        parties: parties(visit).await?,
        purposes: purposes(visit).await?,
        statuses: statuses(say),
        precedences: precedences(),
        may_release: visit.may("record.release"),
        classes,
        subjects,
        draft,
        is_many,
        problem,
    })
}

/// The class of a party's own marking: `SECRET` of the United States, `//JPN SECRET` of others.
fn marking(party: &str, class: &str) -> String {
    if party == "USA" || class == Level::Unclassified.as_str() {
        class.to_owned()
    } else {
        format!("//{party} {class}")
    }
}

/// A form with a file in it.
struct Sent {
    fields: Fields,
    /// The file's name, type and bytes, where one was chosen.
    file: Option<(String, String, Vec<u8>)>,
}

async fn sent(mut form: Multipart) -> Result<Sent, ApiError> {
    let wrong = |error: axum::extract::multipart::MultipartError| ApiError::Request(error.body_text());
    let (mut fields, mut file) = (Vec::new(), None);
    while let Some(part) = form.next_field().await.map_err(wrong)? {
        let name = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(str::to_owned) {
            Some(of) => {
                let kind = part.content_type().unwrap_or("application/octet-stream").to_owned();
                let bytes = part.bytes().await.map_err(wrong)?.to_vec();
                if !of.is_empty() {
                    file = Some((of, kind, bytes));
                }
            }
            None => fields.push((name, part.text().await.map_err(wrong)?)),
        }
    }
    Ok(Sent { fields: Fields(fields), file })
}

fn draft_request(sent: &Sent) -> DraftRequest {
    let Sent { fields, file } = sent;
    let text = fields.0.iter().find(|(name, _)| name == "text").map(|(_, text)| text.replace("\r\n", "\n"));
    let (media_type, content) = match file {
        Some((_, kind, bytes)) => (kind.clone(), STANDARD.encode(bytes)),
        None => ("text/plain; charset=utf-8".to_owned(), STANDARD.encode(text.unwrap_or_default())),
    };
    DraftRequest {
        id: fields.some("id").or_else(|| fields.some("once")),
        once: None,
        label: fields.one("label"),
        subjects: fields.list("subjects"),
        status: fields.some("status").unwrap_or_else(|| "actual".to_owned()),
        distribution: Vec::new(),
        derived_from: Vec::new(),
        title: fields.one("title"),
        media_type,
        content,
        versions: Vec::new(),
    }
}

/// `POST /records/new`: kept, and released at once to whom was ticked.
pub(super) async fn enter(visit: Visit, form: Multipart) -> Result<Response, ApiError> {
    let sent = sent(form).await?;
    let (draft, fields) = (draft_request(&sent), &sent.fields);
    let (control, person) = (visit.control.clone(), visit.person.clone());
    let to = fields.all("to");
    if draft.subjects.is_empty() || fields.one("title").is_empty() {
        return again(&visit, fields, visit.say().one("new-missing")).await;
    }
    let entered = match control::records::enter(State(control.clone()), person, Json(draft)).await {
        Ok(Json(entered)) => entered,
        Err(error @ (ApiError::Request(_) | ApiError::Failure(_))) => {
            return again(&visit, fields, error.to_string()).await;
        }
        Err(error) => return Err(error),
    };
    let us = visit.control.operator.nationality.to_string();
    if to.is_empty() || !visit.may("record.release") {
        return Ok(see(&path(&us, &entered.record)));
    }
    let record = find(&control, &visit, (us.clone(), entered.record.clone())).await?;
    let request = ReleaseRequest {
        record: Some(format!("{us}/{}", entered.record)),
        draft: None,
        to,
        purpose: fields.one("purpose"),
        channel: fields.one("channel"),
        under: None,
        precedence: fields.one("precedence"),
        expires: None,
    };
    released::carried_out(&visit, &record, request).await
}

/// The form once more, with what is wrong and everything that was written; only a file has to be chosen again.
async fn again(visit: &Visit, fields: &Fields, problem: String) -> Result<Response, ApiError> {
    let text = fields.0.iter().find(|(name, _)| name == "text").map(|(_, text)| text.clone()).unwrap_or_default();
    let draft = Draft {
        title: fields.one("title"),
        id: fields.one("id"),
        text,
        class: fields.one("class"),
        label: fields.one("label"),
        subjects: fields.one("subjects"),
        purpose: fields.one("purpose"),
        channel: fields.one("channel"),
        status: fields.one("status"),
        precedence: fields.one("precedence"),
        rel: fields.all("rel"),
        to: fields.all("to"),
    };
    show(visit, draft, false, Some(problem)).await
}

struct Who {
    party: String,
    class: &'static str,
    verdict: String,
    because: String,
    under: String,
}

#[derive(Template)]
#[template(path = "preview.html")]
struct Preview {
    say: Say,
    label: Result<Chip, String>,
    described: Vec<(&'static str, String)>,
    who: Vec<Who>,
    /// The page's own banner, which bears what is being written.
    banner: Banner,
}

/// `POST /records/new/preview`: the label in words, and who would see it. Nothing is kept.
pub(super) async fn preview(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    // The content says nothing about who may have it, and is not sent for this.
    let (sent, say) = (Sent { fields: Fields(fields), file: None }, visit.say());
    let (draft, purpose) = (draft_request(&sent), sent.fields.one("purpose"));
    let banner = Banner::of([(draft.label.as_str(), draft.status.as_str())], say);
    let banner = Strip::of(&visit).await?.over(banner, say);
    let parsed = label::parse(&draft.label);
    let described = parsed.as_ref().map(|label| label::describe_in(label, say.0)).unwrap_or_default();
    let label = match &parsed {
        Ok(_) => Ok(Chip::new(&draft.label, &draft.status, say).whole()),
        Err(problem) => {
            let (_, column) = problem.line_and_column(&draft.label);
            Err(say.filled("new-label-wrong", &[("column", column.to_string()), ("problem", problem.to_string())]))
        }
    };
    let who = if parsed.is_err() || draft.subjects.is_empty() || purpose.is_empty() {
        Vec::new()
    } else {
        let request = DecisionsRequest {
            record: None,
            draft: Some(DraftHead {
                label: draft.label,
                subjects: draft.subjects,
                status: Some(draft.status),
                distribution: Vec::new(),
                derived_from: Vec::new(),
            }),
            to: Vec::new(),
            purpose,
            channel: sent.fields.some("channel").unwrap_or_else(|| CHANNEL.to_owned()),
            action: None,
        };
        let (control, person) = (visit.control.clone(), visit.person.clone());
        match control::decisions::preview(State(control), person, visit.headers(), Json(request)).await {
            Ok(Json(found)) => found.decisions.into_iter().map(|decision| who(decision, say)).collect(),
            // What is wrong with an id that is taken, say, is told when it is sent.
            Err(ApiError::Request(_) | ApiError::Failure(_)) => Vec::new(),
            Err(error) => return Err(error),
        }
    };
    html(&Preview { say, label, described, who, banner })
}

fn who(decision: DecisionView, say: Say) -> Who {
    let answer = decision.answer;
    let is_permitted = answer.verdict == Verdict::Permit.as_str();
    Who {
        party: answer.to.clone(),
        class: if is_permitted { "yes" } else { "no" },
        verdict: say.one(if is_permitted { "word-permit" } else { "word-deny" }),
        because: answer.blocked.first().map(|block| block.why.clone()).unwrap_or_default(),
        under: answer.usable.join(", "),
    }
}
