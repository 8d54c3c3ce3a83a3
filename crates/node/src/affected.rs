//! What becomes known late. An act with an earlier date, or a withdrawal that was signed before it was received, rewrites
//! no verdict: what left, left by right as it was known then. It yields the releases that would have been denied, had we
//! known; a person looks at each and answers. Partners are told nothing of it.
//!
//! A release is looked at as of the moment in which it left, with the consents of that moment and everything that is
//! known of the agreements now: once without the news and once with it. Only what the news adds is held against it.

use entente_core::{
    Party, Record,
    agreement::{Agreement, clause::Action},
    decide::{Block, Decision, Gate},
    time::{Date, Timestamp, day_of},
    view::Viewer,
    world::Agreements,
};
use entente_formats::{
    hex,
    request::Answer as AnswerLine,
    wire::{ActStatement, ConsentWithdrawal, MAX_NOTE, Signed},
};

use crate::{
    event::{Answer, RecordRef, Refusal},
    judge::{Ask, Permissions},
    lane::Feed,
    op::{Affected, Op},
    sequenced::About,
    standing::WithdrawnConsent,
    state::{Node, sha256},
};

/// What became known late.
struct News {
    words: String,
    statement: [u8; 32],
}

impl Node {
    /// An act of ours or of a partner: which releases since its day does it speak against?
    pub(crate) fn look_back_at_act(
        &mut self,
        act: &ActStatement,
        digest: [u8; 32],
        before: Agreement,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Ok(day) = act.date.parse::<Date>() else { return Ok(()) };
        // What left before its day, it does not touch. Those that left are at most of today.
        if day > day_of(now) || self.agreements.get(&before.id).is_none_or(|after| after.acts == before.acts) {
            return Ok(());
        }
        let id = before.id.clone();
        let mut without: Agreements = (*self.agreements).clone();
        without.insert(id.clone(), before);
        let found = self.speaks_against(
            |left| day_of(left) >= day,
            |about, to, left| {
                let permissions =
                    |record: &Record| self.permissions(record, left.as_second(), Some(left.as_second()), None);
                let then = self.decide_back(&self.agreements, about, to, left, permissions)?;
                let without = || self.decide_back(&without, about, to, left, permissions);
                added(then, without, about)
            },
        );
        let words = format!("{}: {} of {} on {}", id, act.kind.replace('-', " "), act.by, act.date);
        self.keep_affected(found, &News { words, statement: digest }, now)
    }

    /// A consent was withdrawn: what left on it after that was signed, and before it was received?
    pub(crate) fn look_back_at_withdrawal(
        &mut self,
        name: &WithdrawnConsent,
        withdrawal: &ConsentWithdrawal,
        signed: &Signed,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let found = self.speaks_against(
            |left| left.as_second() >= withdrawal.at,
            |about, to, left| {
                let at = Some(left.as_second());
                let then = self.decide_back(&self.agreements, about, to, left, |record: &Record| {
                    self.permissions(record, left.as_second(), at, Some(name))
                })?;
                let without = || {
                    self.decide_back(&self.agreements, about, to, left, |record: &Record| {
                        self.permissions(record, left.as_second(), at, None)
                    })
                };
                added(then, without, about)
            },
        );
        let at = Timestamp::from_second(withdrawal.at).unwrap_or(now);
        let words = format!("consent {} of {} was withdrawn at {at}", hex::encode(&name.number), name.by);
        self.keep_affected(found, &News { words, statement: sha256(&signed.statement) }, now)
    }

    /// The entries that left in the period, and what `judge` holds against them.
    fn speaks_against(
        &self,
        is_meant: impl Fn(Timestamp) -> bool,
        judge: impl Fn(&About, &Party, Timestamp) -> Option<Decision>,
    ) -> Vec<(Feed, u64, About, Timestamp, Decision)> {
        let entries = self.outgoing.iter().flat_map(|(feed, out)| (0..).zip(&out.left).map(move |entry| (feed, entry)));
        let left = entries.filter_map(|(feed, (index, left))| {
            let left = left.as_ref()?;
            let at = Timestamp::from_second(left.at?).ok().filter(|at| is_meant(*at))?;
            let about = left.about();
            let decision = judge(&about, &feed.partner, at)?;
            Some((feed.clone(), index, about, at, decision))
        });
        left.collect()
    }

    /// Decides about what left, as of the moment in which it left. None when the record is not here any more.
    fn decide_back(
        &self,
        agreements: &Agreements,
        about: &About,
        to: &Party,
        left: Timestamp,
        permissions: impl Fn(&Record) -> Permissions,
    ) -> Option<Decision> {
        let record = &self.records.get(&about.key())?.record();
        let under = about.agreements();
        let ask = Ask {
            to,
            action: Action::Release,
            purpose: &about.purpose.as_str().into(),
            channel: &about.channel.as_str().into(),
            at: left,
            under: (!under.is_empty()).then_some(under.as_slice()),
        };
        Some(self.judge_on(agreements, permissions(record), record, ask).decision)
    }

    fn keep_affected(
        &mut self,
        found: Vec<(Feed, u64, About, Timestamp, Decision)>,
        news: &News,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if found.is_empty() {
            return Ok(());
        }
        let first = self.affected.keys().next_back().map_or(1, |last| last + 1);
        let mut entries = Vec::new();
        for (number, (feed, index, about, left, decision)) in (first..).zip(found) {
            let affected = Affected {
                number,
                originator: about.originator,
                record: about.record,
                to: feed.partner.to_string(),
                lane: feed.lane.as_str().to_owned(),
                index,
                under: about.under,
                left: left.as_second(),
                cause: news.words.clone(),
                statement: hex::encode(&news.statement),
                known: now.as_second(),
                would: AnswerLine::from(&decision),
                answered: None,
            };
            entries.push(serde_json::json!({
                "number": number, "record": affected.record, "originator": affected.originator, "to": affected.to,
                "lane": affected.lane, "index": index, "would": affected.would,
            }));
            self.keep(Op::Affected(affected))?;
        }
        let statement = hex::encode(&news.statement);
        self.state(
            now,
            "affected",
            serde_json::json!({ "cause": news.words, "statement": statement, "releases": entries }),
        )
    }

    /// The releases that something learnt later speaks against, of records that the viewer may see.
    pub fn affected(&self, viewer: &Viewer) -> impl Iterator<Item = &Affected> {
        self.affected.values().filter(|affected| self.may_see_affected(affected, viewer))
    }

    fn may_see_affected(&self, affected: &Affected, viewer: &Viewer) -> bool {
        let originator = Some(affected.originator.as_str().into());
        self.find_for(&RecordRef { originator, id: affected.record.as_str().into() }, viewer).is_ok()
    }

    pub(crate) fn answer_affected(
        &mut self,
        by: &Viewer,
        number: u64,
        note: String,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let found = self.affected.get(&number).filter(|affected| self.may_see_affected(affected, by)).cloned();
        let missing = || Refusal::Request(format!("no affected release {number} here; see `entente affected list`"));
        let affected = found.ok_or_else(missing)?;
        if let Some((_, said)) = &affected.answered {
            return Err(Refusal::Request(format!("release {number} is answered already: {said}")));
        }
        if note.trim().is_empty() || note.len() > MAX_NOTE {
            return Err(Refusal::Request(format!("say what was done about it, in at most {MAX_NOTE} bytes")));
        }
        let words = serde_json::json!({ "number": number, "originator": affected.originator, "record": affected.record, "by": by.name, "note": note });
        self.keep(Op::Affected(Affected { answered: Some((now.as_second(), note)), ..affected }))?;
        self.state(now, "affected-answered", words)?;
        Ok(Answer::Done)
    }
}

/// The decision with the news, when the news adds something to hold against the release. This party's own authority is no
/// part of it: its rules are those of now, and no news changes them.
fn added(with: Decision, without: impl FnOnce() -> Option<Decision>, about: &About) -> Option<Decision> {
    // By what it is and where it stands: how far an agreement is out of force is no news.
    let name = |block: &Block| {
        let Block { reason, record, agreement, clause, .. } = block;
        (reason.gate(), reason.code(), record.clone(), agreement.clone(), clause.clone())
    };
    let blocks = |decision: &Decision| -> Vec<_> {
        decision.blocked.iter().map(name).filter(|(gate, ..)| *gate != Gate::Authority).collect()
    };
    let lost = |decision: &Decision| -> Vec<String> {
        let carries = |id: &&String| decision.usable.iter().any(|usable| usable.as_str() == id.as_str());
        about.under.iter().filter(|id| !carries(id)).cloned().collect()
    };
    let (now_blocked, now_lost) = (blocks(&with), lost(&with));
    if now_blocked.is_empty() && now_lost.is_empty() {
        return None;
    }
    let without = without()?;
    let (blocked, gone) = (blocks(&without), lost(&without));
    let is_new =
        now_blocked.iter().any(|block| !blocked.contains(block)) || now_lost.iter().any(|id| !gone.contains(id));
    is_new.then_some(with)
}
