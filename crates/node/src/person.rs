//! What people of this party did at this node, as the ledger tells it to the auditor: who came in and how, who was turned
//! away, who looked at what, who did what, and who may do what. Who that person is, the server has found out; nothing is
//! decided here.
//!
//! Key types: [`Person`], [`Account`].

use entente_core::{Label, Level, Party, RecordId, label::Tlp, time::Timestamp, world::World};
use entente_formats::hex;
use rand_core::CryptoRng;

use crate::{
    event::{Answer, Event, Refusal},
    lane::Lane,
    op::Op,
    restore::Said,
    state::Node,
};

/// How much of what people do a read-only node keeps for its ledger.
const MANY: usize = 1_000;

/// Somebody who acts at this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub name: String,
    /// How that person came in: `operator` (the control socket), `session`, or `token NAME`.
    pub way: String,
}

/// What the server tells of people, to be put on the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    /// Somebody has signed in, with these proofs, such as `password` or `passkey`.
    SignedIn {
        /// Who.
        name: String,
        /// With what.
        with: String,
    },
    /// Somebody was turned away.
    TurnedAway {
        /// The account that was tried; none for names that nobody has here.
        name: Option<String>,
        /// How many tries this is about.
        tries: u64,
    },
    /// Somebody has signed out, or was.
    SignedOut {
        /// Who.
        name: String,
    },
    /// Somebody was shown records that are classified.
    Viewed {
        /// Who.
        by: Person,
        /// Which.
        records: Vec<(Party, RecordId)>,
        /// Whether the content was shown.
        content: bool,
    },
    /// Somebody prints a page with this record: it leaves the screen.
    Printed {
        /// Who.
        by: Person,
        /// Which.
        record: (Party, RecordId),
    },
    /// Somebody is given a part of a feed as a file, to carry it: sealed to its recipient, and out of this node's hands.
    HandedOut {
        /// Who.
        by: Person,
        /// For whom it is.
        to: Party,
        /// What.
        what: Handed,
    },
    /// Something was changed about people: an account, a credential, a token.
    Changed {
        /// By whom.
        by: Person,
        /// What, such as `user added`.
        what: String,
        /// Whose account it is.
        name: String,
        /// How it stands now; never a secret.
        now: serde_json::Value,
    },
}

/// What is handed out as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handed {
    /// Entries of a feed.
    Entries {
        /// Its lane.
        lane: Lane,
        /// The first, and the one behind the last.
        entries: (u64, u64),
    },
    /// A large content that an entry refers to, by the digest of its sealed bytes.
    Content([u8; 32]),
}

impl Node {
    /// Does what somebody asks for, and says in the same batch who did, also where it is refused.
    pub(crate) fn by(
        &mut self,
        person: &Person,
        deed: &str,
        event: Event,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let answer = self.take_event(event, now, rng);
        // Of what fails half-way nothing is kept, and this would not be either.
        let refused = answer.as_ref().err().map(ToString::to_string);
        let text = serde_json::json!({ "by": person.name, "way": person.way, "deed": deed, "refused": refused });
        if self.is_read_only() && answer.is_err() {
            // Nothing is done, and nothing may be said yet.
            return answer;
        }
        self.on_record(now, "action", text)?;
        answer
    }

    /// Puts what the server tells of people on the record.
    pub(crate) fn account(&mut self, account: Account, now: Timestamp) -> Result<Answer, Refusal> {
        let (kind, content) = match account {
            Account::SignedIn { name, with } => ("signed-in", serde_json::json!({ "name": name, "with": with })),
            Account::TurnedAway { name, tries } => ("turned-away", serde_json::json!({ "name": name, "tries": tries })),
            Account::SignedOut { name } => ("signed-out", serde_json::json!({ "name": name })),
            Account::Viewed { by, records, content } => {
                let records: Vec<[&str; 2]> =
                    records.iter().map(|(originator, id)| [originator.as_str(), id.as_str()]).collect();
                let text = serde_json::json!({
                    "by": by.name, "way": by.way, "records": records, "content": content,
                });
                ("viewed", text)
            }
            Account::Printed { by, record: (originator, id) } => {
                let records = [[originator.as_str(), id.as_str()]];
                ("printed", serde_json::json!({ "by": by.name, "way": by.way, "records": records }))
            }
            Account::HandedOut { by, to, what } => {
                let (lane, entries, content) = match what {
                    Handed::Entries { lane, entries } => (Some(lane.as_str()), Some(entries), None),
                    Handed::Content(sealed) => (None, None, Some(hex::encode(&sealed))),
                };
                let text = serde_json::json!({
                    "by": by.name, "way": by.way, "to": to.as_str(), "lane": lane, "entries": entries, "content": content,
                });
                ("handed-out", text)
            }
            Account::Changed { by, what, name, now } => {
                let text = serde_json::json!({ "by": by.name, "way": by.way, "what": what, "name": name, "now": now });
                ("people", text)
            }
        };
        self.on_record(now, kind, content)?;
        Ok(Answer::Done)
    }

    /// Says it in the ledger; a node that is read-only keeps it, and says it when it goes on.
    fn on_record(&mut self, now: Timestamp, kind: &str, content: serde_json::Value) -> Result<(), Refusal> {
        let Some(mut restoring) = self.restoring.clone().filter(|restoring| restoring.done.is_none()) else {
            return self.state(now, kind, content);
        };
        // Whoever tries to come in again and again must not keep others from being shown anything.
        if kind == "turned-away" && restoring.people.len() >= MANY / 2 {
            restoring.left_out += content.get("tries").and_then(serde_json::Value::as_u64).unwrap_or(1);
        } else if restoring.people.len() >= MANY {
            let why = "the node is read-only, and can keep no more of what people do for its ledger: \
                       see `entente restore status`";
            return Err(Refusal::ReadOnly(why.to_owned()));
        } else {
            restoring.people.push(Said { at: now.as_second(), kind: kind.to_owned(), content });
        }
        self.keep(Op::Restoring(restoring))
    }

    /// Says what people did while the node was read-only, each with its own time.
    pub(crate) fn say_of_people(&mut self, people: Vec<Said>, left_out: u64, now: Timestamp) -> Result<(), Refusal> {
        for Said { at, kind, mut content } in people {
            if let Some(content) = content.as_object_mut() {
                content.insert("at".to_owned(), at.into());
            }
            self.state(now, &kind, content)?;
        }
        if left_out > 0 {
            self.state(now, "turned-away", serde_json::json!({ "name": null, "tries": left_out }))?;
        }
        Ok(())
    }

    /// Whether who looks at it is to be put on the record: what is classified, and TLP from AMBER on.
    pub(crate) fn is_classified(&self, label: &Label) -> bool {
        let world = World { agreements: &self.agreements, national: &self.national, consents: &[], approvals: &[] };
        match label {
            Label::Tlp(tlp) => !matches!(tlp, Tlp::Clear | Tlp::Green),
            Label::Marking(_) => world.level_of(label).is_none_or(|level| level > Level::Unclassified),
        }
    }
}
