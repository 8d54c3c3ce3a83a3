//! Contents that were opened a moment ago. One record has the objects of a whole post: pages follow one another through it, and who
//! asks for one object asks for the next.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use zeroize::Zeroizing;

/// How long one is kept after it was used last; it is overwritten then.
const WHILE: Duration = Duration::from_secs(3);
/// How many bytes all of them have at the most.
const ROOM: usize = 16 * 1024 * 1024;

/// A content in clear.
pub(super) type Text = Arc<Zeroizing<String>>;

struct One {
    digest: [u8; 32],
    text: Text,
    used: Instant,
}

/// Those of a node. Whoever takes one from here has looked before that it is still kept.
#[derive(Clone, Default)]
pub(super) struct Opened(Arc<Mutex<Vec<One>>>);

impl Opened {
    fn all(&self) -> MutexGuard<'_, Vec<One>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The content with this SHA-256, if it is here.
    pub(super) fn get(&self, digest: &[u8; 32]) -> Option<Text> {
        let mut all = self.all();
        let one = all.iter_mut().find(|one| one.digest == *digest)?;
        one.used = Instant::now();
        Some(Arc::clone(&one.text))
    }

    /// Keeps one for a moment, in place of those that were used longest ago.
    pub(super) fn keep(&self, digest: [u8; 32], text: &Text) {
        if text.len() > ROOM / 4 {
            return;
        }
        let mut all = self.all();
        all.retain(|one| one.digest != digest);
        let is_first = all.is_empty();
        all.push(One { digest, text: Arc::clone(text), used: Instant::now() });
        while all.iter().map(|one| one.text.len()).sum::<usize>() > ROOM {
            let oldest = all.iter().enumerate().min_by_key(|(_, one)| one.used).map(|(at, _)| at);
            all.swap_remove(oldest.unwrap_or_default());
        }
        if is_first && let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(self.clone().let_go());
        }
    }

    /// Lets go of what nobody has used for a while, until there is nothing.
    async fn let_go(self) {
        loop {
            tokio::time::sleep(WHILE).await;
            if self.unused_at(Instant::now()) {
                return;
            }
        }
    }

    /// Lets go of what nobody has used for a while at that moment; whether nothing is left.
    fn unused_at(&self, now: Instant) -> bool {
        let mut all = self.all();
        all.retain(|one| now.duration_since(one.used) < WHILE);
        all.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(letters: usize) -> Text {
        Arc::new(Zeroizing::new("a".repeat(letters)))
    }

    #[test]
    fn what_nobody_uses_is_let_go() {
        let opened = Opened::default();
        opened.keep([1; 32], &text(10));
        assert_eq!(opened.get(&[1; 32]).map(|text| text.len()), Some(10));
        assert!(opened.get(&[2; 32]).is_none());
        assert!(!opened.unused_at(Instant::now()));
        assert!(opened.unused_at(Instant::now() + WHILE));
        assert!(opened.get(&[1; 32]).is_none());
    }

    #[test]
    fn the_longest_unused_makes_room() {
        let opened = Opened::default();
        opened.keep([9; 32], &text(ROOM / 4 + 1));
        assert!(opened.all().is_empty(), "one that is very long is not kept");
        for number in 0..5 {
            opened.keep([number; 32], &text(ROOM / 4));
            assert!(opened.get(&[0; 32]).is_some(), "{number}");
        }
        let here: Vec<u8> = (0..5).filter(|number| opened.get(&[*number; 32]).is_some()).collect();
        assert_eq!(here.len(), 4);
        assert!(here.contains(&0) && here.contains(&4), "{here:?}: one that is used stays");
    }
}
