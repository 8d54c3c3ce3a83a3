//! Worlds of one agreement with a long history, asked on a day where it may turn.
//!
//! Every day lies a few terms after the entry into force, less some days of notice, give or take one: so that notices,
//! cancellations and the ends of terms meet.

use jiff::{Span, ToSpan, civil::Date};
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop_oneof},
    sample::select,
    strategy::BoxedStrategy,
};
use serde_json::json;

use super::{World, agreement::spell_act, national::national_head};

const PARTIES: [&str; 2] = ["JPN", "USA"];
const KINDS: [&str; 9] = [
    "signed",
    "entered-into-force",
    "suspended",
    "resumed",
    "notice-of-termination",
    "notice-of-termination",
    "notice-suspended",
    "notice-withdrawn",
    "terminated",
];

/// All such worlds.
pub fn histories() -> BoxedStrategy<World> {
    let start = select(vec!["2020-02-29", "2020-03-10", "2021-01-31"]).prop_map(|day| day.parse::<Date>().unwrap());
    let term = select(vec![("1y", 12.months()), ("1m", 1.month()), ("30d", 30.days()), ("", 40.days())]);
    let renews = prop_oneof![4 => Just(""), 1 => Just("renews = \"never\"\n")];
    (start, term, renews, select(vec![0, 1, 30, 90]))
        .prop_flat_map(|(start, (name, term), renews, notice_days)| {
            let duration = match name {
                "" => format!("[duration]\nnotice_days = {notice_days}\n"),
                name => format!("[duration]\nterm = {name:?}\n{renews}notice_days = {notice_days}\n"),
            };
            let day = turning_day(start, term, notice_days);
            let act = (select(vec!["*", "JPN", "USA", "USA"]), select(&KINDS[..]), day.clone(), any::<bool>());
            (Just(start), Just(duration), vec(act, 0..6), day)
        })
        .prop_map(|(start, duration, acts, today)| {
            let acts = acts.into_iter().map(|(by, kind, day, is_disputed)| {
                let other = PARTIES.into_iter().find(|party| is_disputed && by != "*" && *party != by);
                spell_act(by, day, kind, other.as_slice())
            });
            let acts: String = std::iter::once(spell_act("*", start, "entered-into-force", &[])).chain(acts).collect();
            let agreement = format!(
                "schema = \"entente.agreement/1\"\nid = \"pact\"\ntitle = \"pact\"\nforce = \"binding\"\n\
                 parties = [\"JPN\", \"USA\"]\n{acts}{duration}\
                 [[clause]]\nid = \"1\"\nkind = \"equivalence\"\nceiling = \"SECRET\"\nrows = [{{ level = \"SECRET\" }}]\n",
            );
            let national = national_head("JPN")
                + "[[delegation]]\nsubjects = [\"*\"]\nto = [\"*\"]\nmax = \"SECRET\"\nactions = [\"release\"]\n";
            let record = json!({
                "id": "r-0", "label": "//JPN SECRET//REL TO USA, JPN", "originator": "JPN", "subjects": [], "custody": [],
                "distribution": [], "derived_from": [],
            });
            World {
                parties: PARTIES.to_vec(),
                agreements: vec![agreement],
                national: vec![national],
                request: json!({
                    "record": record, "from": "JPN", "to": "USA", "action": "release", "purpose": "warning",
                    "channel": "courier", "at": format!("{today}T00:00:00Z"), "under": null, "consents": [],
                    "approvals": [],
                }),
            }
        })
        .boxed()
}

fn turning_day(start: Date, term: Span, notice_days: i32) -> BoxedStrategy<Date> {
    (0..4_i64, any::<bool>(), -1..=1_i32)
        .prop_map(move |(terms, is_notice, shift)| {
            let end = start.checked_add(term.checked_mul(terms).unwrap()).unwrap();
            let days = shift - if is_notice { notice_days } else { 0 };
            end.checked_add(days.days()).unwrap()
        })
        .boxed()
}
