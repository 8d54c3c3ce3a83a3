//! One consultation: its clocks, who has acknowledged, what is owed, the steps in their order, the common message with what changed
//! from version to version and who has signed it, statements of effects, positions that this person may see, and how it closes.
//!
//! What its forms do is in `console::steps`.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};

use super::{
    banner::Banner,
    chip::{Chip, drill},
    consultations::{phase, place},
    difference::{Run, difference},
    duties::{Duty, May, clocks, differences},
    frame::{Frame, Page, State as Sign},
    html,
    records::{find, parties, path},
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{ConsultationView, DissentView, EffectsView, ItemView, OptionView, ParticipantView, PositionView},
    control::{self, ApiError},
};

struct Participant {
    party: String,
    state: Sign,
    at: Option<Moment>,
    is_reached: bool,
}

struct Step {
    party: String,
    words: String,
    at: Moment,
    known: Moment,
    from: String,
    statement: String,
}

/// A common message or an action.
struct Item {
    digest: String,
    short: String,
    kind: String,
    is_message: bool,
    text: String,
    /// Against the version that it is to take the place of.
    changes: Vec<Run>,
    replaces: String,
    is_replaced: bool,
    owner: String,
    due: Option<Moment>,
    proposed_by: String,
    signed_by: String,
    waits_for: String,
    objections: Vec<DissentView>,
    is_agreed: bool,
    is_signed_by_us: bool,
}

struct Effects {
    statement: String,
    party: String,
    options: Vec<(OptionView, bool)>,
    because: String,
    evidence: Vec<(String, String)>,
    dissent: Vec<DissentView>,
    lacks: Option<String>,
    is_closed_on: bool,
}

struct Position {
    path: String,
    record: String,
    party: String,
    title: String,
    label: Chip,
    entered: Moment,
    given_to: String,
    is_ours: bool,
}

/// How it was closed.
struct Closed {
    by: String,
    without: String,
}

/// What this person may do here.
struct Can {
    acknowledge: bool,
    step: bool,
    position: bool,
    export: bool,
}

#[derive(Template)]
#[template(path = "consultation.html")]
struct One {
    frame: Frame,
    consultation: String,
    path: String,
    title: String,
    phase: Sign,
    drill: Option<String>,
    is_escalated: bool,
    trigger: String,
    precedence: String,
    raised_by: String,
    raised: Moment,
    place: Option<String>,
    link: Option<String>,
    /// Where somebody has not answered yet.
    acknowledge_by: Option<Moment>,
    /// While it is open.
    close_by: Option<Moment>,
    may_close_without: bool,
    evidence: Vec<(String, String)>,
    participants: Vec<Participant>,
    silent: Vec<String>,
    others: Vec<String>,
    steps: Vec<Step>,
    items: Vec<Item>,
    effects: Vec<Effects>,
    duties: Vec<Duty>,
    positions: Vec<Position>,
    waivers: Vec<(String, Moment)>,
    waits: Vec<String>,
    closed: Option<Closed>,
    two_versions: Vec<(String, Vec<String>)>,
    missing: usize,
    /// Clocks that are off, and what its raiser says and this node knows otherwise.
    doubts: Vec<String>,
    has_answered: bool,
    can: Can,
    may: May,
    options: [(u32, bool); 3],
}

/// `GET /consultations/{name}`.
pub(super) async fn page(visit: Visit, name: Path<String>) -> Result<Response, ApiError> {
    let (say, us) = (visit.say(), visit.control.operator.nationality.to_string());
    let (control, person) = (State(visit.control.clone()), visit.person.clone());
    let view = control::consultations::one(control, person, visit.headers(), name).await?.0;
    let banner = banner(&visit, &view).await;
    let own = view.participants.iter().find(|one| one.party == us);
    let is_party = own.is_some();
    let silent = view.participants.iter().filter(|one| one.answer == "silent" && one.party != us);
    let is_awaited = view.participants.iter().any(|one| one.answer == "silent");
    let is_over = view.closing.closed;
    let is_past = |text: &str| text.parse::<jiff::Timestamp>().is_ok_and(|at| at <= jiff::Timestamp::now());
    let parts = Parts { view: &view, us: &us, say };
    html(&One {
        frame: visit.frame(Page::Consultations, view.title.clone(), banner).await?,
        path: place(&view.name),
        phase: phase(&view.phase, say),
        drill: drill(&view.status, say),
        is_escalated: view.escalated,
        raised: Moment::of(&view.raised, say),
        acknowledge_by: (!is_over && is_awaited).then(|| Moment::of(&view.acknowledge_by, say)),
        close_by: (!is_over).then(|| Moment::of(&view.close_by, say)),
        may_close_without: is_past(&view.close_by),
        evidence: view.evidence.iter().map(|name| linked(name)).collect(),
        has_answered: own.is_none_or(|one| one.answer != "silent"),
        participants: view.participants.iter().map(|one| participant(one, say)).collect(),
        silent: silent.map(|one| one.party.clone()).collect(),
        others: parties(&visit).await?.into_iter().filter(|party| *party != us).collect(),
        steps: parts.steps(),
        items: view.items.iter().map(|item| parts.item(item)).collect(),
        effects: view.effects.iter().map(|one| parts.effects(one)).collect(),
        positions: view.positions.iter().map(|one| parts.position(one)).collect(),
        waivers: view
            .waivers
            .iter()
            .map(|one| {
                let article = say.0.article(&one.clause.as_str().into());
                let parts = [("by", one.by.clone()), ("party", one.party.clone()), ("article", article)];
                (format!("{}: {}", say.filled("consultation-waiver", &parts), one.note), Moment::of(&one.at, say))
            })
            .collect(),
        closed: is_over.then(|| Closed { by: view.closing.by.join(", "), without: view.closing.without.join(", ") }),
        two_versions: view
            .two_versions
            .iter()
            .map(|two| {
                let parts = [("party", two.party.clone()), ("number", two.number.to_string())];
                (say.filled("consultation-two-versions", &parts), two.versions.clone())
            })
            .collect(),
        missing: view.missing.len(),
        doubts: [clocks(&view.doubtful_clocks, &us, say), differences(&view.disagreements, say)].concat(),
        can: Can {
            acknowledge: is_party && !is_over && visit.may("consultation.acknowledge"),
            step: is_party && !is_over && visit.may("consultation.step"),
            position: is_party && visit.may("consultation.position"),
            export: visit.may("consultation.export"),
        },
        may: May::of(&visit),
        // To do nothing comes first; the third is left out where nobody writes it.
        options: [(0, true), (1, false), (2, false)],
        waits: view.closing.waits,
        duties: view.duties.into_iter().map(|one| Duty::new(one, &us, say)).collect(),
        place: view.place.map(|place| place.name),
        consultation: view.name,
        title: view.title,
        trigger: view.trigger,
        precedence: view.precedence,
        raised_by: view.raised_by,
        link: view.link,
    })
}

/// The core has no label (docs/decisions/0065); positions and evidence bear theirs.
async fn banner(visit: &Visit, view: &ConsultationView) -> Banner {
    let mut labels: Vec<String> = view.positions.iter().map(|position| position.label.clone()).collect();
    if visit.may("record.show") {
        for name in &view.evidence {
            let Some((originator, id)) = name.split_once('/') else { continue };
            let found = find(&visit.control, visit, (originator.to_owned(), id.to_owned())).await;
            labels.extend(found.ok().map(|record| record.label));
        }
    }
    labels.push("UNCLASSIFIED".to_owned());
    Banner::of(labels.iter().map(|label| (label.as_str(), view.status.as_str())), visit.say())
}

fn linked(name: &str) -> (String, String) {
    let (originator, id) = name.split_once('/').unwrap_or(("-", name));
    (path(originator, id), name.to_owned())
}

fn participant(one: &ParticipantView, say: Say) -> Participant {
    Participant {
        state: match one.answer.as_str() {
            "silent" => Sign::attention(say.one("answer-silent")),
            "declined" | "contradictory" => Sign::bad(say.one(&format!("answer-{}", one.answer))),
            answer => Sign::good(say.one(&format!("answer-{answer}"))),
        },
        at: one.at.as_deref().map(|at| Moment::of(at, say)),
        is_reached: one.reached,
        party: one.party.clone(),
    }
}

/// What the parts of the page are made from.
struct Parts<'a> {
    view: &'a ConsultationView,
    us: &'a str,
    say: Say,
}

impl Parts<'_> {
    /// The raise is the first step.
    fn steps(&self) -> Vec<Step> {
        let (view, say) = (self.view, self.say);
        let raise = Step {
            party: view.raised_by.clone(),
            words: say.one("consultation-raises"),
            at: Moment::of(&view.raised, say),
            known: Moment::of(&view.known, say),
            from: String::new(),
            statement: view.name.clone(),
        };
        let rest = view.steps.iter().map(|step| Step {
            party: step.party.clone(),
            words: step.words.clone(),
            at: Moment::of(&step.at, say),
            known: Moment::of(&step.known, say),
            // Said only where somebody else handed it on.
            from: if step.from == step.party || step.party == self.us { String::new() } else { step.from.clone() },
            statement: step.statement.clone(),
        });
        std::iter::once(raise).chain(rest).collect()
    }

    fn item(&self, view: &ItemView) -> Item {
        let before = view.replaces.as_ref().and_then(|digest| self.view.items.iter().find(|one| one.digest == *digest));
        let parties = self.view.participants.iter().map(|one| one.party.as_str());
        let waits: Vec<&str> = parties.filter(|party| !view.signed_by.iter().any(|by| by == party)).collect();
        let short = |digest: &str| digest.chars().take(12).collect::<String>();
        Item {
            is_message: view.kind == "message",
            kind: self.say.one(if view.kind == "message" { "item-message" } else { "item-action" }),
            changes: before.map(|before| difference(&before.text, &view.text)).unwrap_or_default(),
            replaces: view.replaces.as_deref().map(short).unwrap_or_default(),
            is_replaced: self.view.items.iter().any(|one| one.replaces.as_deref() == Some(view.digest.as_str())),
            text: view.text.clone(),
            owner: view.owner.clone().unwrap_or_default(),
            due: view.due.as_deref().map(|due| Moment::of(due, self.say)),
            proposed_by: view.proposed_by.join(", "),
            signed_by: view.signed_by.join(", "),
            waits_for: waits.join(", "),
            objections: view.objections.clone(),
            is_agreed: view.agreed,
            is_signed_by_us: view.signed_by.iter().any(|party| party == self.us),
            short: short(&view.digest),
            digest: view.digest.clone(),
        }
    }

    fn effects(&self, view: &EffectsView) -> Effects {
        let chosen = |(at, option): (usize, &OptionView)| (option.clone(), u32::try_from(at) == Ok(view.chosen));
        // What this person may not see of the evidence is a name here, as it stands in the statement.
        Effects {
            options: view.options.iter().enumerate().map(chosen).collect(),
            evidence: view.evidence.iter().map(|name| linked(name)).collect(),
            is_closed_on: self.view.closing.effects.as_deref() == Some(view.statement.as_str()),
            statement: view.statement.clone(),
            party: view.party.clone(),
            because: view.because.clone(),
            dissent: view.dissent.clone(),
            lacks: view.lacks.clone(),
        }
    }

    fn position(&self, view: &PositionView) -> Position {
        let (path, record) = linked(&view.record);
        Position {
            path,
            record,
            party: view.party.clone(),
            title: view.title.clone(),
            label: Chip::new(&view.label, &self.view.status, self.say),
            entered: Moment::of(&view.entered, self.say),
            given_to: view.given_to.join(", "),
            is_ours: view.party == self.us,
        }
    }
}
