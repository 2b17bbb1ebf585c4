//! The order of an object's versions.

use kube::api::ObjectMeta;

/// Whether `observed` is older than our own last write, which came to the version `written`.
///
/// Kubernetes guarantees since 1.35 that the versions of a kind compare as numbers, and kept to it before.
pub(super) fn is_older(observed: &ObjectMeta, written: Option<&str>) -> bool {
    let number = |version: &str| version.parse::<u64>().ok();
    let observed = observed.resource_version.as_deref().and_then(number);
    observed.zip(written.and_then(number)).is_some_and(|(observed, written)| observed < written)
}
