//! What people set up: the configuration, the texts, the keys, the party file.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use entente_core::time::Timestamp;
use entente_node::Partner;
use sha2::{Digest, Sha256};

use super::Finding;
use crate::{
    config::Config,
    keys::{KeyError, KeyFolder},
};

/// How long before its end a party file is worth a word: partners need time to exchange the next one.
const BEFORE_END: i64 = 30 * 86_400;

/// The agreements and the party's own rules; the configuration itself has been read already.
pub(super) fn texts(config: &Config) -> Vec<Finding> {
    let agreements = match config.read_agreements() {
        Ok(agreements) if agreements.is_empty() => Finding::warning(
            "configuration",
            format!("`{}` has no agreement, so that nothing can be given to anybody", config.agreements.display()),
            "put the texts there that this party has signed, and start the node again",
        ),
        Ok(agreements) => {
            let texts = if agreements.len() == 1 { "agreement" } else { "agreements" };
            Finding::ok("configuration", format!("{} {texts} configured", agreements.len()))
        }
        Err(error) => {
            Finding::wrong("configuration", error.to_string(), "mend it: `entente agreement check FILE` shows where")
        }
    };
    let rules = match config.read_national() {
        Ok(_) => Finding::ok("configuration", "the party's own rules can be read"),
        Err(error) => Finding::wrong("configuration", error.to_string(), "mend it before the node starts again"),
    };
    vec![agreements, rules]
}

/// The key files, and that they are the ones that the party file names.
pub(super) fn keys(config: &Config, own: Option<&Partner>) -> Vec<Finding> {
    let folder = KeyFolder::at(&config.keys);
    let mut findings = vec![match folder.identity(config.party.clone()) {
        Err(error) => Finding::wrong("keys", error.to_string(), "put the key back from where the node's keys are kept"),
        Ok(identity) => match own.and_then(|own| identity.missing_from(&own.file)) {
            Some(key) => Finding::wrong(
                "keys",
                format!("the party file names another `{key}` key: partners refuse what this node signs"),
                "put the keys or the party file back that belong together",
            ),
            None => Finding::ok("keys", "all there, readable by their owner alone, and those of the party file"),
        },
    }];
    findings.extend(certificate(&folder, own));
    findings.extend(folder.storage().err().map(|error: KeyError| {
        Finding::wrong(
            "keys",
            error.to_string(),
            "without it no content can be opened; put it back from where keys are kept",
        )
    }));
    findings.extend(open_to_others(&config.keys));
    if config.keys.join("root.key").exists() {
        findings.push(Finding::warning(
            "keys",
            "the root key is on this machine, where only a new party file needs it",
            format!("move `{}` to a medium that is kept offline", config.keys.join("root.key").display()),
        ));
    }
    findings
}

fn certificate(folder: &KeyFolder, own: Option<&Partner>) -> Option<Finding> {
    match (folder.tls(), own) {
        (Err(error), _) => Some(Finding::wrong(
            "keys",
            error.to_string(),
            "put the TLS key and certificate back from where keys are kept",
        )),
        (Ok((certificate, _)), Some(own)) => {
            let digest: [u8; 32] = Sha256::digest(&certificate).into();
            (!own.file.tls.contains(&digest)).then(|| {
                Finding::wrong(
                    "keys",
                    "the party file does not name the TLS certificate: partners hang up",
                    "put the certificate or the party file back that belong together",
                )
            })
        }
        (Ok(_), None) => None,
    }
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

/// Whether the party's own file counts, and for how long.
pub(super) fn party_file(config: &Config, own: &Partner, path: &Path, now: Timestamp) -> Finding {
    let until = own.file.valid_until;
    if own.party != config.party {
        let found = format!("`{}` is of {}, and the node is {}'s", path.display(), own.party, config.party);
        return Finding::wrong("party file", found, "put the node's own party file there");
    }
    if !own.is_valid_at(now) {
        return Finding::wrong(
            "party file",
            format!("it counts from {} until {until}: not now", own.file.valid_from),
            "sign a new one with the root key, and give it to every partner",
        );
    }
    if until.as_second().saturating_sub(now.as_second()) < BEFORE_END {
        return Finding::warning(
            "party file",
            format!("it ends at {until}, and nothing is taken from this node after that"),
            "sign a new one with the root key, and give it to every partner",
        );
    }
    Finding::ok("party file", format!("serial {}, counts until {until}", own.file.serial))
}
