//! `cargo xtask demo`: from nothing to log lines that went through Kafka.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use kafkapipelines_e2e::cluster::{Cluster, Places, step, until};
use kafkapipelines_e2e::image::kafka::Version;
use kafkapipelines_e2e::installation::{
    Access, Client, NAMESPACE, Operator, PIPELINE, Pipeline, SMALL, example, provide_images, remove_namespace,
};

use super::cargo::cargo;

const READY_WITHIN: Duration = Duration::from_mins(10);
const TOPICS_WITHIN: Duration = Duration::from_mins(1);
const TOPIC: &str = "standard-logs";
const BOOTSTRAP_HOST: &str = "kafka.my-kafka.com:443";
const BROKER_HOSTS: [&str; 3] = ["broker-0.my-kafka.com:443", "broker-1.my-kafka.com:443", "broker-2.my-kafka.com:443"];

#[derive(Args)]
pub(crate) struct Arguments {
    /// How many nodes the test bed gets at least, each in a zone of its own.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    nodes: u8,
    /// The kubeconfig of a cluster of your own, to be used instead. Nothing is deleted there, and it must be able to pull the images.
    #[arg(long)]
    kubeconfig: Option<PathBuf>,
    /// Go on with what a former demo left, instead of beginning from an empty namespace.
    #[arg(long)]
    keep: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let cluster = cluster(arguments)?;
    provide_images(&cluster, &[Version::V3_9_0])?;
    if !arguments.keep && arguments.kubeconfig.is_none() {
        clear(&cluster)?;
    }
    step("operator: two Pods, rights for its namespace", || Operator::install(&cluster, NAMESPACE))?;
    let pipeline = apply_reference(&cluster)?;
    heading("Until it is Ready");
    pipeline.await_ready_with_progress(READY_WITHIN)?;
    produce_and_consume(&cluster, &pipeline)?;
    show(&cluster, &pipeline)
}

fn cluster(arguments: &Arguments) -> Result<Cluster> {
    let places = Places::from_env()?;
    match &arguments.kubeconfig {
        Some(kubeconfig) => Cluster::of_user(&places, kubeconfig),
        None => Cluster::level2(&places, arguments.nodes),
    }
}

/// A former demo goes, with its volumes: the claims are in its namespace.
fn clear(cluster: &Cluster) -> Result<()> {
    step("an empty namespace", || remove_namespace(cluster, NAMESPACE))
}

fn apply_reference(cluster: &Cluster) -> Result<Pipeline> {
    let pipeline = Pipeline::new(cluster, NAMESPACE, PIPELINE);
    step("apply examples/log-aggregator.yaml, small nodes", || pipeline.apply(&example(), SMALL))?;
    Ok(pipeline)
}

fn produce_and_consume(cluster: &Cluster, pipeline: &Pipeline) -> Result<()> {
    heading("Log lines through Kafka");
    await_topics(pipeline)?;
    let client = step("a client that trusts only ca.crt", || Client::start(pipeline, Version::V3_9_0))?;
    let internal = format!("{PIPELINE}-kafka-bootstrap.{NAMESPACE}.svc:9093");
    through(&client, &internal, &internal)?;
    if cluster.nodes().is_empty() {
        println!(
            "The external hosts are left out: in a cluster of yours they need DNS and an ingress controller of yours."
        );
        return Ok(());
    }
    through(&client, BOOTSTRAP_HOST, BOOTSTRAP_HOST)?;
    BROKER_HOSTS.iter().try_for_each(|host| through(&client, host, BOOTSTRAP_HOST))
}

/// The operator makes the topics of the spec, and the consumer's for dead letters.
fn await_topics(pipeline: &Pipeline) -> Result<()> {
    step("topics of the spec are in Kafka", || {
        until("the condition TopicsReady", TOPICS_WITHIN, || {
            let object = pipeline.object_itself()?;
            let topics = &object["status"]["topics"];
            Ok(topics["desired"].as_i64() > Some(0) && topics["ready"] == topics["desired"])
        })
    })
}

/// A line that nobody wrote before goes in at one address and is read at another.
fn through(client: &Client, into: &str, from: &str) -> Result<()> {
    let line =
        format!(r#"{{"message":"hello by {into}","at":{}}}"#, SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos());
    step(&format!("TLS {into}: a line in"), || client.produce(into, Access::Tls, TOPIC, &line))?;
    let read = step(&format!("TLS {from}: and out"), || client.consume(from, Access::Tls, TOPIC, &line, 1))?;
    ensure!(read == [line.as_str()], "another line came back: {read:?}");
    println!("    {line}");
    Ok(())
}

fn show(cluster: &Cluster, pipeline: &Pipeline) -> Result<()> {
    let secret = format!("{PIPELINE}-cluster-ca-cert");
    heading(&format!("kubectl get secret {secret} -o jsonpath='{{.data.ca\\.crt}}' | base64 -d"));
    print!("{}", pipeline.ca_certificate()?);
    let topics = ["bin/kafka-topics.sh", "--list", "--bootstrap-server", "localhost:9092"];
    heading(&format!("kubectl exec {} -c kafka -- {}", first_broker(), topics.join(" ")));
    print!("{}", pipeline.exec(&first_broker(), &topics)?);
    heading("kubectl get kafkapipelines");
    print!("{}", pipeline.table()?);
    let plugin = plugin()?;
    heading("kubectl kafkapipelines status");
    let status = Command::new(plugin.join("kubectl-kafkapipelines"))
        .args(["status", "--namespace", NAMESPACE, "--kubeconfig"])
        .arg(cluster.kubeconfig())
        .env("NO_PROXY", "*")
        .status()?;
    ensure!(status.success(), "kubectl kafkapipelines status failed");
    say_how_to_go_on(cluster, &plugin);
    Ok(())
}

/// The folder of the kubectl plugin, built where xtask itself was.
fn plugin() -> Result<PathBuf> {
    cargo(&["build", "--quiet", "--package", "kafkapipelines-cli"])?;
    let xtask = std::env::current_exe()?;
    Ok(xtask.parent().context("xtask is in a folder")?.to_owned())
}

fn say_how_to_go_on(cluster: &Cluster, plugin: &Path) {
    heading("Go on");
    let kubectl = cluster.kubectl_program().program().parent().unwrap_or(plugin);
    println!("export KUBECONFIG={}", cluster.kubeconfig().display());
    println!("export PATH={}:{}:$PATH", kubectl.display(), plugin.display());
    println!("kubectl config set-context --current --namespace={NAMESPACE}");
    println!("kubectl kafkapipelines status --watch");
    if cluster.nodes().is_empty() {
        println!("kubectl delete namespace {NAMESPACE}   # takes all of it down, volumes too");
    } else {
        println!("cargo xtask cluster down            # stops the cluster; with --purge its state goes too");
    }
}

fn first_broker() -> String {
    format!("{PIPELINE}-broker-0")
}

fn heading(text: &str) {
    println!("\n== {text}");
}
