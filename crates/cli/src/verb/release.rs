//! `entente release`: a record goes to partners, where an article says so.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_core::Channel;
use entente_formats::wire::{MAX_INLINE, MAX_LARGE};
use entente_server::api::{DraftRequest, LargeReleaseRequest, RecipientView, ReleaseRequest, Released, VersionRequest};

use super::remote::NodeArgs;
use crate::{
    console::Console,
    explanation,
    failure::{Failure, Outcome},
    input::unreadable,
};

/// Release a file, or a record that is held, to partners
///
/// A file of up to 1 GiB becomes a record of this party with the label given, and is decided for each recipient; what is
/// permitted is sealed and delivered, also after a crash or while the partner is away. Above 1 MiB the content follows its
/// entry, and `entente outbox` says when it is held. What is denied is explained, and stays. Exit
/// code 2 when every recipient is denied; 1 when a choice between agreements is needed first.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file whose bytes are released, exactly as they are
    #[arg(required_unless_present = "record", conflicts_with = "record", requires = "label")]
    file: Option<PathBuf>,
    /// Release this held record instead: ID or ORIGINATOR/ID
    #[arg(long, value_name = "RECORD")]
    record: Option<String>,
    /// The label of the file
    #[arg(long, conflicts_with = "record")]
    label: Option<String>,
    /// To whom, such as JPN,KOR
    #[arg(long, value_delimiter = ',', required = true, value_name = "PARTY")]
    to: Vec<String>,
    /// What for, such as missile-warning
    #[arg(long)]
    purpose: String,
    /// What it is about; give it once for each subject
    #[arg(long = "subject", value_name = "SUBJECT", conflicts_with = "record")]
    subjects: Vec<String>,
    /// The way it goes
    #[arg(long, default_value = Channel::GOVERNMENTS)]
    channel: String,
    /// The agreement to give it under; several where it shall be bound by all of them
    #[arg(long, value_name = "AGREEMENT", value_delimiter = ',')]
    under: Option<Vec<String>>,
    /// FLASH, IMMEDIATE, PRIORITY or ROUTINE
    #[arg(long, default_value = "ROUTINE")]
    precedence: String,
    /// actual, exercise or test
    #[arg(long, default_value = "actual", conflicts_with = "record")]
    status: String,
    /// The record's id; drawn at random when left out
    #[arg(long, conflicts_with = "record")]
    id: Option<String>,
    /// A party on the distribution list, for TLP and ORCON
    #[arg(long, value_name = "PARTY", value_delimiter = ',', conflicts_with = "record")]
    distribution: Vec<String>,
    /// A held record that the file was made from
    #[arg(long, value_name = "RECORD", conflicts_with = "record")]
    derived_from: Vec<String>,
    /// A reduced version of the file for others (a tear line): its id, its label, and its own file. It becomes a record of its
    /// own, and whoever gets it is not told that there is more: take an id and a file name that do not tell it either. May be
    /// given again
    #[arg(long, num_args = 3, value_names = ["ID", "LABEL", "VERSION"], conflicts_with = "record")]
    with_version: Vec<String>,
    /// What that version is about, where that is less: its id, and subjects such as dprk-missile,dprk-cyber
    #[arg(long, num_args = 2, value_names = ["ID", "SUBJECTS"], requires = "with_version")]
    version_subjects: Vec<String>,
    /// The media type of the file, and of its versions
    #[arg(long, default_value = "application/octet-stream", conflicts_with = "record")]
    media_type: String,
    /// From when on it is of no use, such as 2026-11-24T00:00:00Z; not delivered after that
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let large = args.file.as_deref().map(large).transpose()?.flatten();
    let draft = match (&args.file, &args.label) {
        (Some(path), Some(label)) => Some(draft(args, path, label, large.is_some())?),
        _ => None,
    };
    let request = ReleaseRequest {
        record: args.record.clone(),
        draft,
        to: args.to.clone(),
        purpose: args.purpose.clone(),
        channel: args.channel.clone(),
        under: args.under.clone(),
        precedence: args.precedence.clone(),
        expires: args.expires.clone(),
    };
    let language = console.language_for(args.json);
    let released: Released = match large {
        None => args.node.ask_in(language, async |client| client.post("/releases", &request).await)?,
        Some((file, length)) => {
            let head = head(&LargeReleaseRequest { length, release: request })?;
            let progress = |sent| {
                // Beside the answer: where it cannot be said, nothing is lost.
                let _ = console.progress_of_bytes(sent, length);
            };
            let answer = args
                .node
                .ask_in(language, async |client| client.upload("/releases/large", head, file, length, progress).await);
            console.progress_ends()?;
            answer?
        }
    };
    show(&released, args.json, console)
}

/// Says what became of a release, and how the verb ends.
pub(super) fn show(released: &Released, json: bool, console: &mut Console) -> Result<Outcome, Failure> {
    if json {
        console.json(released)?;
    } else {
        for (position, recipient) in released.recipients.iter().enumerate() {
            if position > 0 {
                writeln!(console)?;
            }
            write(console, &released.record, recipient)?;
        }
    }
    Ok(outcome(released))
}

/// How a verb ends that released something.
pub(super) fn outcome(released: &Released) -> Outcome {
    let any = |outcome: &str| released.recipients.iter().any(|recipient| recipient.outcome == outcome);
    match (any("sequenced") || any("waits"), any("choose")) {
        (_, true) => Outcome::Failed,
        (true, false) => Outcome::Done,
        (false, false) => Outcome::Denied,
    }
}

/// The file, when it is too large to go in one message, and its length.
fn large(path: &Path) -> Result<Option<(fs::File, u64)>, Failure> {
    let cannot = |error: io::Error| unreadable(path, &error);
    let file = fs::File::open(path).map_err(cannot)?;
    let known = file.metadata().map_err(cannot)?;
    if !known.is_file() || known.len() <= MAX_INLINE as u64 {
        return Ok(None);
    }
    if known.len() > MAX_LARGE {
        let (path, length) = (path.display(), known.len());
        return Err(Failure::new(format!("`{path}` has {length} bytes; at most {MAX_LARGE} travel in one record"))
            .help("cut it into parts, each a record of its own"));
    }
    Ok(Some((file, known.len())))
}

/// The release as it stands before its content.
fn head(request: &LargeReleaseRequest) -> Result<Vec<u8>, Failure> {
    let json = serde_json::to_vec(request).map_err(|error| Failure::caused("the release", &error))?;
    let length = u32::try_from(json.len()).map_err(|error| Failure::caused("the release", &error))?;
    Ok([length.to_be_bytes().as_slice(), &json].concat())
}

fn draft(args: &Args, path: &Path, label: &str, is_large: bool) -> Result<DraftRequest, Failure> {
    Ok(DraftRequest {
        id: args.id.clone(),
        once: None,
        label: label.to_owned(),
        subjects: args.subjects.clone(),
        status: args.status.clone(),
        distribution: args.distribution.clone(),
        derived_from: args.derived_from.clone(),
        title: title(path),
        media_type: args.media_type.clone(),
        content: if is_large { String::new() } else { content(path)? },
        versions: versions(args)?,
    })
}

fn versions(args: &Args) -> Result<Vec<VersionRequest>, Failure> {
    // Three and two values an occurrence: the parser of the command line sees to it.
    let (versions, _) = args.with_version.as_chunks::<3>();
    let (subjects, _) = args.version_subjects.as_chunks::<2>();
    if let Some([id, _]) = subjects.iter().find(|[id, _]| versions.iter().all(|[version, ..]| version != id)) {
        return Err(Failure::new(format!("--version-subjects: no version `{id}` is given")));
    }
    let version = |[id, label, path]: &[String; 3]| {
        let words = subjects.iter().find(|[version, _]| version == id);
        Ok(VersionRequest {
            id: id.clone(),
            label: label.clone(),
            subjects: words.map(|[_, words]| words.split(',').map(str::to_owned).collect()),
            title: title(Path::new(path)),
            media_type: args.media_type.clone(),
            content: content(Path::new(path))?,
        })
    };
    versions.iter().map(version).collect()
}

fn title(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn content(path: &Path) -> Result<String, Failure> {
    let content = fs::read(path).map_err(|error| unreadable(path, &error))?;
    Ok(STANDARD.encode(content))
}

fn write(console: &mut Console, record: &str, recipient: &RecipientView) -> Result<(), Failure> {
    explanation::write_view(console, &recipient.decision)?;
    let to = &recipient.to;
    match recipient.outcome.as_str() {
        "sequenced" => {
            let under = match recipient.under.as_slice() {
                [] => "no agreement needed".to_owned(),
                ids => format!("given under {}", ids.join(", ")),
            };
            let lane = recipient.lane.as_deref().unwrap_or_default();
            let index = recipient.index.unwrap_or_default();
            writeln!(console, "Sealed to {to}, {under}; entry {index} of the {lane} feed")?;
        }
        "waits" => {
            let number = recipient.number.unwrap_or_default();
            writeln!(console, "Nothing was sent to {to} yet: release {number} waits for a second person")?;
        }
        "denied" => {
            let permitted = recipient.decision.answer.versions.iter().filter(|version| version.verdict == "permit");
            for version in permitted {
                writeln!(console, "Nothing was sent to {to}; a version may go: --record {}", version.record)?;
            }
        }
        "choose" => {
            writeln!(console, "Nothing was sent to {to}: choose what it is given under, and release it with")?;
            for (agreement, meaning) in &recipient.choices {
                writeln!(console, "  --record {record} --under {agreement}    {meaning}")?;
            }
        }
        _ => {}
    }
    Ok(())
}
