//! Meaning as the texts of a request line: what a node writes down so that it can be replayed.

use entente_core::{
    Record, Subject,
    agreement::clause::Set,
    record::{Hop, Onward, Status},
    world::{Answers, Approval, Consent},
};

use super::{ApprovalLine, ConsentLine, HopLine, RecordLine, VersionLine};
use crate::label;

impl From<&Record> for RecordLine {
    fn from(record: &Record) -> Self {
        Self {
            id: record.id.to_string(),
            label: label::write(&record.label),
            originator: record.originator.to_string(),
            subjects: texts(&record.subjects),
            status: (record.status != Status::Actual).then(|| record.status.as_str().to_owned()),
            custody: record.custody.iter().map(HopLine::from).collect(),
            distribution: texts(&record.distribution),
            derived_from: record.derived_from.iter().map(Self::from).collect(),
            versions: record.versions.iter().map(|version| write_version(record, version)).collect(),
        }
    }
}

/// A version, without what it has in common with its record.
fn write_version(record: &Record, version: &Record) -> VersionLine {
    VersionLine {
        id: version.id.to_string(),
        label: label::write(&version.label),
        subjects: (version.subjects != record.subjects).then(|| texts(&version.subjects)),
        custody: (version.custody != record.custody).then(|| version.custody.iter().map(HopLine::from).collect()),
        distribution: (version.distribution != record.distribution).then(|| texts(&version.distribution)),
        derived_from: (version.derived_from != record.derived_from)
            .then(|| version.derived_from.iter().map(RecordLine::from).collect()),
    }
}

fn texts(names: &[impl ToString]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

impl From<&Hop> for HopLine {
    fn from(hop: &Hop) -> Self {
        Self {
            from: hop.from.to_string(),
            to: hop.to.to_string(),
            under: texts(&hop.under),
            purpose: hop.purpose.to_string(),
            onward: (hop.onward == Onward::Ask).then(|| "ask".to_owned()),
        }
    }
}

impl From<&Consent> for ConsentLine {
    fn from(consent: &Consent) -> Self {
        let (record, subjects, max, to) = match &consent.answers {
            Answers::Record(record, to) => (Some(record.to_string()), None, None, to.to_string()),
            Answers::Standing { subjects, max, to } => {
                let to = to.as_ref().map_or_else(|| "*".to_owned(), ToString::to_string);
                (None, Some(words(subjects)), Some(max.to_string()), to)
            }
        };
        Self {
            by: consent.by.to_string(),
            record,
            subjects,
            max,
            to,
            action: consent.action.as_str().to_owned(),
            purpose: consent.purpose.as_ref().map(ToString::to_string),
            until: consent.until.map(|until| until.to_string()),
        }
    }
}

fn words(set: &Set<Subject>) -> Vec<String> {
    match set {
        Set::Any => vec!["*".to_owned()],
        Set::Of(subjects) => texts(subjects),
    }
}

impl From<&Approval> for ApprovalLine {
    fn from(approval: &Approval) -> Self {
        Self {
            by: approval.by.to_string(),
            record: approval.record.to_string(),
            to: approval.to.to_string(),
            action: approval.action.as_str().to_owned(),
        }
    }
}
