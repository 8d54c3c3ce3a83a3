//! Contact lists, `entente.contacts/1`: people, rotas and the steps of a chain.
//!
//! The same care as for agreement files: every problem with its place. What a list means at a moment is in
//! `entente_core::watch`; the time zones are those of the tz database that the program carries. The key function is
//! [`parse`].

use std::collections::BTreeSet;

use entente_core::{
    consult::Precedence,
    time::{Date, DateTime, Time, TimeZone, TimeZoneDatabase, Timestamp, Weekday},
    watch::{Contacts, Duty, Person, Rota, Shift, Step, Swap, Way, Webhook, Whom},
};

use crate::{
    Problem,
    agreement::{
        reader::{self, Table, Value, hint, quoted},
        words::{event, party, prose},
    },
};

/// The schema of a contact list.
pub const SCHEMA: &str = "entente.contacts/1";

const MAXIMUM_PERSONS: usize = 256;
const MAXIMUM_WEBHOOKS: usize = 32;
const MAXIMUM_ROTAS: usize = 32;
const MAXIMUM_SHIFTS: usize = 64;
const MAXIMUM_SWAPS: usize = 366;
const MAXIMUM_STEPS: usize = 16;
/// A step begins within a week, and tells at most so often.
const MAXIMUM_MINUTES: u32 = 7 * 24 * 60;
const MAXIMUM_TIMES: u32 = 48;
/// The longest address of a person (RFC 5321, 4.5.3.1.3) and of a program.
const MAXIMUM_ADDRESS: usize = 254;
const MAXIMUM_URL: usize = 1024;

const DAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// Reads a contact list.
///
/// # Errors
/// All problems of the text (at most a hundred), in the order of their places.
pub fn parse(text: &str) -> Result<Contacts, Vec<Problem>> {
    reader::read(text, SCHEMA, |table| {
        table.only(&["schema", "party", "zone", "person", "webhook", "rota", "step"]);
        let party = table.required("party", r#""KOR""#, party);
        let zone = table.optional("zone", zone);
        let webhooks = table.tables("webhook", "a webhook", MAXIMUM_WEBHOOKS)?;
        let webhooks = all(&webhooks, webhook)?;
        let person_tables = table.tables("person", "a person", MAXIMUM_PERSONS)?;
        if person_tables.is_empty() {
            return table.reject("the list has nobody", "write `[[person]]`, and below it who can be told how");
        }
        let persons = all(&person_tables, |table| person(table, &webhooks));
        let ids = persons.iter().flatten().map(|person| person.id.as_str());
        let are_persons_apart = doubled(person_tables.iter(), ids);
        // What stands below is read also when a person is wrong, but for whether those that it names are there.
        let names: Option<Vec<&str>> =
            persons.as_ref().map(|persons| persons.iter().map(|person| person.id.as_str()).collect());
        let zone = zone?;
        let rota_tables = table.tables("rota", "a rota", MAXIMUM_ROTAS)?;
        let rotas = all(&rota_tables, |table| rota(table, names.as_deref(), zone.as_ref()));
        let step_tables = table.tables("step", "a step", MAXIMUM_STEPS)?;
        if step_tables.is_empty() {
            return table.reject("the list tells nobody", "write `[[step]]`, and below it whom it tells, when and how");
        }
        let rota_names: Option<Vec<&str>> =
            rotas.as_ref().map(|rotas| rotas.iter().map(|rota| rota.id.as_str()).collect());
        let known = names.as_deref().zip(rota_names.as_deref());
        let steps = all(&step_tables, |table| step(table, known));
        are_persons_apart?;
        if let Some((persons, rotas)) = known {
            doubled(person_tables.iter().chain(&rota_tables), persons.iter().chain(rotas).copied())?;
        }
        Some(Contacts { party: party?, persons: persons?, webhooks, rotas: rotas?, steps: steps? })
    })
}

fn all<'t, T>(tables: &[Table<'t>], read: impl Fn(&Table<'t>) -> Option<T>) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = tables.iter().map(read).collect();
    read.into_iter().collect()
}

fn zone(value: Value<'_>) -> Option<(String, TimeZone)> {
    let name = value.text()?;
    let database = TimeZoneDatabase::bundled();
    match database.get(&name) {
        Ok(zone) => Some((zone.iana_name().unwrap_or(&name).to_owned(), zone)),
        Err(_) => value.reject(
            format!("{} is no time zone", quoted(&name)),
            "write its name in the tz database, such as `Asia/Seoul` or `UTC`",
        ),
    }
}

fn webhook(table: &Table<'_>) -> Option<Webhook> {
    table.only(&["id", "url", "secret", "certificate_authority"]);
    let id = table.required("id", r#""pager""#, event);
    let url = table.required("url", r#""https://pager.example/entente""#, url);
    let secret = table.required("secret", r#""pager.secret""#, prose);
    let authority = table.optional("certificate_authority", prose);
    let webhook = Webhook { id: id?, url: url?, secret: secret?, authority: authority? };
    if webhook.url.starts_with("https:") && webhook.authority.is_none() {
        return table.reject(
            format!("the webhook `{}` names no `certificate_authority`", webhook.id),
            "name the file with the certificates that its own may be signed by; the system's are often \
             `/etc/ssl/certs/ca-certificates.crt`",
        );
    }
    Some(webhook)
}

/// `https://…`, or `http://` on this machine; without a password in it.
fn url(value: Value<'_>) -> Option<String> {
    let text = value.text()?;
    let rest = text.strip_prefix("https://").or_else(|| {
        let rest = text.strip_prefix("http://")?;
        let host = rest.split(['/', ':', '?']).next().unwrap_or_default();
        (["localhost", "127.0.0.1"].contains(&host) || rest.starts_with("[::1]")).then_some(rest)
    });
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !br#"<>"\^`{|}"#.contains(&byte));
    match host {
        Some(host) if !host.is_empty() && !host.contains('@') && is_plain && text.len() <= MAXIMUM_URL => {
            Some(text.into_owned())
        }
        _ => value.reject(
            format!("{} is not where a message may go", quoted(&text)),
            "write `https://HOST/PATH`; `http://` is for this machine alone, and secrets go into `secret`",
        ),
    }
}

fn email(value: Value<'_>) -> Option<String> {
    let text = value.text()?;
    let is_word = |part: &str| {
        !part.is_empty() && part.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"".contains(c))
    };
    match text.split_once('@') {
        Some((user, host))
            if is_word(user) && is_word(host) && !host.contains('@') && text.len() <= MAXIMUM_ADDRESS =>
        {
            Some(text.into_owned())
        }
        _ => value.reject(format!("{} is no address", quoted(&text)), "write it bare: `kim@kor.example`"),
    }
}

fn person(table: &Table<'_>, webhooks: &[Webhook]) -> Option<Person> {
    table.only(&["id", "name", "account", "email", "webhook"]);
    let id = table.required("id", r#""kim""#, event);
    let name = table.required("name", r#""Kim Min-jun""#, prose);
    let account = table.optional("account", prose);
    let email = table.optional("email", email);
    let webhook = table.optional("webhook", |value| {
        let text = value.text()?;
        webhooks.iter().position(|webhook| webhook.id == text).or_else(|| {
            let known: Vec<&str> = webhooks.iter().map(|webhook| webhook.id.as_str()).collect();
            value.reject(format!("there is no webhook {}", quoted(&text)), hint(&text, &known))
        })
    });
    let person = Person { id: id?, name: name?, account: account?, email: email?, webhook: webhook? };
    if !Way::ALL.into_iter().any(|way| person.has(way)) {
        return table.reject(
            format!("`{}` cannot be told anything", person.id),
            "write at least one of `account`, `email` and `webhook`",
        );
    }
    Some(person)
}

fn rota(table: &Table<'_>, persons: Option<&[&str]>, list: Option<&(String, TimeZone)>) -> Option<Rota> {
    table.only(&["id", "zone", "shift", "instead"]);
    let id = table.required("id", r#""watch""#, event);
    let zone = match (table.get("zone"), list) {
        (None, Some(list)) => Some(list.clone()),
        _ => table.required("zone", r#""Asia/Seoul""#, zone),
    };
    let shifts = table.tables("shift", "a shift", MAXIMUM_SHIFTS)?;
    if shifts.is_empty() {
        return table.reject("the rota has no shift", "write `[[rota.shift]]`, and below it who is on watch when");
    }
    let shifts = all(&shifts, |table| shift(table, persons));
    let swaps = table.tables("instead", "an exchange", MAXIMUM_SWAPS)?;
    let (zone_name, zone) = zone?;
    let swaps = all(&swaps, |table| swap(table, persons, &zone));
    Some(Rota { id: id?, zone_name, zone, shifts: shifts?, swaps: swaps? })
}

fn shift(table: &Table<'_>, known: Option<&[&str]>) -> Option<Shift> {
    table.only(&["days", "from", "until", "persons", "in_turn", "since", "turn_days"]);
    let days = table.optional("days", |value| value.filled_list(|day| day.one_of("day", &DAYS, short)));
    let from = table.required("from", r#""08:00""#, time);
    let until = table.required("until", r#""20:00""#, time);
    let people = |value: Value<'_>| value.filled_list(|item| one(item, known));
    let together = table.optional("persons", people);
    let in_turn = table.optional("in_turn", people);
    let since = table.optional("since", Value::date);
    let days_of_turn = table.optional("turn_days", |value| match value.count()? {
        0 => value.reject("a turn of no days", "write how many days each has it, such as `7`"),
        days => Some(days),
    });
    let duty = match (together?, in_turn?, since?, days_of_turn?) {
        (Some(persons), None, None, None) => Duty::Together(persons),
        (None, Some(persons), Some(since), Some(days)) => Duty::InTurn { persons, since, days },
        (None, Some(_), ..) => {
            return table.reject(
                "people who take turns need `since` and `turn_days`",
                "write the day on which the first begins, and how many days each has it: `since = 2026-11-02`, \
                 `turn_days = 7`",
            );
        }
        (Some(_), None, ..) => {
            return table.reject(
                "`since` and `turn_days` stand without `in_turn`",
                "write `in_turn` in place of `persons` where one follows the other",
            );
        }
        _ => {
            return table.reject(
                "a shift has either `persons` or `in_turn`",
                "`persons` are on watch together, of `in_turn` one after the other",
            );
        }
    };
    Some(Shift { days: days?.unwrap_or_else(|| DAYS.to_vec()), from: from?, until: until?, duty })
}

fn short(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Mon",
        Weekday::Tuesday => "Tue",
        Weekday::Wednesday => "Wed",
        Weekday::Thursday => "Thu",
        Weekday::Friday => "Fri",
        Weekday::Saturday => "Sat",
        Weekday::Sunday => "Sun",
    }
}

/// `08:00`, and nothing shorter or longer.
fn time(value: Value<'_>) -> Option<Time> {
    let text = value.text()?;
    clock(&text).or_else(|| {
        value.reject(format!("{} is no time of day", quoted(&text)), "write hours and minutes: `08:00`, `20:30`")
    })
}

fn clock(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let two = |digits: &str| {
        let is_two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_two { digits.parse::<i8>().ok() } else { None }
    };
    Time::new(two(hour)?, two(minute)?, 0, 0).ok()
}

/// A person, by place; any place when they are not known.
fn one(value: Value<'_>, known: Option<&[&str]>) -> Option<usize> {
    let text = value.text()?;
    let Some(known) = known else { return Some(0) };
    let place = known.iter().position(|id| *id == text);
    place.or_else(|| value.reject(format!("there is no person {}", quoted(&text)), hint(&text, known)))
}

fn swap(table: &Table<'_>, known: Option<&[&str]>, zone: &TimeZone) -> Option<Swap> {
    table.only(&["from", "until", "persons"]);
    let from = table.required("from", r#""2026-12-24T08:00""#, |value| moment(value, zone));
    let until = table.required("until", r#""2026-12-24T20:00""#, |value| moment(value, zone));
    let persons = table.required("persons", r#"["lee"]"#, |value| value.filled_list(|item| one(item, known)));
    let swap = Swap { from: from?, until: until?, persons: persons? };
    if swap.from >= swap.until {
        return table.reject("the exchange ends before it begins", "write the earlier moment as `from`");
    }
    Some(swap)
}

/// `2026-12-24T08:00`, in the rota's time zone.
fn moment(value: Value<'_>, zone: &TimeZone) -> Option<Timestamp> {
    let text = value.text()?;
    let read = text.split_once('T').and_then(|(day, time)| {
        let is_day = day.len() == 10 && day.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let day: Date = if is_day { day.parse().ok()? } else { return None };
        zone.to_timestamp(DateTime::from_parts(day, clock(time)?)).ok()
    });
    read.or_else(|| {
        value.reject(
            format!("{} is no moment", quoted(&text)),
            "write day, `T`, hours and minutes in the rota's time zone: `2026-12-24T08:00`",
        )
    })
}

fn step(table: &Table<'_>, known: Option<(&[&str], &[&str])>) -> Option<Step> {
    table.only(&["after", "tell", "by", "every", "times", "at_least"]);
    let minutes = |value: Value<'_>| match value.count()? {
        minutes if minutes <= MAXIMUM_MINUTES => Some(minutes),
        _ => value.reject("more minutes than a week has", "a chain that begins so late is none"),
    };
    let after = table.required("after", "0", minutes);
    let whom = table.required("tell", r#"["watch"]"#, |value| value.filled_list(|item| whom(item, known)));
    let by = table.required("by", r#"["console", "email"]"#, |value| {
        value.filled_list(|item| item.one_of("way", &Way::ALL, Way::as_str))
    });
    let every = table.optional("every", |value| match minutes(value)? {
        0 => value.reject("again after no time", "write after how many minutes they are told again"),
        minutes => Some(minutes),
    });
    let times = table.optional("times", |value| match value.count()? {
        times if (2..=MAXIMUM_TIMES).contains(&times) => Some(times),
        _ => value.reject(format!("`times` runs from 2 to {MAXIMUM_TIMES}"), "leave it out to tell them once"),
    });
    let at_least = table.optional("at_least", |value| value.one_of("precedence", &Precedence::ALL, Precedence::as_str));
    let (every, times) = match (every?, times?) {
        (Some(every), Some(times)) => (every, times),
        (None, None) => (0, 1),
        _ => return table.reject("`every` and `times` belong together", "`every = 5` with `times = 3`, or neither"),
    };
    let at_least = at_least?.unwrap_or(Precedence::Routine);
    Some(Step { after: after?, whom: whom?, by: by?, every, times, at_least })
}

fn whom(value: Value<'_>, known: Option<(&[&str], &[&str])>) -> Option<Whom> {
    let text = value.text()?;
    let Some((persons, rotas)) = known else { return Some(Whom::Person(0)) };
    let place = |names: &[&str]| names.iter().position(|name| *name == text);
    place(rotas).map(Whom::Rota).or_else(|| place(persons).map(Whom::Person)).or_else(|| {
        let all: Vec<&str> = rotas.iter().chain(persons).copied().collect();
        value.reject(format!("there is no rota and no person {}", quoted(&text)), hint(&text, &all))
    })
}

/// Refuses a second person or rota of one name.
fn doubled<'a, 't: 'a>(tables: impl Iterator<Item = &'a Table<'t>>, ids: impl Iterator<Item = &'a str>) -> Option<()> {
    let mut seen = BTreeSet::new();
    tables.zip(ids).try_for_each(|(table, id)| {
        if seen.insert(id) {
            return Some(());
        }
        table.reject(format!("a second `{id}`"), "give each person and each rota a name of its own: steps name them")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../../../examples/northeast-asia/contacts/KOR.toml");

    #[test]
    fn a_list_is_read() {
        let contacts = parse(FILE).unwrap();
        assert_eq!(contacts.party.as_str(), "KOR");
        let [watch, duty] = contacts.rotas.as_slice() else { panic!() };
        assert_eq!((watch.zone_name.as_str(), watch.shifts.len(), watch.swaps.len()), ("Asia/Seoul", 2, 1));
        assert_eq!(duty.shifts[0].days.len(), 7);
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let on = |rota: &Rota, text: &str| {
            rota.on(at(text)).iter().map(|place| contacts.persons[*place].id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(on(watch, "2026-11-20T08:00:00+09:00"), ["kim"]);
        assert_eq!(on(watch, "2026-12-24T21:00:00+09:00"), ["kim"], "an exchange");
        assert_eq!(on(watch, "2026-12-25T21:00:00+09:00"), ["lee"]);
        assert_eq!(on(duty, "2026-11-09T09:00:00+09:00"), ["choi"]);
        assert_eq!(contacts.steps[0].whom, [Whom::Rota(0)]);
    }

    #[test]
    fn problems_have_a_place() {
        for (old, new, says) in [
            ("zone = \"Asia/Seoul\"", "zone = \"Asia/Soul\"", "is no time zone"),
            ("zone = \"Asia/Seoul\"\n", "", "a rota needs `zone`"),
            ("persons = [\"kim\"]", "persons = [\"kin\"]", "there is no person `kin`"),
            ("tell = [\"watch\"]", "tell = [\"wacth\"]", "there is no rota and no person `wacth`"),
            ("\"08:00\"", "\"8:00\"", "is no time of day"),
            ("\"08:00\"", "\"24:00\"", "is no time of day"),
            ("webhook = \"pager\"", "webhook = \"pagger\"", "there is no webhook `pagger`"),
            ("kim@kor.example", "kim", "is no address"),
            ("kim@kor.example", "kim@kor.example, lee@kor.example", "is no address"),
            ("https://pager", "http://pager", "is not where a message may go"),
            ("https://pager", "https://u:p@pager", "is not where a message may go"),
            ("certificate_authority", "certificate_autority", "unknown key `certificate_autority`"),
            ("turn_days = 7", "turn_days = 0", "a turn of no days"),
            ("turn_days = 7", "", "need `since` and `turn_days`"),
            ("every = 5", "", "`every` and `times` belong together"),
            ("2026-12-24T20:00", "2026-12-24 20:00", "is no moment"),
            ("2026-12-24T20:00", "2027-12-24T20:00", "ends before it begins"),
            ("id = \"lee\"", "id = \"kim\"", "a second `kim`"),
            ("id = \"duty\"", "id = \"kim\"", "a second `kim`"),
            ("\"FLASH\"", "\"flash\"", "unknown precedence `flash`"),
        ] {
            assert!(FILE.contains(old), "{old}");
            let problems = parse(&FILE.replacen(old, new, 1)).unwrap_err();
            assert!(problems.iter().any(|problem| problem.message.contains(says)), "{new}: {problems:?}");
        }
        let plain = FILE.replace("certificate_authority = \"pager-ca.pem\"\n", "");
        assert!(parse(&plain).unwrap_err()[0].message.contains("names no `certificate_authority`"));
    }
}
