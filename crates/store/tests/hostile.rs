//! Partners with valid keys who want more than they may have, or want to harm; and files that somebody changed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use entente_core::{Party, agreement::ActKind};
use entente_formats::wire::{
    ActStatement, Body, Canonical, Compromise, ConsentRequest, HopStatement, Origin, RecallStatement, Signed, Version,
    payload,
};
use entente_node::{
    Answer, Event, Feed, Lane, Refusal,
    event::{Deed, Outcome, RecordRef},
};
use site::{CHANNEL, PURPOSE, deliver, example_text, three};

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";

fn party(code: &str) -> Party {
    code.into()
}

fn disposition(site: &mut site::Site, from: &str, lane: Lane, index: u64) -> (String, Option<String>) {
    let feed = Feed { partner: party(from), lane };
    let rows = site.store().reader().unwrap().incoming(&feed, index, 1).unwrap();
    (rows[0].disposition.clone(), rows[0].reason.clone())
}

fn question(purpose: String) -> Body {
    Body::ConsentRequest(ConsentRequest {
        request: [7; 16],
        originator: "JPN".into(),
        record: "J-1".into(),
        digest: [0; 32],
        to: "USA".into(),
        action: "release".into(),
        purpose,
        channel: CHANNEL.into(),
        until: None,
    })
}

/// A message that nobody can read is refused, with an alarm, and what comes behind it in the lane still counts.
#[test]
fn a_recall_behind_what_cannot_be_read_is_heeded() {
    let mut sites = three();
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    deliver(&mut sites);
    let file = sites["JPN"].party_file();
    let kor = sites.get_mut("KOR").unwrap();
    let unread = kor.forged(&file, Lane::Urgent, &Body::Proposal("no agreement".into()));
    let recall = RecallStatement {
        by: "KOR".into(),
        number: [7; 16],
        originator: "KOR".into(),
        record: "K-1".into(),
        entries: Vec::new(),
        at: kor.now.as_second(),
        reason: None,
    };
    let recall = Body::Recall(kor.sign_as_partner(payload::RECALL, recall.to_bytes()));
    let behind = kor.forged_behind(&unread, &file, Lane::Urgent, &recall);
    let jpn = sites.get_mut("JPN").unwrap();
    assert_eq!(jpn.ids(), ["K-1"]);
    jpn.take(&party("KOR"), Lane::Urgent, unread).unwrap();
    let alarms = jpn.store().reader().unwrap().alarms().unwrap();
    assert_eq!((alarms.len(), disposition(jpn, "KOR", Lane::Urgent, 0).0.as_str()), (1, "refused"));
    jpn.take(&party("KOR"), Lane::Urgent, behind).unwrap();
    assert_eq!(disposition(jpn, "KOR", Lane::Urgent, 1).0, "accepted");
    assert!(jpn.ids().is_empty());
}

/// Whatever is accepted must load again: otherwise one message stops the node for good.
#[test]
fn no_message_keeps_a_node_from_starting_again() {
    let act = |article: Option<String>, date: &str| {
        let statement = ActStatement {
            by: "KOR".into(),
            agreement: Version { id: "jp-kr-gsomia-2016".into(), hash: [1; 32] },
            kind: "signed".into(),
            date: date.into(),
            article,
            admits: None,
            disputes: None,
            previous: None,
        };
        Body::Act(Signed { statement: statement.to_bytes(), signature: [0; 64] })
    };
    let bodies = [
        ("a question with a long word", question("x".repeat(20_000))),
        ("an act with no article in it", act(Some(String::new()), "2026-11-23")),
        ("an act on an odd day", act(None, "-000001-01-01")),
        ("a proposal that is none", Body::Proposal("schema = ".repeat(1000))),
    ];
    for (name, body) in bodies {
        let mut sites = three();
        let jpn_file = sites["JPN"].party_file();
        let package = sites.get_mut("KOR").unwrap().forged(&jpn_file, Lane::Urgent, &body);
        let jpn = sites.get_mut("JPN").unwrap();
        jpn.take(&party("KOR"), Lane::Urgent, package).unwrap();
        assert_eq!(disposition(jpn, "KOR", Lane::Urgent, 0).0, "refused", "{name}");
        assert_eq!(jpn.store().reader().unwrap().alarms().unwrap().len(), 1, "{name}");
        jpn.crash();
    }
}

#[test]
fn a_hop_with_a_thousand_agreements_is_refused() {
    let mut sites = three();
    let hop = HopStatement {
        under: vec![Version { id: "jp-kr-gsomia-2016".into(), hash: [0; 32] }; 1000],
        purpose: PURPOSE.into(),
        ask_onward: false,
    };
    let origin = Signed { statement: Vec::new(), signature: [0; 64] };
    let jpn_file = sites["JPN"].party_file();
    let body = Body::Record { origin, hop, content: Vec::new() };
    let package = sites.get_mut("KOR").unwrap().forged(&jpn_file, Lane::Routine, &body);
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.take(&party("KOR"), Lane::Routine, package).unwrap();
    let (word, why) = disposition(jpn, "KOR", Lane::Routine, 0);
    assert_eq!(word, "refused");
    assert!(why.unwrap().contains("1000 agreements, more than the 16 allowed"));
}

/// A provider cannot waive what the originator's label and articles say: its yes is decided like its own release.
#[test]
fn a_yes_is_decided_like_a_release_and_asks_on_where_it_must() {
    let mut sites = three();
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    deliver(&mut sites);
    // JPN asks KOR for AUS, which the label does not list: KOR itself may not say yes.
    let ask = Event::AskConsent {
        by: sites["JPN"].viewer(),
        record: RecordRef { originator: None, id: "K-1".into() },
        of: party("KOR"),
        to: party("AUS"),
        purpose: None,
        channel: CHANNEL.into(),
        until: None,
    };
    let Answer::Asked { question: Some(question), .. } = sites.get_mut("JPN").unwrap().handle(ask).unwrap() else {
        panic!("not asked")
    };
    deliver(&mut sites);
    let request = question.question.request;
    let kor = sites.get_mut("KOR").unwrap();
    let answer = kor.handle(Event::AnswerConsent { by: kor.viewer(), request, granted: true, note: None }).unwrap();
    let Answer::Answered { decision: Some(decision), sent: false, .. } = answer else { panic!("{answer:?}") };
    assert!(decision.blocked.iter().any(|block| block.reason.code() == "not-releasable"));
    // For somebody who may not see the record there is no question.
    let mut outsider = kor.viewer();
    outsider.clearance = entente_core::Level::Unclassified;
    assert_eq!(kor.node.questions(&outsider).count(), 0);
    kor.handle(Event::AnswerConsent { by: outsider, request, granted: false, note: None }).unwrap_err();
    // The question stays open; a no is always possible.
    kor.handle(Event::AnswerConsent { by: kor.viewer(), request, granted: false, note: None }).unwrap();
}

/// Whether a record is here is not found out by asking about it.
#[test]
fn a_question_finds_out_nothing() {
    let mut sites = three();
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    deliver(&mut sites);
    let jpn_file = sites["JPN"].party_file();
    let held = sites.get_mut("JPN").unwrap().held();
    let mut words = Vec::new();
    for (id, digest) in [("K-1", held[0].digest), ("K-9", [9; 32])] {
        let Body::ConsentRequest(base) = question(PURPOSE.into()) else { unreachable!() };
        let body = Body::ConsentRequest(ConsentRequest {
            originator: "KOR".into(),
            record: id.into(),
            digest,
            request: digest[..16].try_into().unwrap(),
            ..base
        });
        let mut sites = three();
        sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
        deliver(&mut sites);
        let package = sites.get_mut("USA").unwrap().forged(&jpn_file, Lane::Urgent, &body);
        let jpn = sites.get_mut("JPN").unwrap();
        jpn.take(&party("USA"), Lane::Urgent, package).unwrap();
        words.push(disposition(jpn, "USA", Lane::Urgent, 0));
        // JPN never gave it to USA, so nobody is asked.
        assert_eq!(jpn.node.questions(&jpn.viewer()).count(), 0);
    }
    assert_eq!(words[0], words[1]);
}

/// Once a body was offered the log must not say that it never left, whatever the partner says it took.
#[test]
fn a_withdrawal_after_the_body_left_says_so() {
    let mut sites = three();
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    let _taken_and_never_answered = sites.get_mut("KOR").unwrap().next_package(&party("JPN"), Lane::Routine).unwrap();
    let kor = sites.get_mut("KOR").unwrap();
    kor.crash();
    let date = "2026-11-23".parse().unwrap();
    let suspend = Event::Act {
        agreement: "jp-kr-gsomia-2016".into(),
        version: None,
        deed: Deed::Does(ActKind::Suspended),
        date,
        article: None,
    };
    kor.handle(suspend).unwrap();
    deliver(&mut sites);
    let kor = sites.get_mut("KOR").unwrap();
    let feed = Feed { partner: party("JPN"), lane: Lane::Routine };
    let rows = kor.store().reader().unwrap().outgoing(&feed).unwrap();
    assert!(rows[0].withdrawal.is_some() && rows[0].late, "{rows:?}");
}

#[test]
fn a_proposal_changes_nothing_until_this_party_acts_on_it() {
    let mut sites = three();
    sites.get_mut("JPN").unwrap().release("J-1", "//JPN 特定秘密//REL TO JPN, KOR", &["KOR"], None);
    // USA proposes a text by which the term would be above JPN's own delegation.
    let text = example_text("agreements", "trilateral-hypothetical.toml")
        .replace("trilateral-hypothetical", "poison")
        .replace("ceiling = \"SECRET\"", "ceiling = \"TOP SECRET\"")
        .replace("level = \"SECRET\"", "level = \"TOP SECRET\"");
    sites.get_mut("USA").unwrap().handle(Event::Propose { text }).unwrap();
    deliver(&mut sites);
    let outcome = sites.get_mut("JPN").unwrap().release("J-2", "//JPN 特定秘密//REL TO JPN, KOR", &["KOR"], None);
    assert!(matches!(outcome[0].1, Outcome::Sequenced { .. }), "{outcome:?}");
    deliver(&mut sites);
    assert_eq!(sites.get_mut("KOR").unwrap().ids(), ["J-1", "J-2"]);
    assert_eq!(sites["JPN"].node.proposals().count(), 1);
}

/// Prohibitions rest on texts; a node does not run as if a text had never been.
#[test]
fn a_node_does_not_start_without_the_texts_that_bind_it() {
    let mut sites = three();
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    deliver(&mut sites);
    let error = sites["JPN"].starts_without("jp-kr-gsomia").unwrap_err();
    assert!(error.to_string().contains("its prohibitions outlive it"), "{error}");
    sites["USA"].starts_without("jp-kr-gsomia").unwrap();
}

#[test]
fn an_act_lost_on_the_way_does_not_hide_the_suspension_that_follows() {
    let mut sites = three();
    let jpn_file = sites["JPN"].party_file();
    let hash = sites["JPN"].node.agreements()["jp-kr-gsomia-2016"].hash.0;
    let statement = ActStatement {
        by: "KOR".into(),
        agreement: Version { id: "jp-kr-gsomia-2016".into(), hash },
        kind: "suspended".into(),
        date: "2026-11-23".into(),
        article: None,
        admits: None,
        disputes: None,
        previous: Some([5; 32]),
    };
    let kor = sites.get_mut("KOR").unwrap();
    let signed = kor.sign_as_partner(payload::ACT, statement.to_bytes());
    let package = kor.forged(&jpn_file, Lane::Urgent, &Body::Act(signed));
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.take(&party("KOR"), Lane::Urgent, package).unwrap();
    assert_eq!(disposition(jpn, "KOR", Lane::Urgent, 0).0, "accepted");
    assert_eq!(jpn.store().reader().unwrap().alarms().unwrap().len(), 1);
    let outcome = jpn.release("J-1", "//JPN 特定秘密//REL TO JPN, KOR", &["KOR"], None);
    assert!(matches!(outcome[0].1, Outcome::Denied { .. }), "{outcome:?}");
}

#[test]
fn a_party_file_that_names_anothers_key_is_refused() {
    let sites = three();
    let mut file = sites["KOR"].party_file();
    file.serial = 2;
    file.tls = sites["USA"].party_file().tls;
    let note = sites["KOR"].sign_party_file(&file);
    let mut sites = sites;
    let refusal = sites.get_mut("JPN").unwrap().handle(Event::AddParty { note }).unwrap_err();
    assert!(matches!(&refusal, Refusal::Request(why) if why.contains("names a key of `USA`")), "{refusal:?}");
}

#[test]
fn the_same_bad_package_raises_one_alarm() {
    let mut sites = three();
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    let good = sites.get_mut("KOR").unwrap().next_package(&party("JPN"), Lane::Routine).unwrap();
    let mut package = entente_formats::wire::Package::from_bytes(&good).unwrap();
    package.proof = vec![1; 32];
    let jpn = sites.get_mut("JPN").unwrap();
    for _ in 0..5 {
        jpn.take(&party("KOR"), Lane::Routine, package.to_bytes()).unwrap_err();
    }
    assert_eq!(jpn.store().reader().unwrap().alarms().unwrap().len(), 1);
}

/// A receipt for more than there is must not make the sender read everything it has.
#[test]
fn a_receipt_beyond_the_feed_stops_nobody_by_itself() {
    let mut sites = three();
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    sites.get_mut("KOR").unwrap().next_package(&party("JPN"), Lane::Routine).unwrap();
    let receipt = entente_formats::wire::Receipt { next: u64::MAX, cosigned: None, dispositions: None };
    let feed = Feed { partner: party("JPN"), lane: Lane::Routine };
    let kor = sites.get_mut("KOR").unwrap();
    let answer = kor.handle(Event::Receipt { feed, bytes: receipt.to_bytes() }).unwrap();
    // It is asked what it can show; until then there is an alarm, and the node goes on.
    assert!(matches!(answer, Answer::Ahead), "{answer:?}");
    let alarms = kor.store().reader().unwrap().alarms().unwrap();
    assert!(alarms[0].message.contains("more of this feed than the 1 entries"), "{}", alarms[0].message);
    assert!(!kor.node.is_read_only());
}

/// Many alarms that say nothing must not hide the one that says something.
#[test]
fn no_partner_drowns_the_alarm_about_itself() {
    let mut sites = three();
    let jpn_file = sites["JPN"].party_file();
    let kor = sites.get_mut("KOR").unwrap();
    // Each is refused for a reason of its own.
    let dull = |number: u8| {
        let statement = RecallStatement {
            by: format!("A{}{}", char::from(b'A' + number / 26), char::from(b'A' + number % 26)),
            number: [number; 16],
            originator: "KOR".into(),
            record: "K-1".into(),
            entries: Vec::new(),
            at: 0,
            reason: None,
        };
        Body::Recall(Signed { statement: statement.to_bytes(), signature: [0; 64] })
    };
    let act = ActStatement {
        by: "KOR".into(),
        agreement: Version { id: "jp-kr-gsomia-2016".into(), hash: [1; 32] },
        kind: "suspended".into(),
        date: "2026-11-23".into(),
        article: None,
        admits: None,
        disputes: None,
        previous: None,
    };
    let act = Body::Act(kor.sign_as_partner(payload::ACT, act.to_bytes()));
    let bodies: Vec<Body> = (0..40).map(dull).chain([act]).collect();
    let package = kor.forged_all(&jpn_file, Lane::Urgent, &bodies);
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.take(&party("KOR"), Lane::Urgent, package).unwrap();
    let alarms = jpn.store().reader().unwrap().alarms().unwrap();
    let told = |words: &str| alarms.iter().filter(|alarm| alarm.message.contains(words)).count();
    assert!(told("acts on another text of jp-kr-gsomia-2016") >= 1, "{alarms:?}");
    assert_eq!((told("a recall of A"), told("there is more that is not taken")), (16, 1), "{alarms:?}");
}

/// KOR's K-1 as USA has it, in twelve ways, to JPN: what JPN says of each.
fn given_in_many_ways(is_here_already: bool) -> Vec<String> {
    let mut sites = three();
    let under = Some(&["us-kr-gsomia-1987"][..]);
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-1", LABEL, &["USA"], under);
    let package = kor.next_package(&party("USA"), Lane::Routine).unwrap();
    let kor_file = kor.party_file();
    if is_here_already {
        kor.release_held("K-1", &["JPN"], None);
        deliver(&mut sites);
        assert_eq!(sites.get_mut("JPN").unwrap().ids(), ["K-1"]);
    }
    let Body::Record { origin, content, .. } = sites["USA"].opened(&kor_file, &package).remove(0) else { panic!() };
    let jpn_file = sites["JPN"].party_file();
    let hash = sites["USA"].node.agreements()["us-jp-gsomia-2007"].hash.0;
    let way = |number: usize| {
        let under = vec![Version { id: "us-jp-gsomia-2007".into(), hash }];
        let hop = HopStatement { under, purpose: format!("purpose {number}"), ask_onward: false };
        Body::Record { origin: origin.clone(), hop, content: content.clone() }
    };
    let bodies: Vec<Body> = (0..12).map(way).collect();
    let package = sites.get_mut("USA").unwrap().forged_all(&jpn_file, Lane::Routine, &bodies);
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.take(&party("USA"), Lane::Routine, package).unwrap();
    (0..12).map(|index| disposition(jpn, "USA", Lane::Routine, index).0).collect()
}

/// Whether another gave the same record is not found out by giving it again and again.
#[test]
fn how_often_a_record_may_be_given_does_not_tell_who_else_gave_it() {
    let alone = given_in_many_ways(false);
    assert_eq!(alone.iter().filter(|word| *word == "accepted").count(), 8, "{alone:?}");
    assert_eq!(alone, given_in_many_ways(true));
}

/// Whom this party knows is not found out by what is said of a forged record.
#[test]
fn what_is_said_of_a_forged_record_does_not_tell_whom_this_party_knows() {
    let words = ["KOR", "AUS"].map(|originator| {
        let mut sites = three();
        let origin = Origin {
            originator: originator.into(),
            id: "X-1".into(),
            label: format!("//{originator} SECRET//REL TO USA, JPN"),
            subjects: vec!["dprk-missile".into()],
            status: "actual".into(),
            distribution: Vec::new(),
            title: "x".into(),
            media_type: "text/plain".into(),
            created: 0,
            digest: <sha2::Sha256 as sha2::Digest>::digest(b"x").into(),
        };
        let hop = HopStatement { under: Vec::new(), purpose: PURPOSE.into(), ask_onward: false };
        let origin = Signed { statement: origin.to_bytes(), signature: [0; 64] };
        let body = Body::Record { origin, hop, content: b"x".to_vec() };
        let jpn_file = sites["JPN"].party_file();
        let package = sites.get_mut("USA").unwrap().forged(&jpn_file, Lane::Routine, &body);
        let jpn = sites.get_mut("JPN").unwrap();
        jpn.take(&party("USA"), Lane::Routine, package).unwrap();
        disposition(jpn, "USA", Lane::Routine, 0).0
    });
    assert_eq!(words, ["held", "held"]);
}

/// Who saw a withdrawal in its feed does not find out by guesses what was withdrawn.
#[test]
fn what_never_left_is_not_found_out_by_telling_of_its_loss() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-1", LABEL, &["JPN"], None);
    let by = kor.viewer();
    let record = RecordRef { originator: None, id: "K-1".into() };
    kor.handle(Event::Recall { by, record, of: Vec::new(), reason: None }).unwrap();
    deliver(&mut sites);
    let kor_file = sites["KOR"].party_file();
    let word = {
        let loss = Compromise {
            by: "JPN".into(),
            number: [7; 16],
            originator: "KOR".into(),
            record: "K-1".into(),
            beyond: false,
            at: 0,
            note: "lost".into(),
        };
        let jpn = sites.get_mut("JPN").unwrap();
        let signed = jpn.sign_as_partner(payload::COMPROMISE, loss.to_bytes());
        let package = jpn.sequenced_after(&kor_file, Lane::Urgent, &Body::Compromise(signed));
        let index = jpn.node.outgoing().find(|(feed, ..)| feed.lane == Lane::Urgent && feed.partner == party("KOR"));
        let index = index.map_or(0, |(_, size, _)| size);
        let kor = sites.get_mut("KOR").unwrap();
        kor.take(&party("JPN"), Lane::Urgent, package).unwrap();
        disposition(kor, "JPN", Lane::Urgent, index).0
    };
    assert_eq!(word, "refused");
}
