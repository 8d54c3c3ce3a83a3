//! `entente demo`: the driving case, played by three real nodes on this machine.
//!
//! Nothing here knows how a decision is made: the steps ask the nodes as a person would, through their control sockets,
//! print what they say, and check it.

mod bundle;
mod night;
mod scenario;
mod script;
mod world;

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use super::remote::block_on;
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Play the driving case with three nodes on this machine
///
/// Starts the nodes of USA, JPN and KOR as three processes with folders of their own on free loopback ports, plays the
/// scenario of examples/northeast-asia on real data, and checks every step. At the end the nodes keep running until
/// Ctrl-C; it says where their consoles are, how to sign in there, and how to look at them from a terminal.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Stop the nodes at the end; exit 0 only when every step was as expected
    #[arg(long)]
    once: bool,
    /// The folder for the three nodes; a temporary one, removed at the end, when left out
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// The folder with real data (ATT&CK for ICS as STIX in stix/, bulletins in alerts/jma/)
    #[arg(long, value_name = "FOLDER", env = "ENTENTE_DATA", default_value = "../shared/data")]
    data: PathBuf,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    match &args.folder {
        Some(folder) => play(args, folder, console),
        None => {
            let temporary = tempfile::Builder::new().prefix("entente-demo-").tempdir();
            let temporary = temporary.map_err(|error| Failure::caused("no temporary folder", &error))?;
            play(args, temporary.path(), console)
        }
    }
}

fn play(args: &Args, folder: &Path, console: &mut Console) -> Result<Outcome, Failure> {
    block_on(async {
        let mut script = script::Script::new(console);
        let mut world = world::World::start(folder, &mut script).await?;
        let bundle = bundle::lazarus(&args.data)?;
        scenario::play(&mut world, &bundle, &mut script).await?;
        night::play(&mut world, &args.data, &mut script).await?;
        scenario::verified(&world, &mut script)?;
        let all = script.close()?;
        if !args.once {
            world.show(console)?;
            console.flush()?;
            world.show_codes(console).await?;
        }
        world.stop().await;
        Ok(if all { Outcome::Done } else { Outcome::Failed })
    })?
}
