//! A warning as it was read, whatever its syntax, and what it means. The key function is [`read`].

use std::fmt;

use entente_core::{
    Party,
    alert::{self, Kind, Level, Message, MessageName, Notice, Shape, Source},
    record::Status,
    time::Timestamp,
};
use sha2::{Digest, Sha256};

use super::{
    cap::{self, Cap, MessageType},
    element::{Element, LIMITS},
    jma,
    missile::{self, MissileWarning},
};
use crate::{
    problem::Problem,
    xml::{self, excerpt},
};

/// The syntax of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// CAP 1.2.
    Cap,
    /// A bulletin of the Japan Meteorological Agency.
    Jma,
}

impl Syntax {
    /// The word for people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cap => "cap",
            Self::Jma => "jma",
        }
    }

    /// The media type of a record whose content is such a warning.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Cap => "application/cap+xml",
            Self::Jma => "application/vnd.entente.jma+xml",
        }
    }

    /// The syntax of a record of this media type; `None` for what is no warning.
    pub fn of_media_type(text: &str) -> Option<Self> {
        let bare = text.split(';').next().unwrap_or_default().trim();
        [Self::Cap, Self::Jma].into_iter().find(|syntax| bare.eq_ignore_ascii_case(syntax.media_type()))
    }
}

/// What is odd about a warning and no reason to refuse it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// A polygon crosses itself: the area of this name is what an odd number of turns encloses.
    CrossesItself(String),
    /// It ends before it was sent.
    ExpiresBeforeSent,
    /// The predicted impact lies before it was sent.
    ImpactBeforeSent,
    /// It updates or cancels and refers to nothing.
    WithoutReference,
    /// It warns of nothing: there is no `info`.
    SaysNothing,
    /// Elements of other namespaces were passed over: their names.
    PassedOver(Vec<String>),
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CrossesItself(area) => {
                write!(f, "a polygon of `{area}` crosses itself: an odd number of turns is inside")
            }
            Self::ExpiresBeforeSent => f.write_str("it expires before it was sent: one of the two clocks is wrong"),
            Self::ImpactBeforeSent => f.write_str("the predicted impact lies before it was sent"),
            Self::WithoutReference => f.write_str("it updates or cancels, and refers to no message: it stands alone"),
            Self::SaysNothing => f.write_str("it has no `info`, so that it warns of nothing"),
            Self::PassedOver(names) => write!(f, "passed over, being of other namespaces: {}", names.join(", ")),
        }
    }
}

/// A warning that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Its syntax.
    pub syntax: Syntax,
    /// The warning in CAP; for a bulletin, what it says in CAP.
    pub cap: Cap,
    /// What its source calls the events, where it chains messages without references.
    pub series: Vec<String>,
    /// What our profile says, where it is a missile warning.
    pub missile: Option<MissileWarning>,
    digest: [u8; 32],
}

/// Reads a warning in either syntax.
///
/// # Errors
/// The first thing wrong, at its place.
pub fn read(text: &str) -> Result<Reading, Problem> {
    let document = xml::document(text, &LIMITS)?;
    let root = Element(document.root_element());
    let (syntax, cap, series) = if cap::is_cap(root) {
        (Syntax::Cap, cap::parse(text)?, Vec::new())
    } else if jma::is_report(root) {
        let bulletin = jma::bulletin(root)?;
        (Syntax::Jma, bulletin.cap(&[]), bulletin.series())
    } else {
        return Err(root
            .problem(format!("`{}` is no warning", excerpt(root.name())))
            .help("a warning is an `alert` of CAP 1.2, or a `Report` of the Japan Meteorological Agency"));
    };
    let missile = missile::read(&cap).map_err(|wrong| wrong.in_text(text))?;
    Ok(Reading { syntax, cap, series, missile, digest: Sha256::digest(text.as_bytes()).into() })
}

impl Reading {
    /// What is odd about it: for people. Whether outlines cross themselves takes long to find out, so that no node asks.
    pub fn remarks(&self) -> Vec<Remark> {
        remarks(&self.cap, self.missile.as_ref(), !self.series.is_empty())
    }

    /// What it means, signed by `party`; `None` for what is no alert: an acknowledgement, an error message, a draft.
    pub fn message(&self, party: &Party) -> Option<Message> {
        let cap = &self.cap;
        let kind = match cap.message_type {
            MessageType::Alert => Kind::Alert,
            MessageType::Update => Kind::Update,
            MessageType::Cancel => Kind::Cancel,
            MessageType::Ack | MessageType::Error => return None,
        };
        Some(Message {
            source: Source { party: party.clone(), sender: cap.sender.clone(), status: status(cap.status)? },
            name: MessageName { sent: cap.sent, identifier: cap.identifier.clone() },
            digest: self.digest,
            kind,
            references: cap.references.clone(),
            series: self.series.clone(),
            notices: cap.infos.iter().map(notice).collect(),
        })
    }
}

/// What a status means here; none for a draft. What serves the network itself is a test.
fn status(status: cap::Status) -> Option<Status> {
    match status {
        cap::Status::Actual => Some(Status::Actual),
        cap::Status::Exercise => Some(Status::Exercise),
        cap::Status::System | cap::Status::Test => Some(Status::Test),
        cap::Status::Draft => None,
    }
}

fn notice(info: &cap::Info) -> Notice {
    Notice {
        language: info.language.clone(),
        event: info.event.clone(),
        headline: info.headline.clone(),
        level: Level { severity: info.severity, urgency: info.urgency, certainty: info.certainty },
        onset: info.onset,
        expires: info.expires,
        areas: info.areas.iter().map(area).collect(),
    }
}

fn area(area: &cap::Area) -> alert::Area {
    let polygons = area.polygons.iter().cloned().map(Shape::Polygon);
    alert::Area {
        name: area.description.clone(),
        shapes: polygons.chain(area.circles.iter().copied().map(Shape::Circle)).collect(),
        codes: area.geocodes.iter().map(|code| (code.name.clone(), code.value.clone())).collect(),
    }
}

fn remarks(cap: &Cap, missile: Option<&MissileWarning>, is_series: bool) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let areas = || cap.infos.iter().flat_map(|info| &info.areas);
    for area in areas().filter(|area| area.polygons.iter().any(entente_core::alert::Polygon::crosses_itself)) {
        remarks.push(Remark::CrossesItself(area.description.clone()));
    }
    let ends: Option<Vec<Timestamp>> = cap.infos.iter().map(|info| info.expires).collect();
    if ends.is_some_and(|ends| ends.iter().max().is_some_and(|end| *end <= cap.sent)) {
        remarks.push(Remark::ExpiresBeforeSent);
    }
    if missile.is_some_and(|missile| missile.impact.1 < cap.sent) {
        remarks.push(Remark::ImpactBeforeSent);
    }
    let refers = !cap.references.is_empty() || is_series;
    if matches!(cap.message_type, MessageType::Update | MessageType::Cancel) && !refers {
        remarks.push(Remark::WithoutReference);
    }
    if cap.infos.is_empty() && matches!(cap.message_type, MessageType::Alert | MessageType::Update) {
        remarks.push(Remark::SaysNothing);
    }
    if !cap.extensions.is_empty() {
        remarks.push(Remark::PassedOver(cap.extensions.clone()));
    }
    remarks
}
