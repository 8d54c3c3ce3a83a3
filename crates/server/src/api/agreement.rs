//! Agreements in the API: texts, acts, and how they stand in each party's view.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /agreements`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeRequest {
    /// The file's text.
    pub text: String,
}

/// `POST /agreements/{id}/acts`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActRequest {
    /// The kind, as agreement files spell it.
    pub kind: String,
    /// Whom it admits: for `admitted` alone.
    #[serde(default)]
    pub admits: Option<String>,
    /// The day from which it counts; today when absent.
    pub date: Option<String>,
    /// The article that it rests on.
    pub article: Option<String>,
    /// The first hex digits of the version meant, where several texts were proposed under one id.
    #[serde(default)]
    pub version: Option<String>,
}

/// Who was told of a proposal or an act.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// The parties.
    pub told: Vec<String>,
}

/// An agreement as this node knows it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct AgreementView {
    pub id: String,
    pub title: String,
    pub force: String,
    pub hash: String,
    /// Whether it is only proposed: it counts here from this party's own first act on it.
    pub proposed: bool,
    /// Each party with its view of the status, in words.
    pub views: Vec<(String, String)>,
}

/// `POST /agreements/{id}/disputes`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeRequest {
    /// The first hex digits of the act's number.
    pub act: String,
    /// The article that the dispute rests on.
    pub article: Option<String>,
    /// The first hex digits of the version meant, where several texts were proposed under one id.
    #[serde(default)]
    pub version: Option<String>,
}

/// What is known of one text: `GET /agreements/{id}/acts`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ActsView {
    pub id: String,
    pub title: String,
    pub hash: String,
    /// Whether it is only proposed: it counts here from this party's own first act on it.
    pub proposed: bool,
    pub parties: Vec<PartyStanding>,
    /// In the order in which they became known here, those of the file first.
    pub acts: Vec<ActView>,
    /// Where the text itself was sent to.
    pub text_told: Vec<ToldView>,
}

/// A party of a text, or one that is to be.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct PartyStanding {
    pub party: String,
    /// Its own view of the status, in words, as far as its acts are known here.
    pub view: String,
    /// When the last act of it that is known here became known.
    pub known: Option<String>,
    /// Whose admission it still lacks; empty for a party.
    pub missing: Vec<String>,
}

/// An act.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ActView {
    /// SHA-256 of the signed statement, in hex; none for an act of the file.
    pub number: Option<String>,
    pub by: String,
    /// The day from which it counts.
    pub date: String,
    /// As agreement files spell it, or `disputed`.
    pub kind: String,
    pub article: Option<String>,
    pub admits: Option<String>,
    /// The number of the act that it disputes.
    pub disputes: Option<String>,
    /// When it became known here; none for an act of the file.
    pub known: Option<String>,
    /// How far it got to the other parties: for our own acts alone.
    pub told: Vec<ToldView>,
}

/// What became of a message to one party.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ToldView {
    pub party: String,
    /// `waiting`, or what the party has said of it: `accepted`, `refused` or `held`; `not told` when it could not be sent.
    pub state: String,
}
