//! A label on a page: its text, the colour that the field gives it, and who may see it in words.

use entente_core::{
    Level,
    label::{Class, Label, Owner, Tlp},
    record::Status,
};
use entente_formats::label;

use super::text::Say;

/// A label as one recognisable chip.
#[derive(Clone, Debug)]
pub(crate) struct Chip {
    pub(crate) text: String,
    /// The class of the style sheet.
    pub(crate) class: &'static str,
    /// What the label asks, in words.
    pub(crate) words: String,
    /// `EXERCISE` or `TEST`.
    pub(crate) drill: Option<String>,
    /// Whether a long label is broken rather than cut.
    pub(crate) whole: bool,
}

impl Chip {
    pub(crate) fn new(text: &str, status: &str, say: Say) -> Self {
        let parsed = label::parse(text).ok();
        let words = parsed.as_ref().map_or_else(String::new, |label| {
            let lines = label::describe_in(label, say.0);
            lines.iter().map(|(heading, sentence)| format!("{heading}: {sentence}")).collect::<Vec<_>>().join("\n")
        });
        Self {
            text: text.to_owned(),
            class: parsed.as_ref().map_or("class-national", class),
            words,
            drill: drill(status, say),
            whole: false,
        }
    }

    pub(crate) fn whole(mut self) -> Self {
        self.whole = true;
        self
    }
}

/// How what is no earnest is called on every page.
pub(crate) fn drill(status: &str, say: Say) -> Option<String> {
    match status {
        status if status == Status::Exercise.as_str() => Some(say.one("word-exercise")),
        status if status == Status::Test.as_str() => Some(say.one("word-test")),
        _ => None,
    }
}

/// The colour of a label: that of its level, or of its TLP. A national term has no level of its own.
pub(crate) fn class(label: &Label) -> &'static str {
    match label {
        Label::Tlp(Tlp::Red) => "class-tlp-red",
        Label::Tlp(Tlp::Amber | Tlp::AmberStrict) => "class-tlp-amber",
        Label::Tlp(Tlp::Green) => "class-tlp-green",
        Label::Tlp(Tlp::Clear) => "class-tlp-clear",
        Label::Marking(marking) => match &marking.class {
            Class::Level(level) => class_of_level(*level),
            Class::Term(_) => "class-national",
        },
    }
}

/// The colour of a level.
pub(crate) fn class_of_level(level: Level) -> &'static str {
    match level {
        Level::TopSecret => "class-top-secret",
        Level::Secret => "class-secret",
        Level::Confidential => "class-confidential",
        Level::Restricted => "class-restricted",
        Level::Unclassified => "class-unclassified",
    }
}

/// Whether a label bears no more than `UNCLASSIFIED` of the United States: such parts say nothing in a banner.
pub(crate) fn is_plain(label: &Label) -> bool {
    matches!(label, Label::Marking(marking)
        if marking.owner == Owner::UnitedStates && marking.class == Class::Level(Level::Unclassified))
}

#[cfg(test)]
mod tests {
    use entente_core::explain::Language;

    use super::*;

    #[test]
    fn colours_follow_the_class_and_never_guess() {
        for (text, class) in [
            ("//KOR SECRET//REL TO USA, JPN, KOR", "class-secret"),
            ("TOP SECRET//NOFORN", "class-top-secret"),
            ("UNCLASSIFIED", "class-unclassified"),
            ("//JPN 特定秘密//REL TO JPN, KOR", "class-national"),
            ("TLP:AMBER+STRICT", "class-tlp-amber"),
            ("no label", "class-national"),
        ] {
            assert_eq!(Chip::new(text, "actual", Say(Language::English)).class, class, "{text}");
        }
    }

    #[test]
    fn a_drill_says_so() {
        let say = Say(Language::English);
        assert_eq!(Chip::new("UNCLASSIFIED", "exercise", say).drill.as_deref(), Some("EXERCISE"));
        assert_eq!(Chip::new("UNCLASSIFIED", "actual", say).drill, None);
    }
}
