//! A portion mark: the marking of one paragraph of a document.
//!
//! Not the label of a record, which is a banner line. The key type is [`Portion`].

use super::Marking;

/// What stands in front of a paragraph: `(S//NF)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Portion {
    /// The marking, with every list spelled out.
    pub marking: Marking,
    /// Whether the paragraph holds foreign information alone, of several sources or of a concealed one, in a document of
    /// the United States: `(//CAN GBR S)`, `(//FGI S)`. The marking is then one of the United States with its sources in
    /// `fgi`, and its class may be RESTRICTED; the manual calls such a portion segregated from US information (CAPCO H.7,
    /// p. 123). What comes from one nation alone is that nation's marking: `(//KOR S)`.
    pub segregated: bool,
}

impl From<Marking> for Portion {
    fn from(marking: Marking) -> Self {
        Self { marking, segregated: false }
    }
}
