//! Helm installs, upgrades, rolls back and uninstalls, and Kafka serves all the while.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::cluster::{Cluster, Helm, Places, step, until};
use kafkapipelines_e2e::image::kafka::Version;
use kafkapipelines_e2e::installation::{Client, Pipeline, Producer, remove_namespace};
use serde_json::{Value, json};
use walkdir::WalkDir;

use super::bed::{READY_WITHIN, TOPIC, bootstrap, cluster};

/// As long as its Pods may take to end.
const GONE_WITHIN: Duration = Duration::from_mins(1);
const NAMESPACE: &str = "helm";
/// The pipeline's, and its release's.
const NAME: &str = "logs";
const CHARTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../charts");
const SMALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/level2/small-values.yaml");
const NEXT_VERSION: &str = "0.99.0";
/// What the next version of the definitions shows of a pipeline.
const COLUMN: &str = "Next";
const DEFINITIONS: &str = "kafkapipelines-crds";
const OPERATOR: &str = "kafkapipelines-operator";

/// A release: its name, its chart, its values, and what is changed of them later.
struct Release {
    name: &'static str,
    chart: &'static str,
    values: &'static [&'static str],
    changed: &'static [&'static str],
}

const RELEASES: [Release; 3] = [
    Release { name: DEFINITIONS, chart: DEFINITIONS, values: &[], changed: &[] },
    // Its Pods are made anew.
    Release { name: OPERATOR, chart: OPERATOR, values: &[], changed: &["--set", "log.format=json"] },
    PIPELINE,
];
const PIPELINE: Release = Release {
    name: NAME,
    chart: "log-pipeline",
    values: &["--values", SMALL],
    changed: &["--set", "topics[0].name=added"],
};

#[test]
fn releases_come_change_and_go_while_kafka_serves() -> Result<()> {
    let bed = step("installed by Helm", Bed::install)?;
    bed.pipeline.await_ready(READY_WITHIN)?;
    let client = Client::start(&bed.pipeline, Version::V3_9_0)?;
    let (server, nodes) = (bootstrap(&bed.pipeline, 9092), bed.pipeline.pod_uids()?);
    ensure!(nodes.len() == 1, "{nodes:?}");
    bed.create_topic()?;
    let producer = Producer::start(&client, &server, TOPIC)?;

    bed.bring("upgrade", &PIPELINE, Path::new(CHARTS), PIPELINE.changed)?;
    bed.serves_on(&nodes)?;
    ensure!(bed.topics()? == json!(["added"]), "helm upgrade has not reached the pipeline: {}", bed.topics()?);

    step("upgraded by Helm", || bed.upgrade())?;
    bed.serves_on(&nodes)?;
    ensure!(bed.versions()?.values().all(|version| version.ends_with(NEXT_VERSION)), "{:?}", bed.versions()?);
    ensure!(bed.columns()?.contains(COLUMN), "the definitions are the old ones: {}", bed.columns()?);

    step("rolled back by Helm", || bed.roll_back())?;
    bed.serves_on(&nodes)?;
    ensure!(bed.topics()? == json!([]), "helm rollback has not reached the pipeline: {}", bed.topics()?);
    ensure!(!bed.columns()?.contains(COLUMN), "the definitions are the new ones: {}", bed.columns()?);

    step("operator uninstalled by Helm", || bed.uninstall_operator())?;
    bed.serves_on(&nodes)?;
    producer.all_arrived()?;
    bed.helm(&["uninstall", NAME])?;
    ensure!(bed.pipeline.kubectl(&["get", "kafkapipelines", "--output=name"])?.is_empty(), "{}", bed.pipeline.table()?);
    remove_namespace(&bed.cluster, NAMESPACE)
}

/// The releases, in a namespace of their own.
struct Bed {
    cluster: Cluster,
    helm: Helm,
    pipeline: Pipeline,
}

impl Bed {
    fn install() -> Result<Self> {
        let cluster = cluster(1)?;
        remove_namespace(&cluster, NAMESPACE)?;
        let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}});
        cluster.kubectl_program().apply(&namespace.to_string())?;
        let helm = Helm::new(&Places::from_env()?, &cluster)?;
        let bed = Self { pipeline: Pipeline::new(&cluster, NAMESPACE, NAME), helm, cluster };
        // The cluster has the definitions already, from kustomize: this is how one goes over to Helm.
        let over = ["--take-ownership"];
        RELEASES.iter().try_for_each(|release| bed.bring("install", release, Path::new(CHARTS), &over))?;
        Ok(bed)
    }

    fn helm(&self, arguments: &[&str]) -> Result<String> {
        self.helm.run([arguments, &["--namespace", NAMESPACE]].concat())
    }

    /// Installs or upgrades a release from a folder of charts.
    fn bring(&self, verb: &str, release: &Release, charts: &Path, more: &[&str]) -> Result<()> {
        let chart = charts.join(release.chart);
        let what = [verb, release.name, chart.to_str().context("a path")?, "--wait", "--timeout=3m"];
        self.helm(&[&what[..], release.values, more].concat()).map(drop)
    }

    fn create_topic(&self) -> Result<()> {
        let create = ["bin/kafka-topics.sh", "--create", "--bootstrap-server", "localhost:9092", "--topic", TOPIC];
        self.pipeline.exec("logs-node-0", &create).map(drop)
    }

    /// To a next version of each chart, with other values.
    fn upgrade(&self) -> Result<()> {
        let charts = tempfile::tempdir()?;
        RELEASES.iter().try_for_each(|release| {
            next_version(release.chart, charts.path())?;
            self.bring("upgrade", release, charts.path(), release.changed)
        })
    }

    fn roll_back(&self) -> Result<()> {
        let mut releases = RELEASES.iter().rev();
        releases.try_for_each(|release| self.helm(&["rollback", release.name, "1", "--wait", "--timeout=3m"]).map(drop))
    }

    /// The operator and the definitions, as far as they go.
    fn uninstall_operator(&self) -> Result<()> {
        for release in [OPERATOR, DEFINITIONS] {
            self.helm(&["uninstall", release, "--wait", "--timeout=3m"])?;
        }
        let kinds = "deployments,pods,serviceaccounts,roles,rolebindings,poddisruptionbudgets,networkpolicies";
        let of_release = format!("--selector=app.kubernetes.io/instance={OPERATOR}");
        until("nothing is left of the operator", GONE_WITHIN, || {
            Ok(self.pipeline.kubectl(&["get", kinds, &of_release, "--output=name"])?.is_empty())
        })
    }

    /// Whether the pipeline is there, Ready, and its Pods are still those.
    fn serves_on(&self, nodes: &BTreeMap<String, String>) -> Result<()> {
        self.pipeline.await_ready(READY_WITHIN)?;
        let now = self.pipeline.pod_uids()?;
        ensure!(now == *nodes, "Kafka was restarted: {nodes:?}, now {now:?}");
        Ok(())
    }

    /// The names of the topics in the pipeline's spec.
    fn topics(&self) -> Result<Value> {
        let topics = self.pipeline.object_itself()?["spec"]["topics"].take();
        Ok(topics.as_array().into_iter().flatten().map(|topic| topic["name"].clone()).collect())
    }

    /// The chart of each release, with its version.
    fn versions(&self) -> Result<BTreeMap<String, String>> {
        let releases: Vec<Value> = serde_json::from_str(&self.helm(&["list", "--output=json"])?)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(releases.iter().map(|release| (text(&release["name"]), text(&release["chart"]))).collect())
    }

    /// What `kubectl get` shows of a pipeline.
    fn columns(&self) -> Result<String> {
        let columns = "--output=jsonpath={.spec.versions[0].additionalPrinterColumns[*].name}";
        self.cluster.kubectl(["get", "crd", "logpipelines.kafkapipelines.io", columns])
    }
}

/// A copy of a chart with a higher version, and another definition of pipelines where it has one.
fn next_version(chart: &str, folder: &Path) -> Result<()> {
    let from = Path::new(CHARTS).join(chart);
    let to = folder.join(chart);
    for entry in WalkDir::new(&from) {
        let entry = entry?;
        let copy = to.join(entry.path().strip_prefix(&from)?);
        if entry.file_type().is_dir() { fs::create_dir(copy)? } else { fs::copy(entry.path(), copy).map(drop)? }
    }
    change(&to.join("Chart.yaml"), |chart| chart["version"] = json!(NEXT_VERSION))?;
    let definition = to.join("files/logpipelines.yaml");
    if definition.exists() {
        change(&definition, |definition| {
            let columns = definition.pointer_mut("/spec/versions/0/additionalPrinterColumns");
            let column = json!({"name": COLUMN, "type": "string", "jsonPath": ".spec.kafka.version"});
            columns.and_then(Value::as_array_mut).into_iter().for_each(|columns| columns.push(column.clone()));
        })?;
    }
    Ok(())
}

/// Changes a YAML file; it is JSON then, which is YAML too.
fn change(file: &Path, change: impl FnOnce(&mut Value)) -> Result<()> {
    let mut content: Value = serde_saphyr::from_str(&fs::read_to_string(file)?)?;
    change(&mut content);
    Ok(fs::write(file, content.to_string())?)
}
