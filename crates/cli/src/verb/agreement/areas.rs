//! What texts allow, in words and as JSON: for `matrix` and `compare`.

use std::{collections::BTreeSet, fmt::Display};

use entente_core::{
    Level,
    agreement::{Action, Citation},
    decide::Block,
    desk::{
        MAXIMUM_REQUESTS, TooMany,
        area::Area,
        vocabulary::{Vocabulary, Words},
    },
    explain,
    label::Class,
};
use serde_json::{Value, json};

use super::phrase::list;
use crate::failure::Failure;

/// What no text names, in JSON.
const OTHER: &str = "*";

/// A level as a portion mark has it.
pub(super) fn portion(level: Level) -> &'static str {
    match level {
        Level::TopSecret => "TS",
        Level::Secret => "S",
        Level::Confidential => "C",
        Level::Restricted => "R",
        Level::Unclassified => "U",
    }
}

/// That the texts hold too many words to ask about all of them.
pub(super) fn too_many(TooMany { requests }: TooMany) -> Failure {
    Failure::new(format!(
        "the words of these texts make {requests} requests; at most {MAXIMUM_REQUESTS} are asked at once"
    ))
    .help("give fewer agreements")
}

/// `CONFIDENTIAL, SECRET (秘, 極秘), about dprk-missile, by courier`: what is not limited is not said.
pub(super) fn words(area: &Area, vocabulary: &Vocabulary, asked: &[Action]) -> String {
    let mut parts = vec![classes(&area.classes)];
    parts.extend(limited("about", &area.subjects, vocabulary.subjects()));
    parts.extend(limited("for", &area.purposes, vocabulary.purposes()));
    parts.extend(limited("by", &area.channels, vocabulary.channels()));
    if area.actions.len() < asked.len() {
        parts.extend(area.actions.iter().map(|action| format!("{} alone", action.as_str())));
    }
    parts.join(", ")
}

/// Levels, those in a row joined, and national terms.
fn classes(classes: &[Class]) -> String {
    let levels: Vec<Level> = Level::ALL.into_iter().filter(|level| classes.contains(&Class::Level(*level))).collect();
    let terms: Vec<&str> = classes
        .iter()
        .filter_map(|class| match class {
            Class::Term(term) => Some(term.as_str()),
            Class::Level(_) => None,
        })
        .collect();
    let levels = match levels.as_slice() {
        [first, .., last]
            if Level::ALL.iter().filter(|level| (first..=last).contains(level)).count() == levels.len() =>
        {
            format!("{first} to {last}")
        }
        levels => list(levels),
    };
    match (levels.is_empty(), terms.is_empty()) {
        (_, true) => levels,
        (true, false) => list(terms),
        (false, false) => format!("{levels} ({})", list(terms)),
    }
}

/// `about a, b`, unless all are there; `about all but a` when what no text names is among them.
fn limited<T: Display + Clone + PartialEq>(before: &str, some: &[Words<T>], all: &[Words<T>]) -> Option<String> {
    if some.len() == all.len() {
        return None;
    }
    let named = |words: &[Words<T>]| {
        list(words.iter().flat_map(|words| match words {
            Words::Of(words) => words.clone(),
            Words::Other => Vec::new(),
        }))
    };
    if !some.contains(&Words::Other) {
        return Some(format!("{before} {}", named(some)));
    }
    let missing: Vec<Words<T>> = all.iter().filter(|words| !some.contains(words)).cloned().collect();
    Some(format!("{before} all but {}", named(&missing)))
}

/// An area as JSON; `*` stands for whatever no text names.
pub(super) fn document(area: &Area) -> Value {
    fn names<T: Display>(all: &[Words<T>]) -> Vec<String> {
        let names = all.iter().flat_map(|words| match words {
            Words::Of(words) => words.iter().map(ToString::to_string).collect(),
            Words::Other => vec![OTHER.to_owned()],
        });
        names.collect()
    }
    let levels = area.classes.iter().filter_map(|class| match class {
        Class::Level(level) => Some(level.as_str()),
        Class::Term(_) => None,
    });
    let terms = area.classes.iter().filter_map(|class| match class {
        Class::Term(term) => Some(term.as_str()),
        Class::Level(_) => None,
    });
    json!({
        "levels": levels.collect::<Vec<_>>(),
        "terms": terms.collect::<Vec<_>>(),
        "subjects": names(&area.subjects),
        "purposes": names(&area.purposes),
        "channels": names(&area.channels),
        "actions": area.actions.iter().map(|action| action.as_str()).collect::<Vec<_>>(),
    })
}

/// `us-jp-gsomia-2007 art. 4, tisa-2014 art. 1`.
pub(super) fn citations(all: &BTreeSet<Citation>) -> String {
    list(all.iter().map(citation))
}

fn citation(citation: &Citation) -> String {
    match &citation.clause {
        Some(clause) => format!("{} {}", citation.agreement, explain::article(clause)),
        None => citation.agreement.to_string(),
    }
}

/// Citations as JSON.
pub(super) fn cited(all: &BTreeSet<Citation>) -> Vec<Value> {
    let one = |citation: &Citation| json!({"agreement": citation.agreement.as_str(), "clause": citation.clause.as_ref().map(|clause| clause.as_str())});
    all.iter().map(one).collect()
}

/// What blocks, as JSON.
pub(super) fn blocked(block: &Block) -> Value {
    json!({
        "gate": block.reason.gate().as_str(),
        "code": block.reason.code(),
        "agreement": block.agreement.as_ref().map(|agreement| agreement.as_str()),
        "clause": block.clause.as_ref().map(|clause| clause.as_str()),
    })
}

/// What blocks, in words: `above ceiling, us-kr-gsomia-1987 art. 4`.
pub(super) fn block_words(block: &Block) -> String {
    let code = block.reason.code().replace('-', " ");
    match &block.agreement {
        Some(agreement) => {
            let cited = Citation { agreement: agreement.clone(), clause: block.clause.clone() };
            format!("{code}, {}", citation(&cited))
        }
        None => code,
    }
}
