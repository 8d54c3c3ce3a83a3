//! The implementation's answer in the twin's form, and where the two differ.

use entente_core::world::{Agreements, NationalRules};
use entente_formats::request::{Answer as AnswerLine, Line};
use serde_json::Value;

use super::{
    judge::{Answer, judge},
    worlds::World,
};

/// The answer of the implementation, without its sentences and duties.
pub fn plain(answer: AnswerLine) -> Answer {
    Answer {
        verdict: answer.verdict,
        blocked: answer
            .blocked
            .into_iter()
            .map(|block| (block.gate, block.code, block.record, block.agreement, block.clause))
            .collect(),
        cover: answer.cover.into_iter().map(|cover| (cover.agreement, cover.clause)).collect(),
        usable: answer.usable.into_iter().collect(),
        onward: answer.onward,
        cures: answer.cures.into_iter().map(|set| set.into_iter().map(|cure| (cure.kind, cure.of)).collect()).collect(),
        versions: answer.versions.into_iter().map(|version| (version.record, version.verdict)).collect(),
    }
}

/// The implementation's answer to a request line; `None` when the line is an error.
pub fn implementation(request: &Value, agreements: &Agreements, national: &NationalRules) -> Option<Answer> {
    let resolved = Line::parse(&request.to_string()).ok()?.resolve(agreements, national).ok()?;
    Some(plain(AnswerLine::from(&resolved.decide(agreements, national))))
}

/// The first of some requests on which the two differ, with the answers of the twin and of the implementation. `None` also
/// when the world is none: while it shrinks, a text may lose what another one needs.
pub fn difference(world: &World, requests: impl IntoIterator<Item = Value>) -> Option<(Value, Answer, Answer)> {
    let (agreements, national) = world.parsed()?;
    let (plain_agreements, plain_national) = (world.plain_agreements(), world.plain_national());
    requests.into_iter().find_map(|request| {
        let theirs = implementation(&request, &agreements, &national)?;
        let line = serde_json::from_value(request.clone()).unwrap();
        let own = judge(&plain_agreements, &plain_national, &line);
        (own != theirs).then_some((request, own, theirs))
    })
}
