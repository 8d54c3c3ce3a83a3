//! Passkeys: the public keys with which people prove who they are.

use rusqlite::{OptionalExtension, Row, params};

use super::People;
use crate::StoreError;

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyRow {
    /// The credential's id, as the authenticator chose it.
    pub id: Vec<u8>,
    /// Whose it is.
    pub user: String,
    /// Its name, for its owner.
    pub name: String,
    /// Its public key (COSE).
    pub public_key: Vec<u8>,
    /// How often it was used, as the authenticator counts; 0 where it does not.
    pub sign_count: u32,
    /// When it was added, in seconds since the epoch.
    pub created: i64,
    /// When it was used last.
    pub used: Option<i64>,
}

const PASSKEY: &str = "SELECT id, user, name, public_key, sign_count, created, used FROM passkey";

fn passkey(row: &Row<'_>) -> rusqlite::Result<PasskeyRow> {
    Ok(PasskeyRow {
        id: row.get(0)?,
        user: row.get(1)?,
        name: row.get(2)?,
        public_key: row.get(3)?,
        sign_count: row.get(4)?,
        created: row.get(5)?,
        used: row.get(6)?,
    })
}

impl People {
    /// The passkeys of an account, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn passkeys(&self, user: &str) -> Result<Vec<PasskeyRow>, StoreError> {
        let mut statement =
            self.connection.prepare_cached(&format!("{PASSKEY} WHERE user = ? ORDER BY created, id"))?;
        let rows = statement.query_map([user], passkey)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The passkey with that id.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn passkey(&self, id: &[u8]) -> Result<Option<PasskeyRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!("{PASSKEY} WHERE id = ?"))?;
        Ok(statement.query_row([id], passkey).optional()?)
    }

    /// Keeps a passkey; whether its id was new.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn add_passkey(&mut self, row: &PasskeyRow) -> Result<bool, StoreError> {
        let sql = "INSERT INTO passkey (id, user, name, public_key, sign_count, created) VALUES (?, ?, ?, ?, ?, ?)
                   ON CONFLICT DO NOTHING";
        let values = params![row.id, row.user, row.name, row.public_key, row.sign_count, row.created];
        Ok(self.connection.execute(sql, values)? == 1)
    }

    /// A passkey was used: whether its counter, where it counts, went on. One that stands still or goes back may be a copy.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn passkey_used(&mut self, id: &[u8], sign_count: u32, now: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE passkey SET sign_count = ?1, used = ?2
                   WHERE id = ?3 AND (sign_count < ?1 OR (sign_count = 0 AND ?1 = 0))";
        Ok(self.connection.execute(sql, params![sign_count, now, id])? == 1)
    }

    /// Takes a passkey away; whether there was one.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn remove_passkey(&mut self, user: &str, id: &[u8]) -> Result<bool, StoreError> {
        Ok(self.connection.execute("DELETE FROM passkey WHERE user = ? AND id = ?", params![user, id])? == 1)
    }
}
