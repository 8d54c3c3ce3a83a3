//! The keys of parties through their life, as their partners see it: rolled over, revoked, lost, and parties that are removed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect"
)]

mod site;

use entente_formats::{
    party::{KeyKind, OtherKey, PartyFile, Standing},
    wire::{Body, Canonical, Package},
};
use entente_node::{Answer, Event, Feed, Lane, Partner, Refusal, event::RecordRef};
use entente_seal::{SealingKey, SigningKey};
use site::{Site, Sites, deliver, party, three};

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";
const NEW: [u8; 32] = [0xee; 32];

fn public(seed: [u8; 32]) -> [u8; 32] {
    *SigningKey::from_seed(&seed).unwrap().public().as_bytes()
}

/// The three with a text of all in force, under which what one gives may move among them.
fn under_a_pact() -> Sites {
    let mut sites = three();
    let text = site::PACT.replace("parties = [\"JPN\", \"USA\"]", "parties = [\"JPN\", \"KOR\", \"USA\"]");
    site::bring_into_force(&mut sites, &text, "pact", &["JPN", "KOR", "USA"]);
    sites
}

/// Release of KOR to JPN at that time of the day, delivered.
fn given(sites: &mut Sites, id: &str, time: &str) {
    for site in sites.values_mut() {
        site.now = format!("2026-11-23T{time}Z").parse().unwrap();
    }
    sites.get_mut("KOR").unwrap().release(id, LABEL, &["JPN"], None);
    deliver(sites);
}

fn said(site: &mut Site, from: &str, lane: Lane, index: u64) -> (String, String) {
    let feed = Feed { partner: party(from), lane };
    let row = site.store().reader().unwrap().incoming(&feed, index, 1).unwrap().remove(0);
    (row.disposition, row.reason.unwrap_or_default())
}

fn alarms(site: &mut Site) -> Vec<String> {
    site.store().reader().unwrap().alarms().unwrap().into_iter().map(|alarm| alarm.message).collect()
}

/// KOR's next file, after `change`.
fn next_file(sites: &Sites, serial: u64, change: impl FnOnce(&mut PartyFile)) -> String {
    let mut file = sites["KOR"].party_file();
    file.serial = serial;
    change(&mut file);
    sites["KOR"].sign_party_file(&file)
}

/// KOR's file in which its signing key is revoked since then, with a new one.
fn revoking(sites: &Sites, since: &str) -> String {
    next_file(sites, 2, |file| {
        let key = file.signing[0].to_vec();
        let standing = Standing::Revoked(format!("2026-11-23T{since}Z").parse().unwrap());
        file.other_keys.push(OtherKey { kind: KeyKind::Signing, key, standing });
        file.signing = vec![public(NEW)];
    })
}

/// KOR takes up a file of its own and tells everybody, and then signs with the new key.
fn kor_revokes(sites: &mut Sites, since: &str) {
    let note = revoking(sites, since);
    let kor = sites.get_mut("KOR").unwrap();
    kor.handle(Event::AddParty { note }).unwrap();
    kor.change_seeds(|seeds| seeds[1] = NEW);
    deliver(sites);
}

#[test]
fn what_a_revoked_key_signed_counts_only_where_it_was_here_before() {
    let mut sites = three();
    given(&mut sites, "K-1", "12:00:00");
    given(&mut sites, "K-2", "13:00:00");
    assert_eq!(sites.get_mut("JPN").unwrap().ids(), ["K-1", "K-2"]);
    kor_revokes(&mut sites, "12:30:00");
    let jpn = sites.get_mut("JPN").unwrap();
    assert_eq!(said(jpn, "KOR", Lane::Urgent, 0).0, "accepted", "{:?}", said(jpn, "KOR", Lane::Urgent, 0));
    assert_eq!(jpn.ids(), ["K-1"], "K-2 came after the key was lost");
    let alarms = alarms(jpn);
    assert!(alarms.len() == 1 && alarms[0].contains("record `K-2`") && !alarms[0].contains("K-1"), "{alarms:?}");
    // It names a record, so that it is read by who could see that record.
    let viewer = jpn.viewer();
    assert!(!jpn.node.names_unseen(&alarms[0], &viewer));
    let low = entente_core::view::Viewer { clearance: entente_core::Level::Unclassified, ..viewer };
    assert!(jpn.node.names_unseen(&alarms[0], &low), "{alarms:?}");

    // What is in use and what is not survives a start.
    jpn.crash();
    assert_eq!(jpn.ids(), ["K-1"]);

    // Given again, it is signed anew, and counts.
    let by = sites["KOR"].viewer();
    assert!(by.official_duty);
    sites.get_mut("KOR").unwrap().release_held("K-2", &["JPN"], None);
    deliver(&mut sites);
    let jpn = sites.get_mut("JPN").unwrap();
    assert_eq!(jpn.ids(), ["K-1", "K-2"]);
    jpn.crash();
    assert_eq!(jpn.ids(), ["K-1", "K-2"]);
}

#[test]
fn who_has_a_revoked_key_sends_nothing_that_counts() {
    let mut sites = three();
    given(&mut sites, "K-1", "12:00:00");
    let note = revoking(&sites, "12:30:00");
    let jpn_file = sites["JPN"].party_file();
    sites.get_mut("JPN").unwrap().handle(Event::AddParty { note }).unwrap();
    // The thief has every key but the root.
    let body = Body::Proposal("a text".to_owned());
    let package = sites.get_mut("KOR").unwrap().sequenced_after(&jpn_file, Lane::Urgent, &body);
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.take(&party("KOR"), Lane::Urgent, package).unwrap();
    let (disposition, why) = said(jpn, "KOR", Lane::Urgent, 0);
    assert_eq!(disposition, "refused");
    assert!(why.contains("has revoked since 2026-11-23T12:30:00Z, and no receipt of ours is older"), "{why}");
}

#[test]
fn a_record_that_another_passes_on_needs_a_signature_that_counts() {
    let mut sites = under_a_pact();
    // USA has it from before, and passes it on after JPN knows of the loss.
    sites.get_mut("KOR").unwrap().release("K-9", LABEL, &["USA"], Some(&["pact"]));
    deliver(&mut sites);
    assert_eq!(sites.get_mut("USA").unwrap().ids(), ["K-9"]);
    let note = revoking(&sites, "13:00:00");
    for code in ["JPN", "USA"] {
        let site = sites.get_mut(code).unwrap();
        site.now = "2026-11-23T14:00:00Z".parse().unwrap();
        site.handle(Event::AddParty { note: note.clone() }).unwrap();
    }
    assert_eq!(sites.get_mut("USA").unwrap().ids(), ["K-9"], "it was there before");
    let outcomes = sites.get_mut("USA").unwrap().release_held("K-9", &["JPN"], Some(&["pact"]));
    if !matches!(outcomes[0].1, entente_node::event::Outcome::Sequenced { .. }) {
        panic!("the pact permits it: {outcomes:?}");
    }
    deliver(&mut sites);
    let jpn = sites.get_mut("JPN").unwrap();
    assert_eq!(jpn.ids(), [] as [&str; 0]);
    let (disposition, why) = said(jpn, "USA", Lane::Routine, 0);
    assert_eq!(disposition, "held");
    assert!(why.contains("nothing here shows that the signature is older"), "{why}");
}

#[test]
fn keys_of_logs_roll_over_for_who_knows_the_old_and_who_knows_the_new_file() {
    let mut sites = under_a_pact();
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], Some(&["pact"]));
    deliver(&mut sites);
    let rolled = next_file(&sites, 2, |file| {
        let at = "2026-11-23T12:00:00Z".parse().unwrap();
        let quantum = entente_log::MlDsa44KeyPair::from_seed(&[0xe2; 32]).unwrap();
        for (kind, key) in [
            (KeyKind::Log, public([0xe1; 32]).to_vec()),
            (KeyKind::LogMlDsa, quantum.public_key().to_vec()),
            (KeyKind::Receipt, public([0xe3; 32]).to_vec()),
            (KeyKind::Witness, public([0xe4; 32]).to_vec()),
        ] {
            file.other_keys.push(OtherKey { kind, key, standing: Standing::Next(at) });
        }
    });
    let kinds = [KeyKind::Log, KeyKind::LogMlDsa, KeyKind::Receipt, KeyKind::Witness];
    let seeds = [[0xe1; 32], [0xe2; 32], [0xe3; 32], [0xe4; 32]];
    let beside: Vec<_> = kinds.into_iter().zip(seeds).collect();
    let kor = sites.get_mut("KOR").unwrap();
    kor.sign_beside(&beside);
    // JPN knows the new file, USA does not: both believe what is signed.
    sites.get_mut("JPN").unwrap().handle(Event::AddParty { note: rolled.clone() }).unwrap();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-2", LABEL, &["JPN", "USA"], Some(&["pact"]));
    deliver(&mut sites);
    assert_eq!(sites.get_mut("USA").unwrap().ids(), ["K-2"]);
    assert_eq!(sites.get_mut("JPN").unwrap().ids(), ["K-1", "K-2"]);
    // Only the new ones from now on: who has the new file goes on, and who has the old one says so and stands still.
    sites.get_mut("KOR").unwrap().change_seeds(|own| {
        for (place, seed) in [(3, [0xe1; 32]), (5, [0xe2; 32]), (4, [0xe3; 32]), (6, [0xe4; 32])] {
            own[place] = seed;
        }
    });
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-3", LABEL, &["JPN", "USA"], Some(&["pact"]));
    let package = kor.next_package(&party("USA"), Lane::Routine).unwrap();
    let refusal = sites.get_mut("USA").unwrap().take(&party("KOR"), Lane::Routine, package).unwrap_err();
    assert!(matches!(&refusal, Refusal::Partner(why) if why.contains("checkpoint")), "{refusal:?}");
    sites.get_mut("USA").unwrap().handle(Event::AddParty { note: rolled }).unwrap();
    deliver(&mut sites);
    assert_eq!(sites.get_mut("USA").unwrap().ids(), ["K-2", "K-3"]);
    assert_eq!(sites.get_mut("JPN").unwrap().ids(), ["K-1", "K-2", "K-3"]);
    // JPN gives KOR something, whose receipts are by the new key.
    let under = Some(&["jp-kr-gsomia-2016"][..]);
    sites.get_mut("JPN").unwrap().release("J-1", "//JPN 特定秘密//REL TO JPN, KOR", &["KOR"], under);
    deliver(&mut sites);
    assert_eq!(sites.get_mut("KOR").unwrap().ids(), ["J-1", "K-1", "K-2", "K-3"]);
}

#[test]
fn a_sealing_key_that_was_replaced_still_opens_what_is_under_way() {
    let mut sites = three();
    let old = sites["KOR"].party_file().sealing[0].clone();
    let new = SealingKey::from_seed(&[0xe5; 32]).unwrap().public().to_bytes().to_vec();
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.release("J-1", "//JPN 特定秘密//REL TO JPN, KOR", &["KOR"], None);
    let under_way = jpn.next_package(&party("KOR"), Lane::Routine).unwrap();
    let note = next_file(&sites, 2, |file| file.sealing = vec![new.clone(), old.clone()]);
    sites.get_mut("KOR").unwrap().sign_beside(&[(KeyKind::Sealing, [0xe5; 32])]);
    sites.get_mut("JPN").unwrap().handle(Event::AddParty { note }).unwrap();
    let kor = sites.get_mut("KOR").unwrap();
    kor.take(&party("JPN"), Lane::Routine, under_way).unwrap();
    assert_eq!(said(kor, "JPN", Lane::Routine, 0).0, "accepted");
    sites.get_mut("JPN").unwrap().release("J-2", "//JPN 特定秘密//REL TO JPN, KOR", &["KOR"], None);
    let package = sites.get_mut("JPN").unwrap().next_package(&party("KOR"), Lane::Routine).unwrap();
    let package = Package::from_bytes(&package).unwrap();
    let entente_formats::wire::Entry::Envelope(bytes) = &package.entries[1] else { panic!("no envelope") };
    let envelope = entente_seal::Envelope::parse(bytes).unwrap();
    let key = SealingKey::from_seed(&[0xe5; 32]).unwrap();
    assert_eq!(
        envelope.header().sealing_key,
        key.public().id(),
        "partners seal to the new key as soon as they know it"
    );
}

#[test]
fn a_party_file_that_comes_by_itself_follows_the_one_on_file_or_is_for_people() {
    let other_root = |sites: &Sites| {
        let mut file = sites["KOR"].party_file();
        (file.serial, file.root) = (9, public([0xaa; 32]));
        Partner::sign(&file, &[0xaa; 32]).unwrap()
    };
    let mut sites = three();
    let usa_note = sites["USA"].signed_party_file();
    let newer = next_file(&sites, 5, |file| file.addresses = vec!["192.0.2.7:4443".into()]);
    let older = next_file(&sites, 3, |_| {});
    let borrowed = {
        let tls = sites["USA"].party_file().tls;
        next_file(&sites, 6, |file| file.tls = tls)
    };
    let ended = next_file(&sites, 7, |file| file.valid_until = "2026-01-01T00:00:00Z".parse().unwrap());
    let strange = other_root(&sites);
    let jpn_file = sites["JPN"].party_file();
    for (index, (what, note, disposition, words)) in [
        ("a newer one", newer, "accepted", ""),
        ("an older one, overtaken", older, "accepted", "not newer"),
        ("another root key", strange, "refused", "--new-root"),
        ("that of another party", usa_note, "refused", "no business"),
        ("one that names another's certificate", borrowed, "refused", "names a key of `USA`"),
        ("one that has ended", ended, "refused", "does not count now"),
        ("not a party file", "nonsense".to_owned(), "refused", "not signed"),
    ]
    .into_iter()
    .enumerate()
    {
        let body = Body::PartyFile(note);
        let kor = sites.get_mut("KOR").unwrap();
        let package = kor.sequenced_after(&jpn_file, Lane::Urgent, &body);
        // Each goes into a feed of its own making: its node knows nothing of it.
        let mut package = Package::from_bytes(&package).unwrap();
        package.start = 0;
        let mut fresh = three();
        let jpn = fresh.get_mut("JPN").unwrap();
        if what.contains("overtaken") {
            let note = next_file(&sites, 5, |_| {});
            jpn.handle(Event::AddParty { note }).unwrap();
        }
        jpn.take(&party("KOR"), Lane::Urgent, package.to_bytes()).unwrap();
        let (found, why) = said(jpn, "KOR", Lane::Urgent, 0);
        assert_eq!(found, disposition, "{index}: {what}: {why}");
        assert!(why.contains(words), "{what}: {why}");
        let serial = jpn.node.partners().find(|known| known.party == party("KOR")).unwrap().file.serial;
        assert_eq!(serial, if what == "a newer one" || what.contains("overtaken") { 5 } else { 1 }, "{what}");
    }
}

#[test]
fn a_successor_named_in_advance_replaces_the_root_and_a_thief_of_the_root_does_not_replace_the_successor() {
    let mut sites = three();
    let (successor, thief) = ([0xaa; 32], [0xbb; 32]);
    let named = next_file(&sites, 2, |file| file.successor = Some(public(successor)));
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.handle(Event::AddParty { note: named }).unwrap();

    // Who has stolen the root key names a successor of its own, with the highest serial that there is.
    let stolen = next_file(&sites, u64::MAX, |file| file.successor = Some(public(thief)));
    let jpn = sites.get_mut("JPN").unwrap();
    let refusal = jpn.handle(Event::AddParty { note: stolen }).unwrap_err();
    assert!(matches!(&refusal, Refusal::Request(why) if why.contains("another successor")), "{refusal:?}");
    // Uses up the serials.
    let stolen = next_file(&sites, u64::MAX, |file| file.successor = Some(public(successor)));
    sites.get_mut("JPN").unwrap().handle(Event::AddParty { note: stolen }).unwrap();

    let mut file = sites["KOR"].party_file();
    (file.serial, file.root, file.successor) = (3, public(successor), None);
    let succeeded = Partner::sign(&file, &successor).unwrap();
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.handle(Event::AddParty { note: succeeded.clone() }).unwrap();
    let known = jpn.node.partners().find(|known| known.party == party("KOR")).unwrap().clone();
    assert_eq!(known.note, succeeded);
    // The old root key says nothing any more.
    let note = next_file(&sites, u64::MAX, |_| {});
    let jpn = sites.get_mut("JPN").unwrap();
    let refusal = jpn.handle(Event::AddParty { note }).unwrap_err();
    let words = known.fingerprint();
    assert!(
        matches!(&refusal, Refusal::Request(why) if why.contains(&words) && why.contains("--new-root")),
        "{refusal:?}"
    );
}

#[test]
fn another_root_key_is_taken_when_a_person_says_so_and_not_otherwise() {
    let mut sites = three();
    let mut file = sites["KOR"].party_file();
    file.root = public([0xaa; 32]);
    let note = Partner::sign(&file, &[0xaa; 32]).unwrap();
    let jpn = sites.get_mut("JPN").unwrap();
    let by = jpn.viewer();
    jpn.handle(Event::AddParty { note: note.clone() }).unwrap_err();
    let replace =
        |file: &str, why: &str| Event::ReplaceRoot { by: by.clone(), file: file.to_owned(), note: why.to_owned() };
    let refusal = jpn.handle(replace(&note, " ")).unwrap_err();
    assert!(matches!(&refusal, Refusal::Request(why) if why.contains("by which authority")), "{refusal:?}");
    jpn.handle(replace(&note, "compared by telephone")).unwrap();
    let known = jpn.node.partners().find(|known| known.party == party("KOR")).unwrap();
    assert_eq!(known.note, note);
    let rows = jpn.store().reader().unwrap().statement_rows(0, 100).unwrap();
    let statements: Vec<String> = rows.into_iter().filter_map(|row| row.opening).collect();
    let on_record = statements.iter().any(|text| text.contains("compared by telephone") && text.contains("instead_of"));
    assert!(on_record, "{statements:?}");
    let refusal = jpn.handle(replace(&note, "again")).unwrap_err();
    assert!(matches!(&refusal, Refusal::Request(why) if why.contains("without --new-root")), "{refusal:?}");
}

#[test]
fn nothing_goes_to_a_removed_party_or_comes_from_it_until_it_is_added_again() {
    let mut sites = three();
    given(&mut sites, "K-1", "12:00:00");
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.release("J-1", "//JPN 特定秘密//REL TO JPN, KOR", &["KOR"], None);
    let (by, kor_file) = (jpn.viewer(), sites["KOR"].signed_party_file());
    let remove =
        |code: &str, note: &str| Event::RemoveParty { by: by.clone(), party: party(code), note: note.to_owned() };
    let jpn = sites.get_mut("JPN").unwrap();
    for (code, note, words) in [
        ("KOR", "", "by which authority"),
        ("JPN", "why not", "its own party"),
        ("PRK", "why not", "no party file of `PRK`"),
    ] {
        let refusal = jpn.handle(remove(code, note)).unwrap_err();
        assert!(matches!(&refusal, Refusal::Request(why) if why.contains(words)), "{refusal:?}");
    }
    jpn.handle(remove("KOR", "note 5 of the ministry")).unwrap();
    jpn.handle(remove("KOR", "again")).unwrap_err();
    jpn.crash();
    assert!(jpn.node.is_removed(&party("KOR")));
    // What waits does not leave, by no way.
    let feed = Feed { partner: party("KOR"), lane: Lane::Routine };
    let entries = jpn.store().reader().unwrap().pending(&feed, 0, 10, 1 << 20).unwrap();
    assert_eq!(entries.len(), 1);
    let refusal = jpn.handle(Event::Dispatch { feed, start: 0, entries }).unwrap_err();
    assert!(matches!(&refusal, Refusal::Request(why) if why.contains("was removed here")), "{refusal:?}");
    // What it sends is not taken; what it gave before is here and verifiable.
    sites.get_mut("KOR").unwrap().release("K-2", LABEL, &["JPN"], None);
    let package = sites.get_mut("KOR").unwrap().next_package(&party("JPN"), Lane::Routine).unwrap();
    let jpn = sites.get_mut("JPN").unwrap();
    let refusal = jpn.take(&party("KOR"), Lane::Routine, package).unwrap_err();
    assert!(matches!(&refusal, Refusal::Request(why) if why.contains("was removed here")), "{refusal:?}");
    assert_eq!(jpn.ids(), ["J-1", "K-1"]);
    let name = RecordRef { originator: None, id: "J-1".into() };
    assert!(matches!(jpn.handle(Event::Look { record: name, viewer: by }).unwrap(), Answer::Record(_)));

    jpn.handle(Event::AddParty { note: kor_file }).unwrap();
    deliver(&mut sites);
    assert_eq!(sites.get_mut("JPN").unwrap().ids(), ["J-1", "K-1", "K-2"]);
    assert_eq!(sites.get_mut("KOR").unwrap().ids(), ["J-1", "K-1", "K-2"]);
}

/// What was signed for and is not under way after a start is signed for by the new keys too: with less, the store would look
/// like an older copy of itself.
#[test]
fn what_was_signed_for_stays_signed_for_when_keys_change() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-1", LABEL, &["JPN"], None);
    kor.release("K-2", LABEL, &["JPN"], None);
    kor.next_package(&party("JPN"), Lane::Routine).unwrap();
    let feed = Feed { partner: party("JPN"), lane: Lane::Routine };
    let signed = |kor: &mut Site| kor.store().reader().unwrap().outgoing_checkpoint(&feed).unwrap().unwrap();
    let (size, before) = signed(kor);
    assert_eq!(size, 2);
    kor.crash();
    kor.change_seeds(|seeds| seeds[3] = NEW);
    let (size, after) = signed(kor);
    assert_eq!(size, 2);
    assert_ne!(after, before);
    let text = |note: &str| note.split("\n\n").next().unwrap().to_owned();
    assert_eq!(text(&after), text(&before));
    kor.crash();
    assert_eq!(kor.store().standing().unwrap(), entente_store::Standing::Level);

    // Where the change was not kept, it is signed anew with the next package.
    kor.change_seeds(|seeds| seeds[3] = [0xef; 32]);
    let (size, _) = signed(kor);
    assert_eq!(size, 2);
}

#[test]
fn a_name_with_backticks_is_hidden_like_others_and_one_full_of_them_hides_no_alarm() {
    let mut sites = three();
    given(&mut sites, "K`3", "12:00:00");
    let jpn = sites.get_mut("JPN").unwrap();
    let viewer = jpn.viewer();
    let low = entente_core::view::Viewer { clearance: entente_core::Level::Unclassified, ..viewer.clone() };
    for (text, is_hidden) in [
        ("of `K-9` and `K`3`: control lost", true),
        ("of `K-9` and `K`4`: control lost", false),
        ("another history", false),
    ] {
        assert_eq!(jpn.node.names_unseen(text, &low), is_hidden, "{text}");
        assert!(!jpn.node.names_unseen(text, &viewer), "{text}");
    }
    // Nobody has these: an alarm about them is for everybody who reads alarms.
    let many = format!("`{}`: control lost", "a`".repeat(90));
    assert!(!jpn.node.names_unseen(&many, &low), "{many}");
    jpn.crash();
    assert!(jpn.node.names_unseen("`K`3`", &low), "after a start");
}
