//! Agreements, national rules and requests as their files spell them, with no meaning added.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct Agreement {
    pub id: String,
    pub force: String,
    pub parties: Vec<String>,
    #[serde(default)]
    pub relies_on: Vec<String>,
    #[serde(default, rename = "act")]
    pub acts: Vec<Act>,
    #[serde(default)]
    pub duration: Duration,
    #[serde(default, rename = "clause")]
    pub clauses: Vec<Clause>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Act {
    pub by: String,
    pub date: toml::value::Datetime,
    pub kind: String,
    pub admits: Option<String>,
    #[serde(default)]
    pub disputed_by: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Duration {
    pub term: Option<String>,
    pub renews: Option<String>,
    #[serde(default)]
    pub notice_days: i64,
}

/// A clause; the fields are those of its kind.
#[derive(Clone, Debug, Deserialize)]
pub struct Clause {
    pub id: String,
    pub kind: String,
    #[serde(flatten)]
    pub fields: toml::Table,
}

impl Clause {
    /// A list of words; empty when there is none.
    pub fn list(&self, field: &str) -> Vec<String> {
        self.fields.get(field).map(|list| list.clone().try_into().unwrap()).unwrap_or_default()
    }

    /// A word; empty when there is none.
    pub fn word(&self, field: &str) -> &str {
        self.fields.get(field).and_then(toml::Value::as_str).unwrap_or_default()
    }
}

impl Agreement {
    /// The clauses of one kind, in the order of the file.
    pub fn clauses<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Clause> {
        self.clauses.iter().filter(move |clause| clause.kind == kind)
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct National {
    pub party: String,
    #[serde(default, rename = "delegation")]
    pub delegations: Vec<Delegation>,
    #[serde(default, rename = "restriction")]
    pub restrictions: Vec<Restriction>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Delegation {
    pub subjects: Vec<String>,
    pub to: Vec<String>,
    pub max: String,
    pub actions: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Restriction {
    pub subjects: Vec<String>,
    pub to: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Line {
    pub record: Record,
    pub from: String,
    pub to: String,
    pub action: String,
    pub purpose: String,
    pub channel: String,
    pub at: String,
    pub under: Option<Vec<String>>,
    pub consents: Vec<Consent>,
    pub approvals: Vec<Approval>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Record {
    pub id: String,
    pub label: String,
    pub originator: String,
    pub subjects: Vec<String>,
    pub custody: Vec<Hop>,
    pub distribution: Vec<String>,
    pub derived_from: Vec<Record>,
    #[serde(default)]
    pub versions: Vec<Version>,
}

/// A version; what it does not say is as the record has it.
#[derive(Clone, Debug, Deserialize)]
pub struct Version {
    pub id: String,
    pub label: String,
    pub subjects: Option<Vec<String>>,
    pub custody: Option<Vec<Hop>>,
    pub distribution: Option<Vec<String>>,
    pub derived_from: Option<Vec<Record>>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Hop {
    pub from: String,
    pub to: String,
    pub under: Vec<String>,
    pub purpose: String,
    pub onward: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Consent {
    pub by: String,
    pub record: Option<String>,
    pub subjects: Option<Vec<String>>,
    pub max: Option<String>,
    pub to: String,
    pub action: String,
    pub purpose: Option<String>,
    pub until: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Approval {
    pub by: String,
    pub record: String,
    pub to: String,
    pub action: String,
}
