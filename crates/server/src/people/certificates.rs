//! Certificates of TLS with which programs come in over TAXII (section 1.6.4 of the specification leaves the way to the
//! server). An administrator binds one to an account; what counts is its public key, of which the handshake proves that who asks
//! has the other half. Names and dates in it, and who signed it, mean nothing
//! ([why](../../../../docs/decisions/0100-client-certificates.md)).

use axum::{
    Json,
    extract::{Path, State},
};
use entente_formats::hex;
use entente_node::{Event, person::Account};
use entente_store::people::CertificateRow;
use rustls::{
    pki_types::{CertificateDer, pem::PemObject},
    server::ParsedCertificate,
};
use sha2::{Digest, Sha256};

use super::{
    SignedIn,
    accounts::now,
    users::{administrator, find, is_name},
};
use crate::{
    api::{BindRequest, CertificateView, moment},
    control::{ApiError, Control, Reply},
};

/// How long a certificate may count, in days: three years.
const LONGEST: u32 = 1_096;
/// How many an account may have.
const MANY: usize = 16;
/// The longest file that is read as a certificate, in bytes.
const LONGEST_FILE: usize = 64 * 1024;

impl From<&CertificateRow> for CertificateView {
    fn from(row: &CertificateRow) -> Self {
        Self {
            name: row.name.clone(),
            spki_sha256: hex::encode(&row.spki),
            created: moment(row.created),
            expires: moment(row.expires),
            used: row.used.map(moment),
        }
    }
}

/// SHA-256 of the public key (SubjectPublicKeyInfo) of a certificate; none of what is no certificate.
pub(crate) fn spki(certificate: &CertificateDer<'_>) -> Option<[u8; 32]> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    Some(Sha256::digest(parsed.subject_public_key_info()).into())
}

/// Who comes with a certificate of this public key, while it counts. That it was used is told once in a few minutes, as of a
/// password.
pub(crate) async fn who(control: &Control, spki: [u8; 32]) -> Result<Option<SignedIn>, ApiError> {
    let Some((found, revision)) = control.accounts.of_certificate(spki).await? else { return Ok(None) };
    let shown = &control.accounts.shown;
    let at = now();
    let code = shown.code(found.name(), &hex::encode(&spki)).ok_or(ApiError::SignIn)?;
    if shown.revision(&code, at) != Some(revision) {
        let account =
            Account::SignedIn { name: found.name().to_owned(), with: format!("{}, for TAXII", found.person().way) };
        control.driver.handle(Event::Account(account)).await?;
        shown.remember(code, revision, at);
    }
    Ok(Some(found))
}

/// The public key of the first certificate in a PEM text.
fn read(text: &str) -> Result<[u8; 32], ApiError> {
    let wrong = |why: &str| ApiError::Request(format!("certificate: {why}"));
    if text.len() > LONGEST_FILE {
        return Err(wrong("longer than any certificate"));
    }
    let certificate = CertificateDer::from_pem_slice(text.as_bytes())
        .map_err(|_| wrong("no certificate in PEM, which begins with `-----BEGIN CERTIFICATE-----`"))?;
    spki(&certificate).ok_or_else(|| wrong("it cannot be read as a certificate of X.509"))
}

/// A certificate, as the ledger tells it.
fn stated(row: &CertificateRow) -> serde_json::Value {
    serde_json::json!({
        "certificate": row.name, "spki_sha256": hex::encode(&row.spki), "expires": moment(row.expires),
    })
}

/// `GET /users/{name}/certificates`.
pub(crate) async fn list(
    State(control): State<Control>,
    _: SignedIn,
    Path(name): Path<String>,
) -> Reply<Vec<CertificateView>> {
    find(&control, &name).await?;
    let rows = control.accounts.with(move |people| people.certificates(&name)).await?;
    Ok(Json(rows.iter().map(CertificateView::from).collect()))
}

/// `POST /users/{name}/certificates`: from now on who has the key of this certificate comes in as this account. So the
/// administrator counts as who set the account.
pub(crate) async fn bind(
    State(control): State<Control>,
    by: SignedIn,
    Path(user): Path<String>,
    Json(request): Json<BindRequest>,
) -> Reply<CertificateView> {
    let BindRequest { name, certificate, days } = request;
    if !is_name(&name) {
        return Err(ApiError::Request("name: letters, digits, `.`, `_`, `-` and `@`, at most 64".to_owned()));
    }
    if !(1..=LONGEST).contains(&days) {
        return Err(ApiError::Request(format!("days: `{days}` is not from 1 to {LONGEST}")));
    }
    let spki = read(&certificate)?;
    find(&control, &user).await?;
    let created = now();
    let expires = created + i64::from(days) * 86_400;
    let (set_by, row) = (administrator(&by), CertificateRow { spki, user, name, created, expires, used: None });
    let binding = control.accounts.change(&control.driver, move |people| {
        if people.certificates(&row.user)?.len() >= MANY {
            return Err(ApiError::Conflict(format!("an account has at most {MANY} certificates; take one away first")));
        }
        if !people.bind(&row)? {
            return Err(ApiError::Conflict(format!(
                "its key is bound to an account already, or a certificate `{}` is",
                row.name
            )));
        }
        people.set_by(&row.user, set_by.as_deref())?;
        let account = by.changed("certificate bound", &row.user, stated(&row));
        Ok((CertificateView::from(&row), account))
    });
    Ok(Json(binding.await?))
}

/// `DELETE /users/{name}/certificates/{certificate}`: it opens nothing any more, also on connections that are there.
pub(crate) async fn unbind(
    State(control): State<Control>,
    by: SignedIn,
    Path((user, name)): Path<(String, String)>,
) -> Reply<()> {
    find(&control, &user).await?;
    let unbinding = control.accounts.change(&control.driver, move |people| {
        let row = people.certificates(&user)?.into_iter().find(|row| row.name == name);
        let unknown = || ApiError::NotFound(format!("`{user}` has no certificate `{name}`"));
        let row = row.ok_or_else(unknown)?;
        people.unbind(&user, &name)?;
        Ok(((), by.changed("certificate taken away", &user, stated(&row))))
    });
    unbinding.await?;
    Ok(Json(()))
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    #[test]
    fn the_key_counts_and_not_the_certificate_around_it() {
        let pem = |kind: &str, der: &[u8]| {
            format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", STANDARD.encode(der))
        };
        let of = |key: &KeyPair, name: &str| {
            let made = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(key).unwrap();
            pem("CERTIFICATE", made.der())
        };
        let key = KeyPair::generate().unwrap();
        let made = |name: &str| of(&key, name);
        let read = |text: &str| read(text).ok();
        assert!(read(&made("a.example")).is_some());
        assert_eq!(read(&made("a.example")), read(&made("b.example")));
        let other = of(&KeyPair::generate().unwrap(), "a.example");
        assert_ne!(read(&made("a.example")), read(&other));
        let long = "a".repeat(LONGEST_FILE + 1);
        let (broken, private) = (pem("CERTIFICATE", b"no"), pem("PRIVATE KEY", &key.serialize_der()));
        for wrong in ["", "nonsense", &broken, &private, &long] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }
}
