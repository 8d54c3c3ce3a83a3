//! What must be withheld with what is withheld: whatever points at an object that somebody may not know.
//!
//! Not a decision about any object by itself: that came before. The result is the largest set in which no object names
//! one that is held here and not shown. A reference to what is not held at all stays: it says nothing of what is here.
//! The key function is [`shown`].

use std::{collections::HashMap, hash::Hash};

use super::index::Entry;

/// An object, or one of its versions, as far as references go.
///
/// `I` is an identifier, or whatever stands for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node<I> {
    /// The identifier; versions of one object have the same.
    pub id: I,
    /// The identifiers that it points at, of whoever made it too. Markings are not among them: they are known to everyone.
    pub targets: Vec<I>,
}

impl<'a> Node<&'a str> {
    /// The node of an entry.
    pub fn of(entry: &'a Entry<'_>) -> Self {
        let targets = entry.references.iter().map(|reference| reference.target.as_ref());
        Self { id: &entry.id, targets: targets.chain(entry.created_by.as_deref()).collect() }
    }
}

/// Which nodes may be shown, when `visible` says which of them may be by themselves.
///
/// An object is known as soon as one of its versions is shown. Costs no more than the number of nodes and references.
pub fn shown<I: Copy + Eq + Hash>(nodes: &[Node<I>], visible: &[bool]) -> Vec<bool> {
    let mut shown: Vec<bool> = (0..nodes.len()).map(|at| visible.get(at).copied().unwrap_or_default()).collect();
    // How many versions of each object that is held here are shown, and which nodes point at it.
    let mut versions: HashMap<I, usize> = HashMap::new();
    for (node, is_shown) in nodes.iter().zip(&shown) {
        *versions.entry(node.id).or_default() += usize::from(*is_shown);
    }
    let mut pointing: HashMap<I, Vec<usize>> = HashMap::new();
    for (at, node) in nodes.iter().enumerate() {
        for target in node.targets.iter().filter(|target| versions.contains_key(*target)) {
            pointing.entry(*target).or_default().push(at);
        }
    }
    let mut hidden: Vec<I> = versions.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
    while let Some(id) = hidden.pop() {
        for at in pointing.remove(&id).unwrap_or_default() {
            let (Some(is_shown), Some(node)) = (shown.get_mut(at), nodes.get(at)) else { continue };
            if !std::mem::replace(is_shown, false) {
                continue;
            }
            if let Some(count) = versions.get_mut(&node.id) {
                *count -= 1;
                if *count == 0 {
                    hidden.push(node.id);
                }
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection, prelude::*};

    fn node<'a>(id: &'a str, targets: &[&'a str]) -> Node<&'a str> {
        Node { id, targets: targets.to_vec() }
    }

    #[test]
    fn what_points_at_the_withheld_goes_with_it() {
        let nodes = [
            node("actor", &[]),
            node("malware", &[]),
            node("actor-uses-malware", &["actor", "malware"]),
            node("report", &["actor-uses-malware", "elsewhere"]),
            node("note", &["malware", "elsewhere"]),
        ];
        assert_eq!(shown(&nodes, &[true; 5]), [true; 5]);
        assert_eq!(shown(&nodes, &[false, true, true, true, true]), [false, true, false, false, true]);
        // One version of the actor is shown, so that the actor is known.
        let nodes = [node("actor", &[]), node("actor", &["secret"]), node("secret", &[]), node("r", &["actor"])];
        assert_eq!(shown(&nodes, &[true, true, false, true]), [true, false, false, true]);
        assert_eq!(shown(&nodes, &[false, true, false, true]), [false; 4]);
        // A circle does not hide itself.
        let circle = [node("a", &["b"]), node("b", &["a", "b"])];
        assert_eq!(shown(&circle, &[true, true]), [true, true]);
    }

    #[test]
    fn a_million_references_cost_their_number() {
        let nodes: Vec<_> = (0..1_000_000).map(|at| node(if at == 0 { "secret" } else { "r" }, &["secret"])).collect();
        let mut visible = vec![true; nodes.len()];
        visible[0] = false;
        assert!(shown(&nodes, &visible).iter().all(|is_shown| !is_shown));
    }

    const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    proptest! {
        #[test]
        fn the_result_is_closed_and_as_large_as_it_can_be(
            shape in collection::vec((0..4_usize, collection::vec(0..6_usize, 0..4), any::<bool>()), 0..10),
            without in 0..10_usize,
        ) {
            let nodes: Vec<_> = shape
                .iter()
                .map(|(id, targets, _)| Node { id: IDS[*id], targets: targets.iter().map(|at| IDS[*at]).collect() })
                .collect();
            let visible: Vec<bool> = shape.iter().map(|(_, _, is_visible)| *is_visible).collect();
            let result = shown(&nodes, &visible);
            // The same, by taking away until nothing changes.
            let mut slow = visible.clone();
            loop {
                let known = |id: &str, slow: &[bool]| nodes.iter().zip(slow).any(|(node, shown)| node.id == id && *shown);
                let held = |id: &str| nodes.iter().any(|node| node.id == id);
                let next: Vec<bool> = nodes
                    .iter()
                    .zip(&slow)
                    .map(|(node, shown)| *shown && node.targets.iter().all(|id| !held(id) || known(id, &slow)))
                    .collect();
                if next == slow {
                    break;
                }
                slow = next;
            }
            prop_assert_eq!(&result, &slow);
            // Who may see less is shown less.
            let mut less = visible;
            if let Some(first) = less.get_mut(without) {
                *first = false;
            }
            for (fewer, more) in shown(&nodes, &less).iter().zip(&result) {
                prop_assert!(!fewer || *more);
            }
        }
    }
}
