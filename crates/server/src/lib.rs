//! The hands of a node: the one loop that drives it, what it hears and says on the wire, what its people ask of it.
//!
//! The judgement is in `entente-core`, the protocol in `entente-node`; here are the clock, the sockets, the files and
//! the threads.
#![allow(
    clippy::disallowed_methods,
    reason = "this crate is the hands: it alone, and the command line, touch clock, files, sockets and the system's randomness"
)]

pub mod config;
pub mod desk;
pub mod keys;
pub mod keeper;
pub mod init;

pub mod serve;
pub mod turn;
mod driver;
mod hurry;

mod tls;
mod tls_end;
mod strangers;
mod federation;
pub mod pieces;
mod contents;
mod fetcher;
pub mod quota;
pub mod guard;
pub mod restore;
mod link;
mod outbound;
pub mod escalation;
mod links;
pub mod pause;
mod sender;
pub mod courier;
pub mod tiles;
mod ledger;
mod clock;

pub mod api;
mod control;
mod console;
pub mod demonstration;
mod people;
mod web;
mod taxii;
mod monitor;
pub mod client;
pub mod outside;

pub mod verify;
pub mod proof;
pub mod digest;
pub mod backup;
pub mod doctor;

pub use config::Config;
