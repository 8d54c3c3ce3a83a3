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
    /// It says that it has a format, and its tables are not those of that format.
    #[error(
        "the store says that it has format {found}, but its tables are not those of that format ({message}); nothing in it \
         was changed: open it with the program that wrote it, or restore a back-up"
    )]
    Foreign {
        /// The format that it says.
        found: i64,
        /// What does not fit.
        message: String,
    },
    /// The secrets that open contents are not there.
    #[error(
        "`{}` is missing, without which no content can be opened; put it back from where the erasure keys are kept \
         with the back-ups",
        path.display()
    )]
    NoSecrets {
        /// The file.
        path: PathBuf,
    },
    /// Written with another storage key.
    #[error(
        "`{}` belongs to another storage key; put the file `storage.key` back that this store was written with",
        path.display()
    )]
    OtherKey {
        /// The file.
        path: PathBuf,
    },
    /// The heads beside the store cannot be written or read.
    #[error("`{}`: {message}; what was just kept counts, and the next start goes on from it", path.display())]
    Heads {
        /// The file.
        path: PathBuf,
        /// What the system says.
        message: String,
    },
    /// A content was asked for by who has no key.
    #[error("contents are encrypted, and this reader has no storage key")]
    NoKey,
    /// The cryptographic library or the system's randomness fails.
    #[error("the system does not encrypt; restart the machine, and look at its log when that does not help")]
    Cipher,
    /// No room left.
    #[error("the disk is full: nothing of this was kept; free some space and try again")]
    Full,
    /// What is there is not what was written.
    #[error("the store is damaged ({0}); restore it from a back-up")]
    Damaged(String),
    /// What was called back is marked as destroyed, and its secrets are still there.
    #[error("what was called back could not be destroyed ({0}); free some space and start the node again")]
    Undestroyed(String),
    /// Another server keeps its store in that schema.
    #[error("another server keeps its store in {at}; stop it first, or give this one a schema of its own")]
    DatabaseInUse {
        /// Where.
        at: String,
    },
    /// What says where the store is.
    #[error("`{}`: {message}", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// Nobody answers there, or not to us.
    #[error("{at} cannot be reached: {message}; look whether the server runs, and what it says in its log")]
    Unreachable {
        /// Where.
        at: String,
        /// What the system or the server says.
        message: String,
    },
    /// The server does not keep what it acknowledges, or not as it was given.
    #[error("{at} cannot keep a store: {message}")]
    Unfit {
        /// Where.
        at: String,
        /// What to change.
        message: String,
    },
    /// The session has ended, and with it what says that there is no other writer.
    #[error(
        "the connection to {at} was lost; what was being kept is there as a whole, or not at all: the next start of the node \
         sees which"
    )]
    Lost {
        /// Where.
        at: String,
    },
    /// Anything else that PostgreSQL says.
    #[error("{at}: {message}")]
    Postgres {
        /// Where.
        at: String,
        /// What it says.
        message: String,
    },
    /// Where a store is to go there is one.
    #[error("{what} is there already; name another place, or take it away first")]
    IsThere {
        /// What.
        what: String,
    },
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
