//! Which message takes the place of which: the references of one source as a graph, without its circles.

use std::collections::{BTreeMap, BTreeSet};

use super::MessageName;

/// The references of one source that count: later message, earlier message. The earlier one need not be here.
#[derive(Default)]
pub(super) struct Links<'a> {
    /// For each message those that it refers to.
    pub(super) down: BTreeMap<&'a MessageName, BTreeSet<&'a MessageName>>,
    /// For each message those that refer to it.
    pub(super) up: BTreeMap<&'a MessageName, BTreeSet<&'a MessageName>>,
    /// References that do not count, because they lead in a circle.
    pub(super) void: BTreeSet<(&'a MessageName, &'a MessageName)>,
}

impl<'a> Links<'a> {
    /// Sorts out the circles. Honest messages have none: whoever writes a name has seen the message. References between
    /// two messages of circles count for nothing, so that a circle takes no message away; a message outside one counts
    /// as ever.
    pub(super) fn of(pairs: &BTreeSet<(&'a MessageName, &'a MessageName)>) -> Self {
        let circular = circular(pairs);
        let mut links = Self::default();
        for (later, earlier) in pairs {
            if circular.contains(later) && circular.contains(earlier) {
                links.void.insert((later, earlier));
            } else {
                links.down.entry(later).or_default().insert(earlier);
                links.up.entry(earlier).or_default().insert(later);
            }
        }
        links
    }

    /// The messages in groups that links hold together, circles too; each group in the order of its names.
    pub(super) fn groups(&self, names: impl Iterator<Item = &'a MessageName>) -> Vec<BTreeSet<&'a MessageName>> {
        let mut neighbours: BTreeMap<&MessageName, Vec<&'a MessageName>> = BTreeMap::new();
        let counted = self.down.iter().flat_map(|(later, all)| all.iter().map(move |earlier| (*later, *earlier)));
        for (one, other) in counted.chain(self.void.iter().copied()) {
            neighbours.entry(one).or_default().push(other);
            neighbours.entry(other).or_default().push(one);
        }
        let mut seen = BTreeSet::new();
        let mut groups = Vec::new();
        for name in names {
            let mut open = vec![name];
            let mut group = BTreeSet::new();
            while let Some(next) = open.pop() {
                if seen.insert(next) {
                    group.insert(next);
                    open.extend(neighbours.get(next).into_iter().flatten());
                }
            }
            if !group.is_empty() {
                groups.push(group);
            }
        }
        groups
    }

    /// A group with each message behind those that it takes the place of, and otherwise by time and name.
    pub(super) fn in_order(&self, group: &BTreeSet<&'a MessageName>) -> Vec<&'a MessageName> {
        let none = BTreeSet::new();
        let down = |name: &MessageName| self.down.get(name).unwrap_or(&none);
        let mut waits: BTreeMap<&MessageName, usize> = group.iter().map(|name| (*name, down(name).len())).collect();
        let mut ready: BTreeSet<&'a MessageName> = group.iter().copied().filter(|name| down(name).is_empty()).collect();
        let mut order = Vec::with_capacity(group.len());
        while let Some(name) = ready.pop_first() {
            order.push(name);
            for later in self.up.get(name).unwrap_or(&none) {
                if let Some(count) = waits.get_mut(later) {
                    *count -= 1;
                    if *count == 0 {
                        ready.insert(later);
                    }
                }
            }
        }
        order
    }
}

/// The names that lie on a circle, or between two circles: what is left when whoever refers to nothing left, or is
/// referred to by nothing left, is taken away again and again.
fn circular<'a>(pairs: &BTreeSet<(&'a MessageName, &'a MessageName)>) -> BTreeSet<&'a MessageName> {
    let peel = |pairs: &BTreeSet<(&'a MessageName, &'a MessageName)>| {
        let mut above: BTreeMap<&'a MessageName, Vec<&'a MessageName>> = BTreeMap::new();
        let mut count: BTreeMap<&'a MessageName, usize> = BTreeMap::new();
        for (later, earlier) in pairs {
            above.entry(earlier).or_default().push(later);
            *count.entry(later).or_default() += 1;
            count.entry(earlier).or_default();
        }
        let mut open: Vec<&'a MessageName> = count.iter().filter(|(_, n)| **n == 0).map(|(name, _)| *name).collect();
        while let Some(name) = open.pop() {
            count.remove(name);
            for later in above.get(name).into_iter().flatten() {
                if let Some(left) = count.get_mut(later) {
                    *left -= 1;
                    if *left == 0 {
                        open.push(later);
                    }
                }
            }
        }
        count.into_keys().collect::<BTreeSet<_>>()
    };
    let from_below = peel(pairs);
    let left = pairs.iter().filter(|(later, earlier)| from_below.contains(later) && from_below.contains(earlier));
    let turned: BTreeSet<_> = left.map(|(later, earlier)| (*earlier, *later)).collect();
    peel(&turned)
}
