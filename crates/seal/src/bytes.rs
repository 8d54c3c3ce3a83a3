//! Names made of bytes: ids and digests of fixed length, each a type of its own, shown in hexadecimal.
//!
//! None of these is secret; secrets live in [`crate::keys`] and never print. Key type: [`Digest`].

use std::fmt;

use aws_lc_rs::digest::SHA256;
use minicbor::{Decode, Encode};

macro_rules! fixed_bytes {
    ($($(#[$doc:meta])* $name:ident[$length:literal])*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(n(0), with = "minicbor::bytes")] [u8; $length]);

        impl $name {
            /// Wraps bytes that were made elsewhere, as when read back from a store.
            pub const fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes as they stand on the wire.
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    )*};
}

fixed_bytes! {
    /// Names a public key: a SHA-256 digest over its algorithm and bytes (envelope.md section 2).
    KeyId[32]
    /// Names an envelope: 16 random bytes that its sender drew.
    EnvelopeId[16]
    /// A SHA-256 digest.
    Digest[32]
    /// Binds an envelope to one content key, so that one ciphertext cannot be opened to two bodies (envelope.md
    /// section 6).
    Commitment[32]
}

impl Digest {
    /// The SHA-256 digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut digest = [0; 32];
        digest.copy_from_slice(aws_lc_rs::digest::digest(&SHA256, bytes).as_ref());
        Self(digest)
    }
}
