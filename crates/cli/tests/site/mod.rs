//! Nodes as processes, asked as a person would ask them.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    fs::File,
    hash::{BuildHasher, RandomState},
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

pub(crate) fn entente() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entente"));
    command.env_remove("ENTENTE_CONFIG").env("ENTENTE_LOG", "warn").env("LC_ALL", "C");
    command
}

/// An address for a server that is started later. Its port is none of those that the system gives to connections (32768 and
/// above on Linux): one of them could have it by then.
pub(crate) fn free() -> SocketAddr {
    let ports = 10_000..32_000_u64;
    let first = RandomState::new().hash_one(std::process::id()) % (ports.end - ports.start);
    let candidates = ports.cycle().skip(usize::try_from(first).unwrap()).take(1000);
    let mut found = candidates.filter_map(|port| {
        TcpListener::bind((Ipv4Addr::LOCALHOST, u16::try_from(port).unwrap())).ok()?.local_addr().ok()
    });
    found.next().expect("a free port")
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    entente().args(arguments).output().unwrap()
}

/// Runs and expects that exit code; standard output and standard error.
pub(crate) fn expect(code: i32, arguments: &[&str]) -> (String, String) {
    let output = run(arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(code), "entente {arguments:?}\n{out}\n{err}");
    (out, err)
}

pub(crate) fn example(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/northeast-asia");
    root.join(path).display().to_string()
}

/// What others made and the tests read: `name` in the folder that `ENTENTE_DATA` says, by default `shared/data` beside the
/// project. `None` where it is not on this machine, which is told, and is a failure in CI.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = std::env::var_os("ENTENTE_DATA").map_or(beside, PathBuf::from).join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "no {} (ENTENTE_DATA)", path.display());
    eprintln!("\n*** NOT RUN: no {} (ENTENTE_DATA) ***\n", path.display());
    None
}

pub(crate) struct Site {
    pub(crate) folder: PathBuf,
    child: Option<Child>,
}

impl Site {
    pub(crate) fn new(parent: &Path, code: &str) -> Self {
        Self::reached_at(parent, code, &[])
    }

    /// A node whose party file names these addresses before the one where it listens.
    pub(crate) fn reached_at(parent: &Path, code: &str, before: &[&str]) -> Self {
        let folder = parent.join(code);
        let address = free().to_string();
        let (gsomia, rules) = (example("agreements/jp-kr-gsomia-2016.toml"), example(&format!("national/{code}.toml")));
        let shown = folder.display().to_string();
        let arguments = ["node", "init", &shown, "--party", code, "--listen", &address, "--national", &rules];
        let addresses = before.iter().copied().chain([address.as_str()]).flat_map(|address| ["--address", address]);
        let addresses: Vec<&str> = addresses.collect();
        expect(0, &[&arguments[..], &addresses, &["--agreements", &gsomia]].concat());
        Self { folder, child: None }
    }

    /// The node in that folder, made already.
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder, child: None }
    }

    pub(crate) fn config(&self) -> String {
        self.folder.display().to_string()
    }

    pub(crate) fn party_file(&self, code: &str) -> String {
        self.folder.join(format!("{code}.party")).display().to_string()
    }

    pub(crate) fn start(&mut self) {
        let mut command = entente();
        command.args(["serve", "--config", &self.config()]);
        self.spawn(&mut command);
    }

    /// Starts it in other surroundings.
    pub(crate) fn start_with(&mut self, change: impl FnOnce(&mut Command)) {
        let mut command = entente();
        command.args(["serve", "--config", &self.config()]);
        change(&mut command);
        self.spawn(&mut command);
    }

    /// Starts it with everything in its log, as JSON, in that file.
    pub(crate) fn start_logged(&mut self, log: &Path) {
        let mut command = entente();
        command.args(["serve", "--config", &self.config(), "--log-format", "json"]).env("ENTENTE_LOG", "debug");
        self.spawn(command.stderr(File::create(log).unwrap()));
    }

    /// Asks it to stop, as a service manager does; its exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        let mut child = self.child.take().unwrap();
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
        child.wait().unwrap().code()
    }

    fn spawn(&mut self, command: &mut Command) {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("is ready at"), "{line}");
        self.child = Some(child);
    }

    /// The most memory that its process has had so far, in bytes.
    pub(crate) fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.as_ref().unwrap().id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
    }

    /// How long its process has worked so far, on all processors, in steps of a hundredth of a second.
    pub(crate) fn processor(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.as_ref().unwrap().id())).unwrap();
        // Behind the name, which may have anything in it: in user mode and in the kernel (proc_pid_stat(5)).
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        Duration::from_millis(fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap() * 10).sum())
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.kill();
    }
}

/// JPN and KOR, running, each knowing the other.
pub(crate) fn two() -> (TempDir, Site, Site) {
    let parent = tempfile::tempdir().unwrap();
    let (mut jpn, mut kor) = (Site::new(parent.path(), "JPN"), Site::new(parent.path(), "KOR"));
    jpn.start();
    kor.start();
    expect(0, &["party", "add", &kor.party_file("KOR"), "--confirmed", "--config", &jpn.config()]);
    expect(0, &["party", "add", &jpn.party_file("JPN"), "--confirmed", "--config", &kor.config()]);
    (parent, jpn, kor)
}

pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "never: {what}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

pub(crate) fn release(site: &Site, file: &Path, id: &str, to: &str, label: &str) -> Output {
    let file = file.display().to_string();
    let arguments =
        ["release", &file, "--label", label, "--to", to, "--purpose", "missile-warning", "--subject", "dprk-missile"];
    run(&[&arguments[..], &["--id", id, "--config", &site.config()]].concat())
}

pub(crate) const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";

pub(crate) fn asked(site: &Site, arguments: &[&str]) -> String {
    expect(0, &[arguments, &["--config", &site.config()]].concat()).0
}

pub(crate) fn json(site: &Site, arguments: &[&str]) -> Vec<serde_json::Value> {
    let lines = asked(site, &[arguments, &["--json"]].concat());
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
