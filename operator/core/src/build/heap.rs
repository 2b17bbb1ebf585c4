//! How much heap a node gets.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kafkapipelines_crds::{JvmSpec, ResourceRequirements};

use crate::quantity::bytes;

const MIB: u128 = 1 << 20;
const GIB: u128 = 1 << 30;
/// Kafka gains little from more: the rest of the memory serves as page cache.
const MOST: u128 = 5 * GIB;
/// Where neither heap nor memory is given; Kafka's own default.
const UNKNOWN_MEMORY: u128 = GIB;

/// Size of the heap in MiB: as said in `jvm.heap`, else half of the memory, at most 5 GiB.
pub fn mebibytes(jvm: &JvmSpec, resources: &ResourceRequirements) -> u128 {
    let memory = memory(&resources.limits).or_else(|| memory(&resources.requests));
    let half = |memory| share(memory, 50).min(MOST);
    let wanted = match jvm.heap.as_deref().map(|heap| (heap, heap.strip_suffix('%'))) {
        Some((_, Some(percent))) => memory.zip(percent.parse().ok()).map(|(memory, percent)| share(memory, percent)),
        Some((size, None)) => bytes(size),
        None => memory.map(half),
    };
    (wanted.unwrap_or(UNKNOWN_MEMORY) / MIB).max(1)
}

fn memory(resources: &BTreeMap<String, Quantity>) -> Option<u128> {
    bytes(&resources.get("memory")?.0)
}

fn share(memory: u128, percent: u128) -> u128 {
    memory * percent / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heap_follows_from_what_is_known() {
        for (heap, request, limit, expected) in [
            (None, None, None, 1024),
            (None, None, Some("4Gi"), 2048),
            (None, Some("4Gi"), None, 2048),
            (None, Some("2Gi"), Some("4Gi"), 2048),
            (None, None, Some("32Gi"), 5 * 1024),
            (Some("25%"), None, Some("4Gi"), 1024),
            (Some("75%"), None, Some("32Gi"), 24 * 1024),
            (Some("50%"), None, None, 1024),
            (Some("3Gi"), None, Some("4Gi"), 3072),
            (Some("768Mi"), None, None, 768),
            (Some("0"), None, None, 1),
        ] {
            let memory = |size: Option<&str>| size.map(|size| ("memory".to_owned(), Quantity(size.to_owned())));
            let resources = ResourceRequirements {
                requests: memory(request).into_iter().collect(),
                limits: memory(limit).into_iter().collect(),
            };
            let jvm = JvmSpec { heap: heap.map(str::to_owned), options: Vec::new() };
            assert_eq!(mebibytes(&jvm, &resources), expected, "heap {heap:?} request {request:?} limit {limit:?}");
        }
    }
}
