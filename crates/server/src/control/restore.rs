//! How a restore stands, and going on without a partner.

use axum::{Json, extract::State};
use entente_core::Party;
use entente_node::{Event, Node, restore::Word};

use super::{Control, Reply};
use crate::{
    api::{GoOnRequest, RestorePartnerView, RestoreView, moment},
    people::SignedIn,
    restore::Troubles,
};

/// How a restore stands; nothing where the node was never restored.
pub(crate) fn view(node: &Node, troubles: &Troubles) -> Option<RestoreView> {
    let restoring = node.restoring()?;
    let awaited = node.awaited();
    let nothing = Word::default();
    let of = |party: &Party| {
        let word = restoring.words.get(party.as_str()).unwrap_or(&nothing);
        let told = word.told.as_ref();
        let state = match (told, &word.without) {
            (None, Some(_)) => "without",
            (None, None) if awaited.contains(party) => "asking",
            (Some(_), _) if awaited.contains(party) => "fetching",
            _ => "done",
        };
        let given_back = told.map_or(0, |told| {
            let of = |(lane, (size, _)): (&String, &(u64, String))| {
                size.saturating_sub(word.kept.get(lane).copied().unwrap_or_default())
            };
            told.feeds.iter().map(of).sum()
        });
        let receipted = told.map_or(0, |told| told.receipted.values().sum::<u64>());
        let here: u64 = node.incoming().filter(|(feed, _)| feed.partner == *party).map(|(_, size)| size).sum();
        RestorePartnerView {
            party: party.to_string(),
            state: state.to_owned(),
            answered: told.map(|told| moment(told.at)),
            given_back,
            lost: receipted.saturating_sub(here),
            without: word.without.as_ref().map(entente_node::restore::Without::words),
            trouble: troubles.of(party),
        }
    };
    Some(RestoreView {
        read_only: node.is_read_only(),
        since: moment(restoring.since),
        why: restoring.why.clone(),
        done: restoring.done.map(moment),
        partners: node.partners().filter(|known| known.party != *node.party()).map(|known| of(&known.party)).collect(),
    })
}

pub(crate) async fn status(State(control): State<Control>, _: SignedIn) -> Reply<Option<RestoreView>> {
    let troubles = control.troubles.clone();
    Ok(Json(control.driver.inspect(move |node| view(node, &troubles)).await?))
}

pub(crate) async fn go_on(
    State(control): State<Control>,
    person: SignedIn,
    Json(GoOnRequest { without, note }): Json<GoOnRequest>,
) -> Reply<Option<RestoreView>> {
    let (by, partner) = (person.viewer().clone(), Party::from(without.as_str()));
    control.driver.handle(person.does("restore.go-on", Event::GoOnWithout { by, partner, note })).await?;
    status(State(control), person).await
}
