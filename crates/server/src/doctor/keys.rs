//! The keys: that those of the party file are here and for their owner alone, which of them are due to go, what is rolling over.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use entente_formats::party::{KeyKind, OtherKey, Standing};
use entente_node::{Partner, party::key_name};

use super::{Finding, Patient};
use crate::keys::{KeyError, KeyFolder};

/// How long a roll-over may take before somebody should ask why, in seconds.
const OVERLAP: i64 = 30 * 86_400;
/// How long after its retirement a sealing key should be kept, in seconds: what is under way may be sealed to it.
const SEALING_KEPT: i64 = 365 * 86_400;

pub(super) fn keys(patient: &Patient<'_>, own: Option<&Partner>) -> Vec<Finding> {
    let Patient { config, keys: folder, now, .. } = *patient;
    let mut findings = Vec::new();
    if let Some(own) = own {
        findings.push(match folder.identity(config.party.clone(), &own.file) {
            Err(error) => {
                Finding::wrong("keys", error.to_string(), "put the key back from where the node's keys are kept")
            }
            Ok(identity) => match identity.missing_from(&own.file) {
                Some(key) => Finding::wrong(
                    "keys",
                    format!("the party file names another `{key}` key: partners refuse what this node signs"),
                    "put the keys or the party file back that belong together",
                ),
                None => Finding::ok("keys", "all there, readable by their owner alone, and those of the party file"),
            },
        });
        findings.extend(folder.tls(&own.file).err().map(|error| {
            let help = "put the TLS key and certificate, or the party file, back that belong together";
            Finding::wrong("keys", error.to_string(), help)
        }));
        findings.extend(own.file.other_keys.iter().filter_map(|other| life(folder, other, now.as_second())));
        if own.file.successor.is_none() {
            findings.push(Finding::warning(
                "keys",
                "the party file names no successor of the root key: when that is lost, every partner must compare words again",
                "make one on a machine that stays offline: `entente key new-root FILE`, then `entente party renew --successor`",
            ));
        }
    }
    findings.extend(folder.storage().err().map(|error: KeyError| {
        Finding::wrong(
            "keys",
            error.to_string(),
            "without it no content can be opened; put it back from where keys are kept",
        )
    }));
    findings.extend(open_to_others(&config.keys));
    findings.extend(protection(folder));
    if config.keys.join("root.key").exists() {
        findings.push(Finding::warning(
            "keys",
            "the root key is on this machine, where only a new party file needs it",
            format!("move `{}` to a medium that is kept offline", config.keys.join("root.key").display()),
        ));
    }
    findings
}

/// A key that is on its way in or out.
fn life(folder: &KeyFolder, other: &OtherKey, now: i64) -> Option<Finding> {
    let OtherKey { kind, key, standing } = other;
    let (name, at) = (key_name(key), standing.at());
    let age = now.saturating_sub(at.as_second());
    let is_here = || folder.here().is_ok_and(|here| here.iter().any(|(of, public)| of == kind && public == key));
    match standing {
        Standing::Next(_) if age > OVERLAP => Some(Finding::warning(
            "keys",
            format!("a new {kind} key {name} is announced since {at}, and the one before it still in use"),
            format!("when every partner has taken the party file: `entente key retire {kind}`"),
        )),
        Standing::Retired(_) if *kind == KeyKind::Sealing && age > SEALING_KEPT && is_here() => Some(Finding::warning(
            "keys",
            format!("the sealing key {name} is out of use since {at}: what is under way no longer needs it"),
            format!(
                "while it is here, who steals it reads what was sealed to it: `entente key destroy sealing {name}`"
            ),
        )),
        Standing::Revoked(_) if is_here() => Some(Finding::warning(
            "keys",
            format!("the {kind} key {name} is revoked since {at}, and still here for partners that do not know it yet"),
            format!("when every partner has taken the party file: `entente key destroy {kind} {name}`"),
        )),
        _ => None,
    }
}

/// All of the key files are under a passphrase, or none is.
fn protection(folder: &KeyFolder) -> Option<Finding> {
    let files = folder.files().ok()?;
    let sealed = files.iter().filter(|file| file.is_sealed).count();
    if sealed == files.len() {
        return Some(Finding::ok("keys", "all key files are under a passphrase"));
    }
    let help = "`entente key protect` encrypts them under a passphrase, which systemd can hand to the service";
    let found = match sealed {
        0 => "the key files are not under a passphrase: who has the disk has the keys".to_owned(),
        _ => format!("{sealed} of {} key files are under a passphrase, the others in clear", files.len()),
    };
    Some(Finding::warning("keys", found, help))
}

/// A folder that others may look into tells them at least what is there.
fn open_to_others(folder: &Path) -> Option<Finding> {
    let mode = fs::metadata(folder).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        Finding::warning(
            "keys",
            format!("`{}` is open to others (mode {mode:o})", folder.display()),
            format!("make it private: chmod 700 {}", folder.display()),
        )
    })
}
