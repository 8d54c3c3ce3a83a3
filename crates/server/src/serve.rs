//! A running node: the loop, the senders, the listener for partners, the control socket.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc, time::Duration};

use entente_node::{Feed, Lane, Partner};
use entente_store::Store;
use tokio::{
    net::{TcpListener, UnixListener},
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    config::{Config, ConfigError},
    contents::{Arrivals, Pieces, Shelf},
    control::{self, Control},
    driver::{self, Start, StartError},
    federation,
    fetcher::Fetcher,
    keys::{KeyError, KeyFolder},
    ledger,
    link::Outside,
    links::Links,
    monitor,
    quota::Quotas,
    restore, sender,
    tls::{self, Pins},
    turn::Failure,
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
    /// It stopped by itself.
    #[error("{0}")]
    Stopped(#[from] Failure),
}

/// Serves the node of `config` until `stop` is done. `ready` is called with the address once partners and people can
/// reach it.
///
/// # Errors
/// When it cannot start, or stops by itself.
pub async fn serve(
    config: Config,
    own_file: PathBuf,
    ready: impl FnOnce(std::net::SocketAddr),
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    // Whatever this process makes is for its owner alone, from the first moment.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let key_folder = KeyFolder::at(&config.keys);
    let (certificate, key) = key_folder.tls()?;
    let key = Arc::new(key);
    // A store whose contents are encrypted already needs the key that it was written with, and no new one.
    if !Store::is_encrypted(&config.data) {
        key_folder.make_storage_where_missing()?;
    }
    let storage = key_folder.storage()?;
    let store = Store::open(&config.data, &storage)?;
    let start = Start {
        keys: key_folder,
        party: config.party.clone(),
        agreements: config.read_agreements()?,
        national: config.read_national()?,
        store,
        data: config.data.clone(),
        ledger_interval: config.ledger_interval,
        guards: config.guards.clone(),
    };
    let (wake, woken) = mpsc::unbounded_channel();
    let (heard, hearing) = mpsc::unbounded_channel();
    let (driver, ended) = driver::start(start, wake.clone())?;
    add_own_file(&driver, &own_file).await?;

    let pins = Pins::default();
    let known: Vec<(Partner, Vec<Feed>)> = driver
        .inspect(|node| {
            let feeds = |partner: &Partner| {
                Lane::ALL.map(|lane| Feed { partner: partner.party.clone(), lane }).into_iter().collect()
            };
            node.partners().filter(|p| p.party != *node.party()).map(|p| (p.clone(), feeds(p))).collect()
        })
        .await?;
    for (partner, feeds) in &known {
        pins.set(&partner.party, &partner.file.tls);
        for feed in feeds {
            let _ = wake.send(feed.clone());
        }
    }
    let listen = |source| ServeError::Listen { address: config.listen.clone(), source };
    let listener = TcpListener::bind(&config.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let acceptor = TlsAcceptor::from(Arc::new(tls::server_config(pins.clone(), certificate.clone(), key.clone_key())?));
    let links = Links::default();
    let outside = Outside {
        party: config.party.clone(),
        driver: driver.clone(),
        pins: pins.clone(),
        certificate,
        key,
        data: config.data.clone(),
        links: links.clone(),
    };
    let quotas = Quotas::new(config.quota.clone(), config.data.clone());
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
    let control = Control {
        driver: driver.clone(),
        pins: pins.clone(),
        operator: config.operator.clone(),
        data: config.data.clone(),
        storage: storage.clone(),
        pieces: pieces.clone(),
        fetcher: fetcher.clone(),
        name: config.name.clone(),
        retention: config.retention.clone().into(),
        links,
        quotas: quotas.clone(),
        troubles: troubles.clone(),
    };
    tokio::spawn(restore::run(outside.clone(), troubles));
    tokio::spawn(ledger::run(outside.clone(), config.ledger_interval));
    tokio::spawn(sender::run(outside, woken, hearing));
    tokio::spawn(fetcher.run());
    let partners = tokio::spawn(federation::serve(listener, acceptor, pins, partners));
    tokio::spawn(control::quarantine::run(control.clone()));
    if let Some(address) = config.monitor {
        let listen = |source| ServeError::Listen { address: address.to_string(), source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        tokio::spawn(axum::serve(listener, monitor::router(control.clone())).into_future());
    }
    let people = axum::serve(socket, control::router(control));
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
        result = people.into_future() => result.map_err(|source| ServeError::Listen {
            address: config.control_socket().display().to_string(), source,
        }),
    }
}

/// The node knows itself as it presents itself to others.
async fn add_own_file(driver: &driver::Driver, path: &std::path::Path) -> Result<(), ServeError> {
    let wrong = |message: String| ServeError::OwnFile { path: path.to_owned(), message };
    let note = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let partner = Partner::open(&note).map_err(|error| wrong(error.to_string()))?;
    let known = driver
        .inspect({
            let note = note.clone();
            move |node| {
                let is_ours = partner.party == *node.party();
                let missing = node.identity().missing_from(&partner.file);
                // A node that is read-only takes nothing; what it has of its own file serves until it goes on.
                let is_known = node.is_read_only() || node.partners().any(|known| known.note == note);
                (is_ours, missing, is_known)
            }
        })
        .await?;
    match known {
        (false, ..) => Err(wrong("it is another party's".to_owned())),
        (true, Some(key), _) => Err(wrong(format!(
            "it names a `{key}` key that is not in the key folder: partners would refuse what is signed"
        ))),
        (true, None, true) => Ok(()),
        (true, None, false) => Ok(driver.handle(entente_node::Event::AddParty { note }).await.map(drop)?),
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
