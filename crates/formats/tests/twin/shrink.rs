//! A world that shows a difference, made small enough to read.
//!
//! Random worlds are drawn in dependent steps, which generic shrinking takes badly. Here whatever may be left out is left out:
//! an agreement, a block of a file, an element of a list of the request.

use serde_json::Value;

use super::worlds::World;

/// The smallest world on the way down that is still `bad`.
pub fn shrink(mut world: World, bad: impl Fn(&World) -> bool) -> World {
    while let Some(smaller) = smaller(&world).into_iter().find(&bad) {
        world = smaller;
    }
    world
}

/// The worlds that lack one thing of this one.
fn smaller(world: &World) -> Vec<World> {
    let mut worlds = Vec::new();
    worlds.extend(smaller_texts(&world.agreements).map(|agreements| World { agreements, ..world.clone() }));
    worlds.extend(smaller_texts(&world.national).map(|national| World { national, ..world.clone() }));
    for request in without_an_element(&world.request) {
        worlds.push(World { request, ..world.clone() });
    }
    worlds
}

/// Files without one of them, or with one that lacks a block.
fn smaller_texts(texts: &[String]) -> impl Iterator<Item = Vec<String>> {
    let replaced = |at: usize, by: Option<String>| [&texts[..at], by.as_slice(), &texts[at + 1..]].concat();
    let without = (0..texts.len()).map(move |at| replaced(at, None));
    let shorter = (0..texts.len()).flat_map(move |at| {
        let lines: Vec<_> = texts[at].split_inclusive('\n').collect();
        let starts: Vec<_> = (0..lines.len()).filter(|line| lines[*line].starts_with('[')).collect();
        let ends = starts.iter().skip(1).copied().chain([lines.len()]).collect::<Vec<_>>();
        let blocks = starts.into_iter().zip(ends);
        blocks.map(move |(start, end)| replaced(at, Some([&lines[..start], &lines[end..]].concat().concat())))
    });
    without.chain(shorter)
}

/// Every value that lacks one element of one of its lists.
fn without_an_element(value: &Value) -> Vec<Value> {
    let mut values = Vec::new();
    match value {
        Value::Array(items) => {
            for at in 0..items.len() {
                let mut rest = items.clone();
                rest.remove(at);
                values.push(Value::Array(rest));
                for smaller in without_an_element(&items[at]) {
                    let mut items = items.clone();
                    items[at] = smaller;
                    values.push(Value::Array(items));
                }
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                for smaller in without_an_element(field) {
                    let mut fields = fields.clone();
                    fields.insert(key.clone(), smaller);
                    values.push(Value::Object(fields));
                }
            }
        }
        _ => {}
    }
    values
}
