//! Key files: one 32-byte seed in hex in each, readable by their owner alone. The root key's file may be moved away
//! once the party file is signed.

use std::{
    fs::{self, File},
    io::{Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_core::Party;
use entente_formats::hex;
use entente_node::{Identity, LogSeeds};
use entente_seal::{SealingKey, SigningKey};
use entente_store::StorageKey;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

/// What keeps keys from being used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read or written.
    #[error("key file `{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Others may read it.
    #[error("key file `{}` can be read by others (mode {mode:o}); make it private: chmod 600", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Not a key.
    #[error("key file `{}` does not hold 32 bytes in hex", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The libraries refuse it.
    #[error("{0}")]
    Unusable(String),
}

/// The seeds of a node, by the name of their file.
pub const NAMES: [&str; 8] = ["root", "signing", "sealing", "log", "log-ml-dsa", "receipt", "witness", "storage"];

/// 32 secret bytes, zeroed when dropped.
pub type Seed = Zeroizing<[u8; 32]>;

/// The folder that holds the keys.
#[derive(Clone, Debug)]
pub struct KeyFolder(PathBuf);

impl KeyFolder {
    /// The folder at `path`.
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Reads a seed.
    ///
    /// # Errors
    /// When the file is missing, exposed to others, or no key.
    pub fn seed(&self, name: &str) -> Result<Seed, KeyError> {
        let path = self.path(&format!("{name}.key"));
        let text = read_private(&path)?;
        let bytes = std::str::from_utf8(&text).ok().and_then(|text| hex::decode(text.trim_end())).map(Zeroizing::new);
        let seed = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
        seed.map(Zeroizing::new).ok_or(KeyError::NoKey { path })
    }

    /// Writes a new seed.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn write_seed(&self, name: &str, seed: &Seed) -> Result<(), KeyError> {
        let text = Zeroizing::new(hex::encode(&**seed) + "\n");
        write_private(&self.path(&format!("{name}.key")), text.as_bytes())
    }

    /// The keys that a running node needs.
    ///
    /// # Errors
    /// When one of them cannot be read or used.
    pub fn identity(&self, party: Party) -> Result<Identity, KeyError> {
        let unusable = |error: &dyn ToString| KeyError::Unusable(error.to_string());
        let signing = SigningKey::from_seed(&*self.seed("signing")?).map_err(|error| unusable(&error))?;
        let sealing = SealingKey::from_seed(&*self.seed("sealing")?).map_err(|error| unusable(&error))?;
        let (log, receipt) = (self.seed("log")?, self.seed("receipt")?);
        let (log_ml_dsa, witness) = (self.seed_if_there("log-ml-dsa")?, self.seed_if_there("witness")?);
        let seeds =
            LogSeeds { log: &log, log_ml_dsa: log_ml_dsa.as_deref(), receipt: &receipt, witness: witness.as_deref() };
        Identity::new(party, signing, vec![sealing], seeds).map_err(|error| unusable(&error))
    }

    /// What the contents in the store are encrypted with.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn storage(&self) -> Result<StorageKey, KeyError> {
        Ok(StorageKey::from_seed(&*self.seed("storage")?))
    }

    /// Makes the key that contents are encrypted with, in a folder from before there was such a key.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn make_storage_where_missing(&self) -> Result<(), KeyError> {
        match self.seed_if_there("storage")? {
            Some(_) => Ok(()),
            None => self.write_seed("storage", &fresh_seed()?),
        }
    }

    /// A seed that folders from before there was such a key do not have.
    fn seed_if_there(&self, name: &str) -> Result<Option<Seed>, KeyError> {
        match self.seed(name) {
            Err(KeyError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            seed => seed.map(Some),
        }
    }

    /// Makes the certificate and key of the node's TLS end.
    ///
    /// # Errors
    /// When they cannot be made or written.
    pub fn write_tls(&self, party: &str) -> Result<CertificateDer<'static>, KeyError> {
        let unusable = |error: rcgen::Error| KeyError::Unusable(error.to_string());
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).map_err(unusable)?;
        let mut parameters = rcgen::CertificateParams::new(vec![crate::tls::name(party)]).map_err(unusable)?;
        parameters.distinguished_name.push(rcgen::DnType::CommonName, format!("Entente node of {party}"));
        let certificate = parameters.self_signed(&key).map_err(unusable)?;
        write_private(&self.path("tls.key.der"), &Zeroizing::new(key.serialize_der()))?;
        write_private(&self.path("tls.crt.der"), certificate.der())?;
        Ok(certificate.der().clone())
    }

    /// Makes a certificate for the listener for people, with an ECDSA key, which every browser takes.
    ///
    /// # Errors
    /// When the files exist or cannot be written.
    pub fn write_console_tls(&self, host: &str) -> Result<(), KeyError> {
        let unusable = |error: rcgen::Error| KeyError::Unusable(error.to_string());
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(unusable)?;
        let mut parameters = rcgen::CertificateParams::new(vec![host.to_owned()]).map_err(unusable)?;
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "Entente console");
        let certificate = parameters.self_signed(&key).map_err(unusable)?;
        let text = Zeroizing::new(pem("PRIVATE KEY", &Zeroizing::new(key.serialize_der())));
        write_private(&self.path("console.key"), text.as_bytes())?;
        write_private(&self.path("console.crt"), pem("CERTIFICATE", certificate.der()).as_bytes())
    }

    /// The certificate and key of the node's TLS end.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn tls(&self) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), KeyError> {
        let certificate = read_private(&self.path("tls.crt.der"))?;
        let key = read_private(&self.path("tls.key.der"))?;
        Ok((CertificateDer::from(certificate.to_vec()), PrivatePkcs8KeyDer::from(key.to_vec()).into()))
    }
}

/// Bytes between lines that say what they are (RFC 7468).
fn pem(what: &str, bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let mut lines = format!("-----BEGIN {what}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(64));
        lines.push_str(line);
        lines.push('\n');
        rest = behind;
    }
    lines + &format!("-----END {what}-----\n")
}

fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let file = |source| KeyError::File { path: path.to_owned(), source };
    let mut handle = File::open(path).map_err(file)?;
    let mode = handle.metadata().map_err(file)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Exposed { path: path.to_owned(), mode });
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    Read::by_ref(&mut handle).take(64 * 1024).read_to_end(&mut bytes).map_err(file)?;
    Ok(bytes)
}

/// Writes a file that did not exist, for its owner's eyes only, and syncs it.
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let file = |source| KeyError::File { path: path.to_owned(), source };
    let mut handle = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(file)?;
    handle.write_all(bytes).and_then(|()| handle.sync_all()).map_err(file)
}

/// Fills a seed from the operating system.
///
/// # Errors
/// When the system has no randomness to give.
pub fn fresh_seed() -> Result<Seed, KeyError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|error| KeyError::Unusable(error.to_string()))?;
    Ok(seed)
}
