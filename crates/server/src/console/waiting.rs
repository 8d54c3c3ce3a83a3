//! What waits for a person, on the desk: each with since when, and where something can be done about it.

use entente_core::time::{SignedDuration, Timestamp, day_of};

use super::{
    block::encode,
    commitments,
    consultations::place,
    duties::is_open,
    frame::State as Sign,
    strip::{name, unanswered},
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{CommitmentView, ConsultationView, ObligationView, ObligationsQuery, Status},
    control::{self, ApiError},
};

/// How long before its day a commitment is on the desk.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Something that waits.
pub(super) struct Waiting {
    pub(super) state: Sign,
    pub(super) words: String,
    pub(super) path: String,
    pub(super) since: Moment,
}

/// What this person can do something about, the most pressing first.
pub(super) async fn waiting(visit: &Visit, status: &Status) -> Result<Vec<Waiting>, ApiError> {
    let (say, mut waiting) = (visit.say(), Vec::new());
    let us = visit.control.operator.nationality.as_str();
    if visit.may("alert.acknowledge") {
        let open = control::alerts::unacknowledged(&visit.control, &visit.person, say).await?;
        waiting.extend(open.iter().map(|(alert, _)| Waiting {
            state: Sign::bad(say.one("desk-alert")),
            words: name(alert),
            path: format!("/alerts#a-{}", encode(&alert.record)),
            since: Moment::of(alert.messages.last().map_or("", |message| message.received.as_str()), say),
        }));
    }
    let mut silent = Vec::new();
    if visit.may("consultation.acknowledge") {
        silent = unanswered(visit).await?;
        let parts = |one: &ConsultationView| [("title", one.title.clone()), ("by", one.raised_by.clone())];
        waiting.extend(silent.iter().map(|one| Waiting {
            state: Sign::bad(say.one("desk-consultation")),
            words: say.filled("desk-consultation-words", &parts(one)),
            path: place(&one.name),
            since: Moment::of(&one.raised, say),
        }));
    }
    if visit.may("obligation.done") {
        let all = control::incidents::owed(&visit.control, &visit.person, &ObligationsQuery::default()).await?;
        // What stands in a text for years is no matter of this watch; what an answer above meets is there already.
        let is_above = |one: &ObligationView| {
            one.kind == "consult" && silent.iter().any(|of| one.consultation.as_ref() == Some(&of.name))
        };
        let is_pressing = |one: &&ObligationView| {
            let is_of_now = one.incident.is_some() || one.consultation.is_some();
            one.party == us && is_open(one) && is_of_now && !is_above(one)
        };
        waiting.extend(all.iter().filter(is_pressing).map(|one| duty(one, say)));
    }
    if visit.may("commitment.progress") {
        let all = control::pledges::all(&visit.control, &visit.person).await?;
        let soon = day_of(Timestamp::now()).saturating_add(SOON).to_string();
        let is_pressing = |one: &&CommitmentView| {
            one.owner == us
                && one.name.is_some()
                && (one.status == "overdue" || one.status == "open" && one.due.as_ref().is_some_and(|due| *due <= soon))
        };
        waiting.extend(all.iter().filter(is_pressing).map(|one| Waiting {
            state: match one.status.as_str() {
                "overdue" => Sign::bad(say.one("desk-commitment-overdue")),
                _ => Sign::attention(say.one("desk-commitment")),
            },
            words: one.what.clone(),
            path: one.name.as_deref().map_or_else(|| "/commitments".to_owned(), commitments::place),
            since: Moment::of(one.due.as_deref().unwrap_or_default(), say),
        }));
    }
    if visit.may("consent.answer") {
        let questions = control::consents::all_questions(&visit.control, &visit.person).await?;
        let open = questions.into_iter().filter(|question| question.direction == "theirs" && question.state == "open");
        waiting.extend(open.map(|question| {
            let parts = [
                ("partner", question.partner.clone()),
                ("record", question.record.clone()),
                ("to", question.to.clone()),
            ];
            Waiting {
                state: Sign::attention(say.one("desk-question")),
                words: say.filled("desk-question-words", &parts),
                path: format!("/consent#q-{}", question.request),
                since: Moment::of(&question.asked, say),
            }
        }));
    }
    if visit.may("release.confirm") {
        let all = control::second::all_waiting(&visit.control, &visit.person).await?;
        let open = all.into_iter().filter(|waits| waits.state == "waiting" && waits.by != visit.person.name());
        waiting.extend(open.map(|waits| {
            let parts = [("by", waits.by.clone()), ("record", waits.record.clone()), ("to", waits.to.clone())];
            Waiting {
                state: Sign::attention(say.one("desk-second")),
                words: say.filled("desk-second-words", &parts),
                path: format!("/second#s-{}", waits.number),
                since: Moment::of(&waits.proposed, say),
            }
        }));
    }
    if visit.may("emergency.report") {
        let all = control::second::all_emergencies(&visit.control, &visit.person).await?;
        waiting.extend(all.into_iter().filter(|emergency| emergency.report.is_none()).map(|emergency| {
            let parts =
                [("by", emergency.by.clone()), ("record", emergency.record.clone()), ("to", emergency.to.clone())];
            Waiting {
                state: Sign::bad(say.one("desk-report")),
                words: say.filled("desk-report-words", &parts),
                path: "/second#emergencies".to_owned(),
                since: Moment::of(&emergency.declared, say),
            }
        }));
    }
    if visit.may("affected.answer") && status.affected > 0 {
        waiting.push(Waiting {
            state: Sign::attention(say.one("desk-affected")),
            words: say.count("desk-affected-words", status.affected),
            path: "/consent#affected".to_owned(),
            since: Moment::of(&status.now, say),
        });
    }
    if visit.may("quarantine.list") && status.held + status.refused > 0 {
        waiting.push(Waiting {
            state: Sign::attention(say.one("desk-quarantine")),
            words: say.count("desk-quarantine-words", status.held + status.refused),
            path: "/node#quarantine".to_owned(),
            since: Moment::of(&status.now, say),
        });
    }
    Ok(waiting)
}

/// A duty of this party's, by when it is due.
fn duty(one: &ObligationView, say: Say) -> Waiting {
    let article = say.0.article(&one.clause.as_str().into());
    let clock = match one.clock.as_str() {
        "text" => say.one("clock-text"),
        "none" => say.one("clock-none"),
        _ => say.one("clock-local"),
    };
    let parts =
        [("what", one.words.clone()), ("agreement", one.agreement.clone()), ("article", article), ("clock", clock)];
    Waiting {
        state: match one.state.as_str() {
            "overdue" => Sign::bad(say.one("desk-duty-overdue")),
            _ => Sign::attention(say.one("desk-duty")),
        },
        words: say.filled("desk-duty-words", &parts),
        path: one.consultation.as_deref().map_or_else(|| "/consultations#duties".to_owned(), place),
        since: Moment::of(one.due.as_deref().unwrap_or(&one.opened), say),
    }
}
