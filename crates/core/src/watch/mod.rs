//! Who of a party is told that something waits, when, and how, as long as nobody has acknowledged it: people, rotas and the
//! steps of a chain. Everything is a function of the contact list, of the moment since when something waits, and of the time
//! that is asked about; nothing here sends, or knows what it is that waits.
//!
//! The key type is [`Contacts`].

mod rota;
mod chain;
mod weak;

pub use chain::{Due, Step, Way, Whom};
pub use rota::{Duty, Rota, Shift, Swap, Watch};
pub use weak::Weak;

use crate::Party;

/// A party's contact list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contacts {
    /// Whose.
    pub party: Party,
    /// The people in it.
    pub persons: Vec<Person>,
    /// Programs that are told for them.
    pub webhooks: Vec<Webhook>,
    /// Who is on watch when.
    pub rotas: Vec<Rota>,
    /// Who is told first, and who then.
    pub steps: Vec<Step>,
}

/// Somebody who can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// What the list calls them.
    pub id: String,
    /// Their name.
    pub name: String,
    /// The account at this node whose open pages show it.
    pub account: Option<String>,
    /// Their address.
    pub email: Option<String>,
    /// The program that tells them: its place in [`Contacts::webhooks`].
    pub webhook: Option<usize>,
}

impl Person {
    /// Whether they can be told in that way at all.
    pub fn has(&self, way: Way) -> bool {
        match way {
            Way::Console => self.account.is_some(),
            Way::Email => self.email.is_some(),
            Way::Webhook => self.webhook.is_some(),
        }
    }
}

/// A program that takes a signed message over HTTPS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// What the list calls it.
    pub id: String,
    /// Where it is.
    pub url: String,
    /// Where the secret is that signs: a file, or `credential:NAME`.
    pub secret: String,
    /// The file with the certificates that its own may be signed by.
    pub authority: Option<String>,
}

impl Contacts {
    /// The person of this id.
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.persons.iter().find(|person| person.id == id)
    }
}
