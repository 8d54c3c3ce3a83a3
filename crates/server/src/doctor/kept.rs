//! What a node keeps: its store, its logs, the room that is left, the last back-up.

use std::{fs, path::Path};

use entente_node::Partner;
use entente_store::{Reader, StoreError};

use super::{Finding, Patient};
use crate::{backup, verify::verify};

/// What has to be free: less is full within hours on a busy day.
const ROOM: u64 = 1 << 30;
/// And this part of the whole disk: one in so many.
const SHARE: u64 = 20;
/// After how long without a back-up somebody should ask why, in seconds.
const OLD: i64 = 7 * 86_400;

pub(super) fn examine(patient: &Patient<'_>, own: Option<&Partner>, tell: &mut impl FnMut(Finding)) {
    let data = &patient.config.data;
    if entente_store::is_there(data) {
        match open(patient) {
            Ok(reader) => store(patient, &reader, own, tell),
            Err(error) => tell(damage(&error)),
        }
    } else {
        tell(Finding::skipped("store", "there is none yet: the node has never started"));
    }
    tell(room(data));
    tell(last_backup(patient));
}

fn open(patient: &Patient<'_>) -> Result<Reader, StoreError> {
    let reader = Reader::of_folder(&patient.config.data)?;
    // A key that cannot be read is told where keys are looked at.
    match patient.keys.storage() {
        Ok(storage) => reader.with_key(&storage),
        Err(_) => Ok(reader),
    }
}

fn damage(error: &StoreError) -> Finding {
    // What the store says of itself says what to do.
    Finding { help: None, ..Finding::wrong("store", error.to_string(), "") }
}

fn store(patient: &Patient<'_>, reader: &Reader, own: Option<&Partner>, tell: &mut impl FnMut(Finding)) {
    if !patient.whole {
        tell(Finding::skipped("store", "its pages were not read (--quick)"));
        tell(Finding::skipped("logs", "not verified (--quick)"));
        return;
    }
    tell(match reader.check() {
        Ok(found) => Finding::ok("store", found),
        Err(error) => damage(&error),
    });
    let Some(own) = own else {
        tell(Finding::skipped("logs", "not verified: the party file cannot be read"));
        return;
    };
    match verify(reader, own) {
        Err(error) => tell(Finding::wrong("logs", error.to_string(), "see `entente log verify`")),
        Ok(logs) => {
            let broken: Vec<_> = logs.iter().filter(|log| !log.problems.is_empty()).collect();
            if broken.is_empty() {
                tell(Finding::ok(
                    "logs",
                    format!("{} verified, with every decision in the ledger", count(logs.len(), "log")),
                ));
            }
            for log in broken {
                let first = log.problems.first().map(String::as_str).unwrap_or_default();
                let found = format!("{}: {first} ({} in all)", log.log, count(log.problems.len(), "problem"));
                tell(Finding::wrong("logs", found, "keep the folder as it is, and see `entente log verify`"));
            }
        }
    }
}

/// A number with its noun.
fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn room(data: &Path) -> Finding {
    let Ok(system) = rustix::fs::statvfs(data) else {
        return Finding::skipped("disk", format!("`{}`: the system does not say how much is free", data.display()));
    };
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    let all = system.f_blocks.saturating_mul(system.f_frsize);
    let found = format!("{} MiB free of {} MiB", free >> 20, all >> 20);
    if free < ROOM || free < all / SHARE {
        Finding::warning("disk", found, "make room: a full disk takes nothing from partners, and lets nobody release")
    } else {
        Finding::ok("disk", found)
    }
}

fn last_backup(patient: &Patient<'_>) -> Finding {
    let help = "make one: `entente backup FOLDER`, with --erasure-keys on another medium";
    let text = fs::read_to_string(patient.config.data.join(backup::LAST));
    let manifest = text.ok().and_then(|text| serde_json::from_str::<backup::Manifest>(&text).ok());
    let Some(manifest) = manifest else {
        return Finding::warning("back-up", "none was made of this node that is known here", help);
    };
    let at = manifest.at.parse::<jiff::Timestamp>().map_or(i64::MIN, jiff::Timestamp::as_second);
    let found = format!("the last one is of {}", manifest.at);
    if patient.now.as_second().saturating_sub(at) > OLD {
        Finding::warning("back-up", found, help)
    } else {
        Finding::ok("back-up", found)
    }
}
