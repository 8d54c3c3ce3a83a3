//! Incidents and duties as they are kept: JSON of plain words, read back into what the judgement knows.

use entente_core::{
    agreement::{Basis, Force, InstrumentHash, clause::Notifier},
    alert::{Circle, Point, Polygon, Shape},
    consult::{Clock, Due, Evidence, Incident, Obligation, Place, Precedence},
    record::Status,
    time::Timestamp,
};
use entente_formats::hex;
use serde::{Deserialize, Serialize};

use crate::{event::Refusal, state::sha256};

/// Where something happened. Positions in microdegrees, radii in metres.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPlace {
    /// In words.
    pub name: String,
    /// Polygons: latitude and longitude of each corner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub polygons: Vec<Vec<(i32, i32)>>,
    /// Circles: latitude and longitude of the centre, and the radius.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub circles: Vec<(i32, i32, u32)>,
}

/// Which words of an incident a person or a rule of this party has said; the others were taken from the records that show it, and
/// are told to nobody who does not have these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnWords {
    /// What happened.
    pub title: bool,
    /// What kind of thing it is.
    pub trigger: bool,
    /// Since when.
    pub began: bool,
}

/// An incident, with the duties that it opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredIncident {
    /// Its number, 32 hex digits.
    pub number: String,
    /// One line for people.
    pub title: String,
    /// The word of the clauses.
    pub trigger: String,
    /// Where.
    pub place: Option<StoredPlace>,
    /// Whether a person said where; else that was taken from what shows it.
    pub is_own_place: bool,
    /// Which of the other words are this party's own; of incidents of an earlier version none is known to be.
    #[serde(default)]
    pub own: OwnWords,
    /// Since when, in seconds since the epoch.
    pub began: i64,
    /// Until when.
    pub ended: Option<i64>,
    /// `actual`, `exercise` or `test`.
    pub status: String,
    /// `FLASH` and the others.
    pub precedence: String,
    /// Originator, record, SHA-256 of the content in hex.
    pub evidence: Vec<(String, String, String)>,
    /// When it was raised, in seconds since the epoch.
    pub raised_at: i64,
    /// The raiser's role: `provider`, `recipient` or `any`.
    pub role: Option<String>,
    /// The person, or the operator of a rule.
    pub by: String,
    /// The rule that raised it.
    pub rule: Option<String>,
    /// SHA-256, in hex, of the signed notice that opened it, where what happened to a record did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// What it opened; in a drill, what it would have.
    pub obligations: Vec<StoredObligation>,
}

/// A duty, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObligation {
    /// Its number, 32 hex digits.
    pub id: String,
    /// Who owes it.
    pub party: String,
    /// To whom.
    pub to: Vec<String>,
    /// The agreement.
    pub agreement: String,
    /// Its version, in hex.
    pub hash: String,
    /// Its force.
    pub force: String,
    /// The article.
    pub clause: String,
    /// Where the wording comes from.
    pub basis: String,
    /// The kind of the clause.
    pub kind: String,
    /// The words of the clause.
    pub words: String,
    /// Since when, in seconds since the epoch.
    pub opened: i64,
    /// Until when.
    pub due: Option<i64>,
    /// Whose clock.
    pub clock: String,
}

/// That a duty was done, by this party's own word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredDischarge {
    /// The duty's number.
    pub obligation: String,
    /// The person who says so.
    pub by: String,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// What was done.
    pub note: String,
    /// Originator, record, SHA-256 of the content in hex.
    pub evidence: Vec<(String, String, String)>,
}

const KINDS: [&str; 5] = ["consult", "notify", "meet", "commit", "transparency"];
const CLOCKS: [Clock; 3] = [Clock::Text, Clock::Local, Clock::None];
const FORCES: [Force; 3] = [Force::Binding, Force::Arrangement, Force::Political];
const BASES: [Basis; 3] = [Basis::Text, Basis::Summary, Basis::Assumed];
const STATUSES: [Status; 3] = [Status::Actual, Status::Exercise, Status::Test];

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Evidence as words.
pub(crate) fn evidence_words(all: &[Evidence]) -> Vec<(String, String, String)> {
    let one = |one: &Evidence| (one.originator.to_string(), one.record.to_string(), hex::encode(&one.digest));
    all.iter().map(one).collect()
}

fn evidence(words: &[(String, String, String)]) -> Vec<Evidence> {
    let one = |(originator, record, digest): &(String, String, String)| {
        let digest = hex::decode(digest).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
        Evidence { originator: originator.as_str().into(), record: record.as_str().into(), digest }
    };
    words.iter().map(one).collect()
}

impl From<&Place> for StoredPlace {
    fn from(place: &Place) -> Self {
        let pair = |point: Point| (point.latitude(), point.longitude());
        let (mut polygons, mut circles) = (Vec::new(), Vec::new());
        for shape in &place.shapes {
            match shape {
                Shape::Polygon(polygon) => polygons.push(polygon.corners().iter().copied().map(pair).collect()),
                Shape::Circle(circle) => {
                    let (latitude, longitude) = pair(circle.center);
                    circles.push((latitude, longitude, circle.radius));
                }
            }
        }
        Self { name: place.name.clone(), polygons, circles }
    }
}

impl StoredPlace {
    fn read(&self) -> Place {
        let point = |(latitude, longitude): &(i32, i32)| Point::new(*latitude, *longitude);
        let polygons = self.polygons.iter().filter_map(|corners| {
            let corners: Option<Vec<Point>> = corners.iter().map(point).collect();
            Polygon::new(corners?).map(Shape::Polygon)
        });
        let circles = self.circles.iter().filter_map(|(latitude, longitude, radius)| {
            Some(Shape::Circle(Circle { center: Point::new(*latitude, *longitude)?, radius: *radius }))
        });
        Place { name: self.name.clone(), shapes: polygons.chain(circles).collect() }
    }
}

impl StoredIncident {
    pub(super) fn of(
        number: &[u8; 16],
        incident: &Incident,
        by: &str,
        rule: Option<&str>,
        (is_own_place, own): (bool, OwnWords),
        obligations: &[Obligation],
    ) -> Self {
        Self {
            number: hex::encode(number),
            title: incident.title.clone(),
            trigger: incident.trigger.clone(),
            place: incident.place.as_ref().map(StoredPlace::from),
            is_own_place,
            own,
            began: incident.began.as_second(),
            ended: incident.ended.map(Timestamp::as_second),
            status: incident.status.as_str().to_owned(),
            precedence: incident.precedence.as_str().to_owned(),
            evidence: evidence_words(&incident.evidence),
            raised_at: incident.raised_at.as_second(),
            role: incident.role.map(|role| role.as_str().to_owned()),
            by: by.to_owned(),
            rule: rule.map(str::to_owned),
            notice: None,
            obligations: obligations.iter().map(|one| StoredObligation::of(number, one)).collect(),
        }
    }

    /// What it says, raised by `party`.
    pub fn read(&self, party: &entente_core::Party) -> Incident {
        Incident {
            title: self.title.clone(),
            trigger: self.trigger.clone(),
            place: self.place.as_ref().map(StoredPlace::read),
            began: moment(self.began),
            ended: self.ended.map(moment),
            status: self.status(),
            precedence: self.precedence(),
            evidence: evidence(&self.evidence),
            raised_by: party.clone(),
            raised_at: moment(self.raised_at),
            role: Notifier::ALL.iter().copied().find(|role| Some(role.as_str()) == self.role.as_deref()),
        }
    }

    /// The signed notice that opened it.
    pub(crate) fn notice_digest(&self) -> Option<[u8; 32]> {
        hex::decode(self.notice.as_deref()?)?.try_into().ok()
    }

    /// Actual, exercise or test.
    pub fn status(&self) -> Status {
        STATUSES.into_iter().find(|status| status.as_str() == self.status).unwrap_or(Status::Test)
    }

    /// How urgent it is.
    pub fn precedence(&self) -> Precedence {
        Precedence::of(&self.precedence).unwrap_or(Precedence::Routine)
    }
}

/// SHA-256 of something as it is kept, in hex: what the ledger commits to.
pub(super) fn digest(stored: &impl Serialize) -> Result<String, Refusal> {
    let text = serde_json::to_string(stored).map_err(|error| Refusal::Ours(error.to_string()))?;
    Ok(hex::encode(&sha256(text.as_bytes())))
}

/// The number of a duty: it follows from what it is, so that it is the same after every start.
pub(super) fn number(of: &[u8], obligation: &Obligation) -> String {
    let parts = [
        hex::encode(of),
        obligation.party.to_string(),
        obligation.agreement.0.to_string(),
        obligation.clause.to_string(),
        obligation.kind.to_owned(),
        obligation.words.clone(),
    ];
    let digest = sha256(serde_json::json!(parts).to_string().as_bytes());
    hex::encode(digest.get(..16).unwrap_or_default())
}

impl StoredObligation {
    pub(super) fn of(incident: &[u8; 16], one: &Obligation) -> Self {
        Self {
            id: number(incident, one),
            party: one.party.to_string(),
            to: one.to.iter().map(ToString::to_string).collect(),
            agreement: one.agreement.0.to_string(),
            hash: hex::encode(&one.agreement.1.0),
            force: one.force.as_str().to_owned(),
            clause: one.clause.to_string(),
            basis: one.basis.as_str().to_owned(),
            kind: one.kind.to_owned(),
            words: one.words.clone(),
            opened: one.opened.as_second(),
            due: one.due.at.map(Timestamp::as_second),
            clock: one.due.clock.as_str().to_owned(),
        }
    }

    /// What is owed.
    pub(crate) fn read(&self) -> Obligation {
        let hash = hex::decode(&self.hash).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
        Obligation {
            party: self.party.as_str().into(),
            to: self.to.iter().map(|code| code.as_str().into()).collect(),
            agreement: (self.agreement.as_str().into(), InstrumentHash(hash)),
            force: FORCES.into_iter().find(|force| force.as_str() == self.force).unwrap_or(Force::Political),
            clause: self.clause.as_str().into(),
            basis: BASES.into_iter().find(|basis| basis.as_str() == self.basis).unwrap_or(Basis::Assumed),
            kind: KINDS.into_iter().find(|kind| *kind == self.kind).unwrap_or("consult"),
            words: self.words.clone(),
            opened: moment(self.opened),
            due: Due {
                at: self.due.map(moment),
                clock: CLOCKS.into_iter().find(|clock| clock.as_str() == self.clock).unwrap_or(Clock::None),
            },
        }
    }
}
