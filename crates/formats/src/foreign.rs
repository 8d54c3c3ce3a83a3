//! What markings of others mean here, `entente.foreign/1`: markings of STIX that are not known otherwise, tags and distribution
//! levels of MISP, and which organisation is which party.
//!
//! Not a way to make a known marking wider: colours of TLP and labels mean what they mean, whatever a file says. What stands in
//! no line counts as the strictest (`docs/decisions/0055-unknown-markings.md`). The key type is [`Foreign`].

use std::collections::BTreeMap;

use entente_core::{
    Party,
    label::{Label, Tlp},
};

use crate::{
    Problem,
    agreement::{
        reader::{self, Table, Value},
        words::{party, prose},
    },
    label,
    stix::{
        id::{Id, is_uuid},
        marking::{Meaning, Restriction, meaning},
    },
};

/// The schema of such a file.
pub const SCHEMA: &str = "entente.foreign/1";
/// The most lines of one kind.
const MAXIMUM: usize = 10_000;
/// The word for a marking that says nothing about who may have what bears it.
const NONE: &str = "none";

/// What a marking of somebody else says about who may have what it marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// As much as this label.
    Label(Label),
    /// Nothing.
    Nothing,
}

/// How far MISP distributes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distribution {
    /// 0: the organisation that has it.
    Organisation,
    /// 1: the organisations of its server, and of those that synchronise with it.
    Community,
    /// 2: those, and the communities that are connected to them.
    Connected,
    /// 3: all communities.
    All,
}

impl Distribution {
    /// All of them, narrowest first.
    pub const ALL: [Self; 4] = [Self::Organisation, Self::Community, Self::Connected, Self::All];

    /// As MISP's own pages call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Organisation => "your organisation only",
            Self::Community => "this community only",
            Self::Connected => "connected communities",
            Self::All => "all communities",
        }
    }

    /// The word in a file.
    fn key(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Community => "community",
            Self::Connected => "connected",
            Self::All => "all",
        }
    }

    /// What it means where no file says otherwise (`docs/decisions/0073-misp-distribution.md`).
    fn usual(self) -> Said {
        match self {
            Self::Organisation => Said::Label(Label::Tlp(Tlp::AmberStrict)),
            Self::Community => Said::Label(Label::Tlp(Tlp::Amber)),
            Self::Connected => Said::Label(Label::Tlp(Tlp::Green)),
            Self::All => Said::Nothing,
        }
    }
}

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreign {
    markings: BTreeMap<String, Said>,
    /// In small letters; one that ends in `*` is of all that begin so.
    tags: BTreeMap<String, Said>,
    distribution: BTreeMap<Distribution, Said>,
    /// By UUID in small letters.
    organisations: BTreeMap<String, Party>,
}

impl Foreign {
    /// What a marking definition means, where the file says it.
    pub fn marking(&self, id: &str) -> Option<&Said> {
        self.markings.get(id)
    }

    /// What a tag means, where the file says it: as a whole, or by the longest beginning.
    pub fn tag(&self, name: &str) -> Option<&Said> {
        let name = name.to_lowercase();
        let beginnings = self.tags.iter().filter_map(|(tag, said)| Some((tag.strip_suffix('*')?, said)));
        let longest = beginnings.filter(|(tag, _)| name.starts_with(tag)).max_by_key(|(tag, _)| tag.len());
        self.tags.get(&name).or(longest.map(|(_, said)| said))
    }

    /// What a distribution level means.
    pub fn distribution(&self, level: Distribution) -> Said {
        self.distribution.get(&level).cloned().unwrap_or_else(|| level.usual())
    }

    /// Which party an organisation is.
    pub fn party(&self, uuid: &str) -> Option<&Party> {
        self.organisations.get(&uuid.to_lowercase())
    }

    /// What the markings of an object ask together, and those that nobody here can read, each with why.
    pub fn restriction<'i, 'd>(
        &self,
        ids: impl IntoIterator<Item = &'i str>,
        find: impl Fn(&str) -> Option<&'d str>,
    ) -> (Restriction, Vec<(String, String)>) {
        let mut unread = Vec::new();
        let (mut mapped, mut others) = (Restriction::default(), Vec::new());
        for id in ids {
            match self.marking(id) {
                Some(Said::Label(label)) => {
                    let meaning = Meaning::Label { label: label.clone(), allows_reduced: false };
                    mapped = mapped.join(Restriction::of(meaning));
                }
                Some(Said::Nothing) => {}
                None => {
                    if let Meaning::Unknown(why) = meaning(id, find(id)) {
                        unread.push((id.to_owned(), why));
                    }
                    others.push(id);
                }
            }
        }
        (mapped.join(Restriction::of_ids(others, find)), unread)
    }
}

/// Reads a file.
///
/// # Errors
/// All problems of the text (at most a hundred), in the order of their places.
pub fn parse(text: &str) -> Result<Foreign, Vec<Problem>> {
    reader::read(text, SCHEMA, |table| {
        table.only(&["schema", "marking", "tag", "distribution", "organisation"]);
        let markings = each(table, "marking", "a marking", |table| {
            table.only(&["id", "label"]);
            let id = table.required("id", r#""marking-definition--…""#, marking_id);
            let said = table.required("label", r#""TLP:AMBER""#, said);
            Some((id?, said?))
        });
        let tags = each(table, "tag", "a tag", |table| {
            table.only(&["name", "label"]);
            let name = table.required("name", r#""de-vs:einstufung=*""#, tag);
            let said = table.required("label", r#""TLP:AMBER""#, said);
            Some((name?, said?))
        });
        let organisations = each(table, "organisation", "an organisation", |table| {
            table.only(&["uuid", "name", "party"]);
            let uuid = table.required("uuid", r#""55f6ea5e-2c60-40e5-964f-47a8950d210f""#, uuid);
            // For whoever reads the file.
            let _ = table.optional("name", prose);
            let party = table.required("party", r#""KOR""#, party);
            Some((uuid?, party?))
        });
        let distribution = table.optional("distribution", levels);
        Some(Foreign {
            markings: markings?,
            tags: tags?,
            distribution: distribution?.unwrap_or_default(),
            organisations: organisations?,
        })
    })
}

/// Lines of one kind, each about something else.
fn each<T>(
    table: &Table<'_>,
    key: &'static str,
    what: &'static str,
    read: impl Fn(&Table<'_>) -> Option<(String, T)>,
) -> Option<BTreeMap<String, T>> {
    let tables = table.tables(key, what, MAXIMUM)?;
    let mut found = BTreeMap::new();
    let mut is_whole = true;
    for table in &tables {
        let Some((name, value)) = read(table) else {
            is_whole = false;
            continue;
        };
        if found.insert(name.clone(), value).is_some() {
            let _: Option<()> = table.reject(format!("{} has two lines", reader::quoted(&name)), "leave one of them");
            is_whole = false;
        }
    }
    is_whole.then_some(found)
}

fn levels(value: Value<'_>) -> Option<BTreeMap<Distribution, Said>> {
    let table = value.table("the distribution levels")?;
    table.only(&Distribution::ALL.map(Distribution::key));
    let level = |level: Distribution| Some((level, table.optional(level.key(), said)?));
    let found: Option<Vec<_>> = Distribution::ALL.map(level).into_iter().collect();
    Some(found?.into_iter().filter_map(|(level, said)| Some((level, said?))).collect())
}

fn said(value: Value<'_>) -> Option<Said> {
    let text = value.text()?;
    if text == NONE {
        return Some(Said::Nothing);
    }
    match label::parse(&text) {
        Ok(label) => Some(Said::Label(label)),
        Err(problem) => value.reject(
            format!("{} is no label: {problem}", reader::quoted(&text)),
            "a banner line, a colour of TLP 2.0, or `none` for what says nothing about who may have it",
        ),
    }
}

fn marking_id(value: Value<'_>) -> Option<String> {
    let text = value.text()?;
    if Id::parse(&text).is_none_or(|id| id.kind != "marking-definition") {
        return value.reject(
            format!("{} is no marking definition", reader::quoted(&text)),
            "`marking-definition--` and a UUID",
        );
    }
    if !matches!(meaning(&text, None), Meaning::Unknown(_)) {
        return value.reject("a colour of TLP means the same everywhere", "leave this line out");
    }
    Some(text.into_owned())
}

fn tag(value: Value<'_>) -> Option<String> {
    let text = value.text()?.to_lowercase();
    if text.starts_with("tlp:") && crate::misp::colour(&text).is_some() {
        return value.reject("a colour of TLP means the same everywhere", "leave this line out");
    }
    if text.trim_end_matches('*').is_empty() {
        return value.reject(
            "this is every tag",
            "name one, or the beginning of some with `*` behind it: `de-vs:einstufung=*`",
        );
    }
    Some(text)
}

fn uuid(value: Value<'_>) -> Option<String> {
    let text = value.text()?;
    if is_uuid(&text) {
        Some(text.to_lowercase())
    } else {
        value.reject(format!("{} is no UUID", reader::quoted(&text)), "as MISP shows it on the organisation's page")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
schema = "entente.foreign/1"

[[marking]]
id = "marking-definition--11111111-1111-4111-8111-111111111111"
label = "TLP:GREEN"

[[marking]]
id = "marking-definition--22222222-2222-4222-8222-222222222222"
label = "none"

[[tag]]
name = "de-vs:*"
label = "TLP:AMBER+STRICT"

[[tag]]
name = "De-VS:Einstufung=\"offen\""
label = "none"

[distribution]
community = "TLP:GREEN"

[[organisation]]
uuid = "55F6EA5E-2C60-40E5-964F-47A8950D210F"
name = "CIRCL"
party = "LUX"
"#;

    #[test]
    fn a_file_says_what_is_not_known_otherwise() {
        let foreign = parse(FILE).unwrap();
        assert_eq!(foreign.tag("de-vs:einstufung=\"VS-NfD\""), Some(&Said::Label(Label::Tlp(Tlp::AmberStrict))));
        assert_eq!(foreign.tag("de-vs:einstufung=\"offen\""), Some(&Said::Nothing));
        assert_eq!(foreign.tag("de-v"), None);
        assert_eq!(foreign.distribution(Distribution::Community), Said::Label(Label::Tlp(Tlp::Green)));
        assert_eq!(foreign.distribution(Distribution::Organisation), Said::Label(Label::Tlp(Tlp::AmberStrict)));
        assert_eq!(foreign.party("55f6ea5e-2c60-40e5-964f-47a8950d210f"), Some(&"LUX".into()));
        let id = |digit: &str| format!("marking-definition--{0}-1111-4111-8111-111111111111", digit.repeat(8));
        let (restriction, unread) = foreign.restriction([id("1").as_str()], |_| None);
        assert_eq!((restriction.label(), unread.len()), (Some(Label::Tlp(Tlp::Green)), 0));
        let (restriction, unread) = foreign.restriction([id("1").as_str(), id("3").as_str()], |_| None);
        assert_eq!(restriction.label(), Some(Label::Tlp(Tlp::Red)), "what nobody can read is the strictest");
        assert_eq!(unread.len(), 1);
    }

    #[test]
    fn a_file_that_would_make_a_colour_wider_is_refused_and_problems_have_places() {
        let wrong = |text: &str| parse(&format!("schema = \"{SCHEMA}\"\n{text}")).unwrap_err().remove(0);
        for (text, message) in [
            ("[[tag]]\nname = \"TLP:RED\"\nlabel = \"none\"", "means the same everywhere"),
            (
                "[[marking]]\nid = \"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1\"\nlabel = \"none\"",
                "means the same everywhere",
            ),
            ("[[tag]]\nname = \"*\"\nlabel = \"none\"", "every tag"),
            ("[[tag]]\nname = \"x\"\nlabel = \"TLP:PINK\"", "is no label"),
            ("[[tag]]\nname = \"x\"\nlabel = \"none\"\n[[tag]]\nname = \"X\"\nlabel = \"none\"", "two lines"),
            ("[distribution]\nsome = \"none\"", "some"),
            ("[[organisation]]\nuuid = \"1\"\nparty = \"KOR\"", "no UUID"),
        ] {
            let problem = wrong(text);
            assert!(problem.message.contains(message), "{text}: {problem}");
            assert!(problem.at.start > 20, "{problem:?}");
        }
    }
}
