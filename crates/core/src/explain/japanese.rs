//! Explanations in Japanese, in the terms of the agreements on the security of information: 秘密区分, 第三者,
//! 事前の書面による承認. A consent of another party is 承認, the approval of the holder's own authority 決裁; a release
//! is 提供, a display 閲覧.

use super::{Cure, Decision, Duty, Futile, Heading, Pass, Reason, Standing, Verdict, Words, is_number, list, parts};
use crate::{
    AgreementId, ClauseId, Party, RecordId,
    agreement::clause::{Access, Action, Exempts, Kind, Mark, Notifier, RetentionAction, RetentionEvent},
    decide::LabelFailure,
    label::{Class, Label},
    time::Period,
};

pub(super) struct Japanese;

impl Words for Japanese {
    fn heading(&self, heading: Heading) -> &'static str {
        match heading {
            Heading::Label => "表示",
            Heading::Cover => "適用協定",
            Heading::Provenance => "来歴",
            Heading::Route => "経路",
            Heading::Authority => "権限",
            Heading::Lifted => "解除",
            Heading::Blocked => "不可理由",
            Heading::Nor => "その他の協定",
            Heading::WouldPermit => "許可の条件",
            Heading::Version => "代替版",
            Heading::WouldNotHelp => "効果なし",
            Heading::Onward => "再提供",
            Heading::Duty => "義務",
        }
    }

    fn headline(&self, decision: &Decision) -> String {
        let verdict = match decision.verdict() {
            Verdict::Permit => "許可",
            Verdict::Deny => "不許可",
        };
        let Decision { record, from, to, purpose, .. } = decision;
        format!("{verdict}  {} {record}  {from} -> {to}  目的 {purpose}", act(decision.action))
    }

    fn article(&self, clause: &ClauseId) -> String {
        let (article, rest) = parts(clause);
        let mut text = if is_number(article) { format!("第{article}条") } else { article.to_owned() };
        rest.for_each(|part| text += &if is_number(part) { format!("第{part}項") } else { format!("({part})") });
        text
    }

    fn assumed(&self) -> &'static str {
        "(仮定)"
    }

    fn covers(&self, equivalence_of: Option<&str>) -> String {
        match equivalence_of {
            None => "両当事者間で効力を有する".to_owned(),
            Some(base) => format!("両当事者間で効力を有する。秘密区分の対応は{base}による"),
        }
    }

    fn pass(&self, decision: &Decision, pass: &Pass) -> String {
        let Decision { from, to, .. } = decision;
        match pass {
            Pass::Originator => format!("{to}自身が作成した情報である"),
            Pass::Unmarked => "制限の表示がない".to_owned(),
            Pass::RelTo => format!("REL TOに{to}の記載あり"),
            Pass::DisplayOnly => format!("DISPLAY ONLYに{to}の記載あり(閲覧に限る)"),
            Pass::RelidoApproved => "作成元の開示権限者が承認済み".to_owned(),
            Pass::Community(agreement) => format!("{to}と作成元はともに{agreement}の当事者である"),
            Pass::OnDistribution => format!("配布先に{to}の記載あり"),
            Pass::NoCoverNeeded => "協定を必要としない".to_owned(),
            Pass::Covered => "適用協定あり".to_owned(),
            Pass::Consented { code, record, by, .. } => {
                format!("{record}に対する`{code}`の制限は{by}の承認により解除")
            }
            Pass::Unencumbered => "受領時の取決めによる制限なし".to_owned(),
            Pass::RouteAllowed => "伝達手段及び目的は認められている".to_owned(),
            Pass::NoRouteNeeded => "伝達手段の審査を要しない".to_owned(),
            Pass::Free => "自由に提供できる情報であり、決裁を要しない".to_owned(),
            Pass::Delegated => format!("{from}の包括的な委任による"),
            Pass::Approved => format!("{from}の決裁済み"),
        }
    }

    fn consent_of(&self, party: &str) -> String {
        format!("{party}の承認")
    }

    fn reason(&self, decision: &Decision, record: &RecordId, reason: &Reason) -> String {
        let Decision { from, to, purpose, .. } = decision;
        let action = act(decision.action);
        match reason {
            Reason::Label(failure) => label_failure(to, failure),
            Reason::Compartmented => {
                format!("{record}にはSCI、SAP又はAEAの表示があり、他の当事者への{action}は一切認められない")
            }
            Reason::SourceLabel { originator, failure } => format!(
                "{originator}が作成した{record}を基にしており、その表示により認められない({})。{originator}の承認の記録なし",
                label_failure(to, failure)
            ),
            Reason::NoAgreement => format!(
                "この主題について{from}から{to}への{action}に適用される協定なし。双方を当事者とする対象協定がない"
            ),
            Reason::NotInForce { view: Some((party, standing)) } => {
                format!("{party}の見解では{}", self.standing(*standing))
            }
            Reason::NotInForce { view: None } => "基礎とする協定が効力を有していない".to_owned(),
            Reason::Disputed => format!("効力の有無について{from}と{to}の見解が異なる"),
            Reason::OutOfScope => format!("{from}から{to}への全ての主題を対象範囲に含むものではない"),
            Reason::NoEquivalent { label } => match label {
                Label::Marking(marking) => match &marking.class {
                    Class::Level(level) => format!("{level}に対応する秘密区分の定めなし"),
                    Class::Term(term) => format!("{term}に対応する秘密区分の定めなし"),
                },
                Label::Tlp(_) => "対応する秘密区分の定めなし".to_owned(),
            },
            Reason::AboveCeiling { level, ceiling } => format!("{level}は上限の{ceiling}を超える"),
            Reason::ThirdParty { provider, exempts, recipient_is_party } => {
                let party = match (exempts, recipient_is_party) {
                    (Exempts::Parties, true) => format!("{to}の見解では効力を有していない"),
                    (Exempts::Parties, false) => format!("{to}は第三者であり、当事者ではない"),
                    (Exempts::None, _) => format!("提供者以外への{action}を認めていない"),
                };
                format!("これに基づき{provider}から受領。{party}。{provider}の事前の書面による承認の記録なし")
            }
            Reason::OtherPurpose { provider, provided_for } => format!(
                "{provider}から{provided_for}の目的で受領。{purpose}の目的について{provider}の事前の書面による承認の記録なし"
            ),
            Reason::Orcon { originator } => format!("ORCON: {originator}は{to}を配布先に加えていない"),
            Reason::UnknownCustody { originator } => {
                format!("{from}が{originator}の{record}をどのように、何に基づいて受領したかの記録なし")
            }
            Reason::Onward { provider } => format!("{provider}は再提供の前の照会を条件として提供した"),
            Reason::Channel { asked } => format!("伝達手段{asked}を認めていない"),
            Reason::RoutePurpose { asked } => format!("目的{asked}を認めていない"),
            Reason::Restricted { reason } => format!("{from}の国内規則による制限: {reason}"),
            Reason::Unseen { .. } => "元となったもののうち閲覧できないものによる".to_owned(),
            Reason::Approval { holder } => format!("{holder}の包括的な委任に該当せず、{to}への{action}の決裁もない"),
        }
    }

    fn nearest(&self, decision: &Decision, agreement: &AgreementId, falls_short: &str) -> String {
        let Decision { from, to, action, .. } = decision;
        let action = act(*action);
        format!(
            "この主題について{from}から{to}への{action}に適用される協定なし。最も近い協定は{agreement}: {falls_short}"
        )
    }

    fn cure(&self, decision: &Decision, cure: &Cure) -> String {
        let Decision { record, to, from, action, .. } = decision;
        match cure {
            Cure::Consent(of) => format!("{record}の{to}への{}についての{of}の事前の書面による承認", act(*action)),
            Cure::Approval(of) if of == from => format!("{of}の権限者の決裁"),
            Cure::Approval(of) => format!("{to}についての{of}の開示権限者の承認"),
            Cure::Relabel(of) => format!("{to}を記載した、{of}による新たな表示"),
        }
    }

    fn own_list(&self, decision: &Decision) -> (String, String) {
        let to = &decision.to;
        (format!("配布先への{to}の追加"), format!("--distribution {to} を付した別の記録とする"))
    }

    fn futile(&self, decision: &Decision, futile: &Futile) -> (String, String) {
        let (from, to) = (&decision.from, &decision.to);
        match futile {
            Futile::OutOfForce { agreement, clause, survives_by } => {
                let article = self.article(clause);
                let ground = match survives_by {
                    Some(by) => format!("{article}は引き続き効力を有する({})。協定の終了も同様", self.article(by)),
                    None => format!("{article}は、協定の効力にかかわらず、提供済みの情報を拘束する"),
                };
                (format!("{agreement}の効力停止"), ground)
            }
            Futile::OtherText { agreement, given_under } => (
                format!("{agreement}の発効"),
                format!("{given_under}に基づき提供された情報には引き続き{given_under}が適用される"),
            ),
            Futile::Permission { code } => ("承認又は決裁".to_owned(), format!("`{code}`を解除する手段はない")),
            Futile::ConsentToLabel { of, code } => {
                let asked = if *code == "relido" { "開示権限者の承認" } else { "新たな表示" };
                (format!("{of}の承認"), format!("表示は承認により変わらない。`{code}`には{asked}が必要"))
            }
            Futile::Political { agreements } => (
                format!("{}への署名", list(agreements, "、")),
                format!("政治文書は{from}から{to}への{}の根拠とならない", act(decision.action)),
            ),
            Futile::Relabelling { record, originator } => (
                format!("{record}の表示の変更"),
                format!("{originator}が作成した情報の制限は、表示を変えても、別の記録に作り直しても変わらない"),
            ),
        }
    }

    fn version(&self, decision: &Decision) -> String {
        let Decision { record, purpose, action, .. } = decision;
        format!("{record}に代えて、{purpose}の目的で{}できる", act(*action))
    }

    fn onward(&self, decision: &Decision) -> (String, String) {
        let Decision { from, to, .. } = decision;
        ("要照会".to_owned(), format!("{to}は、再提供の前に{from}に照会しなければならない"))
    }

    fn duty(&self, decision: &Decision, duty: &Duty) -> String {
        match &duty.kind {
            Kind::Marking { mark: Mark::Provider } => format!("{}から提供された旨を表示する", decision.from),
            Kind::Marking { mark: Mark::Equivalent } => "対応する自国の秘密区分を表示する".to_owned(),
            Kind::Access { requires } => {
                format!("取扱者を次の要件を満たす者に限る: {}", list(requires.iter().map(need), "、"))
            }
            Kind::Retention { on, action, within } => {
                let on = match on {
                    RetentionEvent::PurposeEnded => "目的が終了したとき",
                    RetentionEvent::Recall => "回収の求めがあったとき",
                    RetentionEvent::Expiry => "期限が到来したとき",
                };
                let action = match action {
                    RetentionAction::Return => "返還する",
                    RetentionAction::Destroy => "破棄する",
                };
                format!("{on}は、{}{action}", within.map(|p| format!("{}以内に", period(p))).unwrap_or_default())
            }
            Kind::Notify { event, by, when, within } => {
                let whom = if *by == Notifier::Any { "相手方" } else { decision.from.as_str() };
                let within = within.map(|p| format!("、{}以内", period(p))).unwrap_or_default();
                format!("{whom}に{event}を通知する(時期: {when}{within})")
            }
            Kind::Contractor { allowed, conditions } => {
                let permission =
                    if *allowed { "契約者への提供を認める" } else { "契約者への提供を認めない" };
                conditions.as_ref().map_or_else(|| permission.to_owned(), |text| format!("{permission}: {text}"))
            }
            other => other.name().to_owned(),
        }
    }

    fn standing(&self, standing: Standing) -> &'static str {
        match standing {
            Standing::NotYet => "未発効",
            Standing::InForce => "効力を有する",
            Standing::Suspended => "効力停止中",
            Standing::Ended => "失効",
            Standing::Terminated => "終了",
        }
    }
}

fn act(action: Action) -> &'static str {
    match action {
        Action::Release => "提供",
        Action::Display => "閲覧",
    }
}

fn need(access: &Access) -> &'static str {
    match access {
        Access::Clearance => "秘密取扱資格",
        Access::NeedToKnow => "知る必要性",
        Access::OfficialDuty => "公務上の必要",
        Access::Nationality => "国籍",
    }
}

fn period(period: Period) -> String {
    match period {
        Period::Years(n) => format!("{n}年"),
        Period::Months(n) => format!("{n}か月"),
        Period::Days(n) => format!("{n}日"),
        Period::Hours(n) => format!("{n}時間"),
    }
}

fn label_failure(to: &Party, failure: &LabelFailure) -> String {
    match failure {
        LabelFailure::NoForn => "NOFORNにより作成元以外への提供は認められない".to_owned(),
        LabelFailure::Relido { originator } => {
            format!("RELIDO: {originator}の開示権限者は{to}への開示を承認していない")
        }
        LabelFailure::NotReleasable { .. } => format!("{to}の記載なし"),
        LabelFailure::Fgi { of } => format!("{}の情報を含み、その承認がない", list(of, "、")),
        LabelFailure::FgiConcealed => "秘匿された外国情報源を含む。まず担当者が情報源を特定する必要がある".to_owned(),
        LabelFailure::NotOnDistribution { tlp, .. } => format!("{tlp}: 配布先に{to}の記載なし"),
    }
}
