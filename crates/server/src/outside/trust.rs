//! Which servers are believed, and how a connection with one begins. Key type: [`Trust`].

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{
        CertificateDer,
        pem::{self, PemObject},
    },
};
use tokio_rustls::TlsConnector;

use super::{OutsideError, own::OnRequest};

/// Whom to believe.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The authorities that are believed, in PEM; those of the system when absent.
    pub authority: Option<PathBuf>,
    /// SHA-256 of the certificate that the server must have besides.
    pub pin: Option<[u8; 32]>,
}

/// What begins connections with servers that are believed, where a certificate of ours is shown to those that ask.
pub(super) fn connector(trust: &Trust, own: Option<Arc<OnRequest>>) -> Result<TlsConnector, OutsideError> {
    let mut roots = RootCertStore::empty();
    match &trust.authority {
        Some(path) => {
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|error| wrong(path, &error))?;
            }
        }
        None => {
            // Some of a system's authorities may be of a kind that is not read; whoever is signed by them is not believed.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                let why = "this system has no authorities that sign servers; name some with --ca FILE";
                return Err(OutsideError::Setting(why.to_owned()));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| OutsideError::Setting(error.to_string()))?
        .with_root_certificates(roots);
    let config = match own {
        Some(own) => config.with_client_cert_resolver(own),
        None => config.with_no_client_auth(),
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The certificates in a file, at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, OutsideError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    match read {
        Ok(certificates) if !Vec::is_empty(&certificates) => Ok(certificates),
        Err(pem::Error::Io(error)) => Err(wrong(path, &error)),
        // What is wrong with it is not shown: it may be the file of a key.
        _ => Err(wrong(path, &"no certificate in PEM is in it, which begins with `-----BEGIN CERTIFICATE-----`")),
    }
}

/// What is wrong with a file.
pub(super) fn wrong(path: &Path, error: &dyn std::fmt::Display) -> OutsideError {
    OutsideError::Setting(format!("`{}`: {error}", path.display()))
}
