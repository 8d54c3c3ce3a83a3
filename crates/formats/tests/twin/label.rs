//! The labels that the random worlds and the vectors use, read the short way: a text that the real parser accepts is
//! taken apart at its slashes. No check, no canonical form.

/// The levels, lowest first; a level is its place here.
pub const LEVELS: [&str; 5] = ["UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP SECRET"];

/// The colours of TLP, widest first.
const COLOURS: [&str; 5] = ["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"];

/// The tetragraphs that the worlds use and that may be taken apart, with those members that the worlds have. `BHTF`, of
/// which the United States is one, may not.
const GROUPS: [(&str, &[&str]); 5] = [
    ("ACGU", &["AUS", "CAN", "GBR", "USA"]),
    ("CFCK", &["KOR", "USA"]),
    ("FVEY", &["AUS", "CAN", "GBR", "NZL", "USA"]),
    ("NATO", &["CAN", "FRA", "GBR", "USA"]),
    ("TEYE", &["AUS", "GBR", "USA"]),
];

/// A colour of TLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colour {
    Clear,
    Green,
    /// AMBER, AMBER+STRICT and RED: only the distribution list counts.
    Listed,
}

/// What a marking says.
#[derive(Clone, Debug, Default)]
pub struct Marking {
    /// The country whose terms the class is in; none for JOINT.
    pub country: String,
    /// The level, when the class is one.
    pub level: Option<usize>,
    /// The national term, when the class is none of the levels.
    pub term: String,
    /// SCI, SAP or AEA.
    pub compartmented: bool,
    /// The FGI mark: empty when it is bare.
    pub fgi: Option<Vec<String>>,
    pub noforn: bool,
    pub relido: bool,
    pub orcon: bool,
    pub rel_to: Vec<String>,
    pub display_only: Vec<String>,
    /// Any dissemination or FGI mark at all.
    pub marked: bool,
}

#[derive(Clone, Debug)]
pub enum Label {
    Tlp(Colour),
    Marking(Marking),
}

/// The place of a level in [`LEVELS`].
pub fn level(text: &str) -> Option<usize> {
    LEVELS.iter().position(|level| *level == text)
}

/// Whether a list of codes holds a party, decomposable tetragraphs expanded.
pub fn holds(codes: &[String], party: &str) -> bool {
    codes
        .iter()
        .any(|code| code == party || GROUPS.iter().any(|(group, members)| group == code && members.contains(&party)))
}

impl Label {
    /// Reads a label.
    pub fn read(text: &str) -> Self {
        if let Some(colour) = COLOURS.iter().position(|colour| *colour == text) {
            return Self::Tlp([Colour::Clear, Colour::Green, Colour::Listed][colour.min(2)]);
        }
        let mut marking = Marking::default();
        let foreign = text.strip_prefix("//");
        let mut segments = foreign.unwrap_or(text).split("//");
        let class = segments.next().unwrap();
        let class = match (foreign.is_some(), class.split_once(' ')) {
            (true, Some(("JOINT", rest))) => {
                let levels = LEVELS.iter().filter(|level| rest.starts_with(**level));
                *levels.max_by_key(|level| level.len()).unwrap()
            }
            (true, Some(("COSMIC", rest))) => {
                marking.country = "NATO".into();
                rest
            }
            (true, Some((country, rest))) => {
                marking.country = country.into();
                rest
            }
            _ => {
                marking.country = "USA".into();
                class
            }
        };
        marking.level = level(class);
        if marking.level.is_none() {
            marking.term = class.into();
        }
        for segment in segments {
            marking.category(segment);
        }
        Self::Marking(marking)
    }

    /// Free by its own marks.
    pub fn is_free(&self) -> bool {
        match self {
            Self::Tlp(colour) => *colour <= Colour::Green,
            Self::Marking(marking) => marking.level == Some(0) && !marking.marked,
        }
    }

    /// Above UNCLASSIFIED; a national term is.
    pub fn is_classified(&self) -> bool {
        matches!(self, Self::Marking(marking) if marking.level != Some(0))
    }

    /// Whether SCI, SAP or AEA is present.
    pub fn is_compartmented(&self) -> bool {
        matches!(self, Self::Marking(marking) if marking.compartmented)
    }

    /// Whether ORCON is present.
    pub fn is_orcon(&self) -> bool {
        matches!(self, Self::Marking(marking) if marking.orcon)
    }

    /// Whether REL TO holds a party.
    pub fn rel_to_holds(&self, party: &str) -> bool {
        matches!(self, Self::Marking(marking) if holds(&marking.rel_to, party))
    }
}

impl Marking {
    fn category(&mut self, segment: &str) {
        let codes = |list: &str, between: &str| list.split(between).map(str::to_owned).collect::<Vec<_>>();
        let system = segment.split(['/', '-', ' ']).next().unwrap();
        if ["SI", "TK", "HCS", "RSV", "SAR", "RD", "FRD", "TFNI", "DOD", "DOE"].contains(&system) {
            self.compartmented = true;
            return;
        }
        self.marked = true;
        if segment == "FGI" {
            self.fgi = Some(Vec::new());
        } else if let Some(sources) = segment.strip_prefix("FGI ") {
            self.fgi = Some(codes(sources, " "));
        } else if segment.ends_with(" EYES ONLY") {
            // An expired form; REL TO alone lets a record go.
        } else {
            for control in segment.split('/') {
                if let Some(list) = control.strip_prefix("REL TO ") {
                    self.rel_to = codes(list, ", ");
                } else if let Some(list) = control.strip_prefix("DISPLAY ONLY ") {
                    self.display_only = codes(list, ", ");
                } else {
                    self.noforn |= control == "NOFORN";
                    self.relido |= control == "RELIDO";
                    self.orcon |= control == "ORCON" || control == "ORCON-USGOV";
                }
            }
        }
    }
}
