//! TAXII 2.1: what a request asks, what a response says, and the token that leads from one page to the next.
//!
//! Not a server and not a store: nothing here knows which objects there are, or who may have them. Source: OASIS, *TAXII
//! Version 2.1*, 10 June 2021; sections in the files below are of that text.

pub mod credential;
pub mod path;
pub mod media;
pub mod query;
pub mod select;
pub mod next;
pub mod resource;
pub mod reply;

/// The moment under which something is added to a collection, in microseconds since 1970: now, or later than what was
/// added before when the clock stands or goes back. So every version has a moment of its own, and who pages by it misses
/// nothing and takes nothing twice.
pub fn date_added(now: i64, last: Option<i64>) -> i64 {
    last.map_or(now, |last| now.max(last.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn moments_only_grow() {
        assert_eq!(super::date_added(7, None), 7);
        assert_eq!(super::date_added(7, Some(6)), 7);
        assert_eq!(super::date_added(7, Some(7)), 8);
        assert_eq!(super::date_added(7, Some(900)), 901);
    }
}
