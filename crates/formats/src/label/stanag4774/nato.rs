//! NATO's own policy: `Context`, `Only`, `Releasable To`, `Additional Sensitivity`, `Administrative` (App. 2).
//!
//! Every value is compared without regard to case (p. 5-2). The key functions are [`read`] and [`categories`].

use entente_core::{
    Country,
    label::{Label, Marking},
};

use super::{
    super::{checked, convert::Refusal, json::flags},
    Category, CategoryType,
    policy::{self, RELEASABLE},
};

/// The object identifier of the policy (App. 2, p. 2-1).
pub(super) const POLICY_URI: &str = "urn:oid:1.3.26.1.3.1";

/// Where the information belongs; the policy demands it.
const CONTEXT: &str = "Context";
const CONTEXT_URI: &str = "urn:oid:1.3.26.1.4.4";
/// Those within the context to whom it is limited.
const ONLY: &str = "Only";
const SENSITIVITY: &str = "Additional Sensitivity";
const ADMINISTRATIVE: &str = "Administrative";
/// The value of `Context` that stands with `Releasable To`.
const OPENED: &str = "Releasable";

/// The sensitivities that a marking can say, and in which category of a banner line.
const ATOMAL: &str = "ATOMAL";
const BOHEMIA: &str = "BOHEMIA";

/// Reads the categories into a marking of NATO.
pub(super) fn read(mut marking: Marking, categories: &[Category], notes: &mut Vec<String>) -> Result<Marking, Refusal> {
    let mut context = None;
    let mut lists: Vec<Vec<Country>> = Vec::new();
    for category in categories {
        let is = |tag: &str| category.tag.eq_ignore_ascii_case(tag);
        let upper = || category.values.iter().map(|value| value.to_uppercase());
        if is(CONTEXT) {
            expect(category, CategoryType::Permissive)?;
            context = Some(upper().collect::<Vec<_>>());
        } else if is(RELEASABLE) || is(ONLY) {
            lists.push(policy::codes(category, upper())?);
        } else if is(SENSITIVITY) {
            expect(category, CategoryType::Restrictive)?;
            for value in upper() {
                match value.as_str() {
                    ATOMAL => marking.aea.push(value),
                    BOHEMIA => marking.sap.push(value),
                    _ => {
                        let message =
                            format!("the sensitivity `{}` has no counterpart in a label", checked::excerpt(&value));
                        return Err(Refusal::new(message).help("left out, the label would be wider"));
                    }
                }
            }
        } else if is(ADMINISTRATIVE) {
            expect(category, CategoryType::Informative)?;
            policy::unknown(category, notes)?;
        } else {
            policy::unknown(category, notes)?;
        }
    }
    let context = context.ok_or_else(|| {
        Refusal::new("a label in NATO's policy lacks the category `Context`")
            .help("the policy demands it (App. 2, p. 2-2); for NATO itself its value is `NATO`")
    })?;
    let opened = context.iter().any(|value| value.eq_ignore_ascii_case(OPENED));
    if let Some(other) = context.iter().find(|value| *value != "NATO" && !value.eq_ignore_ascii_case(OPENED)) {
        return Err(Refusal::new(format!("the context `{}` has no counterpart in a label", checked::excerpt(other)))
            .help("a label knows NATO as a whole; left out, the context would be wider or another"));
    }
    if !context.iter().any(|value| value == "NATO") {
        // Only those outside NATO to whom it is opened: a label of NATO cannot leave NATO's members out.
        return Err(Refusal::new("the context is not NATO").help("a label in NATO's policy has the context `NATO`"));
    }
    let mut lists = lists.into_iter();
    let Some(first) = lists.next() else {
        if marking.is_unclassified() {
            // The context limits it to NATO; without any list the label would be free.
            marking.dissemination.rel_to = vec![Country::from("NATO")];
        }
        return Ok(marking);
    };
    let first = checked::usa_first(first);
    let mut audience = lists.fold(first, |audience, list| policy::both(&audience, &list));
    if !opened {
        let within = [Country::from("NATO")];
        let inside = policy::both(&audience, &within);
        if inside != audience {
            notes.push("those outside NATO are left out: the context does not hold `Releasable`".to_owned());
        }
        audience = inside;
    }
    if audience.is_empty() {
        if marking.is_unclassified() {
            return Err(Refusal::new("nobody is named in every permissive category")
                .help("it is for its originator alone, and no unclassified label of NATO says so"));
        }
        notes.push("nobody is named in every permissive category: it is for nobody but its originator".to_owned());
    }
    // A banner line does not release to the United States alone; NATO SECRET for them alone has no line.
    marking.dissemination.rel_to = audience;
    Ok(marking)
}

fn expect(category: &Category, kind: CategoryType) -> Result<(), Refusal> {
    if category.kind == kind { Ok(()) } else { Err(policy::wrong_type(category, kind)) }
}

/// The categories that say a marking of NATO.
pub(super) fn categories(marking: &Marking, notes: &mut Vec<String>) -> Result<Vec<Category>, Refusal> {
    let Marking { owner: _, class: _, sci, sap, aea, fgi, dissemination, non_ic } = marking;
    let unsaid = sci
        .iter()
        .map(String::as_str)
        .chain(sap.iter().map(String::as_str).filter(|mark| *mark != BOHEMIA))
        .chain(aea.iter().map(String::as_str).filter(|mark| *mark != ATOMAL))
        .chain(fgi.is_some().then_some("FGI"))
        .chain(flags(dissemination))
        .chain((!dissemination.eyes.is_empty()).then_some("EYES ONLY"))
        .chain((!dissemination.display_only.is_empty()).then_some("DISPLAY ONLY"))
        .chain(non_ic.iter().map(String::as_str))
        .next();
    if let Some(mark) = unsaid {
        return Err(Refusal::new(format!("NATO's policy has no category for `{mark}`"))
            .help("its categories are Context, Only, Releasable To, Additional Sensitivity and Administrative"));
    }
    let is_released = !dissemination.rel_to.is_empty();
    let contexts = [Some("NATO"), is_released.then_some(OPENED)].into_iter().flatten();
    let context = Category::new(CategoryType::Permissive, CONTEXT, contexts);
    let mut categories = vec![Category { uri: Some(CONTEXT_URI.to_owned()), ..context }];
    if is_released {
        let codes = dissemination.rel_to.iter().map(Country::as_str);
        categories.push(Category::new(CategoryType::Permissive, RELEASABLE, codes));
    }
    let sensitive: Vec<_> = aea.iter().chain(sap).cloned().collect();
    if !sensitive.is_empty() {
        categories.push(Category::new(CategoryType::Restrictive, SENSITIVITY, sensitive));
    }
    if Label::Marking(Box::new(marking.clone())).is_free() {
        notes.push("the context limits it to NATO: the label itself excludes nobody".to_owned());
    }
    Ok(categories)
}
