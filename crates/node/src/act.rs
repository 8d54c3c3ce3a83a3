//! Agreements on live nodes: a text is proposed to its parties; each acts on it for itself, by a signed act that
//! reaches all of them. Who is told what, and when, is in [`super::tell`].

use entente_core::{
    AgreementId, Party,
    agreement::{ActKind, Agreement},
    time::{Date, Timestamp},
};
use entente_formats::{
    agreement, hex,
    party::is_party_code,
    wire::{ActStatement, Canonical, Signed, payload},
};
use rand_core::CryptoRng;

use crate::{
    event::{Answer, Deed, Refusal},
    inbox::{Said, accepted, held, refused},
    lane::{Feed, Lane},
    op::Op,
    outbox::Letter,
    release::version,
    sequenced::Warranted,
    state::{Node, sha256},
    texts::{KnownAct, MAX_ACTS},
};

/// The most proposals that wait for this party's first act.
const MAX_PROPOSALS: usize = 100;
/// The fewest hex digits by which a person names an act.
const FEWEST_DIGITS: usize = 4;

/// Whether an act is one that an agreement file could hold, so that what it becomes part of can be read again.
pub(crate) fn well_formed(statement: &ActStatement) -> Result<(), String> {
    let ActStatement { kind, date, article, admits, disputes, .. } = statement;
    let is_dispute = kind == ActStatement::DISPUTED;
    if !is_dispute && !ActKind::ALL.iter().any(|known| known.as_str() == kind) {
        return Err(format!("unknown act `{kind}`"));
    }
    if date.len() != 10 || !date.parse::<Date>().is_ok_and(|date| date.year() > 0) {
        return Err(format!("`{date}` is no day; expected the form 2026-11-23"));
    }
    if !article.as_deref().is_none_or(agreement::is_article) {
        return Err("an article is 1 to 64 characters without spaces, such as 21.3".to_owned());
    }
    if admits.is_some() != (kind == ActKind::Admitted.as_str()) || disputes.is_some() != is_dispute {
        return Err(format!("`{kind}` does not fit what the act names"));
    }
    match admits {
        Some(newcomer) if !is_party_code(newcomer) => Err(format!("`{newcomer}` is not the code of a party")),
        _ => Ok(()),
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
        if !agreement.parties.contains(&self.identity.party) {
            return Err(Refusal::Request(format!("{} is no party of this text", self.identity.party)));
        }
        if self.agreements.contains_key(&agreement.id) {
            return Err(Refusal::Request(format!("an agreement `{}` is known here", agreement.id)));
        }
        let told = self.other_parties(&agreement);
        told.iter().try_for_each(|party| self.partner(party, now).map(drop))?;
        let statement = serde_json::json!({ "agreement": agreement.id.as_str(), "hash": agreement.hash.to_string() });
        self.keep(Op::Agreement { text: text.to_owned() })?;
        for party in &told {
            let (_, index, _) =
                self.sequence(&Letter::control(party), &Warranted::proposal(text.to_owned()), now, rng)?;
            self.keep(Op::Told { subject: agreement.hash.0, to: party.clone(), index })?;
        }
        self.state(now, "proposed", statement)?;
        Ok(Answer::Acted { told })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one act")]
    pub(crate) fn act(
        &mut self,
        id: &AgreementId,
        text: Option<&str>,
        deed: Deed,
        date: Date,
        article: Option<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let us = self.identity.party.clone();
        let agreement = self.meant(id, text)?;
        self.may_act(agreement, date)?;
        let (kind, admits, disputes) = match deed {
            Deed::Does(ActKind::Admitted) => return Err(Refusal::Request("say whom it admits".to_owned())),
            Deed::Does(kind) => (kind.as_str(), None, None),
            Deed::Admits(newcomer) => {
                may_be_admitted(agreement, &newcomer, &us, date)?;
                (ActKind::Admitted.as_str(), Some(newcomer.to_string()), None)
            }
            Deed::Disputes(digits) => (ActStatement::DISPUTED, None, Some(self.disputable(agreement, &digits)?)),
        };
        let statement = ActStatement {
            by: us.to_string(),
            agreement: version(agreement),
            kind: kind.to_owned(),
            date: date.to_string(),
            article,
            admits,
            disputes,
            previous: self.last_act(&us, id),
        };
        well_formed(&statement).map_err(Refusal::Request)?;
        if self.acts_on(agreement).filter(|act| act.statement.by == us.as_str()).count() >= MAX_ACTS {
            return Err(Refusal::Request(format!("this party has done {MAX_ACTS} acts on {id} already")));
        }
        let signed = self.sign(payload::ACT, statement.to_bytes())?;
        self.keep_act(signed, &statement, now)?;
        // An act counts here at once; whoever cannot be told now, because its party file has run out, must not be able to
        // hold it up, and is told when there is a new one.
        let told = self.tell(now, rng)?;
        Ok(Answer::Acted { told })
    }

    /// Whether this party may act on a text, from `date`.
    fn may_act(&self, agreement: &Agreement, date: Date) -> Result<(), Refusal> {
        let (us, id) = (&self.identity.party, &agreement.id);
        if agreement.has_party(us, date) {
            return Ok(());
        }
        if agreement.has_party(us, Date::MAX) {
            return Err(Refusal::Request(format!(
                "{us} is no party of {id} on {date} yet: an act of that day counts for nothing"
            )));
        }
        if !agreement.names(us) {
            return Err(Refusal::Request(format!("{us} is no party of {id}")));
        }
        let missing = agreement.missing_for(us, Date::MAX);
        let missing = missing.into_iter().map(Party::as_str).collect::<Vec<_>>().join(", ");
        Err(Refusal::Request(format!(
            "{us} is no party of {id} yet: as far as is known here, {missing} has still to admit it"
        )))
    }

    /// The act of another party that a person means by the first digits of its number.
    fn disputable(&self, agreement: &Agreement, digits: &str) -> Result<[u8; 32], Refusal> {
        let id = &agreement.id;
        let see = format!("see `entente agreement acts {id}`");
        if digits.len() < FEWEST_DIGITS {
            return Err(Refusal::Request(format!(
                "name the act by at least {FEWEST_DIGITS} digits of its number; {see}"
            )));
        }
        let mut meant = self.acts_on(agreement).filter(|act| hex::encode(&act.digest).starts_with(digits));
        let act = match (meant.next(), meant.next()) {
            (Some(act), None) => act,
            (None, _) => return Err(Refusal::Request(format!("no act `{digits}` on {id} here; {see}"))),
            (Some(_), Some(_)) => {
                return Err(Refusal::Request(format!("several acts on {id} begin with `{digits}`; {see}")));
            }
        };
        if act.statement.by == self.identity.party.as_str() {
            return Err(Refusal::Request(format!(
                "act `{digits}` is this party's own; what it did, another act changes"
            )));
        }
        if act.statement.kind == ActStatement::DISPUTED {
            return Err(Refusal::Request(format!("act `{digits}` is itself a dispute")));
        }
        Ok(act.digest)
    }

    /// Keeps an act, ours or a partner's, and looks for what left that it speaks against.
    fn keep_act(&mut self, signed: Signed, statement: &ActStatement, now: Timestamp) -> Result<(), Refusal> {
        let id: AgreementId = statement.agreement.id.as_str().into();
        let before = self.agreements.get(&id).cloned();
        let digest = sha256(&signed.statement);
        self.keep(Op::Act { signed, known: now.as_second() })?;
        let words = serde_json::json!({
            "agreement": id.as_str(), "by": statement.by, "act": statement.kind, "date": statement.date,
            "admits": statement.admits, "disputes": statement.disputes.map(|digest| hex::encode(&digest)),
            "statement": hex::encode(&digest),
        });
        self.state(now, "act", words)?;
        match before {
            Some(before) => self.look_back_at_act(statement, digest, before, now),
            None => Ok(()),
        }
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

    /// A partner proposes a text.
    pub(crate) fn take_proposal(&mut self, from: &Party, text: String, now: Timestamp) -> Result<Said, Refusal> {
        let proposed = match agreement::parse(&text) {
            Ok(agreement) => agreement,
            Err(problems) => return Ok(refused(problems.first().map(ToString::to_string).unwrap_or_default())),
        };
        // It need not name us: who is admitted to a text gets it so. That we were, only the acts of all can say.
        if !proposed.parties.contains(from) || !proposed.acts.is_empty() {
            return Ok(refused("a proposal is a text of its sender, among others, and has no acts"));
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
        let act = KnownAct::read(&signed, now.as_second()).map_err(Refusal::Partner)?;
        // Sent twice is done once.
        if self.acts.iter().any(|known| known.digest == act.digest) {
            return Ok(accepted());
        }
        let (id, hash) = act.about();
        let earlier = self.acts.iter().filter(|known| known.statement.by == statement.by && known.about().0 == id);
        if earlier.count() >= MAX_ACTS {
            return Ok(refused(format!("{from} has done {MAX_ACTS} acts on {id} already")));
        }
        // Whom somebody has begun to admit may be a party before we know it: its acts are kept, and count from the day on
        // which it is one.
        let counts = self.agreements.get(&id);
        let text = counts.or_else(|| self.proposals.get(&(id.clone(), hash)));
        if text.is_some_and(|agreement| !agreement.names(from)) {
            return Ok(refused(format!("{from} is no party of {id}")));
        }
        let disputed = statement.disputes.and_then(|digest| self.acts.iter().find(|known| known.digest == digest));
        if disputed.is_some_and(|known| known.statement.by == statement.by || known.about().0 != id) {
            return Ok(refused("what it disputes is its own, or about another agreement"));
        }
        // Neither is a reason not to count it: an act lost on the way must not hide the suspension that follows.
        let feed = Feed { partner: from.clone(), lane: Lane::Urgent };
        if statement.previous != self.last_act(from, &id) {
            let why = format!("an act of {from} on {id} does not follow the last one that is known here");
            self.alarm(&feed, &why, &signed.statement, now)?;
        }
        if self.agreements.get(&id).is_some_and(|agreement| agreement.hash != hash) {
            let why = format!("{from} acts on another text of {id} than the one that counts here");
            self.alarm(&feed, &why, &signed.statement, now)?;
            return Ok(held(why));
        }
        self.keep_act(signed, &statement, now)?;
        Ok(accepted())
    }
}

/// Whether `newcomer` may be admitted from `date`, by `us`.
fn may_be_admitted(agreement: &Agreement, newcomer: &Party, us: &Party, date: Date) -> Result<(), Refusal> {
    let id = &agreement.id;
    if !is_party_code(newcomer.as_str()) {
        return Err(Refusal::Request(format!("`{newcomer}` is not the code of a party")));
    }
    if agreement.has_party(newcomer, date) {
        return Err(Refusal::Request(format!("{newcomer} is a party of {id}")));
    }
    if !agreement.missing_for(newcomer, date).contains(&us) {
        return Err(Refusal::Request(format!(
            "this party has admitted {newcomer} to {id} already; others have still to"
        )));
    }
    Ok(())
}
