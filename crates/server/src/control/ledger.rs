//! The ledger, for those who hold this party to account: how far it is, what it says, proofs out of it, counts. A statement
//! about what the asker may not see is a number, a time and a kind, and nothing more.

use axum::{
    Json,
    extract::{Query, State},
};
use entente_formats::hex;
use entente_node::{Answer, Event, op::Cosigned, proof::Disclosed, statement};
use entente_store::StatementRow;

use super::{ApiError, Control, Reply, read, record_ref, unexpected};
use crate::{
    api::{
        CountView, DigestQuery, Disclose, LedgerView, ProofRequest, ProofView, StatementView, StatementsPage,
        StatementsQuery, WitnessView, moment,
    },
    digest::{Counted, digest},
    people::SignedIn,
    proof::{self, ProveError},
};

/// How many statements a page has when nobody says.
const PAGE: usize = 100;
/// The most that it may have.
const LONGEST_PAGE: usize = 500;
/// How many statements are read for one page, whatever is sought.
const READ: usize = 5_000;

/// A statement with what it says.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) sequence: u64,
    pub(super) time: String,
    pub(super) kind: String,
    pub(super) content: serde_json::Value,
}

impl Statement {
    /// Opens one as it is kept; none of what is not what it commits to, which `log verify` finds.
    pub(super) fn open(row: &StatementRow) -> Option<Self> {
        let told = statement::read(&row.text, row.opening.as_deref()).ok()?;
        let statement::Statement { sequence, time, kind, .. } = told.statement;
        Some(Self { sequence, time, kind, content: told.content })
    }
}

/// `GET /ledger`.
pub(crate) async fn show(State(control): State<Control>, _: SignedIn) -> Reply<LedgerView> {
    let log = format!("entente/{}/ledger", control.operator.nationality);
    let view = read(&control, move |reader| {
        let witness = |cosigned: Cosigned| WitnessView {
            partner: cosigned.partner.to_string(),
            size: cosigned.size,
            at: moment(cosigned.at),
        };
        let checkpoint = reader.ledger_checkpoint()?;
        Ok(LedgerView {
            log,
            size: checkpoint.as_ref().map_or(0, |(size, _)| *size),
            checkpoint: checkpoint.map(|(_, note)| note),
            cosigned_by: reader.cosigned()?.into_iter().map(witness).collect(),
            witnessed: reader.witnessed()?.into_iter().map(witness).collect(),
        })
    });
    Ok(Json(view.await?))
}

/// `GET /ledger/statements`.
pub(crate) async fn statements(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<StatementsQuery>,
) -> Reply<StatementsPage> {
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=LONGEST_PAGE).contains(&limit) {
        return Err(ApiError::Request(format!("limit: `{limit}` is not from 1 to {LONGEST_PAGE}")));
    }
    let from = query.from.unwrap_or_default();
    let found = read(&control, move |reader| {
        let rows = reader.statement_rows(from, READ)?;
        let is_end = rows.len() < READ;
        let all = rows.iter().filter_map(Statement::open);
        let mut wanted: Vec<Statement> = Vec::new();
        let mut next = from;
        for statement in all {
            if wanted.len() == limit {
                return Ok((wanted, Some(next)));
            }
            next = statement.sequence + 1;
            if query.kind.as_ref().is_none_or(|kind| *kind == statement.kind) {
                wanted.push(statement);
            }
        }
        Ok((wanted, (!is_end).then_some(next)))
    });
    let (found, next) = found.await?;
    let viewer = person.viewer().clone();
    let views = control.driver.inspect(move |node| {
        let view = |statement: Statement| {
            let may_read = node.may_read(&viewer, &statement.kind, &statement.content);
            let Statement { sequence, time, kind, content } = statement;
            StatementView { sequence, time, kind, content: may_read.then_some(content) }
        };
        found.into_iter().map(view).collect()
    });
    Ok(Json(StatementsPage { statements: views.await?, next }))
}

/// `POST /ledger/proofs`.
pub(crate) async fn prove(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<ProofRequest>,
) -> Reply<ProofView> {
    let ProofRequest { record, to, receipt, disclose } = request;
    let wanted = match disclose {
        Disclose::Nothing => Disclosed::Nothing,
        Disclose::Record => Disclosed::Record,
        Disclose::Everything => Disclosed::Everything,
    };
    // Who may not see the record gets the answer for one that is not there.
    let event = Event::Look { record: record_ref(&record), viewer: person.viewer().clone() };
    let Answer::Record(listed) = control.driver.handle(event).await? else { return Err(unexpected()) };
    // That one, and no other of its id that somebody else may see.
    let record = format!("{}/{}", listed.record.originator, listed.record.id);
    let made = read(&control, move |reader| {
        let to = to.as_str().into();
        Ok(if receipt { proof::receipt(reader, &record, &to) } else { proof::statement(reader, &record, &to, wanted) })
    });
    let file = made.await?.map_err(failed)?;
    Ok(Json(ProofView { log: file.origin().to_owned(), index: file.index, proof: file.to_string() }))
}

fn failed(error: ProveError) -> ApiError {
    match error {
        ProveError::Store(error) => ApiError::Store(error),
        ProveError::Log(error) => ApiError::Ours(error.to_string()),
        ProveError::DoesNotHold { .. } => ApiError::Ours(error.to_string()),
        ProveError::NeverGiven { .. }
        | ProveError::NotYet
        | ProveError::NotReceipted(_)
        | ProveError::SaysEverything => ApiError::Request(error.to_string()),
    }
}

/// `GET /ledger/digest`: for auditors alone. It counts everything, also what the asker could not see: whoever looked at it before and
/// after would read each release off it.
pub(crate) async fn counts(
    State(control): State<Control>,
    _: SignedIn,
    Query(query): Query<DigestQuery>,
) -> Reply<Vec<CountView>> {
    let publish = control.publish.clone();
    if query.public && publish.is_none() {
        let what = "the configuration names no partner that has agreed to publish: [publish] in `node.toml`";
        return Err(ApiError::Request(what.to_owned()));
    }
    let counted = read(&control, move |reader| Ok(digest(reader, publish.as_deref().filter(|_| query.public))));
    let counted = counted.await?.map_err(failed)?;
    let view = |Counted { group, releases }: Counted| CountView {
        month: group.month,
        from: group.from,
        to: group.to,
        under: group.under,
        class: group.class,
        purpose: group.purpose,
        releases,
    };
    Ok(Json(counted.into_iter().map(view).collect()))
}

/// Nothing else that is sealed for an account is a mark.
fn owner(person: &SignedIn) -> String {
    format!("mark of {}", person.name())
}

/// Marks of places, sealed for one account: what is in them, a number or a name, is not for whoever carries them.
pub(crate) fn seal(control: &Control, person: &SignedIn, text: &str) -> Result<String, ApiError> {
    Ok(hex::encode(&control.storage.seal_small(&owner(person), text.as_bytes())?))
}

/// What was sealed for this account; none for anything else.
pub(crate) fn open(control: &Control, person: &SignedIn, text: &str) -> Option<String> {
    let bytes = control.storage.open_small(&owner(person), hex::decode(text)?).ok()?;
    String::from_utf8(bytes.to_vec()).ok()
}
