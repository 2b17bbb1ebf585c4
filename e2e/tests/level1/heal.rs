//! Whatever is deleted or edited by hand, with the operator alive or dead: it comes back, and then nothing is written.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::reference;
use serde_json::{Value, json};

use crate::bed::{self, Bed, eventually};
use crate::kube_api::KubeApi;

const QUIET: Duration = Duration::from_mins(2);

/// No one but their owner can bring these back: a new key would be an authority that no client trusts.
const AUTHORITY_KEYS: [&str; 2] =
    ["secrets/log-aggregator-kafka-clients-ca", "secrets/log-aggregator-kafka-cluster-ca"];

#[tokio::test]
async fn deleted_and_edited_children_heal_and_then_it_is_quiet() -> Result<()> {
    let bed = Bed::new("heal").await?;
    let operator = bed.start_leading("a")?;
    for document in reference::documents()? {
        bed.kube.apply(&document).await??;
    }
    bed::await_workloads(&bed.kube, 1).await?;
    bed.settled().await?;
    for (plural, name, edit) in edits() {
        edited_heals(&bed.kube, plural, name, &edit).await?;
    }
    let names: Vec<_> = bed::children(&bed.kube).await?.into_keys().collect();
    for name in names.iter().filter(|name| !AUTHORITY_KEYS.contains(&name.as_str())) {
        deleted_heals(&bed.kube, name).await?;
    }

    operator.kill();
    let (plural, name, edit) = &edits()[0];
    let before = shown(&bed.kube, plural, name).await?;
    bed.kube.edit(plural, name, edit).await?;
    bed.kube.delete("services", "log-aggregator-kafka-kafka-bootstrap").await?;
    let _operator = bed.start_leading("a")?;
    is_again(&bed.kube, plural, name, &before).await?;
    eventually("what was deleted while no operator ran is back", async || {
        let now: Vec<_> = bed::children(&bed.kube).await?.into_keys().collect();
        Ok((now == names).then_some(()).ok_or(format!("{now:?}")))
    })
    .await?;

    bed.settled().await?;
    let log = bed.audit_log()?;
    tokio::time::sleep(QUIET).await;
    let writes = bed.writes(&log)?;
    ensure!(writes.is_empty(), "written in {} s of quiet: {writes:#?}", QUIET.as_secs());
    Ok(())
}

/// What somebody does by hand: kind, name, JSON patch.
fn edits() -> Vec<(&'static str, &'static str, Value)> {
    let replace = |path: &str, value: Value| json!([{"op": "replace", "path": path, "value": value}]);
    let remove = |path: &str| json!([{"op": "remove", "path": path}]);
    let container = "/spec/template/spec/containers/0";
    vec![
        (
            "configmaps",
            "log-aggregator-kafka-broker-config",
            replace("/data/server-0.properties", json!("log.dirs=/tmp")),
        ),
        ("configmaps", "log-aggregator-kafka-controller-config", remove("/data/start.sh")),
        ("services", "log-aggregator-kafka-kafka-brokers", replace("/spec/publishNotReadyAddresses", json!(false))),
        ("services", "log-aggregator-kafka-kafka-bootstrap", replace("/spec/ports/0/port", json!(19092))),
        ("services", "log-aggregator-kafka-broker-0-external", replace("/spec/selector", json!({"app": "other"}))),
        ("statefulsets", "log-aggregator-kafka-broker", replace(&format!("{container}/env/0/value"), json!("/data"))),
        ("statefulsets", "log-aggregator-kafka-broker", replace("/spec/replicas", json!(5))),
        (
            "statefulsets",
            "log-aggregator-kafka-controller",
            replace("/spec/template/metadata/annotations/kafkapipelines.io~1config-hash", json!("0")),
        ),
        (
            "statefulsets",
            "log-aggregator-kafka-controller",
            replace("/spec/updateStrategy/type", json!("RollingUpdate")),
        ),
        (
            "deployments",
            "log-aggregator-kafka-victoria-logs",
            replace(&format!("{container}/image"), json!("vector:latest")),
        ),
        (
            "ingresses",
            "log-aggregator-kafka-broker-1-external",
            replace("/spec/rules/0/host", json!("other.example.com")),
        ),
        ("networkpolicies", "log-aggregator-kafka-kafka-broker", replace("/spec/ingress", json!([{}]))),
        ("poddisruptionbudgets", "log-aggregator-kafka-kafka-broker", replace("/spec/maxUnavailable", json!(3))),
        ("serviceaccounts", "log-aggregator-kafka-kafka", replace("/automountServiceAccountToken", json!(true))),
        ("secrets", "log-aggregator-kafka-broker-certs", replace("/data/ca.crt", json!("bm9uZQ=="))),
        ("services", "log-aggregator-kafka-kafka-bootstrap", remove("/metadata/labels/app.kubernetes.io~1managed-by")),
        ("networkpolicies", "log-aggregator-kafka-kafka-broker", remove("/metadata/ownerReferences")),
    ]
}

async fn edited_heals(kube: &KubeApi, plural: &str, name: &str, edit: &Value) -> Result<()> {
    let before = shown(kube, plural, name).await?;
    let edited = kube.edit(plural, name, edit).await?;
    ensure!(what_matters(&edited) != before, "{plural}/{name}: the edit changes nothing");
    is_again(kube, plural, name, &before).await.with_context(|| edit.to_string())
}

async fn is_again(kube: &KubeApi, plural: &str, name: &str, before: &Value) -> Result<()> {
    eventually(&format!("{plural}/{name} is as it was"), async || {
        // For a moment it is not there where an edit cannot be taken back in place.
        let now = kube.get(plural, name).await?.as_ref().map(what_matters);
        Ok((now.as_ref() == Some(before))
            .then_some(())
            .ok_or_else(|| now.map_or_else(String::new, |now| format!("{now:#}"))))
    })
    .await
}

async fn deleted_heals(kube: &KubeApi, child: &str) -> Result<()> {
    let (plural, name) = child.split_once('/').context("kind and name")?;
    let uid = |object: &Value| object["metadata"]["uid"].clone();
    let before = uid(&kube.get(plural, name).await?.with_context(|| format!("{child} is not there"))?);
    kube.delete(plural, name).await?;
    eventually(&format!("{child} is back"), async || {
        let now = kube.get(plural, name).await?;
        Ok(now.filter(|now| uid(now) != before).map(drop).ok_or("it is not there".to_owned()))
    })
    .await
}

async fn shown(kube: &KubeApi, plural: &str, name: &str) -> Result<Value> {
    let object = kube.get(plural, name).await?.with_context(|| format!("{plural}/{name} is not there"))?;
    Ok(what_matters(&object))
}

/// The object without what the API server and Kubernetes' own controllers count or choose in it.
fn what_matters(object: &Value) -> Value {
    const CHOSEN: [&str; 9] = [
        "status",
        "resourceVersion",
        "generation",
        "managedFields",
        "deployment.kubernetes.io/revision",
        // Where an edit cannot be taken back in place, the object is made anew.
        "uid",
        "creationTimestamp",
        "clusterIP",
        "clusterIPs",
    ];
    let mut object = object.clone();
    for path in ["", "/metadata", "/metadata/annotations", "/spec"] {
        for field in CHOSEN {
            object.pointer_mut(path).and_then(Value::as_object_mut).map(|part| part.remove(field));
        }
    }
    object
}
