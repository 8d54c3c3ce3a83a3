//! The keys of a party in a run, and what is made with them by hand: its party file, and whatever a liar with valid keys
//! wants to send.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use entente_core::{Party, national::National, time::Timestamp, world::Agreements};
use entente_formats::{
    party::{KeyKind, OtherKey, PartyFile, Standing},
    wire::{Body, Canonical, Entry, Package, Signed},
};
use entente_log::{Checkpoint, Ed25519KeyPair, Frontier, KeyName, MlDsa44KeyPair, SignatureType};
use entente_node::{Identity, Lane, LogSeeds, Node, Partner, lane::origin};
use entente_seal::{Outgoing, Precedence, SealingKey, SealingPublicKey, Show, SigningKey, Status, dsse};
use entente_store::Store;
use rand_core::CryptoRng;

use crate::dice::Dice;

/// Seeds of the keys of a party.
pub struct Keys {
    /// Whose they are.
    pub party: Party,
    root: [u8; 32],
    signing: [u8; 32],
    sealing: [u8; 32],
    /// The key of that seed, once it was made: nothing else that a run does costs as much.
    made: RefCell<Option<([u8; 32], SealingKey)>>,
    log: [u8; 32],
    receipt: [u8; 32],
    log_ml_dsa: [u8; 32],
    witness: [u8; 32],
    /// The announced ones, by kind.
    next: BTreeMap<KeyKind, [u8; 32]>,
    /// Those that are out of use and sign, or open, along.
    along: Vec<(KeyKind, [u8; 32])>,
    /// What the party file says of keys that are not in use.
    others: Vec<OtherKey>,
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

/// The public half of a seed.
fn public_of(kind: KeyKind, seed: &[u8; 32]) -> Result<Vec<u8>, String> {
    match kind {
        KeyKind::Sealing => Ok(SealingKey::from_seed(seed).map_err(text)?.public().to_bytes().to_vec()),
        KeyKind::LogMlDsa => Ok(MlDsa44KeyPair::from_seed(seed).map_err(text)?.public_key().to_vec()),
        _ => Ok(SigningKey::from_seed(seed).map_err(text)?.public().as_bytes().to_vec()),
    }
}

impl Keys {
    /// Draws the keys of a party.
    pub fn draw(party: Party, dice: &mut Dice) -> Self {
        let [root, signing, sealing, log, receipt, log_ml_dsa, witness] = std::array::from_fn(|_| dice.seed());
        let (next, along, others, made) = Default::default();
        Self { party, root, signing, sealing, made, log, receipt, log_ml_dsa, witness, next, along, others }
    }

    /// The same party with other keys that nobody knows: what a thief of the name alone would sign with.
    pub fn stranger(&self, dice: &mut Dice) -> Self {
        Self::draw(self.party.clone(), dice)
    }

    /// Starts the party's node on what its store kept, with the keys that `running` had in use where it goes on.
    ///
    /// # Errors
    /// What keeps it from starting.
    pub fn start(
        &self,
        running: Option<Arc<Identity>>,
        store: &Store,
        agreements: Agreements,
        rules: Option<National>,
    ) -> Result<Node, String> {
        let identity = running.map_or_else(|| self.identity().map(Arc::new), Ok)?;
        Node::start(identity, agreements, rules, store.load().map_err(text)?).map_err(text)
    }

    /// What the node signs and opens with.
    ///
    /// # Errors
    /// When a seed is no key.
    pub fn identity(&self) -> Result<Identity, String> {
        let sealing = vec![self.made_sealing_key()?];
        let signing = SigningKey::from_seed(&self.signing).map_err(text)?;
        let seeds = LogSeeds {
            log: &self.log,
            log_ml_dsa: Some(&self.log_ml_dsa),
            receipt: &self.receipt,
            witness: Some(&self.witness),
        };
        let identity = Identity::new(self.party.clone(), signing, sealing, seeds).map_err(text)?;
        let beside = self.next.iter().map(|(kind, seed)| (*kind, *seed)).chain(self.along.iter().copied());
        beside.into_iter().try_fold(identity, |identity, (kind, seed)| identity.beside(kind, &seed)).map_err(text)
    }

    /// Whether any of them was ever changed.
    pub fn have_changed(&self) -> bool {
        !self.others.is_empty() || !self.along.is_empty()
    }

    /// The announced key of a kind, where there is one.
    pub fn announced(&self, kind: KeyKind) -> Option<Vec<u8>> {
        public_of(kind, self.next.get(&kind)?).ok()
    }

    /// Announces a new key of a kind.
    ///
    /// # Errors
    /// When a seed is no key.
    pub fn roll(&mut self, kind: KeyKind, at: Timestamp, dice: &mut Dice) -> Result<(), String> {
        let seed = dice.seed();
        self.others.push(OtherKey { kind, key: public_of(kind, &seed)?, standing: Standing::Next(at) });
        self.next.insert(kind, seed);
        Ok(())
    }

    /// Takes the announced key of a kind into use; the one before it is retired, or revoked since now.
    ///
    /// # Errors
    /// When a seed is no key.
    pub fn replace(&mut self, kind: KeyKind, at: Timestamp, is_revoked: bool) -> Result<(), String> {
        let Some(next) = self.next.remove(&kind) else { return Ok(()) };
        let used = match kind {
            KeyKind::Signing => &mut self.signing,
            KeyKind::Sealing => &mut self.sealing,
            KeyKind::Log => &mut self.log,
            KeyKind::LogMlDsa => &mut self.log_ml_dsa,
            KeyKind::Receipt => &mut self.receipt,
            KeyKind::Witness => &mut self.witness,
            KeyKind::Tls => return Ok(()),
        };
        let before = std::mem::replace(used, next);
        let (gone, new) = (public_of(kind, &before)?, public_of(kind, &next)?);
        self.others.retain(|other| other.key != new);
        let standing = if is_revoked { Standing::Revoked(at) } else { Standing::Retired(at) };
        self.others.push(OtherKey { kind, key: gone, standing });
        // What is under way may be sealed to the old one; and who does not know that it is revoked believes it alone.
        if is_revoked || kind == KeyKind::Sealing {
            self.along.push((kind, before));
        }
        Ok(())
    }

    fn file(&self, serial: u64) -> Result<PartyFile, String> {
        let public = |seed: &[u8; 32]| SigningKey::from_seed(seed).map(|key| *key.public().as_bytes()).map_err(text);
        Ok(PartyFile {
            party: self.party.to_string(),
            name: self.party.to_string(),
            serial,
            addresses: vec!["127.0.0.1:1".to_owned()],
            valid_from: Timestamp::UNIX_EPOCH,
            valid_until: Timestamp::from_second(1_893_456_000).map_err(text)?,
            root: public(&self.root)?,
            signing: vec![public(&self.signing)?],
            sealing: vec![self.sealing_key()?.to_bytes().to_vec()],
            log: public(&self.log)?,
            log_ml_dsa: Some(self.quantum()?.public_key().to_vec()),
            receipt: public(&self.receipt)?,
            witness: Some(public(&self.witness)?),
            // Of a certificate that nobody looks at.
            tls: vec![self.root.map(|byte| !byte)],
            successor: None,
            other_keys: self.others.clone(),
        })
    }

    fn quantum(&self) -> Result<MlDsa44KeyPair, String> {
        MlDsa44KeyPair::from_seed(&self.log_ml_dsa).map_err(text)
    }

    fn sealing_key(&self) -> Result<SealingPublicKey, String> {
        Ok(self.made_sealing_key()?.public().clone())
    }

    fn made_sealing_key(&self) -> Result<SealingKey, String> {
        let mut made = self.made.borrow_mut();
        if let Some((seed, key)) = &*made
            && *seed == self.sealing
        {
            return Ok(key.clone());
        }
        let key = SealingKey::from_seed(&self.sealing).map_err(text)?;
        *made = Some((self.sealing, key.clone()));
        Ok(key)
    }

    /// The party file with that serial, signed.
    ///
    /// # Errors
    /// When a seed is no key.
    pub fn party_file(&self, serial: u64) -> Result<String, String> {
        Partner::sign(&self.file(serial)?, &self.root).map_err(text)
    }

    /// A statement with this party's signature, whatever its node thinks of it.
    ///
    /// # Errors
    /// When a seed is no key.
    pub fn sign(&self, payload_type: &str, statement: Vec<u8>) -> Result<Signed, String> {
        let key = SigningKey::from_seed(&self.signing).map_err(text)?;
        let signature = dsse::sign(&key, payload_type, &statement).map_err(text)?;
        Ok(Signed { statement, signature })
    }

    /// A body of one's own choosing, sealed to `to`.
    ///
    /// # Errors
    /// When it cannot be sealed.
    pub fn seal(&self, to: &Self, body: &Body, at: Timestamp, rng: &mut impl CryptoRng) -> Result<Vec<u8>, String> {
        let outgoing = Outgoing {
            from: self.party.as_str(),
            to: to.party.as_str(),
            created: at.as_second(),
            precedence: Precedence::Immediate,
            expires: None,
            status: Status::Test,
            guard: Show::Nothing,
            body: &body.to_bytes(),
        };
        let key = SigningKey::from_seed(&self.signing).map_err(text)?;
        Ok(outgoing.seal(&key, &to.sealing_key()?, rng).map_err(text)?.bytes().to_vec())
    }

    /// A checkpoint of the feed to `to` over that tree, signed.
    ///
    /// # Errors
    /// When a seed is no key.
    pub fn checkpoint(&self, to: &Party, lane: Lane, tree: &Frontier) -> Result<String, String> {
        let origin = origin(&self.party, to, lane);
        let pair = Ed25519KeyPair::from_seed_unchecked(&self.log).map_err(text)?;
        let name = KeyName::new(&origin).map_err(text)?;
        let key = entente_log::SigningKey::new(name.clone(), SignatureType::Ed25519, &pair).map_err(text)?;
        let quantum = self.quantum()?;
        let second = entente_log::SigningKey::ml_dsa_44(name, &quantum).map_err(text)?;
        let checkpoint = Checkpoint::new(&origin, tree.size(), tree.root(), Vec::new()).map_err(text)?;
        let second = entente_log::cosign(&checkpoint, &second, 0).map_err(text)?;
        Ok(checkpoint.sign(&key).map_err(text)?.with_signature(second).map_err(text)?.to_string())
    }

    /// A package of one envelope behind the entries of `tree`, with a checkpoint that ends there.
    ///
    /// # Errors
    /// When a seed is no key.
    pub fn package(&self, to: &Party, lane: Lane, mut tree: Frontier, envelope: Vec<u8>) -> Result<Package, String> {
        let start = tree.size();
        tree.append(entente_log::leaf_hash(entente_seal::Digest::of(&envelope).as_bytes())).map_err(text)?;
        let checkpoint = self.checkpoint(to, lane, &tree)?;
        let entries = vec![Entry::Envelope(envelope)];
        Ok(Package {
            origin: origin(&self.party, to, lane),
            start,
            entries,
            checkpoint,
            proof: Vec::new(),
            acknowledged: 0,
        })
    }
}
