//! `suspend: true`: nothing is written until it is false again.

use std::time::Duration;

use anyhow::{Result, ensure};
use kafkapipelines_e2e::reference;
use serde_json::json;

use crate::bed::{self, Bed, eventually};
use crate::object;

#[tokio::test]
async fn a_suspended_pipeline_is_left_alone_until_it_goes_on() -> Result<()> {
    let bed = Bed::new("suspend").await?;
    let _operator = bed.start_leading("a")?;
    for document in reference::documents()? {
        bed.kube.apply(&document).await??;
    }
    bed::await_workloads(&bed.kube, 1).await?;
    bed.settled().await?;
    let before = bed::children(&bed.kube).await?;
    bed.kube.merge("logpipelines", "log-aggregator-kafka", &json!({"spec": {"suspend": true}})).await?;
    eventually("the status says so", async || {
        let pipeline = bed.kube.get("logpipelines", "log-aggregator-kafka").await?.unwrap_or_default();
        let suspended = object::condition(&pipeline, "Suspended").is_some_and(|it| it["status"] == "True");
        Ok(suspended.then_some(()).ok_or(pipeline["status"]["conditions"].to_string()))
    })
    .await?;
    bed.settled().await?;

    let log = bed.audit_log()?;
    for child in ["services", "configmaps", "poddisruptionbudgets", "ingresses"] {
        let (of_kind, _) = before.iter().find(|(name, _)| name.starts_with(child)).expect("one of each kind");
        bed.kube.delete(child, of_kind.trim_start_matches(&format!("{child}/"))).await?;
    }
    bed.kube.merge("consumers", "victoria-logs", &json!({"spec": {"replicas": 3}})).await?;
    bed.kube.merge("kafkanodepools", "broker", &json!({"spec": {"replicas": 4}})).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let writes: Vec<_> = bed.writes(&log)?.into_iter().filter(|write| !is_report(write)).collect();
    ensure!(writes.is_empty(), "{writes:#?}");

    bed.kube.merge("kafkanodepools", "broker", &json!({"spec": {"replicas": 3}})).await?;
    bed.kube.merge("logpipelines", "log-aggregator-kafka", &json!({"spec": {"suspend": false}})).await?;
    eventually("all children are back", async || {
        let missing: Vec<_> = {
            let now = bed::children(&bed.kube).await?;
            before.keys().filter(|name| !now.contains_key(*name)).cloned().collect()
        };
        Ok(missing.is_empty().then_some(()).ok_or(format!("{missing:?}")))
    })
    .await
}

/// The status goes on saying what is seen.
fn is_report(write: &str) -> bool {
    write.contains("/status ") || write.contains(" events ")
}
