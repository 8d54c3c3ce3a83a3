//! What a party does with an agreement, as it signs it for the other parties.

use minicbor::{Decode, Encode};

use super::Version;

/// What a party signs when it acts on an agreement.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ActStatement {
    /// Who acts.
    #[n(0)]
    pub by: String,
    /// The agreement, in its version.
    #[n(1)]
    pub agreement: Version,
    /// The kind of act, as agreement files spell it; or [`DISPUTED`](Self::DISPUTED).
    #[n(2)]
    pub kind: String,
    /// The day from whose start it exists: `2026-11-23`.
    #[n(3)]
    pub date: String,
    /// The article that it rests on.
    #[n(4)]
    pub article: Option<String>,
    /// SHA-256 of this party's act before it on this agreement: the acts of a party are a chain.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub previous: Option<[u8; 32]>,
    /// Whom it admits: for `admitted` and nothing else. Behind the last field, as everything that comes later: acts that
    /// were signed before there were admissions are read as they were.
    #[n(6)]
    pub admits: Option<String>,
    /// SHA-256 of the statement of the act whose effect it disputes, another party's: for `disputed` and nothing else.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub disputes: Option<[u8; 32]>,
}

impl ActStatement {
    /// The kind of an act that disputes another. Between nodes it is an act of its own; in a file it is an entry in
    /// `disputed_by` of the act disputed.
    pub const DISPUTED: &str = "disputed";
}
