//! What every page has around it: the banner, the bar, the navigation, notices.

use super::{banner::Banner, text::Say};

/// The pages of the navigation, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Desk,
    Records,
    New,
    Consent,
    Agreements,
    Partner,
    Log,
    Node,
    /// A page that is not in the navigation.
    Other,
}

impl Page {
    const ALL: [Self; 8] = [
        Self::Desk,
        Self::Records,
        Self::New,
        Self::Consent,
        Self::Agreements,
        Self::Partner,
        Self::Log,
        Self::Node,
    ];

    /// Its path, the key that goes there after `g`, and its sign.
    fn place(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Desk => ("/", "d", "desk"),
            Self::Records => ("/records", "r", "records"),
            Self::New => ("/records/new", "n", "new"),
            Self::Consent => ("/consent", "c", "consent"),
            Self::Agreements => ("/agreements", "a", "agreements"),
            Self::Partner => ("/partner", "v", "partner"),
            Self::Log => ("/log", "l", "log"),
            Self::Node => ("/node", "o", "node"),
            Self::Other => ("", "", ""),
        }
    }

    fn word(self, say: Say) -> String {
        match self {
            Self::Desk => say.one("page-desk"),
            Self::Records => say.one("page-records"),
            Self::New => say.one("page-new"),
            Self::Consent => say.one("page-consent"),
            Self::Agreements => say.one("page-agreements"),
            Self::Partner => say.one("page-partner"),
            Self::Log => say.one("page-log"),
            Self::Node => say.one("page-node"),
            Self::Other => String::new(),
        }
    }
}

/// Something with a state: words, and the class of the style sheet that gives them their sign and colour.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) class: &'static str,
    pub(crate) words: String,
}

impl State {
    pub(crate) fn good(words: String) -> Self {
        Self { class: "good", words }
    }
    pub(crate) fn attention(words: String) -> Self {
        Self { class: "attention", words }
    }
    pub(crate) fn bad(words: String) -> Self {
        Self { class: "bad", words }
    }
}

/// Who is signed in, as the bar says it.
#[derive(Clone, Debug)]
pub(crate) struct PersonInBar {
    pub(crate) name: String,
    pub(crate) roles: String,
}

/// One entry of the navigation.
pub(crate) struct Entry {
    pub(crate) path: &'static str,
    pub(crate) key: &'static str,
    pub(crate) sign: &'static str,
    pub(crate) word: String,
    pub(crate) is_here: bool,
    pub(crate) waiting: usize,
    pub(crate) waiting_words: String,
}

/// The frame of a page.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) say: Say,
    pub(crate) page: Page,
    pub(crate) title: String,
    pub(crate) banner: Banner,
    pub(crate) party: String,
    pub(crate) name: String,
    pub(crate) health: State,
    pub(crate) links: State,
    /// Nobody on the page to sign in.
    pub(crate) person: Option<PersonInBar>,
    /// How many questions wait for this person's answer.
    pub(crate) questions: usize,
    /// `light` or `dark` where the person chose; else the system's choice.
    pub(crate) theme: Option<&'static str>,
    pub(crate) notices: Vec<State>,
    /// The server's time, exactly, for the clock in the page.
    pub(crate) now: String,
    /// The same as hours and minutes.
    pub(crate) clock: String,
    /// What the path of assets bears, so that a browser keeps them for ever and a new binary has new ones.
    pub(crate) version: &'static str,
}

impl Frame {
    pub(crate) fn navigation(&self) -> Vec<Entry> {
        let entry = |page: Page| {
            let (path, key, sign) = page.place();
            let waiting = if page == Page::Consent { self.questions } else { 0 };
            let waiting_words = self.say.count("frame-waiting", waiting);
            Entry { path, key, sign, word: page.word(self.say), is_here: page == self.page, waiting, waiting_words }
        };
        Page::ALL.into_iter().map(entry).collect()
    }
}
