//! What the specification advises (its SHOULDs), each with a name by which it can be switched off.
//!
//! The names and groups are those of OASIS's own validator, so that who knows the one knows the other. The key types are
//! [`Advice`] and [`Advices`].

use crate::problem::{Problem, suggestion};

macro_rules! advices {
    ($($variant:ident $name:literal $group:ident $says:literal,)*) => {
        /// One piece of advice.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Advice {
            $(#[doc = $says] $variant,)*
        }

        impl Advice {
            /// Every one, in the order of the validator's documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The group it is in.
            fn group(self) -> Group {
                match self {
                    $(Self::$variant => Group::$group,)*
                }
            }
        }
    };
}

/// Advice that goes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    /// How things are written.
    Formats,
    /// Which words of vocabularies are used.
    Vocabularies,
    /// Which words of other people's registries are used.
    Registries,
    /// Which words are used otherwise.
    Values,
    /// The rest.
    Other,
}

advices! {
    CustomPrefix "custom-prefix" Formats "custom names open with `x-` or `x_` and say whose they are",
    CustomPrefixLax "custom-prefix-lax" Formats "custom names open with `x-` or `x_`",
    UuidCheck "uuid-check" Formats "UUIDs are of version 5 for observables and 4 for the rest",
    OpenVocabFormat "open-vocab-format" Formats "words of vocabularies are in small letters, with hyphens",
    KillChainNames "kill-chain-names" Formats "kill chains and phases are in small letters, with hyphens",
    ObservableObjectKeys "observable-object-keys" Formats "keys of observed objects are whole numbers",
    ObservableDictionaryKeys "observable-dictionary-keys" Formats "keys of dictionaries in observables are in small letters",
    MalwareAnalysisProduct "malware-analysis-product" Formats "a product is in small letters, with hyphens",
    WindowsProcessPriorityFormat "windows-process-priority-format" Formats "a process priority ends in `_CLASS`",
    HashLength "hash-length" Formats "the name of a hash algorithm has at most 30 characters",
    MarkingDefinitionType "marking-definition-type" Values "a marking is a statement, TLP or an extension",
    RelationshipTypes "relationship-types" Values "relationships are those that are suggested for their ends",
    DuplicateIds "duplicate-ids" Values "versions of an object differ in `modified`",
    AttackMotivation "attack-motivation" Vocabularies "words are of `attack-motivation-ov`",
    AttackResourceLevel "attack-resource-level" Vocabularies "words are of `attack-resource-level-ov`",
    GroupingContext "grouping-context" Vocabularies "words are of `grouping-context-ov`",
    IdentityClass "identity-class" Vocabularies "words are of `identity-class-ov`",
    ImplementationLanguages "implementation-languages" Vocabularies "words are of `implementation-language-ov`",
    IndicatorPatternTypes "indicator-pattern-types" Vocabularies "words are of `pattern-type-ov`",
    IndicatorTypes "indicator-types" Vocabularies "words are of `indicator-type-ov`",
    IndustrySector "industry-sector" Vocabularies "words are of `industry-sector-ov`",
    InfrastructureTypes "infrastructure-types" Vocabularies "words are of `infrastructure-type-ov`",
    MalwareTypes "malware-types" Vocabularies "words are of `malware-type-ov`",
    MalwareResult "malware-result" Vocabularies "words are of `malware-result-ov`",
    MalwareCapabilities "malware-capabilities" Vocabularies "words are of `malware-capabilities-ov`",
    ProcessorArchitecture "processor-architecture" Vocabularies "words are of `processor-architecture-ov`",
    ReportTypes "report-types" Vocabularies "words are of `report-type-ov`",
    ThreatActorTypes "threat-actor-types" Vocabularies "words are of `threat-actor-type-ov`",
    ThreatActorRole "threat-actor-role" Vocabularies "words are of `threat-actor-role-ov`",
    ThreatActorSophistication "threat-actor-sophistication" Vocabularies "words are of `threat-actor-sophistication-ov`",
    ToolTypes "tool-types" Vocabularies "words are of `tool-type-ov`",
    Region "region" Vocabularies "words are of `region-ov`",
    HashAlgo "hash-algo" Vocabularies "hash algorithms are of `hash-algorithm-ov` or open with `x_`",
    WindowsPebinaryType "windows-pebinary-type" Vocabularies "words are of `windows-pebinary-type-ov`",
    AccountType "account-type" Vocabularies "words are of `account-type-ov`",
    MimeType "mime-type" Registries "media types are registered ones",
    Protocols "protocols" Registries "protocols are written as in the registry of IANA",
    Ipfix "ipfix" Registries "IPFIX elements are written as in the registry of IANA",
    HttpRequestHeaders "http-request-headers" Registries "headers are names of HTTP",
    SocketOptions "socket-options" Registries "socket options are written as the systems write them",
    PdfDocInfo "pdf-doc-info" Registries "keys of document information are those of PDF",
    Countries "countries" Registries "countries are of ISO 3166-1 alpha-2",
    NetworkTrafficPorts "network-traffic-ports" Other "traffic has both ports",
    ExtrefHashes "extref-hashes" Other "a reference with a URL has hashes of what is there",
    IndicatorProperties "indicator-properties" Other "an indicator has a name and a description",
    DeprecatedProperties "deprecated-properties" Other "deprecated properties are not used",
    ExtensionDescription "extension-description" Other "an extension definition has a description",
    ExtensionProperties "extension-properties" Other "an extension at the top level names its properties",
    ExtensionsUse "extensions-use" Other "what is custom is an extension",
}

/// Which advice is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advices(u64);

impl Default for Advices {
    /// All but the two on prefixes of custom names, which older versions of STIX gave in place of extensions.
    fn default() -> Self {
        Self::ALL.without(Advice::CustomPrefix).without(Advice::CustomPrefixLax)
    }
}

impl Advices {
    /// All of it.
    const ALL: Self = Self(u64::MAX);

    /// Whether this one is given.
    pub fn has(self, advice: Advice) -> bool {
        self.0 & (1 << advice as u64) != 0
    }

    fn with(self, advice: Advice) -> Self {
        Self(self.0 | 1 << advice as u64)
    }

    fn without(self, advice: Advice) -> Self {
        Self(self.0 & !(1 << advice as u64))
    }

    /// All advice but what is named, or that which is named and no other when nothing is switched off.
    ///
    /// Where `extensions-use` is off, custom names are expected to have a prefix instead.
    ///
    /// # Errors
    /// When a name is of no advice and no group.
    pub fn chosen<'n>(
        off: impl IntoIterator<Item = &'n str>,
        on: impl IntoIterator<Item = &'n str>,
    ) -> Result<Self, Problem> {
        let (off, on): (Vec<_>, Vec<_>) = (off.into_iter().collect(), on.into_iter().collect());
        let mut chosen = if off.is_empty() && !on.is_empty() { Self(0) } else { Self::ALL };
        for name in &off {
            chosen = named(name)?.into_iter().fold(chosen, Self::without);
        }
        if chosen.has(Advice::ExtensionsUse) {
            chosen = chosen.without(Advice::CustomPrefix).without(Advice::CustomPrefixLax);
        } else if chosen.has(Advice::CustomPrefix) {
            chosen = chosen.without(Advice::CustomPrefixLax);
        }
        for name in &on {
            chosen = named(name)?.into_iter().fold(chosen, Self::with);
        }
        Ok(chosen)
    }
}

/// The advice of that name, or of the group of that name.
fn named(name: &str) -> Result<Vec<Advice>, Problem> {
    let of = |groups: &[Group]| Advice::ALL.iter().copied().filter(|advice| groups.contains(&advice.group())).collect();
    Ok(match name {
        "all" => Advice::ALL.to_vec(),
        "format-checks" => of(&[Group::Formats]),
        "approved-values" => of(&[Group::Values, Group::Vocabularies, Group::Registries]),
        "all-vocabs" => of(&[Group::Vocabularies]),
        "all-external-sources" => of(&[Group::Registries]),
        _ => match Advice::ALL.iter().find(|advice| advice.name() == name) {
            Some(advice) => vec![*advice],
            None => {
                let groups = ["all", "format-checks", "approved-values", "all-vocabs", "all-external-sources"];
                let known = groups.into_iter().chain(Advice::ALL.iter().map(|advice| advice.name()));
                return Err(
                    Problem::new(format!("no advice is called `{name}`"), 0..name.len()).help(suggestion(name, known))
                );
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_switched_by_name_and_by_group() {
        let chosen = |off: &[&'static str], on: &[&'static str]| {
            Advices::chosen(off.iter().copied(), on.iter().copied()).unwrap()
        };
        assert!(Advice::ALL.len() < 64);
        assert_eq!(chosen(&[], &[]), Advices::default());
        assert!(!chosen(&["all-vocabs"], &[]).has(Advice::HashAlgo));
        assert!(chosen(&["all-vocabs"], &[]).has(Advice::MimeType));
        assert!(!chosen(&["approved-values"], &[]).has(Advice::MimeType));
        let prefixes = chosen(&["extensions-use"], &[]);
        assert!(prefixes.has(Advice::CustomPrefix) && !prefixes.has(Advice::CustomPrefixLax));
        let lax = chosen(&["extensions-use", "custom-prefix"], &[]);
        assert!(!lax.has(Advice::CustomPrefix) && lax.has(Advice::CustomPrefixLax));
        let only = chosen(&[], &["region"]);
        assert!(only.has(Advice::Region) && !only.has(Advice::Countries));
        assert!(Advices::chosen(["regoin"], []).unwrap_err().help.unwrap().contains("`region`"));
    }
}
