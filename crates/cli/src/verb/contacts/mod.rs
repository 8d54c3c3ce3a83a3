//! `entente contacts`: whom a party's node tells that something waits.

mod check;
mod show;
mod test;
mod attempts;
mod waiting;

use std::path::Path;

use entente_core::{
    time::Timestamp,
    watch::{Contacts, Rota},
};

use super::remote::ListArgs;
use crate::{
    console::Console,
    failure::{Failure, Outcome},
    input,
    report::Finding,
};

/// Check a contact list, see who is told when, and test the chain
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Check(check::Args),
    Show(show::Args),
    Test(test::Args),
    /// List who was told by a running node that something waits, when and how, and whether it was taken; the latest first
    Attempts(ListArgs),
    /// List what waits for people of this party at a running node, since when, and when somebody is told next
    ///
    /// A matter is something urgent that nobody has acknowledged: an alert in effect, a consultation, a duty whose time is nearly
    /// or just over. Its name says nothing of it; what it is stands in `entente alert list`, `entente consult list` and
    /// `entente obligation list`.
    Waiting(ListArgs),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Check(args) => check::run(args, console),
            Self::Show(args) => show::run(args, console),
            Self::Test(args) => test::run(args, console),
            Self::Attempts(args) => attempts::run(args, console),
            Self::Waiting(args) => waiting::run(args, console),
        }
    }
}

/// The contact list of a file.
fn contacts(path: &Path) -> Result<Contacts, Failure> {
    let source = input::text(path)?;
    entente_formats::contacts::parse(&source.text).map_err(|problems| {
        Failure::Findings(problems.into_iter().map(|problem| Finding::error(&source, problem)).collect())
    })
}

/// A moment as it stands on the wall of a rota's zone.
fn wall(rota: &Rota, at: Timestamp) -> String {
    format!("{} {}", rota.zone.to_datetime(at).strftime("%a %Y-%m-%d %H:%M"), rota.zone_name)
}

/// The ids of persons.
fn names(contacts: &Contacts, persons: impl IntoIterator<Item = usize>) -> Vec<String> {
    persons.into_iter().filter_map(|place| contacts.persons.get(place)).map(|person| person.id.clone()).collect()
}
