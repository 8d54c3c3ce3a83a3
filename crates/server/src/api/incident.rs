//! Incidents and duties in the API.

use std::collections::BTreeMap;

use entente_core::{
    Party,
    alert::{Circle, Point, Shape},
    consult::{Disagreement, Place, State, disagreement::Said},
    record::Status,
    time::Timestamp,
};
use entente_formats::{alert::circle, hex};
use entente_node::incident::{ObligationSeen, StoredIncident};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AreaView, moment};

/// `POST /incidents`: something happened. What is left out is taken from what shows it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct IncidentRequest {
    pub title: Option<String>,
    /// The word of the clauses, such as `missile-launch`.
    pub trigger: Option<String>,
    /// `ID` or `ORIGINATOR/ID` of records that show it; alerts are records.
    pub records: Vec<String>,
    /// `LATITUDE,LONGITUDE`, or with a radius in kilometres behind a blank.
    pub position: Option<String>,
    /// Where, in words.
    pub place: Option<String>,
    pub began: Option<String>,
    pub ended: Option<String>,
    /// `actual`, `exercise` or `test`.
    pub status: Option<String>,
    pub precedence: Option<String>,
    /// `provider`, `recipient` or `any`: as what this party had what is concerned.
    pub role: Option<String>,
}

/// An incident.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct IncidentView {
    pub number: String,
    pub title: String,
    pub trigger: String,
    pub place: Option<AreaView>,
    /// The zones of this party's rules that the place meets, in words.
    pub zones: Vec<String>,
    pub began: String,
    pub ended: Option<String>,
    pub status: String,
    pub precedence: String,
    /// `ORIGINATOR/ID`.
    pub evidence: Vec<String>,
    pub raised: String,
    /// The person, or `rule NAME`.
    pub by: String,
    pub rule: Option<String>,
    /// What it opened; in a drill, what it would have.
    pub obligations: Vec<ObligationView>,
    /// The names of the consultations that were raised from it here.
    pub consultations: Vec<String>,
}

/// A duty, and how it stands.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ObligationView {
    pub id: String,
    pub party: String,
    /// To whom; nobody named: the public.
    pub to: Vec<String>,
    pub agreement: String,
    /// The article.
    pub clause: String,
    /// `binding`, `arrangement` or `political`: a political text makes no duty in law.
    pub force: String,
    /// `text`, `summary` or `assumed`; nothing where this node does not have that version.
    pub basis: Option<String>,
    /// `consult`, `notify`, `meet`, `commit` or `transparency`.
    pub kind: String,
    /// The words of the clause.
    pub words: String,
    pub opened: String,
    pub due: Option<String>,
    /// `text`, `local setting, not in the text` or `none`.
    pub clock: String,
    /// Whether anybody owes it: in a drill nobody does.
    pub real: bool,
    pub status: String,
    pub title: String,
    pub incident: Option<String>,
    pub consultation: Option<String>,
    /// `due`, `overdue`, `met`, `late` or `waived`.
    pub state: String,
    pub done: Option<DoneView>,
    /// Who has waived it; it counts when all have.
    pub waived: Vec<String>,
    /// Clocks on which its time rests and that are off: while it is not done, and for a day afterwards.
    pub doubtful_clocks: Vec<DoubtfulClockView>,
    /// What the party that pinned it says, and this node knows otherwise.
    pub disagreements: Vec<DisagreementView>,
}

/// The first digits of a digest; other words as they are.
pub(crate) fn short_digest(said: &str) -> &str {
    let is_digest = said.len() == 64 && said.bytes().all(|byte| byte.is_ascii_hexdigit());
    said.get(..12).filter(|_| is_digest).unwrap_or(said)
}

/// Something that the party which raised a consultation says, and that this node knows otherwise. It changes no deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DisagreementView {
    /// `raised-later`, `began-later`, `time-over`, `no-text`, `other-version`, `no-clause`, `force`, `clock`, `due`, `parties` or
    /// `acts`.
    pub about: String,
    /// Its text and article, where it is about one.
    pub clause: Option<(String, String)>,
    /// What the message says: a moment, words, or SHA-256 of a text in hex.
    pub theirs: Option<String>,
    /// What is known here.
    pub ours: Option<String>,
}

impl DisagreementView {
    /// The view of what is disagreed about, with the text and the article that it is about.
    pub(crate) fn new(one: &Disagreement, clause: Option<(String, String)>) -> Self {
        let said = |said: &Said| match said {
            Said::Nothing => None,
            Said::Moment(at) => Some(at.to_string()),
            Said::Words(words) => Some(words.clone()),
            Said::Digest(digest) => Some(hex::encode(digest)),
        };
        Self { about: one.about.as_str().to_owned(), clause, theirs: said(&one.theirs), ours: said(&one.ours) }
    }

    /// The same in words, for the command line.
    pub fn words(&self) -> String {
        let or_nothing = |said: &Option<String>| said.as_deref().map_or("nothing", short_digest).to_owned();
        let (theirs, ours) = (or_nothing(&self.theirs), or_nothing(&self.ours));
        let what = match self.about.as_str() {
            "raised-later" => format!("it says that it was raised at {theirs}, and was here at {ours}"),
            "began-later" => format!("it says that this began at {theirs}, after it was raised at {ours}"),
            "time-over" => format!("its time until {theirs} was over before it was here, at {ours}"),
            "no-text" => format!("the text is not known here, its version is {theirs}"),
            "other-version" => format!("another version of the text: {theirs} there, {ours} here"),
            "no-clause" => format!("the text here has no such clause on this: \"{theirs}\""),
            "force" => format!("the force of the text: {theirs} there, {ours} here"),
            "clock" => format!("whose clock it is: {theirs} there, {ours} here"),
            "due" => format!("the time that the text gives: {theirs} there, {ours} at the latest here"),
            "parties" => format!("who owes it: {theirs} there, {ours} here"),
            _ => format!("the acts on the text: {theirs} there, {ours} here"),
        };
        match &self.clause {
            Some((text, article)) => format!("{text} art. {article}: {what}"),
            None => what,
        }
    }
}

/// A clock that is off by more than half a minute, as the last answers of partners show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DoubtfulClockView {
    /// Whose; this party itself where all its partners are off to the same side.
    pub party: String,
    /// By how many seconds it is ahead of this node's; for this node's own, of the nearest partner's.
    pub ahead: i64,
    /// The same in words.
    pub words: String,
}

/// What was done about a duty.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct DoneView {
    pub at: String,
    pub by: String,
    pub note: String,
    /// `ORIGINATOR/ID` of records.
    pub evidence: Vec<String>,
    /// SHA-256 of the signed statement that shows it.
    pub statement: Option<String>,
}

/// `GET /obligations`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObligationsQuery {
    /// Also what drills would have opened.
    #[serde(default)]
    pub drills: bool,
    /// At most so many; 50 when absent.
    #[schemars(range(min = 1, max = 500))]
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub after: Option<String>,
    /// `open` (due or overdue), `due`, `overdue`, `met`, `late` or `waived`; any when absent.
    #[serde(default)]
    pub state: Option<String>,
    /// Who owes it.
    #[serde(default)]
    pub party: Option<String>,
    /// The text that says so.
    #[serde(default)]
    pub agreement: Option<String>,
}

impl ObligationsQuery {
    /// The words for how a duty stands by which lists are narrowed.
    pub const STATES: [&str; 6] = ["open", "due", "overdue", "met", "late", "waived"];

    /// Whether a duty is sought.
    pub fn fits(&self, view: &ObligationView) -> bool {
        let is = |sought: &Option<String>, value: &str| sought.as_deref().is_none_or(|sought| sought == value);
        let is_open = self.state.as_deref() == Some("open") && ["due", "overdue"].contains(&view.state.as_str());
        (view.real || self.drills)
            && (is_open || is(&self.state, &view.state))
            && is(&self.party, &view.party)
            && is(&self.agreement, &view.agreement)
    }

    /// The path and query by which it is asked.
    pub fn path(&self) -> String {
        let sought = [("state", &self.state), ("party", &self.party), ("agreement", &self.agreement)];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(sought.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))));
        query.extend_pairs(self.drills.then_some(("drills", "true")));
        format!("/obligations?{}", query.finish())
    }
}

/// `POST /obligations/{id}/done`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DoneRequest {
    /// What was done.
    pub note: String,
    /// `ID` or `ORIGINATOR/ID` of records that show it.
    #[serde(default)]
    pub evidence: Vec<String>,
}

/// `POST /obligations/{id}/waive`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaiveRequest {
    /// Why.
    pub note: String,
}

/// What was raised.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RaisedView {
    /// The number of an incident, or the name of a consultation.
    pub name: String,
}

/// A place from a position and words. `Err` is a sentence.
pub(crate) fn place(position: Option<&str>, words: Option<&str>) -> Result<Option<Place>, String> {
    let shape = match position.map(str::trim) {
        None => None,
        Some(text) => {
            // A position alone is a circle of no radius.
            let whole = if text.contains(' ') { text.to_owned() } else { format!("{text} 0") };
            let read = circle(&whole).map_err(|(what, help)| format!("position: {what}; {help}"))?;
            Some(Shape::Circle(read))
        }
    };
    let name = words.or(position).map(str::to_owned);
    Ok(name.map(|name| Place { name, shapes: shape.into_iter().collect() }))
}

impl IncidentView {
    /// The view of an incident with its duties.
    pub fn new(
        incident: &StoredIncident,
        zones: Vec<String>,
        obligations: Vec<ObligationView>,
        consultations: Vec<String>,
    ) -> Self {
        let place = incident.place.as_ref().map(|place| {
            let point = |(latitude, longitude): (i32, i32)| Point::new(latitude, longitude);
            let circles = place.circles.iter().filter_map(|(latitude, longitude, radius)| {
                Some(Shape::Circle(Circle { center: point((*latitude, *longitude))?, radius: *radius }))
            });
            let shapes: Vec<Shape> = circles.collect();
            let degrees = |microdegrees: i32| f64::from(microdegrees) / 1e6;
            let corners = |corners: &Vec<(i32, i32)>| {
                corners.iter().map(|(latitude, longitude)| (degrees(*latitude), degrees(*longitude))).collect()
            };
            AreaView { polygons: place.polygons.iter().map(corners).collect(), ..AreaView::of(&place.name, &shapes) }
        });
        Self {
            number: incident.number.clone(),
            title: incident.title.clone(),
            trigger: incident.trigger.clone(),
            place,
            zones,
            began: moment(incident.began),
            ended: incident.ended.map(moment),
            status: incident.status.clone(),
            precedence: incident.precedence.clone(),
            evidence: incident
                .evidence
                .iter()
                .map(|(originator, record, _)| format!("{originator}/{record}"))
                .collect(),
            raised: moment(incident.raised_at),
            by: incident.by.clone(),
            rule: incident.rule.clone(),
            obligations,
            consultations,
        }
    }
}

/// The clocks that are in doubt at a node, by party: what its links have measured.
#[derive(Clone, Debug, Default)]
pub struct Clocks {
    us: String,
    now: Timestamp,
    doubtful: BTreeMap<Party, i64>,
}

impl Clocks {
    /// The clocks that are in doubt at the node of `us`.
    pub(crate) fn new(us: &Party, now: Timestamp, doubtful: BTreeMap<Party, i64>) -> Self {
        Self { us: us.to_string(), now, doubtful }
    }

    /// Those on which the time of a duty rests: while it is not done, and while what was measured since says something of when
    /// it was.
    fn of_duty(&self, seen: &ObligationSeen) -> Vec<DoubtfulClockView> {
        let is_recent = |at: Timestamp| self.now.as_second().saturating_sub(at.as_second()) < 24 * 3600;
        let counts = match seen.state {
            State::Due | State::Overdue => true,
            State::Met(at) | State::Late(at) => is_recent(at),
            State::Waived => false,
        };
        if counts && seen.obligation.due.at.is_some() { self.of(&seen.clocks) } else { Vec::new() }
    }

    /// Those of these parties.
    pub fn of<'a>(&self, parties: impl IntoIterator<Item = &'a Party>) -> Vec<DoubtfulClockView> {
        let of_them = parties.into_iter().filter_map(|party| {
            let ahead = *self.doubtful.get(party)?;
            let (seconds, side) = (ahead.saturating_abs(), if ahead > 0 { "ahead of" } else { "behind" });
            let words = match party.as_str() == self.us {
                true => format!("the clock of this node is {seconds} s {side} those of all its partners"),
                false => format!("the clock of {party} is {seconds} s {side} this node's"),
            };
            Some(DoubtfulClockView { party: party.to_string(), ahead, words })
        });
        of_them.collect()
    }
}

impl ObligationView {
    /// The view of a duty.
    pub fn new(seen: &ObligationSeen, clocks: &Clocks) -> Self {
        let one = &seen.obligation;
        let done = seen.done.as_ref().map(|done| DoneView {
            at: done.at.to_string(),
            by: done.by.clone(),
            note: done.note.clone(),
            evidence: done.evidence.iter().map(|(originator, record, _)| format!("{originator}/{record}")).collect(),
            statement: done.statement.map(|digest| hex::encode(&digest)),
        });
        Self {
            id: seen.id.clone(),
            party: one.party.to_string(),
            to: one.to.iter().map(ToString::to_string).collect(),
            agreement: one.agreement.0.to_string(),
            clause: one.clause.to_string(),
            force: one.force.as_str().to_owned(),
            basis: seen.basis.map(|basis| basis.as_str().to_owned()),
            kind: one.kind.to_owned(),
            words: one.words.clone(),
            opened: one.opened.to_string(),
            due: one.due.at.map(|at| at.to_string()),
            clock: one.due.clock.as_str().to_owned(),
            real: seen.status == Status::Actual,
            status: seen.status.as_str().to_owned(),
            title: seen.title.clone(),
            incident: seen.incident.clone(),
            consultation: seen.consultation.map(|name| hex::encode(&name)),
            state: State::as_str(seen.state).to_owned(),
            done,
            waived: seen.waived.iter().map(ToString::to_string).collect(),
            doubtful_clocks: clocks.of_duty(seen),
            disagreements: seen.disagreements.iter().map(|of| DisagreementView::new(of, None)).collect(),
        }
    }
}
