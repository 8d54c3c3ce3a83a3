//! Agreements on live nodes: a text is proposed to its parties; each acts on it for itself, by a signed act that
//! reaches all of them.

use entente_core::{
    AgreementId, Party,
    agreement::{ActKind, Actor, Agreement},
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
    lane::{Feed, Lane},
    op::Op,
    outbox::Letter,
    release::version,
    sequenced::Warranted,
    state::{Node, sha256},
};

/// The most proposals that wait for this party's first act.
const MAX_PROPOSALS: usize = 100;
/// The most acts of one party on one agreement.
const MAX_ACTS: usize = 500;

/// Whether an act is one that an agreement file could hold, so that what it becomes part of can be read again.
fn well_formed(statement: &ActStatement) -> Result<(), String> {
    let kind = ActKind::ALL.iter().any(|kind| kind.as_str() == statement.kind);
    let date = statement.date.len() == 10 && statement.date.parse::<Date>().is_ok_and(|date| date.year() > 0);
    let article = statement.article.as_deref().is_none_or(agreement::is_article);
    match (kind, date, article) {
        (true, true, true) => Ok(()),
        (false, ..) => Err(format!("unknown act `{}`", statement.kind)),
        (_, false, _) => Err(format!("`{}` is no day; expected the form 2026-11-23", statement.date)),
        (.., false) => Err("an article is 1 to 64 characters without spaces, such as 21.3".to_owned()),
    }
}

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
        let told = self.others(&agreement.parties);
        told.iter().try_for_each(|party| self.partner(party, now).map(drop))?;
        let statement = serde_json::json!({ "agreement": agreement.id.as_str(), "hash": agreement.hash.to_string() });
        self.keep(Op::Agreement { text: text.to_owned() })?;
        for party in &told {
            self.sequence(&Letter::control(party), &Warranted::proposal(text.to_owned()), now, rng)?;
        }
        self.state(now, "proposed", statement)?;
        Ok(Answer::Acted { told })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one act")]
    pub(crate) fn act(
        &mut self,
        id: &AgreementId,
        text: Option<&str>,
        kind: ActKind,
        date: Date,
        article: Option<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let us = self.identity.party.clone();
        let agreement = self.meant(id, text)?;
        if !agreement.has_party(&us) {
            return Err(Refusal::Request(format!("{us} is no party of {id}")));
        }
        let parties = agreement.parties.clone();
        let statement = ActStatement {
            by: us.to_string(),
            agreement: version(agreement),
            kind: kind.as_str().to_owned(),
            date: date.to_string(),
            article,
            previous: self.last_act(&us, id),
        };
        well_formed(&statement).map_err(Refusal::Request)?;
        // An act counts here at once; whoever cannot be told now, because its party file has run out, must not be able to
        // hold it up.
        let (told, silent): (Vec<Party>, Vec<Party>) =
            self.others(&parties).into_iter().partition(|party| self.partner(party, now).is_ok());
        let signed = self.sign(payload::ACT, statement.to_bytes())?;
        self.keep(Op::Act(signed.clone()))?;
        for party in &told {
            self.sequence(&Letter::control(party), &Warranted::act(signed.clone()), now, rng)?;
        }
        let words = serde_json::json!({
            "agreement": id.as_str(), "act": kind.as_str(), "date": statement.date,
            "not_told": silent.iter().map(Party::as_str).collect::<Vec<_>>(),
        });
        self.state(now, "act", words)?;
        Ok(Answer::Acted { told })
    }

    /// The text that a person means by an id: the one that counts here, or the only one proposed under it.
    fn meant(&self, id: &AgreementId, text: Option<&str>) -> Result<&Agreement, Refusal> {
        let is_meant = |agreement: &&Agreement| {
            text.is_none_or(|start| {
                let start = start.trim_start_matches("sha256:");
                agreement.hash.to_string().trim_start_matches("sha256:").starts_with(start)
            })
        };
        if let Some(known) = self.agreements.get(id).filter(is_meant) {
            return Ok(known);
        }
        let mut proposed = self.proposals.values().filter(|agreement| agreement.id == *id).filter(is_meant);
        match (proposed.next(), proposed.next()) {
            (Some(agreement), None) => Ok(agreement),
            (None, _) => Err(Refusal::Request(format!("no agreement `{id}` here"))),
            (Some(_), Some(_)) => Err(Refusal::Request(format!(
                "several texts were proposed as `{id}`; say which by the first digits of its hash, see `entente agreement list`"
            ))),
        }
    }

    /// The other parties of a text.
    fn others(&self, parties: &[Party]) -> Vec<Party> {
        parties.iter().filter(|party| **party != self.identity.party).cloned().collect()
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
        let is_known = self.agreements.get(&proposed.id).is_some_and(|known| known.hash == proposed.hash)
            || self.proposals.contains_key(&(proposed.id.clone(), proposed.hash));
        if is_known {
            return Ok(accepted());
        }
        if self.proposals.len() >= MAX_PROPOSALS {
            return Ok(refused(format!("{MAX_PROPOSALS} proposals wait here already")));
        }
        let statement = serde_json::json!({
            "agreement": proposed.id.as_str(), "hash": proposed.hash.to_string(), "from": from.as_str(),
        });
        self.keep(Op::Agreement { text })?;
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
        if let Err(why) = well_formed(&statement) {
            return Ok(refused(why));
        }
        let id: AgreementId = statement.agreement.id.as_str().into();
        let earlier = self.acts.iter().filter(|(act, _)| act.by == statement.by && act.agreement.id == id.as_str());
        if earlier.count() >= MAX_ACTS {
            return Ok(refused(format!("{from} has done {MAX_ACTS} acts on {id} already")));
        }
        if self.agreements.get(&id).is_some_and(|agreement| !agreement.has_party(from)) {
            return Ok(refused(format!("{from} is no party of {id}")));
        }
        // Neither is a reason not to count it: an act lost on the way must not hide the suspension that follows.
        let feed = Feed { partner: from.clone(), lane: Lane::Urgent };
        if statement.previous != self.last_act(from, &id) {
            let why = format!("an act of {from} on {id} does not follow the last one that is known here");
            self.alarm(&feed, &why, &signed.statement, now)?;
        }
        if self.agreements.get(&id).is_some_and(|agreement| agreement.hash.0 != statement.agreement.hash) {
            let why = format!("{from} acts on another text of {id} than the one that counts here");
            self.alarm(&feed, &why, &signed.statement, now)?;
            return Ok(held(why));
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
