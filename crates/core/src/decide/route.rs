//! Gate 4: whether a covering agreement allows the channel and the purpose.

use super::{Case, Cover, Gate, Pass, Reason, Request};
use crate::{
    AgreementId, Channel, Purpose,
    agreement::{
        Agreement,
        clause::{AllowedPurpose, Clause, Kind},
    },
};

/// The covering agreements that allow both.
pub(super) fn gate(case: &mut Case<'_>, covering: &[Cover]) -> Vec<AgreementId> {
    if covering.is_empty() {
        case.pass(Gate::Route, Pass::NoRouteNeeded);
        return Vec::new();
    }
    let Request { channel, purpose: asked, .. } = *case.request;
    let texts = covering.iter().filter_map(|cover| case.world.agreements.get(&cover.agreement));
    let (open, shut): (Vec<&Agreement>, Vec<&Agreement>) =
        texts.partition(|agreement| wrong_channels(agreement, channel).next().is_none());
    let (usable, unfit): (Vec<&Agreement>, Vec<&Agreement>) =
        open.iter().partition(|agreement| wrong_purposes(agreement, asked).next().is_none());

    let record = case.request.record;
    if !usable.is_empty() {
        case.pass(Gate::Route, Pass::RouteAllowed);
    } else if open.is_empty() {
        for agreement in shut {
            for clause in wrong_channels(agreement, channel) {
                let citation = Some((&agreement.id, Some(&clause.id)));
                case.block(record, citation, Reason::Channel { asked: channel.clone() });
            }
        }
    } else {
        for agreement in unfit {
            for clause in wrong_purposes(agreement, asked) {
                let citation = Some((&agreement.id, Some(&clause.id)));
                case.block(record, citation, Reason::RoutePurpose { asked: asked.clone() });
            }
        }
    }
    usable.into_iter().map(|agreement| agreement.id.clone()).collect()
}

/// Whether `agreement` allows channel and purpose.
pub(super) fn allows(agreement: &Agreement, request: &Request<'_>) -> bool {
    wrong_channels(agreement, request.channel).next().is_none()
        && wrong_purposes(agreement, request.purpose).next().is_none()
}

/// Its clauses that do not allow the channel.
fn wrong_channels<'a>(agreement: &'a Agreement, channel: &'a Channel) -> impl Iterator<Item = &'a Clause> {
    let clauses = agreement.clauses.iter();
    clauses.filter(|clause| matches!(&clause.kind, Kind::Transmission { channels } if !channels.contains(channel)))
}

/// Its clauses that do not allow the purpose.
fn wrong_purposes<'a>(agreement: &'a Agreement, asked: &'a Purpose) -> impl Iterator<Item = &'a Clause> {
    agreement.clauses.iter().filter(|clause| {
        matches!(&clause.kind, Kind::Purpose { allowed: AllowedPurpose::Of(purposes) } if !purposes.contains(asked))
    })
}
