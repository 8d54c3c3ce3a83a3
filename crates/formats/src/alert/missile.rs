//! Our profile of CAP for missile warnings, `missile-warning/1`: a warning to the people in the area where something may
//! come down. It says when and about where it was launched, where and when it may come down, how sure that is, and whose
//! sensors saw it; nothing with which to aim or to intercept. Specified in `docs/spec/alerts.md`.
//!
//! The key type is [`MissileWarning`].

use entente_core::{
    Party,
    alert::{Circle, Reference},
    time::Timestamp,
};

use super::{
    cap::{self, Area, Cap, Category, Info, MessageType, Named, ResponseType, Scope, Status},
    place,
};
use crate::{label::moment as moments, party::is_party_code, problem::Problem, xml::excerpt};

/// The event code that says which profile it is.
pub const PROFILE: &str = "entente:profile";
/// Its value.
pub const VERSION: &str = "missile-warning/1";

/// What every parameter of the profile begins with.
const PREFIX: &str = "entente:";
const LAUNCH_TIME: &str = "entente:launch-time";
const LAUNCH_AREA: &str = "entente:launch-area";
const IMPACT_FROM: &str = "entente:impact-not-before";
const IMPACT_UNTIL: &str = "entente:impact-not-after";
const CONFIDENCE: &str = "entente:impact-confidence";
const SENSOR: &str = "entente:sensor-party";
const PARAMETERS: [&str; 6] = [LAUNCH_TIME, LAUNCH_AREA, IMPACT_FROM, IMPACT_UNTIL, CONFIDENCE, SENSOR];

/// The smallest radius of a launch area, in metres: a warning says about where, and serves no aim.
pub const SMALLEST_LAUNCH_AREA: u32 = 10_000;

/// What the profile says beside CAP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissileWarning {
    /// When it was launched.
    pub launched: Timestamp,
    /// About where: a circle of at least ten kilometres.
    pub launch_area: Circle,
    /// Where it may come down: the areas of the first `info`.
    pub impact_areas: Vec<Area>,
    /// The earliest and the latest moment at which it may come down.
    pub impact: (Timestamp, Timestamp),
    /// How sure it is, in per cent, that it comes down in these areas and between these moments, if at all.
    pub confidence: Option<u8>,
    /// The party whose sensors saw it.
    pub sensor: Party,
}

/// What is wrong with a message that claims the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The parameter, or another text of the message, where it is.
    near: String,
    message: String,
    help: String,
}

impl Wrong {
    fn new(near: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { near: near.to_owned(), message: message.into(), help: help.into() }
    }

    /// The problem at its place in the text of the message.
    pub(super) fn in_text(self, text: &str) -> Problem {
        let at = text.find(&self.near).or_else(|| text.find(PROFILE));
        let at = at.map_or(text.len()..text.len(), |start| {
            start
                ..start
                    + if text.get(start..).is_some_and(|rest| rest.starts_with(&self.near)) {
                        self.near.len()
                    } else {
                        PROFILE.len()
                    }
        });
        Problem::new(self.message, at).help(self.help)
    }
}

/// What a message of the profile says; `None` for any other, and for a cancel, which need not say it again.
///
/// # Errors
/// When it claims the profile and does not keep it.
pub fn read(cap: &Cap) -> Result<Option<MissileWarning>, Wrong> {
    let claims = |info: &Info| info.event_codes.iter().any(|code| code.name == PROFILE && code.value == VERSION);
    let Some(first) = cap.infos.first().filter(|_| cap.infos.iter().any(claims)) else { return Ok(None) };
    if cap.message_type == MessageType::Cancel {
        return Ok(None);
    }
    if let Some(other) = cap.infos.iter().find(|info| !claims(info)) {
        let help = "every `info` is the same warning in another language";
        return Err(Wrong::new(
            &other.event,
            format!("an `info` of a missile warning lacks the code `{PROFILE}`"),
            help,
        ));
    }
    let warning = one(first)?;
    for info in cap.infos.iter().skip(1) {
        let mut other = one(info)?;
        // Its areas bear names in another language; where they are must be the same.
        let same = |(ours, theirs): (&Area, &Area)| ours.polygons == theirs.polygons && ours.circles == theirs.circles;
        let is_same = warning.impact_areas.len() == other.impact_areas.len()
            && warning.impact_areas.iter().zip(&other.impact_areas).all(same);
        other.impact_areas.clone_from(&warning.impact_areas);
        if !is_same || other != warning {
            let help = "every `info` is the same warning in another language: the same areas, and the same parameters";
            return Err(Wrong::new(&info.language, "two `info` of a missile warning differ", help));
        }
    }
    Ok(Some(warning))
}

fn one(info: &Info) -> Result<MissileWarning, Wrong> {
    let known = PARAMETERS.join(", ");
    if let Some(other) = info
        .parameters
        .iter()
        .find(|parameter| parameter.name.starts_with(PREFIX) && !PARAMETERS.contains(&parameter.name.as_str()))
    {
        let message = format!("a missile warning has no `{}`", excerpt(&other.name));
        return Err(Wrong::new(&other.name, message, format!("it warns, and says no more than: {known}")));
    }
    let text = |name: &'static str| {
        let help = format!("every `info` of the profile has each of its parameters once: {known}");
        info.parameter(name).ok_or_else(|| Wrong::new(name, format!("`{name}` is missing, or there twice"), help))
    };
    let moment = |name: &'static str| {
        let text = text(name)?;
        moments::parse(text).ok_or_else(|| Wrong::new(name, format!("`{}` is no moment", excerpt(text)), moments::HELP))
    };
    let launch_area =
        place::circle(text(LAUNCH_AREA)?).map_err(|(message, help)| Wrong::new(LAUNCH_AREA, message, help))?;
    if launch_area.radius < SMALLEST_LAUNCH_AREA {
        let help = "it says about where, and serves no aim: write a radius of at least 10 km";
        return Err(Wrong::new(LAUNCH_AREA, "the launch area is too exact for a warning", help));
    }
    let launched = moment(LAUNCH_TIME)?;
    let impact = (moment(IMPACT_FROM)?, moment(IMPACT_UNTIL)?);
    if impact.0 > impact.1 || impact.0 < launched {
        let help = "the launch comes first, then the earliest impact, then the latest";
        return Err(Wrong::new(IMPACT_FROM, "launch and impact are not in their order", help));
    }
    let confidence = match info.parameters.iter().find(|parameter| parameter.name == CONFIDENCE) {
        None => None,
        Some(_) => {
            let text = text(CONFIDENCE)?;
            let percent = text.parse::<u8>().ok().filter(|n| (1..=99).contains(n) && n.to_string() == text);
            let help = "write a whole number of per cent from 1 to 99, or leave it out";
            Some(percent.ok_or_else(|| Wrong::new(CONFIDENCE, format!("`{}` is no confidence", excerpt(text)), help))?)
        }
    };
    let sensor = text(SENSOR)?;
    if !is_party_code(sensor) {
        let message = format!("`{}` is not the code of a party", excerpt(sensor));
        return Err(Wrong::new(SENSOR, message, "such as `JPN`"));
    }
    if info.areas.is_empty() || info.areas.iter().any(|area| area.polygons.is_empty() && area.circles.is_empty()) {
        let help = "each `area` is one where it may come down, and has a polygon or a circle";
        return Err(Wrong::new(&info.event, "a missile warning lacks an area on the globe", help));
    }
    Ok(MissileWarning {
        launched,
        launch_area,
        impact_areas: info.areas.clone(),
        impact,
        confidence,
        sensor: sensor.into(),
    })
}

/// What a message has beside the warning itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named as in CAP")]
pub struct Frame {
    pub identifier: String,
    pub sender: String,
    pub sent: Timestamp,
    pub status: Status,
    pub message_type: MessageType,
    pub references: Vec<Reference>,
    pub headline: String,
}

/// The warning as a message of the profile, in English. It expires with the latest impact.
pub fn write(frame: Frame, warning: &MissileWarning) -> Cap {
    use entente_core::alert::{Certainty, Severity, Urgency};
    let level = (Urgency::Immediate, Severity::Extreme, Certainty::Likely);
    let mut info = Info::new(Category::Security, "Missile warning", level);
    info.response_types = vec![ResponseType::Shelter];
    info.event_codes = vec![Named::new(PROFILE, VERSION)];
    info.onset = Some(warning.impact.0);
    info.expires = Some(warning.impact.1);
    info.headline = Some(frame.headline);
    info.parameters = vec![
        Named::new(LAUNCH_TIME, cap::moment(warning.launched)),
        Named::new(LAUNCH_AREA, place::write_circle(&warning.launch_area)),
        Named::new(IMPACT_FROM, cap::moment(warning.impact.0)),
        Named::new(IMPACT_UNTIL, cap::moment(warning.impact.1)),
        Named::new(SENSOR, warning.sensor.as_str()),
    ];
    info.parameters.extend(warning.confidence.map(|percent| Named::new(CONFIDENCE, percent.to_string())));
    info.areas.clone_from(&warning.impact_areas);
    Cap {
        identifier: frame.identifier,
        sender: frame.sender,
        sent: frame.sent,
        status: frame.status,
        message_type: frame.message_type,
        source: None,
        scope: Scope::Restricted,
        restriction: Some("for the parties that it is given to; to the public as each of them decides".to_owned()),
        addresses: Vec::new(),
        codes: Vec::new(),
        note: None,
        references: frame.references,
        incidents: Vec::new(),
        infos: vec![info],
        extensions: Vec::new(),
    }
}
