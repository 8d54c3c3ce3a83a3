//! A running node: the loop, the senders, the listener for partners, the control socket.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc, time::Duration};

use entente_core::{Party, view::Viewer};
use entente_node::{Feed, Lane, Partner};
use entente_store::{Store, people::People};
use tokio::{
    net::{TcpListener, UnixListener},
    sync::mpsc,
    task::JoinSet,
};

use crate::{
    clock,
    config::{Config, ConfigError},
    contents::{Arrivals, Pieces, Shelf},
    control::{self, Control, Jobs, Parts},
    driver::{self, Start, StartError},
    escalation::{self, Escalation, Pages},
    federation,
    fetcher::Fetcher,
    keys::{KeyError, KeyFolder, passphrase::Source},
    ledger,
    link::Outside,
    links::Links,
    monitor,
    people::{accounts::Accounts, openid::OpenIdConnect, passkeys, provider::Provider, views::Views},
    quota::Quotas,
    restore, sender,
    taxii::{self, Taxii},
    tls::Pins,
    tls_end::TlsEnd,
    turn::Failure,
    web,
};

/// How long a stop waits for the last transaction.
const LAST_COMMIT: Duration = Duration::from_secs(20);
/// How long it then waits for the answers to go out.
const LAST_ANSWERS: Duration = Duration::from_millis(200);

/// Why a node does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Its configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Its start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Its store.
    #[error(transparent)]
    Store(#[from] entente_store::StoreError),
    /// TLS.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// An address that cannot be listened on.
    #[error("cannot listen on `{address}`: {source}")]
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// Its own party file.
    #[error("its own party file `{}`: {message}", path.display())]
    OwnFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The certificate of its console.
    #[error("`{}`: {message}; it takes a certificate chain and its key in PEM", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// Its contact list.
    #[error("[contacts]: {0}")]
    Contacts(String),
    /// Its OpenID Connect provider.
    #[error("[openid]: {0}")]
    Provider(String),
    /// A part of it that runs beside the answers.
    #[error("a part of the node has died, as the line above says: that is our fault; start it again, and report it")]
    Died,
    /// It stopped by itself.
    #[error("{0}")]
    Stopped(#[from] Failure),
}

/// Serves the node of `config` until `stop` is done. `passphrase` is of its key files, where they are encrypted. `ready` is called with the address once partners and people can
/// reach it.
///
/// # Errors
/// When it cannot start, or stops by itself.
pub async fn serve(
    config: Config,
    own_file: PathBuf,
    passphrase: Source,
    ready: impl FnOnce(std::net::SocketAddr),
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    // Whatever this process makes is for its owner alone, from the first moment.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let key_folder = KeyFolder::with(&config.keys, passphrase, config.token.clone());
    let own = driver::own_file(&own_file, &config.party).map_err(StartError::OwnFile)?;
    let pins = Pins::default();
    let tls = TlsEnd::new(&pins, key_folder.tls(&own.file)?)?;
    // A store whose contents are encrypted already needs the key that it was written with, and no new one.
    if !Store::is_encrypted(&config.data) {
        key_folder.make_storage_where_missing()?;
    }
    let storage = key_folder.storage()?;
    let store = Store::open(&config.data, &storage)?;
    let start = Start {
        keys: key_folder.clone(),
        own_file: own_file.clone(),
        pins: pins.clone(),
        party: config.party.clone(),
        agreements: config.read_agreements()?,
        national: config.read_national()?,
        store,
        data: config.data.clone(),
        ledger_interval: config.ledger_interval,
        guards: config.guards.clone(),
        desk: config.desk.read()?,
    };
    let (wake, woken) = mpsc::unbounded_channel();
    let (heard, hearing) = mpsc::unbounded_channel();
    let (driver, ended) = driver::start(start, wake.clone())?;
    add_own_file(&driver, own, &own_file, config.operator.clone()).await?;

    let known: Vec<(Partner, bool, Vec<Feed>)> = driver
        .inspect(|node| {
            let feeds = |partner: &Partner| {
                Lane::ALL.map(|lane| Feed { partner: partner.party.clone(), lane }).into_iter().collect()
            };
            let others = node.partners().filter(|p| p.party != *node.party());
            others.map(|p| (p.clone(), node.is_removed(&p.party), feeds(p))).collect()
        })
        .await?;
    for (partner, is_removed, feeds) in &known {
        pins.set(&partner.party, &if *is_removed { Vec::new() } else { partner.certificates() });
        for feed in feeds {
            let _ = wake.send(feed.clone());
        }
    }
    let listen = |source| ServeError::Listen { address: config.listen.clone(), source };
    let listener = TcpListener::bind(&config.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let links = Links::default();
    let outside = Outside {
        party: config.party.clone(),
        driver: driver.clone(),
        tls: tls.clone(),
        data: config.data.clone(),
        links: links.clone(),
    };
    let quotas = Quotas::new(config.quota.clone(), config.data.clone());
    let listener_for_people = match &config.console {
        Some(console) => Some(web::Listener::bind(console, &key_folder).await?),
        None => None,
    };
    let listener_for_taxii = match &config.taxii {
        Some(taxii) => Some(web::Listener::taxii(taxii, &key_folder).await?),
        None => None,
    };
    let openid = match &config.openid {
        Some(settings) => Some(OpenIdConnect::new(Provider::new(settings).map_err(ServeError::Provider)?)?),
        None => None,
    };
    let origin: Option<Arc<str>> = listener_for_people.as_ref().map(|listener| listener.origin.as_str().into());
    let pages = Pages::default();
    let escalation = match config.escalation.clone() {
        Some(settings) => {
            let link = origin.as_ref().map(ToString::to_string);
            let made = Escalation::new(config.party.clone(), driver.clone(), settings, link, pages.clone());
            Some(made.map_err(ServeError::Contacts)?)
        }
        None => None,
    };
    let shelf = Shelf { data: config.data.clone(), storage: storage.clone() };
    let pieces = Pieces::new(driver.clone(), shelf.clone(), config.party.clone());
    let arrivals = Arrivals::default();
    let fetcher = Fetcher { outside: outside.clone(), shelf: shelf.clone(), quotas: quotas.clone(), arrivals };
    let partners = federation::Node::new(
        driver.clone(),
        heard,
        quotas.clone(),
        pieces.clone(),
        config.data.clone(),
        storage.clone(),
    );
    let (socket, troubles) = (control_socket(&config)?, restore::Troubles::default());
    let control = Control::new(Parts {
        driver: driver.clone(),
        own_keys: control::keys::OwnKeys { folder: key_folder, own_file: own_file.clone(), tls: tls.clone() },
        operator: config.operator.clone(),
        data: config.data.clone(),
        pieces: pieces.clone(),
        fetcher: fetcher.clone(),
        name: config.name.clone(),
        publish: config.publish.clone().map(Arc::new),
        retention: config.retention.clone().into(),
        links,
        quotas: quotas.clone(),
        accounts: Accounts::new(People::open(&config.data, &storage)?),
        views: Views::default(),
        challenges: passkeys::challenges()?,
        openid,
        jobs: Jobs::default(),
        taxii: Taxii::open(config.data.clone(), storage.clone(), config.party.to_string())?,
        origin,
        escalation,
        pages,
        storage,
        troubles: troubles.clone(),
    });
    // What runs beside the answers: a node in which a part of it has died must not say that it is ready.
    let mut parts = JoinSet::new();
    parts.spawn(restore::run(outside.clone(), troubles));
    if driver.inspect(|node| node.is_read_only()).await? {
        let party = config.party.clone();
        parts.spawn(add_own_file_later(driver.clone(), own_file, party, config.operator.clone()));
    }
    parts.spawn(ledger::run(outside.clone(), config.ledger_interval));
    parts.spawn(clock::run(driver.clone()));
    parts.spawn(sender::run(outside, woken, hearing));
    parts.spawn(fetcher.run());
    let partners = parts.spawn(federation::serve(listener, tls, pins, partners));
    parts.spawn(control::quarantine::run(control.clone()));
    if let Some(address) = config.monitor {
        let listen = |source| ServeError::Listen { address: address.to_string(), source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let serving = axum::serve(listener, monitor::router(control.clone()).into_make_service()).into_future();
        parts.spawn(async { drop(serving.await) });
    }
    parts.spawn(control.accounts.clone().forget());
    if let Err(error) = control::jobs::resume(&control).await {
        tracing::warn!(error = error.to_string(), "long work from before this start is not gone on with");
    }
    let (indexed, is_indexed) = tokio::sync::oneshot::channel();
    parts.spawn(taxii::follow(control.clone(), indexed));
    // Nobody posts before what a stop cut off is known.
    let _ = is_indexed.await;
    if let Some(address) = config.taxii_http {
        let listener = web::Listener::plain(address).await?;
        let router = axum::Router::new().fallback(taxii::serve_alone).with_state(control.clone());
        parts.spawn(web::serve(listener, router));
    }
    if let Some(listener) = listener_for_taxii {
        let router = axum::Router::new().fallback(taxii::serve_alone).with_state(control.clone());
        tokio::spawn(web::serve(listener, router));
    }
    if let Some(listener) = listener_for_people {
        parts.spawn(web::serve(listener, web::router(control.clone())));
    }
    if let Some(escalation) = control.escalation.clone() {
        tokio::spawn(escalation::run(escalation));
    }
    let people = axum::serve(socket, control::router(control).into_make_service());
    ready(address);
    let mut ended = ended;
    tokio::select! {
        () = stop => {
            tracing::info!("stopping");
            // Who is connected keeps its connection until what it sent is answered; nobody new comes in.
            partners.abort();
            driver.stop();
            if tokio::time::timeout(LAST_COMMIT, &mut ended).await.is_err() {
                tracing::warn!("the last events are not kept yet; whoever sent them will send them again");
            }
            tokio::time::sleep(LAST_ANSWERS).await;
            tracing::info!("stopped");
            Ok(())
        }
        _ = &mut ended => Err(Failure::Stopped.into()),
        () = died(&mut parts) => Err(ServeError::Died),
        result = people.into_future() => result.map_err(|source| ServeError::Listen {
            address: config.control_socket().display().to_string(), source,
        }),
    }
}

/// Waits until a part has died. One that has only come to its end, as a restore does, is no trouble.
async fn died(parts: &mut JoinSet<()>) {
    while let Some(ended) = parts.join_next().await {
        if ended.is_err_and(|error| error.is_panic()) {
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// The node knows itself as it presents itself to others.
async fn add_own_file(
    driver: &driver::Driver,
    own: Partner,
    path: &std::path::Path,
    by: Viewer,
) -> Result<(), ServeError> {
    let wrong = |message: String| ServeError::OwnFile { path: path.to_owned(), message };
    let (note, file) = (own.note.clone(), own.file.clone());
    let (missing, known, is_read_only) = driver
        .inspect(move |node| {
            let known = node.partners().find(|known| known.party == *node.party()).cloned();
            (node.identity().missing_from(&file), known, node.is_read_only())
        })
        .await?;
    if let Some(key) = missing {
        return Err(wrong(format!(
            "it names a `{key}` key that is not in the key folder: partners would refuse what is signed"
        )));
    }
    // A node that is read-only takes nothing; what it has of its own file serves until it goes on.
    if is_read_only || known.as_ref().is_some_and(|known| known.note == note) {
        return Ok(());
    }
    let is_first = known.is_none();
    driver.handle(driver::own_file_event(known.as_ref(), own, by)).await?;
    if !is_first {
        driver.handle(entente_node::Event::KeysChanged).await?;
    }
    Ok(())
}

/// The same once a node that is read-only goes on: its back-up may be from before its last change of keys.
async fn add_own_file_later(driver: driver::Driver, path: PathBuf, party: Party, by: Viewer) {
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        match driver.inspect(|node| node.is_read_only()).await {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) => return,
        }
    }
    let added = match driver::own_file(&path, &party) {
        Ok(own) => add_own_file(&driver, own, &path, by).await.map_err(|error| error.to_string()),
        Err(why) => Err(why),
    };
    if let Err(why) = added {
        tracing::error!(why, "the node's own party file is not in use; start the node again once it can be");
    }
}

/// The socket of a server that was killed is left behind; the store's lock says that nobody serves on it.
fn control_socket(config: &Config) -> Result<UnixListener, ServeError> {
    let path = config.control_socket();
    let listen = |source| ServeError::Listen { address: path.display().to_string(), source };
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(listen(error)),
        _ => {}
    }
    let listener = UnixListener::bind(&path).map_err(listen)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(listen)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_dies_is_noticed_and_one_that_ends_is_not() {
        let mut parts = JoinSet::new();
        parts.spawn(async {});
        parts.spawn(std::future::pending());
        let short = Duration::from_millis(50);
        assert!(tokio::time::timeout(short, died(&mut parts)).await.is_err(), "one has come to its end");
        parts.spawn(async { panic!("on purpose") });
        tokio::time::timeout(Duration::from_secs(20), died(&mut parts)).await.unwrap();
    }
}
