//! A watch officer's night at two real nodes: a warning, a rule, duties with a clock, a consultation through a kill, one signed
//! file at the end that two programs check.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod night;
mod site;

use std::{fs, path::Path, process::Command};

use night::{file, warning};
use serde_json::{Value, json};
use site::{Site, asked, eventually, example, expect, json};

/// A node that has the Commitment to Consult, and settings of its own.
fn site(parent: &Path, code: &str, settings: &str) -> Site {
    let mut site = Site::new(parent, code);
    let name = "commitment-to-consult-2023.toml";
    fs::copy(example(&format!("agreements/{name}")), site.folder.join("agreements").join(name)).unwrap();
    let config = site.folder.join("node.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}\n{settings}")).unwrap();
    site.start();
    site
}

#[test]
fn a_night_from_the_warning_to_the_signed_file() {
    let parent = tempfile::tempdir().unwrap();
    let parent = parent.path();
    let rules = example("rules/JPN.toml");
    let settings = format!(
        "[alerts]\nrules = \"{rules}\"\n[[alerts.handling]]\nprofile = \"missile-warning/1\"\n\
         label = \"//JPN 特定秘密//REL TO JPN, KOR\"\nsubjects = [\"dprk-missile\"]\nto = [\"*\"]\n\
         purpose = \"missile-warning\"\n[consultations]\nflash_minutes = 20\n"
    );
    let (jpn, mut kor) = (site(parent, "JPN", &settings), site(parent, "KOR", ""));
    expect(0, &["party", "add", &kor.party_file("KOR"), "--confirmed", "--config", &jpn.config()]);
    expect(0, &["party", "add", &jpn.party_file("JPN"), "--confirmed", "--config", &kor.config()]);

    // A drill first: it raises a drill, and nobody owes anything.
    let drill = json(&jpn, &["alert", "ingest", &file(parent, "drill.xml", &warning("MW-DRILL", "Exercise"))]);
    assert_eq!(drill[0]["incidents"].as_array().unwrap().len(), 1, "{drill:?}");
    let real = |site: &Site| -> Vec<Value> {
        json(site, &["obligation", "list"]).into_iter().filter(|one| one["kind"] == "consult").collect()
    };
    assert!(real(&jpn).is_empty());

    let path = file(parent, "warning.xml", &warning("MW-1", "Actual"));
    let got = &json(&jpn, &["alert", "ingest", &path])[0];
    assert_eq!(got["recipients"][0]["outcome"], json!("sequenced"), "{got}");
    let record = format!("JPN/{}", got["record"].as_str().unwrap());
    let incident = got["incidents"][0].as_str().unwrap().to_owned();
    let again = &json(&jpn, &["alert", "ingest", &path])[0];
    assert_eq!((&again["known"], &again["incidents"]), (&json!(true), &json!([])), "{again}");
    let shown = |site: &Site, record: &str| {
        let alerts = json(site, &["alert", "list"]);
        alerts.into_iter().find(|alert| alert["record"] == record)
    };
    eventually("KOR has the alert", || shown(&kor, &record).is_some());
    asked(&kor, &["alert", "acknowledge", &record]);
    asked(&jpn, &["alert", "acknowledge", &record]);
    for site in [&jpn, &kor] {
        eventually("each sees that both have taken note", || shown(site, &record).unwrap()["waits_for"] == json!([]));
    }
    let list = asked(&kor, &["alert", "list"]);
    assert!(list.contains("A missile may come") && list.contains("Extreme, until"), "{list}");

    // The clock is local, and every list says so.
    let duties = real(&jpn);
    assert_eq!(duties.len(), 3, "{duties:?}");
    assert!(duties.iter().all(|one| one["clock"] == "local setting, not in the text" && one["state"] == "due"));
    let text = asked(&jpn, &["incident", "show", &incident[..8]]);
    assert!(text.contains("local setting") && text.contains("rule missile-near-japan"), "{text}");

    let arguments = ["consult", "raise", &incident[..8], "--with", "KOR", "--close-within", "1s"];
    let consultation = json(&jpn, &arguments)[0]["name"].as_str().unwrap().to_owned();
    let name = &consultation[..12];
    let phase = |site: &Site| json(site, &["consult", "show", name])[0]["phase"].as_str().unwrap().to_owned();
    eventually("KOR is told", || !json(&kor, &["consult", "list"]).is_empty());
    // KOR is cut off, and killed; JPN goes on meanwhile.
    kor.kill();
    let message = file(parent, "message.txt", "We have seen it.\n");
    asked(&jpn, &["consult", "propose-message", name, &message]);
    let item = json(&jpn, &["consult", "show", name])[0]["items"][0]["digest"].as_str().unwrap().to_owned();
    asked(&jpn, &["consult", "agree", name, &item[..12]]);
    kor.start();
    asked(&kor, &["consult", "acknowledge", name]);
    eventually("KOR has what was proposed", || {
        json(&kor, &["consult", "show", name])[0]["items"].as_array().unwrap().len() == 1
    });
    asked(&kor, &["consult", "agree", name, &item[..12]]);
    for site in [&jpn, &kor] {
        eventually("the message is agreed", || phase(site) == "agreed");
    }
    let (_, refused) = expect(1, &["consult", "close", name, "--note", "done", "--config", &kor.config()]);
    assert!(refused.contains("statement of effects"), "{refused}");
    asked(&kor, &["consult", "effects", name, &example("consultations/effects.toml")]);
    asked(&kor, &["consult", "close", name, "--note", "we stand together"]);
    eventually("JPN has KOR's note", || {
        let steps = json(&jpn, &["consult", "show", name])[0]["steps"].clone();
        steps.as_array().unwrap().iter().any(|step| step["step"] == "close")
    });
    asked(&jpn, &["consult", "close", name, "--note", "agreed"]);
    for site in [&jpn, &kor] {
        eventually("it is closed", || phase(site) == "closed");
    }
    assert!(real(&kor).iter().filter(|one| one["party"] != "USA").all(|one| one["state"] == "met"), "{:?}", real(&kor));

    // One file, checked by this program and by one that shares nothing with it.
    let out = parent.join("consultation.json").display().to_string();
    asked(&kor, &["consult", "export", name, "--out", &out]);
    let parties = [jpn.party_file("JPN"), kor.party_file("KOR")];
    let (checked, _) = expect(0, &["consult", "verify", &out, "--parties", &parties[0], &parties[1]]);
    assert!(checked.contains("closed") && checked.contains("every signature holds"), "{checked}");
    let exported = fs::read_to_string(&out).unwrap();
    fs::write(&out, exported.replacen("\"sig\":\"", "\"sig\":\"A", 1)).unwrap();
    expect(1, &["consult", "verify", &out, "--parties", &parties[0], &parties[1]]);
    fs::write(&out, &exported).unwrap();
    let payload: Value = serde_json::from_str(&exported).unwrap();
    let payload =
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, payload["payload"].as_str().unwrap());
    let payload: Value = serde_json::from_slice(&payload.unwrap()).unwrap();
    let keys = payload["keys"].as_object().unwrap();
    let keys: Vec<String> = keys.iter().map(|(party, keys)| format!("{party}={}", keys[0].as_str().unwrap())).collect();
    let python = std::env::var("ENTENTE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/verify_consultation.py");
    let second = Command::new(python).arg(script).arg(&out).args(&keys).output().unwrap();
    assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stderr));

    // The logs of both hold, with everything in them.
    for site in [&jpn, &kor] {
        assert!(asked(site, &["log", "verify"]).contains("ok"));
    }
}

#[test]
fn a_node_restored_from_an_older_back_up_gets_its_own_steps_back_and_signs_no_second_version() {
    let parent = tempfile::tempdir().unwrap();
    let parent = parent.path();
    let (jpn, mut kor) = (site(parent, "JPN", ""), site(parent, "KOR", ""));
    expect(0, &["party", "add", &kor.party_file("KOR"), "--confirmed", "--config", &jpn.config()]);
    expect(0, &["party", "add", &jpn.party_file("JPN"), "--confirmed", "--config", &kor.config()]);
    let title = ["incident", "raise", "--title", "A missile over the sea", "--trigger", "missile-launch"];
    let incident = json(&jpn, &title)[0]["number"].as_str().unwrap().to_owned();
    let raised = json(&jpn, &["consult", "raise", &incident, "--with", "KOR"]);
    let name = raised[0]["name"].as_str().unwrap().to_owned();
    eventually("KOR is told", || !json(&kor, &["consult", "list"]).is_empty());
    asked(&kor, &["consult", "acknowledge", &name]);
    let view = |site: &Site| json(site, &["consult", "show", &name]).remove(0);
    let of_kor = |site: &Site| -> Vec<Value> {
        let view = view(site);
        let steps = view["steps"].as_array().unwrap().iter().filter(|step| step["party"] == "KOR");
        steps.map(|step| json!([step["number"], step["statement"]])).collect()
    };
    eventually("JPN has one step", || of_kor(&jpn).len() == 1);

    // The back-up is of now; then KOR goes on signing.
    let (copy, secrets) = (parent.join("copy").display().to_string(), parent.join("secrets").display().to_string());
    asked(&kor, &["backup", &copy, "--erasure-keys", &secrets]);
    asked(&kor, &["consult", "propose-action", &name, "--what", "warn fishing vessels", "--owner", "KOR"]);
    let action = view(&kor)["items"][0]["digest"].as_str().unwrap()[..12].to_owned();
    asked(&kor, &["consult", "agree", &name, &action]);
    eventually("JPN has the action", || view(&jpn)["items"].as_array().unwrap().len() == 1);
    // What nobody has made known yet stands in the list of commitments once it is agreed.
    asked(&jpn, &["consult", "agree", &name, &action]);
    eventually("it is agreed", || view(&kor)["items"][0]["agreed"] == true);
    let listed = |site: &Site| {
        let all = json(site, &["commitment", "list"]).into_iter();
        all.filter(|one| one["what"] == "warn fishing vessels").collect::<Vec<_>>()
    };
    assert_eq!((listed(&kor).len(), &listed(&kor)[0]["name"]), (1, &Value::Null));
    let add = ["commitment", "add", "--consultation", &name, "--action", &action, "--step", "call the coast guard"];
    let made = asked(&kor, &add).trim().to_owned();
    asked(&kor, &["commitment", "step", &made, "1", "--note", "called"]);
    eventually("JPN is told of it", || {
        listed(&jpn).first().is_some_and(|one| one["steps"][0]["last"]["note"] == "called")
    });
    let signed = of_kor(&kor);
    assert_eq!(signed.len(), 3);
    eventually("JPN has all of KOR's steps", || of_kor(&jpn) == signed);

    // The disk is lost; what comes back knows of one step.
    kor.kill();
    let keys = parent.join("keys").display().to_string();
    fs::rename(&kor.folder, parent.join("old")).unwrap();
    fs::rename(parent.join("old/keys"), &keys).unwrap();
    asked(&kor, &["restore", &copy, "--keys", &keys, "--erasure-keys", &secrets]);
    kor.start();
    eventually("it goes on", || {
        let status: Value = serde_json::from_str(&asked(&kor, &["restore", "status", "--json"])).unwrap();
        status["read_only"] == false
    });
    assert_eq!(of_kor(&kor), signed, "its own steps are back, to the byte");
    assert_eq!(listed(&kor)[0]["steps"][0]["last"]["note"], "called");
    eventually("and what JPN signed", || view(&kor)["items"][0]["agreed"] == true);

    // What it signs now goes on behind them, and nobody holds two versions.
    asked(&kor, &["consult", "escalate", &name, "--to", "the minister", "--reason", "a second launch"]);
    asked(&kor, &["commitment", "close", &made, "--note", "all are warned"]);
    eventually("JPN has the next step", || of_kor(&jpn).len() == 4);
    assert_eq!(of_kor(&jpn)[3][0], json!(4));
    eventually("JPN hears that it is done", || listed(&jpn)[0]["status"] == "done");
    for site in [&jpn, &kor] {
        let view = view(site);
        assert_eq!((&view["two_versions"], &view["missing"]), (&json!([]), &json!([])), "{view}");
        assert_eq!(listed(site)[0]["doubles"], json!([]));
        let status: Value = serde_json::from_str(&asked(site, &["status", "--json"])).unwrap();
        assert!(!status["alarms"].to_string().contains("two different"), "{}", status["alarms"]);
    }
}
