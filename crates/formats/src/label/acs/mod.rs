//! Markings of the ISA Access Control Specification 3.0a (ACS) on STIX objects: the marking definition with the
//! extension [`EXTENSION`], in and out.
//!
//! ACS is richer than a label: it has rules on single actions, organisations and kinds of persons. Only its control set
//! means what a banner line means, and not all of it; `docs/spec/labels.md` has the list. No bundle, and no definition
//! of the extension itself. The key functions are [`read`] and [`write()`].
//!
//! Sources: the schema `isa-acs-3-0.json` of OASIS, extension definition specifications; the specification itself,
//! version 3.0a, June 2019.

mod read;
mod shape;
mod write;

pub(super) use read::DEFINITION_KEYS;
pub use read::read;
pub use write::{Envelope, write};

/// The extension definition under which a marking definition carries ACS.
pub const EXTENSION: &str = "extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce";

/// The classifications of ACS, lowest first, with the level of each: those of the United States alone.
const CLASSIFICATIONS: [(&str, entente_core::label::Level); 4] = {
    use entente_core::label::Level;
    [("U", Level::Unclassified), ("C", Level::Confidential), ("S", Level::Secret), ("TS", Level::TopSecret)]
};

/// The policy of a marking whose control set is the whole rule: who satisfies it may do everything.
const POLICY_OPEN: &str = "urn:isa:policy:acs:ns:v3.0?privdefault=permit&sharedefault=permit";
/// What every policy reference opens with.
const POLICY: &str = "urn:isa:policy:acs:ns:v3.0?";

/// The one item of a scope that stands for all.
const ALL: &str = "ALL";
