//! Consents given beforehand, to whatever fits; and consents of either kind taken back.
//!
//! A standing consent names subjects, a highest level and recipients, not a record. Each holder gets a statement of its
//! own, which serves nobody else and tells it of nobody else. A withdrawal counts from the moment in which it is
//! received; what left before stays what it was.

use entente_core::{
    Level, Party,
    agreement::{Between, Force, clause::Set},
    time::{Timestamp, day_of},
    view::Viewer,
    world::{Answers, Consent},
};
use entente_formats::{
    hex, request,
    wire::{Canonical, ConsentWithdrawal, Signed, StandingConsent, payload},
};
use rand_core::CryptoRng;

use crate::{
    event::{Answer, GrantStanding, Refusal},
    inbox::{Said, accepted, refused},
    op::{Op, Question, QuestionState},
    outbox::Letter,
    sequenced::Warranted,
    state::{Kept, Node},
};

/// The most standing consents of one party for one holder.
const MAX_STANDING: usize = 1000;

/// A consent as its withdrawal names it: who gave it, to whom, and its number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WithdrawnConsent {
    /// Who gave it.
    pub by: Party,
    /// Who could rely on it.
    pub holder: Party,
    /// The number of the standing consent, or of the question that was answered.
    pub number: [u8; 16],
}

impl WithdrawnConsent {
    pub(crate) fn read(signed: &Signed) -> Result<Self, String> {
        let statement = ConsentWithdrawal::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
        Ok(Self { by: statement.by.into(), holder: statement.holder.into(), number: statement.number })
    }

    /// The name of a standing consent.
    pub(crate) fn standing(consent: &StandingConsent) -> Self {
        let StandingConsent { by, holder, number, .. } = consent;
        Self { by: by.as_str().into(), holder: holder.as_str().into(), number: *number }
    }
}

/// What a standing consent means for a decision.
///
/// # Errors
/// A sentence, when it means nothing.
pub fn meaning(statement: &StandingConsent) -> Result<Consent, String> {
    let StandingConsent { by, subjects, max, to, action, purpose, until, .. } = statement;
    let any = subjects.iter().any(|subject| subject == "*");
    if subjects.is_empty() || (any && subjects.len() > 1) {
        return Err("a standing consent names subjects, or `*` alone".to_owned());
    }
    let subjects =
        if any { Set::Any } else { Set::Of(subjects.iter().map(|subject| subject.as_str().into()).collect()) };
    let until = until.map(|until| Timestamp::from_second(until).map_err(|_| "its end is no moment".to_owned()));
    Ok(Consent {
        by: by.as_str().into(),
        answers: Answers::Standing {
            subjects,
            max: Level::from_banner(max).ok_or_else(|| format!("unknown level `{max}`"))?,
            to: to.as_deref().map(Into::into),
        },
        action: request::action("action", action).map_err(|error| error.to_string())?,
        purpose: purpose.as_deref().map(Into::into),
        until: until.transpose()?,
    })
}

impl Node {
    pub(crate) fn grant_standing(
        &mut self,
        grant: GrantStanding,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        if grant.authority.trim().is_empty() {
            return Err(Refusal::Request("say by which authority, with --note".to_owned()));
        }
        if grant.until.is_some_and(|until| until < now) {
            return Err(Refusal::Request("its end is past already".to_owned()));
        }
        self.check_restrictions(&grant)?;
        let holders = self.holders(&grant, now)?;
        let mut number = [0; 16];
        rng.fill_bytes(&mut number);
        for holder in &holders {
            let statement = StandingConsent {
                by: self.identity.party.to_string(),
                holder: holder.to_string(),
                number,
                subjects: match &grant.subjects {
                    Set::Any => vec!["*".to_owned()],
                    Set::Of(subjects) => subjects.iter().map(ToString::to_string).collect(),
                },
                max: grant.max.to_string(),
                to: grant.to.as_ref().map(ToString::to_string),
                action: grant.action.as_str().to_owned(),
                purpose: grant.purpose.as_ref().map(ToString::to_string),
                until: grant.until.map(Timestamp::as_second),
                at: now.as_second(),
                authority: grant.authority.clone(),
            };
            statement.check().map_err(|error| Refusal::Request(error.to_string()))?;
            meaning(&statement).map_err(Refusal::Request)?;
            let signed = self.sign(payload::STANDING_CONSENT, statement.to_bytes())?;
            self.keep_standing(signed.clone(), &statement, now)?;
            self.sequence(&Letter::control(holder), &Warranted::standing(signed), now, rng)?;
        }
        Ok(Answer::Standing { number, holders })
    }

    /// What this party's own rules forbid, it does not allow others to do in its place.
    fn check_restrictions(&self, grant: &GrantStanding) -> Result<(), Refusal> {
        let rules = self.national.get(&self.identity.party).into_iter().flat_map(|rules| &rules.restrictions);
        let holds = rules.into_iter().find(|rule| {
            let subjects = match (&rule.subjects, &grant.subjects) {
                (Set::Any, _) | (_, Set::Any) => true,
                (Set::Of(barred), Set::Of(given)) => barred.iter().any(|subject| given.contains(subject)),
            };
            let to = match (&rule.to, &grant.to) {
                (Set::Any, _) | (_, None) => true,
                (Set::Of(barred), Some(to)) => barred.contains(to),
            };
            subjects && to
        });
        match holds {
            Some(rule) => Err(Refusal::Request(format!(
                "this party's own rules restrict a part of that: {}; give one that leaves it out",
                rule.reason
            ))),
            None => Ok(()),
        }
    }

    /// Whom a consent concerns: those named, or every partner with whom a text that may cover is in force. The recipient
    /// needs nobody's consent to have what it has.
    fn holders(&self, grant: &GrantStanding, now: Timestamp) -> Result<Vec<Party>, Refusal> {
        let us = &self.identity.party;
        if let Some(holder) = grant.holders.iter().find(|holder| *holder == us || grant.to.as_ref() == Some(*holder)) {
            return Err(Refusal::Request(format!("`{holder}` needs no such consent of {us}")));
        }
        grant.holders.iter().try_for_each(|holder| self.partner(holder, now).map(drop))?;
        if !grant.holders.is_empty() {
            return Ok(grant.holders.clone());
        }
        let today = day_of(now);
        let shares = |party: &Party| {
            let mut texts = self.agreements.values().filter(|agreement| agreement.force != Force::Political);
            texts.any(|agreement| agreement.between(us, party, today) == Between::InForce)
        };
        let others = self.partners.keys().filter(|party| *party != us && grant.to.as_ref() != Some(*party));
        let holders: Vec<Party> = others.filter(|party| shares(party) && self.can_reach(party, now)).cloned().collect();
        if holders.is_empty() {
            let message = "nobody could rely on it: no text is in force with any other partner; name one with --holder";
            return Err(Refusal::Request(message.to_owned()));
        }
        Ok(holders)
    }

    fn keep_standing(&mut self, signed: Signed, statement: &StandingConsent, now: Timestamp) -> Result<(), Refusal> {
        self.keep(Op::Standing { signed, known: now.as_second() })?;
        let StandingConsent { by, holder, number, subjects, max, to, action, purpose, until, authority, .. } =
            statement;
        let words = serde_json::json!({
            "by": by, "holder": holder, "number": hex::encode(number), "subjects": subjects, "max": max, "to": to,
            "action": action, "purpose": purpose, "until": until, "authority": authority,
        });
        self.state(now, "standing-consent", words)
    }

    /// A partner consents beforehand.
    pub(crate) fn take_standing(&mut self, from: &Party, signed: Signed, now: Timestamp) -> Result<Said, Refusal> {
        let read = StandingConsent::from_bytes(&signed.statement);
        let statement = match read.and_then(|statement| statement.check().map(|()| statement)) {
            Ok(statement) => statement,
            Err(error) => return Ok(refused(error)),
        };
        let is_signed =
            self.partner(from, now)?.has_signed(payload::STANDING_CONSENT, &signed.statement, &signed.signature);
        if statement.by != from.as_str() || statement.holder != self.identity.party.as_str() || !is_signed {
            return Ok(refused(format!("the standing consent is not signed by {from} for us")));
        }
        if let Err(why) = meaning(&statement) {
            return Ok(refused(why));
        }
        let mut of_giver = self.standing.iter().filter(|known| known.statement.by == statement.by);
        if of_giver.clone().any(|known| known.statement.number == statement.number) {
            // Sent twice is given once; two under one number would be withdrawn by one word that means another.
            let is_same = of_giver.any(|known| known.statement == statement);
            return Ok(if is_same { accepted() } else { refused("another standing consent has this number") });
        }
        if of_giver.count() >= MAX_STANDING {
            return Ok(refused(format!("{from} has given {MAX_STANDING} standing consents already")));
        }
        self.keep_standing(signed, &statement, now)?;
        Ok(accepted())
    }

    pub(crate) fn withdraw_consent(
        &mut self,
        by: &Viewer,
        number: [u8; 16],
        note: Option<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let us = self.identity.party.clone();
        let answered = self.questions.get(&(false, number)).filter(|question| self.may_see_question(question, by));
        let answered = answered.filter(|question| question.state == QuestionState::Granted).cloned();
        let of_number = self.standing.iter().map(|known| &known.statement);
        let of_number = of_number.filter(|given| given.by == us.as_str() && given.number == number);
        let names = of_number.map(WithdrawnConsent::standing);
        let names = names.chain(answered.iter().map(|question| self.answered(question)));
        let names: Vec<WithdrawnConsent> = names.filter(|name| !self.withdrawn.contains_key(name)).collect();
        if names.is_empty() {
            let number = hex::encode(&number);
            return Err(Refusal::Request(format!(
                "no consent `{number}` of {us} that counts; see `entente consent list`"
            )));
        }
        let mut holders = Vec::new();
        for WithdrawnConsent { holder, .. } in names {
            let statement = ConsentWithdrawal {
                by: us.to_string(),
                holder: holder.to_string(),
                number,
                at: now.as_second(),
                note: note.clone(),
            };
            statement.check().map_err(|error| Refusal::Request(error.to_string()))?;
            let signed = self.sign(payload::CONSENT_WITHDRAWAL, statement.to_bytes())?;
            self.keep_withdrawal(signed.clone(), &statement, now)?;
            self.sequence(&Letter::control(&holder), &Warranted::consent_withdrawal(signed), now, rng)?;
            holders.push(holder);
        }
        if let Some(question) = answered {
            self.keep(Op::Question(Question { state: QuestionState::Withdrawn, ..question }))?;
        }
        Ok(Answer::Withdrawn { holders })
    }

    /// The consent that our yes to a question was.
    fn answered(&self, question: &Question) -> WithdrawnConsent {
        let number = question.question.request;
        WithdrawnConsent { by: self.identity.party.clone(), holder: question.partner.clone(), number }
    }

    fn keep_withdrawal(
        &mut self,
        signed: Signed,
        statement: &ConsentWithdrawal,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.keep(Op::ConsentWithdrawal { signed, known: now.as_second() })?;
        let ConsentWithdrawal { by, holder, number, note, .. } = statement;
        let words = serde_json::json!({ "by": by, "holder": holder, "number": hex::encode(number), "note": note });
        self.state(now, "consent-withdrawn", words)
    }

    /// A partner withdraws a consent of its own.
    pub(crate) fn take_consent_withdrawal(
        &mut self,
        from: &Party,
        signed: Signed,
        now: Timestamp,
    ) -> Result<Said, Refusal> {
        let read = ConsentWithdrawal::from_bytes(&signed.statement);
        let statement = match read.and_then(|statement| statement.check().map(|()| statement)) {
            Ok(statement) => statement,
            Err(error) => return Ok(refused(error)),
        };
        let us = self.identity.party.as_str();
        let is_signed =
            self.partner(from, now)?.has_signed(payload::CONSENT_WITHDRAWAL, &signed.statement, &signed.signature);
        if statement.by != from.as_str() || statement.holder != us || !is_signed {
            return Ok(refused(format!("the withdrawal is not signed by {from} for us")));
        }
        let name = WithdrawnConsent::read(&signed).map_err(Refusal::Partner)?;
        if self.withdrawn.contains_key(&name) {
            return Ok(accepted());
        }
        let standing = self.standing.iter().any(|known| WithdrawnConsent::standing(&known.statement) == name);
        let single =
            self.consents.values().flatten().any(|known| {
                known.statement.by == from.as_str() && known.statement.question.request == statement.number
            });
        if !standing && !single {
            return Ok(refused(format!("it withdraws no consent of {from} that is here")));
        }
        self.keep_withdrawal(signed.clone(), &statement, now)?;
        if let Some(question) = self.questions.get(&(true, statement.number)).cloned()
            && question.partner == *from
        {
            self.keep(Op::Question(Question { state: QuestionState::Withdrawn, ..question }))?;
        }
        self.look_back_at_withdrawal(&name, &statement, &signed, now)?;
        Ok(accepted())
    }

    /// The standing consents, given to us and by us, each with the moment in which it was withdrawn, if it was.
    pub fn standing_consents(&self) -> impl Iterator<Item = (&Kept<StandingConsent>, Option<i64>)> {
        self.standing.iter().map(|known| {
            let name = WithdrawnConsent::standing(&known.statement);
            (known, self.withdrawn.get(&name).copied())
        })
    }

    /// What those of them mean that were given to us and are not withdrawn.
    pub(crate) fn standing_to_us(&self) -> Vec<Consent> {
        let us = self.identity.party.as_str();
        let to_us =
            self.standing_consents().filter(|(given, withdrawn)| given.statement.holder == us && withdrawn.is_none());
        to_us.filter_map(|(given, _)| meaning(&given.statement).ok()).collect()
    }

    /// Whether an action may rest on a standing consent of `by` although a hop provided by it says `ask`: never. What the
    /// provider has from others is asked about singly, so that it can ask on.
    pub(crate) fn says_ask(record: &entente_core::Record, by: &Party) -> bool {
        let hops = std::iter::once(record).chain(record.sources()).flat_map(|member| &member.custody);
        hops.into_iter().any(|hop| hop.from == *by && hop.onward == entente_core::record::Onward::Ask)
    }
}
