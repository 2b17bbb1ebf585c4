//! Pools that grow and shrink while lines are produced.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::cluster::until;
use kafkapipelines_e2e::installation::{Access, Pipeline, Producer};
use serde_json::Value;

use super::bed::{READY_WITHIN, line_passes, pod, reference};
use super::pod_watch::PodWatch;
use super::quorum_watch::{QuorumWatch, voters};

/// A list of hosts restarts the brokers, one by one, for each of them tells clients its host; see docs.
const TWO_HOSTS: &str = r#"[{"op": "add", "path": "/spec/kafka/listeners/2/ingress/brokerHosts/-",
    "value": {"broker": 3, "host": "broker-3.my-kafka.com"}},
  {"op": "add", "path": "/spec/kafka/listeners/2/ingress/brokerHosts/-",
    "value": {"broker": 4, "host": "broker-4.my-kafka.com"}}]"#;

#[test]
fn controllers_get_votes_and_lose_them_one_by_one_and_no_line_is_lost() -> Result<()> {
    let bed = reference()?;
    let pipeline = &bed.pipeline;
    let before = pipeline.pod_uids()?;
    bed.create_topic("scaled-controllers")?;
    let producer = Producer::start(&bed.client()?, &bed.bootstrap(9092), "scaled-controllers")?;
    let quorum = QuorumWatch::start(pipeline);

    scale(pipeline, "controller", 5)?;
    await_voters(pipeline, &[9000, 9001, 9002, 9003, 9004])?;
    scale(pipeline, "controller", 3)?;
    await_voters(pipeline, &[9000, 9001, 9002])?;
    until("the Pods without a vote are gone", READY_WITHIN, || Ok(pipeline.pod_uids()?.len() == before.len()))?;
    pipeline.await_ready(READY_WITHIN)?;

    assert_eq!(pipeline.pod_uids()?, before, "scaling restarts nobody");
    let seen = quorum.history()?;
    assert!(seen.iter().all(is_between), "{seen:?}");
    producer.all_arrived()
}

#[test]
fn two_more_brokers_join_under_load_and_only_the_list_of_hosts_restarts_brokers() -> Result<()> {
    let bed = reference()?;
    let pipeline = &bed.pipeline;
    bed.create_topic("scaled-brokers")?;
    let producer = Producer::start(&bed.client()?, &bed.bootstrap(9092), "scaled-brokers")?;
    let watch = PodWatch::start(pipeline)?;
    pipeline.kubectl(&["patch", "logpipeline", pipeline.name(), "--type=json", "--patch", TWO_HOSTS])?;
    scale(pipeline, "broker", 5)?;
    pipeline.kubectl(&["wait", "kafkanodepool/broker", "--for=jsonpath={.status.readyNodes}=5/5", "--timeout=480s"])?;
    pipeline.await_ready(READY_WITHIN)?;

    let mut replaced = watch.history()?.replaced;
    replaced.sort();
    assert_eq!(replaced, [pod("broker", 0), pod("broker", 1), pod("broker", 2)]);
    producer.all_arrived()?;
    line_passes(&bed.client()?, Access::Tls, "broker-4.my-kafka.com:443", "broker-4.my-kafka.com:443")
}

fn scale(pipeline: &Pipeline, pool: &str, replicas: u8) -> Result<()> {
    pipeline.kubectl(&["scale", "kafkanodepool", pool, &format!("--replicas={replicas}")]).map(drop)
}

/// Waits until Kafka's own tool and the status name these voters, and the status finds nothing wrong with them.
fn await_voters(pipeline: &Pipeline, expected: &[i32]) -> Result<()> {
    let expected: BTreeSet<_> = expected.iter().copied().collect();
    until(&format!("{expected:?} vote"), READY_WITHIN, || Ok(voters(pipeline).is_ok_and(|seen| seen == expected)))?;
    until(&format!("the status says that {expected:?} vote"), READY_WITHIN, || {
        let status = &pipeline.object_itself()?["status"];
        let told = status["controllerQuorum"]["voters"].as_array().context("status has voters")?;
        let told: BTreeSet<_> = told.iter().filter_map(Value::as_i64).filter_map(|id| i32::try_from(id).ok()).collect();
        Ok(told == expected && pipeline.condition("QuorumComplete")?.is_null())
    })
}

/// The first three vote all the time, and nobody but the two others comes and goes.
fn is_between(voters: &BTreeSet<i32>) -> bool {
    let (first, all) = (BTreeSet::from([9000, 9001, 9002]), BTreeSet::from([9000, 9001, 9002, 9003, 9004]));
    voters.is_superset(&first) && voters.is_subset(&all)
}
