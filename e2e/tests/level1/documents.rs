//! The reference installation as JSON, to be changed before it is applied.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

const REFERENCE: &str = include_str!("../../../examples/log-aggregator.yaml");

/// The documents of the reference installation as they stand: controllers, brokers, pipeline, consumer.
pub fn reference() -> Result<Vec<Value>> {
    serde_saphyr::from_multiple(REFERENCE).context("examples/log-aggregator.yaml")
}

/// The same under other names: pipeline `<stem>`, pools `<stem>-controller` and `<stem>-broker`, consumer `<stem>-store`.
pub fn named(stem: &str) -> Result<Vec<Value>> {
    let mut documents = reference()?;
    for document in &mut documents {
        let name = match (document["kind"].as_str(), document["metadata"]["name"].as_str()) {
            (Some("LogPipeline"), _) => stem.to_owned(),
            (Some("Consumer"), _) => format!("{stem}-store"),
            (_, name) => format!("{stem}-{}", name.unwrap_or_default()),
        };
        document["metadata"]["name"] = json!(name);
        if document["spec"]["pipeline"].is_string() {
            document["spec"]["pipeline"] = json!(stem);
        }
    }
    Ok(documents)
}

/// Name of an object.
pub fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// The condition of a type.
pub fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == kind)
}
