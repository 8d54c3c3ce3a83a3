//! `entente taxii pull`: what is new in collections of another server becomes records.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    io::Write,
    path::PathBuf,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_core::label::Label;
use entente_formats::{
    foreign::Foreign,
    hex, label,
    stix::{
        check::{Options, Version, check},
        envelope::{self, Limits},
        index::{self, Entry},
        json,
        marking::{Meaning, Restriction, STRICTEST, meaning},
        time::Moment,
    },
    taxii::{media, reply},
    wire::MAX_CONTENT,
};
use entente_server::{
    api::{DraftRequest, EnteredView},
    client::{Client, ClientError},
    outside::{Answer, Outside, OutsideError},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;
use url::Url;

use super::{
    checkpoint::Checkpoint,
    elsewhere::{Place, ServerArgs, failure, get, places},
};
use crate::{
    columns::printable,
    console::Console,
    failure::{Failure, Outcome},
    verb::{
        misp::foreign,
        remote::{NodeArgs, block_on, failed},
    },
};

/// The longest page that is read.
const LONGEST_PAGE: usize = 256 << 20;
/// How many objects are handed to the node at once.
const AT_ONCE: usize = 8;
/// How many pages may bring nothing new, one after the other.
const IDLE: usize = 1_000;
/// How often a page is begun anew because the server no longer knows how it went on, without anything new in between.
const ANEW: usize = 3;
/// How many definitions of markings are asked for one by one.
const DEFINITIONS: usize = 1_000;
/// How many objects that were not taken are told one by one.
const TOLD: usize = 100;

/// Take in what is new in collections of another TAXII 2.1 server
///
/// Each object becomes a record of this party: its bytes as they came, under the label that its markings come to. A marking
/// that nobody here can read counts as TLP:RED, and is told; --map says what markings of others mean. Nothing is given to
/// anybody by this. How far it came is kept, and what was here already stays as it is: stopped at any point, it goes on
/// from there, misses nothing and takes nothing twice.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    server: ServerArgs,
    /// What markings of others mean here (`entente.foreign/1`)
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// The label of objects that bear no marking; TLP:RED when left out
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// What it is about; give it once for each subject
    #[arg(long = "subject", value_name = "SUBJECT")]
    subjects: Vec<String>,
    /// A party on the distribution list, for TLP:AMBER and stricter
    #[arg(long, value_name = "PARTY", value_delimiter = ',')]
    distribution: Vec<String>,
    /// actual, exercise or test
    #[arg(long, default_value = "actual")]
    status: String,
    /// How many objects are asked for at a time
    #[arg(long, default_value_t = 500, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// How far before the last object it looks again, in seconds: for servers on which what was added earlier shows later
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(0..=31_536_000))]
    overlap: u32,
    /// Begin with the oldest object again
    #[arg(long)]
    all: bool,
    /// Say what would be entered, and enter nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line, for each collection
    #[arg(long)]
    json: bool,
}

/// What became of one collection; one line of what `--json` prints.
#[derive(Default, Serialize)]
struct Pulled {
    collection: String,
    title: String,
    pages: usize,
    objects: usize,
    entered: usize,
    /// What was here already.
    known: usize,
    /// How many objects bear each label.
    labels: BTreeMap<String, usize>,
    /// Markings that nobody here can read, which count as TLP:RED.
    unread: BTreeMap<String, Unread>,
    /// How many objects bore no marking.
    unmarked: usize,
    /// How many are not valid; they enter, and are in no collection here.
    invalid: usize,
    refused: Vec<Refused>,
    /// How many more were refused than are told.
    more_refused: usize,
    /// From when on it looks next.
    after: Option<String>,
    /// Why it stopped before the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<String>,
}

#[derive(Default, Serialize)]
struct Unread {
    objects: usize,
    why: String,
}

#[derive(Serialize)]
struct Refused {
    id: String,
    why: String,
}

impl Pulled {
    fn refuse(&mut self, id: &str, why: impl Into<String>) {
        if self.refused.len() < TOLD {
            self.refused.push(Refused { id: id.to_owned(), why: why.into() });
        } else {
            self.more_refused += 1;
        }
    }
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let foreign = foreign(args.map.as_deref())?;
    let unmarked = match &args.label {
        Some(text) => label::parse(text).map_err(|problem| Failure::Usage(format!("--label: {problem}")))?,
        None => STRICTEST,
    };
    let mut outside = args.server.outside()?;
    let config = args.node.config()?;
    let client = Client::new(&config.control_socket());
    block_on(async {
        let mut outcome = Outcome::Done;
        let places = places(&args.server, &mut outside, |collection| collection.can_read, console).await?;
        if places.is_empty() {
            return Err(Failure::new("the server shows no collection that we may read"));
        }
        for place in places {
            let checkpoint = Checkpoint::open(&config.data, "pull", &place.address())?;
            let pulled = Pulled { collection: place.address(), title: place.name().to_owned(), ..Pulled::default() };
            let mut pull = Pull {
                args,
                foreign: &foreign,
                unmarked: &unmarked,
                client: &client,
                place: &place,
                checkpoint,
                pulled,
                definitions: BTreeMap::new(),
                seen: HashSet::new(),
            };
            let ended = pull.all(&mut outside, console).await;
            console.progress_ends()?;
            let mut pulled = pull.pulled;
            pulled.after = pull.checkpoint.known.after;
            if let Err(error) = &ended {
                pulled.stopped = Some(words(error));
            }
            show(args, &pulled, console)?;
            ended?;
            if !pulled.refused.is_empty() {
                outcome = Outcome::Failed;
            }
        }
        Ok(outcome)
    })?
}

fn words(failure: &Failure) -> String {
    match failure {
        Failure::Message { message, .. } => message.clone(),
        Failure::Usage(message) => message.clone(),
        _ => "stopped".to_owned(),
    }
}

struct Pull<'a> {
    args: &'a Args,
    foreign: &'a Foreign,
    unmarked: &'a Label,
    client: &'a Client,
    place: &'a Place,
    checkpoint: Checkpoint,
    pulled: Pulled,
    /// Definitions of markings: their texts, or that the server shows none.
    definitions: BTreeMap<String, Option<String>>,
    /// The objects of this run, by digest.
    seen: HashSet<[u8; 32]>,
}

/// Where a page begins.
#[derive(Clone, Default)]
struct Begin {
    after: Option<i64>,
    next: Option<String>,
}

impl Pull<'_> {
    /// Page by page to the end.
    async fn all(&mut self, outside: &mut Outside, console: &mut Console) -> Result<(), Failure> {
        let known = self.checkpoint.known.after.as_deref().filter(|_| !self.args.all);
        let known = known.and_then(|text| Moment::parse(text).ok()).map(Moment::microseconds);
        let overlap = i64::from(self.args.overlap) * 1_000_000;
        let mut from = Begin { after: known.map(|known| known - overlap), next: None };
        // The moment of the last object that is here, as far as the server goes by moments.
        let (mut last, mut is_ordered) = (known, true);
        let (mut idle, mut anew) = (0, 0);
        let mut pages: HashSet<[u8; 32]> = HashSet::new();
        loop {
            let answer = match self.page(outside, &from).await {
                Ok(answer) => answer,
                // Servers forget how a page went on: what is not here yet comes again from the last moment on.
                Err(OutsideError::Refused { status, .. })
                    if from.next.is_some()
                        && status.is_client_error()
                        && ![401, 403, 429].contains(&status.as_u16()) =>
                {
                    anew += 1;
                    if anew > ANEW || last.is_none() || !is_ordered {
                        return Err(Failure::new(format!(
                            "the server does not go on after {} objects",
                            self.pulled.objects
                        ))
                        .help("it answers that with a client error; try a larger --limit"));
                    }
                    from = Begin { after: last.map(|last| last - 1), next: None };
                    pages.clear();
                    continue;
                }
                Err(error) => return Err(failure(error)),
            };
            self.pulled.pages += 1;
            let head = reply::page(&answer.text)
                .map_err(|problem| Failure::new(format!("page {} is not TAXII 2.1: {problem}", self.pulled.pages)))?;
            let is_new = self.take(outside, &answer.text).await?;
            (idle, anew) = if is_new { (0, 0) } else { (idle + 1, anew) };
            let header = |name: &str| {
                let text = answer.headers.get(name)?.to_str().ok()?;
                Moment::parse(text).ok().map(Moment::microseconds)
            };
            let first = header("x-taxii-date-added-first");
            let ends = header("x-taxii-date-added-last").or(first);
            // Pages ascend (section 3.4). Where they do not, how far it came is known at the end alone.
            is_ordered &= first.is_none_or(|first| from.next.is_none() || last.is_none_or(|last| first >= last));
            is_ordered &= first.is_none_or(|first| ends.is_none_or(|ends| first <= ends));
            last = last.max(ends);
            console.progress(format_args!(
                "{}: {} objects, {} entered, page {}",
                printable(self.place.name()),
                self.pulled.objects,
                self.pulled.entered,
                self.pulled.pages
            ))?;
            let is_end = !head.more;
            if (is_ordered || is_end) && !self.args.dry_run && last > known {
                self.checkpoint.known.after = last.and_then(Moment::from_microseconds).map(|last| last.to_string());
                self.checkpoint.save()?;
            }
            if is_end {
                return Ok(());
            }
            let mut hash = Sha256::new();
            hash.update(&answer.text);
            let is_again = !pages.insert(hash.finalize().into());
            if (is_again && !is_new) || idle >= IDLE {
                return Err(Failure::new(format!(
                    "the server leads in a circle: page {} brings nothing new",
                    self.pulled.pages
                ))
                .help("what came before is here; tell who runs that server"));
            }
            from = match head.next {
                Some(next) => Begin { after: from.after, next: Some(next) },
                // More without a way to it: by the moment of the last object (section 3.4).
                None => match ends
                    .inspect(|_| pages.clear())
                    .filter(|ends| is_new || from.after.is_none_or(|after| *ends > after))
                {
                    Some(ends) => Begin { after: Some(if is_new { ends - 1 } else { ends }), next: None },
                    None => {
                        return Err(Failure::new("the server says that there is more, and not how to get it")
                            .help("it sends neither `next` nor `X-TAXII-Date-Added-Last`"));
                    }
                },
            };
        }
    }

    async fn page(&self, outside: &mut Outside, from: &Begin) -> Result<Answer, OutsideError> {
        let mut url: Url =
            self.place.below("objects/").map_err(|_| OutsideError::Setting("the collection's address".to_owned()))?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("limit", &self.args.limit.to_string());
            query.append_pair("match[version]", "all");
            query.append_pair("match[spec_version]", "2.0,2.1");
            if let Some(after) = from.after.and_then(Moment::from_microseconds) {
                query.append_pair("added_after", &after.to_string());
            }
            if let Some(next) = &from.next {
                query.append_pair("next", next);
            }
        }
        get(outside, &url, LONGEST_PAGE).await
    }

    /// Takes in the objects of a page; whether any was new in this run.
    async fn take(&mut self, outside: &mut Outside, text: &str) -> Result<bool, Failure> {
        let limits = Limits { bytes: LONGEST_PAGE, objects: 1_000_000 };
        let objects = envelope::objects(text, limits)
            .map_err(|problem| Failure::new(format!("page {} is not TAXII 2.1: {problem}", self.pulled.pages)))?
            .objects;
        let mut read: Vec<(&str, Entry<'_>, [u8; 32])> = Vec::new();
        let mut is_new = false;
        for object in objects {
            let digest: [u8; 32] = Sha256::digest(object.as_bytes()).into();
            if !self.seen.insert(digest) {
                continue;
            }
            is_new = true;
            self.pulled.objects += 1;
            match index::read(object) {
                Ok(entry) => read.push((object, entry, digest)),
                Err(problem) => self.pulled.refuse(&object.chars().take(80).collect::<String>(), problem.to_string()),
            }
        }
        for (object, entry, _) in read.iter().filter(|(_, entry, _)| entry.kind == "marking-definition") {
            self.definitions.insert(entry.id.to_string(), Some((*object).to_owned()));
        }
        let mut drafts = Vec::new();
        for (object, entry, digest) in &read {
            self.find_definitions(outside, entry).await;
            if let Some(label) = self.label(entry) {
                *self.pulled.labels.entry(label::write(&label)).or_default() += 1;
                let is_valid = check(object, &Options::default(), json::Limits::OBJECT);
                self.pulled.invalid += usize::from(!is_valid.is_ok_and(|report| report.is_valid(false)));
                if object.len() > MAX_CONTENT {
                    let why = format!("it has {} bytes; at most {MAX_CONTENT} enter in one piece", object.len());
                    self.pulled.refuse(&entry.id, why);
                } else {
                    drafts.push(self.draft(object, entry, digest, &label));
                }
            }
        }
        if !self.args.dry_run {
            self.enter(drafts).await?;
        }
        Ok(is_new)
    }

    /// The markings of an object and of its parts.
    fn markings<'e>(entry: &'e Entry<'_>) -> BTreeSet<&'e str> {
        let parts = entry.granular.iter().filter_map(|granular| granular.marking.as_deref());
        entry.markings.iter().map(AsRef::as_ref).chain(parts).collect()
    }

    /// Asks for definitions that did not come with the objects that they mark.
    async fn find_definitions(&mut self, outside: &mut Outside, entry: &Entry<'_>) {
        for id in Self::markings(entry) {
            let is_known = self.definitions.contains_key(id) || self.foreign.marking(id).is_some();
            if is_known || !matches!(meaning(id, None), Meaning::Unknown(_)) || self.definitions.len() >= DEFINITIONS {
                continue;
            }
            let mut found = None;
            // Only an identifier may stand in a path.
            if entente_formats::stix::id::Id::parse(id).is_some_and(|id| id.kind == "marking-definition")
                && let Ok(url) = self.place.below(&format!("objects/{id}/"))
                && let Ok(answer) = get(outside, &url, reply::LONGEST).await
                && let Ok(contents) = envelope::objects(&answer.text, Limits { bytes: reply::LONGEST, objects: 100 })
            {
                let is_it = |object: &&&str| index::read(object).is_ok_and(|entry| entry.id == id);
                found = contents.objects.iter().find(is_it).map(|object| (*object).to_owned());
            }
            self.definitions.insert(id.to_owned(), found);
        }
    }

    /// The label of an object. `None` when no one label says what its markings ask together, which is told.
    fn label(&mut self, entry: &Entry<'_>) -> Option<Label> {
        let find = |id: &str| self.definitions.get(id)?.as_deref();
        let (mut restriction, unread): (Restriction, Vec<(String, String)>) =
            self.foreign.restriction(Self::markings(entry), find);
        // A marking of a part says nothing of the rest.
        let (whole, _) =
            self.foreign.restriction(entry.markings.iter().map(AsRef::as_ref).collect::<BTreeSet<_>>(), find);
        if whole.is_unmarked() && !restriction.is_unmarked() {
            let unmarked = Meaning::Label { label: self.unmarked.clone(), allows_reduced: false };
            restriction = restriction.join(Restriction::of(unmarked));
        }
        for (marking, why) in unread {
            let unread = self.pulled.unread.entry(marking).or_default();
            (unread.objects, unread.why) = (unread.objects + 1, why);
        }
        if restriction.is_unmarked() {
            self.pulled.unmarked += 1;
            return Some(self.unmarked.clone());
        }
        let label = restriction.label();
        if label.is_none() {
            self.pulled.refuse(&entry.id, "no one label says what its markings ask together: release it by hand");
        }
        label
    }

    fn draft(&self, object: &str, entry: &Entry<'_>, digest: &[u8; 32], label: &Label) -> DraftRequest {
        let media_type = match entry.spec_version {
            Version::V20 => media::STIX_2_0,
            Version::V21 => media::STIX_2_1,
        };
        DraftRequest {
            id: Some(format!("stix-{}", hex::encode(digest))),
            label: label::write(label),
            subjects: self.args.subjects.clone(),
            status: self.args.status.clone(),
            distribution: self.args.distribution.clone(),
            derived_from: Vec::new(),
            title: entry.id.to_string(),
            media_type: media_type.to_owned(),
            content: STANDARD.encode(object),
            versions: Vec::new(),
        }
    }

    /// Hands drafts to the node, some at a time. All of them are kept when this returns.
    async fn enter(&mut self, drafts: Vec<DraftRequest>) -> Result<(), Failure> {
        let mut under_way = JoinSet::new();
        let mut waiting = drafts.into_iter();
        loop {
            while under_way.len() < AT_ONCE
                && let Some(draft) = waiting.next()
            {
                let client = self.client.clone();
                under_way.spawn(async move {
                    let answer: Result<EnteredView, ClientError> = client.post("/records", &draft).await;
                    (draft.title, answer)
                });
            }
            let Some(done) = under_way.join_next().await else { return Ok(()) };
            let (id, answer) = done.map_err(|error| Failure::caused("the node", &error))?;
            match answer {
                Ok(_) => self.pulled.entered += 1,
                Err(ClientError::Conflict(_)) => self.pulled.known += 1,
                Err(ClientError::Refused(said)) => self.pulled.refuse(&id, said.detail),
                Err(error) => return Err(failed(&error)),
            }
        }
    }
}

fn show(args: &Args, pulled: &Pulled, console: &mut Console) -> Result<(), Failure> {
    if args.json {
        return console.json(pulled);
    }
    let Pulled { title, pages, objects, entered, known, .. } = pulled;
    let would = if args.dry_run { "would be read" } else { "read" };
    writeln!(console, "{} ({})", printable(title), printable(&pulled.collection))?;
    writeln!(console, "  {objects} objects {would} in {pages} pages: {entered} entered, {known} here already")?;
    for (label, objects) in &pulled.labels {
        writeln!(console, "  {label}: {objects}")?;
    }
    if pulled.unmarked > 0 {
        let label = args.label.as_deref().unwrap_or("TLP:RED, for want of --label");
        writeln!(console, "  without a marking: {}, as {label}", pulled.unmarked)?;
    }
    for (marking, unread) in &pulled.unread {
        let line =
            format!("  not read: {marking} of {} objects: {}; they count as TLP:RED", unread.objects, unread.why);
        writeln!(console, "{}", printable(&line))?;
    }
    if pulled.invalid > 0 {
        writeln!(console, "  not valid: {}; they are records, and in no collection here", pulled.invalid)?;
    }
    for refused in &pulled.refused {
        writeln!(console, "  not taken: {}", printable(&format!("{}: {}", refused.id, refused.why)))?;
    }
    if pulled.more_refused > 0 {
        writeln!(console, "  and {} more", pulled.more_refused)?;
    }
    if let Some(after) = &pulled.after {
        writeln!(console, "  next time from {after}")?;
    }
    Ok(())
}
