//! Sovereign nodes with real stores and a wire that the test holds in its hands.

#![allow(dead_code, reason = "each test binary uses its part of the world")]

pub(crate) mod postgres;

use std::{collections::BTreeMap, path::Path};

use entente_core::{
    AgreementId, Level, Party,
    agreement::{ActKind, clause::Set},
    record::Status,
    time::Timestamp,
    view::Viewer,
};
use entente_formats::{
    agreement, national,
    party::{KeyKind, PartyFile},
    wire::{Body, Canonical, Entry, MAX_ENTRIES, PACKAGE_TARGET, Package, Signed, TailEntry},
};
use entente_log::{Checkpoint, Frontier, consistency_proof};
use entente_node::{
    Answer, Event, Feed, Identity, Lane, LogSeeds, Node, Partner, Refusal,
    desk::Desk,
    event::{Deed, Draft, Listed, Outcome, RecordRef, Release, Source},
    guard::GuardLink,
    lane::origin,
    start::StartError,
};
use entente_seal::{Envelope, Outgoing, Precedence, SealingKey, SealingPublicKey, Show, SigningKey, VerifyingKey};
use entente_store::{StorageKey, Store};
use rand_core::SeedableRng;

pub(crate) const PURPOSE: &str = "missile-warning";
pub(crate) const CHANNEL: &str = "government-to-government";

/// The agreements of the example, as configured.
fn example(folder: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/northeast-asia").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap())).collect()
}

pub(crate) fn example_text(folder: &str, name: &str) -> String {
    example(folder).into_iter().find(|(path, _)| path.ends_with(name)).unwrap().1
}

/// A seed of its own, which no other key of the site has.
fn storage_key(seeds: &[[u8; 32]; 7]) -> StorageKey {
    StorageKey::from_seed(&seeds[0].map(|byte| !byte))
}

/// One node with its store.
pub(crate) struct Site {
    pub(crate) party: Party,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: Option<Store>,
    pub(crate) node: Node,
    seeds: [[u8; 32]; 7],
    rng: chacha20::ChaCha20Rng,
    /// What its party has set; it stays through crashes.
    desk: Desk,
    pub(crate) now: Timestamp,
}

impl Site {
    fn new(code: &str, number: u8) -> Self {
        let folder = tempfile::tempdir().unwrap();
        postgres::place(folder.path());
        Self::in_folder(code, number, folder)
    }

    /// The node that [`three`] gives that number, on the store of this folder.
    pub(crate) fn in_folder(code: &str, number: u8, folder: tempfile::TempDir) -> Self {
        let seeds = std::array::from_fn(|key| [number * 16 + u8::try_from(key).unwrap(); 32]);
        let store = Store::open(folder.path(), &storage_key(&seeds)).unwrap();
        let node = start(code, &seeds, &store);
        let rng = chacha20::ChaCha20Rng::from_seed([number; 32]);
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let desk = Desk::default();
        Self { party: code.into(), folder, store: Some(store), node, seeds, rng, desk, now }
    }

    /// What the contents of its store are encrypted with.
    pub(crate) fn storage_key(&self) -> StorageKey {
        storage_key(&self.seeds)
    }

    /// The memory is gone; what the store kept is all there is. The normal start.
    pub(crate) fn crash(&mut self) {
        self.store = None;
        let store = Store::open(self.folder.path(), &self.storage_key()).unwrap();
        self.node = start(self.party.as_str(), &self.seeds, &store).with_desk(self.desk.clone());
        self.store = Some(store);
    }

    /// Starts its node again with these settings.
    pub(crate) fn set_desk(&mut self, desk: Desk) {
        self.desk = desk;
        self.crash();
    }

    /// Whether the node starts again without the agreement files whose path holds `word`.
    pub(crate) fn starts_without(&self, word: &str) -> Result<(), StartError> {
        let store = self.store.as_ref().unwrap();
        try_start(self.party.as_str(), &self.seeds, store, |path| !path.contains(word)).map(drop)
    }

    /// Seals a body of this party's own choosing into a package, as a partner with valid keys could.
    pub(crate) fn forged(&mut self, to: &PartyFile, lane: Lane, body: &Body) -> Vec<u8> {
        self.seal_behind(Frontier::new(), to, lane, body, Show::Nothing)
    }

    /// The same, behind the entries of a package that was forged before.
    pub(crate) fn forged_behind(&mut self, before: &[u8], to: &PartyFile, lane: Lane, body: &Body) -> Vec<u8> {
        let mut tree = Frontier::new();
        for entry in Package::from_bytes(before).unwrap().entries {
            let Entry::Envelope(bytes) = entry else { panic!("a withdrawal") };
            tree.append(entente_log::leaf_hash(entente_seal::Digest::of(&bytes).as_bytes())).unwrap();
        }
        self.seal_behind(tree, to, lane, body, Show::Nothing)
    }

    /// The same, showing a guard what this party likes.
    pub(crate) fn forged_showing(&mut self, to: &PartyFile, lane: Lane, body: &Body, show: Show<'_>) -> Vec<u8> {
        self.seal_behind(Frontier::new(), to, lane, body, show)
    }

    /// Starts its node again with these guards on its links.
    pub(crate) fn guarded(&mut self, guards: impl IntoIterator<Item = (Party, GuardLink)>) {
        let node = start(self.party.as_str(), &self.seeds, self.store.as_ref().unwrap());
        self.node = node.with_guards(guards.into_iter().collect());
    }

    /// Starts its node again with more rules of its own behind those of the example.
    pub(crate) fn ruled(&mut self, more: &str) {
        let text = example_text("national", &format!("{}.toml", self.party)) + more;
        let (identity, agreements) = (identity(self.party.as_str(), &self.seeds), self.node.agreements().clone());
        let kept = self.store.as_ref().unwrap().load().unwrap();
        self.node = Node::start(identity, agreements, Some(national::parse(&text).unwrap()), kept).unwrap();
    }

    /// The same, behind what its node has put into the feed so far.
    pub(crate) fn sequenced_after(&mut self, to: &PartyFile, lane: Lane, body: &Body) -> Vec<u8> {
        let feed = Feed { partner: to.party.as_str().into(), lane };
        let size = self.node.outgoing().find(|(out, ..)| **out == feed).map_or(0, |(_, size, _)| size);
        let reader = self.store().reader().unwrap();
        let head = Frontier::load(size, &|level, index| reader.outgoing_node(&feed, level, index)).unwrap();
        self.seal_behind(head, to, lane, body, Show::Nothing)
    }

    /// Several bodies in one package, at the beginning of a feed.
    pub(crate) fn forged_all(&mut self, to: &PartyFile, lane: Lane, bodies: &[Body]) -> Vec<u8> {
        self.seal_all(Frontier::new(), to, lane, bodies, &Show::Nothing)
    }

    fn seal_behind(&mut self, tree: Frontier, to: &PartyFile, lane: Lane, body: &Body, guard: Show<'_>) -> Vec<u8> {
        self.seal_all(tree, to, lane, std::slice::from_ref(body), &guard)
    }

    fn seal_all(
        &mut self,
        mut tree: Frontier,
        to: &PartyFile,
        lane: Lane,
        bodies: &[Body],
        guard: &Show<'_>,
    ) -> Vec<u8> {
        let [_, signing, _, log, _, log_ml_dsa, _] = self.seeds;
        let recipient = SealingPublicKey::from_bytes(&to.sealing[0]).unwrap();
        let sender = SigningKey::from_seed(&signing).unwrap();
        let start = tree.size();
        let mut entries = Vec::new();
        for body in bodies {
            let bytes = body.to_bytes();
            let outgoing = Outgoing {
                from: self.party.as_str(),
                to: &to.party,
                created: self.now.as_second(),
                precedence: Precedence::Immediate,
                expires: None,
                status: entente_seal::Status::Test,
                guard: guard.clone(),
                body: &bytes,
            };
            let envelope = outgoing.seal(&sender, &recipient, &mut self.rng).unwrap();
            tree.append(entente_log::leaf_hash(envelope.digest().as_bytes())).unwrap();
            entries.push(Entry::Envelope(envelope.bytes().to_vec()));
        }
        let origin = origin(&self.party, &to.party.as_str().into(), lane);
        let pair = entente_log::Ed25519KeyPair::from_seed_unchecked(&log).unwrap();
        let name = entente_log::KeyName::new(&origin).unwrap();
        let key = entente_log::SigningKey::new(name.clone(), entente_log::SignatureType::Ed25519, &pair).unwrap();
        let quantum = entente_log::MlDsa44KeyPair::from_seed(&log_ml_dsa).unwrap();
        let second = entente_log::SigningKey::ml_dsa_44(name, &quantum).unwrap();
        let unsigned = Checkpoint::new(&origin, tree.size(), tree.root(), Vec::new()).unwrap();
        let second = entente_log::cosign(&unsigned, &second, 0).unwrap();
        let checkpoint = unsigned.sign(&key).unwrap().with_signature(second).unwrap();
        let checkpoint = checkpoint.to_string();
        Package { origin, start, entries, checkpoint, proof: Vec::new(), acknowledged: 0 }.to_bytes()
    }

    /// What a package of another party says, as this one opens it.
    pub(crate) fn opened(&self, from: &PartyFile, package: &[u8]) -> Vec<Body> {
        let signer = VerifyingKey::from_bytes(&from.signing[0]).unwrap();
        let sealing = SealingKey::from_seed(&self.seeds[2]).unwrap();
        let entries = Package::from_bytes(package).unwrap().entries.into_iter();
        let envelopes = entries.filter_map(|entry| match entry {
            Entry::Envelope(bytes) => Some(Envelope::parse(&bytes).unwrap()),
            Entry::Withdrawn(_) => None,
        });
        let open = |envelope: Envelope| {
            let opened = envelope.verify(self.party.as_str(), &signer).unwrap().open(&sealing).unwrap();
            Body::from_bytes(&opened.body).unwrap()
        };
        envelopes.map(open).collect()
    }

    pub(crate) fn store(&mut self) -> &mut Store {
        self.store.as_mut().unwrap()
    }

    pub(crate) fn party_file(&self) -> PartyFile {
        let [root, signing, sealing, log, receipt, log_ml_dsa, witness] = self.seeds;
        let public = |seed: [u8; 32]| *SigningKey::from_seed(&seed).unwrap().public().as_bytes();
        PartyFile {
            party: self.party.to_string(),
            name: self.party.to_string(),
            serial: 1,
            addresses: vec!["127.0.0.1:1".into()],
            valid_from: Timestamp::UNIX_EPOCH,
            valid_until: "2030-01-01T00:00:00Z".parse().unwrap(),
            root: public(root),
            signing: vec![public(signing)],
            sealing: vec![SealingKey::from_seed(&sealing).unwrap().public().to_bytes().to_vec()],
            log: public(log),
            log_ml_dsa: Some(entente_log::MlDsa44KeyPair::from_seed(&log_ml_dsa).unwrap().public_key().to_vec()),
            receipt: public(receipt),
            witness: Some(public(witness)),
            // Of a certificate that nobody looks at.
            tls: vec![root.map(|byte| !byte)],
            successor: None,
            other_keys: Vec::new(),
        }
    }

    /// Other seeds of its keys from now on, as after `entente key retire`: root, signing, sealing, log, receipt, log-ml-dsa,
    /// witness.
    pub(crate) fn change_seeds(&mut self, change: impl FnOnce(&mut [[u8; 32]; 7])) {
        change(&mut self.seeds);
        self.node.replace_identity(identity(self.party.as_str(), &self.seeds));
        self.handle(Event::KeysChanged).unwrap();
    }

    /// The same keys with these beside them, as after `entente key roll`.
    pub(crate) fn sign_beside(&mut self, keys: &[(KeyKind, [u8; 32])]) {
        let first = identity(self.party.as_str(), &self.seeds);
        let beside = keys.iter().try_fold(first, |identity, (kind, seed)| identity.beside(*kind, seed)).unwrap();
        self.node.replace_identity(beside);
        self.handle(Event::KeysChanged).unwrap();
    }

    pub(crate) fn signed_party_file(&self) -> String {
        self.sign_party_file(&self.party_file())
    }

    pub(crate) fn sign_party_file(&self, file: &PartyFile) -> String {
        Partner::sign(file, &self.seeds[0]).unwrap()
    }

    /// A statement with this party's own signature, whatever its node thinks of it.
    pub(crate) fn sign_as_partner(&self, payload_type: &str, statement: Vec<u8>) -> Signed {
        let key = SigningKey::from_seed(&self.seeds[1]).unwrap();
        let signature = entente_seal::dsse::sign(&key, payload_type, &statement).unwrap();
        Signed { statement, signature }
    }

    /// One event, kept before it is answered.
    pub(crate) fn handle(&mut self, event: Event) -> Result<Answer, Refusal> {
        let effects = self.node.handle(event, self.now, &mut self.rng);
        let signed = self.node.sign_ledger().unwrap();
        self.store.as_mut().unwrap().commit(&[effects.batch, signed]).unwrap();
        effects.answer
    }

    /// A record of this party, released.
    pub(crate) fn release(
        &mut self,
        id: &str,
        label: &str,
        to: &[&str],
        under: Option<&[&str]>,
    ) -> Vec<(Party, Outcome)> {
        self.release_source(Source::New(draft(id, label)), to, under)
    }

    /// A held record, released onward.
    pub(crate) fn release_held(&mut self, id: &str, to: &[&str], under: Option<&[&str]>) -> Vec<(Party, Outcome)> {
        self.release_source(Source::Held(RecordRef { originator: None, id: id.into() }, content(id)), to, under)
    }

    pub(crate) fn release_source(
        &mut self,
        source: Source,
        to: &[&str],
        under: Option<&[&str]>,
    ) -> Vec<(Party, Outcome)> {
        let release = Release {
            by: self.viewer(),
            source,
            to: to.iter().map(|code| Party::from(*code)).collect(),
            purpose: PURPOSE.into(),
            channel: CHANNEL.into(),
            under: under.map(|ids| ids.iter().map(|id| AgreementId::from(*id)).collect()),
            precedence: Precedence::Routine,
            expires: None,
        };
        match self.handle(Event::Release(release)).unwrap() {
            Answer::Released { outcomes, .. } => outcomes,
            other => panic!("unexpected answer {other:?}"),
        }
    }

    pub(crate) fn viewer(&self) -> Viewer {
        Viewer {
            name: "analyst".into(),
            nationality: self.party.clone(),
            clearance: Level::TopSecret,
            subjects: Set::Any,
            official_duty: true,
        }
    }

    /// What an analyst with every clearance sees.
    pub(crate) fn held(&mut self) -> Vec<Listed> {
        let viewer = self.viewer();
        match self.handle(Event::List { viewer }).unwrap() {
            Answer::Records(records) => records,
            other => panic!("unexpected answer {other:?}"),
        }
    }

    pub(crate) fn ids(&mut self) -> Vec<String> {
        self.held().iter().map(|listed| listed.record.id.to_string()).collect()
    }

    /// The next package of a feed, as its sender would post it; `None` when all is receipted.
    pub(crate) fn next_package(&mut self, to: &Party, lane: Lane) -> Option<Vec<u8>> {
        let feed = Feed { partner: to.clone(), lane };
        let (_, size, acknowledged) = self.node.outgoing().find(|(out, ..)| **out == feed)?;
        if size == acknowledged {
            return None;
        }
        let reader = self.store().reader().unwrap();
        let entries = reader.pending(&feed, acknowledged, MAX_ENTRIES, PACKAGE_TARGET).unwrap();
        let end = acknowledged + entries.len() as u64;
        let event = Event::Dispatch { feed: feed.clone(), start: acknowledged, entries };
        let Answer::Cleared { entries, size, checkpoint, acknowledged } = self.handle(event).unwrap() else {
            panic!("unexpected answer")
        };
        let proof = consistency_proof(end, size, &|level, index| reader.outgoing_node(&feed, level, index)).unwrap();
        let package = Package {
            origin: origin(&self.party, to, lane),
            start: acknowledged,
            entries,
            checkpoint,
            proof: proof.iter().flat_map(|hash| hash.0).collect(),
            acknowledged,
        };
        Some(package.to_bytes())
    }

    /// Takes a package of `from`: the receipt's bytes, and whether it was in order.
    pub(crate) fn take(&mut self, from: &Party, lane: Lane, bytes: Vec<u8>) -> Result<(Vec<u8>, bool), Refusal> {
        match self.handle(Event::Package { feed: Feed { partner: from.clone(), lane }, bytes })? {
            Answer::Receipt { bytes, in_order } => Ok((bytes, in_order)),
            other => panic!("unexpected answer {other:?}"),
        }
    }
}

fn start(code: &str, seeds: &[[u8; 32]; 7], store: &Store) -> Node {
    try_start(code, seeds, store, |_| true).unwrap()
}

fn identity(code: &str, seeds: &[[u8; 32]; 7]) -> Identity {
    let [_, signing, sealing, log, receipt, log_ml_dsa, witness] = seeds;
    Identity::new(
        code.into(),
        SigningKey::from_seed(signing).unwrap(),
        vec![SealingKey::from_seed(sealing).unwrap()],
        LogSeeds { log, log_ml_dsa: Some(log_ml_dsa), receipt, witness: Some(witness) },
    )
    .unwrap()
}

/// Starts a node on those of the example's agreements that `keep` keeps.
fn try_start(
    code: &str,
    seeds: &[[u8; 32]; 7],
    store: &Store,
    keep: impl Fn(&str) -> bool,
) -> Result<Node, StartError> {
    let identity = identity(code, seeds);
    let configured: Vec<_> =
        example("agreements").into_iter().filter(|(path, _)| !path.contains("trilateral") && keep(path)).collect();
    let agreements = agreement::parse_set(&configured).unwrap().agreements;
    let rules = format!("/{code}.toml");
    let rules = example("national").into_iter().find(|(path, _)| path.ends_with(&rules));
    let rules = rules.map(|(_, text)| national::parse(&text).unwrap());
    Node::start(identity, agreements, rules, store.load().unwrap())
}

/// A new record.
pub(crate) fn draft(id: &str, label: &str) -> Draft {
    Draft {
        id: Some(id.into()),
        label: label.into(),
        subjects: vec!["dprk-missile".into()],
        status: Status::Exercise,
        distribution: Vec::new(),
        derived_from: Vec::new(),
        title: format!("{id}.txt"),
        media_type: "text/plain".into(),
        content: content(id),
        versions: Vec::new(),
    }
}

/// A text of two that knows the terms of neither.
pub(crate) const PACT: &str = "schema = \"entente.agreement/1\"\nid = \"pact\"\ntitle = \"Pact\"\nforce = \"binding\"\n\
    parties = [\"JPN\", \"USA\"]\n[[clause]]\nid = \"1\"\nkind = \"equivalence\"\nceiling = \"SECRET\"\n\
    rows = [{ level = \"SECRET\" }]\n[[clause]]\nid = \"6\"\nkind = \"third-party\"\nblocks = [\"release\"]\n";

/// Nodes by the code of their party.
pub(crate) type Sites = BTreeMap<&'static str, Site>;

pub(crate) fn party(code: &str) -> Party {
    code.into()
}

/// A party acts on a text.
pub(crate) fn act_on(site: &mut Site, id: &str, deed: Deed, date: &str) -> Result<Answer, Refusal> {
    let date = date.parse().unwrap();
    site.handle(Event::Act { agreement: id.into(), version: None, deed, date, article: None })
}

/// A party does an act that is no dispute and no admission.
pub(crate) fn does(sites: &mut Sites, code: &str, id: &str, kind: ActKind, date: &str) {
    act_on(sites.get_mut(code).unwrap(), id, Deed::Does(kind), date).unwrap();
}

/// The first of `parties` proposes a text, and all of them bring it into force.
pub(crate) fn bring_into_force(sites: &mut Sites, text: &str, id: &str, parties: &[&'static str]) {
    sites.get_mut(parties[0]).unwrap().handle(Event::Propose { text: text.into() }).unwrap();
    deliver(sites);
    for code in parties {
        does(sites, code, id, ActKind::EnteredIntoForce, "2026-11-01");
    }
    deliver(sites);
}

/// The content of the record with that id: known to the test, so that it can compare bytes.
pub(crate) fn content(id: &str) -> Vec<u8> {
    format!("content of {id}\r\n\0 not re-serialised").into_bytes()
}

/// The three nations, each knowing the others.
pub(crate) fn three() -> BTreeMap<&'static str, Site> {
    with(&["USA", "JPN", "KOR"])
}

/// These nations, each knowing the others; who is not of the example has no national rules.
pub(crate) fn with(codes: &[&'static str]) -> BTreeMap<&'static str, Site> {
    let mut sites: BTreeMap<&str, Site> =
        (1..).zip(codes).map(|(number, code)| (*code, Site::new(code, number))).collect();
    let files: Vec<String> = sites.values().map(Site::signed_party_file).collect();
    for site in sites.values_mut() {
        for note in &files {
            site.handle(Event::AddParty { note: note.clone() }).unwrap();
        }
    }
    sites
}

/// Delivers everything that waits, both ways between any two, until nothing does.
pub(crate) fn deliver(sites: &mut BTreeMap<&'static str, Site>) {
    let codes: Vec<&'static str> = sites.keys().copied().collect();
    loop {
        let mut moved = false;
        for from in &codes {
            for to in codes.iter().filter(|to| *to != from) {
                for lane in Lane::ALL {
                    while let Some(package) = sites.get_mut(from).unwrap().next_package(&Party::from(*to), lane) {
                        let (receipt, _) = sites.get_mut(to).unwrap().take(&Party::from(*from), lane, package).unwrap();
                        let feed = Feed { partner: Party::from(*to), lane };
                        sites.get_mut(from).unwrap().handle(Event::Receipt { feed, bytes: receipt }).unwrap();
                        moved = true;
                    }
                }
            }
        }
        if !moved {
            return;
        }
    }
}

/// JPN asks KOR for consent that the record goes to USA; KOR says `granted`.
pub(crate) fn consent(sites: &mut BTreeMap<&'static str, Site>, id: &str, granted: bool) {
    let ask = Event::AskConsent {
        by: sites["JPN"].viewer(),
        record: RecordRef { originator: None, id: id.into() },
        of: "KOR".into(),
        to: "USA".into(),
        purpose: None,
        channel: CHANNEL.into(),
        until: None,
    };
    let Answer::Asked { question: Some(question), .. } = sites.get_mut("JPN").unwrap().handle(ask).unwrap() else {
        panic!("the question is not permitted")
    };
    deliver(sites);
    let request = question.question.request;
    let kor = sites.get_mut("KOR").unwrap();
    kor.handle(Event::AnswerConsent { by: kor.viewer(), request, granted, note: None }).unwrap();
    deliver(sites);
}

/// The end of KOR's routine feed as JPN has it.
pub(crate) fn tail(jpn: &mut Site, start: u64, size: u64) -> Vec<u8> {
    let feed = Feed { partner: party("KOR"), lane: Lane::Routine };
    let key = jpn.storage_key();
    let reader = jpn.store().reader().unwrap().with_key(&key).unwrap();
    let rows = reader.incoming(&feed, start, 100).unwrap();
    let entry = |row: entente_store::IncomingRow| TailEntry {
        leaf: row.leaf,
        envelope: row.envelope,
        withdrawal: row.withdrawal,
    };
    let proof = consistency_proof(size, size, &|level, at| reader.incoming_node(&feed, level, at)).unwrap();
    let entries = rows.into_iter().map(entry).collect();
    match jpn.handle(Event::Tail { feed, start, entries, proof }).unwrap() {
        Answer::Held(bytes) => bytes,
        other => panic!("unexpected answer {other:?}"),
    }
}

/// What a site says that it holds of a partner's feeds.
pub(crate) fn holds(site: &mut Site, from: &str) -> Vec<u8> {
    match site.handle(Event::Holds { from: party(from) }).unwrap() {
        Answer::Held(bytes) => bytes,
        other => panic!("unexpected answer {other:?}"),
    }
}
