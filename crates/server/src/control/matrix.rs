//! What the texts that count here allow: the matrix of all of them, and two side by side. Worked out off the threads that serve, and off
//! the node's own.

use std::collections::BTreeSet;

use axum::{
    Json,
    extract::{Query, State},
};
use entente_core::{
    Party,
    agreement::{
        Agreement,
        clause::{Action, Citation},
    },
    desk::{
        TooMany,
        compare::{Comparison, PairChange, as_if_in_force},
        matrix::{Cell, Entry, matrix},
        probe::Probe,
    },
    time::{Timestamp, day_of},
    world::World,
};
use entente_formats::agreement::{self, ClauseChange, FieldChange, TextChanges};

use super::{ApiError, Control, Reply, unexpected};
use crate::{
    api::{
        CitedClause, ClauseDifference, CompareQuery, CompareView, FieldDifference, MatrixCell, MatrixText, MatrixView,
        PairDifference,
    },
    people::SignedIn,
};

fn too_many(error: &TooMany) -> ApiError {
    let help = "ask on a machine of your own: `entente agreement matrix` takes one purpose, or some subjects";
    let requests = error.requests;
    ApiError::Request(format!("the texts have too many words to ask about all at once ({requests} requests); {help}"))
}

/// `GET /agreements/matrix`: as of now, for every purpose and channel.
pub(crate) async fn show(State(control): State<Control>, _: SignedIn) -> Reply<MatrixView> {
    let look = |node: &entente_node::Node| (node.agreements().clone(), node.national().clone(), node.vocabulary());
    let (agreements, national, vocabulary) = control.driver.inspect(look).await?;
    let made = tokio::task::spawn_blocking(move || {
        let world = World { agreements: &agreements, national: &national, consents: &[], approvals: &[] };
        let at = Timestamp::now();
        let probe = Probe { world, vocabulary: &vocabulary, at, actions: &[Action::Release] };
        let texts = agreements.values();
        let parties: BTreeSet<Party> = texts.flat_map(|text| text.parties_on(day_of(at))).cloned().collect();
        let cells = matrix(&probe, &parties)?;
        Ok::<_, TooMany>(MatrixView {
            at: at.to_string(),
            parties: parties.iter().map(ToString::to_string).collect(),
            cells: cells.iter().map(cell).collect(),
        })
    });
    made.await.map_err(|_| unexpected())?.map(Json).map_err(|error| too_many(&error))
}

fn cell(cell: &Cell) -> MatrixCell {
    let blocked = cell.blocked();
    MatrixCell {
        from: cell.from.to_string(),
        to: cell.to.to_string(),
        ceiling: cell.ceiling().map(|level| level.to_string()),
        status: match (cell.open().next(), blocked) {
            (Some(_), _) => "permitted".to_owned(),
            (None, Some(block)) => block.reason.code().to_owned(),
            (None, None) => "no-agreement".to_owned(),
        },
        nearest: blocked.and_then(|block| block.agreement.as_ref()).map(ToString::to_string),
        texts: cell.texts.iter().map(entry).collect(),
    }
}

fn entry(entry: &Entry) -> MatrixText {
    let cited = |all: &BTreeSet<Citation>| all.iter().map(clause).collect();
    MatrixText {
        agreement: entry.agreement.to_string(),
        ceiling: entry.ceiling.map(|level| level.to_string()),
        permits: !entry.areas.is_empty(),
        cover: cited(&entry.cover),
        assumed: cited(&entry.assumed),
        routed: entry.is_routed,
        delegated: entry.is_delegated,
        blocked: entry.blocked.as_ref().map(|block| block.reason.code().to_owned()),
    }
}

fn clause(cited: &Citation) -> CitedClause {
    CitedClause { agreement: cited.agreement.to_string(), clause: cited.clause.as_ref().map(ToString::to_string) }
}

/// How two texts differ: in their wording, and for each pair of parties.
pub(crate) struct Difference {
    pub(crate) wording: TextChanges,
    pub(crate) pairs: Result<Vec<PairChange>, TooMany>,
}

/// Compares the texts with these hashes, counting or proposed; none where one of them is not here.
pub(crate) async fn difference(control: &Control, query: &CompareQuery) -> Result<Option<Difference>, ApiError> {
    let look = |node: &entente_node::Node| {
        let proposals: Vec<Agreement> = node.proposals().cloned().collect();
        (node.agreements().clone(), node.national().clone(), proposals)
    };
    let (mut others, national, proposals) = control.driver.inspect(look).await?;
    let find = |hash: &str| others.values().chain(&proposals).find(|text| text.hash.to_string() == hash).cloned();
    let (Some(first), Some(second)) = (find(&query.before), find(&query.after)) else { return Ok(None) };
    let work = move || {
        others.retain(|_, text| text.hash != first.hash && text.hash != second.hash);
        let wording = agreement::compare(&first, &second);
        let now = Timestamp::now();
        let day = day_of(now);
        let (before, after) = (as_if_in_force(first, day), as_if_in_force(second, day));
        let comparison = Comparison { before: &before, after: &after, others: &others, national: &national, at: now };
        Difference { wording, pairs: comparison.run() }
    };
    Ok(Some(tokio::task::spawn_blocking(work).await.map_err(|_| unexpected())?))
}

/// `GET /agreements/compare`.
pub(crate) async fn compare(
    State(control): State<Control>,
    _: SignedIn,
    Query(query): Query<CompareQuery>,
) -> Reply<CompareView> {
    let Difference { wording, pairs } = difference(&control, &query)
        .await?
        .ok_or_else(|| ApiError::NotFound(format!("no text `{}` or no text `{}` here", query.before, query.after)))?;
    Ok(Json(CompareView {
        fields: wording.fields.iter().map(field).collect(),
        clauses: wording.clauses.iter().map(change).collect(),
        pairs: pairs.ok().map(|pairs| pairs.iter().map(pair).collect()),
    }))
}

fn field(change: &FieldChange) -> FieldDifference {
    let FieldChange { field, before, after } = change;
    FieldDifference { field: field.clone(), before: before.clone(), after: after.clone() }
}

fn change(change: &ClauseChange) -> ClauseDifference {
    let (word, of, from, fields) = match change {
        ClauseChange::Added(of) => ("added", of, None, &[][..]),
        ClauseChange::Removed(of) => ("removed", of, None, &[][..]),
        ClauseChange::Moved { before, after, fields } => ("moved", after, Some(before.id.to_string()), &fields[..]),
        ClauseChange::Changed { after, fields, .. } => ("changed", after, None, &fields[..]),
    };
    ClauseDifference {
        change: word.to_owned(),
        clause: of.id.to_string(),
        from,
        kind: of.kind.name().to_owned(),
        fields: fields.iter().map(field).collect(),
    }
}

fn pair(change: &PairChange) -> PairDifference {
    PairDifference {
        from: change.from.to_string(),
        to: change.to.to_string(),
        before: change.before.ceiling.map(|level| level.to_string()),
        after: change.after.ceiling.map(|level| level.to_string()),
        newly: change.newly.len(),
        no_longer: change.no_longer.len(),
        duties_gained: change.duties_gained().len(),
        duties_lost: change.duties_lost().len(),
    }
}
