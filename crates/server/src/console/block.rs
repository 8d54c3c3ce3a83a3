//! A decision as one recognisable block: the verdict, the five gates, the clauses that decided, the cures as buttons.

use entente_formats::request::BlockLine;

use super::text::Say;
use crate::api::{DecisionView, LineView};

/// The gates in their order (`docs/spec/decision.md`).
const GATES: [&str; 5] = ["label", "cover", "provenance", "route", "authority"];

/// A decision on a page.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// `permit` or `deny`: the class of the style sheet.
    pub(crate) class: String,
    pub(crate) verdict: String,
    pub(crate) headline: String,
    pub(crate) gates: Vec<Gate>,
    pub(crate) quotes: Vec<Quote>,
    pub(crate) cures: Vec<Cure>,
    pub(crate) lines: Vec<LineView>,
}

/// A gate, as a mark.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    pub(crate) name: String,
    pub(crate) meaning: String,
    pub(crate) is_blocked: bool,
}

/// A clause that decided.
#[derive(Clone, Debug)]
pub(crate) struct Quote {
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// What would turn a no into a yes.
#[derive(Clone, Debug)]
pub(crate) struct Cure {
    pub(crate) words: String,
    pub(crate) path: String,
}

impl Block {
    /// A decision, its cures leading to where a person can ask for them.
    pub(crate) fn new(view: &DecisionView, originator: &str, purpose: &str, say: Say) -> Self {
        let answer = &view.answer;
        let blocked = |gate: &str| answer.blocked.iter().any(|block| block.gate == gate);
        let gates = GATES.map(|gate| Gate {
            name: say.one(&format!("gate-{gate}")),
            meaning: say.one(&format!("gate-{gate}-meaning")),
            is_blocked: blocked(gate),
        });
        let quotes = answer.blocked.iter().map(|block| Quote {
            subject: cited(view, block).unwrap_or_else(|| say.one(&format!("gate-{}", block.gate))),
            text: block.why.clone(),
        });
        // A yes rests on the texts that it may be given under.
        let covered = answer.usable.iter().filter(|_| answer.blocked.is_empty()).filter_map(|id| {
            let line = view.lines.iter().find(|line| line.subject.starts_with(id.as_str()))?;
            Some(Quote { subject: line.subject.clone(), text: line.text.clone() })
        });
        let quotes = quotes.chain(covered);
        let cures = answer.cures.iter().flatten().map(|cure| {
            let record = format!("{}/{}", encode(originator), encode(&answer.record));
            let query = format!("to={}&of={}&purpose={}", encode(&answer.to), encode(&cure.of), encode(purpose));
            Cure {
                words: say.with(&format!("cure-{}", cure.kind), "party", &cure.of),
                path: format!("/records/{record}/{}?{query}", cure.kind),
            }
        });
        Self {
            class: answer.verdict.clone(),
            verdict: say.one(if answer.verdict == "permit" { "word-permit" } else { "word-deny" }),
            // The verdict stands by itself.
            headline: view.headline.split_once("  ").map_or(&*view.headline, |(_, rest)| rest).replace("->", "→"),
            gates: gates.into(),
            quotes: quotes.collect(),
            cures: cures.collect(),
            lines: view.lines.clone(),
        }
    }
}

impl Block {
    /// The same where nobody is to be asked: the question is asked already, or cannot be.
    pub(crate) fn without_cures(mut self) -> Self {
        self.cures.clear();
        self
    }
}

/// The clause of a block as the explanation cites it: an assumed wording says so.
fn cited(view: &DecisionView, block: &BlockLine) -> Option<String> {
    let agreement = block.agreement.as_ref()?;
    let is_of = |line: &&LineView| line.text == block.why && line.subject.starts_with(agreement.as_str());
    Some(view.lines.iter().find(is_of).map_or_else(|| agreement.clone(), |line| line.subject.clone()))
}

/// A word as it stands in a path or a query.
pub(crate) fn encode(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    for byte in word.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
