//! Records: found, read, entered. What is shown of a classified one is on the record before it is shown.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use entente_core::{Party, RecordId};
use entente_formats::request;
use entente_node::{
    Answer, Event, Feed,
    event::{Listed, RecordRef},
    page::{Place, Sought},
    person::Account,
};

use super::{ApiError, Control, Reply, draft_of, ledger, outbox, read, record_view, unexpected};
use crate::{
    api::{DraftRequest, EnteredView, GivenView, RecordView, RecordsPage, RecordsQuery},
    people::{SignedIn, accounts::now},
    turn::Failure,
};

/// How many records a page has when nobody says.
const PAGE: usize = 50;
/// A mark is as long as this, or a multiple of it.
const PADDED: usize = 512;
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
    let keys = classified.map(|listed| (listed.record.originator.clone(), listed.record.id.clone())).collect();
    viewed_keys(control, person, keys, content).await
}

/// The same of records that are classified.
pub(crate) async fn viewed_keys(
    control: &Control,
    person: &SignedIn,
    keys: Vec<(Party, RecordId)>,
    content: bool,
) -> Result<(), ApiError> {
    let at = now();
    let records = control.views.new_of(&person.person(), keys.into_iter(), content, at);
    if records.is_empty() {
        return Ok(());
    }
    let account = Account::Viewed { by: person.person(), records: records.clone(), content };
    control.driver.handle(Event::Account(account)).await?;
    control.views.told(&person.person(), &records, content, at);
    Ok(())
}

/// A place as it goes out and comes back, to be sealed: it may be that of a record which the asker may not see, and neither
/// its name nor how long that is may be told.
fn place_text(place: &Place) -> String {
    let mut text = format!("{}\n{}\n{}\n{}", place.entered, place.originator, place.id.as_str().len(), place.id);
    let length = text.len().next_multiple_of(PADDED);
    // Bytes, not letters.
    text.push_str(&" ".repeat(length - text.len()));
    text
}

fn place_of(text: &str) -> Option<Place> {
    let mut parts = text.splitn(4, '\n');
    let (entered, originator) = (parts.next()?.parse().ok()?, parts.next()?);
    let length = parts.next()?.parse().ok()?;
    let id = parts.next()?.get(..length)?;
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
    if words.chars().count() > 200 {
        return Err(ApiError::Request("q: at most 200 characters".to_owned()));
    }
    let after = query.after.as_deref().map(|text| {
        let place = ledger::open(&control, &person, text).and_then(|text| place_of(&text));
        place.ok_or_else(|| ApiError::Request("after: not the `next` of a page before".to_owned()))
    });
    let after = after.transpose()?;
    let sought = Sought {
        words: words.split_whitespace().map(str::to_owned).collect(),
        originator: query.originator.map(Into::into),
        subject: query.subject,
        given_to: query.given_to.map(Into::into),
        status: query.status.as_deref().map(|word| request::status("status", Some(word))).transpose()?,
    };
    let viewer = person.viewer().clone();
    let (found, next) = control.driver.inspect(move |node| node.page(&viewer, &sought, after.as_ref(), limit)).await?;
    viewed(&control, &person, &found, false).await?;
    Ok(Json(RecordsPage {
        records: found.iter().map(|listed| record_view(&control, listed)).collect(),
        next: next.map(|next| ledger::seal(&control, &person, &place_text(&next))).transpose()?,
    }))
}

/// The record, for who may see it; on the record when it is classified.
pub(crate) async fn look(
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

/// The record, without its content.
pub(crate) async fn look_at(
    control: &Control,
    person: &SignedIn,
    originator: &str,
    id: &str,
) -> Result<Listed, ApiError> {
    look(control, person, originator, id, false).await
}

/// `GET /records/{originator}/{id}`.
pub(crate) async fn one(
    State(control): State<Control>,
    person: SignedIn,
    Path((originator, id)): Path<(String, String)>,
) -> Reply<RecordView> {
    Ok(Json(record_view(&control, &look(&control, &person, &originator, &id, false).await?)))
}

/// `GET /records/{originator}/{id}/given`: where it went from here.
pub(crate) async fn given(
    State(control): State<Control>,
    person: SignedIn,
    Path((originator, id)): Path<(String, String)>,
) -> Reply<Vec<GivenView>> {
    let originator = (originator != "-").then(|| Party::from(originator.as_str()));
    let (name, viewer) = (RecordRef { originator, id: id.as_str().into() }, person.viewer().clone());
    let entries = control.driver.inspect(move |node| node.entries_of(&name, &viewer)).await?;
    let entries = entries.map_err(|refusal| ApiError::Failure(Failure::Refused(refusal)))?;
    let views = read(&control, move |reader| {
        let view = |(feed, index): (Feed, u64)| {
            let row = reader.outgoing_from(&feed, index, 1)?.pop().filter(|row| row.index == index);
            let state = row.map_or("waiting".to_owned(), |row| outbox::state_of(&row, false, now()));
            let (to, lane) = (feed.partner.to_string(), feed.lane.as_str().to_owned());
            Ok(GivenView { to, lane, index, state })
        };
        entries.into_iter().map(view).collect()
    });
    Ok(Json(views.await?))
}

/// `POST /records/{originator}/{id}/printed`: a page with it is being printed. A browser that says nothing of it prints all the same: this
/// is for people who keep to the rules, and view and content are on the record in any case.
pub(crate) async fn printed(
    State(control): State<Control>,
    person: SignedIn,
    Path((originator, id)): Path<(String, String)>,
) -> Reply<()> {
    let record = look(&control, &person, &originator, &id, false).await?.record;
    let account = Account::Printed { by: person.person(), record: (record.originator, record.id) };
    control.driver.handle(Event::Account(account)).await?;
    Ok(Json(()))
}

/// `POST /records`: a record enters, and is given to nobody yet.
pub(crate) async fn enter(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<DraftRequest>,
) -> Reply<EnteredView> {
    let event = Event::Enter { by: person.viewer().clone(), draft: draft_of(&control, &person, request)? };
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
        let text = |id: &str| place_text(&Place { entered: 7, originator: "KOR".into(), id: id.into() });
        assert_eq!(text("K").len(), text(&"ä".repeat(100)).len());
        for id in ["é€ü", ""] {
            assert_eq!(place_of(&text(id)).unwrap().id.as_str(), id);
        }
        for wrong in ["", "zz", "7", "x\nKOR\n3\nK-1", "7\nKOR", "7\nKOR\nK-1", "7\nKOR\n4\nK-1"] {
            assert_eq!(place_of(wrong), None, "{wrong}");
        }
    }
}
