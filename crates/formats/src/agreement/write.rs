//! An agreement as text: the TOML of a file, and the canonical form that gives an instrument its hash.
//!
//! Both print one tree, so that nothing can be in the one and missing in the other. `docs/spec/agreements.md` describes
//! the canonical form for other implementers.

use entente_core::agreement::{
    Act, Agreement, Clause, InstrumentHash, Kind,
    clause::{AllowedPurpose, Audience, Row, Set},
};
use sha2::{Digest, Sha256};

use super::{
    instrument::{SCHEMA, spell_renewal},
    tree::{Entries, Tree, document},
    words::spell_period,
};

/// The file of an agreement: instrument and acts. [`super::parse`] reads it back as the same agreement.
pub fn write(agreement: &Agreement) -> String {
    let mut entries = head(agreement);
    entries.push(("act".into(), Tree::List(agreement.acts.iter().map(act).collect())));
    entries.extend(body(agreement));
    document(&entries)
}

/// The canonical form of the instrument, without its acts: the same for every file that says the same, whatever its
/// spacing, comments and order of keys.
pub fn canonical(agreement: &Agreement) -> String {
    let mut sorted = agreement.clone();
    sorted.parties.sort();
    sorted.relies_on.sort();
    let mut entries = head(&sorted);
    entries.extend(body(&sorted));
    Tree::Table(entries).json()
}

/// The version of the instrument: SHA-256 of its [`canonical`] form.
pub fn hash(agreement: &Agreement) -> InstrumentHash {
    InstrumentHash(Sha256::digest(canonical(agreement)).into())
}

/// The keys before the tables.
pub(super) fn head(agreement: &Agreement) -> Entries {
    entries([
        ("schema", Some(Tree::text(SCHEMA))),
        ("id", Some(Tree::text(&agreement.id))),
        ("title", Some(Tree::text(&agreement.title))),
        ("force", Some(Tree::text(agreement.force.as_str()))),
        ("parties", Some(Tree::texts(&agreement.parties))),
        ("relies_on", Some(Tree::texts(&agreement.relies_on))),
    ])
}

/// The tables but the acts.
pub(super) fn body(agreement: &Agreement) -> Entries {
    let duration = agreement.duration.as_ref().map(|duration| {
        Tree::Table(entries([
            ("article", duration.article.as_ref().map(Tree::text)),
            ("term", duration.term.map(spell_period).map(Tree::Text)),
            ("renews", Some(Tree::text(spell_renewal(duration.renews)))),
            ("notice_days", Some(Tree::Count(duration.notice_days))),
        ]))
    });
    let survival = agreement.survival.as_ref().map(|survival| {
        Tree::Table(entries([
            ("article", survival.article.as_ref().map(Tree::text)),
            ("clauses", Some(Tree::texts(&survival.clauses))),
        ]))
    });
    let clauses = Tree::List(agreement.clauses.iter().map(clause).collect());
    entries([("duration", duration), ("survival", survival), ("clause", Some(clauses))])
}

fn act(act: &Act) -> Tree {
    let disputed_by = (!act.disputed_by.is_empty()).then(|| Tree::texts(&act.disputed_by));
    Tree::Table(entries([
        ("by", Some(Tree::text(&act.by))),
        ("date", Some(Tree::Day(act.date))),
        ("kind", Some(Tree::text(act.kind.as_str()))),
        ("article", act.article.as_ref().map(Tree::text)),
        ("admits", act.admits.as_ref().map(Tree::text)),
        ("disputed_by", disputed_by),
    ]))
}

/// One clause.
pub(super) fn clause(clause: &Clause) -> Tree {
    let mut all = entries([
        ("id", Some(Tree::text(&clause.id))),
        ("kind", Some(Tree::text(clause.kind.name()))),
        ("title", clause.title.as_ref().map(Tree::text)),
        ("note", clause.note.as_ref().map(Tree::text)),
        ("basis", Some(Tree::text(clause.basis.as_str()))),
    ]);
    all.extend(fields(&clause.kind));
    Tree::Table(all)
}

fn fields(kind: &Kind) -> Entries {
    match kind {
        Kind::Scope { subjects, pairs } => {
            let pairs = pairs
                .as_ref()
                .map(|pairs| Tree::List(pairs.iter().map(|(from, to)| Tree::texts([from, to])).collect()));
            entries([("subjects", Some(set(subjects))), ("pairs", pairs)])
        }
        Kind::Equivalence { ceiling, rows } => entries([
            ("ceiling", Some(Tree::text(ceiling))),
            ("rows", Some(Tree::List(rows.iter().map(row).collect()))),
        ]),
        Kind::ThirdParty { blocks, exempts, label_counts_as_approval } => entries([
            ("blocks", Some(Tree::texts(blocks.iter().map(|action| action.as_str())))),
            ("exempts", Some(Tree::text(exempts.as_str()))),
            ("label_counts_as_approval", Some(Tree::Truth(*label_counts_as_approval))),
        ]),
        Kind::Purpose { allowed } => {
            let allowed = match allowed {
                AllowedPurpose::AsProvided => Tree::text("as-provided"),
                AllowedPurpose::Of(purposes) => Tree::texts(purposes),
            };
            entries([("allowed", Some(allowed))])
        }
        Kind::Transmission { channels } => entries([("channels", Some(Tree::texts(channels)))]),
        Kind::Marking { mark } => entries([("mark", Some(Tree::text(mark.as_str())))]),
        Kind::Access { requires } => {
            entries([("requires", Some(Tree::texts(requires.iter().map(|one| one.as_str()))))])
        }
        Kind::Retention { on, action, within } => entries([
            ("on", Some(Tree::text(on.as_str()))),
            ("action", Some(Tree::text(action.as_str()))),
            ("within", within.map(spell_period).map(Tree::Text)),
        ]),
        Kind::Notify { event, by, when, within } => entries([
            ("event", Some(Tree::text(event))),
            ("by", Some(Tree::text(by.as_str()))),
            ("when", Some(Tree::text(when))),
            ("within", within.map(spell_period).map(Tree::Text)),
        ]),
        Kind::Contractor { allowed, conditions } => {
            entries([("allowed", Some(Tree::Truth(*allowed))), ("conditions", conditions.as_ref().map(Tree::text))])
        }
        Kind::Consult { triggers, when, within } => entries([
            ("triggers", Some(Tree::texts(triggers))),
            ("when", Some(Tree::text(when))),
            ("within", within.map(spell_period).map(Tree::Text)),
        ]),
        Kind::Meet { body, every, level } => entries([
            ("body", Some(Tree::text(body))),
            ("every", Some(Tree::Text(spell_period(*every)))),
            ("level", level.as_ref().map(Tree::text)),
        ]),
        Kind::Commit { owner, what, due } => {
            entries([("owner", Some(Tree::text(owner))), ("what", Some(Tree::text(what))), ("due", due.map(Tree::Day))])
        }
        Kind::Transparency { to, what, when } => {
            let to = match to {
                Audience::Public => Tree::text("public"),
                Audience::Parties(parties) => Tree::texts(parties),
            };
            entries([("to", Some(to)), ("what", Some(Tree::text(what))), ("when", Some(Tree::text(when)))])
        }
        Kind::NoDutyToShare => Entries::new(),
    }
}

fn row(row: &Row) -> Tree {
    let mut all = entries([("level", Some(Tree::text(row.level)))]);
    all.extend(row.terms.iter().map(|(party, terms)| (party.to_string(), Tree::texts(terms))));
    Tree::Table(all)
}

/// A set as the file spells it.
pub(crate) fn set<T: ToString>(set: &Set<T>) -> Tree {
    match set {
        Set::Any => Tree::texts(["*"]),
        Set::Of(items) => Tree::List(items.iter().map(|item| Tree::Text(item.to_string())).collect()),
    }
}

/// The entries that are there.
pub(crate) fn entries<const N: usize>(all: [(&str, Option<Tree>); N]) -> Entries {
    all.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}
