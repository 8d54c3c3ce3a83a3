//! Puts the browser libraries that the console serves, which come through npm, where the code can embed them.

use std::{env, fs, path::Path};

const LIBRARIES: [&str; 1] = ["htmx.org/dist/htmx.min.js"];

fn main() {
    let modules = Path::new("../../web/node_modules");
    println!("cargo::rerun-if-changed=../../web/package-lock.json");
    println!("cargo::rerun-if-changed=../../web/templates");
    for library in LIBRARIES {
        let path = modules.join(library);
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_name().unwrap_or_default();
        let target = Path::new(&env::var("OUT_DIR").unwrap_or_default()).join(name);
        if let Err(error) = fs::copy(&path, target) {
            println!(
                "cargo::error=`web/node_modules/{library}`: {error}; the console's browser libraries come through npm: \
                 run `npm ci --prefix web` once (or `make demo`, `make test`, which do)"
            );
        }
    }
}
