//! `entente consult`: the duty to consult, at a running node and as far as it needs none.

mod live;
mod step;
mod owed;
mod calendar;
mod verify;

use super::remote::ListArgs;
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Consult: raise, acknowledge, agree, close, export and verify; and what agreements would have the parties do
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    /// List the consultations, the latest first
    List(ListArgs),
    Show(live::ShowArgs),
    Raise(live::RaiseArgs),
    Acknowledge(step::AcknowledgeArgs),
    Convene(step::ConveneArgs),
    Decline(step::DeclineArgs),
    Escalate(step::EscalateArgs),
    ProposeMessage(step::MessageArgs),
    ProposeAction(step::ActionArgs),
    Agree(step::AgreeArgs),
    Object(step::ObjectArgs),
    Effects(step::EffectsArgs),
    Close(step::CloseArgs),
    Position(step::PositionArgs),
    Export(step::ExportArgs),
    Owed(owed::Args),
    Calendar(calendar::Args),
    Verify(verify::Args),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::List(args) => live::list(args, console),
            Self::Show(args) => live::show(args, console),
            Self::Raise(args) => live::raise(args, console),
            Self::Acknowledge(args) => step::acknowledge(args, console),
            Self::Convene(args) => step::convene(args, console),
            Self::Decline(args) => step::decline(args, console),
            Self::Escalate(args) => step::escalate(args, console),
            Self::ProposeMessage(args) => step::message(args, console),
            Self::ProposeAction(args) => step::action(args, console),
            Self::Agree(args) => step::agree(args, console),
            Self::Object(args) => step::object(args, console),
            Self::Effects(args) => step::effects(args, console),
            Self::Close(args) => step::close(args, console),
            Self::Position(args) => step::position(args, console),
            Self::Export(args) => step::export(args, console),
            Self::Owed(args) => owed::run(args, console),
            Self::Calendar(args) => calendar::run(args, console),
            Self::Verify(args) => verify::run(args, console),
        }
    }
}
