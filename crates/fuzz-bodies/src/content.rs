//! Contents that travel beside envelopes: their chunks, and the head of the file that a courier carries.

use entente_formats::wire::ContentFile;
use entente_seal::content::{SEALED_CHUNK_LENGTH, StreamKey, TAG_LENGTH, Travelling};

use crate::reader::Reader;

fn way(length: u64) -> Travelling {
    Travelling::new(&StreamKey::from_bytes(&[7; 32]), "KOR", "JPN", &[9; 32], length)
        .expect("a length within the limit")
}

/// A chunk opens only as what was sealed in its place: whatever comes opens to nothing, and what is sealed opens to itself
/// and not with one bit altered. The first bytes choose the length and the place, the others are the content.
pub fn a_chunk_of_a_content_opens_only_in_its_place(data: &[u8]) {
    let mut reader = Reader(data);
    let (claimed, place, bit) = (reader.number() % (1 << 30) + 1, reader.number(), reader.byte());
    let rest = reader.rest();
    let strange = way(claimed);
    let index = u32::try_from(place % u64::from(strange.layout().chunks())).expect("a number below one of 32 bits");
    for number in [index, strange.layout().chunks(), u32::MAX] {
        assert!(strange.open(number, &mut rest.to_vec()).is_err(), "it was never sealed");
    }
    if rest.is_empty() {
        return;
    }
    let own = way(rest.len() as u64);
    let mut left = rest;
    for index in 0..own.layout().chunks() {
        let (here, behind) = left.split_at(own.content_in(index));
        left = behind;
        let mut chunk = here.to_vec();
        own.seal(index, &mut chunk).expect("as much as belongs there");
        assert!((TAG_LENGTH..=SEALED_CHUNK_LENGTH).contains(&chunk.len()));
        let mut altered = chunk.clone();
        let at = usize::try_from(place).unwrap_or_default() % altered.len();
        if let Some(byte) = altered.get_mut(at) {
            *byte ^= 1 << (bit % 8);
        }
        assert!(own.open(index, &mut altered).is_err(), "an altered chunk");
        assert!(own.open(index + 1, &mut chunk.clone()).is_err(), "another place");
        own.open(index, &mut chunk).expect("what was sealed opens");
        assert_eq!(chunk, here);
    }
    assert!(left.is_empty());
}

/// A file's head that is read writes back as it was read, and its file has a name without a path in it.
pub fn the_head_of_a_content_file_that_reads_writes_back_to_itself(data: &[u8]) {
    match ContentFile::from_start(data) {
        Ok((head, length)) => {
            assert!(length <= ContentFile::LIMIT && data.starts_with(ContentFile::MAGIC));
            assert_eq!(data.get(..length), Some(head.to_text().as_bytes()));
            assert!(!head.file_name().contains(['/', '\0']) && !head.file_name().starts_with('.'));
        }
        Err(error) => assert!(error.to_string().contains("head of a content file")),
    }
}
