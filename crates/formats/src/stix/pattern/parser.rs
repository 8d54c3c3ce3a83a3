//! The parser: one function for each level of binding, weakest first.
//!
//! `FOLLOWEDBY` binds weaker than `OR`, which binds weaker than `AND`, and all of them weaker than a qualifier.

use std::{borrow::Cow, ops::Range};

use super::{
    DEEPEST,
    lexer::{Placed, Token, words},
    tree::{Comparison, Literal, Observation, Operator, Path, Pattern, Qualifier, Step},
};
use crate::{
    problem::Problem,
    stix::{check::Version, time::Moment},
};

/// Words that are no names of types or properties.
const KEYWORDS: [&str; 20] = [
    "AND",
    "OR",
    "NOT",
    "FOLLOWEDBY",
    "LIKE",
    "MATCHES",
    "ISSUPERSET",
    "ISSUBSET",
    "EXISTS",
    "LAST",
    "IN",
    "START",
    "STOP",
    "SECONDS",
    "WITHIN",
    "REPEATS",
    "TIMES",
    "true",
    "false",
    "SECOND",
];

pub(super) struct Parser<'a> {
    words: Vec<Placed<'a>>,
    at: usize,
    end: usize,
    depth: usize,
    version: Version,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, version: Version) -> Result<Self, Problem> {
        Ok(Self { words: words(text)?, at: 0, end: text.len(), depth: 0, version })
    }

    /// The whole pattern.
    pub(super) fn pattern(mut self) -> Result<Pattern<'a>, Problem> {
        let tree = self.following()?;
        match self.peek() {
            None => Ok(Pattern(tree)),
            Some(_) => Err(self.expected("`AND`, `OR`, `FOLLOWEDBY`, a qualifier or the end")),
        }
    }

    fn peek(&self) -> Option<&Token<'a>> {
        self.words.get(self.at).map(|(token, _)| token)
    }

    /// Where the next word stands.
    fn place(&self) -> Range<usize> {
        self.words.get(self.at).map_or(self.end..self.end, |(_, place)| place.clone())
    }

    fn expected(&self, what: &str) -> Problem {
        let missing = if self.peek().is_none() { ", and the pattern ends" } else { "" };
        Problem::new(format!("expected {what}{missing}"), self.place())
    }

    /// Takes a keyword, when it is next.
    fn keyword(&mut self, word: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Word(next)) if *next == word);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes a sign, when it is next.
    fn sign(&mut self, sign: char) -> bool {
        let is_next = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(is_next);
        is_next
    }

    fn need_sign(&mut self, sign: char) -> Result<(), Problem> {
        if self.sign(sign) { Ok(()) } else { Err(self.expected(&format!("`{sign}`"))) }
    }

    fn need_keyword(&mut self, word: &str) -> Result<(), Problem> {
        if self.keyword(word) { Ok(()) } else { Err(self.expected(&format!("`{word}`"))) }
    }

    /// One level deeper.
    fn deeper<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Problem>) -> Result<T, Problem> {
        if self.depth == DEEPEST {
            return Err(Problem::new(format!("brackets are nested deeper than {DEEPEST}"), self.place()));
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }

    /// Parts with a keyword between them; alone it stays what it is.
    fn joined<T>(
        &mut self,
        keyword: &str,
        part: fn(&mut Self) -> Result<T, Problem>,
        join: fn(Vec<T>) -> T,
    ) -> Result<T, Problem> {
        let first = part(self)?;
        if !self.keyword(keyword) {
            return Ok(first);
        }
        let mut parts = vec![first, part(self)?];
        while self.keyword(keyword) {
            parts.push(part(self)?);
        }
        Ok(join(parts))
    }

    fn following(&mut self) -> Result<Observation<'a>, Problem> {
        self.joined("FOLLOWEDBY", Self::any_observation, Observation::Following)
    }

    fn any_observation(&mut self) -> Result<Observation<'a>, Problem> {
        self.joined("OR", Self::all_observations, Observation::Any)
    }

    fn all_observations(&mut self) -> Result<Observation<'a>, Problem> {
        self.joined("AND", Self::observation, Observation::All)
    }

    fn observation(&mut self) -> Result<Observation<'a>, Problem> {
        let mut tree = if self.sign('[') {
            let comparison = self.any_comparison()?;
            self.need_sign(']')?;
            Observation::One(comparison)
        } else if self.sign('(') {
            let inner = self.deeper(Self::following)?;
            self.need_sign(')')?;
            inner
        } else {
            return Err(self.expected("`[` or `(`"));
        };
        let mut qualifiers = 0;
        while let Some(qualifier) = self.qualifier()? {
            // Each makes the tree a level deeper.
            qualifiers += 1;
            if qualifiers > DEEPEST {
                return Err(Problem::new(format!("an observation has at most {DEEPEST} qualifiers"), self.place()));
            }
            tree = Observation::Qualified(Box::new(tree), qualifier);
        }
        Ok(tree)
    }

    fn qualifier(&mut self) -> Result<Option<Qualifier<'a>>, Problem> {
        if self.keyword("WITHIN") {
            let place = self.place();
            let seconds = match self.literal()? {
                #[expect(clippy::cast_precision_loss, reason = "seconds beyond 2^53 are all alike")]
                Literal::Integer(seconds) => seconds as f64,
                Literal::Float(seconds) => seconds,
                _ => -1.0,
            };
            if seconds < 0.0 {
                return Err(Problem::new("`WITHIN` takes a number of seconds", place));
            }
            self.need_keyword("SECONDS")?;
            return Ok(Some(Qualifier::Within(seconds)));
        }
        if self.keyword("REPEATS") {
            let place = self.place();
            let Literal::Integer(times @ 1..) = self.literal()? else {
                return Err(Problem::new("`REPEATS` takes a whole number from 1", place));
            };
            self.need_keyword("TIMES")?;
            return Ok(Some(Qualifier::Repeats(times.unsigned_abs())));
        }
        if self.keyword("START") {
            let place = self.place();
            let start = self.moment()?;
            self.need_keyword("STOP")?;
            let stop = self.moment()?;
            if Moment::parse(&start).ok() >= Moment::parse(&stop).ok() {
                return Err(Problem::new("`STOP` is not after `START`", place.start..self.previous_end()));
            }
            return Ok(Some(Qualifier::Between(start, stop)));
        }
        Ok(None)
    }

    /// Where the word before ends.
    fn previous_end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.words.get(at)).map_or(0, |(_, place)| place.end)
    }

    fn moment(&mut self) -> Result<Cow<'a, str>, Problem> {
        let place = self.place();
        match (self.literal()?, self.version) {
            (Literal::Time(text), Version::V21) => Ok(text),
            (Literal::Text(text) | Literal::Time(text), Version::V20) if Moment::parse(&text).is_ok() => Ok(text),
            (_, Version::V21) => Err(Problem::new("a moment is written `t'2016-05-12T08:17:27Z'`", place)),
            (_, Version::V20) => Err(Problem::new("a moment is written `'2016-05-12T08:17:27Z'`", place)),
        }
    }

    fn any_comparison(&mut self) -> Result<Comparison<'a>, Problem> {
        self.joined("OR", Self::all_comparisons, Comparison::Any)
    }

    fn all_comparisons(&mut self) -> Result<Comparison<'a>, Problem> {
        self.joined("AND", Self::comparison, Comparison::All)
    }

    fn comparison(&mut self) -> Result<Comparison<'a>, Problem> {
        if self.sign('(') {
            let inner = self.deeper(Self::any_comparison)?;
            self.need_sign(')')?;
            return Ok(inner);
        }
        if self.keyword("EXISTS") {
            return Ok(Comparison::Exists(self.path()?));
        }
        let path = self.path()?;
        let is_negated = self.keyword("NOT");
        let operator = self.operator()?;
        let place = self.place();
        let literals = if operator == Operator::In { self.set()? } else { vec![self.literal()?] };
        let is_text = |literal: &Literal<'_>| matches!(literal, Literal::Text(_));
        let fits = match operator {
            Operator::Like | Operator::Matches | Operator::IsSubset | Operator::IsSuperset => {
                literals.iter().all(is_text)
            }
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                !literals.iter().any(|literal| matches!(literal, Literal::Boolean(_)))
            }
            _ => true,
        };
        if !fits {
            return Err(Problem::new("a constant of this kind does not go with this operator", place));
        }
        Ok(Comparison::Test { path, is_negated, operator, literals })
    }

    fn operator(&mut self) -> Result<Operator, Problem> {
        let operator = match self.peek() {
            Some(Token::Operator(operator)) => *operator,
            Some(Token::Word("IN")) => Operator::In,
            Some(Token::Word("LIKE")) => Operator::Like,
            Some(Token::Word("MATCHES")) => Operator::Matches,
            Some(Token::Word("ISSUBSET")) => Operator::IsSubset,
            Some(Token::Word("ISSUPERSET")) => Operator::IsSuperset,
            _ => return Err(self.expected("a comparison (`=`, `!=`, `<`, `IN`, `LIKE`, `MATCHES`, …)")),
        };
        self.at += 1;
        Ok(operator)
    }

    fn set(&mut self) -> Result<Vec<Literal<'a>>, Problem> {
        self.need_sign('(')?;
        let mut literals = Vec::new();
        if self.sign(')') {
            return Ok(literals);
        }
        loop {
            literals.push(self.literal()?);
            if self.sign(')') {
                return Ok(literals);
            }
            self.need_sign(',')?;
        }
    }

    fn literal(&mut self) -> Result<Literal<'a>, Problem> {
        let literal = match self.peek() {
            Some(Token::Literal(literal)) => literal.clone(),
            Some(Token::Word("true")) => Literal::Boolean(true),
            Some(Token::Word("false")) => Literal::Boolean(false),
            _ => return Err(self.expected("a constant (`'text'`, `1`, `true`, `t'…'`, `h'…'`, `b'…'`)")),
        };
        self.at += 1;
        Ok(literal)
    }

    fn path(&mut self) -> Result<Path<'a>, Problem> {
        let kind = match self.peek() {
            Some(Token::Word(word)) if !KEYWORDS.contains(word) => *word,
            _ => return Err(self.expected("a property such as `file:name`")),
        };
        self.at += 1;
        self.need_sign(':')?;
        let mut steps = vec![self.name(true)?];
        loop {
            if self.sign('.') {
                steps.push(self.name(false)?);
            } else if self.sign('[') {
                let step = match self.peek() {
                    Some(Token::Sign('*')) => Step::Any,
                    Some(Token::Literal(Literal::Integer(at))) => Step::At(*at),
                    _ => return Err(self.expected("a place in a list, or `*`")),
                };
                self.at += 1;
                self.need_sign(']')?;
                steps.push(step);
            } else {
                return Ok(Path { kind, steps });
            }
        }
    }

    fn name(&mut self, is_property: bool) -> Result<Step<'a>, Problem> {
        let step = match self.peek() {
            Some(Token::Literal(Literal::Text(text))) => Step::Key(text.clone()),
            Some(Token::Word(word)) if !(KEYWORDS.contains(word) || is_property && word.contains('-')) => {
                Step::Key(Cow::Borrowed(word))
            }
            _ => return Err(self.expected("a name")),
        };
        self.at += 1;
        Ok(step)
    }
}
