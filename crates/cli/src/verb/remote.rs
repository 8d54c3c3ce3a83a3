//! What every verb that asks a running node shares: which node, and how to wait for its answer.

use std::{io::Write, path::PathBuf};

use entente_core::{Party, explain::Language};
use entente_server::{
    Config,
    client::{Client, ClientError},
    keys::{KeyFolder, passphrase::Source},
};

use serde::Serialize;

use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// Which node is asked.
#[derive(clap::Args)]
pub(crate) struct NodeArgs {
    /// The node's configuration file, or its folder
    #[arg(long, value_name = "PATH", env = "ENTENTE_CONFIG", default_value = "node.toml")]
    config: PathBuf,
}

impl NodeArgs {
    /// The configuration file.
    pub(crate) fn path(&self) -> PathBuf {
        if self.config.is_dir() { self.config.join("node.toml") } else { self.config.clone() }
    }

    /// The node's own party file, beside its configuration.
    pub(crate) fn own_file(&self, party: &Party) -> PathBuf {
        self.path().with_file_name(format!("{party}.party"))
    }

    /// Its configuration.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        Config::read(&self.path()).map_err(|error| {
            Failure::new(error.to_string())
                .help("name the node with --config or ENTENTE_CONFIG, or make one with `entente node init`")
        })
    }

    /// Asks the running node.
    pub(crate) fn ask<T>(&self, question: impl AsyncFnOnce(&Client) -> Result<T, ClientError>) -> Result<T, Failure> {
        self.ask_in(Language::English, question)
    }

    /// Asks the running node for explanations in that language.
    pub(crate) fn ask_in<T>(
        &self,
        language: Language,
        question: impl AsyncFnOnce(&Client) -> Result<T, ClientError>,
    ) -> Result<T, Failure> {
        let client = Client::new(&self.config()?.control_socket()).speaking(language);
        block_on(question(&client))?.map_err(|error| failed(&error))
    }
}

/// Where the passphrase of the key files comes from, where they are encrypted.
#[derive(clap::Args)]
pub(crate) struct PassphraseArgs {
    /// Read the passphrase of the key files from the first line of this file, which only its owner may read
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_fd")]
    passphrase_file: Option<PathBuf>,
    /// Read it from this file descriptor
    #[arg(long, value_name = "NUMBER")]
    passphrase_fd: Option<u32>,
}

impl PassphraseArgs {
    /// The source; where none is named, the systemd credential `entente-passphrase`, or a person at the terminal.
    pub(crate) fn source(&self) -> Source {
        match (&self.passphrase_file, self.passphrase_fd) {
            (Some(path), _) => Source::File(path.clone()),
            (None, Some(number)) => Source::Descriptor(number),
            (None, None) => Source::Found,
        }
    }

    /// The keys of a node.
    pub(crate) fn folder(&self, config: &Config) -> KeyFolder {
        KeyFolder::with(&config.keys, self.source(), config.token.clone())
    }
}

/// What a verb takes that lists what a node has.
#[derive(clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) node: NodeArgs,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

impl ListArgs {
    /// Shows what was found: one JSON object a line, or rows under `heads`, of which the column `flexible` wraps; and the words
    /// `none` where there is nothing.
    pub(crate) fn show<T: Serialize, const N: usize>(
        &self,
        found: &[T],
        none: &str,
        (heads, flexible): ([&str; N], usize),
        row: impl Fn(&T) -> [String; N],
        console: &mut Console,
    ) -> Result<Outcome, Failure> {
        if self.json {
            found.iter().try_for_each(|one| console.json(one))?;
            return Ok(Outcome::Done);
        }
        if found.is_empty() {
            writeln!(console, "{none}")?;
            return Ok(Outcome::Done);
        }
        let mut columns = Columns::new(flexible).styled([console.palette().bold]);
        columns.row(heads);
        found.iter().for_each(|one| columns.row(row(one)));
        let width = console.width();
        columns.write(console, width)?;
        Ok(Outcome::Done)
    }
}

/// What the node did not do, in its words.
pub(crate) fn failed(error: &ClientError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error.help() {
        Some(help) => failure.help(help),
        None => failure,
    }
}

/// Runs to its end what waits for others.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::caused("the system gives no runtime", &error))?;
    Ok(runtime.block_on(work))
}
