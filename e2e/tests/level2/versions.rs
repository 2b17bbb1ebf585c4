//! The supported versions of Kafka, each with one node in a namespace of its own.

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::cluster::until;
use kafkapipelines_e2e::image::kafka::Version;
use kafkapipelines_e2e::installation::{Access, Client, Operator, Pipeline, remove_namespace};
use serde_json::json;

use super::bed::{READY_WITHIN, bootstrap, cluster};

const PIPELINE: &str = include_str!("small.yaml");

#[test]
fn kafka_3_9_2_takes_a_line() -> Result<()> {
    takes_a_line(Version::V3_9_2, "kafka-3-9-2")
}

#[test]
fn kafka_4_3_1_takes_a_line() -> Result<()> {
    takes_a_line(Version::V4_3_1, "kafka-4-3-1")
}

#[test]
fn metadata_keeps_its_version_through_an_upgrade_until_the_spec_raises_it() -> Result<()> {
    let (cluster, namespace) = (cluster(1)?, "upgrade");
    remove_namespace(&cluster, namespace)?;
    Operator::install(&cluster, namespace)?;
    let pipeline = Pipeline::new(&cluster, namespace, "small");
    pipeline.apply_text(&PIPELINE.replace("{{version}}", &Version::V3_9_2.to_string()))?;
    pipeline.await_ready(READY_WITHIN)?;
    let patch = |kafka: &str| {
        let patch = format!(r#"{{"spec": {{"kafka": {{{kafka}}}}}}}"#);
        pipeline.kubectl(&["patch", "logpipeline", "small", "--type=merge", "--patch", &patch])?;
        pipeline.await_ready(READY_WITHIN)
    };
    patch(r#""version": "4.3.1""#)?;
    assert_eq!(pipeline.object_itself()?["status"]["version"], json!({"running": "4.3.1", "metadata": "3.9-IV0"}));
    let before = pipeline.pod_uids()?;

    patch(r#""metadataVersion": "4.3""#)?;
    until("metadata.version is raised", READY_WITHIN, || {
        Ok(pipeline.object_itself()?["status"]["version"]["metadata"] == "4.3-IV0")
    })?;
    let features = ["bin/kafka-features.sh", "--bootstrap-server", "localhost:9092", "describe"];
    let features = pipeline.exec("small-node-0", &features)?;
    let metadata =
        features.lines().find(|line| line.contains("metadata.version")).context("Kafka tells its version")?;
    assert!(metadata.contains("FinalizedVersionLevel: 4.3-IV0"), "{metadata}");
    assert_eq!(pipeline.pod_uids()?, before, "nobody is restarted for it");
    remove_namespace(&cluster, namespace)
}

fn takes_a_line(version: Version, namespace: &str) -> Result<()> {
    let cluster = cluster(1)?;
    remove_namespace(&cluster, namespace)?;
    Operator::install(&cluster, namespace)?;
    let pipeline = Pipeline::new(&cluster, namespace, "small");
    pipeline.apply_text(&PIPELINE.replace("{{version}}", &version.to_string()))?;
    pipeline.await_ready(READY_WITHIN)?;
    assert_eq!(pipeline.object_itself()?["status"]["version"]["running"], version.to_string());

    let client = Client::start(&pipeline, version)?;
    let (server, topic, line) = (bootstrap(&pipeline, 9093), "logs", "a line");
    let create = ["bin/kafka-topics.sh", "--create", "--bootstrap-server", "localhost:9092", "--topic", topic];
    pipeline.exec("small-node-0", &create)?;
    client.produce(&server, Access::Tls, topic, line)?;
    assert_eq!(client.consume(&server, Access::Tls, topic, line, 1)?, [line]);
    remove_namespace(&cluster, namespace)
}
