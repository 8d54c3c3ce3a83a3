//! The signing key in a PKCS #11 token: signing goes there, and nothing comes out but signatures (Ed25519 by CKM_EDDSA).
//! The token's library is loaded only where one is configured.
//!
//! A token signs some hundred times in a second where this machine signs ten thousands. What goes to it is therefore what has
//! to bear the party's own name: statements, envelopes, dispositions and withdrawals. Checkpoints and cosignatures are made
//! with keys of their own, on this machine.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    mechanism::{
        Mechanism,
        eddsa::{EddsaParams, EddsaSignatureScheme},
    },
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use entente_seal::{SigningKey, VerifyingKey};

use super::{
    KeyError,
    passphrase::{PIN_CREDENTIAL, credential, first_line},
    read_private,
};

/// `edwards25519` as a printable string, and its object identifier (PKCS #11 3.0, section 2.3.5; RFC 8410): tokens know one
/// or the other.
const CURVES: [&[u8]; 2] = [b"\x13\x0cedwards25519", b"\x06\x03\x2b\x65\x70"];
/// How the key pairs that are made here are called in the token.
const LABEL: &str = "entente signing";

/// Which token, and how it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenConfig {
    /// The library of its maker.
    pub module: PathBuf,
    /// The token's label.
    pub label: String,
    /// The file with the PIN, which its owner alone may read; the credential `entente-token-pin` when absent.
    pub pin_file: Option<PathBuf>,
}

/// A token that is logged in.
pub(super) struct Token {
    config: TokenConfig,
    library: Pkcs11,
    session: Mutex<Session>,
}

fn wrong(config: &TokenConfig, doing: &str, error: &Error) -> KeyError {
    KeyError::Token(format!("`{}` ({}): {doing}: {error}", config.label, config.module.display()))
}

impl Token {
    pub(super) fn open(config: &TokenConfig) -> Result<Self, KeyError> {
        let failed = |doing| move |error: Error| wrong(config, doing, &error);
        let library = Pkcs11::new(&config.module).map_err(failed("its library cannot be loaded"))?;
        match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(wrong(config, "its library does not start", &error)),
        }
        let session = log_in(config, &library)?;
        Ok(Self { config: config.clone(), library, session: Mutex::new(session) })
    }

    /// The key pair of this public key, where the token has it.
    pub(super) fn signing_key(self: &Arc<Self>, public: &[u8]) -> Result<Option<SigningKey>, KeyError> {
        let found = find(&self.session.lock().unwrap_or_else(PoisonError::into_inner), public);
        let Some(private) = found.map_err(|error| wrong(&self.config, "it cannot be searched", &error))? else {
            return Ok(None);
        };
        let public = VerifyingKey::from_bytes(public).map_err(|error| KeyError::Unusable(error.to_string()))?;
        let (token, bytes) = (Arc::clone(self), *public.as_bytes());
        // The handle is of the session: a new one needs another.
        let handle = Mutex::new(private);
        let sign = move |message: &[u8]| token.sign(&bytes, &handle, message);
        Ok(Some(SigningKey::elsewhere(public, Arc::new(sign))))
    }

    /// Makes a key pair in the token; its public half.
    pub(super) fn generate(&self) -> Result<[u8; 32], KeyError> {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |error: Error| wrong(&self.config, "it makes no Ed25519 key", &error);
        let mut last = None;
        for curve in CURVES {
            let public = [
                Attribute::Token(true),
                Attribute::Verify(true),
                Attribute::Label(LABEL.into()),
                Attribute::EcParams(curve.to_vec()),
            ];
            let private = [
                Attribute::Token(true),
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Sign(true),
                Attribute::Label(LABEL.into()),
            ];
            let (public, private) = match session.generate_key_pair(&Mechanism::EccEdwardsKeyPairGen, &public, &private)
            {
                Ok(made) => made,
                Err(error) => {
                    last = Some(error);
                    continue;
                }
            };
            let key = point(&session, public).map_err(failed)?;
            let key = key.ok_or_else(|| KeyError::Token("the token made a key that is no Ed25519 key".to_owned()))?;
            // Both halves are found by the key's own bytes, whatever else is in the token.
            for half in [public, private] {
                session.update_attributes(half, &[Attribute::Id(key.to_vec())]).map_err(failed)?;
            }
            return Ok(key);
        }
        Err(last.map_or_else(|| KeyError::Token("no curve is known".to_owned()), failed))
    }

    /// Signs; when the session is gone (the token was drawn and put back), once more in a new one.
    fn sign(&self, public: &[u8; 32], handle: &Mutex<ObjectHandle>, message: &[u8]) -> Option<[u8; 64]> {
        let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let mut handle = handle.lock().unwrap_or_else(PoisonError::into_inner);
        let signature = match session.sign(&mechanism, *handle, message) {
            Ok(signature) => signature,
            Err(error) => {
                tracing::warn!(token = self.config.label, %error, "the token did not sign; it is opened again");
                *session = log_in(&self.config, &self.library)
                    .inspect_err(|error| tracing::error!(%error, "the token cannot be opened"))
                    .ok()?;
                *handle = find(&session, public).ok().flatten()?;
                session
                    .sign(&mechanism, *handle, message)
                    .inspect_err(|error| tracing::error!(%error, "the token does not sign"))
                    .ok()?
            }
        };
        signature.try_into().ok()
    }
}

fn log_in(config: &TokenConfig, library: &Pkcs11) -> Result<Session, KeyError> {
    let failed = |doing| move |error: Error| wrong(config, doing, &error);
    let slots = library.get_slots_with_token().map_err(failed("its slots cannot be listed"))?;
    let is_meant = |slot: &Slot| library.get_token_info(*slot).is_ok_and(|token| token.label() == config.label);
    let slot = slots.into_iter().find(is_meant).ok_or_else(|| {
        KeyError::Token(format!("no token `{}` is there ({})", config.label, config.module.display()))
    })?;
    let session = library.open_rw_session(slot).map_err(failed("it opens no session"))?;
    let pin = match &config.pin_file {
        Some(path) => Some(read_private(path)?),
        None => credential(PIN_CREDENTIAL)?,
    };
    let pin = pin.ok_or_else(|| {
        KeyError::Token(format!(
            "no PIN for `{}`: name its file, or give the credential `{PIN_CREDENTIAL}`",
            config.label
        ))
    })?;
    let pin = first_line(pin)?;
    let text = std::str::from_utf8(&pin).map_err(|_| KeyError::Token("the PIN is not text".to_owned()))?;
    match session.login(UserType::User, Some(&AuthPin::from(text.to_owned()))) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
        // Tried once and no more: a token locks itself after a few wrong ones.
        Err(error) => Err(wrong(config, "it does not take the PIN", &error)),
    }
}

/// The private key whose public half this is: by the id that both halves share.
fn find(session: &Session, public: &[u8]) -> Result<Option<ObjectHandle>, Error> {
    let edwards = Attribute::KeyType(KeyType::EC_EDWARDS);
    for half in session.find_objects(&[Attribute::Class(ObjectClass::PUBLIC_KEY), edwards.clone()])? {
        if point(session, half)?.as_ref().map(<[u8; 32]>::as_slice) != Some(public) {
            continue;
        }
        let id = session.get_attributes(half, &[AttributeType::Id])?;
        let Some(id) = id.into_iter().find(|attribute| matches!(attribute, Attribute::Id(_))) else { continue };
        let private = [Attribute::Class(ObjectClass::PRIVATE_KEY), edwards.clone(), id];
        if let Some(private) = session.find_objects(&private)?.into_iter().next() {
            return Ok(Some(private));
        }
    }
    Ok(None)
}

/// The bytes of an Ed25519 public key; its point stands in a string of octets in DER, or bare.
fn point(session: &Session, public: ObjectHandle) -> Result<Option<[u8; 32]>, Error> {
    let attributes = session.get_attributes(public, &[AttributeType::EcPoint])?;
    let point = attributes.into_iter().find_map(|attribute| match attribute {
        Attribute::EcPoint(point) => Some(point),
        _ => None,
    });
    Ok(point.and_then(|point| point.strip_prefix(&[4, 32]).unwrap_or(&point).try_into().ok()))
}
