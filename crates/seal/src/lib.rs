//! Envelopes and keys: what travels between nodes, closed to everybody but its recipient and signed by its sender.
//!
//! `seal` knows keys and bytes only. It never sees a label, a record or an agreement, a clock, a file or a source of
//! randomness: time and generators arrive as arguments, party codes are strings. The key type is
//! [`VerifiedEnvelope`]: there is no way to the body of an envelope but through its sender's signature. What the bytes
//! mean on the wire is specified in `docs/spec/envelope.md`; the vectors in `vectors/envelopes` hold it fast.
//!
//! ```
//! # fn main() -> Result<(), entente_seal::Error> {
//! # use chacha20::{ChaCha20Rng, rand_core::SeedableRng};
//! # let mut rng = ChaCha20Rng::from_seed([7; 32]);
//! use entente_seal::{Envelope, Outgoing, Precedence, SealingKey, Show, SigningKey, Status};
//!
//! let seoul = SigningKey::generate(&mut rng)?;
//! let tokyo = SealingKey::generate(&mut rng)?;
//! let sent = Outgoing {
//!     from: "KOR",
//!     to: "JPN",
//!     created: 1_790_000_000,
//!     precedence: Precedence::Flash,
//!     expires: None,
//!     status: Status::Exercise,
//!     guard: Show::Nothing,
//!     body: b"launch detected",
//! }
//! .seal(&seoul, tokyo.public(), &mut rng)?;
//!
//! let arrived = Envelope::parse(sent.bytes())?;
//! let verified = arrived.verify("JPN", seoul.public())?;
//! assert_eq!(*verified.open(&tokyo)?.body, b"launch detected");
//! # Ok(())
//! # }
//! ```

pub mod bytes;
pub mod dsse;
pub mod envelope;
pub mod content;
mod error;
pub mod keys;

#[cfg(test)]
mod vectors;

pub use bytes::{Commitment, Digest, EnvelopeId, KeyId};
pub use envelope::{
    Decapsulations, Encapsulation, Envelope, Guard, Header, MAX_LABEL_LENGTH, Opened, Outgoing, Precedence, Show,
    Shown, Status, Suite, VerifiedEnvelope,
};
pub use error::{Error, Fault};
pub use keys::{Elsewhere, SealingKey, SealingPublicKey, SigningKey, VerifyingKey};
