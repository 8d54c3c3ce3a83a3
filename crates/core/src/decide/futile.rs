//! What a person might try to turn a no into a yes, and would change nothing. Not every such thing: those that people do
//! think of.
//!
//! Each claim holds whatever else there is; the laws in `entente-formats` carry every one of them out on random worlds.

use super::{Case, LabelFailure, Reason};
use crate::{
    AgreementId, ClauseId, Party, RecordId,
    agreement::{Agreement, Between, Force},
};

/// Something that would not help. It does not lift the block that it speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Futile {
    /// To suspend or terminate the agreement that the record was provided under: its clause goes on binding.
    OutOfForce {
        /// The agreement.
        agreement: AgreementId,
        /// The clause that blocks.
        clause: ClauseId,
        /// The article by which the text itself says that the clause survives.
        survives_by: Option<ClauseId>,
    },
    /// To bring another text between the two into force: what was provided stays under the one that it was provided under.
    OtherText {
        /// The other text.
        agreement: AgreementId,
        /// The agreement whose clause blocks.
        given_under: AgreementId,
    },
    /// Any consent or approval: the block has no cure.
    Permission {
        /// The code of the block.
        code: &'static str,
    },
    /// The originator's consent, where its own label stands against it.
    ConsentToLabel {
        /// The originator.
        of: Party,
        /// The code of the block.
        code: &'static str,
    },
    /// To sign these political texts between the two: none of them changes a verdict.
    Political {
        /// The texts.
        agreements: Vec<AgreementId>,
    },
    /// To put what others made under another label, or into a record of one's own.
    Relabelling {
        /// What was made.
        record: RecordId,
        /// Who made it.
        originator: Party,
    },
}

pub(super) fn of(case: &Case<'_>) -> Vec<Futile> {
    let mut all = Vec::new();
    let mut say = |futile| {
        if !all.contains(&futile) {
            all.push(futile);
        }
    };
    for block in &case.blocked {
        if let (Reason::ThirdParty { .. } | Reason::OtherPurpose { .. }, Some(agreement), Some(clause)) =
            (&block.reason, &block.agreement, &block.clause)
        {
            let text = case.world.agreements.get(agreement);
            let survives = |text: &&Agreement| text.survives(clause);
            let survives_by = text.filter(survives).and_then(|text| text.survival.as_ref()?.article.clone());
            say(Futile::OutOfForce { agreement: agreement.clone(), clause: clause.clone(), survives_by });
            let others = case.shared.iter().filter(|other| other.may_cover() && other.id != *agreement);
            for other in others.filter(|other| is_out_of_force(case, other)) {
                say(Futile::OtherText { agreement: other.id.clone(), given_under: agreement.clone() });
            }
        }
        if let Reason::Label(LabelFailure::NotReleasable { originator } | LabelFailure::Relido { originator }) =
            &block.reason
            && originator != case.request.from
        {
            say(Futile::ConsentToLabel { of: originator.clone(), code: block.reason.code() });
        }
        if block.cures.is_empty() {
            say(Futile::Permission { code: block.reason.code() });
        }
        if block.reason.gate() == super::Gate::Cover {
            let political = case.shared.iter().filter(|text| text.force == Force::Political);
            let agreements: Vec<AgreementId> = political.map(|text| text.id.clone()).collect();
            if !agreements.is_empty() {
                say(Futile::Political { agreements });
            }
        }
        if let Some(originator) = maker(case, block) {
            say(Futile::Relabelling { record: block.record.clone(), originator });
        }
    }
    all.sort_by_key(Futile::order);
    all
}

impl Futile {
    /// Like beside like, and first what concerns the agreements.
    fn order(&self) -> u8 {
        match self {
            Self::OutOfForce { .. } => 0,
            Self::OtherText { .. } => 1,
            Self::Political { .. } => 2,
            Self::Permission { .. } => 3,
            Self::ConsentToLabel { .. } => 4,
            Self::Relabelling { .. } => 5,
        }
    }
}

fn is_out_of_force(case: &Case<'_>, text: &Agreement) -> bool {
    text.between(case.request.from, case.request.to, case.day) != Between::InForce
}

/// Who made what is blocked, where another label would change nothing: what neither of the two made is a foreign source of
/// whatever is made of it, and is read in the same way there.
///
/// Two exceptions. Cover looks at the new label too. And for a source the consent of its originator lifts what the label
/// says, which it does not for the record itself.
fn maker(case: &Case<'_>, block: &super::Block) -> Option<Party> {
    let (from, to) = (case.request.from, case.request.to);
    let record = case.records().find(|record| record.id == block.record)?;
    let is_of_others = record.originator != *from && record.originator != *to;
    let stays = match &block.reason {
        Reason::Label(_) => !case.has_consent(&record.originator, record),
        Reason::Compartmented | Reason::SourceLabel { .. } => true,
        reason => reason.gate() == super::Gate::Provenance,
    };
    (is_of_others && stays).then(|| record.originator.clone())
}
