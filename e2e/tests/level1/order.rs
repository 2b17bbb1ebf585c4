//! Whatever the order in which the documents of an installation arrive: the same node ids, names and files.

use std::time::Duration;

use anyhow::{Result, ensure};
use kafkapipelines_e2e::reference;
use serde_json::{Value, json};

use crate::bed::{self, Bed};
use crate::children;
use crate::kube_api::KubeApi;

/// Longer than the operator waits for pools that arrive together.
const PAUSE: Duration = Duration::from_millis(400);

#[tokio::test]
async fn the_order_of_the_documents_changes_nothing() -> Result<()> {
    let bed = Bed::cluster_wide("order").await?;
    let _operator = bed.start_leading("a")?;
    let mut arrivals: Vec<_> = orders().into_iter().map(|order| (order, Duration::ZERO)).collect();
    arrivals.extend(orders().into_iter().step_by(4).map(|order| (order, PAUSE)));
    let mut places = Vec::new();
    for (index, (order, pause)) in arrivals.into_iter().enumerate() {
        let (namespace, kube) = bed.other_namespace(&index.to_string()).await?;
        apply(&kube, order, pause).await?;
        places.push((kube, order, pause, namespace));
    }
    for (kube, ..) in &places {
        bed::await_workloads(kube, 1).await?;
    }
    bed.settled().await?;
    let expected = outcome(&places[0].0).await?;
    ensure!(expected["children"] == json!(children::of_reference()), "{:#}", expected["children"]);
    ensure!(expected["voters"] == json!([9000, 9001, 9002]), "{}", expected["voters"]);
    ensure!(
        expected["pools"] == json!([{"name": "broker", "nodeIdBase": 0}, {"name": "controller", "nodeIdBase": 9000}]),
        "{}",
        expected["pools"]
    );
    for (kube, order, pause, _) in &places {
        let outcome = outcome(kube).await?;
        ensure!(outcome == expected, "order {order:?}, pause {pause:?}:\n{outcome:#}\ninstead of\n{expected:#}");
    }
    Ok(())
}

async fn apply(kube: &KubeApi, order: [usize; 4], pause: Duration) -> Result<()> {
    let documents = reference::documents()?;
    for index in order {
        kube.apply(&documents[index]).await??;
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

/// All orders of the four documents.
fn orders() -> Vec<[usize; 4]> {
    let all = (0..256).map(|number| [number / 64, number / 16 % 4, number / 4 % 4, number % 4]);
    all.filter(|order| (0..4).all(|document| order.contains(&document))).collect()
}

/// What the installation has become, without what differs between any two: namespace, cluster id and what follows from it, authorities.
async fn outcome(kube: &KubeApi) -> Result<Value> {
    let pipeline = kube.get("logpipelines", "log-aggregator-kafka").await?.unwrap_or_default();
    let children = bed::children(kube).await?;
    let files: Vec<_> = children
        .iter()
        .filter(|(name, _)| name.starts_with("configmaps/"))
        .map(|(name, child)| {
            (
                children::without_revision(name, child),
                without_identity(&child["data"], child["metadata"]["namespace"].as_str()),
            )
        })
        .collect();
    Ok(json!({
        "children": children::names(&children),
        "pools": pipeline["status"]["nodePools"],
        "voters": pipeline["status"]["controllerQuorum"]["initialVoters"],
        "files": files,
    }))
}

fn without_identity(files: &Value, namespace: Option<&str>) -> Vec<String> {
    let is_identity = |line: &&str| {
        ["CLUSTER_ID=", "INITIAL_CONTROLLERS=", "declare -A DIRECTORY_IDS="].iter().any(|it| line.starts_with(it))
    };
    let texts = files
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| *key != "ca.crt")
        .filter_map(|(_, text)| text.as_str());
    let lines = texts.flat_map(|text| text.lines().filter(|line| !is_identity(line)));
    lines.map(|line| line.replace(namespace.unwrap_or_default(), "NAMESPACE")).collect()
}
