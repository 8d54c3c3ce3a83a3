//! What-if for machines: what is supposed, one JSON object for each supposition, and the answer. A node is asked and
//! answers so; `entente whatif --json` prints the answer.
//!
//! What is compared is in [`crate::holdings`]; the comparison itself in [`entente_core::whatif`].

use std::collections::BTreeSet;

use entente_core::{
    AgreementId, Party,
    agreement::Actor,
    explain::Language,
    whatif::{Change, ClassId, Supposition, Unfounded, Witness},
    world::{Agreements, NationalRules},
};
use serde::{Deserialize, Serialize};

use crate::{
    Problem, agreement, national,
    problem::suggestion,
    request::{BlockLine, LineError},
};

/// The most things supposed at once.
pub const MAX_SUPPOSITIONS: usize = 256;

/// One thing that could be otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/what-if.md")]
pub enum SuppositionLine {
    /// A text is not there.
    Remove { agreement: String },
    /// The text of this file is there, with its acts.
    Add { text: String },
    /// A text enters into force, for one party or for all.
    Enter { agreement: String, by: Option<String> },
    /// A text is suspended, by one party or by all.
    Suspend { agreement: String, by: Option<String> },
    /// A suspension ends, that of one party or of all.
    Resume { agreement: String, by: Option<String> },
    /// These files of national rules, and no others.
    National { texts: Vec<String> },
}

impl From<&Supposition> for SuppositionLine {
    fn from(supposition: &Supposition) -> Self {
        let by = |actor: &Actor| match actor {
            Actor::All => None,
            Actor::Party(party) => Some(party.to_string()),
        };
        match supposition {
            Supposition::Remove(id) => Self::Remove { agreement: id.to_string() },
            Supposition::Add(text) => Self::Add { text: agreement::write(text) },
            Supposition::Enter(id, actor) => Self::Enter { agreement: id.to_string(), by: by(actor) },
            Supposition::Suspend(id, actor) => Self::Suspend { agreement: id.to_string(), by: by(actor) },
            Supposition::Resume(id, actor) => Self::Resume { agreement: id.to_string(), by: by(actor) },
            Supposition::National(rules) => Self::National { texts: rules.values().map(national::write).collect() },
        }
    }
}

/// Reads what is supposed, in its order.
///
/// # Errors
/// The first that cannot be read, with its path.
pub fn suppositions(lines: &[SuppositionLine]) -> Result<Vec<Supposition>, LineError> {
    if lines.len() > MAX_SUPPOSITIONS {
        let count = lines.len();
        return Err(wrong("suppose", format!("{count} entries, more than the {MAX_SUPPOSITIONS} allowed")));
    }
    lines.iter().enumerate().map(|(at, line)| line.read(&format!("suppose[{at}]"))).collect()
}

impl SuppositionLine {
    fn read(&self, path: &str) -> Result<Supposition, LineError> {
        let by = |party: &Option<String>| party.as_deref().map_or(Actor::All, |party| Actor::Party(party.into()));
        Ok(match self {
            Self::Remove { agreement } => Supposition::Remove(agreement.as_str().into()),
            Self::Add { text } => {
                let read = agreement::parse(text);
                let read = read.map_err(|problems| in_text(&format!("{path}.add.text"), text, &problems))?;
                Supposition::Add(Box::new(read))
            }
            Self::Enter { agreement, by: party } => Supposition::Enter(agreement.as_str().into(), by(party)),
            Self::Suspend { agreement, by: party } => Supposition::Suspend(agreement.as_str().into(), by(party)),
            Self::Resume { agreement, by: party } => Supposition::Resume(agreement.as_str().into(), by(party)),
            Self::National { texts } => {
                let mut rules = NationalRules::new();
                for (at, text) in texts.iter().enumerate() {
                    let path = format!("{path}.national.texts[{at}]");
                    let read = national::parse(text).map_err(|problems| in_text(&path, text, &problems))?;
                    let party = read.party.clone();
                    if rules.insert(party.clone(), read).is_some() {
                        return Err(wrong(path, format!("the rules of {party} a second time")));
                    }
                }
                Supposition::National(rules)
            }
        })
    }
}

fn wrong(field: impl Into<String>, message: String) -> LineError {
    LineError::Field { field: field.into(), message }
}

fn in_text(path: &str, text: &str, problems: &[Problem]) -> LineError {
    let message = problems.first().map(|problem| {
        let (line, column) = problem.line_and_column(text);
        format!("line {line}, column {column}: {problem}")
    });
    wrong(path, message.unwrap_or_else(|| "cannot be read".to_owned()))
}

/// What to do about a supposition that has nothing to be about.
pub fn help(unfounded: &Unfounded, agreements: &Agreements) -> String {
    match unfounded {
        Unfounded::NoAgreement(id) => suggestion(id.as_str(), agreements.keys().map(AgreementId::as_str)),
        Unfounded::NoParty(id, party) => {
            let parties = agreements.get(id).map(|agreement| &agreement.parties);
            suggestion(party.as_str(), parties.into_iter().flatten().map(Party::as_str))
        }
        Unfounded::Exists(id) => format!("to put it in the place of the present one, add `--remove {id}`"),
    }
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/what-if.md")]
pub struct WhatIf {
    pub pairs: Vec<PairLine>,
    pub records: u64,
    pub classes: usize,
}

/// What changes from one holder to one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/what-if.md")]
pub struct PairLine {
    pub from: String,
    pub to: String,
    pub before: u64,
    pub after: u64,
    pub newly_permitted: u64,
    pub newly_denied: u64,
    pub witnesses: Vec<WitnessLine>,
}

/// A record whose verdict changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/what-if.md")]
pub struct WitnessLine {
    pub record: String,
    pub was: String,
    pub now: String,
    pub because: Vec<BlockLine>,
    /// How many records it stands for; absent where an earlier witness stands for the same, and where nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alike: Option<u64>,
}

impl WhatIf {
    /// The changes over so many records in so many classes, in that language.
    pub fn new(changes: &[Change], records: u64, classes: usize, language: Language) -> Self {
        Self { pairs: changes.iter().map(|change| PairLine::of(change, language)).collect(), records, classes }
    }

    /// Without the numbers of records that witnesses stand for: the documented answer.
    #[must_use]
    pub fn bare(mut self) -> Self {
        let witnesses = self.pairs.iter_mut().flat_map(|pair| &mut pair.witnesses);
        witnesses.for_each(|witness| witness.alike = None);
        self
    }
}

impl PairLine {
    fn of(change: &Change, language: Language) -> Self {
        let mut stood_for: BTreeSet<ClassId> = BTreeSet::new();
        let mut is_first = |witness: &Witness| witness.class.is_none_or(|class| stood_for.insert(class));
        let witnesses = change.witnesses.iter().map(|witness| WitnessLine {
            record: witness.was.record.to_string(),
            was: witness.was.verdict().as_str().to_owned(),
            now: witness.now.verdict().as_str().to_owned(),
            because: witness.because().iter().map(|block| BlockLine::of(witness.denial(), block, language)).collect(),
            alike: is_first(witness).then_some(witness.alike),
        });
        Self {
            from: change.from.to_string(),
            to: change.to.to_string(),
            before: change.before,
            after: change.after,
            newly_permitted: change.newly_permitted,
            newly_denied: change.newly_denied,
            witnesses: witnesses.collect(),
        }
    }
}
