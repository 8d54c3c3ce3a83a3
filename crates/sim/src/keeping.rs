//! People change the keys of their party: a new one is announced, taken into use when every partner knows it, and sometimes
//! the one before it is revoked. In a run in which nodes are restored from back-ups keys stay as they are: a partner that has
//! forgotten a party file has to be given it again by hand, and nobody there does.

use entente_formats::party::KeyKind;
use entente_node::Event;

use crate::{
    dice::Dice,
    invariants::Violation,
    simulation::{Happening, Simulation},
    site::Asker,
};

/// Those whose keys change in a run. Of the TLS certificates a run knows nothing.
const KINDS: [KeyKind; 6] =
    [KeyKind::Signing, KeyKind::Sealing, KeyKind::Log, KeyKind::LogMlDsa, KeyKind::Receipt, KeyKind::Witness];

impl Simulation {
    /// A key of the party is announced, or comes into use.
    pub(crate) fn change_keys(&mut self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        // Who lies signs with what it likes; its partners' trust in its keys is not what is tried here.
        let may_change = self.truth.restored.is_empty() && !self.plan.restores() && !self.plan.liars.contains(&site);
        let runs = self.sites.get(site)?.node.is_some();
        if !may_change || !runs {
            return None;
        }
        let (kind, now) = (*dice.pick(&KINDS)?, self.clock(site));
        let announced = self.sites.get(site)?.keys.announced(kind);
        let what = match announced {
            None => {
                self.sites.get_mut(site)?.keys.roll(kind, now, dice).ok()?;
                format!("announces a new {kind} key")
            }
            Some(key) => {
                if !self.everybody_knows(site, kind, &key) {
                    return None;
                }
                // A signing key that is revoked makes partners refuse what is under way: by design, so not here, where
                // everything has to arrive.
                let is_revoked = !matches!(kind, KeyKind::Signing | KeyKind::Sealing) && dice.percent(40);
                self.sites.get_mut(site)?.keys.replace(kind, now, is_revoked).ok()?;
                format!(
                    "takes its new {kind} key into use; the old one is {}",
                    if is_revoked { "revoked" } else { "retired" }
                )
            }
        };
        let here = self.sites.get_mut(site)?;
        here.serial += 1;
        let note = here.keys.party_file(here.serial).ok()?;
        // As the server does it: partners are told with the keys from before, then the new ones are in use.
        self.queue(site, Event::AddParty { note }, Asker::Person(what));
        Some((Event::KeysChanged, "signs anew what it shows".to_owned()))
    }

    /// Whether every other node has a party file in which that key is announced.
    fn everybody_knows(&self, site: usize, kind: KeyKind, key: &[u8]) -> bool {
        let Some(us) = self.truth.parties.get(site) else { return false };
        let others = self.sites.iter().enumerate().filter(|(number, _)| *number != site);
        others.into_iter().all(|(_, other)| {
            let known = other.node.as_ref().and_then(|node| node.partners().find(|partner| partner.party == *us));
            known.and_then(|known| known.file.next(kind)).is_some_and(|next| next.key == key)
        })
    }

    /// The same process, once its last turn could not be kept. One that could not keep the party file with which it started does
    /// not go on.
    pub(crate) fn goes_on(&mut self, number: usize) -> Result<(), Violation> {
        self.begins_again(number)?;
        let Some(site) = self.sites.get_mut(number) else { return Ok(()) };
        let known = site.node.as_ref().and_then(|node| node.partners().find(|known| known.party == site.keys.party));
        let known = known.map_or(0, |known| known.file.serial);
        if site.takes_up.is_some_and(|serial| known < serial) {
            return self.crashes(number, "because it cannot keep its party file");
        }
        site.takes_up = None;
        self.looks_for_contents(number);
        Ok(())
    }

    /// A change of keys of which the store knows nothing yet, because it could not be kept, or its process was gone: a new
    /// process finds the party file beside its keys.
    pub(crate) fn takes_up_its_file(&mut self, number: usize) {
        let Some(site) = self.sites.get_mut(number) else { return };
        site.takes_up = None;
        let own = site.keys.party_file(site.serial.max(1)).unwrap_or_default();
        let known = site.node.as_ref().and_then(|node| node.partners().find(|known| known.party == site.keys.party));
        if !site.keys.have_changed() || known.is_none_or(|known| known.note == own) {
            return;
        }
        site.takes_up = Some(site.serial);
        site.waiting.push_first(Event::KeysChanged, Asker::Nobody);
        site.waiting.push_first(Event::AddParty { note: own }, Asker::Nobody);
        if !std::mem::replace(&mut site.is_due, true) {
            let incarnation = site.incarnation;
            self.later(1, Happening::Turn { site: number, incarnation });
        }
    }
}
