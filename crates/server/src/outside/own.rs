//! The certificate that we show to a server that asks for one, with its key: files in PEM, of which the key's is for its owner alone.
//! Nothing of the key stands in an error, and every buffer that it was read into is zeroed. Key type: [`OwnCertificate`].

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rustls::{
    AlertDescription, Error, SignatureScheme,
    client::ResolvesClientCert,
    crypto::aws_lc_rs::sign::any_supported_type,
    pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer},
    sign::{CertifiedKey, SigningKey},
};
use zeroize::Zeroizing;

use super::{
    OutsideError,
    trust::{certificates, wrong},
};
use crate::keys::read_private;

/// A certificate of ours, and its key.
#[derive(Clone, Debug)]
pub struct OwnCertificate {
    /// The certificate, and whatever leads from it to an authority, in PEM.
    pub certificate: PathBuf,
    /// Its key, in PEM and in clear; it may be in the same file.
    pub key: PathBuf,
}

/// What became of a certificate of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// There is none.
    None,
    /// The server asked for none, so it has not seen it.
    NotAskedFor,
    /// The server has seen it.
    Yes,
}

/// A certificate with its key, and whether a server has asked for it.
#[derive(Debug)]
pub(super) struct OnRequest {
    pair: Arc<CertifiedKey>,
    was_asked: AtomicBool,
}

impl OnRequest {
    /// Reads the files.
    pub(super) fn read(own: &OwnCertificate) -> Result<Self, OutsideError> {
        let pair = CertifiedKey::new(certificates(&own.certificate)?, private_key(&own.key)?);
        match pair.keys_match() {
            Ok(()) | Err(Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
            Err(Error::InconsistentKeys(_)) => {
                let why = format!("its key is not that of the certificate in `{}`", own.certificate.display());
                return Err(wrong(&own.key, &why));
            }
            Err(_) => return Err(wrong(&own.certificate, &"it cannot be read as a certificate of X.509")),
        }
        Ok(Self { pair: Arc::new(pair), was_asked: AtomicBool::new(false) })
    }

    /// What became of it.
    pub(super) fn shown(&self) -> Shown {
        if self.was_asked.load(Ordering::Relaxed) { Shown::Yes } else { Shown::NotAskedFor }
    }
}

impl ResolvesClientCert for OnRequest {
    fn resolve(&self, _authorities: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.was_asked.store(true, Ordering::Relaxed);
        Some(Arc::clone(&self.pair))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// The first private key in a file.
fn private_key(path: &Path) -> Result<Arc<dyn SigningKey>, OutsideError> {
    let bytes = read_private(path).map_err(|error| OutsideError::Setting(error.to_string()))?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED") {
        let why = "its key is under a passphrase, which is not asked for here; `openssl pkey` writes it in clear, and \
                   `umask 077` before that keeps it from others";
        return Err(wrong(path, &why));
    }
    for (name, key) in KINDS {
        let rest = text.split_once(&format!("-----BEGIN {name}-----")).map(|(_, rest)| rest);
        if let Some((body, _)) = rest.and_then(|rest| rest.split_once(&format!("-----END {name}-----"))) {
            // Its length at once: a buffer that grows leaves copies behind.
            let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
            base64.extend(body.chars().filter(|letter| !letter.is_ascii_whitespace()));
            let mut der = Zeroizing::new(vec![0; base64.len()]);
            let length = STANDARD.decode_slice(base64.as_bytes(), &mut der).unwrap_or(0);
            return any_supported_type(&key(der.get(..length).unwrap_or_default()))
                .map_err(|_| wrong(path, &"its key is none of RSA, ECDSA or Ed25519 that can be read"));
        }
    }
    Err(wrong(path, &"no private key in PEM is in it, which begins with `-----BEGIN PRIVATE KEY-----`"))
}

/// What a private key is called in PEM, and how it is read.
type Kind = (&'static str, for<'k> fn(&'k [u8]) -> PrivateKeyDer<'k>);

const KINDS: [Kind; 3] = [
    ("PRIVATE KEY", |der| PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der))),
    ("EC PRIVATE KEY", |der| PrivateKeyDer::Sec1(PrivateSec1KeyDer::from(der))),
    ("RSA PRIVATE KEY", |der| PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(der))),
];

/// What a server says of a certificate of ours, or that it misses one, when it ends a handshake; none when it says something else.
pub(super) fn said(error: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    let mut next = Some(error);
    while let Some(error) = next {
        // What TLS says is wrapped in an error of input and output, and not below it.
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref::<Error>());
        if let Some(Error::AlertReceived(alert)) = inner.or_else(|| error.downcast_ref()) {
            return words(*alert);
        }
        next = error.source();
    }
    None
}

/// What a server says that asked for a certificate and was shown none.
pub(super) const DEMANDS: &str = "it demands a certificate";

fn words(alert: AlertDescription) -> Option<&'static str> {
    match alert {
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => Some(DEMANDS),
        AlertDescription::UnknownCA => Some("it believes nobody who signed our certificate"),
        AlertDescription::CertificateExpired => Some("it says that our certificate has expired"),
        AlertDescription::CertificateRevoked => Some("it says that our certificate was revoked"),
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied
        | AlertDescription::DecryptError => Some("it does not take our certificate"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "files of a test")]

    use std::{fs, os::unix::fs::PermissionsExt};

    use rcgen::{CertificateParams, KeyPair, PKCS_ED25519, PKCS_RSA_SHA256};

    use super::*;

    fn pem(kind: &str, der: &[u8]) -> String {
        format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", STANDARD.encode(der))
    }

    fn made(key: &KeyPair) -> String {
        pem(
            "CERTIFICATE",
            CertificateParams::new(vec!["kor.example".to_owned()]).unwrap().self_signed(key).unwrap().der(),
        )
    }

    /// What becomes of files of these contents, as words.
    fn read(certificate: &str, key: &str, mode: u32) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let own = OwnCertificate { certificate: folder.path().join("own.crt"), key: folder.path().join("own.key") };
        fs::write(&own.certificate, certificate).unwrap();
        fs::write(&own.key, key).unwrap();
        fs::set_permissions(&own.key, fs::Permissions::from_mode(mode)).unwrap();
        OnRequest::read(&own).map(|_| ()).map_err(|error| error.to_string())
    }

    #[test]
    fn keys_are_read_in_every_form_that_tools_write() {
        let ecdsa = KeyPair::generate().unwrap();
        let der = ecdsa.serialize_der();
        read(&made(&ecdsa), &pem("PRIVATE KEY", &der), 0o600).unwrap();
        let ed25519 = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        read(&made(&ed25519), &pem("PRIVATE KEY", &ed25519.serialize_der()), 0o400).unwrap();
        // Both in one file, in lines of 64 letters that end as on other systems, with parameters in front.
        let lines: Vec<String> =
            STANDARD.encode(&der).as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into()).collect();
        let key = format!("-----BEGIN PRIVATE KEY-----\r\n{}\r\n-----END PRIVATE KEY-----\r\n", lines.join("\r\n"));
        let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        let both = format!("{parameters}{key}{}", made(&ecdsa));
        read(&both, &both, 0o600).unwrap();
        let rsa = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        read(&made(&rsa), &pem("PRIVATE KEY", &rsa.serialize_der()), 0o600).unwrap();
    }

    #[test]
    fn what_does_not_fit_is_said_and_nothing_of_a_key_with_it() {
        let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let (certificate, private) = (made(&key), pem("PRIVATE KEY", &key.serialize_der()));
        // As it becomes in a variable of an environment: all in one line.
        let in_a_line = private.replace('\n', "\\n");
        let cases: Vec<(String, String, u32, &str)> = vec![
            (certificate.clone(), pem("PRIVATE KEY", &other.serialize_der()), 0o600, "is not that of the certificate"),
            (certificate.clone(), certificate.clone(), 0o600, "no private key in PEM"),
            (private.clone(), private.clone(), 0o600, "no certificate in PEM"),
            (in_a_line.clone(), private.clone(), 0o600, "no certificate in PEM"),
            (String::new(), private.clone(), 0o600, "no certificate in PEM"),
            (pem("CERTIFICATE", b"nonsense"), private.clone(), 0o600, "cannot be read as a certificate"),
            (certificate.clone(), in_a_line, 0o600, "none of RSA"),
            (certificate.clone(), pem("PRIVATE KEY", b"nonsense"), 0o600, "none of RSA"),
            (certificate.clone(), pem("ENCRYPTED PRIVATE KEY", &key.serialize_der()), 0o600, "under a passphrase"),
            (certificate.clone(), "\u{1}\u{2}".to_owned(), 0o600, "no private key in PEM"),
            (certificate, private, 0o640, "can be read by others (mode 640)"),
        ];
        let secret = STANDARD.encode(key.serialize_der());
        for (certificate, key, mode, why) in cases {
            let said = read(&certificate, &key, mode).unwrap_err();
            assert!(said.contains(why), "{why}: {said}");
            let is_told = secret.as_bytes().windows(12).any(|part| said.contains(std::str::from_utf8(part).unwrap()));
            assert!(!is_told, "{said}");
        }
        let missing = OwnCertificate { certificate: "/nowhere/own.crt".into(), key: "/nowhere/own.key".into() };
        assert!(OnRequest::read(&missing).unwrap_err().to_string().contains("`/nowhere/own.crt`"));
    }

    #[test]
    fn what_a_server_says_of_a_certificate_is_found_below_other_errors() {
        let alert = |alert| std::io::Error::other(Error::AlertReceived(alert));
        assert_eq!(said(&alert(AlertDescription::CertificateRequired)), Some(DEMANDS));
        assert_eq!(
            said(&Error::AlertReceived(AlertDescription::AccessDenied)),
            Some("it does not take our certificate")
        );
        assert_eq!(said(&alert(AlertDescription::InternalError)), None);
        assert_eq!(said(&std::io::Error::other("broken pipe")), None);
    }
}
