//! Posts: each object is checked by itself; those that are good enter as records of this party, one for each label, and go to
//! partners where the rule of the collection says so and the decision permits it. Key functions: [`answer`] and [`enter`].

use std::collections::BTreeMap;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Response, StatusCode, header},
};
use entente_core::{Channel, Party, record::Status};
use entente_formats::taxii::{
    media,
    resource::{self, StatusDetail},
};
use entente_node::{
    Answer, Event,
    event::{Draft, Outcome, RecordRef, Release, Source, VersionDraft},
    person::Account,
};
use entente_seal::{Digest, Precedence};
use entente_store::taxii::{Collection, Intent, NewEntry, NewRecord, Root, StatusRow};

use super::{
    answer::{Fault, json},
    blocking,
    bundle::uuid,
    give::stamp,
    index::{now, settle},
    plan::{self, Item, Made, plan},
    route::Asked,
    sight::Sight,
};
use crate::{control::Control, keys::fresh_seed, people::SignedIn};

/// The channel of what a collection gives by its rule.
pub(super) const CHANNEL: &str = Channel::GOVERNMENTS;

/// `POST …/objects/`.
pub(super) async fn answer(
    asked: Asked,
    collection: Collection,
    root: &Root,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response<Body>, Fault> {
    let text = envelope_of(headers, body, root.longest).await?;
    let status = enter(&asked.control, &asked.caller.person, collection, text, None).await?;
    Ok(json(StatusCode::ACCEPTED, &status))
}

/// The body of a post, where it is one.
pub(super) async fn envelope_of(headers: &HeaderMap, body: Body, longest: u64) -> Result<String, Fault> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !media::is_content(kind) {
        let title = "a post is of application/taxii+json;version=2.1";
        return Err(Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, title));
    }
    let too_long = || {
        Fault::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a post has at most {longest} bytes"))
            .help("`max_content_length` of the API root; send fewer objects at a time")
    };
    let said = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|said| said > longest) {
        return Err(too_long());
    }
    let limit = usize::try_from(longest).unwrap_or(usize::MAX);
    let bytes = to_bytes(body, limit).await.map_err(|_| too_long())?;
    String::from_utf8(bytes.into()).map_err(|_| Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "the body is not UTF-8"))
}

/// Enters the objects of an envelope or a bundle; what came of each. `added` are moments for them, in their order, in
/// microseconds since 1970.
pub(super) async fn enter(
    control: &Control,
    person: &SignedIn,
    collection: Collection,
    text: String,
    added: Option<Vec<Option<i64>>>,
) -> Result<resource::Status, Fault> {
    let (taxii, driver, viewer) = (control.taxii.clone(), control.driver.clone(), person.viewer().clone());
    let party = control.operator.nationality.to_string();
    let began = now();
    let terms = collection.clone();
    let checked = control.taxii.read_later(move |readers| {
        let mut sight = Sight::new(readers, &taxii, &driver, &viewer);
        plan(&mut sight, &terms, &text, &party, began)
    });
    let (mut items, made) = checked.await?;
    let intents: Vec<Intent> = made
        .iter()
        .map(|made| Intent {
            record: made.id.clone(),
            collection: collection.number,
            added: added
                .as_ref()
                .map(|added| made.objects.iter().map(|ready| added.get(ready.number).copied().flatten()).collect()),
        })
        .collect();
    let under_way = control.taxii.under_way(made.iter().map(|made| made.id.clone()).collect());
    if !intents.is_empty() {
        control.taxii.write_later(move |index| index.intend(&intents, began)).await?;
    }
    if !collection.terms.to.is_empty() && !made.is_empty() {
        by_rule(control, person, &collection).await?;
    }
    let events = made.iter().enumerate().filter(|(_, made)| made.version_of.is_none()).map(|(number, one)| {
        let versions = made.iter().filter(|made| made.version_of == Some(number));
        let event = event_of(person, &collection, one, versions);
        let answer = control.driver.handle(person.does("taxii.post", event));
        async move { (number, answer.await) }
    });
    let answers = futures_util::future::join_all(events).await;
    let mut refused: BTreeMap<usize, String> = BTreeMap::new();
    let mut in_place = Vec::new();
    for (number, answer) in answers {
        match answer {
            Ok(Answer::Entered(_)) => {}
            Ok(Answer::Released { outcomes, .. }) => {
                let denied = outcomes.into_iter().filter(|(_, outcome)| matches!(outcome, Outcome::Denied { .. }));
                let denied: Vec<Party> = denied.map(|(party, _)| party).collect();
                let versions = made.iter().filter(|made| made.version_of == Some(number) && !denied.is_empty());
                in_place.extend(versions.map(|version| (version, denied.clone())));
            }
            Ok(_) => _ = refused.insert(number, "the node gave an unexpected answer".to_owned()),
            Err(failure) => _ = refused.insert(number, failure.to_string()),
        }
    }
    // Who may not have the whole may have what is left without its marked parts.
    for (version, to) in in_place {
        let name = RecordRef { originator: Some(control.operator.nationality.clone()), id: version.id.as_str().into() };
        let source = Source::Held(name, version.content.clone().into_bytes());
        let event = person.does("taxii.post", Event::Release(release(person, &collection, source, to)));
        if let Err(failure) = control.driver.handle(event).await {
            tracing::warn!(%failure, "TAXII: a copy without marked parts did not go to who may not have the whole");
        }
    }
    for (number, one) in made.iter().enumerate() {
        if let Some(why) = one.version_of.and_then(|whole| refused.get(&whole).cloned()) {
            refused.insert(number, why);
        }
    }
    for item in &mut items {
        if let plan::Outcome::Enters(record) = &item.outcome
            && let Some(why) = refused.get(record)
        {
            item.outcome = plan::Outcome::Refused(why.clone());
        }
    }
    let status = status_of(items, began)?;
    let row = StatusRow {
        id: status.id.clone(),
        root: collection.root.clone(),
        poster: person.name().to_owned(),
        at: began.div_euclid(1_000_000),
        body: serde_json::to_string(&status).map_err(|error| Fault::ours(error.to_string()))?,
    };
    let (taxii, party) = (control.taxii.clone(), control.operator.nationality.to_string());
    let keep = move || {
        let kept = index_and_keep(&taxii, &party, &made, &refused, &row);
        // Not before, also where who posted is gone by now.
        drop(under_way);
        kept
    };
    blocking(keep).await??;
    Ok(status)
}

/// Puts on the record by which rule of a collection something is about to be released.
async fn by_rule(control: &Control, person: &SignedIn, collection: &Collection) -> Result<(), Fault> {
    let terms = serde_json::to_string(&collection.terms).map_err(|error| Fault::ours(error.to_string()))?;
    let account = Account::Changed {
        by: person.person(),
        what: "TAXII post by the rule of a collection".to_owned(),
        name: collection.id.clone(),
        now: serde_json::json!({ "rule": entente_formats::hex::encode(Digest::of(terms.as_bytes()).as_bytes()) }),
    };
    control.driver.handle(Event::Account(account)).await?;
    Ok(())
}

fn index_and_keep(
    taxii: &super::Taxii,
    party: &str,
    made: &[Made],
    refused: &BTreeMap<usize, String>,
    row: &StatusRow,
) -> Result<(), Fault> {
    let entered: Vec<&Made> =
        made.iter().enumerate().filter(|(number, _)| !refused.contains_key(number)).map(|(_, made)| made).collect();
    let entries: Vec<Vec<NewEntry<'_>>> =
        entered.iter().map(|made| made.objects.iter().map(|ready| ready.new_entry(made.spec)).collect()).collect();
    let digests: Vec<[u8; 32]> = entered.iter().map(|made| *Digest::of(made.content.as_bytes()).as_bytes()).collect();
    let records: Vec<(NewRecord<'_>, &[NewEntry<'_>])> = entered
        .iter()
        .zip(&entries)
        .zip(&digests)
        .map(|((made, entries), digest)| {
            (NewRecord { originator: party, id: &made.id, digest, is_own: true }, entries.as_slice())
        })
        .collect();
    let gone: Vec<String> = refused.keys().filter_map(|number| made.get(*number)).map(|made| made.id.clone()).collect();
    settle(taxii, &records, &gone, row)
}

fn event_of<'m>(
    person: &SignedIn,
    collection: &Collection,
    made: &Made,
    versions: impl Iterator<Item = &'m Made>,
) -> Event {
    let version = |made: &Made| VersionDraft {
        id: made.id.as_str().into(),
        label: made.label.clone(),
        subjects: None,
        title: made.title(),
        media_type: resource::media_type(made.spec).to_owned(),
        content: made.content.clone().into_bytes(),
    };
    let draft = Draft {
        id: Some(made.id.as_str().into()),
        label: made.label.clone(),
        subjects: collection.terms.subjects.clone(),
        status: Status::Actual,
        distribution: Vec::new(),
        derived_from: Vec::new(),
        title: made.title(),
        media_type: resource::media_type(made.spec).to_owned(),
        content: made.content.clone().into_bytes(),
        versions: versions.map(version).collect(),
    };
    if collection.terms.to.is_empty() {
        return Event::Enter { by: person.viewer().clone(), draft };
    }
    let to = collection.terms.to.iter().map(|code| code.as_str().into()).collect();
    Event::Release(release(person, collection, Source::New(draft), to))
}

/// A release by the rule of the collection.
fn release(person: &SignedIn, collection: &Collection, source: Source, to: Vec<Party>) -> Release {
    Release {
        by: person.viewer().clone(),
        source,
        to,
        purpose: collection.terms.purpose.as_str().into(),
        channel: CHANNEL.into(),
        under: None,
        precedence: Precedence::Routine,
        expires: None,
    }
}

fn status_of(items: Vec<Item>, began: i64) -> Result<resource::Status, Fault> {
    let seed = fresh_seed().map_err(|error| Fault::ours(error.to_string()))?;
    let (mut successes, mut failures) = (Vec::new(), Vec::new());
    for Item { id, version, outcome } in items {
        let detail = |message| StatusDetail { id, version: stamp(version), message };
        match outcome {
            plan::Outcome::Enters(_) => successes.push(detail(None)),
            plan::Outcome::Known => successes.push(detail(Some("it is here already".to_owned()))),
            plan::Outcome::Refused(why) => failures.push(detail(Some(why))),
        }
    }
    Ok(resource::Status::new(uuid(seed.get(..16).unwrap_or_default()), stamp(began).0, successes, failures, Vec::new()))
}
