//! Scripts of requests and answers against the real binary (`cases/taxii`, whose README says how to read them).

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{collections::BTreeMap, fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    site,
    web::{Answer, PASSWORD},
};

/// What stands for something in scripts.
pub(crate) type Names = BTreeMap<String, String>;

fn fill(text: &str, names: &Names) -> String {
    names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value))
}

/// Compares what came with what a script expects: `"*"` is anything, `"${name}"` what it is known for, or anything that it is
/// known for from then on.
fn matches(expected: &Value, found: &Value, names: &mut Names) -> Result<(), String> {
    match (expected, found) {
        (Value::String(word), _) if word == "*" => Ok(()),
        (Value::String(word), Value::String(text))
            if word.starts_with("${") && !names.contains_key(&word[2..word.len() - 1]) =>
        {
            names.insert(word[2..word.len() - 1].to_owned(), text.clone());
            Ok(())
        }
        (Value::String(word), Value::String(text)) if fill(word, names) == *text => Ok(()),
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            expected.iter().zip(found).try_for_each(|(expected, found)| matches(expected, found, names))
        }
        (Value::Object(expected), Value::Object(found)) => {
            if let Some(key) = found.keys().find(|key| !expected.contains_key(*key)) {
                return Err(format!("`{key}` is not expected"));
            }
            expected.iter().try_for_each(|(key, expected)| match found.get(key) {
                Some(found) => matches(expected, found, names).map_err(|why| format!("{key}: {why}")),
                None => Err(format!("`{key}` is missing")),
            })
        }
        _ if expected == found => Ok(()),
        _ => Err(format!("{expected} is expected, and it is {found}")),
    }
}

/// What somebody asks: method, path, who asks (as the script says it), headers and body.
pub(crate) type Ask<'a> = &'a dyn Fn(&str, &str, &str, &[(&str, &str)], &[u8]) -> Answer;

/// The header by which that account comes in; none for `-`.
pub(crate) fn basic(who: &str) -> Option<(String, String)> {
    let credential = if who.contains(':') { who.to_owned() } else { format!("{who}:{PASSWORD}") };
    (who != "-").then(|| ("Authorization".to_owned(), format!("Basic {}", STANDARD.encode(credential))))
}

/// One step: what is asked, and what is answered.
fn step(text: &str, config: &str, ask: Ask<'_>, names: &mut Names) -> Result<(), String> {
    let text = fill(text, names);
    if let Some(command) = text.strip_prefix("$ ") {
        let words: Vec<&str> = command.trim().split(' ').collect();
        site::expect(0, &[&words[..], &["--config", config]].concat());
        return Ok(());
    }
    let (request, answer) = text.split_once("\n--- ").ok_or("no answer")?;
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let mut lines = head.lines();
    let line: Vec<&str> = lines.next().unwrap().split(' ').collect();
    let [method, path, who] = line[..] else { return Err(format!("{line:?}")) };
    let mut headers: Vec<(&str, &str)> = lines.map(|line| line.split_once(": ").unwrap()).collect();
    if method == "POST" && !headers.iter().any(|(name, _)| *name == "Content-Type") {
        headers.push(("Content-Type", "application/taxii+json;version=2.1"));
    }
    let found = ask(method, path, who, &headers, body.trim_end().as_bytes());
    let mut lines = answer.lines();
    let status = lines.next().unwrap().trim();
    if found.status.to_string() != status {
        return Err(format!("{status} is expected, and it is {found:?}\n{}", found.text()));
    }
    let mut json = String::new();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let header = line.split_once(": ").filter(|_| !line.starts_with(['{', '"', ' ', '[', ']', '}']));
        match header {
            Some((name, "-")) if found.header(name).is_some() => return Err(format!("{name}: it is there")),
            Some((_, "-")) => {}
            Some((name, "*")) if found.header(name).is_some() => {}
            Some((name, value)) if found.header(name) == Some(value) => {}
            Some((name, _)) => return Err(format!("{name}: it is {:?}", found.header(name))),
            None => json.push_str(line),
        }
    }
    if found.header("content-type") != Some("application/taxii+json;version=2.1") {
        return Err(format!("media type {:?}", found.header("content-type")));
    }
    if method == "HEAD" || json.is_empty() {
        return Ok(());
    }
    let expected: Value = serde_json::from_str(&json).map_err(|error| format!("the script: {error}: {json}"))?;
    matches(&expected, &found.json(), names).map_err(|why| format!("{why}\n{}", found.text()))
}

fn steps(text: &str) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with("# ") || line == "#" {
            continue;
        }
        if line == "===" || steps.is_empty() {
            steps.push(String::new());
        }
        if line.starts_with("$ ") {
            steps.push(line.to_owned());
            steps.push(String::new());
        } else if line != "===" {
            let step = steps.last_mut().unwrap();
            step.push_str(line);
            step.push('\n');
        }
    }
    steps.iter().map(|step| step.trim_start_matches('\n').to_owned()).filter(|step| !step.trim().is_empty()).collect()
}

/// Plays every script of a folder of `cases`, each with these names; how many there are. What does not go as a script says is told
/// for all of them.
pub(crate) fn play(folder: &str, config: &str, names: &Names, ask: Ask<'_>) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "http"));
    files.sort();
    let mut failed = Vec::new();
    for path in &files {
        let text = fs::read_to_string(path).unwrap();
        let mut names = names.clone();
        for (number, line) in steps(&text).iter().enumerate() {
            if let Err(why) = step(line, config, ask, &mut names) {
                failed.push(format!("{}, step {}: {line}\n{why}\n", path.file_name().unwrap().display(), number + 1));
                break;
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    files.len()
}
