//! What the console says, in three languages: Fluent files in `web/text`, compiled in. A test finds what one of them lacks.
//!
//! The words of decisions are not here: they are `entente_core::explain`. The key type is [`Say`].

use std::sync::LazyLock;

use entente_core::explain::Language;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::English));
static JAPANESE: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Japanese));
static KOREAN: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Korean));

fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../../web/text/en.ftl"),
        Language::Japanese => include_str!("../../../../web/text/ja.ftl"),
        Language::Korean => include_str!("../../../../web/text/ko.ftl"),
    }
}

fn bundle(language: Language) -> Bundle {
    let tag = language.code().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    // The marks that keep a foreign word's direction would stand in attributes and in copied text; no language here needs
    // them.
    bundle.set_use_isolating(false);
    // A file with a mistake in it still has its other messages; the test says where the mistake is.
    let resource = FluentResource::try_new(source(language).to_owned()).unwrap_or_else(|(rest, _)| rest);
    bundle.add_resource_overriding(resource);
    bundle
}

/// A number that a message is about; a template has it by reference.
pub(crate) trait Count {
    /// As the messages take it.
    fn count(self) -> i64;
}

impl Count for i64 {
    fn count(self) -> i64 {
        self
    }
}

impl Count for u32 {
    fn count(self) -> i64 {
        i64::from(self)
    }
}

impl Count for u64 {
    fn count(self) -> i64 {
        i64::try_from(self).unwrap_or(i64::MAX)
    }
}

impl Count for usize {
    fn count(self) -> i64 {
        i64::try_from(self).unwrap_or(i64::MAX)
    }
}

impl<T: Count + Copy> Count for &T {
    fn count(self) -> i64 {
        (*self).count()
    }
}

/// Says things in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Say(pub(crate) Language);

impl Say {
    /// The language's code (ISO 639-1).
    pub(crate) fn code(self) -> &'static str {
        self.0.code()
    }

    /// A message without variables.
    pub(crate) fn one(self, key: &str) -> String {
        self.message(key, None)
    }

    /// A message about a number, its variable `count`.
    pub(crate) fn count(self, key: &str, count: impl Count) -> String {
        self.message(key, Some(&FluentArgs::from_iter([("count", FluentValue::from(count.count()))])))
    }

    /// A message with one variable.
    pub(crate) fn with(self, key: &str, name: &str, value: impl ToString) -> String {
        self.filled(key, &[(name, value.to_string())])
    }

    /// A message with variables.
    pub(crate) fn filled(self, key: &str, values: &[(&str, String)]) -> String {
        let values = values.iter().map(|(name, value)| (*name, FluentValue::from(value.as_str())));
        self.message(key, Some(&FluentArgs::from_iter(values)))
    }

    fn message(self, key: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let bundle = match self.0 {
            Language::English => &ENGLISH,
            Language::Japanese => &JAPANESE,
            Language::Korean => &KOREAN,
        };
        let pattern = bundle.get_message(key).and_then(|message| message.value());
        // What is missing shows as its key: better on the page than nothing, and the test does not let it come so far.
        pattern.map_or_else(
            || key.to_owned(),
            |pattern| bundle.format_pattern(pattern, arguments, &mut Vec::new()).into_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Each message's key with the variables that it uses.
    fn messages(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let text = source(language);
        if let Err((_, errors)) = FluentResource::try_new(text.to_owned()) {
            panic!("web/text/{}.ftl: {errors:?}", language.code());
        }
        let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut key = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) = line.split_once(" =").filter(|_| !line.starts_with([' ', '}', '.'])) {
                key = name.to_owned();
                assert!(
                    messages.insert(key.clone(), BTreeSet::new()).is_none(),
                    "`{key}` twice in {}",
                    language.code()
                );
            }
            let variables = line.split('$').skip(1).map(|rest| {
                rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default().to_owned()
            });
            messages.entry(key.clone()).or_default().extend(variables);
        }
        messages.remove("");
        messages
    }

    #[test]
    fn every_language_has_every_message_with_the_same_variables() {
        let english = messages(Language::English);
        assert!(english.len() > 50);
        for language in [Language::Japanese, Language::Korean] {
            let other = messages(language);
            let missing: Vec<_> = english.iter().filter(|(key, of)| other.get(*key) != Some(of)).collect();
            let surplus: Vec<_> = other.keys().filter(|key| !english.contains_key(*key)).collect();
            assert!(missing.is_empty() && surplus.is_empty(), "{}: {missing:?} {surplus:?}", language.code());
        }
    }

    /// The keys that `text` names in calls of [`Say`].
    fn named(text: &str) -> BTreeSet<String> {
        let calls = ["say.one(\"", "say.count(\"", "say.with(\"", "say.filled(\""];
        let texts: String = text.split_whitespace().collect();
        calls
            .iter()
            .flat_map(|call| texts.split(call).skip(1))
            .map(|rest| rest.split('"').next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn what_pages_say_is_there_and_nothing_else_is() {
        let known: BTreeSet<String> = messages(Language::English).into_keys().collect();
        let mut texts = String::new();
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
        for folder in ["src/console", "../../web/templates"] {
            for entry in std::fs::read_dir(format!("{root}{folder}")).unwrap() {
                texts.push_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
            }
        }
        let missing: Vec<_> = named(&texts).into_iter().filter(|key| !key.is_empty() && !known.contains(key)).collect();
        assert!(missing.is_empty(), "no such message: {missing:?}");
        // Families are looked up by a word of the machine interface.
        let families = [
            "role-",
            "gate-",
            "state-",
            "cure-",
            "force-",
            "word-",
            "act-",
            "taken-",
            "phase-",
            "answer-",
            "duty-",
            "basis-",
            "cap-",
            "change-",
            "finding-",
            "step-",
            "waits-",
            "lacks-",
            "pledge-",
            "differs-",
            "clock-",
            "accession-state-",
            "accession-act-",
        ];
        let is_used = |key: &String| {
            families.iter().any(|family| key.starts_with(family)) || texts.contains(&format!("\"{key}\""))
        };
        let unused: Vec<_> = known.iter().filter(|key| !is_used(key)).collect();
        assert!(unused.is_empty(), "said nowhere: {unused:?}");
    }

    #[test]
    fn numbers_and_names_are_filled_in() {
        let english = Say(Language::English);
        assert_eq!(english.count("frame-partners-up", 1_usize), "1 partner up");
        assert_eq!(english.count("frame-partners-up", 2_usize), "2 partners up");
        assert_eq!(Say(Language::Japanese).count("frame-partners-up", 2_usize), "相手国2か国 接続中");
        assert_eq!(english.one("no-such-message"), "no-such-message");
    }
}
