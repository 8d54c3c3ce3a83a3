//! The decision, on requests and worlds that the bytes choose: whatever is asked, it is answered, and the answer agrees
//! with itself and with what it cites.

use std::collections::BTreeSet;

use entente_core::{
    AgreementId, ClauseId, Level, Party, Record, Subject,
    agreement::{
        Act, ActKind, Actor,
        clause::{Action, Citation, Set},
    },
    decide::{Cure, Decision, Gate, Pass, Verdict},
    explain::{self, Language},
    record::{Hop, Onward, Status},
    time::{Timestamp, day_of},
    world::{Agreements, Answers, Approval, Consent, NationalRules, World},
};
use entente_formats::{
    label,
    request::{Answer, ApprovalLine, ConsentLine, Line, RecordLine, Resolved, answer_line},
};

use crate::{
    fixture::{AGREEMENTS, NATIONAL},
    reader::Reader,
};

/// Those of the example more often, so that more requests come as far as an agreement.
const PARTIES: [&str; 10] = ["USA", "JPN", "KOR", "USA", "JPN", "KOR", "JPN", "AUS", "NATO", "NOBODY"];
const SUBJECTS: [&str; 4] = ["dprk-missile", "dprk-cyber", "imagery-sources", "weather"];
const PURPOSES: [&str; 4] = ["missile-warning", "cyber-defence", "exercise", "trade"];
const CHANNELS: [&str; 3] = ["government-to-government", "military-to-military", "courier"];
const NO_AGREEMENT: &str = "nowhere-1900";
const LABELS: [&str; 24] = [
    "UNCLASSIFIED",
    "CONFIDENTIAL//REL TO USA, JPN, KOR",
    "SECRET//REL TO USA, JPN",
    "SECRET//NOFORN",
    "SECRET//RELIDO",
    "SECRET//ORCON/REL TO USA, JPN, KOR",
    "SECRET//DISPLAY ONLY JPN, KOR",
    "SECRET//FGI JPN KOR//REL TO USA, JPN, KOR",
    "SECRET//FGI//REL TO USA, JPN",
    "TOP SECRET//SI//REL TO USA, JPN",
    "SECRET//RD-CNWDI//REL TO USA, GBR",
    "//KOR SECRET//REL TO USA, JPN, KOR",
    "//KOR SECRET",
    "//JPN SECRET//REL TO USA, JPN",
    "//JPN 特定秘密//REL TO USA, JPN, KOR",
    "//JPN 秘//REL TO USA, JPN, KOR",
    "//KOR 군사II급비밀//REL TO USA, JPN, KOR",
    "//NATO SECRET//REL TO USA, NATO",
    "//JOINT SECRET JPN USA//REL TO USA, JPN",
    "TLP:CLEAR",
    "TLP:GREEN",
    "TLP:AMBER",
    "TLP:AMBER+STRICT",
    "TLP:RED",
];

/// Every request on every world has an answer, the same each time; it permits exactly when nothing blocks, and then has
/// no cures; all that it cites exists; what it says would cure does; its words can be written; and the same request as a
/// line is the same request.
pub fn a_decision_is_total(data: &[u8]) {
    let (agreements, national, asked) = case(data);
    let world =
        World { agreements: &agreements, national: &national, consents: &asked.consents, approvals: &asked.approvals };
    let decision = asked.decide(&agreements, &national);
    assert_eq!(decision, asked.decide(&agreements, &national), "decided twice");

    require_consistent(&asked, &decision);
    require_versions_apart(&asked, &decision, &agreements, &national);
    require_cited_exist(&asked, &decision, &agreements);
    require_cures_cure(&asked, &decision, &agreements, &national);
    require_words(&world, &asked, &decision);
    require_same_as_line(&asked, &decision, &agreements, &national);
}

fn require_consistent(asked: &Resolved, decision: &Decision) {
    let permits = decision.verdict() == Verdict::Permit;
    assert_eq!(permits, decision.blocked.is_empty());
    assert_eq!(permits, decision.granted().is_some());
    if let Some(granted) = decision.granted() {
        assert_eq!((granted.record(), granted.from(), granted.to()), (&asked.record.id, &asked.from, &asked.to));
        assert_eq!((granted.action(), granted.purpose(), granted.at()), (asked.action, &asked.purpose, asked.at));
        assert_eq!((granted.usable(), granted.onward()), (decision.usable.as_slice(), decision.onward));
    }

    let gates = decision.blocked.iter().map(|block| block.reason.gate());
    assert!(gates.clone().is_sorted(), "blocks out of the order of the gates");
    let heard: BTreeSet<Gate> = gates.chain(decision.passed.iter().map(|(gate, _)| *gate)).collect();
    assert_eq!(heard, BTreeSet::from(Gate::ALL), "a gate says nothing");
    let keys: BTreeSet<_> = decision
        .blocked
        .iter()
        .map(|block| (block.reason.gate(), block.reason.code(), &block.record, &block.agreement, &block.clause))
        .collect();
    assert_eq!(keys.len(), decision.blocked.len(), "one thing blocks twice");

    let curable = !permits && decision.blocked.iter().all(|block| !block.cures.is_empty());
    let needed: BTreeSet<&Cure> = decision.blocked.iter().flat_map(|block| &block.cures).collect();
    match decision.cures.as_slice() {
        [] => assert!(!curable, "all that blocks has a cure, and no cure is told"),
        [set] => {
            assert!(curable, "cures without a block, or in spite of one that has none");
            assert_eq!(set.iter().collect::<Vec<_>>(), needed.into_iter().collect::<Vec<_>>());
        }
        more => panic!("{} sets of cures", more.len()),
    }
}

/// A version is decided as a record of its own, and changes nothing of what is said of its record.
fn require_versions_apart(asked: &Resolved, decision: &Decision, agreements: &Agreements, national: &NationalRules) {
    let mut alone = asked.clone();
    let versions = std::mem::take(&mut alone.record.versions);
    let mut without = alone.decide(agreements, national);
    without.versions.clone_from(&decision.versions);
    assert_eq!(&without, decision, "a version changed the decision on its record");
    assert_eq!(versions.len(), decision.versions.len());
    for (version, (id, verdict)) in versions.into_iter().zip(&decision.versions) {
        assert_eq!(&version.id, id);
        let alone = Resolved { record: version, ..asked.clone() };
        assert_eq!(alone.decide(agreements, national).verdict(), *verdict, "a version is decided otherwise alone");
    }
}

fn require_cited_exist(asked: &Resolved, decision: &Decision, agreements: &Agreements) {
    let about: Vec<_> =
        std::iter::once(&asked.record).chain(asked.record.sources()).map(|record| record.id.clone()).collect();
    let exists = |agreement: &AgreementId, clause: Option<&ClauseId>| {
        assert!(agreements.contains_key(agreement), "cites `{agreement}`, which is not there");
        if let Some(clause) = clause {
            assert!(has_clause(agreements, agreement, clause, 8), "cites `{clause}` of `{agreement}`, which has none");
        }
    };
    for block in &decision.blocked {
        assert!(about.contains(&block.record), "blocks for `{}`, which nobody asked about", block.record);
        assert!(block.agreement.is_some() || block.clause.is_none(), "a clause of no agreement");
        if let Some(agreement) = &block.agreement {
            exists(agreement, block.clause.as_ref());
        }
    }
    for cover in &decision.cover {
        exists(cover.taken_from.as_ref().unwrap_or(&cover.agreement), cover.clause.as_ref());
        assert!(asked.under.as_ref().is_none_or(|under| under.contains(&cover.agreement)), "covers unasked");
    }
    for usable in &decision.usable {
        assert!(decision.cover.iter().any(|cover| cover.agreement == *usable), "`{usable}` does not cover");
    }
    for duty in &decision.duties {
        assert!(decision.usable.contains(&duty.agreement), "a duty under `{}`, which is not usable", duty.agreement);
        let clauses = agreements.get(&duty.agreement).map(|agreement| agreement.clauses.as_slice());
        let stated =
            clauses.unwrap_or_default().iter().any(|clause| clause.id == duty.clause && clause.kind == duty.kind);
        assert!(stated, "a duty that no clause states");
    }
    for (Citation { agreement, clause }, _) in &decision.further {
        exists(agreement, clause.as_ref());
    }
    for (_, pass) in &decision.passed {
        match pass {
            Pass::Community(agreement) => exists(agreement, None),
            Pass::Consented { citation, record, .. } => {
                assert!(about.contains(record));
                if let Some(Citation { agreement, clause }) = citation {
                    exists(agreement, clause.as_ref());
                }
            }
            _ => {}
        }
    }
}

/// Whether the agreement has the clause, or an agreement that it relies on.
fn has_clause(agreements: &Agreements, agreement: &AgreementId, clause: &ClauseId, depth: usize) -> bool {
    agreements.get(agreement).is_some_and(|text| {
        text.clauses.iter().any(|own| own.id == *clause)
            || depth > 0 && text.relies_on.iter().any(|base| has_clause(agreements, base, clause, depth - 1))
    })
}

/// With every consent and approval that the cures name, the answer is yes; a new label is another record.
fn require_cures_cure(asked: &Resolved, decision: &Decision, agreements: &Agreements, national: &NationalRules) {
    let Some(set) = decision.cures.first() else { return };
    if set.iter().any(|cure| matches!(cure, Cure::Relabel(_))) {
        return;
    }
    let mut cured = asked.clone();
    let (record, to, action) = (&asked.record.id, &asked.to, asked.action);
    for cure in set {
        match cure {
            Cure::Consent(by) => cured.consents.push(Consent {
                by: by.clone(),
                answers: Answers::Record(record.clone(), to.clone()),
                action,
                purpose: Some(asked.purpose.clone()),
                until: Some(asked.at),
            }),
            Cure::Approval(by) => {
                let (record, to) = (record.clone(), to.clone());
                cured.approvals.push(Approval { by: by.clone(), record, to, action });
            }
            Cure::Relabel(_) => {}
        }
    }
    let answer = cured.decide(agreements, national);
    assert_eq!(answer.verdict(), Verdict::Permit, "{set:?} do not cure; {:?}", answer.blocked);
}

fn require_words(world: &World<'_>, asked: &Resolved, decision: &Decision) {
    let label = label::write(&asked.record.label);
    let in_english = explain::lines(world, decision, &label, Language::English);
    for (language, permit, deny) in [
        (Language::English, "PERMIT  ", "DENY  "),
        (Language::Japanese, "許可  ", "不許可  "),
        (Language::Korean, "허가  ", "불허  "),
    ] {
        let headline = explain::headline(decision, language);
        assert!(headline.starts_with(if decision.blocked.is_empty() { permit } else { deny }), "{headline}");
        let lines = explain::lines(world, decision, &label, language);
        assert!(lines.iter().all(|line| !line.heading.is_empty() && !line.subject.is_empty()), "{lines:?}");
        // Every language says the same things, each with a sentence where another has one.
        let shape = |lines: &[explain::Line]| lines.iter().map(|line| line.text.is_empty()).collect::<Vec<_>>();
        assert_eq!(shape(&lines), shape(&in_english), "{lines:?}");
    }

    let answer = Answer::from(decision);
    let written = serde_json::to_string(&answer).expect("an answer can be written");
    let read: Answer = serde_json::from_str(&written).expect("an answer reads back");
    assert_eq!(read, answer);
    assert_eq!(answer.verdict, decision.verdict().as_str());
}

fn require_same_as_line(asked: &Resolved, decision: &Decision, agreements: &Agreements, national: &NationalRules) {
    let line = Line {
        record: RecordLine::from(&asked.record),
        from: asked.from.to_string(),
        to: asked.to.to_string(),
        action: asked.action.as_str().to_owned(),
        purpose: asked.purpose.to_string(),
        channel: asked.channel.to_string(),
        at: asked.at.to_string(),
        under: asked.under.as_ref().map(|under| under.iter().map(ToString::to_string).collect()),
        consents: asked.consents.iter().map(ConsentLine::from).collect(),
        approvals: asked.approvals.iter().map(ApprovalLine::from).collect(),
    };
    let read = line.resolve_as_named().expect("a request reads back");
    assert_eq!((&read.record, &read.consents, &read.approvals), (&asked.record, &asked.consents, &asked.approvals));
    assert_eq!(read.decide(agreements, national), *decision, "decided otherwise when read back");

    let answer = answer_line(&serde_json::to_string(&line).expect("a line can be written"), agreements, national);
    // Names that no agreement knows are an error for those who ask from outside.
    if line.resolve(agreements, national).is_ok() {
        assert_eq!(serde_json::from_str::<Answer>(&answer).ok(), Some(Answer::from(decision)), "{answer}");
    } else {
        assert!(answer.starts_with("{\"error\":"), "{answer}");
    }
}

/// The world and the request that the bytes choose.
fn case(data: &[u8]) -> (Agreements, NationalRules, Resolved) {
    let mut reader = Reader(data);
    let (agreements, national, mut asked) = (agreements(&mut reader), national(&mut reader), request(&mut reader));
    let Record { originator, status, versions, .. } = &mut asked.record;
    for version in versions {
        (version.originator, version.status) = (originator.clone(), *status);
    }
    (agreements, national, asked)
}

/// The example's agreements, with a few acts more.
fn agreements(reader: &mut Reader<'_>) -> Agreements {
    let mut agreements = AGREEMENTS.clone();
    let ids: Vec<AgreementId> = agreements.keys().cloned().collect();
    for _ in 0..reader.below(4) {
        let Some(agreement) = agreements.get_mut(reader.pick(&ids)) else { continue };
        let by = if reader.flag() { Actor::All } else { Actor::Party(reader.pick(&agreement.parties).clone()) };
        let (kind, date) = (*reader.pick(&ActKind::ALL), day_of(moment(reader)));
        let disputed_by = if reader.flag() { Vec::new() } else { vec![reader.pick(&agreement.parties).clone()] };
        let admits = (kind == ActKind::Admitted).then(|| Party::from(*reader.pick(&PARTIES)));
        let admits = admits.filter(|party| !agreement.parties.contains(party));
        agreement.acts.push(Act { by, date, kind, article: None, admits, disputed_by });
    }
    agreements
}

/// The example's national rules, or those of some parties.
fn national(reader: &mut Reader<'_>) -> NationalRules {
    let left_out = reader.few(3, |reader| Party::from(*reader.pick(&PARTIES)));
    NATIONAL.clone().into_iter().filter(|(party, _)| !left_out.contains(party)).collect()
}

fn request(reader: &mut Reader<'_>) -> Resolved {
    Resolved {
        from: party(reader),
        to: party(reader),
        action: action(reader),
        purpose: (*reader.pick(&PURPOSES)).into(),
        channel: (*reader.pick(&CHANNELS)).into(),
        at: moment(reader),
        under: reader.perhaps(|reader| reader.few(3, agreement)),
        record: record(reader, 0),
        consents: reader.few(4, consent),
        approvals: reader.few(3, |reader| Approval {
            by: party(reader),
            record: record_id(reader, 0).into(),
            to: party(reader),
            action: action(reader),
        }),
    }
}

fn record(reader: &mut Reader<'_>, depth: usize) -> Record {
    let text = reader.pick(&LABELS);
    Record {
        id: record_id(reader, depth).into(),
        label: label::parse(text).expect("the label is sound"),
        originator: party(reader),
        subjects: reader.few(2, subject),
        status: *reader.pick(&[Status::Actual, Status::Exercise, Status::Test]),
        custody: reader.few(2, |reader| Hop {
            from: party(reader),
            to: party(reader),
            under: reader.few(2, agreement),
            purpose: (*reader.pick(&PURPOSES)).into(),
            onward: if reader.flag() { Onward::Ask } else { Onward::Free },
        }),
        distribution: reader.few(2, party),
        derived_from: match reader.below(8) {
            few @ 1..=2 if depth < 3 => (0..few).map(|_| record(reader, depth + 1)).collect(),
            _ => Vec::new(),
        },
        versions: if depth == 0 { versions(reader) } else { Vec::new() },
    }
}

/// Up to two; [`case`] makes their originator that of their record.
fn versions(reader: &mut Reader<'_>) -> Vec<Record> {
    let count = reader.below(3);
    (0..count).map(|number| Record { id: format!("K-0-T{number}").into(), ..record(reader, 1) }).collect()
}

/// An id that no record above has, since nothing is made from itself; records beside each other may share one.
fn record_id(reader: &mut Reader<'_>, depth: usize) -> String {
    format!("K-{depth}-{}", reader.below(2))
}

fn consent(reader: &mut Reader<'_>) -> Consent {
    let by = party(reader);
    let answers = if reader.flag() {
        let depth = reader.below(3);
        Answers::Record(record_id(reader, depth).into(), party(reader))
    } else {
        let subjects = if reader.flag() { Set::Any } else { Set::Of(reader.few(3, subject)) };
        Answers::Standing { subjects, max: *reader.pick(&Level::ALL), to: reader.perhaps(party) }
    };
    Consent {
        by,
        answers,
        action: action(reader),
        purpose: reader.perhaps(|reader| (*reader.pick(&PURPOSES)).into()),
        until: reader.perhaps(moment),
    }
}

fn party(reader: &mut Reader<'_>) -> Party {
    (*reader.pick(&PARTIES)).into()
}

fn subject(reader: &mut Reader<'_>) -> Subject {
    (*reader.pick(&SUBJECTS)).into()
}

fn action(reader: &mut Reader<'_>) -> Action {
    *reader.pick(&[Action::Release, Action::Display])
}

fn agreement(reader: &mut Reader<'_>) -> AgreementId {
    let known: Vec<&str> = AGREEMENTS.keys().map(AgreementId::as_str).chain([NO_AGREEMENT]).collect();
    (*reader.pick(&known)).into()
}

/// Mostly a day of the years in which the example's agreements change; at times any moment that can be written.
fn moment(reader: &mut Reader<'_>) -> Timestamp {
    if reader.below(8) == 7 {
        let span = Timestamp::MAX.as_second().abs_diff(Timestamp::MIN.as_second());
        let second = Timestamp::MIN.as_second().saturating_add_unsigned(reader.number() % span);
        return Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
    }
    // 2007-01-01 and 30 years.
    let days = (i64::from(reader.byte()) << 8 | i64::from(reader.byte())) % 10_957;
    Timestamp::from_second(1_167_609_600 + days * 86_400).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use chacha20::{
        ChaCha20Rng,
        rand_core::{Rng as _, SeedableRng as _},
    };

    use super::*;

    /// Bytes that never reach an answer would prove nothing of it.
    #[test]
    fn the_bytes_reach_every_gate_and_every_answer() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let (mut codes, mut cures, mut permits) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for _ in 0..6_000 {
            let mut data = [0; 400];
            rng.fill_bytes(&mut data);
            let (agreements, national, asked) = case(&data);
            let decision = asked.decide(&agreements, &national);
            codes.extend(decision.blocked.iter().map(|block| block.reason.code()));
            cures.extend(decision.cures.iter().flatten().map(Cure::kind));
            if decision.blocked.is_empty() {
                permits.insert((decision.usable.is_empty(), decision.duties.is_empty(), decision.onward.as_str()));
            }
        }
        for code in CODES {
            assert!(codes.contains(code), "never blocked as `{code}`");
        }
        assert_eq!(cures, BTreeSet::from(["approval", "consent", "relabel"]));
        assert!(permits.contains(&(false, false, "free")), "never permitted under an agreement with duties");
        assert!(permits.contains(&(true, true, "ask")), "never permitted without an agreement");
    }

    /// The codes of the machine interface.
    const CODES: [&str; 22] = [
        "noforn",
        "relido",
        "not-releasable",
        "fgi",
        "fgi-concealed",
        "not-on-distribution",
        "compartmented",
        "source-label",
        "no-agreement",
        "not-in-force",
        "disputed",
        "out-of-scope",
        "no-equivalent",
        "above-ceiling",
        "third-party",
        "purpose",
        "orcon",
        "unknown-custody",
        "onward",
        "channel",
        "restricted",
        "approval",
    ];
}
