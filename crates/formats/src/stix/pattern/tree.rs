//! The tree of a pattern.
//!
//! The key type is [`Pattern`].

use std::borrow::Cow;

/// A pattern: what was observed, and how observations hang together.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern<'a>(pub Observation<'a>);

/// An observation, or several.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation<'a> {
    /// `[…]`: one observation of which the comparison holds.
    One(Comparison<'a>),
    /// All of them, in any order: `AND`.
    All(Vec<Self>),
    /// Any of them: `OR`.
    Any(Vec<Self>),
    /// One after the other: `FOLLOWEDBY`.
    Following(Vec<Self>),
    /// One with a condition on when or how often.
    Qualified(Box<Self>, Qualifier<'a>),
}

/// When or how often something is observed.
#[derive(Clone, Debug, PartialEq)]
pub enum Qualifier<'a> {
    /// `WITHIN n SECONDS`.
    Within(f64),
    /// `REPEATS n TIMES`.
    Repeats(u64),
    /// `START t STOP t`, as they were written.
    Between(Cow<'a, str>, Cow<'a, str>),
}

/// What holds of one observation.
#[derive(Clone, Debug, PartialEq)]
pub enum Comparison<'a> {
    /// A property against a literal, turned round by `NOT`.
    Test {
        /// The property.
        path: Path<'a>,
        /// Whether `NOT` stands before the operator.
        is_negated: bool,
        /// The operator.
        operator: Operator,
        /// What it is compared with; several for `IN`.
        literals: Vec<Literal<'a>>,
    },
    /// `EXISTS path`.
    Exists(Path<'a>),
    /// `AND`.
    All(Vec<Self>),
    /// `OR`.
    Any(Vec<Self>),
}

/// A property of an observable: `file:hashes.'SHA-256'`.
#[derive(Clone, Debug, PartialEq)]
pub struct Path<'a> {
    /// The type of the observable.
    pub kind: &'a str,
    /// The steps from there; the first is the property.
    pub steps: Vec<Step<'a>>,
}

impl Path<'_> {
    /// The property itself.
    pub fn property(&self) -> &str {
        match self.steps.first() {
            Some(Step::Key(name)) => name,
            _ => "",
        }
    }
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<'a> {
    /// `.name`, `.'name'`.
    Key(Cow<'a, str>),
    /// `[n]`; from the end when negative.
    At(i64),
    /// `[*]`: any item.
    Any,
}

/// How two things are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Like,
    Matches,
    IsSubset,
    IsSuperset,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal<'a> {
    /// `'text'`.
    Text(Cow<'a, str>),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Float(f64),
    /// `true`, `false`.
    Boolean(bool),
    /// `t'…'`.
    Time(Cow<'a, str>),
    /// `h'…'`.
    Hex(Cow<'a, str>),
    /// `b'…'`.
    Binary(Cow<'a, str>),
}

impl<'a> Pattern<'a> {
    /// Every path in it, in the order in which they stand.
    pub fn paths(&self) -> Vec<&Path<'a>> {
        let mut paths = Vec::new();
        observation(&self.0, &mut paths);
        paths
    }
}

fn observation<'t, 'a>(tree: &'t Observation<'a>, paths: &mut Vec<&'t Path<'a>>) {
    match tree {
        Observation::One(tree) => comparison(tree, paths),
        Observation::All(parts) | Observation::Any(parts) | Observation::Following(parts) => {
            parts.iter().for_each(|part| observation(part, paths));
        }
        Observation::Qualified(tree, _) => observation(tree, paths),
    }
}

fn comparison<'t, 'a>(tree: &'t Comparison<'a>, paths: &mut Vec<&'t Path<'a>>) {
    match tree {
        Comparison::Test { path, .. } | Comparison::Exists(path) => paths.push(path),
        Comparison::All(parts) | Comparison::Any(parts) => parts.iter().for_each(|part| comparison(part, paths)),
    }
}
