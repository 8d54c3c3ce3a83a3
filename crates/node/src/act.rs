//! Agreements on live nodes: a text is proposed to its parties; each acts on it for itself, by a signed act that
//! reaches all of them.

use entente_core::{
    AgreementId, Party,
    agreement::{ActKind, Actor},
    time::{Date, Timestamp},
};
use entente_formats::{
    agreement,
    wire::{ActStatement, Canonical, Signed, payload},
};
use rand_core::CryptoRng;

use crate::{
    event::{Answer, Refusal},
    inbox::{Said, accepted, held, refused},
    op::Op,
    outbox::Letter,
    release::version,
    sequenced::Warranted,
    state::{Node, sha256},
};

impl Node {
    pub(crate) fn propose(&mut self, text: &str, now: Timestamp, rng: &mut impl CryptoRng) -> Result<Answer, Refusal> {
        let agreement = agreement::parse(text).map_err(|problems| {
            let first = problems.first().map(|problem| {
                let (line, column) = problem.line_and_column(text);
                format!("line {line}, column {column}: {problem}")
            });
            Refusal::Request(first.unwrap_or_default())
        })?;
        if !agreement.acts.is_empty() {
            let message = "a proposal has no acts; each party acts for itself once it has the text".to_owned();
            return Err(Refusal::Request(message));
        }
        if !agreement.has_party(&self.identity.party) {
            return Err(Refusal::Request(format!("{} is no party of this text", self.identity.party)));
        }
        if self.agreements.contains_key(&agreement.id) {
            return Err(Refusal::Request(format!("an agreement `{}` is known here", agreement.id)));
        }
        let told = self.tell(&agreement.parties, now)?;
        let statement = serde_json::json!({ "agreement": agreement.id.as_str(), "hash": agreement.hash.to_string() });
        self.keep(Op::Agreement { id: agreement.id.to_string(), text: text.to_owned() })?;
        for party in &told {
            self.sequence(&Letter::control(party), &Warranted::proposal(text.to_owned()), now, rng)?;
        }
        self.state(now, "proposed", statement)?;
        Ok(Answer::Acted { told })
    }

    pub(crate) fn act(
        &mut self,
        id: &AgreementId,
        kind: ActKind,
        date: Date,
        article: Option<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let us = self.identity.party.clone();
        let Some(agreement) = self.agreements.get(id) else {
            return Err(Refusal::Request(format!("no agreement `{id}` here")));
        };
        if !agreement.has_party(&us) {
            return Err(Refusal::Request(format!("{us} is no party of {id}")));
        }
        let told = self.tell(&agreement.parties, now)?;
        let statement = ActStatement {
            by: us.to_string(),
            agreement: version(agreement),
            kind: kind.as_str().to_owned(),
            date: date.to_string(),
            article,
            previous: self.last_act(&us, id),
        };
        let signed = self.sign(payload::ACT, statement.to_bytes())?;
        self.keep(Op::Act(signed.clone()))?;
        for party in &told {
            self.sequence(&Letter::control(party), &Warranted::act(signed.clone()), now, rng)?;
        }
        let words = serde_json::json!({ "agreement": id.as_str(), "act": kind.as_str(), "date": statement.date });
        self.state(now, "act", words)?;
        Ok(Answer::Acted { told })
    }

    /// The other parties of a text, all of which must be partners here.
    fn tell(&self, parties: &[Party], now: Timestamp) -> Result<Vec<Party>, Refusal> {
        let others: Vec<Party> = parties.iter().filter(|party| **party != self.identity.party).cloned().collect();
        others.iter().try_for_each(|party| self.partner(party, now).map(drop))?;
        Ok(others)
    }

    /// The digest of a party's latest signed act on an agreement: its next act names it.
    fn last_act(&self, by: &Party, id: &AgreementId) -> Option<[u8; 32]> {
        self.acts
            .iter()
            .rfind(|(act, _)| act.by == by.as_str() && act.agreement.id == id.as_str())
            .map(|(_, signed)| sha256(&signed.statement))
    }

    /// A partner proposes a text.
    pub(crate) fn take_proposal(&mut self, from: &Party, text: String, now: Timestamp) -> Result<Said, Refusal> {
        let proposed = match agreement::parse(&text) {
            Ok(agreement) => agreement,
            Err(problems) => return Ok(refused(problems.first().map(ToString::to_string).unwrap_or_default())),
        };
        if !proposed.has_party(from) || !proposed.has_party(&self.identity.party) || !proposed.acts.is_empty() {
            return Ok(refused("a proposal is between its sender and us, among others, and has no acts"));
        }
        if let Some(known) = self.agreements.get(&proposed.id) {
            return Ok(if known.hash == proposed.hash {
                accepted()
            } else {
                refused(format!("another text is known here as `{}`", proposed.id))
            });
        }
        let statement = serde_json::json!({
            "agreement": proposed.id.as_str(), "hash": proposed.hash.to_string(), "from": from.as_str(),
        });
        self.keep(Op::Agreement { id: proposed.id.to_string(), text })?;
        self.state(now, "proposal", statement)?;
        Ok(accepted())
    }

    /// A partner acts. An act on a text that is not here yet is kept and counts once the text arrives.
    pub(crate) fn take_act(&mut self, from: &Party, signed: Signed, now: Timestamp) -> Result<Said, Refusal> {
        let statement = match ActStatement::from_bytes(&signed.statement) {
            Ok(statement) => statement,
            Err(error) => return Ok(refused(error)),
        };
        let partner = self.partner(from, now)?;
        if statement.by != from.as_str() || !partner.has_signed(payload::ACT, &signed.statement, &signed.signature) {
            return Ok(refused(format!("the act is not signed by {from}")));
        }
        let known_kind = ActKind::ALL.iter().any(|kind| kind.as_str() == statement.kind);
        if !known_kind || statement.date.parse::<Date>().is_err() {
            return Ok(refused(format!("`{}` on `{}` is no act", statement.kind, statement.date)));
        }
        let id: AgreementId = statement.agreement.id.as_str().into();
        if statement.previous != self.last_act(from, &id) {
            return Ok(held(format!("it does not follow the last act of {from} on {id} that is known here")));
        }
        if let Some(agreement) = self.agreements.get(&id) {
            if !agreement.has_party(from) {
                return Ok(refused(format!("{from} is no party of {id}")));
            }
            if agreement.hash.0 != statement.agreement.hash {
                return Ok(held(format!("it is on another version of {id} than ours")));
            }
        }
        let words = serde_json::json!({
            "agreement": id.as_str(), "by": Actor::Party(from.clone()).to_string(), "act": statement.kind,
            "date": statement.date,
        });
        self.keep(Op::Act(signed))?;
        self.state(now, "act", words)?;
        Ok(accepted())
    }
}
