//! Files in: one text, a folder of agreements, national rules. Every error names the path as the user gave it.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use entente_core::world::{Agreements, NationalRules};
use entente_formats::{
    Problem,
    agreement::{FileProblem, parse_set},
    national,
    request::{LineError, limits},
};

use crate::{
    failure::Failure,
    report::{Finding, Source},
};

/// Reads one file as text.
pub(crate) fn text(path: &Path) -> Result<Source, Failure> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        Failure::new(format!(
            "`{}` is not a text file: no UTF-8 at byte {}",
            path.display(),
            error.utf8_error().valid_up_to()
        ))
    })?;
    Ok(Source { name: Some(path.display().to_string().into()), text: text.into() })
}

/// The lines of a file, without the blank ones.
pub(crate) struct Lines {
    reader: Box<dyn BufRead>,
    path: PathBuf,
    number: usize,
}

impl Lines {
    /// Opens a file; `-` is standard input.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let reader: Box<dyn BufRead> = if path == Path::new("-") {
            Box::new(io::stdin().lock())
        } else {
            let file = fs::File::open(path).map_err(|error| unreadable(path, &error))?;
            Box::new(BufReader::with_capacity(64 * 1024, file))
        };
        Ok(Self { reader, path: path.to_owned(), number: 0 })
    }

    /// The next line; `None` at the end. One that is no text, or longer than any line may be, is an error of its own.
    pub(crate) fn next(&mut self) -> Result<Option<Result<String, LineError>>, Failure> {
        loop {
            let mut line = Vec::new();
            self.number += 1;
            let most = limits::MAX_LINE as u64 + 1;
            let length = (&mut self.reader).take(most).read_until(b'\n', &mut line);
            if length.map_err(|error| unreadable(&self.path, &error))? == 0 {
                return Ok(None);
            }
            if line.len() > limits::MAX_LINE && line.last() != Some(&b'\n') {
                self.reader.skip_until(b'\n').map_err(|error| unreadable(&self.path, &error))?;
                return Ok(Some(Err(limits::too_long())));
            }
            let text = line.trim_ascii();
            if !text.is_empty() {
                let text = std::str::from_utf8(text).map_err(|error| LineError::Shape(error.to_string()));
                return Ok(Some(text.map(str::to_owned)));
            }
        }
    }

    /// The path, as the user gave it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The number of the line that was read last, from 1.
    pub(crate) fn number(&self) -> usize {
        self.number
    }
}

/// A path that cannot be read.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::caused(format!("`{}` cannot be read", path.display()), error)
}

/// The files that `paths` mean: a file is itself, a folder its `*.toml`, in order, without its subfolders.
pub(crate) fn toml_files(paths: &[PathBuf], what: &str) -> Result<Vec<Source>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(text(path)?);
            continue;
        }
        let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut found: Vec<PathBuf> = entries
            .map_err(|error| unreadable(path, &error))?
            .into_iter()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .collect();
        if found.is_empty() {
            let failure = Failure::new(format!("`{}` holds no {what}: no file ends in .toml", path.display()));
            let below = path.join("agreements");
            return Err(if below.is_dir() {
                failure.help(format!("subfolders are not searched; did you mean `{}`?", below.display()))
            } else {
                failure
            });
        }
        found.sort();
        for path in found {
            files.push(text(&path)?);
        }
    }
    Ok(files)
}

/// Agreements that were read together, and what is worth saying about them.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The agreements.
    pub(crate) agreements: Agreements,
    /// Warnings, in the order of the files.
    pub(crate) warnings: Vec<Finding>,
}

/// Reads agreement files as one set; every problem of every file otherwise.
pub(crate) fn check_agreements(files: &[Source]) -> Result<Checked, Vec<Finding>> {
    let named: Vec<(&str, &str)> =
        files.iter().map(|source| (source.name.as_deref().unwrap_or_default(), &*source.text)).collect();
    let by_name: BTreeMap<&str, &Source> = named.iter().map(|(name, _)| *name).zip(files).collect();
    let found = |problems: Vec<FileProblem>, finding: fn(&Source, Problem) -> Finding| {
        let with_source = problems
            .into_iter()
            .filter_map(|FileProblem { file, problem }| Some(finding(by_name.get(file.as_str())?, problem)));
        with_source.collect()
    };
    match parse_set(&named) {
        Ok(set) => Ok(Checked { agreements: set.agreements, warnings: found(set.warnings, Finding::warning) }),
        Err(problems) => Err(found(problems, Finding::error)),
    }
}

/// The agreements that decisions are taken on.
pub(crate) fn agreements(path: &Path) -> Result<Agreements, Failure> {
    let files = toml_files(&[path.to_owned()], "agreements")?;
    check_agreements(&files).map(|checked| checked.agreements).map_err(Failure::Findings)
}

/// The national rules in a file or a folder; none without a path.
pub(crate) fn national(path: Option<&Path>) -> Result<NationalRules, Failure> {
    let Some(path) = path else { return Ok(NationalRules::new()) };
    let mut rules = NationalRules::new();
    let mut named: BTreeMap<_, Option<Arc<str>>> = BTreeMap::new();
    let mut findings = Vec::new();
    for source in toml_files(&[path.to_owned()], "national rules")? {
        match national::parse(&source.text) {
            Ok(national) => {
                let party = national.party.clone();
                if let Some(other) = named.insert(party.clone(), source.name.clone()) {
                    return Err(Failure::new(format!(
                        "the rules of {party} are in `{}` and in `{}`",
                        other.unwrap_or_default(),
                        source.name.unwrap_or_default()
                    ))
                    .help("a party has one file of national rules"));
                }
                rules.insert(party, national);
            }
            Err(problems) => {
                findings.extend(problems.into_iter().map(|problem| Finding::error(&source, problem)));
            }
        }
    }
    if findings.is_empty() { Ok(rules) } else { Err(Failure::Findings(findings)) }
}
