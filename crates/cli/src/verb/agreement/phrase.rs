//! What a clause, an act, a duration says, in one phrase each.

use std::fmt::{Display, Write};

use entente_core::{
    ClauseId,
    agreement::{
        Act, Actor, Clause, Duration, Kind, Renewal,
        clause::{AllowedPurpose, Audience, Exempts, Mark, Notifier, RetentionAction, RetentionEvent, Row, Set},
    },
    explain,
    time::Period,
};

/// ` (art. 21(3))`, or nothing.
pub(super) fn under(article: Option<&ClauseId>) -> String {
    article.map(|article| format!(" ({})", explain::article(article))).unwrap_or_default()
}

/// The article of a clause in a column of articles: `6(a)`; a name stays a name.
pub(super) fn article(clause: &ClauseId) -> String {
    explain::article(clause).trim_start_matches("art. ").to_owned()
}

/// `notice of termination`, `admitted CAN`.
pub(super) fn act(act: &Act) -> String {
    let mut words = act.kind.as_str().replace('-', " ");
    words.extend(act.admits.iter().map(|candidate| format!(" {candidate}")));
    words
}

/// Who did an act.
pub(super) fn actor(actor: &Actor) -> String {
    match actor {
        Actor::All => "all".to_owned(),
        Actor::Party(party) => party.to_string(),
    }
}

/// `1 year, renewed automatically; 90 days' notice`.
pub(super) fn duration(duration: &Duration) -> String {
    let term = match (duration.term, duration.renews) {
        (None, _) => "indefinite".to_owned(),
        (Some(term), Renewal::Automatic) => format!("{}, renewed automatically", term.words()),
        (Some(term), Renewal::Never) => format!("{}, not renewed", term.words()),
    };
    let notice = match duration.notice_days {
        0 => String::new(),
        1 => "; 1 day's notice".to_owned(),
        days => format!("; {days} days' notice"),
    };
    format!("{term}{notice}{}", under(duration.article.as_ref()))
}

/// What a clause does.
pub(super) fn clause(clause: &Clause) -> String {
    kind(&clause.kind)
}

/// What a clause of this kind does.
pub(super) fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Scope { subjects, pairs } => {
            let subjects = match subjects {
                Set::Any => "all subjects".to_owned(),
                Set::Of(subjects) => list(subjects),
            };
            match pairs {
                None => subjects,
                Some(pairs) => {
                    let pairs = list(pairs.iter().map(|(from, to)| format!("{from} to {to}")));
                    format!("{subjects}; only {pairs}")
                }
            }
        }
        Kind::Equivalence { ceiling, rows } => {
            let rows: Vec<String> = rows.iter().map(row).collect();
            format!("up to {ceiling}; {}", rows.join("; "))
        }
        Kind::ThirdParty { blocks, exempts, label_counts_as_approval } => {
            let actions: Vec<&str> = blocks.iter().map(|action| action.as_str()).collect();
            let beyond = match exempts {
                Exempts::Parties => "beyond the parties",
                Exempts::None => "to anyone but the provider",
            };
            let label = if *label_counts_as_approval { "; a REL TO counts as approval" } else { "" };
            format!("no {} {beyond} without the provider's approval{label}", actions.join(" or "))
        }
        Kind::Purpose { allowed: AllowedPurpose::AsProvided } => {
            "only for the purpose that it was provided for".to_owned()
        }
        Kind::Purpose { allowed: AllowedPurpose::Of(purposes) } => format!("only for {}", list(purposes)),
        Kind::Transmission { channels } => format!("only by {}", list(channels)),
        Kind::Marking { mark: Mark::Provider } => "the recipient adds the name of the provider".to_owned(),
        Kind::Marking { mark: Mark::Equivalent } => "the recipient adds the equivalent marking".to_owned(),
        Kind::Access { requires } => format!("only with {}", list(requires.iter().map(|need| need.as_str()))),
        Kind::Retention { on, action, within: period } => {
            let action = match action {
                RetentionAction::Return => "return",
                RetentionAction::Destroy => "destroy",
            };
            let on = match on {
                RetentionEvent::PurposeEnded => "when the purpose has ended",
                RetentionEvent::Recall => "on recall",
                RetentionEvent::Expiry => "on expiry",
            };
            format!("{action} {on}{}", within(*period))
        }
        Kind::Notify { event, by, when, within: period } => {
            let by = match by {
                Notifier::Provider => "the provider",
                Notifier::Recipient => "the recipient",
                Notifier::Any => "each party",
            };
            format!("{event}: {by} gives notice {when}{}", within(*period))
        }
        Kind::Contractor { allowed, conditions } => {
            let permission = if *allowed { "allowed" } else { "not allowed" };
            conditions.as_ref().map_or_else(|| permission.to_owned(), |text| format!("{permission}: {text}"))
        }
        Kind::Consult { triggers, when, within: period } => {
            format!("{}: consult {when}{}", list(triggers), within(*period))
        }
        Kind::Meet { body, every, level } => {
            let level = level.as_ref().map(|level| format!(", {level}")).unwrap_or_default();
            format!("{body}: every {}{level}", every.words().trim_start_matches("1 "))
        }
        Kind::Commit { owner, what, due } => {
            let due = due.map(|day| format!(", by {day}")).unwrap_or_default();
            format!("{owner}: {what}{due}")
        }
        Kind::Transparency { to, what, when } => {
            let to = match to {
                Audience::Public => "the public".to_owned(),
                Audience::Parties(parties) => list(parties),
            };
            format!("to {to}: {what}, {when}")
        }
        Kind::NoDutyToShare => "nobody is obliged to share".to_owned(),
    }
}

/// `SECRET is JPN 極秘 or 特定秘密, KOR 군사II급비밀`.
fn row(row: &Row) -> String {
    let mut text = format!("{} is ", row.level);
    for (position, (party, terms)) in row.terms.iter().enumerate() {
        let comma = if position > 0 { ", " } else { "" };
        let _ = write!(text, "{comma}{party} {}", terms.join(" or "));
    }
    text
}

fn within(period: Option<Period>) -> String {
    period.map(|period| format!(", within {}", period.words())).unwrap_or_default()
}

/// Items with commas between.
pub(super) fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
