//! What waits for a person to acknowledge it, on every page until somebody has: alerts in effect, and consultations that this party
//! has not answered. It says what it is about, so its labels are in the page's banner, and who was shown it is on the record.
//!
//! The browser makes itself heard by it (`web/modules/alert.js`). The key type is [`Strip`].

use entente_formats::hex;
use sha2::{Digest, Sha256};

use super::{banner::Banner, block::encode, chip::drill, frame::State as Sign, text::Say, visit::Visit};
use crate::{
    api::{AlertView, ConsultationView},
    control::{self, ApiError},
};

/// How many are named; more are counted.
const NAMED: usize = 2;

/// Something that waits.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) state: Sign,
    pub(crate) drill: Option<String>,
    pub(crate) words: String,
    pub(crate) path: String,
}

/// All that waits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strip {
    /// Those that are named, the worst first.
    pub(crate) items: Vec<Item>,
    /// How many there are.
    pub(crate) count: usize,
    /// How many of them are alerts.
    pub(crate) alerts: usize,
    /// Which ones, for the browser: one that was not there before makes it heard.
    pub(crate) keys: String,
    /// Whether this person is called by a sound: whoever may acknowledge.
    pub(crate) calls: bool,
    /// The labels of all of it, each with its status.
    pub(crate) parts: Vec<(String, String)>,
}

impl Strip {
    /// What waits for this party, as far as `visit` may see it.
    pub(crate) async fn of(visit: &Visit) -> Result<Self, ApiError> {
        let say = visit.say();
        let mut strip = Self { calls: visit.may("alert.acknowledge"), ..Self::default() };
        let (mut keys, mut items) = (Vec::new(), Vec::new());
        if visit.may("alert.list") {
            let alerts = control::alerts::unacknowledged(&visit.control, &visit.person, say).await?;
            strip.alerts = alerts.len();
            for (alert, labels) in &alerts {
                keys.push(key(&alert.record));
                strip.parts.extend(labels.iter().map(|label| (label.clone(), alert.status.clone())));
                items.push(Item {
                    state: Sign::bad(say.one("desk-alert")),
                    drill: drill(&alert.status, say),
                    words: name(alert),
                    path: format!("/alerts#a-{}", encode(&alert.record)),
                });
            }
        }
        if visit.may("consultation.acknowledge") {
            for one in unanswered(visit).await? {
                keys.push(key(&one.name));
                strip.parts.push(("UNCLASSIFIED".to_owned(), one.status.clone()));
                items.push(Item {
                    state: Sign::bad(say.one("desk-consultation")),
                    drill: drill(&one.status, say),
                    path: format!("/consultations/{}", encode(&one.name)),
                    words: one.title,
                });
            }
        }
        strip.count = items.len();
        items.truncate(NAMED);
        Ok(Self { items, keys: keys.join(" "), ..strip })
    }

    /// How many are counted only.
    pub(crate) fn more(&self) -> usize {
        self.count - self.items.len()
    }

    /// The banner of a page that bears this besides.
    pub(crate) fn over(&self, banner: Banner, say: Say) -> Banner {
        banner.and(self.parts.iter().map(|(label, status)| (label.as_str(), status.as_str())), say)
    }
}

/// Consultations that this party has not answered and that are not closed, the latest first.
pub(super) async fn unanswered(visit: &Visit) -> Result<Vec<ConsultationView>, ApiError> {
    let us = visit.control.operator.nationality.as_str();
    let mut all = control::consultations::all(&visit.control, &visit.person, visit.say()).await?;
    all.retain(|one| !one.closing.closed && one.participants.iter().any(|of| of.party == us && of.answer == "silent"));
    Ok(all)
}

/// What a browser may keep of a name: enough to tell one from another, and nothing that says what it is.
fn key(name: &str) -> String {
    hex::encode(Sha256::digest(name.as_bytes()).get(..6).unwrap_or_default())
}

/// What an alert is called: its headline, or what happens.
pub(super) fn name(view: &AlertView) -> String {
    let named = view.headline.clone().filter(|text| !text.is_empty()).or_else(|| view.event.clone());
    named.unwrap_or_else(|| view.first.clone())
}
