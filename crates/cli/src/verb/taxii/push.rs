//! `entente taxii push`: what was released to a party goes to that party's TAXII server too.
//!
//! Not a release. A record leaves a node by its feed alone; here goes what left by it already, and may still leave
//! (`docs/decisions/0075-pulled-objects.md`).

use std::{
    collections::BTreeSet,
    io::Write,
    time::{Duration, Instant},
};

use entente_core::Channel;
use entente_formats::{
    stix::{
        envelope::{self, Limits},
        index,
    },
    taxii::{media, reply, resource::write_envelope},
};
use entente_server::{
    api::{DecisionsRequest, DecisionsView, GivenView, RecallView, RecordView},
    client::{Client, ClientError},
    outside::{Outside, OutsideError},
};
use serde::Serialize;

use super::{
    asked,
    checkpoint::Checkpoint,
    elsewhere::{Place, ServerArgs, failure, get, join, places},
};
use crate::{
    columns::printable,
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::{NodeArgs, block_on, failed},
};

/// The most objects of one post.
const OBJECTS: usize = 200;
/// The most bytes of one post, where the server takes more.
const BYTES: usize = 4 << 20;
/// How often a post is asked after that the server has not worked off.
const PATIENCE: u32 = 120;
/// How many objects that were not taken are told one by one.
const TOLD: usize = 100;
/// For how long what was called back is not asked for again.
const STILL_SO: Duration = Duration::from_secs(5);
/// The longest content of a record that is read.
const LONGEST: usize = 64 << 20;

/// Hand what was released to a party to its TAXII 2.1 server too
///
/// For a party whose analysts read from a TAXII server of their own. Only records of STIX that were released to it and not
/// withdrawn since, and that the decision would still release now, go there: `entente release` decides, this carries. What
/// went there is kept, so that it goes once; the server is asked what became of each post.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    server: ServerArgs,
    /// Whose server it is
    #[arg(long, value_name = "PARTY")]
    to: String,
    /// What for, as it was released
    #[arg(long)]
    purpose: String,
    /// The way it goes
    #[arg(long, default_value = Channel::GOVERNMENTS)]
    channel: String,
    /// Send again what went there already
    #[arg(long)]
    all: bool,
    /// Say what would go, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What became of it; what `--json` prints.
#[derive(Default, Serialize)]
struct Pushed {
    collection: String,
    title: String,
    /// Records that went there now.
    records: usize,
    objects: usize,
    /// Records that went there before.
    known: usize,
    /// Records that were released to the party and may not go any more.
    withheld: usize,
    refused: Vec<Refused>,
    more_refused: usize,
}

#[derive(Serialize)]
struct Refused {
    id: String,
    why: String,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let mut outside = args.server.outside()?;
    let config = args.node.config()?;
    let client = Client::new(&config.control_socket());
    block_on(async {
        let mut found = places(&args.server, &mut outside, |collection| collection.can_write, console).await?;
        let place = match (found.len(), found.pop()) {
            (1, Some(place)) => place,
            (0, _) => return Err(Failure::new("the server shows no collection that we may write to")),
            (count, _) => {
                return Err(Failure::new(format!("the server shows {count} collections that we may write to"))
                    .help("name one with --collection"));
            }
        };
        let checkpoint = Checkpoint::open(&config.data, "push", &place.address())?;
        let pushed = Pushed { collection: place.address(), title: place.name().to_owned(), ..Pushed::default() };
        let mut push = Push { args, client: &client, place: &place, checkpoint, pushed, recalled: None };
        let ended = push.all(&mut outside, console).await;
        console.progress_ends()?;
        show(args, &push.pushed, console)?;
        ended?;
        Ok(if push.pushed.refused.is_empty() { Outcome::Done } else { Outcome::Failed })
    })?
}

struct Push<'a> {
    args: &'a Args,
    client: &'a Client,
    place: &'a Place,
    checkpoint: Checkpoint,
    pushed: Pushed,
    /// What was called back from the party, and when that was asked. Its originator may still hold it.
    recalled: Option<(Instant, BTreeSet<(String, String)>)>,
}

/// How a record stands to the party now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It was released to it, and still may be.
    Goes,
    /// It was released to it, and may not be any more.
    Withheld,
    /// It was not, or it came back: withdrawn, expired, refused.
    NotGiven,
}

fn ours(error: ClientError) -> Failure {
    failed(&error)
}

impl Push<'_> {
    async fn all(&mut self, outside: &mut Outside, console: &mut Console) -> Result<(), Failure> {
        let is_stix = |record: &RecordView| {
            let kind = record.media_type.split(';').next().unwrap_or_default();
            matches!(kind, "application/stix+json" | "application/taxii+json")
        };
        let mut records: Vec<RecordView> =
            self.client.records().await.map_err(ours)?.into_iter().filter(is_stix).collect();
        // As they came: what an object points at is mostly older.
        records.reverse();
        let all = records.len();
        for (at, record) in records.iter().enumerate() {
            console.progress(format_args!("{} of {all} records, {} sent", at, self.pushed.records))?;
            if self.checkpoint.known.pushed.contains(&record.digest) && !self.args.all {
                self.pushed.known += 1;
                continue;
            }
            match self.standing(record).await? {
                Some(Standing::Goes) => self.one(outside, record).await?,
                Some(Standing::Withheld) => self.pushed.withheld += 1,
                Some(Standing::NotGiven) | None => {}
            }
        }
        Ok(())
    }

    /// What the node answers. Where it does not want to about this one record, that is told, and the others go on.
    fn of_one<T>(&mut self, record: &RecordView, answer: Result<T, ClientError>) -> Result<Option<T>, Failure> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(ClientError::Refused(said) | ClientError::NotFound(said) | ClientError::Conflict(said)) => {
                self.refuse(&record.id, said.detail);
                Ok(None)
            }
            Err(error) => Err(ours(error)),
        }
    }

    /// Whether a record was released to the party, and still may be; `None` where the node does not say, which is told.
    async fn standing(&mut self, record: &RecordView) -> Result<Option<Standing>, Failure> {
        let answer: Result<Vec<GivenView>, _> = self.client.get(&path_of(record, "given")).await;
        let Some(given) = self.of_one(record, answer)? else { return Ok(None) };
        let is_given = |given: &GivenView| {
            given.to == self.args.to && matches!(given.state.as_str(), "waiting" | "held" | "accepted")
        };
        if !given.iter().any(is_given) {
            return Ok(Some(Standing::NotGiven));
        }
        if self.is_recalled(record).await? {
            return Ok(Some(Standing::Withheld));
        }
        let question = DecisionsRequest {
            record: Some(format!("{}/{}", record.originator, record.id)),
            draft: None,
            to: vec![self.args.to.clone()],
            purpose: self.args.purpose.clone(),
            channel: self.args.channel.clone(),
            action: None,
        };
        let answer: Result<DecisionsView, _> = self.client.post("/decisions", &question).await;
        let Some(answer) = self.of_one(record, answer)? else { return Ok(None) };
        let may = answer.decisions.iter().any(|it| it.answer.to == self.args.to && it.answer.verdict == "permit");
        Ok(Some(if may { Standing::Goes } else { Standing::Withheld }))
    }

    /// Whether it was called back from the party, as far as that was known a few seconds ago.
    async fn is_recalled(&mut self, record: &RecordView) -> Result<bool, Failure> {
        if self.recalled.as_ref().is_none_or(|(asked, _)| asked.elapsed() > STILL_SO) {
            let (asked, to) = (Instant::now(), &self.args.to);
            let recalls: Vec<RecallView> = self.client.all("/recalls").await.map_err(ours)?;
            let is_from = |recall: &RecallView| recall.whole || recall.told.iter().any(|told| told.party == *to);
            let from_it = recalls.into_iter().filter(is_from).map(|recall| (recall.originator, recall.record));
            self.recalled = Some((asked, from_it.collect()));
        }
        let key = (record.originator.clone(), record.id.clone());
        Ok(self.recalled.as_ref().is_some_and(|(_, recalled)| recalled.contains(&key)))
    }

    async fn one(&mut self, outside: &mut Outside, record: &RecordView) -> Result<(), Failure> {
        let answer = self.client.get_bytes(&path_of(record, "content")).await;
        let Some(bytes) = self.of_one(record, answer)? else { return Ok(()) };
        let Ok(text) = String::from_utf8(bytes) else {
            self.refuse(&record.id, "its content is no text");
            return Ok(());
        };
        let limits = Limits { bytes: LONGEST, objects: 1_000_000 };
        let objects = match envelope::objects(&text, limits) {
            Ok(contents) if contents.objects.is_empty() && !contents.is_bundle => vec![text.trim()],
            Ok(contents) => contents.objects,
            Err(problem) => {
                self.refuse(&record.id, problem.to_string());
                return Ok(());
            }
        };
        if self.args.dry_run {
            (self.pushed.records, self.pushed.objects) = (self.pushed.records + 1, self.pushed.objects + objects.len());
            return Ok(());
        }
        let most = usize::try_from(self.place.longest).unwrap_or(usize::MAX).min(BYTES);
        let mut is_whole = true;
        for (number, part) in parts(&objects, most).into_iter().enumerate() {
            // A part may take minutes: what was called back meanwhile goes no further.
            if number > 0 && self.standing(record).await? != Some(Standing::Goes) {
                self.refuse(&record.id, "it may not go any more: its other objects stayed here");
                return Ok(());
            }
            is_whole &= self.post(outside, part).await?;
        }
        if is_whole {
            self.pushed.records += 1;
            self.checkpoint.known.pushed.insert(record.digest.clone());
            self.checkpoint.save()?;
        }
        Ok(())
    }

    fn refuse(&mut self, id: &str, why: impl Into<String>) {
        if self.pushed.refused.len() < TOLD {
            self.pushed.refused.push(Refused { id: id.to_owned(), why: why.into() });
        } else {
            self.pushed.more_refused += 1;
        }
    }

    /// Posts some objects, and waits until the server has worked them off; whether it has all of them.
    async fn post(&mut self, outside: &mut Outside, objects: &[&str]) -> Result<bool, Failure> {
        let url = self.place.below("objects/")?;
        // An envelope that is posted says no `more`.
        let body = write_envelope(None, objects.iter().copied()).replacen("\"more\":false,", "", 1);
        let answer = match outside.post(&url, media::TAXII, body.into(), reply::LONGEST).await {
            Ok(answer) => answer,
            // It takes none of these, and may take others.
            Err(OutsideError::Refused { status, said, .. }) if matches!(status.as_u16(), 400 | 413 | 422) => {
                let why = format!("the server answers {status}: {}", said.unwrap_or_default());
                self.refuse(id_of(objects), why);
                return Ok(false);
            }
            Err(error) => return Err(failure(error)),
        };
        let read = |text: &str| {
            reply::status(text)
                .map_err(|problem| Failure::new(format!("the status of a post is not TAXII 2.1: {problem}")))
        };
        let mut status = read(&answer.text)?;
        let mut asked = 0;
        while status.status != "complete" || status.pending_count > 0 {
            asked += 1;
            if asked > PATIENCE {
                self.refuse(id_of(objects), format!("post {} is not worked off yet; push again later", status.id));
                return Ok(false);
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
            let url = join(&self.place.root, &format!("status/{}/", status.id))?;
            status = read(&get(outside, &url, reply::LONGEST).await.map_err(failure)?.text)?;
        }
        let mut is_whole = true;
        let mut looked_at = BTreeSet::new();
        for failed in &status.failures {
            // A server may name one of them again and again.
            if !looked_at.insert(&failed.id) {
                continue;
            }
            // Some servers call what they have already a failure.
            if !self.is_there(outside, objects, &failed.id).await {
                is_whole = false;
                self.refuse(&failed.id, failed.message.as_deref().unwrap_or("the server says no more"));
            }
        }
        self.pushed.objects += objects.len().saturating_sub(status.failures.len());
        Ok(is_whole)
    }

    /// Whether the server shows the version of an object that was posted.
    async fn is_there(&self, outside: &mut Outside, objects: &[&str], id: &str) -> bool {
        let version = |text: &str| index::read(text).ok().filter(|entry| entry.id == id).map(|entry| entry.version());
        let posted: Vec<Option<i64>> = objects.iter().filter_map(|object| version(object)).collect();
        if posted.is_empty() {
            return false;
        }
        let Ok(mut url) = self.place.below(&format!("objects/{id}/")) else { return false };
        url.query_pairs_mut().append_pair("match[version]", "all");
        let Ok(answer) = get(outside, &url, LONGEST).await else { return false };
        let limits = Limits { bytes: LONGEST, objects: 100_000 };
        let shown = envelope::objects(&answer.text, limits).map(|contents| contents.objects).unwrap_or_default();
        let shown: Vec<Option<i64>> = shown.into_iter().filter_map(version).collect();
        posted.iter().all(|version| shown.contains(version))
    }
}

/// The path of something of a record, whatever its originator has called it.
fn path_of(record: &RecordView, what: &str) -> String {
    asked(&["records", &record.originator, &record.id, what], &[])
}

/// Objects in parts, each no longer than `most` bytes where one object alone is not.
fn parts<'a, 'o>(objects: &'a [&'o str], most: usize) -> Vec<&'a [&'o str]> {
    let (mut parts, mut start, mut length) = (Vec::new(), 0, 0);
    for (at, object) in objects.iter().enumerate() {
        // A comma, and what stands around the objects.
        let more = object.len() + 1;
        if at > start && (at - start >= OBJECTS || length + more + 64 > most) {
            parts.extend(objects.get(start..at));
            (start, length) = (at, 0);
        }
        length += more;
    }
    parts.extend(objects.get(start..).filter(|last| !last.is_empty()));
    parts
}

fn id_of<'o>(objects: &[&'o str]) -> &'o str {
    match objects {
        [only] => only.get(..80).unwrap_or(only),
        _ => "some objects",
    }
}

fn show(args: &Args, pushed: &Pushed, console: &mut Console) -> Result<(), Failure> {
    if args.json {
        return console.json(pushed);
    }
    let Pushed { title, records, objects, known, withheld, .. } = pushed;
    let went = if args.dry_run { "would go" } else { "went" };
    writeln!(console, "{} ({})", printable(title), printable(&pushed.collection))?;
    writeln!(console, "  {records} records {went} there, {objects} objects; {known} were there already")?;
    if *withheld > 0 {
        writeln!(console, "  {withheld} that were released to {} may not go any more", printable(&args.to))?;
    }
    for refused in &pushed.refused {
        writeln!(console, "  not taken: {}", printable(&format!("{}: {}", refused.id, refused.why)))?;
    }
    if pushed.more_refused > 0 {
        writeln!(console, "  and {} more", pushed.more_refused)?;
    }
    Ok(())
}
