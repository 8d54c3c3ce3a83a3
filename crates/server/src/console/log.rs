//! The log: how far it goes, who has cosigned it, and whether a proof file proves what it says.

use askama::Template;
use axum::{Form, extract::State, response::Response};
use entente_node::{
    Partner,
    proof::{Checked, Extra, MAX_BYTES, check},
};

use super::{
    banner::Banner,
    form::Fields,
    frame::{Frame, Page},
    html,
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::moment,
    control::{self, ApiError},
};

struct Witness {
    party: String,
    size: u64,
    at: Moment,
}

struct Feed {
    party: String,
    lane: String,
    sent: u64,
    receipted: u64,
    received: u64,
}

#[derive(Template)]
#[template(path = "log.html")]
struct Log {
    frame: Frame,
    leaves: u64,
    witnesses: Vec<Witness>,
    feeds: Vec<Feed>,
    checkpoint: Option<String>,
    may_read: bool,
    may_count: bool,
    may_list: bool,
    proof: String,
    checked: Option<String>,
}

#[derive(Template)]
#[template(path = "checked.html")]
struct Proof {
    say: Say,
    problem: Option<String>,
    facts: Vec<(String, String)>,
    statement: Option<String>,
}

/// `GET /log`.
pub(super) async fn page(visit: Visit) -> Result<Response, ApiError> {
    show(&visit, String::new(), None).await
}

async fn show(visit: &Visit, proof: String, checked: Option<String>) -> Result<Response, ApiError> {
    let say = visit.say();
    let status = control::status::without_records(&visit.control, visit.person.viewer().clone()).await?;
    let witness =
        |row: crate::api::WitnessView| Witness { at: Moment::of(&row.at, say), party: row.partner, size: row.size };
    let feed = |row: crate::api::FeedStatus| Feed {
        party: row.partner,
        lane: row.lane,
        sent: row.sent,
        receipted: row.receipted,
        received: row.received,
    };
    html(&Log {
        frame: visit.frame(Page::Log, say.one("page-log"), Banner::plain()).await?,
        checkpoint: control::ledger::show(State(visit.control.clone()), visit.person.clone()).await?.0.checkpoint,
        may_read: visit.may("ledger.statements"),
        may_count: visit.may("ledger.digest"),
        may_list: visit.may("outbox.list"),
        leaves: status.ledger,
        witnesses: status.witnesses.into_iter().map(witness).collect(),
        feeds: status.feeds.into_iter().map(feed).collect(),
        proof,
        checked,
    })
}

/// `POST /log/check`: checks a proof file with the party files of this node.
pub(super) async fn check_proof(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let say = visit.say();
    let text = Fields(fields).0.into_iter().find(|(name, _)| name == "proof").map(|(_, text)| text).unwrap_or_default();
    // A form's lines end with CR LF, those of a file with LF.
    let text = text.replace("\r\n", "\n");
    if text.len() > MAX_BYTES {
        return Err(ApiError::TooLarge(format!("a proof file has at most {MAX_BYTES} bytes")));
    }
    let partners: Vec<Partner> = visit.control.driver.inspect(|node| node.partners().cloned().collect()).await?;
    let proof = match check(text.as_bytes(), &partners) {
        Ok(checked) => proved(&checked, say),
        Err(error) => Proof {
            say,
            problem: Some(say.with("log-proves-nothing", "why", error)),
            facts: Vec::new(),
            statement: None,
        },
    };
    if visit.manner.is_part {
        return html(&proof);
    }
    let checked = proof.render().map_err(|error| ApiError::Ours(error.to_string()))?;
    show(&visit, text, Some(checked)).await
}

fn proved(checked: &Checked, say: Say) -> Proof {
    let mut facts = vec![
        (say.one("log-proved-log"), checked.log.clone()),
        (say.one("log-proved-leaf"), format!("{} / {}", checked.index, checked.size)),
        (
            say.one("log-proved-by"),
            format!("{}: {}", checked.signed_by, if checked.post_quantum { "Ed25519, ML-DSA-44" } else { "Ed25519" }),
        ),
    ];
    for (party, at) in &checked.witnesses {
        let at = moment(i64::try_from(*at).unwrap_or(i64::MAX));
        facts.push((say.one("log-proved-witness"), format!("{party}, {at}")));
    }
    let statement = match &checked.extra {
        Extra::Statement { from, until, statement, .. } => {
            facts.push((say.one("log-proved-between"), format!("{} – {}", moment(*from), moment(*until))));
            Some(statement.clone())
        }
        Extra::Envelope { envelope } => {
            facts.push((say.one("log-proved-receipt"), envelope.clone()));
            None
        }
    };
    Proof { say, problem: None, facts, statement }
}
