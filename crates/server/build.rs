//! Puts the browser libraries that the console serves where the code can embed them. They come through npm, as the lock file
//! in `web` names them, by their digests: from `web/node_modules` where somebody ran `npm ci` there, and else fetched here.

#![allow(clippy::disallowed_methods, reason = "what builds is one of the hands")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

const WEB: &str = "../../web";
const LIBRARIES: [&str; 1] = ["htmx.org/dist/htmx.min.js"];

fn main() {
    for path in ["package.json", "package-lock.json", "templates"] {
        println!("cargo::rerun-if-changed={WEB}/{path}");
    }
    println!("cargo::rerun-if-changed=askama.toml");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    if let Err(problem) = libraries(&out) {
        println!("cargo::error={problem}");
    }
}

fn libraries(out: &Path) -> Result<(), String> {
    let mut modules = Path::new(WEB).join("node_modules");
    if LIBRARIES.iter().any(|library| !modules.join(library).exists()) {
        modules = fetch(out)?;
    }
    for library in LIBRARIES {
        let from = modules.join(library);
        let to = out.join(from.file_name().unwrap_or_default());
        fs::copy(&from, to).map_err(|error| format!("`{}`: {error}", from.display()))?;
        if modules.starts_with(WEB) {
            println!("cargo::rerun-if-changed={}", from.display());
        }
    }
    Ok(())
}

/// Fetches them beside what is built, and leaves the tree as it is.
fn fetch(out: &Path) -> Result<PathBuf, String> {
    for name in ["package.json", "package-lock.json", ".npmrc"] {
        fs::copy(Path::new(WEB).join(name), out.join(name)).map_err(|error| format!("`web/{name}`: {error}"))?;
    }
    let npm =
        Command::new("npm").args(["ci", "--omit=dev", "--ignore-scripts", "--no-progress"]).current_dir(out).output();
    match npm {
        Err(error) => Err(format!(
            "npm is missing ({error}), through which the console's browser libraries come: install it (Debian: apt-get \
             install npm) and build again"
        )),
        Ok(done) if !done.status.success() => {
            let said = String::from_utf8_lossy(&done.stderr);
            let said = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing").trim().to_owned();
            Err(format!(
                "`npm ci` did not fetch the console's browser libraries: {said}; run `npm ci --prefix web` by hand"
            ))
        }
        Ok(_) => Ok(out.join("node_modules")),
    }
}
