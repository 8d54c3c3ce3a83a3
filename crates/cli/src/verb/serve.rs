//! `entente serve`: a node, running.

use std::io::{IsTerminal, Write};

use entente_server::serve;

use super::remote::{NodeArgs, PassphraseArgs};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Run a node until it is told to stop
///
/// Partners reach it at the configured address, its own people through the control socket in its data folder. SIGTERM
/// and SIGINT stop it: what has come in is kept and answered first. Killing it loses nothing that was acknowledged. The log
/// goes to standard error; ENTENTE_LOG says how much of it: error, warn, info (the default) or debug. It names partners,
/// lanes and numbers of entries, and nothing of what they say. Where the key files are encrypted, the passphrase comes from the
/// systemd credential entente-passphrase, from what is named here, or from the terminal.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Serve TAXII at one more address, of this machine alone and without TLS: for tests, or behind a proxy that has TLS
    #[arg(long, value_name = "ADDRESS:PORT")]
    taxii_http: Option<String>,
    /// How the log is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, clap::ValueEnum)]
enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

/// Begins to write the log.
fn begin_log(format: LogFormat) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("ENTENTE_LOG").unwrap_or_else(|_| "info".into());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let mut config = args.node.config()?;
    if let Some(address) = &args.taxii_http {
        config = config.with_taxii_http(address).map_err(|why| Failure::Usage(format!("--taxii-http: {why}")))?;
    }
    begin_log(args.log_format);
    let own_file = args.node.own_file(&config.party);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::caused("the system gives no runtime", &error))?;
    let party = config.party.clone();
    let mut said = Ok(());
    let served = runtime.block_on(serve::serve(
        config,
        own_file,
        args.passphrase.source(),
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
