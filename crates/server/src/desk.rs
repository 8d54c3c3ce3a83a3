//! What the configuration says of alerts, rules and clocks: `[alerts]`, `[[alerts.handling]]` and `[consultations]`.

use std::path::{Path, PathBuf};

use entente_core::{Channel, consult::Precedence};
use entente_formats::{alert::missile, label, rules};
use entente_node::desk::{Desk, Handling, Recipients};
use serde::Deserialize;

use crate::config::ConfigError;

/// The settings, before the file of rules is read.
#[derive(Clone, Debug, Default)]
pub struct DeskConfig {
    /// The file of rules.
    pub rules: Option<PathBuf>,
    /// All the rest.
    pub desk: Desk,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AlertsText {
    rules: Option<PathBuf>,
    lifetime_minutes: Option<u32>,
    handling: Vec<HandlingText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HandlingText {
    profile: Option<String>,
    label: String,
    #[serde(default)]
    subjects: Vec<String>,
    #[serde(default)]
    to: Vec<String>,
    purpose: String,
    #[serde(default = "channel")]
    channel: String,
    #[serde(default)]
    prefer: Vec<String>,
}

fn channel() -> String {
    Channel::GOVERNMENTS.to_owned()
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConsultationsText {
    flash_minutes: Option<u32>,
    immediate_minutes: Option<u32>,
    priority_minutes: Option<u32>,
    routine_minutes: Option<u32>,
    notify_minutes: Option<u32>,
    close_minutes: Option<u32>,
}

/// The longest clock that can be set: a year.
const LONGEST: u32 = 366 * 24 * 60;

/// The settings that the configuration names. `Err` is a sentence.
pub(crate) fn desk(alerts: AlertsText, clocks: &ConsultationsText, folder: &Path) -> Result<DeskConfig, String> {
    let mut desk = Desk::default();
    let seconds = |key: &str, minutes: u32| match minutes {
        1..=LONGEST => Ok(minutes * 60),
        _ => Err(format!("{key}: `{minutes}` is not from 1 to {LONGEST} minutes")),
    };
    if let Some(minutes) = alerts.lifetime_minutes {
        desk.lifetime = seconds("alerts.lifetime_minutes", minutes)?;
    }
    for (precedence, key, minutes) in [
        (Precedence::Flash, "flash_minutes", clocks.flash_minutes),
        (Precedence::Immediate, "immediate_minutes", clocks.immediate_minutes),
        (Precedence::Priority, "priority_minutes", clocks.priority_minutes),
        (Precedence::Routine, "routine_minutes", clocks.routine_minutes),
    ] {
        if let Some(minutes) = minutes {
            desk.clocks.consult.insert(precedence, seconds(&format!("consultations.{key}"), minutes)?);
        }
    }
    if let Some(minutes) = clocks.notify_minutes {
        desk.clocks.notify = seconds("consultations.notify_minutes", minutes)?;
    }
    if let Some(minutes) = clocks.close_minutes {
        desk.close_after = seconds("consultations.close_minutes", minutes)?;
    }
    desk.handling = alerts.handling.into_iter().map(handling).collect::<Result<_, _>>()?;
    Ok(DeskConfig { rules: alerts.rules.map(|path| folder.join(path)), desk })
}

fn handling(text: HandlingText) -> Result<Handling, String> {
    let HandlingText { profile, label, subjects, to, purpose, channel, prefer } = text;
    if let Some(profile) = profile.as_ref().filter(|profile| *profile != missile::VERSION) {
        return Err(format!("alerts.handling.profile: `{profile}` is none; known: `{}`", missile::VERSION));
    }
    label::parse(&label).map_err(|problem| {
        format!("alerts.handling.label, character {}: {problem}", problem.line_and_column(&label).1)
    })?;
    let wrong = to.iter().find(|code| *code != "*" && !entente_formats::party::is_party_code(code));
    if let Some(code) = wrong {
        return Err(format!("alerts.handling.to: `{code}` is no party code; `*` stands for every partner"));
    }
    let to = match to.iter().any(|code| code == "*") {
        true => Recipients::All,
        false => Recipients::Only(to.iter().map(|code| code.as_str().into()).collect()),
    };
    let prefer = prefer.iter().map(|id| id.as_str().into()).collect();
    Ok(Handling { profile, label, subjects, to, purpose: purpose.into(), channel: channel.into(), prefer })
}

impl DeskConfig {
    /// The settings with their rules.
    ///
    /// # Errors
    /// When the file of rules cannot be read or does not fit.
    pub fn read(&self) -> Result<Desk, ConfigError> {
        let mut desk = self.desk.clone();
        let Some(path) = &self.rules else { return Ok(desk) };
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| ConfigError::Read { path: path.clone(), source })?;
        desk.rules = rules::parse(&text).map_err(|problems| {
            let message = problems.first().map_or_else(String::new, |problem| {
                let (line, column) = problem.line_and_column(&text);
                format!("line {line}, column {column}: {problem}")
            });
            ConfigError::Content { path: path.clone(), message }
        })?;
        Ok(desk)
    }
}
