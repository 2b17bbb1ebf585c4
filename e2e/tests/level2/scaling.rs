//! Pools that grow.

use anyhow::Result;
use kafkapipelines_e2e::cluster::until;
use kafkapipelines_e2e::installation::{Access, Pipeline};

use super::bed::{READY_WITHIN, line_passes, pod, reference};
use super::pod_watch::PodWatch;

/// A list of hosts restarts the brokers, one by one, for each of them tells clients its host; see docs.
const FOURTH_HOST: &str = r#"[{"op": "add", "path": "/spec/kafka/listeners/2/ingress/brokerHosts/-",
    "value": {"broker": 3, "host": "broker-3.my-kafka.com"}}]"#;

#[test]
fn a_fourth_broker_joins_and_only_the_list_of_hosts_restarts_brokers() -> Result<()> {
    let bed = reference()?;
    let pipeline = &bed.pipeline;
    let watch = PodWatch::start(pipeline)?;
    pipeline.kubectl(&["patch", "logpipeline", pipeline.name(), "--type=json", "--patch", FOURTH_HOST])?;
    scale(pipeline, "broker", 4)?;
    pipeline.kubectl(&["wait", "kafkanodepool/broker", "--for=jsonpath={.status.readyNodes}=4/4", "--timeout=480s"])?;
    pipeline.await_ready(READY_WITHIN)?;

    let history = watch.history()?;
    let mut replaced = history.replaced;
    replaced.sort();
    assert_eq!(replaced, [pod("broker", 0), pod("broker", 1), pod("broker", 2)]);
    line_passes(&bed.client()?, Access::Tls, "broker-3.my-kafka.com:443", "broker-3.my-kafka.com:443")
}

#[test]
fn a_fourth_controller_is_warned_of_and_said_not_to_vote() -> Result<()> {
    let pipeline = reference()?.pipeline;
    let before = pipeline.pod_uids()?;
    scale(&pipeline, "controller", 4)?;
    until("the quorum is said to be incomplete", READY_WITHIN, || {
        let quorum = pipeline.condition("QuorumComplete")?;
        Ok(quorum["status"] == "False" && quorum["reason"] == "ControllersAreObservers")
    })?;
    let warning = pipeline.condition("Warning")?;
    assert_eq!((&warning["status"], &warning["reason"]), (&"True".into(), &"EvenControllers".into()));
    let added = pod("controller", 9003);
    until("the fourth controller", READY_WITHIN, || Ok(pipeline.pod_uids()?.contains_key(&added)))?;
    pipeline.kubectl(&["wait", "pod", &added, "--for=condition=Ready", "--timeout=240s"])?;
    let after = pipeline.pod_uids()?;
    assert!(
        before.iter().all(|(pod, uid)| after.get(pod) == Some(uid)),
        "scaling restarts nobody: {before:?} {after:?}"
    );
    Ok(())
}

fn scale(pipeline: &Pipeline, pool: &str, replicas: u8) -> Result<()> {
    pipeline.kubectl(&["scale", "kafkanodepool", pool, &format!("--replicas={replicas}")]).map(drop)
}
