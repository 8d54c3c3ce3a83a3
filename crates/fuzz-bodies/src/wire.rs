//! What nodes say to one another: one value, one sequence of bytes.

use std::fmt::Debug;

use entente_formats::{
    agreement, label,
    wire::{
        ActStatement, Body, Canonical, Compromise, Conflict, ConsentRequest, ConsentStatement, ConsentWithdrawal,
        ContentWord, Dispositions, Entry, FellBack, Holds, Origin, Package, Parcel, RecallAnswer, RecallStatement,
        Receipt, Relabelling, StandingConsent, Tail, Withdrawal,
        consult::{
            AlertAcknowledgement, CommitmentStatement, CommitmentWord, MeetingStatement, ProgressStatement,
            RaiseStatement, StepStatement, WaiverStatement,
        },
    },
};
use entente_log::{Checkpoint, Note};
use entente_seal::Envelope;

/// What decodes encodes to the same bytes; nothing that is shorter or longer is the same value.
fn has_one_form<T: Canonical + PartialEq + Debug>(data: &[u8]) -> Option<T> {
    let value = match T::from_bytes(data) {
        Ok(value) => value,
        Err(error) => {
            assert!(error.to_string().contains(T::NAME), "`{error}` does not say what it is about");
            return None;
        }
    };
    assert!(data.len() <= T::LIMIT);
    assert_eq!(value.to_bytes(), data);
    assert_eq!(T::from_bytes(data).as_ref(), Ok(&value));
    assert!(T::from_bytes(&[data, &[0]].concat()).is_err(), "a byte too many");
    let cut = data.split_last().map(|(_, rest)| rest).unwrap_or_default();
    assert!(T::from_bytes(cut).is_err(), "a byte too few");
    Some(value)
}

macro_rules! wire_types {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name(data: &[u8]) {
            has_one_form::<$type>(data);
        }
    )*};
}

wire_types! {
    /// For the consents that parties sign.
    a_consent_statement_that_decodes_encodes_to_the_same_bytes: ConsentStatement;
    /// For the acts that parties sign.
    an_act_statement_that_decodes_encodes_to_the_same_bytes: ActStatement;
    /// For the consents that parties give beforehand.
    a_standing_consent_that_decodes_encodes_to_the_same_bytes: StandingConsent;
    /// For the consents that they take back.
    a_withdrawal_of_a_consent_that_decodes_encodes_to_the_same_bytes: ConsentWithdrawal;
    /// For what parties call back.
    a_recall_that_decodes_encodes_to_the_same_bytes: RecallStatement;
    /// For what holders answer.
    an_answer_to_a_recall_that_decodes_encodes_to_the_same_bytes: RecallAnswer;
    /// For other labels.
    a_relabelling_that_decodes_encodes_to_the_same_bytes: Relabelling;
    /// For losses.
    a_notice_of_a_compromise_that_decodes_encodes_to_the_same_bytes: Compromise;
    /// For two records that one originator signed under one id.
    a_proof_of_two_records_that_decodes_encodes_to_the_same_bytes: Conflict;
    /// For what takes the place of a body that may no longer leave.
    a_withdrawal_that_decodes_encodes_to_the_same_bytes: Withdrawal;
    /// For what it says of contents.
    a_word_on_a_content_that_decodes_encodes_to_the_same_bytes: ContentWord;
    /// For what a recipient says of entries.
    a_list_of_dispositions_that_decodes_encodes_to_the_same_bytes: Dispositions;
    /// For how far a node fell back that was restored.
    a_word_of_a_restored_node_that_decodes_encodes_to_the_same_bytes: FellBack;
    /// For what partners say that they hold.
    an_answer_on_what_is_held_that_decodes_encodes_to_the_same_bytes: Holds;
    /// For what they give back.
    a_tail_of_a_feed_that_decodes_encodes_to_the_same_bytes: Tail;
    /// For questions.
    a_question_for_consent_that_decodes_encodes_to_the_same_bytes: ConsentRequest;
}

/// For what originators sign; its label has an answer too.
pub fn a_statement_of_origin_that_decodes_encodes_to_the_same_bytes(data: &[u8]) {
    if let Some(origin) = has_one_form::<Origin>(data) {
        let _total = label::parse(&origin.label);
    }
}

/// For the bodies of envelopes, and what stands inside them.
pub fn a_body_that_decodes_encodes_to_the_same_bytes(data: &[u8]) {
    match has_one_form::<Body>(data) {
        None => {}
        Some(Body::Record { origin, .. } | Body::LargeRecord { origin, .. }) => {
            has_one_form::<Origin>(&origin.statement);
        }
        Some(Body::ConsentRequest(question)) => {
            has_one_form::<ConsentRequest>(&question.to_bytes());
        }
        Some(Body::ConsentAnswer(signed)) => {
            has_one_form::<ConsentStatement>(&signed.statement);
        }
        Some(Body::StandingConsent(signed)) => {
            has_one_form::<StandingConsent>(&signed.statement);
        }
        Some(Body::ConsentWithdrawal(signed)) => {
            has_one_form::<ConsentWithdrawal>(&signed.statement);
        }
        Some(Body::Recall(signed)) => drop(has_one_form::<RecallStatement>(&signed.statement)),
        Some(Body::RecallAnswer(signed)) => drop(has_one_form::<RecallAnswer>(&signed.statement)),
        Some(Body::Relabelling(signed)) => drop(has_one_form::<Relabelling>(&signed.statement)),
        Some(Body::Compromise(signed)) => drop(has_one_form::<Compromise>(&signed.statement)),
        Some(Body::ContentWord(signed)) => drop(has_one_form::<ContentWord>(&signed.statement)),
        Some(Body::Returned(returned)) => {
            let _within = returned.check();
            for body in returned.bodies.into_iter().flatten() {
                let _inner = Body::from_bytes(&body);
            }
        }
        Some(Body::ConsultRaise(signed)) => drop(has_one_form::<RaiseStatement>(&signed.statement)),
        Some(Body::ConsultStep(signed)) => drop(has_one_form::<StepStatement>(&signed.statement)),
        Some(Body::Commitment(signed)) => drop(has_one_form::<CommitmentWord>(&signed.statement)),
        Some(Body::Meeting(signed)) => drop(has_one_form::<MeetingStatement>(&signed.statement)),
        Some(Body::AlertAcknowledgement(signed)) => drop(has_one_form::<AlertAcknowledgement>(&signed.statement)),
        Some(Body::Proposal(text)) => drop(agreement::parse(&text)),
        Some(Body::PartyFile(note)) => crate::party::a_partner_is_what_its_root_key_signed(note.as_bytes()),
        Some(Body::Act(signed)) => {
            has_one_form::<ActStatement>(&signed.statement);
        }
    }
}

/// For packages, and what stands inside them.
pub fn a_package_that_decodes_encodes_to_the_same_bytes(data: &[u8]) {
    let Some(package) = has_one_form::<Package>(data) else { return };
    let _total = Checkpoint::open(package.checkpoint.as_bytes(), &package.origin, &[]);
    for entry in &package.entries {
        match entry {
            Entry::Envelope(bytes) => drop(Envelope::parse(bytes)),
            Entry::Withdrawn(signed) => drop(has_one_form::<Withdrawal>(&signed.statement)),
        }
    }
}

/// For receipts, and what stands inside them.
pub fn a_receipt_that_decodes_encodes_to_the_same_bytes(data: &[u8]) {
    let Some(receipt) = has_one_form::<Receipt>(data) else { return };
    if let Some(cosigned) = &receipt.cosigned {
        let _total = Note::parse(cosigned.as_bytes());
    }
    if let Some(signed) = &receipt.dispositions {
        has_one_form::<Dispositions>(&signed.statement);
    }
}

/// For files between nodes: one reading, and a name that stays in its folder.
pub fn a_file_between_nodes_is_a_package_or_a_receipt_of_one_feed(data: &[u8]) {
    let Ok(parcel) = Parcel::from_bytes(data) else { return };
    let feed = parcel.feed();
    let origin = format!("entente/{}/{}/{}", feed.from, feed.to, feed.lane);
    match &parcel {
        Parcel::Package(_, package) => {
            assert_eq!((&package.origin, package.to_bytes().as_slice()), (&origin, data));
            assert!(Receipt::from_bytes(data).is_err(), "both a package and a receipt");
        }
        Parcel::Receipt(_, receipt) => {
            assert_eq!(receipt.to_bytes(), data);
            assert!(receipt.cosigned.as_ref().is_some_and(|note| note.lines().next() == Some(&origin)));
        }
    }
    let name = parcel.file_name();
    assert!(name.len() <= 255 && !name.contains(['/', '\0']) && !name.starts_with('.'), "`{name}` is no file's name");
}

/// Holds a statement against what it means: meaning it again gives the same statement.
macro_rules! meant {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name(data: &[u8]) {
            let Some(statement) = has_one_form::<$type>(data) else { return };
            if let Ok(meaning) = statement.read() {
                assert_eq!(<$type>::of(&meaning), statement);
            }
        }
    )*};
}

meant! {
    /// For what raises a consultation.
    a_raise_that_decodes_encodes_to_the_same_bytes: RaiseStatement;
    /// For its steps.
    a_step_that_decodes_encodes_to_the_same_bytes: StepStatement;
    /// For meetings.
    a_call_to_a_meeting_that_decodes_encodes_to_the_same_bytes: MeetingStatement;
}

/// For commitments, what is said of them, and waivers.
pub fn a_commitment_that_decodes_encodes_to_the_same_bytes(data: &[u8]) {
    match has_one_form::<CommitmentWord>(data) {
        None => {}
        Some(CommitmentWord::Made(made)) => {
            assert!(made.read().is_err() || made.read().map(|meaning| CommitmentStatement::of(&meaning)) == Ok(made));
        }
        Some(CommitmentWord::Progress(said)) => {
            assert!(said.read().is_err() || said.read().map(|meaning| ProgressStatement::of(&meaning)) == Ok(said));
        }
        Some(CommitmentWord::Waived(word)) => {
            assert!(word.read().is_err() || word.read().map(|meaning| WaiverStatement::of(&meaning)) == Ok(word));
        }
    }
}

/// For who has seen an alert.
pub fn an_acknowledgement_of_an_alert_that_decodes_encodes_to_the_same_bytes(data: &[u8]) {
    if let Some(seen) = has_one_form::<AlertAcknowledgement>(data) {
        let _total = seen.check();
    }
}
