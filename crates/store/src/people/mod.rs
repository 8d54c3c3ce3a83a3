//! Who may use the node and how each proves it: accounts, credentials, sessions, tokens. A file of its own beside the store
//! (`people.sqlite`), with a writer of its own: it is operational, changes with every click, and is no part of the node's
//! fold ([why](../../../../docs/decisions/0046-people-beside-the-store.md)). What people did is not here but in the ledger.
//!
//! Nothing here checks a password or a role. Key type: [`People`].

mod access;
mod certificate;
mod job;
mod once;
mod passkey;
mod vouch;

use std::{
    panic::{self, AssertUnwindSafe},
    path::Path,
};

pub use access::{FoundSession, NewToken, SessionRow, TokenRow};
pub use certificate::CertificateRow;
pub use job::JobRow;
pub use once::Before;
pub use passkey::PasskeyRow;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, config::DbConfig, params};

use crate::{StorageKey, StoreError};

/// The name of the file.
pub const FILE: &str = "people.sqlite";
/// `Entp`: tells other tools whose file this is.
const APPLICATION: i64 = 0x456e_7470;
const MIGRATIONS: [&str; 4] = [
    include_str!("../../migrations/people/0001.sql"),
    include_str!("../../migrations/people/0002.sql"),
    include_str!("../../migrations/people/0003.sql"),
    include_str!("../../migrations/people/0004.sql"),
];

/// The accounts of a node.
pub struct People {
    connection: Connection,
    storage: StorageKey,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// Its name.
    pub name: String,
    /// Its roles, in words.
    pub roles: Vec<String>,
    /// The level it is cleared to, as a banner.
    pub clearance: String,
    /// What it needs to know; `*` alone for anything.
    pub subjects: Vec<String>,
    /// The code of its party.
    pub nationality: String,
    /// Whether it acts in an official duty.
    pub official_duty: bool,
    /// When it was made, in seconds since the epoch.
    pub created: i64,
    /// Since when it is disabled, in seconds since the epoch.
    pub disabled: Option<i64>,
    /// Changes with every change.
    pub revision: i64,
    /// Whether it has a password.
    pub has_password: bool,
    /// Whether it has a time-based code.
    pub has_totp: bool,
    /// How many passkeys it has.
    pub passkeys: u64,
    /// How many certificates are bound to it, also such as count no more.
    pub certificates: u64,
    /// Issuer and subject at an OpenID Connect provider.
    pub external: Option<(String, String)>,
    /// Which administrator set it last: added it, changed its rights or took its credentials away. None where it was
    /// the operator.
    pub set_by: Option<String>,
    /// Who else has looked at it since.
    pub vouched_by: Option<String>,
}

/// What an account may do, as an administrator sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Its roles, in words.
    pub roles: Vec<String>,
    /// The level it is cleared to, as a banner.
    pub clearance: String,
    /// What it needs to know; `*` alone for anything.
    pub subjects: Vec<String>,
    /// The code of its party.
    pub nationality: String,
    /// Whether it acts in an official duty.
    pub official_duty: bool,
    /// Issuer and subject at an OpenID Connect provider.
    pub external: Option<(String, String)>,
}

/// The secret of an app's codes, and the last step whose code was used.
pub type Totp = (zeroize::Zeroizing<Vec<u8>>, i64);

const USER: &str = "SELECT name, roles, clearance, subjects, nationality, official_duty, created, disabled, revision, \
    password IS NOT NULL, totp IS NOT NULL, (SELECT count(*) FROM passkey WHERE passkey.user = user.name), external, \
    set_by, vouched_by, (SELECT count(*) FROM certificate WHERE certificate.user = user.name) FROM user";

fn list(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}

fn text_of(items: &[String]) -> String {
    serde_json::to_string(items).unwrap_or_default()
}

fn user(row: &Row<'_>) -> rusqlite::Result<UserRow> {
    let external: Option<String> = row.get(12)?;
    Ok(UserRow {
        name: row.get(0)?,
        roles: list(&row.get::<_, String>(1)?),
        clearance: row.get(2)?,
        subjects: list(&row.get::<_, String>(3)?),
        nationality: row.get(4)?,
        official_duty: row.get(5)?,
        created: row.get(6)?,
        disabled: row.get(7)?,
        revision: row.get(8)?,
        has_password: row.get(9)?,
        has_totp: row.get(10)?,
        passkeys: crate::read::index(row.get(11)?),
        external: external.and_then(|text| serde_json::from_str(&text).ok()),
        set_by: row.get(13)?,
        vouched_by: row.get(14)?,
        certificates: crate::read::index(row.get(15)?),
    })
}

impl People {
    /// Opens the accounts in `folder`, made anew when there are none. Secrets that must be read again are sealed under
    /// `storage`.
    ///
    /// # Errors
    /// When the disk refuses, or the file is of a later version.
    pub fn open(folder: &Path, storage: &StorageKey) -> Result<Self, StoreError> {
        let mut connection = Connection::open(folder.join(FILE))?;
        // Else a statement is planned anew whenever it is given other values.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        connection.pragma_update(None, "secure_delete", "ON")?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or_default()) {
            transaction.execute_batch(migration)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", known)?;
        transaction.commit()?;
        Ok(Self { connection, storage: storage.clone() })
    }

    /// Does all of `work` or nothing of it, also where a part of it is such a whole itself.
    ///
    /// # Errors
    /// Those of `work`; when it cannot be kept.
    pub fn whole<T, E: From<StoreError>>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        if !self.connection.is_autocommit() {
            return work(self);
        }
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(StoreError::from)?;
        // Whatever stops half-way, nothing that comes later becomes a part of it.
        let done = panic::catch_unwind(AssertUnwindSafe(|| work(self)));
        let is_done = matches!(done, Ok(Ok(_)));
        let kept = match is_done {
            true => self.connection.execute_batch("COMMIT"),
            false => Ok(()),
        };
        if !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK").map_err(StoreError::from)?;
        }
        let done = done.unwrap_or_else(|cause| panic::resume_unwind(cause))?;
        kept.map_err(StoreError::from)?;
        Ok(done)
    }

    /// Every account, by name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!("{USER} ORDER BY name"))?;
        let rows = statement.query_map([], user)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// An account.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn user(&self, name: &str) -> Result<Option<UserRow>, StoreError> {
        Ok(self.connection.prepare_cached(&format!("{USER} WHERE name = ?"))?.query_row([name], user).optional()?)
    }

    /// The account that a provider's subject stands for.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn user_of(&self, issuer: &str, subject: &str) -> Result<Option<UserRow>, StoreError> {
        let external = serde_json::json!([issuer, subject]).to_string();
        let mut statement = self.connection.prepare_cached(&format!("{USER} WHERE external = ?"))?;
        Ok(statement.query_row([external], user).optional()?)
    }

    /// Adds an account, without any credential; whether there was none of that name.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn add_user(&mut self, name: &str, rights: &Rights, now: i64) -> Result<bool, StoreError> {
        let external = external(rights);
        let added = self.connection.execute(
            "INSERT INTO user (name, roles, clearance, subjects, nationality, official_duty, created, revision, external)
             VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?) ON CONFLICT DO NOTHING",
            params![
                name,
                text_of(&rights.roles),
                rights.clearance,
                text_of(&rights.subjects),
                rights.nationality,
                rights.official_duty,
                now,
                external
            ],
        )?;
        Ok(added == 1)
    }

    /// Sets what an account may do, where its revision is still `revision`; its sessions and tokens end, so that nothing
    /// goes on with what was taken away. Whether it was.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn set_rights(&mut self, name: &str, rights: &Rights, revision: i64) -> Result<bool, StoreError> {
        let external = external(rights);
        self.whole(|people| {
            let set = people.connection.execute(
                "UPDATE user SET roles = ?, clearance = ?, subjects = ?, nationality = ?, official_duty = ?, external = ?,
                 revision = revision + 1 WHERE name = ? AND revision = ?",
                params![
                    text_of(&rights.roles),
                    rights.clearance,
                    text_of(&rights.subjects),
                    rights.nationality,
                    rights.official_duty,
                    external,
                    name,
                    revision
                ],
            )?;
            if set == 1 {
                people.connection.execute("DELETE FROM session WHERE user = ?", [name])?;
                people.connection.execute("DELETE FROM token WHERE user = ?", [name])?;
            }
            Ok(set == 1)
        })
    }

    /// Disables an account from `disabled` on, or enables it again. Its sessions, tokens and links end.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn set_disabled(&mut self, name: &str, disabled: Option<i64>) -> Result<bool, StoreError> {
        self.whole(|people| {
            let set = people.connection.execute(
                "UPDATE user SET disabled = ?, revision = revision + 1 WHERE name = ?",
                params![disabled, name],
            )?;
            for table in ["session", "token", "invitation", "browser"] {
                people.connection.execute(&format!("DELETE FROM {table} WHERE user = ?"), [name])?;
            }
            Ok(set == 1)
        })
    }

    /// Disables every account, as from a back-up: who was shut out since it was made must not come in by it. How many there are.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn disable_all(&mut self, disabled: i64) -> Result<usize, StoreError> {
        let sql = "UPDATE user SET disabled = coalesce(disabled, ?), revision = revision + 1";
        Ok(self.connection.execute(sql, [disabled])?)
    }

    /// Takes every credential of an account away, with its sessions and tokens: a new link lets its owner begin again.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn reset(&mut self, name: &str) -> Result<bool, StoreError> {
        self.whole(|people| {
            let set = people.connection.execute(
                "UPDATE user SET password = NULL, totp = NULL, totp_step = NULL, revision = revision + 1 WHERE name = ?",
                [name],
            )?;
            for table in ["session", "token", "invitation", "browser", "passkey", "certificate"] {
                people.connection.execute(&format!("DELETE FROM {table} WHERE user = ?"), [name])?;
            }
            Ok(set == 1)
        })
    }

    /// The hash of an account's password, and since when it is disabled.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn password(&self, name: &str) -> Result<Option<String>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT password FROM user WHERE name = ?")?;
        Ok(statement.query_row([name], |row| row.get(0)).optional()?.flatten())
    }

    /// Sets the hash of an account's password. Its sessions and tokens end, and no browser is known for it any more: whoever
    /// changes a password may do so because somebody else came in.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn set_password(&mut self, name: &str, hash: &str) -> Result<(), StoreError> {
        self.whole(|people| {
            people
                .connection
                .execute("UPDATE user SET password = ?, revision = revision + 1 WHERE name = ?", [hash, name])?;
            for table in ["session", "token", "browser"] {
                people.connection.execute(&format!("DELETE FROM {table} WHERE user = ?"), [name])?;
            }
            Ok(())
        })
    }

    /// The secret of an account's time-based codes, and the last step whose code was used.
    ///
    /// # Errors
    /// When it cannot be read, or was sealed under another key.
    pub fn totp(&self, name: &str) -> Result<Option<Totp>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT totp, totp_step FROM user WHERE name = ?")?;
        let row = statement.query_row([name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((Some(sealed), step)): Option<(Option<Vec<u8>>, Option<i64>)> = row else { return Ok(None) };
        Ok(Some((self.storage.open_small(name, sealed)?, step.unwrap_or_default())))
    }

    /// Sets that secret, or takes it away.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn set_totp(&mut self, name: &str, secret: Option<&[u8]>) -> Result<(), StoreError> {
        let sealed = secret.map(|secret| self.storage.seal_small(name, secret)).transpose()?;
        self.connection.execute(
            "UPDATE user SET totp = ?, totp_step = NULL, revision = revision + 1 WHERE name = ?",
            params![sealed, name],
        )?;
        Ok(())
    }

    /// Uses the code of a step; whether it and no later one was used before.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn use_totp(&mut self, name: &str, step: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE user SET totp_step = ? WHERE name = ? AND coalesce(totp_step, -1) < ?";
        Ok(self.connection.execute(sql, params![step, name, step])? == 1)
    }
}

fn external(rights: &Rights) -> Option<String> {
    rights.external.as_ref().map(|(issuer, subject)| serde_json::json!([issuer, subject]).to_string())
}
