//! Labels in Korean.

use entente_core::{
    Country,
    label::{Owner, Tlp},
};

use super::{Heading, Release, Words, codes};
use crate::label::{capco::dissemination::Control, national_terms::NationalTerm};

pub(super) struct Korean;

/// What a term of the other nation means, in its own signs; the own terms need none.
fn gloss(term: &str) -> &'static str {
    match term {
        "特定秘密" => "특정비밀",
        "機密" => "기밀",
        "極秘" => "극비",
        "秘" => "비",
        _ => "",
    }
}

/// The law that has a term, by its own name.
fn law(source: &str) -> &str {
    match source.split(['(', ',']).next().unwrap_or_default().trim() {
        "Act on the Protection of Specially Designated Secrets" => {
            "일본 특정비밀의 보호에 관한 법률(2013년 법률 제108호)"
        }
        "Cabinet Order No. 149 of 1954" => "일본 1954년 정령 제149호 제1조",
        "Military Secret Protection Act" => "군사기밀보호법",
        "Security Operations Regulations" => "보안업무규정",
        _ => source,
    }
}

impl Words for Korean {
    fn heading(&self, heading: Heading) -> &'static str {
        match heading {
            Heading::Sharing => "공유 범위",
            Heading::Class => "등급",
            Heading::Owner => "지정국",
            Heading::Term => "용어",
            Heading::Foreign => "FGI",
            Heading::Release => "제공",
            Heading::Display => "열람",
            Heading::Group => "집단",
            Heading::Control => "제한",
            Heading::Compartment(name) => name,
        }
    }

    fn sharing(&self, colour: Tlp) -> &'static str {
        match colour {
            Tlp::Clear => "누구와도 공유 가능",
            Tlp::Green => "받은 이들의 공동체 안에서만. 공개 불가",
            Tlp::Amber => "배포 대상과 그 안에서 필요한 사람 및 그 고객에 한함",
            Tlp::AmberStrict => "배포 대상과 그 안에서 필요한 사람에 한함",
            Tlp::Red => "받은 본인에 한함",
        }
    }

    fn no_class(&self) -> &'static str {
        "없음. TLP는 공유 범위를 말하며 등급을 뜻하지 않음"
    }

    fn owner(&self, owner: &Owner) -> String {
        match owner {
            Owner::UnitedStates => "미국(USA)의 비밀 등급".to_owned(),
            Owner::Nation(nation) => format!("{nation}의 비밀 등급"),
            Owner::Nato => "NATO의 비밀 등급".to_owned(),
            Owner::Joint(owners) => format!("{}의 공동 비밀 등급", codes(owners)),
        }
    }

    fn national_class(&self, term: &str, country: Option<&str>) -> String {
        let country = country.unwrap_or("지정국");
        format!("{term}: {country}의 용어. 그 자체에는 등급이 없고 협정의 대응표로만 등급을 가짐")
    }

    fn term(&self, term: &NationalTerm) -> String {
        let gloss = gloss(term.term);
        let meaning = if gloss.is_empty() { String::new() } else { format!(" ‘{gloss}’") };
        format!("{}: {}{meaning} ({})", term.term, term.reading, law(term.source))
    }

    fn compartment(&self, values: &str) -> String {
        format!("{values}: 이것이 붙은 기록은 다른 당사자에게 넘어가지 않음")
    }

    fn concealed(&self) -> &'static str {
        "이름을 밝히지 않은 정부의 정보를 담음"
    }

    fn foreign(&self, sources: &[Country]) -> String {
        format!("{}의 정보를 담음. 더 전달하려면 각국의 동의가 필요", codes(sources))
    }

    fn release(&self, release: &Release<'_>) -> String {
        match release {
            Release::Everybody => "비밀이 아니고 제한 없음. 제외되는 나라 없음".to_owned(),
            Release::To(to) => format!("{}에 제공 가능", codes(to)),
            Release::NobodyForeign => "외국에는 제공 불가".to_owned(),
            Release::Designated => "작성국의 지정 권한자가 결정할 때까지 누구에게도 제공 불가".to_owned(),
            Release::OriginatorAlone => "지정된 나라 없음. 작성국 외에는 제공 불가".to_owned(),
        }
    }

    fn display(&self, to: &[Country]) -> String {
        format!("사본 없이 {}에 보여 줄 수 있음", codes(to))
    }

    fn closed_group(&self, code: &str) -> String {
        format!("{code}: 나눌 수 없음. 개별 국가를 뜻하지 않음")
    }

    fn control(&self, control: Control) -> &'static str {
        match control {
            Control::Rsen => "영상 수집 능력과 그 활용 방법을 보호",
            Control::Fouo => "공무용. 작성국이 허용할 때까지 공개 불가",
            Control::Orcon => "첫 배포 범위를 넘으려면 작성국의 허락 필요",
            Control::OrconUsgov => "작성국 통제. 미국 행정부에는 미리 허락됨",
            Control::Imcon => "영상 분석의 민감한 기법을 보호",
            Control::Noforn => "외국 정부·기관·개인에게 불가",
            Control::Propin => "기업이 비밀리에 준 정보를 담음",
            Control::RelTo => "적힌 상대에게 제공 가능. 다른 외국에는 불가",
            Control::Relido => "지정 공개 권한자가 작성국에 묻지 않고 제공을 결정할 수 있음",
            Control::Eyes => "적힌 상대만 열람. 2017년에 폐지된 형식",
            Control::Dsen => "마약단속국의 민감 정보를 담음",
            Control::Fisa => "해외정보감시법에 따라 수집된 정보를 담음",
            Control::DisplayOnly => "적힌 상대에게 보여 줄 수만 있음. 사본은 주지 않음",
        }
    }

    fn non_ic(&self, name: &str) -> &'static str {
        match name {
            "LIMDIS" => "배포가 제한된 지리 공간 정보",
            "EXDIS" => "국무부의 한정 배포",
            "NODIS" => "수신인 본인에 한함",
            "SBU" => "비밀은 아니나 민감",
            "SBU NOFORN" => "비밀은 아니나 민감. 외국에는 불가",
            "LES" => "법 집행상 민감",
            "LES NOFORN" => "법 집행상 민감. 외국에는 불가",
            "SSI" => "운송 보안상 민감",
            _ => "적힌 대로 보존",
        }
    }
}
