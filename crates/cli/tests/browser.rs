//! The driving case through the pages of three real nodes, with a real browser: `make browser`. What is played, and looked at, is
//! `web/tests/scenario.mjs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;
mod web;

use std::{fs, net::TcpListener, path::Path, process::Command};

use serde_json::json;
use site::{Site, example, expect};
use web::{Console, PASSWORD};

const PARTIES: [&str; 3] = ["USA", "JPN", "KOR"];
const NAMES: [&str; 3] = ["United States of America", "Japan", "Republic of Korea"];
/// Each with its role; two officers, since one release takes two persons.
const PEOPLE: [(&str, &str); 8] = [
    ("disclosure", "disclosure"),
    ("disclosure2", "disclosure"),
    ("treaty", "treaty"),
    ("analyst", "analyst"),
    ("watch", "watch"),
    ("watch2", "watch"),
    ("auditor", "auditor"),
    ("admin", "admin"),
];
const AGREEMENTS: [&str; 6] = [
    "jp-kr-gsomia-2016",
    "us-jp-gsomia-2007",
    "us-kr-gsomia-1987",
    "tisa-2014",
    "commitment-to-consult-2023",
    "missile-warning-sharing-2023",
];

/// What JPN does with warnings that come in.
const WATCH: &str = r#"
[alerts]
rules = "RULES"
[[alerts.handling]]
profile  = "missile-warning/1"
label    = "//JPN 特定秘密//REL TO USA, JPN, KOR"
subjects = ["dprk-missile"]
to       = ["*"]
purpose  = "missile-warning"
"#;
/// What of USA's takes two persons.
const CONFIRMATION: &str = r#"
[[confirmation]]
subjects = ["dprk-missile"]
to       = ["KOR"]
min      = "SECRET"
"#;

/// A node of the three with a console, not running yet.
fn node(parent: &Path, code: &str, name: &str) -> (Console, String) {
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = parent.join(code).display().to_string();
    let (listen, address) = (free().to_string(), free());
    let rules = example(&format!("national/{code}.toml"));
    let arguments =
        ["node", "init", &folder, "--party", code, "--name", name, "--listen", &listen, "--address", &listen];
    let texts: Vec<String> = AGREEMENTS.iter().map(|id| example(&format!("agreements/{id}.toml"))).collect();
    let texts: Vec<&str> = texts.iter().flat_map(|path| ["--agreements", path]).collect();
    expect(0, &[&arguments[..], &["--national", &rules], &texts].concat());
    let config = Path::new(&folder).join("node.toml");
    let text = fs::read_to_string(&config).unwrap();
    // Cookies know no ports: each node has a name of its own.
    let origin = format!("http://{}.localhost:{}", code.to_lowercase(), address.port());
    let rules = example("rules/JPN.toml");
    let watch = if code == "JPN" { WATCH.replace("RULES", &rules) } else { String::new() };
    let console = format!("[console]\nlisten = \"{address}\"\norigin = \"{origin}\"");
    fs::write(&config, format!("{text}\n{console}\n{watch}")).unwrap();
    if code == "USA" {
        let national = Path::new(&folder).join("national.toml");
        let text = fs::read_to_string(&national).unwrap();
        fs::write(&national, format!("{text}\n{CONFIRMATION}")).unwrap();
    }
    (Console { site: Site::at(folder.into()), address }, origin)
}

#[test]
#[ignore = "`make browser`: takes minutes, Node.js and Chromium"]
fn the_driving_case_through_the_pages_of_three_nodes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let parent = tempfile::tempdir().unwrap();
    let mut nodes: Vec<(Console, String)> =
        PARTIES.iter().zip(NAMES).map(|(code, name)| node(parent.path(), code, name)).collect();
    nodes.iter_mut().for_each(|(console, _)| console.site.start());
    for (console, _) in &nodes {
        for (code, (other, _)) in PARTIES.iter().zip(&nodes) {
            if other.address != console.address {
                let file = other.site.party_file(code);
                expect(0, &["party", "add", &file, "--confirmed", "--config", &console.site.config()]);
            }
        }
        for (name, role) in PEOPLE {
            match role {
                "admin" => console.add_user(name, &["--role", role]),
                _ => console.add_user(
                    name,
                    &["--role", role, "--clearance", "TOP SECRET", "--subject", "*", "--official-duty"],
                ),
            }
        }
    }
    let origins: serde_json::Map<String, serde_json::Value> =
        PARTIES.iter().zip(&nodes).map(|(code, (_, origin))| ((*code).to_owned(), json!(origin))).collect();
    let folders =
        PARTIES.iter().zip(&nodes).map(|(code, (console, _))| ((*code).to_owned(), json!(console.site.config())));
    let files: Vec<String> =
        PARTIES.iter().zip(&nodes).map(|(code, (console, _))| console.site.party_file(code)).collect();
    let asked = json!({
        "origins": origins,
        "password": PASSWORD,
        "trilateral": example("agreements/trilateral-hypothetical.toml"),
        "entente": env!("CARGO_BIN_EXE_entente"),
        "configs": folders.collect::<serde_json::Map<String, serde_json::Value>>(),
        "parties": files,
    });
    let played = Command::new("node")
        .arg(root.join("web/tests/scenario.mjs"))
        .arg(asked.to_string())
        .current_dir(root.join("web"))
        .status()
        .expect("Node.js is missing: install it (Debian: apt-get install nodejs npm)");
    assert!(played.success(), "see what is printed above, and the screenshots");
}
