//! One value or two of every wire type.

use entente_formats::wire::{
    ActStatement, Body, Canonical, Compromise, Conflict, ConsentRequest, ConsentStatement, ConsentWithdrawal,
    ContentOutcome, ContentReference, ContentSecret, ContentWord, Disposition, Dispositions, Entry, EntryName, Fallen,
    FellBack, HeldFeed, Holds, HopStatement, Origin, Package, RecallAnswer, RecallStatement, Receipt, Relabelling,
    Remains, Returned, Signed, StandingConsent, Tail, TailEntry, Version, Withdrawal,
};

use super::{Seed, envelopes, notes};

fn signed(statement: Vec<u8>) -> Signed {
    Signed { statement, signature: [0x5a; 64] }
}

fn recall() -> RecallStatement {
    RecallStatement {
        by: "JPN".into(),
        number: [8; 16],
        originator: "KOR".into(),
        record: "K-0412".into(),
        entries: vec![EntryName { lane: "routine".into(), index: 3 }, EntryName { lane: "urgent".into(), index: 900 }],
        at: 1_795_000_000,
        reason: Some("誤送".into()),
    }
}

fn recall_answer() -> RecallAnswer {
    let (by, recall_by) = ("USA".to_owned(), "JPN".to_owned());
    RecallAnswer { by, recall_by, number: [8; 16], here: Remains::Destroyed, beyond: true, at: 1_795_000_100 }
}

fn relabelling() -> Relabelling {
    Relabelling {
        by: "KOR".into(),
        record: "K-0412".into(),
        revision: 2,
        label: "//KOR CONFIDENTIAL//REL TO USA, JPN, KOR".into(),
        at: 1_795_000_000,
        reason: None,
    }
}

fn compromise() -> Compromise {
    Compromise {
        by: "USA".into(),
        number: [9; 16],
        originator: "KOR".into(),
        record: "K-0412".into(),
        beyond: false,
        at: 1_795_000_000,
        note: "laptop lost".into(),
    }
}

fn version() -> Version {
    Version { id: "jp-kr-gsomia-2016".into(), hash: [1; 32] }
}

fn origin() -> Origin {
    Origin {
        originator: "KOR".into(),
        id: "K-0412".into(),
        label: "//KOR SECRET//REL TO USA, JPN, KOR".into(),
        subjects: vec!["dprk-missile".into()],
        status: "exercise".into(),
        distribution: vec!["JPN".into(), "USA".into()],
        title: "미사일.txt".into(),
        media_type: "text/plain".into(),
        created: -1,
        digest: [2; 32],
    }
}

fn question() -> ConsentRequest {
    ConsentRequest {
        request: [3; 16],
        originator: "KOR".into(),
        record: "K-0412".into(),
        digest: [4; 32],
        to: "USA".into(),
        action: "release".into(),
        purpose: "missile-warning".into(),
        channel: "government-to-government".into(),
        until: Some(1_790_000_000),
    }
}

fn consent() -> ConsentStatement {
    ConsentStatement {
        by: "KOR".into(),
        asked_by: "JPN".into(),
        question: question(),
        granted: true,
        at: 1_790_000_000,
        note: None,
    }
}

fn standing() -> StandingConsent {
    StandingConsent {
        by: "KOR".into(),
        holder: "JPN".into(),
        number: [9; 16],
        subjects: vec!["dprk-missile".into(), "weather".into()],
        max: "SECRET".into(),
        to: Some("USA".into()),
        action: "release".into(),
        purpose: Some("missile-warning".into()),
        until: Some(1_790_000_000),
        at: 1_780_000_000,
        authority: "국방부 장관".into(),
    }
}

fn consent_withdrawal() -> ConsentWithdrawal {
    let note = Some("by order".into());
    ConsentWithdrawal { by: "KOR".into(), holder: "JPN".into(), number: [9; 16], at: 1_790_000_000, note }
}

fn act() -> ActStatement {
    ActStatement {
        by: "KOR".into(),
        agreement: version(),
        kind: "notice-of-termination".into(),
        date: "2019-08-23".into(),
        article: Some("21.3".into()),
        admits: None,
        disputes: None,
        previous: Some([5; 32]),
    }
}

fn conflict() -> Conflict {
    let other = Origin { digest: [8; 32], ..origin() };
    Conflict { held: signed(origin().to_bytes()), refused: signed(other.to_bytes()) }
}

fn withdrawal() -> Withdrawal {
    Withdrawal { origin: "entente/KOR/JPN/urgent".into(), index: 7, leaf: [6; 32], at: 1_790_000_000 }
}

fn content_word() -> ContentWord {
    ContentWord {
        by: "JPN".into(),
        origin: "entente/KOR/JPN/routine".into(),
        index: 7,
        leaf: [6; 32],
        outcome: ContentOutcome::Held,
        at: 1_790_000_000,
    }
}

fn dispositions() -> Dispositions {
    use Disposition::{Accepted, Held, Refused};
    Dispositions { origin: "entente/KOR/JPN/urgent".into(), from: 23, entries: vec![Accepted, Refused, Held] }
}

fn bodies() -> Vec<Seed> {
    let hop = HopStatement { under: vec![version()], purpose: "missile-warning".into(), ask_onward: true };
    let record = Body::Record { origin: signed(origin().to_bytes()), hop, content: b"launch detected".to_vec() };
    let large = Body::LargeRecord {
        origin: signed(origin().to_bytes()),
        hop: HopStatement { under: vec![version()], purpose: "missile-warning".into(), ask_onward: true },
        content: ContentReference { length: 1, sealed: [5; 32], sealed_length: 272, key: ContentSecret([6; 32]) },
    };
    let all = [
        ("record", record),
        ("large-record", large),
        ("content-word", Body::ContentWord(signed(content_word().to_bytes()))),
        ("question", Body::ConsentRequest(question())),
        ("answer", Body::ConsentAnswer(signed(consent().to_bytes()))),
        ("proposal", Body::Proposal("schema = \"entente.agreement/1\"\n".into())),
        ("act", Body::Act(signed(act().to_bytes()))),
        ("standing", Body::StandingConsent(signed(standing().to_bytes()))),
        ("consent-withdrawal", Body::ConsentWithdrawal(signed(consent_withdrawal().to_bytes()))),
        ("recall", Body::Recall(signed(recall().to_bytes()))),
        ("recall-answer", Body::RecallAnswer(signed(recall_answer().to_bytes()))),
        ("relabelling", Body::Relabelling(signed(relabelling().to_bytes()))),
        ("party-file", Body::PartyFile("not a note".to_owned())),
        (
            "returned",
            Body::Returned(Returned {
                origin: "entente/KOR/JPN/urgent".into(),
                start: 3,
                bodies: vec![None, Some(Body::Proposal("x".into()).to_bytes().into())],
            }),
        ),
        ("compromise", Body::Compromise(signed(compromise().to_bytes()))),
        ("alert-acknowledgement", Body::AlertAcknowledgement(signed(super::consult::acknowledgement().to_bytes()))),
    ];
    all.into_iter().map(|(name, body)| (name.to_owned(), body.to_bytes())).collect()
}

fn packages() -> Vec<Seed> {
    let (_, note) = notes().swap_remove(0);
    let (_, envelope) = envelopes().into_iter().find(|(name, _)| name == "small-body").unwrap();
    let empty = Package {
        origin: "log.example/feeds/urgent".into(),
        start: 0,
        entries: Vec::new(),
        checkpoint: String::from_utf8(note).unwrap(),
        proof: Vec::new(),
        acknowledged: 0,
    };
    let full = Package {
        start: 255,
        entries: vec![Entry::Envelope(envelope), Entry::Withdrawn(signed(withdrawal().to_bytes()))],
        proof: vec![8; 64],
        acknowledged: u64::MAX,
        ..empty.clone()
    };
    vec![("empty".into(), empty.to_bytes()), ("full".into(), full.to_bytes())]
}

/// A package and a receipt of one feed, each as a courier brings it.
fn files_between_nodes() -> Vec<Seed> {
    let origin = "entente/KOR/JPN/urgent".to_owned();
    let package = Package::from_bytes(&packages().pop().unwrap().1).unwrap();
    let receipt = Receipt::from_bytes(&receipts().pop().unwrap().1).unwrap();
    let cosigned = receipt.cosigned.as_ref().map(|note| format!("{origin}\n{}", note.split_once('\n').unwrap().1));
    vec![
        ("package".into(), Package { origin, ..package }.to_bytes()),
        ("receipt".into(), Receipt { cosigned, ..receipt }.to_bytes()),
    ]
}

fn receipts() -> Vec<Seed> {
    let (_, note) = notes().swap_remove(1);
    let empty = Receipt { next: 0, cosigned: None, dispositions: None };
    let full = Receipt {
        next: 257,
        cosigned: String::from_utf8(note).ok(),
        dispositions: Some(signed(dispositions().to_bytes())),
    };
    vec![("empty".into(), empty.to_bytes()), ("full".into(), full.to_bytes())]
}

/// What is said when a node was restored.
fn restored() -> [Vec<u8>; 3] {
    let (_, note) = notes().swap_remove(1);
    let note = String::from_utf8(note).unwrap();
    let (_, envelope) = envelopes().into_iter().find(|(name, _)| name == "small-body").unwrap();
    let feeds = vec![Fallen { lane: "urgent".into(), next: 7 }, Fallen { lane: "routine".into(), next: 0 }];
    let word = FellBack { by: "KOR".into(), to: "JPN".into(), at: -1, feeds };
    let held = HeldFeed {
        lane: "urgent".into(),
        size: 9,
        receipt: Some(note.clone()),
        checkpoint: Some(note.clone()),
        proof: vec![8; 64],
        receipted: 3,
    };
    let empty =
        HeldFeed { lane: "routine".into(), size: 0, receipt: None, checkpoint: None, proof: Vec::new(), receipted: 0 };
    let holds = Holds { feeds: vec![held, empty], ledger: Some(note), cosigned: None };
    let leaf = [7; 32];
    let entries = vec![
        TailEntry { leaf, envelope: Some(envelope.clone()), withdrawal: None },
        TailEntry { leaf, envelope: None, withdrawal: Some(signed(withdrawal().to_bytes())) },
        TailEntry { leaf, envelope: None, withdrawal: None },
    ];
    let origin = "entente/KOR/JPN/urgent".to_owned();
    let tail = Tail { origin, start: 7, entries, proof: vec![8; 32], said: Some(envelope) };
    [word.to_bytes(), holds.to_bytes(), tail.to_bytes()]
}

/// The seeds of each wire type's property.
pub(crate) fn all() -> Vec<(&'static str, Vec<Seed>)> {
    let one = |bytes: Vec<u8>| vec![("full".to_owned(), bytes)];
    // The least of each: as many nulls and empty texts as its shape allows.
    let unbounded = ConsentRequest { until: None, ..question() };
    let refused =
        ConsentStatement { granted: false, note: Some("장관".into()), question: unbounded.clone(), ..consent() };
    let first = ActStatement { article: None, previous: None, ..act() };
    let admission = ActStatement { kind: "admitted".into(), admits: Some("AUS".into()), ..act() };
    let dispute = ActStatement { kind: ActStatement::DISPUTED.into(), disputes: Some([7; 32]), ..act() };
    let acts = [("full", act()), ("least", first), ("admission", admission), ("dispute", dispute)];
    let acts = acts.map(|(name, act)| (name.to_owned(), act.to_bytes())).to_vec();
    let any = StandingConsent { subjects: vec!["*".into()], to: None, purpose: None, until: None, ..standing() };
    let silent = ConsentWithdrawal { note: None, ..consent_withdrawal() };
    // An originator's own, which takes back everything.
    let whole = RecallStatement { by: "KOR".into(), entries: Vec::new(), reason: None, ..recall() };
    let two = |full: Vec<u8>, least: Vec<u8>| vec![("full".to_owned(), full), ("least".to_owned(), least)];
    let [word, holds, tail] = restored();
    vec![
        ("a_word_of_a_restored_node_that_decodes_encodes_to_the_same_bytes", one(word)),
        ("an_answer_on_what_is_held_that_decodes_encodes_to_the_same_bytes", one(holds)),
        ("a_tail_of_a_feed_that_decodes_encodes_to_the_same_bytes", one(tail)),
        ("a_statement_of_origin_that_decodes_encodes_to_the_same_bytes", one(origin().to_bytes())),
        ("a_body_that_decodes_encodes_to_the_same_bytes", bodies()),
        ("a_consent_statement_that_decodes_encodes_to_the_same_bytes", two(consent().to_bytes(), refused.to_bytes())),
        ("an_act_statement_that_decodes_encodes_to_the_same_bytes", acts),
        ("a_standing_consent_that_decodes_encodes_to_the_same_bytes", two(standing().to_bytes(), any.to_bytes())),
        (
            "a_withdrawal_of_a_consent_that_decodes_encodes_to_the_same_bytes",
            two(consent_withdrawal().to_bytes(), silent.to_bytes()),
        ),
        ("a_recall_that_decodes_encodes_to_the_same_bytes", two(recall().to_bytes(), whole.to_bytes())),
        ("an_answer_to_a_recall_that_decodes_encodes_to_the_same_bytes", one(recall_answer().to_bytes())),
        ("a_relabelling_that_decodes_encodes_to_the_same_bytes", one(relabelling().to_bytes())),
        ("a_notice_of_a_compromise_that_decodes_encodes_to_the_same_bytes", one(compromise().to_bytes())),
        ("a_proof_of_two_records_that_decodes_encodes_to_the_same_bytes", one(conflict().to_bytes())),
        ("a_withdrawal_that_decodes_encodes_to_the_same_bytes", one(withdrawal().to_bytes())),
        ("a_word_on_a_content_that_decodes_encodes_to_the_same_bytes", one(content_word().to_bytes())),
        ("a_list_of_dispositions_that_decodes_encodes_to_the_same_bytes", one(dispositions().to_bytes())),
        ("a_package_that_decodes_encodes_to_the_same_bytes", packages()),
        ("a_receipt_that_decodes_encodes_to_the_same_bytes", receipts()),
        ("a_file_between_nodes_is_a_package_or_a_receipt_of_one_feed", files_between_nodes()),
        (
            "a_question_for_consent_that_decodes_encodes_to_the_same_bytes",
            two(question().to_bytes(), unbounded.to_bytes()),
        ),
    ]
}
