//! Those whom a list of codes names, and whom two lists name both.
//!
//! Groups are taken apart only where the register lets one. The key type is [`Audience`].

use std::collections::BTreeSet;

use crate::{Country, label::Tetragraph};

/// The codes of a list as they stand, and what they come to once every group is apart that may be taken apart. Both are
/// kept: FVEY in common stays FVEY, and FVEY with ACGU comes to the members of both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Audience {
    codes: BTreeSet<Country>,
    members: BTreeSet<Country>,
}

impl Audience {
    pub(super) fn of<'c>(codes: impl IntoIterator<Item = &'c Country>) -> Self {
        let codes: BTreeSet<Country> = codes.into_iter().cloned().collect();
        let members = codes.iter().flat_map(members).collect();
        Self { codes, members }
    }

    /// Those whom both name.
    pub(super) fn common(&self, other: &Self) -> Self {
        let both = |left: &BTreeSet<Country>, right: &BTreeSet<Country>| left.intersection(right).cloned().collect();
        Self { codes: both(&self.codes, &other.codes), members: both(&self.members, &other.members) }
    }

    /// Whether it names `code`, itself or through a group.
    pub(super) fn holds(&self, code: &str) -> bool {
        self.members.contains(code) || self.codes.contains(code)
    }

    /// Whether it names all whom `code` stands for.
    fn covers(&self, code: &Country) -> bool {
        self.codes.contains(code) || members(code).iter().all(|member| self.members.contains(member))
    }

    /// Whether it names anybody but `code`.
    pub(super) fn has_others_than(&self, code: &str) -> bool {
        self.members.iter().any(|member| *member != code)
    }

    /// The list to write: the codes in common, and by their own codes those who are in none of these groups. Trigraphs
    /// stand before tetragraphs, in alphabetical order; USA is first when `usa_first` says so (CAPCO H.8, pp. 151, 163).
    pub(super) fn list(&self, usa_first: bool) -> Vec<Country> {
        let grouped: BTreeSet<Country> = self.codes.iter().filter(|code| is_open(code)).flat_map(members).collect();
        let alone = self.members.iter().filter(|member| !grouped.contains(*member));
        let mut list: Vec<Country> = self.codes.iter().chain(alone).cloned().collect();
        list.sort_by_key(|code| (!(usa_first && *code == "USA"), is_tetragraph(code), code.clone()));
        list.dedup();
        list
    }

    /// The list to write of those who may only be shown what `released` may have.
    pub(super) fn list_beyond(&self, released: &Self) -> Vec<Country> {
        self.list(false).into_iter().filter(|code| !released.covers(code)).collect()
    }

    /// Whether the list to write names somebody by a code that stood in none of the lists: a group was taken apart
    /// (CAPCO D.2, table 3, rule 23).
    pub(super) fn is_taken_apart(&self) -> bool {
        self.list(true).iter().any(|code| !self.codes.contains(code))
    }
}

pub(super) fn is_tetragraph(code: &Country) -> bool {
    Tetragraph::find(code.as_str()).is_some()
}

fn is_open(code: &Country) -> bool {
    Tetragraph::find(code.as_str()).is_some_and(|group| group.decomposable)
}

/// The countries that a code stands for; a group that may not be taken apart stands for itself.
fn members(code: &Country) -> Vec<Country> {
    match Tetragraph::find(code.as_str()) {
        Some(group) if group.decomposable => group.members.iter().map(|member| Country::from(*member)).collect(),
        _ => vec![code.clone()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(left: &[&str], right: &[&str]) -> String {
        let of = |codes: &[&str]| Audience::of(&codes.iter().map(|code| Country::from(*code)).collect::<Vec<_>>());
        let list = of(left).common(&of(right)).list(true);
        list.iter().map(Country::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_group_in_common_stays_whole() {
        assert_eq!(common(&["USA", "FVEY"], &["USA", "JPN", "FVEY"]), "USA FVEY");
        assert_eq!(common(&["USA", "AUS", "FVEY"], &["USA", "FVEY"]), "USA FVEY");
        assert_eq!(common(&["USA", "NKIC"], &["USA", "KOR", "NKIC"]), "USA NKIC");
    }

    #[test]
    fn a_group_comes_apart_against_its_members() {
        assert_eq!(common(&["USA", "FVEY"], &["USA", "AUS", "JPN"]), "USA AUS");
        assert_eq!(common(&["USA", "FVEY"], &["USA", "ACGU"]), "USA AUS CAN GBR");
        assert_eq!(common(&["USA", "AUS", "FVEY"], &["USA", "AUS", "CAN"]), "USA AUS CAN");
    }

    #[test]
    fn a_closed_group_has_no_members() {
        assert_eq!(common(&["USA", "FVEY"], &["USA", "ISAF"]), "USA");
        assert_eq!(common(&["EU"], &["FRA"]), "");
    }
}
