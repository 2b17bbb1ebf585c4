//! The client of Kafka's admin protocol (`operator/kafka`) against the supported versions of a real Kafka.

use std::process::Command;

use anyhow::{Result, ensure};
use kafkapipelines_e2e::cluster::Cluster;
use kafkapipelines_e2e::image::{Image, kafka::Version};

use super::bed::cluster;

const POD: &str = include_str!("admin_protocol.yaml");
const NAME: &str = "plain-kafka";

#[test]
fn kafka_3_9_2_answers_every_call() -> Result<()> {
    answers_every_call(Version::V3_9_2)
}

#[test]
fn kafka_4_3_1_answers_every_call() -> Result<()> {
    answers_every_call(Version::V4_3_1)
}

fn answers_every_call(version: Version) -> Result<()> {
    let cluster = cluster(1)?;
    let manifest = POD.replace("{{name}}", NAME).replace("{{image}}", &Image::Kafka(version).reference());
    remove(&cluster)?;
    cluster.kubectl_program().apply(&manifest)?;
    cluster.kubectl(["wait", "pod", NAME, "--for=condition=Ready", "--timeout=240s"])?;
    let address = cluster.kubectl(["get", "pod", NAME, "--output=jsonpath={.status.podIP}"])?;
    ask(&address)?;
    remove(&cluster)
}

/// Runs the client's own tests, which are left out elsewhere. Without TLS there are no certificates to look at.
fn ask(address: &str) -> Result<()> {
    let test = ["test", "--package", "kafkapipelines-kafka", "--test", "real", "--"];
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(test.iter().chain(&["--ignored", "--skip", "certificates"]))
        .env("KAFKA_BOOTSTRAP", format!("{address}:9092"))
        .env("KAFKA_CONTROLLERS", format!("{address}:9093"))
        .status()?;
    ensure!(status.success(), "the client of the admin protocol does not get along with this Kafka");
    Ok(())
}

fn remove(cluster: &Cluster) -> Result<()> {
    cluster.kubectl(["delete", "pod", NAME, "--ignore-not-found", "--force", "--grace-period=0"]).map(drop)
}
