//! Envelopes: as they arrive, and as they are made.

use chacha20::{ChaCha20Rng, rand_core::SeedableRng as _};
use entente_seal::{
    Decapsulations, Digest, Encapsulation, Envelope, Outgoing, Precedence, Show, Shown, Status, VerifiedEnvelope,
};

use crate::{
    fixture::{GUARD, OTHER_RECIPIENT, OTHER_SENDER, RECIPIENT, RECIPIENT_CODE, SENDER},
    reader::Reader,
};

/// An envelope that parses is the bytes that were parsed. It verifies for its recipient alone, under the key that signed
/// it alone, and opens under the key that it was sealed to alone; with one bit altered it does not verify.
pub fn an_envelope_that_parses_keeps_its_bytes_and_opens_only_with_the_right_keys(data: &[u8]) {
    let envelope = match Envelope::parse(data) {
        Ok(envelope) => envelope,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(envelope.bytes(), data);
    assert_eq!(envelope.digest(), Digest::of(data));
    assert!(Envelope::parse(&[data, &[0]].concat()).is_err(), "a byte too many");
    let (header, us) = (envelope.header(), envelope.header().to.as_str());
    assert!(!us.is_empty() && !header.from.is_empty());
    assert!(envelope.verify(&format!("{us}X"), SENDER.public()).is_err(), "somebody else's");
    assert!(envelope.verify(us, OTHER_SENDER.public()).is_err(), "signed by nobody");
    let shown = envelope.shown_to(&GUARD);
    if let Ok(Some(Shown { label, kind })) = &shown {
        assert!(label.len() <= 1024 && kind.len() <= 64, "more than a guard may be shown");
    }
    if let Ok(verified) = envelope.verify(us, SENDER.public()) {
        assert_eq!(verified.header().signing_key, SENDER.public().id());
        assert!(verified.open(&OTHER_RECIPIENT).is_err(), "opened by a stranger");
        if let Ok(opened) = verified.open(&RECIPIENT) {
            assert_eq!(opened.header, *verified.header());
            assert!(opened.body.len() < opened.header.length_class as usize, "more than its length class holds");
            if let Ok(shown) = shown {
                assert_eq!(shown, opened.shown, "the guard and the recipient read different things");
            }
            let mut known = Decapsulations::default();
            for _ in 0..2 {
                let again =
                    verified.open_with(&RECIPIENT, &mut known).expect("what opens alone opens with what is known");
                assert!(*again.body == *opened.body, "another body");
            }
        }
        let [position, ..] = *envelope.digest().as_bytes();
        require_refused_when_altered(&verified, data, usize::from(position), us);
    }
}

/// A body that is sealed opens to itself for its recipient, and a guard reads what it was to read; the envelope with one
/// bit altered does not verify, and for a stranger it does not open. The first bytes choose header and place, the others are the body.
pub fn a_body_that_is_sealed_opens_to_itself_and_no_altered_envelope_opens(data: &[u8]) {
    let mut reader = Reader(data);
    let (position, created) = (reader.number(), reader.number().cast_signed());
    let precedence =
        *reader.pick(&[Precedence::Routine, Precedence::Priority, Precedence::Immediate, Precedence::Flash]);
    let status = *reader.pick(&[Status::Actual, Status::Exercise, Status::Test]);
    let expires = reader.perhaps(|reader| reader.number().cast_signed());
    let show = *reader.pick(&[0, 1, 2]);
    let body = reader.rest();
    let label = String::from_utf8_lossy(body).chars().take(200).collect();
    let said = Shown { label, kind: "record".into() };
    let (guard, shown) = match show {
        0 => (Show::Nothing, None),
        1 => (Show::Clear(said.clone()), Some(said)),
        _ => (Show::Sealed(said.clone(), GUARD.public()), Some(said)),
    };
    let mut rng = ChaCha20Rng::from_seed(*Digest::of(data).as_bytes());
    let outgoing = Outgoing { from: "KOR", to: RECIPIENT_CODE, created, precedence, expires, status, guard, body };
    let sealed = outgoing.seal(&SENDER, RECIPIENT.public(), &mut rng).expect("a body within the limit can be sealed");

    let arrived = Envelope::parse(sealed.bytes()).expect("what was sealed parses");
    let header = arrived.header();
    assert_eq!((header.created, header.expires, header.precedence), (created, expires, precedence));
    assert_eq!(header.status, status);
    assert_eq!(arrived.shown_to(&GUARD).as_ref(), Ok(&shown));
    let verified = arrived.verify(RECIPIENT_CODE, SENDER.public()).expect("what was sealed verifies");
    let opened = verified.open(&RECIPIENT).expect("what was sealed opens");
    assert_eq!((&**opened.body, &opened.shown), (body, &shown));
    assert!(verified.open(&OTHER_RECIPIENT).is_err(), "opened by a stranger");
    let shared = Encapsulation::new("KOR", RECIPIENT_CODE, RECIPIENT.public(), &mut rng).expect("a key of ours");
    let mut known = Decapsulations::default();
    for _ in 0..2 {
        let sealed = outgoing.seal_with(&shared, &SENDER, &mut rng).expect("a body within the limit can be sealed");
        let verified = sealed.verify(RECIPIENT_CODE, SENDER.public()).expect("what was sealed verifies");
        let opened = verified.open_with(&RECIPIENT, &mut known).expect("what was sealed opens");
        assert_eq!(&**opened.body, body);
    }
    let position = usize::try_from(position % sealed.bytes().len() as u64).unwrap_or_default();
    require_refused_when_altered(&verified, sealed.bytes(), position, RECIPIENT_CODE);
}

/// Alters one bit of a verified envelope.
fn require_refused_when_altered(verified: &VerifiedEnvelope, data: &[u8], position: usize, us: &str) {
    let mut altered = data.to_vec();
    let bit = altered.get_mut(position).expect("an envelope is longer than that");
    *bit ^= 1 << (position % 8);
    if let Ok(envelope) = Envelope::parse(&altered) {
        assert_ne!(envelope.digest(), verified.envelope().digest());
        assert!(envelope.verify(us, SENDER.public()).is_err(), "verified with byte {position} altered");
    }
}
