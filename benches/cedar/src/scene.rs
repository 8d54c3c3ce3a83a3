//! Agreements, rules and requests: bilateral texts among up to fifteen parties, and records that were given under them.

use entente_core::world::{Agreements, NationalRules};
use entente_formats::{
    agreement, national,
    request::{HopLine, Line, RecordLine, Resolved},
};

/// How many requests there are.
pub(crate) const REQUESTS: usize = 2_000;

const PARTIES: [&str; 15] =
    ["AUS", "CAN", "DEU", "ESP", "FRA", "GBR", "ITA", "JPN", "KOR", "NLD", "NOR", "NZL", "POL", "SWE", "USA"];
const SUBJECTS: [&str; 8] = ["missile", "cyber", "maritime", "air", "space", "logistics", "personnel", EMBARGOED];
/// The subject that no party lets out.
pub(crate) const EMBARGOED: &str = "embargo-list";
/// The levels that every party has delegated.
pub(crate) const DELEGATED: [&str; 4] = ["SECRET", "CONFIDENTIAL", "RESTRICTED", "UNCLASSIFIED"];
const PURPOSES: [&str; 3] = ["warning", "planning", "exercise"];
const CHANNELS: [&str; 2] = ["government-to-government", "courier"];

/// One bilateral text.
pub(crate) struct Text {
    pub(crate) id: String,
    pub(crate) parties: [&'static str; 2],
    pub(crate) subjects: Vec<&'static str>,
    pub(crate) levels: &'static [&'static str],
    pub(crate) channel: Option<&'static str>,
}

pub(crate) struct Scene {
    pub(crate) parties: Vec<&'static str>,
    pub(crate) texts: Vec<Text>,
    pub(crate) agreements: Agreements,
    pub(crate) national: NationalRules,
    pub(crate) requests: Vec<Resolved>,
}

/// SplitMix64: the same scene on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

impl Scene {
    pub(crate) fn new(count: usize) -> Self {
        let mut numbers = Numbers(count as u64);
        // As few parties as have that many pairs.
        let size = (2..).find(|size| size * (size - 1) / 2 >= count).unwrap();
        let parties = PARTIES[PARTIES.len() - size..].to_vec();
        let pairs =
            parties.iter().enumerate().flat_map(|(at, one)| parties[at + 1..].iter().map(move |other| [*one, *other]));
        let texts: Vec<Text> = pairs
            .take(count)
            .map(|pair| {
                let first = numbers.below(SUBJECTS.len());
                Text {
                    id: format!("{}-{}", pair[0], pair[1]).to_lowercase(),
                    parties: pair,
                    subjects: (first..first + 5).map(|at| SUBJECTS[at % SUBJECTS.len()]).collect(),
                    levels: numbers.of(&[&["SECRET", "CONFIDENTIAL"][..], &["CONFIDENTIAL"][..]]),
                    channel: numbers.of(&[None, Some(CHANNELS[0])]),
                }
            })
            .collect();
        let files: Vec<(String, String)> =
            texts.iter().map(|text| (format!("{}.toml", text.id), text.toml())).collect();
        let agreements = agreement::parse_set(&files).unwrap().agreements;
        let national: NationalRules = parties
            .iter()
            .map(|party| {
                let rules = national::parse(&format!(
                    "schema = \"entente.national/1\"\nparty = \"{party}\"\n\
                     [[delegation]]\nsubjects = [\"*\"]\nto = [\"*\"]\nmax = \"{}\"\nactions = [\"release\"]\n\
                     [[restriction]]\nsubjects = [\"{EMBARGOED}\"]\nto = [\"*\"]\nreason = \"embargo\"\n",
                    DELEGATED[0]
                ))
                .unwrap();
                (rules.party.clone(), rules)
            })
            .collect();
        let lines: Vec<Line> = (0..REQUESTS).map(|at| line(at, &parties, &texts, &mut numbers)).collect();
        let requests = lines.iter().map(|line| line.resolve(&agreements, &national).unwrap()).collect();
        Self { parties, texts, agreements, national, requests }
    }
}

/// A record of one party, held by it or given to a second one, that goes on to a third; half of what is asked has a
/// text between the two.
fn line(at: usize, parties: &[&'static str], texts: &[Text], numbers: &mut Numbers) -> Line {
    let text = &texts[numbers.below(texts.len())];
    let from = numbers.of(&text.parties);
    let to = if numbers.below(4) == 0 {
        numbers.of(&parties.iter().copied().filter(|party| *party != from).collect::<Vec<_>>())
    } else {
        text.parties[usize::from(text.parties[0] == from)]
    };
    let purpose = numbers.of(&PURPOSES);
    let received: Vec<&Text> = texts.iter().filter(|text| text.parties.contains(&from)).collect();
    let (originator, custody) = if numbers.below(2) == 0 {
        (from, Vec::new())
    } else {
        let under = received[numbers.below(received.len())];
        let originator = under.parties[usize::from(under.parties[0] == from)];
        let hop = HopLine {
            from: originator.to_owned(),
            to: from.to_owned(),
            under: vec![under.id.clone()],
            purpose: if numbers.below(4) == 0 { numbers.of(&PURPOSES) } else { purpose }.to_owned(),
            onward: None,
        };
        (originator, vec![hop])
    };
    let level = numbers.of(&["SECRET", "SECRET", "CONFIDENTIAL", "CONFIDENTIAL", "TOP SECRET"]);
    let releasable: Vec<&str> = parties
        .iter()
        .copied()
        .filter(|party| match *party {
            party if party == to => numbers.below(8) > 0,
            party => party == originator || numbers.below(2) == 0,
        })
        .collect();
    let owner = if originator == "USA" { String::new() } else { format!("//{originator} ") };
    let control = if numbers.below(8) == 0 { "NOFORN".to_owned() } else { rel_to(originator, releasable) };
    let first = numbers.below(SUBJECTS.len());
    let subjects = (first..=first + numbers.below(2)).map(|at| SUBJECTS[at % SUBJECTS.len()].to_owned()).collect();
    Line {
        record: RecordLine {
            id: format!("R-{at}"),
            label: format!("{owner}{level}//{control}"),
            originator: originator.to_owned(),
            subjects,
            status: None,
            custody,
            distribution: Vec::new(),
            derived_from: Vec::new(),
            versions: Vec::new(),
        },
        from: from.to_owned(),
        to: to.to_owned(),
        action: "release".to_owned(),
        purpose: purpose.to_owned(),
        channel: numbers.of(&[CHANNELS[0], CHANNELS[0], CHANNELS[1]]).to_owned(),
        at: "2026-11-20T00:00:00Z".to_owned(),
        under: None,
        consents: Vec::new(),
        approvals: Vec::new(),
    }
}

/// USA first, then the others in order; a list of one's own is NOFORN.
fn rel_to(originator: &str, mut codes: Vec<&str>) -> String {
    if originator == "USA" && !codes.contains(&"USA") {
        codes.push("USA");
    }
    codes.sort_by_key(|code| (*code != "USA", *code));
    if codes.len() < 2 { "NOFORN".to_owned() } else { format!("REL TO {}", codes.join(", ")) }
}

impl Text {
    fn toml(&self) -> String {
        let [one, other] = self.parties;
        let words = |words: &[&str]| words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ");
        let rows: Vec<String> = self.levels.iter().map(|level| format!("{{ level = {level:?} }}")).collect();
        let channel = match self.channel {
            Some(channel) => format!("[[clause]]\nid = \"9\"\nkind = \"transmission\"\nchannels = [{channel:?}]\n"),
            None => String::new(),
        };
        format!(
            "schema = \"entente.agreement/1\"\nid = {:?}\ntitle = \"{one} and {other}\"\nforce = \"binding\"\nparties = [{one:?}, {other:?}]\n\
             [[act]]\nby = \"*\"\ndate = 2016-11-23\nkind = \"entered-into-force\"\n\
             [[clause]]\nid = \"1\"\nkind = \"scope\"\nsubjects = [{}]\n\
             [[clause]]\nid = \"4\"\nkind = \"equivalence\"\nceiling = {:?}\nrows = [{}]\n\
             [[clause]]\nid = \"6.a\"\nkind = \"third-party\"\nblocks = [\"release\", \"display\"]\n\
             [[clause]]\nid = \"6.c\"\nkind = \"purpose\"\nallowed = \"as-provided\"\n{channel}",
            self.id,
            words(&self.subjects),
            self.levels[0],
            rows.join(", ")
        )
    }
}
