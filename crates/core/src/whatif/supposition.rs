//! What is supposed: the second world, made from the first.

use std::fmt;

use crate::{
    AgreementId, Party,
    agreement::{Act, ActKind, Actor, Agreement},
    time::Date,
    world::{Agreements, NationalRules},
};

/// One thing that could be otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Supposition {
    /// A text is not there. It covers nothing, and what was received under it has a custody that nobody can read.
    Remove(AgreementId),
    /// A text is there, with the acts that it brings along.
    Add(Box<Agreement>),
    /// A text enters into force, for one party or for all.
    Enter(AgreementId, Actor),
    /// A text is suspended by one party, or by all.
    Suspend(AgreementId, Actor),
    /// A suspension ends, that of one party or of all.
    Resume(AgreementId, Actor),
    /// These national rules, and no others.
    National(NationalRules),
}

/// Why something cannot be supposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfounded {
    /// No such agreement.
    NoAgreement(AgreementId),
    /// The agreement has no such party.
    NoParty(AgreementId, Party),
    /// There is one of that id already.
    Exists(AgreementId),
}

impl fmt::Display for Unfounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAgreement(id) => write!(f, "there is no agreement `{id}`"),
            Self::NoParty(id, party) => write!(f, "{party} is not a party of `{id}`"),
            Self::Exists(id) => write!(f, "there is an agreement `{id}` already"),
        }
    }
}

impl std::error::Error for Unfounded {}

/// The world in which all of `suppositions` hold, in their order, from the start of `day`.
///
/// # Errors
/// The first that has nothing to be about.
pub fn suppose(
    (agreements, national): (&Agreements, &NationalRules),
    suppositions: &[Supposition],
    day: Date,
) -> Result<(Agreements, NationalRules), Unfounded> {
    let (mut agreements, mut national) = (agreements.clone(), national.clone());
    for supposition in suppositions {
        match supposition {
            Supposition::Remove(id) => {
                agreements.remove(id).ok_or_else(|| Unfounded::NoAgreement(id.clone()))?;
            }
            Supposition::Add(agreement) => {
                if agreements.insert(agreement.id.clone(), (**agreement).clone()).is_some() {
                    return Err(Unfounded::Exists(agreement.id.clone()));
                }
            }
            Supposition::Enter(id, by) => act(&mut agreements, id, by, ActKind::EnteredIntoForce, day)?,
            Supposition::Suspend(id, by) => act(&mut agreements, id, by, ActKind::Suspended, day)?,
            Supposition::Resume(id, by) => act(&mut agreements, id, by, ActKind::Resumed, day)?,
            Supposition::National(rules) => national.clone_from(rules),
        }
    }
    Ok((agreements, national))
}

fn act(agreements: &mut Agreements, id: &AgreementId, by: &Actor, kind: ActKind, date: Date) -> Result<(), Unfounded> {
    let agreement = agreements.get_mut(id).ok_or_else(|| Unfounded::NoAgreement(id.clone()))?;
    if let Actor::Party(party) = by
        && !agreement.has_party(party, date)
    {
        return Err(Unfounded::NoParty(id.clone(), party.clone()));
    }
    agreement.acts.push(Act { by: by.clone(), date, kind, article: None, admits: None, disputed_by: Vec::new() });
    Ok(())
}
