//! What others made and is not in the tree.

use std::{env, fs, path::PathBuf};

/// The text of that file in the folder that `ENTENTE_DATA` says, by default `shared/data` beside the project. `None` where it is
/// not on this machine, which is told, and is a failure in CI.
pub(crate) fn data(name: &str) -> Option<String> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = env::var_os("ENTENTE_DATA").map_or(beside, PathBuf::from).join(name);
    let text = fs::read_to_string(&path);
    if let Err(error) = &text {
        assert!(env::var_os("CI").is_none(), "{}: {error} (ENTENTE_DATA)", path.display());
        eprintln!("\n*** NOT RUN: {}: {error} (ENTENTE_DATA) ***\n", path.display());
    }
    text.ok()
}
