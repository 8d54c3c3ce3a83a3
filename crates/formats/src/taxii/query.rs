//! What a request asks for: the part of a URL behind the `?` (section 3.4).
//!
//! Strict, for a filter that was passed over would give more than was asked for. Names that are none of TAXII are passed
//! over, as other software adds them. The key type is [`Query`].

use std::{borrow::Cow, collections::BTreeSet};

use crate::{
    problem::{Problem, suggestion},
    stix::{json::excerpt, time::Moment},
};

/// The longest query, in bytes.
pub const LONGEST: usize = 64 * 1024;
/// The most words of one filter.
pub const MOST: usize = 2_000;

/// An endpoint that takes filters, with those that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Objects of a collection (section 5.4).
    Objects,
    /// The manifest of a collection (section 5.3).
    Manifest,
    /// One object (section 5.6).
    Object,
    /// One object, to be deleted (section 5.7).
    Deletion,
    /// The versions of one object (section 5.8).
    Versions,
}

impl Endpoint {
    /// The fields of `match` that it takes.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Objects | Self::Manifest => &["id", "type", "version", "spec_version"],
            Self::Object | Self::Deletion => &["version", "spec_version"],
            Self::Versions => &["spec_version"],
        }
    }
}

/// Which versions are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Versions {
    /// All of them.
    All,
    /// These.
    Some {
        /// The oldest.
        first: bool,
        /// The newest.
        last: bool,
        /// Those of these moments, in microseconds since 1970.
        at: BTreeSet<i64>,
    },
}

impl Default for Versions {
    fn default() -> Self {
        Self::Some { first: false, last: true, at: BTreeSet::new() }
    }
}

/// What is asked for. A filter that is not there is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Only what was added after this, in microseconds since 1970.
    pub added_after: Option<i64>,
    /// At most so many.
    pub limit: Option<u32>,
    /// The token of the page, as it was sent.
    pub next: Option<String>,
    /// Only these identifiers.
    pub ids: BTreeSet<String>,
    /// Only these types.
    pub types: BTreeSet<String>,
    /// Only these versions; the newest when nothing is said.
    pub versions: Versions,
    /// Only these versions of STIX; the newest that an object has when nothing is said.
    pub spec_versions: BTreeSet<String>,
}

impl Query {
    /// Reads the part of a URL behind the `?`.
    ///
    /// # Errors
    /// What is malformed, at its place; the answer is 400.
    pub fn parse(text: &str, endpoint: Endpoint) -> Result<Self, Problem> {
        if text.len() > LONGEST {
            return Err(Problem::new(format!("a query has at most {LONGEST} bytes"), 0..0)
                .help("ask for fewer identifiers at a time"));
        }
        let mut query = Self::default();
        let mut seen: Vec<Cow<'_, str>> = Vec::new();
        let mut start = 0;
        for part in text.split('&') {
            let at = start..start + part.len();
            start = at.end + 1;
            if part.is_empty() {
                continue;
            }
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let wrong = |problem: Problem| Problem { at: at.clone(), ..problem };
            let name = decode(name).map_err(wrong)?;
            let is_ours = ["added_after", "limit", "next"].contains(&&*name) || name.starts_with("match[");
            if !is_ours {
                continue;
            }
            if seen.contains(&name) {
                return Err(Problem::new(format!("`{}` stands twice", excerpt(&name)), at)
                    .help("several words of one filter have commas between them"));
            }
            let value = decode(value).map_err(wrong)?;
            query.set(&name, &value, endpoint).map_err(wrong)?;
            seen.push(name);
        }
        Ok(query)
    }

    fn set(&mut self, name: &str, value: &str, endpoint: Endpoint) -> Result<(), Problem> {
        match name {
            "added_after" | "limit" | "next" if endpoint == Endpoint::Deletion => {
                Err(wrong(format!("`{name}` does not go with a deletion")))
            }
            "added_after" => {
                self.added_after = Some(moment(value)?);
                Ok(())
            }
            "limit" => {
                let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                // More than anybody has is as good as all.
                let number = is_number.then(|| value.parse().unwrap_or(u32::MAX));
                self.limit =
                    Some(number.filter(|number| *number > 0).ok_or_else(|| {
                        wrong(format!("`limit` is `{}`", excerpt(value))).help("a whole number from 1")
                    })?);
                Ok(())
            }
            "next" => {
                if value.is_empty() || value.len() > super::next::LONGEST {
                    return Err(wrong("`next` is no token of this server".to_owned()));
                }
                self.next = Some(value.to_owned());
                Ok(())
            }
            _ => self.filter(name, value, endpoint),
        }
    }

    fn filter(&mut self, name: &str, value: &str, endpoint: Endpoint) -> Result<(), Problem> {
        let field = name.strip_prefix("match[").and_then(|rest| rest.strip_suffix(']')).unwrap_or_default();
        let fields = endpoint.fields();
        if !fields.contains(&field) {
            let known = fields.iter().copied();
            return Err(
                wrong(format!("there is no filter `{}` here", excerpt(name))).help(suggestion(excerpt(field), known))
            );
        }
        let words: Vec<&str> = value.split(',').collect();
        if words.len() > MOST {
            return Err(wrong(format!("`{name}` has more than {MOST} words")));
        }
        if words.iter().any(|word| word.is_empty()) {
            return Err(wrong(format!("`{name}` has an empty word")).help("words have commas between them, no blanks"));
        }
        let owned = || words.iter().map(|word| (*word).to_owned()).collect();
        match field {
            "id" => self.ids = owned(),
            "type" => self.types = owned(),
            "version" => self.versions = versions(&words)?,
            _ => {
                let is_version = |word: &&str| {
                    word.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
                };
                if let Some(word) = words.iter().find(|word| !is_version(word)) {
                    return Err(wrong(format!("`{}` is no version of STIX", excerpt(word))).help("such as `2.1`"));
                }
                self.spec_versions = owned();
            }
        }
        Ok(())
    }

    /// The query in one form, whatever order and escapes it came in, without what may differ from page to page. It is
    /// what a token of [`super::next`] is bound to. A token is of a place behind `added_after` in any case, and clients go on without
    /// that date.
    pub fn canonical(&self) -> String {
        let list = |words: &BTreeSet<String>| words.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        let versions = match &self.versions {
            Versions::All => "all".to_owned(),
            Versions::Some { first, last, at } => {
                let words = first.then(|| "first".to_owned()).into_iter().chain(last.then(|| "last".to_owned()));
                words.chain(at.iter().map(i64::to_string)).collect::<Vec<_>>().join(",")
            }
        };
        format!(
            "id={}&type={}&version={versions}&spec_version={}",
            list(&self.ids),
            list(&self.types),
            list(&self.spec_versions)
        )
    }
}

fn wrong(message: String) -> Problem {
    Problem::new(message, 0..0)
}

fn moment(text: &str) -> Result<i64, Problem> {
    Moment::parse(text).map(Moment::microseconds).map_err(|_| {
        wrong(format!("`{}` is no moment", excerpt(text))).help("in UTC, such as `2016-01-01T01:01:01.000001Z`")
    })
}

fn versions(words: &[&str]) -> Result<Versions, Problem> {
    if words.contains(&"all") {
        return match words {
            ["all"] => Ok(Versions::All),
            _ => Err(wrong("`all` stands beside other versions".to_owned()).help("it holds them already")),
        };
    }
    let (mut first, mut last, mut at) = (false, false, BTreeSet::new());
    for word in words {
        match *word {
            "first" => first = true,
            "last" => last = true,
            word => {
                at.insert(moment(word).map_err(|problem| {
                    problem.help("a version is `first`, `last`, `all`, or a moment such as `2016-01-01T01:01:01.000Z`")
                })?);
            }
        }
    }
    Ok(Versions::Some { first, last, at })
}

/// A text without its escapes of percent signs; a plus is a blank.
fn decode(text: &str) -> Result<Cow<'_, str>, Problem> {
    if !text.contains(['%', '+']) {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                let (high, low) = (digit(rest.next()), digit(rest.next()));
                let value = high.zip(low).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
                value.ok_or_else(|| wrong("a percent sign without two digits".to_owned()))?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| wrong("the escapes are no UTF-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Query {
        Query::parse(text, Endpoint::Objects).unwrap_or_else(|problem| panic!("{text}: {problem}"))
    }

    #[test]
    fn filters_are_read() {
        let query = read(
            "match[type]=indicator,malware&match%5Bid%5D=a--1&added_after=2016-01-01T01:01:01.123456789Z&limit=20&next=ab\
             &match[version]=first,last,2016-01-01T00:00:00Z&match[spec_version]=2.1,2.0&_=1&x[]=y",
        );
        assert_eq!(query.types, ["indicator", "malware"].map(str::to_owned).into());
        assert_eq!(query.ids, ["a--1"].map(str::to_owned).into());
        assert_eq!((query.added_after, query.limit), (Some(1_451_610_061_123_456), Some(20)));
        assert_eq!(query.next.as_deref(), Some("ab"));
        let at = BTreeSet::from([1_451_606_400_000_000]);
        assert_eq!(query.versions, Versions::Some { first: true, last: true, at });
        assert_eq!(read(""), Query::default());
        assert_eq!(read("&&limit=99999999999999999999").limit, Some(u32::MAX));
        assert_eq!(read("match[version]=all").versions, Versions::All);
        assert_eq!(
            read("match[type]=b,a&limit=3&added_after=2016-01-01T00:00:00Z").canonical(),
            read("limit=5&match%5btype%5D=a%2Cb&next=7").canonical()
        );
        assert_ne!(read("match[type]=a").canonical(), read("match[id]=a").canonical());
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for (text, message) in [
            ("limit=0", "`limit` is `0`"),
            ("limit=-1", "`limit` is"),
            ("limit=1.5", "`limit` is"),
            ("limit=", "`limit` is"),
            ("limit", "`limit` is"),
            ("limit=a", "`limit` is"),
            ("limit=1&limit=2", "`limit` stands twice"),
            ("match[type]=a&match%5Btype%5D=b", "`match[type]` stands twice"),
            ("added_after=yesterday", "is no moment"),
            ("added_after=2016-01-01", "is no moment"),
            ("added_after=2016-01-01T01:01:01", "is no moment"),
            ("added_after=2016-01-01T01:01:01%2B09:00", "is no moment"),
            ("added_after=2016-02-30T01:01:01Z", "is no moment"),
            ("added_after=", "is no moment"),
            ("match[version]=newest", "is no moment"),
            ("match[version]=all,first", "`all` stands beside"),
            ("match[version]=", "an empty word"),
            ("match[version]=LAST", "is no moment"),
            ("match[id]=a,,b", "an empty word"),
            ("match[type]=", "an empty word"),
            ("match[spec_version]=two", "is no version of STIX"),
            ("match[name]=x", "there is no filter `match[name]`"),
            ("match[]=x", "there is no filter"),
            ("match[type=x", "there is no filter"),
            ("next=", "`next` is no token"),
            ("match[type]=%", "percent sign"),
            ("match[type]=%zz", "percent sign"),
            ("match[type]=%ff", "no UTF-8"),
        ] {
            let problem = Query::parse(text, Endpoint::Objects).unwrap_err();
            assert!(problem.message.contains(message), "{text}: {problem}");
            assert!(text.get(problem.at).is_some_and(|part| !part.is_empty()), "{text}");
        }
        assert!(Query::parse(&format!("next={}", "a".repeat(5_000)), Endpoint::Objects).is_err());
        assert!(Query::parse(&"a".repeat(LONGEST + 1), Endpoint::Objects).is_err());
        assert!(Query::parse(&format!("match[id]={}", "a,".repeat(MOST)), Endpoint::Objects).is_err());
    }

    #[test]
    fn each_endpoint_has_its_filters() {
        let is_taken = |text: &str, endpoint| Query::parse(text, endpoint).is_ok();
        for (text, taken) in [
            ("match[id]=a", [true, true, false, false, false]),
            ("match[type]=a", [true, true, false, false, false]),
            ("match[version]=all", [true, true, true, true, false]),
            ("match[spec_version]=2.1", [true, true, true, true, true]),
            ("limit=1", [true, true, true, false, true]),
            ("added_after=2016-01-01T01:01:01Z", [true, true, true, false, true]),
        ] {
            let endpoints =
                [Endpoint::Objects, Endpoint::Manifest, Endpoint::Object, Endpoint::Deletion, Endpoint::Versions];
            assert_eq!(endpoints.map(|endpoint| is_taken(text, endpoint)), taken, "{text}");
        }
    }
}
