//! TLS between nodes: 1.3 only, both ends with a certificate that the other's party file pins, hybrid key exchange
//! only, so that what is captured today stays closed to tomorrow's computers.

use std::{
    collections::BTreeMap,
    sync::{Arc, RwLock},
};

use entente_core::Party;
use rustls::{
    ClientConfig, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use sha2::{Digest, Sha256};

/// Which certificate (SHA-256 of its DER) is whose.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pins(Arc<RwLock<BTreeMap<[u8; 32], Party>>>);

impl Pins {
    /// Sets the certificates of a party; those of an older party file count no more.
    pub(crate) fn set(&self, party: &Party, certificates: &[[u8; 32]]) {
        let mut pins = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        pins.retain(|_, owner| owner != party);
        for digest in certificates {
            // The node has refused files that name another's certificate; a pin that is taken stays where it is.
            pins.entry(*digest).or_insert_with(|| party.clone());
        }
    }

    /// The party that presents this certificate.
    pub(crate) fn owner(&self, certificate: &CertificateDer<'_>) -> Option<Party> {
        let digest: [u8; 32] = Sha256::digest(certificate).into();
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(&digest).cloned()
    }
}

/// The name in a node's certificate. It proves nothing; the pin does.
pub(crate) fn name(party: &str) -> String {
    format!("{}.entente.invalid", party.to_ascii_lowercase())
}

fn provider() -> CryptoProvider {
    CryptoProvider { kx_groups: vec![aws_lc_rs::kx_group::X25519MLKEM768], ..aws_lc_rs::default_provider() }
}

/// Checks the other end against the pins: its certificate is one of a party file, and it has the key of it.
#[derive(Debug)]
struct Pinned {
    pins: Pins,
    /// As a client: the one party that we mean to reach.
    expected: Option<Party>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Pinned {
    fn new(pins: Pins, expected: Option<Party>) -> Arc<Self> {
        Arc::new(Self { pins, expected, algorithms: provider().signature_verification_algorithms })
    }

    fn check(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        match (self.pins.owner(certificate), &self.expected) {
            (Some(owner), Some(expected)) if owner == *expected => Ok(()),
            (Some(_), None) => Ok(()),
            _ => Err(Error::InvalidCertificate(rustls::CertificateError::ApplicationVerificationFailure)),
        }
    }
}

macro_rules! signatures {
    () => {
        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Err(Error::General("TLS 1.3 only".to_owned()))
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls13_signature(message, certificate, signature, &self.algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.algorithms.supported_schemes()
        }
    };
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(certificate).map(|()| ServerCertVerified::assertion())
    }

    signatures!();
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(certificate).map(|()| ClientCertVerified::assertion())
    }

    signatures!();
}

/// What the node's listener speaks.
pub(crate) fn server_config(
    pins: Pins,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(Pinned::new(pins, None))
        .with_single_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// What the node speaks to reach one partner.
pub(crate) fn client_config(
    pins: Pins,
    partner: Party,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<ClientConfig, Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Pinned::new(pins, Some(partner)))
        .with_client_auth_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}
