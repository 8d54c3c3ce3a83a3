//! The keys of a running node: taking up a new party file with its keys, and how far partners have taken it. And the parties
//! that people remove, or whose root key they replace.

use axum::{Json, extract::State};
use entente_node::{Answer, Event, Partner, party::Taking};
use entente_store::Reader;

use super::{ApiError, Control, Reply, known_parties, read, unexpected};
use crate::{
    api::{KeysView, PartyView, RemoveParty, ReplaceRoot, TakenView},
    driver::own_file_event,
    keys::KeyFolder,
    people::SignedIn,
};

/// Where a running node finds its keys and its party file.
#[derive(Clone)]
pub(crate) struct OwnKeys {
    pub(crate) folder: KeyFolder,
    pub(crate) own_file: std::path::PathBuf,
    pub(crate) tls: crate::tls_end::TlsEnd,
}

/// `GET /keys`.
pub(crate) async fn keys(State(control): State<Control>, _: SignedIn) -> Reply<KeysView> {
    now(&control).await
}

async fn now(control: &Control) -> Reply<KeysView> {
    let party = control.driver.inspect(|node| node.party().clone()).await?;
    let (serial, taken) = control
        .driver
        .inspect(move |node| {
            let own = node.partners().find(|partner| partner.party == party);
            (own.map_or(0, |own| own.file.serial), node.party_file_taken())
        })
        .await?;
    let taken = read(control, move |reader| taken.iter().map(|(party, taking)| view(reader, party, *taking)).collect());
    Ok(Json(KeysView { serial, taken: taken.await? }))
}

fn view(reader: &Reader, party: &entente_core::Party, taking: Taking) -> Result<TakenView, entente_store::StoreError> {
    let feed = entente_node::Feed { partner: party.clone(), lane: entente_node::Lane::Urgent };
    let state = match taking {
        Taking::ByHand => "by hand".to_owned(),
        Taking::Waiting => "waiting".to_owned(),
        Taking::Receipted { index } => match reader.disposition(&feed, index)?.as_deref() {
            Some("accepted") => "taken".to_owned(),
            Some(other) => other.to_owned(),
            None => "receipted".to_owned(),
        },
    };
    Ok(TakenView { party: party.to_string(), state })
}

/// `POST /keys/reload`: takes up what stands in the key folder and in the party file now.
///
/// The new file is told to partners with the keys that were in use before: they know those. Then the node signs with the new
/// ones.
pub(crate) async fn reload(State(control): State<Control>, person: SignedIn) -> Reply<KeysView> {
    let wrong = |error: &dyn ToString| ApiError::Request(error.to_string());
    let OwnKeys { folder, own_file, tls } = control.own_keys.clone();
    let party = control.driver.inspect(|node| node.party().clone()).await?;
    let loaded = tokio::task::spawn_blocking(move || {
        let note = std::fs::read_to_string(&own_file).map_err(|error| error.to_string())?;
        let own = Partner::open(&note).map_err(|error| error.to_string())?;
        if own.party != party {
            return Err(format!("`{}` is the party file of {}", own_file.display(), own.party));
        }
        let identity = folder.identity(own.party.clone(), &own.file).map_err(|error| error.to_string())?;
        if let Some(key) = identity.missing_from(&own.file) {
            return Err(format!("the party file names a `{key}` key that is not in the key folder"));
        }
        let pair = folder.tls(&own.file).map_err(|error| error.to_string())?;
        Ok((own, identity, pair))
    });
    let (own, identity, pair) = loaded.await.map_err(|_| unexpected())?.map_err(|error| wrong(&error))?;
    let party = own.party.clone();
    let known = control.driver.inspect(move |node| node.partners().find(|known| known.party == party).cloned()).await?;
    let serial = own.file.serial;
    let event = own_file_event(known.as_ref(), own, person.viewer().clone());
    control.driver.handle(person.does("key.reload", event)).await?;
    control.driver.replace_identity(identity).await?;
    control.driver.handle(Event::KeysChanged).await?;
    tls.replace(pair).map_err(|error| wrong(&error))?;
    tracing::info!(serial, "the keys of a new party file are in use");
    now(&control).await
}

/// `POST /parties/{code}/remove`.
pub(crate) async fn remove(
    State(control): State<Control>,
    person: SignedIn,
    axum::extract::Path(code): axum::extract::Path<String>,
    Json(request): Json<RemoveParty>,
) -> Reply<PartyView> {
    let by = person.viewer().clone();
    let event = Event::RemoveParty { by, party: code.as_str().into(), note: request.note };
    let Answer::Party(party) = control.driver.handle(person.does("party.remove", event)).await? else {
        return Err(unexpected());
    };
    one(&control, party.as_str()).await
}

/// `POST /parties/replace-root`.
pub(crate) async fn replace_root(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<ReplaceRoot>,
) -> Reply<PartyView> {
    let by = person.viewer().clone();
    let event = Event::ReplaceRoot { by, file: request.file, note: request.note };
    let Answer::Party(party) = control.driver.handle(person.does("party.replace-root", event)).await? else {
        return Err(unexpected());
    };
    one(&control, party.as_str()).await
}

pub(crate) async fn one(control: &Control, code: &str) -> Reply<PartyView> {
    let all = known_parties(control).await?;
    all.into_iter().find(|view| view.party == code).map(Json).ok_or_else(unexpected)
}
