//! The registered dissemination controls: those of the intelligence community (CAPCO H.8) and the others (H.9).
//!
//! Only names, order and meaning; which of them go together is in `rules`. The key type is [`Control`].

use entente_core::{Country, label::Dissemination};

use super::form::Form;

/// A control of section 8, in the order of the register (CAPCO G.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::label) enum Control {
    Rsen,
    Fouo,
    Orcon,
    OrconUsgov,
    Imcon,
    Noforn,
    Propin,
    RelTo,
    Relido,
    Eyes,
    Dsen,
    Fisa,
    DisplayOnly,
}

/// What a control holds: a mere presence, or codes.
pub(in crate::label) enum Field<'a> {
    Flag(bool),
    Codes(&'a [Country]),
}

impl Control {
    pub(in crate::label) const ALL: [Self; 13] = [
        Self::Rsen,
        Self::Fouo,
        Self::Orcon,
        Self::OrconUsgov,
        Self::Imcon,
        Self::Noforn,
        Self::Propin,
        Self::RelTo,
        Self::Relido,
        Self::Eyes,
        Self::Dsen,
        Self::Fisa,
        Self::DisplayOnly,
    ];

    /// The canonical name: the abbreviation for banner lines, or the title where there is none.
    pub(in crate::label) fn name(self) -> &'static str {
        match self {
            Self::Rsen => "RSEN",
            Self::Fouo => "FOUO",
            Self::Orcon => "ORCON",
            Self::OrconUsgov => "ORCON-USGOV",
            Self::Imcon => "IMCON",
            Self::Noforn => "NOFORN",
            Self::Propin => "PROPIN",
            Self::RelTo => "REL TO",
            Self::Relido => "RELIDO",
            Self::Eyes => "EYES ONLY",
            // The register gives no abbreviation for a banner line; `DSEN` is its portion mark.
            Self::Dsen => "DEA SENSITIVE",
            Self::Fisa => "FISA",
            Self::DisplayOnly => "DISPLAY ONLY",
        }
    }

    /// The other name that a banner line may bear: the title, or for DEA SENSITIVE the portion mark, which many write.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Rsen => "RISK SENSITIVE",
            Self::Fouo => "FOR OFFICIAL USE ONLY",
            Self::Orcon => "ORIGINATOR CONTROLLED",
            Self::OrconUsgov => "ORIGINATOR CONTROLLED-USGOV",
            Self::Imcon => "CONTROLLED IMAGERY",
            Self::Noforn => "NOT RELEASABLE TO FOREIGN NATIONALS",
            Self::Propin => "CAUTION-PROPRIETARY INFORMATION INVOLVED",
            Self::RelTo => "AUTHORIZED FOR RELEASE TO",
            Self::Relido => "RELEASABLE BY INFORMATION DISCLOSURE OFFICIAL",
            Self::Eyes => "EYES ONLY",
            Self::Dsen => "DSEN",
            Self::Fisa => "FOREIGN INTELLIGENCE SURVEILLANCE ACT",
            Self::DisplayOnly => "DISPLAY ONLY",
        }
    }

    /// The portion mark; in front of its list, where it has one.
    pub(super) fn portion(self) -> &'static str {
        match self {
            Self::Rsen => "RS",
            Self::Orcon => "OC",
            Self::OrconUsgov => "OC-USGOV",
            Self::Imcon => "IMC",
            Self::Noforn => "NF",
            Self::Propin => "PR",
            Self::Dsen => "DSEN",
            Self::Fouo | Self::RelTo | Self::Relido | Self::Eyes | Self::Fisa | Self::DisplayOnly => self.name(),
        }
    }

    /// The names that it goes by in that form.
    pub(super) fn names(self, form: Form) -> [&'static str; 2] {
        form.names(self.title(), self.name(), self.portion())
    }

    /// What it means, in a phrase.
    pub(in crate::label) fn meaning(self) -> &'static str {
        match self {
            Self::Rsen => "protects imaging capabilities and how they are exploited",
            Self::Fouo => "for official use; not for the public until its originator says so",
            Self::Orcon => "goes beyond its first distribution only when its originator allows it",
            Self::OrconUsgov => "originator control, with the executive branch of the United States allowed beforehand",
            Self::Imcon => "protects sensitive ways of analysing imagery",
            Self::Noforn => "for no foreign government, organisation or person",
            Self::Propin => "holds what a company gave in confidence",
            Self::RelTo => "may be given to those it lists, and to nobody else abroad",
            Self::Relido => "a designated disclosure authority may decide on release without asking the originator",
            Self::Eyes => "for the eyes of those it lists; a form that expired in 2017",
            Self::Dsen => "holds sensitive information of the Drug Enforcement Administration",
            Self::Fisa => "holds what was collected under the Foreign Intelligence Surveillance Act",
            Self::DisplayOnly => "may be shown to those it lists, who get no copy",
        }
    }

    /// What the controls say about it.
    pub(in crate::label) fn field(self, controls: &Dissemination) -> Field<'_> {
        match self {
            Self::Rsen => Field::Flag(controls.rsen),
            Self::Fouo => Field::Flag(controls.fouo),
            Self::Orcon => Field::Flag(controls.orcon),
            Self::OrconUsgov => Field::Flag(controls.orcon_usgov),
            Self::Imcon => Field::Flag(controls.imcon),
            Self::Noforn => Field::Flag(controls.noforn),
            Self::Propin => Field::Flag(controls.propin),
            Self::RelTo => Field::Codes(&controls.rel_to),
            Self::Relido => Field::Flag(controls.relido),
            Self::Eyes => Field::Codes(&controls.eyes),
            Self::Dsen => Field::Flag(controls.dsen),
            Self::Fisa => Field::Flag(controls.fisa),
            Self::DisplayOnly => Field::Codes(&controls.display_only),
        }
    }

    /// Sets it, with its codes where it has a list.
    pub(in crate::label) fn set(self, controls: &mut Dissemination, codes: Vec<Country>) {
        match self {
            Self::Rsen => controls.rsen = true,
            Self::Fouo => controls.fouo = true,
            Self::Orcon => controls.orcon = true,
            Self::OrconUsgov => controls.orcon_usgov = true,
            Self::Imcon => controls.imcon = true,
            Self::Noforn => controls.noforn = true,
            Self::Propin => controls.propin = true,
            Self::RelTo => controls.rel_to = codes,
            Self::Relido => controls.relido = true,
            Self::Eyes => controls.eyes = codes,
            Self::Dsen => controls.dsen = true,
            Self::Fisa => controls.fisa = true,
            Self::DisplayOnly => controls.display_only = codes,
        }
    }

    /// Whether it has a list of codes.
    pub(super) fn has_codes(self) -> bool {
        matches!(self, Self::RelTo | Self::Eyes | Self::DisplayOnly)
    }
}

/// A control of section 9, in the order of the register (CAPCO G.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::label) struct NonIc {
    /// The abbreviation, which is the canonical form.
    pub(in crate::label) name: &'static str,
    /// The title.
    title: &'static str,
    /// The portion mark.
    pub(super) portion: &'static str,
    /// What it means, in a phrase.
    pub(in crate::label) meaning: &'static str,
}

/// The controls of section 9, in order.
pub(in crate::label) const NON_IC: [NonIc; 8] = [
    non_ic("LIMDIS", "DS", "LIMITED DISTRIBUTION", "geospatial information of limited distribution"),
    non_ic("EXDIS", "XD", "EXCLUSIVE DISTRIBUTION", "for exclusive distribution by the Department of State"),
    non_ic("NODIS", "ND", "NO DISTRIBUTION", "for its addressees by name alone"),
    non_ic("SBU", "SBU", "SENSITIVE BUT UNCLASSIFIED", "sensitive, though unclassified"),
    non_ic(
        "SBU NOFORN",
        "SBU-NF",
        "SENSITIVE BUT UNCLASSIFIED NOFORN",
        "sensitive, though unclassified; for nobody foreign",
    ),
    non_ic("LES", "LES", "LAW ENFORCEMENT SENSITIVE", "sensitive for law enforcement"),
    non_ic(
        "LES NOFORN",
        "LES-NF",
        "LAW ENFORCEMENT SENSITIVE NOFORN",
        "sensitive for law enforcement; for nobody foreign",
    ),
    non_ic("SSI", "SSI", "SENSITIVE SECURITY INFORMATION", "sensitive for the security of transport"),
];

impl NonIc {
    /// The names that it goes by in that form.
    pub(super) fn names(&self, form: Form) -> [&'static str; 2] {
        form.names(self.title, self.name, self.portion)
    }
}

const fn non_ic(name: &'static str, portion: &'static str, title: &'static str, meaning: &'static str) -> NonIc {
    NonIc { name, title, portion, meaning }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_there_in_order() {
        assert!(Control::ALL.is_sorted());
        for control in Control::ALL {
            let mut controls = Dissemination::default();
            control.set(&mut controls, vec![Country::from("USA")]);
            for other in Control::ALL {
                let is_set = match other.field(&controls) {
                    Field::Flag(flag) => flag,
                    Field::Codes(codes) => !codes.is_empty(),
                };
                assert_eq!(is_set, control == other, "{control:?} {other:?}");
            }
        }
    }
}
