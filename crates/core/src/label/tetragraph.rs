//! Tetragraphs: codes of alliances and coalitions, with their members where the register lets one take them apart.
//!
//! Not a syntax: which code may stand where in a label is the business of the parsers in `entente-formats`. The key
//! type is [`Tetragraph`].
//!
//! Source: the public tetragraph taxonomy of ODNI, ISMCAT version 202211. "Tetragraph" is the register's word for every
//! code that is no trigraph: `EU`, `NSG` and `AUSTRALIA_GROUP` are among them, and so are codes that have been retired,
//! because old records still bear them.

/// One registered code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tetragraph {
    /// The code: `FVEY`.
    pub code: &'static str,
    /// Whether the code may be expanded to its members. False whenever the register says anything but `Yes`.
    pub decomposable: bool,
    /// The member countries, as trigraphs in order; empty where the register withholds them. A member that is itself a
    /// coalition is left out; no decomposable code has one.
    pub members: &'static [&'static str],
}

impl Tetragraph {
    /// The registered tetragraph `code`.
    pub fn find(code: &str) -> Option<&'static Self> {
        tetragraphs().binary_search_by(|group| group.code.cmp(code)).ok().and_then(|at| tetragraphs().get(at))
    }
}

/// All registered tetragraphs, in order of their codes.
pub fn tetragraphs() -> &'static [Tetragraph] {
    REGISTER
}

/// A code that may be taken apart.
const fn open(code: &'static str, members: &'static [&'static str]) -> Tetragraph {
    Tetragraph { code, decomposable: true, members }
}

/// A code that stays whole, whether or not its members are public.
const fn closed(code: &'static str, members: &'static [&'static str]) -> Tetragraph {
    Tetragraph { code, decomposable: false, members }
}

/// In order of the codes: [`Tetragraph::find`] searches by halves.
const REGISTER: &[Tetragraph] = &[
    open("ACGU", &["AUS", "CAN", "GBR", "USA"]),
    open(
        "AMSP",
        &[
            "AUS", "AUT", "BEL", "CAN", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GBR", "ITA", "JPN", "KOR", "NLD",
            "NOR", "NZL", "PRT", "ROU", "SWE", "TUR", "USA",
        ],
    ),
    closed("AOSC", &[]),
    closed("APFS", &[]),
    open("ASEA", &["BRN", "IDN", "KHM", "LAO", "MMR", "MYS", "PHL", "SGP", "THA", "USA", "VNM"]),
    open(
        "AUSTRALIA_GROUP",
        &[
            "ARG", "AUS", "AUT", "BEL", "BGR", "CAN", "CHE", "CYP", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA",
            "GBR", "GRC", "HRV", "HUN", "IRL", "ISL", "ITA", "JPN", "KOR", "LTU", "LUX", "LVA", "MLT", "NLD", "NOR",
            "NZL", "POL", "PRT", "ROU", "SVK", "SVN", "SWE", "TUR", "UKR", "USA",
        ],
    ),
    closed("BHTF", &["USA"]),
    open(
        "BWCS",
        &[
            "AFG", "AGO", "ALB", "AND", "ARE", "ARG", "ARM", "ATG", "AUS", "AUT", "AZE", "BDI", "BEL", "BEN", "BFA",
            "BGD", "BGR", "BHR", "BHS", "BIH", "BLR", "BLZ", "BOL", "BRA", "BRB", "BRN", "BTN", "BWA", "CAF", "CAN",
            "CHE", "CHL", "CHN", "CIV", "CMR", "COD", "COG", "COK", "COL", "CPV", "CRI", "CUB", "CYP", "CZE", "DEU",
            "DMA", "DNK", "DOM", "DZA", "ECU", "ESP", "EST", "ETH", "FIN", "FJI", "FRA", "GAB", "GBR", "GEO", "GHA",
            "GIN", "GMB", "GNB", "GNQ", "GRC", "GRD", "GTM", "GUY", "HND", "HRV", "HUN", "IDN", "IND", "IRL", "IRN",
            "IRQ", "ISL", "ITA", "JAM", "JOR", "JPN", "KAZ", "KEN", "KGZ", "KHM", "KNA", "KOR", "KWT", "LAO", "LBN",
            "LBR", "LBY", "LCA", "LIE", "LKA", "LSO", "LTU", "LUX", "LVA", "MAR", "MCO", "MDA", "MDG", "MDV", "MEX",
            "MHL", "MKD", "MLI", "MLT", "MMR", "MNE", "MNG", "MOZ", "MRT", "MUS", "MWI", "MYS", "NER", "NGA", "NIC",
            "NIU", "NLD", "NOR", "NPL", "NRU", "NZL", "OMN", "PAK", "PAN", "PER", "PHL", "PLW", "PNG", "POL", "PRK",
            "PRT", "PRY", "QAT", "ROU", "RUS", "RWA", "SAU", "SDN", "SEN", "SGP", "SLB", "SLE", "SLV", "SMR", "SRB",
            "STP", "SUR", "SVK", "SVN", "SWE", "SWZ", "SYC", "TGO", "THA", "TJK", "TKM", "TLS", "TON", "TTO", "TUN",
            "TUR", "TZA", "UGA", "UKR", "URY", "USA", "UZB", "VAT", "VCT", "VEN", "VNM", "VUT", "WSM", "YEM", "ZAF",
            "ZMB", "ZWE",
        ],
    ),
    open("CFCK", &["KOR", "USA"]),
    closed("CFOD", &[]),
    closed("CFUP", &[]),
    closed("CLFC", &[]),
    open(
        "CMFC",
        &[
            "ARE", "AUS", "BEL", "BHR", "BRA", "CAN", "DEU", "DNK", "EGY", "ESP", "FRA", "GBR", "GRC", "IDN", "IND",
            "ITA", "JOR", "JPN", "KOR", "KWT", "MYS", "NLD", "NOR", "NZL", "PAK", "PHL", "PRT", "QAT", "SAU", "SGP",
            "SYC", "THA", "TUR", "USA",
        ],
    ),
    open(
        "CMFP",
        &[
            "AUS", "BRN", "CAN", "CHL", "DEU", "DNK", "ESP", "FRA", "GBR", "IDN", "IND", "ITA", "JPN", "KOR", "MYS",
            "NLD", "NZL", "PER", "PHL", "SGP", "THA", "USA",
        ],
    ),
    open("CPMT", &["CAN", "GBR", "IRL", "USA"]),
    closed("CTOC", &[]),
    open(
        "CWCS",
        &[
            "AFG", "AGO", "ALB", "AND", "ARE", "ARG", "ARM", "ATG", "AUS", "AUT", "AZE", "BDI", "BEL", "BEN", "BFA",
            "BGD", "BGR", "BHR", "BHS", "BIH", "BLR", "BLZ", "BOL", "BRA", "BRB", "BRN", "BTN", "BWA", "CAF", "CAN",
            "CHE", "CHL", "CHN", "CIV", "CMR", "COD", "COG", "COK", "COL", "COM", "CPV", "CRI", "CUB", "CYP", "CZE",
            "DEU", "DJI", "DMA", "DNK", "DOM", "DZA", "ECU", "ERI", "ESP", "EST", "ETH", "FIN", "FJI", "FRA", "FSM",
            "GAB", "GBR", "GEO", "GHA", "GIN", "GMB", "GNB", "GNQ", "GRC", "GRD", "GTM", "GUY", "HND", "HRV", "HTI",
            "HUN", "IDN", "IND", "IRL", "IRN", "IRQ", "ISL", "ITA", "JAM", "JOR", "JPN", "KAZ", "KEN", "KGZ", "KHM",
            "KIR", "KNA", "KOR", "KWT", "LAO", "LBN", "LBR", "LBY", "LCA", "LIE", "LKA", "LSO", "LTU", "LUX", "LVA",
            "MAR", "MCO", "MDA", "MDG", "MDV", "MEX", "MHL", "MKD", "MLI", "MLT", "MMR", "MNE", "MNG", "MOZ", "MRT",
            "MUS", "MWI", "MYS", "NAM", "NER", "NGA", "NIC", "NIU", "NLD", "NOR", "NPL", "NRU", "NZL", "OMN", "PAK",
            "PAN", "PER", "PHL", "PLW", "PNG", "POL", "PRT", "PRY", "QAT", "ROU", "RUS", "RWA", "SAU", "SDN", "SEN",
            "SGP", "SLB", "SLE", "SLV", "SMR", "SOM", "SRB", "STP", "SUR", "SVK", "SVN", "SWE", "SWZ", "SYC", "SYR",
            "TCD", "TGO", "THA", "TJK", "TKM", "TLS", "TON", "TTO", "TUN", "TUR", "TUV", "TZA", "UGA", "UKR", "URY",
            "USA", "UZB", "VAT", "VCT", "VEN", "VNM", "VUT", "WSM", "YEM", "ZAF", "ZMB", "ZWE",
        ],
    ),
    closed("ECTF", &[]),
    closed("EFOR", &[]),
    closed("EU", &[]),
    closed("EUDA", &[]),
    open("FRME", &["AUS", "BEL", "CAN", "DEU", "DNK", "ESP", "FRA", "GBR", "ITA", "NLD", "NOR", "NZL", "USA"]),
    open("FVEY", &["AUS", "CAN", "GBR", "NZL", "USA"]),
    closed("GCCH", &[]),
    closed("GCTF", &[]),
    closed("GFNX", &[]),
    open(
        "GMIF",
        &[
            "ALB", "AUS", "BEL", "BGR", "CAN", "CZE", "DEU", "DNK", "ESP", "EST", "FRA", "GBR", "GRC", "HRV", "HUN",
            "ISL", "ITA", "JPN", "LTU", "LUX", "LVA", "MKD", "MNE", "NLD", "NOR", "NZL", "POL", "PRT", "ROU", "SVK",
            "SVN", "TUR", "USA",
        ],
    ),
    closed("IESC", &[]),
    closed("IMSC", &[]),
    open("IMSP", &["AUS", "CAN", "FRA", "GBR", "JPN", "KOR", "NZL", "PHL", "USA"]),
    closed("IPMC", &[]),
    closed("IRKS", &[]),
    closed("ISAF", &[]),
    closed("ISSG", &[]),
    closed("KFOR", &[]),
    closed("MCFI", &[]),
    closed("MESF", &[]),
    closed("MGEU", &[]),
    closed("MIFH", &[]),
    open("MLEC", &["AUS", "CAN", "ESP", "FRA", "GBR", "NLD", "NZL", "USA"]),
    closed("MNTF", &[]),
    closed("MPFL", &[]),
    closed("NACT", &[]),
    open(
        "NATO",
        &[
            "ALB", "BEL", "BGR", "CAN", "CZE", "DEU", "DNK", "ESP", "EST", "FRA", "GBR", "GRC", "HRV", "HUN", "ISL",
            "ITA", "LTU", "LUX", "LVA", "MKD", "MNE", "NLD", "NOR", "POL", "PRT", "ROU", "SVK", "SVN", "TUR", "USA",
        ],
    ),
    open(
        "NCFE",
        &[
            "BEL", "BGR", "CAN", "CZE", "DEU", "DNK", "ESP", "FRA", "GBR", "GRC", "HUN", "ISL", "ITA", "LUX", "NLD",
            "NOR", "POL", "PRT", "ROU", "SVK", "TUR", "USA",
        ],
    ),
    closed("NKIC", &[]),
    closed("NRDC", &[]),
    open(
        "NSG",
        &[
            "ARG", "AUS", "AUT", "BEL", "BGR", "BLR", "BRA", "CAN", "CHE", "CHN", "CYP", "CZE", "DEU", "DNK", "ESP",
            "EST", "FIN", "FRA", "GBR", "GRC", "HRV", "HUN", "IRL", "ITA", "JPN", "KAZ", "KOR", "LTU", "LUX", "LVA",
            "MLT", "NLD", "NOR", "NZL", "POL", "PRT", "ROU", "RUS", "SVK", "SVN", "SWE", "TUR", "UKR", "USA", "ZAF",
        ],
    ),
    closed("OSAG", &[]),
    open(
        "OSTY",
        &[
            "BEL", "BGR", "BIH", "BLR", "CAN", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GBR", "GEO", "GRC",
            "HRV", "HUN", "ISL", "ITA", "LTU", "LUX", "LVA", "NLD", "NOR", "POL", "PRT", "ROU", "RUS", "SVK", "SVN",
            "SWE", "TUR", "UKR", "USA",
        ],
    ),
    open(
        "PAWA",
        &[
            "AUT", "BEL", "CAN", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GBR", "ITA", "NLD", "NOR", "NZL", "PRT",
            "USA",
        ],
    ),
    closed("PGMF", &[]),
    open("PSMX", &["AUS", "CAN", "DEU", "FRA", "GBR", "JPN", "KOR", "NZL", "USA"]),
    closed("RISC", &[]),
    closed("RSMA", &[]),
    closed("SFOR", &[]),
    closed("SOFP", &[]),
    closed("SPAA", &[]),
    open("TEYE", &["AUS", "GBR", "USA"]),
    open("TFTC", &["ARE", "BHR", "KWT", "OMN", "QAT", "SAU", "USA"]),
    open(
        "UNCK",
        &[
            "AUS", "BEL", "CAN", "COL", "DNK", "FRA", "GBR", "GRC", "ITA", "KOR", "NLD", "NOR", "NZL", "PHL", "THA",
            "TUR", "USA", "ZAF",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_members_are_in_order_without_repeats() {
        assert!(tetragraphs().is_sorted_by(|left, right| left.code < right.code));
        for group in tetragraphs() {
            assert!(group.members.is_sorted_by(|left, right| left < right), "{}", group.code);
        }
    }

    #[test]
    fn every_code_is_found() {
        for group in tetragraphs() {
            assert_eq!(Tetragraph::find(group.code), Some(group));
        }
        assert_eq!(Tetragraph::find("KOR"), None);
        assert_eq!(Tetragraph::find(""), None);
    }

    #[test]
    fn only_open_codes_are_taken_apart() {
        let five_eyes = Tetragraph::find("FVEY").unwrap();
        assert_eq!((five_eyes.decomposable, five_eyes.members), (true, &["AUS", "CAN", "GBR", "NZL", "USA"][..]));
        assert!(!Tetragraph::find("NKIC").unwrap().decomposable);
        assert!(tetragraphs().iter().all(|group| !group.decomposable || !group.members.is_empty()));
    }
}
