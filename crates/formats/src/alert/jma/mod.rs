//! Bulletins of the Japan Meteorological Agency (気象庁防災情報XML, version 1.x): what they say, and the same in CAP.
//!
//! Three kinds are read: tsunami warnings (VTSE41), earthquake early warnings (VXSE43), and information on an earthquake
//! (VXSE53). A bulletin says nothing of those before it but the event that it belongs to: the bulletins of one kind on one
//! event are a series, each in the place of the one before. The areas are codes of the agency's own lists; where they lie
//! is not in a bulletin. Elements that are not needed are passed over. The key type is [`Bulletin`].

mod read;
mod tsunami;
mod quake;

use entente_core::{
    alert::{Reference, Severity},
    time::Timestamp,
};
pub(super) use read::{bulletin, is_report};

use super::cap::{Area, Cap, Category, Info, MessageType, Named, Scope, Status};

/// The kind of a bulletin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// VTSE41: tsunami warnings, advisories and forecasts.
    Tsunami,
    /// VXSE43: earthquake early warning.
    EarlyWarning,
    /// VXSE53: where an earthquake was, and how it was felt.
    Earthquake,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Tsunami, Self::EarlyWarning, Self::Earthquake];

    /// The agency's code of the kind.
    pub fn code(self) -> &'static str {
        match self {
            Self::Tsunami => "VTSE41",
            Self::EarlyWarning => "VXSE43",
            Self::Earthquake => "VXSE53",
        }
    }

    /// The title in the control part, which alone tells the kind.
    pub fn title(self) -> &'static str {
        match self {
            Self::Tsunami => "津波警報・注意報・予報a",
            Self::EarlyWarning => "緊急地震速報（警報）",
            Self::Earthquake => "震源・震度に関する情報",
        }
    }

    fn category(self) -> Category {
        Category::Geo
    }
}

/// What a bulletin does (`InfoType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Issue {
    /// 発表: it is issued.
    Issued,
    /// 訂正: it corrects the one before.
    Corrected,
    /// 遅延: it is issued late.
    Delayed,
    /// 取消: the ones before are taken back.
    Cancelled,
}

/// Where the earthquake was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hypocenter {
    /// The name of the area.
    pub name: String,
    /// The agency's code of it.
    pub code: Option<String>,
    /// The position as the bulletin writes it, `+37.3+136.6-10000/`: degrees, and metres of height.
    pub coordinate: Option<String>,
    /// The magnitude in words: `Ｍ７．２`.
    pub magnitude: Option<String>,
    /// When.
    pub origin: Option<Timestamp>,
}

/// One notice of a bulletin: what holds for some areas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name and code in the agency's list, such as 津波注意報, 62.
    pub name: String,
    /// The code; none where the kind has none.
    pub code: Option<String>,
    /// How bad it is: see `docs/spec/alerts.md` for what is taken for what.
    pub severity: Severity,
    /// The earliest arrival among its areas.
    pub arrival: Option<Timestamp>,
    /// Whether it has arrived at one of them.
    pub arrived: bool,
    /// The areas.
    pub areas: Vec<Region>,
}

/// An area of a bulletin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// The agency's list of codes, and the code.
    pub code: (String, String),
    /// What is expected there in the words of the bulletin, such as the height of the wave: `１ｍ`, `巨大`.
    pub expected: Option<String>,
}

/// One bulletin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulletin {
    /// Its kind.
    pub kind: Kind,
    /// Actual, exercise or test.
    pub status: Status,
    /// What it does.
    pub issue: Issue,
    /// When it was sent.
    pub sent: Timestamp,
    /// Who publishes it: `気象庁`.
    pub publisher: String,
    /// The events that it belongs to, as the agency numbers them.
    pub events: Vec<String>,
    /// Its number among the bulletins on the event, where it has one.
    pub serial: Option<String>,
    /// Until when it holds, where it says so.
    pub valid_until: Option<Timestamp>,
    /// The title of its head.
    pub title: String,
    /// The headline.
    pub headline: Option<String>,
    /// The comments, in full.
    pub comments: Vec<String>,
    /// The earthquake.
    pub hypocenter: Option<Hypocenter>,
    /// What holds where. Empty: nothing any more.
    pub parts: Vec<Part>,
}

impl Bulletin {
    /// The series that it belongs to: bulletins of the same kind on the same event.
    pub fn series(&self) -> Vec<String> {
        self.events.iter().map(|event| format!("{}/{event}", self.kind.code())).collect()
    }

    /// Whether it takes back what was said: a cancellation, or that nothing holds any more.
    pub fn is_over(&self) -> bool {
        self.issue == Issue::Cancelled || (self.kind == Kind::Tsunami && self.parts.is_empty())
    }

    /// The bulletin in CAP, referring to these earlier messages of its series. What is over is a `Cancel`, else the first
    /// is an `Alert` and what refers to others an `Update`.
    pub fn cap(&self, earlier: &[Reference]) -> Cap {
        let message_type = match (self.is_over(), earlier.is_empty()) {
            (true, _) => MessageType::Cancel,
            (false, true) => MessageType::Alert,
            (false, false) => MessageType::Update,
        };
        let serial = self.serial.as_deref().map(|serial| format!("/{serial}")).unwrap_or_default();
        let event = self.events.first().map(String::as_str).unwrap_or_default();
        Cap {
            identifier: format!("{}/{event}{serial}/{}", self.kind.code(), self.sent),
            sender: self.publisher.clone(),
            sent: self.sent,
            status: self.status,
            message_type,
            source: Some(self.title.clone()),
            scope: Scope::Public,
            restriction: None,
            addresses: Vec::new(),
            codes: Vec::new(),
            note: None,
            references: earlier.to_vec(),
            incidents: self.events.clone(),
            infos: self.infos(),
            extensions: Vec::new(),
        }
    }

    fn infos(&self) -> Vec<Info> {
        self.parts.iter().map(|part| self.info(part)).collect()
    }

    fn info(&self, part: &Part) -> Info {
        let mut info =
            Info::new(self.kind.category(), &part.name, (self.urgency(part), part.severity, self.certainty(part)));
        info.language = "ja".to_owned();
        info.onset = part.arrival;
        info.expires = self.valid_until;
        info.sender_name = Some(self.publisher.clone());
        info.headline.clone_from(&self.headline);
        info.description = (!self.comments.is_empty()).then(|| self.comments.join("\n\n"));
        info.event_codes = part.code.iter().map(|code| Named::new(self.kind.code(), code)).collect();
        let quake = self.hypocenter.iter().flat_map(|quake| {
            let origin = quake.origin.map(|at| at.to_string());
            [
                ("jma:hypocenter", Some(&quake.name)),
                ("jma:coordinate", quake.coordinate.as_ref()),
                ("jma:magnitude", quake.magnitude.as_ref()),
                ("jma:origin-time", origin.as_ref()),
            ]
            .into_iter()
            .filter_map(|(name, value)| Some(Named::new(name, value?)))
            .collect::<Vec<_>>()
        });
        info.parameters = quake.collect();
        let expected = |region: &Region| {
            let words = region.expected.as_ref()?;
            Some(Named::new("jma:expected", format!("{}: {words}", region.name)))
        };
        info.parameters.extend(part.areas.iter().filter_map(expected));
        info.areas = part
            .areas
            .iter()
            .map(|region| Area {
                description: region.name.clone(),
                polygons: Vec::new(),
                circles: Vec::new(),
                geocodes: vec![Named::new(format!("jma:{}", region.code.0), &region.code.1)],
                altitude: None,
                ceiling: None,
            })
            .collect();
        info
    }

    fn urgency(&self, part: &Part) -> entente_core::alert::Urgency {
        use entente_core::alert::Urgency;
        match (self.kind, part.severity) {
            (Kind::Earthquake, _) => Urgency::Past,
            (Kind::EarlyWarning, _) | (Kind::Tsunami, Severity::Extreme | Severity::Severe) => Urgency::Immediate,
            (Kind::Tsunami, Severity::Moderate) => Urgency::Expected,
            (Kind::Tsunami, _) => Urgency::Future,
        }
    }

    fn certainty(&self, part: &Part) -> entente_core::alert::Certainty {
        use entente_core::alert::Certainty;
        if self.kind == Kind::Earthquake || part.arrived { Certainty::Observed } else { Certainty::Likely }
    }
}
