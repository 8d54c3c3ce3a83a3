//! Which accounts have pages of the console open that listen to what happens. Key type: [`Pages`].

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// How many listening pages each account has.
#[derive(Clone, Default)]
pub(crate) struct Pages(Arc<Mutex<BTreeMap<String, usize>>>);

/// One listening page; it is gone when this is dropped.
pub(crate) struct Page {
    pages: Pages,
    account: String,
}

impl Pages {
    /// One more page of an account listens.
    pub(crate) fn listens(&self, account: &str) -> Page {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(account.to_owned()).or_default() += 1;
        Page { pages: self.clone(), account: account.to_owned() }
    }

    /// How many pages of an account listen.
    pub(crate) fn open(&self, account: &str) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(account).copied().unwrap_or_default()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let mut pages = self.pages.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = pages.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                pages.remove(&self.account);
            }
        }
    }
}
