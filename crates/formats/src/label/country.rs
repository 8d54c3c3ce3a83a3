//! Codes that a label may name: trigraphs of countries and tetragraphs of coalitions.
//!
//! Not a list of parties: who runs a node is the agreements' business, and a party need not be a country. The key
//! function is [`code`].

use entente_core::label::Tetragraph;

/// What sort of code a word is; trigraphs stand before tetragraphs in every list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// A country, by its GENC trigraph: `KOR`.
    Trigraph,
    /// A coalition or organisation, by its registered tetragraph: `FVEY`, `NATO`.
    Tetragraph,
}

/// Whether `text` is a GENC trigraph.
pub fn is_trigraph(text: &str) -> bool {
    TRIGRAPHS.binary_search(&text).is_ok()
}

/// What sort of code `text` is, when it is one. NATO is in the register of tetragraphs like any other.
pub fn code(text: &str) -> Option<Code> {
    if is_trigraph(text) { Some(Code::Trigraph) } else { Tetragraph::find(text).map(|_| Code::Tetragraph) }
}

/// What to write in place of a code that GENC does not have.
pub(super) fn replacement(text: &str) -> Option<&'static str> {
    Some(match text {
        "PSE" => "GENC has `XGZ` and `XWB`",
        "SJM" => "GENC has `XSV` and `XJM`",
        "UMI" => "GENC has a code for each of these islands",
        "ALA" => "GENC counts it to `FIN`",
        "UK" | "GB" => "the United Kingdom is `GBR`",
        "US" => "the United States are `USA`",
        "ROK" => "the Republic of Korea is `KOR`",
        "GER" => "Germany is `DEU`",
        "EUR" => "the European Union is `EU`",
        _ => return None,
    })
}

/// GENC trigraphs as the register of markings lists them (CAPCO 2016, annex B; ISMCAT 202211), sorted. They are the
/// codes of ISO 3166-1 with these differences: `ALA`, `PSE`, `SJM` and `UMI` are absent; `AX2`, `AX3`, `CPT`, `DGA` and
/// those with an X in front are GENC's own.
const TRIGRAPHS: &[&str] = &[
    "ABW", "AFG", "AGO", "AIA", "ALB", "AND", "ARE", "ARG", "ARM", "ASM", "ATA", "ATF", "ATG", "AUS", "AUT", "AX2",
    "AX3", "AZE", "BDI", "BEL", "BEN", "BES", "BFA", "BGD", "BGR", "BHR", "BHS", "BIH", "BLM", "BLR", "BLZ", "BMU",
    "BOL", "BRA", "BRB", "BRN", "BTN", "BVT", "BWA", "CAF", "CAN", "CCK", "CHE", "CHL", "CHN", "CIV", "CMR", "COD",
    "COG", "COK", "COL", "COM", "CPT", "CPV", "CRI", "CUB", "CUW", "CXR", "CYM", "CYP", "CZE", "DEU", "DGA", "DJI",
    "DMA", "DNK", "DOM", "DZA", "ECU", "EGY", "ERI", "ESH", "ESP", "EST", "ETH", "FIN", "FJI", "FLK", "FRA", "FRO",
    "FSM", "GAB", "GBR", "GEO", "GGY", "GHA", "GIB", "GIN", "GLP", "GMB", "GNB", "GNQ", "GRC", "GRD", "GRL", "GTM",
    "GUF", "GUM", "GUY", "HKG", "HMD", "HND", "HRV", "HTI", "HUN", "IDN", "IMN", "IND", "IOT", "IRL", "IRN", "IRQ",
    "ISL", "ISR", "ITA", "JAM", "JEY", "JOR", "JPN", "KAZ", "KEN", "KGZ", "KHM", "KIR", "KNA", "KOR", "KWT", "LAO",
    "LBN", "LBR", "LBY", "LCA", "LIE", "LKA", "LSO", "LTU", "LUX", "LVA", "MAC", "MAF", "MAR", "MCO", "MDA", "MDG",
    "MDV", "MEX", "MHL", "MKD", "MLI", "MLT", "MMR", "MNE", "MNG", "MNP", "MOZ", "MRT", "MSR", "MTQ", "MUS", "MWI",
    "MYS", "MYT", "NAM", "NCL", "NER", "NFK", "NGA", "NIC", "NIU", "NLD", "NOR", "NPL", "NRU", "NZL", "OMN", "PAK",
    "PAN", "PCN", "PER", "PHL", "PLW", "PNG", "POL", "PRI", "PRK", "PRT", "PRY", "PYF", "QAT", "REU", "ROU", "RUS",
    "RWA", "SAU", "SDN", "SEN", "SGP", "SGS", "SHN", "SLB", "SLE", "SLV", "SMR", "SOM", "SPM", "SRB", "SSD", "STP",
    "SUR", "SVK", "SVN", "SWE", "SWZ", "SXM", "SYC", "SYR", "TCA", "TCD", "TGO", "THA", "TJK", "TKL", "TKM", "TLS",
    "TON", "TTO", "TUN", "TUR", "TUV", "TWN", "TZA", "UGA", "UKR", "URY", "USA", "UZB", "VAT", "VCT", "VEN", "VGB",
    "VIR", "VNM", "VUT", "WLF", "WSM", "XAC", "XAZ", "XBI", "XBK", "XCR", "XCS", "XCY", "XEU", "XGL", "XGZ", "XHO",
    "XJA", "XJM", "XJN", "XJV", "XKM", "XKN", "XKR", "XKS", "XMW", "XNV", "XPL", "XPR", "XQZ", "XSP", "XSV", "XTR",
    "XWB", "XWK", "XXD", "YEM", "ZAF", "ZMB", "ZWE",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trigraphs_are_sorted_without_repeats() {
        assert!(TRIGRAPHS.is_sorted_by(|left, right| left < right));
        assert!(TRIGRAPHS.iter().all(|code| code.len() == 3));
    }

    #[test]
    fn no_word_is_both() {
        assert!(TRIGRAPHS.iter().all(|code| Tetragraph::find(code).is_none()));
    }

    #[test]
    fn sorts() {
        assert_eq!(code("KOR"), Some(Code::Trigraph));
        assert_eq!(code("XKS"), Some(Code::Trigraph));
        assert_eq!(code("NATO"), Some(Code::Tetragraph));
        // Three letters, but not a country: the Nuclear Suppliers Group.
        assert_eq!(code("NSG"), Some(Code::Tetragraph));
        for other in ["", "kor", "PSE", "UK", "KORE", "KOR "] {
            assert_eq!(code(other), None, "{other}");
        }
    }

    #[test]
    fn a_replacement_is_for_what_is_not_a_code() {
        for word in ["PSE", "UK", "ROK", "GER"] {
            assert!(code(word).is_none() && replacement(word).is_some(), "{word}");
        }
    }
}
