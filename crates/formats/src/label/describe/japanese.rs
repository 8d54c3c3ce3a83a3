//! Labels in Japanese.

use entente_core::{
    Country,
    label::{Owner, Tlp},
};

use super::{Heading, Release, Words, codes};
use crate::label::{capco::dissemination::Control, national_terms::NationalTerm};

pub(super) struct Japanese;

/// What a term of the other nation means, in its own signs; the own terms need none.
fn gloss(term: &str) -> &'static str {
    match term {
        "군사I급비밀" => "軍事I級秘密",
        "군사II급비밀" => "軍事II級秘密",
        "군사III급비밀" => "軍事III級秘密",
        "I급비밀" => "I級秘密",
        "II급비밀" => "II級秘密",
        "III급비밀" => "III級秘密",
        _ => "",
    }
}

/// The law that has a term, by its own name.
fn law(source: &str) -> &str {
    match source.split(['(', ',']).next().unwrap_or_default().trim() {
        "Act on the Protection of Specially Designated Secrets" => "特定秘密の保護に関する法律(平成25年法律第108号)",
        "Cabinet Order No. 149 of 1954" => "昭和29年政令第149号第1条",
        "Military Secret Protection Act" => "韓国 軍事機密保護法",
        "Security Operations Regulations" => "韓国 保安業務規程",
        _ => source,
    }
}

impl Words for Japanese {
    fn heading(&self, heading: Heading) -> &'static str {
        match heading {
            Heading::Sharing => "共有範囲",
            Heading::Class => "区分",
            Heading::Owner => "指定国",
            Heading::Term => "用語",
            Heading::Foreign => "FGI",
            Heading::Release => "提供",
            Heading::Display => "閲覧",
            Heading::Group => "集団",
            Heading::Control => "制限",
            Heading::Compartment(name) => name,
        }
    }

    fn sharing(&self, colour: Tlp) -> &'static str {
        match colour {
            Tlp::Clear => "誰とでも共有可",
            Tlp::Green => "受領者の共同体内に限る。公開不可",
            Tlp::Amber => "配布先とその中の必要とする者、およびその顧客に限る",
            Tlp::AmberStrict => "配布先とその中の必要とする者に限る",
            Tlp::Red => "渡された本人に限る",
        }
    }

    fn no_class(&self) -> &'static str {
        "なし。TLPは共有範囲を示し、秘密区分を表さない"
    }

    fn owner(&self, owner: &Owner) -> String {
        match owner {
            Owner::UnitedStates => "米国(USA)の秘密区分".to_owned(),
            Owner::Nation(nation) => format!("{nation} の秘密区分"),
            Owner::Nato => "NATOの秘密区分".to_owned(),
            Owner::Joint(owners) => format!("{} の共同秘密区分", codes(owners)),
        }
    }

    fn national_class(&self, term: &str, country: Option<&str>) -> String {
        let country = country.unwrap_or("指定国");
        format!("{term}:{country} の用語。それ自体に等級はなく、協定の対応表によってのみ等級を持つ")
    }

    fn term(&self, term: &NationalTerm) -> String {
        let gloss = gloss(term.term);
        let meaning = if gloss.is_empty() { String::new() } else { format!("「{gloss}」") };
        format!("{}: {}{meaning} ({})", term.term, term.reading, law(term.source))
    }

    fn compartment(&self, values: &str) -> String {
        format!("{values}:これを付された記録は他の当事者に渡らない")
    }

    fn concealed(&self) -> &'static str {
        "名を示さない政府の情報を含む"
    }

    fn foreign(&self, sources: &[Country]) -> String {
        format!("{} の情報を含む。先へ渡すには各国の同意が必要", codes(sources))
    }

    fn release(&self, release: &Release<'_>) -> String {
        match release {
            Release::Everybody => "非秘で制限なし。除外される国はない".to_owned(),
            Release::To(to) => format!("{} に提供可", codes(to)),
            Release::NobodyForeign => "外国には提供不可".to_owned(),
            Release::Designated => "作成国の指定権限者が決定するまで誰にも提供不可".to_owned(),
            Release::OriginatorAlone => "国名の指定なし。作成国以外には提供不可".to_owned(),
        }
    }

    fn display(&self, to: &[Country]) -> String {
        format!("写しを渡さず {} に閲覧させることができる", codes(to))
    }

    fn closed_group(&self, code: &str) -> String {
        format!("{code}:分解できない。個々の国を表さない")
    }

    fn control(&self, control: Control) -> &'static str {
        match control {
            Control::Rsen => "画像収集能力とその利用方法を保護",
            Control::Fouo => "公用に限る。作成国が認めるまで公開不可",
            Control::Orcon => "最初の配布先より先へは作成国の許可が必要",
            Control::OrconUsgov => "作成国管理。米国行政府には事前に許可済み",
            Control::Imcon => "画像分析の機微な手法を保護",
            Control::Noforn => "外国の政府・機関・個人には不可",
            Control::Propin => "企業が内密に提供した情報を含む",
            Control::RelTo => "列記された相手に提供可。他の外国には不可",
            Control::Relido => "指定開示権限者が作成国に問わず提供を決定できる",
            Control::Eyes => "列記された相手の閲覧に限る。2017年に失効した形式",
            Control::Dsen => "麻薬取締局の機微情報を含む",
            Control::Fisa => "外国情報監視法に基づき収集された情報を含む",
            Control::DisplayOnly => "列記された相手に閲覧のみ可。写しは渡さない",
        }
    }

    fn non_ic(&self, name: &str) -> &'static str {
        match name {
            "LIMDIS" => "配布を限る地理空間情報",
            "EXDIS" => "国務省による限定配布",
            "NODIS" => "名宛人本人に限る",
            "SBU" => "非秘だが機微",
            "SBU NOFORN" => "非秘だが機微。外国には不可",
            "LES" => "法執行上の機微情報",
            "LES NOFORN" => "法執行上の機微情報。外国には不可",
            "SSI" => "運輸保安上の機微情報",
            _ => "記載のまま保持",
        }
    }
}
