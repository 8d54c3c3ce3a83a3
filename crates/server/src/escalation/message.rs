//! What is said to somebody outside the node: that something waits, how urgent it is, since when, and where the node is.
//! Nothing of what it is: neither its kind, nor a name, nor a title, nor who else is concerned.
//!
//! Key type: [`Message`].

use entente_core::{Party, consult::Precedence, record::Status, time::Timestamp};
use serde_json::json;

/// A message to somebody.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// Whose node it is.
    pub(super) party: Party,
    /// How urgent it is.
    pub(super) precedence: Precedence,
    /// Actual, exercise or test.
    pub(super) status: Status,
    /// Since when it waits.
    pub(super) since: Timestamp,
    /// Where the node's pages are.
    pub(super) link: Option<String>,
    /// Who is told, by id.
    pub(super) person: String,
    /// What is the same in every try of one attempt and in no other: hexadecimal digits.
    pub(super) key: String,
    /// Whether nothing waits, and the chain is tested.
    pub(super) is_test: bool,
}

impl Message {
    /// The subject of a mail.
    pub(super) fn subject(&self) -> String {
        match self.is_test {
            true => format!("TEST: a message of the node of {}", self.party),
            false => {
                let drill = self.drill().map(|word| format!("{word}, ")).unwrap_or_default();
                format!("{drill}{}: something waits at the node of {}", self.precedence.as_str(), self.party)
            }
        }
    }

    /// The word that marks a drill, before everything else.
    fn drill(&self) -> Option<String> {
        (self.status != Status::Actual).then(|| self.status.as_str().to_uppercase())
    }

    /// The text of a mail.
    pub(super) fn text(&self) -> String {
        let what = match self.is_test {
            true => format!("TEST of the contact list of {}. Nothing waits, and nothing is to be done.\n", self.party),
            false => format!(
                "{}Something waits at the node of {}: {}, since {}.\nWhat it is stands there. Sign in and acknowledge it; \
                 until then others are told too.\n",
                self.drill().map(|word| format!("{word}: a drill.\n")).unwrap_or_default(),
                self.party,
                self.precedence.as_str(),
                self.since.strftime("%Y-%m-%d %H:%M:%S UTC")
            ),
        };
        let link = self.link.as_ref().map(|link| format!("\n{link}\n")).unwrap_or_default();
        format!("{what}{link}\nThis message was made by a program; answers to it are not read.\n")
    }

    /// What a program gets, as JSON: `entente.waiting/1`.
    pub(super) fn json(&self, at: Timestamp) -> String {
        json!({
            "schema": "entente.waiting/1", "party": self.party.as_str(), "person": self.person,
            "precedence": self.precedence.as_str(), "status": self.status.as_str(), "since": self.since.to_string(), "link": self.link,
            "key": self.key, "test": self.is_test, "at": at.to_string(),
        })
        .to_string()
    }
}
