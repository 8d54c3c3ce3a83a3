//! Agreements: texts, acts, and what is known of both.

use axum::{
    Json,
    extract::{Path, State},
};
use entente_core::{
    Party,
    agreement::{ActKind, Agreement},
    explain,
    time::{Date, Timestamp, day_of},
};
use entente_formats::hex;
use entente_node::{Answer, Event, Feed, Node, event::Deed, texts::KnownAct};
use entente_store::{Reader, StoreError};

use super::{ApiError, Control, Reply, read, unexpected};
use crate::{
    api::{
        ActRequest, ActView, ActsView, AgreementView, DisputeRequest, PartyStanding, ProposeRequest, Told, ToldView,
        moment,
    },
    people::SignedIn,
};

pub(crate) async fn list(State(control): State<Control>, _: SignedIn) -> Reply<Vec<AgreementView>> {
    let today = day_of(Timestamp::now());
    let views = control.driver.inspect(move |node| {
        let view = |(agreement, proposed): (&Agreement, bool)| AgreementView {
            proposed,
            id: agreement.id.to_string(),
            title: agreement.title.clone(),
            force: agreement.force.as_str().to_owned(),
            hash: agreement.hash.to_string(),
            views: agreement
                .parties_on(today)
                .into_iter()
                .map(|party| (party.to_string(), standing(agreement, party, today)))
                .collect(),
        };
        texts(node).map(view).collect()
    });
    Ok(Json(views.await?))
}

/// Every text here: those that count, then those that are proposed.
fn texts(node: &Node) -> impl Iterator<Item = (&Agreement, bool)> {
    let counting = node.agreements().values().map(|agreement| (agreement, false));
    counting.chain(node.proposals().map(|agreement| (agreement, true)))
}

/// A party's view of a text, in words.
fn standing(agreement: &Agreement, party: &Party, today: Date) -> String {
    let view = agreement.view(party, today);
    let since = view.since.map(|day| format!(" since {day}")).unwrap_or_default();
    let notice = view.notice.map(|notice| format!("; notice takes effect {}", notice.effect)).unwrap_or_default();
    format!("{}{since}{notice}", explain::standing_words(view.standing))
}

/// What is known of the texts under an id: each party's view, each act with its two times, and who has which of ours.
pub(crate) async fn acts(State(control): State<Control>, _: SignedIn, Path(id): Path<String>) -> Reply<Vec<ActsView>> {
    let today = day_of(Timestamp::now());
    let wanted = id.clone();
    let mut views: Vec<(ActsView, Entries)> = control
        .driver
        .inspect(move |node| {
            let texts = texts(node).filter(|(agreement, _)| agreement.id == wanted.as_str());
            texts.map(|(agreement, proposed)| acts_view(node, agreement, proposed, today)).collect()
        })
        .await?;
    if views.is_empty() {
        return Err(ApiError::NotFound(format!("no agreement `{id}` here")));
    }
    let views = read(&control, move |reader| {
        for (view, (text, acts)) in &mut views {
            fill(reader, &mut view.text_told, text)?;
            for (act, entries) in view.acts.iter_mut().zip(acts) {
                fill(reader, &mut act.told, entries)?;
            }
        }
        Ok(views.into_iter().map(|(view, _)| view).collect())
    });
    Ok(Json(views.await?))
}

/// Where the text and each of the acts were put, for whom.
type Entries = (Vec<(Feed, u64)>, Vec<Vec<(Feed, u64)>>);

/// What the partners have said of entries.
fn fill(reader: &Reader, told: &mut Vec<ToldView>, entries: &[(Feed, u64)]) -> Result<(), StoreError> {
    for (feed, index) in entries {
        let state = reader.disposition(feed, *index)?.unwrap_or_else(|| "waiting".to_owned());
        told.push(ToldView { party: feed.partner.to_string(), state });
    }
    Ok(())
}

fn acts_view(node: &Node, agreement: &Agreement, proposed: bool, today: Date) -> (ActsView, Entries) {
    let known: Vec<_> = node.acts_on(agreement).collect();
    let others = agreement.parties_on(Date::MAX).into_iter().filter(|party| *party != node.party());
    let others: Vec<&Party> = others.collect();
    let mut candidates: Vec<&Party> = agreement.acts.iter().filter_map(|act| act.admits.as_ref()).collect();
    candidates.sort();
    candidates.dedup();
    candidates.retain(|party| !agreement.has_party(party, today));
    let names = agreement.parties_on(today).into_iter().chain(candidates);
    let parties = names.map(|party| PartyStanding {
        party: party.to_string(),
        view: if agreement.has_party(party, today) {
            standing(agreement, party, today)
        } else {
            "no party yet".to_owned()
        },
        known: known.iter().rfind(|act| act.statement.by == party.as_str()).map(|act| moment(act.known)),
        missing: agreement.missing_for(party, today).into_iter().map(ToString::to_string).collect(),
    });
    let written = node.written_acts(agreement).iter().map(|act| ActView {
        number: None,
        by: act.by.to_string(),
        date: act.date.to_string(),
        kind: act.kind.as_str().to_owned(),
        article: act.article.as_ref().map(ToString::to_string),
        admits: act.admits.as_ref().map(ToString::to_string),
        disputes: None,
        known: None,
        told: Vec::new(),
    });
    let signed = known.iter().map(|act| ActView {
        number: Some(hex::encode(&act.digest)),
        by: act.statement.by.clone(),
        date: act.statement.date.clone(),
        kind: act.statement.kind.clone(),
        article: act.statement.article.clone(),
        admits: act.statement.admits.clone(),
        disputes: act.statement.disputes.map(|digest| hex::encode(&digest)),
        known: Some(moment(act.known)),
        told: not_told(node, act, &others),
    });
    let acts: Vec<ActView> = written.chain(signed).collect();
    let entries = acts.iter().map(|view| {
        let act =
            known.iter().find(|act| view.number.as_ref().is_some_and(|number| *number == hex::encode(&act.digest)));
        act.map(|act| node.told(act.digest).collect()).unwrap_or_default()
    });
    let entries = (node.told(agreement.hash.0).collect(), entries.collect());
    let view = ActsView {
        id: agreement.id.to_string(),
        title: agreement.title.clone(),
        hash: agreement.hash.to_string(),
        proposed,
        parties: parties.collect(),
        acts,
        text_told: Vec::new(),
    };
    (view, entries)
}

/// The parties that an act of ours could not be sent to.
fn not_told(node: &Node, act: &KnownAct, others: &[&Party]) -> Vec<ToldView> {
    if act.statement.by != node.party().as_str() {
        return Vec::new();
    }
    let told: Vec<Party> = node.told(act.digest).map(|(feed, _)| feed.partner).collect();
    let missing = others.iter().filter(|party| !told.contains(party));
    missing.map(|party| ToldView { party: party.to_string(), state: "not told".to_owned() }).collect()
}

/// The texts known under an id, each with the acts known of it: the one that counts here first, then the proposed ones.
pub(crate) async fn text(State(control): State<Control>, _: SignedIn, Path(id): Path<String>) -> Reply<Vec<String>> {
    let texts: Vec<String> = control
        .driver
        .inspect({
            let id = id.clone();
            move |node| {
                let counts = node.agreements().get(id.as_str()).into_iter();
                let proposed = node.proposals().filter(|agreement| agreement.id == id.as_str());
                counts.chain(proposed).map(entente_formats::agreement::write).collect()
            }
        })
        .await?;
    if texts.is_empty() { Err(ApiError::NotFound(format!("no agreement `{id}` here"))) } else { Ok(Json(texts)) }
}

pub(crate) async fn propose(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<ProposeRequest>,
) -> Reply<Told> {
    told(control.driver.handle(person.does("agreement.propose", Event::Propose { text: request.text })).await?)
}

pub(crate) async fn act(
    State(control): State<Control>,
    person: SignedIn,
    Path(id): Path<String>,
    Json(request): Json<ActRequest>,
) -> Reply<Told> {
    let kind = ActKind::ALL.into_iter().find(|kind| kind.as_str() == request.kind);
    let kind = kind.ok_or_else(|| {
        let known = ActKind::ALL.map(ActKind::as_str).join("`, `");
        ApiError::Request(format!("unknown act `{}`; known: `{known}`", request.kind))
    })?;
    let date: Date = match &request.date {
        None => day_of(Timestamp::now()),
        Some(text) => {
            text.parse().map_err(|_| ApiError::Request(format!("`{text}` is no day; expected the form 2026-11-23")))?
        }
    };
    let deed = match (kind, request.admits) {
        (ActKind::Admitted, Some(newcomer)) => Deed::Admits(newcomer.into()),
        (ActKind::Admitted, None) => return Err(ApiError::Request("say whom it admits".to_owned())),
        (kind, None) => Deed::Does(kind),
        (kind, Some(_)) => return Err(ApiError::Request(format!("`{}` admits nobody", kind.as_str()))),
    };
    let (agreement, version, article) = (id.into(), request.version, request.article);
    told(
        control
            .driver
            .handle(person.does("agreement.act", Event::Act { agreement, version, deed, date, article }))
            .await?,
    )
}

pub(crate) async fn dispute(
    State(control): State<Control>,
    person: SignedIn,
    Path(id): Path<String>,
    Json(request): Json<DisputeRequest>,
) -> Reply<Told> {
    let (agreement, version, article) = (id.into(), request.version, request.article);
    let (deed, date) = (Deed::Disputes(request.act), day_of(Timestamp::now()));
    told(
        control
            .driver
            .handle(person.does("agreement.dispute", Event::Act { agreement, version, deed, date, article }))
            .await?,
    )
}

fn told(answer: Answer) -> Reply<Told> {
    match answer {
        Answer::Acted { told } => Ok(Json(Told { told: told.iter().map(ToString::to_string).collect() })),
        _ => Err(unexpected()),
    }
}
