//! What properties begin with: inputs taken from the published vectors and the example, and values of every wire type.

mod consult;
mod wire;

use std::{fs, path::Path};

use entente_core::time::Timestamp;
use entente_formats::{
    hex,
    party::{self, KeyKind, OtherKey, PartyFile, Standing},
};
use entente_log::{Checkpoint, Ed25519KeyPair, KeyName, MlDsa44KeyPair, SignatureType, TlogProof};
use entente_node::{Partner, lane::ledger_origin, ledger::Interval, proof::Extra};
use entente_seal::{SealingKey, SigningKey};
use serde_json::Value;

/// A seed: the name of its file, and its bytes.
pub(crate) type Seed = (String, Vec<u8>);

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a directory with that ending: name without the ending, and text; in order.
fn files(directory: &str, ending: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(directory);
    let names = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), read(&format!("{directory}/{name}{ending}")))).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn labels() -> Vec<String> {
    let lines = ["capco", "tlp", "bad"].map(|name| read(&format!("vectors/labels/{name}.jsonl"))).concat();
    lines.lines().map(|line| text(&serde_json::from_str::<Value>(line).unwrap()["text"])).collect()
}

/// The portion marks of the vectors, each with the banner line over it on a second line, if it has one.
fn portions() -> Vec<String> {
    let lines = read("vectors/labels/portions.jsonl");
    let cases = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let banner = |case: &Value| case["banner"].as_str().map(|banner| format!("\n{banner}")).unwrap_or_default();
    cases.map(|case| text(&case["text"]) + &banner(&case)).collect()
}

/// The parts of each roll-up of the vectors, one a line.
fn roll_ups() -> Vec<String> {
    let lines = read("vectors/labels/rollup.jsonl");
    let cases = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    cases.map(|case| case["parts"].as_array().unwrap().iter().map(text).collect::<Vec<_>>().join("\n")).collect()
}

/// The texts that conversion has vectors for, of one source.
fn conversions(source: &str) -> Vec<String> {
    let lines = read(&format!("vectors/labels/convert/{source}.jsonl"));
    lines.lines().map(|line| text(&serde_json::from_str::<Value>(line).unwrap()["text"])).collect()
}

/// The envelopes of the vectors, by name, without the zeros that one of them is to be lengthened by.
fn envelopes() -> Vec<Seed> {
    let cases = files("vectors/envelopes", ".json").into_iter();
    let bytes = |case: &str| hex::decode(&text(&serde_json::from_str::<Value>(case).unwrap()["envelope"])).unwrap();
    cases.map(|(name, case)| (name, bytes(&case))).collect()
}

/// The cases of a file of `vectors/log`.
fn log_cases(name: &str) -> Vec<Value> {
    serde_json::from_str(&read(&format!("vectors/log/{name}.json"))).unwrap()
}

/// Each kind of supposition, and all of them together.
fn suppositions() -> Vec<Seed> {
    let text = "schema = \"entente.agreement/1\"\nid = \"pact\"\ntitle = \"Pact\"\nforce = \"binding\"\n\
        parties = [\"JPN\", \"USA\"]\n[[act]]\nby = \"*\"\ndate = 2026-01-01\nkind = \"entered-into-force\"\n";
    let rules = "schema = \"entente.national/1\"\nparty = \"JPN\"\nprefer = [\"pact\"]\n";
    let all = serde_json::json!([
        { "remove": { "agreement": "tisa-2014" } },
        { "add": { "text": text } },
        { "enter": { "agreement": "pact", "by": "JPN" } },
        { "suspend": { "agreement": "pact", "by": null } },
        { "resume": { "agreement": "pact", "by": "USA" } },
        { "national": { "texts": [rules] } },
    ]);
    let twice = serde_json::json!([{ "national": { "texts": [rules, rules] } }]);
    let bad = serde_json::json!([{ "add": { "text": "id = 1\n" } }]);
    let seeds = [("all", all), ("the-same-rules-twice", twice), ("a-text-with-a-problem", bad)];
    seeds.map(|(name, seed)| (name.to_owned(), seed.to_string().into_bytes())).into()
}

fn notes() -> Vec<Seed> {
    let slug = |name: &Value| text(name).replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    log_cases("checkpoints").iter().map(|case| (slug(&case["name"]), text(&case["note"]).into_bytes())).collect()
}

/// The records of request lines as their holders hold them, and all of them together.
fn holdings() -> Vec<Seed> {
    let held = requests().into_iter().filter_map(|(name, line)| {
        let request: Value = serde_json::from_slice(&line).ok()?;
        let held = serde_json::json!({"holder": request["from"], "record": request["record"]});
        Some((name, held.to_string().into_bytes()))
    });
    let mut seeds: Vec<Seed> = held.collect();
    let lines: Vec<&[u8]> = seeds.iter().map(|(_, line)| &line[..]).collect();
    let together = lines.join(&b'\n');
    seeds.push(("together".to_owned(), together));
    seeds
}

fn agreements() -> Vec<(String, String)> {
    files("examples/northeast-asia/agreements", ".toml")
}

/// Agreements as other hands write them: inline tables, dotted keys, other quotes, comments everywhere.
fn disordered() -> Vec<Seed> {
    let inline = r#"clause=[{kind='third-party',"blocks"=["release",'display'],id="6.a"}, # of article 6
 {id="1",kind="meet",body="""\
  the ministers""",every="2w"}]
survival.clauses=["6.a"] # lasting
duration={notice_days=0x5A,term="1y"}
parties=["JPN","KOR"]
title="On\tsharing \"it\""
force="binding"
id="a-b-2020"
schema="entente.agreement/1""#;
    let commented = "# about the file

schema = 'entente.agreement/1'#1
#2
id = 'c-d'
title = '''a
b''' #3
force='arrangement'
parties = [ #4
'KOR', #5
#6
'JPN' #7
] #8
relies_on = ['a-b-2020'
#9
]
#10
[[clause]] #11
id='4'
kind='equivalence'
ceiling='SECRET'
[[clause.rows]] #12
level='SECRET' #13
JPN=['a',#14
]
[[act]]
#15
by='*'
date=2020-02-29
kind='signed'

#16";
    let commented = commented.replace('\n', "\r\n");
    vec![("inline".to_owned(), inline.into()), ("commented".to_owned(), commented.into())]
}

fn national() -> Vec<(String, String)> {
    files("examples/northeast-asia/national", ".toml")
}

fn requests() -> Vec<Seed> {
    let record = |label: &str, originator: &str, rest: &str| {
        format!(
            r#"{{"id":"K-0412","label":"{label}","originator":"{originator}","subjects":["dprk-missile"],"custody":[{rest}]}}"#
        )
    };
    let line = |record: &str, from: &str, to: &str, rest: &str| {
        format!(
            r#"{{"record":{record},"from":"{from}","to":"{to}","action":"release","purpose":"missile-warning","channel":"government-to-government","at":"2026-11-20T00:00:00Z"{rest}}}"#
        )
    };
    let hop = r#"{"from":"KOR","to":"JPN","under":["jp-kr-gsomia-2016"],"purpose":"missile-warning","onward":"ask"}"#;
    let korean = record("//KOR SECRET//REL TO USA, JPN, KOR", "KOR", hop);
    let own = record("//JPN 特定秘密//REL TO USA, JPN", "JPN", "");
    let derived = own
        .replace("}", &format!(r#","derived_from":[{korean}]}}"#))
        .replace("\"K-0412\",\"label\":\"//JPN", "\"J-1\",\"label\":\"//JPN");
    let consents = r#","under":["trilateral-hypothetical"],"consents":[{"by":"KOR","record":"K-0412","subjects":null,"max":null,"to":"USA","action":"release","purpose":null,"until":"2026-12-31"},{"by":"KOR","record":null,"subjects":["*"],"max":"SECRET","to":"*","action":"display","purpose":"missile-warning","until":null}],"approvals":[{"by":"JPN","record":"K-0412","to":"USA","action":"release"}]"#;
    let named = |name: &str, line: String| (name.to_owned(), line.into_bytes());
    vec![
        named("third-party", line(&korean, "JPN", "USA", "")),
        named("consented", line(&korean, "JPN", "USA", consents)),
        named("own", line(&own, "JPN", "USA", "")),
        named("derived", line(&derived, "JPN", "USA", "")),
        named("unknown-party", line(&own, "JPN", "US", "")),
        named("bad-label", line(&record("SECRET//", "USA", ""), "USA", "JPN", "")),
        named("no-object", "{\"record\":".into()),
    ]
}

/// Every fourth input of a file of `vectors/log`.
fn vectors(file: &str, field: &str) -> Vec<Seed> {
    let cases: Vec<Value> = serde_json::from_str(&read(&format!("vectors/log/{file}.json"))).unwrap();
    let inputs = cases.iter().step_by(4);
    inputs
        .map(|case| {
            let name = case["name"].as_str().unwrap().replace(|c: char| !c.is_alphanumeric(), "-");
            (name, case[field].as_str().unwrap().as_bytes().to_vec())
        })
        .collect()
}

/// A proof of one statement in a ledger of one interval, signed by this party.
fn statement_proofs(file: &PartyFile) -> Vec<Seed> {
    let (salt, statement) = (entente_log::leaf_hash(&[1; 32]), r#"{"kind":"party"}"#);
    let leaves = [salt, entente_log::leaf_hash(statement.as_bytes())];
    let extra = Extra::statement((0, 60), &leaves, 1, statement.into()).unwrap();
    let root = entente_log::node_hash(&leaves[0], &leaves[1]);
    let leaf = Interval { from: 0, until: 60, root }.leaf();
    let origin = ledger_origin(&file.party.as_str().into());
    let pair = Ed25519KeyPair::from_seed_unchecked(&[0x66; 32]).unwrap();
    let name = KeyName::new(&origin).unwrap();
    let key = entente_log::SigningKey::new(name, SignatureType::Ed25519, &pair).unwrap();
    let note = Checkpoint::new(origin, 1, leaf, Vec::new()).unwrap().sign(&key).unwrap();
    let made = TlogProof { extra: Some(extra.to_bytes()), index: 0, proof: Vec::new(), note };
    let partner = Partner::open(&Partner::sign(file, &[0x55; 32]).unwrap()).unwrap();
    entente_node::proof::check(made.to_string().as_bytes(), &[partner]).unwrap();
    vec![("statement".to_owned(), made.to_string().into_bytes())]
}

fn party_file(name: &str) -> PartyFile {
    let signing = |seed: u8| *SigningKey::from_seed(&[seed; 32]).unwrap().public().as_bytes();
    PartyFile {
        party: "JPN".into(),
        name: name.into(),
        serial: 3,
        addresses: vec!["192.0.2.1:4443".into(), "[2001:db8::1]:4443".into()],
        valid_from: Timestamp::UNIX_EPOCH,
        valid_until: Timestamp::MAX,
        root: signing(0x55),
        signing: vec![signing(0x11), signing(0x33)],
        sealing: vec![SealingKey::from_seed(&[0x22; 32]).unwrap().public().to_bytes().to_vec()],
        log: signing(0x66),
        log_ml_dsa: None,
        receipt: signing(0x77),
        witness: None,
        tls: vec![[7; 32]],
        successor: Some(signing(0x88)),
        other_keys: vec![
            OtherKey {
                kind: KeyKind::Log,
                key: signing(0x44).to_vec(),
                standing: Standing::Next(Timestamp::UNIX_EPOCH),
            },
            OtherKey { kind: KeyKind::Tls, key: vec![8; 32], standing: Standing::Retired(Timestamp::UNIX_EPOCH) },
            OtherKey {
                kind: KeyKind::Signing,
                key: signing(0x99).to_vec(),
                standing: Standing::Revoked(Timestamp::UNIX_EPOCH),
            },
        ],
    }
}

/// Everything published that a parser could be given, as single inputs.
pub(crate) fn published() -> Vec<Vec<u8>> {
    let texts = labels().into_iter().chain(portions()).chain(roll_ups());
    let mut all: Vec<Vec<u8>> = texts.map(String::into_bytes).collect();
    for source in ["stanag4774", "capco", "acs", "tlp", "json"] {
        all.extend(conversions(source).into_iter().map(String::into_bytes));
    }
    all.extend(envelopes().into_iter().map(|(_, bytes)| bytes));
    all.extend(notes().into_iter().map(|(_, bytes)| bytes));
    for case in log_cases("checkpoints") {
        all.extend(["log_key", "cosigner_key"].map(|key| text(&case[key]).into_bytes()));
        // The text alone, and each signature line alone.
        let note = text(&case["note"]);
        all.extend(note.rsplit_once("\n\n").map(|(text, _)| format!("{text}\n").into_bytes()));
        all.extend(note.lines().filter(|line| line.starts_with('—')).map(|line| line.as_bytes().to_vec()));
    }
    for file in ["roots", "inclusion", "consistency"] {
        all.extend(log_cases(file).iter().map(|case| case.to_string().into_bytes()));
    }
    all.extend(agreements().into_iter().chain(national()).map(|(_, text)| text.into_bytes()));
    all.extend(requests().into_iter().map(|(_, bytes)| bytes));
    all
}

/// The first seeds of each property.
pub(crate) fn all() -> Vec<(&'static str, Vec<Seed>)> {
    let texts = |files: Vec<(String, String)>| -> Vec<Seed> {
        files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect()
    };
    let numbered = |inputs: Vec<String>| -> Vec<Seed> {
        inputs.into_iter().enumerate().map(|(at, text)| (format!("{at:03}"), text.into_bytes())).collect()
    };
    let small_envelopes: Vec<Seed> = envelopes()
        .into_iter()
        .filter(|(name, bytes)| {
            bytes.len() < 4000
                && [
                    "small-body",
                    "empty-body",
                    "clear-for-guard",
                    "guard-sealed",
                    "guard-two-stories",
                    "null-expiry",
                    "wide-integer",
                    "padding-not-zero",
                ]
                .contains(&name.as_str())
        })
        .collect();
    let mut together: Vec<Seed> = [["us-jp-gsomia-2007", "tisa-2014"], ["us-jp-gsomia-2007", "us-jp-gsomia-2007"]]
        .iter()
        .map(|names| {
            let texts = names.map(|name| read(&format!("examples/northeast-asia/agreements/{name}.toml")));
            (names.join("+"), texts.join("\0").into_bytes())
        })
        .collect();
    together.push(("relies-on-missing".into(), read("examples/northeast-asia/agreements/tisa-2014.toml").into_bytes()));

    let plain = party_file("Japan");
    // The others are from before there were a second log key and a witness.
    let whole = PartyFile {
        log_ml_dsa: Some(MlDsa44KeyPair::from_seed(&[0x66; 32]).unwrap().public_key().to_vec()),
        witness: Some(*SigningKey::from_seed(&[0x88; 32]).unwrap().public().as_bytes()),
        ..party_file("Japan")
    };
    let quoted = party_file("Japan \"日本\"\n\u{7f}\\");
    let party_texts = vec![
        ("plain".to_owned(), party::write(&plain).into_bytes()),
        ("quoted".to_owned(), party::write(&quoted).into_bytes()),
        ("whole".to_owned(), party::write(&whole).into_bytes()),
    ];
    let signed = Partner::sign(&plain, &[0x55; 32]).unwrap();
    let mut partners = party_texts.clone();
    partners.push(("signed".into(), signed.clone().into_bytes()));
    partners.push(("serial-altered".into(), signed.replace("serial = 3", "serial = 4").into_bytes()));

    let checkpoint_text = "log.example/feeds/urgent\n257\n1BjAhzJZvOfQVhqwBEhhEkFsHESQhlQVNCv+BuZzFGw=\n";
    let mut checkpoints = notes();
    checkpoints.push(("text".into(), checkpoint_text.into()));
    checkpoints.push(("text-extended".into(), format!("{checkpoint_text}one\n two \n").into_bytes()));
    let mut signable = notes();
    signable.truncate(4);
    signable.push(("text".into(), checkpoint_text.into()));
    signable.push(("empty-lines".into(), "\n日本\n\n".into()));

    let pair = Ed25519KeyPair::from_seed_unchecked(&[0x01; 32]).unwrap();
    let name = KeyName::new("log.example/feeds").unwrap();
    let key = entente_log::SigningKey::new(name, SignatureType::Ed25519, &pair).unwrap();
    let forms = vec![
        ("hash".to_owned(), b"1BjAhzJZvOfQVhqwBEhhEkFsHESQhlQVNCv+BuZzFGw=".to_vec()),
        ("key".to_owned(), key.verifier().to_string().into_bytes()),
        ("line".to_owned(), "— a.example AAAAAAE=".into()),
    ];

    let counted = |step: u8, count: u8| (0..count).map(|n| n.wrapping_mul(step)).collect::<Vec<u8>>();
    let choices = |lengths: &[(u8, u8)]| -> Vec<Seed> {
        lengths.iter().map(|(step, count)| (format!("{step}-{count}"), counted(*step, *count))).collect()
    };
    let label_seeds = numbered(labels().into_iter().step_by(4).collect());
    let every = |step: usize, source: &str| conversions(source).into_iter().step_by(step).collect::<Vec<_>>();
    let definitions = [every(3, "acs"), every(7, "tlp")].concat();
    let of_each = ["stanag4774", "acs", "tlp", "json", "capco"].map(|source| every(9, source)).concat();
    let mut seeds = vec![
        ("a_label_that_parses_writes_back_to_itself", label_seeds),
        ("a_portion_that_parses_writes_back_to_itself", numbered(portions().into_iter().step_by(6).collect())),
        ("a_roll_up_is_never_wider_than_its_parts", numbered(roll_ups().into_iter().step_by(6).collect())),
        ("a_label_in_json_that_parses_writes_back_to_itself", numbered(every(2, "json"))),
        ("a_confidentiality_label_that_parses_writes_back_to_itself", numbered(every(4, "stanag4774"))),
        ("a_marking_definition_has_a_label_or_a_problem_inside_it", numbered(definitions)),
        ("a_conversion_there_and_back_is_never_wider", numbered(of_each)),
        ("an_agreement_that_parses_writes_back_equal_and_its_problems_lie_inside_the_text", texts(agreements())),
        ("agreement_files_that_are_read_together_are_those_that_are_read_alone", together),
        ("an_agreement_that_parses_is_laid_out_with_the_same_hash_once_and_for_all", disordered()),
        ("national_rules_that_parse_write_back_equal_and_their_problems_lie_inside_the_text", texts(national())),
        ("a_party_file_that_parses_writes_back_equal", party_texts),
        ("a_partner_is_what_its_root_key_signed", partners),
        ("hex_that_decodes_writes_back_to_itself", numbered(vec!["".into(), "00ff".into(), "0G".into(), "é0".into()])),
        ("an_envelope_that_parses_keeps_its_bytes_and_opens_only_with_the_right_keys", small_envelopes),
        (
            "a_body_that_is_sealed_opens_to_itself_and_no_altered_envelope_opens",
            choices(&[(1, 0), (3, 20), (7, 64), (11, 255)]),
        ),
        ("a_chunk_of_a_content_opens_only_in_its_place", choices(&[(1, 0), (3, 20), (7, 64), (11, 255)])),
        (
            "the_head_of_a_content_file_that_reads_writes_back_to_itself",
            numbered(vec![
                format!("entente.content/1\nKOR\nJPN\n{}\n272\n", "07".repeat(32)),
                format!("entente.content/1\nKOR\n../JPN\n{}\n272\n", "07".repeat(32)),
                "entente.content/1\n".into(),
            ]),
        ),
        ("a_note_that_parses_keeps_its_bytes", notes()),
        ("a_note_that_is_signed_verifies_and_no_other", signable),
        ("a_checkpoint_that_parses_writes_back_to_itself_and_opens_only_for_its_log", checkpoints),
        ("hashes_keys_and_signature_lines_have_one_form", forms),
        ("a_proof_holds_for_one_leaf_and_one_tree_alone", choices(&[(1, 0), (5, 32), (7, 120), (13, 120), (29, 200)])),
        (
            "a_request_to_a_witness_that_parses_writes_back_to_itself_and_is_cosigned_only_for_its_log",
            vectors("witness", "request"),
        ),
        (
            "a_proof_file_that_parses_writes_back_to_itself_and_proves_only_what_was_signed",
            [vectors("tlog-proofs", "file"), statement_proofs(&plain)].concat(),
        ),
        ("a_request_line_gets_an_answer_line", requests()),
        ("a_line_of_holdings_is_read_alike_after_any_others", holdings()),
        ("suppositions_that_read_write_back_equal", suppositions()),
        (
            "a_decision_is_total",
            choices(&[(1, 0), (1, 80), (3, 80), (5, 160), (7, 160), (11, 200), (37, 200), (61, 255), (101, 255)]),
        ),
    ];
    seeds.extend(wire::all());
    seeds.extend(consult::all());
    seeds
}
