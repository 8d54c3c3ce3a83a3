//! `entente party view`: how a partner stands to what is held here.

use entente_core::Channel;
use entente_server::api::StandsView;

use crate::{
    columns::printable,
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::ListArgs,
};

/// Show what a party has of what is held here, what it could have, and what it may not have, and why
///
/// Of the newest records. `has`: it made it, provided it, or was given it from here; `could`: it would be permitted; `not`: it would be
/// denied.
#[derive(clap::Args)]
pub(crate) struct ViewArgs {
    /// The code of the party
    party: String,
    /// What for, such as missile-warning
    #[arg(long)]
    purpose: String,
    /// The way it would go
    #[arg(long, default_value = Channel::GOVERNMENTS)]
    channel: String,
    /// Of so many of the newest records
    #[arg(long, value_name = "COUNT", default_value_t = 200)]
    limit: usize,
    #[command(flatten)]
    list: ListArgs,
}

pub(super) fn run(args: &ViewArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let [party, purpose, channel] = [&args.party, &args.purpose, &args.channel].map(|word| in_address(word));
    let path = format!("/partners/{party}?purpose={purpose}&channel={channel}&limit={}", args.limit);
    let language = console.language_for(args.list.json);
    let found: Vec<StandsView> = args.list.node.ask_in(language, async |client| client.get(&path).await)?;
    let row = |one: &StandsView| {
        let record = format!("{}/{}", one.record.originator, one.record.id);
        [record, one.stands.clone(), one.record.label.clone(), printable(&one.because).into_owned()]
    };
    args.list.show(&found, "no record is held here", (["record", "stands", "label", "because"], 3), row, console)
}

/// A word as it stands in an address (RFC 3986).
fn in_address(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
