//! Which versions of an object a query selects (sections 3.4.1 and 3.4.2).
//!
//! Only versions that the caller may have may be given here: the last one that somebody sees is the last of those. The key
//! function is [`Query::selects`].

use super::query::{Query, Versions};
use crate::stix::check::Version;

/// A version of an object, as far as filters look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its version, in microseconds since 1970: `modified`, else `created`, else when it was added.
    pub version: i64,
    /// Its version of STIX.
    pub spec_version: Version,
}

impl Query {
    /// Which of the versions of one object are selected.
    ///
    /// Without `match[spec_version]` only the newest version of STIX is looked at that the object has; without
    /// `match[version]` the last version is meant. First and last are of those that are left.
    pub fn selects(&self, versions: &[Candidate]) -> Vec<bool> {
        let newest = versions.iter().map(|candidate| candidate.spec_version).max();
        let is_of_stix = |candidate: &Candidate| match self.spec_versions.is_empty() {
            true => Some(candidate.spec_version) == newest,
            false => self.spec_versions.contains(candidate.spec_version.as_str()),
        };
        let left = || versions.iter().filter(|candidate| is_of_stix(candidate)).map(|candidate| candidate.version);
        let (oldest, latest) = (left().min(), left().max());
        let is_selected = |candidate: &Candidate| match &self.versions {
            Versions::All => true,
            Versions::Some { first, last, at } => {
                *first && Some(candidate.version) == oldest
                    || *last && Some(candidate.version) == latest
                    || at.contains(&candidate.version)
            }
        };
        versions.iter().map(|candidate| is_of_stix(candidate) && is_selected(candidate)).collect()
    }

    /// Whether an identifier passes `match[id]` and its type `match[type]`.
    pub fn takes(&self, id: &str, kind: &str) -> bool {
        (self.ids.is_empty() || self.ids.contains(id)) && (self.types.is_empty() || self.types.contains(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::super::query::Endpoint;
    use super::*;

    #[test]
    fn versions_are_selected() {
        let of = |version: i64, spec_version| Candidate { version: version * 1_000_000, spec_version };
        let versions = [of(30, Version::V20), of(10, Version::V21), of(20, Version::V21), of(40, Version::V20)];
        let moment = "1970-01-01T00:00:20.0Z";
        for (text, selected) in [
            ("", "..x."),
            ("match[version]=first", ".x.."),
            ("match[version]=first,last", ".xx."),
            ("match[version]=all", ".xx."),
            ("match[spec_version]=2.0", "...x"),
            ("match[spec_version]=2.0&match[version]=all", "x..x"),
            ("match[spec_version]=2.0,2.1&match[version]=all", "xxxx"),
            ("match[spec_version]=2.0,2.1", "...x"),
            ("match[spec_version]=3.0&match[version]=all", "...."),
            (&format!("match[version]={moment}"), "..x."),
            (&format!("match[version]=first,{moment}"), ".xx."),
            ("match[version]=1970-01-01T00:00:30Z", "...."),
        ] {
            let query = Query::parse(text, Endpoint::Objects).unwrap();
            let found: String = query.selects(&versions).into_iter().map(|is| if is { 'x' } else { '.' }).collect();
            assert_eq!(found, selected, "{text}");
        }
        assert!(Query::default().selects(&[]).is_empty());
    }

    #[test]
    fn identifiers_and_types_are_taken_together() {
        let query = Query::parse("match[type]=a,b&match[id]=b--1,c--1", Endpoint::Manifest).unwrap();
        assert!(query.takes("b--1", "b"));
        assert!(!query.takes("c--1", "c") && !query.takes("a--1", "a"));
        assert!(Query::default().takes("x", "y"));
    }
}
