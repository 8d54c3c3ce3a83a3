//! Agreement files and national rules from outside: the example set, the hash, what a reader is told about a broken
//! file, the one layout, and that no text whatever makes the parsers panic.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads the example files, and stops where it fails"
)]

mod examples;
mod canonical;
mod layout;

mod told;
mod files;
mod clauses;
mod sets;
mod odd;
mod compare;

mod generate;
mod disorder;
mod properties;
