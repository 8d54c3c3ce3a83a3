//! What an agreement file may say and hardly means: no error, and worth a second look.
//!
//! What an act does is for the fold in `entente-core`; this asks it.

use std::ops::Range;

use entente_core::{
    Party,
    agreement::{
        Act, ActKind, Action, Agreement, Kind,
        clause::{Clause, Row},
    },
};
use toml::de::DeTable;

use super::parse;
use crate::Problem;

/// Histories that are longer are not looked at: each act is weighed with all that went before.
const MOST_ACTS: usize = 256;

/// Everything odd in a file that [`parse`] reads, in the order of the text; nothing for any other.
pub fn oddities(text: &str) -> Vec<Problem> {
    let Ok(agreement) = parse(text) else { return Vec::new() };
    let (tree, _) = DeTable::parse_recoverable(text);
    let place = |key: &str, position: usize| -> Range<usize> {
        let entries = tree.get_ref().get(key).and_then(|value| value.get_ref().as_array());
        entries.and_then(|entries| entries.get(position)).map_or(0..0, toml::Spanned::span)
    };
    let mut found = Vec::new();
    for (position, (message, help)) in odd_acts(&agreement) {
        found.push(Problem::new(message, place("act", position)).help(help));
    }
    for (position, clause) in agreement.clauses.iter().enumerate() {
        let earlier = agreement.clauses.iter().take(position);
        for (message, help) in odd_clause(clause, earlier) {
            found.push(Problem::new(message, place("clause", position)).help(help));
        }
    }
    found.sort_by_key(|problem| problem.at.start);
    found
}

type Odd = (String, String);

/// Acts out of their order, and acts that change nothing in the view of anybody.
fn odd_acts(agreement: &Agreement) -> Vec<(usize, Odd)> {
    let mut found = Vec::new();
    if agreement.acts.len() > MOST_ACTS {
        return found;
    }
    let mut latest = None;
    for (position, act) in agreement.acts.iter().enumerate() {
        if latest.is_some_and(|latest| act.date < latest) {
            let message = format!("this act of {} stands after a later one", act.date);
            found.push((position, (message, "acts count by their days; write them in that order".to_owned())));
        }
        latest = latest.max(Some(act.date));
        if is_meant_to_change(agreement, act) && !changes_anything(agreement, position, act) {
            let message = format!("`{}` of {} changes nothing", act.kind.as_str(), act.date);
            let help = format!("{}; see `entente agreement timeline`", why_nothing(act.kind));
            found.push((position, (message, help)));
        }
    }
    found
}

/// Signatures change nothing; nor need the withdrawal of a notice that was suspended before, which is then history.
fn is_meant_to_change(agreement: &Agreement, act: &Act) -> bool {
    use ActKind::{
        EnteredIntoForce, NoticeOfTermination, NoticeSuspended, NoticeWithdrawn, Resumed, Suspended, Terminated,
    };
    let was_suspended = agreement
        .acts
        .iter()
        .any(|earlier| earlier.kind == NoticeSuspended && earlier.by == act.by && earlier.date < act.date);
    match act.kind {
        EnteredIntoForce | NoticeOfTermination | NoticeSuspended | Resumed | Suspended | Terminated => true,
        NoticeWithdrawn => !was_suspended,
        _ => false,
    }
}

fn changes_anything(agreement: &Agreement, position: usize, act: &Act) -> bool {
    let until = |count: usize| {
        let counts = |(at, other): &(usize, &Act)| other.date < act.date || (other.date == act.date && *at < count);
        let acts = agreement.acts.iter().enumerate().filter(counts).map(|(_, act)| act.clone()).collect();
        Agreement { acts, ..agreement.clone() }
    };
    let (before, after) = (until(position), until(position + 1));
    let concerned = |party: &&Party| act.by.includes(party);
    agreement.parties.iter().filter(concerned).any(|party| before.view(party, act.date) != after.view(party, act.date))
}

fn why_nothing(kind: ActKind) -> &'static str {
    match kind {
        ActKind::EnteredIntoForce => "the text is in force already, or was terminated",
        ActKind::Resumed => "nothing is suspended",
        ActKind::NoticeSuspended | ActKind::NoticeWithdrawn => "no notice of this party runs on that day",
        ActKind::NoticeOfTermination => "the text is not in force on that day, or a notice runs already",
        _ => "the text is not in force on that day",
    }
}

fn odd_clause<'a>(clause: &Clause, mut earlier: impl Iterator<Item = &'a Clause>) -> Vec<Odd> {
    let mut found = Vec::new();
    if earlier.any(|other| other == clause) {
        let help = "several clauses may share an article, but two that are the same say no more than one";
        found.push((format!("clause `{}` is there twice", clause.id), help.to_owned()));
    }
    match &clause.kind {
        Kind::ThirdParty { blocks, .. } if !blocks.contains(&Action::Release) => found.push((
            format!("clause `{}` blocks display to others and not release", clause.id),
            "who may not show it hardly may give it; add `\"release\"`, or a `note`".to_owned(),
        )),
        Kind::Equivalence { ceiling, rows } => {
            let above: Vec<&Row> = rows.iter().filter(|row| row.level > *ceiling).collect();
            found.extend(above.into_iter().map(|row| {
                let message = format!("the row for {} is above the ceiling {ceiling}", row.level);
                (message, "nothing of that level is covered; the row only names the terms".to_owned())
            }));
        }
        _ => {}
    }
    found
}
