//! Decisions on what this node knows: the judgement is `entente-core`'s; here it is given its world, and its answer
//! is written down so that it can be replayed.

use std::collections::BTreeSet;

use entente_core::{
    AgreementId, Channel, Party, Purpose, Record, RecordId,
    agreement::clause::Action,
    decide::{Decision, Request, decide},
    time::Timestamp,
    world::{Agreements, Approval, Consent, World},
};
use entente_formats::{
    agreement, hex, label, national,
    request::{Answer as AnswerLine, ApprovalLine, ConsentLine, Line, RecordLine},
    wire::ConsentStatement,
};

use crate::{
    consent,
    event::{RecordRef, Refusal},
    held::Held,
    op::{Op, StoredApproval},
    sequenced::About,
    standing::{self, WithdrawnConsent},
    state::{Key, Node, sha256},
    statement::Concerns,
};

/// What is to be decided about a held record.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) to: &'a Party,
    pub(crate) action: Action,
    pub(crate) purpose: &'a Purpose,
    pub(crate) channel: &'a Channel,
    pub(crate) at: Timestamp,
    pub(crate) under: Option<&'a [AgreementId]>,
}

/// A decision with the request line that replays it.
pub(crate) struct Judged {
    pub(crate) decision: Decision,
    pub(crate) label: String,
    line: Line,
    statements: Vec<[u8; 32]>,
}

/// What others and this party itself have said yes to.
#[derive(Default)]
pub(crate) struct Permissions {
    pub(crate) consents: Vec<Consent>,
    /// SHA-256 of the signed statement of each consent, in the same order.
    pub(crate) statements: Vec<[u8; 32]>,
    pub(crate) approvals: Vec<Approval>,
}

impl Node {
    /// The record that a person means, among those that the person `may` know of. Whatever else there is of that name makes no
    /// difference: not even that there is something to choose from.
    pub(crate) fn find_where(&self, name: &RecordRef, may: &dyn Fn(&Held) -> bool) -> Result<&Held, Refusal> {
        let not_found = || Refusal::NotFound(name.id.clone());
        if let Some(originator) = &name.originator {
            let held = self.records.get(&(originator.clone(), name.id.clone()));
            if let Some(held) = held.filter(|held| may(held)) {
                return Ok(&**held);
            }
            // An id may have a slash of its own.
            let whole = RecordRef { originator: None, id: format!("{originator}/{}", name.id).as_str().into() };
            return self.find_where(&whole, may).map_err(|refusal| match refusal {
                Refusal::NotFound(_) => not_found(),
                other => other,
            });
        }
        let mut named = self.records.iter().filter(|((_, id), held)| *id == name.id && may(held));
        match (named.next(), named.next()) {
            (Some((_, held)), None) => Ok(&**held),
            (Some(_), Some(_)) => Err(Refusal::Request(format!(
                "`{}` is the id of records of several originators; say which with `ORIGINATOR/{}`",
                name.id, name.id
            ))),
            (None, _) => Err(not_found()),
        }
    }

    /// Decides about a record of ours, on the world of this moment.
    pub(crate) fn judge(&self, record: &Record, ask: Ask<'_>) -> Judged {
        let record = self.in_use(record);
        self.judge_on(&self.agreements, self.permissions(&record, ask.at.as_second(), None, None), &record, ask)
    }

    /// The same without what would write it down.
    pub(crate) fn decision_on(&self, record: &Record, ask: Ask<'_>) -> Decision {
        let record = self.in_use(record);
        let permissions = self.permissions(&record, ask.at.as_second(), None, None);
        self.decided(&self.agreements, &permissions, &record, ask)
    }

    /// Decides about a record of ours, on these agreements, consents and approvals.
    pub(crate) fn judge_on(
        &self,
        agreements: &Agreements,
        permissions: Permissions,
        record: &Record,
        ask: Ask<'_>,
    ) -> Judged {
        let decision = self.decided(agreements, &permissions, record, ask);
        let Permissions { consents, statements, approvals } = permissions;
        let Ask { to, action, purpose, channel, at, under } = ask;
        let line = Line {
            record: RecordLine::from(record),
            from: self.identity.party.to_string(),
            to: to.to_string(),
            action: action.as_str().to_owned(),
            purpose: purpose.to_string(),
            channel: channel.to_string(),
            at: at.to_string(),
            under: under.map(|ids| ids.iter().map(ToString::to_string).collect()),
            consents: consents.iter().map(ConsentLine::from).collect(),
            approvals: approvals.iter().map(ApprovalLine::from).collect(),
        };
        Judged { decision, label: label::write(&record.label), line, statements }
    }

    fn decided(&self, agreements: &Agreements, permissions: &Permissions, record: &Record, ask: Ask<'_>) -> Decision {
        let Permissions { consents, approvals, .. } = permissions;
        let world = World { agreements, national: &self.national, consents, approvals };
        let Ask { to, action, purpose, channel, at, under } = ask;
        decide(&world, &Request { record, from: &self.identity.party, to, action, purpose, channel, at, under })
    }

    /// Decides again about something that was decided before; nothing where it is not held any more.
    pub(crate) fn judge_again(&self, about: &About, to: &Party, at: Timestamp) -> Option<Judged> {
        self.asked_again(about, to, at, |record, ask| self.judge(record, ask))
    }

    /// The same without what would write it down.
    pub(crate) fn decide_again(&self, about: &About, to: &Party, at: Timestamp) -> Option<Decision> {
        self.asked_again(about, to, at, |record, ask| self.decision_on(record, ask))
    }

    fn asked_again<T>(
        &self,
        about: &About,
        to: &Party,
        at: Timestamp,
        decide: impl FnOnce(&Record, Ask<'_>) -> T,
    ) -> Option<T> {
        let held = self.records.get(&about.key())?;
        let under = about.agreements();
        let ask = Ask {
            to,
            action: Action::Release,
            purpose: &about.purpose.as_str().into(),
            channel: &about.channel.as_str().into(),
            at,
            under: (!under.is_empty()).then_some(under.as_slice()),
        };
        Some(decide(&held.record(), ask))
    }

    /// The consents and approvals that are about exactly this record, or one that it was made from. A consent that was
    /// asked for names originator, id and content; what else bears the same id is not meant. A standing one is about what
    /// fits, unless its giver wants to be asked about this one.
    ///
    /// At a moment, in seconds since the epoch; as of one: those that were here then, and not withdrawn yet. `without` leaves
    /// one out.
    pub(crate) fn permissions(
        &self,
        record: &Record,
        at: i64,
        as_of: Option<i64>,
        without: Option<&WithdrawnConsent>,
    ) -> Permissions {
        // Versions are asked about beside their record, each on what names it.
        let family = std::iter::once(record).chain(record.sources()).chain(&record.versions);
        let family: BTreeSet<Key> = family.map(|member| (member.originator.clone(), member.id.clone())).collect();
        let was_here = |known: i64| as_of.is_none_or(|moment| known <= moment);
        let counts = |name: &WithdrawnConsent| {
            let withdrawn = self.withdrawn.get(name);
            without != Some(name) && withdrawn.is_none_or(|known| as_of.is_some_and(|moment| moment < *known))
        };
        let of_family = family.iter().filter_map(|key| Some((self.records.get(key)?.digest, self.consents.get(key)?)));
        let of_family = of_family.flat_map(|(digest, given)| given.iter().map(move |given| (digest, given)));
        let single = of_family.filter_map(|(digest, given)| {
            let ConsentStatement { by, asked_by, question, .. } = &given.statement;
            let name =
                WithdrawnConsent { by: by.as_str().into(), holder: asked_by.as_str().into(), number: question.request };
            let is_meant = digest == question.digest
                && was_here(given.known)
                && counts(&name)
                && !self.doubted.contains(&given.digest);
            is_meant.then(|| (consent::meaning(&given.statement), given.digest))
        });
        let us = self.identity.party.as_str();
        let standing = self.standing.iter().filter_map(|given| {
            let statement = &given.statement;
            let is_meant = statement.holder == us
                && was_here(given.known)
                && counts(&WithdrawnConsent::standing(statement))
                && !self.doubted.contains(&given.digest)
                && !Self::says_ask(record, &statement.by.as_str().into());
            Some((standing::meaning(statement).ok().filter(|_| is_meant)?, given.digest))
        });
        let (consents, statements) = single.chain(standing).unzip();
        let approvals = family.iter().filter_map(|key| self.approvals.get(key)).flatten();
        let lasts = |approval: &&StoredApproval| approval.until.is_none_or(|until| at <= until);
        let approvals = approvals.filter(|approval| was_here(approval.at)).filter(lasts).map(|approval| Approval {
            by: self.identity.party.clone(),
            record: approval.record.as_str().into(),
            to: approval.to.as_str().into(),
            action: approval.action(),
        });
        Permissions { consents, statements, approvals: approvals.collect() }
    }

    /// Writes a decision into the ledger, with the world that it rests on; and the agreements and the envelope in which it
    /// was carried out, where it was.
    pub(crate) fn log_decision(
        &mut self,
        now: Timestamp,
        judged: &Judged,
        under: &[AgreementId],
        carried_out: Option<&[u8; 32]>,
    ) -> Result<(), Refusal> {
        let world = self.pin_world()?;
        let statement = serde_json::json!({
            "request": judged.line,
            "answer": AnswerLine::from(&judged.decision),
            "world": hex::encode(&world),
            "consents": judged.statements.iter().map(|digest| hex::encode(digest)).collect::<Vec<_>>(),
            "envelope": carried_out.map(|leaf| hex::encode(leaf)),
        });
        let record: Key = (judged.line.record.originator.as_str().into(), judged.line.record.id.as_str().into());
        let (from, to): (Party, Party) = (judged.line.from.as_str().into(), judged.line.to.as_str().into());
        let concerns = Concerns::record(&record).between(&self.identity.party, &from, &to).under(under);
        self.state_of(now, "decision", concerns.decided(world, carried_out.copied()), statement)
    }

    /// Keeps the agreements and rules that decisions rest on, and gives their digest.
    fn pin_world(&mut self) -> Result<[u8; 32], Refusal> {
        if let Some(digest) = self.world {
            return Ok(digest);
        }
        let text = world_text(&self.agreements, self.national.get(&self.identity.party));
        let digest = sha256(text.as_bytes());
        if !self.worlds.contains(&digest) {
            self.keep(Op::World { digest, text })?;
        }
        self.world = Some(digest);
        Ok(digest)
    }

    /// The id of a record that has none yet: the originator's code and 80 random bits, so that ids do not count.
    pub(crate) fn draw_id(&self, rng: &mut impl rand_core::CryptoRng) -> RecordId {
        let mut random = [0; 10];
        rng.fill_bytes(&mut random);
        format!("{}-{}", self.identity.party, hex::encode(&random)).into()
    }
}

/// The text of a world: every agreement with its acts, and the national rules; deterministic.
pub(crate) fn world_text(
    agreements: &entente_core::world::Agreements,
    rules: Option<&entente_core::national::National>,
) -> String {
    serde_json::json!({
        "agreements": agreements.values().map(agreement::write).collect::<Vec<_>>(),
        "national": rules.map(national::write),
    })
    .to_string()
}
