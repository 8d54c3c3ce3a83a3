//! What verbs share that ask the judgement without a node: what it is asked on, and what is asked.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use clap::builder::PossibleValuesParser;
use entente_core::{
    Channel, Subject,
    time::{Date, Timestamp},
    world::{Agreements, NationalRules},
};
use entente_formats::request::UnknownSubject;

use crate::{console::Console, failure::Failure, input};

/// What decisions are taken on.
#[derive(clap::Args)]
pub(crate) struct Texts {
    /// The agreements: a folder of files (*.toml, without subfolders), or one file
    #[arg(long, value_name = "PATH")]
    agreements: PathBuf,
    /// National rules: a file, or a folder of files. Without: no delegations and no restrictions
    #[arg(long, value_name = "PATH")]
    national: Option<PathBuf>,
}

impl Texts {
    pub(crate) fn read(&self) -> Result<(Agreements, NationalRules), Failure> {
        Ok((input::agreements(&self.agreements)?, input::national(self.national.as_deref())?))
    }
}

/// What is asked, of whatever record.
#[derive(clap::Args)]
pub(crate) struct Question {
    /// What for
    #[arg(long)]
    pub(crate) purpose: String,
    /// How it travels
    #[arg(long, default_value = Channel::GOVERNMENTS)]
    pub(crate) channel: String,
    /// What the recipient gets
    #[arg(long, default_value = "release", value_parser = PossibleValuesParser::new(["release", "display"]))]
    pub(crate) action: String,
    /// When: `now`, a moment such as 2026-11-20T00:00:00Z, or a day, which counts from its start in UTC
    #[arg(long, value_name = "TIME", default_value = "now", value_parser = moment)]
    pub(crate) at: Timestamp,
}

/// A moment on the command line.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    if text == "now" {
        return Ok(Timestamp::now());
    }
    let start = match text.parse::<Date>() {
        Ok(day) if text.len() == 10 => format!("{day}T00:00:00Z"),
        _ => text.to_owned(),
    };
    start.parse().map_err(|_| "expected `now`, a moment such as 2026-11-20T00:00:00Z, or a day".to_owned())
}

/// The subjects that a person was warned of: each is told once.
#[derive(Default)]
pub(crate) struct Warned(BTreeSet<Subject>);

impl Warned {
    /// Warns of subjects that no file names. They may be new; they may also be misspelt, and fall out of every scope.
    pub(crate) fn warn(
        &mut self,
        unknown: BTreeSet<UnknownSubject>,
        place: Option<(&Path, usize)>,
        console: &mut Console,
    ) -> Result<(), Failure> {
        for UnknownSubject { subject, near } in unknown {
            if self.0.insert(subject.clone()) {
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                let message = format!("subject `{subject}` is in no agreement and no national file given{near}");
                console.warn(place, &message)?;
            }
        }
        Ok(())
    }
}
