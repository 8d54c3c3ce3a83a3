//! Party files: the text, and the signed note that a partner's file comes as.

use entente_formats::{hex, party};
use entente_log::Note;
use entente_node::partner::Partner;

use crate::fixture::{ROOT_SEED, root_public_key};

/// What a party file parses to is written in a form that parses to it again.
pub fn a_party_file_that_parses_writes_back_equal(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match party::parse(text) {
        Ok(file) => {
            assert!(party::is_party_code(&file.party));
            let written = party::write(&file);
            // A file near the limit may be written longer, with escapes.
            if written.len() <= party::MAX_LENGTH {
                assert_eq!(party::parse(&written).as_ref(), Ok(&file), "written as {written}");
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A partner's file that opens is the text of its note as its own root key signed it, and nobody else's. The bytes are
/// tried as a signed note; and as a text, which the fixed root key signs.
pub fn a_partner_is_what_its_root_key_signed(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(partner) = Partner::open(text) {
        require_signed(text, &partner);
    }
    let Ok(mut file) = party::parse(text) else { return };
    file.root = root_public_key();
    // Keys that are no points of the curve are refused, and so are texts that no note can hold.
    if let Ok(note) = Partner::sign(&file, &ROOT_SEED) {
        let partner = Partner::open(&note).expect("what was signed opens");
        assert_eq!(partner.file, file);
        require_signed(&note, &partner);
        file.root = [7; 32];
        assert!(Partner::sign(&file, &ROOT_SEED).is_err(), "signed by another root key than it names");
    }
}

fn require_signed(text: &str, partner: &Partner) {
    assert_eq!(partner.note, text);
    assert_eq!(partner.party, partner.file.party.as_str());
    let note = Note::parse(text.as_bytes()).expect("a partner's file is a note");
    assert_eq!(party::parse(note.text()).as_ref(), Ok(&partner.file));
    assert_eq!(partner.fingerprint().split(' ').count(), 12);
    assert!(partner.may_follow(partner).is_ok(), "the same file again is no change");
    let altered = text.replacen("\nserial = ", "\nserial = 1", 1);
    if altered != text {
        assert!(Partner::open(&altered).is_err(), "another serial under the same signature");
    }
}

/// Hexadecimal that decodes is written the same, and any bytes can be written.
pub fn hex_that_decodes_writes_back_to_itself(data: &[u8]) {
    assert_eq!(hex::decode(&hex::encode(data)).as_deref(), Some(data));
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(bytes) = hex::decode(text) {
        assert_eq!(hex::encode(&bytes), text);
    }
}
