//! The decision: permit or deny for one record, one recipient, one action, one purpose, one time. One total, pure
//! function over the closed vocabulary of clauses.
//!
//! Five gates, always all evaluated, each in a file of its own. Permit if and only if none blocks. [`Granted`] is the
//! evidence of a yes: only this module makes one, and nothing leaves a node without.

mod authority;
pub(crate) mod by_part;
mod cover;
mod duty;
mod futile;
mod label;
mod provenance;
mod reason;
mod route;

pub(crate) use cover::equivalent_level;
pub use cover::{Cover, arrival};
pub use duty::Duty;
pub use futile::Futile;
pub use reason::{Cure, Gate, LabelFailure, Reason};

use std::collections::BTreeSet;

use crate::{
    AgreementId, Channel, ClauseId, Party, Purpose, Record, RecordId,
    agreement::{
        Agreement,
        clause::{Action, Citation},
    },
    record::Onward,
    time::{Date, Timestamp, day_of},
    world::{ConsentCase, World},
};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The record.
    pub record: &'a Record,
    /// Its holder, X.
    pub from: &'a Party,
    /// The recipient, Y.
    pub to: &'a Party,
    /// What Y gets.
    pub action: Action,
    /// What for.
    pub purpose: &'a Purpose,
    /// How.
    pub channel: &'a Channel,
    /// When.
    pub at: Timestamp,
    /// The agreements that X means to give it under; all when absent.
    pub under: Option<&'a [AgreementId]>,
}

/// Permit or deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum Verdict {
    Permit,
    Deny,
}

impl Verdict {
    /// As the machine interface spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Deny => "deny",
        }
    }
}

/// One thing that blocks: one for each gate, code, record, agreement and clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Why.
    pub reason: Reason,
    /// The record that it is about: the one asked about, or a foreign source of it.
    pub record: RecordId,
    /// The agreement that decided.
    pub agreement: Option<AgreementId>,
    /// The clause of it that decided.
    pub clause: Option<ClauseId>,
    /// What would lift it, all of it needed; empty when nothing would.
    pub cures: Vec<Cure>,
}

/// Why a gate lets pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pass {
    /// The recipient made it.
    Originator,
    /// Unclassified without marks, TLP:CLEAR.
    Unmarked,
    /// REL TO names the recipient.
    RelTo,
    /// DISPLAY ONLY names the recipient, and it is a display.
    DisplayOnly,
    /// RELIDO, and the originator's designated authority has approved.
    RelidoApproved,
    /// TLP:GREEN, and this text in force is shared with the originator.
    Community(AgreementId),
    /// The recipient is on the distribution list, by the originator's list or consent.
    OnDistribution,
    /// No agreement is needed.
    NoCoverNeeded,
    /// Covered; see [`Decision::cover`].
    Covered,
    /// A prohibition is lifted by this party's consent.
    Consented {
        /// What it would have blocked as.
        code: &'static str,
        /// On which record.
        record: RecordId,
        /// Who consented.
        by: Party,
        /// Which clause would have blocked.
        citation: Option<Citation>,
    },
    /// Nothing that was agreed on receipt stands against it.
    Unencumbered,
    /// Channel and purpose are allowed.
    RouteAllowed,
    /// Nothing is to be routed.
    NoRouteNeeded,
    /// What is free needs no authority.
    Free,
    /// A standing delegation holds.
    Delegated,
    /// The holder's authority has approved.
    Approved,
}

/// The answer, with everything that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The record asked about.
    pub record: RecordId,
    /// Its holder.
    pub from: Party,
    /// The recipient.
    pub to: Party,
    /// The action.
    pub action: Action,
    /// The purpose.
    pub purpose: Purpose,
    /// What blocks, in the order of the gates. Empty exactly when the verdict is permit.
    pub blocked: Vec<Block>,
    /// Why the gates that pass do, and which prohibitions a consent lifted.
    pub passed: Vec<(Gate, Pass)>,
    /// Each covering agreement with its equivalence clause.
    pub cover: Vec<Cover>,
    /// The covering agreements that allow channel and purpose: what it may be given under.
    pub usable: Vec<AgreementId>,
    /// What the recipient is told of handing it on.
    pub onward: Onward,
    /// Alternative sets of cures. Empty on a permit, and when nothing would help.
    pub cures: Vec<Vec<Cure>>,
    /// What a yes obliges the recipient to, under the usable agreements.
    pub duties: Vec<Duty>,
    /// Where nothing covers: the other agreements between the two, and why each does not.
    pub further: Vec<(Citation, Reason)>,
    /// What a person might try in vain. Empty on a permit.
    pub futile: Vec<Futile>,
    /// The versions of the record, each with the answer to the same request about it.
    pub versions: Vec<(RecordId, Verdict)>,
    granted: Option<Granted>,
}

/// The evidence of a permit. Made by [`decide`] alone; without one nothing can be sealed or sequenced.
///
/// It cannot be built by hand:
/// ```compile_fail,E0451
/// use entente_core::{agreement::Action, decide::Granted, record::Onward, time::Timestamp};
/// let forged = Granted {
///     record: "K-0412".into(),
///     from: "JPN".into(),
///     to: "USA".into(),
///     action: Action::Release,
///     purpose: "missile-warning".into(),
///     usable: Vec::new(),
///     onward: Onward::Free,
///     at: Timestamp::UNIX_EPOCH,
/// };
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    record: RecordId,
    from: Party,
    to: Party,
    action: Action,
    purpose: Purpose,
    usable: Vec<AgreementId>,
    onward: Onward,
    at: Timestamp,
}

impl Granted {
    /// The record that may go.
    pub fn record(&self) -> &RecordId {
        &self.record
    }
    /// Its holder.
    pub fn from(&self) -> &Party {
        &self.from
    }
    /// To whom.
    pub fn to(&self) -> &Party {
        &self.to
    }
    /// What for.
    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }
    /// Display or release.
    pub fn action(&self) -> Action {
        self.action
    }
    /// What it may be given under.
    pub fn usable(&self) -> &[AgreementId] {
        &self.usable
    }
    /// What the recipient is told of handing it on.
    pub fn onward(&self) -> Onward {
        self.onward
    }
    /// When it was decided.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

impl Decision {
    /// Permit if and only if nothing blocks.
    pub fn verdict(&self) -> Verdict {
        if self.blocked.is_empty() { Verdict::Permit } else { Verdict::Deny }
    }

    /// The evidence of a yes.
    pub fn granted(&self) -> Option<&Granted> {
        self.granted.as_ref()
    }

    /// The same answer for somebody who may not see some of what the record was made from, or some of its versions. Verdict,
    /// gates and codes stay; what would name a hidden record, its originator, its class, or what it was given under does not.
    #[must_use]
    pub fn without(&self, hidden: &BTreeSet<RecordId>) -> Self {
        let mut shown = self.clone();
        shown.versions.retain(|(version, _)| !hidden.contains(version));
        shown.passed.retain(|(_, pass)| !matches!(pass, Pass::Consented { record, .. } if hidden.contains(record)));
        shown.futile.retain(|futile| !matches!(futile, Futile::Relabelling { record, .. } if hidden.contains(record)));
        if !self.blocked.iter().any(|block| hidden.contains(&block.record)) {
            return shown;
        }
        // Any of these may speak of the hidden one, and none of them helps without it.
        (shown.cures, shown.futile, shown.further) = (Vec::new(), Vec::new(), Vec::new());
        shown.blocked.clear();
        for block in &self.blocked {
            let block = match hidden.contains(&block.record) {
                true => Block {
                    reason: Reason::Unseen { gate: block.reason.gate(), code: block.reason.code() },
                    record: self.record.clone(),
                    agreement: None,
                    clause: None,
                    cures: Vec::new(),
                },
                false => block.clone(),
            };
            // How many there are is nobody's business either.
            if !shown.blocked.contains(&block) {
                shown.blocked.push(block);
            }
        }
        shown
    }
}

/// A request with what every gate needs of it, worked out once.
struct Case<'a> {
    world: &'a World<'a>,
    request: &'a Request<'a>,
    day: Date,
    /// The agreements that both are parties of, whatever their force.
    shared: Vec<&'a Agreement>,
    /// Every source of the record, to any depth, that neither of the two made.
    foreign: Vec<&'a Record>,
    /// Whether any source, to any depth, is not the holder's own.
    has_source_of_others: bool,
    blocked: Vec<Block>,
    passed: Vec<(Gate, Pass)>,
    further: Vec<(Citation, Reason)>,
}

impl<'a> Case<'a> {
    fn new(world: &'a World<'a>, request: &'a Request<'a>) -> Self {
        let sources = request.record.sources();
        let has_source_of_others = sources.iter().any(|source| source.originator != *request.from);
        let foreign = sources
            .into_iter()
            .filter(|source| source.originator != *request.from && source.originator != *request.to)
            .collect();
        let day = day_of(request.at);
        let is_shared = |text: &&Agreement| text.has_party(request.from, day) && text.has_party(request.to, day);
        Self {
            world,
            request,
            day,
            shared: world.agreements.values().filter(is_shared).collect(),
            foreign,
            has_source_of_others,
            blocked: Vec::new(),
            passed: Vec::new(),
            further: Vec::new(),
        }
    }

    /// The record, then its foreign sources.
    fn records(&self) -> impl Iterator<Item = &'a Record> + use<'a, '_> {
        std::iter::once(self.request.record).chain(self.foreign.iter().copied())
    }

    /// Whether the record was made by the recipient.
    fn returns(&self) -> bool {
        self.request.record.originator == *self.request.to
    }

    /// Free: by its own marks, and its foreign sources by theirs.
    fn is_free(&self) -> bool {
        self.records().all(|record| record.label.is_free())
    }

    /// Whether `by` has consented that `record` goes where this request wants it.
    fn has_consent(&self, by: &Party, record: &Record) -> bool {
        let case = ConsentCase {
            asked: &self.request.record.id,
            to: self.request.to,
            action: self.request.action,
            purpose: self.request.purpose,
            at: self.request.at,
        };
        self.world.consent(by, record, &case).is_some()
    }

    /// Whether the recipient is on the distribution list of `record`: by the list, or by its originator's consent.
    fn is_on_distribution(&self, record: &Record) -> bool {
        record.distribution.contains(self.request.to) || self.has_consent(&record.originator, record)
    }

    fn pass(&mut self, gate: Gate, pass: Pass) {
        let new = (gate, pass);
        if !self.passed.contains(&new) {
            self.passed.push(new);
        }
    }

    /// Blocks, unless the same gate, code, record, agreement and clause block already; then what would lift either is
    /// needed.
    fn block(&mut self, record: &Record, citation: Option<(&AgreementId, Option<&ClauseId>)>, reason: Reason) {
        let (agreement, clause) = match citation {
            Some((agreement, clause)) => (Some(agreement.clone()), clause.cloned()),
            None => (None, None),
        };
        let cures = reason.cures();
        let same = self.blocked.iter_mut().find(|block| {
            block.reason.gate() == reason.gate()
                && block.reason.code() == reason.code()
                && block.record == record.id
                && block.agreement == agreement
                && block.clause == clause
        });
        match same {
            Some(block) => {
                let new: Vec<Cure> = cures.into_iter().filter(|cure| !block.cures.contains(cure)).collect();
                block.cures.extend(new);
            }
            None => self.blocked.push(Block { reason, record: record.id.clone(), agreement, clause, cures }),
        }
    }

    /// Blocks with a cure of `by`'s consent, or notes that this consent is there.
    fn block_unless_consent(
        &mut self,
        record: &Record,
        by: &Party,
        citation: Option<(&AgreementId, &ClauseId)>,
        reason: Reason,
    ) {
        if self.has_consent(by, record) {
            let citation = citation
                .map(|(agreement, clause)| Citation { agreement: agreement.clone(), clause: Some(clause.clone()) });
            let lifted = Pass::Consented { code: reason.code(), record: record.id.clone(), by: by.clone(), citation };
            self.pass(reason.gate(), lifted);
        } else {
            self.block(record, citation.map(|(agreement, clause)| (agreement, Some(clause))), reason);
        }
    }
}

/// Decides one request on one world.
///
/// Total: every request has an answer, and the same request on the same world always the same.
pub fn decide(world: &World<'_>, request: &Request<'_>) -> Decision {
    let mut case = Case::new(world, request);
    label::gate(&mut case);
    let covering = cover::gate(&mut case);
    provenance::gate(&mut case);
    let usable = route::gate(&mut case, &covering);
    authority::gate(&mut case);

    let onward = onward(&case);
    let duties = duty::of(world, &usable);
    let futile = futile::of(&case);
    let versions = request.record.versions.iter().map(|version| {
        let request = Request { record: version, ..*request };
        (version.id.clone(), decide(world, &request).verdict())
    });
    let versions = versions.collect();
    let Case { blocked, passed, further, .. } = case;
    let granted = blocked.is_empty().then(|| Granted {
        record: request.record.id.clone(),
        from: request.from.clone(),
        to: request.to.clone(),
        action: request.action,
        purpose: request.purpose.clone(),
        usable: usable.clone(),
        onward,
        at: request.at,
    });
    Decision {
        record: request.record.id.clone(),
        from: request.from.clone(),
        to: request.to.clone(),
        action: request.action,
        purpose: request.purpose.clone(),
        cures: cures(&blocked),
        blocked,
        passed,
        cover: covering,
        usable,
        onward,
        duties,
        further,
        futile,
        versions,
        granted,
    }
}

/// All that the blocks need, as one set in order; none when any block has no cure.
fn cures(blocked: &[Block]) -> Vec<Vec<Cure>> {
    if blocked.is_empty() || blocked.iter().any(|block| block.cures.is_empty()) {
        return Vec::new();
    }
    let mut set: Vec<Cure> = blocked.iter().flat_map(|block| block.cures.iter().cloned()).collect();
    set.sort();
    set.dedup();
    vec![set]
}

/// The recipient is to ask when the record, or a source of it, is not the holder's own, or bears ORCON.
fn onward(case: &Case<'_>) -> Onward {
    let record = case.request.record;
    if record.originator != *case.request.from || case.has_source_of_others || record.label.is_originator_controlled() {
        Onward::Ask
    } else {
        Onward::Free
    }
}
