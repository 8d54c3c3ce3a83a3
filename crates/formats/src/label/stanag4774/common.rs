//! What several labels of one policy ask for together: the label of something made from all of them.
//!
//! After the dominant label of ADatP-4774.1 (section 4.4), but for rules 5 and 6: a permissive category that is empty or
//! missing is dropped there, and what was for two countries would be for everyone. Here nobody but the originator has
//! it, until a person decides. The key function is [`common`].

use entente_core::label::Level;

use super::{
    super::{checked, convert::Refusal},
    Category, CategoryType, Information,
};

/// What labels ask for together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Common {
    /// A label that is as strict as each of them.
    Label(Information),
    /// No value of this permissive category is common to all: it is for nobody but the originator.
    OriginatorOnly {
        /// The tag.
        tag: String,
    },
}

/// What `labels` ask for together: the highest classification, all restrictive and informative values, and of each
/// permissive category the values that all of them have.
///
/// # Errors
/// When there are none, when they are not of one policy, or when a classification is not one of the five levels, of
/// which alone it is known here which is higher. Labels of several policies are mapped to one first.
pub fn common(labels: &[Information]) -> Result<Common, Refusal> {
    let Some((first, others)) = labels.split_first() else {
        return Err(Refusal::new("no label at all"));
    };
    let mut result = first.clone();
    result.privacy_mark = None;
    for other in others {
        let (one, two) = (&result.policy.name, &other.policy.name);
        if !same(first, one, two) {
            return Err(Refusal::new(format!("labels of two policies, `{one}` and `{two}`"))
                .help("give alternatives in one policy; equivalence is in an agreement, not here"));
        }
        if level(other)? > level(&result)? {
            result.classification.clone_from(&other.classification);
        }
        let of = |information: &Information, category: &Category| {
            let matching = |found: &&Category| found.kind == category.kind && same(first, &found.tag, &category.tag);
            information.categories.iter().find(matching).cloned()
        };
        let mut categories = Vec::new();
        for category in &result.categories {
            categories.push((category.clone(), of(other, category)));
        }
        for category in other.categories.iter().filter(|category| of(&result, category).is_none()) {
            categories.push((category.clone(), None));
        }
        result.categories.clear();
        for (mut category, counterpart) in categories {
            let values = counterpart.map(|category| category.values).unwrap_or_default();
            if category.kind == CategoryType::Permissive {
                category.values.retain(|value| values.iter().any(|other| same(first, value, other)));
                if category.values.is_empty() {
                    return Ok(Common::OriginatorOnly { tag: category.tag });
                }
            } else {
                for value in values {
                    if !category.values.iter().any(|other| same(first, &value, other)) {
                        category.values.push(value);
                    }
                }
            }
            result.categories.push(category);
        }
    }
    level(&result)?;
    Ok(Common::Label(result))
}

/// Whether two words are the same in the policy of `label`: NATO's are compared without regard to case.
fn same(label: &Information, one: &str, two: &str) -> bool {
    if label.policy.name.eq_ignore_ascii_case("NATO") { one.to_uppercase() == two.to_uppercase() } else { one == two }
}

fn level(label: &Information) -> Result<Level, Refusal> {
    let classification = label.classification.as_str();
    let words = if same(label, "nato", "NATO") { classification.to_uppercase() } else { classification.to_owned() };
    Level::from_banner(&words).ok_or_else(|| {
        Refusal::new(format!("`{}` is not known to be higher or lower than others", checked::excerpt(classification)))
            .help("a national term has no level but through an agreement")
    })
}

#[cfg(test)]
mod tests {
    use super::{super::Policy, *};

    fn information(policy: &str, classification: &str, categories: &[(CategoryType, &str, &[&str])]) -> Information {
        let categories = categories.iter().map(|(kind, tag, values)| Category::new(*kind, tag, values.iter().copied()));
        Information {
            policy: Policy { name: policy.to_owned(), uri: None },
            classification: classification.to_owned(),
            privacy_mark: None,
            categories: categories.collect(),
        }
    }

    const PERMISSIVE: CategoryType = CategoryType::Permissive;
    const RESTRICTIVE: CategoryType = CategoryType::Restrictive;

    #[test]
    fn the_strictest_of_each() {
        let one = information(
            "NATO",
            "RESTRICTED",
            &[(PERMISSIVE, "Context", &["NATO", "Releasable"]), (PERMISSIVE, "Releasable To", &["NATO", "JPN", "CHE"])],
        );
        let two = information(
            "nato",
            "Secret",
            &[
                (PERMISSIVE, "context", &["nato", "releasable"]),
                (PERMISSIVE, "Releasable To", &["jpn", "nato"]),
                (RESTRICTIVE, "Additional Sensitivity", &["ATOMAL"]),
            ],
        );
        let Common::Label(label) = common(&[one, two]).unwrap() else { panic!("some are common") };
        assert_eq!(label.classification, "Secret");
        let values: Vec<_> = label.categories.iter().map(|category| category.values.join(" ")).collect();
        assert_eq!(values, ["NATO Releasable", "NATO JPN", "ATOMAL"]);
    }

    #[test]
    fn nothing_in_common_is_for_nobody() {
        let with = |codes: &[&str]| information("KOR", "SECRET", &[(PERMISSIVE, "Releasable To", codes)]);
        let nobody = Common::OriginatorOnly { tag: "Releasable To".to_owned() };
        assert_eq!(common(&[with(&["USA"]), with(&["JPN"])]), Ok(nobody.clone()));
        // A label without the category names nobody abroad: together they name nobody either.
        let bare = information("KOR", "SECRET", &[]);
        assert_eq!(common(&[with(&["USA"]), bare.clone()]), Ok(nobody.clone()));
        assert_eq!(common(&[bare.clone(), with(&["USA"])]), Ok(nobody));
        assert_eq!(common(&[bare.clone(), bare.clone()]), Ok(Common::Label(bare)));
    }

    #[test]
    fn policies_and_terms_are_not_guessed() {
        let plain = |policy: &str, class: &str| information(policy, class, &[]);
        assert!(common(&[]).is_err());
        assert!(common(&[plain("KOR", "SECRET"), plain("JPN", "SECRET")]).is_err());
        assert!(common(&[plain("KOR", "군사II급비밀"), plain("KOR", "SECRET")]).is_err());
        // Without regard to case is for NATO alone.
        assert!(common(&[plain("KOR", "secret"), plain("KOR", "SECRET")]).is_err());
    }
}
