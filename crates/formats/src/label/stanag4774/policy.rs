//! What a confidentiality label means as a label of Entente, and how one of ours is said in it.
//!
//! Only what means the same goes over: whatever restricts and has no counterpart is a [`Refusal`]; whatever is lost
//! without widening is a note. Which categories a policy has is in `nato` and `national`. The key functions are
//! [`read`] and [`information`].

use std::collections::BTreeMap;

use entente_core::{
    Country, Party,
    label::{Class, Label, Level, Marking, Owner, Tetragraph},
};

use super::{
    super::{
        checked,
        convert::{Reading, Refusal},
        country,
    },
    Category, CategoryType, Information, Policy, national, nato,
};

/// The tag that every policy here has: those to whom the information may be given.
pub(super) const RELEASABLE: &str = "Releasable To";

/// Names of policies beside those that are known here, each with the code of the country whose it is: `JAPAN` is `JPN`.
///
/// Known are `NATO` and the GENC trigraph of a country for that country's own policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies(BTreeMap<String, String>);

impl Policies {
    /// Adds a name for the policy of `code`, which is `NATO` or a trigraph.
    ///
    /// # Errors
    /// When `code` is neither, or the name is that of another policy.
    pub fn add(&mut self, name: &str, code: &str) -> Result<(), Refusal> {
        if owner(code).is_none() {
            return Err(Refusal::new(format!("`{}` has no policy", checked::excerpt(code)))
                .help("name `NATO` or the GENC trigraph of a country"));
        }
        if owner(name).is_some() && name != code {
            return Err(Refusal::new(format!("`{name}` is the policy of {name}, and cannot be that of {code}")));
        }
        self.0.insert(name.to_owned(), code.to_owned());
        Ok(())
    }

    /// Whose policy has this name.
    fn owner(&self, name: &str) -> Option<Owner> {
        let own = self.0.get(name).and_then(|code| owner(code));
        own.or_else(|| owner(name)).or_else(|| name.eq_ignore_ascii_case("NATO").then_some(Owner::Nato))
    }

    /// The name by which the policy of `code` goes.
    fn name<'a>(&'a self, code: &'a str) -> &'a str {
        self.0.iter().find(|(_, other)| *other == code).map_or(code, |(name, _)| name)
    }
}

fn owner(code: &str) -> Option<Owner> {
    match code {
        "USA" => Some(Owner::UnitedStates),
        "NATO" => Some(Owner::Nato),
        _ => country::is_trigraph(code).then(|| Owner::Nation(Country::from(code))),
    }
}

/// The label that `information` is.
///
/// # Errors
/// When the policy is not known, or a restriction has no counterpart in a label.
pub fn read(information: &Information, policies: &Policies) -> Result<Reading, Refusal> {
    let name = &information.policy.name;
    let owner = policies.owner(name).ok_or_else(|| {
        Refusal::new(format!("unknown policy `{}`", checked::excerpt(name)))
            .help("known are `NATO` and the trigraphs of countries; say whose it is with `--policy NAME=CODE`")
    })?;
    let is_nato = owner == Owner::Nato;
    if let Some(uri) = information.policy.uri.as_deref().filter(|uri| (*uri == nato::POLICY_URI) != is_nato) {
        return Err(Refusal::new(format!(
            "the policy `{}` bears the identifier `{uri}` of another",
            checked::excerpt(name)
        ))
        .help(format!("NATO's is `{}`, and NATO's alone", nato::POLICY_URI)));
    }
    let words = if is_nato { information.classification.to_uppercase() } else { information.classification.clone() };
    let class = match Level::from_banner(&words) {
        Some(level) => Class::Level(level),
        None if is_nato => {
            return Err(Refusal::new(format!("`{}` is no classification of NATO", checked::excerpt(&words))).help(
                "NATO's policy has UNCLASSIFIED, RESTRICTED, CONFIDENTIAL, SECRET and TOP SECRET; that it is NATO's is \
                 said by the policy",
            ));
        }
        None => Class::Term(words),
    };
    let mut notes = Vec::new();
    if information.privacy_mark.is_some() {
        notes.push("the privacy mark is lost: a label has none, and nobody's access rests on it".to_owned());
    }
    let plain = Marking::plain(owner, class);
    let marking = if is_nato {
        nato::read(plain, &information.categories, &mut notes)?
    } else {
        national::read(plain, &information.categories, &mut notes)?
    };
    let label =
        checked::marking(marking, 0..0).map_err(|problem| Refusal { message: problem.message, help: problem.help })?;
    Ok(Reading { label, notes })
}

/// How a label is said in the policy of its owner, and what that loses.
///
/// # Errors
/// When it has no policy, or bears what its policy has no category for.
pub fn information(label: &Label, policies: &Policies) -> Result<(Information, Vec<String>), Refusal> {
    let marking = match label {
        Label::Marking(marking) => marking,
        Label::Tlp(_) => {
            return Err(Refusal::new("STANAG 4774 has no TLP")
                .help("TLP says how far to share, and never stands for a classification"));
        }
    };
    let code = marking.country().ok_or_else(|| {
        Refusal::new("STANAG 4774 has no joint classification")
            .help("a label has one policy; each owner may set an alternative label in its own")
    })?;
    let mut notes = Vec::new();
    let (uri, categories) = match marking.owner {
        Owner::Nato => (Some(nato::POLICY_URI.to_owned()), nato::categories(marking, &mut notes)?),
        _ => (None, national::categories(marking, code)),
    };
    let classification = match &marking.class {
        Class::Level(level) => level.as_str().to_owned(),
        Class::Term(term) => term.clone(),
    };
    let policy = Policy { name: policies.name(code).to_owned(), uri };
    Ok((Information { policy, classification, privacy_mark: None, categories }, notes))
}

/// The codes that a permissive category names.
pub(super) fn codes(category: &Category, values: impl Iterator<Item = String>) -> Result<Vec<Country>, Refusal> {
    if category.kind != CategoryType::Permissive {
        return Err(wrong_type(category, CategoryType::Permissive));
    }
    let codes = values.map(|value| match country::code(&value) {
        Some(_) => Ok(Country::from(value)),
        None => Err(Refusal::new(format!("`{}` in `{}` is no country code", checked::excerpt(&value), category.tag))
            .help("codes are GENC trigraphs such as `JPN` and registered tetragraphs such as `FVEY`")),
    });
    codes.collect()
}

/// A tag that is known, in another type than it has.
pub(super) fn wrong_type(category: &Category, wanted: CategoryType) -> Refusal {
    let (tag, kind) = (checked::excerpt(&category.tag), category.kind.as_str());
    Refusal::new(format!("`{tag}` is {kind}")).help(format!("in this policy it is {}", wanted.as_str()))
}

/// A category that is not known: what takes part in access cannot be left out.
pub(super) fn unknown(category: &Category, notes: &mut Vec<String>) -> Result<(), Refusal> {
    let (tag, kind) = (checked::excerpt(&category.tag), category.kind.as_str());
    if category.kind == CategoryType::Informative {
        notes.push(format!("the category `{tag}` is lost: it is {kind}, and nobody's access rests on it"));
        return Ok(());
    }
    Err(Refusal::new(format!("the {kind} category `{tag}` has no counterpart in a label"))
        .help("it restricts who gets access; left out, the label would be wider"))
}

/// Those whom both lists name: who gets access has a value of each.
pub(super) fn both(one: &[Country], other: &[Country]) -> Vec<Country> {
    let named = |list: &[Country], code: &Country| {
        list.contains(code) || entente_core::label::names(list, &Party::from(code.as_str()))
    };
    let expanded = one.iter().flat_map(|code| match Tetragraph::find(code.as_str()) {
        Some(group) if group.decomposable && !other.contains(code) => {
            group.members.iter().copied().map(Country::from).collect()
        }
        _ => vec![code.clone()],
    });
    let mut common: Vec<_> = expanded.filter(|code| named(other, code)).collect();
    common.extend(other.iter().filter(|code| named(one, code)).cloned());
    checked::usa_first(common)
}
