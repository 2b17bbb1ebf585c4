//! Vector configuration that is merged into the file of a consumer.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Fields;

/// Components of Vector by their ids, each an object in Vector's own words.
pub type RawComponents = BTreeMap<String, Fields>;

/// Vector configuration in Vector's own words.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
pub struct RawSpec {
    /// Sources of your own, such as `internal_logs`, for sinks of your own. Sources that read the host, run programs or open ports are refused.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "crate::schema::raw_components")]
    pub sources: RawComponents,
    /// Transforms of your own, for sinks of your own. Their `inputs` are transforms of the spec (`parse`, `parse.dropped`), `_origin` (every line
    /// as it came), `_guard_SINK` (what goes to a store), `_dead_letter`, `_internal_metrics`, or sources and transforms of your own. `lua` is
    /// refused.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "crate::schema::raw_components")]
    pub transforms: RawComponents,
    /// Under the name of a sink of the spec: options of its Vector sink, such as `store: {request: {concurrency: 4}}`. Under any other name: a
    /// sink of your own. It gets copies and promises nothing: it cannot hold up lines on their way to the stores, and lines that it does not
    /// take are lost to it once its 256 MiB of disk are full. A secret is `{secretKeyRef: {name: NAME, key: KEY}}` in the place of a value; in
    /// a field whose name ends with `_file` it is the path of a file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "crate::schema::raw_components")]
    pub sinks: RawComponents,
    /// What else somebody wrote: kept, so that it is refused with the reason and not dropped silently.
    #[serde(flatten)]
    #[schemars(skip)]
    pub other: Fields,
}

impl RawSpec {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
