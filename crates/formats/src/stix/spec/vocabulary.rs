//! The vocabularies (section 10): open ones, whose words are advice, and enumerations, whose words are all there are.
//!
//! The key type is [`Vocabulary`].

use super::advice::Advice;

/// An open vocabulary.
#[derive(Debug)]
pub struct Vocabulary {
    /// Its name in the specification.
    pub name: &'static str,
    /// The advice that a word outside it goes against.
    pub advice: Advice,
    /// Its words, with blanks between them.
    words: &'static str,
}

impl Vocabulary {
    /// Its words.
    pub fn words(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.words.split_ascii_whitespace()
    }
}

macro_rules! vocabularies {
    ($($constant:ident $name:literal $advice:ident $words:literal)*) => {
        $(
            #[doc = concat!("`", $name, "`.")]
            pub(super) static $constant: Vocabulary =
                Vocabulary { name: $name, advice: Advice::$advice, words: $words };
        )*
    };
}

vocabularies! {
    ACCOUNT_TYPE "account-type-ov" AccountType
        "unix windows-local windows-domain ldap tacacs radius nis openid facebook skype twitter kavi"
    MOTIVATION "attack-motivation-ov" AttackMotivation
        "accidental coercion dominance ideology notoriety organizational-gain personal-gain personal-satisfaction
        revenge unpredictable"
    RESOURCE_LEVEL "attack-resource-level-ov" AttackResourceLevel
        "individual club contest team organization government"
    GROUPING "grouping-context-ov" GroupingContext
        "suspicious-activity malware-analysis unspecified"
    IDENTITY_CLASS "identity-class-ov" IdentityClass
        "individual group system organization class unknown"
    LANGUAGE "implementation-language-ov" ImplementationLanguages
        "applescript bash c c++ c# go java javascript lua objective-c perl php powershell python ruby scala swift
        typescript visual-basic x86-32 x86-64"
    PATTERN_TYPE "pattern-type-ov" IndicatorPatternTypes
        "stix pcre sigma snort suricata yara"
    INDICATOR_TYPE "indicator-type-ov" IndicatorTypes
        "anomalous-activity anonymization benign compromised malicious-activity attribution unknown"
    SECTOR "industry-sector-ov" IndustrySector
        "agriculture aerospace automotive chemical commercial communications construction defense education
        energy entertainment financial-services government emergency-services government-local
        government-national government-public-services government-regional healthcare hospitality-leisure
        infrastructure dams nuclear water insurance manufacturing mining non-profit pharmaceuticals retail
        technology telecommunications transportation utilities"
    INFRASTRUCTURE_TYPE "infrastructure-type-ov" InfrastructureTypes
        "amplification anonymization botnet command-and-control control-system exfiltration firewall
        hosting-malware hosting-target-lists phishing reconnaissance routers-switches staging workstation
        unknown"
    MALWARE_CAPABILITY "malware-capabilities-ov" MalwareCapabilities
        "accesses-remote-machines anti-debugging anti-disassembly anti-emulation anti-memory-forensics
        anti-sandbox anti-vm captures-input-peripherals captures-output-peripherals captures-system-state-data
        cleans-traces-of-infection commits-fraud communicates-with-c2 compromises-data-availability
        compromises-data-integrity compromises-system-availability controls-local-machine
        degrades-security-software degrades-system-updates determines-c2-server emails-spam escalates-privileges
        evades-av exfiltrates-data fingerprints-host hides-artifacts hides-executing-code infects-files
        infects-remote-machines installs-other-components persists-after-system-reboot prevents-artifact-access
        prevents-artifact-deletion probes-network-environment self-modifies steals-authentication-credentials
        violates-system-operational-integrity"
    MALWARE_RESULT "malware-result-ov" MalwareResult
        "malicious suspicious benign unknown"
    MALWARE_TYPE "malware-type-ov" MalwareTypes
        "adware backdoor bot bootkit ddos downloader dropper exploit-kit keylogger ransomware
        remote-access-trojan resource-exploitation rogue-security-software rootkit screen-capture spyware trojan
        unknown virus webshell wiper worm"
    ARCHITECTURE "processor-architecture-ov" ProcessorArchitecture
        "alpha arm ia-64 mips powerpc sparc x86 x86-64"
    REGION "region-ov" Region
        "africa eastern-africa middle-africa northern-africa southern-africa western-africa americas
        latin-america-caribbean south-america caribbean central-america northern-america asia central-asia
        eastern-asia southern-asia south-eastern-asia western-asia europe eastern-europe northern-europe
        southern-europe western-europe oceania australia-new-zealand melanesia micronesia polynesia antarctica"
    REPORT_TYPE "report-type-ov" ReportTypes
        "threat-report attack-pattern campaign identity indicator intrusion-set malware observed-data
        threat-actor tool vulnerability"
    ACTOR_ROLE "threat-actor-role-ov" ThreatActorRole
        "agent director independent infrastructure-architect infrastructure-operator malware-author sponsor"
    SOPHISTICATION "threat-actor-sophistication-ov" ThreatActorSophistication
        "none minimal intermediate advanced expert innovator strategic"
    ACTOR_TYPE "threat-actor-type-ov" ThreatActorTypes
        "activist competitor crime-syndicate criminal hacker insider-accidental insider-disgruntled nation-state
        sensationalist spy terrorist unknown"
    TOOL_TYPE "tool-type-ov" ToolTypes
        "denial-of-service exploitation information-gathering network-capture credential-exploitation
        remote-access vulnerability-scanning unknown"
    PE_TYPE "windows-pebinary-type-ov" WindowsPebinaryType
        "exe dll sys"
}

/// `opinion-enum`.
pub(super) const OPINION: &[&str] = &["strongly-disagree", "disagree", "neutral", "agree", "strongly-agree"];
/// `windows-registry-datatype-enum`.
pub(super) const REGISTRY_DATA: &[&str] = &[
    "REG_NONE",
    "REG_SZ",
    "REG_EXPAND_SZ",
    "REG_BINARY",
    "REG_DWORD",
    "REG_DWORD_BIG_ENDIAN",
    "REG_DWORD_LITTLE_ENDIAN",
    "REG_LINK",
    "REG_MULTI_SZ",
    "REG_RESOURCE_LIST",
    "REG_FULL_RESOURCE_DESCRIPTION",
    "REG_RESOURCE_REQUIREMENTS_LIST",
    "REG_QWORD",
    "REG_INVALID_TYPE",
];
/// `network-socket-address-family-enum`.
pub(super) const ADDRESS_FAMILY: &[&str] =
    &["AF_UNSPEC", "AF_INET", "AF_IPX", "AF_APPLETALK", "AF_NETBIOS", "AF_INET6", "AF_IRDA", "AF_BTH"];
/// `network-socket-type-enum`.
pub(super) const SOCKET_TYPE: &[&str] = &["SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_RDM", "SOCK_SEQPACKET"];
/// `windows-integrity-level-enum`.
pub(super) const INTEGRITY: &[&str] = &["low", "medium", "high", "system"];
/// `windows-service-start-type-enum`.
pub(super) const SERVICE_START: &[&str] =
    &["SERVICE_AUTO_START", "SERVICE_BOOT_START", "SERVICE_DEMAND_START", "SERVICE_DISABLED", "SERVICE_SYSTEM_ALERT"];
/// `windows-service-type-enum`.
pub(super) const SERVICE_TYPE: &[&str] = &[
    "SERVICE_KERNEL_DRIVER",
    "SERVICE_FILE_SYSTEM_DRIVER",
    "SERVICE_WIN32_OWN_PROCESS",
    "SERVICE_WIN32_SHARE_PROCESS",
];
/// `windows-service-status-enum`.
pub(super) const SERVICE_STATUS: &[&str] = &[
    "SERVICE_CONTINUE_PENDING",
    "SERVICE_PAUSE_PENDING",
    "SERVICE_PAUSED",
    "SERVICE_RUNNING",
    "SERVICE_START_PENDING",
    "SERVICE_STOP_PENDING",
    "SERVICE_STOPPED",
];
