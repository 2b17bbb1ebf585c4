//! The reference installation as a user meets it.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::installation::Access;

use super::bed::{Bed, TOPIC, line_passes, pod, reference};

const CA_COMMAND: &str =
    r"kubectl get secret log-aggregator-kafka-cluster-ca-cert -o jsonpath='{.data.ca\.crt}' | base64 -d";
const TOPICS_COMMAND: &str = "kubectl exec log-aggregator-kafka-broker-0 -c kafka -- bin/kafka-topics.sh --list --bootstrap-server localhost:9092";

#[test]
fn the_documented_commands_work_to_the_letter() -> Result<()> {
    let bed = reference()?;
    let ca = run_as_user(&bed, CA_COMMAND)?;
    assert!(ca.starts_with("-----BEGIN CERTIFICATE-----"), "{ca}");
    let topics = run_as_user(&bed, TOPICS_COMMAND)?;
    assert!(topics.lines().any(|topic| topic == TOPIC), "{topics}");
    Ok(())
}

/// A user's shell: kubectl on the PATH, and the pipeline's namespace in the kubeconfig.
fn run_as_user(bed: &Bed, command: &str) -> Result<String> {
    let home = tempfile::tempdir()?;
    let kubeconfig = home.path().join("config");
    std::fs::copy(bed.cluster.kubeconfig(), &kubeconfig)?;
    let programs = bed.cluster.kubectl_program().program().parent().context("kubectl is in a folder")?;
    let script = format!(
        "PATH={}:$PATH; kubectl config set-context --current --namespace=kafka >/dev/null && {command}",
        programs.display()
    );
    let output =
        Command::new("bash").args(["-c", &script]).env("KUBECONFIG", &kubeconfig).env("NO_PROXY", "*").output()?;
    ensure!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn lines_pass_the_listener_tls_trusting_only_the_ca() -> Result<()> {
    let bed = reference()?;
    line_passes(&bed.client()?, Access::Tls, &bed.bootstrap(9093), &bed.bootstrap(9093))
}

#[test]
fn lines_pass_the_external_host_of_every_broker_by_name() -> Result<()> {
    let bed = reference()?;
    let client = bed.client()?;
    for broker in 0..3 {
        let host = format!("broker-{broker}.my-kafka.com:443");
        line_passes(&client, Access::Tls, &host, "kafka.my-kafka.com:443")?;
    }
    Ok(())
}

#[test]
fn brokers_have_no_rack_unless_the_spec_says_so() -> Result<()> {
    let bed = reference()?;
    let versions = ["bin/kafka-broker-api-versions.sh", "--bootstrap-server", "localhost:9092"];
    let brokers = bed.pipeline.exec(&pod("broker", 0), &versions)?;
    assert_eq!(brokers.matches("rack: null").count(), 3, "{brokers}");
    Ok(())
}
