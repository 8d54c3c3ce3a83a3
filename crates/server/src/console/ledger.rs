//! The ledger for those who hold this party to account: what it says in order, counts of what was given, a proof of one release.

use askama::Template;
use axum::{
    Form, Json,
    extract::{Path, Query, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    ask::{Ask, Button},
    banner::Banner,
    block::encode,
    form::{Choice, Field, Fields, Kind},
    frame::{Frame, Page},
    html,
    records::{find, parties, path},
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{DigestQuery, Disclose, ProofRequest, StatementView, StatementsQuery},
    control::{self, ApiError},
};

/// How many statements a page has, and how many letters of what they say: a view of many records names them all.
const PAGE: usize = 50;
const LETTERS: usize = 64_000;

struct Row {
    number: u64,
    at: Moment,
    kind: String,
    summary: String,
    content: Option<String>,
}

#[derive(Template)]
#[template(path = "statements.html")]
struct Statements {
    frame: Frame,
    rows: Vec<Row>,
    kind: String,
    from: u64,
    next: Option<String>,
}

/// Which statements.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Sought {
    from: Option<String>,
    kind: String,
}

/// `GET /log/statements`: in their order; what the asker may not see is a number, a time and a kind.
pub(super) async fn statements(visit: Visit, Query(sought): Query<Sought>) -> Result<Response, ApiError> {
    let say = visit.say();
    let from = sought.from.as_deref().filter(|text| !text.trim().is_empty());
    let from: Option<u64> = from
        .map(|text| text.trim().parse().map_err(|_| ApiError::Request(format!("from: `{text}` is no number"))))
        .transpose()?;
    // The newest are what people look at first.
    let is_newest = from.is_none() && sought.kind.is_empty();
    let from = match from {
        _ if is_newest => {
            let next = visit.control.driver.inspect(|node| node.next_statement()).await?;
            next.saturating_sub(PAGE as u64)
        }
        from => from.unwrap_or_default(),
    };
    let kind = Some(sought.kind.clone()).filter(|kind| !kind.is_empty());
    let query = Query(StatementsQuery { from: Some(from), kind, limit: Some(PAGE) });
    let page = control::ledger::statements(State(visit.control.clone()), visit.person.clone(), query).await?.0;
    let mut rows: Vec<Row> = page.statements.into_iter().map(|statement| row(statement, say)).collect();
    let mut next = page.next;
    let mut texts: Vec<&str> = rows.iter().map(|row| row.content.as_deref().unwrap_or_default()).collect();
    if is_newest {
        texts.reverse();
        rows.drain(..texts.len() - fitting(&texts));
    } else {
        let rest = rows.split_off(fitting(&texts));
        next = rest.first().map(|row| row.number).or(next);
    }
    html(&Statements {
        frame: visit.frame(Page::Log, say.one("ledger-statements"), Banner::plain()).await?,
        from: if is_newest { rows.first().map_or(from, |row| row.number) } else { from },
        next: next.map(|next| format!("/log/statements?from={next}&kind={}", encode(&sought.kind))),
        rows,
        kind: sought.kind,
    })
}

/// How many of these a page has room for, by what each says: one at least.
fn fitting(texts: &[&str]) -> usize {
    let mut letters = 0;
    let is_within = |text: &&&str| {
        // A quotation mark is five letters in a page.
        letters += text.len() + 4 * text.matches('"').count();
        letters <= LETTERS
    };
    texts.iter().take_while(is_within).count().max(1).min(texts.len())
}

fn row(statement: StatementView, say: Say) -> Row {
    let content = statement.content;
    let text = |pointer: &str| content.as_ref().and_then(|content| content.pointer(pointer)).and_then(|v| v.as_str());
    let parts = ["/by/name", "/name", "/what", "/with", "/originator", "/record", "/agreement", "/to"];
    let summary: Vec<&str> = parts.iter().filter_map(|pointer| text(pointer)).collect();
    Row {
        number: statement.sequence,
        at: Moment::of(&statement.time, say),
        summary: match &content {
            Some(_) if summary.is_empty() => say.one("ledger-open"),
            Some(_) => summary.join(" · "),
            None => say.one("ledger-not-shown"),
        },
        content: content.as_ref().and_then(|content| serde_json::to_string_pretty(content).ok()),
        kind: statement.kind,
    }
}

struct Count {
    month: String,
    from: String,
    to: String,
    under: String,
    class: String,
    purpose: String,
    releases: u64,
}

#[derive(Template)]
#[template(path = "statistics.html")]
struct Statistics {
    frame: Frame,
    rows: Vec<Count>,
    all: u64,
    is_public: bool,
    problem: Option<String>,
}

/// Whether only what may be published is counted.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Counted {
    public: String,
}

/// `GET /log/statistics`: counts without content.
pub(super) async fn statistics(visit: Visit, Query(asked): Query<Counted>) -> Result<Response, ApiError> {
    let (say, is_public) = (visit.say(), asked.public == "yes");
    let query = Query(DigestQuery { public: is_public });
    let (counted, problem) =
        match control::ledger::counts(State(visit.control.clone()), visit.person.clone(), query).await {
            Ok(Json(counted)) => (counted, None),
            Err(ApiError::Request(problem)) => (Vec::new(), Some(problem)),
            Err(error) => return Err(error),
        };
    html(&Statistics {
        frame: visit.frame(Page::Log, say.one("ledger-statistics"), Banner::plain()).await?,
        all: counted.iter().map(|count| count.releases).sum(),
        rows: counted
            .into_iter()
            .map(|count| Count {
                under: if count.under.is_empty() { "–".to_owned() } else { count.under.join(", ") },
                month: count.month,
                from: count.from,
                to: count.to,
                class: count.class,
                purpose: count.purpose,
                releases: count.releases,
            })
            .collect(),
        is_public,
        problem,
    })
}

/// `GET /records/{originator}/{id}/proof`: prove that it was given, or received, to somebody who trusts no node.
pub(super) async fn proving(visit: Visit, Path(name): Path<(String, String)>) -> Result<Response, ApiError> {
    let (record, say) = (find(&visit.control, &visit, name).await?, visit.say());
    let us = visit.control.operator.nationality.to_string();
    let others = parties(&visit).await?.into_iter().filter(|party| *party != us);
    let one_of = |words: &[(&str, &str)]| {
        let choice =
            |(value, key): &(&str, &str)| Choice { value: (*value).to_owned(), words: say.one(key), is_chosen: false };
        Kind::Choice(words.iter().map(choice).collect())
    };
    let field = |name, label: &str, hint: &str, kind| Field {
        name,
        label: say.one(label),
        hint: if hint.is_empty() { String::new() } else { say.one(hint) },
        kind,
        is_needed: true,
    };
    let ask = Ask {
        title: say.with("prove-title", "record", &record.id),
        lead: say.one("prove-lead"),
        action: format!("{}/proof", path(&record.originator, &record.id)),
        fields: vec![
            field("to", "consent-for", "", Kind::Choice(Choice::of(others, &[]))),
            field("what", "prove-what", "", one_of(&[("statement", "prove-statement"), ("receipt", "prove-receipt")])),
            field(
                "disclose",
                "prove-disclose",
                "prove-disclose-hint",
                one_of(&[("nothing", "prove-nothing"), ("record", "prove-record"), ("everything", "prove-everything")]),
            ),
        ],
        button: Button { words: say.one("prove-go"), is_grave: false },
        decisions: Vec::new(),
    };
    ask.page(&visit, &record, None).await
}

/// `POST /records/{originator}/{id}/proof`: a file, as `entente log prove` writes it.
pub(super) async fn prove(
    visit: Visit,
    Path(name): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let (record, fields) = (find(&visit.control, &visit, name).await?, Fields(fields));
    let request = ProofRequest {
        record: format!("{}/{}", record.originator, record.id),
        to: fields.one("to"),
        receipt: fields.one("what") == "receipt",
        disclose: match fields.one("disclose").as_str() {
            "record" => Disclose::Record,
            "everything" => Disclose::Everything,
            _ => Disclose::Nothing,
        },
    };
    let proof = control::ledger::prove(State(visit.control), visit.person, Json(request)).await?.0.proof;
    let disposition = format!("attachment; filename*=UTF-8''{}.proof", encode(&record.id));
    let disposition = HeaderValue::try_from(disposition).map_err(|error| ApiError::Ours(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, proof).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_where_its_statements_say_too_much() {
        let long = "a".repeat(LETTERS / 2);
        let (longer, quoted) = (format!("{long}{long}a"), "\"".repeat(LETTERS / 5));
        assert_eq!(fitting(&[]), 0);
        assert_eq!(fitting(&[""; 50]), 50);
        assert_eq!(fitting(&[&long, &long, "1", "1"]), 2);
        assert_eq!(fitting(&[&longer, "1"]), 1, "one at least, whatever it says");
        assert_eq!(fitting(&["", &quoted, "1"]), 2, "a quotation mark is five letters in a page");
    }
}
