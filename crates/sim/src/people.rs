//! What people ask of their nodes: releases of new and held records, consents, acts, and everything else.

use entente_core::{
    AgreementId, Level, Party, RecordId,
    agreement::{
        ActKind,
        clause::{Action, Set},
    },
    decide::Decision,
    record::Status,
    time::{Timestamp, day_of},
    view::Viewer,
};
use entente_node::{
    Answer, Event,
    event::{Deed, Draft, GrantStanding, Outcome, RecordRef, Release, Source},
    op::QuestionState,
};
use entente_seal::Precedence;
use entente_server::turn::Failure;

use crate::{
    dice::Dice,
    facts::{Facts, digest},
    land::{CHANNELS, PURPOSES, SUBJECTS, label},
    simulation::Simulation,
    site::Asker,
};

/// Somebody of `party` who may see everything that the party may.
pub(crate) fn viewer(party: &Party) -> Viewer {
    Viewer {
        name: "analyst".into(),
        nationality: party.clone(),
        clearance: Level::TopSecret,
        subjects: Set::Any,
        official_duty: true,
    }
}

/// The content of the record that step `number` makes.
fn content(number: usize, dice: &mut Dice) -> Vec<u8> {
    let length = dice.weighted(&[(20, 40), (5, 3000), (1, 60_000)]).unwrap_or(40);
    let mut content = format!("content of step {number}\r\n\0 not re-serialised").into_bytes();
    content.extend(dice.bytes(length));
    content
}

impl Simulation {
    /// People of a party ask for something.
    pub(crate) fn people_ask(&mut self, site: usize, number: usize, dice: &mut Dice) {
        if dice.percent(25)
            && let Some((event, what)) = self.consult(site, dice)
        {
            self.queue(site, event, Asker::Person(what));
        }
        let kinds = [
            (40, 0),
            (30, 1),
            (10, 2),
            (14, 3),
            (14, 4),
            (10, 5),
            (5, 6),
            (20, 7),
            (3, 8),
            (3, 9),
            (8, 10),
            (4, 11),
            (5, 12),
            (2, 13),
            (8, 14),
            (2, 15),
            (6, 16),
            (20, 17),
        ];
        let asked = match dice.weighted(&kinds) {
            Some(1) => self.release_held(site, dice),
            Some(2) => self.ask_consent(site, dice),
            Some(3) => self.answer_consent(site, dice),
            Some(4) => self.grant_standing(site, dice),
            Some(5) => self.withdraw_consent(site, dice),
            Some(6) => self.approve(site, dice),
            Some(7) => self.act(site, dice),
            Some(8) => self.propose(site, dice),
            Some(9) => self.answer_affected_or_add(site, dice),
            Some(10) => self.recall(site, dice),
            Some(11) => self.settle(site, dice),
            Some(12) => self.relabel(site, dice),
            Some(13) => self.report_compromise(site, dice),
            Some(14) => self.hold(site, dice),
            Some(15) => self.destroy(site, dice),
            Some(16) => self.change_keys(site, dice),
            Some(17) => return self.release_large(site, number, dice),
            _ => self.release_new(site, number, dice),
        };
        if let Some((event, what)) = asked {
            if self.sites.get(site).is_some_and(|site| site.node.is_none()) {
                return self.tell(&[site], format!("{what}: the node does not run"));
            }
            self.queue(site, event, Asker::Person(what));
        }
    }

    fn party(&self, site: usize) -> Option<&Party> {
        self.truth.parties.get(site)
    }

    fn others(&self, site: usize) -> Vec<Party> {
        let others = self.truth.parties.iter().enumerate().filter(|(number, _)| *number != site);
        others.map(|(_, party)| party.clone()).collect()
    }

    fn facts(&self, site: usize) -> Option<&Facts> {
        self.truth.facts.get(site)
    }

    fn release_new(&mut self, site: usize, number: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let us = self.party(site)?.clone();
        let id: RecordId = format!("{us}-{number}").as_str().into();
        let known: Vec<RecordRef> = self.facts(site)?.records.keys().map(reference).collect();
        let derived_from =
            if dice.percent(15) { dice.some(&known, 20).into_iter().cloned().collect() } else { Vec::new() };
        let draft = Draft {
            id: Some(id.clone()),
            label: label(dice, &us, &self.truth.parties),
            subjects: dice.some(&SUBJECTS, 40).into_iter().map(|subject| (*subject).to_owned()).collect(),
            status: Status::Exercise,
            distribution: if dice.percent(20) { self.others(site) } else { Vec::new() },
            derived_from,
            versions: Vec::new(),
            title: format!("{id}.txt"),
            media_type: "text/plain".into(),
            content: content(number, dice),
        };
        self.truth.contents.insert((us, id.clone(), digest(&draft.content)));
        let (what, to) = (format!("releases {id} ({})", draft.label), self.recipients(site, dice));
        self.release(site, Source::New(draft), &to, what, dice)
    }

    fn release_held(&mut self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let held: Vec<_> = self.facts(site)?.records.iter().collect();
        let (key, _) = dice.pick(&held)?;
        let (what, to) = (format!("releases the held {}", key.1), self.recipients(site, dice));
        let source = self.held_source(site, key, &to, dice)?;
        self.release(site, source, &to, what, dice)
    }

    /// To whom something is released.
    pub(crate) fn recipients(&self, site: usize, dice: &mut Dice) -> Vec<Party> {
        let others = self.others(site);
        let mut to: Vec<Party> = dice.some(&others, 60).into_iter().cloned().collect();
        if to.is_empty() {
            to.extend(dice.pick(&others).cloned());
        }
        to
    }

    pub(crate) fn release(
        &self,
        site: usize,
        source: Source,
        to: &[Party],
        what: String,
        dice: &mut Dice,
    ) -> Option<(Event, String)> {
        let known: Vec<AgreementId> = self.land.agreements.keys().cloned().collect();
        let names = to.iter().map(Party::as_str).collect::<Vec<_>>().join(", ");
        let is_large = matches!(source, Source::NewLarge(..) | Source::HeldLarge(..));
        let expires = dice.percent(if is_large { 40 } else { 25 }).then(|| self.soon(site, dice)).flatten();
        let release = Release {
            by: viewer(self.party(site)?),
            source,
            to: to.to_vec(),
            purpose: (*dice.pick(&PURPOSES)?).into(),
            channel: (*dice.weighted(&[(9, CHANNELS.first()?), (1, CHANNELS.last()?)])?).into(),
            under: dice.percent(10).then(|| dice.pick(&known).cloned()).flatten().map(|id| vec![id]),
            precedence: *dice.pick(&Precedence::ALL)?,
            expires,
        };
        Some((Event::Release(release), format!("{what} to {names}")))
    }

    /// A moment within the next minutes, by the party's own clock.
    fn soon(&self, site: usize, dice: &mut Dice) -> Option<Timestamp> {
        let seconds = i64::try_from(dice.below(300)).ok()?;
        Timestamp::from_second(self.clock(site).as_second() + seconds).ok()
    }

    fn ask_consent(&self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let us = self.party(site)?;
        let foreign: Vec<_> = self.facts(site)?.records.iter().filter(|((by, _), _)| by != us).collect();
        let (key, (record, _)) = dice.pick(&foreign)?;
        let provider = record.custody.last().map(|hop| hop.from.clone());
        let of = if dice.percent(60) { provider? } else { key.0.clone() };
        let to = dice.pick(&self.others(site))?.clone();
        let purpose = dice.percent(40).then(|| PURPOSES.first().map(|purpose| (*purpose).into())).flatten();
        let what = format!("asks {of} for consent to give {} to {to}", key.1);
        let until = dice.percent(30).then(|| self.soon(site, dice)).flatten();
        let channel = (*CHANNELS.first()?).into();
        Some((Event::AskConsent { by: viewer(us), record: reference(key), of, to, purpose, channel, until }, what))
    }

    fn answer_consent(&self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let by = viewer(self.party(site)?);
        let node = self.sites.get(site)?.node.as_ref()?;
        let open = node.questions(&by).filter(|question| !question.ours && question.state == QuestionState::Open);
        let open: Vec<_> = open.collect();
        let question = dice.pick(&open)?;
        let granted = dice.percent(80);
        let word = if granted { "yes" } else { "no" };
        let what = format!("answers {word} about {} to {}", question.question.record, question.partner);
        Some((Event::AnswerConsent { by, request: question.question.request, granted, note: None }, what))
    }

    fn grant_standing(&self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let others = self.others(site);
        let holders: Vec<Party> = dice.some(&others, 40).into_iter().cloned().collect();
        let subject = (*dice.pick(&SUBJECTS)?).into();
        let grant = GrantStanding {
            to: dice.percent(50).then(|| dice.pick(&others).cloned()).flatten(),
            holders,
            subjects: if dice.percent(75) { Set::Any } else { Set::Of([subject].into_iter().collect()) },
            max: *dice.pick(&[Level::Confidential, Level::Secret, Level::TopSecret])?,
            action: Action::Release,
            purpose: None,
            until: dice.percent(30).then(|| self.soon(site, dice)).flatten(),
            authority: "the minister".to_owned(),
        };
        Some((Event::GrantStanding(grant), "gives a standing consent".to_owned()))
    }

    fn withdraw_consent(&self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let us = self.party(site)?;
        let by = viewer(us);
        let node = self.sites.get(site)?.node.as_ref()?;
        let standing = node.standing_consents().filter(|(kept, _)| kept.statement.by == us.as_str());
        let mut numbers: Vec<[u8; 16]> = standing.map(|(kept, _)| kept.statement.number).collect();
        let granted = node.questions(&by).filter(|question| question.state == QuestionState::Granted && !question.ours);
        numbers.extend(granted.map(|question| question.question.request));
        let number = *dice.pick(&numbers)?;
        Some((Event::WithdrawConsent { by, number, note: None }, "withdraws a consent".to_owned()))
    }

    fn approve(&self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let known: Vec<_> = self.facts(site)?.records.keys().collect();
        let key = dice.pick(&known)?;
        let (by, to) = (viewer(self.party(site)?), dice.pick(&self.others(site))?.clone());
        let what = format!("approves {} for {to}", key.1);
        Some((Event::Approve { by, record: reference(key), to, note: "so decided".to_owned() }, what))
    }

    fn act(&self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let us = self.party(site)?;
        let node = self.sites.get(site)?.node.as_ref()?;
        let known: Vec<_> = node.agreements().values().chain(node.proposals()).filter(|text| text.names(us)).collect();
        let text = dice.pick(&known)?;
        let theirs: Vec<_> = node.acts_on(text).filter(|act| act.statement.by != us.as_str()).collect();
        let deed = match dice.below(20) {
            0 => Deed::Admits(dice.pick(&self.others(site))?.clone()),
            1 => {
                let digits: String = dice.pick(&theirs)?.digest.iter().map(|byte| format!("{byte:02x}")).collect();
                Deed::Disputes(digits)
            }
            _ => Deed::Does(dice.weighted(&[
                (8, ActKind::Suspended),
                (9, ActKind::Resumed),
                (4, ActKind::EnteredIntoForce),
                (2, ActKind::Signed),
                (1, ActKind::NoticeOfTermination),
                (1, ActKind::NoticeWithdrawn),
                (1, ActKind::Terminated),
            ])?),
        };
        let days = i64::try_from(dice.below(7)).ok()? - 4;
        let date = day_of(Timestamp::from_second(self.clock(site).as_second() + days * 86_400).ok()?);
        let what = format!("acts on {} from {date}: {deed:?}", text.id);
        let version = text.hash.to_string().strip_prefix("sha256:").map(str::to_owned);
        Some((Event::Act { agreement: text.id.clone(), version, deed, date, article: None }, what))
    }

    /// A record that is to go: any, or one of which something is on its way just now.
    fn doomed(&self, site: usize, dice: &mut Dice) -> Option<(Party, RecordId)> {
        if dice.percent(50)
            && let Some(key) = self.under_way(site, dice)
        {
            return Some(key);
        }
        let held: Vec<_> = self.facts(site)?.records.keys().collect();
        dice.pick(&held).map(|key| (*key).clone())
    }

    fn recall(&self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let us = self.party(site)?;
        let key = &self.doomed(site, dice)?;
        let of: Vec<Party> = if dice.percent(30) { vec![dice.pick(&self.others(site))?.clone()] } else { Vec::new() };
        let what = format!("calls back {} from {}", key.1, of.first().map_or("all", Party::as_str));
        let reason = dice.percent(50).then(|| "wrong attachment".to_owned());
        Some((Event::Recall { by: viewer(us), record: reference(key), of, reason }, what))
    }

    fn settle(&self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let by = viewer(self.party(site)?);
        let recalls = self.sites.get(site)?.node.as_ref()?.recalls(&by);
        let suspended: Vec<_> = recalls.into_iter().flat_map(|recall| recall.suspended).collect();
        let key = dice.pick(&suspended)?;
        let keep = dice.percent(50);
        let what = format!("{} {}", if keep { "uses again" } else { "gives up" }, key.1);
        Some((Event::Settle { by, record: reference(key), keep, note: "head of desk".to_owned() }, what))
    }

    /// Places a hold, also on what is called back later; lifts most of them again.
    fn hold(&self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let by = viewer(self.party(site)?);
        let facts = self.facts(site)?;
        let placed = facts.holds.is_empty() || dice.percent(50);
        let all: Vec<_> = if placed { facts.records.keys().collect() } else { facts.holds.iter().collect() };
        let key = *dice.pick(&all)?;
        let what = format!("{} {}", if placed { "places a hold on" } else { "lifts the hold on" }, key.1);
        Some((Event::Hold { by, record: reference(key), placed, note: "by order of a court".to_owned() }, what))
    }

    fn destroy(&self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let us = self.party(site)?;
        let key = &self.doomed(site, dice)?;
        let what = format!("destroys {}", key.1);
        Some((Event::Destroy { by: viewer(us), record: reference(key), note: "its period is over".to_owned() }, what))
    }

    fn relabel(&self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let us = self.party(site)?;
        let own: Vec<_> = self.facts(site)?.records.keys().filter(|(originator, _)| originator == us).collect();
        let key = *dice.pick(&own)?;
        let label = label(dice, us, &self.truth.parties);
        let what = format!("relabels {} as {label}", key.1);
        Some((Event::Relabel { by: viewer(us), record: reference(key), label, reason: None }, what))
    }

    fn report_compromise(&self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let us = self.party(site)?;
        let held: Vec<_> = self.facts(site)?.records.keys().collect();
        let key = *dice.pick(&held)?;
        let what = format!("has lost control of {}", key.1);
        Some((Event::ReportCompromise { by: viewer(us), record: reference(key), note: "laptop lost".to_owned() }, what))
    }

    fn propose(&self, _: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let text = dice.pick(&self.land.proposals)?.clone();
        Some((Event::Propose { text }, "proposes a text".to_owned()))
    }

    fn answer_affected_or_add(&mut self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let by = viewer(self.party(site)?);
        let node = self.sites.get(site)?.node.as_ref()?;
        let affected = node.affected(&by).find(|affected| affected.answered.is_none()).map(|affected| affected.number);
        if let Some(number) = affected {
            let event = Event::AnswerAffected { by, number, note: "looked at".to_owned() };
            return Some((event, "answers for a release".to_owned()));
        }
        // Somebody's party file is renewed; not all add it at once.
        let other = self.sites.get_mut(dice.index(self.truth.parties.len()))?;
        other.serial += 1;
        let note = other.keys.party_file(other.serial).ok()?;
        let what = format!("adds the new party file of {}", other.keys.party);
        Some((Event::AddParty { note }, what))
    }
}

fn reference((originator, id): &(Party, RecordId)) -> RecordRef {
    RecordRef { originator: Some(originator.clone()), id: id.clone() }
}

/// How it ended, in few words.
pub(crate) fn in_words(answer: &Result<Answer, Failure>) -> String {
    match answer {
        Err(failure) => failure.to_string(),
        Ok(Answer::Released { outcomes, .. }) => {
            let words = outcomes.iter().map(|(party, outcome)| match outcome {
                Outcome::Sequenced { feed, index, .. } => format!("{party} {} entry {index}", feed.lane.as_str()),
                Outcome::Denied { decision, .. } => format!("{party} denied, {}", codes(decision)),
                Outcome::Waits { number, .. } => format!("{party} waits as {number}"),
                Outcome::Choose { .. } => format!("{party} several agreements would do"),
            });
            words.collect::<Vec<_>>().join("; ")
        }
        Ok(Answer::Asked { question, decision, .. }) => match question {
            Some(_) => "asked".to_owned(),
            None => format!("denied, {}", codes(decision)),
        },
        Ok(Answer::Answered { sent, .. }) => if *sent { "answered" } else { "denied" }.to_owned(),
        Ok(_) => "done".to_owned(),
    }
}

fn codes(decision: &Decision) -> String {
    decision.blocked.iter().map(|block| block.reason.code()).collect::<Vec<_>>().join(" ")
}
