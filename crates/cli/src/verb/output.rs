//! The content of a record into a file, a part at a time: whole and checked, or not at all.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use entente_formats::hex;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::remote::NodeArgs;
use crate::{console::Console, failure::Failure};

/// Contents above this are worth a word on how far they are, in bytes.
const LONG: u64 = 16 * 1024 * 1024;

/// Where the bytes go.
enum Target {
    /// Standard output, a pipe or a device: what is written cannot be taken back.
    Direct(Box<dyn Write>),
    /// A file beside the one that is meant, until all of it is there. Nobody else may read it.
    Beside(NamedTempFile, PathBuf),
}

impl Target {
    fn of(file: &Path) -> io::Result<Self> {
        // A link stays, and what it leads to is written.
        let place = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let is_other = fs::metadata(&place).is_ok_and(|known| !known.is_file());
        Ok(if file.as_os_str() == "-" {
            Self::Direct(Box::new(io::stdout()))
        } else if is_other {
            Self::Direct(Box::new(File::options().write(true).open(&place)?))
        } else {
            let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Self::Beside(NamedTempFile::new_in(folder)?, place)
        })
    }

    fn write(&mut self, part: &[u8]) -> io::Result<()> {
        match self {
            Self::Direct(out) => out.write_all(part),
            Self::Beside(file, _) => file.write_all(part),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Direct(mut out) => out.flush(),
            Self::Beside(file, place) => {
                file.as_file().sync_all()?;
                file.persist(&place).map(drop).map_err(|error| error.error)
            }
        }
    }
}

/// Writes what the node answers on `path`, whose SHA-256 is `digest`, to `file`; `-` is standard output.
pub(super) fn write(
    node: &NodeArgs,
    path: &str,
    digest: &str,
    file: &Path,
    console: &mut Console,
) -> Result<(), Failure> {
    let cannot = |error: io::Error| Failure::caused(format!("`{}` cannot be written", file.display()), &error);
    console.flush()?;
    let mut target = Target::of(file).map_err(cannot)?;
    let (mut hash, mut done) = (Sha256::new(), 0_u64);
    let answer = node.ask(async |client| {
        let take = |part: &[u8], all: u64| {
            hash.update(part);
            done += part.len() as u64;
            if all > LONG {
                // Beside the answer: where it cannot be said, nothing is lost.
                let _ = console.progress_of_bytes(done, all);
            }
            target.write(part)
        };
        client.download(path, take).await
    });
    console.progress_ends()?;
    answer?;
    if hex::encode(&hash.finalize()) != digest {
        return Err(Failure::new("what the node gave is not the content that was signed")
            .help("look at the node with `entente log verify`"));
    }
    target.finish().map_err(cannot)
}

/// Writes bytes that are here to `file`, whole or not at all; `-` is standard output.
pub(super) fn write_bytes(file: &Path, bytes: &[u8], console: &mut Console) -> Result<(), Failure> {
    console.flush()?;
    let written = Target::of(file).and_then(|mut target| target.write(bytes).and_then(|()| target.finish()));
    written.map_err(|error| Failure::caused(format!("`{}` cannot be written", file.display()), &error))
}
