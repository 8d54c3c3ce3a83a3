//! Reads labels from XML, and refuses what the standard does: its schema, and the sentences that no schema says.
//!
//! The key functions are [`parse`] and [`parse_all`].

use entente_core::time::Timestamp;

use super::{
    super::{checked::excerpt, moment},
    Category, CategoryType, ConfidentialityLabel, ID_TYPES, Information, NAMESPACE, Originator, Policy, Role,
    Succession,
    xml::{self, Element},
};
use crate::problem::{Problem, suggestion};

/// The most labels of one document.
const LABELS: usize = 64;
/// The most categories of a label.
const CATEGORIES: usize = 64;
/// The most values of a category.
const VALUES: usize = 300;

/// Parses a document that is one label.
///
/// # Errors
/// The first thing wrong, at its place.
pub fn parse(text: &str) -> Result<ConfidentialityLabel, Problem> {
    let document = xml::document(text)?;
    let root = Element(document.root_element());
    match role(root)? {
        Some(role) => label(root, role),
        None => Err(no_label(root)),
    }
}

/// Parses the labels of a document, wherever they stand in it, in its order: one at least. A binding of STANAG 4778 or
/// any other document may hold several.
///
/// # Errors
/// The first thing wrong with a label, at its place; or that there is none. What stands around labels is not judged.
pub fn parse_all(text: &str) -> Result<Vec<ConfidentialityLabel>, Problem> {
    let document = xml::document(text)?;
    let mut labels = Vec::new();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let Some(role) = role(Element(node))? else { continue };
        if labels.len() == LABELS {
            return Err(Element(node).problem(format!("a document has at most {LABELS} labels")));
        }
        labels.push(label(Element(node), role)?);
    }
    if labels.is_empty() { Err(no_label(Element(document.root_element()))) } else { Ok(labels) }
}

/// Which label an element is. One whose name only nearly is that of a label is refused: it must not go unseen.
fn role(element: Element<'_, '_>) -> Result<Option<Role>, Problem> {
    let names = Role::ALL.map(Role::element);
    let is_ours = element.0.tag_name().namespace() == Some(NAMESPACE);
    let name = element.name();
    match Role::ALL.into_iter().find(|role| role.element() == name) {
        Some(role) if is_ours => Ok(Some(role)),
        Some(_) => Err(element
            .problem(format!("`{name}` is not in the namespace of STANAG 4774"))
            .help(format!("write `xmlns=\"{NAMESPACE}\"`"))),
        // Every other element of the namespace stands inside a label.
        None if is_ours && name.ends_with("ConfidentialityLabel") && !name.starts_with("Successor") => {
            Err(element.problem(format!("`{}` is no label of the standard", excerpt(name))).help(match name {
                // "For backwards compatibility only": it does not say whose label it is.
                "ConfidentialityLabel" => {
                    "it does not say whose label it is: write `originatorConfidentialityLabel`".to_owned()
                }
                name => suggestion(excerpt(name), names),
            }))
        }
        None => Ok(None),
    }
}

fn no_label(root: Element<'_, '_>) -> Problem {
    root.problem(format!("`{}` is no label of STANAG 4774", excerpt(root.name()))).help(format!(
        "a label is an `originatorConfidentialityLabel`, an `alternativeConfidentialityLabel` or a \
         `metadataConfidentialityLabel` in the namespace `{NAMESPACE}`"
    ))
}

fn label(element: Element<'_, '_>, role: Role) -> Result<ConfidentialityLabel, Problem> {
    element.only(&["Id", "ReviewDateTime"])?;
    let id = element.attribute("Id").map(|(id, at)| name(id).ok_or_else(|| no_name(id, at))).transpose()?;
    let review = element.attribute("ReviewDateTime");
    let review = review.map(|(text, at)| moment::parse(text).ok_or_else(|| no_moment(text, at))).transpose()?;
    let mut parts = element.sequence()?;
    let mut extensions = Vec::new();
    let information = information(parts.required("ConfidentialityInformation")?, &mut extensions)?;
    let originator = parts.optional("OriginatorID").map(originator).transpose()?;
    let created = date_time(parts.required("CreationDateTime")?)?;
    let succession = parts.optional("SuccessionHandling").map(|part| succession(part, &mut extensions)).transpose()?;
    extensions.append(&mut parts.extensions());
    parts.end(&["ConfidentialityInformation", "OriginatorID", "CreationDateTime", "SuccessionHandling"])?;
    if review.is_none() && succession.is_none() {
        // App. 1, p. 1-2: a sentence of the standard, which its schema does not say.
        return Err(element
            .problem(format!("`{}` lacks `ReviewDateTime`", element.name()))
            .help("the standard demands the attribute where no `SuccessionHandling` stands"));
    }
    Ok(ConfidentialityLabel { role, id, review, information, originator, created, succession, extensions })
}

fn succession(element: Element<'_, '_>, extensions: &mut Vec<String>) -> Result<Succession, Problem> {
    element.only(&[])?;
    let mut parts = element.sequence()?;
    let at = date_time(parts.required("SuccessionDateTime")?)?;
    let successor = parts.required("SuccessorConfidentialityLabel")?;
    parts.end(&["SuccessionDateTime", "SuccessorConfidentialityLabel"])?;
    successor.only(&["Id", "ReviewDateTime"])?;
    let mut parts = successor.sequence()?;
    let information = information(parts.required("ConfidentialityInformation")?, extensions)?;
    let originator = parts.optional("OriginatorID").map(originator).transpose()?;
    let created = date_time(parts.required("CreationDateTime")?)?;
    extensions.append(&mut parts.extensions());
    parts.end(&["ConfidentialityInformation", "OriginatorID", "CreationDateTime"])?;
    Ok(Succession { at, information, originator, created })
}

fn information(element: Element<'_, '_>, extensions: &mut Vec<String>) -> Result<Information, Problem> {
    element.only(&[])?;
    let mut parts = element.sequence()?;
    let policy = parts.required("PolicyIdentifier")?;
    policy.only(&["URI"])?;
    let policy = Policy { uri: object_identifier(policy)?, name: policy.token()? };
    let classification = parts.required("Classification")?;
    // App. 1, table 6: the schema allows a URI here, the standard forbids it.
    classification.only(&[])?;
    let classification = classification.token()?;
    let privacy_mark = match parts.optional("PrivacyMark") {
        Some(mark) => {
            mark.only(&[])?;
            Some(mark.text()?.to_owned())
        }
        None => None,
    };
    let mut categories: Vec<Category> = Vec::new();
    while let Some(part) = parts.optional("Category") {
        if categories.len() == CATEGORIES {
            return Err(part.problem(format!("a label has at most {CATEGORIES} categories")));
        }
        let category = category(part)?;
        let is_same = |other: &Category| other.kind == category.kind && other.tag.eq_ignore_ascii_case(&category.tag);
        if categories.iter().any(is_same) {
            // Whether one value of each or one of both would do, the standard does not say.
            return Err(part
                .problem(format!("a second category `{}` of the same type", excerpt(&category.tag)))
                .help("write all values of a tag in one category"));
        }
        categories.push(category);
    }
    extensions.append(&mut parts.extensions());
    parts.end(&["PolicyIdentifier", "Classification", "PrivacyMark", "Category"])?;
    Ok(Information { policy, classification, privacy_mark, categories })
}

fn category(element: Element<'_, '_>) -> Result<Category, Problem> {
    element.only(&["Type", "TagName", "URI"])?;
    let lacks = |name: &str| element.problem(format!("`Category` lacks `{name}`"));
    let (kind, at) = element.attribute("Type").ok_or_else(|| lacks("Type"))?;
    let kind = CategoryType::ALL.into_iter().find(|known| known.as_str() == kind).ok_or_else(|| {
        let known = CategoryType::ALL.map(CategoryType::as_str);
        Problem::new(format!("unknown type `{}`", excerpt(kind)), at)
            .help(suggestion(excerpt(&kind.to_ascii_uppercase()), known))
    })?;
    let (tag, at) = element.attribute("TagName").ok_or_else(|| lacks("TagName"))?;
    if tag.trim().is_empty() || tag.trim() != tag || tag.chars().any(char::is_control) {
        return Err(Problem::new("`TagName` is empty, or white space stands at its ends", at));
    }
    let uri = object_identifier(element)?;
    let mut parts = element.sequence()?;
    let mut values: Vec<String> = Vec::new();
    while let Some(part) = parts.optional("GenericValue") {
        part.only(&[])?;
        let value = part.value()?;
        if values.len() == VALUES {
            return Err(part.problem(format!("a category has at most {VALUES} values")));
        }
        if values.iter().any(|other| other == value) {
            return Err(part.problem(format!("`{}` a second time", excerpt(value))));
        }
        values.push(value.to_owned());
    }
    for name in ["IntegerValue", "BitStringValue"] {
        if let Some(part) = parts.optional(name) {
            // App. 1, p. 1-9.
            return Err(part
                .problem(format!("`{name}` is not to be used"))
                .help("the schema has it, the standard forbids it: write `GenericValue`"));
        }
    }
    parts.end(&["GenericValue"])?;
    if values.is_empty() {
        let problem = element.problem(format!("the category `{}` has no value", excerpt(tag)));
        return Err(problem.help("an empty category says nothing, and must not be taken for everybody"));
    }
    Ok(Category { kind, tag: tag.to_owned(), uri, values })
}

fn originator(element: Element<'_, '_>) -> Result<Originator, Problem> {
    element.only(&["IDType"])?;
    let (id_type, at) = element.attribute("IDType").ok_or_else(|| element.problem("`OriginatorID` lacks `IDType`"))?;
    if !ID_TYPES.contains(&id_type) {
        return Err(Problem::new(format!("unknown type `{}`", excerpt(id_type)), at)
            .help(suggestion(excerpt(id_type), ID_TYPES)));
    }
    Ok(Originator { id_type: id_type.to_owned(), name: element.value()?.to_owned() })
}

/// The attribute `URI`, which is an object identifier where it stands (App. 1, tables 5 and 8).
fn object_identifier(element: Element<'_, '_>) -> Result<Option<String>, Problem> {
    let Some((uri, at)) = element.attribute("URI") else { return Ok(None) };
    let arcs = uri.strip_prefix("urn:oid:").unwrap_or_default();
    let is_arc = |arc: &str| {
        !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit()) && (arc == "0" || !arc.starts_with('0'))
    };
    if uri.len() > 256 || !arcs.split('.').all(is_arc) {
        return Err(Problem::new(format!("`{}` is no object identifier", excerpt(uri)), at)
            .help("such as `urn:oid:1.3.26.1.3.1`"));
    }
    Ok(Some(uri.to_owned()))
}

fn date_time(element: Element<'_, '_>) -> Result<Timestamp, Problem> {
    element.only(&[])?;
    let text = element.token()?;
    moment::parse(&text).ok_or_else(|| no_moment(&text, element.0.range()))
}

fn no_moment(text: &str, at: std::ops::Range<usize>) -> Problem {
    Problem::new(format!("`{}` is no moment", excerpt(text)), at).help(moment::HELP)
}

/// An `xs:ID`: a letter or `_`, then letters, digits, `-`, `_` and `.`.
fn name(id: &str) -> Option<String> {
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let first = |c: char| c.is_alphabetic() || c == '_';
    (id.len() <= 256 && id.starts_with(first) && id.chars().all(inner)).then(|| id.to_owned())
}

fn no_name(id: &str, at: std::ops::Range<usize>) -> Problem {
    Problem::new(format!("`{}` is no `Id`", excerpt(id)), at)
        .help("an `Id` opens with a letter and holds letters, digits, `-`, `_` and `.`")
}
