//! `entente agreement`: agreement files, one by one and together; and agreements on a running node.

mod act;
mod acts;
mod check;
mod fmt;
mod show;
mod timeline;
mod matrix;
mod compare;
mod running;
mod areas;
mod phrase;

use entente_core::agreement::ActKind;

use crate::{
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::ListArgs,
};

/// Read agreement files, and act on agreements
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Check(check::Args),
    Fmt(fmt::Args),
    Show(show::Args),
    Timeline(timeline::Args),
    Matrix(matrix::Args),
    Compare(compare::Args),
    /// List the agreements that a running node knows, with each party's view
    List(ListArgs),
    Read(act::ReadArgs),
    Propose(act::ProposeArgs),
    /// Sign an agreement; brings nothing into force yet
    Sign(act::ActArgs),
    /// Ratify an agreement; brings nothing into force yet
    Ratify(act::ActArgs),
    /// Bring an agreement into force, in this party's own view
    EnterIntoForce(act::ActArgs),
    /// Suspend an agreement: nothing new goes under it; what was given stays protected
    Suspend(act::ActArgs),
    /// End a suspension
    Resume(act::ActArgs),
    /// Give notice of termination
    Notice(act::ActArgs),
    /// Suspend a notice of termination before it takes effect
    SuspendNotice(act::ActArgs),
    /// Withdraw a notice of termination before it takes effect
    Withdraw(act::ActArgs),
    /// Terminate an agreement; final
    Terminate(act::ActArgs),
    Admit(act::AdmitArgs),
    Dispute(act::DisputeArgs),
    Acts(acts::Args),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Check(args) => check::run(args, console),
            Self::Fmt(args) => fmt::run(args, console),
            Self::Show(args) => show::run(args, console),
            Self::Timeline(args) => timeline::run(args, console),
            Self::Matrix(args) => matrix::run(args, console),
            Self::Compare(args) => compare::run(args, console),
            Self::List(args) => act::list(args, console),
            Self::Read(args) => act::read(args, console),
            Self::Propose(args) => act::propose(args, console),
            Self::Sign(args) => act::act(args, ActKind::Signed, console),
            Self::Ratify(args) => act::act(args, ActKind::Ratified, console),
            Self::EnterIntoForce(args) => act::act(args, ActKind::EnteredIntoForce, console),
            Self::Suspend(args) => act::act(args, ActKind::Suspended, console),
            Self::Resume(args) => act::act(args, ActKind::Resumed, console),
            Self::Notice(args) => act::act(args, ActKind::NoticeOfTermination, console),
            Self::SuspendNotice(args) => act::act(args, ActKind::NoticeSuspended, console),
            Self::Withdraw(args) => act::act(args, ActKind::NoticeWithdrawn, console),
            Self::Terminate(args) => act::act(args, ActKind::Terminated, console),
            Self::Admit(args) => act::admit(args, console),
            Self::Dispute(args) => act::dispute(args, console),
            Self::Acts(args) => acts::run(args, console),
        }
    }
}
