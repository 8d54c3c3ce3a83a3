//! Who is named for a TLP:RED record: it is for the persons to whom it is given, and nobody else. Whoever enters one is named;
//! for what arrives, somebody who is cleared and needs to know names those persons, on the record.
//!
//! Key type: [`StoredNames`].

use entente_core::{Label, Party, label::Tlp, time::Timestamp, view::Viewer};
use serde::{Deserialize, Serialize};

use crate::{
    event::{Answer, RecordRef, Refusal},
    held::{Held, Key},
    op::Op,
    state::Node,
    statement::Concerns,
};

/// How many persons may be named for one record.
const MANY: usize = 64;
/// The longest name.
const LONGEST: usize = 64;

/// The persons named for a record: the last word counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredNames {
    /// The record's originator.
    pub originator: String,
    /// The record.
    pub record: String,
    /// The accounts.
    pub persons: Vec<String>,
    /// Who named them.
    pub by: String,
    /// When, in seconds since the epoch.
    pub at: i64,
}

impl Node {
    /// The persons named for a record.
    pub(crate) fn named(&self, key: &Key) -> &[String] {
        self.named.get(key).map_or(&[], |names| &names.persons)
    }

    /// Whether the viewer could see it, were it named: who could may name.
    fn could_name(&self, held: &Held, viewer: &Viewer) -> bool {
        let one = std::slice::from_ref(&viewer.name);
        self.view_of(&held.record(), false, one, viewer).is_some()
    }

    /// TLP:RED records for which nobody is named and for which the viewer may name persons. Nothing but their names: what
    /// they say is for those persons.
    pub fn unnamed(&self, viewer: &Viewer) -> Vec<(Party, String)> {
        let red = self.records.values().filter(|held| held.alike().label == Label::Tlp(Tlp::Red));
        let unnamed = red.filter(|held| self.named(&held.key()).is_empty() && self.could_name(held, viewer));
        unnamed.map(|held| held.key()).map(|(originator, id)| (originator, id.to_string())).collect()
    }

    pub(crate) fn name_persons(
        &mut self,
        by: &Viewer,
        name: &RecordRef,
        persons: Vec<String>,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let held = self.find_where(name, &|held| self.could_name(held, by))?;
        if held.alike().label != Label::Tlp(Tlp::Red) {
            return Err(Refusal::Request(format!("`{}` is not TLP:RED: nobody has to be named for it", name.id)));
        }
        if persons.len() > MANY || persons.iter().any(|person| person.is_empty() || person.len() > LONGEST) {
            return Err(Refusal::Request(format!("at most {MANY} accounts of at most {LONGEST} bytes")));
        }
        let key = held.key();
        self.keep_names(&key, persons, &by.name, now)?;
        Ok(Answer::Done)
    }

    /// Keeps who is named.
    pub(crate) fn keep_names(
        &mut self,
        (originator, record): &Key,
        persons: Vec<String>,
        by: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let key = (originator.clone(), record.clone());
        let names = StoredNames {
            originator: originator.to_string(),
            record: record.to_string(),
            persons,
            by: by.to_owned(),
            at: now.as_second(),
        };
        let words = serde_json::json!(names);
        self.keep(Op::Named(names))?;
        self.state_of(now, "named", Concerns::record(&key), words)
    }
}
