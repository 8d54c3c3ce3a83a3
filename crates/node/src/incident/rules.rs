//! Rules at work: a warning that has just come raises an incident where a rule of this party's says so, once for each rule
//! and alert.

use entente_core::{
    alert::Standing,
    consult::{Evidence, Zone, rule},
    time::Timestamp,
};
use entente_formats::hex;
use rand_core::CryptoRng;

use super::{OwnWords, StoredIncident, place_of};
use crate::{
    event::Refusal,
    state::{Key, Node},
};

impl Node {
    /// Asks the rules about the warnings that came since they were asked last. Gives the incidents that were raised.
    pub(crate) fn fire_rules(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<Vec<[u8; 16]>, Refusal> {
        let fresh = std::mem::take(&mut self.fresh_warnings);
        if fresh.is_empty() || self.desk.rules.rules.is_empty() {
            return Ok(Vec::new());
        }
        let (rules, us) = (self.desk.rules.clone(), self.identity.party.clone());
        let mut raised = Vec::new();
        for key in fresh {
            let Some(warning) = self.warnings.get(&key).cloned() else { continue };
            for outcome in rules.dry_run(&warning.message, warning.profile) {
                if !outcome.fires() || !self.calls_for_it(&outcome.rule.id, &key, now) {
                    continue;
                }
                let mut incident = rule::incident(&outcome, &warning.message, &us, now);
                incident.place = place_of(&warning.message);
                let digest = warning.message.digest;
                incident.evidence = vec![Evidence { originator: key.0.clone(), record: key.1.clone(), digest }];
                // The words are the rule's; that it fired, and since when, the warning says.
                let own = OwnWords { title: true, trigger: true, began: false };
                let by = format!("rule {}", outcome.rule.id);
                raised.push(self.keep_incident(&incident, &by, Some(&outcome.rule.id), (false, own), now, rng)?);
            }
        }
        Ok(raised)
    }

    /// The zones of this party's rules that the place of an incident meets, in words: also of one that a person has raised from a
    /// position.
    pub fn zones_of(&self, incident: &StoredIncident) -> Vec<String> {
        let shapes = incident.read(&self.identity.party).place.map(|place| place.shapes).unwrap_or_default();
        let meets = |zone: &&Zone| shapes.iter().any(|shape| zone.meets_shape(shape));
        self.desk.rules.zones.iter().filter(meets).map(|zone| zone.name.clone()).collect()
    }

    /// What a rule has raised, by the warnings that show it.
    pub(super) fn note_fired(&mut self, stored: &StoredIncident) {
        let Some(rule) = &stored.rule else { return };
        let shown = stored.evidence.iter();
        let fired = shown.map(|(originator, _, digest)| (rule.clone(), originator.clone(), digest.clone()));
        self.fired.extend(fired);
    }

    /// Whether a warning is of an alert that is in effect, and for which this rule has raised nothing yet.
    fn calls_for_it(&self, rule: &str, key: &Key, now: Timestamp) -> bool {
        let Some(alert) = self.whole_alert(key, now) else { return false };
        let has_raised = alert.messages.iter().any(|message| {
            let digest = hex::encode(&message.message.digest);
            self.fired.contains(&(rule.to_owned(), alert.source.party.to_string(), digest))
        });
        matches!(alert.standing, Standing::InEffect { .. }) && !has_raised
    }
}
