//! Disclosure in an emergency, where the party's own rules foresee it: a person says yes at once, with a reason, where otherwise
//! an approval or a second person would have to be waited for; and reports afterwards. It replaces this party's own yes and
//! nothing else: what a label, an agreement or an originator forbids stays forbidden.
//!
//! Key type: [`Emergency`].

use entente_core::{
    Party, Record, Subject,
    agreement::clause::{Action, Set},
    time::Timestamp,
    view::Viewer,
};
use entente_formats::wire::MAX_NOTE;
use serde::{Deserialize, Serialize};

use crate::{
    event::{Answer, RecordRef, Refusal},
    op::{Op, StoredApproval},
    state::{Key, Node},
    statement::Concerns,
};

/// For how long what an emergency allows may be given, in seconds.
const LASTS: i64 = 3600;
/// How many after-reports of one person may be open.
const MANY: usize = 100;

/// An emergency that was declared for one record and recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emergency {
    /// Its number.
    pub number: u64,
    /// Who declared it.
    pub by: String,
    /// The record's originator.
    pub originator: String,
    /// The record.
    pub record: String,
    /// The recipient.
    pub to: String,
    /// Why it could not wait.
    pub reason: String,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// Until when the report is due, in seconds since the epoch.
    pub due: i64,
    /// What was reported afterwards.
    pub report: Option<Report>,
}

/// What was reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// By whom.
    pub by: String,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// What.
    pub text: String,
}

impl Node {
    /// Whether an emergency that was declared a moment ago stands for a second person.
    pub(crate) fn is_emergency(&self, originator: &Party, record: &str, to: &Party, now: Timestamp) -> bool {
        self.emergencies.values().any(|declared| {
            declared.originator == originator.as_str()
                && declared.record == record
                && declared.to == to.as_str()
                && (0..=LASTS).contains(&(now.as_second() - declared.at))
        })
    }

    /// The emergencies about records that the viewer could see.
    pub fn emergencies(&self, viewer: &Viewer) -> impl Iterator<Item = &Emergency> {
        self.emergencies.values().filter(|declared| {
            let key = (declared.originator.as_str().into(), declared.record.as_str().into());
            self.records.get(&key).is_some_and(|held| self.could_see(held, viewer))
        })
    }

    pub(crate) fn declare_emergency(
        &mut self,
        by: &Viewer,
        name: &RecordRef,
        to: &Party,
        reason: String,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let record = self.in_use(&self.find_for(name, by)?.record()).into_owned();
        if reason.trim().is_empty() || reason.len() > MAX_NOTE {
            return Err(Refusal::Request(format!("say why it cannot wait, in at most {MAX_NOTE} bytes")));
        }
        // What was made from others is as high as they are, and about what they are about.
        let family: Vec<&Record> = std::iter::once(&record).chain(record.sources()).collect();
        let level = family.iter().map(|member| self.level(&member.label)).max();
        // Whatever is about nothing, for all that is said, is foreseen where everything is.
        let is_foreseen = |subjects: &Set<Subject>| {
            let holds = |member: &&Record| !member.subjects.is_empty() && subjects.holds_all(&member.subjects);
            *subjects == Set::Any || family.iter().all(holds)
        };
        let rules = self.national.get(&self.identity.party);
        let rule = rules.into_iter().flat_map(|rules| &rules.emergencies).find(|rule| {
            rule.to.holds(to) && is_foreseen(&rule.subjects) && level.is_some_and(|level| level <= rule.max)
        });
        let Some(rule) = rule else {
            return Err(Refusal::Request(format!(
                "this party's rules foresee no emergency disclosure of `{}` to {to}: `[[emergency]]` in national.toml",
                record.id
            )));
        };
        let is_due = |declared: &&Emergency| declared.by == by.name && declared.report.is_none();
        if self.emergencies.values().filter(is_due).count() >= MANY {
            return Err(Refusal::Request(format!("{MANY} reports of {} are due; write them first", by.name)));
        }
        let number = self.emergencies.last_key_value().map_or(0, |(number, _)| number + 1);
        let emergency = Emergency {
            number,
            by: by.name.clone(),
            originator: record.originator.to_string(),
            record: record.id.to_string(),
            to: to.to_string(),
            reason,
            at: now.as_second(),
            due: now.as_second().saturating_add(i64::from(rule.report_hours) * 3600),
            report: None,
        };
        let approval = StoredApproval {
            originator: emergency.originator.clone(),
            record: emergency.record.clone(),
            to: emergency.to.clone(),
            action: Action::Release.as_str().to_owned(),
            at: now.as_second(),
            note: format!("emergency {number}: {}", emergency.reason),
            until: Some(now.as_second().saturating_add(LASTS)),
        };
        let words = serde_json::json!(emergency);
        self.keep(Op::Approval(approval))?;
        self.keep(Op::Emergency(emergency))?;
        let key: Key = (record.originator.clone(), record.id.clone());
        self.state_of(now, "emergency", Concerns::record(&key), words)?;
        Ok(Answer::Number(number))
    }

    pub(crate) fn report_emergency(
        &mut self,
        by: &Viewer,
        number: u64,
        text: String,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let found = self.emergencies(by).find(|declared| declared.number == number).cloned();
        let mut emergency = found.ok_or_else(|| Refusal::Request(format!("no emergency {number} here")))?;
        if emergency.report.is_some() {
            return Err(Refusal::Request(format!("emergency {number} has its report already")));
        }
        if text.trim().is_empty() || text.len() > MAX_NOTE {
            return Err(Refusal::Request(format!(
                "say what was given and what came of it, in at most {MAX_NOTE} bytes"
            )));
        }
        emergency.report = Some(Report { by: by.name.clone(), at: now.as_second(), text });
        let words = serde_json::json!(emergency);
        let key: Key = (emergency.originator.as_str().into(), emergency.record.as_str().into());
        self.keep(Op::Emergency(emergency))?;
        self.state_of(now, "reported", Concerns::record(&key), words)?;
        Ok(Answer::Done)
    }
}
