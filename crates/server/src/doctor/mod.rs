//! `entente doctor`: everything about a node that can be checked, each with what was found and what to do about it.
//!
//! What is set up and what is kept is looked at from outside, whether or not the node runs; how it fares is what a running
//! node says of itself ([`running`]).

mod setup;
mod keys;
mod kept;
pub mod running;

use std::path::Path;

use entente_core::time::Timestamp;
use entente_node::Partner;
use serde::Serialize;

use crate::{config::Config, keys::KeyFolder};

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Could not be checked.
    Skipped,
    /// The node works, and somebody should look at it.
    Warning,
    /// The node does not work as it should.
    Wrong,
}

/// One check and how it came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at: `configuration`, `keys`, `party file`, `store`, `logs`, `disk`, `back-up`, `node`, `partners`,
    /// `people`.
    pub area: &'static str,
    /// How it came out.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Finding {
    fn ok(area: &'static str, found: impl Into<String>) -> Self {
        Self { area, verdict: Verdict::Ok, found: found.into(), help: None }
    }

    fn skipped(area: &'static str, found: impl Into<String>) -> Self {
        Self { area, verdict: Verdict::Skipped, found: found.into(), help: None }
    }

    fn warning(area: &'static str, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self { area, verdict: Verdict::Warning, found: found.into(), help: Some(help.into()) }
    }

    fn wrong(area: &'static str, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self { area, verdict: Verdict::Wrong, found: found.into(), help: Some(help.into()) }
    }
}

/// What is examined.
#[derive(Clone, Copy, Debug)]
pub struct Patient<'a> {
    /// The node.
    pub config: &'a Config,
    /// Its own party file.
    pub own_file: &'a Path,
    /// Whether the whole store is read: its pages, its trees, every envelope and decision.
    pub whole: bool,
    /// What time it is.
    pub now: Timestamp,
    /// Its keys; the passphrase is asked for where they are encrypted.
    pub keys: &'a KeyFolder,
}

/// How long before its end a party file is worth a word, in seconds: partners need time to exchange the next one.
pub const BEFORE_END: i64 = 30 * 86_400;

/// Examines what is set up and what is kept; `tell` gets each finding as soon as it is made.
pub fn examine(patient: &Patient<'_>, tell: &mut impl FnMut(Finding)) {
    let Patient { config, own_file, now, .. } = *patient;
    for finding in setup::texts(config) {
        tell(finding);
    }
    let own = std::fs::read_to_string(own_file).map_err(|error| error.to_string());
    let own = own.and_then(|note| Partner::open(&note).map_err(|error| error.to_string()));
    for finding in keys::keys(patient, own.as_ref().ok()) {
        tell(finding);
    }
    tell(match &own {
        Ok(own) => setup::party_file(config, own, own_file, now),
        Err(error) => Finding::wrong(
            "party file",
            format!("`{}`: {error}", own_file.display()),
            "put the node's own party file back; partners have it too",
        ),
    });
    kept::examine(patient, own.as_ref().ok(), tell);
}
