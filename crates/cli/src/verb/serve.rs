//! `entente serve`: a node, running.

use std::io::{IsTerminal, Write};

use entente_server::serve;

use super::remote::NodeArgs;
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Run a node until it is told to stop
///
/// Partners reach it at the configured address, its own people through the control socket in its data folder. SIGTERM
/// and SIGINT stop it; killing it loses nothing that was acknowledged.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    node: NodeArgs,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let config = args.node.config()?;
    let filter = tracing_subscriber::EnvFilter::try_from_env("ENTENTE_LOG").unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    let own_file = args.node.own_file(&config.party);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::caused("the system gives no runtime", &error))?;
    let party = config.party.clone();
    let mut said = Ok(());
    let served = runtime.block_on(serve::serve(
        config,
        own_file,
        |address| said = writeln!(console, "{party} is ready at {address}").and_then(|()| console.flush()),
        stop(),
    ));
    said?;
    served.map_err(|error| Failure::new(error.to_string()))?;
    Ok(Outcome::Done)
}

/// Until SIGTERM or SIGINT.
async fn stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
