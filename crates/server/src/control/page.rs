//! Pages of lists that the node puts together whole, since their order is no order of numbers: what is overdue comes first,
//! what is in effect, what is the latest. Longer ones (records, statements, alarms) are read page by page.

use entente_formats::hex;
use entente_node::{Feed, Lane};
use sha2::{Digest, Sha256};

use super::ApiError;
use crate::api::{Page, PageQuery};

/// How many a page has when nobody says.
const PAGE: usize = 50;
/// The most that it may have.
const LONGEST: usize = 500;

/// How many are wanted.
pub(crate) fn limit(asked: Option<usize>) -> Result<usize, ApiError> {
    let limit = asked.unwrap_or(PAGE);
    match (1..=LONGEST).contains(&limit) {
        true => Ok(limit),
        false => Err(ApiError::Request(format!("limit: `{limit}` is not from 1 to {LONGEST}"))),
    }
}

/// The page behind the one that ended where `query` says, of everything that the asker may see; `name` is what tells one of them
/// from the others. A mark holds nothing but what its asker was shown: a place, and a digest of the name that stood there.
pub(crate) fn page<T>(all: Vec<T>, query: &PageQuery, name: impl Fn(&T) -> String) -> Result<Page<T>, ApiError> {
    let limit = limit(query.limit)?;
    let after = query.after.as_deref().map(|text| {
        let (place, last) = text.split_once('-')?;
        Some((place.parse::<usize>().ok()?, <[u8; 16]>::try_from(hex::decode(last)?).ok()?))
    });
    let is_it = |one: &T, last: &[u8; 16]| short(&name(one)) == *last;
    let start = match after {
        None => 0,
        Some(None) => return Err(no_mark()),
        // What stood there may stand elsewhere by now, or nowhere: then the page goes on from its place.
        // Where it still stands is looked at first: of two with one name, no page comes twice.
        Some(Some((place, last))) => match all.get(place).is_some_and(|one| is_it(one, &last)) {
            true => place.saturating_add(1),
            false => all.iter().position(|one| is_it(one, &last)).map_or(place, |at| at + 1),
        },
    };
    let is_more = all.len() > start.saturating_add(limit);
    let items: Vec<T> = all.into_iter().skip(start).take(limit).collect();
    let next = items.last().filter(|_| is_more);
    let next = next.map(|last| format!("{}-{}", start + items.len() - 1, hex::encode(&short(&name(last)))));
    Ok(Page { items, next })
}

/// A name may be as long as a text; a mark stands in an address.
fn short(name: &str) -> [u8; 16] {
    Sha256::digest(name.as_bytes()).first_chunk().copied().unwrap_or_default()
}

/// Where in feeds a page ended, which are read one after the other: the entry that was looked at last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InFeeds {
    pub(crate) feed: Feed,
    pub(crate) index: u64,
}

impl InFeeds {
    pub(crate) fn mark(&self) -> String {
        let Self { feed, index } = self;
        format!("{index}-{}-{}", feed.lane.as_str(), hex::encode(feed.partner.as_str().as_bytes()))
    }

    pub(crate) fn of(mark: &str) -> Result<Self, ApiError> {
        let read = || {
            let (index, lane, partner) = (mark.split('-').next()?, mark.split('-').nth(1)?, mark.split('-').nth(2)?);
            let lane = Lane::ALL.into_iter().find(|known| known.as_str() == lane)?;
            let partner = String::from_utf8(hex::decode(partner)?).ok()?;
            let place = Self { feed: Feed { partner: partner.as_str().into(), lane }, index: index.parse().ok()? };
            (place.mark() == mark).then_some(place)
        };
        read().ok_or_else(no_mark)
    }
}

/// What is said of a mark that is none.
pub(crate) fn no_mark() -> ApiError {
    ApiError::Request("after: not the `next` of a page before".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(limit: usize, after: Option<String>) -> PageQuery {
        PageQuery { limit: Some(limit), after }
    }

    fn all(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("K/{number}")).collect()
    }

    #[test]
    fn pages_follow_one_another_and_end() {
        let (mut found, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = page(all(7), &query(3, after), String::clone).ok().unwrap();
            assert!(page.items.len() <= 3);
            found.extend(page.items);
            pages += 1;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!((found, pages), (all(7), 3));
        assert_eq!(
            page(all(3), &query(3, None), String::clone).ok().unwrap().next,
            None,
            "a full page may be the last"
        );
        assert_eq!(page(all(70), &PageQuery::default(), String::clone).ok().unwrap().items.len(), PAGE);
    }

    #[test]
    fn what_moved_meanwhile_is_found_where_it_stands_now() {
        let next = page(all(6), &query(2, None), String::clone).ok().unwrap().next;
        let shown = |all: Vec<String>| page(all, &query(2, next.clone()), String::clone).ok().unwrap().items;
        let mut moved = all(6);
        moved.insert(0, "new".to_owned());
        assert_eq!(shown(moved), ["K/2", "K/3"]);
        let mut gone = all(6);
        gone.remove(1);
        assert_eq!(shown(gone), ["K/2", "K/3"]);
        assert_eq!(shown(Vec::new()), Vec::<String>::new());
    }

    #[test]
    fn two_with_one_name_are_both_shown_and_pages_end() {
        let all = || vec!["K/1".to_owned(), "K/1".to_owned(), "K/1".to_owned()];
        let (mut after, mut pages) = (None, 0);
        loop {
            let page = page(all(), &query(1, after), String::clone).ok().unwrap();
            pages += page.items.len();
            match page.next {
                Some(next) if pages < 9 => after = Some(next),
                _ => break,
            }
        }
        assert_eq!(pages, 3);
    }

    #[test]
    fn a_place_in_feeds_comes_back_and_nothing_else_does() {
        let place = InFeeds { feed: Feed { partner: "K-1 ü".into(), lane: Lane::Urgent }, index: 7 };
        assert_eq!(InFeeds::of(&place.mark()).ok(), Some(place));
        for wrong in ["", "7", "7-urgent", "7-slow-4b", "x-urgent-4b", "07-urgent-4b", "7-urgent-4b-", "7-urgent-ff"] {
            assert!(InFeeds::of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_mark_and_no_limit_is_refused() {
        for wrong in ["", "1", "x-00", "1-zz", "-", "99999999999999999999999-00", "1-ff"] {
            assert!(page(all(3), &query(1, Some(wrong.to_owned())), String::clone).is_err(), "{wrong}");
        }
        for wrong in [0, LONGEST + 1] {
            assert!(page(all(3), &query(wrong, None), String::clone).is_err(), "{wrong}");
        }
        let far = Some(format!("{}-{}", usize::MAX, "00".repeat(16)));
        assert_eq!(page(all(3), &query(1, far), String::clone).ok().unwrap().items.len(), 0);
    }
}
