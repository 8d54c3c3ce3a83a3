//! What a party has set for its watch: which rules raise an incident, how a warning that comes in is labelled and to whom it
//! goes, and the party's own clocks where a text names no time. Read by the server, given to the node, never kept.
//!
//! Key type: [`Desk`].

use entente_core::{
    AgreementId, Channel, Party, Purpose,
    consult::{LocalClocks, Rules},
};

use crate::state::Node;

/// How long a warning that leaves its end open holds here, in seconds, where nothing else is set.
pub const LIFETIME: u32 = 24 * 3600;
/// How long the parties of a consultation have before the others may close it without one that is silent, in seconds, where
/// nothing else is set.
pub const CLOSE_AFTER: u32 = 24 * 3600;

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    /// Rules that raise incidents.
    pub rules: Rules,
    /// What is done with warnings that come in: the first that fits.
    pub handling: Vec<Handling>,
    /// How long a warning that leaves its end open holds, in seconds.
    pub lifetime: u32,
    /// Clocks for clauses that name no time.
    pub clocks: LocalClocks,
    /// From when on a consultation may be closed without who is silent, in seconds from its raising.
    pub close_after: u32,
}

impl Default for Desk {
    fn default() -> Self {
        let (rules, handling, clocks) = (Rules::default(), Vec::new(), LocalClocks::default());
        Self { rules, handling, lifetime: LIFETIME, clocks, close_after: CLOSE_AFTER }
    }
}

/// What is done with a warning that comes in: a standing delegation to release it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handling {
    /// The profile that it is for, such as `missile-warning/1`; any warning when absent.
    pub profile: Option<String>,
    /// The label that it gets, as text.
    pub label: String,
    /// What it is about.
    pub subjects: Vec<String>,
    /// To whom it goes, as far as an agreement permits.
    pub to: Recipients,
    /// What for.
    pub purpose: Purpose,
    /// How.
    pub channel: Channel,
    /// Where several agreements would do: the first of these that does.
    pub prefer: Vec<AgreementId>,
}

/// To whom something goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// To every partner.
    All,
    /// To these.
    Only(Vec<Party>),
}

impl Node {
    /// The same node with these settings.
    #[must_use]
    pub fn with_desk(mut self, desk: Desk) -> Self {
        self.desk = desk;
        self
    }

    /// What is set.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }
}
