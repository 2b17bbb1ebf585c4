//! The supported versions of Kafka, each with one node in a namespace of its own.

use anyhow::Result;
use kafkapipelines_e2e::image::kafka::Version;
use kafkapipelines_e2e::installation::{Access, Client, Operator, Pipeline, remove_namespace};

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
