//! Programs of a consumer in a user's ConfigMap: followed as it changes, and never without it.

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::reference;
use serde_json::{Value, json};

use crate::bed::{self, Bed, eventually};
use crate::object::condition;

#[tokio::test]
async fn a_program_in_a_config_map_is_followed_and_a_missing_one_is_told() -> Result<()> {
    let bed = Bed::new("programs").await?;
    let _operator = bed.start_leading("a")?;
    for mut document in reference::documents()? {
        if document["kind"] == "Consumer" {
            let from = json!({"configMapKeyRef": {"name": "programs", "key": "parse.vrl"}});
            document["spec"]["transforms"][0]["remap"] = json!({"sourceFrom": from});
            document["spec"]["tests"] = json!([]);
        }
        bed.kube.apply(&document).await??;
    }
    until_ready_is(&bed, "ProgramNotFound", "parse.vrl: there is no ConfigMap of this name with the label").await?;
    bed.kube.apply(&programs(". = parse_json!(.message)\n.a = 1")).await??;
    bed::await_workloads(&bed.kube, 1).await?;
    until_runs(&bed, ".a = 1").await?;
    bed.kube.apply(&programs(". = parse_json!(.message)\n.a = 2")).await??;
    until_runs(&bed, ".a = 2").await?;
    bed.kube.delete("configmaps", "programs").await?;
    until_ready_is(&bed, "ProgramNotFound", "programs/parse.vrl").await?;
    until_runs(&bed, ".a = 2").await
}

fn programs(source: &str) -> Value {
    let metadata = json!({"name": "programs", "labels": {"kafkapipelines.io/programs": "true"}});
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"parse.vrl": source}})
}

async fn until_ready_is(bed: &Bed, reason: &str, text: &str) -> Result<()> {
    eventually(&format!("Ready says {reason}"), async || {
        let consumer = bed.kube.get("consumers", "victoria-logs").await?.context("the Consumer")?;
        let ready = condition(&consumer, "Ready");
        let says =
            |it: &Value| it["reason"] == reason && it["message"].as_str().is_some_and(|said| said.contains(text));
        Ok(ready.is_some_and(says).then_some(()).ok_or(format!("{ready:?}")))
    })
    .await
}

/// Waits until the file that the Deployment mounts has `text` in it.
async fn until_runs(bed: &Bed, text: &str) -> Result<()> {
    eventually(&format!("the members run {text}"), async || {
        let deployment =
            bed.kube.get("deployments", "log-aggregator-kafka-victoria-logs").await?.context("a Deployment")?;
        let volumes = deployment["spec"]["template"]["spec"]["volumes"].as_array().context("volumes")?.clone();
        let file = volumes.iter().find_map(|volume| volume["configMap"]["name"].as_str()).context("a file")?;
        let file = bed.kube.get("configmaps", file).await?.context("the file")?;
        Ok(file["data"]["vector.yaml"]
            .as_str()
            .is_some_and(|file| file.contains(text))
            .then_some(())
            .ok_or(file.to_string()))
    })
    .await
}
