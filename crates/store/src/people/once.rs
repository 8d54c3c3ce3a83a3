//! Writes that may be sent again (`Idempotency-Key`): what was answered the first time.

use rusqlite::{OptionalExtension, params};

use super::People;
use crate::StoreError;

/// What is known of a write with that key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing: this is the first, and it is noted now.
    First,
    /// It was another request.
    Other,
    /// It was this one, and what came of it is not known: it is under way, or a crash came between.
    Unknown,
    /// It was this one, and this was answered: the status and the body.
    Answered(u16, Vec<u8>),
}

/// A digest of the request, and what was answered.
type Noted = ([u8; 32], Option<u16>, Option<Vec<u8>>);

impl People {
    /// Notes that a write begins; `request` is a digest of what is asked for.
    ///
    /// # Errors
    /// When it cannot be kept: then it must not be done.
    pub fn begin_once(&mut self, user: &str, key: &str, request: &[u8; 32], now: i64) -> Result<Before, StoreError> {
        let sql = "INSERT INTO once (user, key, request, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
        if self.connection.execute(sql, params![user, key, request, now])? == 1 {
            return Ok(Before::First);
        }
        let sql = "SELECT request, status, body FROM once WHERE user = ? AND key = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let row = statement.query_row([user, key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        let row: Option<Noted> = row.optional()?;
        Ok(match row {
            Some((known, ..)) if known != *request => Before::Other,
            Some((_, Some(status), body)) => Before::Answered(status, body.unwrap_or_default()),
            _ => Before::Unknown,
        })
    }

    /// Notes what was answered.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn end_once(&mut self, user: &str, key: &str, status: u16, body: &[u8]) -> Result<(), StoreError> {
        let sql = "UPDATE once SET status = ?, body = ? WHERE user = ? AND key = ?";
        self.connection.execute(sql, params![status, body, user, key])?;
        Ok(())
    }

    /// Forgets a write of which nothing came, so that it may be tried again under the same key.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn forget_once(&mut self, user: &str, key: &str) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM once WHERE user = ? AND key = ?", [user, key])?;
        Ok(())
    }
}
