//! Three nodes as three processes, each with its own folder.

use std::{
    fs::{self, File},
    io::{IsTerminal, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use entente_core::Channel;
use entente_server::{
    api::{
        ActRequest, AgreementView, Answered, AskRequest, Asked, DraftRequest, FeedStatus, OutboxView, ProposeRequest,
        QuestionView, RecipientView, RecordView, ReleaseRequest, Released, Status, Told,
    },
    client::{Client, ClientError},
    demonstration::Cast,
    init::{self, NewNode},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use super::script::Script;
use crate::{console::Console, failure::Failure};

/// How long a step waits for what has to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// The files of examples/northeast-asia, so that the binary plays them anywhere.
macro_rules! example {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../../examples/northeast-asia/", $name, ".toml")))),*]
    };
}

/// What each party has signed, as configured.
const AGREEMENTS: &[(&str, &str)] = example![
    "agreements/jp-kr-gsomia-2016",
    "agreements/us-jp-gsomia-2007",
    "agreements/us-kr-gsomia-1987",
    "agreements/tisa-2014",
    "agreements/commitment-to-consult-2023",
    "agreements/missile-warning-sharing-2023",
    "agreements/tscf-2024",
];
/// What is under discussion.
pub(super) const TRILATERAL: &str =
    include_str!("../../../../../examples/northeast-asia/agreements/trilateral-hypothetical.toml");
/// The rules by which JPN raises incidents.
const RULES: &str = include_str!("../../../../../examples/northeast-asia/rules/JPN.toml");
/// What JPN does with warnings: those of missiles go to both partners under its agreements with them, any other is public.
const WATCH: &str = r#"
[alerts]
rules = "rules.toml"
[[alerts.handling]]
profile  = "missile-warning/1"
label    = "//JPN 特定秘密//REL TO USA, JPN, KOR"
subjects = ["dprk-missile"]
to       = ["*"]
purpose  = "missile-warning"
prefer   = ["trilateral-hypothetical"]
[[alerts.handling]]
label    = "TLP:CLEAR"
to       = ["*"]
purpose  = "warning"
"#;
const NATIONAL: &[(&str, &str)] = example!["national/USA", "national/JPN", "national/KOR"];

const PARTIES: [(&str, &str); 3] =
    [("USA", "United States of America"), ("JPN", "Japan"), ("KOR", "Republic of Korea")];

/// One node of the three.
pub(super) struct Site {
    pub(super) code: &'static str,
    pub(super) folder: PathBuf,
    /// Where people find its console.
    origin: String,
    client: Client,
    child: Option<Child>,
}

/// The three.
pub(super) struct World {
    sites: Vec<Site>,
    cast: Cast,
}

/// What to release.
pub(super) struct Letter<'a> {
    pub(super) id: &'a str,
    pub(super) label: &'a str,
    pub(super) subject: &'a str,
    pub(super) content: &'a [u8],
    pub(super) title: &'a str,
    pub(super) to: &'a [&'a str],
    pub(super) purpose: &'a str,
    pub(super) under: Option<&'a str>,
}

fn failed(what: &str, error: &dyn std::error::Error) -> Failure {
    Failure::caused(what, error)
}

impl World {
    /// Makes the three folders, starts the nodes, and lets them exchange party files.
    pub(super) async fn start(folder: &Path, script: &mut Script<'_>) -> Result<Self, Failure> {
        script.step("Three sovereign nodes start, and exchange party files")?;
        let inputs = folder.join("inputs");
        fs::create_dir_all(&inputs).map_err(|error| failed("the demo's folder cannot be made", &error))?;
        let written =
            AGREEMENTS.iter().map(|(name, text)| write(&inputs, name, text)).collect::<Result<Vec<_>, _>>()?;
        let cast = Cast::draw().map_err(|error| failed("no people for the consoles", &error))?;
        let mut sites = Vec::new();
        let mut fingerprints = Vec::new();
        for ((code, name), (rules, text)) in PARTIES.iter().zip(NATIONAL) {
            let address = free_address()?;
            let site_folder = folder.join(code.to_lowercase());
            let new = NewNode {
                console: None,
                folder: site_folder.clone(),
                party: (*code).to_owned(),
                name: (*name).to_owned(),
                listen: address.clone(),
                addresses: vec![address.clone()],
                agreements: written.clone(),
                national: Some(write(&inputs, rules, text)?),
            };
            let made = init::init(&new, jiff::Timestamp::now()).map_err(|error| failed("no node", &error))?;
            script.say(&format!("{code}  {address}  {}", made.fingerprint))?;
            fingerprints.push((*code, made));
            let now = jiff::Timestamp::now();
            cast.join(&site_folder, code, now).map_err(|error| failed("no people for the consoles", &error))?;
            let origin = console(&site_folder, code)?;
            if *code == "JPN" {
                watch(&site_folder)?;
            }
            let client = Client::new(&site_folder.join("data/control.sock"));
            let mut site = Site { code, folder: site_folder, origin, client, child: None };
            site.run().await?;
            sites.push(site);
        }
        let world = Self { sites, cast };
        for site in &world.sites {
            for (_, made) in fingerprints.iter().filter(|(code, _)| *code != site.code) {
                let note = fs::read_to_string(&made.party_file).map_err(|error| failed("no party file", &error))?;
                let added: entente_server::api::PartyView =
                    site.post("/parties", &entente_server::api::AddParty { note }).await?;
                script.check(
                    &format!("{} knows {} by the fingerprint that {} shows", site.code, added.party, added.party),
                    added.fingerprint == made.fingerprint,
                )?;
            }
        }
        Ok(world)
    }

    /// The node of that party.
    pub(super) fn at(&self, code: &str) -> Result<&Site, Failure> {
        self.sites.iter().find(|site| site.code == code).ok_or_else(|| Failure::new(format!("no node of {code}")))
    }

    pub(super) fn at_mut(&mut self, code: &str) -> Result<&mut Site, Failure> {
        let site = self.sites.iter_mut().find(|site| site.code == code);
        site.ok_or_else(|| Failure::new(format!("no node of {code}")))
    }

    pub(super) fn sites(&self) -> impl Iterator<Item = &Site> {
        self.sites.iter()
    }

    /// How to look at what runs.
    pub(super) fn show(&self, console: &mut Console) -> Result<(), Failure> {
        // As it was called, so that the lines can be copied whether or not it is on the path.
        let program = std::env::args().next().unwrap_or_else(|| "entente".to_owned());
        let bold = console.palette().bold;
        writeln!(console, "\nThe nodes are running. Their consoles, for a browser on this machine:")?;
        for site in &self.sites {
            writeln!(console, "  {}  {bold}{}{bold:#}", site.code, site.origin)?;
        }
        writeln!(console, "Sign in as {}.", Cast::names())?;
        writeln!(console, "  password  {bold}{}{bold:#}", self.cast.password)?;
        writeln!(console, "  code      of the authenticator app, at the end of this text; each counts once")?;
        writeln!(console, "In another terminal:")?;
        for site in &self.sites {
            writeln!(console, "  {program} inbox --config {}", site.folder.display())?;
        }
        let [first, ..] = self.sites.as_slice() else { return Ok(()) };
        for verb in ["status", "outbox", "agreement list", "log verify"] {
            writeln!(console, "  {program} {verb} --config {}", first.folder.display())?;
        }
        writeln!(console, "Ctrl-C stops them.\n")?;
        Ok(())
    }

    /// Shows the code that counts now, and each one after it, until somebody has had enough.
    pub(super) async fn show_codes(&self, console: &mut Console) -> Result<(), Failure> {
        let stop = tokio::signal::ctrl_c();
        tokio::pin!(stop);
        let is_terminal = std::io::stdout().is_terminal();
        loop {
            let (code, left) = self.cast.code(jiff::Timestamp::now());
            // One line that is written over, or one for each code where nobody is at a terminal.
            let begin = if is_terminal { "\r" } else { "" };
            write!(console, "{begin}code  {code}  ({left:>2} s)  ")?;
            if !is_terminal {
                writeln!(console)?;
            }
            console.flush()?;
            let rest = Duration::from_secs(if is_terminal { 1 } else { left });
            tokio::select! {
                _ = &mut stop => return Ok(()),
                () = tokio::time::sleep(rest) => {}
            }
        }
    }

    pub(super) async fn stop(&mut self) {
        for site in &mut self.sites {
            site.stop().await;
        }
    }
}

impl Site {
    /// Starts the node's process and waits until it says that it is ready.
    pub(super) async fn run(&mut self) -> Result<(), Failure> {
        let program = std::env::current_exe().map_err(|error| failed("this program cannot be found", &error))?;
        let log = File::options().create(true).append(true).open(self.folder.join("node.log"));
        let log = log.map_err(|error| failed("no log file", &error))?;
        let mut child = Command::new(program)
            .arg("serve")
            .arg("--config")
            .arg(self.folder.join("node.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed("a node cannot be started", &error))?;
        let stdout = child.stdout.take().ok_or_else(|| Failure::new("the node has no output"))?;
        let mut lines = BufReader::new(stdout).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await;
        match line {
            Ok(Ok(Some(line))) if line.contains("is ready") => {
                self.child = Some(child);
                Ok(())
            }
            _ => Err(Failure::new(format!("the node of {} does not start", self.code))
                .help(format!("see {}", self.folder.join("node.log").display()))),
        }
    }

    /// Asks it to stop, and waits until it has.
    pub(super) async fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            if let Some(id) = child.id() {
                let _ = Command::new("kill").arg(id.to_string()).status().await;
            }
            if tokio::time::timeout(Duration::from_secs(5), child.wait()).await.is_err() {
                let _ = child.kill().await;
            }
        }
    }

    /// The process, for whoever means to kill it.
    pub(super) fn take_process(&mut self) -> Option<Child> {
        self.child.take()
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.client.get(path).await.map_err(|error| self.failure(&error))
    }

    pub(super) async fn all<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Failure> {
        self.client.all(path).await.map_err(|error| self.failure(&error))
    }

    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        self.client.post(path, body).await.map_err(|error| self.failure(&error))
    }

    fn failure(&self, error: &ClientError) -> Failure {
        Failure::new(format!("{}: {error}", self.code)).help(format!("see {}", self.folder.join("node.log").display()))
    }

    /// Releases a new record; the answer for each recipient, in order.
    pub(super) async fn release(&self, letter: &Letter<'_>) -> Result<Vec<RecipientView>, Failure> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let draft = DraftRequest {
            id: Some(letter.id.to_owned()),
            once: None,
            label: letter.label.to_owned(),
            subjects: vec![letter.subject.to_owned()],
            status: "exercise".to_owned(),
            distribution: Vec::new(),
            derived_from: Vec::new(),
            title: letter.title.to_owned(),
            media_type: "application/octet-stream".to_owned(),
            content: STANDARD.encode(letter.content),
            versions: Vec::new(),
        };
        self.release_request(None, Some(draft), letter.to, letter.purpose, letter.under).await
    }

    /// Releases a held record to one recipient.
    pub(super) async fn release_held(
        &self,
        id: &str,
        to: &str,
        purpose: &str,
        under: Option<&str>,
    ) -> Result<RecipientView, Failure> {
        let views = self.release_request(Some(id.to_owned()), None, &[to], purpose, under).await?;
        views.into_iter().next().ok_or_else(|| Failure::new("the node did not answer for the recipient"))
    }

    async fn release_request(
        &self,
        record: Option<String>,
        draft: Option<DraftRequest>,
        to: &[&str],
        purpose: &str,
        under: Option<&str>,
    ) -> Result<Vec<RecipientView>, Failure> {
        let request = ReleaseRequest {
            record,
            draft,
            to: to.iter().map(|code| (*code).to_owned()).collect(),
            purpose: purpose.to_owned(),
            channel: Channel::GOVERNMENTS.to_owned(),
            under: under.map(|id| vec![id.to_owned()]),
            precedence: "ROUTINE".to_owned(),
            expires: None,
        };
        let released: Released = self.post("/releases", &request).await?;
        Ok(released.recipients)
    }

    pub(super) async fn ask(&self, record: &str, of: &str, to: &str) -> Result<Asked, Failure> {
        let request = AskRequest {
            record: record.to_owned(),
            of: of.to_owned(),
            to: to.to_owned(),
            purpose: None,
            channel: Channel::GOVERNMENTS.to_owned(),
            until: None,
        };
        self.post("/consents", &request).await
    }

    pub(super) async fn grant(&self, request: &str, note: &str) -> Result<Answered, Failure> {
        let body = entente_server::api::AnswerRequest { granted: true, note: Some(note.to_owned()) };
        self.post(&format!("/consents/{request}/answer"), &body).await
    }

    pub(super) async fn questions(&self) -> Result<Vec<QuestionView>, Failure> {
        self.all("/consents").await
    }

    pub(super) async fn propose(&self, text: &str) -> Result<Told, Failure> {
        self.post("/agreements", &ProposeRequest { text: text.to_owned() }).await
    }

    pub(super) async fn act(&self, agreement: &str, kind: &str) -> Result<Told, Failure> {
        let request = ActRequest { kind: kind.to_owned(), admits: None, date: None, article: None, version: None };
        self.post(&format!("/agreements/{agreement}/acts"), &request).await
    }

    /// Each party's view of an agreement, as this node knows it.
    pub(super) async fn views(&self, agreement: &str) -> Result<Vec<(String, String)>, Failure> {
        let all: Vec<AgreementView> = self.get("/agreements").await?;
        Ok(all.into_iter().find(|view| view.id == agreement).map(|view| view.views).unwrap_or_default())
    }

    pub(super) async fn records(&self) -> Result<Vec<RecordView>, Failure> {
        self.client.records().await.map_err(|error| self.failure(&error))
    }

    /// The content of a record; `None` when this node has none that its operator may see.
    pub(super) async fn content(&self, originator: &str, id: &str) -> Result<Option<Vec<u8>>, Failure> {
        match self.client.get_bytes(&format!("/records/{originator}/{id}/content")).await {
            Ok(content) => Ok(Some(content)),
            Err(ClientError::NotFound(_)) => Ok(None),
            Err(error) => Err(self.failure(&error)),
        }
    }

    pub(super) async fn record(&self, originator: &str, id: &str) -> Result<Option<RecordView>, Failure> {
        Ok(self.records().await?.into_iter().find(|view| view.originator == originator && view.id == id))
    }

    pub(super) async fn outbox(&self) -> Result<Vec<OutboxView>, Failure> {
        self.all("/outbox").await
    }

    pub(super) async fn feed(&self, partner: &str, lane: &str) -> Result<FeedStatus, Failure> {
        let status: Status = self.get("/status").await?;
        let feed = status.feeds.into_iter().find(|feed| feed.partner == partner && feed.lane == lane);
        feed.ok_or_else(|| Failure::new(format!("{} has no {lane} feed to {partner}", self.code)))
    }

    /// Waits until everything that this node has for `partner` is receipted.
    pub(super) async fn delivered(&self, partner: &str) -> Result<bool, Failure> {
        wait_until(async || {
            let (urgent, routine) = (self.feed(partner, "urgent").await?, self.feed(partner, "routine").await?);
            Ok(urgent.sent == urgent.receipted && routine.sent == routine.receipted)
        })
        .await
    }
}

/// Waits until a condition holds; `false` when it does not in time.
pub(super) async fn wait_until(condition: impl AsyncFn() -> Result<bool, Failure>) -> Result<bool, Failure> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if condition().await? {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(false)
}

/// What JPN has set for its watch: its rules, and where warnings go.
fn watch(folder: &Path) -> Result<(), Failure> {
    let set = |error: std::io::Error| failed("the settings of JPN cannot be written", &error);
    fs::write(folder.join("rules.toml"), RULES).map_err(set)?;
    let config = folder.join("node.toml");
    let text = fs::read_to_string(&config).map_err(set)?;
    fs::write(&config, format!("{text}\n{WATCH}")).map_err(set)
}

fn write(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Failure> {
    let file = Path::new(name).file_name().unwrap_or_default();
    let path = folder.join(file).with_extension("toml");
    fs::write(&path, text).map_err(|error| failed("the demo's inputs cannot be written", &error))?;
    Ok(path)
}

/// A loopback address with a port that is free now.
/// Gives a node its console. Cookies know no ports: each node gets a name of its own, which means this machine.
fn console(folder: &Path, code: &str) -> Result<String, Failure> {
    let path = folder.join("node.toml");
    let text = fs::read_to_string(&path).map_err(|error| failed("no configuration", &error))?;
    let address = free_address()?;
    let port = address.rsplit(':').next().unwrap_or_default();
    let origin = format!("http://{}.localhost:{port}", code.to_lowercase());
    let text = format!("{text}\n[console]\nlisten = \"{address}\"\norigin = \"{origin}\"\n");
    fs::write(&path, text).map_err(|error| failed("no configuration", &error))?;
    Ok(origin)
}

fn free_address() -> Result<String, Failure> {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    Ok(address.map_err(|error| failed("no free port", &error))?.to_string())
}
