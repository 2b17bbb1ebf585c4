//! What stands at the top of `raw`, and how much of it there is.

use kafkapipelines_crds::RawSpec;

use super::{INVALID, REFUSED};
use crate::refusal::Refusal;

/// As JSON. The file that members run is one ConfigMap, of 1 MiB at most.
const MOST_BYTES: usize = 65_536;

const OWN: &str = "only sources, transforms and sinks can be added; remove it";
/// What else Vector knows at the top of its file, and why it is not the user's.
const WHY: [(&[&str], &str); 10] = [
    (&["api"], "the kubelet asks at this address whether a member is well; remove it"),
    (&["data_dir"], "it is the only directory that a member may write to; remove it"),
    (&["acknowledgements"], "without them an offset is committed before the store has the line; remove it"),
    (&["secret"], "write {secretKeyRef: {name: NAME, key: KEY}} in the place of a value, and remove it"),
    (
        &["enrichment_tables"],
        "there are no files to read in a member, and programs are compiled without tables; remove it",
    ),
    (&["healthchecks"], "a member must start although its store is away; remove it"),
    (
        &["log_schema", "schema", "timezone"],
        "it would change what programs see, and no test would know of it; write it in the programs, and remove it",
    ),
    (&["proxy"], "set proxy at the sink that needs one, for example raw.sinks.NAME.proxy, and remove it"),
    (&["tests"], "say it in spec.tests, and remove it"),
    (
        &[
            "expire_metrics",
            "expire_metrics_secs",
            "expire_metrics_per_metric_set",
            "telemetry",
            "metrics_storage_refresh_period",
        ],
        "the operator reads the members' metrics as they are; remove it",
    ),
];

/// What does not belong into `raw`.
pub(super) fn refusals(raw: &RawSpec) -> Vec<Refusal> {
    let keys = raw.other.keys().map(|key| {
        let why = WHY.iter().find(|(keys, _)| keys.contains(&key.as_str())).map_or(OWN, |(_, why)| *why);
        Refusal::new(REFUSED, format!("spec.raw.{key}"), key, format!("cannot be set for a consumer: {why}"))
    });
    keys.chain(too_large(raw)).collect()
}

fn too_large(raw: &RawSpec) -> Option<Refusal> {
    let bytes = serde_json::to_string(raw).map_or(0, |text| text.len());
    let message =
        format!("has at most {MOST_BYTES} bytes as JSON: put programs into spec.transforms, and remove the rest");
    (bytes > MOST_BYTES).then(|| Refusal::new(INVALID, "spec.raw", format!("{bytes} bytes"), message))
}
