//! The configuration of a node: one readable file, `entente.node/1`. Paths in it are relative to the file.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use entente_core::{Level, Party, agreement::clause::Set, national::National, view::Viewer, world::Agreements};
use entente_formats::{agreement, national};
use entente_node::{guard::GuardLink, ledger::DEFAULT_INTERVAL, retention::Period};
use serde::Deserialize;

use crate::{
    desk::{self, AlertsText, ConsultationsText, DeskConfig},
    digest::Publish,
    escalation,
    guard::{self, GuardText},
    keys::TokenConfig,
    quota::{self, Quota},
};

/// What is wrong with a configuration, and where.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("`{}`: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file does not fit.
    #[error("`{}`: {message}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        message: String,
    },
}

/// A node's configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whose node it is.
    pub party: Party,
    /// The party's name, for people.
    pub name: String,
    /// Where it listens for partners: `ADDRESS:PORT`.
    pub listen: String,
    /// The folder with the agreements as configured.
    pub agreements: PathBuf,
    /// The file with the party's own rules.
    pub national: PathBuf,
    /// The folder with the keys.
    pub keys: PathBuf,
    /// The folder with the store and the control socket.
    pub data: PathBuf,
    /// Who uses the control socket.
    pub operator: Viewer,
    /// How long an interval of the ledger is, in seconds.
    pub ledger_interval: u32,
    /// Where metrics, health and readiness are asked for: an address of this machine alone; nowhere when absent.
    pub monitor: Option<SocketAddr>,
    /// Where people reach it with a browser or over the API; nowhere when absent.
    pub console: Option<Console>,
    /// One more address for TAXII alone, of this machine and without TLS; none when absent. Never in the file: whoever starts the
    /// node says so.
    pub taxii_http: Option<SocketAddr>,
    /// Where clients of TAXII alone reach it, with TLS and, where they have them, certificates of their own; nowhere when absent.
    pub taxii: Option<TaxiiListener>,
    /// Who says who somebody is, besides the node itself; nobody when absent.
    pub openid: Option<OpenId>,
    /// How long contents are kept, of which records; for ever where no period covers one.
    pub retention: Vec<Period>,
    /// Which counts of what was given may be published; none when absent.
    pub publish: Option<Publish>,
    /// How much of each partner is kept.
    pub quota: Quota,
    /// What guards see on the links to partners.
    pub guards: BTreeMap<Party, GuardLink>,
    /// How people of this party are told that something waits; nobody is when absent.
    pub escalation: Option<escalation::Settings>,
    /// The token that may hold the signing key.
    pub token: Option<TokenConfig>,
    /// What is done with warnings, and the party's own clocks.
    pub desk: DeskConfig,
}

/// Where people reach a node.
#[derive(Clone, Debug)]
pub struct Console {
    /// The address.
    pub listen: SocketAddr,
    /// The certificate chain and its key (PEM). Without them the address is one of this machine alone.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// What people type in, such as `https://node.example`; made from the address when absent.
    pub origin: Option<String>,
}

/// Where clients of TAXII reach a node that may have certificates of their own.
#[derive(Clone, Debug)]
pub struct TaxiiListener {
    /// The address.
    pub listen: SocketAddr,
    /// The certificate chain and its key (PEM): those of the console when the configuration names no others.
    pub tls: (PathBuf, PathBuf),
}

/// A provider of OpenID Connect.
#[derive(Clone, Debug)]
pub struct OpenId {
    /// Its name, which is an address.
    pub issuer: String,
    /// What this node is called there.
    pub client_id: String,
    /// The file with the secret that both know.
    pub secret: PathBuf,
    /// The certificates that its own may be signed by (PEM); needed unless it is on this machine.
    pub authority: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenIdText {
    issuer: String,
    client_id: String,
    client_secret: PathBuf,
    certificate_authority: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsoleText {
    listen: String,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    origin: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TaxiiText {
    listen: String,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    schema: String,
    party: String,
    name: String,
    listen: String,
    agreements: PathBuf,
    national: PathBuf,
    keys: PathBuf,
    data: PathBuf,
    operator: Operator,
    ledger: Option<LedgerText>,
    monitor: Option<MonitorText>,
    console: Option<ConsoleText>,
    taxii: Option<TaxiiText>,
    openid: Option<OpenIdText>,
    publish: Option<PublishText>,
    #[serde(default)]
    retention: Vec<PeriodText>,
    #[serde(default)]
    quota: QuotaText,
    #[serde(default)]
    guard: BTreeMap<String, GuardText>,
    token: Option<TokenText>,
    contacts: Option<escalation::ContactsText>,
    mail: Option<escalation::MailText>,
    #[serde(default)]
    alerts: AlertsText,
    #[serde(default)]
    consultations: ConsultationsText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenText {
    module: PathBuf,
    label: String,
    pin_file: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodText {
    #[serde(default)]
    from: Vec<String>,
    #[serde(default)]
    subjects: Vec<String>,
    days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishText {
    with: Vec<String>,
    threshold: u64,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct QuotaText {
    each_mib: Option<u64>,
    partners_mib: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MonitorText {
    listen: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LedgerText {
    interval_seconds: u32,
}

/// The longest interval of a ledger: what happened is on the record within a day.
const LONGEST_INTERVAL: u32 = 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Operator {
    name: String,
    clearance: String,
    subjects: Vec<String>,
    official_duty: bool,
}

impl Config {
    /// Reads the configuration file at `path`.
    ///
    /// # Errors
    /// When it cannot be read or does not fit.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path)?;
        let wrong = |message: String| ConfigError::Content { path: path.to_owned(), message };
        let file: Text = toml::from_str(&text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        if file.schema != "entente.node/1" {
            return Err(wrong(format!("schema: expected `entente.node/1`, found `{}`", file.schema)));
        }
        if !entente_formats::party::is_party_code(&file.party) {
            return Err(wrong(format!("party: `{}` is no party code (2 to 32 of A-Z, 0-9, -)", file.party)));
        }
        let clearance = Level::from_banner(&file.operator.clearance)
            .ok_or_else(|| wrong(format!("operator.clearance: unknown level `{}`", file.operator.clearance)))?;
        let ledger_interval = file.ledger.map_or(DEFAULT_INTERVAL, |ledger| ledger.interval_seconds);
        if !(1..=LONGEST_INTERVAL).contains(&ledger_interval) {
            return Err(wrong(format!(
                "ledger.interval_seconds: `{ledger_interval}` is not from 1 to {LONGEST_INTERVAL}"
            )));
        }
        let monitor = file.monitor.map(|monitor| loopback(&monitor.listen)).transpose().map_err(wrong)?;
        let quota = quotas(file.quota).map_err(wrong)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let console = file.console.map(|text| console(text, folder)).transpose().map_err(wrong)?;
        let taxii = file.taxii.map(|text| taxii(text, console.as_ref(), folder)).transpose().map_err(wrong)?;
        let openid = file.openid.map(|text| open_id(text, folder)).transpose().map_err(wrong)?;
        let guards = guard::links(file.guard, folder).map_err(wrong)?;
        let escalation = escalation::settings(file.contacts, file.mail, folder).map_err(wrong)?;
        let desk = desk::desk(file.alerts, &file.consultations, folder).map_err(wrong)?;
        let party: Party = file.party.as_str().into();
        Ok(Self {
            operator: Viewer {
                name: file.operator.name,
                nationality: party.clone(),
                clearance,
                subjects: subjects(&file.operator.subjects),
                official_duty: file.operator.official_duty,
            },
            party,
            taxii_http: None,
            ledger_interval,
            monitor,
            console,
            taxii,
            openid,
            quota,
            desk,
            guards,
            escalation,
            token: file.token.map(|token| TokenConfig {
                // A library's name without a folder is looked for where the system keeps libraries: only a whole path is sure.
                module: folder.join(token.module),
                label: token.label,
                pin_file: token.pin_file.map(|path| folder.join(path)),
            }),
            publish: file.publish.map(|publish| Publish {
                with: publish.with.iter().map(|code| code.as_str().into()).collect(),
                threshold: publish.threshold,
            }),
            retention: file.retention.iter().map(period).collect(),
            name: file.name,
            listen: file.listen,
            agreements: folder.join(file.agreements),
            national: folder.join(file.national),
            keys: folder.join(file.keys),
            data: folder.join(file.data),
        })
    }

    /// Where this node's people reach it.
    pub fn control_socket(&self) -> PathBuf {
        self.data.join("control.sock")
    }

    /// Reads the configured agreements: every `.toml` file of the folder.
    ///
    /// # Errors
    /// When a file cannot be read or does not fit.
    pub fn read_agreements(&self) -> Result<Agreements, ConfigError> {
        let io = |source| ConfigError::Read { path: self.agreements.clone(), source };
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&self.agreements)
            .map_err(io)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()
            .map_err(io)?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        let texts = paths
            .iter()
            .map(|path| Ok((path.display().to_string(), read(path)?)))
            .collect::<Result<Vec<_>, ConfigError>>()?;
        let set = agreement::parse_set(&texts).map_err(|problems| {
            let (path, message) = match problems.first() {
                Some(first) => {
                    let text = texts.iter().find(|(name, _)| *name == first.file).map_or("", |(_, text)| text);
                    let (line, column) = first.problem.line_and_column(text);
                    (PathBuf::from(&first.file), format!("line {line}, column {column}: {}", first.problem))
                }
                None => (self.agreements.clone(), "cannot be read".to_owned()),
            };
            ConfigError::Content { path, message }
        })?;
        Ok(set.agreements)
    }

    /// Reads the party's own rules.
    ///
    /// # Errors
    /// When the file cannot be read, does not fit, or is another party's.
    pub fn read_national(&self) -> Result<National, ConfigError> {
        let text = read(&self.national)?;
        let wrong = |message: String| ConfigError::Content { path: self.national.clone(), message };
        let rules = national::parse(&text).map_err(|problems| {
            wrong(problems.first().map_or_else(String::new, |problem| {
                let (line, column) = problem.line_and_column(&text);
                format!("line {line}, column {column}: {problem}")
            }))
        })?;
        if rules.party != self.party {
            return Err(wrong(format!("these are the rules of {}, not of {}", rules.party, self.party)));
        }
        Ok(rules)
    }
}

impl Config {
    /// Serves TAXII at one more address, without TLS.
    ///
    /// # Errors
    /// When others than this machine could reach it: passwords go over it.
    pub fn with_taxii_http(self, text: &str) -> Result<Self, String> {
        let address = text.parse().ok().filter(|address: &SocketAddr| address.ip().is_loopback());
        let address = address.ok_or_else(|| {
            format!(
                "`{text}` is no loopback address with a port, such as `127.0.0.1:8080`: passwords go over it in clear"
            )
        })?;
        Ok(Self { taxii_http: Some(address), ..self })
    }
}

/// What monitoring is told is for this machine alone: nobody has to prove there who it is.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse().ok().filter(|address: &SocketAddr| address.ip().is_loopback());
    address
        .ok_or_else(|| format!("monitor.listen: `{text}` is no loopback address with a port, such as `127.0.0.1:9464`"))
}

/// The provider that the configuration names.
fn open_id(text: OpenIdText, folder: &Path) -> Result<OpenId, String> {
    let OpenIdText { issuer, client_id, client_secret, certificate_authority } = text;
    let is_tls = issuer.starts_with("https://");
    if !is_tls && !issuer.starts_with("http://") {
        return Err(format!("openid.issuer: `{issuer}` is not of the form `https://login.example`"));
    }
    if is_tls && certificate_authority.is_none() {
        return Err("openid: name the `certificate_authority` that signs the provider's certificate".to_owned());
    }
    let authority = certificate_authority.map(|path| folder.join(path));
    Ok(OpenId { issuer, client_id, secret: folder.join(client_secret), authority })
}

/// Whoever signs in says a secret: over the network only inside TLS.
fn console(text: ConsoleText, folder: &Path) -> Result<Console, String> {
    let ConsoleText { listen, certificate, key, origin } = text;
    let address: SocketAddr = listen
        .parse()
        .map_err(|_| format!("console.listen: `{listen}` is no address with a port, such as `127.0.0.1:8443`"))?;
    let tls = match (certificate, key) {
        (Some(certificate), Some(key)) => Some((folder.join(certificate), folder.join(key))),
        (None, None) if address.ip().is_loopback() => None,
        (None, None) => {
            return Err(format!(
                "console.listen: `{listen}` can be reached by others; name `certificate` and `key`, or listen on \
                 `127.0.0.1` behind a server that has them"
            ));
        }
        _ => return Err("console: `certificate` and `key` belong together".to_owned()),
    };
    let is_origin = |origin: &str| {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        host.is_some_and(|host| {
            !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
        })
    };
    match &origin {
        Some(origin) if !is_origin(origin) => {
            Err(format!("console.origin: `{origin}` is not of the form `https://node.example`, without a path"))
        }
        _ => Ok(Console { listen: address, tls, origin }),
    }
}

/// An address for TAXII always has TLS: what clients show is shown inside it.
fn taxii(text: TaxiiText, console: Option<&Console>, folder: &Path) -> Result<TaxiiListener, String> {
    let TaxiiText { listen, certificate, key } = text;
    let address = listen
        .parse()
        .map_err(|_| format!("taxii.listen: `{listen}` is no address with a port, such as `127.0.0.1:8444`"))?;
    let tls = match (certificate, key) {
        (Some(certificate), Some(key)) => (folder.join(certificate), folder.join(key)),
        (None, None) => console
            .and_then(|console| console.tls.clone())
            .ok_or("taxii: name `certificate` and `key`; the console has none that could serve here too")?,
        _ => return Err("taxii: `certificate` and `key` belong together".to_owned()),
    };
    Ok(TaxiiListener { listen: address, tls })
}

/// The quotas that the configuration names.
fn quotas(text: QuotaText) -> Result<Quota, String> {
    if let Some(code) = text.partners_mib.keys().find(|code| !entente_formats::party::is_party_code(code)) {
        return Err(format!("quota.partners_mib: `{code}` is no party code (2 to 32 of A-Z, 0-9, -)"));
    }
    let partners = text.partners_mib.iter().map(|(code, mib)| (code.as_str().into(), *mib)).collect();
    Quota::of_mib(text.each_mib.unwrap_or(quota::DEFAULT), partners).map_err(|(party, mib)| {
        let key = party.map_or("each_mib".to_owned(), |party| format!("partners_mib.{party}"));
        format!("quota.{key}: `{mib}` is less than {}: the largest package would not fit", quota::LEAST)
    })
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })
}

fn period(text: &PeriodText) -> Period {
    Period {
        from: text.from.iter().map(|code| code.as_str().into()).collect(),
        subjects: if text.subjects.is_empty() { Set::Any } else { subjects(&text.subjects) },
        days: text.days,
    }
}

fn subjects(words: &[String]) -> Set<entente_core::Subject> {
    if words.iter().any(|word| word == "*") {
        Set::Any
    } else {
        Set::Of(words.iter().map(|word| word.as_str().into()).collect())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
mod tests {
    use super::*;

    #[test]
    fn every_section_of_the_template_has_a_meaning() {
        let template = include_str!("node.toml").replace("@LISTEN@", "127.0.0.1:7443");
        // What is off, switched on; sentences stay away.
        let is_setting = |line: &str| {
            line.starts_with('[') || line.split_once('=').is_some_and(|(key, _)| !key.trim().contains(' '))
        };
        let on = |line: &str| match line.strip_prefix("# ").filter(|rest| is_setting(rest)) {
            Some(setting) => setting.to_owned(),
            None => line.to_owned(),
        };
        let text: String = template.lines().map(|line| on(line) + "\n").collect();
        let Text { monitor, console, openid, publish, retention, quota, guard, token, contacts, mail, .. } =
            toml::from_str(&text).unwrap();
        assert!(monitor.is_some() && console.is_some() && openid.is_some() && publish.is_some() && token.is_some());
        assert!(contacts.is_some() && mail.is_some() && quota.each_mib.is_some());
        assert_eq!((retention.len(), guard.len()), (1, 1));
    }
}
