//! Pages of lists that the node puts together whole, since their order is no order of numbers: what is overdue comes first,
//! what is in effect, what is the latest. Longer ones (records, statements, alarms) are read page by page.

use entente_formats::hex;

use super::ApiError;
use crate::api::{Page, PageQuery};

/// How many a page has when nobody says.
const PAGE: usize = 50;
/// The most that it may have.
const LONGEST: usize = 500;

/// How many are wanted.
pub(super) fn limit(asked: Option<usize>) -> Result<usize, ApiError> {
    let limit = asked.unwrap_or(PAGE);
    match (1..=LONGEST).contains(&limit) {
        true => Ok(limit),
        false => Err(ApiError::Request(format!("limit: `{limit}` is not from 1 to {LONGEST}"))),
    }
}

/// The page behind the one that ended where `query` says, of everything that the asker may see; `name` is what tells one of them
/// from the others. A mark holds nothing but what its asker was shown: a place, and the name that stood there.
pub(super) fn page<T>(all: Vec<T>, query: &PageQuery, name: impl Fn(&T) -> &str) -> Result<Page<T>, ApiError> {
    let limit = limit(query.limit)?;
    let after = query.after.as_deref().map(|text| {
        let (place, last) = text.split_once('-')?;
        Some((place.parse::<usize>().ok()?, String::from_utf8(hex::decode(last)?).ok()?))
    });
    let start = match after {
        None => 0,
        Some(None) => return Err(ApiError::Request("after: not the `next` of a page before".to_owned())),
        // What stood there may stand elsewhere by now, or nowhere: then the page goes on from its place.
        Some(Some((place, last))) => match all.iter().position(|one| name(one) == last) {
            Some(at) => at + 1,
            None => place,
        },
    };
    let is_more = all.len() > start.saturating_add(limit);
    let items: Vec<T> = all.into_iter().skip(start).take(limit).collect();
    let next = items.last().filter(|_| is_more);
    let next = next.map(|last| format!("{}-{}", start + items.len() - 1, hex::encode(name(last).as_bytes())));
    Ok(Page { items, next })
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
            let page = page(all(7), &query(3, after), |name| name).ok().unwrap();
            assert!(page.items.len() <= 3);
            found.extend(page.items);
            pages += 1;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!((found, pages), (all(7), 3));
        assert_eq!(page(all(3), &query(3, None), |name| name).ok().unwrap().next, None, "a full page may be the last");
        assert_eq!(page(all(70), &PageQuery::default(), |name| name).ok().unwrap().items.len(), PAGE);
    }

    #[test]
    fn what_moved_meanwhile_is_found_where_it_stands_now() {
        let next = page(all(6), &query(2, None), |name| name).ok().unwrap().next;
        let shown = |all: Vec<String>| page(all, &query(2, next.clone()), |name| name).ok().unwrap().items;
        let mut moved = all(6);
        moved.insert(0, "new".to_owned());
        assert_eq!(shown(moved), ["K/2", "K/3"]);
        let mut gone = all(6);
        gone.remove(1);
        assert_eq!(shown(gone), ["K/2", "K/3"]);
        assert_eq!(shown(Vec::new()), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_mark_and_no_limit_is_refused() {
        for wrong in ["", "1", "x-00", "1-zz", "-", "99999999999999999999999-00", "1-ff"] {
            assert!(page(all(3), &query(1, Some(wrong.to_owned())), |name| name).is_err(), "{wrong}");
        }
        for wrong in [0, LONGEST + 1] {
            assert!(page(all(3), &query(wrong, None), |name| name).is_err(), "{wrong}");
        }
        let far = Some(format!("{}-00", usize::MAX));
        assert_eq!(page(all(3), &query(1, far), |name| name).ok().unwrap().items.len(), 0);
    }
}
