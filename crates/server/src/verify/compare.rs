//! A partner's copies of the feeds against ours: what it has signed, and what its node computed from its own disk.

use entente_core::Party;
use entente_log::{Frontier, Hash};
use entente_node::{Feed, Lane, Partner, lane::origin};
use entente_store::Reader;
use serde::Serialize;

use super::{Verified, VerifyError, verify};

/// One feed, compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The feed's origin line.
    pub log: String,
    /// How many entries are here.
    pub here: u64,
    /// How many of them the partner has signed for: by receipts of ours, by checkpoints of its own.
    pub signed: u64,
    /// The partner's copy, where its node's word on it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub there: Option<Copy>,
    /// What does not hold between our copy and what the partner has signed.
    pub problems: Vec<String>,
}

/// A partner's copy, as its node tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Copy {
    /// How many entries it has.
    pub size: u64,
    /// What that means.
    pub verdict: Verdict,
}

/// How two copies of one feed stand to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As far as the partner's goes, ours is the same.
    Same,
    /// They are two histories.
    Differs,
    /// The partner's has more entries than ours; roots alone do not tell what the first of them are.
    Longer,
    /// The partner's node does not name this feed.
    NotNamed,
}

impl Compared {
    /// Whether the copies differ.
    pub fn differs(&self) -> bool {
        let verdict = self.there.as_ref().map(|copy| copy.verdict);
        !self.problems.is_empty() || matches!(verdict, Some(Verdict::Differs | Verdict::NotNamed))
    }
}

/// Compares the feeds from and to `party`; nothing when it is not known here. `theirs` is what [`verify`] said at the
/// partner's node.
///
/// # Errors
/// When the store cannot be read.
pub fn compare(
    reader: &Reader,
    own: &Partner,
    party: &Party,
    theirs: Option<&[Verified]>,
) -> Result<Vec<Compared>, VerifyError> {
    let logs = verify(reader, own)?;
    let mut compared = Vec::new();
    for lane in Lane::ALL {
        let feed = Feed { partner: party.clone(), lane };
        for outgoing in [true, false] {
            let name = if outgoing { origin(&own.party, party, lane) } else { origin(party, &own.party, lane) };
            let Some(log) = logs.iter().find(|log| log.log == name) else { continue };
            let node = |level, index| match outgoing {
                true => reader.outgoing_node(&feed, level, index),
                false => reader.incoming_node(&feed, level, index),
            };
            compared.push(Compared {
                log: name,
                here: log.size,
                // What a partner sent is taken only with its signature.
                signed: if outgoing { log.receipted.unwrap_or_default() } else { log.size },
                there: theirs.map(|theirs| copy(log, theirs, &node)),
                problems: log.problems.clone(),
            });
        }
    }
    Ok(compared)
}

fn copy(log: &Verified, theirs: &[Verified], node: &dyn Fn(u8, u64) -> Option<Hash>) -> Copy {
    let Some(theirs) = theirs.iter().find(|copy| copy.log == log.log) else {
        return Copy { size: 0, verdict: Verdict::NotNamed };
    };
    let ours = Frontier::load(theirs.size, &node).map(|frontier| frontier.root().to_string());
    let verdict = match ours {
        _ if theirs.size > log.size => Verdict::Longer,
        Ok(root) if root == theirs.root => Verdict::Same,
        _ => Verdict::Differs,
    };
    Copy { size: theirs.size, verdict }
}
