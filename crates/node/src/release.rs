//! A release: a record, new or held, decided for each recipient, sealed to it and given its place in the feed.

use entente_core::{
    AgreementId, Party, Record,
    agreement::{
        Agreement,
        clause::{Action, Exempts, Kind},
    },
    decide::Granted,
    record::{Onward, Status},
    time::{Date, Timestamp, day_of},
    view::Viewer,
};
use entente_formats::{
    label,
    wire::{HopStatement, MAX_CONTENT, MAX_WORD, Signed, Version, payload},
};
use entente_seal::Precedence;
use rand_core::CryptoRng;

use crate::{
    content::OfferedContent,
    enter::Content,
    event::{Answer, Draft, Outcome, RecordRef, Refusal, Release, Source},
    judge::Ask,
    lane::Lane,
    op::{Op, StoredApproval},
    outbox::Letter,
    sequenced::{About, Warranted},
    state::Node,
    statement::Concerns,
};

/// The longest content on the urgent lane: what is urgent must not wait behind what is large.
const MAX_URGENT: usize = 1024 * 1024;

impl Node {
    pub(crate) fn release(
        &mut self,
        release: Release,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        self.check_release(&release, now)?;
        let (record, origin, content) = match release.source.clone() {
            Source::New(draft) => self.enter(draft, None, &release.by, now, rng)?,
            Source::NewLarge(draft, content) => self.enter(draft, Some(content), &release.by, now, rng)?,
            Source::Held(name, content) => self.held_with(&name, Content::Inline(content), &release.by)?,
            Source::HeldLarge(name, content) => self.held_with(&name, Content::Large(content), &release.by)?,
        };
        let mut outcomes = Vec::new();
        for party in &release.to {
            let outcome = self.release_to(party, &record, &origin, &content, &release, false, now, rng)?;
            outcomes.push((party.clone(), outcome));
        }
        Ok(Answer::Released { record: record.id, outcomes })
    }

    /// A record that is held, with its content from the store.
    pub(crate) fn held_with(
        &self,
        name: &RecordRef,
        content: Content,
        by: &Viewer,
    ) -> Result<(Record, Signed, Content), Refusal> {
        let held = self.find_for(name, by)?;
        if let Some(why) = self.out_of_use(&held.record()) {
            return Err(Refusal::Request(why));
        }
        if self.contents.is_missing(&held.key()) {
            return Err(Refusal::Request(format!("the content of `{}` is still arriving", name.id)));
        }
        if content.digest() != held.digest {
            let id = &name.id;
            return Err(Refusal::Ours(format!("the content of `{id}` in the store is not what was signed")));
        }
        let origin = self.as_it_goes_out(&held.alike().originator, payload::ORIGIN, &held.signed())?;
        Ok((held.record(), origin, content))
    }

    /// Everything that can be wrong with what the person asked for, before anything changes.
    pub(crate) fn check_release(&self, release: &Release, now: Timestamp) -> Result<(), Refusal> {
        // Before anything else that could be wrong: what may not be seen has one answer, whatever is asked of it.
        let held = match &release.source {
            Source::New(_) | Source::NewLarge(..) => None,
            Source::Held(name, _) | Source::HeldLarge(name, _) => Some(self.find_for(name, &release.by)?),
        };
        if release.to.is_empty() {
            return Err(Refusal::Request("name at least one recipient".into()));
        }
        if [release.purpose.as_str(), release.channel.as_str()].iter().any(|word| word.len() > MAX_WORD) {
            return Err(Refusal::Request(format!("purposes and channels have at most {MAX_WORD} bytes")));
        }
        for party in &release.to {
            if *party == self.identity.party {
                return Err(Refusal::Request(format!("`{party}` is this node itself")));
            }
            self.partner(party, now)?;
            if self.is_closed_to(party) {
                return Err(Refusal::Request(crate::restore::closed(party)));
            }
        }
        let label = match &release.source {
            // Nobody is shown it.
            _ if self.guards.is_empty() => String::new(),
            // One that does not parse enters nothing.
            Source::New(draft) | Source::NewLarge(draft, _) => {
                label::parse(&draft.label).map_or_else(|_| String::new(), |label| label::write(&label))
            }
            Source::Held(..) | Source::HeldLarge(..) => held.map_or_else(String::new, |held| held.origin().label),
        };
        release.to.iter().try_for_each(|party| self.check_showable(party, &label))?;
        if let Some(unknown) = release.under.iter().flatten().find(|id| !self.agreements.contains_key(*id)) {
            let proposed = self.proposals.keys().any(|(id, _)| id == unknown);
            let why = if proposed { "is only proposed: this party has not acted on it" } else { "is not known here" };
            return Err(Refusal::Request(format!("agreement `{unknown}` {why}")));
        }
        let content: &[u8] = match &release.source {
            Source::New(draft) => &draft.content,
            Source::Held(_, content) => content,
            Source::NewLarge(_, large) | Source::HeldLarge(_, large) => {
                large.check().map_err(Refusal::Request)?;
                &[]
            }
        };
        if let Source::New(draft) | Source::NewLarge(draft, _) = &release.source {
            check_size(draft)?;
        }
        let (limit, lane) = match lane(release.precedence) {
            Lane::Urgent => (MAX_URGENT, "at this precedence"),
            Lane::Routine => (MAX_CONTENT, "in one record"),
        };
        if content.len() > limit {
            let length = content.len();
            return Err(Refusal::Request(format!("the content has {length} bytes; at most {limit} travel {lane}")));
        }
        Ok(())
    }

    /// Whether a record can go to a party at all, whatever the decision says.
    pub(crate) fn check_recipient(&self, party: &Party, record: &Record, now: Timestamp) -> Result<(), Refusal> {
        if *party == self.identity.party {
            return Err(Refusal::Request(format!("`{party}` is this node itself")));
        }
        self.partner(party, now)?;
        if self.is_closed_to(party) {
            return Err(Refusal::Request(crate::restore::closed(party)));
        }
        self.check_showable(party, &label::write(&record.label))
    }

    #[expect(clippy::too_many_arguments, reason = "the record, and the release that it is part of")]
    pub(crate) fn release_to(
        &mut self,
        to: &Party,
        record: &Record,
        origin: &Signed,
        content: &Content,
        release: &Release,
        is_confirmed: bool,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Outcome, Refusal> {
        let ask = Ask {
            to,
            action: Action::Release,
            purpose: &release.purpose,
            channel: &release.channel,
            at: now,
            under: release.under.as_deref(),
        };
        let judged = self.judge(record, ask);
        let (decision, label) = (self.decision_for(&judged.decision, record, &release.by), judged.label.clone());
        let Some(granted) = judged.decision.granted() else {
            self.log_decision(now, &judged, &[], None)?;
            return Ok(Outcome::Denied { decision, label });
        };
        let Some(under) = self.chosen(granted, release.under.is_some()) else {
            let choices = granted.usable().iter().map(|id| (id.clone(), self.onward_words(id, day_of(now)))).collect();
            return Ok(Outcome::Choose { decision, label, choices });
        };
        if !is_confirmed
            && self.needs_second(record, to)
            && !self.is_emergency(&record.originator, record.id.as_str(), to, now)
        {
            let number = self.propose_release(granted, &under, record, release, to, now)?;
            self.log_decision(now, &judged, &[], None)?;
            return Ok(Outcome::Waits { decision, label, number });
        }
        let about = About {
            originator: record.originator.to_string(),
            record: record.id.to_string(),
            purpose: release.purpose.to_string(),
            channel: release.channel.to_string(),
            under: under.iter().map(ToString::to_string).collect(),
        };
        let hop = HopStatement {
            under: under.iter().filter_map(|id| self.agreements.get(id)).map(version).collect(),
            purpose: release.purpose.to_string(),
            ask_onward: granted.onward() == Onward::Ask,
        };
        let letter = Letter {
            to: to.clone(),
            lane: lane(release.precedence),
            precedence: release.precedence,
            status: envelope_status(record.status),
            expires: release.expires.map(Timestamp::as_second),
        };
        let (warranted, reference) = match content {
            Content::Inline(content) => (Warranted::record(granted, about, origin.clone(), hop, content.clone()), None),
            Content::Large(content) => {
                let reference = content.reference(to);
                let reference = reference.ok_or_else(|| Refusal::Ours(format!("the content is not sealed to {to}")))?;
                let warranted = Warranted::large_record(granted, about, origin.clone(), hop, reference.clone());
                (warranted, Some((content.digest, reference)))
            }
        };
        let warranted = warranted.ok_or_else(|| Refusal::Ours("the grant is for another release".to_owned()))?;
        let (feed, index, leaf) = self.sequence(&letter, &warranted, now, rng)?;
        if let Some((digest, reference)) = reference {
            let (length, sealed) = (reference.length, reference.sealed);
            let offered = OfferedContent { feed: feed.clone(), index, leaf, digest, length, sealed };
            self.keep(Op::ContentOffered(offered, Some(reference.key)))?;
        }
        self.log_decision(now, &judged, &under, Some(&leaf))?;
        Ok(Outcome::Sequenced { decision, label, under, feed, index })
    }

    /// The agreements to give it under: those named, the only one, or the one that the national rules prefer.
    fn chosen(&self, granted: &Granted, named: bool) -> Option<Vec<AgreementId>> {
        let usable = granted.usable();
        if named || usable.len() < 2 {
            return Some(usable.to_vec());
        }
        let rules = self.national.get(&self.identity.party)?;
        rules.prefer.iter().find(|id| usable.contains(id)).map(|id| vec![id.clone()])
    }

    /// What giving it under this agreement means for handing it on.
    fn onward_words(&self, id: &AgreementId, today: Date) -> String {
        let Some(agreement) = self.agreements.get(id) else { return String::new() };
        let third_party = agreement.clauses.iter().find_map(|clause| match &clause.kind {
            Kind::ThirdParty { exempts, .. } => Some((&clause.id, *exempts)),
            _ => None,
        });
        let parties = agreement.parties_on(today).into_iter().map(Party::as_str).collect::<Vec<_>>().join(", ");
        match third_party {
            Some((clause, Exempts::Parties)) => {
                format!("may move among {parties} ({}); beyond them by consent", entente_core::explain::article(clause))
            }
            Some((clause, Exempts::None)) => {
                format!("goes no further without consent ({})", entente_core::explain::article(clause))
            }
            None => "says nothing of handing it on".to_owned(),
        }
    }

    pub(crate) fn approve(
        &mut self,
        by: &Viewer,
        name: &RecordRef,
        to: &Party,
        note: String,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let held = self.find_for(name, by)?;
        let (record, key) = (held.record(), held.key());
        let approval = StoredApproval {
            originator: record.originator.to_string(),
            record: record.id.to_string(),
            to: to.to_string(),
            action: Action::Release.as_str().to_owned(),
            at: now.as_second(),
            note,
            until: None,
        };
        let statement = serde_json::json!(approval);
        self.keep(Op::Approval(approval))?;
        let concerns = Concerns::record(&key).between(&self.identity.party, &self.identity.party, to);
        self.state_of(now, "approval", concerns, statement)?;
        Ok(Answer::Done)
    }
}

/// What enters at once, a record with its versions, must fit.
pub(crate) fn check_size(draft: &Draft) -> Result<(), Refusal> {
    let length = draft.versions.iter().map(|version| version.content.len()).sum::<usize>() + draft.content.len();
    if length > MAX_CONTENT {
        let message = format!("{length} bytes; at most {MAX_CONTENT} enter at once, a record with its versions");
        return Err(Refusal::Request(message));
    }
    Ok(())
}

/// The lane of a precedence.
pub fn lane(precedence: Precedence) -> Lane {
    match precedence {
        Precedence::Flash | Precedence::Immediate => Lane::Urgent,
        Precedence::Priority | Precedence::Routine => Lane::Routine,
    }
}

/// An agreement in the version that we know.
pub(crate) fn version(agreement: &Agreement) -> Version {
    Version { id: agreement.id.to_string(), hash: agreement.hash.0 }
}

pub(crate) fn envelope_status(status: Status) -> entente_seal::Status {
    match status {
        Status::Actual => entente_seal::Status::Actual,
        Status::Exercise => entente_seal::Status::Exercise,
        Status::Test => entente_seal::Status::Test,
    }
}
