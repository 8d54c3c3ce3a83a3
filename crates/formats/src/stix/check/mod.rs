//! Whether an object is STIX: its structure, its words, its pattern, and what the specification advises.
//!
//! Not its meaning and not its references to other objects, which may be anywhere. Custom properties and extensions are
//! let through; where they go against advice, that is said. The key functions are [`check`] and [`check_value`]; the key
//! types are [`Options`], [`Report`] and [`Finding`].

mod object;
mod value;
mod rules;
mod forms;
mod extensions;
mod custom;
mod observed;
mod indicator;
mod marking;
mod advise;
mod bundle;

use std::fmt;

use super::{
    json::{self, Limits, Object, Value, excerpt},
    spec::advice::{Advice, Advices},
};
use crate::problem::Problem;

/// A version of STIX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 2.0, of 2017.
    V20,
    /// 2.1, of 2021.
    V21,
}

impl Version {
    /// As `spec_version` says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V20 => "2.0",
            Self::V21 => "2.1",
        }
    }

    /// The version that is written like this.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::V20, Self::V21].into_iter().find(|version| version.as_str() == text)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What an object is checked against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The version; none: the one that the object says, or 2.1.
    pub version: Option<Version>,
    /// Which advice is given.
    pub advices: Advices,
    /// Whether a type that is not in the specification is wrong, extension or not.
    pub only_standard_types: bool,
    /// Whether a property that is not in the specification is wrong, extension or not.
    pub only_standard_properties: bool,
    /// Whether the objects of a bundle must say who made them, and the bundle must hold that identity: what two parties
    /// need who have nothing but the bundle.
    pub is_interoperable: bool,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The identifier of the object, or what stands in its place: empty when it has none.
    pub object: String,
    /// The path of the property: `external_references[0].url`; empty for the object as a whole.
    pub property: String,
    /// What is wrong: lower case, input in backticks.
    pub reason: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The advice that it goes against; none: a rule.
    pub advice: Option<Advice>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = if self.object.is_empty() { "object" } else { &self.object };
        write!(f, "{}", excerpt(object))?;
        if !self.property.is_empty() {
            write!(f, " `{}`", self.property)?;
        }
        write!(f, ": {}", self.reason)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// What was found in an object, in the order of its properties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    findings: Vec<Finding>,
    errors: usize,
    warnings: usize,
}

/// The most errors, and the most warnings, that are kept: enough to mend an object by, and a bound on what a hostile one
/// may cost.
const MOST: usize = 200;

impl Report {
    /// What was found, up to 200 errors and 200 warnings.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The rules that were broken, of those that are kept.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.advice.is_none())
    }

    /// The advice that was not taken, of that which is kept.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.advice.is_some())
    }

    /// How often a rule is broken, and how often advice is not taken, kept or not.
    pub fn counts(&self) -> (usize, usize) {
        (self.errors, self.warnings)
    }

    /// Whether more was found than is kept.
    pub fn is_cut(&self) -> bool {
        self.errors + self.warnings > self.findings.len()
    }

    /// Whether no rule is broken, and, when `strict`, no advice either.
    pub fn is_valid(&self, strict: bool) -> bool {
        self.errors == 0 && !(strict && self.warnings > 0)
    }

    /// Counts one more, and keeps what `finding` makes of it when there is room.
    fn add(&mut self, advice: Option<Advice>, finding: impl FnOnce() -> Finding) {
        let count = if advice.is_some() { &mut self.warnings } else { &mut self.errors };
        *count += 1;
        if *count <= MOST {
            self.findings.push(finding());
        }
    }
}

/// Checks a text that holds one object or a bundle.
///
/// # Errors
/// When it is no JSON within the limits, or a key stands twice.
pub fn check(text: &str, options: &Options, limits: Limits) -> Result<Report, Problem> {
    Ok(check_value(&json::parse(text, limits)?, options))
}

/// Checks a value that was read.
pub fn check_value(value: &Value<'_>, options: &Options) -> Report {
    let mut report = Report::default();
    let Some(object) = value.object() else {
        report.add(None, || Finding {
            object: String::new(),
            property: String::new(),
            reason: format!("{} is no STIX", value.kind()),
            help: Some("an object with `type` and `id`".to_owned()),
            advice: None,
        });
        return report;
    };
    bundle::check(object, options, &mut report);
    report
}

/// Where in an object the check is, and what it writes to.
struct Place<'p> {
    options: &'p Options,
    version: Version,
    /// The object's identifier.
    id: &'p str,
    /// The object's type.
    kind: &'p str,
    /// The observables among which a reference is a key, in an `observed-data` of old.
    keys: Option<&'p Object<'p>>,
    path: Vec<Step<'p>>,
    report: &'p mut Report,
}

/// A step of a path.
#[derive(Clone, Copy, Debug)]
enum Step<'p> {
    Key(&'p str),
    At(usize),
}

impl<'p> Place<'p> {
    /// Something wrong here.
    fn wrong(&mut self, reason: impl Into<String>) {
        self.add(reason.into(), None, None);
    }

    /// The same with a help text.
    fn wrong_help(&mut self, reason: impl Into<String>, help: impl Into<String>) {
        self.add(reason.into(), Some(help.into()), None);
    }

    /// Whether this advice is given.
    fn gives(&self, advice: Advice) -> bool {
        self.options.advices.has(advice)
    }

    /// Something here that goes against advice, when it is given.
    fn advise(&mut self, advice: Advice, reason: impl Into<String>) {
        if self.gives(advice) {
            self.add(reason.into(), None, Some(advice));
        }
    }

    fn add(&mut self, reason: String, help: Option<String>, advice: Option<Advice>) {
        let (id, path) = (self.id, &self.path);
        self.report.add(advice, || Finding {
            object: excerpt(id).to_owned(),
            property: property(path),
            reason,
            help,
            advice,
        });
    }

    /// Does something one step further down.
    fn at(&mut self, step: Step<'p>, work: impl FnOnce(&mut Self)) {
        self.path.push(step);
        work(self);
        self.path.pop();
    }

    /// Does something at a property.
    fn key(&mut self, key: &'p str, work: impl FnOnce(&mut Self)) {
        self.at(Step::Key(key), work);
    }
}

/// A path in words.
fn property(path: &[Step<'_>]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(excerpt(key)),
            Step::Key(key) => {
                text.push('.');
                text.push_str(excerpt(key));
            }
            Step::At(at) => text.push_str(&format!("[{at}]")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_object_costs_a_bounded_report_and_is_counted_whole() {
        let references = vec![r#"{"source_name":"a","url":"https://a"}"#; 5_000].join(",");
        let labels = vec!["1"; 5_000].join(",");
        let text = format!(
            r#"{{"type":"tool","spec_version":"2.1","id":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2016-04-06T20:03:48.000Z","modified":"2016-04-06T20:03:48.000Z","name":"n","external_references":[{references}],"labels":[{labels}]}}"#
        );
        let report = check(&text, &Options::default(), Limits::OBJECT).unwrap();
        assert_eq!(report.counts(), (5_000, 5_000));
        assert_eq!((report.errors().count(), report.warnings().count(), report.is_cut()), (MOST, MOST, true));
        let label = report.errors().next().unwrap();
        assert_eq!((label.property.as_str(), label.reason.as_str()), ("labels[0]", "expected a text, found a number"));
        assert!(label.to_string().starts_with("tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f `labels[0]`: expected"));
    }

    #[test]
    fn keys_of_old_observations_are_found_among_many() {
        let objects: Vec<_> = (0..40_000)
            .map(|at| {
                format!(r#""{at}":{{"type":"network-traffic","src_ref":"{}","protocols":["tcp"]}}"#, (at + 1) % 40_000)
            })
            .collect();
        let text = format!(
            r#"{{"type":"observed-data","id":"observed-data--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2016-04-06T20:03:48.000Z","modified":"2016-04-06T20:03:48.000Z","first_observed":"2015-12-21T19:00:00Z","last_observed":"2015-12-21T19:00:00Z","number_observed":50,"objects":{{{}}}}}"#,
            objects.join(",")
        );
        // Each points at traffic where an address is expected, and none at what is not there.
        let report =
            check(&text, &Options { version: Some(Version::V20), ..Options::default() }, Limits::OBJECT).unwrap();
        assert_eq!(report.counts().0, 40_000);
        assert!(report.errors().all(|finding| finding.reason.starts_with("points at a `network-traffic`")));
    }
}
