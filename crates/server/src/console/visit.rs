//! One visit of a page: who looks, in which language, and the frame that the page gets. Who may look at which page, the list of
//! pages says (`super::list`), in the same words as that of the API.
//!
//! The key type is [`Visit`].

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, Method,
        header::{ACCEPT, ACCEPT_LANGUAGE},
        request::Parts,
    },
};
use entente_core::{Party, explain::Language, time::Timestamp};
use entente_node::{Lane, op::QuestionState};

use super::{
    assets::VERSION,
    banner::Banner,
    frame::{Frame, Page, PersonInBar, State},
    strip::Strip,
    text::Say,
};
use crate::{
    control::{
        ApiError, Control,
        events::{TOLD, heard},
        may,
    },
    people::{SignedIn, session::cookie},
};

/// The cookie with the language that a person chose.
pub(crate) const LANGUAGE: &str = "lang";
/// The cookie with the theme that a person chose.
const THEME: &str = "theme";

/// Somebody looks at a page.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) control: Control,
    pub(crate) person: SignedIn,
    pub(crate) manner: Manner,
    /// The mark of the last event before anything was looked up: what happens between that and the page's listening is not missed.
    /// None for what answers a form: under its address there may be nothing to look at again.
    pub(crate) heard: Option<String>,
}

/// How a browser wants to be spoken to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) say: Say,
    pub(crate) theme: Option<&'static str>,
    /// Whether a part of a page is wanted, to be put into one that is there.
    pub(crate) is_part: bool,
    /// Whether it says that it reads pages at all: a program does not.
    pub(crate) reads_pages: bool,
}

impl Manner {
    /// As the headers say.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let chosen = cookie(headers, LANGUAGE).and_then(Language::of_tag);
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let accepted = || accepted.split(',').find_map(|tag| Language::of_tag(tag.trim()));
        Self {
            say: Say(chosen.or_else(accepted).unwrap_or_default()),
            theme: match cookie(headers, THEME) {
                Some("dark") => Some("dark"),
                Some("light") => Some("light"),
                _ => None,
            },
            is_part: headers.contains_key("hx-request"),
            reads_pages: headers.contains_key("hx-request")
                || headers.get(ACCEPT).is_some_and(|accept| accept.to_str().unwrap_or_default().contains("text/html")),
        }
    }

    /// The frame of a page for nobody in particular.
    pub(crate) fn frame(self, control: &Control, title: String) -> Frame {
        let now = jiff::Timestamp::now();
        Frame {
            say: self.say,
            page: Page::Other,
            title,
            banner: Banner::plain(),
            party: control.operator.nationality.to_string(),
            name: control.name.clone(),
            health: State::good(String::new()),
            links: State::good(String::new()),
            person: None,
            pages: Vec::new(),
            seconds: 0,
            live: String::new(),
            heard: String::new(),
            strip: Strip::default(),
            questions: 0,
            theme: self.theme,
            notices: Vec::new(),
            now: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            clock: now.strftime("%H:%M").to_string(),
            version: VERSION.as_str(),
        }
    }
}

impl FromRequestParts<Control> for Visit {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, control: &Control) -> Result<Self, ApiError> {
        let person = SignedIn::from_request_parts(parts, control).await?;
        let heard = if parts.method == Method::GET { heard(control, &person) } else { None };
        Ok(Self { control: control.clone(), person, manner: Manner::of(&parts.headers), heard })
    }
}

impl Visit {
    /// How this person is spoken to.
    pub(crate) fn say(&self) -> Say {
        self.manner.say
    }

    /// Whether this person may ask the endpoint of the API with this name: what a page offers, it may do.
    pub(crate) fn may(&self, endpoint: &str) -> bool {
        may(&self.person, endpoint)
    }

    /// Headers with which handlers of the API answer in this person's language.
    pub(crate) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Ok(value) = self.say().code().parse() {
            headers.insert(ACCEPT_LANGUAGE, value);
        }
        headers
    }

    /// The frame of a page.
    pub(crate) async fn frame(&self, page: Page, title: String, banner: Banner) -> Result<Frame, ApiError> {
        let (say, viewer, links) = (self.say(), self.person.viewer().clone(), self.control.links.clone());
        let me = self.person.name().to_owned();
        let (questions, seconds, partners) = self
            .control
            .driver
            .inspect(move |node| {
                let is_open =
                    |question: &&entente_node::op::Question| !question.ours && question.state == QuestionState::Open;
                let partners: Vec<Party> = node
                    .partners()
                    .map(|partner| partner.party.clone())
                    .filter(|party| party != node.party())
                    .collect();
                let waits = |waiting: &&entente_node::second::Waiting| waiting.answer.is_none() && waiting.by != me;
                let seconds = node.waiting(&viewer).filter(waits).count();
                (node.questions(&viewer).filter(is_open).count(), seconds, partners)
            })
            .await?;
        let is_away = |party: &&Party| {
            Lane::ALL.iter().any(|lane| {
                let feed = entente_node::Feed { partner: (*party).clone(), lane: *lane };
                links.state(&feed).is_some_and(|state| !state.is_up)
            })
        };
        let away = partners.iter().filter(is_away).count();
        // Nothing was to be sent to some of them yet, which is no trouble; but nobody knows whether they are up.
        let is_untried = |party: &&Party| {
            Lane::ALL.iter().all(|lane| {
                let feed = entente_node::Feed { partner: (*party).clone(), lane: *lane };
                links.state(&feed).is_none()
            })
        };
        let up = partners.len() - away - partners.iter().filter(is_untried).count();
        let links = match partners.len() {
            0 => State { class: "", words: say.one("frame-no-partners") },
            all if up == all => State::good(say.count("frame-partners-up", all)),
            all if away == 0 => {
                let numbers = [("up", up.to_string()), ("all", all.to_string())];
                State { class: "", words: say.filled("frame-partners-some", &numbers) }
            }
            all => {
                let numbers = [("away", away.to_string()), ("all", all.to_string())];
                State::attention(say.filled("frame-partners-away", &numbers))
            }
        };
        let roles = self.person.roles().iter().map(|role| say.one(&format!("role-{}", role.as_str())));
        let person = PersonInBar { name: self.person.name().to_owned(), roles: roles.collect::<Vec<_>>().join(", ") };
        let strip = Strip::of(self).await?;
        Ok(Frame {
            page,
            banner: strip.over(banner, say),
            strip,
            health: State::good(say.one("frame-healthy")),
            links,
            person: Some(person),
            pages: Page::ALL.into_iter().filter(|page| super::may_open(&self.person, page.place().0)).collect(),
            live: self.heard.as_ref().map(|_| TOLD.join(" ")).unwrap_or_default(),
            heard: self.heard.clone().unwrap_or_default(),
            seconds: if self.may("release.confirm") { seconds } else { 0 },
            questions: if self.may("consent.answer") { questions } else { 0 },
            ..self.manner.frame(&self.control, title)
        })
    }
}

/// A moment as a page shows it: how long ago, and exactly.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) words: String,
    pub(crate) exact: String,
}

impl Moment {
    /// A moment as the API spells it, seen from now.
    pub(crate) fn of(text: &str, say: Say) -> Self {
        Self::seen_from(text, Timestamp::now(), say)
    }

    fn seen_from(text: &str, now: Timestamp, say: Say) -> Self {
        let words = match text.parse::<Timestamp>() {
            Ok(at) => ago(now.as_second() - at.as_second(), text, say),
            Err(_) => text.to_owned(),
        };
        Self { words, exact: text.to_owned() }
    }
}

fn ago(seconds: i64, text: &str, say: Say) -> String {
    match seconds {
        ..-86_400 => text.chars().take(16).collect::<String>().replace('T', " "),
        // Rounded up: what is said to be left is there at least in part.
        -86_400..-3600 => say.count("moment-in-hours", (-seconds).div_euclid(3600)),
        -3600..0 => say.count("moment-in-minutes", (59 - seconds) / 60),
        0..60 => say.one("moment-now"),
        60..3600 => say.count("moment-minutes", seconds / 60),
        3600..86_400 => say.count("moment-hours", seconds / 3600),
        86_400..604_800 => say.count("moment-days", seconds / 86_400),
        _ => text.chars().take(10).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_from_now() {
        let say = Say(Language::English);
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        for (text, words) in [
            ("2026-11-20T11:59:30Z", "just now"),
            ("2026-11-20T11:55:00Z", "5 min ago"),
            ("2026-11-20T09:00:00Z", "3 h ago"),
            ("2026-11-18T12:00:00Z", "2 days ago"),
            ("2026-10-01T12:00:00Z", "2026-10-01"),
            ("2026-11-21T08:30:00Z", "in 20 h"),
            ("2026-11-20T12:14:30Z", "in 15 min"),
            ("2026-11-20T12:00:01Z", "in 1 min"),
            ("2026-11-22T08:30:00Z", "2026-11-22 08:30"),
            ("never", "never"),
        ] {
            assert_eq!(Moment::seen_from(text, now, say).words, words);
        }
    }

    #[test]
    fn a_choice_of_language_comes_before_what_the_browser_accepts() {
        for (cookie, accept, expected) in [
            ("", "ko-KR,ko;q=0.9,en;q=0.8", Language::Korean),
            ("lang=ja", "ko", Language::Japanese),
            ("lang=xx", "fr, ja;q=0.5", Language::Japanese),
            ("", "", Language::English),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("cookie", cookie.parse().unwrap());
            headers.insert(ACCEPT_LANGUAGE, accept.parse().unwrap());
            assert_eq!(Manner::of(&headers).say, Say(expected), "{cookie} {accept}");
        }
    }
}
