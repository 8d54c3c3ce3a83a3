//! Consultations, incidents and the duties of both.

use entente_core::{Party, time::Timestamp, view::Viewer};
use entente_formats::hex;
use entente_node::Node;

use super::{Checked, Rule};
use crate::facts::{Facts, Truth};

/// Two honest nodes that take part in a consultation hold the same statements of it once everything has settled, whoever lied
/// in it: then what they fold to is the same.
pub fn all_come_to_one_consultation(truth: &Truth) -> Checked {
    const RULE: Rule = Rule {
        name: "all_come_to_one_consultation",
        sentence: "after healing, all honest participants of a consultation hold the same statements, also what liars signed twice",
    };
    // What was told in lost time alone is lost.
    if !truth.restored.is_empty() || !truth.mended.is_empty() {
        return Ok(());
    }
    let honest: Vec<(&Party, &Facts)> = truth
        .parties
        .iter()
        .zip(&truth.facts)
        .enumerate()
        .filter(|(number, _)| truth.is_honest(*number))
        .map(|(_, one)| one)
        .collect();
    for (us, facts) in &honest {
        for (name, participants) in &facts.raises {
            for (other, theirs) in honest.iter().filter(|(other, _)| other != us && participants.contains(other)) {
                let short = hex::encode(name.get(..4).unwrap_or_default());
                RULE.holds(theirs.raises.contains_key(name), &[us, other], || {
                    format!("{us} has the consultation {short}, and {other}, who takes part, has not heard of it")
                })?;
                let (own, their) = (facts.steps.get(name), theirs.steps.get(name));
                RULE.holds(own == their, &[us, other], || {
                    let count =
                        |steps: Option<&std::collections::BTreeSet<[u8; 32]>>| steps.map_or(0, |steps| steps.len());
                    format!("{us} holds {} steps of the consultation {short}, {other} {}", count(own), count(their))
                })?;
            }
        }
    }
    Ok(())
}

/// Whoever takes no part in a consultation has nothing of it.
pub fn nobody_else_has_a_consultation(truth: &Truth) -> Checked {
    const RULE: Rule = Rule {
        name: "nobody_else_has_a_consultation",
        sentence: "who takes no part in a consultation is told nothing of it",
    };
    for (us, facts) in truth.parties.iter().zip(&truth.facts) {
        for (name, participants) in &facts.raises {
            RULE.holds(participants.contains(us), &[us], || {
                format!("{us} has the consultation {}", hex::encode(name.get(..4).unwrap_or_default()))
            })?;
        }
    }
    Ok(())
}

/// A duty to notify that a receipt has met was met: who receipted it has the notice on its disk.
pub fn a_notice_that_counts_has_arrived(truth: &Truth) -> Checked {
    const RULE: Rule = Rule {
        name: "a_notice_that_counts_has_arrived",
        sentence: "a duty to notify is met by a receipt only where its sender has kept the notice",
    };
    for (us, facts) in truth.parties.iter().zip(&truth.facts) {
        for (duty, notice) in &facts.notices {
            let Some(by) = facts.done.get(duty).filter(|by| truth.is_honest_party(&Party::from(by.as_str()))) else {
                continue;
            };
            let by = Party::from(by.as_str());
            let has_it = truth.facts_of(&by).is_none_or(|theirs| theirs.told.contains(notice));
            RULE.holds(
                has_it || truth.number(&by).is_some_and(|number| truth.mended.contains(&number)),
                &[us, &by],
                || format!("{us} counts its duty {duty} as met by {by}, which has no such notice"),
            )?;
        }
    }
    Ok(())
}

/// Every incident that was kept is there after a start, with each duty that it opened, and every step that was kept.
pub fn duties_survive(us: &Party, node: &Node, facts: &Facts, viewer: &Viewer, now: Timestamp) -> Checked {
    const RULE: Rule = Rule {
        name: "duties_survive",
        sentence: "an incident, a duty or a step that was kept is there after every crash",
    };
    let incidents: Vec<&str> = node.incidents(viewer).map(|incident| incident.number.as_str()).collect();
    let duties: Vec<String> = node.obligations(viewer, now).into_iter().map(|one| one.id).collect();
    for (number, opened) in &facts.incidents {
        RULE.holds(incidents.contains(&number.as_str()), &[us], || format!("{us} has lost the incident {number}"))?;
        // What a consultation has taken over goes on there, under a number of its own.
        let is_taken_over = node.consultations().any(|(_, held)| held.incident() == Some(number.as_str()));
        let lost = opened.iter().find(|duty| !is_taken_over && !duties.contains(duty));
        RULE.holds(lost.is_none(), &[us], || format!("{us} has lost the duty {lost:?} of the incident {number}"))?;
    }
    for (name, steps) in &facts.steps {
        let seen = node.consultation(*name, viewer, now);
        let held = |step: &[u8; 32]| seen.as_ref().is_some_and(|seen| seen.known.contains_key(step));
        let lost = steps.iter().find(|step| !held(step));
        RULE.holds(lost.is_none(), &[us], || {
            format!("{us} has lost a step of the consultation {}", hex::encode(name.get(..4).unwrap_or_default()))
        })?;
    }
    Ok(())
}
