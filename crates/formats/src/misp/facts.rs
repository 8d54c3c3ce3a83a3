//! What an attribute says of an observable: as the comparisons of a pattern, and as the observable itself.

use serde_json::{Map, Value, json};

use super::table::Place;

/// One property of an observable and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fact {
    pub(super) place: Place,
    /// As MISP has it.
    pub(super) value: String,
}

impl Fact {
    /// `None` when the value is none that can stand there.
    pub(super) fn new(place: Place, value: &str) -> Option<Self> {
        let fits = match place {
            Place::Whole(_) => value.parse::<u64>().is_ok_and(|number| i64::try_from(number).is_ok()),
            Place::System(_) => number_of_system(value).is_some(),
            _ => !value.is_empty(),
        };
        fits.then(|| Self { place, value: value.to_owned() })
    }
}

/// The facts of a value with these parts.
pub(super) fn facts(parts: &[Place], value: &str) -> Option<Vec<Fact>> {
    let values: Vec<&str> = if parts.len() == 1 { vec![value] } else { value.splitn(parts.len(), '|').collect() };
    if values.len() != parts.len() {
        return None;
    }
    parts.iter().zip(values).map(|(place, value)| Fact::new(*place, value)).collect()
}

fn number_of_system(value: &str) -> Option<u64> {
    let digits = value.get(..2).filter(|start| start.eq_ignore_ascii_case("as")).and(value.get(2..)).unwrap_or(value);
    digits.parse().ok().filter(|number| u32::try_from(*number).is_ok())
}

/// The type of an address.
fn address_kind(value: &str) -> &'static str {
    if value.contains(':') { "ipv6-addr" } else { "ipv4-addr" }
}

/// A text as a literal of a pattern.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// The pattern that all of these hold of one observable of that type.
pub(super) fn pattern(kind: &str, facts: &[Fact]) -> String {
    let comparisons: Vec<String> = facts.iter().map(|fact| comparison(kind, fact)).collect();
    format!("[{}]", comparisons.join(" AND "))
}

fn comparison(kind: &str, fact: &Fact) -> String {
    let value = literal(&fact.value);
    match fact.place {
        Place::Own(property) => format!("{kind}:{property} = {value}"),
        Place::Whole(property) => format!("{kind}:{property} = {}", fact.value),
        Place::System(property) => {
            format!("{kind}:{property} = {}", number_of_system(&fact.value).unwrap_or_default())
        }
        Place::Hash(name) if name.contains('-') => format!("{kind}:hashes.'{name}' = {value}"),
        Place::Hash(name) => format!("{kind}:hashes.{name} = {value}"),
        Place::Ref(property, _, of) => format!("{kind}:{property}.{of} = {value}"),
        Place::Refs(property, _, of) => format!("{kind}:{property}[*].{of} = {value}"),
        Place::Address(property) => {
            let address = address_kind(&fact.value);
            format!("{kind}:{property}.type = '{address}' AND {kind}:{property}.value = {value}")
        }
        Place::Addresses(property) => format!("{kind}:{property}[*].value = {value}"),
        Place::Inside(list, property) => format!("{kind}:{list}[*].{property} = {value}"),
        Place::Itself => format!("{kind}:value = {value}"),
    }
}

/// The observable of that type of which all of these hold, and those that it points at; it is the first. Their ids are made of
/// `uuid`.
pub(super) fn observables(kind: &str, facts: &[Fact], uuid: &str) -> Vec<Map<String, Value>> {
    let object = |kind: &str, uuid: &str| {
        let mut object = Map::new();
        object.insert("type".to_owned(), kind.into());
        object.insert("spec_version".to_owned(), "2.1".into());
        object.insert("id".to_owned(), format!("{kind}--{uuid}").into());
        object
    };
    let mut main = object(kind, uuid);
    match kind {
        "network-traffic" => drop(main.insert("protocols".to_owned(), json!(["tcp"]))),
        "email-message" => drop(main.insert("is_multipart".to_owned(), false.into())),
        _ => {}
    }
    let mut others: Vec<Map<String, Value>> = Vec::new();
    let mut refer = |kind: &str, of: &str, value: &str| -> Value {
        // The first has the attribute's own UUID; more of one type need others.
        let is_first = others.iter().all(|other| other.get("type").and_then(Value::as_str) != Some(kind));
        let own = if is_first { uuid.to_owned() } else { super::uuid_of(&[uuid, kind, value]) };
        let mut other = object(kind, &own);
        other.insert(of.to_owned(), value.into());
        let id = other.get("id").cloned().unwrap_or_default();
        if !others.contains(&other) {
            others.push(other);
        }
        id
    };
    for Fact { place, value } in facts {
        match *place {
            Place::Own(property) => drop(main.insert(property.to_owned(), value.as_str().into())),
            Place::Itself => drop(main.insert("value".to_owned(), value.as_str().into())),
            Place::Whole(property) => {
                main.insert(property.to_owned(), value.parse::<u64>().unwrap_or_default().into());
            }
            Place::System(property) => {
                main.insert(property.to_owned(), number_of_system(value).unwrap_or_default().into());
            }
            Place::Hash(name) => inner(&mut main, "hashes", name, value),
            Place::Ref(property, kind, of) => {
                let id = refer(kind, of, value);
                main.insert(property.to_owned(), id);
            }
            Place::Refs(property, kind, of) => {
                let id = refer(kind, of, value);
                push(&mut main, property, id);
            }
            Place::Address(property) => {
                let id = refer(address_kind(value), "value", value);
                main.insert(property.to_owned(), id);
            }
            Place::Addresses(property) => {
                let id = refer(address_kind(value), "value", value);
                push(&mut main, property, id);
            }
            Place::Inside(list, property) => {
                let items = main.entry(list).or_insert_with(|| json!([{}]));
                if let Some(item) = items.get_mut(0).and_then(Value::as_object_mut) {
                    item.insert(property.to_owned(), value.as_str().into());
                }
            }
        }
    }
    std::iter::once(main).chain(others).collect()
}

fn inner(object: &mut Map<String, Value>, key: &str, name: &str, value: &str) {
    let inside = object.entry(key).or_insert_with(|| json!({}));
    if let Some(inside) = inside.as_object_mut() {
        inside.insert(name.to_owned(), value.into());
    }
}

fn push(object: &mut Map<String, Value>, key: &str, item: Value) {
    let list = object.entry(key).or_insert_with(|| json!([]));
    if let Some(list) = list.as_array_mut()
        && !list.contains(&item)
    {
        list.push(item);
    }
}

/// What an observable says, the other way round: for each place that it fills, the value. `find` gives another observable by its
/// id. `None` when it has a property that none of the places fills.
pub(super) fn read<'o>(
    object: &Map<String, Value>,
    places: &[Place],
    find: impl Fn(&str) -> Option<&'o Map<String, Value>>,
) -> Option<Vec<Fact>> {
    const ALWAYS: [&str; 9] = [
        "type",
        "id",
        "spec_version",
        "protocols",
        "is_multipart",
        "object_marking_refs",
        "granular_markings",
        "defanged",
        "extensions",
    ];
    let mut facts = Vec::new();
    let mut used: Vec<&str> = ALWAYS.to_vec();
    let target = |id: &Value, of: &str| find(id.as_str()?)?.get(of)?.as_str().map(str::to_owned);
    for place in places {
        let mut add = |value: String| facts.push(Fact { place: *place, value });
        match *place {
            Place::Own(property) => {
                add(object.get(property)?.as_str()?.to_owned());
                used.push(property);
            }
            Place::Itself => {
                add(object.get("value")?.as_str()?.to_owned());
                used.push("value");
            }
            Place::Whole(property) | Place::System(property) => {
                add(object.get(property)?.as_u64()?.to_string());
                used.push(property);
            }
            Place::Hash(name) => {
                let hashes = object.get("hashes")?.as_object()?;
                let wanted = places.iter().filter(|place| matches!(place, Place::Hash(_))).count();
                if hashes.len() != wanted {
                    return None;
                }
                add(hashes.get(name)?.as_str()?.to_owned());
                used.push("hashes");
            }
            Place::Ref(property, _, of) => {
                add(target(object.get(property)?, of)?);
                used.push(property);
            }
            Place::Address(property) => {
                let id = object.get(property)?;
                if !id.as_str()?.starts_with("ipv") {
                    return None;
                }
                add(target(id, "value")?);
                used.push(property);
            }
            Place::Refs(property, _, of) => {
                object.get(property)?.as_array()?.iter().try_for_each(|id| target(id, of).map(&mut add))?;
                used.push(property);
            }
            Place::Addresses(property) => {
                object.get(property)?.as_array()?.iter().try_for_each(|id| target(id, "value").map(&mut add))?;
                used.push(property);
            }
            Place::Inside(list, property) => {
                let [item] = object.get(list)?.as_array()?.as_slice() else { return None };
                add(item.get(property)?.as_str()?.to_owned());
                used.push(list);
            }
        }
    }
    object.keys().all(|key| used.contains(&key.as_str())).then_some(facts)
}
