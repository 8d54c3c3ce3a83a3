//! Envelopes sealed and opened a second.

use std::hint::black_box;

use entente_seal::{Envelope, Outgoing, Precedence, SealingKey, Show, SigningKey, Status, dsse};
use rand_core::SeedableRng;

use crate::{line, per_second};

/// How many envelopes of 1 KiB one thread seals a second.
pub(crate) fn run() -> f64 {
    println!("\nEnvelopes, one thread (X-Wing, AES-256-GCM, Ed25519)");
    let mut rng = chacha20::ChaCha20Rng::from_seed([1; 32]);
    let sender = SigningKey::generate(&mut rng).unwrap();
    let recipient = SealingKey::generate(&mut rng).unwrap();
    let signature = per_second(|| {
        black_box(dsse::sign(&sender, "text/plain", &[0; 1024]).unwrap());
    });
    line("Ed25519 signature over 1 KiB", signature, None);
    let mut small = 0.0;
    for (name, length) in [("1 KiB", 1024), ("64 KiB", 64 * 1024)] {
        let body = vec![7; length];
        let outgoing = Outgoing {
            from: "KOR",
            to: "JPN",
            created: 1_790_000_000,
            precedence: Precedence::Routine,
            expires: None,
            status: Status::Test,
            guard: Show::Nothing,
            body: &body,
        };
        let sealed = per_second(|| drop(black_box(outgoing.seal(&sender, recipient.public(), &mut rng).unwrap())));
        let bytes = outgoing.seal(&sender, recipient.public(), &mut rng).unwrap().bytes().to_vec();
        let opened = per_second(|| {
            let envelope = Envelope::parse(&bytes).unwrap();
            drop(black_box(envelope.verify("JPN", sender.public()).unwrap().open(&recipient).unwrap()));
        });
        small = if length == 1024 { sealed } else { small };
        line(&format!("{name}: sealed"), sealed, Some(("a signature alone", signature)));
        line(&format!("{name}: parsed, verified and opened"), opened, Some(("a signature alone", signature)));
    }
    small
}
