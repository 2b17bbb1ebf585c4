//! What others write stays: labels of a deployment tool, an injector's annotations, an autoscaler's replicas.

use anyhow::{Context as _, Result, ensure};
use http::Method;
use kafkapipelines_e2e::reference;
use serde_json::{Value, json};

use crate::bed::{self, Bed, eventually};

const BROKER: &str = "log-aggregator-kafka-broker";
const VECTOR: &str = "log-aggregator-kafka-victoria-logs";

#[tokio::test]
async fn fields_of_others_stay_when_ours_are_put_right() -> Result<()> {
    let bed = Bed::new("foreign").await?;
    let _operator = bed.start_leading("a")?;
    for document in reference::documents()? {
        bed.kube.apply(&document).await??;
    }
    bed::await_workloads(&bed.kube, 1).await?;
    bed.settled().await?;
    let foreign = json!({"metadata": {"labels": {"argocd.argoproj.io/instance": "logs", "app.kubernetes.io/name": "mine"},
        "annotations": {"sidecar.istio.io/status": "injected"}}});
    let all = [("statefulsets", BROKER), ("deployments", VECTOR), ("secrets", "log-aggregator-kafka-broker-certs")];
    for (plural, name) in all {
        bed.kube.merge(plural, name, &foreign).await?;
        eventually("our label is put right", async || {
            let child = bed.kube.get(plural, name).await?.context("the child")?;
            let label = &child["metadata"]["labels"]["app.kubernetes.io/name"];
            Ok((label != "mine").then_some(()).ok_or(format!("{plural}/{name}")))
        })
        .await?;
    }
    bed.settled().await?;
    for (plural, name) in all {
        let metadata = bed.kube.get(plural, name).await?.context("the child")?["metadata"].take();
        ensure!(metadata["labels"]["argocd.argoproj.io/instance"] == "logs", "{plural}/{name}: {metadata:#}");
        ensure!(metadata["annotations"]["sidecar.istio.io/status"] == "injected", "{plural}/{name}: {metadata:#}");
    }
    Ok(())
}

#[tokio::test]
async fn an_autoscalers_replicas_reach_the_deployment_and_stay() -> Result<()> {
    let bed = Bed::new("scale").await?;
    let _operator = bed.start_leading("a")?;
    for document in reference::documents()? {
        bed.kube.apply(&document).await??;
    }
    bed::await_workloads(&bed.kube, 1).await?;
    // Without a Kafka the first member would wait for its dead-letter topic; one that is there is not stopped.
    bed.kube.edit("deployments", VECTOR, &json!([{"op": "replace", "path": "/spec/replicas", "value": 1}])).await?;
    let scale = format!("{}/victoria-logs/scale?fieldManager=autoscaler", bed.kube.path("consumers"));
    let replicas = json!({"spec": {"replicas": 4}});
    bed.kube.send(Method::PATCH, &scale, "application/merge-patch+json", &replicas).await??;
    let members = async || -> Result<Value> {
        Ok(bed.kube.get("deployments", VECTOR).await?.context("the Deployment")?["spec"]["replicas"].take())
    };
    eventually("the Deployment follows", async || {
        let replicas = members().await?;
        Ok((replicas == 4).then_some(()).ok_or(replicas.to_string()))
    })
    .await?;
    bed.settled().await?;
    let consumer = bed.kube.get("consumers", "victoria-logs").await?.context("the Consumer")?;
    ensure!(consumer["spec"]["replicas"] == 4 && members().await? == 4, "{consumer:#}");
    let selector = consumer["status"]["selector"].as_str().unwrap_or_default();
    ensure!(
        selector.contains("kafkapipelines.io/consumer=victoria-logs"),
        "an autoscaler finds no Pods by {selector:?}"
    );
    Ok(())
}
