//! The land in which a run takes place: parties, their agreements, their rules. Texts, read by the real readers.

use std::collections::BTreeMap;

use entente_core::{Party, national::National, world::Agreements};
use entente_formats::{Problem, agreement, national};

use crate::dice::Dice;

/// Codes of parties, in alphabetical order.
const CODES: [&str; 8] = ["AUS", "CAN", "GBR", "JPN", "KOR", "NZL", "PHL", "USA"];
/// What records are about.
pub const SUBJECTS: [&str; 3] = ["missile", "cyber", "fishery"];
/// What they are given for.
pub const PURPOSES: [&str; 2] = ["warning", "research"];
/// How they travel.
pub const CHANNELS: [&str; 2] = ["government-to-government", "courier"];
/// The levels that labels and ceilings have.
const LEVELS: [&str; 3] = ["CONFIDENTIAL", "SECRET", "TOP SECRET"];

/// Parties, agreements and rules.
pub struct Land {
    /// The parties, in order of their codes.
    pub parties: Vec<Party>,
    /// The agreements that every node is configured with.
    pub agreements: Agreements,
    /// Texts without acts that may be proposed.
    pub proposals: Vec<String>,
    rules: BTreeMap<Party, National>,
}

impl Land {
    /// Draws a land of 2 to 8 parties.
    ///
    /// # Errors
    /// When a text drawn here is none: a mistake of this file.
    pub fn draw(dice: &mut Dice) -> Result<Self, String> {
        let count = dice.weighted(&[(4, 2), (8, 3), (5, 4), (2, 5), (1, 6), (1, 7), (1, 8)]).unwrap_or(3);
        let mut codes: Vec<&str> = CODES.to_vec();
        while codes.len() > count {
            codes.remove(dice.index(codes.len()));
        }
        let mut texts = Vec::new();
        for (number, one) in codes.iter().enumerate() {
            let others: Vec<&str> = codes.iter().skip(number + 1).copied().collect();
            for other in dice.some(&others, 85) {
                texts.push(text(dice, &[one, other], true));
            }
        }
        if count > 2 && dice.percent(60) {
            let members = some_parties(dice, &codes);
            texts.push(text(dice, &members, true));
        }
        let mut proposals = Vec::new();
        for _ in 0..2 {
            let members = some_parties(dice, &codes);
            proposals.push(text(dice, &members, false).replacen("id = \"", "id = \"new-", 1));
        }
        let named: Vec<(String, String)> =
            texts.into_iter().enumerate().map(|(number, text)| (format!("{number}.toml"), text)).collect();
        let agreements = agreement::parse_set(&named).map_err(|problem| format!("{problem:?}"))?.agreements;
        let mut rules = BTreeMap::new();
        for code in &codes {
            let text = national_text(dice, code);
            rules.insert((*code).into(), national::parse(&text).map_err(|problems| first(&problems))?);
        }
        Ok(Self { parties: codes.into_iter().map(Into::into).collect(), agreements, proposals, rules })
    }

    /// The rules of a party.
    pub fn rules_of(&self, party: &Party) -> Option<&National> {
        self.rules.get(party)
    }
}

fn first(problems: &[Problem]) -> String {
    problems.first().map(ToString::to_string).unwrap_or_default()
}

/// Two or more of them.
fn some_parties<'a>(dice: &mut Dice, codes: &[&'a str]) -> Vec<&'a str> {
    let mut members = codes.to_vec();
    while members.len() > 2 && dice.percent(30) {
        members.remove(dice.index(members.len()));
    }
    members
}

fn quoted(items: &[&str]) -> String {
    format!("{items:?}")
}

/// An agreement between these, in force since long ago when it has acts.
fn text(dice: &mut Dice, parties: &[&str], in_force: bool) -> String {
    let id = parties.join("-").to_lowercase();
    let number = dice.below(1000);
    let mut text = format!(
        "schema = \"entente.agreement/1\"\nid = \"{id}-{number}\"\ntitle = \"{}\"\nforce = \"binding\"\nparties = {}\n",
        parties.join(", "),
        quoted(parties)
    );
    if in_force {
        text += "[[act]]\nby = \"*\"\ndate = 2020-01-01\nkind = \"entered-into-force\"\n";
    }
    let binds_onward = dice.percent(80);
    if binds_onward && dice.percent(70) {
        text += "[survival]\narticle = \"9\"\nclauses = [\"6\"]\n";
    }
    let clause = |id: &str, kind: &str, rest: &str| {
        format!("[[clause]]\nid = \"{id}\"\nkind = \"{kind}\"\nbasis = \"assumed\"\n{rest}\n")
    };
    let subjects = if dice.percent(70) { "[\"*\"]" } else { "[\"missile\", \"cyber\"]" };
    text += &clause("2", "scope", &format!("subjects = {subjects}"));
    let ceiling = dice.weighted(&[(1, "CONFIDENTIAL"), (9, "SECRET"), (3, "TOP SECRET")]).unwrap_or("SECRET");
    let rows: Vec<String> = LEVELS
        .iter()
        .take_while(|level| **level != "TOP SECRET" || ceiling == "TOP SECRET")
        .take(if ceiling == "CONFIDENTIAL" { 1 } else { 3 })
        .map(|level| {
            let terms: Vec<String> = parties.iter().map(|party| format!("{party} = [\"{level}\"]")).collect();
            format!("{{ level = \"{level}\", {} }}", terms.join(", "))
        })
        .collect();
    text += &clause("4", "equivalence", &format!("ceiling = \"{ceiling}\"\nrows = [{}]", rows.join(", ")));
    if binds_onward {
        let exempts = if dice.percent(60) { "parties" } else { "none" };
        let counts = dice.percent(20);
        let rest = format!(
            "blocks = [\"release\", \"display\"]\nexempts = \"{exempts}\"\nlabel_counts_as_approval = {counts}"
        );
        text += &clause("6", "third-party", &rest);
    }
    text += &clause(
        "11",
        "notify",
        "event = \"loss-or-compromise\"\nby = \"recipient\"\nwhen = \"at once\"\nwithin = \"24h\"",
    );
    text += &clause("12", "notify", "event = \"reclassified\"\nby = \"provider\"\nwhen = \"promptly\"");
    text += &clause("10", "consult", "triggers = [\"missile-launch\"]\nwhen = \"at once\"");
    if dice.percent(50) {
        text += &clause("7", "purpose", "allowed = \"as-provided\"");
    }
    if dice.percent(40) {
        text += &clause("8", "transmission", "channels = [\"government-to-government\"]");
    }
    text
}

fn national_text(dice: &mut Dice, code: &str) -> String {
    let subjects = if dice.percent(90) { "[\"*\"]" } else { "[\"missile\", \"fishery\"]" };
    let max = if dice.percent(80) { "TOP SECRET" } else { "SECRET" };
    let mut text = format!(
        "schema = \"entente.national/1\"\nparty = \"{code}\"\n[[delegation]]\nsubjects = {subjects}\nto = [\"*\"]\n\
         max = \"{max}\"\nactions = [\"release\"]\n"
    );
    if dice.percent(10) {
        text += "[[restriction]]\nsubjects = [\"fishery\"]\nto = [\"*\"]\nreason = \"its own\"\n";
    }
    text
}

/// A label as `originator` might write it, mostly one that lets others have the record.
pub fn label(dice: &mut Dice, originator: &Party, parties: &[Party]) -> String {
    let mut listed: Vec<&str> = parties.iter().filter(|_| dice.percent(75)).map(Party::as_str).collect();
    let level = dice.weighted(&[(3, "CONFIDENTIAL"), (5, "SECRET"), (1, "TOP SECRET")]).unwrap_or("SECRET");
    let is_us = originator.as_str() == "USA";
    let head = if is_us { level.to_owned() } else { format!("//{originator} {level}") };
    match dice.below(20) {
        0 => return "TLP:GREEN".to_owned(),
        1 => return "TLP:CLEAR".to_owned(),
        2 => return "UNCLASSIFIED".to_owned(),
        3 => return if is_us { format!("{head}//NOFORN") } else { head },
        _ => {}
    }
    // A list of one's own code alone is illegal, and a US list begins with USA.
    if !listed.contains(&originator.as_str()) {
        listed.push(originator.as_str());
    }
    if listed.len() < 2 {
        listed.extend(parties.iter().map(Party::as_str).find(|code| *code != originator.as_str()));
    }
    listed.sort_by_key(|code| (*code != "USA", *code));
    let list = listed.join(", ");
    if dice.percent(10) { format!("{head}//ORCON/REL TO {list}") } else { format!("{head}//REL TO {list}") }
}
