//! The binary `entente`: the library at the hands of a person, one file per verb in `verb/`.
//!
//! A verb reads its arguments, calls the library and writes to the [`Console`]; it judges nothing itself. What goes wrong
//! is a [`failure::Failure`], and becomes words and an exit code in [`main`], once.

#![allow(
    clippy::disallowed_methods,
    reason = "the command line is one of the hands: files, environment and clock enter here and go on as arguments"
)]

mod columns;
mod console;
mod explanation;
mod failure;
mod input;
mod report;
mod verb;

use std::process::ExitCode;

use clap::{
    Parser,
    builder::{PossibleValuesParser, TypedValueParser},
};
use entente_core::explain::Language;

use crate::{
    console::Console,
    failure::{DONE, USAGE},
    verb::Verb,
};

/// Share what you hold under the agreements that you have signed, and know why.
#[derive(Parser)]
#[command(name = "entente", version, max_term_width = 100, after_help = EXIT_CODES)]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
    /// The language of explanations, else that of LC_ALL, LC_MESSAGES or LANG. With --json English, unless it is given
    #[arg(long, global = true, value_name = "LANGUAGE", value_parser = languages())]
    lang: Option<Language>,
}

fn languages() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::code)).map(|code| Language::of_tag(&code).unwrap_or_default())
}

const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   error: what is wrong is on standard error
  2   denied, where the answer is one decision
  64  the command line itself is wrong";

fn main() -> ExitCode {
    let arguments = match CommandLine::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nothing is left to do when even this cannot be written.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { DONE });
        }
    };
    let mut console = Console::of_process(arguments.lang);
    let result = arguments.verb.run(&mut console).and_then(|outcome| console.finish().map(|()| outcome));
    ExitCode::from(match result {
        Ok(outcome) => outcome.code(),
        Err(failure) => {
            console.fail(&failure);
            failure.code()
        }
    })
}
