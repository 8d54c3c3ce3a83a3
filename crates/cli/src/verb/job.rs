//! `entente job`: work that takes long, at a running node: begun, followed, left, found again, cancelled.

use std::{
    collections::VecDeque,
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::builder::PossibleValuesParser;
use entente_core::{Channel, consult::Precedence};
use entente_server::{
    api::{ImportedView, JobKind, JobRequest, JobView, PlainJob, RedecideRequest, RedecidedView},
    client::{Part, UploadForm},
};

use super::remote::{ListArgs, NodeArgs};
use crate::{
    columns::{Columns, printable},
    console::Console,
    failure::{Failure, Outcome},
    input::unreadable,
};

/// Work that takes long, at a running node
///
/// It goes on while nobody looks. After a stop of the node a check of the logs and a new decision begin again by themselves; an import is
/// gone on with by importing the same files again: what entered does not enter twice.
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    /// List the work that was begun over this socket, the latest first
    List(ListArgs),
    Show(OneArgs),
    /// Cancel work: it ends with the step that it is in, and what is done stays done
    Cancel(OneArgs),
    /// Have the running node check everything that its logs promise, as `entente log verify` does
    Verify(BeginArgs),
    Redecide(RedecideArgs),
    Import(Box<ImportArgs>),
}

/// Show how work stands, and what it found
#[derive(clap::Args)]
pub(crate) struct OneArgs {
    /// Its number
    number: u64,
    /// Follow it until it ends
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    list: ListArgs,
}

/// Work that is begun.
#[derive(clap::Args)]
pub(crate) struct BeginArgs {
    /// Begin it, and do not wait for its end
    #[arg(long)]
    leave: bool,
    #[command(flatten)]
    list: ListArgs,
}

/// Decide everything that is held anew, with the latest acts on agreements and without them, and show what changes
///
/// Everything that the operator may see is decided, class by class, for each purpose and each recipient. Nothing is sent or taken back by
/// it. What left and would not have left had an act been known, `entente affected` lists.
#[derive(clap::Args)]
pub(crate) struct RedecideArgs {
    /// With and without the acts that became known from this moment on, such as 2026-11-20T00:00:00Z; without it, the latest
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// One purpose; without it, each that texts and what is held speak of
    #[arg(long)]
    purpose: Option<String>,
    /// The way it would go
    #[arg(long, default_value = Channel::GOVERNMENTS)]
    channel: String,
    #[command(flatten)]
    begin: BeginArgs,
}

/// Enter every file of a folder as a record, all with the same label
///
/// Files in folders within it come too, in the order of their names; what begins with a dot is left out, and links are not followed. The
/// name of a file becomes the record's title, and its id is made of its bytes: import the same folder again after a break, and what
/// entered does not enter twice.
#[derive(clap::Args)]
pub(crate) struct ImportArgs {
    /// The folder, or one file; may be given several times
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The label of each of them
    #[arg(long)]
    label: String,
    /// What they are about; give it once for each subject
    #[arg(long = "subject", value_name = "SUBJECT", required = true)]
    subjects: Vec<String>,
    /// actual, exercise or test
    #[arg(long, default_value = "actual")]
    status: String,
    /// The media type of each of them
    #[arg(long, default_value = "application/octet-stream")]
    media_type: String,
    /// Release them at once to these parties, such as JPN,USA, as far as each may have each
    #[arg(long, value_delimiter = ',', value_name = "PARTY", requires = "purpose")]
    to: Vec<String>,
    /// What for they are released
    #[arg(long)]
    purpose: Option<String>,
    /// The way they go
    #[arg(long, default_value = Channel::GOVERNMENTS)]
    channel: String,
    /// How urgently they go
    #[arg(long, default_value = "ROUTINE", value_parser = PossibleValuesParser::new(Precedence::ALL.map(Precedence::as_str)))]
    precedence: String,
    #[command(flatten)]
    list: ListArgs,
}

/// How often work is looked at that is followed.
const OFTEN: Duration = Duration::from_millis(300);

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::List(args) => list(args, console),
            Self::Show(args) => show(args, console),
            Self::Cancel(args) => cancel(args, console),
            Self::Verify(args) => {
                let request = JobRequest { kind: PlainJob::Verify };
                let begun = args.list.node.ask(async |client| client.post("/jobs", &request).await)?;
                begun_as(begun, args, console)
            }
            Self::Redecide(args) => redecide(args, console),
            Self::Import(args) => import(args, console),
        }
    }
}

fn kind(view: &JobView) -> &'static str {
    match view.kind {
        JobKind::Verify => "check of the logs",
        JobKind::Import => "import of files",
        JobKind::Redecide => "new decision of everything",
    }
}

fn steps(view: &JobView) -> String {
    match view.steps {
        0 => view.done.to_string(),
        steps => format!("{} of {steps}", view.done),
    }
}

fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let mut jobs: Vec<JobView> = args.node.ask(async |client| client.get("/jobs").await)?;
    jobs.reverse();
    let row =
        |job: &JobView| [job.id.to_string(), kind(job).to_owned(), job.began.clone(), job.state.clone(), steps(job)];
    args.show(&jobs, "no long work was begun", (["number", "what", "began", "state", "steps"], 1), row, console)
}

fn look(node: &NodeArgs, number: u64) -> Result<JobView, Failure> {
    node.ask(async |client| client.get(&format!("/jobs/{number}")).await)
}

fn show(args: &OneArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let job = match args.follow {
        true => follow(&args.list.node, args.number, console)?,
        false => look(&args.list.node, args.number)?,
    };
    write(&job, args.list.json, console)
}

fn cancel(args: &OneArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/jobs/{}/cancel", args.number);
    let job: JobView = args.list.node.ask(async |client| client.post(&path, &()).await)?;
    let job = if args.follow { follow(&args.list.node, job.id, console)? } else { job };
    match args.list.json {
        true => console.json(&job)?,
        false if job.ended.is_some() => writeln!(console, "job {} is over: {}", job.id, job.state)?,
        false => writeln!(console, "job {} ends with the step that it is in", job.id)?,
    }
    Ok(Outcome::Done)
}

fn begun_as(job: JobView, args: &BeginArgs, console: &mut Console) -> Result<Outcome, Failure> {
    if args.leave {
        match args.list.json {
            true => console.json(&job)?,
            false => writeln!(console, "begun as job {}; see `entente job show {}`", job.id, job.id)?,
        }
        return Ok(Outcome::Done);
    }
    let job = follow(&args.list.node, job.id, console)?;
    write(&job, args.list.json, console)
}

/// Waits for its end, and says meanwhile how far it is. Whoever breaks off leaves it to go on.
fn follow(node: &NodeArgs, number: u64, console: &mut Console) -> Result<JobView, Failure> {
    loop {
        let job = look(node, number)?;
        if job.ended.is_some() {
            console.progress_ends()?;
            return Ok(job);
        }
        console.progress_of(job.done, job.steps, format_args!("{} {}", kind(&job), steps(&job)))?;
        std::thread::sleep(OFTEN);
    }
}

fn redecide(args: &RedecideArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let request = RedecideRequest {
        since: args.since.clone(),
        purpose: args.purpose.clone(),
        channel: Some(args.channel.clone()),
    };
    let language = console.language_for(args.begin.list.json);
    let node = &args.begin.list.node;
    let begun = node.ask_in(language, async |client| client.post("/jobs/redecide", &request).await)?;
    begun_as(begun, &args.begin, console)
}

/// The files under these paths, in the order of their names, each with the name that it is known by.
fn files(paths: &[PathBuf]) -> Result<Vec<(String, PathBuf)>, Failure> {
    let mut found = Vec::new();
    let mut left: VecDeque<(String, PathBuf)> = VecDeque::new();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match path.is_dir() {
            true => left.push_back((String::new(), path.clone())),
            false => found.push((name, path.clone())),
        }
        while let Some((above, folder)) = left.pop_front() {
            for (name, path, is_folder) in entries(&folder)? {
                let name = if above.is_empty() { name } else { format!("{above}/{name}") };
                match is_folder {
                    true => left.push_back((name, path)),
                    false => found.push((name, path)),
                }
            }
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<(String, PathBuf, bool)>, Failure> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let kind = entry.file_type().map_err(|error| unreadable(folder, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && (kind.is_dir() || kind.is_file()) {
            entries.push((name, entry.path(), kind.is_dir()));
        }
    }
    entries.sort();
    Ok(entries)
}

fn import(args: &ImportArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let files = files(&args.paths)?;
    if files.is_empty() {
        return Err(Failure::new("there is no file in it")
            .help("what begins with a dot is left out, and links are not followed"));
    }
    let mut fields = vec![
        ("label", args.label.clone()),
        ("status", args.status.clone()),
        ("channel", args.channel.clone()),
        ("precedence", args.precedence.clone()),
        ("count", files.len().to_string()),
    ];
    fields.extend(args.subjects.iter().map(|subject| ("subjects", subject.clone())));
    fields.extend(args.to.iter().map(|party| ("to", party.clone())));
    fields.extend(args.purpose.iter().map(|purpose| ("purpose", purpose.clone())));
    let parts = files.iter().map(|(name, path)| Part { name, path, media_type: &args.media_type });
    let form = UploadForm::new(&fields, parts).map_err(|(path, error)| unreadable(path, &error))?;
    let length = form.length();
    let language = console.language_for(args.list.json);
    let progress = |sent| {
        // Beside the answer: where it cannot be said, nothing is lost.
        let _ = console.progress_of_bytes(sent, length);
    };
    let node = &args.list.node;
    let done = node.ask_in(language, async |client| client.upload_form("/jobs/import", form, progress).await);
    console.progress_ends()?;
    write(&done?, args.list.json, console)
}

fn write(job: &JobView, json: bool, console: &mut Console) -> Result<Outcome, Failure> {
    if json {
        console.json(job)?;
        return Ok(Outcome::Done);
    }
    let bold = console.palette().bold;
    writeln!(console, "{bold}{}{bold:#}  job {}, {}", kind(job), job.id, job.state)?;
    writeln!(console, "  began  {}", job.began)?;
    if let Some(ended) = &job.ended {
        writeln!(console, "  ended  {ended}")?;
    }
    writeln!(console, "  steps  {}", steps(job))?;
    if let Some(why) = &job.why {
        writeln!(console, "  {}", printable(why))?;
    }
    for log in job.logs.iter().flatten() {
        writeln!(console, "{}  {} entries", log.log, log.size)?;
        for problem in &log.problems {
            writeln!(console, "  WRONG  {}", printable(problem))?;
        }
    }
    if let Some(imported) = &job.imported {
        write_imported(imported, console)?;
    }
    if let Some(redecided) = &job.redecided {
        write_redecided(redecided, console)?;
    }
    Ok(Outcome::Done)
}

fn write_imported(imported: &ImportedView, console: &mut Console) -> Result<(), Failure> {
    let ImportedView { entered, known, refused, left, .. } = imported;
    writeln!(console, "{entered} entered, {known} here already, {refused} refused, {left} left out")?;
    for count in &imported.released {
        writeln!(console, "  to {}: {} {}", count.to, count.count, count.outcome)?;
    }
    let wanting = imported.files.iter().filter(|file| file.record.is_none() || file.why.is_some());
    let mut columns = Columns::new(2);
    for file in wanting {
        let why = file.why.as_deref().unwrap_or_default();
        columns.row([printable(&file.name).into_owned(), file.state.clone(), printable(why).into_owned()]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(())
}

fn write_redecided(redecided: &RedecidedView, console: &mut Console) -> Result<(), Failure> {
    for act in &redecided.acts {
        writeln!(console, "{}: {} of {} on {}, known {}", act.agreement, act.kind, act.by, act.date, act.known)?;
    }
    writeln!(console, "{} records in {} classes", redecided.records, redecided.classes)?;
    if redecided.changes.is_empty() {
        writeln!(console, "nothing changes")?;
    }
    for change in &redecided.changes {
        let pair = &change.pair;
        writeln!(
            console,
            "{} to {} for {}: {} before, {} after; {} newly permitted, {} newly denied",
            pair.from, pair.to, change.purpose, pair.before, pair.after, pair.newly_permitted, pair.newly_denied
        )?;
        for witness in &pair.witnesses {
            let alike = witness.alike.map_or_else(String::new, |alike| format!(" ({alike} alike)"));
            writeln!(console, "  {}: {} -> {}{alike}", printable(&witness.record), witness.was, witness.now)?;
            for because in &witness.because {
                writeln!(console, "    {}", printable(&because.why))?;
            }
        }
    }
    if redecided.more > 0 {
        let RedecidedView { more, newly_permitted, newly_denied, .. } = redecided;
        writeln!(
            console,
            "{more} more change and are not listed; in all {newly_permitted} newly permitted, {newly_denied} newly denied"
        )?;
    }
    Ok(())
}
