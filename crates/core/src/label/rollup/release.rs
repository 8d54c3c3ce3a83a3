//! Foreign disclosure and release of several portions together: table 3 of the manual (CAPCO D.2, pp. 28-30).
//!
//! The table speaks of two portions at a time. What is kept of the portions here says of any number of them what the
//! table says of each two. The key types are [`Release`], which is a lattice, and [`Verdict`], what follows at the end.

use std::collections::BTreeSet;

use super::audience::{self, Audience};
use crate::{Country, label::Marking};

/// What a portion says about release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Nothing, though it is classified or bears another control.
    Unmarked,
    Noforn,
    RelTo,
    /// REL TO with RELIDO beside it.
    RelToRelido,
    /// REL TO with DISPLAY ONLY beside it.
    RelToDisplay,
    Relido,
    Eyes,
    EyesRelido,
    DisplayOnly,
    SbuNoforn,
    LesNoforn,
}

impl Kind {
    /// What a marking says, when it takes part: most markings are of one kind.
    fn of(marking: &Marking) -> Vec<Self> {
        let controls = &marking.dissemination;
        let bears = |name: &str| marking.non_ic.iter().any(|other| other == name);
        let combined = [(Self::SbuNoforn, "SBU NOFORN"), (Self::LesNoforn, "LES NOFORN")];
        let mut kinds: Vec<Self> = combined.into_iter().filter(|(_, name)| bears(name)).map(|(kind, _)| kind).collect();
        let (released, shown) = (!controls.rel_to.is_empty(), !controls.display_only.is_empty());
        let eyes = !controls.eyes.is_empty();
        let own = match (controls.noforn, released, eyes, shown, controls.relido) {
            (true, ..) => Self::Noforn,
            (_, true, _, true, _) => Self::RelToDisplay,
            (_, true, _, _, true) => Self::RelToRelido,
            (_, true, ..) => Self::RelTo,
            (_, _, true, _, true) => Self::EyesRelido,
            (_, _, true, ..) => Self::Eyes,
            (_, _, _, true, _) => Self::DisplayOnly,
            (.., true) => Self::Relido,
            _ if !kinds.is_empty() => return kinds,
            _ => Self::Unmarked,
        };
        kinds.push(own);
        kinds
    }

    fn is_rel_to(self) -> bool {
        matches!(self, Self::RelTo | Self::RelToRelido | Self::RelToDisplay)
    }

    fn is_eyes(self) -> bool {
        matches!(self, Self::Eyes | Self::EyesRelido)
    }

    fn defers(self) -> bool {
        matches!(self, Self::Relido | Self::RelToRelido | Self::EyesRelido)
    }

    /// Whether it is a foreign disclosure and release marking of the intelligence community.
    fn is_marked(self) -> bool {
        !matches!(self, Self::Unmarked | Self::SbuNoforn | Self::LesNoforn)
    }
}

/// What the portions say about release, together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Release {
    kinds: BTreeSet<Kind>,
    /// Whom all REL TO lists name; none where there is no such list. So with the others.
    rel_to: Option<Audience>,
    /// Whom all EYES ONLY lists name.
    eyes: Option<Audience>,
    /// To whom all portions with DISPLAY ONLY may be shown: what may be released may be shown (rule 26).
    display: Option<Audience>,
    /// To whom all portions with any list may be shown.
    shown: Option<Audience>,
}

/// What follows for the banner line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No part says anything.
    Unmarked,
    /// Only SBU NOFORN or LES NOFORN say anything, which says it all.
    Combined,
    Noforn,
    RelTo {
        list: Vec<Country>,
        display: Vec<Country>,
        relido: bool,
        taken_apart: bool,
    },
    Eyes {
        list: Vec<Country>,
        relido: bool,
    },
    Relido,
    DisplayOnly(Vec<Country>),
}

/// What the verdict depends on besides the release markings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances<'a> {
    /// The code of the owner of the banner; USA for JOINT.
    pub(super) owner: &'a str,
    pub(super) classified: bool,
    /// Something has to go to nobody foreign, whatever the lists say.
    pub(super) withheld: bool,
}

fn common(left: &mut Option<Audience>, right: Option<&Audience>) {
    if let Some(right) = right {
        *left = Some(left.as_ref().map_or_else(|| right.clone(), |own| own.common(right)));
    }
}

/// The list of a REL TO for those whom every part may be released to; none when that is nobody but the owner.
fn list_to_write(released: &Audience, owner: &str) -> Option<Vec<Country>> {
    let mut list = released.list(true);
    if owner == "USA" {
        if !list.iter().any(|code| *code == owner) {
            // They are in through a group, but their own list names them (CAPCO H.8, p. 151).
            list.insert(0, Country::from(owner));
        }
        return released.has_others_than(owner).then_some(list);
    }
    if list.iter().all(|code| *code == "USA") && !list.is_empty() {
        // `REL TO USA` alone is no marking (CAPCO H.8, p. 151). The owner may stand beside: it has it anyway. NATO may
        // not, since its members come with it.
        let owner = Country::from(owner);
        return (!audience::is_tetragraph(&owner)).then(|| list.into_iter().chain([owner]).collect());
    }
    (!list.is_empty()).then_some(list)
}

impl Release {
    /// What one marking says. `takes_part` is false for what is unclassified and bears no control: it does not count
    /// (CAPCO H.1, p. 51).
    pub(super) fn of(marking: &Marking, takes_part: bool) -> Self {
        if !takes_part {
            return Self::default();
        }
        let controls = &marking.dissemination;
        let audience = |lists: &[&[Country]]| {
            let codes = lists.iter().copied().flatten();
            (!lists.iter().all(|list| list.is_empty())).then(|| Audience::of(codes))
        };
        let with_display = !controls.display_only.is_empty();
        let shown = audience(&[&controls.rel_to, &controls.eyes, &controls.display_only]);
        Self {
            kinds: Kind::of(marking).into_iter().collect(),
            rel_to: audience(&[&controls.rel_to]),
            eyes: audience(&[&controls.eyes]),
            display: shown.clone().filter(|_| with_display),
            shown,
        }
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.kinds.extend(&other.kinds);
        common(&mut self.rel_to, other.rel_to.as_ref());
        common(&mut self.eyes, other.eyes.as_ref());
        common(&mut self.display, other.display.as_ref());
        common(&mut self.shown, other.shown.as_ref());
    }

    /// Whether a single part takes part and says nothing.
    pub(super) fn is_silent(&self) -> bool {
        self.has(|kind| kind == Kind::Unmarked)
    }

    fn has(&self, is: impl Fn(Kind) -> bool) -> bool {
        self.kinds.iter().any(|kind| is(*kind))
    }

    fn all(&self, are: impl Fn(Kind) -> bool) -> bool {
        self.kinds.iter().all(|kind| are(*kind))
    }

    /// Whom every part may be released to.
    fn released(&self) -> Option<Audience> {
        if !self.all(|kind| kind.is_rel_to() || kind.is_eyes()) {
            return None;
        }
        let mut released = self.rel_to.clone();
        common(&mut released, self.eyes.as_ref());
        released
    }

    pub(super) fn verdict(&self, circumstances: Circumstances<'_>) -> Verdict {
        let Circumstances { owner, classified, withheld } = circumstances;
        if !withheld && self.all(|kind| kind == Kind::Unmarked) {
            return Verdict::Unmarked;
        }
        if !withheld && !classified && !self.has(Kind::is_marked) {
            return Verdict::Combined;
        }
        let of_us = owner == "USA";
        if withheld || !self.all(|kind| kind.is_marked() && kind != Kind::Noforn) {
            return Verdict::Noforn;
        }
        if let Some(released) = self.released() {
            // A list of the United States holds them (CAPCO H.8, p. 151): what a part keeps from them has no list here.
            if of_us && !released.holds(owner) {
                return Verdict::Noforn;
            }
            if let Some(list) = list_to_write(&released, owner) {
                return self.released_to(&released, list, owner);
            }
        }
        let shown = self.shown.as_ref().filter(|_| self.display.is_some() && !self.has(|kind| kind == Kind::Relido));
        let list: Vec<Country> = shown.map(|shown| shown.list(false)).unwrap_or_default();
        let list: Vec<Country> = list.into_iter().filter(|code| !(of_us && *code == "USA")).collect();
        if !list.is_empty() {
            Verdict::DisplayOnly(list)
        } else if self.all(Kind::defers) {
            Verdict::Relido
        } else {
            Verdict::Noforn
        }
    }

    fn released_to(&self, released: &Audience, list: Vec<Country>, owner: &str) -> Verdict {
        let relido = self.all(Kind::defers);
        if self.all(Kind::is_eyes) {
            return Verdict::Eyes { list, relido };
        }
        let display = match &self.shown {
            Some(shown) if self.display.is_some() => shown.list_beyond(released),
            _ => Vec::new(),
        };
        let display = display.into_iter().filter(|code| !(owner == "USA" && *code == "USA")).collect();
        Verdict::RelTo { list, display, relido, taken_apart: released.is_taken_apart() }
    }

    /// The rules of table 3 that gave the verdict, by number. None of them speaks of a single portion but the first, so
    /// for several that say the same it is the rule for two such.
    pub(super) fn rules(&self, verdict: &Verdict) -> Vec<u8> {
        let rel_to = self.has(Kind::is_rel_to);
        match verdict {
            Verdict::Unmarked | Verdict::Combined | Verdict::Eyes { .. } => Vec::new(),
            Verdict::Relido => vec![24],
            Verdict::DisplayOnly(_) => vec![if rel_to { 26 } else { 25 }],
            Verdict::RelTo { display, relido, taken_apart, .. } => {
                let lists = match (display.is_empty(), self.has(Kind::is_eyes), *taken_apart) {
                    (false, ..) => 27,
                    (_, true, _) => 22,
                    (.., true) => 23,
                    _ => 21,
                };
                std::iter::once(lists).chain(relido.then_some(24)).collect()
            }
            Verdict::Noforn => self.rules_to_nobody(),
        }
    }

    fn rules_to_nobody(&self) -> Vec<u8> {
        let has = |kind: Kind| self.kinds.contains(&kind);
        let rel_to = self.has(Kind::is_rel_to);
        let marked = self.kinds.iter().filter(|kind| kind.is_marked()).count();
        let somebody = |audience: &Option<Audience>| audience.as_ref().is_none_or(|all| all.has_others_than("USA"));
        let combined = [(Kind::SbuNoforn, [4, 5, 14]), (Kind::LesNoforn, [7, 8, 15])];
        let mut rules = BTreeSet::new();
        let mut rule = |number: u8, applies: bool| {
            if applies {
                rules.insert(number);
            }
        };
        if has(Kind::Noforn) {
            rule(1, marked == 1 && !self.has(|kind| matches!(kind, Kind::SbuNoforn | Kind::LesNoforn)));
            rule(2, marked > 1);
            rule(3, has(Kind::SbuNoforn));
            rule(6, has(Kind::LesNoforn));
            return rules.into_iter().collect();
        }
        let lists_meet = somebody(&self.rel_to) && somebody(&self.display);
        let mut with_eyes = self.rel_to.clone();
        common(&mut with_eyes, self.eyes.as_ref());
        let bare_rel_to = has(Kind::RelTo) || has(Kind::RelToDisplay);
        rule(9, !somebody(&self.rel_to));
        rule(10, bare_rel_to && has(Kind::Relido));
        rule(11, rel_to && has(Kind::DisplayOnly) && lists_meet && !somebody(&self.shown));
        rule(12, has(Kind::RelToRelido) && has(Kind::Unmarked));
        rule(13, rel_to && self.has(Kind::is_eyes) && somebody(&self.rel_to) && !somebody(&with_eyes));
        rule(16, bare_rel_to && has(Kind::Unmarked));
        rule(17, has(Kind::Relido) && has(Kind::Unmarked));
        rule(18, has(Kind::Relido) && self.has(|kind| matches!(kind, Kind::DisplayOnly | Kind::RelToDisplay)));
        rule(19, has(Kind::DisplayOnly) && has(Kind::Unmarked));
        rule(20, has(Kind::DisplayOnly) && !somebody(&self.display));
        for (kind, [unmarked, mixture, listed]) in combined {
            rule(unmarked, has(kind) && has(Kind::Unmarked));
            rule(mixture, has(kind) && marked > 1);
            rule(listed, has(kind) && rel_to);
        }
        rules.into_iter().collect()
    }
}
