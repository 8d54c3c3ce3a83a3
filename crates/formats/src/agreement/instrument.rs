//! One agreement file: the instrument, its acts, its duration and what survives it.
//!
//! It reads one file alone; what several files say of each other is [`super::set`]. The key type is [`Reading`].

use std::{collections::BTreeSet, ops::Range};

use entente_core::{
    AgreementId, ClauseId, Party,
    agreement::{Act, ActKind, Actor, Agreement, Duration, Force, InstrumentHash, Renewal, Survival},
};

use super::{
    clause::{self, Context},
    hash,
    reader::{self, Table, Value, hint},
    words::{agreement_id, clause_id, is_clause_id, member, party, period, prose},
};
use crate::Problem;

/// The schema of an agreement file.
pub(super) const SCHEMA: &str = "entente.agreement/1";

const MAXIMUM_CLAUSES: usize = 1000;
const MAXIMUM_ACTS: usize = 10_000;
const MAXIMUM_PARTIES: usize = 64;

/// The keys of the file, of its tables and of an act, each in the order in which a file has them.
pub(super) const KEYS: [&str; 10] =
    ["schema", "id", "title", "force", "parties", "relies_on", "act", "duration", "survival", "clause"];
pub(super) const ACT_KEYS: [&str; 6] = ["by", "date", "kind", "article", "admits", "disputed_by"];
pub(super) const DURATION_KEYS: [&str; 4] = ["article", "term", "renews", "notice_days"];
pub(super) const SURVIVAL_KEYS: [&str; 2] = ["article", "clauses"];

/// An agreement, and the places that checks across files point at.
pub(super) struct Reading {
    /// The agreement.
    pub(super) agreement: Agreement,
    /// Where its id stands.
    pub(super) id_at: Range<usize>,
    /// Where each entry of `relies_on` stands, in order.
    pub(super) relies_on_at: Vec<Range<usize>>,
}

/// Reads one file.
pub(super) fn read(text: &str) -> Result<Reading, Vec<Problem>> {
    let mut reading = reader::read(text, SCHEMA, root)?;
    reading.agreement.hash = hash(&reading.agreement);
    Ok(reading)
}

fn root(table: &Table<'_>) -> Option<Reading> {
    table.only(&KEYS);
    let id = table.required("id", "\"jp-kr-gsomia-2016\"", |value| Some((agreement_id(value)?, value.at())));
    let title = table.required("title", "\"…\"", prose);
    let force = table.required("force", "\"binding\"", |value| {
        value.one_of("force", &[Force::Binding, Force::Arrangement, Force::Political], Force::as_str)
    });
    let parties = table.required("parties", "[\"JPN\", \"KOR\"]", parties);
    let known_parties = parties.as_deref().unwrap_or_default();
    let relies_on = relies_on(table, force, id.as_ref().map(|(id, _)| id));

    let act_tables = table.tables("act", "an act", MAXIMUM_ACTS);
    let actors = actors(known_parties, act_tables.as_deref().unwrap_or_default());
    let acts = each(act_tables, |act| read_act(&act, known_parties, &actors));
    let context = Context { force, parties: known_parties };
    let clause_tables = table.tables("clause", "a clause", MAXIMUM_CLAUSES);
    // The ids of all clauses, also of those that have a problem elsewhere.
    let clause_ids = clause_tables.iter().flatten().filter_map(|clause| clause.get("id")?.as_text());
    let clause_ids: Vec<&str> = clause_ids.filter(|id| is_clause_id(id)).collect();
    let survival = table.optional("survival", |value| read_survival(&value.table("`[survival]`")?, &clause_ids));
    let clauses = each(clause_tables, |table| clause::read(table, &context));
    let duration = table.optional("duration", |value| read_duration(&value.table("`[duration]`")?));

    let (id, id_at) = id?;
    let (relies_on, relies_on_at) = relies_on?.into_iter().unzip();
    let agreement = Agreement {
        id,
        title: title?,
        force: force?,
        parties: parties?,
        relies_on,
        clauses: clauses?,
        duration: duration?,
        survival: survival?,
        hash: InstrumentHash([0; 32]),
        acts: acts?,
    };
    Some(Reading { agreement, id_at, relies_on_at })
}

/// Reads every table before giving up on one.
fn each<'t, T>(tables: Option<Vec<Table<'t>>>, read: impl Fn(Table<'t>) -> Option<T>) -> Option<Vec<T>> {
    tables?.into_iter().map(read).collect::<Vec<_>>().into_iter().collect()
}

fn parties(value: Value<'_>) -> Option<Vec<Party>> {
    let parties = value.filled_list(party)?;
    match parties.len() {
        0 | 1 => value.reject("an agreement has at least two parties", "name the others too"),
        2..=MAXIMUM_PARTIES => Some(parties),
        more => value.reject(format!("more than {MAXIMUM_PARTIES} parties"), format!("there are {more}")),
    }
}

fn relies_on(
    table: &Table<'_>,
    force: Option<Force>,
    own: Option<&AgreementId>,
) -> Option<Vec<(AgreementId, Range<usize>)>> {
    let read = |item: Value<'_>| {
        let id = agreement_id(item)?;
        if own == Some(&id) {
            return item.reject(format!("`{id}` relies on itself"), "name the agreements that it rests on");
        }
        Some((id, item.at()))
    };
    let relied = table.optional("relies_on", |value| {
        let relied = value.list(read)?;
        match force {
            Some(Force::Binding | Force::Political) if !relied.is_empty() => value.reject(
                "only an arrangement relies on other agreements",
                "leave `relies_on` out, or say `force = \"arrangement\"`",
            ),
            _ => Some(relied),
        }
    })?;
    let relied = relied.unwrap_or_default();
    if force == Some(Force::Arrangement) && relied.is_empty() {
        let place = table.get("relies_on").or_else(|| table.get("force"))?;
        return place.reject(
            "an arrangement relies on at least one agreement",
            "add `relies_on = [\"…\"]` with the ids of the agreements that must be in force too",
        );
    }
    Some(relied)
}

/// Who may stand in an act: the parties of the text, and everybody whom an act of the file speaks of admitting. From
/// which day the act of such a one counts, if ever, is the judgement's to say.
fn actors(parties: &[Party], acts: &[Table<'_>]) -> Vec<Party> {
    let admitted = acts.iter().filter_map(|act| act.get("admits")?.as_text()).map(Party::from);
    // While the parties are not known, neither is who may act: `member` then accepts everybody.
    let admitted = admitted.filter(|_| !parties.is_empty());
    parties.iter().cloned().chain(admitted.collect::<BTreeSet<_>>()).collect()
}

fn read_act(table: &Table<'_>, parties: &[Party], actors: &[Party]) -> Option<Act> {
    table.only(&ACT_KEYS);
    let by = table.required("by", "\"*\"", |value| match value.as_text() {
        Some("*") => Some(Actor::All),
        _ => member(value, actors).map(Actor::Party),
    });
    let date = table.required("date", "2016-11-23", Value::date);
    let kind =
        table.required("kind", "\"entered-into-force\"", |value| value.one_of("act", &ActKind::ALL, ActKind::as_str));
    let article = table.optional("article", clause_id);
    let admits = read_admits(table, kind, parties);
    let disputed_by = table.optional("disputed_by", |value| {
        value.list(|item| {
            let party = member(item, actors)?;
            if by.as_ref().is_some_and(|actor| actor.includes(&party)) {
                let help = "name the parties that did not do it, or leave `disputed_by` out";
                return item.reject(format!("`{party}` disputes its own act"), help);
            }
            Some(party)
        })
    });
    let disputed_by = disputed_by?.unwrap_or_default();
    Some(Act { by: by?, date: date?, kind: kind?, article: article?, admits: admits?, disputed_by })
}

/// Whom an act admits: named by an admission, and by nothing else.
fn read_admits(table: &Table<'_>, kind: Option<ActKind>, parties: &[Party]) -> Option<Option<Party>> {
    let newcomer = |value: Value<'_>| {
        let admitted = party(value)?;
        if parties.contains(&admitted) {
            let help = "an admission names one that the text does not";
            return value.reject(format!("`{admitted}` is a party of this agreement already"), help);
        }
        Some(admitted)
    };
    match kind {
        Some(ActKind::Admitted) => table.required("admits", "\"AUS\"", newcomer).map(Some),
        _ => table.optional("admits", |value| match kind {
            Some(kind) => value.reject(
                format!("`{}` admits nobody", kind.as_str()),
                "leave `admits` out, or say `kind = \"admitted\"`",
            ),
            None => newcomer(value),
        }),
    }
}

fn read_duration(table: &Table<'_>) -> Option<Duration> {
    table.only(&DURATION_KEYS);
    let article = table.optional("article", clause_id);
    let term = table.optional("term", period);
    let renews = table.optional("renews", |value| {
        let renews = value.one_of("renewal", &[Renewal::Automatic, Renewal::Never], spell_renewal)?;
        if renews == Renewal::Never && table.get("term").is_none() {
            return value.reject("`renews = \"never\"` needs a `term`", "add `term = \"1y\"`, or leave `renews` out");
        }
        Some(renews)
    });
    let notice_days = table.optional("notice_days", Value::count);
    Some(Duration {
        article: article?,
        term: term?,
        renews: renews?.unwrap_or_default(),
        notice_days: notice_days?.unwrap_or_default(),
    })
}

/// A renewal as the file spells it.
pub(super) fn spell_renewal(renewal: Renewal) -> &'static str {
    match renewal {
        Renewal::Automatic => "automatic",
        Renewal::Never => "never",
    }
}

fn read_survival(table: &Table<'_>, clause_ids: &[&str]) -> Option<Survival> {
    table.only(&SURVIVAL_KEYS);
    let article = table.optional("article", clause_id);
    let clauses = table.required("clauses", "[\"6.a\"]", |value| {
        value.filled_list(|item| {
            let id: ClauseId = clause_id(item)?;
            if clause_ids.contains(&id.as_str()) {
                return Some(id);
            }
            item.reject(format!("there is no clause `{id}`"), hint(id.as_str(), clause_ids))
        })
    });
    Some(Survival { article: article?, clauses: clauses? })
}
