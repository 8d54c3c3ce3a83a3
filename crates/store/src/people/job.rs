//! Long work that people began: kept, so that it is found again after a stop of the node.

use rusqlite::params;
use zeroize::Zeroizing;

use super::People;
use crate::{StoreError, read::index};

/// Long work, as it is kept.
pub struct JobRow {
    /// Its number.
    pub id: u64,
    /// The name of who began it.
    pub user: String,
    /// What was kept of it.
    pub text: Zeroizing<Vec<u8>>,
}

/// What seals nothing else.
fn owner(user: &str) -> String {
    format!("job of {user}")
}

impl People {
    /// Keeps new work; its number.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn add_job(&mut self, user: &str, text: &[u8]) -> Result<u64, StoreError> {
        let sealed = self.storage.seal_small(&owner(user), text)?;
        self.connection.execute("INSERT INTO job (user, sealed) VALUES (?, ?)", params![user, sealed])?;
        Ok(index(self.connection.last_insert_rowid()))
    }

    /// Keeps how work stands now.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn set_job(&mut self, id: u64, user: &str, text: &[u8]) -> Result<(), StoreError> {
        let sealed = self.storage.seal_small(&owner(user), text)?;
        let sql = "UPDATE job SET sealed = ? WHERE id = ? AND user = ?";
        self.connection.execute(sql, params![sealed, i64::try_from(id).unwrap_or(i64::MAX), user])?;
        Ok(())
    }

    /// Forgets work.
    ///
    /// # Errors
    /// When it cannot be forgotten.
    pub fn remove_job(&mut self, id: u64) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM job WHERE id = ?", [i64::try_from(id).unwrap_or(i64::MAX)])?;
        Ok(())
    }

    /// All work that is kept, by number. What was sealed under another key is not there: it is of no use to anybody.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn jobs(&self) -> Result<Vec<JobRow>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT id, user, sealed FROM job ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let rows: Vec<(i64, String, Vec<u8>)> = rows.collect::<Result<_, _>>()?;
        let open = |(id, user, sealed): (i64, String, Vec<u8>)| {
            let text = self.storage.open_small(&owner(&user), sealed).ok()?;
            Some(JobRow { id: index(id), user, text })
        };
        Ok(rows.into_iter().filter_map(open).collect())
    }
}
