//! The body of an envelope: padded to its length class, then encrypted in chunks (envelope.md sections 4 and 5).
//!
//! Not streaming: a body fits in memory by its limit, and nobody is shown the first chunk before the last is checked.
//! Key functions: [`encrypt`] and [`decrypt`].

use aead_stream::{NewStream as _, StreamBE32, StreamPrimitive as _};
use aes_gcm::Aes256Gcm;
use zeroize::Zeroizing;

use crate::error::Error;

/// Bytes of plaintext in every chunk but the last.
pub(crate) const CHUNK_LENGTH: usize = 64 * 1024;
/// Bytes that the authentication tag adds to each chunk.
pub(crate) const TAG_LENGTH: usize = 16;
/// Bytes of the length that stands before the body.
pub(crate) const PREFIX_LENGTH: usize = 4;
/// The smallest length class.
pub(crate) const MIN_PADDED_LENGTH: usize = 256;
/// The largest length class whose envelope stays within its limit.
pub(crate) const MAX_PADDED_LENGTH: usize = 15 * 1024 * 1024;

// A content key encrypts one body, once, so the part of the nonce that would tell bodies apart has nothing to tell.
const NONCE_PREFIX: [u8; 7] = [0; 7];

/// The smallest length class that holds `length` bytes: powers of two up to one chunk, where most bodies are and
/// padding is cheap; from there steps of an eighth of the power of two below.
fn length_class(length: usize) -> usize {
    if length <= CHUNK_LENGTH {
        length.next_power_of_two().max(MIN_PADDED_LENGTH)
    } else {
        length.next_multiple_of((1 << length.ilog2()) / 8)
    }
}

pub(crate) fn is_length_class(length: usize) -> bool {
    length <= MAX_PADDED_LENGTH && length_class(length) == length
}

/// Bytes that a body has after padding.
pub(crate) fn padded_length(body_length: usize) -> usize {
    length_class(PREFIX_LENGTH + body_length)
}

/// Bytes of the ciphertext of a padded body.
pub(crate) fn ciphertext_length(padded_length: usize) -> usize {
    padded_length.saturating_add(padded_length.div_ceil(CHUNK_LENGTH) * TAG_LENGTH)
}

/// The length of `body`, `body`, and zeros up to the length class.
fn pad(body: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let length = u32::try_from(body.len()).map_err(|_| Error::Library { doing: "padding" })?;
    let mut padded = Zeroizing::new(Vec::with_capacity(padded_length(body.len())));
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(body);
    padded.resize(padded_length(body.len()), 0);
    Ok(padded)
}

/// Undoes [`pad`], and refuses every other way to fill the same class.
fn unpad(mut padded: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let prefix = padded.first_chunk::<PREFIX_LENGTH>().ok_or(Error::BadPadding)?;
    let length = usize::try_from(u32::from_be_bytes(*prefix)).map_err(|_| Error::BadPadding)?;
    let end = PREFIX_LENGTH.checked_add(length).ok_or(Error::BadPadding)?;
    let padding = padded.get(end..).ok_or(Error::BadPadding)?;
    if length_class(end) != padded.len() || padding.iter().any(|byte| *byte != 0) {
        return Err(Error::BadPadding);
    }
    padded.truncate(end);
    padded.drain(..PREFIX_LENGTH);
    Ok(padded)
}

/// Pads `body` and encrypts it in chunks, each bound to its place, to being the last or not, and to `context`.
pub(crate) fn encrypt(key: &[u8; 32], context: &[u8], body: &[u8]) -> Result<Vec<u8>, Error> {
    encrypt_padded(key, context, &pad(body)?)
}

pub(crate) fn encrypt_padded(key: &[u8; 32], context: &[u8], padded: &[u8]) -> Result<Vec<u8>, Error> {
    let failed = |_| Error::Library { doing: "encrypting" };
    let stream = StreamBE32::<Aes256Gcm>::new(key.into(), &NONCE_PREFIX.into());
    let count = padded.len().div_ceil(CHUNK_LENGTH);
    let mut ciphertext = Vec::with_capacity(ciphertext_length(padded.len()));
    let mut buffer = Zeroizing::new(Vec::with_capacity(CHUNK_LENGTH + TAG_LENGTH));
    for (position, chunk) in (0u32..).zip(padded.chunks(CHUNK_LENGTH)) {
        buffer.clear();
        buffer.extend_from_slice(chunk);
        let last = position as usize + 1 == count;
        stream.encrypt_in_place(position, last, context, &mut *buffer).map_err(failed)?;
        ciphertext.extend_from_slice(&buffer);
    }
    Ok(ciphertext)
}

/// Undoes [`encrypt`]: nothing is returned unless every chunk is in its place and the last one is the last.
pub(crate) fn decrypt(key: &[u8; 32], context: &[u8], ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let stream = StreamBE32::<Aes256Gcm>::new(key.into(), &NONCE_PREFIX.into());
    let count = ciphertext.len().div_ceil(CHUNK_LENGTH + TAG_LENGTH);
    // Its full capacity from the start: growing would leave copies of the body behind.
    let mut padded = Zeroizing::new(Vec::with_capacity(ciphertext.len()));
    let mut buffer = Zeroizing::new(Vec::with_capacity(CHUNK_LENGTH + TAG_LENGTH));
    for (position, chunk) in (0u32..).zip(ciphertext.chunks(CHUNK_LENGTH + TAG_LENGTH)) {
        buffer.clear();
        buffer.extend_from_slice(chunk);
        let last = position as usize + 1 == count;
        stream.decrypt_in_place(position, last, context, &mut *buffer).map_err(|_| Error::CannotOpen)?;
        padded.extend_from_slice(&buffer);
    }
    unpad(padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_classes_are_few_and_never_too_small() {
        for (length, class) in [
            (0, 256),
            (256, 256),
            (257, 512),
            (40_000, 65_536),
            (65_536, 65_536),
            (65_537, 73_728),
            (131_072, 131_072),
            (131_073, 147_456),
            (MAX_PADDED_LENGTH, MAX_PADDED_LENGTH),
        ] {
            assert_eq!(length_class(length), class, "{length}");
            assert!(is_length_class(class));
        }
        assert_eq!((0..=MAX_PADDED_LENGTH).filter(|length| is_length_class(*length)).count(), 72);
        assert!(!is_length_class(MAX_PADDED_LENGTH + 1024 * 1024));
    }

    #[test]
    fn padding_has_one_form() {
        let padded = pad(b"body").unwrap();
        assert_eq!(*unpad(padded.clone()).unwrap(), b"body");
        let altered = |at: usize, byte: u8| {
            let mut padded = padded.clone();
            padded[at] = byte;
            unpad(padded)
        };
        assert_eq!(altered(255, 1), Err(Error::BadPadding));
        assert_eq!(altered(0, 0xFF), Err(Error::BadPadding));
        assert_eq!(altered(3, 2), Err(Error::BadPadding));
        // The right form, one class too large.
        let mut wide = padded.clone();
        wide.resize(512, 0);
        assert_eq!(unpad(wide), Err(Error::BadPadding));
        assert_eq!(unpad(Zeroizing::new(vec![0; 3])), Err(Error::BadPadding));
    }
}
