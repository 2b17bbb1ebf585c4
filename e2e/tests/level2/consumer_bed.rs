//! One node, a store that fails when it is told to, and a consumer between them, in a namespace of their own.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Result;
use kafkapipelines_e2e::cluster::{Cluster, step, until};
use kafkapipelines_e2e::image::{Image, kafka::Version};
use kafkapipelines_e2e::installation::{Client, Operator, Pipeline, provide_store, remove_namespace};
use kafkapipelines_e2e::operator_process::programs;
use serde_json::Value;

use super::bed::{READY_WITHIN, bootstrap, cluster};
use super::load::{self, Line, Load};
use super::store_double::StoreDouble;

/// Name of the consumer, of its sink and of the store.
pub const CONSUMER: &str = "store";
/// Longer than the partitions of a member that was killed stand still, than the longest pause between two tries, and than a member that stays
/// out of its group is left alone.
pub const SOON: Duration = Duration::from_mins(4);
const MANIFEST: &str = include_str!("consumer_bed.yaml");

/// The installation, and lines that are written to its topic `lines`.
pub struct ConsumerBed {
    pub cluster: Cluster,
    pub pipeline: Pipeline,
    pub client: Client,
    pub load: Load,
}

impl ConsumerBed {
    /// In an empty namespace; its consumer has one member, which is ready.
    pub fn install(namespace: &str) -> Result<Self> {
        Self::install_with(namespace, Image::StoreDouble, MANIFEST, load::line)
    }

    /// The same with another store and another consumer, and other lines.
    pub fn install_with(namespace: &str, store: Image, manifest: &str, line: Line) -> Result<Self> {
        let cluster = cluster(1)?;
        let manifest = manifest.replace("{{store}}", &store.reference());
        provide_store(&cluster, store)?;
        remove_namespace(&cluster, namespace)?;
        Operator::install(&cluster, namespace)?;
        let pipeline = Pipeline::new(&cluster, namespace, "small");
        pipeline.apply_text(&manifest)?;
        step("one node, a consumer and a store", || pipeline.await_ready(READY_WITHIN))?;
        pipeline.kubectl(&["wait", "pod", "store", "--for=condition=Ready", "--timeout=120s"])?;
        let client = Client::start(&pipeline, Version::V4_3_1)?;
        let load = Load::start(&client, &bootstrap(&pipeline, 9093), "lines", line)?;
        let bed = Self { cluster, pipeline, client, load };
        bed.members_are_ready(1)?;
        Ok(bed)
    }

    /// The store, and its levers.
    pub fn store(&self) -> StoreDouble<'_> {
        StoreDouble { pipeline: &self.pipeline }
    }

    /// Writes so many lines more, and waits until the store gets some that it did not have.
    pub fn lines_arrive(&self, count: usize) -> Result<()> {
        let before = self.store().stored()?.distinct;
        self.load.write(count)?;
        until("the store gets lines", SOON, || Ok(self.store().stored()?.distinct > before))
    }

    pub fn consumer(&self) -> Result<Value> {
        self.pipeline.object("consumer", CONSUMER)
    }

    /// Whether a condition of the consumer has this status, and a message with `text`.
    pub fn consumer_says(&self, kind: &str, status: &str, text: &str) -> Result<bool> {
        let consumer = self.consumer()?;
        let conditions = consumer["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let found = conditions.iter().find(|condition| condition["type"] == kind);
        Ok(found.is_some_and(|found| {
            found["status"] == status && found["message"].as_str().is_some_and(|message| message.contains(text))
        }))
    }

    /// Changes the spec by a merge patch.
    pub fn patch_consumer(&self, patch: &Value) -> Result<()> {
        self.pipeline.kubectl(&["patch", "consumer", CONSUMER, "--type=merge", "--patch", &patch.to_string()]).map(drop)
    }

    /// `kubectl kafkapipelines consumer`, as a person runs it.
    pub fn plugin(&self, arguments: &[&str]) -> Result<Command> {
        plugin(&self.cluster, &self.pipeline, arguments)
    }

    pub fn members_are_ready(&self, count: usize) -> Result<()> {
        let ready = r#"--output=jsonpath={range .items[*].status.conditions[?(@.type=="Ready")]}{.status} {end}"#;
        let selector = format!("--selector=kafkapipelines.io/consumer={CONSUMER}");
        until(&format!("{count} members ready"), SOON, || {
            let ready = self.pipeline.kubectl(&["get", "pods", &selector, ready])?;
            Ok(ready.split_whitespace().eq(std::iter::repeat_n("True", count)))
        })
    }

    /// uids of the members' Pods.
    pub fn member_uids(&self) -> Result<String> {
        let selector = format!("--selector=kafkapipelines.io/consumer={CONSUMER}");
        self.pipeline.kubectl(&["get", "pods", &selector, "--output=jsonpath={.items[*].metadata.uid}"])
    }

    pub fn kill_members(&self) -> Result<()> {
        self.kill(&format!("kafkapipelines.io/consumer={CONSUMER}"))?;
        self.members_are_ready(1)
    }

    pub fn kill_operator(&self) -> Result<()> {
        self.kill("app.kubernetes.io/name=kafkapipelines-operator")
    }

    fn kill(&self, selector: &str) -> Result<()> {
        let pods = ["delete", "pods", &format!("--selector={selector}"), "--grace-period=0", "--force"];
        self.pipeline.kubectl(&pods).map(drop)
    }

    pub fn remove(&self) -> Result<()> {
        remove_namespace(&self.cluster, self.pipeline.namespace())
    }
}

/// `kubectl kafkapipelines consumer`, as a person runs it.
pub fn plugin(cluster: &Cluster, pipeline: &Pipeline, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(programs::plugin()?);
    command.arg("consumer").args(arguments).args(["--namespace", pipeline.namespace(), "--kubeconfig"]);
    command.arg(cluster.kubeconfig()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}
