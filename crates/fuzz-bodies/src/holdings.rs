//! Lines of holdings: what a comparison of worlds counts.

use entente_core::world::World;
use entente_formats::holdings::HoldingsReader;

use crate::fixture::{AGREEMENTS, NATIONAL};

/// A line is taken or refused whatever lines came before it, and every line that is taken is one record more.
pub fn a_line_of_holdings_is_read_alike_after_any_others(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let world = World { agreements: &AGREEMENTS, national: &NATIONAL, consents: &[], approvals: &[] };
    let mut together = HoldingsReader::new(&world);
    let mut taken = 0_u64;
    // Twice, so that the second reading meets lines that are remembered.
    for line in text.lines().chain(text.lines()).take(64) {
        let result = together.read(line);
        assert_eq!(result, HoldingsReader::new(&world).read(line), "another answer after other lines: {line}");
        taken += u64::from(result.is_ok());
    }
    let holdings = together.finish();
    assert_eq!(holdings.records(), taken);
    assert!(holdings.classes() as u64 <= taken);
}
