//! The published vectors of large contents: one file, one case, one reason for its outcome (`vectors/contents/README.md`).
//!
//! `ENTENTE_UPDATE=1 cargo test -p entente-seal` writes the files again; they come out the same.

#![allow(clippy::disallowed_methods, reason = "vectors are files, and this is a test")]

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{CHUNK_LENGTH, Chunks, Layout, StreamKey, Travelling};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/contents");
const KEY: [u8; 32] = [0x44; 32];

/// One vector, as it stands in its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    description: String,
    expect: String,
    from: String,
    to: String,
    key: String,
    length: u64,
    digest: String,
    sealed_digest: String,
    sealed: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

impl Case {
    /// What a receiver finds: the content, or the code of the first check that fails.
    fn run(&self) -> Result<Vec<u8>, &'static str> {
        let array = |text: &str| -> [u8; 32] { from_hex(text).try_into().unwrap() };
        let (key, digest) = (StreamKey::from_bytes(&array(&self.key)), array(&self.digest));
        let way = Travelling::new(&key, &self.from, &self.to, &digest, self.length).map_err(|error| error.code())?;
        let sealed = from_hex(&self.sealed);
        if sealed.len() as u64 != way.layout().sealed_length() {
            return Err("sealed-length");
        }
        let (mut content, mut rest) = (Vec::new(), sealed.as_slice());
        for index in 0..way.layout().chunks() {
            let (here, behind) = rest.split_at(way.layout().sealed_chunk(index));
            rest = behind;
            let mut chunk = here.to_vec();
            way.open(index, &mut chunk).map_err(|error| error.code())?;
            content.extend_from_slice(&chunk);
        }
        if <[u8; 32]>::from(Sha256::digest(&content)) != digest {
            return Err("content-digest");
        }
        if <[u8; 32]>::from(Sha256::digest(&sealed)) != array(&self.sealed_digest) {
            return Err("sealed-digest");
        }
        Ok(content)
    }
}

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

/// Chunks of `padded` under the context of a content of `length` bytes.
fn seal(digest: &[u8; 32], length: u64, padded: &[u8]) -> Vec<u8> {
    let digest: &minicbor::bytes::ByteSlice = digest.as_slice().into();
    let context = minicbor::to_vec(("entente.content/1", "KOR", "JPN", digest, length)).unwrap();
    let chunks = Chunks::new(&StreamKey::from_bytes(&KEY), context, Layout::exact(padded.len() as u64)).unwrap();
    let mut sealed = Vec::new();
    for (index, part) in (0..).zip(padded.chunks(CHUNK_LENGTH)) {
        let mut chunk = part.to_vec();
        chunks.seal(index, &mut chunk).unwrap();
        sealed.extend_from_slice(&chunk);
    }
    sealed
}

fn good(name: &str, description: &str, length: usize) -> Case {
    let content = content(length);
    let digest = Sha256::digest(&content).into();
    let mut padded = content.clone();
    padded.resize(Layout::padded(length as u64).length().try_into().unwrap(), 0);
    let sealed = seal(&digest, length as u64, &padded);
    Case {
        name: name.to_owned(),
        description: description.to_owned(),
        expect: "ok".to_owned(),
        from: "KOR".to_owned(),
        to: "JPN".to_owned(),
        key: hex(&KEY),
        length: length as u64,
        digest: hex(&digest),
        sealed_digest: hex(&Sha256::digest(&sealed)),
        sealed: hex(&sealed),
        content: Some(hex(&content)),
    }
}

fn cases() -> Vec<Case> {
    let mut cases = vec![
        good("one-byte", "the shortest content, in the smallest class", 1),
        good("whole-class", "a content that fills its class: nothing is padded", 256),
        good("two-chunks", "one byte more than a chunk, padded to its class", 65_537),
    ];
    let mut bad = |name: &str, expect: &str, description: &str, of: usize, alter: &dyn Fn(&mut Case)| {
        let mut case = Case { expect: expect.to_owned(), content: None, ..good(name, description, of) };
        alter(&mut case);
        // What is not the point of the case is sound.
        if expect != "sealed-digest" {
            case.sealed_digest = hex(&Sha256::digest(from_hex(&case.sealed)));
        }
        cases.push(case);
    };
    let digest_of = |case: &Case| -> [u8; 32] { from_hex(&case.digest).try_into().unwrap() };
    bad("empty", "content-length", "a content of no bytes", 1, &|case| case.length = 0);
    bad("too-long", "content-length", "a content of one byte more than 1 GiB", 1, &|case| {
        case.length = (1 << 30) + 1;
    });
    bad("cut", "sealed-length", "the last chunk is missing", 65_537, &|case| case.sealed.truncate(2 * 65_552));
    bad("longer", "sealed-length", "a byte more than the class has", 1, &|case| case.sealed.push_str("00"));
    bad("wider-class", "sealed-length", "padded to the next class but one", 1, &|case| {
        let mut padded = content(1);
        padded.resize(512, 0);
        case.sealed = hex(&seal(&digest_of(case), 1, &padded));
    });
    bad("altered", "cannot-open", "one bit of the only chunk is another", 1, &|case| {
        let mut sealed = from_hex(&case.sealed);
        sealed[7] ^= 1;
        case.sealed = hex(&sealed);
    });
    bad("other-recipient", "cannot-open", "sealed for another party", 1, &|case| case.to = "AUS".to_owned());
    bad("other-sender", "cannot-open", "sealed by another party", 1, &|case| case.from = "USA".to_owned());
    bad("other-key", "cannot-open", "sealed under another key", 1, &|case| case.key = hex(&[0x45; 32]));
    bad("other-length", "cannot-open", "sealed as a content of another length", 1, &|case| case.length = 2);
    bad("other-content", "cannot-open", "sealed as another content", 1, &|case| {
        case.digest = hex(&Sha256::digest(content(2)));
    });
    bad("repeated-chunk", "cannot-open", "the first chunk stands in the place of the second", 131_072, &|case| {
        let sealed = from_hex(&case.sealed);
        let (first, _) = sealed.split_at(65_552);
        case.sealed = hex(&[first, first].concat());
    });
    bad("padding-not-zero", "bad-padding", "a byte of the padding is 1", 1, &|case| {
        let mut padded = content(1);
        padded.resize(256, 0);
        padded[255] = 1;
        case.sealed = hex(&seal(&digest_of(case), 1, &padded));
    });
    bad("not-what-was-signed", "content-digest", "every chunk opens, and the content has another digest", 2, &|case| {
        let mut padded = content(1);
        padded.resize(256, 0);
        case.sealed = hex(&seal(&digest_of(case), 2, &padded));
    });
    bad("other-name", "sealed-digest", "the reference names another sealed content", 1, &|case| {
        case.sealed_digest = hex(&[0; 32]);
    });
    cases
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn file(case: &Case) -> String {
    serde_json::to_string_pretty(case).unwrap() + "\n"
}

fn published() -> BTreeMap<String, String> {
    let entries = fs::read_dir(DIRECTORY).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    files
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect()
}

#[test]
fn every_published_content_vector_holds() {
    for (name, text) in published() {
        let case: Case = serde_json::from_str(&text).unwrap();
        assert_eq!(case.name, name);
        match case.run() {
            Ok(content) => assert_eq!((case.expect.as_str(), case.content), ("ok", Some(hex(&content))), "{name}"),
            Err(code) => assert_eq!(case.expect, code, "{name}"),
        }
    }
}

#[test]
fn the_published_content_vectors_can_be_made_again() {
    let made: BTreeMap<String, String> = cases().iter().map(|case| (case.name.clone(), file(case))).collect();
    if std::env::var_os("ENTENTE_UPDATE").is_some() {
        for (name, text) in &made {
            fs::write(Path::new(DIRECTORY).join(name).with_extension("json"), text).unwrap();
        }
    }
    assert!(made == published(), "they differ; was the format changed? `ENTENTE_UPDATE=1` writes them anew");
}
