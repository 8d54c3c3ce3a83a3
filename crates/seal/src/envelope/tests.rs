//! Properties of envelopes: any body goes round, no altered bit goes unnoticed, no bytes make a panic.

use std::sync::LazyLock;

use chacha20::{ChaCha20Rng, rand_core::SeedableRng as _};
use proptest::prelude::*;

use super::*;
use crate::{error::Fault, keys::SigningKey};

static SENDER: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_seed(&[1; 32]).unwrap());
static RECIPIENT: LazyLock<SealingKey> = LazyLock::new(|| SealingKey::from_seed(&[2; 32]).unwrap());

fn outgoing(body: &[u8]) -> Outgoing<'_> {
    Outgoing {
        from: "KOR",
        to: "JPN",
        created: 1_790_000_000,
        precedence: Precedence::Immediate,
        expires: Some(1_790_003_600),
        status: Status::Exercise,
        guard: Show::Nothing,
        body,
    }
}

static GUARD: LazyLock<SealingKey> = LazyLock::new(|| SealingKey::from_seed(&[3; 32]).unwrap());

fn shown(label: &str, kind: &str) -> Shown {
    Shown { label: label.to_owned(), kind: kind.to_owned() }
}

fn seal(body: &[u8], seed: u8) -> Envelope {
    outgoing(body).seal(&SENDER, RECIPIENT.public(), &mut ChaCha20Rng::from_seed([seed; 32])).unwrap()
}

fn receive(bytes: &[u8]) -> Result<Opened, Error> {
    Envelope::parse(bytes)?.verify("JPN", SENDER.public())?.open(&RECIPIENT)
}

#[test]
fn an_envelope_says_what_its_sender_said() {
    let envelope = seal(b"launch detected", 3);
    let opened = receive(envelope.bytes()).unwrap();
    assert_eq!(*opened.body, b"launch detected");
    assert_eq!(opened.header, *envelope.header());
    let Header { from, to, created, precedence, status, guard, .. } = &opened.header;
    assert_eq!((from.as_str(), to.as_str(), *created), ("KOR", "JPN", 1_790_000_000));
    assert_eq!((*precedence, *status, guard), (Precedence::Immediate, Status::Exercise, &Guard::Absent));
    assert!(!opened.header.expired(1_790_003_599) && opened.header.expired(1_790_003_600));
    assert_eq!(envelope.digest(), Digest::of(envelope.bytes()));
    assert!(!format!("{opened:?}").contains("launch"));
}

#[test]
fn two_envelopes_of_one_body_share_nothing() {
    let (one, two) = (seal(b"same", 3), seal(b"same", 4));
    assert_ne!(one.header().id, two.header().id);
    assert_ne!(one.header().digest, two.header().digest);
    assert_ne!(one.header().commitment, two.header().commitment);
}

#[test]
fn one_encapsulation_serves_many_envelopes_and_each_opens_alone() {
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    let shared = Encapsulation::new("KOR", "JPN", RECIPIENT.public(), &mut rng).unwrap();
    let mut known = Decapsulations::default();
    let envelopes: Vec<Envelope> =
        (0..3).map(|_| outgoing(b"same").seal_with(&shared, &SENDER, &mut rng).unwrap()).collect();
    for envelope in &envelopes {
        assert_eq!(
            envelope.part(&envelope.sealed_key_at)[..1120],
            envelopes[0].part(&envelopes[0].sealed_key_at)[..1120]
        );
        let verified = Envelope::parse(envelope.bytes()).unwrap().verify("JPN", SENDER.public()).unwrap();
        assert_eq!(*verified.open(&RECIPIENT).unwrap().body, b"same");
        assert_eq!(*verified.open_with(&RECIPIENT, &mut known).unwrap().body, b"same");
        let stranger = SealingKey::from_seed(&[9; 32]).unwrap();
        assert_eq!(verified.open_with(&stranger, &mut known).unwrap_err().code(), "wrong-sealing-key");
    }
    let parts: std::collections::BTreeSet<_> =
        envelopes.iter().map(|envelope| envelope.part(&envelope.sealed_key_at)[1120..].to_vec()).collect();
    assert_eq!(parts.len(), 3, "each key is sealed under a key of its own");
    // A secret with Japan seals nothing to anybody else, and nothing of another sender.
    for wrong in [Outgoing { to: "AUS", ..outgoing(b"") }, Outgoing { from: "AUS", ..outgoing(b"") }] {
        assert_eq!(wrong.seal_with(&shared, &SENDER, &mut rng).unwrap_err().code(), "library");
    }
}

#[test]
fn no_bit_can_be_altered_and_no_byte_cut() {
    let whole = seal(b"launch detected", 3);
    for at in 0..whole.bytes().len() {
        for bit in 0..8 {
            let mut altered = whole.bytes().to_vec();
            altered[at] ^= 1 << bit;
            let refused = Envelope::parse(&altered).and_then(|envelope| envelope.verify("JPN", SENDER.public()));
            assert!(refused.is_err(), "byte {at}, bit {bit}");
        }
        assert_eq!(Envelope::parse(&whole.bytes()[..at]).unwrap_err().fault(), Fault::Transport, "cut at {at}");
    }
}

#[test]
fn what_no_receiver_would_take_is_not_made() {
    let mut rng = ChaCha20Rng::from_seed([5; 32]);
    let mut code = |outgoing: Outgoing<'_>| outgoing.seal(&SENDER, RECIPIENT.public(), &mut rng).unwrap_err().code();
    assert_eq!(code(outgoing(&vec![0; MAX_BODY_LENGTH + 1])), "body-too-large");
    assert_eq!(code(Outgoing { from: "", ..outgoing(b"") }), "field-limit");
    assert_eq!(code(Outgoing { to: "J PN", ..outgoing(b"") }), "field-limit");
    for shown in [shown(&"x".repeat(MAX_LABEL_LENGTH + 1), ""), shown("", &"x".repeat(MAX_KIND_LENGTH + 1))] {
        for guard in [Show::Clear(shown.clone()), Show::Sealed(shown, GUARD.public())] {
            assert_eq!(code(Outgoing { guard, ..outgoing(b"") }), "field-limit");
        }
    }
}

#[test]
fn the_largest_body_and_the_largest_header_fit() {
    let party = "P".repeat(MAX_PARTY_LENGTH);
    let body = vec![7; MAX_BODY_LENGTH];
    let all = shown(&"L".repeat(MAX_LABEL_LENGTH), &"K".repeat(MAX_KIND_LENGTH));
    for guard in [Show::Clear(all.clone()), Show::Sealed(all.clone(), GUARD.public())] {
        let largest =
            Outgoing { from: &party, to: &party, created: i64::MIN, expires: Some(i64::MAX), guard, ..outgoing(&body) };
        let sealed = largest.seal(&SENDER, RECIPIENT.public(), &mut ChaCha20Rng::from_seed([6; 32])).unwrap();
        let opened = Envelope::parse(sealed.bytes()).unwrap().verify(&party, SENDER.public()).unwrap().open(&RECIPIENT);
        let opened = opened.unwrap();
        assert!(*opened.body == body && opened.shown == Some(all.clone()));
        assert_eq!(sealed.shown_to(&GUARD), Ok(Some(all.clone())));
    }
}

#[test]
fn a_guard_reads_what_is_sealed_to_it_and_nobody_on_the_path_does() {
    let said = shown("//KOR SECRET//REL TO JPN, KOR", "record");
    let seal = |guard: Show<'_>| {
        let outgoing = Outgoing { guard, ..outgoing(b"launch detected") };
        outgoing.seal(&SENDER, RECIPIENT.public(), &mut ChaCha20Rng::from_seed([7; 32])).unwrap()
    };
    for (guard, read) in [(Show::Nothing, None), (Show::Clear(said.clone()), Some(&said))] {
        let sealed = seal(guard);
        assert_eq!(sealed.shown_to(&GUARD).unwrap().as_ref(), read);
        assert_eq!(receive(sealed.bytes()).unwrap().shown.as_ref(), read);
    }
    let sealed = seal(Show::Sealed(said.clone(), GUARD.public()));
    assert_eq!(sealed.shown_to(&GUARD), Ok(Some(said.clone())));
    // The recipient has no key of the guard's, and reads the same.
    assert_eq!(receive(sealed.bytes()).unwrap().shown, Some(said));
    assert_eq!(sealed.shown_to(&RECIPIENT).unwrap_err().code(), "wrong-sealing-key");
    assert!(!sealed.bytes().windows(6).any(|window| window == b"SECRET"));
    // How long a label is, its length says only in classes.
    let short = seal(Show::Sealed(shown("", "act"), GUARD.public()));
    assert_eq!(short.bytes().len(), sealed.bytes().len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_body_goes_round(length in 0usize..300 * 1024, fill: u8, seed: u8) {
        let body: Vec<u8> = (0..length).map(|at| fill.wrapping_mul(at.to_le_bytes()[0]) ^ at.to_le_bytes()[1]).collect();
        let opened = receive(seal(&body, seed).bytes()).unwrap();
        prop_assert!(*opened.body == body);
    }

    #[test]
    fn bodies_of_one_class_are_of_one_length(one in 0usize..300 * 1024, other in 0usize..300 * 1024) {
        let (first, second) = (seal(&vec![1; one], 3), seal(&vec![2; other], 4));
        let same_class = first.header().length_class == second.header().length_class;
        prop_assert_eq!(same_class, padded_length(one) == padded_length(other));
        prop_assert_eq!(same_class, first.bytes().len() == second.bytes().len());
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>, header: Vec<u8>) {
        prop_assert!(receive(&bytes).is_err());
        prop_assert!(Header::decode(&header, 0).is_err());
        let parts = Parts { header: &header, sealed_key: &[0; 1200], signature: &[0; 64], ciphertext: &bytes };
        prop_assert!(receive(&encode(&parts).unwrap()).is_err());
    }
}
