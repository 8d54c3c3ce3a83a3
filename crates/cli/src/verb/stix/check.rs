//! `entente stix check`: everything that is wrong with some objects of STIX, and how they are marked.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::PathBuf,
};

use entente_formats::{
    Problem, label,
    stix::{
        check::{Finding, Options, Version, check_value},
        envelope, index,
        json::{Limits, Object, Value, parse},
        marking::Restriction,
        spec::advice::Advices,
    },
};
use serde::Serialize;

use crate::{
    columns::printable,
    console::Console,
    failure::{Failure, Outcome},
    input,
    report::{self, FindingJson, Source},
};

/// Check files of STIX: objects and bundles, their patterns and markings
///
/// Each rule of the specification that is broken is told with the object, the property and the reason. What the
/// specification only advises is counted, and told with `--strict`, where it counts as wrong; the names by which single
/// advice is switched off are those of OASIS's own validator. STIX 2.1, and 2.0 where an object is of it. Custom
/// properties and extensions are right.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Files that hold one object or one bundle each
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Whether what goes against advice is wrong too
    #[arg(long)]
    strict: bool,
    /// Do not give this advice, or none of this group, such as `extref-hashes` or `all-vocabs`
    #[arg(long, value_name = "NAME")]
    off: Vec<String>,
    /// Hold every object to this version
    #[arg(long, value_name = "VERSION", value_parser = ["2.0", "2.1"])]
    version: Option<String>,
    /// Print one JSON object a line, for each file
    #[arg(long)]
    json: bool,
}

/// One line of what `--json` prints.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer<'a> {
    Checked {
        file: Cow<'a, str>,
        valid: bool,
        objects: usize,
        errors: Vec<FoundJson<'a>>,
        warnings: Vec<FoundJson<'a>>,
        /// Whether there is more that is wrong than is told.
        more: bool,
        labels: Vec<String>,
    },
    Broken {
        file: Cow<'a, str>,
        error: FindingJson<'a>,
    },
}

#[derive(Serialize)]
struct FoundJson<'a> {
    object: &'a str,
    property: &'a str,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
}

impl<'a> FoundJson<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            object: &finding.object,
            property: &finding.property,
            reason: &finding.reason,
            help: finding.help.as_deref(),
            advice: finding.advice.map(|advice| advice.name()),
        }
    }
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let off = args.off.iter().map(String::as_str);
    let advices = Advices::chosen(off, []).map_err(|problem| Failure::Usage(problem.to_string()))?;
    let version = args.version.as_deref().and_then(Version::parse);
    let options = Options { version, advices, ..Options::default() };
    let mut outcome = Outcome::Done;
    for path in &args.files {
        let source = input::text(path)?;
        if !one(args, &options, &source, console)? {
            outcome = Outcome::Failed;
        }
    }
    Ok(outcome)
}

/// Checks one file; whether it is right.
fn one(args: &Args, options: &Options, source: &Source, console: &mut Console) -> Result<bool, Failure> {
    let file = source.name.as_deref().unwrap_or_default();
    let value = match parse(&source.text, Limits::BUNDLE) {
        Ok(value) => value,
        Err(problem) => return broken(args, source, problem, console),
    };
    let report = check_value(&value, options);
    let is_valid = report.is_valid(args.strict);
    let objects = objects(&value);
    let labels = labels(&source.text, &objects);
    let (errors, warnings): (Vec<&Finding>, Vec<_>) = report.findings().iter().partition(|it| it.advice.is_none());
    if args.json {
        console.json(&Answer::Checked {
            file: file.into(),
            valid: is_valid,
            objects: objects.len(),
            errors: errors.into_iter().map(FoundJson::of).collect(),
            warnings: warnings.into_iter().map(FoundJson::of).collect(),
            more: report.is_cut(),
            labels,
        })?;
        return Ok(is_valid);
    }
    for finding in report.findings().iter().filter(|finding| args.strict || finding.advice.is_none()) {
        let name = finding.advice.map(|advice| format!(" [{}]", advice.name())).unwrap_or_default();
        let line = format!("{file}: {finding}{name}");
        writeln!(console, "{}", printable(&line))?;
    }
    let (errors, warnings) = report.counts();
    if report.is_cut() && (args.strict || errors > report.errors().count()) {
        writeln!(console, "{}: and more like these", printable(file))?;
    }
    let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    writeln!(
        console,
        "{}: {}, {}, {}",
        printable(file),
        count(objects.len(), "object"),
        count(errors, "error"),
        count(warnings, "warning")
    )?;
    if !labels.is_empty() {
        writeln!(console, "  marked {}", printable(&labels.join("; ")))?;
    }
    Ok(is_valid)
}

fn broken(args: &Args, source: &Source, problem: Problem, console: &mut Console) -> Result<bool, Failure> {
    let finding = report::Finding::error(source, problem);
    if args.json {
        let file = source.name.as_deref().unwrap_or_default().into();
        console.json(&Answer::Broken { file, error: finding.json() })?;
    } else {
        console.report(&finding)?;
    }
    Ok(false)
}

/// The objects of a bundle, or the one.
fn objects<'v>(value: &'v Value<'v>) -> Vec<&'v Object<'v>> {
    let Some(object) = value.object() else { return Vec::new() };
    if object.text("type") != Some("bundle") {
        return vec![object];
    }
    object.get("objects").and_then(Value::list).unwrap_or_default().iter().filter_map(Value::object).collect()
}

/// What whole objects are marked with, each label once. A marking is read by its id where that is predefined, else by its
/// definition, when the file holds it; of the others it is told how many there are.
fn labels(text: &str, objects: &[&Object<'_>]) -> Vec<String> {
    let limits = envelope::Limits { bytes: Limits::BUNDLE.bytes, objects: Limits::BUNDLE.values };
    let slices = envelope::objects(text, limits).map(|contents| contents.objects).unwrap_or_default();
    let definitions: BTreeMap<String, &str> = slices
        .into_iter()
        .filter_map(|slice| Some((index::read(slice).ok()?, slice)))
        .filter(|(entry, _)| entry.kind == "marking-definition")
        .map(|(entry, slice)| (entry.id.into_owned(), slice))
        .collect();
    let ids = objects.iter().filter_map(|object| object.get("object_marking_refs")).filter_map(Value::list).flatten();
    let ids: BTreeSet<&str> = ids.filter_map(Value::text).collect();
    let (mut labels, mut unread) = (BTreeSet::new(), 0);
    for id in ids {
        let restriction = Restriction::of_ids([id], |id| definitions.get(id).copied());
        if restriction.unknown().is_empty() {
            labels.extend(restriction.labels().iter().map(label::write));
        } else {
            unread += 1;
        }
    }
    let unread = (unread > 0).then(|| format!("{unread} of kinds that are not known here, the strictest"));
    labels.into_iter().chain(unread).collect()
}
