//! What would be answered: for each party, whether a record, held or still being written, may be given to it. The same decision
//! as a release takes; nothing is kept, and nothing leaves.

use entente_core::{
    Channel, Party, Purpose, Record, agreement::clause::Action, decide::Decision, record::Status, time::Timestamp,
    view::Viewer,
};
use entente_formats::label;

use crate::{
    event::{RecordRef, Refusal},
    judge::Ask,
    state::Node,
};

/// What is asked about.
#[derive(Clone, Debug)]
pub enum Matter {
    /// A record that is held.
    Held(RecordRef),
    /// One that is still being written.
    Draft {
        /// Its label, as text.
        label: String,
        /// What it is about.
        subjects: Vec<String>,
        /// `actual`, `exercise` or `test`.
        status: Status,
        /// Its distribution list.
        distribution: Vec<Party>,
        /// The held records that it is made from.
        derived_from: Vec<RecordRef>,
    },
}

/// How it would be given.
#[derive(Clone, Debug)]
pub struct How {
    /// Release or display.
    pub action: Action,
    /// What for.
    pub purpose: Purpose,
    /// How.
    pub channel: Channel,
    /// When.
    pub at: Timestamp,
}

/// The id of a record that has none yet. No record can have it, so that no approval or consent of another one counts.
pub(crate) const NEW: &str = "(new record)";

impl Node {
    /// The decision for each of the parties, or for every partner when none is named, and the label in its canonical text.
    ///
    /// # Errors
    /// When the viewer may not see the record or a source, or the label does not parse.
    pub fn preview(
        &self,
        viewer: &Viewer,
        matter: &Matter,
        to: &[Party],
        how: &How,
    ) -> Result<(Vec<Decision>, String), Refusal> {
        let record = match matter {
            Matter::Held(name) => self.find_for(name, viewer)?.record(),
            Matter::Draft { label, subjects, status, distribution, derived_from } => {
                let source = |name| Ok(Record { versions: Vec::new(), ..self.find_for(name, viewer)?.record() });
                Record {
                    id: NEW.into(),
                    label: label::parse(label).map_err(|problem| {
                        let column = problem.line_and_column(label).1;
                        Refusal::Request(format!("label, character {column}: {problem}"))
                    })?,
                    originator: self.identity.party.clone(),
                    subjects: subjects.iter().map(|subject| subject.as_str().into()).collect(),
                    status: *status,
                    custody: Vec::new(),
                    distribution: distribution.clone(),
                    derived_from: derived_from.iter().map(source).collect::<Result<_, Refusal>>()?,
                    versions: Vec::new(),
                }
            }
        };
        let everyone: Vec<Party> =
            self.partners.keys().filter(|party| **party != self.identity.party).cloned().collect();
        let parties = if to.is_empty() { &everyone } else { to };
        let decide = |party: &Party| {
            let How { action, purpose, channel, at } = how;
            let ask = Ask { to: party, action: *action, purpose, channel, at: *at, under: None };
            self.decision_for(&self.judge(&record, ask).decision, &record, viewer)
        };
        Ok((parties.iter().map(decide).collect(), label::write(&self.in_use(&record).label)))
    }
}
