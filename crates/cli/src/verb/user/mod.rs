//! `entente user`: who may come in with a browser or over the API, and what each may do.

mod access;
mod certificate;

use std::io::{Read, Write};

use entente_server::api::{AddUserRequest, ChangeUserRequest, InvitedView, RightsRequest, UserView, VouchRequest};

use super::remote::{ListArgs, NodeArgs};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// People who use this node
///
/// Roles: `watch`, `analyst`, `disclosure`, `treaty`, `auditor`, `admin`. What somebody sees is decided record by record, by
/// clearance and subjects; roles say what it may do with that. An administrator gives rights and has none of the others.
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Add(AddArgs),
    /// List the accounts
    List(ListArgs),
    Change(ChangeArgs),
    /// Let nobody in with an account; its sessions and tokens end now
    Disable(NameArgs),
    /// Let its owner in again
    Enable(NameArgs),
    /// Take every credential of an account away, and print a one-time link by which its owner begins again
    Reset(NameArgs),
    /// Say that an account is its owner's own, after somebody else than who set it has looked at it
    ///
    /// Where the rules ask for two persons, two accounts that one administrator set alone do not count as two until another administrator,
    /// an auditor or the operator has vouched for one of them.
    Vouch(NameArgs),
    Bind(certificate::BindArgs),
    Unbind(certificate::UnbindArgs),
    Certificates(certificate::CertificatesArgs),
    Sessions(access::SessionsArgs),
    Tokens(access::TokensArgs),
    End(access::EndArgs),
}

/// An account.
#[derive(clap::Args)]
pub(crate) struct NameArgs {
    /// The account
    name: String,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What an account may do.
#[derive(clap::Args)]
struct RightsArgs {
    /// What it may do; may be given several times
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<String>,
    /// The level that it is cleared to, such as SECRET
    #[arg(long, value_name = "LEVEL", default_value = "UNCLASSIFIED")]
    clearance: String,
    /// What it needs to know; may be given several times, or once as `*` for anything
    #[arg(long = "subject", value_name = "SUBJECT")]
    subjects: Vec<String>,
    /// The code of its party, where it is not this node's
    #[arg(long, value_name = "PARTY")]
    nationality: Option<String>,
    /// It acts in an official duty, as some agreements ask
    #[arg(long)]
    official_duty: bool,
    /// Its issuer and subject at an OpenID Connect provider
    #[arg(long, num_args = 2, value_names = ["ISSUER", "SUBJECT"])]
    external: Option<Vec<String>>,
}

impl RightsArgs {
    fn request(&self) -> RightsRequest {
        let external = self.external.as_deref().and_then(|words| match words {
            [issuer, subject] => Some((issuer.clone(), subject.clone())),
            _ => None,
        });
        RightsRequest {
            roles: self.roles.clone(),
            clearance: self.clearance.clone(),
            subjects: self.subjects.clone(),
            nationality: self.nationality.clone(),
            official_duty: self.official_duty,
            external,
        }
    }
}

/// Add an account
///
/// Without a password a one-time link is printed, by which its owner sets one. Hand it over by a way that nobody else reads.
#[derive(clap::Args)]
pub(crate) struct AddArgs {
    /// The account's name: letters, digits, `.`, `_`, `-`, `@`
    name: String,
    #[command(flatten)]
    rights: RightsArgs,
    /// Read its first password from standard input, up to the end of the line
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Change what an account may do
///
/// What is given here replaces all that it had. Its sessions and tokens end.
#[derive(clap::Args)]
pub(crate) struct ChangeArgs {
    /// The account
    name: String,
    #[command(flatten)]
    rights: RightsArgs,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Add(args) => add(args, console),
            Self::List(args) => list(args, console),
            Self::Change(args) => change(args, console),
            Self::Disable(args) => post(args, "disable", "disabled", console),
            Self::Enable(args) => post(args, "enable", "enabled", console),
            Self::Reset(args) => reset(args, console),
            Self::Vouch(args) => vouch(args, console),
            Self::Bind(args) => args.run(console),
            Self::Unbind(args) => args.run(console),
            Self::Certificates(args) => args.run(console),
            Self::Sessions(args) => args.run(console),
            Self::Tokens(args) => args.run(console),
            Self::End(args) => args.run(console),
        }
    }
}

/// The longest password that is read, in bytes.
const LONGEST: u64 = 4096;

fn add(args: &AddArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let password = match args.password_stdin {
        true => {
            let mut text = String::new();
            std::io::stdin()
                .take(LONGEST)
                .read_to_string(&mut text)
                .map_err(|error| Failure::caused("no password can be read from standard input", &error))?;
            Some(text.lines().next().unwrap_or_default().to_owned())
        }
        false => None,
    };
    let request = AddUserRequest { name: args.name.clone(), rights: args.rights.request(), password };
    let added: InvitedView = args.node.ask(async |client| client.post("/users", &request).await)?;
    invited(&added, "added", args.json, console)
}

fn invited(view: &InvitedView, word: &str, json: bool, console: &mut Console) -> Result<Outcome, Failure> {
    if json {
        console.json(view)?;
        return Ok(Outcome::Done);
    }
    writeln!(console, "{word} {}", view.user.name)?;
    if let (Some(link), Some(until)) = (&view.link, &view.link_expires) {
        writeln!(console, "  one-time link  {link}")?;
        writeln!(console, "  counts until   {until}")?;
    }
    Ok(Outcome::Done)
}

fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let users: Vec<UserView> = args.node.ask(async |client| client.get("/users").await)?;
    let row = |user: &UserView| {
        let (roles, subjects) = (user.roles.join(" "), user.subjects.join(", "));
        [user.name.clone(), roles, user.clearance.clone(), signs_in_with(user), subjects]
    };
    let heads = ["account", "roles", "clearance", "signs in with", "subjects"];
    args.show(&users, "nobody has an account; add one with `entente user add`", (heads, 4), row, console)
}

/// How an account comes in.
fn signs_in_with(user: &UserView) -> String {
    if let Some(since) = &user.disabled {
        return format!("disabled since {since}");
    }
    let password = match (user.has_password, user.has_totp) {
        (true, true) => Some("password and code"),
        (true, false) if user.passkeys == 0 => Some("password, no code yet"),
        _ => None,
    };
    let ways = [
        password,
        (user.passkeys > 0).then_some("passkey"),
        (user.certificates > 0).then_some("certificate"),
        user.external.is_some().then_some("provider"),
    ];
    let ways: Vec<&str> = ways.into_iter().flatten().collect();
    if ways.is_empty() { "nothing yet".to_owned() } else { ways.join(", ") }
}

fn change(args: &ChangeArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/users/{}", args.name);
    let user: UserView = args.node.ask(async |client| {
        let before: UserView = client.get(&path).await?;
        let request = ChangeUserRequest { rights: args.rights.request(), revision: before.revision };
        client.put(&path, &request).await
    })?;
    said(&user, "changed", args.json, console)
}

fn vouch(args: &NameArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/users/{}", args.name);
    let user: UserView = args.node.ask(async |client| {
        let before: UserView = client.get(&path).await?;
        client.post(&format!("{path}/vouch"), &VouchRequest { revision: before.revision }).await
    })?;
    said(&user, "vouched for", args.json, console)
}

fn said(user: &UserView, word: &str, json: bool, console: &mut Console) -> Result<Outcome, Failure> {
    match json {
        true => console.json(user)?,
        false => writeln!(console, "{word} {}", user.name)?,
    }
    Ok(Outcome::Done)
}

fn post(args: &NameArgs, deed: &str, word: &str, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/users/{}/{deed}", args.name);
    let user: UserView = args.node.ask(async |client| client.post(&path, &()).await)?;
    said(&user, word, args.json, console)
}

fn reset(args: &NameArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/users/{}/reset", args.name);
    let view: InvitedView = args.node.ask(async |client| client.post(&path, &()).await)?;
    invited(&view, "reset", args.json, console)
}
