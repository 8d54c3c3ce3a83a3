//! `entente user bind`, `unbind` and `certificates`: with which certificates programs come in as an account, over TAXII.

use std::{io::Write, path::PathBuf};

use entente_server::api::{BindRequest, CertificateView};

use super::{ListArgs, NodeArgs};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
    input,
};

/// Let who has the key of a certificate come in as an account, over TAXII
///
/// It counts at the address under `[taxii]` of the configuration. What counts is its public key: names and dates in the certificate,
/// and who signed it, mean nothing, and a new certificate for the same key goes on counting.
#[derive(clap::Args)]
pub(crate) struct BindArgs {
    /// The account
    account: String,
    /// The file with the certificate, in PEM
    certificate: PathBuf,
    /// What it is called, to tell it from others of the account
    #[arg(long, value_name = "NAME", default_value = "certificate")]
    name: String,
    /// How many days it counts, at most 1096
    #[arg(long, default_value_t = 366)]
    days: u32,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Take a certificate away from an account
///
/// It opens nothing any more, on connections that are there either.
#[derive(clap::Args)]
pub(crate) struct UnbindArgs {
    /// The account
    account: String,
    /// What the certificate is called
    #[arg(default_value = "certificate")]
    name: String,
    #[command(flatten)]
    node: NodeArgs,
}

/// List the certificates with which programs come in as an account
#[derive(clap::Args)]
pub(crate) struct CertificatesArgs {
    /// The account
    account: String,
    #[command(flatten)]
    list: ListArgs,
}

impl BindArgs {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        let certificate = input::text(&self.certificate)?.text.to_string();
        let request = BindRequest { name: self.name.clone(), certificate, days: self.days };
        let path = format!("/users/{}/certificates", self.account);
        let bound: CertificateView = self.node.ask(async |client| client.post(&path, &request).await)?;
        if self.json {
            console.json(&bound)?;
            return Ok(Outcome::Done);
        }
        writeln!(console, "bound {} to {}", bound.name, self.account)?;
        writeln!(console, "  public key    sha256:{}", bound.spki_sha256)?;
        writeln!(console, "  counts until  {}", bound.expires)?;
        Ok(Outcome::Done)
    }
}

impl UnbindArgs {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        let path = format!("/users/{}/certificates/{}", self.account, self.name);
        let () = self.node.ask(async |client| client.delete(&path).await)?;
        writeln!(console, "took {} away from {}", self.name, self.account)?;
        Ok(Outcome::Done)
    }
}

impl CertificatesArgs {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        let path = format!("/users/{}/certificates", self.account);
        let bound: Vec<CertificateView> = self.list.node.ask(async |client| client.get(&path).await)?;
        let row = |one: &CertificateView| {
            let used = one.used.clone().unwrap_or_else(|| "never".to_owned());
            [one.name.clone(), one.expires.clone(), used, one.spki_sha256.clone()]
        };
        let none = format!("{} has no certificate; bind one with `entente user bind`", self.account);
        let heads = ["certificate", "counts until", "last used", "public key (SHA-256)"];
        self.list.show(&bound, &none, (heads, 3), row, console)
    }
}
