//! A consultation as people of this party see it: its core, when each statement came here, the positions that this person may
//! see, and the export as one file.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    Party, RecordId,
    consult::{Consultation, Digest, Disagreement, Kind, commitment::Waiver},
    time::Timestamp,
    view::Viewer,
};
use entente_formats::{
    consultation::{Export, PAYLOAD_TYPE, SignedExport},
    hex,
};

use super::Held;
use crate::{
    event::{Answer, Refusal},
    incident::ObligationSeen,
    lane::{Feed, Lane},
    state::{Key, Node},
};

/// The parameter of a media type that says to which consultation a record belongs, as its originator's position.
const PARAMETER: &str = "consultation=";

/// A consultation, and what is known of it here alone.
#[derive(Debug)]
pub struct ConsultationSeen<'a> {
    /// What it comes to.
    pub core: Consultation<'a>,
    /// The incident of this party's own that it was raised from.
    pub incident: Option<&'a str>,
    /// When each statement became known here, in seconds since the epoch; that of the raise under the consultation's name.
    pub known: BTreeMap<Digest, i64>,
    /// Who gave us each statement.
    pub from: BTreeMap<Digest, &'a Party>,
    /// The participants that have it for sure: those that have receipted it, and those that have said something.
    pub reached: BTreeSet<&'a Party>,
    /// The duties that it pins.
    pub duties: Vec<ObligationSeen>,
    /// What was waived.
    pub waivers: Vec<&'a Waiver>,
    /// What its raiser says and this node knows otherwise.
    pub disagreements: Vec<Disagreement>,
    /// The positions that the viewer may see.
    pub positions: Vec<PositionSeen>,
}

/// A position: a record of its originator, decided for each party like any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionSeen {
    /// The record.
    pub record: (Party, RecordId),
    /// Its name for people.
    pub title: String,
    /// Its label, in its canonical text.
    pub label: String,
    /// When it entered here, in seconds since the epoch.
    pub entered: i64,
    /// To whom it went from here.
    pub given_to: Vec<Party>,
}

/// The media type of a position in a consultation.
pub fn position_media_type(bare: &str, name: &Digest) -> String {
    format!("{bare};{PARAMETER}{}", hex::encode(name))
}

/// The consultation that a media type names.
pub(crate) fn consultation_of(media_type: &str) -> Option<Digest> {
    let mut parameters = media_type.split(';').skip(1).map(str::trim);
    let digits = parameters.find_map(|parameter| parameter.strip_prefix(PARAMETER))?;
    hex::decode(digits)?.try_into().ok()
}

impl Node {
    /// The consultations that are here, by name.
    pub fn consultations(&self) -> impl Iterator<Item = (Digest, &Held)> {
        self.consultations.iter().map(|(name, held)| (*name, held))
    }

    /// A consultation as a viewer sees it.
    pub fn consultation(&self, name: Digest, viewer: &Viewer, now: Timestamp) -> Option<ConsultationSeen<'_>> {
        let held = self.consultations.get(&name)?;
        let core = held.core(name);
        let known = held.kept.iter().map(|kept| (kept.digest, kept.stored.known));
        let from = held.kept.iter().map(|kept| (kept.digest, &kept.stored.from));
        let us = &self.identity.party;
        let reached = held.raise.participants.iter().filter(|party| {
            *party == us
                || *party == &held.raise.incident.raised_by
                || held.kept.iter().any(|kept| kept.by == **party)
                || held.raised.from == **party
                || self.has_receipted(&name, party)
        });
        Some(ConsultationSeen {
            incident: held.incident.as_deref().filter(|number| {
                self.incidents.get(*number).is_some_and(|incident| self.may_see_incident(incident, viewer))
            }),
            known: known.chain([(name, held.raised.known)]).collect(),
            from: from.chain([(name, &held.raised.from)]).collect(),
            reached: reached.collect(),
            duties: self.pinned(name, held, now).into_iter().map(|one| self.as_seen_by(one, viewer)).collect(),
            waivers: held.waivers.values().collect(),
            disagreements: self.disagreements(held),
            positions: self.positions_in(&name, viewer),
            core,
        })
    }

    /// Whether a partner has receipted what it was told.
    fn has_receipted(&self, subject: &Digest, party: &Party) -> bool {
        let index = self.told.get(&(*subject, party.clone()));
        let feed = Feed { partner: party.clone(), lane: Lane::Urgent };
        index.is_some_and(|index| self.outgoing.get(&feed).is_some_and(|out| *index < out.acknowledged.size()))
    }

    fn positions_in(&self, name: &Digest, viewer: &Viewer) -> Vec<PositionSeen> {
        let records = self.positions.get(name).into_iter().flatten();
        let seen = records.filter_map(|key: &Key| {
            let held = self.records.get(key)?;
            self.sees(held, viewer)?;
            Some(PositionSeen {
                record: key.clone(),
                title: held.title().to_owned(),
                label: entente_formats::label::write(&held.alike().label),
                entered: held.entered,
                given_to: self.holders_of(key),
            })
        });
        seen.collect()
    }

    /// Whether the statements of a consultation name a record that is here and that the viewer could not see.
    fn names_hidden(&self, held: &Held, viewer: &Viewer) -> bool {
        let stated = held.steps.values().filter_map(|step| match &step.kind {
            Kind::Effects(effects) => Some(&effects.evidence),
            _ => None,
        });
        stated.chain([&held.raise.incident.evidence]).flatten().any(|one| {
            let record = self.records.get(&(one.originator.clone(), one.record.clone()));
            record.is_some_and(|record| !self.could_see(record, viewer))
        })
    }

    /// A consultation as one signed file. That it was written is on the record.
    pub(crate) fn export_consultation(&mut self, digits: &str, by: &Viewer, now: Timestamp) -> Result<Answer, Refusal> {
        let name = self.consultation_named(digits)?;
        let held = self.consultations.get(&name).ok_or_else(|| Refusal::Ours("no such consultation".to_owned()))?;
        if self.names_hidden(held, by) {
            // What was signed cannot be shown in part.
            let why = "not all that stands in it is for this account: somebody who may see more exports it";
            return Err(Refusal::Request(why.to_owned()));
        }
        let keys = held.raise.participants.iter().filter_map(|party| {
            let file = &self.partners.get(party)?.file;
            Some((party.to_string(), file.signing.clone()))
        });
        let steps = held.kept.iter().filter(|kept| kept.sort == super::Sort::Step);
        let export = Export {
            by: self.identity.party.to_string(),
            at: now.as_second(),
            keys: keys.collect(),
            raise: held.raised.signed.clone(),
            steps: steps.map(|kept| kept.stored.signed.clone()).collect(),
        };
        let signed = self.sign(PAYLOAD_TYPE, export.payload())?;
        let file = SignedExport { payload: signed.statement, signature: signed.signature };
        let text = file.to_json(self.identity.signing.public().as_bytes());
        let words = serde_json::json!({
            "consultation": hex::encode(&name), "by": by.name, "steps": export.steps.len(),
        });
        self.state(now, "consultation-exported", words)?;
        Ok(Answer::Text(text))
    }
}
