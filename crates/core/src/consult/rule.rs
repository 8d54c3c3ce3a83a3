//! Rules that raise an incident by themselves: which messages of alerts fire which of them, and why. A rule raises an
//! incident, never a consultation: that is for a person. Files are read in `entente-formats`. The key types are [`Rules`]
//! and [`Outcome`].

use super::{Incident, Place, Precedence};
use crate::{
    Party,
    alert::{Certainty, Kind, Message, MessageName, Severity, Shape, Source, Urgency},
    record::Status,
    time::Timestamp,
};

/// A zone that rules name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// The name in the file.
    pub id: String,
    /// In words.
    pub name: String,
    /// Where it is.
    pub shapes: Vec<Shape>,
    /// Codes of areas that belong to it: the name of their list, and the code.
    pub codes: Vec<(String, String)>,
}

impl Zone {
    /// Whether a place on the globe meets it.
    pub fn meets_shape(&self, shape: &Shape) -> bool {
        self.shapes.iter().any(|own| own.meets(shape))
    }

    /// Whether an area of the message meets it: by a shape, or by a code.
    fn meets(&self, message: &Message) -> bool {
        message.areas().any(|area| {
            area.codes.iter().any(|code| self.codes.contains(code))
                || area.shapes.iter().any(|shape| self.meets_shape(shape))
        })
    }
}

/// One rule. What it leaves out it does not ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name in the file.
    pub id: String,
    /// The profile of the message, such as `missile-warning/1`.
    pub profile: Option<String>,
    /// The parties whose alerts count; empty: any.
    pub from: Vec<Party>,
    /// Words of which an event must be one; empty: any.
    pub events: Vec<String>,
    /// Zones of which an area must meet one, by their places in [`Rules::zones`]; empty: anywhere.
    pub zones: Vec<usize>,
    /// The lowest severity.
    pub severity: Severity,
    /// The lowest urgency.
    pub urgency: Urgency,
    /// The lowest certainty.
    pub certainty: Certainty,
    /// The trigger of the incident.
    pub trigger: String,
    /// Its title.
    pub title: String,
    /// Its precedence.
    pub precedence: Precedence,
}

/// A file of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The zones.
    pub zones: Vec<Zone>,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// A condition of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the rule's fields")]
pub enum Condition {
    /// It tells of something: it is no cancel.
    Warns,
    Profile,
    From,
    Events,
    Zones,
    Severity,
    Urgency,
    Certainty,
}

impl Condition {
    /// The word for people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warns => "warns",
            Self::Profile => "profile",
            Self::From => "from",
            Self::Events => "events",
            Self::Zones => "zones",
            Self::Severity => "severity",
            Self::Urgency => "urgency",
            Self::Certainty => "certainty",
        }
    }
}

/// What a rule makes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Each condition that it has, and whether it holds.
    pub conditions: Vec<(Condition, bool)>,
    /// The zones that are met.
    pub zones: Vec<&'a Zone>,
}

impl Outcome<'_> {
    /// Whether the rule fires: every condition holds.
    pub fn fires(&self) -> bool {
        self.conditions.iter().all(|(_, holds)| *holds)
    }
}

impl Rules {
    /// What each rule makes of a message whose profile is `profile`. Nothing is raised by asking.
    pub fn dry_run(&self, message: &Message, profile: Option<&str>) -> Vec<Outcome<'_>> {
        self.rules.iter().map(|rule| self.outcome(rule, message, profile)).collect()
    }

    fn outcome<'a>(&'a self, rule: &'a Rule, message: &Message, profile: Option<&str>) -> Outcome<'a> {
        let level = message.level();
        let mut conditions = vec![(Condition::Warns, message.kind != Kind::Cancel && level.is_some())];
        if let Some(wanted) = &rule.profile {
            conditions.push((Condition::Profile, profile == Some(wanted)));
        }
        if !rule.from.is_empty() {
            conditions.push((Condition::From, rule.from.contains(&message.source.party)));
        }
        if !rule.events.is_empty() {
            let is_wanted = message.notices.iter().any(|notice| rule.events.contains(&notice.event));
            conditions.push((Condition::Events, is_wanted));
        }
        let zones: Vec<&Zone> =
            rule.zones.iter().filter_map(|at| self.zones.get(*at)).filter(|zone| zone.meets(message)).collect();
        if !rule.zones.is_empty() {
            conditions.push((Condition::Zones, !zones.is_empty()));
        }
        let mut at_least = |condition, is_asked: bool, holds: bool| {
            if is_asked {
                conditions.push((condition, holds));
            }
        };
        // The highest of each on its own: two notices of one message are two sides of one warning.
        let any =
            |holds: &dyn Fn(&crate::alert::Level) -> bool| message.notices.iter().any(|notice| holds(&notice.level));
        at_least(Condition::Severity, rule.severity > Severity::Unknown, any(&|level| level.severity >= rule.severity));
        at_least(Condition::Urgency, rule.urgency > Urgency::Unknown, any(&|level| level.urgency >= rule.urgency));
        at_least(
            Condition::Certainty,
            rule.certainty > Certainty::Unknown,
            any(&|level| level.certainty >= rule.certainty),
        );
        Outcome { rule, conditions, zones }
    }
}

/// What makes two firings one incident: the rule, and the alert by its source and first message.
pub type FiringKey<'a> = (&'a str, &'a Source, &'a MessageName);

/// The incident that a rule raises for `party` at `now`. Its status is the alert's: a drill raises a drill.
pub fn incident(outcome: &Outcome<'_>, message: &Message, party: &Party, now: Timestamp) -> Incident {
    let shapes = message.areas().flat_map(|area| area.shapes.iter().cloned()).collect();
    let names: Vec<&str> = message.areas().map(|area| area.name.as_str()).collect();
    let place = (!names.is_empty()).then(|| Place { name: names.join("; "), shapes });
    let status: Status = message.source.status;
    Incident {
        title: outcome.rule.title.clone(),
        trigger: outcome.rule.trigger.clone(),
        place,
        began: message.name.sent,
        ended: None,
        status,
        precedence: outcome.rule.precedence,
        evidence: Vec::new(),
        raised_by: party.clone(),
        raised_at: now,
        role: None,
    }
}
