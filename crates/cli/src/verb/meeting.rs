//! `entente meeting`: meetings that texts want and parties call.

use std::io::Write;

use entente_server::api::{CalendarRequest, MeetingRequest, MeetingView, NamedView, NewTokenView, TokenView};

use super::remote::{ListArgs, NodeArgs};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// See the meetings that texts want and parties have called; call them, move them, and name their minutes
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    /// List meetings by day: those called, and the last days for those that a text in force wants
    List(ListArgs),
    Call(CallArgs),
    Change(ChangeArgs),
    Minutes(MinutesArgs),
    #[command(subcommand)]
    Calendar(Calendar),
}

/// Addresses by which calendar programs fetch the meetings: each of an account, with a secret in it
#[derive(clap::Subcommand)]
pub(crate) enum Calendar {
    Add(AddressArgs),
    /// List the addresses of an account, without their secrets
    List(AccountArgs),
    /// Take an address away: it opens nothing from now on
    Revoke(RevokeArgs),
}

/// Make an address of the calendar for an account; it is shown once
///
/// Who has the address reads titles, times and places of meetings, and nothing else. It ends by itself after its days, and with the
/// account. An owner makes its own in the account's settings.
#[derive(clap::Args)]
pub(crate) struct AddressArgs {
    /// The account
    account: String,
    /// To tell it from others of the account, such as phone
    #[arg(long)]
    name: String,
    /// How many days it counts
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// An account.
#[derive(clap::Args)]
pub(crate) struct AccountArgs {
    /// The account
    account: String,
    #[command(flatten)]
    list: ListArgs,
}

/// An address of an account.
#[derive(clap::Args)]
pub(crate) struct RevokeArgs {
    /// The account
    account: String,
    /// The address, by its name
    name: String,
    #[command(flatten)]
    node: NodeArgs,
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::List(args) => list(args, console),
            Self::Call(args) => call(args, console),
            Self::Change(args) => change(args, console),
            Self::Minutes(args) => minutes(args, console),
            Self::Calendar(Calendar::Add(args)) => add_address(args, console),
            Self::Calendar(Calendar::List(args)) => addresses(args, console),
            Self::Calendar(Calendar::Revoke(args)) => revoke(args, console),
        }
    }
}

/// Call a meeting: the other parties of the text are told
///
/// Without a text it stays in this party's own calendar.
#[derive(clap::Args)]
pub(crate) struct CallArgs {
    /// One line for people
    title: String,
    /// When it starts: 2026-12-01T09:00:00+09:00
    #[arg(long, value_name = "TIME")]
    starts: String,
    /// When it ends
    #[arg(long, value_name = "TIME")]
    ends: String,
    /// A room or a link
    #[arg(long)]
    place: Option<String>,
    /// The agreement that wants it
    #[arg(long, value_name = "AGREEMENT", requires = "article")]
    under: Option<String>,
    /// The article of that agreement
    #[arg(long, requires = "under")]
    article: Option<String>,
    /// Who meets, where the article wants several meetings: as it says, such as "foreign ministers"
    #[arg(long, requires = "article")]
    body: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
}

/// Move a meeting of this party, or call it off
#[derive(clap::Args)]
pub(crate) struct ChangeArgs {
    /// The meeting, by the first of its hex digits
    meeting: String,
    /// Another title
    #[arg(long)]
    title: Option<String>,
    /// When it starts now
    #[arg(long, value_name = "TIME")]
    starts: Option<String>,
    /// When it ends now
    #[arg(long, value_name = "TIME")]
    ends: Option<String>,
    /// Another room or link
    #[arg(long)]
    place: Option<String>,
    /// It is called off
    #[arg(long)]
    cancel: bool,
    #[command(flatten)]
    node: NodeArgs,
}

/// Name the record with the minutes of a meeting of this party: then it is on record as held
///
/// The duty to meet, where the article makes one, is met by it at every party that has the record, and its next time begins. Whoever is told of the meeting learns the record's name: it must have been given to them before.
#[derive(clap::Args)]
pub(crate) struct MinutesArgs {
    /// The meeting, by the first of its hex digits
    meeting: String,
    /// The record: ID or ORIGINATOR/ID
    record: String,
    #[command(flatten)]
    node: NodeArgs,
}

fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let all: Vec<MeetingView> = args.node.ask(async |client| client.all("/meetings").await)?;
    if args.json {
        all.iter().try_for_each(|view| console.json(view))?;
        return Ok(Outcome::Done);
    }
    if all.is_empty() {
        writeln!(console, "no text wants a meeting, and nobody has called one")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(3).styled([console.palette().bold]);
    columns.row(["number", "starts", "by", "what", "under", "minutes"]);
    for view in &all {
        let number = view.number.as_ref().map_or("-", |number| number.get(..8).unwrap_or(number));
        let mut what = if view.number.is_some() { view.title.clone() } else { format!("due: {}", view.title) };
        if !view.place.is_empty() {
            what = format!("{what}, {}", view.place);
        }
        if view.cancelled {
            what = format!("CALLED OFF: {what}");
        }
        if view.held {
            what = format!("held: {what}");
        }
        let under = view.agreement.as_ref().zip(view.clause.as_ref());
        columns.row([
            number.to_owned(),
            view.starts.clone(),
            view.by.clone().unwrap_or_else(|| "-".to_owned()),
            what,
            under.map(|(agreement, article)| format!("{agreement} art. {article}")).unwrap_or_default(),
            view.minutes.clone().unwrap_or_default(),
        ]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}

fn send(node: &NodeArgs, body: &MeetingRequest, console: &mut Console) -> Result<Outcome, Failure> {
    let named: NamedView = node.ask(async |client| client.post("/meetings", body).await)?;
    writeln!(console, "{}", named.name)?;
    Ok(Outcome::Done)
}

fn call(args: &CallArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = MeetingRequest {
        title: Some(args.title.clone()),
        starts: Some(args.starts.clone()),
        ends: Some(args.ends.clone()),
        place: args.place.clone(),
        agreement: args.under.clone(),
        clause: args.article.clone(),
        body: args.body.clone(),
        ..MeetingRequest::default()
    };
    send(&args.node, &body, console)
}

fn change(args: &ChangeArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = MeetingRequest {
        meeting: Some(args.meeting.clone()),
        title: args.title.clone(),
        starts: args.starts.clone(),
        ends: args.ends.clone(),
        place: args.place.clone(),
        cancelled: args.cancel,
        ..MeetingRequest::default()
    };
    send(&args.node, &body, console)
}

fn minutes(args: &MinutesArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = MeetingRequest {
        meeting: Some(args.meeting.clone()),
        minutes: Some(args.record.clone()),
        ..MeetingRequest::default()
    };
    send(&args.node, &body, console)
}

fn add_address(args: &AddressArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let request = CalendarRequest { name: args.name.clone(), days: args.days };
    let path = format!("/users/{}/calendars", args.account);
    let made: NewTokenView = args.node.ask(async |client| client.post(&path, &request).await)?;
    if args.json {
        console.json(&made)?;
        return Ok(Outcome::Done);
    }
    writeln!(console, "{}", made.address.unwrap_or_default())?;
    console.note(&format!("shown once, and a secret; it counts until {}", made.token.expires))?;
    Ok(Outcome::Done)
}

fn addresses(args: &AccountArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/users/{}/calendars", args.account);
    let all: Vec<TokenView> = args.list.node.ask(async |client| client.get(&path).await)?;
    if args.list.json {
        all.iter().try_for_each(|one| console.json(one))?;
        return Ok(Outcome::Done);
    }
    if all.is_empty() {
        writeln!(console, "{} has no address of the calendar", args.account)?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(4).styled([console.palette().bold]);
    columns.row(["name", "made", "until", "used"]);
    for one in all {
        columns.row([one.name, one.created, one.expires, one.used.unwrap_or_else(|| "never".to_owned())]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}

fn revoke(args: &RevokeArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/users/{}/calendars/{}", args.account, args.name);
    args.node.ask(async |client| client.delete::<()>(&path).await)?;
    writeln!(console, "{} of {} opens nothing any more", args.name, args.account)?;
    Ok(Outcome::Done)
}
