//! A decision in words: what a disclosure officer reads, and signs for. Everything said here is in the
//! [`Decision`]; this module only finds the words.

use std::fmt::Write;

use crate::{
    AgreementId, ClauseId, Party, RecordId,
    agreement::{
        Basis, Standing,
        clause::{Exempts, Kind, Mark, Notifier, RetentionAction, RetentionEvent},
    },
    decide::{Block, Cure, Decision, Duty, Gate, LabelFailure, Pass, Reason, Verdict},
    label::Label,
    record::Onward,
    world::World,
};

/// One line of an explanation: a heading, what it is about, what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `Label`, `Cover`, `Blocked`, `Would permit`, …
    pub heading: std::borrow::Cow<'static, str>,
    /// The label, agreement, clause or cure.
    pub subject: String,
    /// The sentence.
    pub text: String,
}

/// `6.a` as a lawyer writes it: `art. 6(a)`.
pub fn article(clause: &ClauseId) -> String {
    let mut parts = clause.as_str().split('.');
    let mut text = format!("art. {}", parts.next().unwrap_or_default());
    for part in parts {
        let _ = write!(text, "({part})");
    }
    text
}

/// An agreement and, where one decided, its article; an assumed wording says so.
pub fn cite(world: &World<'_>, agreement: &AgreementId, clause: Option<&ClauseId>) -> String {
    let Some(clause) = clause else { return agreement.to_string() };
    let assumed = world
        .agreements
        .get(agreement)
        .is_some_and(|text| text.clauses.iter().any(|c| c.id == *clause && c.basis == Basis::Assumed));
    format!("{agreement} {}{}", article(clause), if assumed { " (assumed)" } else { "" })
}

/// The first line: `DENY  release K-0412  JPN -> USA  for missile-warning`.
pub fn headline(decision: &Decision) -> String {
    let verdict = match decision.verdict() {
        Verdict::Permit => "PERMIT",
        Verdict::Deny => "DENY",
    };
    let Decision { action, record, from, to, purpose, .. } = decision;
    format!("{verdict}  {} {record}  {from} -> {to}  for {purpose}", action.as_str())
}

/// The lines below it. `label` is the record's label in its canonical text.
pub fn lines(world: &World<'_>, decision: &Decision, label: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut say = |heading: &'static str, subject: String, text: String| {
        lines.push(Line { heading: heading.into(), subject, text });
    };

    let label_note =
        decision.passed.iter().find_map(|(gate, pass)| (*gate == Gate::Label).then(|| passed(decision, pass)));
    say("Label", label.to_owned(), label_note.unwrap_or_default());
    for cover in &decision.cover {
        let (subject, note) = match &cover.taken_from {
            None => (cite(world, &cover.agreement, cover.clause.as_ref()), String::new()),
            Some(base) => {
                (cover.agreement.to_string(), format!("; equivalence of {}", cite(world, base, cover.clause.as_ref())))
            }
        };
        say("Cover", subject, format!("in force for both{note}"));
    }
    for (gate, pass) in &decision.passed {
        match (gate, pass) {
            (Gate::Label, _) if !matches!(pass, Pass::Consented { .. }) => {}
            (_, Pass::Covered | Pass::NoRouteNeeded | Pass::RouteAllowed) => {}
            (_, Pass::Consented { citation, by, .. }) => {
                let subject = match citation {
                    Some(cited) => cite(world, &cited.agreement, cited.clause.as_ref()),
                    None => format!("{by}'s consent"),
                };
                say("Lifted", subject, passed(decision, pass));
            }
            (Gate::Provenance, Pass::Unencumbered) => {}
            (gate, pass) => say(gate_heading(*gate), passed(decision, pass), String::new()),
        }
    }
    for block in &decision.blocked {
        let subject = match &block.agreement {
            Some(agreement) => cite(world, agreement, block.clause.as_ref()),
            None => format!("{} {}", block.reason.gate().as_str(), block.reason.code()),
        };
        say("Blocked", subject, why(decision, block));
    }
    for (citation, reason) in &decision.further {
        let subject = cite(world, &citation.agreement, citation.clause.as_ref());
        say("Nor", subject, reason_words(decision, &decision.record, reason));
    }
    for set in &decision.cures {
        for cure in set {
            let (what, command) = cure_words(decision, cure);
            say("Would permit", what, command);
        }
    }
    for block in &decision.blocked {
        if let (Reason::ThirdParty { survives_by, .. }, Some(agreement), Some(clause)) =
            (&block.reason, &block.agreement, &block.clause)
        {
            let ground = match survives_by {
                Some(by) => format!("{} survives ({})", article(clause), article(by)),
                None => format!("{} binds what was provided under it, whatever its status", article(clause)),
            };
            say("Would not help", format!("suspending {agreement}"), ground);
        }
        if block.cures.is_empty() {
            say(
                "Would not help",
                "any consent or approval".to_owned(),
                format!("`{}` has no cure", block.reason.code()),
            );
        }
    }
    if decision.verdict() == Verdict::Permit {
        if decision.onward == Onward::Ask {
            say(
                "Onward",
                "ask".to_owned(),
                format!("{} must ask {} before it hands it on", decision.to, decision.from),
            );
        }
        for duty in &decision.duties {
            say("Duty", cite(world, &duty.agreement, Some(&duty.clause)), duty_words(decision, duty));
        }
    }
    lines
}

fn gate_heading(gate: Gate) -> &'static str {
    match gate {
        Gate::Label => "Label",
        Gate::Cover => "Cover",
        Gate::Provenance => "Provenance",
        Gate::Route => "Route",
        Gate::Authority => "Authority",
    }
}

/// Why a gate passes.
fn passed(decision: &Decision, pass: &Pass) -> String {
    let Decision { from, to, .. } = decision;
    match pass {
        Pass::Originator => format!("{to} is its originator"),
        Pass::Unmarked => "bears no restriction".to_owned(),
        Pass::RelTo => format!("{to} is listed"),
        Pass::DisplayOnly => format!("{to} is listed for display"),
        Pass::RelidoApproved => "the originator's disclosure authority has approved".to_owned(),
        Pass::Community(agreement) => format!("{to} shares {agreement} with the originator"),
        Pass::OnDistribution => format!("{to} is on the distribution list"),
        Pass::NoCoverNeeded => "no agreement is needed".to_owned(),
        Pass::Covered => "covered".to_owned(),
        Pass::Consented { code, record, by, .. } => format!("`{code}` on {record} lifted by the consent of {by}"),
        Pass::Unencumbered => "nothing agreed on receipt stands against it".to_owned(),
        Pass::RouteAllowed => "channel and purpose are allowed".to_owned(),
        Pass::NoRouteNeeded => "nothing to route".to_owned(),
        Pass::Free => "free: no authority is needed".to_owned(),
        Pass::Delegated => format!("a standing delegation of {from}"),
        Pass::Approved => format!("approved by {from}"),
    }
}

/// The sentence of a block.
pub fn why(decision: &Decision, block: &Block) -> String {
    let words = reason_words(decision, &block.record, &block.reason);
    if block.reason.gate() == Gate::Cover && block.agreement.is_some() {
        format!("nearest agreement; {words}")
    } else {
        words
    }
}

fn reason_words(decision: &Decision, record: &RecordId, reason: &Reason) -> String {
    let Decision { from, to, action, .. } = decision;
    match reason {
        Reason::Label(failure) => label_failure(to, failure),
        Reason::Compartmented => format!("{record} bears SCI, SAP or AEA, which never crosses to another party"),
        Reason::SourceLabel { originator, failure } => format!(
            "made from {record} of {originator}, whose label stands: {}; no consent of {originator} on file",
            label_failure(to, failure)
        ),
        Reason::NoAgreement => format!("no agreement covers {from} to {to}"),
        Reason::NotInForce { view: Some((party, standing)) } => {
            format!("{} in the view of {party}", standing_words(*standing))
        }
        Reason::NotInForce { view: None } => "an agreement that it relies on is not in force".to_owned(),
        Reason::Disputed => format!("{from} and {to} differ about whether it is in force"),
        Reason::OutOfScope => format!("its scope does not hold every subject from {from} to {to}"),
        Reason::NoEquivalent { label } => match label {
            Label::Marking(marking) => format!(
                "no equivalence row for {}",
                match &marking.class {
                    crate::label::Class::Level(level) => level.as_str(),
                    crate::label::Class::Term(term) => term,
                }
            ),
            Label::Tlp(_) => "no equivalence row".to_owned(),
        },
        Reason::AboveCeiling { level, ceiling } => {
            format!("{level} is above its ceiling {ceiling}")
        }
        Reason::ThirdParty { provider, exempts, recipient_is_party, .. } => {
            let party = match (exempts, recipient_is_party) {
                (Exempts::Parties, true) => format!("it is not in force in the view of {to}"),
                (Exempts::Parties, false) => format!("{to} is not a party"),
                (Exempts::None, _) => "it lets nobody but the provider have it".to_owned(),
            };
            format!("received from {provider} under it; {party}; no approval of {provider} on file")
        }
        Reason::OtherPurpose { provider, provided_for } => {
            format!("received from {provider} for {provided_for}; no approval of {provider} for {}", decision.purpose)
        }
        Reason::Orcon { originator } => format!("ORCON: {originator} has not put {to} on the distribution list"),
        Reason::UnknownCustody { originator } => {
            format!("how {from} came to hold {record} of {originator}, and under what, is not on file")
        }
        Reason::Onward { provider } => format!("{provider} gave it to be asked before it goes on"),
        Reason::Channel { asked } => format!("does not allow the channel {asked}"),
        Reason::RoutePurpose { asked } => format!("does not allow the purpose {asked}"),
        Reason::Restricted { reason } => format!("a national restriction of {from}: {reason}"),
        Reason::Approval { holder } => {
            format!("no standing delegation of {holder} holds, and no approval to {} it to {to}", action.as_str())
        }
    }
}

fn label_failure(to: &Party, failure: &LabelFailure) -> String {
    match failure {
        LabelFailure::NoForn => "NOFORN bars every party but the originator".to_owned(),
        LabelFailure::Relido { originator } => {
            format!("RELIDO: the disclosure authority of {originator} has not approved {to}")
        }
        LabelFailure::NotReleasable { .. } => format!("{to} is not listed"),
        LabelFailure::Fgi { of } => {
            let names: Vec<&str> = of.iter().map(crate::Country::as_str).collect();
            format!("holds information of {} without their consent", names.join(", "))
        }
        LabelFailure::FgiConcealed => "holds information of a concealed source: a person must name it first".to_owned(),
        LabelFailure::NotOnDistribution { tlp, .. } => format!("{tlp}: {to} is not on the distribution list"),
    }
}

/// How an agreement stands, in words.
pub fn standing_words(standing: Standing) -> &'static str {
    match standing {
        Standing::NotYet => "not yet in force",
        Standing::InForce => "in force",
        Standing::Suspended => "suspended",
        Standing::Ended => "ended",
        Standing::Terminated => "terminated",
    }
}

/// What a cure asks for, and the command that asks it.
fn cure_words(decision: &Decision, cure: &Cure) -> (String, String) {
    let Decision { record, to, from, action, purpose, .. } = decision;
    let action = action.as_str();
    // Without more, consent is asked for the purpose that the record was provided for.
    let is_other = decision.blocked.iter().any(|block| matches!(block.reason, Reason::OtherPurpose { .. }));
    let other_purpose = if is_other { format!(" --purpose {purpose}") } else { String::new() };
    match cure {
        // Nobody asks himself: what the originator's own consent would do, its distribution list does.
        Cure::Consent(of) if of == from => {
            (format!("{to} on the distribution list"), format!("a record of its own, with --distribution {to}"))
        }
        Cure::Consent(of) => (
            format!("{of}'s written consent to {action} {record} to {to}"),
            format!("entente consent ask {record} --of {of} --for {to}{other_purpose}"),
        ),
        Cure::Approval(of) if of == from => {
            (format!("the approval of {of}'s own authority"), format!("entente approve {record} --to {to}"))
        }
        Cure::Approval(of) => (format!("the approval of {of}'s disclosure authority for {to}"), String::new()),
        Cure::Relabel(of) => (format!("a new label by {of} that lists {to}"), String::new()),
    }
}

/// What a duty asks of the recipient.
pub fn duty_words(decision: &Decision, duty: &Duty) -> String {
    let Decision { from, .. } = decision;
    let within =
        |period: &Option<crate::time::Period>| period.map(|p| format!(" within {}", p.words())).unwrap_or_default();
    match &duty.kind {
        Kind::Marking { mark: Mark::Provider } => format!("mark it as provided by {from}"),
        Kind::Marking { mark: Mark::Equivalent } => "add the equivalent national marking".to_owned(),
        Kind::Access { requires } => {
            let needs: Vec<&str> = requires.iter().map(|need| need.as_str()).collect();
            format!("give access only with {}", needs.join(", "))
        }
        Kind::Retention { on, action, within: period } => {
            let action = match action {
                RetentionAction::Return => "return it",
                RetentionAction::Destroy => "destroy it",
            };
            let on = match on {
                RetentionEvent::PurposeEnded => "when the purpose has ended",
                RetentionEvent::Recall => "on recall",
                RetentionEvent::Expiry => "on expiry",
            };
            format!("{action} {on}{}", within(period))
        }
        Kind::Notify { event, by, when, within: period } => {
            let whom = if *by == Notifier::Any { "the other party" } else { from.as_str() };
            format!("notify {whom} of {event} {when}{}", within(period))
        }
        Kind::Contractor { allowed, conditions } => {
            let permission = if *allowed { "contractors may have it" } else { "no contractor may have it" };
            conditions.as_ref().map_or_else(|| permission.to_owned(), |text| format!("{permission}: {text}"))
        }
        other => other.name().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_read_as_lawyers_write_them() {
        for (id, words) in [("6.a", "art. 6(a)"), ("21.4", "art. 21(4)"), ("17", "art. 17"), ("1.2.b", "art. 1(2)(b)")]
        {
            assert_eq!(article(&ClauseId::from(id)), words);
        }
    }
}
