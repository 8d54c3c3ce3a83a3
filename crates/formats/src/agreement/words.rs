//! The words of the file formats: codes, ids, levels and periods, each with its syntax and its help text.
//!
//! The ids of `entente-core` carry no syntax of their own; what is well formed in a file is decided here, for the code of
//! a party by [`crate::party`].

use entente_core::{
    AgreementId, ClauseId, Level, Party,
    agreement::{Action, clause::Set},
    time::Period,
};

use super::reader::{Value, hint, quoted};
use crate::party::is_party_code;

/// The longest id.
const LONGEST: usize = 64;

/// Whether `text` is lower-case kebab: words of `a-z` and `0-9` joined by single hyphens.
fn is_kebab(text: &str) -> bool {
    text.len() <= LONGEST
        && text
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

/// The code of a party.
pub(crate) fn party(value: Value<'_>) -> Option<Party> {
    let text = value.text()?;
    if is_party_code(&text) {
        return Some(Party::new(text));
    }
    let help = "2 to 32 of `A-Z`, `0-9` and `-`, a letter first, such as `JPN`";
    value.reject(format!("{} is not the code of a party", quoted(&text)), help)
}

/// The code of one of `parties`; of any party when they are not known.
pub(super) fn member(value: Value<'_>, parties: &[Party]) -> Option<Party> {
    let code = party(value)?;
    if parties.is_empty() || parties.contains(&code) {
        return Some(code);
    }
    let known: Vec<&str> = parties.iter().map(Party::as_str).collect();
    value.reject(format!("`{code}` is not a party of this agreement"), hint(code.as_str(), &known))
}

/// The id of an agreement.
pub(crate) fn agreement_id(value: Value<'_>) -> Option<AgreementId> {
    let text = value.text()?;
    if is_kebab(&text) {
        return Some(AgreementId::new(text));
    }
    let help = "at most 64 of `a-z` and `0-9`, joined by single `-`, such as `jp-kr-gsomia-2016`";
    value.reject(format!("{} is not the id of an agreement", quoted(&text)), help)
}

/// Whether `text` is well formed as the id of a clause.
pub fn is_clause_id(text: &str) -> bool {
    (1..=LONGEST).contains(&text.chars().count()) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// The id of a clause: an article.
pub(super) fn clause_id(value: Value<'_>) -> Option<ClauseId> {
    let text = value.text()?;
    if is_clause_id(&text) {
        return Some(ClauseId::new(text));
    }
    let help = "at most 64 characters without spaces, as a lawyer would cite it, such as `6.a`";
    value.reject(format!("{} is not the id of a clause", quoted(&text)), help)
}

/// A free word: a subject, a purpose, a channel.
pub(crate) fn word<T: From<String>>(value: Value<'_>) -> Option<T> {
    let text = value.text()?;
    if text.chars().count() <= LONGEST && !text.contains(|c: char| c.is_whitespace() || c == '*') {
        return Some(text.into_owned().into());
    }
    let help = "at most 64 characters without spaces or `*`, such as `missile-warning`";
    value.reject(format!("{} is not one word", quoted(&text)), help)
}

/// A free word for something that happens: lower-case kebab.
pub(crate) fn event(value: Value<'_>) -> Option<String> {
    let text = value.text()?;
    if is_kebab(&text) {
        return Some(text.into_owned());
    }
    let help = "at most 64 of `a-z` and `0-9`, joined by single `-`, such as `missile-launch`";
    value.reject(format!("{} does not name an event", quoted(&text)), help)
}

/// Free text.
pub(crate) fn prose(value: Value<'_>) -> Option<String> {
    value.text().map(std::borrow::Cow::into_owned)
}

/// A level.
pub(crate) fn level(value: Value<'_>) -> Option<Level> {
    value.one_of("level", &Level::ALL, Level::as_str)
}

/// A list of actions, at least one.
pub(crate) fn actions(value: Value<'_>) -> Option<Vec<Action>> {
    value.filled_list(|item| item.one_of("action", &[Action::Release, Action::Display], Action::as_str))
}

/// A list that may also be `["*"]`, which stands alone.
pub(crate) fn set<'t, T>(value: Value<'t>, read: impl Fn(Value<'t>) -> Option<T>) -> Option<Set<T>> {
    if value.as_text() == Some("*") {
        return value.wrong_type("a list", "write `[\"*\"]`");
    }
    // `None` stands for the star.
    let items =
        value.filled_list(|item| if item.as_text() == Some("*") { Some(None) } else { read(item).map(Some) })?;
    if let [None] = items.as_slice() {
        return Some(Set::Any);
    }
    let named: Option<Vec<T>> = items.into_iter().collect();
    named.map(Set::Of).or_else(|| {
        value.reject(format!("`*` stands beside others in `{}`", value.name()), "write `[\"*\"]` alone, or only names")
    })
}

/// A period of whole days or longer.
pub(super) fn period(value: Value<'_>) -> Option<Period> {
    match any_period(value)? {
        Period::Hours(_) => value.reject(format!("`{}` is not counted in hours", value.name()), UNITS_OF_DAYS),
        period => Some(period),
    }
}

/// A period within which something is due; the only one that may count hours.
pub(super) fn deadline(value: Value<'_>) -> Option<Period> {
    any_period(value)
}

const UNITS_OF_DAYS: &str = "a count and a unit: `1y` years, `6m` months, `2w` weeks, `90d` days";
const UNITS: &str = "a count and a unit: `1y` years, `6m` months, `2w` weeks, `90d` days, `24h` hours (hours only in \
                     `within`)";

fn any_period(value: Value<'_>) -> Option<Period> {
    let text = value.text()?;
    let malformed = || value.reject(format!("{} is not a period", quoted(&text)), UNITS);
    let Some(unit) = text.chars().last() else { return malformed() };
    let digits = text.strip_suffix(unit).unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || !"ymwdh".contains(unit) {
        return malformed();
    }
    if digits.starts_with('0') {
        let (message, help) = if digits.bytes().all(|b| b == b'0') {
            (format!("`{}` is a period of nothing", value.name()), "leave the key out, or count at least one")
        } else {
            (format!("{} has a leading zero", quoted(&text)), "write the count without it")
        };
        return value.reject(message, help);
    }
    let short = || digits.parse::<u16>().ok();
    let long = || digits.parse::<u32>().ok();
    let period = match unit {
        'y' => short().map(Period::Years),
        'm' => short().map(Period::Months),
        'w' => long().and_then(|weeks| weeks.checked_mul(7)).map(Period::Days),
        'd' => long().map(Period::Days),
        _ => long().map(Period::Hours),
    };
    period.or_else(|| value.reject(format!("{} is too long a period", quoted(&text)), "no text lasts that long"))
}

/// A period as a file spells it. Weeks are days by then.
pub(super) fn spell_period(period: Period) -> String {
    match period {
        Period::Years(count) => format!("{count}y"),
        Period::Months(count) => format!("{count}m"),
        Period::Days(count) => format!("{count}d"),
        Period::Hours(count) => format!("{count}h"),
    }
}
