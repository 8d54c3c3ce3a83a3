//! `entente reference`: this command line as a page of Markdown. `docs/guide/cli.md` is its output.

use std::{fmt::Write as _, io::Write};

use clap::{Arg, Command, CommandFactory};

use crate::{
    CommandLine,
    console::Console,
    failure::{Failure, Outcome},
};

/// Print the reference of the command line in Markdown
#[derive(clap::Args)]
#[command(hide = true)]
pub(crate) struct Args {}

const OPENING: &str = "\
# The command line

<!-- Written by `entente reference`; `ENTENTE_UPDATE=1 cargo test -p entente-cli` writes it anew. -->
";

pub(crate) fn run(_: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let mut root = CommandLine::command();
    root.build();
    let mut page = String::from(OPENING);
    section(&mut page, &mut root, "entente");
    console.write_all(page.as_bytes())?;
    Ok(Outcome::Done)
}

/// One command, and those below it.
fn section(page: &mut String, command: &mut Command, path: &str) {
    if path != "entente" {
        let _ = writeln!(page, "\n## `{path}`");
    }
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let _ = writeln!(page, "\n{}\n\n```text\n{}\n```", markdown(&about), usage.trim());

    let below: Vec<&Command> = visible(command).collect();
    if !below.is_empty() {
        page.push('\n');
        for command in below {
            let name = format!("{path} {}", command.get_name());
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(page, "- [`{name}`](#{}): {}", name.replace(' ', "-"), markdown(&about));
        }
    }
    let arguments: Vec<&Arg> = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set() && !matches!(argument.get_id().as_str(), "help" | "version"))
        .collect();
    if !arguments.is_empty() {
        page.push('\n');
        for argument in arguments {
            entry(page, argument);
        }
    }
    if let Some(after) = command.get_after_help() {
        let _ = writeln!(page, "\n```text\n{after}\n```");
    }
    for below in command.get_subcommands_mut().filter(|command| !is_hidden(command)) {
        let path = format!("{path} {}", below.get_name());
        section(page, below, &path);
    }
}

fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|command| !is_hidden(command))
}

fn is_hidden(command: &Command) -> bool {
    command.is_hide_set() || command.get_name() == "help"
}

/// One argument as an entry of a list.
fn entry(page: &mut String, argument: &Arg) {
    let values: Vec<&str> = argument.get_value_names().unwrap_or_default().iter().map(|name| name.as_str()).collect();
    let takes_value = argument.get_action().takes_values();
    let name = match argument.get_long() {
        Some(long) if takes_value => format!("--{long} <{}>", values.join("> <")),
        Some(long) => format!("--{long}"),
        None => format!("<{}>", values.join("> <")),
    };
    let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let also = argument.get_visible_aliases().unwrap_or_default();
    let also: String = also.iter().map(|alias| format!(", `--{alias}`")).collect();
    let _ = write!(page, "- `{name}`{also}: {}", markdown(&help));
    let defaults: Vec<String> =
        argument.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
    if takes_value && !defaults.is_empty() {
        let _ = write!(page, " (default: {})", defaults.join(", "));
    }
    let possible: Vec<String> =
        argument.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if takes_value && !possible.is_empty() {
        let _ = write!(page, "; one of {}", possible.join(", "));
    }
    page.push('\n');
}

/// Help text as Markdown takes it.
fn markdown(text: &str) -> String {
    text.replace('*', "\\*").replace('<', "\\<")
}
