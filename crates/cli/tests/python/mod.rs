//! Programs of the Python package index, for tests against what others wrote. Each set of packages has an environment of its own
//! under `target`, made where it is missing and kept.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// An environment with packages in it.
pub(crate) struct Python {
    folder: PathBuf,
}

impl Python {
    /// An environment with these packages, each with its version (`name==1.2.3`). `None` where they cannot be had, which is told;
    /// CI must not pass without them.
    pub(crate) fn with(name: &str, packages: &[&str]) -> Option<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python").join(name);
        // Tests of several files may want the same one at once.
        fs::create_dir_all(folder.parent().unwrap()).unwrap();
        let lock = fs::File::create(folder.with_extension("lock")).unwrap();
        lock.lock().unwrap();
        let list = folder.join("installed.txt");
        let wanted = packages.join("\n");
        // What was stopped half-way, or is of other versions, is made anew.
        if fs::read_to_string(&list).is_ok_and(|installed| installed == wanted) {
            return Some(Self { folder });
        }
        let _ = fs::remove_dir_all(&folder);
        let ran = |command: &mut Command| command.stdout(Stdio::null()).status().is_ok_and(|status| status.success());
        if ran(Command::new("python3").args(["-m", "venv"]).arg(&folder))
            && ran(Command::new(folder.join("bin/pip")).args(["install", "--quiet"]).args(packages))
        {
            fs::write(&list, wanted).unwrap();
            return Some(Self { folder });
        }
        let why = format!("no {} (python3 with venv, and the Python package index, are needed)", packages.join(", "));
        assert!(std::env::var_os("CI").is_none(), "{why}");
        eprintln!("\n*** NOT RUN: {why} ***\n");
        None
    }

    /// One of its programs; `python` is the interpreter that finds the packages.
    pub(crate) fn program(&self, name: &str) -> Command {
        Command::new(self.folder.join("bin").join(name))
    }
}
