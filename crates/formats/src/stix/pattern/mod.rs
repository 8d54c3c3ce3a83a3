//! Patterns of indicators (section 9): text in, a tree out.
//!
//! Not a matcher: nothing here is compared with what was observed. The key function is [`parse`]; the key type is
//! [`Pattern`].

mod lexer;
mod tree;
mod parser;

use crate::{problem::Problem, stix::check::Version};

pub use tree::{Comparison, Literal, Observation, Operator, Path, Pattern, Qualifier, Step};

/// The longest pattern, in bytes. Lists of ten thousand hashes are in use.
pub const LONGEST: usize = 1 << 20;
/// The deepest nesting of brackets.
pub const DEEPEST: usize = 64;

/// Parses a pattern as that version has it: 2.0 writes the moments of `START` and `STOP` as plain texts.
///
/// # Errors
/// The first thing wrong, at its place, with what was expected there.
pub fn parse(text: &str, version: Version) -> Result<Pattern<'_>, Problem> {
    if text.len() > LONGEST {
        let start = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        return Err(Problem::new(format!("a pattern has at most {LONGEST} bytes"), start..text.len()));
    }
    parser::Parser::new(text, version)?.pattern()
}

#[cfg(test)]
mod tests;
