//! What holds when the trouble is over: everything is delivered or withdrawn, every log verifies, nobody honest stands
//! accused, and who told two stories is found out.

use entente_core::Party;
use entente_node::{Feed, Lane, Partner};
use entente_server::verify::verify;
use entente_store::Reader;

use super::{Checked, Rule};
use crate::facts::Truth;

/// Everything that honest parties gave a place in a feed to honest parties is there, and receipted.
pub fn everything_is_delivered(truth: &Truth) -> Checked {
    const RULE: Rule = Rule {
        name: "everything_is_delivered",
        sentence: "once wire, disks and clocks are well again, everything sequenced is delivered or withdrawn in bounded time",
    };
    for ((from, sender), (to, recipient)) in honest_pairs(truth) {
        for lane in Lane::ALL {
            let (out, into) = (Feed { partner: to.clone(), lane }, Feed { partner: from.clone(), lane });
            let (sent, got) = (sender.sent_leaves(&out), recipient.got_leaves(&into));
            let acknowledged = sender.acknowledged.get(&out).copied().unwrap_or_default();
            let all = acknowledged == crate::facts::count(&sent) && sent == got;
            RULE.holds(all, &[from, to], || {
                let (lane, sent, got) = (lane.as_str(), sent.len(), got.len());
                format!("of {sent} {lane} entries of {from}, {to} holds {got}, and {acknowledged} are receipted")
            })?;
        }
    }
    Ok(())
}

type Side<'a> = (&'a Party, &'a crate::facts::Facts);

fn honest_pairs(truth: &Truth) -> impl Iterator<Item = (Side<'_>, Side<'_>)> {
    let sides = || truth.parties.iter().zip(&truth.facts).enumerate().filter(|(number, _)| truth.is_honest(*number));
    sides().flat_map(move |(one, from)| sides().filter(move |(other, _)| *other != one).map(move |(_, to)| (from, to)))
}

/// No fault of wire, disk or clock makes an honest partner look like a liar.
pub fn nobody_honest_is_accused(truth: &Truth) -> Checked {
    const RULE: Rule = Rule {
        name: "nobody_honest_is_accused",
        sentence: "no loss, crash or clock makes one honest party raise an alarm about another's feed",
    };
    for ((us, facts), (other, _)) in honest_pairs(truth) {
        // What an entry says may be refused for good reasons; the feed itself may not.
        let about = |(partner, message): &&(Party, String)| {
            // Who was restored says so, and is no liar for it; nor who has nothing left of what was called back.
            let is_restore = ["restored from a back-up", "holds more of this feed", "and not what they said"];
            let is_restore = is_restore.iter().any(|it| message.contains(it));
            partner == other && !message.starts_with("entry ") && !message.contains("control lost") && !is_restore
        };
        let alarm = facts.alarms.iter().find(about);
        RULE.holds(alarm.is_none(), &[us, other], || {
            format!("{us} on {other}: {}", alarm.map(|(_, message)| message.as_str()).unwrap_or_default())
        })?;
    }
    Ok(())
}

/// A recall has reached every holder, and its originator knows that it has.
pub fn a_recall_reaches_everyone(truth: &Truth) -> Checked {
    const RULE: Rule = Rule {
        name: "a_recall_reaches_everyone",
        sentence: "what its originator calls back is called back wherever it is held, and the originator is told so",
    };
    // A feed that stopped for good carries no recall: people have to. What was done in lost time alone is lost.
    if !truth.restored.is_empty() || !truth.mended.is_empty() || !truth.liars.is_empty() {
        return Ok(());
    }
    for (us, facts) in truth.parties.iter().zip(&truth.facts) {
        for key in facts.recalls.whole.iter().filter(|(originator, _)| originator == us) {
            for (other, theirs) in truth.parties.iter().zip(&truth.facts) {
                let knows = theirs.recalls.whole.contains(key) || !theirs.records.contains_key(key);
                RULE.holds(knows, &[us, other], || {
                    format!("{other} holds {}, and does not know of its recall", key.1)
                })?;
            }
        }
        for (name, (key, concerned)) in &facts.recalls.concerns {
            for party in concerned {
                let has_complied = facts.recalls.complied.contains(&(name.clone(), party.to_string()));
                RULE.holds(has_complied, &[us, party], || {
                    format!("{us} never heard from {party} that all have complied with the recall of {}", key.1)
                })?;
            }
        }
    }
    Ok(())
}

/// Where two histories of a feed of a restored node came to be, one of its two ends has noticed.
pub fn where_histories_differ_somebody_knows(truth: &Truth) -> Checked {
    const RULE: Rule = Rule {
        name: "where_histories_differ_somebody_knows",
        sentence: "when a node was restored and its feed went on differently, one of the two ends has an alarm on file",
    };
    for (number, (from, sender)) in truth.parties.iter().zip(&truth.facts).enumerate() {
        for (to, recipient) in truth.parties.iter().zip(&truth.facts) {
            for lane in Lane::ALL {
                let sent = sender.sent_leaves(&Feed { partner: to.clone(), lane });
                let got = recipient.got_leaves(&Feed { partner: from.clone(), lane });
                // What was lost with the back-up, and nothing else since, has not gone on differently yet.
                let is_one = sent.starts_with(&got) || got.starts_with(&sent);
                let has = |facts: &crate::facts::Facts, party: &Party| {
                    facts.alarms.iter().any(|(partner, _)| partner == party)
                };
                let noticed = has(sender, to) || has(recipient, from);
                RULE.holds(is_one || noticed || !truth.restored.contains(&number), &[from, to], || {
                    format!("{from} and {to} hold different {} feeds, and neither has an alarm", lane.as_str())
                })?;
            }
        }
    }
    Ok(())
}

/// Everything that `entente log verify` checks holds at every node: trees, signatures, receipts, each decision replayed.
pub fn logs_verify(us: &Party, reader: &Reader, own: &str) -> Checked {
    const RULE: Rule = Rule {
        name: "logs_verify",
        sentence: "ledger, feeds and records of every node verify, and each decision comes out the same when it is replayed",
    };
    let own = match Partner::open(own) {
        Ok(own) => own,
        Err(error) => return RULE.holds(false, &[us], || error.to_string()),
    };
    let problems: Vec<String> = match verify(reader, &own) {
        Ok(logs) => logs
            .into_iter()
            .flat_map(|log| log.problems.into_iter().map(move |problem| format!("{}: {problem}", log.log)))
            .collect(),
        Err(error) => vec![error.to_string()],
    };
    RULE.holds(problems.is_empty(), &[us], || format!("{us}: {}", problems.join("; ")))
}
