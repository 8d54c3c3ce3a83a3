//! Gate 4: whether a covering agreement allows the channel and the purpose.

use super::{Case, Cover, Gate, Pass, Reason};
use crate::{
    AgreementId,
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
    let (channel, asked) = (case.request.channel, case.request.purpose);
    let wrong_channel =
        |clause: &&Clause| matches!(&clause.kind, Kind::Transmission { channels } if !channels.contains(channel));
    let wrong_purpose = |clause: &&Clause| matches!(&clause.kind, Kind::Purpose { allowed: AllowedPurpose::Of(purposes) } if !purposes.contains(asked));
    let texts = covering.iter().filter_map(|cover| case.world.agreements.get(&cover.agreement));
    let (open, shut): (Vec<&Agreement>, Vec<&Agreement>) =
        texts.partition(|agreement| !agreement.clauses.iter().any(|clause| wrong_channel(&clause)));
    let (usable, unfit): (Vec<&Agreement>, Vec<&Agreement>) =
        open.iter().partition(|agreement| !agreement.clauses.iter().any(|clause| wrong_purpose(&clause)));

    let record = case.request.record;
    if !usable.is_empty() {
        case.pass(Gate::Route, Pass::RouteAllowed);
    } else if open.is_empty() {
        for agreement in shut {
            for clause in agreement.clauses.iter().filter(wrong_channel) {
                let citation = Some((&agreement.id, Some(&clause.id)));
                case.block(record, citation, Reason::Channel { asked: channel.clone() });
            }
        }
    } else {
        for agreement in unfit {
            for clause in agreement.clauses.iter().filter(wrong_purpose) {
                let citation = Some((&agreement.id, Some(&clause.id)));
                case.block(record, citation, Reason::RoutePurpose { asked: asked.clone() });
            }
        }
    }
    usable.into_iter().map(|agreement| agreement.id.clone()).collect()
}
