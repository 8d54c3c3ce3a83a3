//! What is in a key folder: finding keys by what the party file names, making new ones, protecting all of them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_core::Party;
use entente_formats::party::{KeyKind, PartyFile, Standing};
use entente_node::{Identity, LogSeeds, party::key_name};
use entente_seal::{SealingKey, SigningKey};
use entente_store::StorageKey;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    KeyError, KeyFolder, Seed, fresh_seed, public_of, read_private, replace_private,
    sealed::{self, SealedError, Stretching},
    write_private,
};

/// The seeds of a node, by the name of their file.
pub const NAMES: [&str; 8] = ["root", "signing", "sealing", "log", "log-ml-dsa", "receipt", "witness", "storage"];

/// The kinds whose keys are seeds.
const SEEDS: [KeyKind; 6] =
    [KeyKind::Signing, KeyKind::Sealing, KeyKind::Log, KeyKind::LogMlDsa, KeyKind::Receipt, KeyKind::Witness];

/// What the key of the console's certificate is for. It is in PEM, as others make them.
const CONSOLE: &str = "console";
/// How many hex digits a key's name has.
const NAME: usize = 8;

/// A file with a secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it is for: a kind, `root`, `storage` or `console`.
    pub kind: String,
    /// Whether it is under a passphrase.
    pub is_sealed: bool,
}

/// A seed with its public half.
struct Pair {
    kind: KeyKind,
    public: Vec<u8>,
    seed: Seed,
    path: PathBuf,
}

/// What a file's name, without its ending, says that it is for: `log-ml-dsa-0a1b2c3d` is a `log-ml-dsa` key.
pub(super) fn kind_of(name: &str) -> &str {
    let is_name = |end: &str| end.len() == NAME && end.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.rsplit_once('-').filter(|(_, end)| is_name(end)).map_or(name, |(kind, _)| kind)
}

impl KeyFolder {
    /// Every file with a secret in it, by name.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn files(&self) -> Result<Vec<KeyFile>, KeyError> {
        let failed = |source| KeyError::File { path: self.path.clone(), source };
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some(stem) = name.strip_suffix(".key").or_else(|| name.strip_suffix(".key.der")) else { continue };
            let kind = kind_of(stem).to_owned();
            let is_known = NAMES.contains(&kind.as_str()) || [KeyKind::Tls.as_str(), CONSOLE].contains(&kind.as_str());
            if is_known {
                let is_sealed = read_private(&path)?.starts_with(sealed::MAGIC.as_bytes());
                files.push(KeyFile { path, kind, is_sealed });
            }
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(files)
    }

    /// The seeds of the kinds that a party file names, each with its public half.
    fn pairs(&self) -> Result<Vec<Pair>, KeyError> {
        let mut pairs = Vec::new();
        for file in self.files()? {
            let Some(kind) = KeyKind::from_word(&file.kind).filter(|kind| SEEDS.contains(kind)) else { continue };
            let seed = self.seed_at(&file.path, kind.as_str())?;
            pairs.push(Pair { kind, public: public_of(kind, &seed)?, seed, path: file.path });
        }
        Ok(pairs)
    }

    /// The keys that a running node needs: those that its party file names, found by their public halves.
    ///
    /// # Errors
    /// When one of them cannot be read or used, or is nowhere.
    pub fn identity(&self, party: Party, file: &PartyFile) -> Result<Identity, KeyError> {
        let unusable = |error: &dyn ToString| KeyError::Unusable(error.to_string());
        let pairs = self.pairs()?;
        let find = |kind: KeyKind, key: &[u8]| pairs.iter().find(|pair| pair.kind == kind && pair.public == key);
        let missing =
            |kind: KeyKind, key: &[u8]| KeyError::Missing { kind, name: key_name(key), folder: self.path.clone() };
        let used = |kind: KeyKind| -> Result<Option<&Pair>, KeyError> {
            match file.in_use(kind).first() {
                Some(key) => find(kind, key).map(Some).ok_or_else(|| missing(kind, key)),
                None => Ok(None),
            }
        };
        let needed = |kind: KeyKind| used(kind)?.ok_or_else(|| missing(kind, &[]));
        let first = file.in_use(KeyKind::Signing).first().copied().unwrap_or_default().to_vec();
        let signing = match find(KeyKind::Signing, &first) {
            Some(pair) => SigningKey::from_seed(&pair.seed).map_err(|error| unusable(&error))?,
            None => {
                let elsewhere = self.token()?.map(|token| token.signing_key(&first)).transpose()?.flatten();
                elsewhere.ok_or_else(|| missing(KeyKind::Signing, &first))?
            }
        };
        let to_use = needed(KeyKind::Sealing)?;
        let others = pairs.iter().filter(|pair| pair.kind == KeyKind::Sealing && pair.public != to_use.public);
        // Whatever is here opens what was sealed to it, however the party file calls it by now.
        let sealing = std::iter::once(to_use).chain(others).map(|pair| SealingKey::from_seed(&pair.seed));
        let sealing = sealing.collect::<Result<Vec<_>, _>>().map_err(|error| unusable(&error))?;
        let seeds = LogSeeds {
            log: &needed(KeyKind::Log)?.seed,
            log_ml_dsa: used(KeyKind::LogMlDsa)?.map(|pair| &*pair.seed),
            receipt: &needed(KeyKind::Receipt)?.seed,
            witness: used(KeyKind::Witness)?.map(|pair| &*pair.seed),
        };
        let mut identity = Identity::new(party, signing, sealing, seeds).map_err(|error| unusable(&error))?;
        // Who knows only the key before, or already the next one, has to believe what is signed: announced keys sign along,
        // and revoked ones do until they are destroyed.
        for other in &file.other_keys {
            let signs = matches!(other.standing, Standing::Next(_) | Standing::Revoked(_));
            let pair = find(other.kind, &other.key).filter(|_| signs && other.kind != KeyKind::Sealing);
            match (pair, other.standing) {
                (Some(pair), _) => {
                    identity = identity.beside(other.kind, &pair.seed).map_err(|error| unusable(&error))?;
                }
                (None, Standing::Next(_)) if SEEDS.contains(&other.kind) && other.kind != KeyKind::Signing => {
                    return Err(missing(other.kind, &other.key));
                }
                (None, _) => {}
            }
        }
        Ok(identity)
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
        match self.seed("storage") {
            Err(KeyError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                self.write_seed("storage", &fresh_seed()?)
            }
            seed => seed.map(drop),
        }
    }

    /// Makes a new key of a kind beside those that are there; its public half. A signing key is made in the token, where one
    /// is configured.
    ///
    /// # Errors
    /// When it cannot be made or written.
    pub fn make(&self, kind: KeyKind, party: &str) -> Result<Vec<u8>, KeyError> {
        if kind == KeyKind::Tls {
            let (certificate, key) = new_certificate(party)?;
            let digest = Sha256::digest(&certificate).to_vec();
            self.write_certificate(&format!("tls-{}", key_name(&digest)), &certificate, &key)?;
            return Ok(digest);
        }
        if kind == KeyKind::Signing
            && let Some(token) = self.token()?
        {
            return Ok(token.generate()?.to_vec());
        }
        let seed = fresh_seed()?;
        let public = public_of(kind, &seed)?;
        self.write_seed(&format!("{kind}-{}", key_name(&public)), &seed)?;
        Ok(public)
    }

    /// Removes the secret half of a key, for ever; whether it was here. What a token holds stays there.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn destroy(&self, kind: KeyKind, public: &[u8]) -> Result<bool, KeyError> {
        let found = match kind {
            KeyKind::Tls => self.certificates()?.into_iter().find(|(digest, _)| digest == public).map(|(_, path)| path),
            _ => {
                self.pairs()?.into_iter().find(|pair| pair.kind == kind && pair.public == public).map(|pair| pair.path)
            }
        };
        let Some(path) = found else { return Ok(false) };
        let failed = |source| KeyError::File { path: path.clone(), source };
        fs::remove_file(&path).map_err(failed)?;
        fs::File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(true)
    }

    /// The public halves that have their secret in this folder.
    ///
    /// # Errors
    /// When a file cannot be read or opened.
    pub fn here(&self) -> Result<Vec<(KeyKind, Vec<u8>)>, KeyError> {
        let seeds = self.pairs()?.into_iter().map(|pair| (pair.kind, pair.public));
        let certificates = self.certificates()?.into_iter().map(|(digest, _)| (KeyKind::Tls, digest.to_vec()));
        Ok(seeds.chain(certificates).collect())
    }

    /// Makes the certificate and key of the node's TLS end.
    ///
    /// # Errors
    /// When they cannot be made or written.
    pub fn write_tls(&self, party: &str) -> Result<CertificateDer<'static>, KeyError> {
        let (certificate, key) = new_certificate(party)?;
        self.write_certificate("tls", &certificate, &key)?;
        Ok(certificate)
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
        write_private(&self.file("console.key"), &self.text_for(CONSOLE, text.as_bytes())?)?;
        write_private(&self.file("console.crt"), pem("CERTIFICATE", certificate.der()).as_bytes())
    }

    /// The key of the console's certificate, in PEM, from wherever it is: with it anybody is this node to a browser, and to a
    /// passkey.
    ///
    /// # Errors
    /// When the file is missing, exposed to others, or does not open.
    pub(crate) fn console_key(&self, path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.open(path, CONSOLE)
    }

    fn write_certificate(&self, name: &str, certificate: &[u8], key: &[u8]) -> Result<(), KeyError> {
        write_private(&self.file(&format!("{name}.key.der")), &self.text_for(KeyKind::Tls.as_str(), key)?)?;
        write_private(&self.file(&format!("{name}.crt.der")), certificate)
    }

    /// Digests of the certificates here, each with the file of its key.
    fn certificates(&self) -> Result<Vec<([u8; 32], PathBuf)>, KeyError> {
        let keys = self.files()?.into_iter().filter(|file| file.kind == KeyKind::Tls.as_str());
        let certificate = |file: super::KeyFile| {
            let path = file.path.with_extension("").with_extension("crt.der");
            Ok((Sha256::digest(&*read_private(&path)?).into(), file.path))
        };
        keys.map(certificate).collect()
    }

    /// The certificate and key of the node's TLS end: those that the party file names.
    ///
    /// # Errors
    /// When they cannot be read, or are nowhere.
    pub fn tls(&self, file: &PartyFile) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), KeyError> {
        let here = self.certificates()?;
        let named = file.tls.iter().find_map(|digest| here.iter().find(|(found, _)| found == digest));
        let (_, path) = named.ok_or_else(|| KeyError::Missing {
            kind: KeyKind::Tls,
            name: file.tls.first().map(|digest| key_name(digest)).unwrap_or_default(),
            folder: self.path.clone(),
        })?;
        let certificate = read_private(&path.with_extension("").with_extension("crt.der"))?;
        let key = self.open(path, KeyKind::Tls.as_str())?;
        Ok((CertificateDer::from(certificate.to_vec()), PrivatePkcs8KeyDer::from(key.to_vec()).into()))
    }

    /// Encrypts every key file that is not under a passphrase yet. Each is replaced all at once, so that one that is
    /// interrupted leaves some in clear and none half-written, and is done again. How many were encrypted.
    ///
    /// # Errors
    /// When the passphrase is not the one of those that are encrypted already, or a file cannot be written.
    pub fn protect(&self) -> Result<usize, KeyError> {
        let why = |error: SealedError| KeyError::Sealed { path: self.path.clone(), why: error.to_string() };
        let how = match self.protection()? {
            Some(how) => how,
            None => {
                let passphrase = self.lock.source.get_new(&format!("the keys in {}", self.path.display()))?;
                self.opened().passphrase = Some(passphrase);
                Stretching::fresh().map_err(why)?
            }
        };
        let (sealed, clear): (Vec<_>, Vec<_>) = self.files()?.into_iter().partition(|file| file.is_sealed);
        // All have to open before the first is written.
        for file in sealed {
            self.open(&file.path, &file.kind)?;
        }
        let key = self.stretched(&how).map_err(|error| error.or(why))?;
        for file in &clear {
            let secret = read_private(&file.path)?;
            let text = sealed::seal(&file.kind, &secret, &how, &key).map_err(why)?;
            replace_private(&file.path, text.as_bytes())?;
        }
        Ok(clear.len())
    }

    /// Puts every key file into clear again. How many were encrypted.
    ///
    /// # Errors
    /// When the passphrase is wrong: then nothing is changed; or a file cannot be written.
    pub fn unprotect(&self) -> Result<usize, KeyError> {
        let sealed = self.files()?.into_iter().filter(|file| file.is_sealed);
        let opened = sealed.map(|file| Ok((self.open(&file.path, &file.kind)?, file.path)));
        let opened: Vec<(Zeroizing<Vec<u8>>, PathBuf)> = opened.collect::<Result<_, KeyError>>()?;
        for (secret, path) in &opened {
            replace_private(path, secret)?;
        }
        Ok(opened.len())
    }

    /// The label of the configured token, where the party file's signing key is there and not in this folder.
    ///
    /// # Errors
    /// When the token cannot be opened.
    pub fn in_token(&self, key: &[u8]) -> Result<bool, KeyError> {
        match self.token()? {
            Some(token) => Ok(token.signing_key(key)?.is_some()),
            None => Ok(false),
        }
    }
}

/// A certificate that signs itself, and its key, both in DER.
fn new_certificate(party: &str) -> Result<(CertificateDer<'static>, Zeroizing<Vec<u8>>), KeyError> {
    let unusable = |error: rcgen::Error| KeyError::Unusable(error.to_string());
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).map_err(unusable)?;
    let mut parameters = rcgen::CertificateParams::new(vec![crate::tls::name(party)]).map_err(unusable)?;
    parameters.distinguished_name.push(rcgen::DnType::CommonName, format!("Entente node of {party}"));
    let certificate = parameters.self_signed(&key).map_err(unusable)?;
    Ok((certificate.der().clone(), Zeroizing::new(key.serialize_der())))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_for_what_its_name_says() {
        for (name, kind) in [
            ("log", "log"),
            ("log-ml-dsa", "log-ml-dsa"),
            ("log-ml-dsa-0a1b2c3d", "log-ml-dsa"),
            ("signing-0a1b2c3d", "signing"),
            ("signing-0a1b2c3", "signing-0a1b2c3"),
        ] {
            assert_eq!(kind_of(name), kind, "{name}");
        }
    }
}
