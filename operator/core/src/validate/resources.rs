//! CPU, memory and the heap that lies in it.

use kafkapipelines_crds::{JvmSpec, ResourceRequirements};

use crate::build::heap_mebibytes;
use crate::quantity;
use crate::refusal::Refusal;

const MIB: u128 = 1 << 20;
/// Less memory does not hold a Kafka node: heap, code, threads and buffers.
const LEAST_MEMORY: u128 = 256 * MIB;
/// Kafka does not start with less.
const LEAST_HEAP: u128 = 96;
/// Of the memory, what the Java virtual machine needs besides its heap.
const BESIDE_THE_HEAP: u128 = 128;

/// What is wrong with the resources at `field`.
pub(super) fn refusals(field: &str, resources: &ResourceRequirements) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for (part, values) in [("requests", &resources.requests), ("limits", &resources.limits)] {
        for (name, value) in values {
            let field = format!("{field}.{part}[{name}]");
            if !is_resource(name) {
                let message = "Kubernetes knows cpu, memory, ephemeral-storage, hugepages-… and names with a domain: correct the name";
                refusals.push(Refusal::new("UnknownResource", field, name, message));
            } else if quantity::thousandths(&value.0).is_none() {
                let message = "is no quantity: write for example 500m, 2 or 4Gi";
                refusals.push(Refusal::new("InvalidQuantity", field, &value.0, message));
            }
        }
    }
    refusals.extend(resources.requests.iter().filter_map(|(name, request)| {
        let limit = resources.limits.get(name)?;
        let above = quantity::thousandths(&request.0)? > quantity::thousandths(&limit.0)?;
        let message = format!("is above the limit of {}: lower it, or raise the limit", limit.0);
        above.then(|| Refusal::new("RequestAboveLimit", format!("{field}.requests[{name}]"), &request.0, message))
    }));
    refusals
}

/// What is wrong with the memory and heap of a Kafka node.
pub(super) fn of_kafka(resources: &ResourceRequirements, jvm: &JvmSpec) -> Vec<Refusal> {
    let limit = resources.limits.get("memory").and_then(|limit| Some((&limit.0, quantity::bytes(&limit.0)?)));
    if let Some((text, _)) = limit.filter(|(_, bytes)| *bytes < LEAST_MEMORY) {
        let message = "a Kafka node does not fit into it: set it to 256Mi or more, 4Gi for production";
        return vec![Refusal::new("MemoryTooSmall", "spec.resources.limits[memory]", text, message)];
    }
    heap(jvm, resources, limit.map(|(_, bytes)| bytes / MIB)).into_iter().chain(options(jvm)).collect()
}

fn heap(jvm: &JvmSpec, resources: &ResourceRequirements, limit: Option<u128>) -> Option<Refusal> {
    let text = jvm.heap.as_deref()?;
    let refuse = |message: String| Some(Refusal::new("InvalidHeap", "spec.jvm.heap", text, message));
    let percent = text.strip_suffix('%').map(str::parse::<u8>);
    if matches!(percent, Some(Err(_))) || (percent.is_none() && quantity::bytes(text).is_none()) {
        return refuse("is neither a share nor a size: write for example 50% or 2Gi".to_owned());
    }
    if percent.is_some() && limit.is_none() && !resources.requests.contains_key("memory") {
        return refuse(
            "a share of unknown memory: set resources.limits.memory, or write a size such as 2Gi".to_owned(),
        );
    }
    let heap = heap_mebibytes(jvm, resources);
    if heap < LEAST_HEAP {
        return refuse(format!("Kafka does not start with {heap}Mi: set it to {LEAST_HEAP}Mi or more"));
    }
    let most = limit?.saturating_sub(BESIDE_THE_HEAP);
    if heap <= most {
        return None;
    }
    refuse(format!(
        "with {heap}Mi too little of the memory limit is left, and the node would be killed: set it to {most}Mi or less, or raise the limit"
    ))
}

fn options(jvm: &JvmSpec) -> Vec<Refusal> {
    const HEAP: [&str; 7] =
        ["-Xmx", "-Xms", "-XX:MaxHeapSize", "-XX:InitialHeapSize", "-XX:MaxRAM", "-XX:InitialRAM", "-XX:MinRAM"];
    let message = "the heap is said in jvm.heap: remove the option";
    jvm.options
        .iter()
        .enumerate()
        .filter(|(_, option)| HEAP.iter().any(|heap| option.starts_with(heap)))
        .map(|(index, option)| Refusal::new("HeapInOptions", format!("spec.jvm.options[{index}]"), option, message))
        .collect()
}

fn is_resource(name: &str) -> bool {
    ["cpu", "memory", "ephemeral-storage"].contains(&name) || name.starts_with("hugepages-") || name.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn found(resources: Value, jvm: Value) -> Vec<Refusal> {
        let resources: ResourceRequirements = serde_json::from_value(resources).unwrap();
        let jvm = serde_json::from_value(jvm).unwrap();
        let mut found = refusals("spec.resources", &resources);
        found.extend(of_kafka(&resources, &jvm));
        found
    }

    #[test]
    fn each_error_names_field_value_and_way_out() {
        let memory = |size: &str| json!({"limits": {"memory": size}});
        for (resources, jvm, reason, field, value, way_out) in [
            (
                json!({"limits": {"memroy": "4Gi"}}),
                json!({}),
                "UnknownResource",
                "resources.limits[memroy]",
                "memroy",
                "correct the name",
            ),
            (
                json!({"requests": {"cpu": "two"}}),
                json!({}),
                "InvalidQuantity",
                "resources.requests[cpu]",
                "two",
                "500m",
            ),
            (
                json!({"requests": {"cpu": "1500m"}, "limits": {"cpu": 1}}),
                json!({}),
                "RequestAboveLimit",
                "resources.requests[cpu]",
                "1500m",
                "raise the limit",
            ),
            (memory("128Mi"), json!({}), "MemoryTooSmall", "resources.limits[memory]", "128Mi", "256Mi or more"),
            (json!({}), json!({"heap": "50%"}), "InvalidHeap", "jvm.heap", "50%", "limits.memory"),
            (memory("4Gi"), json!({"heap": "half"}), "InvalidHeap", "jvm.heap", "half", "50% or 2Gi"),
            (memory("4Gi"), json!({"heap": "2"}), "InvalidHeap", "jvm.heap", "2", "96Mi or more"),
            (memory("4Gi"), json!({"heap": "4Gi"}), "InvalidHeap", "jvm.heap", "4Gi", "3968Mi or less"),
            (
                json!({}),
                json!({"options": ["-XX:+UseZGC", "-Xmx4g"]}),
                "HeapInOptions",
                "jvm.options[1]",
                "-Xmx4g",
                "jvm.heap",
            ),
        ] {
            let found = found(resources, jvm);
            let said: Vec<_> = found.iter().map(|r| (r.reason, r.field.clone(), r.value.as_str())).collect();
            assert_eq!(said, [(reason, format!("spec.{field}"), value)]);
            assert!(found[0].message.contains(way_out), "{}", found[0]);
        }
    }

    #[test]
    fn what_fits_is_accepted() {
        for (resources, jvm) in [
            (json!({}), json!({})),
            (
                json!({"requests": {"cpu": "250m", "memory": "1Gi"}, "limits": {"cpu": 1, "memory": "1Gi", "example.com/gpu": 1}}),
                json!({"heap": "50%"}),
            ),
            (json!({"limits": {"memory": "256Mi"}}), json!({"heap": "128Mi", "options": ["-XX:+UseZGC"]})),
            (json!({"requests": {"memory": "2Gi"}}), json!({"heap": "25%"})),
        ] {
            assert_eq!(found(resources, jvm), []);
        }
    }
}
