//! Lists on a page: the first of each, and a link to those behind them. A page with several turns each of them by itself.

use std::collections::BTreeMap;

use super::block::encode;
use crate::{
    api::{Page, PageQuery},
    control::{ApiError, page::page},
};

/// How far each list of a page is turned, by its name, as the page's address says.
pub(super) type Turned = BTreeMap<String, String>;

/// One list of a page at an address.
pub(super) struct List<'a> {
    /// The page's path, with what its lists are narrowed by, where they are.
    pub(super) path: &'a str,
    /// Its own name in the address, which is also the anchor of its place on the page.
    pub(super) name: &'a str,
}

impl List<'_> {
    /// What of it is shown, and the link to what comes behind.
    pub(super) fn cut<T>(
        &self,
        turned: &Turned,
        all: Vec<T>,
        named: impl Fn(&T) -> String,
    ) -> Result<(Vec<T>, Option<String>), ApiError> {
        let query = PageQuery { limit: None, after: turned.get(self.name).cloned() };
        let Page { items, next } = page(all, &query, named)?;
        Ok((items, next.map(|next| self.link(&next))))
    }

    /// The link to what comes behind a place.
    pub(super) fn link(&self, next: &str) -> String {
        let Self { path, name } = self;
        let sign = if path.contains('?') { '&' } else { '?' };
        format!("{path}{sign}{name}={}#{name}", encode(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_turned_by_its_own_name_and_ends() {
        let all = || (0..120).map(|number| number.to_string()).collect::<Vec<_>>();
        let list = List { path: "/keeping", name: "holds" };
        let other = Turned::from([("due".to_owned(), "7".to_owned())]);
        let (shown, more) = list.cut(&other, all(), String::clone).ok().unwrap();
        assert_eq!((shown.len(), shown.first().map(String::as_str)), (50, Some("0")));
        let link = more.unwrap();
        let mark = link.strip_prefix("/keeping?holds=").and_then(|rest| rest.strip_suffix("#holds")).unwrap();
        let (shown, more) =
            list.cut(&Turned::from([("holds".to_owned(), mark.to_owned())]), all(), String::clone).ok().unwrap();
        assert_eq!((shown.first().map(String::as_str), more.is_some()), (Some("50"), true));
        assert!(list.cut(&Turned::from([("holds".to_owned(), "7".to_owned())]), all(), String::clone).is_err());
        assert_eq!(
            List { path: "/commitments?owner=USA", name: "after" }.link("7"),
            "/commitments?owner=USA&after=7#after"
        );
    }
}
