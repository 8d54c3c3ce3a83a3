//! `entente log`: what the logs promise, checked, proved, compared and counted.

mod verify;
mod status;
mod prove;
mod check_proof;
mod compare;
mod digest;
mod statements;
mod tiles;

pub(super) use check_proof::read_parties;

use entente_node::Partner;
use entente_store::Reader;

use super::{
    party,
    remote::{NodeArgs, PassphraseArgs},
};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// The ledger and the feeds of a node: verify, prove, compare, count
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Verify(verify::VerifyArgs),
    Status(status::StatusArgs),
    Prove(prove::ProveArgs),
    CheckProof(check_proof::CheckArgs),
    Compare(compare::CompareArgs),
    Digest(digest::DigestArgs),
    Statements(statements::Args),
    Tiles(tiles::TilesArgs),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Verify(args) => verify::run(args, console),
            Self::Status(args) => status::run(args, console),
            Self::Prove(args) => prove::run(args, console),
            Self::CheckProof(args) => check_proof::run(args, console),
            Self::Compare(args) => compare::run(args, console),
            Self::Digest(args) => digest::run(args, console),
            Self::Statements(args) => statements::run(args, console),
            Self::Tiles(args) => tiles::run(args, console),
        }
    }
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(error.to_string())
}

/// The store of the node that is meant, read beside whoever writes it, and the node's own party file.
fn open(node: &NodeArgs, passphrase: &PassphraseArgs) -> Result<(Reader, Partner), Failure> {
    let config = node.config()?;
    let storage = passphrase.folder(&config).storage().map_err(|error| failed(&error))?;
    let reader = Reader::of_folder(&config.data).and_then(|reader| reader.with_key(&storage));
    let reader = reader.map_err(|error| failed(&error))?;
    let (_, own) = party::read(&node.own_file(&config.party))?;
    Ok((reader, own))
}

/// A moment for people, from seconds since the epoch.
fn moment(second: i64) -> String {
    jiff::Timestamp::from_second(second).map_or_else(|_| second.to_string(), |moment| moment.to_string())
}

/// `1 leaf`, `2 leaves`.
fn leaves(count: u64) -> String {
    if count == 1 { "1 leaf".to_owned() } else { format!("{count} leaves") }
}
