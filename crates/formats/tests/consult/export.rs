//! A consultation as one file, and the vectors for other implementers. The independent verifier in `examples/` reads the
//! same file.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use entente_core::{
    Party,
    consult::{Closing, Consultation, Digest, Kind, Phase, Proposal, Step},
};
use entente_formats::{
    consultation::{Export, PAYLOAD_TYPE, SignedExport, digest},
    hex,
    wire::{
        Canonical, Signed,
        consult::{RaiseStatement, StepStatement, item_digest},
        payload,
    },
};
use entente_seal::{SigningKey, dsse};

use super::{file, moment, wire};

const PARTIES: [&str; 3] = ["JPN", "KOR", "USA"];

fn key(party: &str) -> SigningKey {
    SigningKey::from_seed(&[u8::try_from(party.len()).unwrap() + party.as_bytes()[0]; 32]).unwrap()
}

fn public(party: &str) -> [u8; 32] {
    *key(party).public().as_bytes()
}

fn signed(party: &str, kind: &str, statement: Vec<u8>) -> Signed {
    let signature = dsse::sign(&key(party), kind, &statement).unwrap();
    Signed { statement, signature }
}

/// A consultation under way: its name, its signed steps, and each party's last one.
struct Story {
    name: Digest,
    raise: Signed,
    steps: Vec<Signed>,
    last: BTreeMap<&'static str, (u32, Digest)>,
    minute: i64,
}

impl Story {
    fn new() -> Self {
        let raise = signed("JPN", payload::CONSULT_RAISE, RaiseStatement::of(&wire::raise()).to_bytes());
        Self { name: digest(&raise), raise, steps: Vec::new(), last: BTreeMap::new(), minute: 2 }
    }

    fn step(&mut self, by: &'static str, kind: Kind) -> Digest {
        let (number, previous) = self.last.get(by).copied().unwrap_or((0, self.name));
        let seen = self.last.iter().filter(|(party, _)| **party != by).map(|(_, (_, digest))| *digest).collect();
        self.minute += 1;
        let at = moment("2026-11-20T00:00:00Z").as_second() + self.minute * 60;
        let at = entente_core::time::Timestamp::from_second(at).unwrap();
        let step = Step { by: by.into(), raise: self.name, number: number + 1, previous, seen, at, kind };
        let signed = signed(by, payload::CONSULT_STEP, StepStatement::of(&step).to_bytes());
        let digest = digest(&signed);
        self.last.insert(by, (number + 1, digest));
        self.steps.push(signed);
        digest
    }

    fn export(&self) -> String {
        let keys = PARTIES.map(|party| (party.to_owned(), vec![public(party)])).into();
        let export = Export {
            by: "KOR".into(),
            at: moment("2026-11-21T00:00:00Z").as_second(),
            keys,
            raise: self.raise.clone(),
            steps: self.steps.clone(),
        };
        let payload = export.payload();
        let signature = dsse::sign(&key("KOR"), PAYLOAD_TYPE, &payload).unwrap();
        SignedExport { payload, signature }.to_json(&public("KOR"))
    }
}

fn message(text: &str) -> (Digest, Kind) {
    let proposal = Proposal::Message { text: text.into(), replaces: None };
    let item = item_digest(&proposal);
    (item, Kind::Propose { item, proposal })
}

/// JPN raises; KOR and USA acknowledge; a message is agreed; USA falls silent, and the two others close without it.
fn without_one() -> Story {
    let mut story = Story::new();
    story.step("JPN", Kind::Convene { at: moment("2026-11-20T00:30:00Z"), place: "line 2".into() });
    story.step("KOR", Kind::Acknowledge { person: "당직 사관".into() });
    story.step("USA", Kind::Acknowledge { person: "watch".into() });
    let (item, propose) = message("We condemn the launch.\n");
    story.step("JPN", propose);
    for party in PARTIES {
        story.step(party, Kind::Agree { item });
    }
    let effects = story.step("KOR", Kind::Effects(wire::effects()));
    story.minute = 400;
    for party in ["JPN", "KOR"] {
        let without = vec!["USA".into()];
        story.step(party, Kind::Close { effects, message: Some(item), without, note: "closed".into(), dissent: None });
    }
    story
}

type Tell = fn() -> Story;
const FILES: [(&str, Tell); 2] = [("closed-without-one", without_one), ("two-versions", two_versions)];

/// KOR sends two versions of its first step, and nobody closes.
fn two_versions() -> Story {
    let mut story = Story::new();
    story.step("KOR", Kind::Acknowledge { person: "one".into() });
    story.last.remove("KOR");
    story.step("KOR", Kind::Decline { reason: "another".into() });
    story
}

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../vectors/consult/{name}.json"))
}

#[test]
fn the_vectors_are_of_the_present_form_and_say_what_they_should() {
    for (name, story) in FILES {
        if std::env::var_os("ENTENTE_UPDATE").is_some() {
            fs::write(path(name), story().export()).unwrap();
        }
        let again = "`ENTENTE_UPDATE=1 cargo test -p entente-formats` writes them anew";
        assert_eq!(file(&format!("vectors/consult/{name}.json")), story().export(), "{name}: {again}");
    }
    let read = |name: &str| {
        let file = SignedExport::from_json(&file(&format!("vectors/consult/{name}.json"))).unwrap();
        dsse::verify(key("KOR").public(), PAYLOAD_TYPE, &file.payload, &file.signature).unwrap();
        let export = Export::read(&file.payload).unwrap();
        assert_eq!(export.payload(), file.payload);
        export
    };
    let core_of = |export: &Export, check: &dyn Fn(&Consultation<'_>)| {
        let raise = RaiseStatement::from_bytes(&export.raise.statement).unwrap().read().unwrap();
        let steps: BTreeMap<Digest, Step> = export
            .steps
            .iter()
            .map(|signed| {
                let step = StepStatement::from_bytes(&signed.statement).unwrap().read().unwrap();
                let key = key(step.by.as_str());
                dsse::verify(key.public(), payload::CONSULT_STEP, &signed.statement, &signed.signature).unwrap();
                (digest(signed), step)
            })
            .collect();
        check(&Consultation::fold(digest(&export.raise), &raise, &steps));
    };
    core_of(&read("closed-without-one"), &|core| {
        assert_eq!(core.phase(moment("2026-11-21T00:00:00Z")), Phase::Closed);
        let Closing::Closed { without, message, .. } = &core.closing else { panic!() };
        assert_eq!(without.iter().map(|party| party.as_str()).collect::<Vec<_>>(), ["USA"]);
        assert_eq!(core.messages(), [(message.unwrap(), "We condemn the launch.\n")]);
        assert_eq!((core.doubles.len(), core.missing.len(), core.broken.len()), (0, 0, 0));
    });
    core_of(&read("two-versions"), &|core| {
        assert_eq!(core.phase(moment("2026-11-20T01:00:00Z")), Phase::Raised);
        let party: Party = "KOR".into();
        assert_eq!((&core.doubles[0].party, core.doubles[0].number, core.doubles[0].versions.len()), (&party, 1, 2));
    });
}

#[test]
fn a_payload_that_is_altered_is_no_export() {
    let file = SignedExport::from_json(&file("vectors/consult/closed-without-one.json")).unwrap();
    let text = String::from_utf8(file.payload.clone()).unwrap();
    let step = Export::read(&file.payload).unwrap().steps[0].clone();
    let doubled = format!("{{\"statement\":\"{}\"", hex::encode(&step.statement));
    let entry = text
        .split_once(&doubled)
        .map(|(_, rest)| format!("{doubled}{},", rest.split_once('}').unwrap().0.to_owned() + "}"))
        .unwrap();
    for (old, new, says) in [
        ("consultation/1", "consultation/2", "its schema is not"),
        ("\"by\":\"KOR\"", "\"by\":\"kor\"", "exporter's code"),
        ("\"by\":\"KOR\"", "\"by\":\"KOR\",\"extra\":1", "unknown field `extra`"),
        ("\"signature\":\"", "\"signature\":\"00", "not 64 bytes"),
        (entry.as_str(), &entry.repeat(2), "one stands twice"),
    ] {
        assert!(text.contains(old), "{old}");
        let error = Export::read(text.replacen(old, new, 1).as_bytes()).unwrap_err().to_string();
        assert!(error.contains(says), "{new}: {error}");
    }
    let envelope = super::file("vectors/consult/closed-without-one.json");
    for (old, new) in [
        ("vnd.entente.consultation", "vnd.other"),
        ("\"payload\":\"", "\"payload\":\"!"),
        ("\"sig\":\"", "\"sig\":\"AAAA"),
    ] {
        assert!(SignedExport::from_json(&envelope.replacen(old, new, 1)).is_err(), "{new}");
    }
}

/// The verifier in Python shares nothing with this crate. It needs `python3` with the package `cryptography`; where that
/// is missing, this says so aloud.
#[test]
fn the_independent_verifier_says_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = std::env::var_os("ENTENTE_PYTHON").unwrap_or_else(|| "python3".into());
    if !Command::new(&python).args(["-c", "import cryptography"]).output().is_ok_and(|done| done.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "python3 with the package cryptography is missing");
        eprintln!("NOT RUN: python3 with the package cryptography is missing; set ENTENTE_PYTHON to one that has it");
        return;
    }
    let script = fs::read_to_string(root.join("examples/verify_consultation.py")).unwrap();
    assert!(script.lines().count() <= 100, "it is to be read in one sitting");
    let run = |path: &Path, keys: [(&str, &str); 3]| {
        let words = keys.map(|(party, of)| format!("{party}={}", hex::encode(&public(of))));
        let done =
            Command::new(&python).arg(root.join("examples/verify_consultation.py")).arg(path).args(words).output();
        let done = done.unwrap();
        assert!(done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
        (done.status.success(), String::from_utf8(done.stdout).unwrap())
    };
    let own = PARTIES.map(|party| (party, party));
    let (holds, said) = run(&path("closed-without-one"), own);
    assert!(holds, "{said}");
    for line in
        ["closed by JPN, KOR without USA", "every signature holds", "acknowledged: KOR, USA", "signed by JPN, KOR, USA"]
    {
        assert!(said.contains(line), "{line}: {said}");
    }
    let (holds, said) = run(&path("two-versions"), own);
    assert!(holds && said.contains("TWO VERSIONS of step 1 of KOR") && said.contains("not closed"), "{said}");
    // Another key, and another text, are seen.
    let (holds, said) = run(&path("closed-without-one"), [("JPN", "JPN"), ("KOR", "KOR"), ("USA", "JPN")]);
    assert!(!holds && said.contains("step 1 of USA is not signed by it"), "{said}");
    let (holds, said) = run(&path("closed-without-one"), [("JPN", "JPN"), ("KOR", "USA"), ("USA", "USA")]);
    assert!(!holds && said.contains("the file is not signed by KOR"), "{said}");
}
