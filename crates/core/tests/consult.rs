//! Consultations: scripts of steps, and what holds for any order, doubling, loss and lie.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use entente_core::{
    Party,
    agreement::{Force, InstrumentHash},
    consult::{
        Clock, Closing, Consultation, Digest, Due, Effects, Incident, Kind, Phase, Pin, Precedence, Proposal, Raise,
        Stance, State, Step, Waits, effects::Choice, fold::doubled_raises,
    },
    record::Status,
    time::Timestamp,
};
use proptest::prelude::*;

fn minute(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + minutes * 60).unwrap()
}

/// A digest that shows its name: `k1` and zeros.
fn digest(name: &str) -> Digest {
    let mut digest = [0; 32];
    digest[..name.len()].copy_from_slice(name.as_bytes());
    digest
}

fn shown(digest: &Digest) -> String {
    String::from_utf8(digest.iter().copied().take_while(|byte| *byte != 0).collect()).unwrap()
}

const RAISE: &str = "raise";

/// Raised by the first of these at minute 0: to acknowledge by 15, to close without the silent from 60.
fn raise(parties: &[&str]) -> Raise {
    let participants: Vec<Party> = parties.iter().copied().map(Party::from).collect();
    Raise {
        number: [7; 16],
        incident: Incident {
            title: "launch".into(),
            trigger: "missile-launch".into(),
            place: None,
            began: minute(-1),
            ended: None,
            status: Status::Actual,
            precedence: Precedence::Flash,
            evidence: Vec::new(),
            raised_by: participants[0].clone(),
            raised_at: minute(0),
            role: None,
        },
        pins: vec![Pin {
            agreement: "pact".into(),
            hash: InstrumentHash([1; 32]),
            head: [2; 32],
            force: Force::Political,
            clause: "consultation".into(),
            words: "in an expeditious manner".into(),
            parties: participants.clone(),
            due: Due { at: Some(minute(15)), clock: Clock::Local },
        }],
        participants,
        acknowledge_by: minute(15),
        close_by: minute(60),
        link: None,
    }
}

fn effects() -> Effects {
    let choice = |what: &str, is_nothing| Choice {
        what: what.into(),
        is_nothing,
        effects: ["none".into(), "some".into(), "fear".into()],
    };
    Effects {
        options: vec![choice("wait", true), choice("speak", false)],
        chosen: 1,
        because: "silence would be read as assent".into(),
        evidence: Vec::new(),
        dissent: Vec::new(),
    }
}

/// `k1 KOR 1 @5 ack`, then what the kind needs, then `seen=j1,u1`, `before=k0`.
fn step(line: &str, steps: &BTreeMap<Digest, Step>) -> (Digest, Step) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, by, number, at, kind, rest @ ..] = words.as_slice() else { panic!("{line}") };
    let option = |key: &str| rest.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    let plain: Vec<&str> = rest.iter().copied().filter(|word| !word.contains('=')).collect();
    let number: u32 = number.parse().unwrap();
    let list = |key| option(key).into_iter().flat_map(|text| text.split(','));
    let kind = match (*kind, plain.as_slice()) {
        ("convene", []) => Kind::Convene { at: minute(20), place: "line 2".into() },
        ("ack", []) => Kind::Acknowledge { person: "watch".into() },
        ("decline", []) => Kind::Decline { reason: String::new() },
        ("escalate", []) => Kind::Escalate { to: "minister".into(), reason: "no answer".into() },
        ("message", [text]) => {
            let replaces = option("replaces").map(digest);
            Kind::Propose { item: digest(text), proposal: Proposal::Message { text: (*text).into(), replaces } }
        }
        ("action", [what]) => {
            let proposal = Proposal::Action { what: (*what).into(), owner: (*by).into(), due: None };
            Kind::Propose { item: digest(what), proposal }
        }
        ("agree", [item]) => Kind::Agree { item: digest(item) },
        ("object", [item]) => Kind::Object { item: digest(item), reason: "no".into() },
        ("effects", []) => Kind::Effects(effects()),
        ("half-effects", []) => Kind::Effects(Effects { options: effects().options.split_off(1), ..effects() }),
        ("close", [on]) => Kind::Close {
            effects: digest(on),
            message: option("message").map(digest),
            without: list("without").map(Party::from).collect(),
            note: "done".into(),
            dissent: None,
        },
        other => panic!("{other:?}"),
    };
    let before = |step: &(&Digest, &Step)| step.1.by == *by && step.1.number + 1 == number;
    let previous = match option("before") {
        Some(name) => digest(name),
        None => steps.iter().find(before).map_or(digest(RAISE), |(digest, _)| *digest),
    };
    let step = Step {
        by: (*by).into(),
        raise: digest(option("raise").unwrap_or(RAISE)),
        number,
        previous,
        seen: list("seen").map(digest).collect(),
        at: minute(at.strip_prefix('@').unwrap().parse().unwrap()),
        kind,
    };
    (digest(name), step)
}

fn script(text: &str) -> BTreeMap<Digest, Step> {
    let mut steps = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (digest, step) = step(line, &steps);
        steps.insert(digest, step);
    }
    steps
}

fn describe(core: &Consultation<'_>, now: Timestamp) -> String {
    let mut text = core.phase(now).as_str().to_owned();
    for (party, stance) in &core.stances {
        let word = match stance {
            Stance::Silent => "silent",
            Stance::Acknowledged(_) => "yes",
            Stance::Declined(_) => "declined",
            Stance::Contradictory => "contradictory",
        };
        write!(text, " {party}={word}").unwrap();
    }
    for (item, state) in &core.items {
        let mark = if state.is_agreed { "agreed" } else { "open" };
        let by: Vec<&str> = state.agreed.keys().map(|party| party.as_str()).collect();
        write!(text, "; {} {mark} [{}]", shown(item), by.join(" ")).unwrap();
        if !state.objections.is_empty() {
            write!(text, " {} against", state.objections.len()).unwrap();
        }
    }
    match &core.closing {
        Closing::Open(waits) => {
            for wait in waits {
                let wait = match wait {
                    Waits::Effects => "effects".to_owned(),
                    Waits::EffectsNamed(digest) => format!("effects {}", shown(digest)),
                    Waits::WholeEffects(lacks) => format!("whole effects: {lacks}"),
                    Waits::Message(party) => format!("message {party}"),
                    Waits::Note(party) => format!("note {party}"),
                };
                write!(text, "; waits {wait}").unwrap();
            }
        }
        Closing::Closed { effects, message, notes, without, beside } => {
            let names = |parties: &mut dyn Iterator<Item = &&Party>| {
                parties.map(|party| party.as_str().to_owned()).collect::<Vec<_>>().join(" ")
            };
            write!(text, "; on {} by [{}]", shown(effects), names(&mut notes.keys())).unwrap();
            if let Some(message) = message {
                write!(text, " saying {}", shown(message)).unwrap();
            }
            if !without.is_empty() {
                write!(text, " without [{}]", names(&mut without.iter())).unwrap();
            }
            for (party, digest) in beside {
                write!(text, " beside {party} {}", shown(digest)).unwrap();
            }
        }
    }
    for double in &core.doubles {
        let versions: Vec<String> = double.versions.iter().map(shown).collect();
        write!(text, "; TWO VERSIONS {} {}: {}", double.party, double.number, versions.join(" ")).unwrap();
    }
    for (digest, by) in &core.missing {
        write!(text, "; missing {} named by {}", shown(digest), by.first().unwrap()).unwrap();
    }
    core.broken.iter().for_each(|digest| write!(text, "; broken {}", shown(digest)).unwrap());
    core.strangers.iter().for_each(|digest| write!(text, "; stranger {}", shown(digest)).unwrap());
    text
}

/// What the steps are, at which minute, and what it shows.
const STORIES: &[(&str, &str, i64, &str)] = &[
    (
        "nothing yet",
        "",
        1,
        "raised JPN=silent KOR=silent USA=silent; waits effects; waits note JPN; waits note KOR; waits note USA",
    ),
    (
        "a whole consultation",
        "j1 JPN 1 @1 convene
         k1 KOR 1 @5 ack seen=j1
         u1 USA 1 @6 ack
         j2 JPN 2 @10 message text
         j3 JPN 3 @11 agree text
         k2 KOR 2 @12 agree text
         u2 USA 2 @13 agree text
         u3 USA 3 @20 effects
         j4 JPN 4 @30 close u3 message=text
         k3 KOR 3 @31 close u3 message=text
         u4 USA 4 @32 close u3 message=text",
        40,
        "closed JPN=silent KOR=yes USA=yes; text agreed [JPN KOR USA]; on u3 by [JPN KOR USA] saying text",
    ),
    (
        "a changed comma is another message",
        "j1 JPN 1 @1 message one
         j2 JPN 2 @2 agree one
         k1 KOR 1 @3 agree one
         u1 USA 1 @4 message two replaces=one
         u2 USA 2 @5 agree two
         u3 USA 3 @6 object one",
        7,
        "raised JPN=silent KOR=silent USA=silent; one open [JPN KOR] 1 against; two open [USA]; waits effects; \
         waits note JPN; waits note KOR; waits note USA",
    ),
    (
        "nobody closes without a statement of effects, nor on half of one",
        "j1 JPN 1 @1 close j9
         k1 KOR 1 @2 half-effects
         u1 USA 1 @3 close k1
         j2 JPN 2 @4 close k1
         k2 KOR 2 @5 close k1",
        7,
        "raised JPN=silent KOR=silent USA=silent; waits whole effects: to do nothing is not among the options",
    ),
    (
        "closed without a silent party, whose late note stands beside",
        "j1 JPN 1 @20 effects
         k1 KOR 1 @5 ack
         j2 JPN 2 @60 close j1 without=USA
         k2 KOR 2 @61 close j1 without=USA
         u1 USA 1 @90 close u9",
        95,
        "closed JPN=silent KOR=yes USA=silent; on j1 by [JPN KOR] without [USA] beside USA u1",
    ),
    (
        "not before its time",
        "j1 JPN 1 @20 effects
         j2 JPN 2 @59 close j1 without=USA
         k1 KOR 1 @61 close j1 without=USA",
        70,
        "raised JPN=silent KOR=silent USA=silent; waits note USA",
    ),
    (
        "who declines is waited for no more, also when it thinks better of it",
        "k1 KOR 1 @5 decline
         u1 USA 1 @5 ack
         j1 JPN 1 @20 effects
         j2 JPN 2 @21 close j1
         u2 USA 2 @22 close j1
         k2 KOR 2 @30 ack",
        31,
        "closed JPN=silent KOR=yes USA=yes; on j1 by [JPN USA]",
    ),
    (
        "all decline",
        "k1 KOR 1 @5 decline\nu1 USA 1 @5 decline",
        9,
        "declined JPN=silent KOR=declined USA=declined; waits effects; waits note JPN",
    ),
    (
        "nobody answers",
        "j1 JPN 1 @1 convene",
        61,
        "lapsed JPN=silent KOR=silent USA=silent; waits effects; waits note JPN; waits note KOR; waits note USA",
    ),
    (
        "two versions of one step: the signatures count, the contradiction does not",
        "j1 JPN 1 @1 message text
         k1 KOR 1 @5 ack
         k2 KOR 1 @5 decline
         k3 KOR 2 @6 agree text before=k1
         k4 KOR 2 @6 object text before=k2",
        9,
        "raised JPN=silent KOR=contradictory USA=silent; text open [KOR] 1 against; waits effects; waits note JPN; \
         waits note USA; TWO VERSIONS KOR 1: k1 k2; TWO VERSIONS KOR 2: k3 k4",
    ),
    (
        "what others were sent is missed by its name",
        "k1 KOR 1 @5 ack seen=u1
         k3 KOR 3 @7 agree text before=k2",
        9,
        "raised JPN=silent KOR=yes USA=silent; waits effects; waits note JPN; waits note KOR; waits note USA; \
         missing k2 named by KOR; missing u1 named by KOR",
    ),
    (
        "a stranger, another consultation, and a number that does not follow",
        "x1 PRK 1 @1 ack
         k1 KOR 1 @5 ack raise=other
         u5 USA 5 @5 ack before=raise",
        9,
        "raised JPN=silent KOR=silent USA=yes; waits effects; waits note JPN; waits note KOR; waits note USA; broken u5; \
         stranger x1",
    ),
];

#[test]
fn stories() {
    let raise = raise(&["JPN", "KOR", "USA"]);
    for (shows, text, at, expected) in STORIES {
        let steps = script(text);
        let core = Consultation::fold(digest(RAISE), &raise, &steps);
        assert_eq!(describe(&core, minute(*at)), *expected, "{shows}");
    }
}

#[test]
fn each_duty_is_met_late_or_overdue() {
    let raise = raise(&["JPN", "KOR", "USA", "AUS"]);
    let steps = script("k1 KOR 1 @15 ack\nu1 USA 1 @16 ack\nj1 JPN 1 @20 escalate");
    let core = Consultation::fold(digest(RAISE), &raise, &steps);
    let states = |now: i64| -> Vec<String> {
        let duties = core.duties(minute(now));
        duties
            .iter()
            .map(|(pin, party, state)| format!("{party} {} {}", pin.due.clock.as_str(), state.as_str()))
            .collect()
    };
    let local = "local setting, not in the text";
    let expected = [("JPN", "met"), ("KOR", "met"), ("USA", "late"), ("AUS", "overdue")];
    assert_eq!(states(17), expected.map(|(party, state)| format!("{party} {local} {state}")));
    assert_eq!(states(15)[3], format!("AUS {local} due"));
    assert!(core.is_escalated());
    assert!(matches!(core.duties(minute(17))[2].2, State::Late(at) if at == minute(16)));
}

#[test]
fn an_agreed_message_gives_way_to_the_one_agreed_in_its_place() {
    let raise = raise(&["JPN", "KOR"]);
    let mut text = "j1 JPN 1 @1 message one\nj2 JPN 2 @2 agree one\nk1 KOR 1 @3 agree one".to_owned();
    let messages = |text: &str| {
        let steps = script(text);
        let core = Consultation::fold(digest(RAISE), &raise, &steps);
        core.messages().iter().map(|(_, text)| (*text).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(messages(&text), ["one"]);
    text.push_str("\nj3 JPN 3 @4 message two replaces=one\nk2 KOR 2 @5 agree two");
    assert_eq!(messages(&text), ["one"]);
    text.push_str("\nj4 JPN 4 @6 agree two");
    assert_eq!(messages(&text), ["two"]);
}

#[test]
fn two_raises_of_one_number_are_two_versions() {
    let (one, two) = (raise(&["JPN", "KOR"]), raise(&["JPN", "KOR", "USA"]));
    let other = Raise { number: [8; 16], ..one.clone() };
    let raises = BTreeMap::from([(digest("a"), one), (digest("b"), two), (digest("c"), other)]);
    assert_eq!(doubled_raises(&raises), [("JPN".into(), [7; 16], vec![digest("a"), digest("b")])]);
}

const NAMES: [&str; 8] = ["AUS", "CAN", "GBR", "JPN", "KOR", "NZL", "PHL", "USA"];

/// Steps of honest parties and of liars, of two to eight parties: any number may be there in two versions.
fn world() -> impl Strategy<Value = (Raise, BTreeMap<Digest, Step>)> {
    (2_usize..=8).prop_flat_map(|count| {
        let line = (0..count + 1, 1_u32..5, 0_i64..120, 0_usize..10, 0_usize..3, any::<bool>());
        prop::collection::vec(line, 0..40).prop_map(move |lines| {
            let raise = raise(&NAMES[..count]);
            let mut steps = BTreeMap::new();
            for (at, (party, number, time, kind, item, leaves_out)) in lines.into_iter().enumerate() {
                let by = NAMES.get(party).filter(|_| party < count).unwrap_or(&"PRK");
                let item_name = ["one", "two", "three"][item];
                let without = if leaves_out { format!(" without={}", NAMES[..count].join(",")) } else { String::new() };
                let kind = match kind {
                    0 | 1 => "ack".to_owned(),
                    2 => "decline".to_owned(),
                    3 => format!("message {item_name}"),
                    4 | 5 => format!("agree {item_name}"),
                    6 => "effects".to_owned(),
                    7 => format!("object {item_name}"),
                    _ => format!("close s{}{without}", item * 3),
                };
                let (digest, step) = step(&format!("s{at} {by} {number} @{time} {kind} seen=s{}", at / 2), &steps);
                steps.insert(digest, step);
            }
            (raise, steps)
        })
    })
}

proptest! {
    #[test]
    fn any_order_doubling_and_partition_lead_to_the_same_core(
        (raise, all) in world(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
        cut in any::<prop::sample::Index>(),
    ) {
        // Two nodes that each had a part, in an order of their own and some twice, and then the rest from each other.
        let list: Vec<(&Digest, &Step)> = all.iter().collect();
        let pick = |indices: &[prop::sample::Index]| -> BTreeMap<Digest, Step> {
            let picked = indices.iter().filter(|_| !list.is_empty()).map(|at| list[at.index(list.len())]);
            picked.map(|(digest, step)| (*digest, step.clone())).collect()
        };
        let (left, right) = order.split_at(if order.is_empty() { 0 } else { cut.index(order.len()) });
        let (mut one, mut other) = (pick(left), pick(right));
        let partial = one.clone();
        one.extend(other.clone());
        other.extend(partial);
        prop_assert_eq!(
            Consultation::fold(digest(RAISE), &raise, &one),
            Consultation::fold(digest(RAISE), &raise, &other)
        );
    }

    #[test]
    fn more_steps_take_back_no_agreement_and_open_nothing_that_was_closed(
        (raise, all) in world(), some in prop::collection::vec(any::<bool>(), 40),
    ) {
        let part: BTreeMap<Digest, Step> =
            all.iter().zip(&some).filter(|(_, keep)| **keep).map(|((digest, step), _)| (*digest, step.clone())).collect();
        let (less, more) =
            (Consultation::fold(digest(RAISE), &raise, &part), Consultation::fold(digest(RAISE), &raise, &all));
        for (item, state) in &less.items {
            let later = &more.items[item];
            prop_assert!(state.agreed.keys().all(|party| later.agreed.contains_key(*party)));
            prop_assert!(!state.is_agreed || later.is_agreed);
        }
        if less.phase(minute(0)) == Phase::Closed {
            prop_assert_eq!(more.phase(minute(0)), Phase::Closed);
        }
        // Whoever lies is named with both versions, and stays named.
        let doubles = |core: &Consultation<'_>| core.doubles.iter().map(|one| (one.party.clone(), one.number)).collect::<BTreeSet<_>>();
        prop_assert!(doubles(&less).is_subset(&doubles(&more)));
    }

    #[test]
    fn nobody_is_closed_without_who_did_not_say_so((raise, all) in world()) {
        let core = Consultation::fold(digest(RAISE), &raise, &all);
        let Closing::Closed { notes, without, effects, .. } = &core.closing else { return Ok(()) };
        prop_assert!(core.effects[effects].1.lacks().is_none());
        for party in without {
            prop_assert!(!notes.contains_key(party));
            for note_by in notes.keys() {
                let says_so = core.steps[note_by].iter().any(|(_, step)| {
                    matches!(&step.kind, Kind::Close { without, .. } if without.contains(party)) && step.at >= raise.close_by
                });
                prop_assert!(says_so, "{note_by} on {party}");
            }
        }
    }
}
