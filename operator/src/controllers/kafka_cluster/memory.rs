//! What is remembered of each pipeline's Kafka from one look to the next: only what says since when something is so, and what need not be
//! asked each time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kafkapipelines_core::cluster::report::Failing;

use super::{certificates, health, log_levels};

type Key = (String, String);

/// What is remembered of one pipeline's Kafka.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) failing: Failing,
    pub(super) log_levels: log_levels::Memory,
    pub(super) certificates: certificates::Memory,
    pub(super) health: health::Memory,
}

/// What is remembered of all.
#[derive(Default)]
pub(super) struct Memories(Mutex<HashMap<Key, Memory>>);

impl Memories {
    /// Hands it out for one look. There is never more than one look at a pipeline.
    pub(super) fn take(&self, namespace: &str, name: &str) -> Memory {
        self.lock().remove(&(namespace.to_owned(), name.to_owned())).unwrap_or_default()
    }

    /// Keeps it for the next look.
    pub(super) fn keep(&self, namespace: &str, name: &str, memory: Memory) {
        self.lock().insert((namespace.to_owned(), name.to_owned()), memory);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Memory>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
