//! What people set up: the configuration, the texts, the party file.

use std::path::Path;

use entente_core::time::Timestamp;
use entente_node::Partner;

use super::{BEFORE_END, Finding};
use crate::config::Config;

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
            "`entente party renew` makes the next one, which the root key signs; give it to every partner",
        );
    }
    if until.as_second().saturating_sub(now.as_second()) < BEFORE_END {
        return Finding::warning(
            "party file",
            format!("it ends at {until}, and nothing is taken from this node after that"),
            "`entente party renew` makes the next one, which the root key signs; partners get it by themselves",
        );
    }
    Finding::ok("party file", format!("serial {}, counts until {until}", own.file.serial))
}
