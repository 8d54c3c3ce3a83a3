//! `entente whatif`: what becomes possible or impossible when agreements or rules change, over everything that is held.

use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
};

use clap::builder::PossibleValuesParser;
use entente_core::{
    AgreementId, Channel, Party, Purpose,
    agreement::Actor,
    decide::{Block, Decision},
    explain::{self, Language},
    time::{Timestamp, day_of},
    whatif::{Change, Holdings, Question, Supposition, Unfounded, Witness, compare, suppose},
    world::{Agreements, NationalRules, World},
};
use entente_formats::{
    holdings::HoldingsReader,
    problem::suggestion,
    request::{BlockLine, action},
};
use serde::Serialize;

use super::decide::moment;
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    input::{self, Lines},
};

/// Compare what is permitted now with what would be, over everything that is held
///
/// Every record is asked about for every other known party, as agreements and rules are and as they would be. The answer
/// counts, for each holder and recipient, what is permitted, what becomes possible and what no longer is, and names
/// witnesses: records whose verdict changes, with what decides it. Nothing is changed by asking.
///
/// Suppositions hold from the day of --at, in this order: removed, added, entered into force, suspended, resumed.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The agreements as they are: a folder of files (*.toml, without subfolders), or one file
    #[arg(long, value_name = "PATH")]
    agreements: PathBuf,
    /// National rules as they are: a file, or a folder of files. Without: no delegations and no restrictions
    #[arg(long, value_name = "PATH")]
    national: Option<PathBuf>,
    /// What is held: {"holder":PARTY,"record":{…}}, one JSON object a line; - is standard input
    #[arg(long, value_name = "FILE")]
    holdings: PathBuf,
    /// What the recipient gets
    #[arg(long, default_value = "release", value_parser = PossibleValuesParser::new(["release", "display"]))]
    action: String,
    /// What for
    #[arg(long)]
    purpose: String,
    /// How it travels
    #[arg(long, default_value = "government-to-government")]
    channel: String,
    /// When: `now`, a moment such as 2026-11-20T00:00:00Z, or a day, which counts from its start in UTC
    #[arg(long, value_name = "TIME", default_value = "now", value_parser = moment)]
    at: Timestamp,
    #[command(flatten)]
    suppose: Suppositions,
    /// List the records that this witness stands for, instead of the counts
    #[arg(long, value_name = "RECORD")]
    behind: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  entente whatif --agreements agreements --national national --holdings held.jsonl \\
      --purpose missile-warning --suspend jp-kr-gsomia-2016:KOR
  entente whatif --agreements agreements --holdings held.jsonl --purpose missile-warning \\
      --remove tisa-2014 --add drafts/trilateral.toml --json";

/// What would be otherwise.
#[derive(clap::Args)]
#[command(next_help_heading = "What would be otherwise")]
pub(crate) struct Suppositions {
    /// This agreement enters into force, for one of its parties or for all; may be given again
    #[arg(long, value_name = "ID[:PARTY]")]
    enter: Vec<String>,
    /// This agreement is suspended, by one of its parties or by all; may be given again
    #[arg(long, value_name = "ID[:PARTY]")]
    suspend: Vec<String>,
    /// A suspension of this agreement ends, for one of its parties or for all; may be given again
    #[arg(long, value_name = "ID[:PARTY]")]
    resume: Vec<String>,
    /// This agreement is not there; may be given again
    #[arg(long, value_name = "ID")]
    remove: Vec<String>,
    /// The agreement of this file is there, with its acts; may be given again
    #[arg(long, value_name = "FILE")]
    add: Vec<PathBuf>,
    /// These national rules instead: a file, or a folder of files
    #[arg(long, value_name = "PATH")]
    with_national: Option<PathBuf>,
}

impl Suppositions {
    /// Them all, in their order.
    fn read(&self) -> Result<Vec<Supposition>, Failure> {
        let mut all: Vec<Supposition> = self.remove.iter().map(|id| Supposition::Remove(id.as_str().into())).collect();
        for path in &self.add {
            let added = input::agreements(path)?;
            all.extend(added.into_values().map(|agreement| Supposition::Add(Box::new(agreement))));
        }
        let acts = |words: &[String], make: fn(AgreementId, Actor) -> Supposition| -> Vec<Supposition> {
            words.iter().map(|word| target(word)).map(|(id, by)| make(id.into(), by)).collect()
        };
        all.extend(acts(&self.enter, Supposition::Enter));
        all.extend(acts(&self.suspend, Supposition::Suspend));
        all.extend(acts(&self.resume, Supposition::Resume));
        if let Some(path) = &self.with_national {
            all.push(Supposition::National(input::national(Some(path))?));
        }
        Ok(all)
    }
}

/// `jp-kr-gsomia-2016:KOR`.
fn target(word: &str) -> (&str, Actor) {
    match word.split_once(':') {
        Some((id, party)) => (id, Actor::Party(party.into())),
        None => (word, Actor::All),
    }
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let is = Rules {
        agreements: input::agreements(&args.agreements)?,
        national: input::national(args.national.as_deref())?,
    };
    let (agreements, national) = suppose((&is.agreements, &is.national), &args.suppose.read()?, day_of(args.at))
        .map_err(|unfounded| cannot_suppose(&unfounded, &is.agreements))?;
    let would_be = Rules { agreements, national };
    let (holdings, wrong) = read(&args.holdings, &is.and(&would_be).world(), console)?;

    let (purpose, channel) = (Purpose::from(args.purpose.as_str()), Channel::from(args.channel.as_str()));
    let action = action("--action", &args.action).map_err(|error| Failure::new(error.to_string()))?;
    let question = Question { action, purpose: &purpose, channel: &channel, at: args.at };
    let worlds = (&is.world(), &would_be.world());
    let recipients: BTreeSet<Party> = worlds.0.parties().chain(worlds.1.parties()).cloned().collect();
    let changes = compare(&holdings, worlds, &question, &recipients, &[]);

    match (&args.behind, args.json) {
        (Some(record), json) => list_behind(&holdings, &changes, record, json, console)?,
        (None, true) => {
            let answer = WhatIf::of(&holdings, &changes, console.language_for(true));
            console.json(&answer)?;
        }
        (None, false) => write(&holdings, &changes, console)?,
    }
    Ok(if wrong == 0 { Outcome::Done } else { Outcome::Failed })
}

fn cannot_suppose(unfounded: &Unfounded, agreements: &Agreements) -> Failure {
    let failure = Failure::new(unfounded.to_string());
    match unfounded {
        Unfounded::NoAgreement(id) => failure.help(suggestion(id.as_str(), agreements.keys().map(AgreementId::as_str))),
        Unfounded::NoParty(id, party) => {
            let parties = agreements.get(id).map(|agreement| &agreement.parties);
            failure.help(suggestion(party.as_str(), parties.into_iter().flatten().map(Party::as_str)))
        }
        Unfounded::Exists(id) => {
            failure.help(format!("to put it in the place of the present one, add `--remove {id}`"))
        }
    }
}

/// What decisions are taken on.
struct Rules {
    agreements: Agreements,
    national: NationalRules,
}

impl Rules {
    /// What either knows, for names in holdings.
    fn and(&self, other: &Self) -> Self {
        let (mut agreements, mut national) = (other.agreements.clone(), other.national.clone());
        agreements.extend(self.agreements.clone());
        national.extend(self.national.clone());
        Self { agreements, national }
    }

    fn world(&self) -> World<'_> {
        World { agreements: &self.agreements, national: &self.national, consents: &[], approvals: &[] }
    }
}

/// Every record of a file of holdings; what is wrong is said line by line, and counted.
fn read(path: &Path, world: &World<'_>, console: &mut Console) -> Result<(Holdings, usize), Failure> {
    let mut reader = HoldingsReader::new(world);
    let mut lines = Lines::open(path)?;
    let (mut wrong, mut read) = (0, 0_u64);
    while let Some(line) = lines.next()? {
        match line.and_then(|text| reader.read(&text)) {
            Ok(()) => read += 1,
            Err(error) => {
                wrong += 1;
                console.complain_at(path, lines.number(), &error)?;
            }
        }
        if read.is_multiple_of(100_000) {
            console.progress(format_args!("{read} records read"))?;
        }
    }
    console.progress_ends()?;
    Ok((reader.finish(), wrong))
}

/// What `--json` prints.
#[derive(Serialize)]
struct WhatIf {
    pairs: Vec<PairLine>,
    records: u64,
    classes: usize,
}

#[derive(Serialize)]
struct PairLine {
    from: String,
    to: String,
    before: u64,
    after: u64,
    newly_permitted: u64,
    newly_denied: u64,
    witnesses: Vec<WitnessLine>,
}

#[derive(Serialize)]
struct WitnessLine {
    record: String,
    was: &'static str,
    now: &'static str,
    because: Vec<BlockLine>,
}

impl WhatIf {
    fn of(holdings: &Holdings, changes: &[Change], language: Language) -> Self {
        Self {
            pairs: changes.iter().map(|change| PairLine::of(change, language)).collect(),
            records: holdings.records(),
            classes: holdings.classes(),
        }
    }
}

impl PairLine {
    fn of(change: &Change, language: Language) -> Self {
        Self {
            from: change.from.to_string(),
            to: change.to.to_string(),
            before: change.before,
            after: change.after,
            newly_permitted: change.newly_permitted,
            newly_denied: change.newly_denied,
            witnesses: change.witnesses.iter().map(|witness| WitnessLine::of(witness, language)).collect(),
        }
    }
}

impl WitnessLine {
    fn of(witness: &Witness, language: Language) -> Self {
        Self {
            record: witness.was.record.to_string(),
            was: witness.was.verdict().as_str(),
            now: witness.now.verdict().as_str(),
            because: witness.because().iter().map(|block| BlockLine::of(witness.denial(), block, language)).collect(),
        }
    }
}

/// The counts, and below each pair its witnesses.
fn write(holdings: &Holdings, changes: &[Change], console: &mut Console) -> Result<(), Failure> {
    let (palette, width, language) = (console.palette(), console.width(), console.language());
    writeln!(console, "{} records in {} classes\n", holdings.records(), holdings.classes())?;
    let mut columns = Columns::new(0).styled([palette.bold]);
    columns.row(["", "permitted now", "then", "newly permitted", "newly denied"]);
    for change in changes {
        columns.row([
            format!("{} -> {}", change.from, change.to),
            change.before.to_string(),
            change.after.to_string(),
            counted('+', change.newly_permitted),
            counted('-', change.newly_denied),
        ]);
    }
    columns.write(console, width)?;
    for change in changes.iter().filter(|change| !change.witnesses.is_empty()) {
        writeln!(console, "\n{bold}{} -> {}{bold:#}", change.from, change.to, bold = palette.bold)?;
        let mut columns = Columns::new(2);
        let mut shown = BTreeSet::new();
        for witness in change.witnesses.iter().filter(|witness| shown.insert(witness.class)) {
            let denial = witness.denial();
            let reasons: Vec<String> = witness.because().iter().map(|block| reason(denial, block, language)).collect();
            let (was, now) = (witness.was.verdict().as_str(), witness.now.verdict().as_str());
            let alike = holdings.names(&change.from, witness.class).count();
            let record = match alike {
                1 => witness.was.record.to_string(),
                _ => format!("{} (1 of {alike})", witness.was.record),
            };
            columns.row([record, format!("{was} -> {now}"), reasons.join("; ")]);
        }
        columns.write(console, width)?;
    }
    Ok(())
}

/// `jp-kr-gsomia-2016: not in force …`.
fn reason(denial: &Decision, block: &Block, language: Language) -> String {
    let why = explain::why(denial, block, language);
    block.agreement.as_ref().map_or_else(|| why.clone(), |agreement| format!("{agreement}: {why}"))
}

fn counted(sign: char, count: u64) -> String {
    if count == 0 { "0".to_owned() } else { format!("{sign}{count}") }
}

/// The records that one witness stands for.
fn list_behind(
    holdings: &Holdings,
    changes: &[Change],
    record: &str,
    json: bool,
    console: &mut Console,
) -> Result<(), Failure> {
    let witness = changes
        .iter()
        .flat_map(|change| change.witnesses.iter().map(move |witness| (change, witness)))
        .find(|(_, witness)| witness.was.record == *record);
    let Some((change, witness)) = witness else {
        return Err(Failure::new(format!("`{record}` is not among the witnesses"))
            .help("without --behind the witnesses are listed"));
    };
    for name in holdings.names(&change.from, witness.class) {
        if json {
            console.json(&serde_json::json!({ "holder": change.from.as_str(), "record": name }))?;
        } else {
            writeln!(console, "{name}")?;
        }
    }
    Ok(())
}
