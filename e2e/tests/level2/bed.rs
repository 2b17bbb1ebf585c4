//! The cluster and what the tests share on it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::audit::AuditLog;
use kafkapipelines_e2e::cluster::{Cluster, Places, step};
use kafkapipelines_e2e::image::kafka::Version;
use kafkapipelines_e2e::installation::{
    Access, Client, NAMESPACE, Operator, PIPELINE, Pipeline, SMALL, example, provide_images, remove_namespace,
};

pub const READY_WITHIN: Duration = Duration::from_mins(8);
pub const TOPIC: &str = "logs";

/// The reference installation, its operator, and a cluster that holds both.
#[derive(Clone)]
pub struct Bed {
    pub cluster: Cluster,
    pub operator: Operator,
    pub pipeline: Pipeline,
    /// Since before the operator was there.
    pub log: AuditLog,
}

static BED: Mutex<Option<Bed>> = Mutex::new(None);

/// The reference installation, Ready. The first test that asks for it waits while it is made, in an empty namespace.
pub fn reference() -> Result<Bed> {
    let mut bed = BED.lock().unwrap_or_else(PoisonError::into_inner);
    let bed = match &*bed {
        Some(bed) => bed.clone(),
        None => bed.insert(install()?).clone(),
    };
    bed.pipeline.await_ready(READY_WITHIN)?;
    Ok(bed)
}

/// A cluster of at least so many nodes, with all images.
pub fn cluster(nodes: u8) -> Result<Cluster> {
    cluster_with(nodes, &[Version::V3_9_0, Version::V3_9_2, Version::V4_3_1])
}

/// The same with images of these Kafkas alone: each takes its time on each node.
pub fn cluster_with(nodes: u8, kafkas: &[Version]) -> Result<Cluster> {
    let cluster = Cluster::level2(&Places::from_env()?, nodes)?;
    provide_images(&cluster, kafkas)?;
    Ok(cluster)
}

fn install() -> Result<Bed> {
    let cluster = cluster(1)?;
    step("an empty namespace", || remove_namespace(&cluster, NAMESPACE))?;
    let log = AuditLog::from_now(&cluster)?;
    let operator = step("operator", || Operator::install(&cluster, NAMESPACE))?;
    let pipeline = Pipeline::new(&cluster, NAMESPACE, PIPELINE);
    pipeline.apply(&example(), SMALL)?;
    step("reference installation Ready", || pipeline.await_ready(READY_WITHIN))?;
    let bed = Bed { cluster, operator, pipeline, log };
    step("a topic on all brokers", || bed.create_topic(TOPIC))?;
    Ok(bed)
}

impl Bed {
    /// A client that trusts the pipeline's authority of now.
    pub fn client(&self) -> Result<Client> {
        Client::start(&self.pipeline, Version::V3_9_0)
    }

    /// An address of the listener with this port, inside the cluster.
    pub fn bootstrap(&self, port: u16) -> String {
        bootstrap(&self.pipeline, port)
    }

    /// A topic on all of the first three brokers.
    pub fn create_topic(&self, topic: &str) -> Result<()> {
        let create = ["bin/kafka-topics.sh", "--create", "--if-not-exists", "--bootstrap-server", "localhost:9092"];
        let topic = ["--topic", topic, "--partitions", "3", "--replication-factor", "3"];
        self.pipeline.exec(&pod("broker", 0), &[&create[..], &topic].concat()).map(drop)
    }
}

/// One of Kafka's own tools, run in a broker of the reference installation.
pub fn tool(pipeline: &Pipeline, tool: &str, arguments: &[&str]) -> Result<String> {
    let program = format!("bin/{tool}");
    let program = [program.as_str(), "--bootstrap-server", "localhost:9092"];
    pipeline.exec(&pod("broker", 0), &[&program[..], arguments].concat())
}

/// Serial number of the certificate that a node presents at `address`, as a Pod sees it.
pub fn presented(pipeline: &Pipeline, pod: &str, address: &str) -> Result<String> {
    let show = format!("keytool -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -printcert -sslserver {address} 2>&1");
    let printed = pipeline.exec(pod, &["bash", "-c", &show])?;
    let serial = printed.lines().find_map(|line| line.strip_prefix("Serial number: "));
    serial.map(str::to_owned).with_context(|| format!("no certificate in: {printed}"))
}

/// Produces a line through one address and reads it back through another.
pub fn line_passes(client: &Client, access: Access, into: &str, from: &str) -> Result<()> {
    let line = format!("into {into}, out of {from}, at {:?}", std::time::SystemTime::now());
    client.produce(into, access, TOPIC, &line)?;
    assert_eq!(client.consume(from, access, TOPIC, &line, 1)?, [line]);
    Ok(())
}

/// Pod of a node of the reference installation.
pub fn pod(pool: &str, id: i32) -> String {
    format!("{PIPELINE}-{pool}-{id}")
}

/// An address of a pipeline's listener inside the cluster.
pub fn bootstrap(pipeline: &Pipeline, port: u16) -> String {
    format!("{}-kafka-bootstrap.{}.svc:{port}", pipeline.name(), pipeline.namespace())
}
