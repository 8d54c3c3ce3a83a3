//! The texts of a request line as meaning.

use entente_core::{
    AgreementId, Label, Level, Party, Record, Subject,
    agreement::clause::{Action, Set},
    record::{Hop, MAX_DERIVATION, Onward, Status},
    time::{Date, Timestamp},
    world::{Answers, Consent, World},
};

use super::{ConsentLine, HopLine, LineError, RecordLine, wrong};
use crate::label;

pub(super) fn each<L, T>(
    field: &str,
    lines: &[L],
    mut read: impl FnMut(&str, &L) -> Result<T, LineError>,
) -> Result<Vec<T>, LineError> {
    lines.iter().enumerate().map(|(at, line)| read(&format!("{field}[{at}]"), line)).collect()
}

/// Reads an action.
///
/// # Errors
/// When it is neither `release` nor `display`.
pub fn action(field: &str, text: &str) -> Result<Action, LineError> {
    [Action::Release, Action::Display]
        .into_iter()
        .find(|action| action.as_str() == text)
        .ok_or_else(|| wrong(field, format!("unknown action `{text}`; known: `release`, `display`")))
}

/// Reads a moment: RFC 3339 with an offset.
///
/// # Errors
/// When it is none.
pub fn moment(field: &str, text: &str) -> Result<Timestamp, LineError> {
    text.parse().map_err(|_| wrong(field, format!("`{text}` is no moment; expected the form 2026-11-20T00:00:00Z")))
}

/// Reads the last moment of a period; a bare day counts to its end, in UTC.
fn until(field: &str, text: &str) -> Result<Timestamp, LineError> {
    match text.parse::<Date>() {
        Ok(day) if text.len() == 10 => moment(field, &format!("{day}T23:59:59.999999999Z")),
        _ => moment(field, text),
    }
}

/// Reads a consent.
pub(super) fn consent(field: &str, line: &ConsentLine) -> Result<Consent, LineError> {
    let to = line.to.as_str();
    let answers = match (&line.record, &line.subjects, &line.max) {
        (Some(record), ..) => Answers::Record(record.as_str().into(), to.into()),
        (None, Some(subjects), Some(max)) => Answers::Standing {
            subjects: set(subjects),
            max: Level::from_banner(max)
                .ok_or_else(|| wrong(format!("{field}.max"), format!("unknown level `{max}`")))?,
            to: (to != "*").then(|| to.into()),
        },
        (None, ..) => {
            return Err(wrong(field, "a standing consent (`record` is null) needs `subjects` and `max`"));
        }
    };
    Ok(Consent {
        by: line.by.as_str().into(),
        answers,
        action: action(&format!("{field}.action"), &line.action)?,
        purpose: line.purpose.as_deref().map(Into::into),
        until: line.until.as_deref().map(|text| until(&format!("{field}.until"), text)).transpose()?,
    })
}

fn set(words: &[String]) -> Set<Subject> {
    if words.iter().any(|word| word == "*") { Set::Any } else { Set::Of(ids(words)) }
}

/// Reads a record line on its own, every party and agreement accepted as named.
///
/// # Errors
/// The first field whose value does not fit.
pub fn record(line: &RecordLine) -> Result<Record, LineError> {
    read_record("record", line, &mut Vec::new(), Names::AsGiven)
}

/// Which names of parties and agreements are accepted.
#[derive(Clone, Copy)]
pub(super) enum Names<'a> {
    /// All: what a node wrote down itself.
    AsGiven,
    /// Those of a world.
    Known(&'a World<'a>),
}

impl Names<'_> {
    pub(super) fn party(self, field: &str, code: &str) -> Result<Party, LineError> {
        let party = Party::from(code);
        match self {
            Self::Known(world) if !world.knows(&party) => Err(unknown_party(field, code)),
            _ => Ok(party),
        }
    }

    pub(super) fn agreement(self, field: &str, id: &str) -> Result<AgreementId, LineError> {
        match self {
            Self::Known(world) if !world.agreements.contains_key(id) => {
                let known = world.agreements.keys().map(AgreementId::as_str);
                Err(wrong(field, format!("unknown agreement `{id}`; {}", crate::problem::suggestion(id, known))))
            }
            _ => Ok(id.into()),
        }
    }
}

/// Reads a record line on its own; agreements and parties must be known.
///
/// # Errors
/// The first field whose value does not fit.
pub fn record_of(line: &RecordLine, world: &World<'_>) -> Result<Record, LineError> {
    read_record("record", line, &mut Vec::new(), Names::Known(world))
}

/// A party that nobody knows.
pub(crate) fn unknown_party(field: &str, code: &str) -> LineError {
    wrong(field, format!("unknown party `{code}`: it is in no agreement and no national file given"))
}

/// Reads a record; `path` are the ids of those that it is a source of.
pub(super) fn read_record(
    field: &str,
    line: &RecordLine,
    path: &mut Vec<String>,
    names: Names<'_>,
) -> Result<Record, LineError> {
    if path.contains(&line.id) {
        return Err(wrong(field, format!("`{}` is derived from itself", line.id)));
    }
    if path.len() > MAX_DERIVATION {
        return Err(wrong(field, format!("derivation is deeper than {MAX_DERIVATION}")));
    }
    path.push(line.id.clone());
    let record = Record {
        id: line.id.as_str().into(),
        label: read_label(field, &line.label)?,
        originator: names.party(&format!("{field}.originator"), &line.originator)?,
        subjects: ids(&line.subjects),
        status: status(&format!("{field}.status"), line.status.as_deref())?,
        custody: each(&format!("{field}.custody"), &line.custody, |field, hop| read_hop(field, hop, names))?,
        distribution: ids(&line.distribution),
        derived_from: each(&format!("{field}.derived_from"), &line.derived_from, |field, source| {
            read_record(field, source, path, names)
        })?,
        versions: Vec::new(),
    };
    let versions = versions(field, line, &record, path, names)?;
    path.pop();
    Ok(Record { versions, ..record })
}

/// The versions of a record: records of its originator that have what it has, but for what they say themselves.
fn versions(
    field: &str,
    line: &RecordLine,
    record: &Record,
    path: &mut Vec<String>,
    names: Names<'_>,
) -> Result<Vec<Record>, LineError> {
    let twice = line
        .versions
        .iter()
        .enumerate()
        .find(|(at, version)| line.versions.iter().take(*at).any(|earlier| earlier.id == version.id));
    if let Some((at, version)) = twice {
        return Err(wrong(format!("{field}.versions[{at}].id"), format!("`{}` is there twice", version.id)));
    }
    each(&format!("{field}.versions"), &line.versions, |field, version| {
        let mut others = record.sources().into_iter().map(|source| source.id.as_str());
        if path.contains(&version.id) || others.any(|id| id == version.id) {
            let message = format!("`{}` is the id of a record already; a version needs one of its own", version.id);
            return Err(wrong(format!("{field}.id"), message));
        }
        // Neither the record nor this version may be among what the version is made from.
        path.push(version.id.clone());
        let inherited = || Ok(record.derived_from.clone());
        let derived_from = version.derived_from.as_ref().map_or_else(inherited, |sources| {
            each(&format!("{field}.derived_from"), sources, |field, source| read_record(field, source, path, names))
        })?;
        path.pop();
        let custody = version.custody.as_ref().map_or_else(
            || Ok(record.custody.clone()),
            |hops| each(&format!("{field}.custody"), hops, |field, hop| read_hop(field, hop, names)),
        )?;
        Ok(Record {
            id: version.id.as_str().into(),
            label: read_label(field, &version.label)?,
            originator: record.originator.clone(),
            subjects: version.subjects.as_ref().map_or_else(|| record.subjects.clone(), |words| ids(words)),
            status: record.status,
            custody,
            distribution: version.distribution.as_ref().map_or_else(|| record.distribution.clone(), |codes| ids(codes)),
            derived_from,
            versions: Vec::new(),
        })
    })
}

fn ids<T: for<'a> From<&'a str>>(words: &[String]) -> Vec<T> {
    words.iter().map(|word| word.as_str().into()).collect()
}

fn read_label(field: &str, text: &str) -> Result<Label, LineError> {
    label::parse(text).map_err(|problem| {
        wrong(format!("{field}.label"), format!("{problem}, at character {}", problem.line_and_column(text).1))
    })
}

fn read_hop(field: &str, line: &HopLine, names: Names<'_>) -> Result<Hop, LineError> {
    Ok(Hop {
        from: names.party(&format!("{field}.from"), &line.from)?,
        to: names.party(&format!("{field}.to"), &line.to)?,
        under: each(&format!("{field}.under"), &line.under, |field, id| names.agreement(field, id))?,
        purpose: line.purpose.as_str().into(),
        onward: match line.onward.as_deref() {
            None | Some("free") => Onward::Free,
            Some("ask") => Onward::Ask,
            Some(other) => {
                return Err(wrong(format!("{field}.onward"), format!("unknown word `{other}`; known: `free`, `ask`")));
            }
        },
    })
}

/// Reads a status; absent is actual.
///
/// # Errors
/// When the word is unknown.
pub fn status(field: &str, text: Option<&str>) -> Result<Status, LineError> {
    let Some(text) = text else { return Ok(Status::Actual) };
    [Status::Actual, Status::Exercise, Status::Test]
        .into_iter()
        .find(|status| status.as_str() == text)
        .ok_or_else(|| wrong(field, format!("unknown status `{text}`; known: `actual`, `exercise`, `test`")))
}
