//! Evidence that something has its place in a feed. A record reaches a [`Sequenced`] through a
//! [`Granted`] and in no other way; messages of the protocol itself carry no record.

use entente_core::decide::Granted;
use entente_formats::wire::{Body, ConsentRequest, HopStatement, Signed};
use entente_log::Node;
use serde::{Deserialize, Serialize};

use crate::lane::Feed;

/// What a body rests on. The constructors are the only way to a body that may be sealed, and they are the node's own:
/// ```compile_fail,E0624
/// use entente_node::sequenced::Warranted;
/// let forged = Warranted::proposal("anything".to_owned());
/// ```
pub struct Warranted {
    body: Body,
    about: Option<About>,
}

/// What has to be decided again before a body leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The record's originator.
    pub originator: String,
    /// The record's id.
    pub record: String,
    /// The purpose.
    pub purpose: String,
    /// The channel.
    pub channel: String,
    /// The agreements that it was given under; empty when none was needed.
    pub under: Vec<String>,
}

impl Warranted {
    /// A record, on the strength of a grant for exactly it.
    pub(crate) fn record(_: &Granted, about: About, origin: Signed, hop: HopStatement, content: Vec<u8>) -> Self {
        Self { body: Body::Record { origin, hop, content }, about: Some(about) }
    }

    /// A question for consent: what it discloses of a record is a release like any other.
    pub(crate) fn question(_: &Granted, about: About, question: ConsentRequest) -> Self {
        Self { body: Body::ConsentRequest(question), about: Some(about) }
    }

    /// Messages of the protocol, which carry no record.
    pub(crate) fn answer(answer: Signed) -> Self {
        Self { body: Body::ConsentAnswer(answer), about: None }
    }

    /// The text of an agreement for its parties.
    pub(crate) fn proposal(text: String) -> Self {
        Self { body: Body::Proposal(text), about: None }
    }

    /// An act of our own, for the parties of the agreement.
    pub(crate) fn act(act: Signed) -> Self {
        Self { body: Body::Act(act), about: None }
    }

    pub(crate) fn body(&self) -> &Body {
        &self.body
    }

    pub(crate) fn about(&self) -> Option<&About> {
        self.about.as_ref()
    }
}

/// Something with its index in a feed. Nothing outside the node can give it one:
/// ```compile_fail,E0451
/// use entente_node::{Feed, Lane, sequenced::Sequenced};
/// let feed = Feed { partner: "JPN".into(), lane: Lane::Routine };
/// let forged = Sequenced { feed, index: 0, leaf: [0; 32], nodes: Vec::new(), about: None, item: "a secret" };
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequenced<T> {
    pub(crate) feed: Feed,
    pub(crate) index: u64,
    pub(crate) leaf: [u8; 32],
    pub(crate) nodes: Vec<Node>,
    pub(crate) about: Option<About>,
    pub(crate) item: T,
}

impl<T> Sequenced<T> {
    /// The feed.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }
    /// The index in it.
    pub fn index(&self) -> u64 {
        self.index
    }
    /// The leaf: the digest of the envelope.
    pub fn leaf(&self) -> &[u8; 32] {
        &self.leaf
    }
    /// Interior nodes of the log's tree that this entry completed.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }
    /// What has to be decided again before it leaves.
    pub fn about(&self) -> Option<&About> {
        self.about.as_ref()
    }
    /// The thing itself.
    pub fn item(&self) -> &T {
        &self.item
    }
}
