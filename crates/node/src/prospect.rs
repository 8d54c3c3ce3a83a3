//! What would be decided about a record, for each party, as things stand: why it may go, why not, and what would change it.
//! Nothing is done, kept or told by asking, and nothing here lets a record leave.
//!
//! The key type is [`Prospect`].

use std::collections::BTreeSet;

use entente_core::{
    Channel, Party, Purpose, Record,
    agreement::clause::Action,
    decide::Decision,
    desk::vocabulary::{Vocabulary, Words},
    time::Timestamp,
    view::Viewer,
    world::World,
};

use crate::{
    event::{Draft, Listed, RecordRef, Refusal},
    judge::{Ask, Judged},
    page::Sought,
    state::Node,
};

/// What would be decided for one party.
#[derive(Clone, Debug)]
pub struct Prospect {
    /// The party that it would go to.
    pub to: Party,
    /// The decision.
    pub decision: Decision,
    /// The record's label, in its canonical text.
    pub label: String,
}

/// How one party stands to a record that is held here.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The record.
    pub listed: Listed,
    /// Whether that party made it, provided it, or was given it from here.
    pub has: bool,
    /// What would be decided for it now.
    pub decision: Decision,
}

/// How it would go.
#[derive(Clone, Debug)]
pub struct Way {
    /// What for.
    pub purpose: Purpose,
    /// By which channel.
    pub channel: Channel,
    /// When.
    pub at: Timestamp,
}

impl Node {
    /// What would be decided about a held record, for each other party that the agreements or the party files know.
    ///
    /// # Errors
    /// When it is not here, or not for this viewer: the same answer.
    pub fn prospects(&self, name: &RecordRef, viewer: &Viewer, way: &Way) -> Result<Vec<Prospect>, Refusal> {
        let held = self.find_for(name, viewer)?;
        Ok(self.for_each_party(&held.record, way))
    }

    /// The same of a draft, before it becomes a record: who will see it.
    ///
    /// # Errors
    /// What is wrong with the draft.
    pub fn prospects_of_draft(&self, draft: &Draft, viewer: &Viewer, way: &Way) -> Result<Vec<Prospect>, Refusal> {
        let id = draft.id.clone().unwrap_or_else(|| "draft".into());
        let record = self.drafted(draft, id, viewer)?;
        Ok(self.for_each_party(&record, way))
    }

    /// The other parties that somebody may ask about.
    pub fn others(&self) -> BTreeSet<Party> {
        let world = World { agreements: &self.agreements, national: &self.national, consents: &[], approvals: &[] };
        let mut parties: BTreeSet<Party> = world.parties().chain(self.partners.keys()).cloned().collect();
        parties.remove(&self.identity.party);
        parties
    }

    /// How one party stands to the newest `limit` records that `viewer` may see: whether it was given them from here, and what
    /// would be decided now.
    pub fn as_partner(&self, partner: &Party, viewer: &Viewer, way: &Way, limit: usize) -> Vec<Standing> {
        let (listed, _) = self.page(viewer, &Sought::default(), None, limit);
        let standing = |listed: Listed| {
            let key = (listed.record.originator.clone(), listed.record.id.clone());
            let Way { purpose, channel, at } = way;
            let ask = Ask { to: partner, action: Action::Release, purpose, channel, at: *at, under: None };
            let Judged { decision, .. } = self.judge(&listed.record, ask);
            let is_its_own = listed.record.originator == *partner;
            let provided = listed.record.custody.iter().any(|hop| hop.from == *partner);
            let has = is_its_own || provided || self.given.contains(&(key, partner.clone()));
            Standing { listed, has, decision }
        };
        listed.into_iter().map(standing).collect()
    }

    /// The words that texts and this party's own rules turn on.
    pub fn vocabulary(&self) -> Vocabulary {
        Vocabulary::of(self.agreements.values(), &self.national)
    }

    /// The purposes that texts, and the custody of what is held and may be seen, speak of.
    pub fn purposes(&self, viewer: &Viewer) -> BTreeSet<Purpose> {
        let mut purposes = BTreeSet::new();
        for words in self.vocabulary().purposes() {
            if let Words::Of(words) = words {
                purposes.extend(words.iter().cloned());
            }
        }
        for (_, sample, _) in self.holdings.of(&self.identity.party) {
            if self.sees_record(sample, viewer).is_some() {
                purposes.extend(sample.custody.iter().map(|hop| hop.purpose.clone()));
            }
        }
        purposes
    }

    fn for_each_party(&self, record: &Record, way: &Way) -> Vec<Prospect> {
        let prospect = |to: Party| {
            let Way { purpose, channel, at } = way;
            let ask = Ask { to: &to, action: Action::Release, purpose, channel, at: *at, under: None };
            let Judged { decision, label, .. } = self.judge(record, ask);
            Prospect { to, decision, label }
        };
        self.others().into_iter().map(prospect).collect()
    }
}
