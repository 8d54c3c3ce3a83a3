//! What the store says when it cannot.

use std::path::PathBuf;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be used.
    #[error("the folder `{}` cannot be used: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another server runs on it.
    #[error("another server runs on `{}`; stop it first, or give this one a folder of its own", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// Written by a later version.
    #[error("the store has format {found}; this version knows up to {known}: use the newer version of entente")]
    Newer {
        /// The format found.
        found: i64,
        /// The last format known.
        known: i64,
    },
    /// Written by an earlier version, and not brought up to date yet.
    #[error(
        "the store has format {found}, this version reads {known}: start its node once, which brings it up to date"
    )]
    Older {
        /// The format found.
        found: i64,
        /// The format that is read.
        known: i64,
    },
    /// No room left.
    #[error("the disk is full: nothing of this was kept; free some space and try again")]
    Full,
    /// What is there is not what was written.
    #[error("the store is damaged ({0}); restore it from a back-up")]
    Damaged(String),
    /// Anything else that SQLite says.
    #[error("the store: {0}")]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                Self::Damaged(error.to_string())
            }
            _ => Self::Sqlite(error),
        }
    }
}
