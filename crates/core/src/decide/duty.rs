//! What a yes obliges the recipient to: the clauses of the usable agreements that ask for something to be done.

use crate::{
    AgreementId, ClauseId,
    agreement::{
        Basis,
        clause::{Kind, Notifier},
    },
    world::World,
};

/// One duty, with the clause that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// The agreement.
    pub agreement: AgreementId,
    /// The clause.
    pub clause: ClauseId,
    /// Where the clause's wording comes from.
    pub basis: Basis,
    /// What it asks; one of `marking`, `access`, `retention`, `notify`, `contractor`.
    pub kind: Kind,
}

pub(super) fn of(world: &World<'_>, usable: &[AgreementId]) -> Vec<Duty> {
    let texts = usable.iter().filter_map(|id| world.agreements.get(id));
    texts
        .flat_map(|agreement| agreement.clauses.iter().map(move |clause| (agreement, clause)))
        .filter(|(_, clause)| {
            matches!(
                clause.kind,
                Kind::Marking { .. }
                    | Kind::Access { .. }
                    | Kind::Retention { .. }
                    | Kind::Notify { by: Notifier::Recipient | Notifier::Any, .. }
                    | Kind::Contractor { .. }
            )
        })
        .map(|(agreement, clause)| Duty {
            agreement: agreement.id.clone(),
            clause: clause.id.clone(),
            basis: clause.basis,
            kind: clause.kind.clone(),
        })
        .collect()
}
