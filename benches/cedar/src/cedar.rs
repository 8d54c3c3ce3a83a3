//! The same policy in Cedar, in two forms. What our judgement works out at the time of the question, such as the status
//! of a text from its acts, is worked out here before: a text that is in force is simply there.

use std::collections::BTreeSet;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, Policy, PolicyId, PolicySet, Request, Response,
};
use entente_core::{
    Record,
    label::{Class, Label},
};
use serde_json::{Value, json};

use crate::scene::{DELEGATED, EMBARGOED, Scene, Text};

pub(crate) const VERSION: &str = "4.14.1";

/// How the agreements are written down.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As policies, one for each clause, with parties and lists as constants: the answer names the clause.
    Clauses,
    /// As entities that a handful of policies read. Found by the pair of parties, so there can be one text for each
    /// pair only, and the answer names no clause.
    Tables,
}

/// Policies, entities and requests, ready to be asked.
pub(crate) struct Translation {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    requests: Vec<Request>,
}

impl Translation {
    pub(crate) fn new(scene: &Scene, form: Form) -> Self {
        let mut policies = PolicySet::new();
        for (name, text) in written(scene, form) {
            policies.add(Policy::parse(Some(PolicyId::new(name)), &text).expect(&text)).unwrap();
        }
        let entities: Vec<Value> = scene
            .requests
            .iter()
            .map(|request| of_record(&request.record))
            .chain(scene.parties.iter().map(|party| of_party(scene, party)))
            .chain(scene.texts.iter().map(of_text))
            .collect();
        let requests = scene.requests.iter().map(|request| {
            let uid = |kind: &str, id: &str| EntityUid::from_json(json!({"type": kind, "id": id})).unwrap();
            let context = json!({
                "to": reference("Party", request.to.as_str()),
                "code": request.to.as_str(),
                "purpose": request.purpose.as_str(),
                "channel": request.channel.as_str(),
            });
            Request::new(
                uid("Party", request.from.as_str()),
                uid("Action", "release"),
                uid("Record", request.record.id.as_str()),
                Context::from_json_value(context, None).unwrap(),
                None,
            )
            .unwrap()
        });
        Self {
            authorizer: Authorizer::new(),
            policies,
            entities: Entities::from_json_value(json!(entities), None).unwrap(),
            requests: requests.collect(),
        }
    }

    pub(crate) fn policies(&self) -> usize {
        self.policies.policies().count()
    }

    pub(crate) fn decide(&self, at: usize) -> Response {
        self.authorizer.is_authorized(&self.requests[at], &self.policies, &self.entities)
    }

    /// Whether the request is permitted, and the names of the prohibitions that forbid it.
    pub(crate) fn answer(&self, at: usize) -> (bool, BTreeSet<String>) {
        let response = self.decide(at);
        let errors: Vec<_> = response.diagnostics().errors().collect();
        assert!(errors.is_empty(), "{errors:?}");
        match response.decision() {
            Decision::Allow => (true, BTreeSet::new()),
            Decision::Deny => (false, response.diagnostics().reason().map(ToString::to_string).collect()),
        }
    }
}

/// The name of a policy: the code of our block and, where clauses are policies, the agreement.
pub(crate) fn name(form: Form, code: &str, agreement: Option<&str>) -> String {
    match agreement {
        Some(agreement) if form == Form::Clauses => format!("{code} {agreement}"),
        _ => code.to_owned(),
    }
}

fn reference(kind: &str, id: &str) -> Value {
    json!({"__entity": {"type": kind, "id": id}})
}

fn parties<'a>(codes: impl IntoIterator<Item = &'a str>) -> Vec<Value> {
    codes.into_iter().map(|code| reference("Party", code)).collect()
}

fn of_record(record: &Record) -> Value {
    let Label::Marking(marking) = &record.label else { panic!("every label is a marking") };
    let Class::Level(level) = &marking.class else { panic!("every class is a level") };
    let mut attributes = json!({
        "originator": reference("Party", record.originator.as_str()),
        "level": level.as_str(),
        "noforn": marking.dissemination.noforn,
        "releasable": parties(marking.dissemination.rel_to.iter().map(|code| code.as_str())),
        "subjects": record.subjects.iter().map(|subject| subject.as_str()).collect::<Vec<_>>(),
    });
    if let [hop] = &record.custody[..] {
        attributes["custody"] = json!({
            "provider": reference("Party", hop.from.as_str()),
            "under": reference("Text", hop.under[0].as_str()),
            "purpose": hop.purpose.as_str(),
        });
    }
    json!({"uid": {"type": "Record", "id": record.id.as_str()}, "attrs": attributes, "parents": []})
}

/// A party, with its rules as data and its text with each other party as a tag; the first form reads none of it.
fn of_party(scene: &Scene, party: &str) -> Value {
    let texts = scene.texts.iter().filter(|text| text.parties.contains(&party)).map(|text| {
        let other = text.parties[usize::from(text.parties[0] == party)];
        (other.to_owned(), reference("Text", &text.id))
    });
    json!({
        "uid": {"type": "Party", "id": party},
        "attrs": {"embargoed": [EMBARGOED], "delegated": DELEGATED},
        "tags": texts.collect::<serde_json::Map<_, _>>(),
        "parents": [],
    })
}

fn of_text(text: &Text) -> Value {
    let mut attributes = json!({"parties": parties(text.parties), "subjects": text.subjects, "levels": text.levels});
    if let Some(channel) = text.channel {
        attributes["channel"] = json!(channel);
    }
    json!({"uid": {"type": "Text", "id": text.id}, "attrs": attributes, "parents": []})
}

/// Names and texts of the policies.
fn written(scene: &Scene, form: Form) -> Vec<(String, String)> {
    let head = "action == Action::\"release\", resource)";
    // Gate 1, back to the originator, and what is not the holder's own without a custody: the same in both forms.
    let mut all = vec![
        ("originator".to_owned(), format!("permit(principal, {head} when {{ resource.originator == context.to }};")),
        (
            "noforn".to_owned(),
            format!("forbid(principal, {head} when {{ resource.noforn && resource.originator != context.to }};"),
        ),
        (
            "not-releasable".to_owned(),
            format!(
                "forbid(principal, {head} unless {{ resource.noforn || resource.releasable.contains(context.to) \
                 || resource.originator == context.to }};"
            ),
        ),
        (
            "unknown-custody".to_owned(),
            format!(
                "forbid(principal, {head} unless {{ resource.originator == principal || resource has custody \
                 || resource.originator == context.to }};"
            ),
        ),
    ];
    let mut add = |code: &str, of: &str, text: String| all.push((name(form, code, Some(of)), text));
    // Gate 3 speaks of what was received from somebody else than the recipient, and not to its originator.
    let onward = "resource.custody.provider != context.to && resource.originator != context.to";
    if form == Form::Tables {
        add(
            "covered",
            "",
            format!(
                "permit(principal, {head} when {{ principal.hasTag(context.code) \
                 && principal.getTag(context.code).subjects.containsAll(resource.subjects) \
                 && principal.getTag(context.code).levels.contains(resource.level) \
                 && (!(principal.getTag(context.code) has channel) \
                 || principal.getTag(context.code).channel == context.channel) }};"
            ),
        );
        let received = format!("resource has custody && {onward}");
        let third = format!("{received} && !resource.custody.under.parties.contains(context.to)");
        add("third-party", "", format!("forbid(principal, {head} when {{ {third} }};"));
        let other = format!("{received} && resource.custody.purpose != context.purpose");
        add("purpose", "", format!("forbid(principal, {head} when {{ {other} }};"));
        let restricted = "principal.embargoed.containsAny(resource.subjects)";
        add("restricted", "", format!("forbid(principal, {head} when {{ {restricted} }};"));
        let delegated = "principal.delegated.contains(resource.level)";
        add("approval", "", format!("forbid(principal, {head} unless {{ {delegated} || {restricted} }};"));
        return all;
    }
    let list = |words: &[&str]| serde_json::to_string(words).unwrap();
    for Text { id, parties: [one, other], subjects, levels, channel } in &scene.texts {
        // Gates 2 and 4, a policy for each direction, so that its head alone turns other pairs away.
        let (subjects, levels) = (list(subjects), list(levels));
        let channel = channel.map_or_else(String::new, |channel| format!(" && context.channel == {channel:?}"));
        for (from, to) in [(one, other), (other, one)] {
            let text = format!(
                "permit(principal == Party::{from:?}, {head} when {{ context.to == Party::{to:?} \
                 && {subjects}.containsAll(resource.subjects) && {levels}.contains(resource.level){channel} }};"
            );
            add(&format!("covered {from} {to}"), id, text);
        }
        // Gate 3.
        let received = format!("resource has custody && resource.custody.under == Text::{id:?} && {onward}");
        let third = format!("{received} && ![Party::{one:?}, Party::{other:?}].contains(context.to)");
        add("third-party", id, format!("forbid(principal, {head} when {{ {third} }};"));
        let other_purpose = format!("{received} && resource.custody.purpose != context.purpose");
        add("purpose", id, format!("forbid(principal, {head} when {{ {other_purpose} }};"));
    }
    // Gate 5. The parties of the scene have the same rules, so that one policy says it for all: less than there would be.
    let restricted = format!("resource.subjects.contains({EMBARGOED:?})");
    all.push(("restricted".to_owned(), format!("forbid(principal, {head} when {{ {restricted} }};")));
    let delegated = format!("{}.contains(resource.level)", list(&DELEGATED));
    all.push(("approval".to_owned(), format!("forbid(principal, {head} unless {{ {delegated} || {restricted} }};")));
    all
}
