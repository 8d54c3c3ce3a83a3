//! CAP 1.2 (OASIS standard, 1 July 2010), in and out.
//!
//! Every element of the standard is read in its order and kept; elements of other namespaces are passed over and named.
//! A document that was received is kept as its bytes; what is written here is our own. The key type is [`Cap`]; the key
//! functions are [`parse`] and [`write()`].

mod sequence;
mod read;
mod write;

use std::fmt;

use entente_core::{
    alert::{Certainty, Circle, MessageName, Polygon, Reference, Severity, Urgency},
    time::Timestamp,
};
pub(super) use read::is_cap;
pub use read::parse;
pub(super) use write::moment;
pub use write::write;

/// The namespace of the standard.
pub const NAMESPACE: &str = "urn:oasis:names:tc:emergency:cap:1.2";

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are the standard's")]
        pub enum $name { $($variant),* }

        impl $name {
            /// All values.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// As the standard spells it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(self.as_str()) }
        }
    )*};
}

words! {
    /// `status`: what the message is for.
    Status { Actual, Exercise, System, Test, Draft }
    /// `msgType`: what the message does.
    MessageType { Alert, Update, Cancel, Ack, Error }
    /// `scope`: whom it is for.
    Scope { Public, Restricted, Private }
    /// `category`: what kind of event.
    Category { Geo, Met, Safety, Security, Rescue, Fire, Health, Env, Transport, Infra, CBRNE, Other }
    /// `responseType`: what to do.
    ResponseType { Shelter, Evacuate, Prepare, Execute, Avoid, Monitor, Assess, AllClear, None }
}

/// A name and a value: `parameter`, `eventCode`, `geocode`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Named {
    /// `valueName`.
    pub name: String,
    /// `value`.
    pub value: String,
}

impl Named {
    /// A name with its value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// `alert`: one message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named as in the standard, section 3.2.1")]
pub struct Cap {
    pub identifier: String,
    pub sender: String,
    pub sent: Timestamp,
    pub status: Status,
    pub message_type: MessageType,
    pub source: Option<String>,
    pub scope: Scope,
    /// There for [`Scope::Restricted`].
    pub restriction: Option<String>,
    /// There for [`Scope::Private`].
    pub addresses: Vec<String>,
    pub codes: Vec<String>,
    pub note: Option<String>,
    pub references: Vec<Reference>,
    pub incidents: Vec<String>,
    pub infos: Vec<Info>,
    /// Elements of other namespaces that were passed over, by name; a signature is one of them.
    pub extensions: Vec<String>,
}

/// `info`: what the message says, for some areas or in some language.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named as in the standard, section 3.2.2")]
pub struct Info {
    /// `en-US` where the message does not say.
    pub language: String,
    pub categories: Vec<Category>,
    pub event: String,
    pub response_types: Vec<ResponseType>,
    pub urgency: Urgency,
    pub severity: Severity,
    pub certainty: Certainty,
    pub audience: Option<String>,
    pub event_codes: Vec<Named>,
    pub effective: Option<Timestamp>,
    pub onset: Option<Timestamp>,
    pub expires: Option<Timestamp>,
    pub sender_name: Option<String>,
    pub headline: Option<String>,
    pub description: Option<String>,
    pub instruction: Option<String>,
    pub web: Option<String>,
    pub contact: Option<String>,
    pub parameters: Vec<Named>,
    pub resources: Vec<Resource>,
    pub areas: Vec<Area>,
}

/// `resource`: a file that belongs to it. Its bytes, where they stand in the message, are kept as base64.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named as in the standard, section 3.2.3")]
pub struct Resource {
    pub description: String,
    pub mime_type: String,
    pub size: Option<u64>,
    pub uri: Option<String>,
    pub deref_uri: Option<String>,
    pub digest: Option<String>,
}

/// `area`: where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named as in the standard, section 3.2.4")]
pub struct Area {
    pub description: String,
    pub polygons: Vec<Polygon>,
    pub circles: Vec<Circle>,
    pub geocodes: Vec<Named>,
    /// In feet above mean sea level, in the words of the message.
    pub altitude: Option<String>,
    /// Likewise.
    pub ceiling: Option<String>,
}

impl Cap {
    /// What others refer to it by.
    pub fn reference(&self) -> Reference {
        let name = MessageName { sent: self.sent, identifier: self.identifier.clone() };
        Reference { sender: self.sender.clone(), name }
    }
}

impl Info {
    /// What the standard demands of an `info` and no more; the language is English.
    pub fn new(category: Category, event: impl Into<String>, level: (Urgency, Severity, Certainty)) -> Self {
        let (urgency, severity, certainty) = level;
        Self {
            language: DEFAULT_LANGUAGE.to_owned(),
            categories: vec![category],
            event: event.into(),
            response_types: Vec::new(),
            urgency,
            severity,
            certainty,
            audience: None,
            event_codes: Vec::new(),
            effective: None,
            onset: None,
            expires: None,
            sender_name: None,
            headline: None,
            description: None,
            instruction: None,
            web: None,
            contact: None,
            parameters: Vec::new(),
            resources: Vec::new(),
            areas: Vec::new(),
        }
    }

    /// The value of a parameter of this name, when there is just one.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut all = self.parameters.iter().filter(|parameter| parameter.name == name);
        match (all.next(), all.next()) {
            (Some(one), None) => Some(&one.value),
            _ => None,
        }
    }
}

/// What the standard supposes where no language is said.
pub const DEFAULT_LANGUAGE: &str = "en-US";
