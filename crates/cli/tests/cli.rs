//! The real binary over scripts in `cases/`: a command as a user types it, its exit code, what it prints.
//!
//! A case is a block ```` ```console ```` in a Markdown file: a line `$ entente …`, `? code` when the code is not 0, then
//! standard output and standard error, in this order. Commands run in the root of the workspace.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test reads its files and fails where it stands, outside the test functions too"
)]

use std::{
    fmt::Write as _,
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use entente_formats::{agreement::parse_set, national, request::answer_line};

/// Set to anything: the files are written anew instead of compared.
const UPDATE: &str = "ENTENTE_UPDATE";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn entente() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entente"));
    command.current_dir(root()).env_remove("COLUMNS").env("NO_COLOR", "1").env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// The words of a command line, with single quotes as a shell has them.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut open) = (Vec::new(), String::new(), false, false);
    for c in line.chars() {
        match c {
            '\'' => (quoted, open) = (!quoted, true),
            ' ' if !quoted => {
                if open {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            c => {
                word.push(c);
                open = true;
            }
        }
    }
    if open {
        words.push(word);
    }
    words
}

/// What a command answers, as a block shows it.
fn answer(line: &str) -> String {
    let Output { status, stdout, stderr } = entente().args(words(line)).output().unwrap();
    let mut text = format!("$ entente {line}\n");
    if !status.success() {
        let _ = writeln!(text, "? {}", status.code().unwrap());
    }
    text + &String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap()
}

/// The file with every block as the binary answers now.
fn replay(text: &str) -> String {
    let mut replayed = String::new();
    let mut in_block = false;
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ entente ").filter(|_| in_block) {
            replayed.push_str(&answer(command));
        } else if line.starts_with("```") || !in_block {
            in_block = line == "```console";
            let _ = writeln!(replayed, "{line}");
        }
    }
    replayed
}

fn compare(path: &Path, expected: &str, found: &str) {
    if std::env::var_os(UPDATE).is_some() {
        fs::write(path, found).unwrap();
        return;
    }
    let lines = expected.lines().zip(found.lines());
    let first = lines.clone().take_while(|(expected, found)| expected == found).count();
    assert!(
        expected == found,
        "{} differs from line {}:\n- {}\n+ {}\n`{UPDATE}=1 cargo test -p entente-cli` writes it anew",
        path.display(),
        first + 1,
        expected.lines().nth(first).unwrap_or("(end)"),
        found.lines().nth(first).unwrap_or("(end)"),
    );
}

#[test]
fn the_scripts_answer_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let text = fs::read_to_string(&path).unwrap();
            compare(&path, &text, &replay(&text));
            count += 1;
        }
    }
    assert!(count >= 4, "the scripts are gone");
}

#[test]
fn the_guide_is_the_reference() {
    let path = root().join("docs/guide/cli.md");
    let reference = String::from_utf8(entente().arg("reference").output().unwrap().stdout).unwrap();
    let guide = fs::read_to_string(&path).unwrap_or_default();
    compare(&path, &guide, &reference);
}

#[test]
fn the_guide_has_the_configuration_as_it_is_written() {
    let path = root().join("docs/guide/configuration.md");
    let guide = fs::read_to_string(&path).unwrap();
    let (head, _) = guide.split_once("```toml\n").unwrap();
    let template = fs::read_to_string(root().join("crates/server/src/node.toml")).unwrap();
    compare(&path, &guide, &format!("{head}```toml\n{template}```\n"));
}

const REQUESTS: &str = "crates/cli/tests/cases/data/requests.jsonl";
const ON: [&str; 4] =
    ["--agreements", "examples/northeast-asia/agreements", "--national", "examples/northeast-asia/national"];

fn texts(folder: &str) -> Vec<(String, String)> {
    let paths = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn the_machine_interface_answers_a_line_for_a_line() {
    let agreements = parse_set(&texts(ON[1])).unwrap().agreements;
    let national = texts(ON[3]).into_iter().map(|(_, text)| national::parse(&text).unwrap());
    let national = national.map(|rules| (rules.party.clone(), rules)).collect();
    let requests = fs::read_to_string(root().join(REQUESTS)).unwrap();
    let lines = requests.lines().filter(|line| !line.trim().is_empty());
    let expected: String = lines.map(|line| answer_line(line, &agreements, &national) + "\n").collect();

    let from_file = entente().arg("decide").args(ON).args(["--requests", REQUESTS, "--json"]).output().unwrap();
    assert_eq!(from_file.status.code(), Some(0));
    assert_eq!(String::from_utf8(from_file.stdout).unwrap(), expected);

    let mut child = entente()
        .arg("decide")
        .args(ON)
        .args(["--requests", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(requests.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap(), expected);
}

#[test]
fn what_is_no_text_is_an_error_of_its_line() {
    let mut child = entente()
        .arg("decide")
        .args(ON)
        .args(["--requests", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = b"\xff\n\n{}\n".to_vec();
    input.extend(vec![b'['; 3 * 1024 * 1024]);
    input.extend(b"\n{}\n");
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines.len(), 4, "{output}");
    assert_eq!(lines[2], "{\"error\":\"the line is longer than the 1048576 bytes allowed\"}");
    assert!(lines.iter().all(|line| line.starts_with("{\"error\":")), "{output}");
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let line = fs::read_to_string(root().join(REQUESTS)).unwrap().lines().next().unwrap().to_owned() + "\n";
    let mut child = entente()
        .arg("decide")
        .args(ON)
        .args(["--requests", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    // The child may leave before it has read all of it.
    let _ = child.stdin.take().unwrap().write_all(line.repeat(2000).as_bytes());
    let mut complaint = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!((child.wait().unwrap().code(), complaint.as_str()), (Some(0), ""));
}

#[test]
fn what_others_wrote_moves_no_cursor() {
    let request = fs::read_to_string(root().join(REQUESTS)).unwrap().lines().next().unwrap().to_owned();
    let request = request.replace("K-0412", "K\\u001b[2J\\u202e") + "\n{\"a\\u001b\":1}\n";
    let mut child = entente()
        .arg("decide")
        .args(ON)
        .args(["--requests", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(request.as_bytes()).unwrap();
    let Output { stdout, stderr, .. } = child.wait_with_output().unwrap();
    let text = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    assert!(text.contains("release K\u{fffd}[2J\u{fffd}") && text.contains("unknown field `a\u{fffd}`"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
}

#[cfg(unix)]
#[test]
fn a_file_is_laid_out_in_its_place_and_one_with_a_problem_stops_all() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let (file, link, broken) =
        (folder.path().join("untidy.toml"), folder.path().join("link"), folder.path().join("broken.toml"));
    let untidy = fs::read_to_string(root().join("crates/cli/tests/cases/data/untidy.toml")).unwrap();
    fs::write(&file, &untidy).unwrap();
    fs::write(&broken, untidy.replace("binding", "bindng")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();

    let both = entente().args(["agreement", "fmt"]).arg(folder.path()).output().unwrap();
    assert_eq!(both.status.code(), Some(1));
    assert_eq!(fs::read_to_string(&file).unwrap(), untidy, "nothing is changed while one of them is wrong");

    let laid_out = entente().args(["agreement", "fmt"]).arg(&link).output().unwrap();
    assert_eq!(laid_out.status.code(), Some(0));
    let text = fs::read_to_string(&file).unwrap();
    assert!(text != untidy && text.contains("# no top secret"), "{text}");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "the file is replaced, not the link");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left beside it");

    let again = entente().args(["agreement", "fmt", "--check"]).arg(&file).output().unwrap();
    assert_eq!((again.status.code(), again.stdout.len()), (Some(0), 0));
}

#[test]
fn a_matrix_that_is_too_wide_is_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let parties = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG", "HHH"];
    let text = format!(
        "schema = \"entente.agreement/1\"\nid = \"eight\"\ntitle = \"Eight\"\nforce = \"binding\"\nparties = {parties:?}\n\
         [[act]]\nby = \"*\"\ndate = 2020-01-01\nkind = \"entered-into-force\"\n\
         [[clause]]\nid = \"4\"\nkind = \"equivalence\"\nceiling = \"SECRET\"\nbasis = \"assumed\"\nrows = [{{ level = \"SECRET\" }}]\n"
    );
    fs::write(folder.path().join("eight.toml"), text).unwrap();
    let shown = |columns: &str| {
        let output = entente()
            .args(["agreement", "matrix", "--at", "2024-01-01"])
            .arg(folder.path())
            .env("COLUMNS", columns)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let table = shown("80");
    assert!(table.starts_with("     AAA   BBB   CCC   DDD   EEE   FFF   GGG   HHH\nAAA        S a*  S a*"), "{table}");
    let list = shown("40");
    assert!(list.starts_with("AAA to BBB  S a*\nAAA to CCC  S a*\n"), "{list}");
    assert_eq!(list.lines().filter(|line| line.contains(" to ") && line.ends_with("S a*")).count(), 56);
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = entente().args(["label", "check", "TLP:RED"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: the output cannot be written\n"));
}
