//! The banner of a page: the roll-up of what is on it, at its top and its bottom.

use entente_core::{
    Level,
    label::{Class, Label, rollup::rollup},
};
use entente_formats::label;

use super::{
    chip::{class, class_of_level, is_plain},
    text::Say,
};

/// A banner.
#[derive(Clone, Debug)]
pub(crate) struct Banner {
    pub(crate) text: String,
    /// The class of the style sheet.
    pub(crate) class: &'static str,
    /// `EXERCISE` or `TEST`, where something on the page is no earnest.
    pub(crate) drill: Option<String>,
    /// Of what it is the roll-up: labels, each with the status of what it is on.
    parts: Vec<(String, String)>,
}

impl Banner {
    /// The banner of a page without records.
    pub(crate) fn plain() -> Self {
        Self {
            text: Level::Unclassified.as_str().to_owned(),
            class: class_of_level(Level::Unclassified),
            drill: None,
            parts: Vec::new(),
        }
    }

    /// The same where more is on the page.
    pub(crate) fn and<'l>(self, more: impl IntoIterator<Item = (&'l str, &'l str)>, say: Say) -> Self {
        let more: Vec<(&str, &str)> = more.into_iter().collect();
        if more.is_empty() {
            return self;
        }
        let parts = self.parts.iter().map(|(label, status)| (label.as_str(), status.as_str()));
        Self::of(parts.chain(more), say)
    }

    /// The banner of a page that shows records under these labels, each with its status.
    pub(crate) fn of<'l>(parts: impl IntoIterator<Item = (&'l str, &'l str)>, say: Say) -> Self {
        let parts: Vec<(String, String)> =
            parts.into_iter().map(|(label, status)| (label.to_owned(), status.to_owned())).collect();
        Self { parts: parts.clone(), ..Self::rolled_up(&parts, say) }
    }

    fn rolled_up(parts: &[(String, String)], say: Say) -> Self {
        let (mut labels, mut unread, mut drill) = (Vec::new(), false, None);
        for (text, status) in parts {
            match label::parse(text) {
                Ok(label) => labels.push(label),
                // A label that cannot be read is the strictest that we know.
                Err(_) => unread = true,
            }
            drill = drill.or_else(|| super::chip::drill(status, say));
        }
        if unread {
            let text = say.one("banner-unread");
            return Self { text, class: class_of_level(Level::TopSecret), drill, parts: Vec::new() };
        }
        labels.retain(|label| !is_plain(label));
        if labels.is_empty() {
            return Self { drill, ..Self::plain() };
        }
        match rollup(&labels).outcome().and_then(|outcome| outcome.label) {
            Some(label) => Self { text: label::write(&label), class: class(&label), drill, parts: Vec::new() },
            None => Self::unspoken(&labels, drill, say),
        }
    }

    /// No banner line can say what is on the page together: its highest class, and that each part has its own label.
    fn unspoken(labels: &[Label], drill: Option<String>, say: Say) -> Self {
        let levels = labels.iter().filter_map(|label| match label {
            Label::Marking(marking) => match marking.class {
                Class::Level(level) => Some(level),
                Class::Term(_) => None,
            },
            Label::Tlp(_) => None,
        });
        let highest = levels.max().filter(|level| *level > Level::Unclassified);
        let all_levels = labels.iter().all(|label| {
            matches!(label, Label::Tlp(_))
                || matches!(label, Label::Marking(marking) if matches!(marking.class, Class::Level(_)))
        });
        let text = match highest {
            Some(level) if all_levels => say.with("banner-several-highest", "level", level),
            _ => say.one("banner-several"),
        };
        let class = highest.filter(|_| all_levels).map_or("class-national", class_of_level);
        Self { text, class, drill, parts: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use entente_core::explain::Language;

    use super::*;

    fn banner(parts: &[&str]) -> (String, &'static str) {
        let banner = Banner::of(parts.iter().map(|label| (*label, "actual")), Say(Language::English));
        (banner.text, banner.class)
    }

    #[test]
    fn a_page_bears_the_roll_up_of_what_is_on_it() {
        for (parts, text, class) in [
            (&[][..], "UNCLASSIFIED", "class-unclassified"),
            (&["UNCLASSIFIED"], "UNCLASSIFIED", "class-unclassified"),
            (&["SECRET//REL TO USA, JPN, KOR", "UNCLASSIFIED"], "SECRET//REL TO USA, JPN, KOR", "class-secret"),
            (&["SECRET//REL TO USA, JPN", "TOP SECRET//NOFORN"], "TOP SECRET//NOFORN", "class-top-secret"),
            (&["TLP:GREEN", "TLP:AMBER"], "TLP:AMBER", "class-tlp-amber"),
            (&["what is this"], "A LABEL HERE CANNOT BE READ", "class-top-secret"),
        ] {
            assert_eq!(banner(parts), (text.to_owned(), class), "{parts:?}");
        }
    }

    #[test]
    fn what_comes_upon_a_page_is_in_its_banner() {
        let say = Say(Language::English);
        let page = Banner::of([("SECRET//REL TO USA, JPN, KOR", "actual")], say);
        let with_alert = page.clone().and([("TOP SECRET//NOFORN", "exercise")], say);
        assert_eq!((with_alert.text.as_str(), with_alert.class), ("TOP SECRET//NOFORN", "class-top-secret"));
        assert_eq!(with_alert.drill.as_deref(), Some("EXERCISE"));
        assert_eq!(page.clone().and([], say).text, page.text);
        assert_eq!(Banner::plain().and([("what is this", "actual")], say).text, "A LABEL HERE CANNOT BE READ");
    }

    #[test]
    fn what_no_line_can_say_shows_its_highest_class() {
        let (text, class) = banner(&["//JPN 特定秘密//REL TO JPN, KOR", "//KOR SECRET//REL TO JPN, KOR"]);
        assert!(!text.is_empty());
        assert!(["class-national", "class-secret"].contains(&class), "{text} {class}");
    }
}
