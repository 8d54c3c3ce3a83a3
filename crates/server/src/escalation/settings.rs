//! Where the contact list is and which mail server takes messages, as the configuration names them. Key type: [`Settings`].

use std::path::{Path, PathBuf};

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::keys::{passphrase, read_private};

/// How people of this party are told that something waits.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The contact list.
    pub contacts: PathBuf,
    /// The mail server; nobody is told by e-mail without.
    pub mail: Option<MailServer>,
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct MailServer {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// What stands as the sender.
    pub from: String,
    /// The account there and where its password is; without, it is asked to take messages of anybody on this network.
    pub account: Option<(String, SecretSource)>,
}

/// How a connection to a mail server is protected; with the certificates that its own may be signed by (PEM).
#[derive(Clone, Debug)]
pub enum Security {
    /// By TLS from the first byte on (RFC 8314).
    Implicit(PathBuf),
    /// By TLS after `STARTTLS`, and not at all without it.
    StartTls(PathBuf),
    /// Not at all: on this machine alone.
    Plain,
}

/// Where a secret is.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// The first line of a file that its owner alone may read.
    File(PathBuf),
    /// A credential that systemd hands over (`LoadCredentialEncrypted=`).
    Credential(String),
}

impl SecretSource {
    /// `credential:NAME`, or a file, in `folder` where its path does not begin at the root.
    pub(crate) fn of(text: &str, folder: &Path) -> Self {
        match text.strip_prefix("credential:") {
            Some(name) => Self::Credential(name.to_owned()),
            None => Self::File(folder.join(text)),
        }
    }

    /// The secret; read anew each time, so that it can be changed while the node runs.
    ///
    /// # Errors
    /// When it is not there, or others may read it; a sentence without it.
    pub(crate) fn read(&self) -> Result<Zeroizing<Vec<u8>>, String> {
        let text = match self {
            Self::File(path) => read_private(path).map_err(|error| error.to_string())?,
            Self::Credential(name) => passphrase::credential(name)
                .map_err(|error| error.to_string())?
                .ok_or_else(|| format!("systemd has no credential `{name}` for this service"))?,
        };
        passphrase::first_line(text).map_err(|error| error.to_string())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactsText {
    file: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailText {
    host: String,
    port: Option<u16>,
    tls: String,
    certificate_authority: Option<PathBuf>,
    from: String,
    user: Option<String>,
    password: Option<String>,
}

/// The settings that a configuration names. `folder` is where it lies.
pub(crate) fn settings(
    contacts: Option<ContactsText>,
    mail: Option<MailText>,
    folder: &Path,
) -> Result<Option<Settings>, String> {
    let mail = mail.map(|text| server(text, folder)).transpose()?;
    match (contacts, mail) {
        (Some(contacts), mail) => Ok(Some(Settings { contacts: folder.join(contacts.file), mail })),
        (None, Some(_)) => Err("mail: nobody gets any without a contact list: `[contacts]` with its `file`".to_owned()),
        (None, None) => Ok(None),
    }
}

fn server(text: MailText, folder: &Path) -> Result<MailServer, String> {
    let MailText { host, port, tls, certificate_authority, from, user, password } = text;
    let authority = certificate_authority.map(|path| folder.join(path));
    let (security, usual) = match (tls.as_str(), authority) {
        ("implicit", Some(authority)) => (Security::Implicit(authority), 465),
        ("starttls", Some(authority)) => (Security::StartTls(authority), 587),
        ("implicit" | "starttls", None) => {
            return Err(
                "mail: name the `certificate_authority` that signs the server's certificate; the system's are \
                        often in `/etc/ssl/certs/ca-certificates.crt`"
                    .to_owned(),
            );
        }
        ("none", None) if ["localhost", "127.0.0.1", "::1"].contains(&host.as_str()) => (Security::Plain, 25),
        ("none", None) => {
            return Err(format!("mail.tls: `none` is for this machine alone, and `{host}` may be another"));
        }
        ("none", Some(_)) => return Err("mail: `certificate_authority` belongs to TLS".to_owned()),
        (word, _) => return Err(format!("mail.tls: `{word}` is not one of implicit, starttls, none")),
    };
    if from.parse::<lettre::message::Mailbox>().is_err() {
        return Err(format!("mail.from: `{from}` is no address, such as `entente@kor.example`"));
    }
    let account = match (user, password) {
        (Some(user), Some(password)) => Some((user, SecretSource::of(&password, folder))),
        (None, None) => None,
        _ => return Err("mail: `user` and `password` belong together".to_owned()),
    };
    Ok(MailServer { host, port: port.unwrap_or(usual), security, from, account })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_server_is_protected_or_on_this_machine() {
        let read = |lines: &str| {
            let text: MailText = toml::from_str(&format!("from = \"entente@kor.example\"\n{lines}")).unwrap();
            server(text, Path::new("/node"))
        };
        let good = read("host = \"mail.example\"\ntls = \"starttls\"\ncertificate_authority = \"ca.pem\"").unwrap();
        assert_eq!(good.port, 587);
        assert!(matches!(good.security, Security::StartTls(path) if path == Path::new("/node/ca.pem")));
        for (lines, says) in [
            ("host = \"mail.example\"\ntls = \"implicit\"", "name the `certificate_authority`"),
            ("host = \"mail.example\"\ntls = \"none\"", "for this machine alone"),
            ("host = \"localhost\"\ntls = \"perhaps\"", "is not one of"),
            ("host = \"localhost\"\ntls = \"none\"\nuser = \"a\"", "belong together"),
        ] {
            let said = read(lines).unwrap_err();
            assert!(said.contains(says), "{said}");
        }
    }
}
