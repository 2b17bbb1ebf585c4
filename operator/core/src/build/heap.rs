//! How much heap a node gets.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kafkapipelines_crds::{JvmSpec, ResourceRequirements};

const MIB: u128 = 1 << 20;
const GIB: u128 = 1 << 30;
/// Kafka gains little from more: the rest of the memory serves as page cache.
const MOST: u128 = 5 * GIB;
/// Where neither heap nor memory is given; Kafka's own default.
const UNKNOWN_MEMORY: u128 = GIB;

const SUFFIXES: [(&str, u128); 11] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("Ei", 1 << 60),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
];

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

/// Bytes of a Kubernetes quantity, rounded down.
fn bytes(quantity: &str) -> Option<u128> {
    let thousandths = quantity.strip_suffix('m').map(|number| (number, 1, 1000));
    let suffixed = SUFFIXES.iter().find_map(|(suffix, factor)| Some((quantity.strip_suffix(suffix)?, *factor, 1)));
    let (number, factor, divisor) = suffixed.or(thousandths).unwrap_or((quantity, 1, 1));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    Some(digits.checked_mul(factor)? / scale / divisor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1024", Some(1024)),
            ("1Ki", Some(1024)),
            ("1.5Gi", Some(1_610_612_736)),
            ("2G", Some(2_000_000_000)),
            ("1500m", Some(1)),
            ("512M", Some(512_000_000)),
            ("1Ei", Some(1 << 60)),
            ("Gi", None),
            ("many", None),
            ("-1Gi", None),
            ("99999999999999999999999999999999999999999", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }

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
