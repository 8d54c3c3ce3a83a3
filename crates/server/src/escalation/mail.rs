//! One message to one person by SMTP (RFC 5321, submission RFC 6409). A try that was cut off after the server took the message is
//! made again under the same `Message-ID`: which of them a reader sees, its mail program decides.
//!
//! The key function is [`send`].

use std::time::{Duration, UNIX_EPOCH};

use entente_core::time::Timestamp;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message as Mail, Tokio1Executor,
    message::header::{ContentType, HeaderName, HeaderValue},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
        extension::ClientId,
    },
};

use super::{
    message::Message,
    settings::{MailServer, Security},
};
use crate::escalation::Tried;

/// How long a server may take for one message.
const PATIENCE: Duration = Duration::from_secs(30);

/// Hands a message to the mail server.
pub(super) async fn send(server: &MailServer, to: &str, message: &Message, now: Timestamp) -> Tried {
    let made = mail(server, to, message, now).and_then(|mail| transport(server).map(|transport| (mail, transport)));
    let (mail, transport) = match made {
        Ok(made) => made,
        Err(why) => return Tried::Failed(why),
    };
    match tokio::time::timeout(PATIENCE, transport.send(mail)).await {
        Err(_) => Tried::Again(format!("the mail server does not answer within {} s", PATIENCE.as_secs())),
        Ok(Ok(response)) => {
            let said = response.first_line().unwrap_or_default();
            Tried::Reached(format!("the mail server took it: {} {said}", response.code()))
        }
        Ok(Err(error)) if error.is_permanent() => Tried::Failed(said(&error)),
        Ok(Err(error)) => Tried::Again(said(&error)),
    }
}

/// An error with what lies under it, which alone says what a server answered.
fn said(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut under = error.source();
    while let Some(error) = under {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        under = error.source();
    }
    words
}

fn mail(server: &MailServer, to: &str, message: &Message, now: Timestamp) -> Result<Mail, String> {
    let wrong = |what: &str, error: &dyn std::fmt::Display| format!("{what}: {error}");
    let from: lettre::message::Mailbox = server.from.parse().map_err(|error| wrong("mail.from", &error))?;
    let to = to.parse().map_err(|error| wrong("the address in the contact list", &error))?;
    let domain = from.email.domain().to_owned();
    let mut mail = Mail::builder()
        .from(from)
        .to(to)
        .subject(message.subject())
        .message_id(Some(format!("<{}@{domain}>", message.key)))
        .date(UNIX_EPOCH + Duration::from_secs(u64::try_from(now.as_second()).unwrap_or_default()))
        .header(ContentType::TEXT_PLAIN)
        .body(message.text())
        .map_err(|error| wrong("the message", &error))?;
    // RFC 3834: no machine is to answer. `Priority` is RFC 2156's, which mail programs show.
    for (name, value) in [("Auto-Submitted", "auto-generated"), ("Priority", "urgent"), ("X-Priority", "1")] {
        let is_about_urgency = name != "Auto-Submitted";
        if is_about_urgency && message.precedence < entente_core::consult::Precedence::Immediate {
            continue;
        }
        let name = HeaderName::new_from_ascii_str(name);
        mail.headers_mut().insert_raw(HeaderValue::new(name, value.to_owned()));
    }
    Ok(mail)
}

fn transport(server: &MailServer) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let parameters = |authority: &std::path::Path| {
        let wrong = |error: &dyn std::fmt::Display| format!("`{}`: {error}", authority.display());
        let pem = std::fs::read(authority).map_err(|error| wrong(&error))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| wrong(&error))?;
        let builder = TlsParameters::builder(server.host.clone());
        let builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
        builder.build_rustls().map_err(|error| wrong(&error))
    };
    let tls = match &server.security {
        Security::Implicit(authority) => Tls::Wrapper(parameters(authority)?),
        Security::StartTls(authority) => Tls::Required(parameters(authority)?),
        Security::Plain => Tls::None,
    };
    let domain = server.from.rsplit('@').next().unwrap_or_default().trim_end_matches('>').to_owned();
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
        .port(server.port)
        .tls(tls)
        .hello_name(ClientId::Domain(domain))
        .timeout(Some(PATIENCE));
    if let Some((user, password)) = &server.account {
        let password = password.read()?;
        let password = std::str::from_utf8(&password).map_err(|_| "mail.password: it is no text".to_owned())?;
        builder = builder.credentials(Credentials::new(user.clone(), password.to_owned()));
    }
    Ok(builder.build())
}
