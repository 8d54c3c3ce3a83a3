//! The verbs, one file each. A file has an `Args`, whose comments are its help, and a `run`.
//!
//! To add one: a file, a variant of [`Verb`] in the place where the help should list it, its line in [`Verb::run`]; then
//! `ENTENTE_UPDATE=1 cargo test -p entente-cli` writes it into `docs/guide/cli.md`.

mod label;
mod stix;
mod misp;
mod agreement;
mod question;
mod decide;
mod whatif;

mod alert;
mod rules;
mod contacts;
mod incident;
mod obligation;
mod consult;
mod commitment;
mod meeting;

mod remote;

mod node;
mod serve;
mod party;
mod user;
mod taxii;
mod key;

mod release;
mod approve;
mod waiting;
mod emergency;
mod named;
mod inbox;
mod output;
mod import;
mod job;
mod quarantine;
mod outbox;
mod guard;
mod affected;
mod consent;
mod recall;
mod relabel;
mod retention;
mod compromise;

mod alarm;
mod status;
mod doctor;
mod log;
mod man;
mod backup;
mod restore;
mod store;
mod demo;

mod completions;
mod reference;

use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// What `entente` can be asked to do.
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    #[command(subcommand)]
    Label(label::Verb),
    #[command(subcommand)]
    Stix(stix::Verb),
    #[command(subcommand)]
    Misp(misp::Verb),
    #[command(subcommand)]
    Agreement(agreement::Verb),
    Decide(decide::Args),
    #[command(name = "whatif")]
    WhatIf(whatif::Args),
    #[command(subcommand)]
    Alert(alert::Verb),
    #[command(subcommand)]
    Rules(rules::Verb),
    #[command(subcommand)]
    Contacts(contacts::Verb),
    #[command(subcommand)]
    Incident(incident::Verb),
    #[command(subcommand)]
    Obligation(obligation::Verb),
    #[command(subcommand)]
    Consult(consult::Verb),
    #[command(subcommand)]
    Commitment(commitment::Verb),
    #[command(subcommand)]
    Meeting(meeting::Verb),
    #[command(subcommand)]
    Node(node::Verb),
    Serve(serve::Args),
    #[command(subcommand)]
    Party(party::Verb),
    #[command(subcommand)]
    User(user::Verb),
    #[command(subcommand)]
    Taxii(taxii::Verb),
    #[command(subcommand)]
    Key(key::Verb),
    Release(release::Args),
    Approve(approve::Args),
    #[command(subcommand)]
    Waiting(waiting::Verb),
    #[command(subcommand)]
    Emergency(emergency::Verb),
    #[command(subcommand)]
    Named(named::Verb),
    #[command(subcommand)]
    Job(job::Verb),
    Inbox(inbox::Args),
    Outbox(outbox::Args),
    #[command(subcommand)]
    Guard(guard::Verb),
    #[command(subcommand)]
    Quarantine(quarantine::Verb),
    #[command(subcommand)]
    Affected(affected::Verb),
    #[command(subcommand)]
    Consent(consent::Verb),
    #[command(subcommand)]
    Recall(recall::Verb),
    Relabel(relabel::Args),
    #[command(subcommand)]
    Retention(retention::Verb),
    #[command(subcommand)]
    Compromise(compromise::Verb),
    #[command(subcommand)]
    Alarm(alarm::Verb),
    Status(status::Args),
    Doctor(doctor::Args),
    #[command(subcommand)]
    Log(log::Verb),
    Backup(backup::Args),
    Restore(restore::Args),
    #[command(subcommand)]
    Store(store::Verb),
    Demo(demo::Args),
    Completions(completions::Args),
    Man(man::Args),
    Reference(reference::Args),
}

impl Verb {
    /// Does it.
    pub(crate) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Label(verb) => verb.run(console),
            Self::Stix(verb) => verb.run(console),
            Self::Misp(verb) => verb.run(console),
            Self::Agreement(verb) => verb.run(console),
            Self::Decide(args) => decide::run(args, console),
            Self::WhatIf(args) => whatif::run(args, console),
            Self::Alert(verb) => verb.run(console),
            Self::Rules(verb) => verb.run(console),
            Self::Contacts(verb) => verb.run(console),
            Self::Incident(verb) => verb.run(console),
            Self::Obligation(verb) => verb.run(console),
            Self::Consult(verb) => verb.run(console),
            Self::Commitment(verb) => verb.run(console),
            Self::Meeting(verb) => verb.run(console),
            Self::Node(verb) => verb.run(console),
            Self::Serve(args) => serve::run(args, console),
            Self::Party(verb) => verb.run(console),
            Self::User(verb) => verb.run(console),
            Self::Taxii(verb) => verb.run(console),
            Self::Key(verb) => verb.run(console),
            Self::Release(args) => release::run(args, console),
            Self::Approve(args) => approve::run(args, console),
            Self::Waiting(verb) => verb.run(console),
            Self::Emergency(verb) => verb.run(console),
            Self::Named(verb) => verb.run(console),
            Self::Job(verb) => verb.run(console),
            Self::Inbox(args) => inbox::run(args, console),
            Self::Outbox(args) => outbox::run(args, console),
            Self::Guard(verb) => verb.run(console),
            Self::Quarantine(verb) => verb.run(console),
            Self::Affected(verb) => verb.run(console),
            Self::Consent(verb) => verb.run(console),
            Self::Recall(verb) => verb.run(console),
            Self::Relabel(args) => relabel::run(args, console),
            Self::Retention(verb) => verb.run(console),
            Self::Compromise(verb) => verb.run(console),
            Self::Alarm(verb) => verb.run(console),
            Self::Status(args) => status::run(args, console),
            Self::Doctor(args) => doctor::run(args, console),
            Self::Log(verb) => verb.run(console),
            Self::Backup(args) => backup::run(args, console),
            Self::Restore(args) => restore::run(args, console),
            Self::Store(verb) => verb.run(console),
            Self::Demo(args) => demo::run(args, console),
            Self::Completions(args) => completions::run(args, console),
            Self::Man(args) => man::run(args, console),
            Self::Reference(args) => reference::run(args, console),
        }
    }
}
