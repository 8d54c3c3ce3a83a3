//! A partner that lies: it alters what its node sends and receipts, sends old things again, signs with other keys or for
//! others, and tells two stories about one feed. Its node is as honest as any; the lies are made on the way out.

use entente_core::{Party, time::Timestamp};
use entente_formats::wire::{
    ActStatement, Body, Canonical, ConsentRequest, ContentOutcome, ContentReference, ContentSecret, ContentWord, Entry,
    HopStatement, Origin, Package, Receipt, Version, payload,
};
use entente_node::{Feed, content::AwaitedContent, lane::origin};
use entente_seal::{Digest, content::Layout};

use crate::{
    consulting::other_version,
    dice::{Dice, generator},
    facts::{count, digest, tree},
    keys::Keys,
    simulation::Simulation,
};

/// How many of a hundred packages, receipts and pieces of a liar are lies.
pub(crate) const LIES: u64 = 30;

impl Simulation {
    /// What leaves for a package: the package, or a lie.
    pub(crate) fn sends(&mut self, site: usize, to: usize, feed: &Feed, package: Package) -> Vec<u8> {
        let bytes = package.to_bytes();
        if !self.truth.liars.contains(&site) || self.has_healed {
            return bytes;
        }
        let archive = self.archive.entry((site, to, feed.lane)).or_default();
        archive.push(bytes.clone());
        if !self.dice.percent(LIES) {
            return bytes;
        }
        let (lie, what) = self.lie(site, to, feed, package).unwrap_or((bytes, "nothing but the truth"));
        self.tell(&[site, to], format!("lies on the {} lane: {what}", feed.lane.as_str()));
        lie
    }

    fn lie(&mut self, site: usize, to: usize, feed: &Feed, mut package: Package) -> Option<(Vec<u8>, &'static str)> {
        let dice = &mut self.dice;
        let bytes = package.to_bytes();
        match dice.below(13) {
            0 => Some((flipped(bytes, dice), "a byte altered")),
            1 => Some((bytes.get(..dice.index(bytes.len()))?.to_vec(), "cut short")),
            2 => {
                let old = dice.pick(self.archive.get(&(site, to, feed.lane))?)?.clone();
                Some((old, "an old package"))
            }
            3 => {
                let length = dice.index(2000);
                Some((dice.bytes(length), "noise"))
            }
            4 => Some((vec![0; Package::LIMIT + 1], "more bytes than a package may have")),
            5 => {
                let entry = package.entries.first()?.clone();
                package.entries = vec![entry; 257];
                Some((package.to_bytes(), "more entries than a package may have"))
            }
            6 => {
                let Some(Entry::Envelope(envelope)) = package.entries.first_mut() else { return None };
                *envelope = flipped(std::mem::take(envelope), dice);
                Some((package.to_bytes(), "an envelope altered"))
            }
            7 => {
                if package.entries.len() > 1 && dice.percent(50) {
                    package.entries.reverse();
                } else {
                    package.entries.pop()?;
                }
                Some((package.to_bytes(), "entries left out or turned around"))
            }
            8 => {
                package.proof = dice.bytes(64);
                Some((package.to_bytes(), "a proof of nothing"))
            }
            9 => self.other_root(site, to, feed, package),
            10 => self.forged(site, to, feed, true),
            _ => self.forged(site, to, feed, false),
        }
    }

    /// A good signature over another history of as many entries as the partner holds.
    fn other_root(
        &mut self,
        site: usize,
        to: usize,
        feed: &Feed,
        mut package: Package,
    ) -> Option<(Vec<u8>, &'static str)> {
        let keys = &self.sites.get(site)?.keys;
        let held = self.truth.facts.get(to)?.got_leaves(&Feed { partner: keys.party.clone(), lane: feed.lane });
        let mut other = held;
        *other.last_mut()? = self.dice.seed();
        package.checkpoint = keys.checkpoint(&feed.partner, feed.lane, &tree(&other, count(&other))).ok()?;
        (package.start, package.entries, package.proof) = (0, Vec::new(), Vec::new());
        Some((package.to_bytes(), "another history of what is held"))
    }

    /// An entry of the liar's own making, behind what the partner holds: signed with its keys, or with a stranger's.
    fn forged(&mut self, site: usize, to: usize, feed: &Feed, by_stranger: bool) -> Option<(Vec<u8>, &'static str)> {
        let now = self.clock(site);
        let common = self.common_consultations(site, &feed.partner);
        let given: Vec<AwaitedContent> = self.given_contents(site, &feed.partner);
        let (liar, partner) = (&self.sites.get(site)?.keys, &self.sites.get(to)?.keys);
        let victims: Vec<&Keys> = self.sites.iter().map(|site| &site.keys).collect();
        let dice = &mut self.dice;
        let victim = dice.pick(&victims)?.party.clone();
        let text = self.land.agreements.values().find(|text| text.parties.contains(&liar.party))?;
        let version = Version { id: text.id.to_string(), hash: text.hash.0 };
        let body = match dice.below(100) {
            0..25 => other_version(liar, &common, now, dice)?,
            25..40 if !given.is_empty() => false_word(liar, &given, now, dice)?,
            _ => forged_body(liar, &victim, version, dice)?,
        };
        if let Body::Record { origin, .. } | Body::LargeRecord { origin, .. } = &body {
            let origin = Origin::from_bytes(&origin.statement).ok()?;
            if origin.originator == liar.party.as_str() {
                let name = (liar.party.clone(), origin.id.as_str().into(), origin.digest);
                self.truth.contents.insert(name);
            }
        }
        let stranger = liar.stranger(dice);
        let signer = if by_stranger { &stranger } else { liar };
        let mut rng = generator(dice.below(u64::MAX), 0);
        let envelope = signer.seal(partner, &body, now, &mut rng).ok()?;
        let held = self.truth.facts.get(to)?.got_leaves(&Feed { partner: liar.party.clone(), lane: feed.lane });
        let leaf = *Digest::of(&envelope).as_bytes();
        let package = signer.package(&feed.partner, feed.lane, tree(&held, count(&held)), envelope).ok()?;
        if by_stranger {
            return Some((package.to_bytes(), "an entry signed with a stranger's key"));
        }
        let history = held.into_iter().chain([leaf]).collect();
        self.truth.other_histories.entry((site, to, feed.lane)).or_default().push(history);
        Some((package.to_bytes(), "an entry of its own making"))
    }

    /// The contents that a partner has given to a liar.
    fn given_contents(&self, site: usize, partner: &Party) -> Vec<AwaitedContent> {
        let awaited = self.truth.facts.get(site).into_iter().flat_map(|facts| facts.contents.awaited.values());
        awaited.map(|awaited| &awaited.content).filter(|content| content.feed.partner == *partner).cloned().collect()
    }

    /// What leaves for a receipt: the receipt, or a lie.
    pub(crate) fn receipts(&mut self, site: usize, to: usize, feed: &Feed, bytes: Vec<u8>) -> Vec<u8> {
        if !self.truth.liars.contains(&site) || self.has_healed {
            return bytes;
        }
        // Lanes are two; what is receipted is kept apart from what is sent by turning the way around.
        let archive = self.archive.entry((to, site, feed.lane)).or_default();
        archive.push(bytes.clone());
        let dice = &mut self.dice;
        if !dice.percent(LIES) {
            return bytes;
        }
        let Ok(mut receipt) = Receipt::from_bytes(&bytes) else { return bytes };
        let (lie, what) = match dice.below(5) {
            0 => (flipped(bytes, dice), "a byte altered"),
            1 => (dice.pick(archive).cloned().unwrap_or_default(), "an old receipt"),
            2 => {
                receipt.next = receipt.next.saturating_add(dice.below(5));
                (receipt.to_bytes(), "more than it holds")
            }
            3 => {
                receipt.cosigned = None;
                (receipt.to_bytes(), "no cosignature")
            }
            _ => {
                receipt.dispositions = None;
                (receipt.to_bytes(), "no dispositions")
            }
        };
        self.tell(&[site, to], format!("lies in a receipt on the {} lane: {what}", feed.lane.as_str()));
        lie
    }
}

pub(crate) fn flipped(mut bytes: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    let at = dice.index(bytes.len());
    let bit = dice.below(8);
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << bit;
    }
    bytes
}

/// A word on a content that was given to the liar, whatever became of it there.
fn false_word(liar: &Keys, given: &[AwaitedContent], now: Timestamp, dice: &mut Dice) -> Option<Body> {
    let AwaitedContent { feed, index, leaf, .. } = dice.pick(given)?;
    let word = ContentWord {
        by: liar.party.to_string(),
        origin: origin(&feed.partner, &liar.party, feed.lane),
        index: if dice.percent(80) { *index } else { dice.below(100) },
        leaf: if dice.percent(80) { *leaf } else { dice.seed() },
        outcome: if dice.percent(50) { ContentOutcome::Held } else { ContentOutcome::Refused },
        at: now.as_second(),
    };
    Some(Body::ContentWord(liar.sign(payload::CONTENT_WORD, word.to_bytes()).ok()?))
}

/// A body that no honest node would send.
fn forged_body(liar: &Keys, victim: &Party, agreement: Version, dice: &mut Dice) -> Option<Body> {
    let number = dice.below(1_000_000);
    match dice.below(6) {
        // A record: the liar's own, or in another's name.
        0 | 1 => {
            let originator = if dice.percent(50) { &liar.party } else { victim };
            let content = dice.bytes(50);
            let id =
                if dice.percent(30) { format!("{originator}-{}", number % 60) } else { format!("forged-{number}") };
            let origin = Origin {
                originator: originator.to_string(),
                id,
                label: "TLP:CLEAR".to_owned(),
                subjects: vec!["missile".to_owned()],
                status: "test".to_owned(),
                distribution: Vec::new(),
                title: String::new(),
                media_type: String::new(),
                created: 0,
                digest: if dice.percent(80) { digest(&content) } else { dice.seed() },
            };
            let origin = liar.sign(payload::ORIGIN, origin.to_bytes()).ok()?;
            let hop = HopStatement {
                under: vec![agreement; dice.index(40)],
                purpose: "warning".to_owned(),
                ask_onward: dice.percent(50),
            };
            if dice.percent(70) {
                return Some(Body::Record { origin, hop, content });
            }
            // A content that it will never give, of any length, or of none that there can be.
            let length = dice.weighted(&[(4, 50), (4, 200_000), (1, 1 << 30), (1, u64::MAX)])?;
            let sealed_length = Layout::padded(length.min(1 << 30)).sealed_length();
            let key = ContentSecret(dice.seed());
            Some(Body::LargeRecord {
                origin,
                hop,
                content: ContentReference { length, sealed: dice.seed(), sealed_length, key },
            })
        }
        // An act: of the liar's own, or in another's name, after one that nobody has.
        2 | 3 => {
            let by = if dice.percent(50) { &liar.party } else { victim };
            let act = ActStatement {
                by: by.to_string(),
                agreement,
                kind: (*dice.pick(&["suspended", "resumed", "terminated", "conquered"])?).to_owned(),
                date: (*dice.pick(&["2026-11-20", "2026-11-31", "-000001-01-01", "9999-12-31"])?).to_owned(),
                article: dice.percent(30).then(String::new),
                admits: None,
                disputes: None,
                previous: Some(dice.seed()),
            };
            Some(Body::Act(liar.sign(payload::ACT, act.to_bytes()).ok()?))
        }
        4 => Some(Body::Proposal("schema = ".repeat(dice.index(2000)))),
        _ => Some(Body::ConsentRequest(ConsentRequest {
            request: dice.seed().first_chunk().copied()?,
            originator: victim.to_string(),
            record: format!("{victim}-{}", number % 60),
            digest: dice.seed(),
            to: liar.party.to_string(),
            action: (*dice.pick(&["release", "display", "steal"])?).to_owned(),
            purpose: "x".repeat(dice.index(400)),
            channel: "courier".to_owned(),
            until: dice.percent(50).then_some(i64::MAX),
        })),
    }
}
