//! How long contents are kept: those whose period is over, to be destroyed by a person; legal holds, which keep one all the same; and
//! the report that control of a record is lost.

use std::{fs, path::Path as FilePath};

use askama::Template;
use axum::{
    Form, Json,
    extract::{Path, Query, State},
    response::Response,
};

use super::{
    ask::{Ask, Button},
    banner::Banner,
    form::Fields,
    frame::{Frame, Page, State as Sign},
    html,
    lists::{List, Turned},
    records::{find, path},
    see,
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{CompromiseRequest, DestroyRequest, HoldRequest},
    backup::{LAST, Manifest},
    control::{self, ApiError},
};

/// After how many days without a back-up somebody should ask why; `entente doctor` says the same.
const OLD: i64 = 7;

struct Due {
    record: String,
    path: String,
    entered: Moment,
    days: u32,
    since: Moment,
    on_hold: bool,
}

struct Hold {
    record: String,
    path: String,
    by: String,
    at: Moment,
    note: String,
}

#[derive(Template)]
#[template(path = "keeping.html")]
struct Keeping {
    frame: Frame,
    due: Vec<Due>,
    more_due: Option<String>,
    holds: Vec<Hold>,
    more_holds: Option<String>,
    shows_due: bool,
    may_destroy: bool,
    may_hold: bool,
}

/// `GET /keeping`.
pub(super) async fn page(visit: Visit, Query(turned): Query<Turned>) -> Result<Response, ApiError> {
    let (say, control, person) = (visit.say(), &visit.control, &visit.person);
    let list = |name| List { path: "/keeping", name };
    let shows_due = visit.may("retention.due");
    let due = match shows_due {
        true => control::retention::all_due(control, person).await?,
        false => Vec::new(),
    };
    let (due, more_due) = list("due").cut(&turned, due, |one| format!("{}/{}", one.originator, one.record))?;
    let holds = control::retention::all_holds(control, person).await?;
    let (holds, more_holds) = list("holds").cut(&turned, holds, |one| format!("{}/{}", one.originator, one.record))?;
    let mut labels = Vec::new();
    if visit.may("record.show") {
        let names = due.iter().map(|one| (&one.originator, &one.record));
        for (originator, record) in names.chain(holds.iter().map(|one| (&one.originator, &one.record))) {
            let found = find(&visit.control, &visit, (originator.clone(), record.clone())).await;
            labels.extend(found.ok().map(|record| (record.label, record.status)));
        }
    }
    let banner = Banner::of(labels.iter().map(|(label, status)| (label.as_str(), status.as_str())), say);
    html(&Keeping {
        frame: visit.frame(Page::Records, say.one("keeping-title"), banner).await?,
        due: due
            .into_iter()
            .map(|one| Due {
                path: path(&one.originator, &one.record),
                record: format!("{}/{}", one.originator, one.record),
                entered: Moment::of(&one.entered, say),
                days: one.days,
                since: Moment::of(&one.since, say),
                on_hold: one.on_hold,
            })
            .collect(),
        holds: holds
            .into_iter()
            .map(|one| Hold {
                path: path(&one.originator, &one.record),
                record: format!("{}/{}", one.originator, one.record),
                by: one.by,
                at: Moment::of(&one.at, say),
                note: one.note,
            })
            .collect(),
        more_due,
        more_holds,
        shows_due,
        may_destroy: visit.may("record.destroy"),
        may_hold: visit.may("record.hold"),
    })
}

/// `POST /keeping/destroy`: here, and for good.
pub(super) async fn destroy(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    if fields.one("sure") != "yes" {
        return Err(ApiError::Request("sure: what is destroyed does not come back; tick the box".to_owned()));
    }
    let request = DestroyRequest { record: fields.one("record"), note: fields.one("note") };
    control::retention::destroy(State(visit.control), visit.person, Json(request)).await.map(drop)?;
    Ok(see("/keeping"))
}

/// `POST /keeping/lift`: a hold is over.
pub(super) async fn lift(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let request = HoldRequest { record: fields.one("record"), placed: false, note: fields.one("note") };
    control::retention::hold(State(visit.control), visit.person, Json(request)).await.map(drop)?;
    Ok(see("/keeping#holds"))
}

/// `GET /records/{originator}/{id}/hold`.
pub(super) async fn holding(visit: Visit, Path(name): Path<(String, String)>) -> Result<Response, ApiError> {
    let (record, say) = (find(&visit.control, &visit, name).await?, visit.say());
    let ask = Ask {
        title: say.with("hold-title", "record", &record.id),
        lead: say.one("hold-lead"),
        action: format!("{}/hold", path(&record.originator, &record.id)),
        fields: vec![visit.line("note", "recall-reason", String::new(), true)],
        button: Button { words: say.one("hold-place"), is_grave: false },
        decisions: Vec::new(),
    };
    ask.page(&visit, &record, None).await
}

/// `POST /records/{originator}/{id}/hold`.
pub(super) async fn hold(
    visit: Visit,
    Path(name): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let (record, fields) = (find(&visit.control, &visit, name).await?, Fields(fields));
    let record = format!("{}/{}", record.originator, record.id);
    let request = HoldRequest { record, placed: true, note: fields.one("note") };
    control::retention::hold(State(visit.control), visit.person, Json(request)).await.map(drop)?;
    Ok(see("/keeping#holds"))
}

/// `GET /records/{originator}/{id}/compromise`.
pub(super) async fn lost(visit: Visit, Path(name): Path<(String, String)>) -> Result<Response, ApiError> {
    let (record, say) = (find(&visit.control, &visit, name).await?, visit.say());
    let ask = Ask {
        title: say.with("compromise-title", "record", &record.id),
        lead: say.one("compromise-lead"),
        action: format!("{}/compromise", path(&record.originator, &record.id)),
        fields: vec![visit.line("note", "compromise-note", String::new(), true)],
        button: Button { words: say.one("record-compromise"), is_grave: true },
        decisions: Vec::new(),
    };
    ask.page(&visit, &record, None).await
}

/// `POST /records/{originator}/{id}/compromise`: whoever gave it, and its originator, are told.
pub(super) async fn report(
    visit: Visit,
    Path(name): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let (record, fields) = (find(&visit.control, &visit, name).await?, Fields(fields));
    let record = format!("{}/{}", record.originator, record.id);
    let request = CompromiseRequest { record, note: fields.one("note") };
    control::recalls::report(State(visit.control), visit.person, Json(request)).await.map(drop)?;
    Ok(see("/recalls#compromises"))
}

/// How the last back-up stands, as the file beside the store says: when it was made, and what is in it.
pub(super) fn last_backup(data: &FilePath, say: Say) -> Vec<(String, Sign)> {
    let text = fs::read_to_string(data.join(LAST)).ok();
    let Some(last) = text.and_then(|text| serde_json::from_str::<Manifest>(&text).ok()) else {
        return vec![(say.one("backup-last"), Sign::bad(say.one("backup-never")))];
    };
    let words = Moment::of(&last.at, say).words;
    let age = last.at.parse::<jiff::Timestamp>().map(|at| jiff::Timestamp::now().as_second() - at.as_second());
    let state = match age {
        Ok(age) if age <= OLD * 86_400 => Sign::good(words),
        _ => Sign::attention(words),
    };
    let keys = if last.with_keys { say.one("backup-with-keys") } else { say.one("backup-without-keys") };
    vec![
        (say.one("backup-last"), state),
        (say.one("backup-leaves"), Sign { class: "", words: last.ledger.0.to_string() }),
        (say.one("backup-size"), Sign { class: "", words: format!("{} KiB", last.bytes.div_ceil(1024)) }),
        (say.one("backup-keys"), Sign { class: "", words: keys }),
    ]
}

#[cfg(test)]
mod tests {
    use entente_core::explain::Language;

    use super::*;

    #[test]
    fn a_back_up_is_told_of_as_old_as_it_is() {
        let (folder, say) = (tempfile::tempdir().unwrap(), Say(Language::English));
        assert_eq!(last_backup(folder.path(), say)[0].1.class, "bad");
        for (days, class) in [(1, "good"), (8, "attention")] {
            let at = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(days * 24);
            let manifest = serde_json::json!({
                "schema": "entente.backup/1", "party": "KOR", "at": at.to_string(), "ledger": [7, "root"],
                "bytes": 2048, "erasure_keys": "data", "with_keys": false,
            });
            fs::write(folder.path().join(LAST), manifest.to_string()).unwrap();
            let told = last_backup(folder.path(), say);
            assert_eq!((told[0].1.class, told[2].1.words.as_str()), (class, "2 KiB"));
        }
        fs::write(folder.path().join(LAST), "not a manifest").unwrap();
        assert_eq!(last_backup(folder.path(), say)[0].1.class, "bad");
    }
}
