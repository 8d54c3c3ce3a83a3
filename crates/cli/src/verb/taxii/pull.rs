//! `entente taxii pull`: what is new in collections of another server becomes records.

mod take;
mod told;

use std::{
    collections::{BTreeMap, HashSet},
    path::PathBuf,
};

use entente_core::{label::Label, time::Timestamp};
use entente_formats::{
    foreign::Foreign,
    label,
    stix::{marking::STRICTEST, time::Moment},
    taxii::reply,
};
use entente_server::{
    client::Client,
    outside::{Answer, Outside, OutsideError},
};
use sha2::{Digest, Sha256};
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
        remote::{NodeArgs, block_on},
    },
};
use told::{Pulled, show};

/// The longest page that is read.
const LONGEST_PAGE: usize = 256 << 20;
/// How many pages may bring nothing new, one after the other.
const IDLE: usize = 1_000;
/// How often a page is begun anew because the server no longer knows how it went on, without anything new in between.
const ANEW: usize = 3;

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

/// Now, in microseconds since the epoch, as TAXII counts.
fn now() -> i64 {
    Timestamp::now().as_microsecond()
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
        // A moment that is still to come would hide all that comes before it: it counts as none.
        let known = known.filter(|known| *known <= now());
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
                // Whatever moment a server names, what it adds from now on is not behind it.
                let last = last.map(|last| last.min(now()));
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
}
