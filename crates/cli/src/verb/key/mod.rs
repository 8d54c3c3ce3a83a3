//! `entente key`: the keys of this party through their life.

mod change;
mod list;
mod destroy;
mod protect;
mod new_root;

use change::{RetireArgs, RevokeArgs, RollArgs};
pub(super) use change::{Signing, carry_out, taken_up};

use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// The keys of this party: list, roll over, revoke, protect
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    List(list::ListArgs),
    Roll(RollArgs),
    Retire(RetireArgs),
    Revoke(RevokeArgs),
    Destroy(destroy::DestroyArgs),
    Protect(protect::ProtectArgs),
    Unprotect(protect::UnprotectArgs),
    NewRoot(new_root::NewRootArgs),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::List(args) => list::run(args, console),
            Self::Roll(args) => change::roll(args, console),
            Self::Retire(args) => change::retire(args, console),
            Self::Revoke(args) => change::revoke(args, console),
            Self::Destroy(args) => destroy::run(args, console),
            Self::Protect(args) => protect::protect(args, console),
            Self::Unprotect(args) => protect::unprotect(args, console),
            Self::NewRoot(args) => new_root::run(args, console),
        }
    }
}

/// A kind of key, as it is written on the command line.
#[derive(Clone, Copy, clap::ValueEnum)]
#[value(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// Signs envelopes and statements (Ed25519)
    Signing,
    /// Envelopes are sealed to it (X-Wing)
    Sealing,
    /// Signs feeds and ledger (Ed25519)
    Log,
    /// Signs them too (ML-DSA-44)
    LogMlDsa,
    /// Cosigns partners' feeds as receipts (Ed25519)
    Receipt,
    /// Cosigns partners' ledgers as their witness (Ed25519)
    Witness,
    /// The node's TLS certificate
    Tls,
}

impl Kind {
    fn get(self) -> entente_formats::party::KeyKind {
        use entente_formats::party::KeyKind;
        match self {
            Self::Signing => KeyKind::Signing,
            Self::Sealing => KeyKind::Sealing,
            Self::Log => KeyKind::Log,
            Self::LogMlDsa => KeyKind::LogMlDsa,
            Self::Receipt => KeyKind::Receipt,
            Self::Witness => KeyKind::Witness,
            Self::Tls => KeyKind::Tls,
        }
    }
}
