//! `entente node init`: a folder with everything that a node needs, and its signed party file to give to partners.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use entente_core::time::Timestamp;
use entente_formats::party::PartyFile;
use entente_log::MlDsa44KeyPair;
use entente_node::Partner;
use entente_seal::{SealingKey, SigningKey};
use entente_store::people::{People, Rights};
use sha2::{Digest, Sha256};

use crate::{
    keeper::VALID_DAYS,
    keys::{self, KeyError, KeyFolder},
    people::{secret::Secret, users},
    web,
};

/// What a new node is told about itself.
#[derive(Clone, Debug)]
pub struct NewNode {
    /// The folder to make; it must not exist, or be empty.
    pub folder: PathBuf,
    /// The party's code.
    pub party: String,
    /// Its name, for people.
    pub name: String,
    /// Where it listens.
    pub listen: String,
    /// The addresses that partners use.
    pub addresses: Vec<String>,
    /// Agreement files to copy in.
    pub agreements: Vec<PathBuf>,
    /// Where people reach it with a browser; nowhere when absent.
    pub console: Option<SocketAddr>,
    /// The party's own rules; none means that every release needs an approval.
    pub national: Option<PathBuf>,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The configuration file.
    pub config: PathBuf,
    /// The party file, for partners.
    pub party_file: PathBuf,
    /// The fingerprint of its root key, for partners to compare.
    pub fingerprint: String,
    /// The one-time link of the first administrator, where people are to reach it.
    pub link: Option<String>,
}

/// The account of the first administrator.
pub const FIRST_ADMINISTRATOR: &str = "admin";

/// Why no node was made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The folder or a file in it.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Something is there.
    #[error("`{}` is not empty; a node gets a folder of its own", .0.display())]
    NotEmpty(PathBuf),
    /// Not a party code.
    #[error("`{0}` is no party code (2 to 32 of A-Z, 0-9, -)")]
    Party(String),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Signing the party file.
    #[error("{0}")]
    Sign(String),
    /// The accounts of its people.
    #[error(transparent)]
    Store(#[from] entente_store::StoreError),
}

/// Makes a node's folder.
///
/// # Errors
/// When the folder is not empty, or something cannot be written; what was made until then stays for inspection.
pub fn init(new: &NewNode, now: Timestamp) -> Result<Made, InitError> {
    if !entente_formats::party::is_party_code(&new.party) {
        return Err(InitError::Party(new.party.clone()));
    }
    let folder = &new.folder;
    make_folder(folder, 0o700)?;
    let mut entries = fs::read_dir(folder).map_err(|source| InitError::File { path: folder.clone(), source })?;
    if entries.next().is_some() {
        return Err(InitError::NotEmpty(folder.clone()));
    }
    for name in ["keys", "data", "agreements"] {
        make_folder(&folder.join(name), 0o700)?;
    }
    let key_folder = KeyFolder::at(&folder.join("keys"));
    for name in keys::NAMES {
        key_folder.write_seed(name, &keys::fresh_seed()?)?;
    }
    let certificate = key_folder.write_tls(&new.party)?;
    let file = party_file(new, &key_folder, Sha256::digest(&certificate).into(), now)?;
    let note = Partner::sign(&file, &*key_folder.seed("root")?).map_err(|error| InitError::Sign(error.to_string()))?;
    let party_path = folder.join(format!("{}.party", new.party));
    write(&party_path, &note)?;
    for path in &new.agreements {
        let to = folder.join("agreements").join(path.file_name().unwrap_or_default());
        fs::copy(path, &to).map_err(|source| InitError::File { path: path.clone(), source })?;
    }
    let national = match &new.national {
        Some(path) => fs::read_to_string(path).map_err(|source| InitError::File { path: path.clone(), source })?,
        None => format!(
            "# No delegation: every release needs an approval.\nschema = \"entente.national/1\"\nparty = \"{}\"\n",
            new.party
        ),
    };
    write(&folder.join("national.toml"), &national)?;
    let config = folder.join("node.toml");
    write(&config, &config_text(new))?;
    let link = match new.console {
        Some(address) => Some(console(new, &key_folder, &config, address, now)?),
        None => None,
    };
    Ok(Made {
        link,
        config,
        party_file: party_path,
        fingerprint: entente_node::partner::fingerprint(&file.party, &file.root),
    })
}

/// The listener for people, with a certificate of its own where others reach it, and the first administrator, who comes in
/// by a link.
fn console(
    new: &NewNode,
    key_folder: &KeyFolder,
    config: &Path,
    address: SocketAddr,
    now: Timestamp,
) -> Result<String, InitError> {
    let is_tls = !address.ip().is_loopback();
    let mut text = fs::read_to_string(config).map_err(|source| InitError::File { path: config.to_owned(), source })?;
    text.push_str(&format!(
        "\n# Where people reach the node with a browser and over the API.\n[console]\nlisten = \"{address}\"\n"
    ));
    if is_tls {
        key_folder.write_console_tls(&address.ip().to_string())?;
        text.push_str("# Its own until you put one here that browsers believe.\n");
        text.push_str("certificate = \"keys/console.crt\"\nkey = \"keys/console.key\"\n");
    }
    write(config, &text)?;
    let mut people = People::open(&new.folder.join("data"), &key_folder.storage()?)?;
    let rights = Rights {
        roles: vec!["admin".to_owned()],
        clearance: "UNCLASSIFIED".to_owned(),
        subjects: Vec::new(),
        nationality: new.party.clone(),
        official_duty: false,
        external: None,
    };
    let secret = Secret::fresh("")?;
    people.add_user(FIRST_ADMINISTRATOR, &rights, now.as_second())?;
    people.invite(&secret.hash, FIRST_ADMINISTRATOR, now.as_second() + users::LINK)?;
    Ok(users::link(Some(&web::default_origin(is_tls, address)), &secret.text))
}

fn party_file(
    new: &NewNode,
    key_folder: &KeyFolder,
    certificate: [u8; 32],
    now: Timestamp,
) -> Result<PartyFile, InitError> {
    let sign = |error: entente_seal::Error| InitError::Sign(error.to_string());
    let public = |name: &str| -> Result<[u8; 32], InitError> {
        Ok(*SigningKey::from_seed(&*key_folder.seed(name)?).map_err(sign)?.public().as_bytes())
    };
    let sealing = SealingKey::from_seed(&*key_folder.seed("sealing")?).map_err(sign)?;
    let log_ml_dsa = MlDsa44KeyPair::from_seed(&*key_folder.seed("log-ml-dsa")?)
        .map_err(|error| InitError::Sign(error.to_string()))?;
    // A day early, so that a partner whose clock is behind does not refuse it.
    let from = Timestamp::from_second(now.as_second() - 86_400).unwrap_or(now);
    let until = Timestamp::from_second(now.as_second() + VALID_DAYS * 86_400).unwrap_or(Timestamp::MAX);
    Ok(PartyFile {
        party: new.party.clone(),
        name: new.name.clone(),
        serial: 1,
        addresses: new.addresses.clone(),
        valid_from: from,
        valid_until: until,
        root: public("root")?,
        signing: vec![public("signing")?],
        sealing: vec![sealing.public().to_bytes().to_vec()],
        log: public("log")?,
        log_ml_dsa: Some(log_ml_dsa.public_key().to_vec()),
        receipt: public("receipt")?,
        witness: Some(public("witness")?),
        tls: vec![certificate],
        successor: None,
        other_keys: Vec::new(),
    })
}

fn config_text(new: &NewNode) -> String {
    let text = include_str!("node.toml");
    [("@PARTY@", &new.party), ("@NAME@", &new.name), ("@LISTEN@", &new.listen)]
        .iter()
        .fold(text.to_owned(), |text, (place, value)| text.replace(place, &value.replace(['"', '\\'], "")))
}

fn make_folder(path: &Path, mode: u32) -> Result<(), InitError> {
    let file = |source| InitError::File { path: path.to_owned(), source };
    fs::create_dir_all(path).map_err(file)?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(file)
}

fn write(path: &Path, text: &str) -> Result<(), InitError> {
    fs::write(path, text).map_err(|source| InitError::File { path: path.to_owned(), source })
}
