//! Envelopes sealed and opened a second.

use std::hint::black_box;

use entente_seal::{
    Decapsulations, Encapsulation, Envelope, Outgoing, Precedence, SealingKey, Show, SigningKey, Status, dsse,
};
use rand_core::SeedableRng;

use crate::{line, per_second, stopwatch::Stopwatch};

/// What cryptography alone allows, for bodies of 1 KiB.
#[derive(Clone, Copy)]
pub(crate) struct Rates {
    /// How many envelopes one thread seals a second, when one encapsulation serves many.
    pub(crate) sealing: f64,
    /// Seconds on a processor of all cryptography that is done to each record at both ends: signed by its originator,
    /// sealed, signed, verified, opened, verified. The rest is done once for a package or a turn.
    pub(crate) both_ends: f64,
}

fn outgoing(body: &[u8]) -> Outgoing<'_> {
    Outgoing {
        from: "KOR",
        to: "JPN",
        created: 1_790_000_000,
        precedence: Precedence::Routine,
        expires: None,
        status: Status::Test,
        guard: Show::Nothing,
        body,
    }
}

/// Prints how many envelopes one thread seals and opens a second.
pub(crate) fn run() -> Rates {
    println!("\nEnvelopes, one thread (X-Wing, AES-256-GCM, Ed25519)");
    let mut rng = chacha20::ChaCha20Rng::from_seed([1; 32]);
    let sender = SigningKey::generate(&mut rng).unwrap();
    let recipient = SealingKey::generate(&mut rng).unwrap();
    let shared = Encapsulation::new("KOR", "JPN", recipient.public(), &mut rng).unwrap();
    let signature = per_second(|| {
        black_box(dsse::sign(&sender, "text/plain", &[0; 1024]).unwrap());
    });
    line("Ed25519 signature over 1 KiB", signature, None);
    let alone = Some(("a signature alone", signature));
    let mut sealing = 0.0;
    for (name, length) in [("1 KiB", 1024), ("64 KiB", 64 * 1024)] {
        let body = vec![7; length];
        let outgoing = outgoing(&body);
        let single = per_second(|| drop(black_box(outgoing.seal(&sender, recipient.public(), &mut rng).unwrap())));
        let many = per_second(|| drop(black_box(outgoing.seal_with(&shared, &sender, &mut rng).unwrap())));
        let bytes = outgoing.seal_with(&shared, &sender, &mut rng).unwrap().bytes().to_vec();
        let verified = || Envelope::parse(&bytes).unwrap().verify("JPN", sender.public()).unwrap();
        let opened = per_second(|| drop(black_box(verified().open(&recipient).unwrap())));
        let mut known = Decapsulations::default();
        let known = per_second(|| drop(black_box(verified().open_with(&recipient, &mut known).unwrap())));
        sealing = if length == 1024 { many } else { sealing };
        line(&format!("{name}: sealed, an encapsulation for each"), single, alone);
        line(&format!("{name}: sealed, one for many"), many, alone);
        line(&format!("{name}: verified and opened, each"), opened, alone);
        line(&format!("{name}: verified and opened, one for many"), known, alone);
    }
    Rates { sealing, both_ends: both_ends() }
}

/// Everything that is done to each record at both ends, in seconds on a processor.
fn both_ends() -> f64 {
    let mut rng = chacha20::ChaCha20Rng::from_seed([2; 32]);
    let sender = SigningKey::generate(&mut rng).unwrap();
    let recipient = SealingKey::generate(&mut rng).unwrap();
    let shared = Encapsulation::new("KOR", "JPN", recipient.public(), &mut rng).unwrap();
    let mut known = Decapsulations::default();
    let body = [7; 1024];
    let mut work = || {
        let origin = dsse::sign(&sender, "text/plain", &body[..256]).unwrap();
        let bytes = outgoing(&body).seal_with(&shared, &sender, &mut rng).unwrap();
        let verified = Envelope::parse(bytes.bytes()).unwrap().verify("JPN", sender.public()).unwrap();
        drop(black_box(verified.open_with(&recipient, &mut known).unwrap()));
        dsse::verify(sender.public(), "text/plain", &body[..256], &origin).unwrap();
    };
    (0..100).for_each(|_| work());
    let (watch, count) = (Stopwatch::start(), 4000);
    (0..count).for_each(|_| work());
    watch.elapsed().as_secs_f64() / f64::from(count)
}
