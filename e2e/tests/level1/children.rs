//! What an installation consists of: names, labels, owners, and what is left when it goes.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::reference;
use serde_json::Value;

use crate::bed::{self, Bed, eventually};
use crate::kube_api::KubeApi;

/// Every child of the reference installation, without the pipeline's name and a dash, by kind.
const REFERENCE: [(&str, &[&str]); 9] = [
    ("configmaps", &["agent", "broker-config", "controller-config", "victoria-logs"]),
    ("deployments", &["victoria-logs"]),
    ("ingresses", &["broker-0-external", "broker-1-external", "broker-2-external", "kafka-external-bootstrap"]),
    ("networkpolicies", &["kafka-broker", "kafka-controller", "victoria-logs"]),
    ("poddisruptionbudgets", &["kafka-broker", "kafka-controller", "victoria-logs"]),
    (
        "secrets",
        &["broker-certs", "clients-ca", "clients-ca-cert", "cluster-ca", "cluster-ca-cert", "controller-certs"],
    ),
    ("serviceaccounts", &["kafka", "victoria-logs"]),
    (
        "services",
        &[
            "broker-0-external",
            "broker-1-external",
            "broker-2-external",
            "kafka-bootstrap",
            "kafka-brokers",
            "kafka-external-bootstrap",
        ],
    ),
    ("statefulsets", &["broker", "controller"]),
];

/// The names of all children of the reference installation, as `<plural>/<name>`.
pub fn of_reference() -> Vec<String> {
    let of_kind = |(plural, names): &(&str, &[&str])| {
        names.iter().map(|name| format!("{plural}/log-aggregator-kafka-{name}")).collect::<Vec<_>>()
    };
    REFERENCE.iter().flat_map(of_kind).collect()
}

/// The names of children as [`of_reference`] has them.
pub fn names(children: &BTreeMap<String, Value>) -> Vec<String> {
    children.iter().map(|(name, child)| without_revision(name, child)).collect()
}

/// A Vector file is called after its revision, in which the namespace is.
pub fn without_revision(name: &str, child: &Value) -> String {
    let is_file =
        name.starts_with("configmaps/") && child["metadata"]["labels"]["kafkapipelines.io/consumer"].is_string();
    let stem = name.rsplit_once('-').filter(|_| is_file).map(|(stem, _)| stem);
    stem.unwrap_or(name).to_owned()
}

#[tokio::test]
async fn children_are_named_and_labelled_and_go_with_their_owners_but_claims_stay() -> Result<()> {
    let bed = Bed::new("children").await?;
    let _operator = bed.start_leading("a")?;
    for document in reference::documents()? {
        bed.kube.apply(&document).await??;
    }
    bed::await_workloads(&bed.kube, 1).await?;
    bed.settled().await?;
    let children = bed::children(&bed.kube).await?;
    ensure!(names(&children) == of_reference(), "{:#?}", children.keys());
    labelled_and_owned(&children)?;
    everything_goes_but_claims(&bed.kube).await
}

fn labelled_and_owned(children: &BTreeMap<String, Value>) -> Result<()> {
    for (name, child) in children {
        let labels = &child["metadata"]["labels"];
        let app = if name.contains("victoria-logs") { "vector" } else { "kafka" };
        for (label, value) in [
            ("app.kubernetes.io/managed-by", "kafkapipelines"),
            ("app.kubernetes.io/instance", "log-aggregator-kafka"),
            ("kafkapipelines.io/pipeline", "log-aggregator-kafka"),
            ("app.kubernetes.io/name", app),
        ] {
            ensure!(labels[label] == value, "{name}: {label} is {}", labels[label]);
        }
        let owners = child["metadata"]["ownerReferences"].as_array().with_context(|| format!("{name}: no owner"))?;
        let ours = owners.iter().filter(|o| o["apiVersion"] == "kafkapipelines.io/v1alpha1" && o["controller"] == true);
        ensure!(ours.count() == 1, "{name}: {owners:?}");
    }
    Ok(())
}

/// Each node has its claim, although no Pod runs here.
async fn everything_goes_but_claims(kube: &KubeApi) -> Result<()> {
    eventually("each node has its claim", async || {
        let claims = kube.list("persistentvolumeclaims", "").await?.len();
        Ok((claims == 6).then_some(()).ok_or(format!("{claims} claims")))
    })
    .await?;
    kube.delete("logpipelines", "log-aggregator-kafka").await?;
    kube.delete("kafkanodepools", "broker").await?;
    kube.delete("kafkanodepools", "controller").await?;
    kube.delete("consumers", "victoria-logs").await?;
    eventually("all children are gone", async || {
        let children = bed::children(kube).await?;
        Ok(children.is_empty().then_some(()).ok_or(format!("{:?}", children.keys())))
    })
    .await?;
    let claims = kube.list("persistentvolumeclaims", "").await?;
    let kept = claims.iter().filter(|claim| claim["metadata"]["deletionTimestamp"].is_null()).count();
    ensure!(kept == 6, "{kept} claims are left");
    Ok(())
}
