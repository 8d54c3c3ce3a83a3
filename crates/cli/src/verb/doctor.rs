//! `entente doctor`: everything about a node that can be checked.

use std::io::Write;

use entente_server::{
    client::Client,
    doctor::{Finding, Patient, Verdict, examine, running},
};

use super::remote::{NodeArgs, PassphraseArgs, block_on};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// Check everything about a node, and say what to do about what is not as it should be
///
/// Looks at the configuration and its texts, the keys, the party file, the store, the logs (as `entente log verify`), the
/// room on the disk and the last back-up, whether or not the node runs; and asks a running node how it and its partners
/// fare, and what waits for a person. Changes nothing. Exit code 1 when something is wrong; a warning alone is none.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Do not read the whole store: leaves out its pages and the logs
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Print one JSON object a line, for each finding
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let config = args.node.config()?;
    let own_file = args.node.own_file(&config.party);
    let keys = args.passphrase.folder(&config);
    let now = jiff::Timestamp::now();
    let patient = Patient { config: &config, own_file: &own_file, whole: !args.quick, now, keys: &keys };
    let mut findings = Vec::new();
    let mut said = Ok(());
    examine(&patient, &mut |finding: Finding| {
        if said.is_ok() {
            said = console.progress(format_args!("{}", finding.area));
        }
        findings.push(finding);
    });
    said?;
    console.progress_ends()?;
    let client = Client::new(&config.control_socket());
    findings.extend(running::look(&block_on(client.get("/status"))?));
    if args.json {
        findings.iter().try_for_each(|finding| console.json(finding))?;
    } else {
        write(&findings, console)?;
    }
    let is_wrong = findings.iter().any(|finding| finding.verdict == Verdict::Wrong);
    Ok(if is_wrong { Outcome::Failed } else { Outcome::Done })
}

fn write(findings: &[Finding], console: &mut Console) -> Result<(), Failure> {
    let mut columns = Columns::new(2);
    for Finding { area, verdict, found, help } in findings {
        let mark = match verdict {
            Verdict::Ok => "ok",
            Verdict::Skipped => "-",
            Verdict::Warning => "WARNING",
            Verdict::Wrong => "WRONG",
        };
        columns.row([mark, area, found]);
        if let Some(help) = help {
            columns.row(["", "", &format!("-> {help}")]);
        }
    }
    let width = console.width();
    columns.write(console, width)?;
    let count = |wanted| findings.iter().filter(|finding| finding.verdict == wanted).count();
    let (permit, deny) = (console.palette().permit, console.palette().deny);
    match (count(Verdict::Wrong), count(Verdict::Warning)) {
        (0, 0) => writeln!(console, "{permit}all is well{permit:#}")?,
        (0, warnings) => writeln!(console, "nothing is wrong; warnings: {warnings}")?,
        (wrong, warnings) => writeln!(console, "{deny}wrong: {wrong}{deny:#}, warnings: {warnings}")?,
    }
    Ok(())
}
