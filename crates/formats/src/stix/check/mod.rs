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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Further ones were not kept.
    is_cut: bool,
}

/// The most findings that are kept: enough to mend an object by, and a bound on what a hostile one may cost.
const MOST: usize = 200;

impl Report {
    /// Everything that was found.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The rules that were broken.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.advice.is_none())
    }

    /// The advice that was not taken.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.advice.is_some())
    }

    /// Whether more was found than is kept.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether no rule is broken, and, when `strict`, no advice either.
    pub fn is_valid(&self, strict: bool) -> bool {
        if strict { self.findings.is_empty() } else { self.errors().next().is_none() }
    }

    fn push(&mut self, finding: Finding) {
        // A rule that is broken behind much advice must still be seen.
        if self.findings.len() < MOST || finding.advice.is_none() && self.errors().next().is_none() {
            self.findings.push(finding);
        } else {
            self.is_cut = true;
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
        report.push(Finding {
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
        let finding = Finding { object: excerpt(self.id).to_owned(), property: self.property(), reason, help, advice };
        self.report.push(finding);
    }

    /// The path in words.
    fn property(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
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
