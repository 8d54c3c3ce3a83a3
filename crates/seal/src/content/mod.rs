//! Content that is too large for an envelope and travels beside it: in chunks, each of which is opened on its own, in any
//! order, with no more than one of them in memory (`entente.content/1`, docs/spec/envelope.md section 12).
//!
//! The same construction keeps large contents at rest, without padding. Nothing here hashes, reads or writes: whoever holds
//! the chunks does. Key types: [`Travelling`] for what goes to a partner, [`Chunks`] for any other use.

#[cfg(test)]
mod vectors;

use std::{fmt, ops::Range};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use minicbor::bytes::ByteSlice;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Bytes of plaintext in every chunk but the last.
pub const CHUNK_LENGTH: usize = 64 * 1024;
/// Bytes that the authentication tag adds to each chunk.
pub const TAG_LENGTH: usize = 16;
/// Bytes of every chunk but the last, sealed.
pub const SEALED_CHUNK_LENGTH: usize = CHUNK_LENGTH + TAG_LENGTH;
/// The longest content, in bytes: 1 GiB.
pub const MAX_LENGTH: u64 = 1 << 30;

const CHUNK: u64 = CHUNK_LENGTH as u64;
const TAG: u64 = TAG_LENGTH as u64;
const SMALLEST_CLASS: u64 = 256;
const CONTEXT: &str = "entente.content/1";

/// What is wrong with a content, or with a chunk of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// No content has this length.
    #[error("a content has 1 to {MAX_LENGTH} bytes, and not {0}")]
    Length(u64),
    /// There is no chunk with this number.
    #[error("the content has no chunk {0}")]
    NoChunk(u32),
    /// The chunk is not what was sealed in this place.
    #[error("chunk {0} is not what was sealed in its place")]
    CannotOpen(u32),
    /// What stands behind the content is not all zeros.
    #[error("chunk {0} is not padded as it must be")]
    BadPadding(u32),
    /// The library fails.
    #[error("the library cannot encrypt")]
    Library,
}

impl ContentError {
    /// The word for it in the vectors.
    pub fn code(self) -> &'static str {
        match self {
            Self::Length(_) => "content-length",
            Self::NoChunk(_) => "no-chunk",
            Self::CannotOpen(_) => "cannot-open",
            Self::BadPadding(_) => "bad-padding",
            Self::Library => "library",
        }
    }
}

/// The key of one content on one way. Erased when dropped, and never printed.
#[derive(Clone)]
pub struct StreamKey(Zeroizing<[u8; 32]>);

impl StreamKey {
    /// A key that was never used: 32 bytes of `rng`.
    pub fn fresh(rng: &mut impl CryptoRng) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rng.fill_bytes(key.as_mut_slice());
        Self(key)
    }

    /// The key with these bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamKey(..)")
    }
}

/// How many bytes are cut into chunks, and how. The last chunk is never empty, unless there is nothing at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    length: u64,
}

impl Layout {
    /// Of exactly so many bytes.
    pub fn exact(length: u64) -> Self {
        Self { length }
    }

    /// Of so many bytes padded to their length class: a power of two up to one chunk, at least 256; above, a multiple of
    /// one eighth of the power of two below.
    pub fn padded(length: u64) -> Self {
        let class = if length <= CHUNK {
            length.next_power_of_two().max(SMALLEST_CLASS)
        } else {
            length.next_multiple_of((1 << length.ilog2()) / 8)
        };
        Self { length: class }
    }

    /// How many bytes are cut.
    pub fn length(self) -> u64 {
        self.length
    }

    /// How many chunks there are.
    pub fn chunks(self) -> u32 {
        u32::try_from(self.length.div_ceil(CHUNK).max(1)).unwrap_or(u32::MAX)
    }

    /// How many bytes the chunks have once they are sealed.
    pub fn sealed_length(self) -> u64 {
        self.length.saturating_add(TAG.saturating_mul(self.chunks().into()))
    }

    /// Which bytes are in a chunk.
    pub fn range(self, index: u32) -> Range<u64> {
        let start = u64::from(index).saturating_mul(CHUNK).min(self.length);
        start..start.saturating_add(CHUNK).min(self.length)
    }

    /// How many bytes a chunk has once it is sealed.
    pub fn sealed_chunk(self, index: u32) -> usize {
        let range = self.range(index);
        usize::try_from(range.end - range.start).unwrap_or_default() + TAG_LENGTH
    }

    fn is_last(self, index: u32) -> bool {
        index + 1 == self.chunks()
    }
}

/// Chunks under one key, each bound to its place, to being the last or not, and to a context.
pub struct Chunks {
    key: LessSafeKey,
    context: Vec<u8>,
    layout: Layout,
}

impl Chunks {
    /// Of one content under one key, which must never see another.
    ///
    /// # Errors
    /// [`ContentError::Library`].
    pub fn new(key: &StreamKey, context: Vec<u8>, layout: Layout) -> Result<Self, ContentError> {
        let key = UnboundKey::new(&AES_256_GCM, key.as_bytes()).map_err(|_| ContentError::Library)?;
        Ok(Self { key: LessSafeKey::new(key), context, layout })
    }

    /// How the content is cut.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Seals a chunk in place.
    ///
    /// # Errors
    /// [`ContentError::NoChunk`] when there is no such chunk, or it has another length; [`ContentError::Library`].
    pub fn seal(&self, index: u32, chunk: &mut Vec<u8>) -> Result<(), ContentError> {
        if index >= self.layout.chunks() || chunk.len() + TAG_LENGTH != self.layout.sealed_chunk(index) {
            return Err(ContentError::NoChunk(index));
        }
        let sealed = self.key.seal_in_place_append_tag(self.nonce(index), Aad::from(&self.context), chunk);
        sealed.map_err(|_| ContentError::Library)
    }

    /// Opens a chunk in place.
    ///
    /// # Errors
    /// [`ContentError::NoChunk`] or [`ContentError::CannotOpen`].
    pub fn open(&self, index: u32, chunk: &mut Vec<u8>) -> Result<(), ContentError> {
        if index >= self.layout.chunks() {
            return Err(ContentError::NoChunk(index));
        }
        let wrong = ContentError::CannotOpen(index);
        if chunk.len() != self.layout.sealed_chunk(index) {
            return Err(wrong);
        }
        let opened = self.key.open_in_place(self.nonce(index), Aad::from(&self.context), chunk);
        let length = opened.map_err(|_| wrong)?.len();
        chunk.truncate(length);
        Ok(())
    }

    // STREAM, as in an envelope: seven zeros, for a key has one content; the place; whether it is the last.
    fn nonce(&self, index: u32) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        let (_, rest) = nonce.split_at_mut(7);
        if let Some((last, place)) = rest.split_last_mut() {
            place.copy_from_slice(&index.to_be_bytes());
            *last = u8::from(self.layout.is_last(index));
        }
        Nonce::assume_unique_for_key(nonce)
    }
}

/// A content on its way from one party to another: padded, so that its length is seen in classes only.
pub struct Travelling {
    chunks: Chunks,
    length: u64,
}

impl Travelling {
    /// A content of `length` bytes with this SHA-256, from one party to another.
    ///
    /// # Errors
    /// [`ContentError::Length`] or [`ContentError::Library`].
    pub fn new(key: &StreamKey, from: &str, to: &str, digest: &[u8; 32], length: u64) -> Result<Self, ContentError> {
        if !(1..=MAX_LENGTH).contains(&length) {
            return Err(ContentError::Length(length));
        }
        let digest: &ByteSlice = digest.as_slice().into();
        let context = minicbor::to_vec((CONTEXT, from, to, digest, length)).map_err(|_| ContentError::Library)?;
        Ok(Self { chunks: Chunks::new(key, context, Layout::padded(length))?, length })
    }

    /// How it is cut, with its padding.
    pub fn layout(&self) -> Layout {
        self.chunks.layout
    }

    /// How many bytes of the content are in a chunk; the rest of it is padding.
    pub fn content_in(&self, index: u32) -> usize {
        let range = self.layout().range(index);
        usize::try_from(range.end.min(self.length).saturating_sub(range.start)).unwrap_or_default()
    }

    /// Seals what stands of the content in a chunk, in place.
    ///
    /// # Errors
    /// [`ContentError::NoChunk`] or [`ContentError::Library`].
    pub fn seal(&self, index: u32, content: &mut Vec<u8>) -> Result<(), ContentError> {
        if content.len() != self.content_in(index) {
            return Err(ContentError::NoChunk(index));
        }
        content.resize(self.layout().sealed_chunk(index) - TAG_LENGTH, 0);
        self.chunks.seal(index, content)
    }

    /// Opens a chunk in place, and leaves what stands of the content in it.
    ///
    /// # Errors
    /// [`ContentError::NoChunk`], [`ContentError::CannotOpen`] or [`ContentError::BadPadding`].
    pub fn open(&self, index: u32, chunk: &mut Vec<u8>) -> Result<(), ContentError> {
        self.chunks.open(index, chunk)?;
        let padding = chunk.get(self.content_in(index)..).unwrap_or_default();
        if padding.iter().any(|byte| *byte != 0) {
            return Err(ContentError::BadPadding(index));
        }
        chunk.truncate(self.content_in(index));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aead_stream::{NewStream as _, StreamBE32, StreamPrimitive as _};
    use aes_gcm::Aes256Gcm;
    use proptest::prelude::*;

    use super::*;

    const DIGEST: [u8; 32] = [9; 32];

    fn travelling(length: u64) -> Travelling {
        Travelling::new(&StreamKey::from_bytes(&[7; 32]), "KOR", "JPN", &DIGEST, length).unwrap()
    }

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect()
    }

    fn sealed(length: usize) -> Vec<Vec<u8>> {
        let (whole, travelling) = (content(length), travelling(length as u64));
        let mut rest = whole.as_slice();
        (0..travelling.layout().chunks())
            .map(|index| {
                let (here, behind) = rest.split_at(travelling.content_in(index));
                rest = behind;
                let mut chunk = here.to_vec();
                travelling.seal(index, &mut chunk).unwrap();
                chunk
            })
            .collect()
    }

    #[test]
    fn classes_are_those_of_envelopes_and_go_up_to_a_gibibyte() {
        for (length, class, chunks) in [
            (1, 256, 1),
            (257, 512, 1),
            (65_536, 65_536, 1),
            (65_537, 73_728, 2),
            (1 << 20, 1 << 20, 16),
            ((1 << 20) + 1, (1 << 20) + (1 << 17), 18),
            (MAX_LENGTH, MAX_LENGTH, 16_384),
        ] {
            let layout = Layout::padded(length);
            assert_eq!((layout.length(), layout.chunks()), (class, chunks), "{length}");
            assert_eq!(layout.sealed_length(), class + 16 * u64::from(chunks), "{length}");
        }
        let of = |length| Travelling::new(&StreamKey::from_bytes(&[7; 32]), "KOR", "JPN", &DIGEST, length).err();
        assert_eq!(of(0), Some(ContentError::Length(0)));
        assert_eq!(of(MAX_LENGTH + 1), Some(ContentError::Length(MAX_LENGTH + 1)));
    }

    #[test]
    fn padding_hides_nothing() {
        let travelling = travelling(5);
        let mut padded = b"hello\0\0".to_vec();
        padded.resize(256, 0);
        *padded.last_mut().unwrap() = 1;
        travelling.chunks.seal(0, &mut padded).unwrap();
        assert_eq!(travelling.open(0, &mut padded), Err(ContentError::BadPadding(0)));
    }

    #[test]
    fn a_key_is_not_printed() {
        assert_eq!(format!("{:?}", StreamKey::from_bytes(&[7; 32])), "StreamKey(..)");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn each_chunk_opens_alone_and_all_together_are_the_content(length in 1_usize..400_000) {
            let travelling = travelling(length as u64);
            let mut whole = Vec::new();
            let sealed = sealed(length);
            prop_assert_eq!(sealed.iter().map(Vec::len).sum::<usize>() as u64, travelling.layout().sealed_length());
            for (index, chunk) in (0..).zip(&sealed) {
                let mut chunk = chunk.clone();
                travelling.open(index, &mut chunk).unwrap();
                whole.extend_from_slice(&chunk);
            }
            prop_assert_eq!(whole, content(length));
        }

        #[test]
        fn no_chunk_opens_altered_cut_in_another_place_or_for_another_content(
            length in 70_000_usize..400_000, at in any::<prop::sample::Index>(), bit in 0_u8..8, which in 0_u32..7,
        ) {
            let travelling_to_us = travelling(length as u64);
            let sealed = sealed(length);
            let which = which % travelling_to_us.layout().chunks();
            let chunk = &sealed[which as usize];
            let mut altered = chunk.clone();
            let place = at.index(altered.len());
            altered[place] ^= 1 << bit;
            let mut cut = chunk.clone();
            cut.truncate(at.index(cut.len()));
            let other = (which + 1) % travelling_to_us.layout().chunks();
            let key = StreamKey::from_bytes(&[7; 32]);
            for (index, mut bytes, by) in [
                (which, altered, travelling(length as u64)),
                (which, cut, travelling(length as u64)),
                (other, chunk.clone(), travelling(length as u64)),
                (which, chunk.clone(), Travelling::new(&key, "KOR", "USA", &DIGEST, length as u64).unwrap()),
                (which, chunk.clone(), Travelling::new(&key, "KOR", "JPN", &[8; 32], length as u64).unwrap()),
                (which, chunk.clone(), Travelling::new(&key, "KOR", "JPN", &DIGEST, length as u64 - 1).unwrap()),
            ] {
                prop_assert_eq!(by.open(index, &mut bytes), Err(ContentError::CannotOpen(index)));
            }
        }

        #[test]
        fn it_is_the_stream_construction_of_another_library(length in 1_usize..200_000) {
            let travelling = travelling(length as u64);
            let oracle = StreamBE32::<Aes256Gcm>::new(&[7; 32].into(), &[0; 7].into());
            let mut padded = content(length);
            padded.resize(travelling.layout().length() as usize, 0);
            for (index, chunk) in (0_u32..).zip(sealed(length)) {
                let range = travelling.layout().range(index);
                let mut expected = padded[range.start as usize..range.end as usize].to_vec();
                let is_last = index + 1 == travelling.layout().chunks();
                oracle.encrypt_in_place(index, is_last, &travelling.chunks.context, &mut expected).unwrap();
                prop_assert_eq!(chunk, expected);
            }
        }
    }
}
