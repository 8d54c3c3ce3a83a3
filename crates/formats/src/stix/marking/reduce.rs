//! Markings of parts: what of an object they withhold, and the copy without it.
//!
//! A copy is made only where the originator allows it, only by leaving out, and only if what remains is still valid. What
//! marked the parts goes with them, so that the copy does not say that something is missing. The key functions are
//! [`portion`] and [`without`]; the key type is [`Portion`].

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::selector::{Selector, Step};
use crate::{
    problem::Problem,
    stix::{
        check::{Options, check},
        index::Entry,
        json::{Key, Limits, broken},
    },
};

/// What somebody may have by a marking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// What it marks.
    Whole,
    /// Not what it marks; where that is a part, a copy without it.
    Reduced,
    /// Not what it marks, and no copy either.
    Nothing,
}

/// How much of an object somebody may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Portion<'a> {
    /// All of it, as it came.
    Whole,
    /// A copy without these.
    Without(Vec<Selector<'a>>),
    /// None of it.
    Nothing,
}

/// Properties without which nobody could say what the copy is a copy of, or how it is marked.
const ESSENTIAL: [&str; 7] =
    ["type", "id", "spec_version", "created", "modified", "object_marking_refs", "granular_markings"];

/// The most selectors of one object that are worked through; an object with more is not taken apart.
const MOST: usize = 1_000;

/// How much of an object somebody may have, when `permits` says for each marking definition what it leaves.
///
/// A selector that cannot be read marks everything.
pub fn portion<'e>(entry: &'e Entry<'_>, permits: impl Fn(&str) -> Permit) -> Portion<'e> {
    if entry.markings.iter().any(|id| permits(id) != Permit::Whole) {
        return Portion::Nothing;
    }
    let mut withheld = Vec::new();
    for granular in &entry.granular {
        let Some(id) = &granular.marking else { continue };
        match permits(id) {
            Permit::Whole => continue,
            Permit::Nothing => return Portion::Nothing,
            Permit::Reduced if granular.selectors.is_empty() => return Portion::Nothing,
            Permit::Reduced => {}
        }
        for text in &granular.selectors {
            match Selector::parse(text) {
                Ok(selector) if !is_essential(&selector) => withheld.push(selector),
                _ => return Portion::Nothing,
            }
        }
    }
    match withheld.len() {
        0 => Portion::Whole,
        1..=MOST => Portion::Without(withheld),
        _ => Portion::Nothing,
    }
}

fn is_essential(selector: &Selector<'_>) -> bool {
    matches!(selector.steps().first(), Some(Step::Key(name)) if ESSENTIAL.contains(name))
}

/// The copy of an object without what is selected, or nothing when that would be no valid object any more.
///
/// Everything else is copied to the byte, apart from blanks between members and escapes in keys. An item of a list takes
/// its list with it: otherwise the places of the others would shift, and the gap would show. `granular_markings` keeps
/// only what is about properties that are left.
///
/// # Errors
/// When the text is no JSON object.
pub fn without(text: &str, withheld: &[Selector<'_>]) -> Result<Option<String>, Problem> {
    let paths: Vec<&[Step<'_>]> = withheld.iter().map(Selector::steps).collect();
    if withheld.iter().any(is_essential) {
        return Ok(None);
    }
    let Some(copy) = members_without(text, &paths, true).map_err(|error| broken(text, &error))? else {
        return Ok(None);
    };
    let report = check(&copy, &Options::default(), Limits::OBJECT)?;
    Ok(report.is_valid(false).then_some(copy))
}

/// The object without what the paths name; `None` when nothing is left.
fn members_without(text: &str, paths: &[&[Step<'_>]], is_top: bool) -> Result<Option<String>, serde_json::Error> {
    let Members(members) = serde_json::from_str(text)?;
    let mut kept = Vec::new();
    for (key, value) in &members {
        let inner: Vec<&[Step<'_>]> = paths
            .iter()
            .filter_map(|path| path.split_first().filter(|(first, _)| **first == Step::Key(key)).map(|(_, rest)| rest))
            .collect();
        let ends_here = |rest: &&[Step<'_>]| matches!(rest.first(), None | Some(Step::At(_)));
        let value = if inner.is_empty() && is_top && key == "granular_markings" {
            remaining_markings(value.get(), paths)?
        } else if inner.is_empty() {
            Some(value.get().to_owned())
        } else if inner.iter().any(ends_here) || !value.get().starts_with('{') {
            None
        } else {
            members_without(value.get(), &inner, false)?
        };
        if let Some(value) = value {
            kept.push(format!("{}:{value}", serde_json::to_string(key)?));
        }
    }
    Ok((!kept.is_empty()).then(|| format!("{{{}}}", kept.join(","))))
}

/// The granular markings without selectors of what is withheld; `None` when none is left.
fn remaining_markings(text: &str, paths: &[&[Step<'_>]]) -> Result<Option<String>, serde_json::Error> {
    let mut items: Vec<serde_json::Value> = serde_json::from_str(text)?;
    // With an item its list goes, so that a path ends at its first place.
    let cut = |path: &'_ [Step<'_>]| path.iter().take_while(|step| matches!(step, Step::Key(_))).count();
    let is_gone = |selector: &serde_json::Value| {
        let Some(Ok(selector)) = selector.as_str().map(Selector::parse) else { return true };
        paths.iter().any(|path| {
            let path = path.get(..cut(path)).unwrap_or(path);
            // What lies inside is gone, and so is what the path lies inside of when it selects that alone.
            selector.steps().starts_with(path)
        })
    };
    items.retain_mut(|item| {
        let Some(selectors) = item.get_mut("selectors").and_then(serde_json::Value::as_array_mut) else { return false };
        selectors.retain(|selector| !is_gone(selector));
        !selectors.is_empty()
    });
    if items.is_empty() { Ok(None) } else { serde_json::to_string(&items).map(Some) }
}

/// The members of an object in their order, each value as it stands there.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Key(key)) = map.next_key()? {
                    members.push((key.into_owned(), map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}
