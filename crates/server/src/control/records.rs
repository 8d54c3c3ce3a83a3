//! Records: found, read, entered. What is shown of a classified one is on the record before it is shown.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use entente_core::{Party, RecordId};
use entente_formats::{hex, request};
use entente_node::{
    Answer, Event,
    event::{Listed, RecordRef},
    page::{Place, Sought},
    person::Account,
};

use super::{ApiError, Control, Reply, draft_of, read, unexpected};
use crate::{
    api::{DraftRequest, EnteredView, RecordView, RecordsPage, RecordsQuery},
    people::{SignedIn, accounts::now},
};

/// How many records a page has when nobody says.
const PAGE: usize = 50;
/// The most that it may have.
const LONGEST_PAGE: usize = 500;

/// Puts on the record who is shown which of these, where they are classified; what was told a moment ago is not told again.
pub(crate) async fn viewed<'a>(
    control: &Control,
    person: &SignedIn,
    listed: impl IntoIterator<Item = &'a Listed>,
    content: bool,
) -> Result<(), ApiError> {
    let classified = listed.into_iter().filter(|listed| listed.classified);
    let keys = classified.map(|listed| (listed.record.originator.clone(), listed.record.id.clone()));
    let records = control.views.new_of(person.name(), keys, content, now());
    if records.is_empty() {
        return Ok(());
    }
    let account = Account::Viewed { by: person.person(), records: records.clone(), content };
    let told = control.driver.handle(Event::Account(account)).await;
    if told.is_err() {
        control.views.forget(person.name(), &records, content);
    }
    Ok(told.map(drop)?)
}

/// A place as it goes out and comes back: hex, so that nobody takes it for more than a mark.
fn place_text(place: &Place) -> String {
    hex::encode(format!("{}\n{}\n{}", place.entered, place.originator, place.id).as_bytes())
}

fn place_of(text: &str) -> Option<Place> {
    let text = String::from_utf8(hex::decode(text)?).ok()?;
    let mut parts = text.splitn(3, '\n');
    let (entered, originator, id) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
    Some(Place { entered, originator: Party::from(originator), id: RecordId::from(id) })
}

/// `GET /records`.
pub(crate) async fn list(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<RecordsQuery>,
) -> Reply<RecordsPage> {
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=LONGEST_PAGE).contains(&limit) {
        return Err(ApiError::Request(format!("limit: `{limit}` is not from 1 to {LONGEST_PAGE}")));
    }
    let words = query.q.unwrap_or_default();
    if words.len() > 800 {
        return Err(ApiError::Request("q: at most 200 characters".to_owned()));
    }
    let after = query.after.as_deref().map(|text| {
        place_of(text).ok_or_else(|| ApiError::Request("after: not the `next` of a page before".to_owned()))
    });
    let after = after.transpose()?;
    let sought = Sought {
        words: words.split_whitespace().map(str::to_owned).collect(),
        originator: query.originator.map(Into::into),
        subject: query.subject,
        status: query.status.as_deref().map(|word| request::status("status", Some(word))).transpose()?,
    };
    let viewer = person.viewer().clone();
    let (found, next) = control.driver.inspect(move |node| node.page(&viewer, &sought, after.as_ref(), limit)).await?;
    viewed(&control, &person, &found, false).await?;
    Ok(Json(RecordsPage { records: found.iter().map(RecordView::from).collect(), next: next.as_ref().map(place_text) }))
}

/// The record, for who may see it; on the record when it is classified.
async fn look(
    control: &Control,
    person: &SignedIn,
    originator: &str,
    id: &str,
    content: bool,
) -> Result<Listed, ApiError> {
    // `-` stands for whoever the originator is.
    let originator = (originator != "-").then(|| Party::from(originator));
    let record = RecordRef { originator, id: id.into() };
    let Answer::Record(listed) = control.driver.handle(Event::Look { record, viewer: person.viewer().clone() }).await?
    else {
        return Err(unexpected());
    };
    viewed(control, person, [&*listed], content).await?;
    Ok(*listed)
}

/// `GET /records/{originator}/{id}`.
pub(crate) async fn one(
    State(control): State<Control>,
    person: SignedIn,
    Path((originator, id)): Path<(String, String)>,
) -> Reply<RecordView> {
    Ok(Json(RecordView::from(&look(&control, &person, &originator, &id, false).await?)))
}

/// `GET /records/{originator}/{id}/content`: exactly as it is; read only after the node has said that this viewer may see it.
pub(crate) async fn content(
    State(control): State<Control>,
    person: SignedIn,
    Path((originator, id)): Path<(String, String)>,
) -> Result<Vec<u8>, ApiError> {
    let listed = look(&control, &person, &originator, &id, true).await?;
    let content = read(&control, move |reader| reader.body(&listed.digest)).await?;
    content.ok_or_else(|| ApiError::NotFound(format!("no record `{id}`")))
}

/// `POST /records`: a record enters, and is given to nobody yet.
pub(crate) async fn enter(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<DraftRequest>,
) -> Reply<EnteredView> {
    let event = Event::Enter { by: person.viewer().clone(), draft: draft_of(request)? };
    match control.driver.handle(person.does("record.enter", event)).await? {
        Answer::Entered(record) => Ok(Json(EnteredView { record: record.to_string() })),
        _ => Err(unexpected()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_went_out() {
        let place = Place { entered: -7, originator: "KOR".into(), id: "a/b\nc".into() };
        assert_eq!(place_of(&place_text(&place)), Some(place));
        for wrong in ["", "zz", "0", "6162", "3132330a4b4f52"] {
            assert_eq!(place_of(wrong), None, "{wrong}");
        }
    }
}
