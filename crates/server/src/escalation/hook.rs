//! One message to one program over HTTPS, signed with a secret that both know: HMAC-SHA-256 over the time and the body, so that
//! nobody else can make one and an old one can be told. The key function is [`send`].

use std::path::Path;

use aws_lc_rs::hmac;
use entente_core::{time::Timestamp, watch::Webhook};
use entente_formats::hex;
use hyper::{Request, StatusCode, body::Bytes, header};

use super::{Tried, message::Message, settings::SecretSource};
use crate::outbound::Outbound;

/// The header with the time, in seconds since the epoch, and the signature in hex.
pub(super) const SIGNATURE: &str = "entente-signature";
/// The shortest secret, in bytes.
const SHORTEST: usize = 16;

/// Hands a message to a program. `folder` is where the contact list lies.
pub(super) async fn send(webhook: &Webhook, folder: &Path, message: &Message, now: Timestamp) -> Tried {
    let secret = match SecretSource::of(&webhook.secret, folder).read() {
        Ok(secret) if secret.len() >= SHORTEST => secret,
        Ok(_) => return Tried::Failed(format!("the secret of `{}` has less than {SHORTEST} bytes", webhook.id)),
        Err(why) => return Tried::Failed(why),
    };
    let authority = webhook.authority.as_ref().map(|path| folder.join(path));
    let outbound = match Outbound::new(authority.as_deref()) {
        Ok(outbound) => outbound,
        Err(why) => return Tried::Failed(why),
    };
    let body = message.json(now);
    let request = Request::builder()
        .method("POST")
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", &message.key)
        .header(SIGNATURE, signature(&secret, now.as_second(), &body));
    match outbound.send(&webhook.url, request, Bytes::from(body)).await {
        Ok((status, _)) if status.is_success() => Tried::Reached(format!("`{}` answers {status}", webhook.id)),
        Ok((status, _)) if is_worth_another(status) => Tried::Again(format!("`{}` answers {status}", webhook.id)),
        Ok((status, _)) => Tried::Failed(format!("`{}` answers {status}", webhook.id)),
        Err(why) => Tried::Again(format!("`{}`: {why}", webhook.id)),
    }
}

fn is_worth_another(status: StatusCode) -> bool {
    status.is_server_error() || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status)
}

/// `t=SECONDS,v1=HEX`.
fn signature(secret: &[u8], at: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", hex::encode(tag.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_over_time_and_body() {
        // By hand: printf '1795000000.{}' | openssl dgst -sha256 -hmac 'a secret of both'
        assert_eq!(
            signature(b"a secret of both", 1_795_000_000, "{}"),
            "t=1795000000,v1=f1e2cc4f0f30644c29f9a107e83db9c4240b7e89131841f35a2bb3938ad9f93c"
        );
    }
}
