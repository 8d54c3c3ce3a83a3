//! A label of one syntax as a label of another, with every loss said, and never wider than it was.
//!
//! Not a change of classification: what means another level in another country is an agreement's business. Nothing is
//! guessed: where the target has no word for a restriction, there is no conversion. Before an answer is given it is read
//! back, and refused if anyone gained by it. The key function is [`convert`].

mod source;
mod target;
mod wider;

use std::fmt;

use entente_core::{label::Label, time::Timestamp};

use super::stanag4774::{Originator, policy::Policies};
use crate::problem::Problem;

pub use source::recognise;
pub use wider::wider;

/// A syntax of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Syntax {
    /// Banner lines.
    Capco,
    /// TLP 2.0, also as a marking definition of STIX.
    Tlp,
    /// TLP 1, also as a marking definition of STIX.
    Tlp1,
    /// `entente.label/1`.
    Json,
    /// Confidentiality labels in XML.
    Stanag4774,
    /// Marking definitions of STIX with ACS.
    Acs,
}

impl Syntax {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Stanag4774, Self::Capco, Self::Tlp, Self::Tlp1, Self::Json, Self::Acs];

    /// Its word: `stanag4774`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Capco => "capco",
            Self::Tlp => "tlp",
            Self::Tlp1 => "tlp1",
            Self::Json => "json",
            Self::Stanag4774 => "stanag4774",
            Self::Acs => "acs",
        }
    }
}

impl fmt::Display for Syntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a target may demand and a label has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The present, at which a succession has taken place or not.
    pub now: Timestamp,
    /// When the label was set.
    pub created: Timestamp,
    /// When it has to be looked at again.
    pub review: Option<Timestamp>,
    /// The label that takes its place, and when.
    pub succession: Option<(Timestamp, Label)>,
    /// Who set it.
    pub originator: Option<Originator>,
    /// Names of policies.
    pub policies: Policies,
    /// The organisation that holds the information, for ACS.
    pub custodian: Option<String>,
    /// The UUID of a new marking definition, for ACS.
    pub identifier: Option<String>,
}

impl Facts {
    /// Nothing is known but the present.
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            created: now,
            review: None,
            succession: None,
            originator: None,
            policies: Policies::default(),
            custodian: None,
            identifier: None,
        }
    }
}

/// A label that was read, and what of its text the label does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The label.
    pub label: Label,
    /// What was lost or changed, a sentence each.
    pub notes: Vec<String>,
}

/// A label in another syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// The syntax that it came in.
    pub from: Syntax,
    /// The syntax that it is in now.
    pub to: Syntax,
    /// The text; XML that is written here has several lines and ends in a new line.
    pub text: String,
    /// What was lost or changed on the way, a sentence each.
    pub notes: Vec<String>,
    /// The id of the marking definition by which STIX objects bear it, for TLP.
    pub marking_definition: Option<&'static str>,
}

impl Conversion {
    /// Whether the text is the one that came in, byte for byte: what its originator wrote as XML or as an object of
    /// STIX is never written anew.
    pub fn is_as_it_came(&self) -> bool {
        self.from == self.to && matches!(self.to, Syntax::Stanag4774 | Syntax::Acs)
    }
}

/// Why there is no conversion: the target cannot hold the meaning, or would be wider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What is in the way: lower case, input in backticks.
    pub message: String,
    /// What to do about it, or why it is refused.
    pub help: Option<String>,
}

impl Refusal {
    /// A refusal.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    /// The same with a help text.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not of its syntax.
    #[error("{0}")]
    Problem(#[from] Problem),
    /// It is, and cannot be converted.
    #[error("{0}")]
    Refusal(#[from] Refusal),
}

/// Converts `text`, which is in `from`, or in the syntax that it looks like.
///
/// # Errors
/// When the text is not of its syntax, or the target cannot hold what it means without being wider.
pub fn convert(text: &str, from: Option<Syntax>, to: Syntax, facts: &Facts) -> Result<Conversion, Error> {
    let whole = text;
    let text = whole.trim_end_matches(['\n', '\r']);
    let from = from.unwrap_or_else(|| recognise(text));
    let conversion = Conversion { from, to, text: whole.to_owned(), notes: Vec::new(), marking_definition: None };
    if conversion.is_as_it_came() {
        source::check(text, from)?;
        return Ok(conversion);
    }
    let Reading { label, mut notes } = source::read(text, from, facts)?;
    let (text, lost) = target::write(&label, to, facts)?;
    notes.extend(lost);
    let successor = facts.succession.as_ref().map(|(_, successor)| successor);
    let (back, back_successor) = source::read_back(&text, to, facts).map_err(|error| match error {
        // A fact that was given beside the label is at fault, and the place would be in a text that nobody has seen.
        Error::Problem(Problem { message, help, .. }) => Refusal { message, help },
        Error::Refusal(refusal) => refusal,
    })?;
    let pairs = [(Some(&label), Some(&back)), (successor, back_successor.as_ref())];
    let grown = pairs.into_iter().find_map(|(before, after)| wider(before?, after?));
    if let Some(how) = grown {
        return Err(Refusal::new(format!("in {to} the label would be wider: {how}")).into());
    }
    let marking_definition = target::marking_definition(&back, to);
    Ok(Conversion { from, to, text, notes, marking_definition })
}
