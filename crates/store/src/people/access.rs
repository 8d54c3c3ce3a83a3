//! How people come in: sessions, tokens, one-time links, and browsers that were let in before. Of each secret only its
//! SHA-256 is here.

use rusqlite::{OptionalExtension, Row, params};

use super::{People, list, text_of};
use crate::StoreError;

/// A session that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSession {
    /// Whose it is.
    pub user: String,
    /// With what that person came in.
    pub way: String,
    /// Whether it may do nothing but set up a second factor.
    pub enrolling: bool,
    /// When it began, in seconds since the epoch.
    pub created: i64,
    /// When it was used last, within a minute.
    pub seen: i64,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// SHA-256 of its cookie.
    pub hash: [u8; 32],
    /// With what that person came in.
    pub way: String,
    /// Whether it may do nothing but set up a second factor.
    pub enrolling: bool,
    /// When it began, in seconds since the epoch.
    pub created: i64,
    /// When it was used last, within a minute.
    pub seen: i64,
}

/// A token as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Whose it is.
    pub user: String,
    /// Its name.
    pub name: String,
    /// The roles that it may use, where its owner has them.
    pub roles: Vec<String>,
    /// Whether it may only read.
    pub read_only: bool,
    /// When it was made, in seconds since the epoch.
    pub created: i64,
    /// The last moment at which it counts.
    pub expires: i64,
    /// When it was used last, within a minute.
    pub used: Option<i64>,
}

/// A new token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken<'a> {
    /// SHA-256 of it.
    pub hash: [u8; 32],
    /// Its name.
    pub name: &'a str,
    /// The roles that it may use.
    pub roles: &'a [String],
    /// Whether it may only read.
    pub read_only: bool,
    /// The last moment at which it counts, in seconds since the epoch.
    pub expires: i64,
}

const TOKEN: &str = "SELECT user, name, roles, read_only, created, expires, used FROM token";

fn token(row: &Row<'_>) -> rusqlite::Result<TokenRow> {
    Ok(TokenRow {
        user: row.get(0)?,
        name: row.get(1)?,
        roles: list(&row.get::<_, String>(2)?),
        read_only: row.get(3)?,
        created: row.get(4)?,
        expires: row.get(5)?,
        used: row.get(6)?,
    })
}

impl People {
    /// Keeps a new session of an account that is still as it was when its credentials were looked at: at that `revision`, and
    /// not disabled. Whether it was; what was reset meanwhile lets nobody in.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn begin_session(
        &mut self,
        hash: &[u8; 32],
        (user, revision): (&str, i64),
        way: &str,
        enrolling: bool,
        now: i64,
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO session (hash, user, way, enrolling, created, seen)
                   SELECT ?1, name, ?2, ?3, ?4, ?4 FROM user WHERE name = ?5 AND revision = ?6 AND disabled IS NULL";
        Ok(self.connection.prepare_cached(sql)?.execute(params![hash, way, enrolling, now, user, revision])? == 1)
    }

    /// The session with that hash.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn session(&self, hash: &[u8; 32]) -> Result<Option<FoundSession>, StoreError> {
        let sql = "SELECT user, way, enrolling, created, seen FROM session WHERE hash = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let row = statement.query_row([hash], |row| {
            Ok(FoundSession {
                user: row.get(0)?,
                way: row.get(1)?,
                enrolling: row.get(2)?,
                created: row.get(3)?,
                seen: row.get(4)?,
            })
        });
        Ok(row.optional()?)
    }

    /// A session was used.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn session_seen(&mut self, hash: &[u8; 32], now: i64) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("UPDATE session SET seen = max(seen, ?) WHERE hash = ?")?
            .execute(params![now, hash])?;
        Ok(())
    }

    /// Ends a session: whose it was, where there was one.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn end_session(&mut self, hash: &[u8; 32]) -> Result<Option<String>, StoreError> {
        let mut statement = self.connection.prepare_cached("DELETE FROM session WHERE hash = ? RETURNING user")?;
        Ok(statement.query_row([hash], |row| row.get(0)).optional()?)
    }

    /// The sessions of an account, the latest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn sessions(&self, user: &str) -> Result<Vec<SessionRow>, StoreError> {
        let sql = "SELECT hash, way, enrolling, created, seen FROM session WHERE user = ? ORDER BY created DESC, hash";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([user], |row| {
            Ok(SessionRow {
                hash: row.get(0)?,
                way: row.get(1)?,
                enrolling: row.get(2)?,
                created: row.get(3)?,
                seen: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Ends every session of an account.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn end_sessions(&mut self, user: &str) -> Result<usize, StoreError> {
        Ok(self.connection.execute("DELETE FROM session WHERE user = ?", [user])?)
    }

    /// Forgets what is over: sessions that began before `began` or were last used before `used`, tokens,
    /// certificates, links and browsers that count no more, and answers from before `answered`. All in seconds since the epoch.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn forget(&mut self, began: i64, used: i64, answered: i64, now: i64) -> Result<(), StoreError> {
        self.whole(|people| {
            people.connection.execute("DELETE FROM session WHERE created < ? OR seen < ?", [began, used])?;
            people.connection.execute("DELETE FROM token WHERE expires < ?", [now])?;
            people.connection.execute("DELETE FROM certificate WHERE expires < ?", [now])?;
            people.connection.execute("DELETE FROM invitation WHERE expires < ?", [now])?;
            people.connection.execute("DELETE FROM browser WHERE expires < ?", [now])?;
            people.connection.execute("DELETE FROM once WHERE at < ?", [answered])?;
            Ok(())
        })
    }

    /// Keeps a new token; whether its owner had none of that name.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn add_token(&mut self, user: &str, new: &NewToken<'_>, now: i64) -> Result<bool, StoreError> {
        let sql =
            "INSERT INTO token (hash, user, name, roles, read_only, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?)
                   ON CONFLICT DO NOTHING";
        let row = params![new.hash, user, new.name, text_of(new.roles), new.read_only, now, new.expires];
        Ok(self.connection.execute(sql, row)? == 1)
    }

    /// The token with that hash.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn token(&self, hash: &[u8; 32]) -> Result<Option<TokenRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!("{TOKEN} WHERE hash = ?"))?;
        Ok(statement.query_row([hash], token).optional()?)
    }

    /// A token was used.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn token_used(&mut self, hash: &[u8; 32], now: i64) -> Result<(), StoreError> {
        self.connection.execute("UPDATE token SET used = ? WHERE hash = ?", params![now, hash])?;
        Ok(())
    }

    /// The tokens of an account, by name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn tokens(&self, user: &str) -> Result<Vec<TokenRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!("{TOKEN} WHERE user = ? ORDER BY name"))?;
        let rows = statement.query_map([user], token)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes a token away; whether there was one.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn remove_token(&mut self, user: &str, name: &str) -> Result<bool, StoreError> {
        Ok(self.connection.execute("DELETE FROM token WHERE user = ? AND name = ?", [user, name])? == 1)
    }

    /// Keeps a one-time link; an earlier one of the same account counts no more.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn invite(&mut self, hash: &[u8; 32], user: &str, expires: i64) -> Result<(), StoreError> {
        self.whole(|people| {
            people.connection.execute("DELETE FROM invitation WHERE user = ?", [user])?;
            people.connection.execute(
                "INSERT INTO invitation (hash, user, expires) VALUES (?, ?, ?)",
                params![hash, user, expires],
            )?;
            Ok(())
        })
    }

    /// Whose link it is, while it counts.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn invited(&self, hash: &[u8; 32], now: i64) -> Result<Option<String>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT user FROM invitation WHERE hash = ? AND expires >= ?")?;
        Ok(statement.query_row(params![hash, now], |row| row.get(0)).optional()?)
    }

    /// Uses a one-time link to set a password: whose it was, while it counted. It counts no more.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn accept(&mut self, hash: &[u8; 32], password: &str, now: i64) -> Result<Option<String>, StoreError> {
        self.whole(|people| {
            let user: Option<String> = people
                .connection
                .query_row(
                    "DELETE FROM invitation WHERE hash = ? AND expires >= ? RETURNING user",
                    params![hash, now],
                    |row| row.get(0),
                )
                .optional()?;
            if let Some(user) = &user {
                people.connection.execute(
                    "UPDATE user SET password = ?, revision = revision + 1 WHERE name = ?",
                    [password, user],
                )?;
                people.connection.execute("DELETE FROM session WHERE user = ?", [user])?;
            }
            Ok(user)
        })
    }

    /// A browser has let an account in, and is known for it until `expires`.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn know_browser(&mut self, hash: &[u8; 32], user: &str, expires: i64) -> Result<(), StoreError> {
        let sql = "INSERT INTO browser (hash, user, expires) VALUES (?, ?, ?)
                   ON CONFLICT DO UPDATE SET user = excluded.user, expires = excluded.expires";
        self.connection.execute(sql, params![hash, user, expires])?;
        Ok(())
    }

    /// Whether a browser has let that account in before.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn knows_browser(&self, hash: &[u8; 32], user: &str, now: i64) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM browser WHERE hash = ? AND user = ? AND expires >= ?";
        Ok(self.connection.prepare_cached(sql)?.exists(params![hash, user, now])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{StorageKey, people::Rights};

    #[test]
    fn who_was_reset_or_disabled_meanwhile_does_not_come_in() {
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
        people.add_user("ana", &rights, 0).unwrap();
        people.set_password("ana", "a hash").unwrap();
        let revision = |people: &People| people.user("ana").unwrap().unwrap().revision;
        let seen = revision(&people);
        people.reset("ana").unwrap();
        assert!(!people.begin_session(&[1; 32], ("ana", seen), "password", true, 1).unwrap());
        assert!(people.session(&[1; 32]).unwrap().is_none());
        let seen = revision(&people);
        people.set_disabled("ana", Some(1)).unwrap();
        assert!(!people.begin_session(&[1; 32], ("ana", seen), "passkey", false, 1).unwrap());
        let seen = revision(&people);
        assert!(!people.begin_session(&[1; 32], ("ana", seen), "passkey", false, 1).unwrap(), "it is disabled");
        people.set_disabled("ana", None).unwrap();
        let seen = revision(&people);
        assert!(people.begin_session(&[1; 32], ("ana", seen), "passkey", false, 1).unwrap());
        assert_eq!(people.session(&[1; 32]).unwrap().unwrap().user, "ana");
    }
}
