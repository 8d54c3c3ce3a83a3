//! `entente decide`: may this record go to that party, under which article, and if not, what would change it.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use entente_core::{
    decide::{Verdict, decide},
    world::{Agreements, NationalRules, World},
};
use entente_formats::{
    label,
    request::{Answer, HopLine, Line, LineError, RecordLine, Resolved, Vocabulary, write_answer},
};

use super::question::{Question, Texts, Warned};
use crate::{
    console::Console,
    explanation,
    failure::{Failure, Outcome},
    input::Lines,
};

/// Decide whether a record may go to a party, and say why
///
/// One decision from flags, or as many as a file of requests has lines. With --json the answers are lines too, one for
/// each request; a line in error answers {"error": …} in its place. An answer that is one decision ends with exit code
/// 2 when it is a denial; --json always ends with 0.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    texts: Texts,
    /// Requests, one JSON object a line; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ONE)]
    requests: Option<PathBuf>,
    /// Print one JSON answer a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    one: Option<One>,
}

const EXAMPLES: &str = "\
Examples:
  entente decide --agreements agreements --requests requests.jsonl --json
  entente decide --agreements agreements --national national \\
      --label '//KOR SECRET//REL TO USA, JPN, KOR' --originator KOR \\
      --from JPN --to USA --subject dprk-missile --purpose missile-warning \\
      --received-from KOR --received-under jp-kr-gsomia-2016 \\
      --received-for missile-warning";

/// The flags of [`One`]: with `--requests` there is nothing for them to say.
const ONE: [&str; 15] = [
    "label",
    "originator",
    "from",
    "to",
    "purpose",
    "subjects",
    "channel",
    "action",
    "at",
    "id",
    "received_from",
    "received_under",
    "received_for",
    "distribution",
    "under",
];

/// One decision, from flags.
#[derive(clap::Args)]
#[group(id = "One", args = ["label"])]
#[command(next_help_heading = "One decision", mut_args(needless_with_requests))]
struct One {
    /// The record's label, as its originator set it
    #[arg(long, required = false, required_unless_present = "requests")]
    label: String,
    /// The party that made the record
    #[arg(long, value_name = "PARTY", required = false, required_unless_present = "requests")]
    originator: String,
    /// The holder, who wants to give it
    #[arg(long, value_name = "PARTY", required = false, required_unless_present = "requests")]
    from: String,
    /// The recipient
    #[arg(long, value_name = "PARTY", required = false, required_unless_present = "requests")]
    to: String,
    #[command(flatten)]
    question: Question,
    /// What the record is about; may be given again
    #[arg(long = "subject", value_name = "SUBJECT")]
    subjects: Vec<String>,
    /// The record's name, for the explanation
    #[arg(long, default_value = "record")]
    id: String,
    /// The party that provided it, when the holder did not make it
    #[arg(long, value_name = "PARTY", requires = "received_for")]
    received_from: Option<String>,
    /// An agreement that it was provided under; may be given again
    #[arg(long, value_name = "AGREEMENT", requires = "received_from")]
    received_under: Vec<String>,
    /// The purpose that it was provided for
    #[arg(long, value_name = "PURPOSE", requires = "received_from")]
    received_for: Option<String>,
    /// A party on the originator's distribution list; may be given again
    #[arg(long, value_name = "PARTY")]
    distribution: Vec<String>,
    /// Only this agreement counts; may be given again
    #[arg(long, value_name = "AGREEMENT")]
    under: Vec<String>,
}

/// With `--requests` there is no one question.
fn needless_with_requests(arg: clap::Arg) -> clap::Arg {
    if arg.get_id() == "purpose" { arg.required(false).required_unless_present("requests") } else { arg }
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let (agreements, national) = args.texts.read()?;
    let vocabulary = Vocabulary::of(&agreements, &national);
    let mut desk = Desk { agreements, national, vocabulary, warned: Warned::default() };
    match (&args.requests, &args.one) {
        (Some(path), _) => {
            let lines = Lines::open(path)?;
            if args.json { answer(&mut desk, lines, console) } else { explain(&mut desk, lines, console) }
        }
        (None, Some(one)) => decide_one(&mut desk, one, args.json, console),
        (None, None) => {
            Err(Failure::Usage("nothing to decide: give `--requests`, or `--label` and the others".to_owned()))
        }
    }
}

/// What decisions are taken on.
struct Desk {
    agreements: Agreements,
    national: NationalRules,
    vocabulary: Vocabulary,
    warned: Warned,
}

impl Desk {
    /// Reads a line of a file.
    fn read(&self, line: &Result<String, LineError>) -> Result<Resolved, LineError> {
        let text = line.as_ref().map_err(Clone::clone)?;
        Line::parse(text)?.resolve(&self.agreements, &self.national)
    }

    /// Warns of the subjects of a request that no file names.
    fn warn(
        &mut self,
        request: &Resolved,
        place: Option<(&Path, usize)>,
        console: &mut Console,
    ) -> Result<(), Failure> {
        self.warned.warn(self.vocabulary.unknown(request), place, console)
    }

    /// Decides and explains.
    fn explain(&self, request: &Resolved, console: &mut Console) -> Result<Verdict, Failure> {
        let world = World {
            agreements: &self.agreements,
            national: &self.national,
            consents: &request.consents,
            approvals: &request.approvals,
        };
        let decision = decide(&world, &request.request());
        explanation::write(console, &world, &decision, &label::write(&request.record.label))?;
        Ok(decision.verdict())
    }

    /// Decides, for a program.
    fn answer(&self, request: &Resolved, console: &Console) -> Answer {
        Answer::new(&request.decide(&self.agreements, &self.national), console.language_for(true))
    }
}

/// The machine interface: a line for a line.
fn answer(desk: &mut Desk, mut lines: Lines, console: &mut Console) -> Result<Outcome, Failure> {
    while let Some(line) = lines.next()? {
        let request = desk.read(&line);
        if let Ok(request) = &request {
            desk.warn(request, Some((lines.path(), lines.number())), console)?;
        }
        let answer = request.map(|request| desk.answer(&request, console));
        writeln!(console, "{}", write_answer(&answer))?;
    }
    Ok(Outcome::Done)
}

/// An explanation for each line.
fn explain(desk: &mut Desk, mut lines: Lines, console: &mut Console) -> Result<Outcome, Failure> {
    let (mut permitted, mut denied, mut wrong) = (0_usize, 0_usize, 0_usize);
    while let Some(line) = lines.next()? {
        match desk.read(&line) {
            Ok(request) => {
                if permitted + denied > 0 {
                    writeln!(console)?;
                }
                desk.warn(&request, Some((lines.path(), lines.number())), console)?;
                match desk.explain(&request, console)? {
                    Verdict::Permit => permitted += 1,
                    Verdict::Deny => denied += 1,
                }
            }
            Err(error) => {
                wrong += 1;
                console.complain_at(lines.path(), lines.number(), &error)?;
            }
        }
    }
    Ok(match (permitted, denied, wrong) {
        (0, 1, 0) => Outcome::Denied,
        (_, _, 0) => Outcome::Done,
        _ => Outcome::Failed,
    })
}

fn decide_one(desk: &mut Desk, one: &One, json: bool, console: &mut Console) -> Result<Outcome, Failure> {
    if let Err(problem) = label::parse(&one.label) {
        return Err(Failure::Findings(vec![super::label::finding(&one.label, problem)]));
    }
    let request = one.line().resolve(&desk.agreements, &desk.national).map_err(in_flags)?;
    desk.warn(&request, None, console)?;
    if json {
        console.json(&desk.answer(&request, console))?;
        return Ok(Outcome::Done);
    }
    Ok(match desk.explain(&request, console)? {
        Verdict::Permit => Outcome::Done,
        Verdict::Deny => Outcome::Denied,
    })
}

impl One {
    fn line(&self) -> Line {
        let custody = self.received_from.iter().map(|provider| HopLine {
            from: provider.clone(),
            to: self.from.clone(),
            under: self.received_under.clone(),
            purpose: self.received_for.clone().unwrap_or_default(),
            onward: None,
        });
        Line {
            record: RecordLine {
                id: self.id.clone(),
                label: self.label.clone(),
                originator: self.originator.clone(),
                subjects: self.subjects.clone(),
                status: None,
                custody: custody.collect(),
                distribution: self.distribution.clone(),
                derived_from: Vec::new(),
                versions: Vec::new(),
            },
            from: self.from.clone(),
            to: self.to.clone(),
            action: self.question.action.clone(),
            purpose: self.question.purpose.clone(),
            channel: self.question.channel.clone(),
            at: self.question.at.to_string(),
            under: (!self.under.is_empty()).then(|| self.under.clone()),
            consents: Vec::new(),
            approvals: Vec::new(),
        }
    }
}

/// An error of a request line, as it concerns the flags that the line was made from.
fn in_flags(error: LineError) -> Failure {
    let LineError::Field { field, message } = error else { return Failure::new(error.to_string()) };
    let flag = match field.as_str() {
        "record.originator" => "--originator",
        "record.custody[0].from" => "--received-from",
        field if field.starts_with("record.custody[0].under") => "--received-under",
        "from" | "record.custody[0].to" => "--from",
        "to" => "--to",
        field if field.starts_with("under") => "--under",
        other => other,
    };
    Failure::new(format!("{flag}: {message}"))
}
