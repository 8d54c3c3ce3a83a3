//! What properties are held against: the keys of the published vectors, and agreements and national rules, all
//! compiled in. The secrets here are known to everybody.

use std::sync::LazyLock;

use entente_core::world::{Agreements, NationalRules};
use entente_formats::{agreement::parse_set, national};
use entente_log::{Ed25519KeyPair, KeyName, SignatureType, SigningKey as NoteKey};
use entente_node::Partner;
use entente_seal::{SealingKey, SigningKey};

/// The sender of `vectors/envelopes`, and a stranger to all of them.
pub(crate) static SENDER: LazyLock<SigningKey> = LazyLock::new(|| signing_key(0x11));
pub(crate) static OTHER_SENDER: LazyLock<SigningKey> = LazyLock::new(|| signing_key(0x91));
/// The receiver of `vectors/envelopes`, and a stranger to all of them.
pub(crate) static RECIPIENT: LazyLock<SealingKey> = LazyLock::new(|| sealing_key(0x22));
pub(crate) static OTHER_RECIPIENT: LazyLock<SealingKey> = LazyLock::new(|| sealing_key(0x92));
/// The guard of `vectors/envelopes`.
pub(crate) static GUARD: LazyLock<SealingKey> = LazyLock::new(|| sealing_key(0x55));
/// The party code of that receiver.
pub(crate) const RECIPIENT_CODE: &str = "JPN";

/// The seed of the root key that signs party files here.
pub(crate) const ROOT_SEED: [u8; 32] = [0x55; 32];

/// The log and the cosigner of `vectors/log`.
static LOG_PAIR: LazyLock<Ed25519KeyPair> = LazyLock::new(|| pair([0x01; 32]));
static COSIGNER_PAIR: LazyLock<Ed25519KeyPair> = LazyLock::new(|| pair([0x02; 32]));
static ROOT_PAIR: LazyLock<Ed25519KeyPair> = LazyLock::new(|| pair(ROOT_SEED));

/// The party of the seeds, whose keys are those of the published vectors.
pub(crate) static PARTNER: LazyLock<Partner> = LazyLock::new(|| {
    let signed = include_str!("../../../fuzz/corpus/a_partner_is_what_its_root_key_signed/signed");
    Partner::open(signed).expect("the party file of the seeds is sound")
});

/// The example's agreements with one of our own, and the example's national rules.
pub(crate) static AGREEMENTS: LazyLock<Agreements> = LazyLock::new(|| {
    let files: Vec<(&str, &str)> = AGREEMENT_FILES.into_iter().chain([CEILING_FILE]).map(|text| ("", text)).collect();
    parse_set(&files).expect("the agreements are sound").agreements
});
pub(crate) static NATIONAL: LazyLock<NationalRules> = LazyLock::new(|| {
    let rules = NATIONAL_FILES.map(|text| national::parse(text).expect("the example's national rules are sound"));
    rules.into_iter().map(|rules| (rules.party.clone(), rules)).collect()
});

macro_rules! example {
    ($($name:literal),* $(,)?) => {
        [$(include_str!(concat!("../../../examples/northeast-asia/", $name))),*]
    };
}

const AGREEMENT_FILES: [&str; 8] = example!(
    "agreements/commitment-to-consult-2023.toml",
    "agreements/jp-kr-gsomia-2016.toml",
    "agreements/missile-warning-sharing-2023.toml",
    "agreements/tisa-2014.toml",
    "agreements/trilateral-hypothetical.toml",
    "agreements/tscf-2024.toml",
    "agreements/us-jp-gsomia-2007.toml",
    "agreements/us-kr-gsomia-1987.toml",
);
const CEILING_FILE: &str = include_str!("ceiling.toml");
const NATIONAL_FILES: [&str; 3] = example!("national/JPN.toml", "national/KOR.toml", "national/USA.toml");

fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).expect("every seed is an Ed25519 key")
}

fn sealing_key(seed: u8) -> SealingKey {
    SealingKey::from_seed(&[seed; 32]).expect("every seed is an X-Wing key")
}

fn pair(seed: [u8; 32]) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&seed).expect("every seed is an Ed25519 key")
}

fn note_key(name: &str, signature_type: SignatureType, pair: &'static Ed25519KeyPair) -> NoteKey<'static> {
    let name = KeyName::new(name).expect("the name is a key name");
    NoteKey::new(name, signature_type, pair).expect("the pair is an Ed25519 key")
}

/// The log's key.
pub(crate) fn log_key() -> NoteKey<'static> {
    note_key("log.example/feeds", SignatureType::Ed25519, &LOG_PAIR)
}

/// The cosigner's key.
pub(crate) fn cosigner_key() -> NoteKey<'static> {
    note_key("partner.example", SignatureType::CosignatureV1, &COSIGNER_PAIR)
}

/// The public half of the root key.
pub(crate) fn root_public_key() -> [u8; 32] {
    let key = note_key("root", SignatureType::Ed25519, &ROOT_PAIR);
    key.verifier().public_key().try_into().expect("an Ed25519 key has 32 bytes")
}
