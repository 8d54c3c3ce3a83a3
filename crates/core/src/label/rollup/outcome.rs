//! The banner line that follows from what is known of the parts, or why there is none.
//!
//! Where the manual leaves a choice the stricter is taken; `docs/spec/labels.md` lists them. The key type is
//! [`Outcome`].

use super::{
    Flag, RollUp,
    reason::{Reason, Subject},
    release::{Circumstances, Verdict},
};
use crate::{
    Country,
    label::{Class, Dissemination, Fgi, Label, Level, Marking, Owner, Tetragraph, Tlp},
};

/// What came of a roll-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The label of the whole. `None`: no banner line can say it; the whole is for its originator alone until a person
    /// decides.
    pub label: Option<Label>,
    /// Why, part by part of the line; or why there is no line.
    pub reasons: Vec<Reason>,
}

/// The controls of other agencies in the order of the register (CAPCO G.1, section 9).
const NON_IC: [&str; 8] = ["LIMDIS", "EXDIS", "NODIS", "SBU", "SBU NOFORN", "LES", "LES NOFORN", "SSI"];

pub(super) fn of(all: &RollUp) -> Outcome {
    if !all.says_something
        && let Some(tlp) = all.tlp.filter(|tlp| all.level.is_none() || *tlp > Tlp::Clear)
    {
        let why = "the strictest of the colours; TLP is no classification, and never becomes one";
        return Outcome {
            label: Some(Label::Tlp(tlp)),
            reasons: vec![Reason::new(Subject::Sharing, tlp.as_str(), why, "")],
        };
    }
    let mut writing = Writing { all, reasons: Vec::new() };
    let label = writing.marking().map(|marking| Label::Marking(Box::new(marking)));
    Outcome { label, reasons: writing.reasons }
}

/// A banner line in the making.
struct Writing<'a> {
    all: &'a RollUp,
    reasons: Vec<Reason>,
}

/// A result, or nothing when no line can say it; the reason has been noted.
type Said<T> = Option<T>;

impl Writing<'_> {
    fn note(&mut self, subject: Subject, mark: impl Into<String>, why: impl Into<String>, source: &'static str) {
        self.reasons.push(Reason::new(subject, mark, why, source));
    }

    fn marking(&mut self) -> Said<Marking> {
        if let Some(tlp) = self.all.tlp.filter(|tlp| *tlp > Tlp::Clear) {
            self.note(
                Subject::Sharing,
                "",
                format!("{tlp} stands for no level, and a banner line has no place for it: no line can say both"),
                "",
            );
            return None;
        }
        let owner = self.owner()?;
        let (class, classified) = self.class(&owner)?;
        let verdict = self.verdict(&owner, classified);
        // A JOINT line cannot say NOFORN: it becomes one of the United States, who are always an owner (H.3, p. 57).
        let owner = match (owner, &verdict) {
            (Owner::Joint(_), Verdict::Noforn) => {
                self.reasons.retain(|reason| reason.subject != Subject::Owner);
                let why = "a line of the United States: a JOINT line does not stand with NOFORN";
                self.note(Subject::Owner, "USA", why, "H.3, p. 57");
                Owner::UnitedStates
            }
            (owner, _) => owner,
        };
        let mut marking = Marking::plain(owner, class);
        self.compartments(&mut marking, classified);
        self.foreign(&mut marking);
        self.non_ic(&mut marking, classified, &verdict);
        self.flags(&mut marking, classified);
        self.release(&mut marking.dissemination, &verdict);
        self.reasons.sort_by_key(|reason| reason.subject);
        Some(marking)
    }

    fn owner(&mut self) -> Said<Owner> {
        let mut owners = self.all.owners.iter();
        let (first, second) = (owners.next(), owners.next());
        match (first, second) {
            (Some(only), None) if !self.all.segregated => {
                let (mark, why) = (name(only), "all parts are of one owner");
                self.note(Subject::Owner, mark, why, "");
                Some(only.clone())
            }
            _ if self.all.segregated
                || self.all.owners.iter().any(|owner| matches!(owner, Owner::UnitedStates | Owner::Joint(_))) =>
            {
                let why =
                    "foreign parts in a document of the United States: the line is theirs, and FGI names the others";
                self.note(Subject::Owner, "USA", why, "H.3, pp. 57, 59; H.7, p. 122");
                Some(Owner::UnitedStates)
            }
            _ => {
                let names: Vec<String> = self.all.owners.iter().map(name).collect();
                let why = format!(
                    "parts of {}, and none of the United States: whose line this is no label says",
                    names.join(" and ")
                );
                self.note(Subject::Owner, "", why, "");
                None
            }
        }
    }

    /// The class, and whether it is above UNCLASSIFIED.
    fn class(&mut self, owner: &Owner) -> Said<(Class, bool)> {
        let mut terms = self.all.terms.iter();
        match (terms.next(), terms.next(), self.all.level) {
            (None, _, level) => {
                let highest = level.unwrap_or(Level::Unclassified);
                let of_us = matches!(owner, Owner::UnitedStates | Owner::Joint(_));
                let (level, why, source) = if highest == Level::Restricted && of_us {
                    // Lower would protect it less than its owner asked for.
                    (Level::Confidential, "the United States have no RESTRICTED: the next higher", "H.3, p. 56")
                } else {
                    (highest, "the highest of the parts", "D.2, p. 28")
                };
                self.note(Subject::Class, level.as_str(), why, source);
                Some((Class::Level(level), level > Level::Unclassified))
            }
            (Some((nation, term)), None, None | Some(Level::Unclassified)) if nation == owner => {
                self.note(Subject::Class, term, "the one national term of all classified parts", "");
                Some((Class::Term(term.clone()), true))
            }
            (Some((_, term)), ..) => {
                let why = format!(
                    "{term} has no level but through an agreement: which of the parts is the highest no label says"
                );
                self.note(Subject::Class, "", why, "");
                None
            }
        }
    }

    fn compartments(&mut self, marking: &mut Marking, classified: bool) {
        marking.sci = self.all.sci.texts();
        marking.sap = self.all.sap.texts();
        marking.aea = self.all.aea.texts(classified);
        let union = "all that the parts bear";
        let of_aea = "all that the parts bear; RD stands for FRD and TFNI, FRD for TFNI";
        for (subject, texts, why, source) in [
            (Subject::Sci, &marking.sci, union, "D.2, p. 28; H.4, p. 62"),
            (Subject::Sap, &marking.sap, union, "D.2, p. 28; H.5, p. 101"),
            (Subject::Aea, &marking.aea, of_aea, "D.2, p. 28; H.6, pp. 104, 111, 120"),
        ] {
            if !texts.is_empty() {
                self.note(subject, texts.join("/"), why, source);
            }
        }
    }

    fn foreign(&mut self, marking: &mut Marking) {
        let mut sources = self.all.sources.clone();
        let own = codes(&marking.owner);
        if marking.owner == Owner::UnitedStates {
            sources.extend(self.all.owners.iter().flat_map(codes));
        }
        let mut sources: Vec<Country> = sources.into_iter().filter(|code| !own.contains(code)).collect();
        sources.sort_by_key(|code| (Tetragraph::find(code.as_str()).is_some(), code.clone()));
        if self.all.concealed {
            self.note(
                Subject::Fgi,
                "FGI",
                "a part conceals its source, so the line names none",
                "D.2, p. 28; H.7, p. 124",
            );
            marking.fgi = Some(Fgi::Concealed);
        } else if !sources.is_empty() {
            let names: Vec<&str> = sources.iter().map(Country::as_str).collect();
            let mark = format!("FGI {}", names.join(" "));
            self.note(Subject::Fgi, mark, "all foreign sources and owners of the parts", "D.2, p. 28; H.7, p. 124");
            marking.fgi = Some(Fgi::From(sources));
        }
    }

    fn verdict(&self, owner: &Owner, classified: bool) -> Verdict {
        let of_us = matches!(owner, Owner::UnitedStates | Owner::Joint(_));
        let owner = codes(owner);
        let withheld =
            (of_us && self.all.foreign_unmarked) || (classified && self.all.aea.is_controlled_unclassified());
        let code = owner.first().filter(|_| !of_us).map_or("USA", Country::as_str);
        self.all.release.verdict(Circumstances { owner: code, classified, withheld })
    }

    fn release(&mut self, controls: &mut Dissemination, verdict: &Verdict) {
        let list = |codes: &[Country]| codes.iter().map(Country::as_str).collect::<Vec<_>>().join(", ");
        let (mark, why, source) = match verdict {
            Verdict::Unmarked => {
                ("".to_owned(), "no part says anything on release: nobody but its originator", "B.3.i, p. 21")
            }
            Verdict::Combined => return,
            Verdict::Noforn => {
                controls.noforn = true;
                let (why, source) = self.why_noforn();
                ("NOFORN".to_owned(), why, source)
            }
            Verdict::RelTo { list: rel_to, display, relido, .. } => {
                controls.rel_to.clone_from(rel_to);
                controls.display_only.clone_from(display);
                controls.relido = *relido;
                let also = if *relido { "/RELIDO" } else { "" };
                let shown = if display.is_empty() { String::new() } else { format!("/DISPLAY ONLY {}", list(display)) };
                (format!("REL TO {}{also}{shown}", list(rel_to)), "those to whom every part may go", "")
            }
            Verdict::Eyes { list: eyes, relido } => {
                controls.eyes.clone_from(eyes);
                controls.relido = *relido;
                (
                    format!("{} EYES ONLY", list(eyes).replace(", ", "/")),
                    "those for whose eyes every part is",
                    "H.8, p. 157",
                )
            }
            Verdict::Relido => {
                controls.relido = true;
                ("RELIDO".to_owned(), "every part leaves it to a disclosure authority", "H.8, pp. 154-155")
            }
            Verdict::DisplayOnly(shown) => {
                controls.display_only.clone_from(shown);
                (format!("DISPLAY ONLY {}", list(shown)), "those to whom every part may be shown", "")
            }
        };
        let rules = self.all.release.rules(verdict);
        self.reasons.push(Reason { rules, ..Reason::new(Subject::Release, mark, why, source) });
    }

    /// Why the whole goes to nobody, where table 3 does not say it.
    fn why_noforn(&self) -> (&'static str, &'static str) {
        if !self.all.release.rules(&Verdict::Noforn).is_empty() {
            ("the strictest of the parts, or nobody to whom every part may go", "")
        } else if self.all.aea.is_controlled_unclassified() {
            ("unclassified nuclear information hides behind the class, and goes to nobody foreign", "H.6, pp. 116, 118")
        } else if self.all.foreign_unmarked {
            ("a foreign part says nothing on release", "B.3, table 2, p. 21")
        } else {
            ("nobody to whom every part may go, the United States among them", "H.8, p. 151")
        }
    }

    /// The controls of other agencies; those that only protect what is unclassified give way to a class.
    fn non_ic(&mut self, marking: &mut Marking, classified: bool, verdict: &Verdict) {
        let has = |name: &str| self.all.non_ic.contains(name);
        let exclusive = has("EXDIS") || has("NODIS");
        // Where NOFORN stands by itself, SBU NOFORN is SBU again, and LES NOFORN is LES (D.2, table 3, rules 3 to 15).
        let combined = |name: &str| has(name) && *verdict == Verdict::Combined;
        let bears = |name: &str| match name {
            "LIMDIS" => has(name) && !classified,
            "EXDIS" => has(name) && !has("NODIS"),
            "SBU" => (has(name) || has("SBU NOFORN")) && !combined("SBU NOFORN") && !classified && !exclusive,
            "LES" => (has(name) || has("LES NOFORN")) && !combined("LES NOFORN"),
            "SBU NOFORN" | "LES NOFORN" => combined(name),
            _ => has(name),
        };
        let known = NON_IC.into_iter().filter(|name| bears(name)).map(str::to_owned);
        let others = self.all.non_ic.iter().filter(|name| !NON_IC.contains(&name.as_str())).cloned();
        marking.non_ic = known.chain(others).collect();
        if !marking.non_ic.is_empty() {
            let why = "the strictest of the parts; what protects the unclassified alone gives way to a class";
            self.note(Subject::NonIc, marking.non_ic.join("/"), why, "H.9, pp. 170-189");
        }
    }

    /// The other dissemination controls; FOUO gives way to a class and to any of them (H.8, p. 134), ORCON-USGOV to ORCON
    /// (p. 136).
    fn flags(&mut self, marking: &mut Marking, classified: bool) {
        let has = |flag: Flag| self.all.flags.contains(&flag);
        let others = has(Flag::Propin) || has(Flag::Dsen) || has(Flag::Fisa) || !marking.non_ic.is_empty();
        let fouo = has(Flag::Fouo) && !classified && !others;
        let controls = &mut marking.dissemination;
        let mut marks = Vec::new();
        for (name, bears, field) in [
            ("RSEN", has(Flag::Rsen), &mut controls.rsen),
            ("FOUO", fouo, &mut controls.fouo),
            ("ORCON", has(Flag::Orcon), &mut controls.orcon),
            ("ORCON-USGOV", has(Flag::OrconUsgov) && !has(Flag::Orcon), &mut controls.orcon_usgov),
            ("IMCON", has(Flag::Imcon), &mut controls.imcon),
            ("PROPIN", has(Flag::Propin), &mut controls.propin),
            ("DEA SENSITIVE", has(Flag::Dsen), &mut controls.dsen),
            ("FISA", has(Flag::Fisa), &mut controls.fisa),
        ] {
            *field = bears;
            if bears {
                marks.push(name);
            }
        }
        if !marks.is_empty() {
            self.note(Subject::Control, marks.join("/"), "all that the parts bear", "D.2, p. 28; H.8, pp. 132-162");
        }
        if has(Flag::Fouo) && !fouo {
            let why = "FOUO gives way to a class, and to any other control but those on release";
            self.note(Subject::Control, "", why, "H.8, p. 134");
        }
    }
}

/// The codes of the nations and organisations that a marking belongs to.
fn codes(owner: &Owner) -> Vec<Country> {
    match owner {
        Owner::UnitedStates => vec![Country::from("USA")],
        Owner::Nation(nation) => vec![nation.clone()],
        Owner::Nato => vec![Country::from("NATO")],
        Owner::Joint(owners) => owners.clone(),
    }
}

fn name(owner: &Owner) -> String {
    let joint = if matches!(owner, Owner::Joint(_)) { "JOINT " } else { "" };
    format!("{joint}{}", codes(owner).iter().map(Country::as_str).collect::<Vec<_>>().join(" "))
}
