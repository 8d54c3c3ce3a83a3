//! What stands beside the store in files of their own, each with versions of its own: who may come in, and what is served over
//! TAXII.

use std::path::Path;

use entente_formats::stix::check::Version;
use entente_store::{
    StorageKey,
    people::{Before, CertificateRow, NewToken, PasskeyRow, People, Rights},
    taxii::{
        Collection, Deletion, EVERYTHING, Intent, NewEntry, NewRecord, Root, StatusRow, Taxii, TaxiiReader, Terms,
        hash_of,
    },
};

const NOW: i64 = 1_795_435_200;
const LATER: i64 = NOW + 86_400;

fn rights(roles: &[&str]) -> Rights {
    Rights {
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        clearance: "SECRET".into(),
        subjects: vec!["dprk-missile".into()],
        nationality: "JPN".into(),
        official_duty: true,
        external: Some(("https://login.example".into(), roles.concat())),
    }
}

/// Two accounts with every kind of credential.
pub(crate) fn people(folder: &Path, storage: &StorageKey) {
    let mut people = People::open(folder, storage).unwrap();
    assert!(people.add_user("sato", &rights(&["administrator"]), NOW).unwrap());
    assert!(people.add_user("mori", &rights(&["analyst"]), NOW).unwrap());
    people.set_password("sato", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA").unwrap();
    people.set_totp("sato", Some(b"a secret of twenty b")).unwrap();
    assert!(people.use_totp("sato", 59_847_840).unwrap());
    let passkey = PasskeyRow {
        id: vec![7; 16],
        user: "sato".into(),
        name: "key on the ring".into(),
        public_key: vec![8; 77],
        sign_count: 3,
        created: NOW,
        used: Some(LATER),
    };
    assert!(people.add_passkey(&passkey).unwrap());
    people.set_by("mori", Some("sato")).unwrap();
    let revision = people.user("mori").unwrap().unwrap().revision;
    assert!(people.vouch("mori", "abe", revision).unwrap());
    let (user, name) = ("mori".to_owned(), "feed reader".to_owned());
    let certificate = CertificateRow { spki: [6; 32], user, name, created: NOW, expires: LATER, used: None };
    assert!(people.bind(&certificate).unwrap());
    let revision = people.user("sato").unwrap().unwrap().revision;
    assert!(people.begin_session(&[1; 32], ("sato", revision), "password", false, NOW).unwrap());
    let (name, roles) = ("script", ["analyst".to_owned()]);
    let token = NewToken { hash: [2; 32], name, roles: &roles, read_only: true, expires: LATER };
    assert!(people.add_token("mori", &token, NOW).unwrap());
    people.invite(&[3; 32], "mori", LATER).unwrap();
    people.know_browser(&[4; 32], "sato", LATER).unwrap();
    people.begin_once("sato", "a-key", &[5; 32], NOW).unwrap();
    people.end_once("sato", "a-key", 201, b"{}").unwrap();
    let job = people.add_job("sato", b"").unwrap();
    people.set_job(job, "sato", b"long work").unwrap();
}

/// A root with a collection, in which one object of KOR's stands; a post, and a deletion that is under way.
pub(crate) fn taxii(folder: &Path) {
    let mut index = Taxii::open(folder).unwrap();
    let root =
        Root { name: "api".into(), title: "Exercise".into(), description: Some("A root".into()), longest: 1_000_000 };
    assert!(index.add_root(&root).unwrap());
    let terms = Terms {
        read: vec!["analyst".into()],
        write: vec!["analyst".into()],
        label: "//JPN SECRET//REL TO USA, JPN, KOR".into(),
        subjects: vec!["dprk-cyber".into()],
        from: vec!["*".into()],
        to: vec!["KOR".into()],
        purpose: "missile-warning".into(),
    };
    let collection = Collection {
        number: 0,
        root: "api".into(),
        id: "91a7b528-80eb-42ed-a74d-c6fbd5a26116".into(),
        title: "Indicators".into(),
        description: None,
        alias: Some("indicators".into()),
        terms,
    };
    let number = index.add_collection(&collection, NOW).unwrap().unwrap();
    let target = hash_of("malware--31b940d4-6f7f-459a-80ea-9c1f17b58abc").to_be_bytes();
    let entry = |id: &'static str, start: usize| NewEntry {
        id,
        hash: hash_of(id),
        kind: "indicator",
        spec: Version::V21,
        version: Some(NOW * 1_000_000),
        start,
        length: 120,
        markings: vec!["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"],
        is_granular: false,
        targets: &target,
        digest: [9; 32],
    };
    let entries = [
        entry("indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", 100),
        entry("indicator--9e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", 230),
    ];
    let record = NewRecord { originator: "KOR", id: "K-20", digest: &[10; 32], is_own: false };
    assert!(index.add(&record, &entries, NOW).unwrap());
    let intent = Intent { record: "J-20".into(), collection: number, added: Some(vec![Some(NOW * 1_000_000), None]) };
    index.intend(&[intent], NOW).unwrap();
    let (id, root, poster) = ("2d086da7-4bdc-4f91-900e-d77486753710".to_owned(), "api".to_owned(), "mori".to_owned());
    let status = StatusRow { id, root, poster, at: NOW, body: "{}".into() };
    index.settle(&[], NOW, &[], &status, NOW - 10).unwrap();
    index.read_up_to(17).unwrap();
    let deletion = Deletion {
        number: 0,
        record: 1,
        gone: vec![100],
        rest: Some("J-21".into()),
        moved: vec![(230, 100)],
        name: "mori".into(),
        way: "token".into(),
    };
    index.begin_deletion(&deletion, number, NOW).unwrap();
}

/// Whether the accounts are what [`people`] made, where that was done by a program whose file had version `since`.
pub(crate) fn assert_people(folder: &Path, storage: &StorageKey, since: i64) {
    let mut people = People::open(folder, storage).unwrap();
    let users = people.users().unwrap();
    let [mori, sato] = users.as_slice() else { panic!("{users:?}") };
    assert_eq!((mori.name.as_str(), sato.name.as_str()), ("mori", "sato"));
    assert_eq!((&mori.roles[..], mori.clearance.as_str()), (&["analyst".to_owned()][..], "SECRET"));
    assert!(sato.has_password && sato.has_totp && sato.passkeys == 1 && sato.disabled.is_none());
    assert_eq!(people.user_of("https://login.example", "analyst").unwrap().unwrap().name, "mori");
    // Who set an account was not kept at first, nor were there certificates.
    let set = (mori.set_by.as_deref(), mori.vouched_by.as_deref());
    assert_eq!(set, if since >= 2 { (Some("sato"), Some("abe")) } else { (None, None) });
    assert_eq!(people.certificate(&[6; 32]).unwrap().is_some(), since >= 3);
    assert!(people.password("sato").unwrap().unwrap().starts_with("$argon2id$"));
    let (secret, step) = people.totp("sato").unwrap().unwrap();
    assert_eq!((secret.as_slice(), step), (&b"a secret of twenty b"[..], 59_847_840));
    assert_eq!(people.passkeys("sato").unwrap()[0].sign_count, 3);
    assert_eq!(people.session(&[1; 32]).unwrap().unwrap().user, "sato");
    let token = people.token(&[2; 32]).unwrap().unwrap();
    assert!((token.user.as_str(), token.read_only) == ("mori", true));
    assert_eq!(people.invited(&[3; 32], NOW).unwrap().as_deref(), Some("mori"));
    assert!(people.knows_browser(&[4; 32], "sato", NOW).unwrap());
    let again = people.begin_once("sato", "a-key", &[5; 32], LATER).unwrap();
    assert_eq!(again, Before::Answered(201, b"{}".to_vec()));
    // Nor was long work kept at first.
    let jobs = people.jobs().unwrap();
    let kept: Vec<_> = jobs.iter().map(|job| (job.user.as_str(), job.text.as_slice())).collect();
    assert_eq!(kept, vec![("sato", &b"long work"[..]); usize::from(since >= 4)]);
    // And it is gone on with.
    assert!(people.add_job("operator", b"more").unwrap() > jobs.last().map_or(0, |job| job.id));
    people.set_by("sato", Some("mori")).unwrap();
    assert!(people.add_user("abe", &rights(&["auditor"]), LATER).unwrap());
}

/// Whether the index is what [`taxii`] made, where that was done by a program whose file had version `since`.
pub(crate) fn assert_taxii(folder: &Path, since: i64) {
    let mut index = Taxii::open(folder).unwrap();
    assert_eq!((index.roots().unwrap().len(), index.cursor().unwrap()), (1, 17));
    let collections = index.collections().unwrap();
    let [collection] = collections.as_slice() else { panic!("{collections:?}") };
    assert_eq!(
        (collection.alias.as_deref(), collection.terms.purpose.as_str()),
        (Some("indicators"), "missile-warning")
    );
    let deletions = index.deletions().unwrap();
    assert_eq!(
        deletions.iter().map(|one| &one.gone[..]).collect::<Vec<_>>(),
        vec![&[100][..]; usize::from(since >= 2)]
    );
    assert!(index.intended().unwrap().contains(&"J-20".to_owned()));
    let reader = TaxiiReader::open(folder).unwrap();
    assert!(reader.status("2d086da7-4bdc-4f91-900e-d77486753710").unwrap().is_some());
    for number in [EVERYTHING, collection.number] {
        let rows = reader.behind(number, 0, 10).unwrap();
        let places: Vec<_> = rows.iter().map(|row| (row.start, row.length)).collect();
        assert_eq!(places, [(100, 120), (230, 120)]);
        assert_eq!(reader.marks(rows[0].marks).unwrap(), ["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"]);
    }
    // And it is gone on with.
    let record = NewRecord { originator: "KOR", id: "K-21", digest: &[11; 32], is_own: false };
    assert!(index.add(&record, &[], LATER).unwrap());
}
