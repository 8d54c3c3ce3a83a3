//! `entente whatif`: what becomes possible or impossible when agreements or rules change, over everything that is held:
//! by a running node, or in a file.

use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
};

use entente_core::{
    AgreementId, Channel, Party, Purpose,
    agreement::Actor,
    time::day_of,
    whatif::{Holdings, Supposition, Unfounded, compare, suppose},
    world::{Agreements, NationalRules, World},
};
use entente_formats::{
    holdings::HoldingsReader,
    request::{BlockLine, Vocabulary, action},
    whatif::{PairLine, SuppositionLine, WhatIf, WitnessLine, help},
};
use entente_server::api::{Behind, BehindRequest, WhatIfRequest};

use super::{
    question::{Question, Texts, Warned},
    remote::NodeArgs,
};
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
/// Without --holdings a running node is asked: over what it holds and its operator may see, on its own agreements with the
/// acts known to it, its national rules, and the consents and approvals that it has.
///
/// Suppositions hold from the day of --at, in this order: removed, added, entered into force, suspended, resumed.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, mut_args(needless_with_a_node))]
pub(crate) struct Args {
    /// What is held: {"holder":PARTY,"record":{…}}, one JSON object a line; - is standard input. Without: what the node
    /// holds
    #[arg(long, value_name = "FILE", requires = "agreements")]
    holdings: Option<PathBuf>,
    #[command(flatten)]
    texts: Option<Texts>,
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    suppose: Suppositions,
    /// List the records that this witness stands for, instead of the counts
    #[arg(long, value_name = "RECORD")]
    behind: Option<String>,
    /// Print one JSON object; with --behind one a line
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  entente whatif --config kor --purpose missile-warning --suspend jp-kr-gsomia-2016:KOR
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

/// A node has its own agreements and rules.
fn needless_with_a_node(arg: clap::Arg) -> clap::Arg {
    match arg.get_id().as_str() {
        "agreements" => arg.required(false).requires("holdings"),
        "national" => arg.requires("holdings"),
        _ => arg,
    }
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let suppositions = args.suppose.read()?;
    match (&args.holdings, &args.texts) {
        (Some(path), Some(texts)) => over_file(args, path, texts, &suppositions, console),
        _ => over_node(args, &suppositions, console),
    }
}

/// What the node holds.
fn over_node(args: &Args, suppositions: &[Supposition], console: &mut Console) -> Result<Outcome, Failure> {
    let Question { purpose, channel, action, at } = &args.question;
    let question = WhatIfRequest {
        action: action.clone(),
        purpose: purpose.clone(),
        channel: channel.clone(),
        at: at.to_string(),
        suppose: suppositions.iter().map(SuppositionLine::from).collect(),
    };
    match &args.behind {
        Some(record) => {
            let request = BehindRequest { question, record: record.clone() };
            let Behind { holder, records } =
                args.node.ask(async |client| client.post("/whatif/behind", &request).await)?;
            list_behind(&holder, records.iter().map(String::as_str), args.json, console)?;
        }
        None => {
            let language = console.language_for(args.json);
            let answer = args.node.ask_in(language, async |client| client.post("/whatif", &question).await)?;
            show(answer, args.json, console)?;
        }
    }
    Ok(Outcome::Done)
}

/// What a file says is held.
fn over_file(
    args: &Args,
    path: &Path,
    texts: &Texts,
    suppositions: &[Supposition],
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let (agreements, national) = texts.read()?;
    let is = Rules { agreements, national };
    let (agreements, national) = suppose((&is.agreements, &is.national), suppositions, day_of(args.question.at))
        .map_err(|unfounded| cannot_suppose(&unfounded, &is.agreements))?;
    let would_be = Rules { agreements, national };
    let (holdings, wrong) = read(path, &is.and(&would_be), console)?;

    let Question { purpose, channel, action: word, at } = &args.question;
    let (purpose, channel) = (Purpose::from(purpose.as_str()), Channel::from(channel.as_str()));
    let action = action("--action", word).map_err(|error| Failure::new(error.to_string()))?;
    let question = entente_core::whatif::Question { action, purpose: &purpose, channel: &channel, at: *at };
    let worlds = (&is.world(), &would_be.world());
    let recipients: BTreeSet<Party> = worlds.0.parties().chain(worlds.1.parties()).cloned().collect();
    let changes = compare(&holdings, worlds, &question, &recipients, &[]);

    if let Some(record) = &args.behind {
        let found = changes.iter().find_map(|change| Some((&change.from, change.behind(record, &holdings, &[])?)));
        let Some((holder, names)) = found else {
            return Err(Failure::new(format!("`{record}` is not among the witnesses"))
                .help("without --behind the witnesses are listed"));
        };
        list_behind(holder.as_str(), names, args.json, console)?;
    } else {
        let language = console.language_for(args.json);
        show(WhatIf::new(&changes, holdings.records(), holdings.classes(), language), args.json, console)?;
    }
    Ok(if wrong == 0 { Outcome::Done } else { Outcome::Failed })
}

fn cannot_suppose(unfounded: &Unfounded, agreements: &Agreements) -> Failure {
    Failure::new(unfounded.to_string()).help(help(unfounded, agreements))
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
fn read(path: &Path, rules: &Rules, console: &mut Console) -> Result<(Holdings, usize), Failure> {
    let world = rules.world();
    let mut reader = HoldingsReader::new(&world);
    let mut lines = Lines::open(path)?;
    let (vocabulary, mut warned) = (Vocabulary::of(&rules.agreements, &rules.national), Warned::default());
    let (mut wrong, mut read) = (0, 0_u64);
    while let Some(line) = lines.next()? {
        match line.and_then(|text| reader.read(&text)) {
            Ok(()) => {
                read += 1;
                if let Some(record) = reader.new_record() {
                    warned.warn(vocabulary.unknown_in(record), Some((path, lines.number())), console)?;
                }
            }
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

fn show(answer: WhatIf, json: bool, console: &mut Console) -> Result<(), Failure> {
    if json { console.json(&answer.bare()) } else { write(&answer, console) }
}

/// The counts, and below each pair its witnesses.
fn write(answer: &WhatIf, console: &mut Console) -> Result<(), Failure> {
    let (palette, width) = (console.palette(), console.width());
    let plural = |count: u64, one, more| format!("{count} {}", if count == 1 { one } else { more });
    let classes = plural(answer.classes as u64, "class", "classes");
    writeln!(console, "{} in {classes}\n", plural(answer.records, "record", "records"))?;
    let mut columns = Columns::new(0).styled([palette.bold]);
    columns.row(["", "permitted now", "then", "newly permitted", "newly denied"]);
    for pair in &answer.pairs {
        columns.row([
            format!("{} -> {}", pair.from, pair.to),
            pair.before.to_string(),
            pair.after.to_string(),
            counted('+', pair.newly_permitted),
            counted('-', pair.newly_denied),
        ]);
    }
    columns.write(console, width)?;
    for PairLine { from, to, witnesses, .. } in answer.pairs.iter().filter(|pair| !pair.witnesses.is_empty()) {
        writeln!(console, "\n{bold}{from} -> {to}{bold:#}", bold = palette.bold)?;
        let mut columns = Columns::new(2);
        for WitnessLine { record, was, now, because, alike } in witnesses {
            // Those that stand for the same records as one before them add nothing for a reader.
            let Some(alike) = alike else { continue };
            let reasons: Vec<String> = because.iter().map(reason).collect();
            let record = if *alike == 1 { record.clone() } else { format!("{record} (1 of {alike})") };
            columns.row([record, format!("{was} -> {now}"), reasons.join("; ")]);
        }
        columns.write(console, width)?;
    }
    Ok(())
}

/// `jp-kr-gsomia-2016: not in force …`.
fn reason(block: &BlockLine) -> String {
    let why = &block.why;
    block.agreement.as_ref().map_or_else(|| why.clone(), |agreement| format!("{agreement}: {why}"))
}

fn counted(sign: char, count: u64) -> String {
    if count == 0 { "0".to_owned() } else { format!("{sign}{count}") }
}

/// The records that one witness stands for.
fn list_behind<'a>(
    holder: &str,
    records: impl IntoIterator<Item = &'a str>,
    json: bool,
    console: &mut Console,
) -> Result<(), Failure> {
    for record in records {
        if json {
            console.json(&serde_json::json!({ "holder": holder, "record": record }))?;
        } else {
            writeln!(console, "{record}")?;
        }
    }
    Ok(())
}
