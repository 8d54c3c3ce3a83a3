//! What happens, as it happens (server-sent events): a line for each statement of the ledger that the asker may read. An event's
//! id is the statement's number, sealed, so that what is left out leaves no gap; a page that was away sends its last one and
//! catches up.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::stream::{self, Stream};

use super::{ApiError, Control, contacts, ledger, read};
use crate::{
    api::{EventView, EventsQuery},
    control::ledger::Statement,
    escalation,
    people::SignedIn,
};

/// How many statements are read at once.
const STEP: usize = 256;
/// How long a listener rests between two looks: many changes in a moment are one.
const REST: Duration = Duration::from_millis(200);
/// How long a listener that hears nothing waits before it looks whether its session still counts.
const CHECK: Duration = Duration::from_secs(20);

/// Kinds that are told to whoever listens, where it may see the record. What people do is for auditors, in the ledger.
pub(crate) const TOLD: [&str; 37] = [
    "alert",
    "alert-acknowledged",
    "incident",
    "obligation-done",
    "deadline",
    "consultation",
    "consultation-step",
    "entered",
    "received",
    "decision",
    "approval",
    "consent-asked",
    "consent-answer",
    "consent-answered",
    "standing-consent",
    "consent-withdrawn",
    "recall",
    "recall-answer",
    "settled",
    "relabelled",
    "compromise",
    "hold",
    "hold-lifted",
    "destroyed",
    "erased",
    "affected",
    "act",
    "proposed",
    "proposal",
    "party",
    "waiting",
    "confirmed",
    "commitment",
    "progress",
    "meeting",
    "alarm-noted",
    // For the pages of whom it tells alone.
    "attempt",
];

struct Listener {
    control: Control,
    person: SignedIn,
    next: u64,
    waiting: Vec<(u64, EventView)>,
    changed: tokio::sync::watch::Receiver<u64>,
    /// That this page listens.
    _page: escalation::Page,
}

/// The mark of the last event so far, for whoever looks now and listens later; none of a ledger without statements.
pub(crate) fn heard(control: &Control, person: &SignedIn) -> Option<String> {
    let last = control.driver.statements().borrow().checked_sub(1)?;
    ledger::seal(control, person, &last.to_string()).ok()
}

/// `GET /events`.
pub(crate) async fn listen(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Query(query): Query<EventsQuery>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>> + Send + 'static + use<>>, ApiError> {
    // A browser that comes back says both, and knows better than the page from which it began.
    let last = headers.get("last-event-id").map(|value| value.to_str().unwrap_or_default().to_owned()).or(query.after);
    let now = control.driver.inspect(|node| node.next_statement()).await?;
    let next = match last.filter(|text| !text.is_empty()) {
        None => now,
        Some(text) => ledger::open(&control, &person, &text)
            .and_then(|number| number.parse::<u64>().ok())
            .filter(|number| *number < now)
            .map(|number| number + 1)
            .ok_or_else(|| {
                ApiError::Request("Last-Event-ID, or `after`: not the id of an event of this account".to_owned())
            })?,
    };
    let changed = control.driver.statements();
    let _page = control.pages.listens(person.name());
    let listener = Listener { _page, control, person, next, waiting: Vec::new(), changed };
    // At once, so that a page knows from where on it has heard everything.
    let first = event(
        &listener,
        listener.next.checked_sub(1),
        &EventView { kind: "listening".to_owned(), ..EventView::default() },
    );
    let rest = stream::unfold(listener, |mut listener| async move {
        let event = listener.hear().await?;
        Some((Ok(event), listener))
    });
    let stream = stream::StreamExt::chain(stream::iter(first.map(Ok)), rest);
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

/// An event on the wire.
fn event(listener: &Listener, number: Option<u64>, view: &EventView) -> Option<Event> {
    let event = Event::default().event(&view.kind).json_data(view).ok()?;
    match number {
        Some(number) => Some(event.id(ledger::seal(&listener.control, &listener.person, &number.to_string()).ok()?)),
        None => Some(event),
    }
}

impl Listener {
    /// The next event; none when the session is over or the node stops.
    async fn hear(&mut self) -> Option<Event> {
        loop {
            if let Some((number, view)) = self.waiting.pop() {
                return event(self, Some(number), &view);
            }
            if *self.changed.borrow_and_update() <= self.next {
                match tokio::time::timeout(CHECK, self.changed.changed()).await {
                    Ok(Ok(())) => tokio::time::sleep(REST).await,
                    Ok(Err(_)) => return None,
                    Err(_) => {}
                }
                // Rights may have been taken away meanwhile; then the stream ends, and its page asks again.
                self.person = self.control.accounts.again(&self.person).await.ok()??;
                continue;
            }
            self.look().await.ok()?;
        }
    }

    /// Reads what is new, and keeps of it what this person may see.
    async fn look(&mut self) -> Result<(), ApiError> {
        let from = self.next;
        let rows = read(&self.control, move |reader| reader.statement_rows(from, STEP)).await?;
        let statements: Vec<Statement> = rows.iter().filter_map(Statement::open).collect();
        self.next += u64::try_from(rows.len()).unwrap_or_default();
        let viewer = self.person.viewer().clone();
        let us = self.control.operator.nationality.to_string();
        let account = self.person.name().to_owned();
        let mut told: Vec<(u64, EventView)> = self
            .control
            .driver
            .inspect(move |node| {
                let told = statements.into_iter().filter(|statement| {
                    TOLD.contains(&statement.kind.as_str())
                        && (statement.kind != "attempt" || contacts::is_for(&account, &statement.content))
                        && node.may_read(&viewer, &statement.kind, &statement.content)
                });
                told.map(|statement| (statement.sequence, view(&us, statement))).collect()
            })
            .await?;
        told.reverse();
        self.waiting = told;
        Ok(())
    }
}

fn view(us: &str, statement: Statement) -> EventView {
    let content = &statement.content;
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let (originator, record) = match statement.kind.as_str() {
        "entered" => (Some(us.to_owned()), content.get("record").and_then(text)),
        "decision" => {
            let of = |name: &str| content.pointer(&format!("/request/record/{name}")).and_then(text);
            (of("originator"), of("id"))
        }
        _ => (content.get("originator").and_then(text), content.get("record").and_then(text)),
    };
    EventView {
        record: originator.zip(record),
        agreement: content.get("agreement").and_then(text),
        incident: content.get("incident").and_then(text),
        consultation: content.get("consultation").and_then(text),
        kind: statement.kind,
        at: statement.time,
    }
}
