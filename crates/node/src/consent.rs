//! Consent asked and answered as signed messages. The question is a decided release to whom it asks; the answer is
//! signed by whoever gives it and counts for one content of one record.

use entente_core::{Channel, Party, Purpose, agreement::clause::Action, time::Timestamp};
use entente_formats::{
    hex,
    wire::{Canonical, ConsentRequest, ConsentStatement, Signed, payload},
};
use rand_core::CryptoRng;

use crate::{
    event::{Answer, RecordRef, Refusal},
    inbox::{Said, accepted, refused},
    judge::{Ask, Judged},
    op::{Op, Question, QuestionState},
    outbox::Letter,
    sequenced::{About, Warranted},
    state::Node,
};

impl Node {
    #[expect(clippy::too_many_arguments, reason = "the parts of one question")]
    pub(crate) fn ask_consent(
        &mut self,
        name: &RecordRef,
        of: &Party,
        to: &Party,
        purpose: &Purpose,
        channel: &Channel,
        until: Option<Timestamp>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        self.partner(of, now)?;
        if of == to {
            return Err(Refusal::Request(format!("`{of}` need not consent to what it is given itself")));
        }
        let held = self.find(name)?;
        let (record, digest) = (held.record.clone(), held.origin.digest);
        let ask = Ask { to: of, action: Action::Release, purpose, channel, at: now, under: None };
        let judged = self.judge(&record, ask);
        let Judged { decision, label, .. } = &judged;
        let (decision, label) = (decision.clone(), label.clone());
        let Some(granted) = decision.granted() else {
            self.log_decision(now, &judged, None)?;
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
            until: until.map(Timestamp::as_second),
        };
        let about = About {
            originator: question.originator.clone(),
            record: question.record.clone(),
            purpose: purpose.to_string(),
            channel: channel.to_string(),
            under: Vec::new(),
        };
        let warranted = Warranted::question(granted, about, question.clone());
        let (_, _, leaf) = self.sequence(&Letter::control(of), &warranted, now, rng)?;
        self.log_decision(now, &judged, Some(&leaf))?;
        let kept =
            Question { ours: true, partner: of.clone(), question, state: QuestionState::Open, asked: now.as_second() };
        self.keep(Op::Question(kept.clone()))?;
        Ok(Answer::Asked { decision, label, question: Some(kept) })
    }

    pub(crate) fn answer_consent(
        &mut self,
        request: [u8; 16],
        granted: bool,
        note: Option<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let Some(asked) = self.questions.get(&(false, request)).cloned() else {
            return Err(Refusal::Request(format!(
                "no question `{}` here; see `entente consent list`",
                hex::encode(&request)
            )));
        };
        if asked.state != QuestionState::Open {
            return Err(Refusal::Request(format!("the question is answered already: {}", asked.state.as_str())));
        }
        let statement = ConsentStatement {
            by: self.identity.party.to_string(),
            question: asked.question.clone(),
            granted,
            at: now.as_second(),
            note,
        };
        let signed = self.sign(payload::CONSENT, statement.to_bytes())?;
        self.sequence(&Letter::control(&asked.partner), &Warranted::answer(signed), now, rng)?;
        let state = if granted { QuestionState::Granted } else { QuestionState::Refused };
        let words = serde_json::json!({
            "record": asked.question.record, "to": asked.question.to, "asked_by": asked.partner.as_str(),
            "answer": state.as_str(), "note": statement.note,
        });
        self.keep(Op::Question(Question { state, ..asked }))?;
        self.state(now, "consent-answered", words)?;
        Ok(Answer::Done)
    }

    /// A partner asks us.
    pub(crate) fn take_question(
        &mut self,
        from: &Party,
        question: ConsentRequest,
        now: Timestamp,
    ) -> Result<Said, Refusal> {
        let key = (question.originator.as_str().into(), question.record.as_str().into());
        // Whoever asks names the content: an id alone would let it find out which ids we use.
        if self.records.get(&key).is_none_or(|held| held.origin.digest != question.digest) {
            return Ok(refused("no such record is held here"));
        }
        if self.questions.contains_key(&(false, question.request)) {
            return Ok(refused("the question's number is used already"));
        }
        let words = serde_json::json!({ "record": question.record, "to": question.to, "asked_by": from.as_str() });
        let kept = Question {
            ours: false,
            partner: from.clone(),
            question,
            state: QuestionState::Open,
            asked: now.as_second(),
        };
        self.keep(Op::Question(kept))?;
        self.state(now, "consent-asked", words)?;
        Ok(accepted())
    }

    /// A partner answers us.
    pub(crate) fn take_answer(&mut self, from: &Party, signed: Signed, now: Timestamp) -> Result<Said, Refusal> {
        let statement = match ConsentStatement::from_bytes(&signed.statement) {
            Ok(statement) => statement,
            Err(error) => return Ok(refused(error)),
        };
        let partner = self.partner(from, now)?;
        if statement.by != from.as_str() || !partner.has_signed(payload::CONSENT, &signed.statement, &signed.signature)
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
            "record": asked.question.record, "to": asked.question.to, "by": from.as_str(),
            "answer": state.as_str(), "note": statement.note,
        });
        self.keep(Op::Question(Question { state, ..asked }))?;
        if statement.granted {
            self.keep(Op::Consent(signed))?;
        }
        self.state(now, "consent-answer", words)?;
        Ok(accepted())
    }
}
