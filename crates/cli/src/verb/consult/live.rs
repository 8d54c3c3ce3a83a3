//! Consultations at a running node: raised, listed, shown.

use std::io::Write;

use entente_server::api::{ConsultationView, RaiseRequest, RaisedView};

use super::super::{
    obligation,
    remote::{ListArgs, NodeArgs},
};
use crate::{
    columns::{Columns, printable},
    console::Console,
    failure::{Failure, Outcome},
};

/// Raise a consultation from an incident: its parties are told at once, and their clocks start
///
/// The message pins the clauses that ask for it, with the version of each text, what was known to have been done about it, and the
/// time: the text's, or a local setting, which is said. A text is pinned only where every participant is a party of it. What
/// shows the incident is named, and what was taken from it told, only where every participant has receipted it; where one has not,
/// say what happened in words that other governments may read.
#[derive(clap::Args)]
pub(crate) struct RaiseArgs {
    /// The incident's number, or the first digits of it
    incident: String,
    /// The agreement that asks for it; needed where several do
    #[arg(long, value_name = "AGREEMENT")]
    under: Option<String>,
    /// The other participants, such as JPN,KOR; the parties of the agreement when left out
    #[arg(long, value_delimiter = ',', value_name = "PARTY")]
    with: Vec<String>,
    /// Within what time each is to acknowledge, such as 15m, where that is not what the clauses or the settings say
    #[arg(long, value_name = "TIME", value_parser = duration)]
    acknowledge_within: Option<u32>,
    /// After what time it may be closed without who is silent, such as 24h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    close_within: Option<u32>,
    /// Where to meet or talk: a link or a room
    #[arg(long)]
    link: Option<String>,
    /// What happened, in words that all participants may read; as the incident has it when left out
    #[arg(long)]
    title: Option<String>,
    /// The incident's trigger once more, where it was taken from a record that some participant does not have
    #[arg(long, value_name = "WORD")]
    trigger: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Show a consultation: who has answered, what was proposed and signed, how it closes, which positions there are
#[derive(clap::Args)]
pub(crate) struct ShowArgs {
    /// Its name, or the first digits of it
    consultation: String,
    #[command(flatten)]
    list: ListArgs,
}

/// A length of time: `30s`, `15m`, `24h`, `7d`.
fn duration(text: &str) -> Result<u32, String> {
    let wrong = || "expected a length of time such as 30s, 15m, 24h or 7d".to_owned();
    let (count, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let seconds: u32 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        _ => return Err(wrong()),
    };
    count.parse::<u32>().ok().and_then(|count| count.checked_mul(seconds)).ok_or_else(wrong)
}

pub(super) fn raise(args: &RaiseArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let request = RaiseRequest {
        incident: args.incident.clone(),
        under: args.under.clone(),
        with: args.with.clone(),
        acknowledge_within: args.acknowledge_within,
        close_within: args.close_within,
        link: args.link.clone(),
        title: args.title.clone(),
        trigger: args.trigger.clone(),
    };
    let raised: RaisedView = args.node.ask(async |client| client.post("/consultations", &request).await)?;
    show_named(&args.node, &raised.name, args.json, console)
}

pub(super) fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let all: Vec<ConsultationView> = args.node.ask(async |client| client.all("/consultations").await)?;
    let row = |one: &ConsultationView| {
        let silent = one.participants.iter().filter(|party| party.answer == "silent");
        let silent: Vec<&str> = silent.map(|party| party.party.as_str()).collect();
        [
            one.name.chars().take(8).collect(),
            one.raised.clone(),
            one.raised_by.clone(),
            printable(&one.title).into_owned(),
            one.status.to_uppercase(),
            one.phase.clone(),
            if silent.is_empty() { "-".to_owned() } else { silent.join(", ") },
        ]
    };
    let heads = ["name", "raised", "by", "what", "status", "phase", "silent"];
    args.show(&all, "no consultation is known here", (heads, 3), row, console)
}

pub(super) fn show(args: &ShowArgs, console: &mut Console) -> Result<Outcome, Failure> {
    show_named(&args.list.node, &args.consultation, args.list.json, console)
}

pub(super) fn show_named(node: &NodeArgs, name: &str, json: bool, console: &mut Console) -> Result<Outcome, Failure> {
    let one: ConsultationView = node.ask(async |client| client.get(&format!("/consultations/{name}")).await)?;
    if json {
        console.json(&one)?;
        return Ok(Outcome::Done);
    }
    write(&one, console)?;
    Ok(Outcome::Done)
}

fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}

fn write(one: &ConsultationView, console: &mut Console) -> Result<(), Failure> {
    let (palette, width) = (console.palette(), console.width());
    let escalated = if one.escalated { ", escalated" } else { "" };
    let title = printable(&one.title).into_owned();
    writeln!(
        console,
        "{bold}{title}{bold:#}  {}, {}{escalated}",
        one.status.to_uppercase(),
        one.phase,
        bold = palette.bold
    )?;
    let mut columns = Columns::new(1).styled([palette.dim]);
    let mut row = |heading: &str, text: String| columns.row([heading.to_owned(), printable(&text).into_owned()]);
    row("consultation", one.name.clone());
    row(
        "raised",
        format!("by {} at {}, here {}; {}, {}", one.raised_by, one.raised, one.known, one.trigger, one.precedence),
    );
    if let Some(place) = &one.place {
        row("place", place.name.clone());
    }
    if let Some(link) = &one.link {
        row("link", link.clone());
    }
    row("acknowledge by", one.acknowledge_by.clone());
    row("close from", format!("{}, without who is silent", one.close_by));
    for clock in &one.doubtful_clocks {
        row("DOUBTFUL CLOCK", clock.words.clone());
    }
    for one in &one.disagreements {
        row("KNOWN OTHERWISE", one.words());
    }
    for record in &one.evidence {
        row("shown by", record.clone());
    }
    for party in &one.participants {
        let at = party.at.as_deref().map(|at| format!(" at {at}")).unwrap_or_default();
        let reached = if party.reached { "" } else { " (not reached yet)" };
        row(&party.party, format!("{}{at}{reached}", party.answer));
    }
    for step in &one.steps {
        row("step", format!("{} {} {}: {}", step.at, step.party, step.number, step.words));
    }
    for item in &one.items {
        let word = if item.agreed { "agreed" } else { "not agreed" };
        let by = match item.signed_by.as_slice() {
            [] => "nobody has signed it".to_owned(),
            signed => format!("signed by {}", signed.join(", ")),
        };
        let due = item.due.as_deref().map(|due| format!(", by {due}")).unwrap_or_default();
        let what = match &item.owner {
            Some(owner) => format!("action of {owner}: {}", item.text),
            None => format!("message \"{}\"", item.text.trim()),
        };
        row(word, format!("{} {what}{due} ({by})", short(&item.digest)));
        for objection in &item.objections {
            row("objection", format!("{} by {}: {}", short(&item.digest), objection.party, objection.words));
        }
    }
    for effects in &one.effects {
        let lacks = effects.lacks.as_deref().map(|lacks| format!("; not whole: {lacks}")).unwrap_or_default();
        let chosen = usize::try_from(effects.chosen).ok().and_then(|chosen| effects.options.get(chosen));
        let chosen = chosen.map(|option| option.what.as_str()).unwrap_or_default();
        row(
            "effects",
            format!("{} by {}: {chosen}, because {}{lacks}", short(&effects.statement), effects.party, effects.because),
        );
    }
    for double in &one.two_versions {
        let versions: Vec<String> = double.versions.iter().map(|digest| short(digest)).collect();
        row(
            "TWO VERSIONS",
            format!("{} signed different steps {}: {}", double.party, double.number, versions.join(", ")),
        );
    }
    for digest in &one.missing {
        row("missing", format!("{}, which others name", short(digest)));
    }
    for position in &one.positions {
        let to = if position.given_to.is_empty() {
            String::new()
        } else {
            format!("; given to {}", position.given_to.join(", "))
        };
        row(
            "position",
            format!("of {}: {} ({}) {}{to}", position.party, position.title, position.label, position.record),
        );
    }
    match &one.closing {
        closing if closing.closed => {
            let without = match closing.without.as_slice() {
                [] => String::new(),
                without => format!(", without {}", without.join(", ")),
            };
            row("closed", format!("by {}{without}", closing.by.join(", ")));
        }
        closing => row("waits for", closing.waits.join("; ")),
    }
    columns.write(console, width)?;
    obligation::write(&one.duties, console)?;
    if one.status != "actual" {
        console.note("a drill: nobody owes any of this")?;
    }
    Ok(())
}
