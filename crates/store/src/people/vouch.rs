//! Who stands behind an account: the administrator who set it last, until somebody else has looked at it.

use rusqlite::params;

use super::People;
use crate::StoreError;

/// How many administrators are followed who set one another.
const FOLLOWED: usize = 64;

impl People {
    /// An account was added, changed or reset, by an administrator or by the operator; whoever vouched for it before did so
    /// for what it was then.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn set_by(&mut self, name: &str, administrator: Option<&str>) -> Result<(), StoreError> {
        let sql = "UPDATE user SET set_by = ?, vouched_by = NULL WHERE name = ?";
        self.connection.execute(sql, params![administrator, name])?;
        Ok(())
    }

    /// Somebody else has looked at an account as it is at that revision; whether it was still that.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn vouch(&mut self, name: &str, by: &str, revision: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE user SET vouched_by = ?, revision = revision + 1
                   WHERE name = ? AND revision = ? AND set_by IS NOT NULL";
        Ok(self.connection.execute(sql, params![by, name, revision])? == 1)
    }

    /// The one who may be behind an account: itself, or the administrator who set it alone, or who set that one alone. Of
    /// administrators who set one another, always the same.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn behind(&self, name: &str) -> Result<String, StoreError> {
        let (mut name, mut least) = (name.to_owned(), None::<String>);
        for step in 0..2 * FOLLOWED {
            match self.user(&name)? {
                Some(user) if user.vouched_by.is_none() => match user.set_by {
                    Some(by) => name = by,
                    None => return Ok(name),
                },
                _ => return Ok(name),
            }
            // By now it goes in a circle.
            if step >= FOLLOWED && least.as_ref().is_none_or(|least| name < *least) {
                least = Some(name.clone());
            }
        }
        Ok(least.unwrap_or(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{StorageKey, people::Rights};

    fn opened(folder: &std::path::Path) -> People {
        People::open(folder, &StorageKey::from_seed(&[1; 32])).unwrap()
    }

    fn rights() -> Rights {
        Rights {
            roles: Vec::new(),
            clearance: "SECRET".to_owned(),
            subjects: Vec::new(),
            nationality: "KOR".to_owned(),
            official_duty: false,
            external: None,
        }
    }

    #[test]
    fn a_whole_is_done_or_not_whatever_stops_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut people = opened(folder.path());
        let half = |people: &mut People, name: &str| -> Result<(), StoreError> {
            people.add_user(name, &rights(), 0)?;
            people.invite(&[u8::try_from(name.len()).unwrap(); 32], name, 10)
        };
        people.whole(|people| half(people, "sato")).unwrap();
        let refused = people.whole(|people| {
            half(people, "tanaka")?;
            people.set_rights("sato", &rights(), 1)?;
            Err::<(), _>(StoreError::Damaged("the ledger was not told".to_owned()))
        });
        assert!(refused.is_err());
        let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            people.whole(|people| {
                half(people, "kim").unwrap();
                assert!(people.user("kim").unwrap().is_none(), "it is there");
                Ok::<_, StoreError>(())
            })
        }));
        assert!(stopped.is_err());
        people.add_user("lee", &rights(), 0).unwrap();
        let people = opened(folder.path());
        let names: Vec<String> = people.users().unwrap().into_iter().map(|user| user.name).collect();
        assert_eq!(names, ["lee", "sato"]);
        assert_eq!(people.user("sato").unwrap().unwrap().revision, 1);
        assert_eq!(people.invited(&[4; 32], 0).unwrap().as_deref(), Some("sato"));
    }

    #[test]
    fn who_set_an_account_alone_is_behind_it_and_behind_what_it_set() {
        let folder = tempfile::tempdir().unwrap();
        let (mut people, rights) = (opened(folder.path()), rights());
        for (name, by) in [
            ("boss", None),
            ("second", Some("boss")),
            ("sato", Some("boss")),
            ("mori", Some("second")),
            ("own", None),
            ("round", Some("about")),
            ("about", Some("round")),
        ] {
            people.add_user(name, &rights, 0).unwrap();
            people.set_by(name, by).unwrap();
        }
        let behind = |people: &People, name: &str| people.behind(name).unwrap();
        for (name, expected) in [
            ("boss", "boss"),
            ("sato", "boss"),
            ("mori", "boss"),
            ("own", "own"),
            ("operator", "operator"),
            ("round", "about"),
            ("about", "about"),
        ] {
            assert_eq!(behind(&people, name), expected, "{name}");
        }
        let revision = people.user("second").unwrap().unwrap().revision;
        assert!(!people.vouch("second", "audit", revision + 1).unwrap(), "it was another then");
        assert!(people.vouch("second", "audit", revision).unwrap());
        assert_eq!((behind(&people, "mori"), behind(&people, "sato")), ("second".to_owned(), "boss".to_owned()));
        assert!(!people.vouch("own", "audit", 1).unwrap(), "nobody is behind it");
        people.set_by("second", Some("boss")).unwrap();
        assert_eq!(behind(&people, "mori"), "boss", "changed again");
    }
}
