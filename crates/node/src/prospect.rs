//! How one party stands to what is held here: what it has, what it could have, what it may not. And the words that texts and
//! rules turn on, for forms that offer them. Nothing is done, kept or told by asking, and nothing here lets a record leave.
//!
//! The key type is [`Standing`].

use std::collections::BTreeSet;

use entente_core::{
    Party, Purpose,
    decide::Decision,
    desk::vocabulary::{Vocabulary, Words},
    view::Viewer,
    world::World,
};

use crate::{event::Listed, judge::Ask, page::Sought, preview::How, state::Node};

/// How one party stands to a record that is held here.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The record.
    pub listed: Listed,
    /// Whether that party made it, provided it, or was given it from here, or will be: what waits is on its way.
    pub has: bool,
    /// What would be decided for it now.
    pub decision: Decision,
}

impl Node {
    /// The other parties that somebody may ask about.
    pub fn known_others(&self) -> BTreeSet<Party> {
        let world = World { agreements: &self.agreements, national: &self.national, consents: &[], approvals: &[] };
        let mut parties: BTreeSet<Party> = world.parties().chain(self.partners.keys()).cloned().collect();
        parties.remove(&self.identity.party);
        parties
    }

    /// How one party stands to the newest `limit` records that `viewer` may see: whether it was given them from here, and what
    /// would be decided now.
    pub fn as_partner(&self, partner: &Party, viewer: &Viewer, how: &How, limit: usize) -> Vec<Standing> {
        let (listed, _) = self.page(viewer, &Sought::default(), None, limit);
        let standing = |listed: Listed| {
            let key = (listed.record.originator.clone(), listed.record.id.clone());
            let How { action, purpose, channel, at } = how;
            let ask = Ask { to: partner, action: *action, purpose, channel, at: *at, under: None };
            let decision = self.decision_for(&self.decision_on(&listed.record, ask), &listed.record, viewer);
            let is_its_own = listed.record.originator == *partner;
            let provided = listed.record.custody.iter().any(|hop| hop.from == *partner);
            let has = is_its_own || provided || self.goes_to(&key, partner);
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
}
