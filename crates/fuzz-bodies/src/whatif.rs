//! What is supposed in a comparison of worlds.

use entente_formats::whatif::{SuppositionLine, suppositions};

/// Suppositions that can be read are the same when they are written and read again; what cannot be read has a place.
pub fn suppositions_that_read_write_back_equal(data: &[u8]) {
    let Ok(lines) = serde_json::from_slice::<Vec<SuppositionLine>>(data) else { return };
    match suppositions(&lines) {
        Ok(read) => {
            let written: Vec<SuppositionLine> = read.iter().map(SuppositionLine::from).collect();
            let text = serde_json::to_vec(&written).expect("suppositions can be written");
            let again: Vec<SuppositionLine> = serde_json::from_slice(&text).expect("what was written is read");
            assert_eq!(suppositions(&again), Ok(read));
        }
        Err(error) => assert!(error.to_string().contains("suppose"), "no place: {error}"),
    }
}
