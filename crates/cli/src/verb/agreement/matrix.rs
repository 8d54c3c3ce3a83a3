//! `entente agreement matrix`: who may give whom up to which level, and under which text.

use std::{collections::BTreeSet, io::Write, path::PathBuf};

use clap::builder::PossibleValuesParser;
use entente_core::{
    AgreementId, Party, Purpose, Subject,
    agreement::{Action, Force},
    decide::Block,
    desk::{
        matrix::{Cell, Entry, matrix},
        probe::Probe,
        vocabulary::Vocabulary,
    },
    time::{Timestamp, day_of},
    world::World,
};
use serde_json::{Value, json};

use super::{areas, running};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    input,
    verb::{question::moment, remote::NodeArgs},
};

/// Show who may give whom up to which level, and under which text
///
/// Rows are holders, columns recipients. Each cell is the answer of the decision itself, asked about a record that the
/// holder made and that lists the recipient, for every level and national term, and for each subject, purpose and
/// channel that a text names, and one that none does. The holder's own approval is taken as given.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The agreements: a folder of files (*.toml, without subfolders), or one file
    #[arg(required_unless_present = "running")]
    agreements: Option<PathBuf>,
    /// The texts that count at a running node instead, as of now, for every purpose
    #[arg(long, conflicts_with_all = ["agreements", "national", "purpose", "subjects"])]
    running: bool,
    #[command(flatten)]
    node: NodeArgs,
    /// National rules: a file, or a folder of files. What a delegation covers is marked; what is restricted is not given
    #[arg(long, value_name = "PATH")]
    national: Option<PathBuf>,
    /// When: `now`, a moment such as 2026-11-20T00:00:00Z, or a day, which counts from its start in UTC
    #[arg(long, value_name = "TIME", default_value = "now", value_parser = moment)]
    at: Timestamp,
    /// What the recipient gets
    #[arg(long, default_value = "release", value_parser = PossibleValuesParser::new(["release", "display"]))]
    action: String,
    /// For this purpose alone
    #[arg(long)]
    purpose: Option<String>,
    /// For records about this subject alone; may be given again, for records about all of them at once
    #[arg(long = "subject", value_name = "SUBJECT")]
    subjects: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let Some(agreements) = &args.agreements else { return running::matrix(&args.node, args.json, console) };
    let agreements = input::agreements(agreements)?;
    let national = input::national(args.national.as_deref())?;
    let mut vocabulary = Vocabulary::of(agreements.values(), &national);
    if !args.subjects.is_empty() {
        vocabulary = vocabulary.about(args.subjects.iter().map(|subject| Subject::from(subject.as_str())).collect());
    }
    if let Some(purpose) = &args.purpose {
        vocabulary = vocabulary.serving(Purpose::from(purpose.as_str()));
    }
    let world = World { agreements: &agreements, national: &national, consents: &[], approvals: &[] };
    let action = if args.action == "display" { Action::Display } else { Action::Release };
    let probe = Probe { world, vocabulary: &vocabulary, at: args.at, actions: &[action] };
    let day = day_of(args.at);
    let parties: BTreeSet<Party> = agreements.values().flat_map(|text| text.parties_on(day)).cloned().collect();
    let cells = matrix(&probe, &parties).map_err(areas::too_many)?;
    let sheet = Sheet { probe, parties: parties.into_iter().collect(), cells, has_national: args.national.is_some() };
    if args.json {
        console.json(&sheet.document())?;
    } else {
        sheet.write(console)?;
    }
    Ok(Outcome::Done)
}

/// A matrix, ready to be written.
struct Sheet<'a> {
    probe: Probe<'a>,
    parties: Vec<Party>,
    cells: Vec<Cell>,
    has_national: bool,
}

/// What stands behind the letter of a text.
const ASSUMED: &str = "*";
const ARRANGEMENT: &str = "~";
const ROUTED: &str = ">";
const DELEGATED: &str = "+";

impl Sheet<'_> {
    fn cell(&self, from: &Party, to: &Party) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.from == *from && cell.to == *to)
    }

    /// The texts that cells name, each with its letter: `a` to `z`, then `aa`, …
    fn letters(&self) -> Vec<(String, &AgreementId)> {
        let named: BTreeSet<&AgreementId> =
            self.cells.iter().flat_map(|cell| &cell.texts).map(|entry| &entry.agreement).collect();
        let letter = |mut at: usize| {
            let mut text = String::new();
            loop {
                text.insert(0, char::from(b'a' + u8::try_from(at % 26).unwrap_or_default()));
                if at < 26 {
                    return text;
                }
                at = at / 26 - 1;
            }
        };
        named.into_iter().enumerate().map(|(at, id)| (letter(at), id)).collect()
    }

    fn is_arrangement(&self, id: &AgreementId) -> bool {
        self.probe.world.agreements.get(id).is_some_and(|agreement| agreement.force == Force::Arrangement)
    }

    /// `*~>` behind a letter.
    fn marks(&self, entry: &Entry) -> String {
        [
            (!entry.assumed.is_empty(), ASSUMED),
            (self.is_arrangement(&entry.agreement), ARRANGEMENT),
            (entry.is_routed, ROUTED),
            (self.has_national && entry.is_delegated, DELEGATED),
        ]
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, mark)| mark)
        .collect()
    }

    /// `S a*, b~`; what blocks, where nothing is possible.
    fn short(&self, cell: &Cell, letters: &[(String, &AgreementId)]) -> String {
        let letter = |id: &AgreementId| letters.iter().find(|(_, known)| *known == id).map_or("", |(letter, _)| letter);
        let mut parts: Vec<(&str, String)> = Vec::new();
        for entry in cell.open() {
            let level = entry.ceiling.map_or("term", areas::portion);
            let text = format!("{}{}", letter(&entry.agreement), self.marks(entry));
            match parts.iter_mut().find(|(known, _)| *known == level) {
                Some((_, texts)) => *texts = format!("{texts},{text}"),
                None => parts.push((level, text)),
            }
        }
        if !parts.is_empty() {
            return parts.into_iter().map(|(level, texts)| format!("{level} {texts}")).collect::<Vec<_>>().join(" ");
        }
        match cell.blocked() {
            Some(block) => {
                format!("{} {}", short_code(block), block.agreement.as_ref().map_or("", letter)).trim_end().to_owned()
            }
            None => "-".to_owned(),
        }
    }

    fn write(&self, console: &mut Console) -> Result<(), Failure> {
        let letters = self.letters();
        let mut table = Columns::new(usize::MAX);
        table.row(std::iter::once(String::new()).chain(self.parties.iter().map(ToString::to_string)));
        for from in &self.parties {
            let cells = self
                .parties
                .iter()
                .map(|to| self.cell(from, to).map_or(String::new(), |cell| self.short(cell, &letters)));
            table.row(std::iter::once(from.to_string()).chain(cells));
        }
        let width = console.width();
        if table.width() <= width {
            table.write(console, width)?;
        } else {
            let mut list = Columns::new(1);
            for cell in &self.cells {
                list.row([format!("{} to {}", cell.from, cell.to), self.short(cell, &letters)]);
            }
            list.write(console, width)?;
        }
        self.write_texts(&letters, console)?;
        self.write_legend(console)
    }

    /// Each text with what it allows whom.
    fn write_texts(&self, letters: &[(String, &AgreementId)], console: &mut Console) -> Result<(), Failure> {
        let width = console.width();
        let mut texts = Columns::new(1);
        for (letter, id) in letters {
            let entries = || {
                self.cells
                    .iter()
                    .filter_map(|cell| Some((cell, cell.texts.iter().find(|entry| entry.agreement == **id)?)))
            };
            let force = self.probe.world.agreements.get(*id).map_or("", |agreement| agreement.force.as_str());
            texts.row([(*letter).clone(), format!("{id}, {force}")]);
            let mut said: Vec<(String, Vec<String>)> = Vec::new();
            for (cell, entry) in entries() {
                let words = self.entry_words(entry);
                let pair = format!("{} to {}", cell.from, cell.to);
                match said.iter_mut().find(|(known, _)| *known == words) {
                    Some((_, pairs)) => pairs.push(pair),
                    None => said.push((words, vec![pair])),
                }
            }
            for (words, pairs) in said {
                texts.row([String::new(), format!("{}: {words}", pairs.join(", "))]);
            }
        }
        writeln!(console)?;
        Ok(texts.write(console, width)?)
    }

    /// Everything that one text allows from one party to another, in words.
    fn entry_words(&self, entry: &Entry) -> String {
        if let Some(block) = &entry.blocked {
            return block.reason.code().replace('-', " ");
        }
        let allowed: Vec<String> =
            entry.areas.iter().map(|area| areas::words(area, self.probe.vocabulary, self.probe.actions)).collect();
        let cover = areas::citations(&entry.cover);
        let assumed = areas::citations(&entry.assumed);
        let mut words = allowed.join("; or ");
        if !cover.is_empty() {
            words = format!("{words}; {cover}");
        }
        if !assumed.is_empty() {
            words = format!("{words}; assumed: {assumed}");
        }
        words
    }

    fn write_legend(&self, console: &mut Console) -> Result<(), Failure> {
        let cells: Vec<&Cell> = self.cells.iter().collect();
        let open = || cells.iter().flat_map(|cell| cell.open());
        let marks = [
            (open().any(|entry| !entry.assumed.is_empty()), ASSUMED, "rests on wording that is an assumption"),
            (
                open().any(|entry| self.is_arrangement(&entry.agreement)),
                ARRANGEMENT,
                "an arrangement: rests on other texts",
            ),
            (open().any(|entry| entry.is_routed), ROUTED, "by some channels or for some purposes alone"),
            (
                self.has_national && open().any(|entry| entry.is_delegated),
                DELEGATED,
                "a standing delegation holds: no person is needed",
            ),
        ];
        let mut legend = Columns::new(1).styled([console.palette().dim]);
        for level in
            entente_core::Level::ALL.into_iter().rev().filter(|level| open().any(|entry| entry.ceiling == Some(*level)))
        {
            legend.row([areas::portion(level), &format!("up to {level}")]);
        }
        let codes: BTreeSet<(&str, &str)> = cells
            .iter()
            .filter_map(|cell| cell.blocked())
            .map(|block| (short_code(block), block.reason.code()))
            .collect();
        for (short, code) in codes {
            legend.row([short, &code.replace('-', " ")]);
        }
        if cells.iter().any(|cell| cell.texts.is_empty()) {
            legend.row(["-", "no agreement between the two"]);
        }
        for (_, mark, words) in marks.into_iter().filter(|(holds, ..)| *holds) {
            legend.row([mark, words]);
        }
        let width = console.width();
        writeln!(console)?;
        Ok(legend.write(console, width)?)
    }

    /// What `--json` prints.
    fn document(&self) -> Value {
        let entry = |entry: &Entry| {
            json!({
                "agreement": entry.agreement.as_str(),
                "force": self.probe.world.agreements.get(&entry.agreement).map(|agreement| agreement.force.as_str()),
                "ceiling": entry.ceiling.map(|level| level.as_str()),
                "permits": entry.areas.iter().map(areas::document).collect::<Vec<_>>(),
                "cover": areas::cited(&entry.cover),
                "assumed": areas::cited(&entry.assumed),
                "routed": entry.is_routed,
                "delegated": entry.is_delegated,
                "blocked": entry.blocked.as_ref().map(areas::blocked),
            })
        };
        let cells = self.cells.iter().map(|cell| {
            json!({
                "from": cell.from.as_str(),
                "to": cell.to.as_str(),
                "ceiling": cell.ceiling().map(|level| level.as_str()),
                "status": match (cell.open().next(), cell.blocked()) {
                    (Some(_), _) => "permitted",
                    (None, Some(block)) => block.reason.code(),
                    (None, None) => "no-agreement",
                },
                "texts": cell.texts.iter().map(entry).collect::<Vec<_>>(),
            })
        });
        json!({
            "at": self.probe.at.to_string(),
            "parties": self.parties.iter().map(Party::as_str).collect::<Vec<_>>(),
            "cells": cells.collect::<Vec<_>>(),
        })
    }
}

/// Why nothing is possible, in a narrow column.
fn short_code(block: &Block) -> &'static str {
    match block.reason.code() {
        "not-in-force" => "off",
        "disputed" => "dis",
        "out-of-scope" => "out",
        "no-equivalent" => "row",
        "above-ceiling" => "top",
        "restricted" => "nat",
        _ => "no",
    }
}
