//! Explanations in Korean, in the terms of the agreements on military secret information: 비밀등급, 제3자, 사전 서면 승인.
//! A consent of another party is 승인, the approval of the holder's own authority 결재; a release is 제공, a display 열람.
//!
//! How a particle ends depends on the sound before it. After names it follows 측 (side), or has one form only.

use super::{Cure, Decision, Duty, Futile, Heading, Pass, Reason, Standing, Verdict, Words, is_number, list, parts};
use crate::{
    AgreementId, ClauseId, Party, RecordId,
    agreement::clause::{Access, Action, Exempts, Kind, Mark, Notifier, RetentionAction, RetentionEvent},
    decide::LabelFailure,
    label::{Class, Label},
    time::Period,
};

pub(super) struct Korean;

impl Words for Korean {
    fn heading(&self, heading: Heading) -> &'static str {
        match heading {
            Heading::Label => "표시",
            Heading::Cover => "근거 협정",
            Heading::Provenance => "출처",
            Heading::Route => "경로",
            Heading::Authority => "권한",
            Heading::Lifted => "해제",
            Heading::Blocked => "불가 사유",
            Heading::Nor => "그 밖의 협정",
            Heading::WouldPermit => "허가 조건",
            Heading::Version => "대체본",
            Heading::WouldNotHelp => "효과 없음",
            Heading::Onward => "재제공",
            Heading::Duty => "의무",
        }
    }

    fn headline(&self, decision: &Decision) -> String {
        let verdict = match decision.verdict() {
            Verdict::Permit => "허가",
            Verdict::Deny => "불허",
        };
        let Decision { record, from, to, purpose, .. } = decision;
        format!("{verdict}  {} {record}  {from} -> {to}  목적 {purpose}", act(decision.action))
    }

    fn article(&self, clause: &ClauseId) -> String {
        let (article, rest) = parts(clause);
        let mut text = if is_number(article) { format!("제{article}조") } else { article.to_owned() };
        rest.for_each(|part| text += &if is_number(part) { format!("제{part}항") } else { format!("({part})") });
        text
    }

    fn assumed(&self) -> &'static str {
        "(가정)"
    }

    fn covers(&self, equivalence_of: Option<&str>) -> String {
        match equivalence_of {
            None => "양 당사자 간 유효".to_owned(),
            Some(base) => format!("양 당사자 간 유효. 비밀등급 대응은 {base}에 따름"),
        }
    }

    fn pass(&self, decision: &Decision, pass: &Pass) -> String {
        let Decision { from, to, .. } = decision;
        match pass {
            Pass::Originator => format!("{to} 측이 생산한 정보임"),
            Pass::Unmarked => "제한 표시 없음".to_owned(),
            Pass::RelTo => format!("REL TO에 {to} 기재됨"),
            Pass::DisplayOnly => format!("DISPLAY ONLY에 {to} 기재됨(열람에 한함)"),
            Pass::RelidoApproved => "생산기관의 공개 권한자가 승인함".to_owned(),
            Pass::Community(agreement) => format!("{to} 측과 생산기관 모두 {agreement}의 당사자임"),
            Pass::OnDistribution => format!("배포처에 {to} 기재됨"),
            Pass::NoCoverNeeded => "협정이 필요하지 않음".to_owned(),
            Pass::Covered => "근거 협정 있음".to_owned(),
            Pass::Consented { code, record, by, .. } => {
                format!("{record}에 대한 `{code}` 제한은 {by} 측의 승인으로 해제됨")
            }
            Pass::Unencumbered => "접수 시 합의된 제한 없음".to_owned(),
            Pass::RouteAllowed => "전달 수단과 목적이 허용됨".to_owned(),
            Pass::NoRouteNeeded => "전달 수단 심사 불필요".to_owned(),
            Pass::Free => "자유로이 제공할 수 있는 정보로서 결재 불필요".to_owned(),
            Pass::Delegated => format!("{from} 측의 상시 위임에 따름"),
            Pass::Approved => format!("{from} 측의 결재 완료"),
        }
    }

    fn consent_of(&self, party: &str) -> String {
        format!("{party} 측의 승인")
    }

    fn reason(&self, decision: &Decision, record: &RecordId, reason: &Reason) -> String {
        let Decision { from, to, purpose, .. } = decision;
        let action = act(decision.action);
        match reason {
            Reason::Label(failure) => label_failure(to, failure),
            Reason::Compartmented => {
                format!("{record}에 SCI, SAP 또는 AEA 표시가 있어 다른 당사자에 대한 {action}이 일절 허용되지 않음")
            }
            Reason::SourceLabel { originator, failure } => format!(
                "{originator} 측이 생산한 {record}에서 파생되었고, 그 표시로 인하여 불가함({}). {originator} 측의 승인 기록 없음",
                label_failure(to, failure)
            ),
            Reason::NoAgreement => format!(
                "이 주제에 관하여 {from} 측에서 {to} 측으로의 {action}에 적용되는 협정 없음. 양측을 모두 당사자로 하는 대상 협정이 없음"
            ),
            Reason::NotInForce { view: Some((party, standing)) } => {
                format!("{party} 측 입장에서는 {}", self.standing(*standing))
            }
            Reason::NotInForce { view: None } => "기초가 되는 협정이 유효하지 않음".to_owned(),
            Reason::Disputed => format!("효력 유무에 관하여 {from} 측과 {to} 측의 입장이 다름"),
            Reason::OutOfScope => {
                format!("{from} 측에서 {to} 측으로의 모든 주제가 적용 범위에 포함되지는 않음")
            }
            Reason::NoEquivalent { label } => match label {
                Label::Marking(marking) => match &marking.class {
                    Class::Level(level) => format!("{level}에 대응하는 비밀등급 규정 없음"),
                    Class::Term(term) => format!("{term}에 대응하는 비밀등급 규정 없음"),
                },
                Label::Tlp(_) => "대응하는 비밀등급 규정 없음".to_owned(),
            },
            Reason::AboveCeiling { level, ceiling } => format!("비밀등급 상한 초과: {level} (상한 {ceiling})"),
            Reason::ThirdParty { provider, exempts, recipient_is_party } => {
                let party = match (exempts, recipient_is_party) {
                    (Exempts::Parties, true) => format!("{to} 측 입장에서는 유효하지 않음"),
                    (Exempts::Parties, false) => format!("{to} 측은 당사자가 아닌 제3자임"),
                    (Exempts::None, _) => format!("제공당사자 외에 대한 {action}을 허용하지 않음"),
                };
                format!("이에 따라 {provider} 측으로부터 접수함. {party}. {provider} 측의 사전 서면 승인 기록 없음")
            }
            Reason::OtherPurpose { provider, provided_for } => format!(
                "{provider} 측으로부터 {provided_for} 목적으로 접수함. {purpose} 목적에 대한 {provider} 측의 사전 서면 승인 기록 없음"
            ),
            Reason::Orcon { originator } => format!("ORCON: {originator} 측이 {to} 측을 배포처에 포함하지 않음"),
            Reason::UnknownCustody { originator } => {
                format!("{originator} 측의 {record} 접수 경위와 근거에 관한 {from} 측의 기록 없음")
            }
            Reason::Onward { provider } => format!("{provider} 측은 재제공 전 문의를 조건으로 제공함"),
            Reason::Channel { asked } => format!("허용되지 않는 전달 수단: {asked}"),
            Reason::RoutePurpose { asked } => format!("허용되지 않는 목적: {asked}"),
            Reason::Restricted { reason } => format!("{from} 측의 국내 규정에 따른 제한: {reason}"),
            Reason::Unseen { .. } => "열람할 수 없는 원자료에 따른 것임".to_owned(),
            Reason::Approval { holder } => {
                format!("{holder} 측의 상시 위임에 해당하지 않으며, {to} 측에 대한 {action} 결재도 없음")
            }
        }
    }

    fn nearest(&self, decision: &Decision, agreement: &AgreementId, falls_short: &str) -> String {
        let Decision { from, to, action, .. } = decision;
        let action = act(*action);
        format!(
            "이 주제에 관하여 {from} 측에서 {to} 측으로의 {action}에 적용되는 협정 없음. 가장 가까운 협정은 {agreement}: {falls_short}"
        )
    }

    fn cure(&self, decision: &Decision, cure: &Cure) -> String {
        let Decision { record, to, from, action, .. } = decision;
        match cure {
            Cure::Consent(of) => format!("{record}의 {to} 측에 대한 {}에 관한 {of} 측의 사전 서면 승인", act(*action)),
            Cure::Approval(of) if of == from => format!("{of} 측 권한자의 결재"),
            Cure::Approval(of) => format!("{to} 측에 대한 {of} 측 공개 권한자의 승인"),
            Cure::Relabel(of) => format!("{to} 측을 기재한, {of} 측의 새로운 표시"),
        }
    }

    fn own_list(&self, decision: &Decision) -> (String, String) {
        let to = &decision.to;
        (format!("배포처에 {to} 추가"), format!("--distribution {to} 옵션으로 별도의 기록을 작성"))
    }

    fn futile(&self, decision: &Decision, futile: &Futile) -> (String, String) {
        let (from, to) = (&decision.from, &decision.to);
        match futile {
            Futile::OutOfForce { agreement, clause, survives_by } => {
                let article = self.article(clause);
                let ground = match survives_by {
                    Some(by) => format!("{article}의 효력은 존속함({}). 협정의 종료도 같음", self.article(by)),
                    None => format!("{article}의 제한은 협정의 효력과 관계없이 이미 제공된 정보에 계속 적용됨"),
                };
                (format!("{agreement}의 효력 정지"), ground)
            }
            Futile::OtherText { agreement, given_under } => (
                format!("{agreement}의 발효"),
                format!("{given_under}에 따라 제공된 정보에는 계속 {given_under}의 제한이 적용됨"),
            ),
            Futile::Permission { code } => ("승인 또는 결재".to_owned(), format!("`{code}` 제한을 해제할 방법이 없음")),
            Futile::ConsentToLabel { of, code } => {
                let asked = if *code == "relido" { "공개 권한자의 승인" } else { "새로운 표시" };
                (format!("{of} 측의 승인"), format!("표시는 승인으로 바뀌지 않음. `{code}`에는 {asked} 필요"))
            }
            Futile::Political { agreements } => (
                format!("{}에 대한 서명", list(agreements, ", ")),
                format!("정치적 문서는 {from} 측에서 {to} 측으로의 {}의 근거가 되지 않음", act(decision.action)),
            ),
            Futile::Relabelling { record, originator } => (
                format!("{record}의 표시 변경"),
                format!("{originator} 측이 생산한 정보의 제한은 표시를 바꾸거나 다른 기록으로 만들어도 그대로임"),
            ),
        }
    }

    fn version(&self, decision: &Decision) -> String {
        let Decision { record, purpose, action, .. } = decision;
        format!("{record} 대신 {purpose} 목적으로 {} 가능", act(*action))
    }

    fn onward(&self, decision: &Decision) -> (String, String) {
        let Decision { from, to, .. } = decision;
        ("문의 필요".to_owned(), format!("{to} 측은 재제공 전에 {from} 측에 문의하여야 함"))
    }

    fn duty(&self, decision: &Decision, duty: &Duty) -> String {
        match &duty.kind {
            Kind::Marking { mark: Mark::Provider } => format!("{} 측이 제공한 정보임을 표시함", decision.from),
            Kind::Marking { mark: Mark::Equivalent } => "대응하는 자국의 비밀등급을 표시함".to_owned(),
            Kind::Access { requires } => {
                format!("접근을 다음 요건을 갖춘 자로 한정함: {}", list(requires.iter().map(need), ", "))
            }
            Kind::Retention { on, action, within } => {
                let on = match on {
                    RetentionEvent::PurposeEnded => "목적이 종료된 때",
                    RetentionEvent::Recall => "회수 요청이 있는 때",
                    RetentionEvent::Expiry => "기한이 도래한 때",
                };
                let action = match action {
                    RetentionAction::Return => "반환함",
                    RetentionAction::Destroy => "파기함",
                };
                format!("{on} {}{action}", within.map(|p| format!("{} 이내에 ", period(p))).unwrap_or_default())
            }
            Kind::Notify { event, by, when, within } => {
                let whom = if *by == Notifier::Any { "상대방".to_owned() } else { format!("{} 측", decision.from) };
                let within = within.map(|p| format!(", {} 이내", period(p))).unwrap_or_default();
                format!("{whom}에 {event} 사항을 통보함(시기: {when}{within})")
            }
            Kind::Contractor { allowed, conditions } => {
                let permission = if *allowed {
                    "계약업체에 대한 제공 허용"
                } else {
                    "계약업체에 대한 제공 불허"
                };
                conditions.as_ref().map_or_else(|| permission.to_owned(), |text| format!("{permission}: {text}"))
            }
            other => other.name().to_owned(),
        }
    }

    fn standing(&self, standing: Standing) -> &'static str {
        match standing {
            Standing::NotYet => "미발효",
            Standing::InForce => "유효",
            Standing::Suspended => "효력 정지",
            Standing::Ended => "실효",
            Standing::Terminated => "종료",
        }
    }
}

fn act(action: Action) -> &'static str {
    match action {
        Action::Release => "제공",
        Action::Display => "열람",
    }
}

fn need(access: &Access) -> &'static str {
    match access {
        Access::Clearance => "비밀취급인가",
        Access::NeedToKnow => "알 필요성",
        Access::OfficialDuty => "공무상 필요",
        Access::Nationality => "국적",
    }
}

fn period(period: Period) -> String {
    match period {
        Period::Years(n) => format!("{n}년"),
        Period::Months(n) => format!("{n}개월"),
        Period::Days(n) => format!("{n}일"),
        Period::Hours(n) => format!("{n}시간"),
    }
}

fn label_failure(to: &Party, failure: &LabelFailure) -> String {
    match failure {
        LabelFailure::NoForn => "NOFORN 표시로 생산기관 외에는 제공 불가".to_owned(),
        LabelFailure::Relido { originator } => {
            format!("RELIDO: {originator} 측 공개 권한자가 {to} 측에 대한 공개를 승인하지 않음")
        }
        LabelFailure::NotReleasable { .. } => format!("{to} 기재 없음"),
        LabelFailure::Fgi { of } => format!("승인받지 않은 {} 측의 정보를 포함함", list(of, ", ")),
        LabelFailure::FgiConcealed => "은닉된 외국 출처의 정보를 포함함. 먼저 담당자가 출처를 밝혀야 함".to_owned(),
        LabelFailure::NotOnDistribution { tlp, .. } => format!("{tlp}: 배포처에 {to} 기재 없음"),
    }
}
