//! How far a collection of another server was followed, in a file in the node's data folder.
//!
//! It spares work, and nothing rests on it: what is pulled is a record by its bytes, and enters once whatever this file says
//! (`docs/decisions/0075-pulled-objects.md`). It is replaced whole, and locked while somebody follows that collection.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use entente_formats::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::failure::Failure;

const SCHEMA: &str = "entente.taxii-checkpoint/1";

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Known {
    schema: String,
    /// The collection's address.
    collection: String,
    /// Pulled up to here: a moment of the server.
    pub(super) after: Option<String>,
    /// Pushed: contents of records, by SHA-256.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) pushed: BTreeSet<String>,
}

/// The file of one collection, held until this is dropped.
pub(super) struct Checkpoint {
    path: PathBuf,
    pub(super) known: Known,
    _lock: File,
}

impl Checkpoint {
    /// Opens the file of a collection.
    pub(super) fn open(data: &Path, what: &str, collection: &str) -> Result<Self, Failure> {
        let folder = data.join("taxii-client");
        let cannot = |error: &dyn std::error::Error| Failure::caused(format!("`{}`", folder.display()), error);
        fs::create_dir_all(&folder).map_err(|error| cannot(&error))?;
        let name = hex::encode(&Sha256::digest(collection.as_bytes()));
        let path = folder.join(format!("{what}-{}.json", name.get(..32).unwrap_or_default()));
        let lock = File::create(path.with_extension("lock")).map_err(|error| cannot(&error))?;
        if lock.try_lock().is_err() {
            return Err(
                Failure::new(format!("`{collection}` is being followed already")).help("wait until that is done")
            );
        }
        let known = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(cannot(&error)),
        };
        // Of another kind or broken: begin again, which takes nothing twice.
        let known = known.filter(|known: &Known| known.schema == SCHEMA && known.collection == collection);
        let fresh = || Known { schema: SCHEMA.to_owned(), collection: collection.to_owned(), ..Known::default() };
        Ok(Self { path, known: known.unwrap_or_else(fresh), _lock: lock })
    }

    /// Keeps it: the old one or the new one is there, whenever this stops.
    pub(super) fn save(&self) -> Result<(), Failure> {
        let cannot = |error: &dyn std::error::Error| {
            Failure::caused(format!("`{}` cannot be written", self.path.display()), error)
        };
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| cannot(&error))?;
        let text = serde_json::to_vec(&self.known).map_err(|error| cannot(&error))?;
        file.write_all(&text).and_then(|()| file.as_file().sync_all()).map_err(|error| cannot(&error))?;
        file.persist(&self.path).map_err(|error| cannot(&error.error))?;
        Ok(())
    }
}
