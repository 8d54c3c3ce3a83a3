//! What every page has around it: the banner, the bar, the navigation, notices.

use super::{banner::Banner, strip::Strip, text::Say};

/// The pages of the navigation, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Desk,
    Alerts,
    Consultations,
    Commitments,
    Records,
    New,
    Collections,
    Consent,
    Second,
    Agreements,
    Partner,
    Log,
    Node,
    /// A page that is not in the navigation.
    Other,
}

impl Page {
    pub(crate) const ALL: [Self; 13] = [
        Self::Desk,
        Self::Alerts,
        Self::Consultations,
        Self::Commitments,
        Self::Records,
        Self::New,
        Self::Collections,
        Self::Consent,
        Self::Second,
        Self::Agreements,
        Self::Partner,
        Self::Log,
        Self::Node,
    ];

    /// Its path, the key that goes there after `g`, and its sign.
    pub(crate) fn place(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Desk => ("/", "d", "desk"),
            Self::Alerts => ("/alerts", "w", "alerts"),
            Self::Consultations => ("/consultations", "m", "consultations"),
            Self::Commitments => ("/commitments", "p", "commitments"),
            Self::Records => ("/records", "r", "records"),
            Self::New => ("/records/new", "n", "new"),
            Self::Collections => ("/collections", "t", "collections"),
            Self::Consent => ("/consent", "c", "consent"),
            Self::Second => ("/second", "s", "second"),
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
            Self::Alerts => say.one("page-alerts"),
            Self::Consultations => say.one("page-consultations"),
            Self::Commitments => say.one("page-commitments"),
            Self::Records => say.one("page-records"),
            Self::New => say.one("page-new"),
            Self::Collections => say.one("page-collections"),
            Self::Consent => say.one("page-consent"),
            Self::Second => say.one("page-second"),
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
    /// The pages that this person may open.
    pub(crate) pages: Vec<Page>,
    /// How many releases wait for this person as the second one.
    pub(crate) seconds: usize,
    /// The kinds of events upon which a page looks again.
    pub(crate) live: String,
    /// The last event before this page was made: what comes behind it is news to the page.
    pub(crate) heard: String,
    /// What waits for a person to acknowledge it.
    pub(crate) strip: Strip,
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
            let waiting = match page {
                Page::Consent => self.questions,
                Page::Second => self.seconds,
                Page::Alerts => self.strip.alerts,
                Page::Consultations => self.strip.count - self.strip.alerts,
                _ => 0,
            };
            let waiting_words = self.say.count("frame-waiting", waiting);
            Entry { path, key, sign, word: page.word(self.say), is_here: page == self.page, waiting, waiting_words }
        };
        self.pages.iter().copied().map(entry).collect()
    }
}
