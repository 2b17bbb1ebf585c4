//! How long to wait after a failure: longer with each in a row, for each object apart.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use kube::runtime::reflector::{Lookup, ObjectRef};

/// The first wait, before jitter of up to as much again.
const FIRST: Duration = Duration::from_millis(100);
/// The longest wait, before jitter of up to as much again.
const LONGEST: Duration = Duration::from_mins(1);

/// The failures in a row of each object.
pub(super) struct Backoffs<K: Lookup<DynamicType = ()>>(Mutex<HashMap<ObjectRef<K>, ExponentialBackoff>>);

impl<K: Lookup<DynamicType = ()>> Default for Backoffs<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Lookup<DynamicType = ()>> Backoffs<K> {
    /// The wait after one more failure of `object`.
    pub(super) fn next(&self, object: ObjectRef<K>) -> Duration {
        self.lock().entry(object).or_insert_with(build).next().unwrap_or(LONGEST)
    }

    /// `object` succeeded, or is gone.
    pub(super) fn reset(&self, object: &ObjectRef<K>) {
        self.lock().remove(object);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ObjectRef<K>, ExponentialBackoff>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn build() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(FIRST)
        .with_max_delay(LONGEST)
        .with_factor(2.0)
        .without_max_times()
        .with_jitter()
        .build()
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;

    use super::*;

    #[test]
    fn waits_grow_to_a_bound_start_anew_after_success_and_are_each_objects_own() {
        let backoffs = Backoffs::<ConfigMap>::default();
        let (bad, other) = (ObjectRef::new("bad").within("ns"), ObjectRef::new("other").within("ns"));
        let waits: Vec<_> = (0..12).map(|_| backoffs.next(bad.clone())).collect();
        for (failures, wait) in waits.iter().enumerate() {
            let base = (FIRST * 2_u32.pow(u32::try_from(failures).unwrap())).min(LONGEST);
            assert!((base..=2 * base).contains(wait), "after {failures} failures: {wait:?}");
        }
        assert!(backoffs.next(other) <= 2 * FIRST);
        backoffs.reset(&bad);
        assert!(backoffs.next(bad) <= 2 * FIRST);
    }
}
