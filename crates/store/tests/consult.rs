//! Consultations at real nodes: every step a signed message, the same core everywhere, through cuts, detours and lies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use std::collections::BTreeMap;

use entente_core::{
    Party,
    agreement::Force,
    consult::{
        Clock, Closing, Digest, Disagreement, Phase, Raise, Stance, State, Step,
        disagreement::{About, Said},
        effects::Choice,
    },
    time::Timestamp,
};
use entente_formats::hex;
use entente_formats::wire::{
    Body, Canonical,
    consult::{RaiseStatement, StepKind, StepStatement},
    payload,
};
use entente_node::{
    Answer, Event, Feed, Lane, Refusal,
    consult::{Deed, EffectsDraft, RaiseConsultation},
    consultation,
    incident::RaiseIncident,
};
use site::{Site, Sites, deliver, party, three};

fn incident(site: &mut Site, status: Option<entente_core::record::Status>) -> String {
    let raise = RaiseIncident {
        by: site.viewer(),
        title: Some("A missile over the sea".into()),
        trigger: Some("missile-launch".into()),
        place: None,
        began: None,
        ended: None,
        status,
        precedence: Some(entente_core::consult::Precedence::Flash),
        evidence: Vec::new(),
        role: None,
    };
    match site.handle(Event::RaiseIncident(Box::new(raise))).unwrap() {
        Answer::Incident(number) => hex::encode(&number),
        other => panic!("{other:?}"),
    }
}

fn raise(site: &mut Site, incident: &str, with: &[&str]) -> Result<Digest, Refusal> {
    let raise = RaiseConsultation {
        by: site.viewer(),
        incident: incident.to_owned(),
        under: None,
        with: with.iter().map(|code| party(code)).collect(),
        acknowledge_within: None,
        close_within: Some(3600),
        link: None,
        title: None,
        trigger: None,
    };
    match site.handle(Event::RaiseConsultation(Box::new(raise)))? {
        Answer::Consultation(name) => Ok(name),
        other => panic!("{other:?}"),
    }
}

fn begun(sites: &mut Sites, code: &str) -> Digest {
    let site = sites.get_mut(code).unwrap();
    let incident = incident(site, None);
    raise(site, &incident, &[]).unwrap()
}

fn part(sites: &mut Sites, code: &str, name: &Digest, deed: Deed) -> Result<Digest, Refusal> {
    let site = sites.get_mut(code).unwrap();
    let (by, consultation) = (site.viewer(), hex::encode(name));
    match site.handle(Event::TakePart { by, consultation, deed: Box::new(deed) })? {
        Answer::Step(digest) => Ok(digest),
        other => panic!("{other:?}"),
    }
}

/// The digests of all statements that a node holds, and its phase.
fn core(site: &Site, name: &Digest) -> (Vec<Digest>, Phase) {
    let seen = site.node.consultation(*name, &site.viewer(), site.now).expect("the consultation is here");
    let mut all: Vec<Digest> = seen.core.steps.values().flatten().map(|(digest, _)| *digest).collect();
    all.sort_unstable();
    (all, seen.core.phase(site.now))
}

fn effects() -> Deed {
    let option = |what: &str, is_nothing| Choice {
        what: what.into(),
        is_nothing,
        effects: ["none seen".into(), "none seen".into(), "calm".into()],
    };
    Deed::Effects(EffectsDraft {
        options: vec![option("do nothing", true), option("say so together", false)],
        chosen: 1,
        because: "silence would be read as doubt".into(),
        evidence: Vec::new(),
        dissent: Vec::new(),
    })
}

fn close(without: &[&str]) -> Deed {
    let without = without.iter().map(|code| party(code)).collect();
    Deed::Close { effects: None, message: None, without, note: "done".into(), dissent: None }
}

/// What one node has for another crosses, and nothing else.
fn cross(sites: &mut Sites, from: &'static str, to: &'static str) {
    for lane in Lane::ALL {
        while let Some(package) = sites.get_mut(from).unwrap().next_package(&party(to), lane) {
            let (bytes, _) = sites.get_mut(to).unwrap().take(&party(from), lane, package).unwrap();
            let feed = Feed { partner: party(to), lane };
            sites.get_mut(from).unwrap().handle(Event::Receipt { feed, bytes }).unwrap();
        }
    }
}

fn item(site: &Site, name: &Digest) -> String {
    let seen = site.node.consultation(*name, &site.viewer(), site.now).unwrap();
    hex::encode(seen.core.items.keys().next().unwrap())
}

#[test]
fn a_consultation_goes_from_its_raising_to_its_closing_and_verifies() {
    let mut sites = three();
    let name = begun(&mut sites, "JPN");
    deliver(&mut sites);
    for code in ["KOR", "USA"] {
        let site = &sites[code];
        let duties = site.node.obligations(&site.viewer(), site.now);
        let pinned: Vec<_> = duties.iter().filter(|one| one.consultation == Some(name)).collect();
        assert_eq!(pinned.len(), 3, "{code}: the raise pins the same duties everywhere");
        assert!(pinned.iter().all(|one| one.obligation.due.clock.as_str() == "local setting, not in the text"));
        assert!(pinned.iter().any(|one| matches!(one.state, State::Met(_))), "the raiser has consulted");
    }
    part(&mut sites, "KOR", &name, Deed::Acknowledge).unwrap();
    part(&mut sites, "USA", &name, Deed::Acknowledge).unwrap();
    deliver(&mut sites);
    assert_eq!(core(&sites["JPN"], &name).1, Phase::Acknowledged);
    let text = "We have seen it, and stand together.".to_owned();
    part(&mut sites, "JPN", &name, Deed::ProposeMessage { text, replaces: None }).unwrap();
    deliver(&mut sites);
    let digits = item(&sites["USA"], &name);
    for code in ["JPN", "KOR", "USA"] {
        part(&mut sites, code, &name, Deed::Agree { item: digits[..12].to_owned() }).unwrap();
        // Killed between any two steps, a node goes on where it was.
        sites.get_mut(code).unwrap().crash();
    }
    deliver(&mut sites);
    assert_eq!(core(&sites["KOR"], &name).1, Phase::Agreed);
    let early = part(&mut sites, "KOR", &name, close(&[])).unwrap_err();
    assert!(early.to_string().contains("statement of effects"), "{early}");
    part(&mut sites, "KOR", &name, effects()).unwrap();
    deliver(&mut sites);
    for code in ["JPN", "KOR", "USA"] {
        part(&mut sites, code, &name, close(&[])).unwrap();
    }
    deliver(&mut sites);
    let all: Vec<_> = ["JPN", "KOR", "USA"].iter().map(|code| core(&sites[*code], &name)).collect();
    assert!(all.iter().all(|one| *one == all[0] && one.1 == Phase::Closed), "{all:?}");
    let twice = part(&mut sites, "KOR", &name, close(&[])).unwrap_err();
    assert!(twice.to_string().contains("KOR has said its closing note"), "{twice}");
    for code in ["JPN", "KOR", "USA"] {
        let site = sites.get_mut(code).unwrap();
        let (by, consultation) = (site.viewer(), hex::encode(&name));
        let Answer::Text(file) = site.handle(Event::ExportConsultation { by, consultation }).unwrap() else { panic!() };
        let partners: Vec<_> = site.node.partners().cloned().collect();
        let checked = consultation::check(&file, &partners).unwrap();
        assert_eq!(checked.core().phase(checked.at), Phase::Closed);
    }
}

#[test]
fn who_is_cut_off_from_one_hears_through_the_other() {
    let mut sites = three();
    let name = begun(&mut sites, "JPN");
    // Nothing crosses between JPN and USA: KOR hands on.
    cross(&mut sites, "JPN", "KOR");
    cross(&mut sites, "KOR", "USA");
    part(&mut sites, "USA", &name, Deed::Acknowledge).unwrap();
    part(&mut sites, "KOR", &name, Deed::Acknowledge).unwrap();
    cross(&mut sites, "USA", "KOR");
    cross(&mut sites, "KOR", "JPN");
    cross(&mut sites, "KOR", "USA");
    assert_eq!(core(&sites["JPN"], &name).1, Phase::Acknowledged);
    assert_eq!(core(&sites["USA"], &name), core(&sites["JPN"], &name));
    // When the line is back, everything is there twice, and counts once.
    deliver(&mut sites);
    let all: Vec<_> = ["JPN", "KOR", "USA"].iter().map(|code| core(&sites[*code], &name)).collect();
    assert!(all.iter().all(|one| *one == all[0] && one.0.len() == 2), "{all:?}");
}

#[test]
fn it_closes_without_who_is_silent_and_not_before_its_time() {
    let mut sites = three();
    let name = begun(&mut sites, "JPN");
    cross(&mut sites, "JPN", "KOR");
    part(&mut sites, "KOR", &name, Deed::Acknowledge).unwrap();
    part(&mut sites, "KOR", &name, effects()).unwrap();
    cross(&mut sites, "KOR", "JPN");
    let early = part(&mut sites, "JPN", &name, close(&["USA"])).unwrap_err();
    assert!(early.to_string().contains("nobody is left out before"), "{early}");
    for code in ["JPN", "KOR", "USA"] {
        let site = sites.get_mut(code).unwrap();
        site.now = Timestamp::from_second(site.now.as_second() + 3601).unwrap();
    }
    let jpn = sites.get_mut("JPN").unwrap();
    assert!(jpn.node.is_deadline_over(jpn.now));
    jpn.handle(Event::Deadlines).unwrap();
    let said = jpn.store().reader().unwrap();
    let kinds: Vec<String> = said
        .statements(0, 1000)
        .unwrap()
        .iter()
        .map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap()["kind"].as_str().unwrap().to_owned())
        .filter(|kind| kind == "deadline")
        .collect();
    assert!(kinds.len() >= 2, "USA is late, and the closing is open: {kinds:?}");
    part(&mut sites, "JPN", &name, close(&["USA"])).unwrap();
    part(&mut sites, "KOR", &name, close(&["USA"])).unwrap();
    cross(&mut sites, "JPN", "KOR");
    cross(&mut sites, "KOR", "JPN");
    let seen = sites["JPN"].node.consultation(name, &sites["JPN"].viewer(), sites["JPN"].now).unwrap();
    let Closing::Closed { without, .. } = &seen.core.closing else { panic!("{:?}", seen.core.closing) };
    assert_eq!(without.iter().map(|party| party.as_str()).collect::<Vec<_>>(), ["USA"]);
    // USA comes back, and holds the same record.
    deliver(&mut sites);
    part(&mut sites, "USA", &name, Deed::Acknowledge).unwrap();
    part(&mut sites, "USA", &name, close(&[])).expect("who was left out may say its own note, beside it");
    deliver(&mut sites);
    let all: Vec<_> = ["JPN", "KOR", "USA"].iter().map(|code| core(&sites[*code], &name)).collect();
    assert!(all.iter().all(|one| *one == all[0] && one.1 == Phase::Closed), "{all:?}");
}

#[test]
fn who_takes_no_part_learns_nothing() {
    let mut sites = three();
    let jpn = sites.get_mut("JPN").unwrap();
    let number = incident(jpn, None);
    let name = raise(jpn, &number, &["KOR"]).unwrap();
    let size = |sites: &Sites, from: &str| {
        let feed = Feed { partner: party("USA"), lane: Lane::Urgent };
        sites[from].node.outgoing().find(|(out, ..)| **out == feed).map(|(_, size, _)| size)
    };
    let before = (size(&sites, "JPN"), size(&sites, "KOR"));
    deliver(&mut sites);
    part(&mut sites, "KOR", &name, Deed::Acknowledge).unwrap();
    deliver(&mut sites);
    assert_eq!((size(&sites, "JPN"), size(&sites, "KOR")), before, "not an entry more for USA");
    assert!(sites["USA"].node.consultation(name, &sites["USA"].viewer(), sites["USA"].now).is_none());
    // Who knows the name, from whomever, hears the same as of a name that nobody has.
    let answer = |sites: &mut Sites, raise: Digest| {
        let step = StepStatement {
            by: "USA".into(),
            raise,
            number: 1,
            previous: raise,
            seen: Vec::new(),
            at: 0,
            kind: StepKind::Acknowledge { person: "somebody".into() },
        };
        let to = sites["JPN"].party_file();
        let usa = sites.get_mut("USA").unwrap();
        let signed = usa.sign_as_partner(payload::CONSULT_STEP, step.to_bytes());
        let package = usa.sequenced_after(&to, Lane::Urgent, &Body::ConsultStep(signed));
        let jpn = sites.get_mut("JPN").unwrap();
        let mut rng = <chacha20::ChaCha20Rng as rand_core::SeedableRng>::from_seed([9; 32]);
        let feed = Feed { partner: party("USA"), lane: Lane::Urgent };
        let effects = jpn.node.handle(Event::Package { feed, bytes: package }, jpn.now, &mut rng);
        jpn.crash();
        let said = effects.batch.into_iter().find_map(|op| match op {
            entente_node::Op::Received { disposition, reason, .. } => Some((disposition, reason)),
            _ => None,
        });
        said.unwrap()
    };
    assert_eq!(answer(&mut sites, name), answer(&mut sites, [9; 32]));
}

#[test]
fn two_versions_of_a_step_are_both_shown_everywhere_with_the_evidence() {
    let mut sites = three();
    let name = begun(&mut sites, "JPN");
    deliver(&mut sites);
    // USA tells KOR one thing and JPN another.
    for (to, kind) in [
        ("KOR", StepKind::Acknowledge { person: "duty officer".into() }),
        ("JPN", StepKind::Decline { reason: "not our matter".into() }),
    ] {
        let step = StepStatement {
            by: "USA".into(),
            raise: name,
            number: 1,
            previous: name,
            seen: Vec::new(),
            at: sites["USA"].now.as_second(),
            kind,
        };
        let file = sites[to].party_file();
        let usa = sites.get_mut("USA").unwrap();
        let signed = usa.sign_as_partner(payload::CONSULT_STEP, step.to_bytes());
        let package = usa.sequenced_after(&file, Lane::Urgent, &Body::ConsultStep(signed));
        sites.get_mut(to).unwrap().take(&party("USA"), Lane::Urgent, package).unwrap();
    }
    cross(&mut sites, "JPN", "KOR");
    cross(&mut sites, "KOR", "JPN");
    for code in ["JPN", "KOR"] {
        let site = sites.get_mut(code).unwrap();
        let seen = site.node.consultation(name, &site.viewer(), site.now).unwrap();
        assert_eq!(seen.core.doubles.len(), 1, "{code}");
        assert_eq!(seen.core.stances[&party("USA")], Stance::Contradictory, "{code}");
        let alarms = site.store().reader().unwrap().alarms().unwrap();
        assert!(alarms.iter().any(|alarm| alarm.message.contains("two different steps")), "{code}");
    }
    assert_eq!(core(&sites["JPN"], &name), core(&sites["KOR"], &name));
}

#[test]
fn a_step_in_anothers_name_counts_for_nothing() {
    let mut sites = three();
    let name = begun(&mut sites, "JPN");
    deliver(&mut sites);
    let step = Step {
        by: party("KOR"),
        raise: name,
        number: 1,
        previous: name,
        seen: Vec::new(),
        at: sites["USA"].now,
        kind: entente_core::consult::Kind::Acknowledge { person: "somebody".into() },
    };
    let file = sites["JPN"].party_file();
    let usa = sites.get_mut("USA").unwrap();
    let signed = usa.sign_as_partner(payload::CONSULT_STEP, StepStatement::of(&step).to_bytes());
    let package = usa.sequenced_after(&file, Lane::Urgent, &Body::ConsultStep(signed));
    sites.get_mut("JPN").unwrap().take(&party("USA"), Lane::Urgent, package).unwrap();
    assert!(core(&sites["JPN"], &name).0.is_empty());
}

#[test]
fn a_drill_runs_the_same_way_and_owes_nothing() {
    let mut sites = three();
    let jpn = sites.get_mut("JPN").unwrap();
    let number = incident(jpn, Some(entente_core::record::Status::Exercise));
    let name = raise(jpn, &number, &[]).unwrap();
    deliver(&mut sites);
    part(&mut sites, "USA", &name, Deed::Acknowledge).unwrap();
    deliver(&mut sites);
    for code in ["JPN", "KOR", "USA"] {
        let site = &sites[code];
        let duties = site.node.obligations(&site.viewer(), site.now);
        let pinned: Vec<_> = duties.iter().filter(|one| one.consultation == Some(name)).collect();
        assert!(!pinned.is_empty() && pinned.iter().all(|one| one.status != entente_core::record::Status::Actual));
    }
}

#[test]
fn a_duty_is_waived_when_all_have_said_so() {
    let mut sites = three();
    let name = begun(&mut sites, "JPN");
    deliver(&mut sites);
    for code in ["JPN", "KOR", "USA"] {
        let site = sites.get_mut(code).unwrap();
        let duties = site.node.obligations(&site.viewer(), site.now);
        let of_usa = duties.iter().find(|one| one.consultation == Some(name) && one.obligation.party == party("USA"));
        let of_usa = of_usa.unwrap();
        assert_eq!(of_usa.state, State::Due, "{code}");
        let (by, obligation) = (site.viewer(), of_usa.id.clone());
        site.handle(Event::Waive { by, obligation, note: "told by telephone".into() }).unwrap();
        deliver(&mut sites);
    }
    for code in ["JPN", "KOR", "USA"] {
        let site = sites.get_mut(code).unwrap();
        site.crash();
        let duties = site.node.obligations(&site.viewer(), site.now);
        let states: BTreeMap<Party, State> = duties
            .iter()
            .filter(|one| one.consultation == Some(name))
            .map(|one| (one.obligation.party.clone(), one.state))
            .collect();
        assert_eq!(states[&party("USA")], State::Waived, "{code}: {states:?}");
    }
}

/// A raise of KOR's own choosing, as JPN takes it; what JPN then knows otherwise, with the duties that it shows it at.
fn lied_to(change: impl FnOnce(&mut Raise)) -> (Vec<Disagreement>, Vec<Vec<About>>) {
    let mut sites = three();
    let name = begun(&mut sites, "KOR");
    let kor = sites.get_mut("KOR").unwrap();
    let mut raise = kor.node.consultation(name, &kor.viewer(), kor.now).unwrap().core.raise.clone();
    change(&mut raise);
    raise.number = [9; 16];
    let statement = RaiseStatement::of(&raise);
    statement.read().unwrap();
    let signed = kor.sign_as_partner(payload::CONSULT_RAISE, statement.to_bytes());
    let other: Digest = entente_seal::Digest::of(&signed.statement).as_bytes().to_owned();
    let file = sites["JPN"].party_file();
    let package = sites.get_mut("KOR").unwrap().forged(&file, Lane::Urgent, &Body::ConsultRaise(signed));
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.take(&party("KOR"), Lane::Urgent, package).unwrap();
    let seen = jpn.node.consultation(other, &jpn.viewer(), jpn.now).expect("it is taken all the same");
    let of_duties = seen.duties.iter().map(|one| one.disagreements.iter().map(|of| of.about).collect());
    (seen.disagreements.clone(), of_duties.collect())
}

#[test]
fn what_a_raiser_says_of_times_and_texts_is_held_against_what_is_known_and_shown_with_both_versions() {
    let minute = |from: Timestamp, minutes: i64| Timestamp::from_second(from.as_second() + minutes * 60).unwrap();
    let abouts = |found: &[Disagreement]| found.iter().map(|one| one.about).collect::<Vec<_>>();
    assert_eq!(lied_to(|_| {}).0, [], "who says what is so is not contradicted");
    // Raised tomorrow: everybody's time would begin then.
    let (found, duties) = lied_to(|raise| {
        let day = minute(raise.incident.raised_at, 24 * 60);
        (raise.incident.raised_at, raise.acknowledge_by, raise.close_by) = (day, minute(day, 15), minute(day, 60));
        raise.pins.iter_mut().for_each(|pin| pin.due.at = Some(minute(day, 15)));
    });
    assert_eq!(abouts(&found), [About::RaisedLater]);
    let (Said::Moment(theirs), Said::Moment(ours)) = (&found[0].theirs, &found[0].ours) else { panic!("{found:?}") };
    assert_eq!(theirs.as_second() - ours.as_second(), 24 * 3600, "both versions");
    assert!(!duties.is_empty() && duties.iter().all(|abouts| abouts == &[About::RaisedLater]), "{duties:?}");
    // A deadline that was over before anybody could hear of it.
    let (found, _) = lied_to(|raise| {
        let past = minute(raise.incident.raised_at, -60);
        raise.incident.raised_at = past;
        raise.incident.began = past;
        raise.acknowledge_by = minute(past, 15);
        raise.pins.iter_mut().for_each(|pin| pin.due.at = Some(minute(past, 15)));
    });
    assert_eq!(abouts(&found), [About::TimeOver]);
    // A head that never was, a clause that is not there, a clock that the text does not have, a party that is not bound.
    let (found, duties) = lied_to(|raise| raise.pins[0].head = [7; 32]);
    assert_eq!(abouts(&found), [About::Acts]);
    assert_eq!(found[0].theirs, Said::Digest([7; 32]));
    assert!(duties.iter().all(|abouts| abouts == &[About::Acts]));
    assert_eq!(abouts(&lied_to(|raise| raise.pins[0].words = "within the hour".into()).0), [About::NoClause]);
    assert_eq!(abouts(&lied_to(|raise| raise.pins[0].due.clock = Clock::Text).0), [About::Clock]);
    assert_eq!(abouts(&lied_to(|raise| raise.pins[0].force = Force::Binding).0), [About::Force]);
    assert_eq!(abouts(&lied_to(|raise| raise.pins[0].agreement = "no-such-text".into()).0), [About::NoText]);
    assert_eq!(abouts(&lied_to(|raise| raise.pins[0].hash.0 = [1; 32]).0), [About::OtherVersion]);
    let (found, _) = lied_to(|raise| drop(raise.pins[0].parties.pop()));
    assert_eq!(abouts(&found), [About::Parties]);
}

#[test]
fn looking_at_duties_costs_so_much_for_each_however_many_there_are() {
    let cost = |count: usize| {
        let mut sites = three();
        let jpn = sites.get_mut("JPN").unwrap();
        for _ in 0..count {
            let incident = incident(jpn, None);
            raise(jpn, &incident, &[]).unwrap();
        }
        let (viewer, now) = (jpn.viewer(), jpn.now);
        let mut before = jpn.node.duties_looked_at();
        let mut since = |node: &entente_node::Node| {
            let now = node.duties_looked_at();
            std::mem::replace(&mut before, now).abs_diff(now)
        };
        jpn.node.obligations(&viewer, now);
        let listed = since(&jpn.node);
        let all: Vec<_> = jpn.node.incidents(&viewer).cloned().collect();
        all.iter().for_each(|incident| drop(jpn.node.obligations_of(incident, &viewer, now)));
        let by_incident = since(&jpn.node);
        jpn.now = Timestamp::from_second(now.as_second() + 7200).unwrap();
        jpn.handle(Event::Deadlines).unwrap();
        [listed, by_incident, since(&jpn.node)]
    };
    let (some, twice) = (cost(6), cost(12));
    for (one, other) in some.iter().zip(twice) {
        assert!(*one > 0 && other <= one * 2 + 4, "{some:?} for 6, {twice:?} for 12");
    }
}
