//! Which statements of the ledger somebody of this party may read: those about records that it may see, and those about no
//! record. Of any other only its number, its time and its kind. A statement of a kind that is not known here, or that does
//! not say whose record it means, is not read to anybody: no means no.

use entente_core::{Party, RecordId, view::Viewer};
use serde_json::Value;

use crate::state::{Key, Node};

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// No record.
    Nothing,
    /// These records.
    Records(Vec<(Party, RecordId)>),
    /// It cannot be told.
    Unknown,
}

/// What a statement of the node of `us` is about.
pub fn about(us: &Party, kind: &str, content: &Value) -> About {
    let one = |value: &Value| -> Option<Key> {
        Some((value["originator"].as_str()?.into(), value["record"].as_str()?.into()))
    };
    let records = match kind {
        "party"
        | "party-removed"
        | "keys"
        | "recovered"
        | "content-word"
        | "act"
        | "proposed"
        | "proposal"
        | "told"
        | "exported"
        | "handed-out"
        | "standing-consent"
        | "consent-withdrawn"
        | "recall-answer"
        | "restored"
        | "partner-restored"
        | "consultation"
        | "consultation-step"
        | "consultation-exported"
        | "signed-in"
        | "signed-out"
        | "turned-away"
        | "people"
        | "attempt"
        | "attempted"
        | "commitment"
        | "progress"
        | "meeting" => {
            return About::Nothing;
        }
        // Why it was refused may name a record.
        "action" if content["refused"].is_null() => return About::Nothing,
        "entered" => content["record"].as_str().map(|record| vec![(us.clone(), record.into())]),
        "decision" => content.pointer("/request/record").and_then(line),
        "viewed" | "printed" => content["records"].as_array().and_then(|pairs| {
            let pair = |pair: &Value| Some((pair[0].as_str()?.into(), pair[1].as_str()?.into()));
            pairs.iter().map(pair).collect()
        }),
        // Of a drill, or raised from nothing: of no record.
        "incident" | "obligation-done" | "deadline" if content["records"].is_null() => return About::Nothing,
        "incident" | "obligation-done" | "deadline" => content["records"].as_array().and_then(|pairs| {
            let pair = |pair: &Value| Some((pair[0].as_str()?.into(), pair[1].as_str()?.into()));
            pairs.iter().map(pair).collect()
        }),
        "affected" => content["releases"].as_array().and_then(|releases| releases.iter().map(one).collect()),
        "retried" => match content["record"].as_str() {
            None => return About::Nothing,
            Some(name) => name.split_once('/').map(|(originator, id)| vec![(originator.into(), id.into())]),
        },
        // Most are about a feed; what its words name besides is looked at in [`Node::may_read`].
        "alarm" | "alarm-noted" if content["record"].is_null() => return About::Nothing,
        "alarm" | "content" | "content-left" | "content-given-up" | "alert" | "alert-acknowledged" | "received"
        | "approval" | "compromise" | "consent-answered" | "consent-asked" | "consent-answer" | "withdrawn"
        | "relabelled" | "hold" | "hold-lifted" | "destroyed" | "recall" | "erased" | "settled"
        | "affected-answered" | "named" | "waiting" | "confirmed" | "declined" | "emergency" | "reported" => {
            one(content).map(|key| vec![key])
        }
        _ => None,
    };
    records.map_or(About::Unknown, About::Records)
}

/// The record of a request line, and those that it was made from.
fn line(record: &Value) -> Option<Vec<Key>> {
    let mut found = vec![(record["originator"].as_str()?.into(), record["id"].as_str()?.into())];
    for source in record["derived_from"].as_array().into_iter().flatten() {
        found.extend(line(source)?);
    }
    Some(found)
}

impl Node {
    /// Whether the viewer may read what a statement says.
    pub fn may_read(&self, viewer: &Viewer, kind: &str, content: &Value) -> bool {
        match about(&self.identity.party, kind, content) {
            About::Nothing if kind.starts_with("alarm") => {
                content["why"].as_str().is_some_and(|why| !self.names_unseen(why, viewer))
            }
            About::Nothing => true,
            About::Unknown => false,
            About::Records(records) => {
                records.iter().all(|key| self.records.get(key).is_some_and(|held| self.could_see(held, viewer)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_statement_is_about_is_told_or_nobody_reads_it() {
        let of = |originator: &str, id: &str| (Party::from(originator), RecordId::from(id));
        let decision = json!({ "request": { "record": {
            "id": "J-1", "originator": "JPN", "derived_from": [{ "id": "K-1", "originator": "KOR" }],
        }}});
        for (kind, content, expected) in [
            ("party", json!({}), About::Nothing),
            ("entered", json!({ "record": "J-1" }), About::Records(vec![of("JPN", "J-1")])),
            ("decision", decision, About::Records(vec![of("JPN", "J-1"), of("KOR", "K-1")])),
            ("decision", json!({ "request": {} }), About::Unknown),
            ("viewed", json!({ "records": [["KOR", "K-1"]] }), About::Records(vec![of("KOR", "K-1")])),
            ("viewed", json!({ "records": [["KOR"]] }), About::Unknown),
            ("consent-asked", json!({ "record": "K-1" }), About::Unknown),
            ("consent-asked", json!({ "record": "K-1", "originator": "KOR" }), About::Records(vec![of("KOR", "K-1")])),
            ("retried", json!({ "record": null }), About::Nothing),
            ("retried", json!({ "record": "KOR/a/b" }), About::Records(vec![of("KOR", "a/b")])),
            ("action", json!({ "refused": null }), About::Nothing),
            ("action", json!({ "refused": "no record `K-1`" }), About::Unknown),
            ("alarm", json!({ "why": "another history" }), About::Nothing),
            (
                "alarm",
                json!({ "why": "x", "originator": "KOR", "record": "K-1" }),
                About::Records(vec![of("KOR", "K-1")]),
            ),
            ("content-left", json!({ "record": "K-1", "originator": "KOR" }), About::Records(vec![of("KOR", "K-1")])),
            ("content-left", json!({ "record": "K-1" }), About::Unknown),
            ("something new", json!({}), About::Unknown),
        ] {
            assert_eq!(about(&"JPN".into(), kind, &content), expected, "{kind} {content}");
        }
    }
}
