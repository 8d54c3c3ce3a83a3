//! Several agreement files together: ids that clash, and agreements that rest on each other.
//!
//! No status and no decision: an arrangement whose support is missing is a warning here and simply not in force there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
};

use entente_core::{AgreementId, agreement::Agreement};

use super::instrument::{self, Reading};
use crate::Problem;

/// A problem and the file that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// The name under which the file was given.
    pub file: String,
    /// The problem, with its place in that file.
    pub problem: Problem,
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.problem)
    }
}

impl std::error::Error for FileProblem {}

/// Agreements that were read together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgreementSet {
    /// The agreements by id.
    pub agreements: BTreeMap<AgreementId, Agreement>,
    /// What is no error and worth saying all the same.
    pub warnings: Vec<FileProblem>,
}

/// Reads files, each a name and its text, as one set.
///
/// # Errors
///
/// All problems of all files, ids that two files claim, and agreements that rely on themselves through others. Problems
/// come in the order of the files, and within a file in the order of the text.
pub fn parse_set<N: AsRef<str>, T: AsRef<str>>(files: &[(N, T)]) -> Result<AgreementSet, Vec<FileProblem>> {
    let mut problems = Vec::new();
    let mut readings: BTreeMap<AgreementId, (usize, Reading)> = BTreeMap::new();
    for (position, (_, text)) in files.iter().enumerate() {
        match instrument::read(text.as_ref()) {
            Err(found) => problems.extend(found.into_iter().map(|problem| (position, problem))),
            Ok(reading) => match readings.get(&reading.agreement.id) {
                None => {
                    readings.insert(reading.agreement.id.clone(), (position, reading));
                }
                Some((other, _)) => {
                    let other = files.get(*other).map_or("", |(name, _)| name.as_ref());
                    let message = format!("the id `{}` is already that of `{other}`", reading.agreement.id);
                    let problem =
                        Problem::new(message, reading.id_at).help("one file is one agreement: rename or remove one");
                    problems.push((position, problem));
                }
            },
        }
    }
    problems.extend(cycles(&readings));
    if problems.is_empty() {
        let warnings = in_order(files, missing(&readings));
        let agreements = readings.into_iter().map(|(id, (_, reading))| (id, reading.agreement)).collect();
        Ok(AgreementSet { agreements, warnings })
    } else {
        Err(in_order(files, problems))
    }
}

fn in_order<N: AsRef<str>, T>(files: &[(N, T)], mut problems: Vec<(usize, Problem)>) -> Vec<FileProblem> {
    problems.sort_by_key(|(position, problem)| (*position, problem.at.start, problem.at.end));
    let named = problems.into_iter().map(|(position, problem)| {
        let file = files.get(position).map_or_else(String::new, |(name, _)| name.as_ref().to_owned());
        FileProblem { file, problem }
    });
    named.collect()
}

/// Each agreement that an arrangement relies on, with the place where it says so.
fn relied(reading: &Reading) -> impl Iterator<Item = (&AgreementId, &Range<usize>)> {
    reading.agreement.relies_on.iter().zip(&reading.relies_on_at)
}

/// What an arrangement relies on in vain: a text that is not there, or that is political.
fn missing(readings: &BTreeMap<AgreementId, (usize, Reading)>) -> Vec<(usize, Problem)> {
    let all = readings.values().flat_map(|(position, reading)| {
        relied(reading).filter_map(|(id, at)| {
            let (message, until) = match readings.get(id) {
                None => (format!("no file has the agreement `{id}`"), "until one does"),
                Some((_, base)) if !base.agreement.may_cover() => {
                    (format!("`{id}` is political, and nothing rests on a political text"), "while it does")
                }
                Some(_) => return None,
            };
            let help = format!("{until}, `{}` is not in force", reading.agreement.id);
            Some((*position, Problem::new(message, at.clone()).help(help)))
        })
    });
    all.collect()
}

/// One problem for each entry of a `relies_on` that leads back to its own agreement.
fn cycles(readings: &BTreeMap<AgreementId, (usize, Reading)>) -> Vec<(usize, Problem)> {
    let all = readings.iter().flat_map(|(id, (position, reading))| {
        relied(reading).filter(move |(first, _)| leads_to(readings, first, id)).map(move |(first, at)| {
            let problem = Problem::new(format!("`{id}` relies on itself by way of `{first}`"), at.clone())
                .help("remove one of the `relies_on` entries of the circle");
            (*position, problem)
        })
    });
    all.collect()
}

fn leads_to(readings: &BTreeMap<AgreementId, (usize, Reading)>, from: &AgreementId, goal: &AgreementId) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![from];
    while let Some(id) = next.pop() {
        if id == goal {
            return true;
        }
        if seen.insert(id) {
            next.extend(readings.get(id).into_iter().flat_map(|(_, reading)| &reading.agreement.relies_on));
        }
    }
    false
}
