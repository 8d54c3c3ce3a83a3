//! Passkeys (W3C Web Authentication, Level 3, sections 7.1 and 7.2): a key that stays in a person's device, and is used only for
//! this node's own name. Its owner proves to the device who it is, so that a passkey is two factors in one.
//!
//! What authenticators say is read by `formats::webauthn`; here are the challenges, and what must hold for one to count.

use std::sync::Arc;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entente_formats::webauthn::{self, AuthenticatorData, PublicKey, WebauthnError};
use entente_store::people::PasskeyRow;
use sha2::{Digest, Sha256};

use super::{
    Half, SignedIn, Way,
    accounts::now,
    is_enrolling,
    sign_in::{WithCookies, begin, has_factor, has_one, just_now},
    ticket::Tickets,
};
use crate::{
    api::{MeView, NewPasskeyRequest, PasskeyChallenge, PasskeyOptions, PasskeySignIn, PasskeyView, moment},
    control::{ApiError, Control, Reply, unexpected},
    keys::KeyError,
};

/// How long a challenge counts, in seconds.
const CHALLENGE: i64 = 300;
/// How many passkeys an account may have.
const MANY: usize = 16;
/// ES256, `EdDSA`, RS256 (RFC 9053, RFC 8812), the best first.
const ALGORITHMS: [i64; 3] = [-7, -8, -257];

/// What a challenge is for: the session that adds a passkey; nothing for a sign-in.
type Purpose<'a> = &'a [u8];

const FOR_SIGN_IN: Purpose<'_> = b"";

/// Makes what counts as a challenge.
pub(crate) fn challenges() -> Result<Tickets, KeyError> {
    Tickets::new(CHALLENGE)
}

/// The name that passkeys are bound to: the host of the origin.
fn rp_id(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host,
    }
}

fn fresh(control: &Control, purpose: Purpose<'_>) -> Result<String, ApiError> {
    control.challenges.fresh(purpose, now()).map_err(|error| ApiError::Ours(error.to_string()))
}

fn origin(control: &Control) -> Result<Arc<str>, ApiError> {
    control.origin.clone().ok_or_else(|| {
        ApiError::Request("passkeys belong to the console, and this node has none: [console] in `node.toml`".to_owned())
    })
}

fn refused(error: &WebauthnError) -> ApiError {
    ApiError::Request(error.to_string())
}

fn bytes(what: &str, text: &str) -> Result<Vec<u8>, ApiError> {
    URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .map_err(|error| ApiError::Request(format!("{what}: not base64url: {error}")))
}

/// Checks what a browser says of a ceremony (7.1 steps 7 to 11, 7.2 steps 11 to 14) and uses its challenge up. `Err` says what
/// does not hold.
fn check_client(
    control: &Control,
    kind: &str,
    purpose: Purpose<'_>,
    origin: &str,
    client_data: &[u8],
) -> Result<(), String> {
    let said = webauthn::client_data(client_data).map_err(|error| error.to_string())?;
    if said.kind != kind {
        return Err(format!("client data: it is not `{kind}`"));
    }
    if said.origin != origin || said.cross_origin {
        return Err(format!("client data: it is for another page than one of `{origin}`"));
    }
    if !control.challenges.take(&said.challenge, purpose, now()) {
        return Err("client data: the challenge is not open any more; begin again".to_owned());
    }
    Ok(())
}

/// Checks what an authenticator says (7.1 steps 13 to 16, 7.2 steps 15 to 17).
fn check_data(origin: &str, data: &AuthenticatorData) -> Result<(), String> {
    let expected: [u8; 32] = Sha256::digest(rp_id(origin)).into();
    if data.rp_id_hash != expected {
        Err(format!("authenticator data: it is for another name than `{}`", rp_id(origin)))
    } else if !data.user_present || !data.user_verified {
        Err("authenticator data: the device did not find out who uses it; set a PIN, a finger or a face".to_owned())
    } else {
        Ok(())
    }
}

/// Whether the key signed these bytes.
fn is_signed(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    match key {
        PublicKey::P256 { x, y } => {
            let point = [&[4][..], x, y].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature).is_ok()
        }
        PublicKey::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok(),
        PublicKey::Rsa { n, e } => {
            RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
        }
    }
}

impl From<&PasskeyRow> for PasskeyView {
    fn from(row: &PasskeyRow) -> Self {
        Self {
            id: URL_SAFE_NO_PAD.encode(&row.id),
            name: row.name.clone(),
            created: moment(row.created),
            used: row.used.map(moment),
        }
    }
}

fn session_of(signed_in: &SignedIn) -> Result<[u8; 32], ApiError> {
    just_now(signed_in)?;
    match signed_in.way() {
        Way::Session { hash, .. } => Ok(*hash),
        _ => Err(unexpected()),
    }
}

/// `GET /me/passkeys`.
pub(crate) async fn list(State(control): State<Control>, Half(signed_in): Half) -> Reply<Vec<PasskeyView>> {
    let name = signed_in.name().to_owned();
    let rows = control.accounts.with(move |people| people.passkeys(&name)).await?;
    Ok(Json(rows.iter().map(PasskeyView::from).collect()))
}

/// `POST /me/passkeys/begin`: what `navigator.credentials.create` is to be given, bytes in base64url.
pub(crate) async fn begin_adding(State(control): State<Control>, Half(signed_in): Half) -> Reply<PasskeyOptions> {
    let session = session_of(&signed_in)?;
    let origin = origin(&control)?;
    let name = signed_in.name().to_owned();
    let known = {
        let name = name.clone();
        control.accounts.with(move |people| people.passkeys(&name)).await?
    };
    if known.len() >= MANY {
        return Err(ApiError::Conflict(format!("an account has at most {MANY} passkeys; take one away first")));
    }
    // Of the account's name, but not the name: a device may show it to whoever finds it.
    let handle: [u8; 32] = Sha256::digest(format!("entente/passkey/{}/{name}", control.operator.nationality)).into();
    Ok(Json(PasskeyOptions {
        challenge: fresh(&control, &session)?,
        rp_id: rp_id(&origin).to_owned(),
        rp_name: format!("Entente {}", control.operator.nationality),
        user_id: URL_SAFE_NO_PAD.encode(handle),
        user_name: name,
        algorithms: ALGORITHMS.to_vec(),
        exclude: known.iter().map(|row| URL_SAFE_NO_PAD.encode(&row.id)).collect(),
    }))
}

/// `POST /me/passkeys`: what the authenticator answered. A session that waited for a second factor goes on as a full one, under a
/// new cookie.
pub(crate) async fn add(
    State(control): State<Control>,
    Half(signed_in): Half,
    headers: HeaderMap,
    Json(request): Json<NewPasskeyRequest>,
) -> Result<WithCookies<MeView>, ApiError> {
    let session = session_of(&signed_in)?;
    let origin = origin(&control)?;
    let client_data = bytes("client_data", &request.client_data)?;
    let object = bytes("attestation_object", &request.attestation_object)?;
    check_client(&control, "webauthn.create", &session, &origin, &client_data).map_err(ApiError::Request)?;
    let data = webauthn::attestation_object(&object).map_err(|error| refused(&error))?;
    check_data(&origin, &data).map_err(ApiError::Request)?;
    let attested =
        data.attested.ok_or_else(|| ApiError::Request("authenticator data: no new credential".to_owned()))?;
    webauthn::public_key(&attested.key).map_err(|error| refused(&error))?;
    if request.name.is_empty() || request.name.chars().count() > 64 || request.name.chars().any(char::is_control) {
        return Err(ApiError::Request("name: 1 to 64 characters".to_owned()));
    }
    let row = PasskeyRow {
        id: attested.id,
        user: signed_in.name().to_owned(),
        name: request.name,
        public_key: attested.key,
        sign_count: data.sign_count,
        created: now(),
        used: None,
    };
    let stated = serde_json::json!({ "passkey": row.name });
    let is_half = is_enrolling(&signed_in);
    let adding = control.accounts.change(&control.driver, move |people| {
        if is_half && has_factor(people, &row.user)? {
            return Err(has_one());
        }
        if !people.add_passkey(&row)? {
            return Err(ApiError::Conflict("this credential is there already".to_owned()));
        }
        // Whoever came in before, with less or as somebody else, comes in anew.
        people.end_sessions(&row.user)?;
        let user = people.user(&row.user)?.ok_or_else(unexpected)?;
        Ok((user, signed_in.changed("passkey added", signed_in.name(), stated)))
    });
    let user = adding.await?;
    begin(&control, &headers, &user, "passkey", false).await
}

/// `DELETE /me/passkeys/{id}`. Whoever has no other second factor keeps the last one.
pub(crate) async fn remove(State(control): State<Control>, person: SignedIn, Path(id): Path<String>) -> Reply<()> {
    just_now(&person)?;
    let missing = || ApiError::NotFound(format!("no passkey `{id}`"));
    let raw = bytes("id", &id).map_err(|_| missing())?;
    let user = person.name().to_owned();
    let removing = control.accounts.change(&control.driver, move |people| {
        if people.user(&user)?.is_some_and(|row| row.passkeys == 1 && !row.has_totp) {
            return Err(ApiError::Conflict("it is the only second factor; add another one first".to_owned()));
        }
        if !people.remove_passkey(&user, &raw)? {
            return Err(ApiError::NotFound(format!("no passkey `{id}`")));
        }
        Ok(((), person.changed("passkey taken away", &user, serde_json::Value::Null)))
    });
    removing.await?;
    Ok(Json(()))
}

/// `POST /session/passkey/begin`: what `navigator.credentials.get` is to be given. The same for everybody.
pub(crate) async fn begin_sign_in(State(control): State<Control>) -> Reply<PasskeyChallenge> {
    let origin = origin(&control)?;
    let challenge = fresh(&control, FOR_SIGN_IN)?;
    Ok(Json(PasskeyChallenge { challenge, rp_id: rp_id(&origin).to_owned() }))
}

/// `POST /session/passkey`: a person comes in. What does not hold is not said, as with a password.
pub(crate) async fn sign_in(
    State(control): State<Control>,
    headers: HeaderMap,
    Json(request): Json<PasskeySignIn>,
) -> Result<WithCookies<MeView>, ApiError> {
    let origin = origin(&control)?;
    let parts = [&request.id, &request.client_data, &request.authenticator_data, &request.signature];
    let mut parts = parts.into_iter().map(|text| bytes("", text).map_err(|_| ApiError::SignIn));
    let mut part = || parts.next().unwrap_or(Err(ApiError::SignIn));
    let (id, client_data, data, signature) = (part()?, part()?, part()?, part()?);
    check_client(&control, "webauthn.get", FOR_SIGN_IN, &origin, &client_data).map_err(|why| not_in(&why))?;
    let said = webauthn::authenticator_data(&data).map_err(|error| not_in(&error.to_string()))?;
    check_data(&origin, &said).map_err(|why| not_in(&why))?;
    let wanted = id.clone();
    let row = control.accounts.with(move |people| people.passkey(&wanted)).await?;
    let row = row.ok_or_else(|| not_in("no such passkey"))?;
    let key = webauthn::public_key(&row.public_key).map_err(|error| ApiError::Ours(error.to_string()))?;
    let message = [&data[..], &Sha256::digest(&client_data)].concat();
    if !is_signed(&key, &message, &signature) {
        return Err(not_in("the signature does not hold"));
    }
    let (name, count) = (row.user.clone(), said.sign_count);
    let (goes_on, user) =
        control.accounts.with(move |people| Ok((people.passkey_used(&id, count, now())?, people.user(&name)?))).await?;
    if !goes_on {
        tracing::warn!(account = row.user, "a passkey's counter stands still: it may have been copied");
        return Err(ApiError::SignIn);
    }
    let user = user.filter(|user| user.disabled.is_none()).ok_or_else(|| not_in("the account is disabled"))?;
    begin(&control, &headers, &user, "passkey", false).await
}

fn not_in(why: &str) -> ApiError {
    tracing::info!(why, "a sign-in with a passkey was refused");
    ApiError::SignIn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_are_bound_to_the_host_of_the_origin() {
        for (origin, id) in [
            ("https://node.example", "node.example"),
            ("https://node.example:8443", "node.example"),
            ("http://localhost:8443", "localhost"),
            ("https://[::1]:8443", "[::1]"),
        ] {
            assert_eq!(rp_id(origin), id);
        }
    }
}
