//! What is signed: one form, and read as it was meant.

use entente_core::{
    agreement::{Force, InstrumentHash, clause::Notifier},
    alert::{Circle, Point, Polygon, Shape},
    consult::{
        Clock, Due, Effects, Evidence, Incident, Kind, Pin, Place, Precedence, Proposal, Raise, Step,
        commitment::{Commitment, Progress, Waiver, Word},
        effects::Choice,
        meeting::Meeting,
    },
    record::Status,
};
use entente_formats::{
    hex,
    wire::{
        Canonical,
        consult::{
            AlertAcknowledgement, CommitmentStatement, CommitmentWord, MeetingStatement, ProgressStatement,
            RaiseStatement, StepStatement, WaiverStatement, item_digest,
        },
    },
};

use super::moment;

pub(crate) fn raise() -> Raise {
    let point = |latitude, longitude| Point::new(latitude, longitude).unwrap();
    let triangle = Polygon::new(vec![point(0, 170_000_000), point(0, -170_000_000), point(5_000_000, 180_000_000)]);
    let shapes =
        vec![Shape::Polygon(triangle.unwrap()), Shape::Circle(Circle { center: point(-1, 1), radius: 10_000 })];
    Raise {
        number: [7; 16],
        incident: Incident {
            title: "ミサイル発射".into(),
            trigger: "missile-launch".into(),
            place: Some(Place { name: "west of Hokkaido".into(), shapes }),
            began: moment("2026-11-20T00:00:00Z"),
            ended: Some(moment("2026-11-20T00:12:00Z")),
            status: Status::Actual,
            precedence: Precedence::Flash,
            evidence: vec![Evidence { originator: "JPN".into(), record: "J-1".into(), digest: [3; 32] }],
            raised_by: "JPN".into(),
            raised_at: moment("2026-11-20T00:02:00Z"),
            role: Some(Notifier::Any),
        },
        participants: ["JPN", "KOR", "USA"].map(Into::into).to_vec(),
        pins: vec![Pin {
            agreement: "commitment-to-consult-2023".into(),
            hash: InstrumentHash([1; 32]),
            head: [2; 32],
            force: Force::Political,
            clause: "consultation".into(),
            words: "in an expeditious manner".into(),
            parties: ["JPN", "KOR", "USA"].map(Into::into).to_vec(),
            due: Due { at: Some(moment("2026-11-20T00:17:00Z")), clock: Clock::Local },
        }],
        acknowledge_by: moment("2026-11-20T00:17:00Z"),
        close_by: moment("2026-11-20T06:00:00Z"),
        link: Some("https://meet.example/1".into()),
    }
}

pub(crate) fn effects() -> Effects {
    let choice = |what: &str, is_nothing| Choice {
        what: what.into(),
        is_nothing,
        effects: ["none".into(), "some".into(), "fear".into()],
    };
    Effects {
        options: vec![choice("wait", true), choice("speak", false)],
        chosen: 1,
        because: "silence would be read as assent".into(),
        evidence: vec![Evidence { originator: "KOR".into(), record: "K-9".into(), digest: [4; 32] }],
        dissent: vec![("KOR".into(), "too early".into())],
    }
}

fn kinds() -> Vec<Kind> {
    let propose = |proposal: Proposal| Kind::Propose { item: item_digest(&proposal), proposal };
    vec![
        Kind::Convene { at: moment("2026-11-20T00:30:00Z"), place: String::new() },
        Kind::Acknowledge { person: "Lt. Sato".into() },
        Kind::Decline { reason: String::new() },
        Kind::Escalate { to: "minister".into(), reason: "no answer".into() },
        propose(Proposal::Message { text: "We condemn.\n".into(), replaces: None }),
        propose(Proposal::Message { text: "We condemn, all.\n".into(), replaces: Some([5; 32]) }),
        propose(Proposal::Action { what: "report".into(), owner: "USA".into(), due: None }),
        Kind::Agree { item: [6; 32] },
        Kind::Object { item: [6; 32], reason: "no".into() },
        Kind::Effects(effects()),
        Kind::Close { effects: [8; 32], message: None, without: Vec::new(), note: "done".into(), dissent: None },
        Kind::Close {
            effects: [8; 32],
            message: Some([9; 32]),
            without: vec!["USA".into()],
            note: String::new(),
            dissent: Some("not all".into()),
        },
    ]
}

fn step(kind: Kind) -> Step {
    Step {
        by: "KOR".into(),
        raise: [1; 32],
        number: 2,
        previous: [2; 32],
        seen: vec![[3; 32], [4; 32]],
        at: moment("2026-11-20T00:05:00Z"),
        kind,
    }
}

fn same<T: Canonical + PartialEq + std::fmt::Debug>(statement: &T) {
    let bytes = statement.to_bytes();
    assert_eq!(T::from_bytes(&bytes).as_ref(), Ok(statement), "{}", hex::encode(&bytes));
}

#[test]
fn what_is_meant_is_what_is_read() {
    let full = raise();
    let incident = Incident { place: None, ended: None, role: None, evidence: Vec::new(), ..full.incident.clone() };
    let bare = Raise { incident, link: None, pins: Vec::new(), ..full.clone() };
    for raise in [full, bare] {
        let statement = RaiseStatement::of(&raise);
        same(&statement);
        assert_eq!(statement.read(), Ok(raise));
    }
    for kind in kinds() {
        let step = step(kind);
        let statement = StepStatement::of(&step);
        same(&statement);
        assert_eq!(statement.read(), Ok(step));
    }
    let at = moment("2026-11-20T00:05:00Z");
    let clause = || ("tscf-2024".into(), "exercises".into());
    let commitment = Commitment {
        by: "JPN".into(),
        number: [1; 16],
        owner: "USA".into(),
        what: "host the exercise".into(),
        due: Some("2027-03-31".parse().unwrap()),
        clause: Some(clause()),
        consultation: Some([2; 32]),
        steps: vec!["plan".into(), "invite".into()],
        at,
    };
    let statement = CommitmentStatement::of(&commitment);
    same(&CommitmentWord::Made(statement.clone()));
    assert_eq!(statement.read(), Ok(commitment));
    let progress = Progress {
        by: "USA".into(),
        commitment: [3; 32],
        number: 4,
        step: Some(1),
        word: Word::Done,
        evidence: effects().evidence,
        note: String::new(),
        at,
    };
    let statement = ProgressStatement::of(&progress);
    same(&CommitmentWord::Progress(statement.clone()));
    assert_eq!(statement.read(), Ok(progress));
    let waiver =
        Waiver { by: "KOR".into(), of: [4; 32], clause: clause(), party: "JPN".into(), note: "settled".into(), at };
    let statement = WaiverStatement::of(&waiver);
    same(&CommitmentWord::Waived(statement.clone()));
    assert_eq!(statement.read(), Ok(waiver));
    let meeting = Meeting {
        by: "KOR".into(),
        number: [5; 16],
        revision: 1,
        clause: Some(clause()),
        body: Some("foreign ministers".into()),
        title: "Foreign ministers".into(),
        starts: at,
        ends: moment("2026-11-20T03:00:00Z"),
        place: "Seoul".into(),
        is_cancelled: false,
        minutes: Some("K-77".into()),
        at,
    };
    let statement = MeetingStatement::of(&meeting);
    same(&statement);
    assert_eq!(statement.read(), Ok(meeting));
    let seen = AlertAcknowledgement {
        by: "USA".into(),
        originator: "JPN".into(),
        record: "MW-7".into(),
        digest: [6; 32],
        person: "watch officer".into(),
        at: at.as_second(),
    };
    same(&seen);
    assert_eq!(seen.check(), Ok(()));
    assert!(AlertAcknowledgement { person: " ".into(), ..seen }.check().is_err());
}

/// Worked out by hand from the specification and RFC 8949.
#[test]
fn the_bytes_of_a_step() {
    let acknowledged = Step { seen: Vec::new(), ..step(Kind::Acknowledge { person: "Sato".into() }) };
    let (raise, previous) = ("01".repeat(32), "02".repeat(32));
    let at = format!("1a{:08x}", acknowledged.at.as_second());
    let expected = format!("87 634b4f52 5820{raise} 02 5820{previous} 80 {at} 82 01 81 645361746f").replace(' ', "");
    assert_eq!(hex::encode(&StepStatement::of(&acknowledged).to_bytes()), expected);
}

#[test]
fn the_same_text_is_one_item_whoever_proposes_it_and_another_comma_another() {
    let message = |text: &str, replaces| item_digest(&Proposal::Message { text: text.into(), replaces });
    assert_eq!(message("a, b", None), message("a, b", Some([1; 32])));
    assert_ne!(message("a, b", None), message("a b", None));
    // sha256 of `entente.consult.message`, a line feed and `a, b`, by another program.
    let expected = "ec40aea5cc1c2f3ce56910a40c76da7bb04f9605b47ea9dc8b3d31099d365a2c";
    assert_eq!(hex::encode(&message("a, b", None)), expected);
    let action = |due| item_digest(&Proposal::Action { what: "x".into(), owner: "USA".into(), due });
    assert_ne!(action(None), action(Some(moment("2026-11-20T00:00:00Z"))));
}

#[test]
fn what_breaks_a_rule_is_refused() {
    type Break = fn(&mut RaiseStatement);
    let raises: [(&str, Break); 12] = [
        ("its raiser among them", |raise| raise.participants = vec!["KOR".into(), "USA".into()]),
        ("two participants at least", |raise| raise.participants = vec!["JPN".into()]),
        ("named twice", |raise| raise.participants.push("KOR".into())),
        ("not in their order", |raise| raise.acknowledge_by = raise.at - 1),
        ("not in their order", |raise| raise.close_by = raise.acknowledge_by - 1),
        ("unknown status", |raise| raise.status = "real".into()),
        ("unknown precedence", |raise| raise.precedence = "Flash".into()),
        ("unknown role", |raise| raise.role = Some("owner".into())),
        ("outside the calendar", |raise| raise.began = i64::MAX),
        ("does not take part", |raise| raise.pins[0].parties.push("AUS".into())),
        ("force or the clock", |raise| raise.pins[0].clock = "none".into()),
        ("a word is empty", |raise| raise.title = "\n".into()),
    ];
    for (says, break_it) in raises {
        let mut statement = RaiseStatement::of(&raise());
        break_it(&mut statement);
        let error = statement.read().unwrap_err().to_string();
        assert!(error.contains(says), "{says}: {error}");
    }
    let long = |length: usize| "x".repeat(length);
    let too_long = [
        Kind::Acknowledge { person: long(201) },
        Kind::Decline { reason: long(1001) },
        Kind::Propose { item: [0; 32], proposal: Proposal::Message { text: long(16 * 1024 + 1), replaces: None } },
        Kind::Propose { item: [0; 32], proposal: Proposal::Message { text: " ".into(), replaces: None } },
        Kind::Effects(Effects { options: vec![effects().options[0].clone(); 17], ..effects() }),
        Kind::Close {
            effects: [0; 32],
            message: None,
            without: vec!["USA".into(), "USA".into()],
            note: String::new(),
            dissent: None,
        },
    ];
    for kind in too_long {
        assert!(StepStatement::of(&step(kind.clone())).read().is_err(), "{kind:?}");
    }
    assert!(StepStatement { number: 0, ..StepStatement::of(&step(kinds()[0].clone())) }.read().is_err());
}
