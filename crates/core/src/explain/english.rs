//! Explanations in English.

use super::{Cure, Decision, Duty, Futile, Heading, Pass, Reason, Standing, Verdict, Words, list, parts};
use crate::{
    AgreementId, ClauseId, Party, RecordId,
    agreement::clause::{Exempts, Kind, Mark, Notifier, RetentionAction, RetentionEvent},
    decide::LabelFailure,
    label::{Class, Label},
    time::Period,
};

pub(super) struct English;

impl Words for English {
    fn heading(&self, heading: Heading) -> &'static str {
        match heading {
            Heading::Label => "Label",
            Heading::Cover => "Cover",
            Heading::Provenance => "Provenance",
            Heading::Route => "Route",
            Heading::Authority => "Authority",
            Heading::Lifted => "Lifted",
            Heading::Blocked => "Blocked",
            Heading::Nor => "Nor",
            Heading::WouldPermit => "Would permit",
            Heading::Version => "Version",
            Heading::WouldNotHelp => "Would not help",
            Heading::Onward => "Onward",
            Heading::Duty => "Duty",
        }
    }

    fn headline(&self, decision: &Decision) -> String {
        let verdict = match decision.verdict() {
            Verdict::Permit => "PERMIT",
            Verdict::Deny => "DENY",
        };
        let Decision { action, record, from, to, purpose, .. } = decision;
        format!("{verdict}  {} {record}  {from} -> {to}  for {purpose}", action.as_str())
    }

    fn article(&self, clause: &ClauseId) -> String {
        let (article, rest) = parts(clause);
        format!("art. {article}{}", rest.map(|part| format!("({part})")).collect::<String>())
    }

    fn assumed(&self) -> &'static str {
        " (assumed)"
    }

    fn covers(&self, equivalence_of: Option<&str>) -> String {
        match equivalence_of {
            None => "in force for both".to_owned(),
            Some(base) => format!("in force for both; equivalence of {base}"),
        }
    }

    fn pass(&self, decision: &Decision, pass: &Pass) -> String {
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

    fn consent_of(&self, party: &str) -> String {
        format!("{party}'s consent")
    }

    fn reason(&self, decision: &Decision, record: &RecordId, reason: &Reason) -> String {
        let Decision { from, to, action, purpose, .. } = decision;
        match reason {
            Reason::Label(failure) => label_failure(to, failure),
            Reason::Compartmented => format!("{record} bears SCI, SAP or AEA, which never crosses to another party"),
            Reason::SourceLabel { originator, failure } => format!(
                "made from {record} of {originator}, whose label stands: {}; no consent of {originator} on file",
                label_failure(to, failure)
            ),
            Reason::NoAgreement => {
                format!(
                    "no agreement covers {from} to {to} for this subject: none that counts here has both as parties"
                )
            }
            Reason::NotInForce { view: Some((party, standing)) } => {
                format!("{} in the view of {party}", self.standing(*standing))
            }
            Reason::NotInForce { view: None } => "an agreement that it relies on is not in force".to_owned(),
            Reason::Disputed => format!("{from} and {to} differ about whether it is in force"),
            Reason::OutOfScope => format!("its scope does not hold every subject from {from} to {to}"),
            Reason::NoEquivalent { label } => match label {
                Label::Marking(marking) => match &marking.class {
                    Class::Level(level) => format!("no equivalence row for {level}"),
                    Class::Term(term) => format!("no equivalence row for {term}"),
                },
                Label::Tlp(_) => "no equivalence row".to_owned(),
            },
            Reason::AboveCeiling { level, ceiling } => format!("{level} is above its ceiling {ceiling}"),
            Reason::ThirdParty { provider, exempts, recipient_is_party } => {
                let party = match (exempts, recipient_is_party) {
                    (Exempts::Parties, true) => format!("it is not in force in the view of {to}"),
                    (Exempts::Parties, false) => format!("{to} is not a party"),
                    (Exempts::None, _) => "it lets nobody but the provider have it".to_owned(),
                };
                format!("received from {provider} under it; {party}; no approval of {provider} on file")
            }
            Reason::OtherPurpose { provider, provided_for } => {
                format!("received from {provider} for {provided_for}; no approval of {provider} for {purpose}")
            }
            Reason::Orcon { originator } => format!("ORCON: {originator} has not put {to} on the distribution list"),
            Reason::UnknownCustody { originator } => {
                format!("how {from} came to hold {record} of {originator}, and under what, is not on file")
            }
            Reason::Onward { provider } => format!("{provider} gave it to be asked before it goes on"),
            Reason::Channel { asked } => format!("does not allow the channel {asked}"),
            Reason::RoutePurpose { asked } => format!("does not allow the purpose {asked}"),
            Reason::Restricted { reason } => format!("a national restriction of {from}: {reason}"),
            Reason::Unseen { .. } => "something that it was made from, and that you may not see".to_owned(),
            Reason::Approval { holder } => {
                format!("no standing delegation of {holder} holds, and no approval to {} it to {to}", action.as_str())
            }
        }
    }

    fn nearest(&self, decision: &Decision, agreement: &AgreementId, falls_short: &str) -> String {
        let Decision { from, to, .. } = decision;
        format!("no agreement covers {from} to {to} for this subject; nearest: {agreement}: {falls_short}")
    }

    fn cure(&self, decision: &Decision, cure: &Cure) -> String {
        let Decision { record, to, from, action, .. } = decision;
        match cure {
            Cure::Consent(of) => format!("{of}'s written consent to {} {record} to {to}", action.as_str()),
            Cure::Approval(of) if of == from => format!("the approval of {of}'s own authority"),
            Cure::Approval(of) => format!("the approval of {of}'s disclosure authority for {to}"),
            Cure::Relabel(of) => format!("a new label by {of} that lists {to}"),
        }
    }

    fn own_list(&self, decision: &Decision) -> (String, String) {
        let to = &decision.to;
        (format!("{to} on the distribution list"), format!("a record of its own, with --distribution {to}"))
    }

    fn futile(&self, decision: &Decision, futile: &Futile) -> (String, String) {
        let (from, to) = (&decision.from, &decision.to);
        match futile {
            Futile::OutOfForce { agreement, clause, survives_by } => {
                let article = self.article(clause);
                let ground = match survives_by {
                    Some(by) => format!("{article} survives ({}); nor would terminating it", self.article(by)),
                    None => format!("{article} binds what was provided under it, whatever its status"),
                };
                (format!("suspending {agreement}"), ground)
            }
            Futile::OtherText { agreement, given_under } => (
                format!("{agreement} in force"),
                format!("what was provided under {given_under} stays under {given_under}"),
            ),
            Futile::Permission { code } => ("any consent or approval".to_owned(), format!("`{code}` has no cure")),
            Futile::ConsentToLabel { of, code } => {
                let asked = if *code == "relido" { "the approval of its disclosure authority" } else { "a new label" };
                (format!("{of}'s consent"), format!("its label stands: `{code}` asks for {asked}"))
            }
            Futile::Political { agreements } => (
                format!("signing {}", list(agreements, ", ")),
                format!("a political text covers nothing from {from} to {to}"),
            ),
            Futile::Relabelling { record, originator } => (
                format!("relabelling {record}"),
                format!("what {originator} made stays as {originator} gave it, also in a record made from it"),
            ),
        }
    }

    fn version(&self, decision: &Decision) -> String {
        format!("would be permitted in its place, for {}", decision.purpose)
    }

    fn onward(&self, decision: &Decision) -> (String, String) {
        let Decision { from, to, .. } = decision;
        ("ask".to_owned(), format!("{to} must ask {from} before it hands it on"))
    }

    fn duty(&self, decision: &Decision, duty: &Duty) -> String {
        let within = |period: &Option<Period>| period.map(|p| format!(" within {}", p.words())).unwrap_or_default();
        match &duty.kind {
            Kind::Marking { mark: Mark::Provider } => format!("mark it as provided by {}", decision.from),
            Kind::Marking { mark: Mark::Equivalent } => "add the equivalent national marking".to_owned(),
            Kind::Access { requires } => {
                format!("give access only with {}", list(requires.iter().map(|need| need.as_str()), ", "))
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
                let whom = if *by == Notifier::Any { "the other party" } else { decision.from.as_str() };
                format!("notify {whom} of {event} {when}{}", within(period))
            }
            Kind::Contractor { allowed, conditions } => {
                let permission = if *allowed { "contractors may have it" } else { "no contractor may have it" };
                conditions.as_ref().map_or_else(|| permission.to_owned(), |text| format!("{permission}: {text}"))
            }
            other => other.name().to_owned(),
        }
    }

    fn standing(&self, standing: Standing) -> &'static str {
        match standing {
            Standing::NotYet => "not yet in force",
            Standing::InForce => "in force",
            Standing::Suspended => "suspended",
            Standing::Ended => "ended",
            Standing::Terminated => "terminated",
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
        LabelFailure::Fgi { of } => format!("holds information of {} without their consent", list(of, ", ")),
        LabelFailure::FgiConcealed => "holds information of a concealed source: a person must name it first".to_owned(),
        LabelFailure::NotOnDistribution { tlp, .. } => format!("{tlp}: {to} is not on the distribution list"),
    }
}
