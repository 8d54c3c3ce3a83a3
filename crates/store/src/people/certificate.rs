//! Certificates of TLS with which accounts come in over TAXII. Of each only the SHA-256 of its public key
//! (SubjectPublicKeyInfo) is here: a certificate that is made anew for the same key goes on counting.

use rusqlite::{OptionalExtension, Row, params};

use super::People;
use crate::StoreError;

/// A certificate that is bound to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRow {
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub spki: [u8; 32],
    /// Whose it is.
    pub user: String,
    /// Its name.
    pub name: String,
    /// When it was bound, in seconds since the epoch.
    pub created: i64,
    /// The last moment at which it counts.
    pub expires: i64,
    /// When it was used last, within a minute.
    pub used: Option<i64>,
}

const CERTIFICATE: &str = "SELECT spki, user, name, created, expires, used FROM certificate";

/// What an editor has seen of the account is another then.
const REVISED: &str = "UPDATE user SET revision = revision + ? WHERE name = ?";

fn certificate(row: &Row<'_>) -> rusqlite::Result<CertificateRow> {
    Ok(CertificateRow {
        spki: row.get(0)?,
        user: row.get(1)?,
        name: row.get(2)?,
        created: row.get(3)?,
        expires: row.get(4)?,
        used: row.get(5)?,
    })
}

impl People {
    /// The certificates of an account, by name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn certificates(&self, user: &str) -> Result<Vec<CertificateRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!("{CERTIFICATE} WHERE user = ? ORDER BY name"))?;
        let rows = statement.query_map([user], certificate)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The certificate with that public key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn certificate(&self, spki: &[u8; 32]) -> Result<Option<CertificateRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!("{CERTIFICATE} WHERE spki = ?"))?;
        Ok(statement.query_row([spki], certificate).optional()?)
    }

    /// Binds a certificate to an account; whether its key was nobody's that counts at `created`, and its name free. A key whose
    /// binding is over may be bound anew.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn bind(&mut self, row: &CertificateRow) -> Result<bool, StoreError> {
        self.whole(|people| {
            people.connection.execute(
                "DELETE FROM certificate WHERE expires < ?1 AND (spki = ?2 OR (user = ?3 AND name = ?4))",
                params![row.created, row.spki, row.user, row.name],
            )?;
            let bound = people.connection.execute(
                "INSERT INTO certificate (spki, user, name, created, expires) VALUES (?, ?, ?, ?, ?)
                 ON CONFLICT DO NOTHING",
                params![row.spki, row.user, row.name, row.created, row.expires],
            )?;
            people.connection.execute(REVISED, params![i64::from(bound == 1), row.user])?;
            Ok(bound == 1)
        })
    }

    /// Takes a certificate away from an account; whether there was one of that name.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn unbind(&mut self, user: &str, name: &str) -> Result<bool, StoreError> {
        self.whole(|people| {
            let sql = "DELETE FROM certificate WHERE user = ? AND name = ?";
            let gone = people.connection.execute(sql, [user, name])?;
            people.connection.execute(REVISED, params![i64::from(gone == 1), user])?;
            Ok(gone == 1)
        })
    }

    /// A certificate was used.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn certificate_used(&mut self, spki: &[u8; 32], now: i64) -> Result<(), StoreError> {
        self.connection.execute("UPDATE certificate SET used = ? WHERE spki = ?", params![now, spki])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{StorageKey, people::Rights};

    #[test]
    fn a_key_is_one_account_s_until_its_time_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let mut people = People::open(folder.path(), &StorageKey::from_seed(&[1; 32])).unwrap();
        let rights = Rights {
            roles: Vec::new(),
            clearance: "SECRET".to_owned(),
            subjects: Vec::new(),
            nationality: "KOR".to_owned(),
            official_duty: false,
            external: None,
        };
        for name in ["ana", "bob"] {
            people.add_user(name, &rights, 0).unwrap();
        }
        let row = |user: &str, name: &str, spki: u8, created: i64| CertificateRow {
            spki: [spki; 32],
            user: user.to_owned(),
            name: name.to_owned(),
            created,
            expires: created + 10,
            used: None,
        };
        assert!(people.bind(&row("ana", "feed", 1, 0)).unwrap());
        assert!(!people.bind(&row("bob", "feed", 1, 0)).unwrap(), "the key is another's");
        assert!(!people.bind(&row("ana", "feed", 2, 0)).unwrap(), "the name is taken");
        assert!(people.bind(&row("bob", "feed", 2, 0)).unwrap());
        let user = people.user("ana").unwrap().unwrap();
        assert_eq!((user.certificates, user.revision), (1, 2), "what was looked at before is another account");
        assert!(!people.bind(&row("bob", "other", 1, 10)).unwrap(), "it counts still");
        assert!(people.bind(&row("bob", "other", 1, 11)).unwrap());
        assert_eq!(people.certificate(&[1; 32]).unwrap().unwrap().user, "bob");
        assert!(!people.unbind("ana", "feed").unwrap());
        assert!(people.unbind("bob", "feed").unwrap());
        people.reset("bob").unwrap();
        assert!(people.certificates("bob").unwrap().is_empty(), "a reset takes every credential");
    }
}
