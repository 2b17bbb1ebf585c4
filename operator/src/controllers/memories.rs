//! What is remembered of each object from one look to the next.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

type Key = (String, String);

/// What is remembered of all objects, by namespace and name.
#[derive(Default)]
pub(super) struct Memories<M>(Mutex<HashMap<Key, M>>);

impl<M: Default> Memories<M> {
    /// Hands it out for one look. There is never more than one look at an object.
    pub(super) fn take(&self, namespace: &str, name: &str) -> M {
        self.lock().remove(&(namespace.to_owned(), name.to_owned())).unwrap_or_default()
    }

    /// Keeps it for the next look.
    pub(super) fn keep(&self, namespace: &str, name: &str, memory: M) {
        self.lock().insert((namespace.to_owned(), name.to_owned()), memory);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, M>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
