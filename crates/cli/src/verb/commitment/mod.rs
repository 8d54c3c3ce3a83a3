//! `entente commitment`: who does what until when, with what shows it.

mod list;
mod say;
mod plan;
mod accession;

use entente_server::api::{CommitmentView, ProgressView};

use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Commitments: make them known, say how far they are, show what proves it, and print the plan
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    List(list::ListArgs),
    Show(list::ShowArgs),
    Add(say::AddArgs),
    Step(say::StepArgs),
    Evidence(say::EvidenceArgs),
    Close(say::CloseArgs),
    Plan(plan::Args),
    Accession(accession::Args),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::List(args) => list::list(args, console),
            Self::Show(args) => list::show(args, console),
            Self::Add(args) => say::add(args, console),
            Self::Step(args) => say::step(args, console),
            Self::Evidence(args) => say::evidence(args, console),
            Self::Close(args) => say::close(args, console),
            Self::Plan(args) => plan::run(args, console),
            Self::Accession(args) => accession::run(args, console),
        }
    }
}

/// The text and the article, in words.
fn basis(view: &CommitmentView) -> String {
    match (&view.agreement, &view.clause) {
        (Some(agreement), Some(clause)) => format!("{agreement} art. {clause}"),
        _ => match (&view.consultation, &view.action) {
            (Some(name), Some(action)) => format!("agreed in {}, action {}", first(name), first(action)),
            (Some(name), None) => format!("agreed in {}", first(name)),
            _ => String::new(),
        },
    }
}

fn first(digits: &str) -> &str {
    digits.get(..12).unwrap_or(digits)
}

/// A name as people type it.
fn short(view: &CommitmentView) -> String {
    view.name.as_ref().map_or_else(|| "-".to_owned(), |name| name.chars().take(8).collect())
}

fn is_done(last: Option<&ProgressView>) -> bool {
    last.is_some_and(|last| last.word == "done")
}
