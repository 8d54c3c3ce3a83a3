//! Names: every id is a type of its own, so that a party is never compared with a purpose.
//!
//! Ids carry no syntax rules of their own; the parsers in `entente-formats` decide what a well-formed id is.

use std::{borrow::Borrow, fmt, sync::Arc};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps `text` as it stands.
            pub fn new(text: impl Into<Arc<str>>) -> Self { Self(text.into()) }
            /// The id as text.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl From<&str> for $name { fn from(text: &str) -> Self { Self(text.into()) } }
        impl From<String> for $name { fn from(text: String) -> Self { Self(text.into()) } }
        impl Borrow<str> for $name { fn borrow(&self) -> &str { &self.0 } }
        impl PartialEq<str> for $name { fn eq(&self, other: &str) -> bool { self.as_str() == other } }
        impl PartialEq<&str> for $name { fn eq(&self, other: &&str) -> bool { self.as_str() == *other } }
        impl fmt::Display for $name { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(&self.0) } }
        impl fmt::Debug for $name { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Debug::fmt(&*self.0, f) } }
    )*};
}

ids! {
    /// Who signs agreements and runs a node: `USA`, `JPN`, `JPCERT`.
    Party
    /// A code that a label names: a GENC trigraph, a registered tetragraph, or `NATO`.
    Country
    /// An agreement, as its file names it: `jp-kr-gsomia-2016`.
    AgreementId
    /// The article of a clause, as a lawyer would cite it: `6.a`. Not unique: one article may hold several clauses.
    ClauseId
    /// A record, as its originator names it.
    RecordId
    /// What a record is about: a free word such as `dprk-missile`.
    Subject
    /// What a record is used for: a free word such as `missile-warning`.
    Purpose
    /// The way a record travels: a free word such as `government-to-government`.
    Channel
}

impl Channel {
    /// The way that is meant when nobody says another: from government to government, as most of these texts have it.
    pub const GOVERNMENTS: &'static str = "government-to-government";
}

impl Country {
    /// Whether this code names `party`.
    pub fn is(&self, party: &Party) -> bool {
        self.as_str() == party.as_str()
    }
}
