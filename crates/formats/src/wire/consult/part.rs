//! The parts that several statements have.

use entente_core::{
    Party,
    alert::{Circle, Point, Polygon, Shape},
    consult::{Evidence, Place},
    time::Timestamp,
};
use minicbor::{Decode, Encode};

use super::super::{MAX_ITEMS, MAX_NOTE, MAX_WORD, WireError, few};
use crate::{alert::MAX_CORNERS, party::is_party_code};

/// A SHA-256 in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Digest32(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

/// A record that shows something.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct EvidenceStatement {
    /// The record's originator.
    #[n(0)]
    pub originator: String,
    /// The record.
    #[n(1)]
    pub record: String,
    /// SHA-256 of its content.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub digest: [u8; 32],
}

/// A position in microdegrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Position {
    /// North.
    #[n(0)]
    pub latitude: i32,
    /// East.
    #[n(1)]
    pub longitude: i32,
}

/// A shape on the globe.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ShapeStatement {
    /// Its corners, the first not repeated.
    #[n(0)]
    Polygon(#[n(0)] Vec<Position>),
    /// A circle.
    #[n(1)]
    Circle {
        /// Its centre.
        #[n(0)]
        center: Position,
        /// Its radius in metres.
        #[n(1)]
        radius: u32,
    },
}

/// Where something happened.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct PlaceStatement {
    /// In words.
    #[n(0)]
    pub name: String,
    /// On the globe.
    #[n(1)]
    pub shapes: Vec<ShapeStatement>,
}

/// A statement that is not what it should be.
pub(super) fn wrong(what: &'static str, detail: impl Into<String>) -> WireError {
    WireError::Malformed { what, detail: detail.into() }
}

/// A word or line within its limit that says something.
pub(super) fn word(what: &'static str, text: &str) -> Result<String, WireError> {
    limited(what, text, MAX_WORD)?;
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(wrong(what, "a word is empty or holds a control character"));
    }
    Ok(text.to_owned())
}

/// A note within its limit; it may be empty.
pub(super) fn note(what: &'static str, text: &str) -> Result<String, WireError> {
    limited(what, text, MAX_NOTE)?;
    Ok(text.to_owned())
}

pub(super) fn limited(what: &'static str, text: &str, limit: usize) -> Result<(), WireError> {
    if text.len() > limit { Err(WireError::TooLarge { what, length: text.len(), limit }) } else { Ok(()) }
}

/// The code of a party.
pub(super) fn party(what: &'static str, code: &str) -> Result<Party, WireError> {
    if is_party_code(code) { Ok(code.into()) } else { Err(wrong(what, "a party's code is not well formed")) }
}

/// Codes of parties, none twice.
pub(super) fn parties(what: &'static str, codes: &[String], limit: usize) -> Result<Vec<Party>, WireError> {
    few("parties", codes.len(), limit)?;
    let parties = codes.iter().map(|code| party(what, code)).collect::<Result<Vec<_>, _>>()?;
    let mut sorted = parties.clone();
    sorted.sort();
    sorted.dedup();
    if sorted.len() == parties.len() { Ok(parties) } else { Err(wrong(what, "a party is named twice")) }
}

/// Codes of parties as they are written.
pub(super) fn codes(parties: &[Party]) -> Vec<String> {
    parties.iter().map(ToString::to_string).collect()
}

/// A moment in whole seconds since the epoch.
pub(super) fn moment(what: &'static str, seconds: i64) -> Result<Timestamp, WireError> {
    Timestamp::from_second(seconds).map_err(|_| wrong(what, "a moment lies outside the calendar"))
}

impl EvidenceStatement {
    pub(super) fn of(all: &[Evidence]) -> Vec<Self> {
        let one = |evidence: &Evidence| Self {
            originator: evidence.originator.to_string(),
            record: evidence.record.to_string(),
            digest: evidence.digest,
        };
        all.iter().map(one).collect()
    }

    pub(super) fn read(what: &'static str, all: &[Self]) -> Result<Vec<Evidence>, WireError> {
        few("records of evidence", all.len(), MAX_ITEMS)?;
        let one = |evidence: &Self| {
            let (originator, record) = (party(what, &evidence.originator)?, word(what, &evidence.record)?.into());
            Ok(Evidence { originator, record, digest: evidence.digest })
        };
        all.iter().map(one).collect()
    }
}

impl From<Point> for Position {
    fn from(point: Point) -> Self {
        Self { latitude: point.latitude(), longitude: point.longitude() }
    }
}

impl PlaceStatement {
    pub(super) fn of(place: &Place) -> Self {
        let one = |shape: &Shape| match shape {
            Shape::Polygon(polygon) => {
                ShapeStatement::Polygon(polygon.corners().iter().copied().map(Position::from).collect())
            }
            Shape::Circle(circle) => ShapeStatement::Circle { center: circle.center.into(), radius: circle.radius },
        };
        Self { name: place.name.clone(), shapes: place.shapes.iter().map(one).collect() }
    }

    pub(super) fn read(&self, what: &'static str) -> Result<Place, WireError> {
        few("shapes", self.shapes.len(), MAX_ITEMS)?;
        let point = |position: &Position| {
            Point::new(position.latitude, position.longitude)
                .ok_or_else(|| wrong(what, "a position is not on the globe"))
        };
        let one = |shape: &ShapeStatement| match shape {
            ShapeStatement::Polygon(corners) => {
                few("corners of a polygon", corners.len(), MAX_CORNERS)?;
                let corners = corners.iter().map(point).collect::<Result<Vec<_>, _>>()?;
                let polygon = Polygon::new(corners).ok_or_else(|| wrong(what, "fewer than three corners differ"))?;
                Ok(Shape::Polygon(polygon))
            }
            ShapeStatement::Circle { center, radius } => {
                Ok(Shape::Circle(Circle { center: point(center)?, radius: *radius }))
            }
        };
        let shapes = self.shapes.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        limited(what, &self.name, MAX_NOTE)?;
        Ok(Place { name: self.name.clone(), shapes })
    }
}
