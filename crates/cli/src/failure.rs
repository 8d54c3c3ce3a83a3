//! How a verb ends. The exit codes are here, and nowhere else.

use std::{error::Error, io};

use crate::report::Finding;

/// Done, or permitted.
pub(crate) const DONE: u8 = 0;
/// Something went wrong.
pub(crate) const ERROR: u8 = 1;
/// The one decision asked for is a denial.
pub(crate) const DENIED: u8 = 2;
/// The command line is wrong (`EX_USAGE` of sysexits).
pub(crate) const USAGE: u8 = 64;

/// How a verb ends when it ran to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// What was asked is done.
    Done,
    /// The answer is one decision, and the decision is no.
    Denied,
    /// Something was wrong on the way, and has been said already.
    Failed,
}

impl Outcome {
    /// The exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => DONE,
            Self::Denied => DENIED,
            Self::Failed => ERROR,
        }
    }
}

/// Why a verb stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// In words: lower case, input in backticks.
    Message {
        /// What is wrong.
        message: String,
        /// What lies below it, outermost first.
        causes: Vec<String>,
        /// What to do about it.
        help: Option<String>,
    },
    /// The command line is wrong in a way that the parser of arguments does not see.
    Usage(String),
    /// Texts that were given are wrong, each at a place.
    Findings(Vec<Finding>),
    /// Our own output could not be written.
    Output(io::Error),
}

impl Failure {
    /// A failure in words.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::Message { message: message.into(), causes: Vec::new(), help: None }
    }

    /// A failure in words, with the error that it comes from.
    pub(crate) fn caused(message: impl Into<String>, cause: &dyn Error) -> Self {
        let mut causes = vec![cause.to_string()];
        let mut below = cause.source();
        while let Some(cause) = below {
            causes.push(cause.to_string());
            below = cause.source();
        }
        Self::Message { message: message.into(), causes, help: None }
    }

    /// The same with a help text.
    #[must_use]
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        if let Self::Message { help, .. } = &mut self {
            *help = Some(text.into());
        }
        self
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            // Nobody reads our output any more, as in `entente … | head`: they had what they wanted.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => DONE,
            Self::Message { .. } | Self::Findings(_) | Self::Output(_) => ERROR,
        }
    }
}

/// Only for output: what reads names what it read, with [`Failure::caused`].
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
