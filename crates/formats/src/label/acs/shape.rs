//! The parts of the extension that decide about no label: held to the schema, so that what is unknown or misspelled is
//! an error, and then forgotten.
//!
//! The key functions are the checks of single values and of whole parts.

use super::{
    super::{
        checked::excerpt,
        json::node::{Node, Object},
        moment,
    },
    ALL, POLICY,
};
use crate::problem::Problem;

/// The most items of a list.
pub(super) const MOST: usize = 300;

pub(super) const SHAREABILITY: [&str; 4] = ["NCC", "EM", "LE", "IC"];
pub(super) const ENTITY: [&str; 7] = ["MIL", "GOV", "CTR", "SVR", "SVC", "DEV", "NET"];
const ACTIONS: [&str; 12] = [
    "DSPLY",
    "IDSRC",
    "TENOT",
    "NETDEF",
    "LEGAL",
    "INTEL",
    "TEARLINE",
    "OPACTION",
    "REQUEST",
    "ANONYMOUSACCESS",
    "CISAUSES",
    ALL,
];
const EFFECTS: [&str; 2] = ["permit", "deny"];
/// Organisations that are not named by their place in a government.
const ORGANISATIONS: [&str; 7] = ["CDC", "CIKR", "DIB", "FIN", "ISAC", "NONFED", "PRIVATESECTOR"];

/// A moment.
pub(super) fn moment(node: &Node<'_>) -> Result<(), Problem> {
    let text = node.text()?;
    match moment::parse(&text) {
        Some(_) => Ok(()),
        None => Err(node.problem(format!("`{}` is no moment", excerpt(&text))).help(moment::HELP)),
    }
}

/// An organisation by its place: `USA.DHS.US-CERT`.
pub(super) fn is_custodian(text: &str) -> bool {
    let word =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let last = |part: &str| {
        part.len() >= 2 && part.split('-').all(|piece| piece.is_empty() || word(piece)) && !part.starts_with('-')
    };
    match text.split('.').collect::<Vec<_>>().as_slice() {
        [one, two] => word(one) && word(two),
        [one, two, three] => word(one) && word(two) && last(three),
        _ => false,
    }
}

pub(super) fn custodian(node: &Node<'_>) -> Result<(), Problem> {
    let text = node.text()?;
    if is_custodian(&text) {
        return Ok(());
    }
    Err(node.problem(format!("`{}` is no custodian", excerpt(&text))).help("such as `USA.DHS.US-CERT`"))
}

fn organisation(node: &Node<'_>) -> Result<(), Problem> {
    if ORGANISATIONS.contains(&node.text()?.as_str()) { Ok(()) } else { custodian(node) }
}

pub(super) fn organisations(list: &Node<'_>) -> Result<(), Problem> {
    list.items(MOST)?.iter().try_for_each(organisation)
}

pub(super) fn words(list: &Node<'_>, known: &[&'static str]) -> Result<(), Problem> {
    list.items(MOST)?.iter().try_for_each(|item| item.one_of(known).map(drop))
}

/// Everything of the extension but `control_set` and the policy.
pub(super) fn envelope(extension: &Object<'_>) -> Result<(), Problem> {
    extension.required("extension_type")?.one_of(&["property-extension"])?;
    if extension.required("identifier")?.text()?.trim().is_empty() {
        return Err(extension.required("identifier")?.problem("the identifier is empty"));
    }
    moment(extension.required("create_date_time")?)?;
    custodian(extension.required("responsible_entity_custodian")?)?;
    let each = |key: &str, check: &dyn Fn(&Node<'_>) -> Result<(), Problem>| extension.get(key).map_or(Ok(()), check);
    each("name", &|node| node.text().map(drop))?;
    each("responsible_entity_originator", &organisation)?;
    each("authority_reference", &|list| list.items(MOST)?.iter().try_for_each(authority))?;
    each("original_classification", &|node| {
        let keys = ["classified_by", "classified_on", "classification_reason", "compilation_reason"];
        texts_and_moments(&node.object(&keys)?, &["classified_by"])
    })?;
    each("derivative_classification", &|node| {
        texts_and_moments(
            &node.object(&["classified_by", "classified_on", "derived_from"])?,
            &["classified_by", "derived_from"],
        )
    })?;
    each("declassification", &declassification)?;
    each("resource_disposition", &|node| {
        let keys = ["disposition_date", "disposition_process"];
        texts_and_moments(&node.object(&keys)?, &keys)
    })?;
    each("public_release", &|node| {
        texts_and_moments(&node.object(&["released_by", "released_on"])?, &["released_by"])
    })?;
    each("access_privilege", &|list| list.items(MOST)?.iter().try_for_each(privilege))?;
    each("further_sharing", &|list| list.items(MOST)?.iter().try_for_each(sharing))
}

/// An object of texts, in which keys that end in `_on` or `_date` are moments.
fn texts_and_moments(object: &Object<'_>, required: &[&str]) -> Result<(), Problem> {
    required.iter().try_for_each(|key| object.required(key).map(drop))?;
    for key in object.keys() {
        let node = object.required(key)?;
        if key.ends_with("_on") || key.ends_with("_date") { moment(node)? } else { node.text().map(drop)? }
    }
    Ok(())
}

fn declassification(node: &Node<'_>) -> Result<(), Problem> {
    let object = node.object(&["declass_exemption", "declass_period", "declass_date", "declass_event"])?;
    if object.keys().next().is_none() {
        return Err(node.problem("an empty object says nothing").help("leave the key out"));
    }
    for key in object.keys() {
        let node = object.required(key)?;
        match key {
            "declass_period" => node.number().map(drop)?,
            "declass_date" => moment(node)?,
            _ => node.text().map(drop)?,
        }
    }
    Ok(())
}

fn authority(node: &Node<'_>) -> Result<(), Problem> {
    let text = node.text()?;
    let word = text.strip_prefix("urn:isa:authority:").unwrap_or_default();
    if !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Ok(());
    }
    Err(node.problem(format!("`{}` is no authority", excerpt(&text))).help("such as `urn:isa:authority:misa`"))
}

fn privilege(node: &Node<'_>) -> Result<(), Problem> {
    let rule = node.object(&["privilege_action", "privilege_scope", "rule_effect"])?;
    rule.required("privilege_action")?.one_of(&ACTIONS)?;
    rule.required("rule_effect")?.one_of(&EFFECTS)?;
    let scope = rule.required("privilege_scope")?;
    let lists = scope.object(&["permitted_nationalities", "permitted_organizations", "shareability", "entity"])?;
    if lists.keys().next().is_none() {
        return Err(scope.problem("an empty scope says nothing"));
    }
    for key in lists.keys() {
        let list = lists.required(key)?;
        if list.texts(MOST)? == [ALL] {
            continue;
        }
        match key {
            "permitted_nationalities" => {}
            "permitted_organizations" => organisations(list)?,
            "shareability" => words(list, &SHAREABILITY)?,
            _ => words(list, &ENTITY)?,
        }
    }
    Ok(())
}

fn sharing(node: &Node<'_>) -> Result<(), Problem> {
    let rule = node.object(&["sharing_scope", "rule_effect"])?;
    rule.required("rule_effect")?.one_of(&EFFECTS)?;
    rule.required("sharing_scope")?.items(MOST)?.iter().try_for_each(|item| {
        if ["FOREIGNGOV", "SECTOR"].contains(&item.text()?.as_str()) { Ok(()) } else { organisation(item) }
    })
}

/// What a policy reference denies by default: any privilege, any further sharing.
pub(super) fn defaults(node: &Node<'_>) -> Result<(bool, bool), Problem> {
    let text = node.text()?;
    let mut denied = (false, false);
    let mut references = 0;
    for reference in text.split(' ').filter(|reference| !reference.is_empty()) {
        let rule = reference.strip_prefix(POLICY).and_then(|rest| rest.strip_prefix("privdefault="));
        let (privilege, sharing) = rule.and_then(|rest| rest.split_once("&sharedefault=")).unwrap_or_default();
        if !EFFECTS.contains(&privilege) || !EFFECTS.contains(&sharing) {
            return Err(node
                .problem(format!("`{}` is no policy of ACS 3.0", excerpt(reference)))
                .help(format!("such as `{POLICY}privdefault=deny&sharedefault=deny`")));
        }
        denied = (denied.0 || privilege == "deny", denied.1 || sharing == "deny");
        references += 1;
    }
    if references == 0 {
        return Err(node.problem("the policy reference is empty"));
    }
    Ok(denied)
}
