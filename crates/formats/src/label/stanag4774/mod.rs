//! Confidentiality labels of STANAG 4774 (ADatP-4774, edition A, version 1), in XML: values in and out, with a validator
//! of our own.
//!
//! Not a schema processor, and not the binding of STANAG 4778: a label that stands in another document is found there,
//! and what binds it to data is not looked at. No document type, entity or external reference is ever followed. What a
//! label means in Entente is in [`policy`]; an XML text that came in is kept by whoever got it, and never written anew.
//! The key type is [`ConfidentialityLabel`].
//!
//! References such as "App. 1, table 5" are to ADatP-4774 as publicly disclosed.

mod xml;
mod read;
mod write;
pub mod policy;
mod national;
mod nato;
mod common;

use entente_core::time::Timestamp;

pub use common::{Common, common};
pub use read::{parse, parse_all};
pub use write::write;

/// The namespace of a label.
pub const NAMESPACE: &str = "urn:nato:stanag:4774:confidentialitymetadatalabel:1:0";

/// What a label is to the data that it stands with (App. 1, p. 1-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The label that the originator set. It is never replaced.
    Originator,
    /// An equivalent in another policy, beside the originator's.
    Alternative,
    /// The label of the metadata itself.
    Metadata,
}

impl Role {
    /// All of them, the originator's first.
    pub const ALL: [Self; 3] = [Self::Originator, Self::Alternative, Self::Metadata];

    /// The name of the element.
    pub fn element(self) -> &'static str {
        match self {
            Self::Originator => "originatorConfidentialityLabel",
            Self::Alternative => "alternativeConfidentialityLabel",
            Self::Metadata => "metadataConfidentialityLabel",
        }
    }
}

/// A label as its document states it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConfidentialityLabel {
    /// Which of the three elements it is.
    pub role: Role,
    /// `Id`, to refer to the element.
    pub id: Option<String>,
    /// When the label has to be looked at again; its passing takes nothing from the label (App. 1, p. 1-2).
    pub review: Option<Timestamp>,
    /// Policy, classification and categories.
    pub information: Information,
    /// Who set the label.
    pub originator: Option<Originator>,
    /// When the label was set.
    pub created: Timestamp,
    /// The label that takes this one's place.
    pub succession: Option<Succession>,
    /// Elements of other namespaces, which the schema allows: their names, without what they hold.
    pub extensions: Vec<String>,
}

/// `ConfidentialityInformation`: what decides about access.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Information {
    /// `PolicyIdentifier`: whose terms the rest is in.
    pub policy: Policy,
    /// `Classification`, in the words of the policy.
    pub classification: String,
    /// `PrivacyMark`: for the reader's eye, without part in access.
    pub privacy_mark: Option<String>,
    /// The categories, in the order of the document.
    pub categories: Vec<Category>,
}

/// `PolicyIdentifier`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Its name: `NATO`.
    pub name: String,
    /// Its object identifier as a URI: `urn:oid:1.3.26.1.3.1`.
    pub uri: Option<String>,
}

/// How a category takes part in access (App. 1, table 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CategoryType {
    /// Who gets access has all of the values.
    Restrictive,
    /// Who gets access has one of the values at least.
    Permissive,
    /// It takes no part.
    Informative,
}

impl CategoryType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Restrictive, Self::Permissive, Self::Informative];

    /// As the attribute `Type` says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Restrictive => "RESTRICTIVE",
            Self::Permissive => "PERMISSIVE",
            Self::Informative => "INFORMATIVE",
        }
    }
}

/// `Category`: the values under one tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Category {
    /// `Type`.
    pub kind: CategoryType,
    /// `TagName`: `Releasable To`.
    pub tag: String,
    /// The object identifier of the tag set, as a URI.
    pub uri: Option<String>,
    /// The values, one at least, none twice.
    pub values: Vec<String>,
}

impl Category {
    /// A category without an object identifier.
    pub fn new(kind: CategoryType, tag: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { kind, tag: tag.to_owned(), uri: None, values: values.into_iter().map(Into::into).collect() }
    }
}

/// `OriginatorID`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Originator {
    /// `IDType`: one of [`ID_TYPES`].
    pub id_type: String,
    /// The name.
    pub name: String,
}

/// What `IDType` may be (App. 1, table 9).
pub const ID_TYPES: [&str; 8] = [
    "rfc822Name",
    "dNSName",
    "directoryName",
    "uniformResourceIdentifier",
    "iPAddress",
    "x400Address",
    "userPrincipalName",
    "jID",
];

/// `SuccessionHandling`: from a moment on, another label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Succession {
    /// `SuccessionDateTime`.
    pub at: Timestamp,
    /// `SuccessorConfidentialityLabel`: what the label says from then on.
    pub information: Information,
    /// Who set the successor.
    pub originator: Option<Originator>,
    /// When the successor was set.
    pub created: Timestamp,
}

impl ConfidentialityLabel {
    /// What the label says at a moment: its successor's information from the succession on.
    pub fn at(&self, moment: Timestamp) -> &Information {
        match &self.succession {
            Some(succession) if moment >= succession.at => &succession.information,
            _ => &self.information,
        }
    }
}
