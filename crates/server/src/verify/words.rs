//! Signed words and incidents that the ledger tells of: each of them is still here, as it was. Somebody who takes a step out of a
//! consultation, a duty out of an incident, or a commitment, cannot take it out of the ledger.

use std::collections::{BTreeMap, BTreeSet};

use entente_formats::{hex, wire::Signed};
use entente_seal::Digest;
use entente_store::{Reader, StoreError};
use serde_json::Value;

/// What statements tell of.
#[derive(Default)]
pub(super) struct Words {
    /// Digests of signed statements, with the kinds of the statements that tell of them.
    signed: BTreeMap<String, String>,
    /// Digests of incidents and of what was done about duties, as they are kept, with the same.
    kept: BTreeMap<String, String>,
    /// Incidents of an older ledger, whose statements name no digest: number and title.
    incidents: BTreeSet<(String, String)>,
}

impl Words {
    /// Takes in what a statement says.
    pub(super) fn hear(&mut self, kind: &str, content: &Value) {
        let text = |field: &str| content[field].as_str().map(str::to_owned);
        match kind {
            "consultation" | "consultation-step" | "alert-acknowledged" | "commitment" | "progress" | "meeting" => {
                self.signed.extend(text("statement").map(|digest| (digest, kind.to_owned())));
            }
            "incident" | "obligation-done" => match text("digest") {
                Some(digest) => drop(self.kept.insert(digest, kind.to_owned())),
                None => self.incidents.extend(text("incident").zip(text("title")).filter(|_| kind == "incident")),
            },
            _ => {}
        }
    }

    /// What is told of and not here any more, or not as it was.
    pub(super) fn check(&self, reader: &Reader) -> Result<Vec<String>, StoreError> {
        let signed = [
            reader.consult_raises()?,
            reader.consult_steps()?,
            reader.waivers()?,
            reader.alert_acknowledgements()?,
            reader.commitments()?,
            reader.meetings()?,
        ];
        let digest = |bytes: &[u8]| hex::encode(Digest::of(bytes).as_bytes());
        let here: BTreeSet<String> =
            signed.iter().flatten().map(|Signed { statement, .. }| digest(statement)).collect();
        let (incidents, done) = (reader.incidents()?, reader.discharges()?);
        let kept: BTreeSet<String> = incidents.iter().chain(&done).map(|text| digest(text.as_bytes())).collect();
        let lost = |told: &BTreeMap<String, String>, here: &BTreeSet<String>| {
            let lost = told.iter().filter(|(digest, _)| !here.contains(*digest));
            lost.map(|(digest, kind)| format!("what a statement `{kind}` tells of, {digest}, is not here as it was"))
                .collect::<Vec<_>>()
        };
        let mut problems = lost(&self.signed, &here);
        problems.extend(lost(&self.kept, &kept));
        let known: BTreeSet<(String, String)> = incidents
            .iter()
            .filter_map(|text| serde_json::from_str::<Value>(text).ok())
            .filter_map(|one| {
                let word = |field: &str| one.get(field)?.as_str().map(str::to_owned);
                word("number").zip(word("title"))
            })
            .collect();
        let older = self.incidents.iter().filter(|one| !known.contains(one));
        problems.extend(older.map(|(number, _)| format!("the incident {number} is not here as it was told")));
        Ok(problems)
    }
}
