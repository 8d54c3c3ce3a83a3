//! Alerts in the API.

use std::cmp::Ordering;

use entente_core::alert::{Area, Change, Message, Notice, Shape, Shift, Standing};
use entente_node::alert::{Acknowledged, AlertSeen, MessageSeen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    RecipientView, moment,
    words::{changes, finding},
};
use crate::console::Say;

/// `POST /alerts`: a warning comes in.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IngestRequest {
    /// The message of CAP 1.2, or the bulletin, in base64: it is kept exactly.
    pub content: String,
    /// Its label; that of the settings when absent. Only who may release gives another.
    pub label: Option<String>,
    /// What it is about; as set when absent. Only who may release says something else.
    pub subjects: Option<Vec<String>>,
    /// To whom it goes; as set when absent. Only who may release names somebody.
    pub to: Option<Vec<String>>,
}

/// What became of a warning that came in.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct IngestedView {
    /// The record, under this party as its originator.
    pub record: String,
    /// Whether the same message was here before.
    pub known: bool,
    /// For each recipient that did not have it.
    pub recipients: Vec<RecipientView>,
    /// Recipients that cannot be reached, and why.
    pub unreachable: Vec<(String, String)>,
    /// The numbers of the incidents that rules have raised.
    pub incidents: Vec<String>,
}

/// One event as its source tells of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct AlertView {
    /// `ORIGINATOR/ID` of the record that brought its last message: it names the alert in other questions.
    pub record: String,
    /// Whose it is.
    pub party: String,
    /// The sender that the messages name.
    pub sender: String,
    /// `actual`, `exercise` or `test`.
    pub status: String,
    /// The identifier of its first message.
    pub first: String,
    /// `in-effect`, `cancelled` or `expired`.
    pub standing: String,
    /// Of what is in effect: the highest.
    pub severity: Option<String>,
    pub urgency: Option<String>,
    pub certainty: Option<String>,
    pub until: Option<String>,
    /// Whether that moment is this node's own setting, because the message leaves it open.
    pub until_is_local: bool,
    /// `missile-warning/1`, where a message keeps that profile.
    pub profile: Option<String>,
    pub headline: Option<String>,
    /// What happens, in the sender's words.
    pub event: Option<String>,
    pub messages: Vec<AlertMessageView>,
    /// What a person should see, in words.
    pub notes: Vec<String>,
    /// The parties that have it, as far as is known here.
    pub held_by: Vec<String>,
    /// Those of them that have not taken note of all that stands.
    pub waits_for: Vec<String>,
}

/// A message of an alert.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct AlertMessageView {
    /// `ORIGINATOR/ID`.
    pub record: String,
    pub identifier: String,
    pub sent: String,
    pub received: String,
    /// `alert`, `update` or `cancel`.
    pub kind: String,
    /// In words: `first`, `RAISED`, `LOWERED`, `cancelled` and so on.
    pub change: String,
    pub raises: bool,
    pub lowers: bool,
    /// Whether nothing has taken its place.
    pub stands: bool,
    pub notices: Vec<NoticeView>,
    pub acknowledged: Vec<AcknowledgedView>,
}

/// One notice of a message.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as in CAP")]
pub struct NoticeView {
    pub language: String,
    pub event: String,
    pub headline: Option<String>,
    pub severity: String,
    pub urgency: String,
    pub certainty: String,
    pub onset: Option<String>,
    pub expires: Option<String>,
    pub areas: Vec<AreaView>,
}

/// An area. Positions in degrees.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AreaView {
    /// In words.
    pub name: String,
    /// Latitude and longitude of each corner.
    #[serde(default)]
    pub polygons: Vec<Vec<(f64, f64)>>,
    /// Latitude, longitude, and the radius in kilometres.
    #[serde(default)]
    pub circles: Vec<(f64, f64, f64)>,
    /// The name of a list, and the code.
    #[serde(default)]
    pub codes: Vec<(String, String)>,
}

/// That a person has taken note.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct AcknowledgedView {
    pub party: String,
    /// As the party says.
    pub person: String,
    /// By the party's clock.
    pub at: String,
    /// When it became known here.
    pub known: String,
}

impl AlertView {
    /// The view of an alert, in the language of whoever asks.
    pub(crate) fn new(alert: &AlertSeen, say: Say) -> Self {
        let (level, until, until_is_local) = match alert.standing {
            Standing::InEffect { level, until, local } => (Some(level), until, local),
            _ => (None, None, false),
        };
        let last = alert.messages.iter().rev().find(|message| message.stands).or_else(|| alert.messages.last());
        let notice = last.and_then(|last| last.message.notices.first());
        let notes =
            alert.findings.iter().map(|one| format!("{}: {}", one.message.identifier, finding(&one.found, say)));
        Self {
            record: last.map(name_of).unwrap_or_default(),
            party: alert.source.party.to_string(),
            sender: alert.source.sender.clone(),
            status: alert.source.status.as_str().to_owned(),
            first: alert.first.identifier.clone(),
            standing: match alert.standing {
                Standing::InEffect { .. } => "in-effect",
                Standing::Cancelled => "cancelled",
                Standing::Expired => "expired",
            }
            .to_owned(),
            severity: level.map(|level| level.severity.as_str().to_owned()),
            urgency: level.map(|level| level.urgency.as_str().to_owned()),
            certainty: level.map(|level| level.certainty.as_str().to_owned()),
            until: until.map(|until| until.to_string()),
            until_is_local,
            profile: alert.profile.map(str::to_owned),
            headline: notice.and_then(|notice| notice.headline.clone()),
            event: notice.map(|notice| notice.event.clone()),
            messages: alert.messages.iter().map(|message| AlertMessageView::new(message, say)).collect(),
            notes: notes.collect(),
            held_by: alert.held_by.iter().map(ToString::to_string).collect(),
            waits_for: alert.waits_for().iter().map(ToString::to_string).collect(),
        }
    }
}

fn name_of(seen: &MessageSeen) -> String {
    format!("{}/{}", seen.record.0, seen.record.1)
}

impl AlertMessageView {
    fn new(seen: &MessageSeen, say: Say) -> Self {
        let Message { name, kind, notices, .. } = &*seen.message;
        let shift = match &seen.change {
            Change::Revised(shift) => Some(shift),
            _ => None,
        };
        Self {
            record: name_of(seen),
            identifier: name.identifier.clone(),
            sent: name.sent.to_string(),
            received: seen.received.to_string(),
            kind: kind.as_str().to_owned(),
            change: changes(&seen.change, say),
            raises: shift.is_some_and(Shift::raises),
            lowers: shift.is_some_and(Shift::lowers),
            stands: seen.stands,
            notices: notices.iter().map(NoticeView::from).collect(),
            acknowledged: seen.acknowledged.iter().map(AcknowledgedView::from).collect(),
        }
    }
}

impl From<&Acknowledged> for AcknowledgedView {
    fn from(one: &Acknowledged) -> Self {
        Self { party: one.by.to_string(), person: one.person.clone(), at: moment(one.at), known: moment(one.known) }
    }
}

impl From<&Notice> for NoticeView {
    fn from(notice: &Notice) -> Self {
        Self {
            language: notice.language.clone(),
            event: notice.event.clone(),
            headline: notice.headline.clone(),
            severity: notice.level.severity.as_str().to_owned(),
            urgency: notice.level.urgency.as_str().to_owned(),
            certainty: notice.level.certainty.as_str().to_owned(),
            onset: notice.onset.map(|at| at.to_string()),
            expires: notice.expires.map(|at| at.to_string()),
            areas: notice.areas.iter().map(AreaView::from).collect(),
        }
    }
}

impl From<&Area> for AreaView {
    fn from(area: &Area) -> Self {
        Self { codes: area.codes.clone(), ..Self::of(&area.name, &area.shapes) }
    }
}

impl AreaView {
    /// A name with shapes.
    pub fn of(name: &str, shapes: &[Shape]) -> Self {
        let degrees = |microdegrees: i32| f64::from(microdegrees) / 1e6;
        let mut view = Self { name: name.to_owned(), ..Self::default() };
        for shape in shapes {
            match shape {
                Shape::Polygon(polygon) => {
                    let corners = polygon.corners().iter();
                    let corners = corners.map(|corner| (degrees(corner.latitude()), degrees(corner.longitude())));
                    view.polygons.push(corners.collect());
                }
                Shape::Circle(circle) => {
                    let (latitude, longitude) = (circle.center.latitude(), circle.center.longitude());
                    view.circles.push((degrees(latitude), degrees(longitude), f64::from(circle.radius) / 1000.0));
                }
            }
        }
        view
    }
}

/// In which order alerts are listed: those in effect first, the worst and the newest first.
pub(crate) fn by_urgency(one: &AlertSeen, other: &AlertSeen) -> Ordering {
    let rank = |alert: &AlertSeen| match alert.standing {
        Standing::InEffect { level, .. } => (2, Some(level)),
        Standing::Expired => (1, None),
        Standing::Cancelled => (0, None),
    };
    let newest = |alert: &AlertSeen| alert.messages.iter().map(|message| message.received).max();
    (rank(other), newest(other)).cmp(&(rank(one), newest(one)))
}
