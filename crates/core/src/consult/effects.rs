//! The statement of effects: what was considered before the parties act, and for whom. It must exist; it need not be
//! favourable. The key type is [`Effects`].

use super::Evidence;
use crate::Party;

/// On whom an option has effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EffectsOn {
    /// States next to the parties or to what happened.
    Neighbours,
    /// Others who are no party.
    ThirdParties,
    /// The public of the parties themselves.
    OwnPublic,
}

impl EffectsOn {
    /// All of them: a statement says something of each.
    pub const ALL: [Self; 3] = [Self::Neighbours, Self::ThirdParties, Self::OwnPublic];

    /// The word for people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Neighbours => "neighbours",
            Self::ThirdParties => "third-parties",
            Self::OwnPublic => "own-public",
        }
    }
}

/// One option that was considered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Choice {
    /// What would be done.
    pub what: String,
    /// Whether it is to do nothing.
    pub is_nothing: bool,
    /// What it would mean for whom: one text for each of [`EffectsOn::ALL`], in that order.
    pub effects: [String; 3],
}

/// What was considered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Effects {
    /// The options; to do nothing is one of them.
    pub options: Vec<Choice>,
    /// Which of them is chosen, by its place.
    pub chosen: u32,
    /// Why, in words.
    pub because: String,
    /// The records that it rests on.
    pub evidence: Vec<Evidence>,
    /// What parties say against it, each in its own words as its author reports them; their own are in their closing
    /// notes.
    pub dissent: Vec<(Party, String)>,
}

impl Effects {
    /// What is missing for a statement that can be closed on; none when it is whole.
    pub fn lacks(&self) -> Option<&'static str> {
        let is_blank = |text: &String| text.trim().is_empty();
        if !self.options.iter().any(|option| option.is_nothing) {
            return Some("to do nothing is not among the options");
        }
        if self.options.len() < 2 {
            return Some("there is no other option than to do nothing");
        }
        if self.options.iter().any(|option| is_blank(&option.what) || option.effects.iter().any(is_blank)) {
            return Some("an option says nothing of its effects on neighbours, third parties or the own public");
        }
        if usize::try_from(self.chosen).map_or(true, |chosen| chosen >= self.options.len()) {
            return Some("none of the options is chosen");
        }
        if is_blank(&self.because) { Some("it does not say why") } else { None }
    }
}
