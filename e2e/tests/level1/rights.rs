//! Least privilege: each right of `operator/install` is used, and nothing is asked for beyond them, says the audit log.

use anyhow::{Context as _, Result, ensure};
use http::Method;
use kafkapipelines_e2e::{reference, rights};
use serde_json::{Value, json};

use crate::bed::{self, Bed, eventually};
use crate::kube_api::KubeApi;

const ACCOUNT: &str = "kafkapipelines-operator";
const PIPELINE: &str = "log-aggregator-kafka";
/// The Kubernetes node, and its label: the API server copies only those of `topology.kubernetes.io` to Pods.
const NODE: &str = "in-rack-a";
const RACK_LABEL: &str = "example.com/rack";

#[tokio::test]
async fn in_one_namespace_each_right_is_used_and_none_is_missing() -> Result<()> {
    each_right_is_used_and_none_is_missing(&Bed::with_racks("rights").await?).await
}

#[tokio::test]
async fn in_all_namespaces_each_right_is_used_and_none_is_missing() -> Result<()> {
    each_right_is_used_and_none_is_missing(&Bed::cluster_wide("all-rights").await?).await
}

async fn each_right_is_used_and_none_is_missing(bed: &Bed) -> Result<()> {
    let log = bed.audit_log()?;
    let operator = bed.start_leading("a")?;
    let used = make_use_of_each(bed).await;
    // It gives up the Lease: the right to update it is used, however short the test.
    let ended = operator.terminate()?;
    ensure!(ended.success(), "SIGTERM: {ended}, {}", bed.log_of("a")?);
    let granted = rights::granted_to(&bed.cluster, bed.namespace(), ACCOUNT)?;
    let difference = rights::compare(&granted, &log.requests_of(&bed.account.user())?);
    used.with_context(|| difference.to_string())?;
    ensure!(difference == rights::Difference::default(), "{difference}");
    Ok(())
}

async fn make_use_of_each(bed: &Bed) -> Result<()> {
    for document in reference::documents()? {
        bed.kube.apply(&document).await??;
    }
    bed::await_workloads(&bed.kube, 1).await?;
    a_listener_goes_and_a_node_restarts(&bed.kube).await?;
    a_pool_comes_and_goes(&bed.kube).await?;
    a_gateway_comes_and_goes(&bed.kube).await?;
    a_pod_is_told_its_rack(bed).await
}

/// Services and Ingresses are deleted. No Pod of this level serves, so one that lacks the new configuration is not spared.
async fn a_listener_goes_and_a_node_restarts(kube: &KubeApi) -> Result<()> {
    // The first in the order of restarts.
    let node = "log-aggregator-kafka-controller-9000";
    let before = uid(kube, node).await?;
    kube.edit("logpipelines", PIPELINE, &json!([{"op": "remove", "path": "/spec/kafka/listeners/2"}])).await?;
    eventually("the Ingresses go", async || {
        let names = names_of(kube, "ingresses/").await?;
        Ok(names.is_empty().then_some(()).ok_or(format!("{names:?}")))
    })
    .await?;
    eventually("a node is restarted", async || {
        let now = uid(kube, node).await?;
        Ok((now != before).then_some(()).ok_or("it is not".to_owned()))
    })
    .await
}

/// A pool with both roles: while it is there, one PodDisruptionBudget takes the place of two.
async fn a_pool_comes_and_goes(kube: &KubeApi) -> Result<()> {
    let volume = json!({"id": 0, "size": "1Gi", "kraftMetadata": "shared", "deleteClaim": true});
    let pool = json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "KafkaNodePool", "metadata": {"name": "extra"},
        "spec": {"pipeline": PIPELINE, "replicas": 1, "roles": ["controller", "broker"], "storage": {"volumes": [volume]}}});
    kube.apply(&pool).await??;
    let (set, budget) =
        ("statefulsets/log-aggregator-kafka-extra", "poddisruptionbudgets/log-aggregator-kafka-kafka-node");
    eventually("the pool comes", async || {
        let names = names_of(kube, "").await?;
        let is_there = [set, budget].iter().all(|name| names.iter().any(|found| found == name));
        Ok(is_there.then_some(()).ok_or(format!("{names:?}")))
    })
    .await?;
    kube.delete("kafkanodepools", "extra").await?;
    eventually("the pool goes", async || {
        let names = names_of(kube, "").await?;
        let left: Vec<_> = names.into_iter().filter(|name| name == budget || name.contains("-extra")).collect();
        Ok(left.is_empty().then_some(()).ok_or(format!("{left:?}")))
    })
    .await
}

async fn a_gateway_comes_and_goes(kube: &KubeApi) -> Result<()> {
    let gateway = json!({"topic": "standard-logs", "http": {"port": 8080}});
    kube.merge("logpipelines", PIPELINE, &json!({"spec": {"gateway": gateway}})).await?;
    let workload = "deployments/log-aggregator-kafka-gateway";
    eventually("the gateway comes", async || {
        let names = names_of(kube, "").await?;
        Ok(names.iter().any(|name| name == workload).then_some(()).ok_or(format!("{names:?}")))
    })
    .await?;
    kube.merge("logpipelines", PIPELINE, &json!({"spec": {"gateway": null}})).await?;
    eventually("the gateway goes", async || {
        let names = names_of(kube, "").await?;
        let left: Vec<_> = names.into_iter().filter(|name| name.ends_with("-gateway")).collect();
        Ok(left.is_empty().then_some(()).ok_or(format!("{left:?}")))
    })
    .await
}

/// A Pod that is bound to a Kubernetes node, as the scheduler does it.
async fn a_pod_is_told_its_rack(bed: &Bed) -> Result<()> {
    // The last in the order of restarts.
    let (kube, pod) = (&bed.kube, "log-aggregator-kafka-broker-2");
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": {RACK_LABEL: "a"}}});
    bed.cluster.kubectl_program().apply(&node.to_string())?;
    let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod},
        "target": {"apiVersion": "v1", "kind": "Node", "name": NODE}});
    let path = format!("{}/{pod}/binding", kube.path("pods"));
    kube.send(Method::POST, &path, "application/json", &binding).await??;
    kube.merge("logpipelines", PIPELINE, &json!({"spec": {"kafka": {"rack": {"topologyKey": RACK_LABEL}}}})).await?;
    eventually("the Pod is told its rack", async || {
        let found = kube.get("pods", pod).await?.context("the Pod")?;
        let told = &found["metadata"]["annotations"]["kafkapipelines.io/rack"];
        Ok((told == "a").then_some(()).ok_or(found["metadata"]["annotations"].to_string()))
    })
    .await?;
    bed.cluster.kubectl(["delete", "pod", pod, "--namespace", bed.namespace(), "--force", "--grace-period=0"])?;
    bed.cluster.kubectl(["delete", "node", NODE]).map(drop)
}

/// Uid of a Pod, once there is one.
async fn uid(kube: &KubeApi, pod: &str) -> Result<Value> {
    eventually(&format!("{pod} is there"), async || {
        let found = kube.get("pods", pod).await?;
        Ok(found.map(|mut found| found["metadata"]["uid"].take()).ok_or("it is not".to_owned()))
    })
    .await
}

/// The names of the operator's children that begin so, as `<plural>/<name>`.
async fn names_of(kube: &KubeApi, prefix: &str) -> Result<Vec<String>> {
    let names = bed::children(kube).await?.into_keys();
    Ok(names.filter(|name| name.starts_with(prefix)).collect())
}
