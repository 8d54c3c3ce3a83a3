//! The file in a node's folder that says in which database its store is. It holds no password, and nothing that is said of it does.

#![expect(clippy::disallowed_methods, reason = "one of the hands: it reads the files that say where the store is")]

use std::{
    fmt, fs, io,
    net::IpAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use serde::Deserialize;
use tokio_postgres::{Config, config::SslMode};
use zeroize::Zeroizing;

use crate::StoreError;

/// The name of that file.
pub const FILE: &str = "postgres.toml";
/// The longest such file, in bytes.
const LONGEST: u64 = 64 * 1024;
/// How long a server may take to answer at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a database is, and as whom it is used.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The folder of its Unix socket, or its host.
    pub host: String,
    /// Its port.
    #[serde(default = "port")]
    pub port: u16,
    /// The name of the database.
    pub database: String,
    /// The role.
    pub user: String,
    /// The schema that belongs to this node alone.
    #[serde(default = "schema")]
    pub schema: String,
    /// The file whose first line is the role's password; without one the system vouches for the user.
    pub password_file: Option<PathBuf>,
    /// The certificates, in PEM, of which one has to stand behind the server's: everything is encrypted then.
    pub ca_file: Option<PathBuf>,
}

fn port() -> u16 {
    5432
}

fn schema() -> String {
    "entente".to_owned()
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, database, schema, .. } = self;
        write!(f, "schema `{schema}` of database `{database}` at `{host}` port {port}")
    }
}

impl Settings {
    /// Reads such a file.
    ///
    /// # Errors
    /// When it cannot be read, does not parse, or asks for what is not done.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        let wrong = |message: String| StoreError::Settings { path: path.to_owned(), message };
        let length = fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
        if length > LONGEST {
            return Err(wrong(format!("it has {length} bytes, which is too much for what it says")));
        }
        let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        // The parser's error shows the line, in which somebody may have put a password.
        let mut settings: Self = toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
        settings.check().map_err(wrong)?;
        // From beside the file, wherever the node is started.
        let beside = path.canonicalize().map_err(|error| wrong(error.to_string()))?;
        for file in [&mut settings.password_file, &mut settings.ca_file].into_iter().flatten() {
            *file = beside.parent().unwrap_or(Path::new("/")).join(&*file);
        }
        Ok(settings)
    }

    /// What such a file says.
    pub(crate) fn text(&self) -> String {
        let mut text = "# Where the store of this node is: `entente store move` writes this file.\n".to_owned();
        // A text of JSON is one of TOML as well.
        let mut line = |name: &str, value: serde_json::Value| text.push_str(&format!("{name} = {value}\n"));
        line("host", self.host.as_str().into());
        line("port", i64::from(self.port).into());
        line("database", self.database.as_str().into());
        line("user", self.user.as_str().into());
        line("schema", self.schema.as_str().into());
        for (name, file) in [("password-file", &self.password_file), ("ca-file", &self.ca_file)] {
            if let Some(file) = file {
                line(name, file.display().to_string().into());
            }
        }
        text
    }

    /// Those in a node's folder; nothing where its store is a file.
    pub(crate) fn of_folder(folder: &Path) -> Result<Option<Self>, StoreError> {
        let path = folder.join(FILE);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            _ => Self::read(&path).map(Some),
        }
    }

    fn check(&self) -> Result<(), String> {
        let is_word = |word: &str| {
            let is_meant = |byte: u8| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit();
            !word.is_empty() && word.len() < 64 && word.bytes().all(is_meant) && !word.starts_with("pg_")
        };
        if !is_word(&self.schema) {
            return Err(format!("`schema`: `{}` is no name of lower-case letters, digits and `_`", self.schema));
        }
        if self.schema == "public" {
            return Err("`schema`: `public` is everybody's; a node has one of its own".to_owned());
        }
        match (self.is_socket(), self.is_here(), &self.ca_file) {
            (true, _, Some(_)) => Err("`ca-file`: a Unix socket needs no certificates".to_owned()),
            (false, false, None) => {
                Err(format!("`{}` is another machine: name the certificates behind it with `ca-file`", self.host))
            }
            _ => Ok(()),
        }
    }

    fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    fn is_here(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// What a client is made with, password included: never shown.
    pub(super) fn config(&self) -> Result<Config, StoreError> {
        let mut config = Config::new();
        config.host(&self.host).port(self.port).dbname(&self.database).user(&self.user);
        config.application_name("entente").connect_timeout(PATIENCE);
        config.keepalives_idle(PATIENCE).keepalives_interval(PATIENCE / 2).keepalives_retries(3);
        config.tcp_user_timeout(3 * PATIENCE);
        config.ssl_mode(if self.ca_file.is_some() { SslMode::Require } else { SslMode::Disable });
        if let Some(path) = &self.password_file {
            let wrong = |message: String| StoreError::Settings { path: path.clone(), message };
            let mode = fs::metadata(path).map_err(|error| wrong(error.to_string()))?.permissions().mode() & 0o777;
            // A credential of systemd is its group's to read by its mode: so an access list looks there.
            if mode & 0o037 != 0 {
                return Err(wrong(format!("others may read it (mode {mode:o}): chmod 600")));
            }
            let text = Zeroizing::new(fs::read(path).map_err(|error| wrong(error.to_string()))?);
            config.password(text.split(|byte| *byte == b'\n').next().unwrap_or_default());
        }
        Ok(config)
    }

    /// How the server is known, where the connection is encrypted.
    pub(super) fn tls(&self) -> Result<Option<ClientConfig>, StoreError> {
        let Some(path) = &self.ca_file else { return Ok(None) };
        let wrong = |message: String| StoreError::Settings { path: path.clone(), message };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))? {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(wrong("there is no certificate in it".to_owned()));
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]);
        let config = versions.map_err(|error| wrong(error.to_string()))?.with_root_certificates(roots);
        Ok(Some(config.with_no_client_auth()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("to.toml");
        fs::write(&path, text).unwrap();
        let read = Settings::read(&path).map_err(|error| error.to_string());
        read.map_err(|error| error.split("`: ").skip(1).collect::<Vec<_>>().join("`: "))
    }

    #[test]
    fn what_is_asked_for_and_not_done_is_refused() {
        let with = |host: &str, more: &str| format!("host = \"{host}\"\ndatabase = \"d\"\nuser = \"u\"\n{more}");
        for (text, expected) in [
            (with("/run/postgresql", ""), None),
            (with("localhost", ""), None),
            (with("127.0.0.1", "port = 5433"), None),
            (with("db.example", "ca-file = \"ca.pem\""), None),
            (with("db.example", ""), Some("`db.example` is another machine")),
            (with("/run/postgresql", "ca-file = \"ca.pem\""), Some("a Unix socket needs no certificates")),
            (with("/run/postgresql", "schema = \"a\\\"; DROP\""), Some("is no name of lower-case letters")),
            (with("/run/postgresql", "schema = \"public\""), Some("`public` is everybody's")),
            (with("/run/postgresql", "schema = \"pg_catalog\""), Some("is no name of lower-case letters")),
            (with("/run/postgresql", "password = \"secret\""), Some("unknown field `password`")),
            ("database = \"d\"".to_owned(), Some("missing field `host`")),
        ] {
            match (read(&text), expected) {
                (Ok(_), None) => {}
                (Err(error), Some(expected)) if error.contains(expected) && !error.contains("secret") => {}
                (read, _) => panic!("{text}: {read:?}"),
            }
        }
    }

    #[test]
    fn what_is_written_is_read_and_leads_to_the_same_files() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("to.toml"), folder.path().join("data/postgres.toml"));
        fs::create_dir(folder.path().join("data")).unwrap();
        let text = "host = \"db.example\"\ndatabase = \"d\\\"\\u00e9\"\nuser = \"u\"\npassword-file = \"secret\"\nca-file = \"/ca\"\n";
        fs::write(&first, text).unwrap();
        let read = Settings::read(&first).unwrap();
        assert_eq!(read.password_file.as_deref(), Some(&*folder.path().canonicalize().unwrap().join("secret")));
        fs::write(&second, read.text()).unwrap();
        assert_eq!(Settings::read(&second).unwrap(), read);
        assert_eq!(read.to_string(), "schema `entente` of database `d\"\u{e9}` at `db.example` port 5432");
    }
}
