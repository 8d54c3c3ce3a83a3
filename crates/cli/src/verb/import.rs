//! `entente inbox import`: packages and receipts that came as files.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_formats::hex;
use entente_server::{
    api::{ContentImportView, ImportView},
    courier::{self, Found, Label},
};
use serde::Serialize;

use super::remote::NodeArgs;
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    input::unreadable,
};

/// Take packages and receipts that came as files
///
/// What a file is, its bytes say; its name may be any. Packages are taken in the order of their feeds, whatever the order of
/// the files, and checked as if they had come over the wire; large contents behind the entries that refer to them. Files may come twice, late or never: an entry is taken once, and
/// where some are missing, the rest waits in its file and the gap is named. Exit code 1 when a file is refused, or entries
/// are missing.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Files, and folders with files; links in a folder are not followed
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Write receipts for the senders into this folder, which must be there
    #[arg(long, value_name = "DIR")]
    receipts: Option<PathBuf>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line, for each file
    #[arg(long)]
    json: bool,
}

/// What became of a file.
#[derive(Serialize)]
struct Line<'a> {
    file: String,
    /// As of what was imported, or `left alone`.
    state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lane: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<(u64, u64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn left_alone(file: String, reason: &'a str) -> Self {
        let (state, reason) = ("left alone", Some(reason));
        let nothing = (None, None, None, None, None, None);
        let (kind, partner, lane, start, end, missing) = nothing;
        Self { file, state, kind, partner, lane, start, end, missing, reason }
    }

    fn of_content(file: String, view: &'a ContentImportView) -> Self {
        let (kind, partner) = (Some("content"), Some(view.partner.as_str()));
        Self { kind, partner, reason: view.reason.as_deref(), state: &view.state, ..Self::left_alone(file, "") }
    }

    fn of(file: String, view: &'a ImportView) -> Self {
        Self {
            file,
            state: &view.state,
            kind: Some(&view.kind),
            partner: Some(&view.partner),
            lane: Some(&view.lane),
            start: Some(view.start),
            end: Some(view.end),
            missing: view.missing,
            reason: view.reason.as_deref(),
        }
    }

    /// What is said of it beside its state.
    fn words(&self) -> String {
        let feed = match (self.kind, self.partner, self.lane) {
            (Some(kind), Some(partner), Some(lane)) => format!("{kind}, {partner} {lane}"),
            (Some(kind), Some(partner), None) => format!("{kind}, {partner}"),
            _ => String::new(),
        };
        match (self.missing, self.reason, self.start.zip(self.end)) {
            (Some((from, until)), ..) if until == from + 1 => format!("{feed}: entry {from} is missing"),
            (Some((from, until)), ..) => format!("{feed}: entries {from} to {} are missing", until.saturating_sub(1)),
            (_, Some(reason), _) if feed.is_empty() => reason.to_owned(),
            (_, Some(reason), _) => format!("{feed}: {reason}"),
            (_, _, Some((start, end))) if start < end => format!("{feed} {start} to {}", end - 1),
            _ => feed,
        }
    }
}

/// Hands the sealed bytes of a content to the node.
fn import_content(args: &Args, path: &Path, console: &mut Console) -> Result<ContentImportView, Failure> {
    let refused = |partner: String, why: String| {
        Ok(ContentImportView { partner, state: "refused".to_owned(), reason: Some(why) })
    };
    // It may be gone since it was found, or be another file.
    let (head, file) = match courier::content(path) {
        Ok(Some(found)) => found,
        Ok(None) => return refused(String::new(), "it has become another file".to_owned()),
        Err(why) => return refused(String::new(), why),
    };
    let here = args.node.config()?.party.to_string();
    if head.to != here {
        return refused(head.from, format!("it is for {}, and this is the node of {here}", head.to));
    }
    let known = file.metadata().map_err(|error| unreadable(path, &error))?.len();
    let length = head.sealed_length.min(known.saturating_sub(head.to_text().len() as u64));
    let to = format!("/inbox/contents/{}/{}", head.from, hex::encode(&head.sealed));
    let progress = |sent: u64| {
        // Beside the answer: where it cannot be said, nothing is lost.
        let _ = console.progress_of_bytes(sent, length);
    };
    let view = args.node.ask(async |client| client.upload(&to, Vec::new(), file, length, progress).await);
    console.progress_ends()?;
    view
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    if let Some(folder) =
        args.receipts.as_ref().filter(|folder| !fs::metadata(folder).is_ok_and(|known| known.is_dir()))
    {
        return Err(Failure::new(format!("`{}` is not a folder", folder.display())));
    }
    let found = courier::find(&args.paths).map_err(|error| Failure::new(error.to_string()))?;
    let mut columns = Columns::new(2).styled([console.palette().bold]);
    let (mut is_all_well, mut receipts) = (true, std::collections::BTreeMap::new());
    for Found { path, what } in &found {
        let file = path.display().to_string();
        if let Ok(Label::Content(_)) = what {
            let view = import_content(args, path, console)?;
            is_all_well &= view.state == "taken" || view.state == "not awaited";
            let line = Line::of_content(file, &view);
            match args.json {
                true => console.json(&line)?,
                false => {
                    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                    columns.row([name.into_owned(), line.state.to_owned(), line.words()]);
                }
            }
            continue;
        }
        // It may be gone since it was found, or be another file.
        let bytes = what.as_ref().map_err(Clone::clone).and_then(|_| courier::read(path));
        let view: ImportView;
        let line = match &bytes {
            Err(why) => Line::left_alone(file, why),
            Ok(bytes) => {
                view = args.node.ask(async |client| client.post_bytes("/inbox/import", bytes.clone()).await)?;
                is_all_well &= matches!(view.state.as_str(), "taken" | "already there");
                // The last one for a feed covers what those before it do.
                if let Some(receipt) = &view.receipt {
                    receipts.insert((view.partner.clone(), view.lane.clone()), receipt.clone());
                }
                Line::of(file, &view)
            }
        };
        match args.json {
            true => console.json(&line)?,
            false => {
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                columns.row([name.into_owned(), line.state.to_owned(), line.words()]);
            }
        }
    }
    let width = console.width();
    columns.write(console, width)?;
    if found.is_empty() && !args.json {
        writeln!(console, "no files")?;
    }
    for receipt in args.receipts.iter().flat_map(|folder| receipts.values().map(move |receipt| (folder, receipt))) {
        let (folder, receipt) = receipt;
        let bytes = STANDARD.decode(receipt).map_err(|error| Failure::caused("the node's answer", &error))?;
        let file = courier::write(folder, &bytes)
            .map_err(|error| Failure::caused(format!("nothing can be written in `{}`", folder.display()), &error))?;
        if !args.json {
            writeln!(console, "receipt  {}", file.display())?;
        }
    }
    Ok(if is_all_well { Outcome::Done } else { Outcome::Failed })
}
