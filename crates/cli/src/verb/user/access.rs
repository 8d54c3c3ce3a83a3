//! `entente user sessions`, `tokens` and `end`: by what somebody is in at this moment.

use std::io::Write;

use entente_server::api::{SessionView, TokenView};

use crate::{
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::{ListArgs, NodeArgs},
};

/// List the sessions in which an account is signed in
#[derive(clap::Args)]
pub(crate) struct SessionsArgs {
    /// The account
    account: String,
    #[command(flatten)]
    list: ListArgs,
}

/// List the API tokens of an account, without their secrets
///
/// Its owner makes them, in the account's settings or with `POST /api/v1/me/tokens`: nobody else is to see a secret.
#[derive(clap::Args)]
pub(crate) struct TokensArgs {
    /// The account
    account: String,
    #[command(flatten)]
    list: ListArgs,
}

/// End a session or an API token of an account; the account itself stays as it is
#[derive(clap::Args)]
pub(crate) struct EndArgs {
    /// The account
    account: String,
    /// The session, as `entente user sessions` names it
    #[arg(long, value_name = "SESSION", required_unless_present = "token")]
    session: Option<String>,
    /// The token, by its name
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
}

impl SessionsArgs {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        let path = format!("/users/{}/sessions", self.account);
        let found: Vec<SessionView> = self.list.node.ask(async |client| client.get(&path).await)?;
        let row = |session: &SessionView| {
            let way =
                if session.enrolling { format!("{}, no second factor yet", session.way) } else { session.way.clone() };
            [session.id.clone(), session.began.clone(), session.used.clone(), way]
        };
        let none = format!("{} is signed in nowhere", self.account);
        self.list.show(&found, &none, (["session", "began", "last used", "came in with"], 3), row, console)
    }
}

impl TokensArgs {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        let path = format!("/users/{}/tokens", self.account);
        let found: Vec<TokenView> = self.list.node.ask(async |client| client.get(&path).await)?;
        let row = |token: &TokenView| {
            let used = token.used.clone().unwrap_or_else(|| "never".to_owned());
            let may = format!("{}{}", token.roles.join(" "), if token.read_only { ", reads only" } else { "" });
            [token.name.clone(), token.expires.clone(), used, may]
        };
        let none = format!("{} has no token", self.account);
        self.list.show(&found, &none, (["token", "counts until", "last used", "may"], 3), row, console)
    }
}

impl EndArgs {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        let ends = [("sessions", "session", &self.session), ("tokens", "token", &self.token)];
        for (below, what, name) in ends {
            let Some(name) = name else { continue };
            let path = format!("/users/{}/{below}/{name}", self.account);
            let () = self.node.ask(async |client| client.delete(&path).await)?;
            writeln!(console, "ended the {what} {name} of {}", self.account)?;
        }
        Ok(Outcome::Done)
    }
}
