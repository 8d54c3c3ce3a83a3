//! `entente label convert`: a label in another syntax, never wider than it was.

use std::{
    io::{self, Read, Write},
    path::Path,
};

use clap::builder::PossibleValuesParser;
use entente_core::{
    label::Label,
    time::{Period, Timestamp, day_of},
};
use entente_formats::label::{
    self,
    convert::{Conversion, Error, Facts, Refusal, Syntax, convert},
    stanag4774::{ID_TYPES, Originator, policy::Policies},
};
use serde::Serialize;

use crate::{
    console::Console,
    failure::{Failure, Outcome},
    input,
    report::{Finding, FindingJson, Source},
    verb::question::moment,
};

/// Convert a label to another syntax, and say what that loses
///
/// The label goes to standard output; what the conversion loses or changes goes to standard error, a line each. Where
/// the other syntax cannot hold what the label means, or someone would gain by it, there is no conversion (exit code 1).
/// What came in as XML or as a STIX object is never written anew: to its own syntax it comes back as it was.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// A label, a file that holds one, or - for standard input
    #[arg(value_name = "LABEL|FILE|-")]
    label: String,
    /// The syntax to convert to
    #[arg(long, value_name = "SYNTAX", value_parser = PossibleValuesParser::new(Syntax::ALL.map(Syntax::as_str)))]
    to: String,
    /// The syntax that the label is in; without, it is recognised from the text
    #[arg(long, value_name = "SYNTAX", value_parser = PossibleValuesParser::new(Syntax::ALL.map(Syntax::as_str)))]
    from: Option<String>,
    /// Print one JSON object, with the notes or the error in it
    #[arg(long)]
    json: bool,
    /// When the label was set: `now`, a moment, or a day [to stanag4774 and acs]
    #[arg(long, value_name = "TIME", default_value = "now", value_parser = moment)]
    created: Timestamp,
    /// When it has to be looked at again; without it and without a succession, a year after it was set [to stanag4774]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    review: Option<Timestamp>,
    /// From a moment on, another label, in any syntax [to stanag4774]
    #[arg(long, num_args = 2, value_names = ["TIME", "LABEL"])]
    succession: Option<Vec<String>>,
    /// Who set the label, such as rfc822Name=desk@example.org [to stanag4774]
    #[arg(long, value_name = "TYPE=NAME")]
    originator: Option<String>,
    /// A name of the policy of a country or of NATO, such as JAPAN=JPN; may be given again (stanag4774)
    #[arg(long, value_name = "NAME=CODE")]
    policy: Vec<String>,
    /// The organisation that holds the information, such as USA.DHS.US-CERT [to acs]
    #[arg(long, value_name = "ORGANISATION")]
    custodian: Option<String>,
    /// The UUID of the marking definition; without, a random one [to acs]
    #[arg(long, value_name = "UUID")]
    identifier: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  entente label convert --to stanag4774 '//KOR SECRET//REL TO USA, JPN, KOR'
  entente label convert --to capco label.xml
  entente label convert --to tlp marking-definition--f88d31f6-486f-44da-b317-01333bde0b82
  entente label convert --to acs --custodian USA.DHS.US-CERT 'SECRET//REL TO USA, JPN'";

/// What `--json` prints.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer<'a> {
    Converted {
        from: &'static str,
        to: &'static str,
        label: &'a str,
        notes: &'a [String],
        #[serde(skip_serializing_if = "Option::is_none")]
        marking_definition: Option<&'static str>,
    },
    Problem {
        error: FindingJson<'a>,
    },
    Refusal {
        error: RefusalJson<'a>,
    },
}

#[derive(Serialize)]
struct RefusalJson<'a> {
    message: &'a str,
    help: Option<&'a str>,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let source = source(&args.label)?;
    let facts = facts(args)?;
    let to = syntax(&args.to).unwrap_or(Syntax::Capco);
    let from = args.from.as_deref().and_then(syntax);
    match convert(&source.text, from, to, &facts) {
        Ok(mut conversion) => {
            if let Some(review) = facts.review.filter(|_| args.review.is_none() && is_written(&conversion)) {
                conversion
                    .notes
                    .push(format!("the review date, {review}, is a year after creation; say another with `--review`"));
            }
            print(args, &conversion, console)
        }
        Err(Error::Problem(problem)) => {
            let finding = Finding::error(&source, problem);
            if args.json {
                console.json(&Answer::Problem { error: finding.json() })?;
            } else {
                console.report(&finding)?;
            }
            Ok(Outcome::Failed)
        }
        Err(Error::Refusal(Refusal { message, help })) if args.json => {
            let error = RefusalJson { message: &message, help: help.as_deref() };
            console.json(&Answer::Refusal { error })?;
            Ok(Outcome::Failed)
        }
        Err(Error::Refusal(refusal)) => Err(refused(refusal)),
    }
}

fn print(args: &Args, conversion: &Conversion, console: &mut Console) -> Result<Outcome, Failure> {
    let Conversion { from, to, text, notes, marking_definition } = conversion;
    if args.json {
        console.json(&Answer::Converted {
            from: from.as_str(),
            to: to.as_str(),
            label: text,
            notes,
            marking_definition: *marking_definition,
        })?;
        return Ok(Outcome::Done);
    }
    let is_whole = text.ends_with('\n') || conversion.is_as_it_came();
    write!(console, "{text}{}", if is_whole { "" } else { "\n" })?;
    for note in notes {
        console.note(note)?;
    }
    Ok(Outcome::Done)
}

/// Whether it is a new confidentiality label, and not one that came in.
fn is_written(conversion: &Conversion) -> bool {
    conversion.to == Syntax::Stanag4774 && conversion.from != Syntax::Stanag4774
}

fn refused(refusal: Refusal) -> Failure {
    let failure = Failure::new(refusal.message);
    match refusal.help {
        Some(help) => failure.help(help),
        None => failure,
    }
}

fn syntax(word: &str) -> Option<Syntax> {
    Syntax::ALL.into_iter().find(|syntax| syntax.as_str() == word)
}

/// A text that names a file is that file; a label hardly does.
fn source(label: &str) -> Result<Source, Failure> {
    if label == "-" {
        let mut text = String::new();
        let read = io::stdin().lock().read_to_string(&mut text);
        read.map_err(|error| input::unreadable(Path::new("standard input"), &error))?;
        return Ok(Source { name: Some("-".into()), text: text.into() });
    }
    let path = Path::new(label);
    if path.is_file() { input::text(path) } else { Ok(Source { name: None, text: label.into() }) }
}

/// What the flags say, with what is left unsaid filled in.
fn facts(args: &Args) -> Result<Facts, Failure> {
    let mut policies = Policies::default();
    for policy in &args.policy {
        let (name, code) = pair(policy, "--policy", "NAME=CODE")?;
        policies.add(name, code).map_err(refused)?;
    }
    let originator = match args.originator.as_deref() {
        None => None,
        Some(originator) => {
            let (id_type, name) = pair(originator, "--originator", "TYPE=NAME")?;
            if !ID_TYPES.contains(&id_type) {
                return Err(Failure::Usage(format!(
                    "`{id_type}` is no type of an originator; known: {}",
                    ID_TYPES.join(", ")
                )));
            }
            Some(Originator { id_type: id_type.to_owned(), name: name.to_owned() })
        }
    };
    let mut facts = Facts { created: args.created, originator, policies, ..Facts::at(Timestamp::now()) };
    facts.succession = succession(args, &facts)?;
    facts.review = args.review.or_else(|| if facts.succession.is_some() { None } else { a_year_after(args.created) });
    facts.custodian.clone_from(&args.custodian);
    facts.identifier = Some(match &args.identifier {
        Some(identifier) => identifier.clone(),
        None => random_uuid()?,
    });
    Ok(facts)
}

fn succession(args: &Args, facts: &Facts) -> Result<Option<(Timestamp, Label)>, Failure> {
    let Some([time, label]) = args.succession.as_deref() else { return Ok(None) };
    let at =
        moment(time).map_err(|error| Failure::Usage(format!("invalid value `{time}` for --succession: {error}")))?;
    let json = convert(label, None, Syntax::Json, facts).map_err(|error| match error {
        Error::Refusal(refusal) => refused(refusal),
        Error::Problem(problem) => {
            Failure::Findings(vec![Finding::error(&Source { name: None, text: label.as_str().into() }, problem)])
        }
    })?;
    // JSON holds every label: what was read is what is read back.
    let label = label::json::parse(&json.text).map_err(|problem| Failure::new(problem.to_string()))?;
    Ok(Some((at, label)))
}

fn pair<'a>(text: &'a str, flag: &str, form: &str) -> Result<(&'a str, &'a str), Failure> {
    let parts = text.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty());
    parts.ok_or_else(|| Failure::Usage(format!("invalid value `{text}` for {flag}: the form is {form}")))
}

/// The start of the same day a year later; `None` past the end of the calendar.
fn a_year_after(moment: Timestamp) -> Option<Timestamp> {
    let day = Period::Years(1).after(day_of(moment), 1)?;
    format!("{day}T00:00:00Z").parse().ok()
}

/// A UUID of version 4.
fn random_uuid() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Failure::caused("the system has no randomness to give", &error))?;
    let number = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let digits = format!("{number:032x}");
    let groups = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    Ok(groups.map(|(from, to)| digits.get(from..to).unwrap_or_default()).join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_uuid_is_one() {
        for _ in 0..50 {
            let uuid = random_uuid().unwrap();
            assert_eq!(uuid.len(), 36);
            assert!(uuid.get(14..15) == Some("4") && "89ab".contains(uuid.get(19..20).unwrap()), "{uuid}");
        }
    }

    #[test]
    fn a_year_is_a_year_of_the_calendar() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(a_year_after(at("2028-02-29T12:00:00Z")), Some(at("2029-02-28T00:00:00Z")));
        assert_eq!(a_year_after(Timestamp::MAX), None);
    }
}
