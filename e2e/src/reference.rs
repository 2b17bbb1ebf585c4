//! The reference installation as JSON, to be changed before it is applied.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

const REFERENCE: &str = include_str!("../../examples/log-aggregator.yaml");

/// The documents as they stand: controllers, brokers, pipeline, consumer.
///
/// # Errors
/// When the file is no YAML.
pub fn documents() -> Result<Vec<Value>> {
    serde_saphyr::from_multiple(REFERENCE).context("examples/log-aggregator.yaml")
}

/// The same under other names, to be many in one namespace: pipeline `<stem>`, pools `<stem>-controller` and
/// `<stem>-broker`, consumer `<stem>-store`.
///
/// # Errors
/// As [`documents`].
pub fn named(stem: &str) -> Result<Vec<Value>> {
    let mut documents = documents()?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renamed_documents_still_belong_together() {
        let documents = named("logs").unwrap();
        let names: Vec<_> = documents.iter().map(|it| it["metadata"]["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["logs-controller", "logs-broker", "logs", "logs-store"]);
        let pipelines: Vec<_> = documents.iter().filter_map(|it| it["spec"]["pipeline"].as_str()).collect();
        assert_eq!(pipelines, ["logs"; 3]);
    }
}
