//! The matrix, and two texts side by side, of a running node: `entente agreement matrix` and `compare` with `--running`.

use std::io::Write;

use entente_server::api::{CompareView, FieldDifference, MatrixText, MatrixView};

use crate::{
    columns::{Columns, printable},
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::NodeArgs,
};

/// Who may give whom up to which level, under the texts that count at the node.
pub(super) fn matrix(node: &NodeArgs, json: bool, console: &mut Console) -> Result<Outcome, Failure> {
    let view: MatrixView = node.ask(async |client| client.get("/agreements/matrix").await)?;
    if json {
        console.json(&view)?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(2).styled([console.palette().bold]);
    columns.row(["from and to", "up to", "under"]);
    for cell in &view.cells {
        let open: Vec<&MatrixText> = cell.texts.iter().filter(|text| text.permits).collect();
        let level = match (&cell.ceiling, open.is_empty()) {
            (Some(level), _) => level.clone(),
            (None, false) => "national terms".to_owned(),
            (None, true) => cell.status.replace('-', " "),
        };
        let under: Vec<String> = open.iter().map(|text| under(text)).collect();
        columns.row([format!("{} to {}", cell.from, cell.to), level, under.join("; ")]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}

fn under(text: &MatrixText) -> String {
    let cited = text.cover.iter().filter(|cited| cited.agreement == text.agreement);
    let cited: Vec<&str> = cited.filter_map(|cited| cited.clause.as_deref()).collect();
    let marks = [
        (!text.assumed.is_empty(), ", wording assumed"),
        (text.routed, ", for some purposes or channels"),
        (text.delegated, ", delegated"),
    ];
    let marks: String = marks.into_iter().filter(|(holds, _)| *holds).map(|(_, mark)| mark).collect();
    format!("{} art. {}{marks}", text.agreement, cited.join(", "))
}

/// How two texts differ that are known at the node, each named by its hash, or the first digits of it.
pub(super) fn compare(
    node: &NodeArgs,
    (before, after): (&str, &str),
    json: bool,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let view: CompareView = node.ask(async |client| {
        let known: Vec<entente_server::api::AgreementView> = client.get("/agreements").await?;
        let hash = |text: &str| {
            let bare = |hash: &str| hash.trim_start_matches("sha256:").to_owned();
            let found = known.iter().find(|one| one.id == text || bare(&one.hash).starts_with(&bare(text)));
            found.map_or_else(|| text.to_owned(), |one| one.hash.clone())
        };
        client.get(&format!("/agreements/compare?before={}&after={}", hash(before), hash(after))).await
    })?;
    if json {
        console.json(&view)?;
        return Ok(Outcome::Done);
    }
    for field in &view.fields {
        writeln!(console, "{}", words(field))?;
    }
    for clause in &view.clauses {
        let from = clause.from.as_deref().map(|from| format!(" from {from}")).unwrap_or_default();
        writeln!(console, "art. {}, {}: {}{from}", clause.clause, clause.kind, clause.change)?;
        for field in &clause.fields {
            writeln!(console, "  {}", words(field))?;
        }
    }
    let level = |level: &Option<String>| level.clone().unwrap_or_else(|| "nothing".to_owned());
    for pair in view.pairs.iter().flatten() {
        let (before, after) = (level(&pair.before), level(&pair.after));
        writeln!(
            console,
            "{} to {}: {before} before, {after} after; {} areas newly permitted, {} no longer; duties {} more, {} fewer",
            pair.from, pair.to, pair.newly, pair.no_longer, pair.duties_gained, pair.duties_lost
        )?;
    }
    if view.pairs.is_none() {
        writeln!(console, "the texts have too many words to ask about every pair of parties")?;
    }
    if view.fields.is_empty() && view.clauses.is_empty() {
        writeln!(console, "they say the same")?;
    }
    Ok(Outcome::Done)
}

fn words(field: &FieldDifference) -> String {
    let value = |value: &Option<serde_json::Value>| value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let text = format!("{}: {} -> {}", field.field, value(&field.before), value(&field.after));
    printable(&text).into_owned()
}
