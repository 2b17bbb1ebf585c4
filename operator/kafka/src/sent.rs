//! Counts of what was asked.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// How many requests of each kind were sent.
#[derive(Default)]
pub(crate) struct Sent(Mutex<BTreeMap<&'static str, u64>>);

impl Sent {
    pub(crate) fn count(&self, api: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(api).or_default() += 1;
    }

    pub(crate) fn all(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
