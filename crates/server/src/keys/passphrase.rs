//! Where a passphrase comes from: a file, a file descriptor, a systemd credential, or a person at a terminal. Never an
//! argument or an environment variable: those are shown to others.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::{Zeroize, Zeroizing};

use super::{KeyError, read_private};

/// The name of the credential that holds the passphrase of the key files (systemd.exec(5), `LoadCredentialEncrypted=`).
pub const CREDENTIAL: &str = "entente-passphrase";
/// The name of the credential that holds the PIN of the token.
pub const PIN_CREDENTIAL: &str = "entente-token-pin";
/// The longest passphrase, in bytes.
const LONGEST: u64 = 4096;

/// Where the passphrase of the key files comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The credential where there is one; else a person at a terminal, where there is one.
    #[default]
    Found,
    /// The first line of this file, which its owner alone may read.
    File(PathBuf),
    /// The first line of what this file descriptor gives.
    Descriptor(u32),
}

/// A passphrase; zeroed when dropped.
pub type Passphrase = Zeroizing<Vec<u8>>;

impl Source {
    /// Gets the passphrase. `what` says what it is for, to a person who is asked.
    ///
    /// # Errors
    /// When there is none to be had, or it is empty.
    pub fn get(&self, what: &str) -> Result<Passphrase, KeyError> {
        match self {
            Self::File(path) => first_line(read_private(path)?),
            Self::Descriptor(number) => {
                let path = PathBuf::from(format!("/dev/fd/{number}"));
                let failed = |source| KeyError::File { path: path.clone(), source };
                let mut text = Zeroizing::new(Vec::with_capacity(LONGEST as usize));
                File::open(&path).map_err(failed)?.take(LONGEST).read_to_end(&mut text).map_err(failed)?;
                first_line(text)
            }
            Self::Found => match credential(CREDENTIAL)? {
                Some(text) => first_line(text),
                None => ask(&format!("Passphrase for {what}: ")),
            },
        }
    }

    /// Gets a new passphrase; a person types it twice.
    ///
    /// # Errors
    /// As [`Self::get`]; when the two are not the same.
    pub fn get_new(&self, what: &str) -> Result<Passphrase, KeyError> {
        let first = self.get(what)?;
        let is_typed = *self == Self::Found && credential(CREDENTIAL)?.is_none();
        if is_typed && *ask("The same again: ")? != *first {
            return Err(KeyError::Passphrase("the two are not the same; nothing was changed".to_owned()));
        }
        Ok(first)
    }
}

/// What systemd has put there for this service under that name.
pub(crate) fn credential(name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
    let Some(folder) = std::env::var_os("CREDENTIALS_DIRECTORY") else { return Ok(None) };
    let path = Path::new(&folder).join(name);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyError::File { path, source }),
    }
}

/// The line without its end.
pub(crate) fn first_line(mut text: Zeroizing<Vec<u8>>) -> Result<Passphrase, KeyError> {
    if let Some(end) = text.iter().position(|byte| *byte == b'\n') {
        text.get_mut(end..).unwrap_or_default().zeroize();
        text.truncate(end);
    }
    if text.is_empty() {
        return Err(KeyError::Passphrase("it is empty".to_owned()));
    }
    Ok(text)
}

/// Asks the person at the terminal, without showing what is typed.
fn ask(prompt: &str) -> Result<Passphrase, KeyError> {
    let none = || {
        KeyError::Passphrase(format!(
            "there is no terminal to ask at: give --passphrase-file or --passphrase-fd, or the credential `{CREDENTIAL}`"
        ))
    };
    let mut terminal = File::options().read(true).write(true).open("/dev/tty").map_err(|_| none())?;
    let before = tcgetattr(&terminal).map_err(|_| none())?;
    let mut silent = before.clone();
    silent.local_modes -= LocalModes::ECHO;
    silent.local_modes |= LocalModes::ECHONL;
    let failed = |error: io::Error| KeyError::Passphrase(error.to_string());
    tcsetattr(&terminal, OptionalActions::Flush, &silent).map_err(|_| none())?;
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST as usize));
    let read = terminal.write_all(prompt.as_bytes()).and_then(|()| {
        // A buffer of one byte: nothing of what is typed stays in another place than the line.
        BufReader::with_capacity(1, &terminal).take(LONGEST).read_until(b'\n', &mut line)
    });
    let restored = tcsetattr(&terminal, OptionalActions::Now, &before);
    read.map_err(failed)?;
    restored.map_err(|error| KeyError::Passphrase(error.to_string()))?;
    first_line(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_counts() {
        for (text, line) in [("a b\nc\n", Some("a b")), ("a", Some("a")), ("\n", None), ("", None), ("ä\n", Some("ä"))]
        {
            let got = first_line(Zeroizing::new(text.as_bytes().to_vec())).ok();
            assert_eq!(got.as_deref().map(Vec::as_slice), line.map(str::as_bytes), "{text:?}");
        }
    }
}
