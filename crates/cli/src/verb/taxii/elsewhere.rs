//! A TAXII server of somebody else: how it is reached, and which of its collections are meant.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use entente_formats::{
    Problem, hex,
    taxii::{
        media,
        reply::{self, Collection, Found},
    },
};
use entente_server::outside::{Answer, Credential, Outside, OutsideError, OwnCertificate, Shown, Trust};
use url::Url;
use zeroize::Zeroizing;

use crate::{console::Console, failure::Failure, input::unreadable};

/// The longest credential that is read, in bytes.
const LONGEST_CREDENTIAL: u64 = 16 * 1024;
/// The most roots of a server that are looked at.
const MOST_ROOTS: usize = 1_000;

/// Which server, and how it knows us.
#[derive(clap::Args)]
pub(super) struct ServerArgs {
    /// The address of a server, of one of its API roots, or of a collection
    url: String,
    /// Which collections: identifiers, aliases or titles; may be given again
    #[arg(long = "collection", value_name = "NAME")]
    pub(super) collections: Vec<String>,
    /// The name for HTTP Basic; the password is read from --password-file
    #[arg(long, value_name = "NAME", requires = "password_file")]
    user: Option<String>,
    /// The file whose first line is the password; `-` for standard input
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// The file whose first line is a bearer token; `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "user")]
    token_file: Option<PathBuf>,
    /// The certificate of TLS that is shown to a server that asks for one, in PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// Its key, in PEM and in clear; nobody else may be able to read the file
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Believe the authorities in this file (PEM), and not those of the system
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The server's certificate must have this SHA-256 besides, in hexadecimal
    #[arg(long, value_name = "SHA256")]
    pin: Option<String>,
}

impl ServerArgs {
    /// The server.
    pub(super) fn outside(&self) -> Result<Outside, Failure> {
        let credential = match (&self.user, &self.password_file, &self.token_file) {
            (Some(user), Some(file), _) if user.contains(':') => {
                let file = file.display();
                return Err(Failure::Usage(format!(
                    "--user: a name with `:` in it cannot be sent (`{file}` was not read)"
                )));
            }
            (Some(user), Some(file), _) => {
                let password = secret(file)?;
                Some(Credential::Basic(Zeroizing::new(format!("{user}:{}", &*password))))
            }
            (_, _, Some(file)) => Some(Credential::Bearer(secret(file)?)),
            _ => None,
        };
        let pin = self.pin.as_deref().map(|text| {
            let plain: String = text.chars().filter(|c| *c != ':').collect::<String>().to_lowercase();
            let digest = hex::decode(&plain).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            digest.ok_or_else(|| {
                Failure::Usage("--pin: expected the SHA-256 of the certificate, 64 hexadecimal digits".to_owned())
            })
        });
        let trust = Trust { authority: self.ca.clone(), pin: pin.transpose()? };
        let own = self.cert.clone().zip(self.key.clone());
        let own = own.map(|(certificate, key)| OwnCertificate { certificate, key });
        Outside::new(&self.url, &trust, own.as_ref(), credential).map_err(failure)
    }
}

/// The first line of a file.
fn secret(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let reader: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(fs::File::open(path).map_err(|error| unreadable(path, &error))?)
    };
    let mut line = Zeroizing::new(String::new());
    BufReader::new(reader.take(LONGEST_CREDENTIAL)).read_line(&mut line).map_err(|error| unreadable(path, &error))?;
    let line = Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned());
    if line.is_empty() { Err(Failure::new(format!("`{}` has no first line", path.display()))) } else { Ok(line) }
}

pub(super) fn failure(error: OutsideError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error {
        OutsideError::Certificate { shown: Shown::None, .. } => failure.help("give one with --cert and --key"),
        OutsideError::Certificate { .. } => {
            failure.help("who runs that server says which certificates come in; a node takes every one")
        }
        OutsideError::Refused { status, shown, .. } if matches!(status.as_u16(), 401 | 403) => {
            failure.help(who_asks(shown))
        }
        OutsideError::Refused { status, .. } if status.as_u16() == 406 => {
            failure.help("the server may speak another version of TAXII; this is 2.1")
        }
        _ => failure,
    }
}

/// What to do when a server lets nobody in, after what became of our certificate.
fn who_asks(shown: Shown) -> &'static str {
    match shown {
        Shown::None => "give who asks with --user and --password-file, with --token-file, or with --cert and --key",
        Shown::NotAskedFor => {
            "the server asked for no certificate, so it was shown none; a node asks at its address under [taxii]"
        }
        Shown::Yes => {
            "the server was shown the certificate, and says itself whose it is: a node by `entente user bind`"
        }
    }
}

/// What is wrong with an answer.
fn nonsense(at: &Url, problem: &Problem) -> Failure {
    Failure::new(format!(
        "what `{}{}` answers is not TAXII 2.1: {problem}",
        at.origin().ascii_serialization(),
        at.path()
    ))
}

/// Asks for a resource of TAXII.
pub(super) async fn get(outside: &mut Outside, url: &Url, longest: usize) -> Result<Answer, OutsideError> {
    let answer = outside.get(url, media::TAXII, longest).await?;
    let kind = answer.headers.get("content-type").and_then(|value| value.to_str().ok());
    if media::is_content(kind) {
        return Ok(answer);
    }
    let why = format!("it is `{}`, and not {}", kind.unwrap_or("of no type"), media::TAXII);
    Err(OutsideError::Nonsense { at: url.path().to_owned(), why })
}

/// A collection, and where it is.
pub(super) struct Place {
    /// The API root, which ends in `/`.
    pub(super) root: Url,
    /// The longest body that may be posted there.
    pub(super) longest: u64,
    /// The collection.
    pub(super) collection: Collection,
}

impl Place {
    /// An address below the collection.
    pub(super) fn below(&self, path: &str) -> Result<Url, Failure> {
        join(&self.root, &format!("collections/{}/{path}", self.collection.id))
    }

    /// The collection's own address, by which what is known of it is kept.
    pub(super) fn address(&self) -> String {
        format!("{}collections/{}/", self.root, self.collection.id)
    }

    /// What a person calls it.
    pub(super) fn name(&self) -> &str {
        if self.collection.title.is_empty() { &self.collection.id } else { &self.collection.title }
    }
}

pub(super) fn join(root: &Url, path: &str) -> Result<Url, Failure> {
    let url = root.join(path).map_err(|error| Failure::caused("an address of the server", &error))?;
    // Whatever a server calls its things, what is asked for is below its root.
    if url.origin() == root.origin() && url.path().starts_with(root.path()) {
        Ok(url)
    } else {
        Err(Failure::new("the server names something that is not below its root"))
    }
}

/// The collections that are meant, of those that `may` says yes to.
pub(super) async fn places(
    args: &ServerArgs,
    outside: &mut Outside,
    may: impl Fn(&Collection) -> bool,
    console: &mut Console,
) -> Result<Vec<Place>, Failure> {
    let mut base = outside.base().clone();
    base.set_query(None);
    base.set_fragment(None);
    let path = format!("{}/", base.path().trim_end_matches('/'));
    base.set_path(if path == "/" { "/taxii2/" } else { &path });
    let answer = get(outside, &base, reply::LONGEST).await.map_err(failure)?;
    let (roots, only) = match reply::found(&answer.text).map_err(|problem| nonsense(&base, &problem))? {
        Found::Root(_) => (vec![base], None),
        Found::Collection(collection) => (vec![join_up(&base)?], Some(collection.id)),
        Found::Server(server) => {
            let mut roots: Vec<Url> = Vec::new();
            for address in server.default.iter().chain(&server.api_roots).take(MOST_ROOTS) {
                let address = format!("{}/", address.trim_end_matches('/'));
                match outside.own(&address) {
                    Some(root) if !roots.contains(&root) => roots.push(root),
                    Some(_) => {}
                    None => console.warn(
                        None,
                        &format!("the API root `{address}` is on another server; name that one to ask it"),
                    )?,
                }
            }
            (roots, None)
        }
    };
    let mut places = Vec::new();
    for root in roots {
        let answer = get(outside, &root, reply::LONGEST).await.map_err(failure)?;
        let longest = match reply::found(&answer.text).map_err(|problem| nonsense(&root, &problem))? {
            Found::Root(root) => root.max_content_length,
            _ => return Err(Failure::new(format!("`{}` is no API root", root.path()))),
        };
        let url = join(&root, "collections/")?;
        let answer = get(outside, &url, reply::LONGEST).await.map_err(failure)?;
        let found = reply::collections(&answer.text).map_err(|problem| nonsense(&url, &problem))?;
        places.extend(found.into_iter().map(|collection| Place { root: root.clone(), longest, collection }));
    }
    let is_named = |collection: &Collection, name: &str| {
        collection.id == name || collection.alias.as_deref() == Some(name) || collection.title == name
    };
    for name in &args.collections {
        if !places.iter().any(|place| is_named(&place.collection, name)) {
            let known: Vec<&str> = places.iter().map(Place::name).collect();
            return Err(Failure::new(format!("the server shows no collection `{name}`"))
                .help(format!("it shows: {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") })));
        }
    }
    places.retain(|place| {
        let collection = &place.collection;
        let is_meant = args.collections.is_empty() || args.collections.iter().any(|name| is_named(collection, name));
        is_meant && only.as_ref().is_none_or(|id| collection.id == *id)
    });
    if let Some(place) = places.iter().find(|place| !may(&place.collection) && !args.collections.is_empty()) {
        return Err(Failure::new(format!("the server does not let us do that with `{}`", place.name())));
    }
    places.retain(|place| may(&place.collection));
    Ok(places)
}

/// The root that a collection is below.
fn join_up(collection: &Url) -> Result<Url, Failure> {
    let url = collection.join("../../").map_err(|error| Failure::caused("the address of the collection", &error))?;
    Ok(url)
}
