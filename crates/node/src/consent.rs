//! Consent asked and answered as signed messages. The question is a decided release to whom it asks; the answer is
//! signed by whoever gives it and counts for one content of one record.

use entente_core::{
    Channel, Party, Purpose,
    agreement::clause::Action,
    time::Timestamp,
    view::Viewer,
    world::{Answers, Consent},
};
use entente_formats::{
    hex, request,
    wire::{Canonical, ConsentRequest, ConsentStatement, MAX_NOTE, Signed, payload},
};
use rand_core::CryptoRng;

use crate::{
    event::{Answer, RecordRef, Refusal},
    inbox::{Said, accepted, refused},
    judge::{Ask, Judged},
    op::{Op, Question, QuestionState},
    outbox::Letter,
    sequenced::{About, Warranted},
    state::{Key, Node},
    statement::Concerns,
};

/// What an answer that says yes means for a decision.
pub fn meaning(statement: &ConsentStatement) -> Consent {
    let question = &statement.question;
    Consent {
        by: statement.by.as_str().into(),
        answers: Answers::Record(question.record.as_str().into(), question.to.as_str().into()),
        action: if question.action == Action::Release.as_str() { Action::Release } else { Action::Display },
        purpose: Some(question.purpose.as_str().into()),
        until: question.until.and_then(|until| Timestamp::from_second(until).ok()),
    }
}

impl Node {
    #[expect(clippy::too_many_arguments, reason = "the parts of one question")]
    pub(crate) fn ask_consent(
        &mut self,
        by: &Viewer,
        name: &RecordRef,
        of: &Party,
        to: &Party,
        purpose: Option<Purpose>,
        channel: &Channel,
        until: Option<Timestamp>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        self.partner(of, now)?;
        if of == to {
            return Err(Refusal::Request(format!("`{of}` need not consent to what it is given itself")));
        }
        let held = self.find_for(name, by)?;
        let (record, digest) = (held.record(), held.digest);
        let provided_for = record.custody.last().map(|hop| hop.purpose.clone());
        let purpose = purpose.or(provided_for);
        let purpose = &purpose.ok_or_else(|| Refusal::Request("say what for, with --purpose".to_owned()))?;
        let ask = Ask { to: of, action: Action::Release, purpose, channel, at: now, under: None };
        let judged = self.judge(&record, ask);
        let (decision, label) = (self.decision_for(&judged.decision, &record, by), judged.label.clone());
        let Some(granted) = judged.decision.granted() else {
            self.log_decision(now, &judged, &[], None)?;
            return Ok(Answer::Asked { decision, label, question: None });
        };
        let mut request = [0; 16];
        rng.fill_bytes(&mut request);
        let question = ConsentRequest {
            request,
            originator: record.originator.to_string(),
            record: record.id.to_string(),
            digest,
            to: to.to_string(),
            action: Action::Release.as_str().to_owned(),
            purpose: purpose.to_string(),
            channel: channel.to_string(),
            until: until.map(Timestamp::as_second),
        };
        let about = About {
            originator: question.originator.clone(),
            record: question.record.clone(),
            purpose: purpose.to_string(),
            channel: channel.to_string(),
            under: Vec::new(),
        };
        let warranted = Warranted::question(granted, about, question.clone())
            .ok_or_else(|| Refusal::Ours("the grant is for another question".to_owned()))?;
        let (_, _, leaf) = self.sequence(&Letter::control(of), &warranted, now, rng)?;
        self.log_decision(now, &judged, &[], Some(&leaf))?;
        let kept =
            Question { ours: true, partner: of.clone(), question, state: QuestionState::Open, asked: now.as_second() };
        self.keep(Op::Question(kept.clone()))?;
        Ok(Answer::Asked { decision, label, question: Some(kept) })
    }

    pub(crate) fn answer_consent(
        &mut self,
        by: &Viewer,
        request: [u8; 16],
        granted: bool,
        note: Option<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let asked = self.questions.get(&(false, request)).filter(|asked| self.may_see_question(asked, by)).cloned();
        let Some(asked) = asked else {
            let number = hex::encode(&request);
            return Err(Refusal::Request(format!("no question `{number}` here; see `entente consent list`")));
        };
        if asked.state != QuestionState::Open {
            return Err(Refusal::Request(format!("the question is answered already: {}", asked.state.as_str())));
        }
        if note.as_ref().is_some_and(|note| note.len() > MAX_NOTE) {
            return Err(Refusal::Request(format!("a note has at most {MAX_NOTE} bytes")));
        }
        // A yes lets the record go on as if we gave it ourselves: it is decided so. What others gave us stays theirs, and
        // the decision says whom to ask on.
        let judged = if granted { Some(self.judge_question(&asked.question, now)?) } else { None };
        if let Some(judged) = &judged {
            self.log_decision(now, judged, &[], None)?;
            if judged.decision.granted().is_none() {
                let decision = self.decision_of(&about(&asked.question), &judged.decision, by);
                return Ok(Answer::Answered { decision, label: judged.label.clone(), sent: false });
            }
        }
        let statement = ConsentStatement {
            by: self.identity.party.to_string(),
            asked_by: asked.partner.to_string(),
            question: asked.question.clone(),
            granted,
            at: now.as_second(),
            note,
        };
        let signed = self.sign(payload::CONSENT, statement.to_bytes())?;
        self.sequence(&Letter::control(&asked.partner), &Warranted::answer(signed), now, rng)?;
        let state = if granted { QuestionState::Granted } else { QuestionState::Refused };
        let words = serde_json::json!({
            "originator": asked.question.originator, "record": asked.question.record, "to": asked.question.to,
            "asked_by": asked.partner.as_str(),
            "answer": state.as_str(), "note": statement.note,
        });
        let (key, partner) = (about(&asked.question), asked.partner.clone());
        self.keep(Op::Question(Question { state, ..asked }))?;
        let us = &self.identity.party;
        let concerns = Concerns::record(&key).between(us, us, &partner);
        self.state_of(now, "consent-answered", concerns, words)?;
        let decision = judged.as_ref().and_then(|judged| self.decision_of(&key, &judged.decision, by));
        Ok(Answer::Answered { decision, label: judged.map(|judged| judged.label).unwrap_or_default(), sent: true })
    }

    /// What a yes would permit, decided as if this party released the record to that recipient itself.
    fn judge_question(&self, question: &ConsentRequest, now: Timestamp) -> Result<Judged, Refusal> {
        let key = (question.originator.as_str().into(), question.record.as_str().into());
        let held = self.records.get(&key).ok_or_else(|| Refusal::NotFound(key.1.clone()))?;
        let action =
            request::action("action", &question.action).map_err(|error| Refusal::Request(error.to_string()))?;
        let ask = Ask {
            to: &question.to.as_str().into(),
            action,
            purpose: &question.purpose.as_str().into(),
            channel: &question.channel.as_str().into(),
            at: now,
            under: None,
        };
        Ok(self.judge(&held.record(), ask))
    }

    /// A partner asks us.
    pub(crate) fn take_question(
        &mut self,
        from: &Party,
        question: ConsentRequest,
        now: Timestamp,
    ) -> Result<Said, Refusal> {
        let key = (question.originator.as_str().into(), question.record.as_str().into());
        let is_ours = key.0 == self.identity.party;
        let is_given = self.may_have(&key, from);
        let is_meant = self.records.get(&key).is_some_and(|held| held.digest == question.digest);
        let is_new = !self.questions.contains_key(&(false, question.request));
        let is_possible = question.until.is_none_or(|until| Timestamp::from_second(until).is_ok())
            && request::action("action", &question.action).is_ok();
        // The answer to the sender is the same whether or not the record is here: a question must not find out what we
        // hold. Only what is ours, or what we gave to whoever asks, becomes a question to a person.
        if !(is_meant && is_new && is_possible && (is_ours || is_given)) {
            return Ok(accepted());
        }
        let words = serde_json::json!({ "originator": question.originator, "record": question.record, "to": question.to, "asked_by": from.as_str() });
        let key = about(&question);
        let kept = Question {
            ours: false,
            partner: from.clone(),
            question,
            state: QuestionState::Open,
            asked: now.as_second(),
        };
        self.keep(Op::Question(kept))?;
        let us = &self.identity.party;
        self.state_of(now, "consent-asked", Concerns::record(&key).between(us, from, us), words)?;
        Ok(accepted())
    }

    /// A partner answers us.
    pub(crate) fn take_answer(&mut self, from: &Party, signed: Signed, now: Timestamp) -> Result<Said, Refusal> {
        let statement = match ConsentStatement::from_bytes(&signed.statement) {
            Ok(statement) => statement,
            Err(error) => return Ok(refused(error)),
        };
        let partner = self.partner(from, now)?;
        if statement.by != from.as_str()
            || statement.asked_by != self.identity.party.as_str()
            || !partner.has_signed(payload::CONSENT, &signed.statement, &signed.signature)
        {
            return Ok(refused(format!("the answer is not signed by {from}")));
        }
        let Some(asked) = self.questions.get(&(true, statement.question.request)).cloned() else {
            return Ok(refused("it answers no question of ours"));
        };
        if asked.question != statement.question || asked.partner != *from || asked.state != QuestionState::Open {
            return Ok(refused("it answers another question than the one that is open"));
        }
        let state = if statement.granted { QuestionState::Granted } else { QuestionState::Refused };
        let words = serde_json::json!({
            "originator": asked.question.originator, "record": asked.question.record, "to": asked.question.to, "by": from.as_str(),
            "answer": state.as_str(), "note": statement.note,
        });
        let key = about(&asked.question);
        self.keep(Op::Question(Question { state, ..asked }))?;
        if statement.granted {
            self.keep(Op::Consent { signed, known: now.as_second() })?;
        }
        let us = &self.identity.party;
        self.state_of(now, "consent-answer", Concerns::record(&key).between(us, from, us), words)?;
        Ok(accepted())
    }
}

/// The record that a question is about.
fn about(question: &ConsentRequest) -> Key {
    (question.originator.as_str().into(), question.record.as_str().into())
}
