//! Agreements and national rules drawn at random, every kind of clause among them.

use std::fmt::Debug;

use entente_core::{
    Level, Party,
    agreement::{
        Act, ActKind, Action, Actor, Agreement, Basis, Clause, Duration, Force, InstrumentHash, Kind, Renewal,
        Survival,
        clause::{
            Access, AllowedPurpose, Audience, Exempts, Mark, Notifier, RetentionAction, RetentionEvent, Row, Set,
        },
    },
    national::{Confirmation, Delegation, Emergency, National, Restriction},
    time::{Date, Period},
};
use entente_formats::agreement;
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};

fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z極秘군사\"\\\\#'=\\[\\]\u{7f}-\u{2fff} \n\t]{0,12}[a-z極]"
        .prop_filter("control characters are refused", |text| {
            !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
        })
}

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_.極-]{1,12}"
}

fn kebab() -> impl Strategy<Value = String> {
    "[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,2}"
}

fn distinct<T: From<String> + Debug>(one: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<T>> {
    prop::collection::btree_set(one, 1..4).prop_map(|all| all.into_iter().map(T::from).collect())
}

fn set<T: From<String> + Clone + Debug>(one: impl Strategy<Value = String>) -> impl Strategy<Value = Set<T>> {
    prop_oneof![1 => Just(Set::Any), 4 => distinct(one).prop_map(Set::Of)]
}

fn one_of<T: Copy + Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

fn some_of<T: Copy + Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = Vec<T>> {
    prop::sample::subsequence(all, 1..=all.len())
}

const ACTIONS: &[Action] = &[Action::Release, Action::Display];
const LEVELS: &[Level] = &Level::ALL;
const PARTIES: &[&str] = &["JPN", "KOR", "USA", "P-4"];

fn party() -> impl Strategy<Value = Party> {
    one_of(PARTIES).prop_map(Party::from)
}

fn date() -> impl Strategy<Value = Date> {
    (0..=9999_i16, 1..=12_i8, 1..=28_i8).prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

fn period() -> impl Strategy<Value = Period> {
    prop_oneof![
        (1..=u16::MAX).prop_map(Period::Years),
        (1..=u16::MAX).prop_map(Period::Months),
        (1..=u32::MAX).prop_map(Period::Days),
    ]
}

fn deadline() -> impl Strategy<Value = Option<Period>> {
    prop::option::of(prop_oneof![period(), (1..=u32::MAX).prop_map(Period::Hours)])
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    // The level in the term keeps terms of different rows apart.
    let terms = || prop::collection::vec(distinct::<String>(text()), PARTIES.len());
    let row = move |level: Level| {
        (terms(), prop::sample::subsequence(PARTIES, 0..=PARTIES.len())).prop_map(move |(terms, parties)| {
            let mut named: Vec<_> = parties
                .into_iter()
                .zip(terms)
                .map(|(party, terms)| (Party::from(party), terms.iter().map(|term| format!("{term}{level}")).collect()))
                .collect();
            named.sort();
            Row { level, terms: named }
        })
    };
    (LEVELS.iter().copied().map(row).collect::<Vec<_>>(), 1..=LEVELS.len()).prop_map(|(mut rows, count)| {
        rows.rotate_left(count - 1);
        rows.truncate(count);
        rows
    })
}

fn pairs() -> impl Strategy<Value = Vec<(Party, Party)>> {
    let all: Vec<(Party, Party)> = PARTIES
        .iter()
        .flat_map(|from| PARTIES.iter().filter(move |to| *to != from).map(|to| ((*from).into(), (*to).into())))
        .collect();
    let count = all.len();
    prop::sample::subsequence(all, 1..=count)
}

fn kind(force: Force) -> impl Strategy<Value = Kind> {
    use prop::option::of;
    let political = prop_oneof![
        (distinct(kebab()), text(), deadline()).prop_map(|(triggers, when, within)| Kind::Consult {
            triggers,
            when,
            within
        }),
        (text(), period(), of(text())).prop_map(|(body, every, level)| Kind::Meet { body, every, level }),
        (party(), text(), of(date())).prop_map(|(owner, what, due)| Kind::Commit { owner, what, due }),
        (
            prop_oneof![Just(Audience::Public), distinct("[A-Z][A-Z0-9-]{1,31}").prop_map(Audience::Parties)],
            text(),
            text()
        )
            .prop_map(|(to, what, when)| Kind::Transparency { to, what, when }),
        Just(Kind::NoDutyToShare),
    ];
    let purposes = distinct("[b-z][a-z]{0,8}").prop_map(AllowedPurpose::Of);
    let legal = prop_oneof![
        (set(word()), of(pairs())).prop_map(|(subjects, pairs)| Kind::Scope { subjects, pairs }),
        (one_of(LEVELS), rows()).prop_map(|(ceiling, rows)| Kind::Equivalence { ceiling, rows }),
        (some_of(ACTIONS), one_of(&[Exempts::Parties, Exempts::None]), any::<bool>()).prop_map(
            |(blocks, exempts, label_counts_as_approval)| Kind::ThirdParty {
                blocks,
                exempts,
                label_counts_as_approval
            }
        ),
        prop_oneof![Just(AllowedPurpose::AsProvided), purposes].prop_map(|allowed| Kind::Purpose { allowed }),
        distinct(word()).prop_map(|channels| Kind::Transmission { channels }),
        one_of(Mark::ALL).prop_map(|mark| Kind::Marking { mark }),
        some_of(Access::ALL).prop_map(|requires| Kind::Access { requires }),
        (one_of(RetentionEvent::ALL), one_of(RetentionAction::ALL), deadline())
            .prop_map(|(on, action, within)| Kind::Retention { on, action, within }),
        (kebab(), one_of(Notifier::ALL), text(), deadline()).prop_map(|(event, by, when, within)| Kind::Notify {
            event,
            by,
            when,
            within
        }),
        (any::<bool>(), of(text())).prop_map(|(allowed, conditions)| Kind::Contractor { allowed, conditions }),
    ];
    let legal_weight = u32::from(force != Force::Political);
    prop_oneof![2 * legal_weight => legal, 1 => political]
}

fn a_clause(force: Force) -> impl Strategy<Value = Clause> {
    let basis = one_of(&[Basis::Text, Basis::Summary, Basis::Assumed]);
    (word(), prop::option::of(text()), prop::option::of(text()), basis, kind(force))
        .prop_map(|(id, title, note, basis, kind)| Clause { id: id.into(), title, note, basis, kind })
}

fn an_act() -> impl Strategy<Value = Act> {
    let by = prop_oneof![Just(Actor::All), party().prop_map(Actor::Party)];
    let disputed_by = prop::sample::subsequence(PARTIES, 0..=PARTIES.len());
    (by, date(), one_of(&ActKind::ALL), prop::option::of(word()), disputed_by).prop_map(
        |(by, date, kind, article, disputed_by)| {
            let disputed_by = disputed_by.into_iter().map(Party::from).filter(|party| !by.includes(party)).collect();
            let admits = (kind == ActKind::Admitted).then(|| "NEW-PARTY".into());
            Act { by, date, kind, article: article.map(Into::into), admits, disputed_by }
        },
    )
}

fn a_duration() -> impl Strategy<Value = Duration> {
    (prop::option::of(word()), prop::option::of(period()), any::<bool>(), any::<u32>()).prop_map(
        |(article, term, never, notice_days)| {
            let renews = if never && term.is_some() { Renewal::Never } else { Renewal::Automatic };
            Duration { article: article.map(Into::into), term, renews, notice_days }
        },
    )
}

pub(crate) fn an_agreement() -> impl Strategy<Value = Agreement> {
    let forces = one_of(&[Force::Binding, Force::Arrangement, Force::Political]);
    let body = |force| {
        let clauses = prop::collection::vec(a_clause(force), 0..6);
        let acts = prop::collection::vec(an_act(), 0..4);
        let duration = prop::option::of(a_duration());
        (
            Just(force),
            kebab(),
            text(),
            distinct(kebab()),
            clauses,
            acts,
            duration,
            prop::option::of(word()),
            any::<bool>(),
        )
    };
    forces.prop_flat_map(body).prop_map(|(force, id, title, relied, clauses, acts, duration, article, survives)| {
        let mut survivors: Vec<_> = clauses.iter().map(|clause: &Clause| clause.id.clone()).collect();
        survivors.sort();
        survivors.dedup();
        let survival = (survives && !survivors.is_empty())
            .then(|| Survival { article: article.map(Into::into), clauses: survivors });
        // The prefix keeps an arrangement from relying on itself.
        let relied = relied.into_iter().map(|other: String| format!("on-{other}").into()).collect();
        let mut agreement = Agreement {
            id: id.into(),
            title,
            force,
            parties: PARTIES.iter().map(|code| Party::from(*code)).collect(),
            relies_on: if force == Force::Arrangement { relied } else { Vec::new() },
            clauses,
            duration,
            survival,
            hash: InstrumentHash([0; 32]),
            acts,
        };
        agreement.hash = agreement::hash(&agreement);
        agreement
    })
}

pub(crate) fn rules() -> impl Strategy<Value = National> {
    let codes = || "[A-Z][A-Z0-9-]{1,31}";
    let delegation = (set(word()), set(codes()), one_of(LEVELS), some_of(ACTIONS))
        .prop_map(|(subjects, to, max, actions)| Delegation { subjects, to, max, actions });
    let restriction =
        (set(word()), set(codes()), text()).prop_map(|(subjects, to, reason)| Restriction { subjects, to, reason });
    let confirmation =
        (set(word()), set(codes()), one_of(LEVELS)).prop_map(|(subjects, to, min)| Confirmation { subjects, to, min });
    let emergency = (set(word()), set(codes()), one_of(LEVELS), 1..=8784_u32)
        .prop_map(|(subjects, to, max, report_hours)| Emergency { subjects, to, max, report_hours });
    let many = 0..4;
    (
        codes(),
        prop_oneof![Just(Vec::new()), distinct(kebab())],
        prop::collection::vec(delegation, many.clone()),
        prop::collection::vec(restriction, many.clone()),
        prop::collection::vec(confirmation, many.clone()),
        prop::collection::vec(emergency, many),
    )
        .prop_map(|(party, prefer, delegations, restrictions, confirmations, emergencies)| National {
            party: party.into(),
            prefer,
            delegations,
            restrictions,
            confirmations,
            emergencies,
        })
}
