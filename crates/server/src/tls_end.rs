//! The node's own end of TLS: its certificate and key, as they are now. They are changed while the node runs; connections
//! that stand go on with what they began with, until the partner's pins say otherwise.

use std::sync::{Arc, PoisonError, RwLock};

use entente_core::Party;
use rustls::{
    ClientConfig, Error, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio_rustls::TlsAcceptor;

use crate::tls::{self, Pins};

/// What the node presents.
#[derive(Clone)]
pub(crate) struct TlsEnd {
    pins: Pins,
    now: Arc<RwLock<Presented>>,
}

struct Presented {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    listener: Arc<ServerConfig>,
}

impl Presented {
    fn new(pins: &Pins, (certificate, key): Pair) -> Result<Self, Error> {
        let listener = Arc::new(tls::server_config(pins.clone(), certificate.clone(), key.clone_key())?);
        Ok(Self { certificate, key, listener })
    }
}

type Pair = (CertificateDer<'static>, PrivateKeyDer<'static>);

impl TlsEnd {
    pub(crate) fn new(pins: &Pins, pair: Pair) -> Result<Self, Error> {
        Ok(Self { pins: pins.clone(), now: Arc::new(RwLock::new(Presented::new(pins, pair)?)) })
    }

    /// Presents another certificate from now on.
    pub(crate) fn replace(&self, pair: Pair) -> Result<(), Error> {
        let presented = Presented::new(&self.pins, pair)?;
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = presented;
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner).listener))
    }

    pub(crate) fn client(&self, partner: &Party) -> Result<ClientConfig, Error> {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        tls::client_config(self.pins.clone(), partner.clone(), now.certificate.clone(), now.key.clone_key())
    }
}
