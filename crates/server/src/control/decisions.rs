//! What would be answered, before anybody does anything: decisions party by party, and labels in words.

use axum::{Json, extract::State, http::HeaderMap};
use entente_core::agreement::clause::Action;
use entente_formats::{label, request};
use entente_node::preview::{How, Matter};

use super::{ApiError, Control, Reply, language, record_ref};
use crate::{
    api::{DecisionView, DecisionsRequest, DecisionsView, LabelProblem, LabelRequest, LabelView},
    people::SignedIn,
    turn::Failure,
};

/// How many parties one question may name, and how many sources a draft.
const MANY: usize = 64;
/// The longest label that is read, in characters.
const LONGEST_LABEL: usize = 2_000;

/// `POST /decisions`: the same decision as a release takes, for each party; nothing is kept.
pub(crate) async fn preview(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Json(request): Json<DecisionsRequest>,
) -> Reply<DecisionsView> {
    let language = language(&headers);
    let matter = match (&request.record, request.draft) {
        (Some(record), None) => Matter::Held(record_ref(record)),
        (None, Some(draft)) if draft.derived_from.len() <= MANY && draft.label.chars().count() <= LONGEST_LABEL => {
            Matter::Draft {
                label: draft.label,
                subjects: draft.subjects,
                status: request::status("status", draft.status.as_deref())?,
                distribution: draft.distribution.iter().map(|code| code.as_str().into()).collect(),
                derived_from: draft.derived_from.iter().map(|text| record_ref(text)).collect(),
            }
        }
        (None, Some(_)) => {
            return Err(ApiError::Request(format!("at most {MANY} sources, and {LONGEST_LABEL} characters of label")));
        }
        _ => return Err(ApiError::Request("give either a held record or a draft".to_owned())),
    };
    if request.to.len() > MANY {
        return Err(ApiError::Request(format!("at most {MANY} parties at once")));
    }
    let how = How {
        action: request.action.as_deref().map_or(Ok(Action::Release), |word| request::action("action", word))?,
        purpose: request.purpose.into(),
        channel: request.channel.into(),
        at: jiff::Timestamp::now(),
    };
    let to: Vec<_> = request.to.iter().map(|code| code.as_str().into()).collect();
    let viewer = person.viewer().clone();
    let answered = control.driver.inspect(move |node| {
        let (decisions, label) = node
            .preview(&viewer, &matter, &to, &how)
            .map_err(|refusal| ApiError::Failure(Failure::Refused(refusal)))?;
        let view = |decision| DecisionView::new(node.agreements(), decision, &label, language);
        Ok(DecisionsView { decisions: decisions.iter().map(view).collect(), label })
    });
    answered.await?.map(Json)
}

/// `POST /labels`: what a label says, or what is wrong with it. Not a decision.
pub(crate) async fn words(_: SignedIn, headers: HeaderMap, Json(request): Json<LabelRequest>) -> Reply<LabelView> {
    if request.label.chars().count() > LONGEST_LABEL {
        return Err(ApiError::Request(format!("a label has at most {LONGEST_LABEL} characters")));
    }
    Ok(Json(match label::parse(&request.label) {
        Ok(label) => LabelView {
            label: Some(label::write(&label)),
            lines: label::describe_in(&label, language(&headers))
                .into_iter()
                .map(|(heading, text)| (heading.to_owned(), text))
                .collect(),
            problem: None,
        },
        Err(problem) => LabelView {
            label: None,
            lines: Vec::new(),
            problem: Some(LabelProblem {
                column: problem.line_and_column(&request.label).1,
                message: problem.to_string(),
            }),
        },
    }))
}
