//! Version N+1 of the charts: other definitions, other operator Pods, the same Kafka.

use anyhow::Result;
use kafkapipelines_e2e::image::kafka::Version;
use kafkapipelines_e2e::installation::{Client, NAMESPACE, PIPELINE, Producer};

use super::bed::Bed;

const TOPIC: &str = "upgrade";
const BOOTSTRAP: &str = "log-aggregator-kafka-kafka-bootstrap.kafka.svc:9092";
const NEXT_VERSION: &str = "0.2.0";
const NEW_FIELD: &str = "              newInThisVersion:
                description: A field that the version before did not have.
                type: string
";

pub fn leaves_kafka_alone(bed: &Bed) -> Result<()> {
    create_topic(bed)?;
    let kafka_pods = bed.pipeline.pod_uids()?;
    let operator_pods = operator_pods(bed)?;
    let client = Client::start(&bed.pipeline, Version::V3_9_0)?;
    let producer = Producer::start(&client, BOOTSTRAP, TOPIC)?;

    release_next_version(bed)?;
    let commit = bed.push("Upgrade")?;
    bed.applications.await_green(&commit)?;

    let definition = bed.cluster.kubectl(["get", "crd/consumers.kafkapipelines.io", "--output=json"])?;
    assert!(definition.contains("newInThisVersion"), "{definition}");
    assert!(self::operator_pods(bed)?.iter().any(|pod| !operator_pods.contains(pod)), "the operator's Pods are new");
    assert_eq!(bed.pipeline.pod_uids()?, kafka_pods, "Kafka's Pods are the same");
    producer.all_arrived()
}

/// As a maintainer does it: the version in both charts, a field more, and a change of the operator's Pods, as a new image is one.
fn release_next_version(bed: &Bed) -> Result<()> {
    for chart in ["kafkapipelines-crds", "kafkapipelines-operator"] {
        let version = |version: &str| format!("\nversion: {version}\n");
        bed.repository.replace(&format!("charts/{chart}/Chart.yaml"), &version("0.1.0"), &version(NEXT_VERSION))?;
    }
    let first_field = "              autoOffsetReset:\n";
    let with_new = format!("{NEW_FIELD}{first_field}");
    bed.repository.replace("charts/kafkapipelines-crds/files/consumers.yaml", first_field, &with_new)?;
    let annotated = format!("podAnnotations: {{example.com/version: {NEXT_VERSION}}}");
    bed.repository.replace("charts/kafkapipelines-operator/values.yaml", "podAnnotations: {}", &annotated)
}

fn create_topic(bed: &Bed) -> Result<()> {
    let create = ["bin/kafka-topics.sh", "--create", "--bootstrap-server", "localhost:9092", "--topic", TOPIC];
    bed.pipeline
        .exec(&format!("{PIPELINE}-broker-0"), &[&create[..], &["--replication-factor", "3"]].concat())
        .map(drop)
}

fn operator_pods(bed: &Bed) -> Result<Vec<String>> {
    let pods = ["get", "pods", "--selector=app.kubernetes.io/name=kafkapipelines-operator", "--output=name"];
    let pods = bed.cluster.kubectl(["--namespace", NAMESPACE].iter().chain(&pods))?;
    Ok(pods.lines().map(str::to_owned).collect())
}
