//! The two forms in which the same marking stands: the banner line of a document, the portion mark of a paragraph.
//!
//! They share order, separators and rules (CAPCO A.6, p. 15; C.1, p. 26) and differ in words. The key type is [`Form`].

use super::{dissemination::Control, text::Piece};

/// Where a marking stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Form {
    /// In the banner line: `SECRET//NOFORN`.
    #[default]
    Banner,
    /// In front of a paragraph, in parentheses: `(S//NF)`.
    Portion,
}

impl Form {
    /// The names of a marking that are read in this form. The last is the one that is written.
    pub(super) fn names<'n>(self, title: &'n str, name: &'n str, portion: &'n str) -> [&'n str; 2] {
        match self {
            Self::Banner => [title, name],
            Self::Portion => [portion, portion],
        }
    }

    /// The control for which an item of a portion stands when its list is that of the banner line (CAPCO H.8, pp. 150,
    /// 157).
    pub(super) fn stands_for_banner(self, item: Piece<'_>) -> Option<Control> {
        match (self, item.as_str()) {
            (Self::Portion, "REL") => Some(Control::RelTo),
            (Self::Portion, "EYES") => Some(Control::Eyes),
            _ => None,
        }
    }
}
