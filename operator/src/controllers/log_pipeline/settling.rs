//! Waits until the pools that appear together are all there, so that their node ids do not depend on who came first.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Pools that appear within this time of one another are numbered together.
const QUIET: Duration = Duration::from_millis(150);

type Key = (String, String);

/// For each pipeline: the pools without node ids, and since when there was no other.
#[derive(Default)]
pub(super) struct Settling(Mutex<HashMap<Key, (BTreeSet<String>, Instant)>>);

impl Settling {
    /// How long to wait for further pools before those in `newcomers` are numbered; `None`: no longer.
    pub(super) fn remaining(&self, key: &Key, newcomers: BTreeSet<String>, now: Instant) -> Option<Duration> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if newcomers.is_empty() {
            waiting.remove(key);
            return None;
        }
        let since = match waiting.get(key) {
            Some((known, since)) if *known == newcomers => *since,
            _ => now,
        };
        waiting.insert(key.clone(), (newcomers, since));
        QUIET.checked_sub(now.duration_since(since)).filter(|rest| !rest.is_zero())
    }

    /// The pipeline is gone.
    pub(super) fn forget(&self, key: &Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn numbering_waits_until_no_pool_was_added_for_a_while() {
        let settling = Settling::default();
        let key = ("kafka".to_owned(), "logs".to_owned());
        let start = Instant::now();
        assert_eq!(settling.remaining(&key, set(&["b"]), start), Some(QUIET));
        assert_eq!(settling.remaining(&key, set(&["a", "b"]), start + QUIET / 2), Some(QUIET), "another one came");
        assert_eq!(settling.remaining(&key, set(&["a", "b"]), start + QUIET), Some(QUIET / 2));
        assert_eq!(settling.remaining(&key, set(&["a", "b"]), start + QUIET * 2), None);
        assert_eq!(settling.remaining(&key, set(&[]), start + QUIET * 2), None);
    }
}
