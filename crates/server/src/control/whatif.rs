//! What if, over what is held here and the operator may see.

use axum::{Json, extract::State, http::HeaderMap};
use entente_core::{Channel, Purpose, explain::Language, whatif::Question};
use entente_formats::{
    request,
    whatif::{WhatIf, help, suppositions},
};

use super::{ApiError, Control, Reply, language};
use crate::{
    api::{Behind, BehindRequest, WhatIfRequest},
    people::SignedIn,
};

pub(crate) async fn compare(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Json(request): Json<WhatIfRequest>,
) -> Reply<WhatIf> {
    let (answer, _) = ask(&control, &person, &request, None, language(&headers)).await?;
    Ok(Json(answer))
}

pub(crate) async fn behind(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<BehindRequest>,
) -> Reply<Behind> {
    let BehindRequest { question, record } = request;
    let (_, found) = ask(&control, &person, &question, Some(record.clone()), Language::default()).await?;
    found.map(Json).ok_or_else(|| ApiError::NotFound(format!("`{record}` is not among the witnesses")))
}

/// The answer, and the records behind the witness that is asked about.
async fn ask(
    control: &Control,
    person: &SignedIn,
    request: &WhatIfRequest,
    behind: Option<String>,
    language: Language,
) -> Result<(WhatIf, Option<Behind>), ApiError> {
    let (purpose, channel) = (Purpose::from(request.purpose.as_str()), Channel::from(request.channel.as_str()));
    let (action, at) = (request::action("action", &request.action)?, request::moment("at", &request.at)?);
    let suppositions = suppositions(&request.suppose)?;
    let viewer = person.viewer().clone();
    let answered = control.driver.inspect(move |node| {
        let question = Question { action, purpose: &purpose, channel: &channel, at };
        let answer = node.what_if(&viewer, &question, &suppositions, behind.as_deref()).map_err(|unfounded| {
            let help = help(&unfounded, node.agreements());
            ApiError::Request(format!("{unfounded}; {help}"))
        })?;
        let holder = node.party().to_string();
        let behind = answer.behind.map(|records| Behind { holder, records });
        Ok((WhatIf::new(&answer.changes, answer.records, answer.classes, language), behind))
    });
    answered.await?
}
