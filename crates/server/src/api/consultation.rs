//! Consultations in the API.

use entente_core::{
    Party,
    consult::{Closing, Consultation, Digest, Effects, Proposal, Stance, effects::Choice, fold::Item},
    time::Timestamp,
};
use entente_formats::hex;
use entente_node::consult::{ConsultationSeen, PositionSeen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AreaView, Clocks, DisagreementView, DoubtfulClockView, ObligationView, moment, words};
use crate::console::Say;

/// `POST /consultations`: the message that starts the clocks of the parties.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RaiseRequest {
    /// The incident, by its number or the first digits of it.
    pub incident: String,
    /// The agreement that asks for it; needed where several do.
    pub under: Option<String>,
    /// The other participants; the parties of the agreement when empty.
    pub with: Vec<String>,
    /// Within how many seconds each is to acknowledge, where that is not what the clauses or the settings say.
    pub acknowledge_within: Option<u32>,
    /// After how many seconds it may be closed without who is silent.
    pub close_within: Option<u32>,
    /// Where to meet or talk.
    pub link: Option<String>,
    /// What happened, in words that all participants may read; as the incident has it when absent. Needed where the incident's was
    /// taken from a record that one of them does not have.
    pub title: Option<String>,
    /// The incident's trigger once more; needed in the same case.
    pub trigger: Option<String>,
}

/// `POST /consultations/{name}/convene`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConveneRequest {
    /// When.
    pub at: String,
    /// A room or a link.
    pub place: String,
}

/// `POST /consultations/{name}/escalate`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalateRequest {
    /// Whom.
    pub to: String,
    /// Why.
    pub reason: String,
}

/// `POST /consultations/{name}/steps`: what commits this party. Items and statements are named by the first digits of their
/// digests.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "step", rename_all = "kebab-case", deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's verbs and options")]
pub enum StepRequest {
    Decline { reason: String },
    ProposeMessage { text: String, replaces: Option<String> },
    ProposeAction { what: String, owner: String, due: Option<String> },
    Agree { item: String },
    Object { item: String, reason: String },
    Effects(EffectsRequest),
    Close(CloseRequest),
}

/// A statement of effects: to do nothing is among the options, and something is said of each on all three.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EffectsRequest {
    /// The options.
    pub options: Vec<OptionView>,
    /// Which is chosen, from 0.
    pub chosen: u32,
    /// Why.
    pub because: String,
    /// `ID` or `ORIGINATOR/ID` of records that it rests on; each participant has them.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// What parties say against it.
    #[serde(default)]
    pub dissent: Vec<DissentView>,
}

/// One option of a statement of effects.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub struct OptionView {
    pub what: String,
    /// Whether it is to do nothing.
    #[serde(default)]
    pub nothing: bool,
    pub neighbours: String,
    pub third_parties: String,
    pub own_public: String,
}

/// What a party says against something.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub struct DissentView {
    pub party: String,
    pub words: String,
}

/// A closing note. Without a statement of effects the one that others close on, or the only whole one; without a message the only
/// agreed one.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct CloseRequest {
    pub note: String,
    pub effects: Option<String>,
    pub message: Option<String>,
    /// Parties that have not answered in their time.
    pub without: Vec<String>,
    pub dissent: Option<String>,
}

/// `POST /consultations/{name}/positions`: a record of this party's, given to whom it names, decided for each.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct PositionRequest {
    pub label: String,
    #[serde(default)]
    pub subjects: Vec<String>,
    pub to: Vec<String>,
    pub title: String,
    /// `text/plain` when absent.
    pub media_type: Option<String>,
    /// Base64.
    pub content: String,
    /// `consultation` when absent.
    pub purpose: Option<String>,
    /// `government-to-government` when absent.
    pub channel: Option<String>,
    pub under: Option<Vec<String>>,
}

/// A consultation as one signed file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExportedConsultation {
    /// `entente.consultation/1`, which `entente consult verify` reads.
    pub file: String,
}

/// A step that was taken.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SteppedView {
    /// SHA-256 of the signed statement.
    pub statement: String,
}

/// A consultation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ConsultationView {
    /// SHA-256 of the message that raised it.
    pub name: String,
    pub title: String,
    pub trigger: String,
    pub status: String,
    pub precedence: String,
    /// `raised`, `convened`, `acknowledged`, `agreed`, `declined`, `lapsed` or `closed`.
    pub phase: String,
    pub escalated: bool,
    pub raised_by: String,
    pub raised: String,
    /// When it became known here.
    pub known: String,
    pub place: Option<AreaView>,
    pub link: Option<String>,
    pub acknowledge_by: String,
    /// From when on it may be closed without who is silent.
    pub close_by: String,
    /// The incident of this party's own that it was raised from.
    pub incident: Option<String>,
    /// `ORIGINATOR/ID`, where this person may see it.
    pub evidence: Vec<String>,
    pub participants: Vec<ParticipantView>,
    /// The duties that it pins.
    pub duties: Vec<ObligationView>,
    /// In the order in which they became known here.
    pub steps: Vec<StepView>,
    pub items: Vec<ItemView>,
    pub effects: Vec<EffectsView>,
    pub closing: ClosingView,
    /// Steps under one number that differ: each is signed, and together they are the evidence.
    pub two_versions: Vec<TwoVersionsView>,
    /// Digests of steps that others name and that are not here.
    pub missing: Vec<String>,
    /// Positions that this person may see.
    pub positions: Vec<PositionView>,
    pub waivers: Vec<WaiverView>,
    /// Clocks of participants that are off, while it is open: its times rest on them.
    pub doubtful_clocks: Vec<DoubtfulClockView>,
    /// What its raiser says, and this node knows otherwise.
    pub disagreements: Vec<DisagreementView>,
}

/// How a party stands to a consultation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ParticipantView {
    pub party: String,
    /// `raised`, `silent`, `acknowledged`, `declined` or `contradictory`.
    pub answer: String,
    pub at: Option<String>,
    /// Whether it has the consultation for sure.
    pub reached: bool,
}

/// A step.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct StepView {
    pub statement: String,
    pub party: String,
    pub number: u32,
    /// `convene`, `acknowledge`, `decline`, `escalate`, `propose`, `agree`, `object`, `effects` or `close`.
    pub step: String,
    /// In words.
    pub words: String,
    /// By the party's own clock.
    pub at: String,
    /// When it became known here.
    pub known: String,
    /// Who gave it to us.
    pub from: String,
}

/// A common message or an action.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ItemView {
    pub digest: String,
    /// `message` or `action`.
    pub kind: String,
    /// To the letter.
    pub text: String,
    pub owner: Option<String>,
    pub due: Option<String>,
    /// The item that it is to take the place of.
    pub replaces: Option<String>,
    pub proposed_by: Vec<String>,
    pub signed_by: Vec<String>,
    pub objections: Vec<DissentView>,
    pub agreed: bool,
}

/// A statement of effects.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct EffectsView {
    pub statement: String,
    pub party: String,
    pub options: Vec<OptionView>,
    pub chosen: u32,
    pub because: String,
    /// `ORIGINATOR/ID`, where this person may see it.
    pub evidence: Vec<String>,
    pub dissent: Vec<DissentView>,
    /// What is missing for closing on it.
    pub lacks: Option<String>,
}

/// Whether it is closed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ClosingView {
    pub closed: bool,
    /// What that waits for, in words.
    pub waits: Vec<String>,
    pub by: Vec<String>,
    pub without: Vec<String>,
    pub effects: Option<String>,
    pub message: Option<String>,
}

/// Two versions of a step.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct TwoVersionsView {
    pub party: String,
    pub number: u32,
    pub versions: Vec<String>,
}

/// A position.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct PositionView {
    pub record: String,
    pub party: String,
    pub title: String,
    pub label: String,
    pub entered: String,
    /// To whom it went from here.
    pub given_to: Vec<String>,
}

/// A waiver.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct WaiverView {
    pub by: String,
    pub agreement: String,
    pub clause: String,
    pub party: String,
    pub note: String,
    pub at: String,
}

fn codes<'a>(parties: impl IntoIterator<Item = &'a &'a Party>) -> Vec<String> {
    parties.into_iter().map(ToString::to_string).collect()
}

impl ConsultationView {
    /// The view of a consultation; `evidence` is what of its evidence the viewer may see.
    pub(crate) fn new(
        seen: &ConsultationSeen<'_>,
        evidence: Vec<String>,
        clocks: &Clocks,
        now: Timestamp,
        say: Say,
    ) -> Self {
        let core = &seen.core;
        let incident = &core.raise.incident;
        let known = |digest: &Digest| seen.known.get(digest).copied().map(moment).unwrap_or_default();
        let mut steps: Vec<(i64, StepView)> = core
            .steps
            .iter()
            .flat_map(|(party, own)| own.iter().map(move |(digest, step)| (party, digest, step)))
            .map(|(party, digest, step)| {
                let view = StepView {
                    statement: hex::encode(digest),
                    party: party.to_string(),
                    number: step.number,
                    step: step.kind.as_str().to_owned(),
                    words: words::step(&step.kind, say),
                    at: step.at.to_string(),
                    known: known(digest),
                    from: seen.from.get(digest).map(ToString::to_string).unwrap_or_default(),
                };
                (seen.known.get(digest).copied().unwrap_or_default(), view)
            })
            .collect();
        steps.sort_by(|(one, first), (other, second)| {
            (one, &first.at, &first.party, first.number).cmp(&(other, &second.at, &second.party, second.number))
        });
        Self {
            name: hex::encode(&core.name),
            title: incident.title.clone(),
            trigger: incident.trigger.clone(),
            status: incident.status.as_str().to_owned(),
            precedence: incident.precedence.as_str().to_owned(),
            phase: core.phase(now).as_str().to_owned(),
            escalated: core.is_escalated(),
            raised_by: incident.raised_by.to_string(),
            raised: incident.raised_at.to_string(),
            known: known(&core.name),
            place: incident.place.as_ref().map(|place| AreaView::of(&place.name, &place.shapes)),
            link: core.raise.link.clone(),
            acknowledge_by: core.raise.acknowledge_by.to_string(),
            close_by: core.raise.close_by.to_string(),
            incident: seen.incident.map(str::to_owned),
            evidence,
            participants: core.stances.iter().map(|(party, stance)| participant(seen, party, stance)).collect(),
            duties: seen.duties.iter().map(|duty| ObligationView::new(duty, clocks)).collect(),
            steps: steps.into_iter().map(|(_, view)| view).collect(),
            items: core.items.iter().map(|(digest, item)| ItemView::new(digest, item)).collect(),
            effects: core
                .effects
                .iter()
                .map(|(digest, (party, effects))| EffectsView::new(digest, party, effects, say))
                .collect(),
            closing: ClosingView::new(core, say),
            two_versions: core
                .doubles
                .iter()
                .map(|double| TwoVersionsView {
                    party: double.party.to_string(),
                    number: double.number,
                    versions: double.versions.iter().map(|digest| hex::encode(digest)).collect(),
                })
                .collect(),
            missing: core.missing.keys().map(|digest| hex::encode(digest)).collect(),
            positions: seen.positions.iter().map(PositionView::from).collect(),
            waivers: seen
                .waivers
                .iter()
                .map(|waiver| WaiverView {
                    by: waiver.by.to_string(),
                    agreement: waiver.clause.0.to_string(),
                    clause: waiver.clause.1.to_string(),
                    party: waiver.party.to_string(),
                    note: waiver.note.clone(),
                    at: waiver.at.to_string(),
                })
                .collect(),
            disagreements: seen
                .disagreements
                .iter()
                .map(|one| {
                    let pin = one.pin.and_then(|place| core.raise.pins.get(place));
                    DisagreementView::new(one, pin.map(|pin| (pin.agreement.to_string(), pin.clause.to_string())))
                })
                .collect(),
            doubtful_clocks: match core.closing {
                Closing::Closed { .. } => Vec::new(),
                Closing::Open(_) => clocks.of(&core.raise.participants),
            },
        }
    }
}

fn participant(seen: &ConsultationSeen<'_>, party: &Party, stance: &Stance) -> ParticipantView {
    let incident = &seen.core.raise.incident;
    let (answer, at) = match stance {
        Stance::Silent if *party == incident.raised_by => ("raised", Some(incident.raised_at)),
        Stance::Silent => ("silent", None),
        Stance::Acknowledged(at) => ("acknowledged", Some(*at)),
        Stance::Declined(at) => ("declined", Some(*at)),
        Stance::Contradictory => ("contradictory", None),
    };
    ParticipantView {
        party: party.to_string(),
        answer: answer.to_owned(),
        at: at.map(|at| at.to_string()),
        reached: seen.reached.contains(party),
    }
}

impl ItemView {
    fn new(digest: &Digest, item: &Item<'_>) -> Self {
        let (kind, text, owner, due, replaces) = match item.proposal {
            Proposal::Message { text, replaces } => ("message", text, None, None, *replaces),
            Proposal::Action { what, owner, due } => ("action", what, Some(owner.to_string()), *due, None),
        };
        let mut proposed_by: Vec<String> = item.proposed.iter().map(|(party, _)| party.to_string()).collect();
        proposed_by.dedup();
        let objection =
            |(party, words): &(&Party, &str)| DissentView { party: party.to_string(), words: (*words).to_owned() };
        Self {
            digest: hex::encode(digest),
            kind: kind.to_owned(),
            text: text.clone(),
            owner,
            due: due.map(|due| due.to_string()),
            replaces: replaces.map(|digest| hex::encode(&digest)),
            proposed_by,
            signed_by: codes(item.agreed.keys()),
            objections: item.objections.iter().map(objection).collect(),
            agreed: item.is_agreed,
        }
    }
}

impl EffectsView {
    fn new(digest: &Digest, party: &Party, effects: &Effects, say: Say) -> Self {
        let option = |option: &Choice| {
            let [neighbours, third_parties, own_public] = option.effects.clone();
            OptionView { what: option.what.clone(), nothing: option.is_nothing, neighbours, third_parties, own_public }
        };
        let dissent = |(party, words): &(Party, String)| DissentView { party: party.to_string(), words: words.clone() };
        Self {
            statement: hex::encode(digest),
            party: party.to_string(),
            options: effects.options.iter().map(option).collect(),
            chosen: effects.chosen,
            because: effects.because.clone(),
            evidence: effects.evidence.iter().map(|one| format!("{}/{}", one.originator, one.record)).collect(),
            dissent: effects.dissent.iter().map(dissent).collect(),
            lacks: effects.lacks().map(|lacks| words::lack(lacks, say)),
        }
    }
}

impl ClosingView {
    fn new(core: &Consultation<'_>, say: Say) -> Self {
        match &core.closing {
            Closing::Closed { effects, message, notes, without, .. } => Self {
                closed: true,
                waits: Vec::new(),
                by: codes(notes.keys()),
                without: codes(without),
                effects: Some(hex::encode(effects)),
                message: message.map(|digest| hex::encode(&digest)),
            },
            Closing::Open(waits) => Self {
                closed: false,
                waits: waits.iter().map(|waits| words::waits(waits, say)).collect(),
                by: Vec::new(),
                without: Vec::new(),
                effects: None,
                message: None,
            },
        }
    }
}

impl From<&PositionSeen> for PositionView {
    fn from(position: &PositionSeen) -> Self {
        Self {
            record: format!("{}/{}", position.record.0, position.record.1),
            party: position.record.0.to_string(),
            title: position.title.clone(),
            label: position.label.clone(),
            entered: moment(position.entered),
            given_to: position.given_to.iter().map(ToString::to_string).collect(),
        }
    }
}
