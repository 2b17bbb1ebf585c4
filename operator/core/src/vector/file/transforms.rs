//! Transforms.

use std::collections::BTreeMap;

use kafkapipelines_crds::MergeStrategy;
use serde::Serialize;

use super::Tree;

/// A transform, by its own type.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Transform {
    Remap(Remap),
    Filter(Filter),
    Throttle(Throttle),
    Sample(Sample),
    Dedupe(Dedupe),
    Reduce(Reduce),
    Route(Route),
    Raw(Tree),
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "remap")]
pub(crate) struct Remap {
    pub inputs: Vec<String>,
    pub drop_on_error: bool,
    pub drop_on_abort: bool,
    pub reroute_dropped: bool,
    pub source: String,
}

impl Remap {
    /// A step that drops nothing, for its program cannot fail.
    pub fn infallible(source: String, inputs: Vec<String>) -> Self {
        Self { inputs, drop_on_error: false, drop_on_abort: false, reroute_dropped: false, source }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "filter")]
pub(crate) struct Filter {
    pub inputs: Vec<String>,
    pub condition: String,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "throttle")]
pub(crate) struct Throttle {
    pub inputs: Vec<String>,
    pub threshold: u32,
    pub window_secs: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_field: Option<String>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "sample")]
pub(crate) struct Sample {
    pub inputs: Vec<String>,
    pub rate: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<String>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "dedupe")]
pub(crate) struct Dedupe {
    pub inputs: Vec<String>,
    pub fields: DedupeFields,
    pub cache: DedupeCache,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DedupeFields {
    Match(Vec<String>),
    Ignore(Vec<String>),
}

#[derive(Serialize)]
pub(crate) struct DedupeCache {
    pub num_events: u32,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "reduce")]
pub(crate) struct Reduce {
    pub inputs: Vec<String>,
    pub group_by: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_when: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_when: Option<String>,
    pub expire_after_ms: u64,
    pub max_events: u32,
    pub merge_strategies: BTreeMap<String, MergeStrategy>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "route")]
pub(crate) struct Route {
    pub inputs: Vec<String>,
    pub reroute_unmatched: bool,
    pub route: BTreeMap<String, String>,
}
