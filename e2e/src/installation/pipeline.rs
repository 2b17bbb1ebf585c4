//! A pipeline as it is applied, and how it comes up.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::kustomization;
use crate::cluster::{Cluster, Kubectl, until};

/// Part of an overlay: what the example leaves to the cluster, Kafka nodes so small that six of them share a laptop.
pub const SMALL: &str = r"patches:
  - target: {kind: KafkaNodePool}
    patch: |-
      apiVersion: kafkapipelines.io/v1alpha1
      kind: KafkaNodePool
      metadata: {name: any}
      spec:
        resources:
          requests: {cpu: 100m, memory: 384Mi}
          limits: {memory: 640Mi}
        jvm: {heap: 256Mi}
";

/// A LogPipeline of a cluster.
#[derive(Debug, Clone)]
pub struct Pipeline {
    kubectl: Kubectl,
    namespace: String,
    name: String,
}

impl Pipeline {
    /// The pipeline `name`, there or not.
    pub fn new(cluster: &Cluster, namespace: &str, name: &str) -> Self {
        let kubectl = cluster.kubectl_program().clone();
        Self { kubectl, namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// Its namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `kubectl apply --server-side` of the file with its objects; `overlay` is more of a kustomization.yaml, such as [`SMALL`].
    ///
    /// # Errors
    /// When the API server refuses one.
    pub fn apply(&self, manifest: &Path, overlay: &str) -> Result<()> {
        kustomization::apply(&self.kubectl, &[manifest], overlay)
    }

    /// kubectl in the pipeline's namespace, for callers who handle its output themselves.
    pub fn kubectl_command(&self) -> Command {
        let mut command = self.kubectl.command();
        command.args(["--namespace", &self.namespace]);
        command
    }

    /// kubectl in the pipeline's namespace.
    ///
    /// # Errors
    /// When kubectl ends with another status than 0; the error holds its standard error.
    pub fn kubectl(&self, args: &[&str]) -> Result<String> {
        self.kubectl.run(["--namespace", &self.namespace].iter().chain(args))
    }

    /// As [`Self::kubectl`], with `input` on kubectl's standard input.
    ///
    /// # Errors
    /// As [`Self::kubectl`].
    pub fn kubectl_with_input(&self, args: &[&str], input: &str) -> Result<String> {
        self.kubectl.run_with_input(&[&["--namespace", &self.namespace], args].concat(), input)
    }

    /// `kubectl apply --server-side` of a manifest in the pipeline's namespace.
    ///
    /// # Errors
    /// When the API server refuses it.
    pub fn apply_text(&self, manifest: &str) -> Result<()> {
        self.kubectl_with_input(&["apply", "--server-side", "--force-conflicts", "--filename=-"], manifest)?;
        Ok(())
    }

    /// Starts a Pod in place of a former one of that name, and returns when it is ready.
    ///
    /// # Errors
    /// When it is refused or does not become ready in time.
    pub fn replace_pod(&self, name: &str, manifest: &str) -> Result<()> {
        self.kubectl(&["delete", "pod", name, "--ignore-not-found"])?;
        self.apply_text(manifest)?;
        self.kubectl(&["wait", "pod", name, "--for=condition=Ready", "--timeout=120s"])?;
        Ok(())
    }

    /// Runs a program in the Kafka container of a Pod, from Kafka's home.
    ///
    /// # Errors
    /// When it ends with another status than 0.
    pub fn exec(&self, pod: &str, program: &[&str]) -> Result<String> {
        self.kubectl(&[&["exec", pod, "--container=kafka", "--"], program].concat())
    }

    /// The object `kind/name` of its namespace.
    ///
    /// # Errors
    /// When there is none.
    pub fn object(&self, kind: &str, name: &str) -> Result<Value> {
        let json = self.kubectl(&["get", kind, name, "--output=json"])?;
        serde_json::from_str(&json).with_context(|| format!("read {kind} {name}"))
    }

    /// The LogPipeline itself.
    ///
    /// # Errors
    /// When there is none.
    pub fn object_itself(&self) -> Result<Value> {
        self.object("logpipeline", &self.name)
    }

    /// The whole certificate of the authority that clients trust, as the documented command prints it.
    ///
    /// # Errors
    /// When the Secret is not there.
    pub fn ca_certificate(&self) -> Result<String> {
        let secret = format!("{}-cluster-ca-cert", self.name);
        self.kubectl(&["get", "secret", &secret, r#"--output=go-template={{index .data "ca.crt" | base64decode}}"#])
    }

    /// uid of each Kafka Pod by its name.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub fn pod_uids(&self) -> Result<BTreeMap<String, String>> {
        let rows = r#"--output=jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{"\n"}{end}"#;
        let rows = self.kubectl(&["get", "pods", &self.kafka_pods(), rows])?;
        Ok(rows.lines().filter_map(|row| row.split_once(' ')).map(|(pod, uid)| (pod.into(), uid.into())).collect())
    }

    /// Selects the Kafka Pods, as an argument of kubectl.
    pub fn kafka_pods(&self) -> String {
        format!("--selector=kafkapipelines.io/pipeline={},app.kubernetes.io/name=kafka", self.name)
    }

    /// The status condition `kind`, `null` without one.
    ///
    /// # Errors
    /// When the pipeline is not there.
    pub fn condition(&self, kind: &str) -> Result<Value> {
        Ok(condition(&self.object_itself()?, kind).cloned().unwrap_or_default())
    }

    /// Waits until the status speaks of the newest spec and says Ready.
    ///
    /// # Errors
    /// When `deadline` passes first; the error holds what the objects say then.
    pub fn await_ready(&self, deadline: Duration) -> Result<()> {
        until(&format!("{} Ready", self.name), deadline, || {
            Ok(self.object_itself().is_ok_and(|object| is_ready(&object)))
        })
        .map_err(|error| error.context(self.table().unwrap_or_default()))
    }

    /// As [`Self::await_ready`], and prints each row of `kubectl get kafkapipelines` when it changes.
    ///
    /// # Errors
    /// As [`Self::await_ready`].
    pub fn await_ready_with_progress(&self, deadline: Duration) -> Result<()> {
        let began = Instant::now();
        let mut shown = HashMap::new();
        until(&format!("{} Ready", self.name), deadline, || {
            for (name, state) in self.rows()? {
                if shown.get(&name) != Some(&state) {
                    eprintln!("{:>5} s  {name:<58} {state}", began.elapsed().as_secs());
                    shown.insert(name, state);
                }
            }
            Ok(is_ready(&self.object_itself()?))
        })
    }

    /// `kubectl get kafkapipelines`.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub fn table(&self) -> Result<String> {
        self.kubectl(&["get", "kafkapipelines"])
    }

    /// The rows of that table: object, and the columns without its age.
    fn rows(&self) -> Result<Vec<(String, String)>> {
        let table = self.kubectl(&["get", "kafkapipelines", "--no-headers"])?;
        let row = |line: &str| {
            let mut columns = line.split_whitespace();
            let name = columns.next()?.replace(".kafkapipelines.io", "");
            let mut state: Vec<_> = columns.collect();
            state.pop();
            Some((name, state.join("  ")))
        };
        Ok(table.lines().filter_map(row).collect())
    }
}

fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == kind)
}

/// Whether the status condition `Ready` is True and speaks of the newest spec.
fn is_ready(object: &Value) -> bool {
    condition(object, "Ready").is_some_and(|ready| {
        ready["status"] == "True" && ready["observedGeneration"] == object["metadata"]["generation"]
    })
}
