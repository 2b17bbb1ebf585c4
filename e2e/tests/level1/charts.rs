//! The charts by the real Helm: what they render is judged by a real API server to the last field.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::cluster::{Cluster, Helm, Places};
use kafkapipelines_e2e::reference;
use serde_json::Value;

use crate::bed::{self, TestNamespace};
use crate::object::name;

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const CHARTS: [&str; 3] = ["kafkapipelines-crds", "kafkapipelines-operator", "log-pipeline"];
const POD_MONITOR: &str = include_str!("pod-monitor.yaml");

#[test]
fn whatever_the_values_a_chart_passes_the_linter_and_the_api_server() -> Result<()> {
    let bed = Bed::new()?;
    let namespace = TestNamespace::create(&bed.cluster, "charts")?;
    for chart in CHARTS {
        let all_values = values_of(chart)?;
        ensure!(!all_values.is_empty(), "{chart} has no values to try");
        for values in all_values {
            let path = values.to_str().context("a path")?;
            bed.helm.run(["lint", "--strict", "--values", path, &folder(chart)])?;
            let rendered = bed.template(chart, namespace.name(), &["--values", path])?;
            is_accepted(&bed.cluster, &rendered).with_context(|| path.to_owned())?;
        }
    }
    Ok(())
}

/// Chart, what is set, and what the refusal says: the value's name.
const WRONG: [(&str, &str, &str); 16] = [
    ("kafkapipelines-crds", "keep=perhaps", "'/keep': got string, want boolean"),
    ("kafkapipelines-crds", "labels.team=1", "'/labels/team': got number, want string"),
    ("kafkapipelines-crds", "kept=true", "'kept' not allowed"),
    ("kafkapipelines-operator", "replicas=many", "'/replicas': got string, want integer"),
    ("kafkapipelines-operator", "scope=Everywhere", "'/scope': value must be one of 'Namespaced', 'ClusterWide'"),
    ("kafkapipelines-operator", "image.tagg=1", "'/image': additional properties 'tagg' not allowed"),
    ("kafkapipelines-operator", "image.digest=latest", "'/image/digest'"),
    ("kafkapipelines-operator", "podDisruptionBudget.maxUnavailable=0", "'/podDisruptionBudget/maxUnavailable'"),
    ("kafkapipelines-operator", "monitoring.podMonitor.interval=soon", "'/monitoring/podMonitor/interval'"),
    ("log-pipeline", "kafka.version=3", "'/kafka/version': got number, want string"),
    (
        "log-pipeline",
        "kafka.listeners[0].type=open",
        "'/kafka/listeners/0/type': value must be one of 'internal', 'ingress'",
    ),
    ("log-pipeline", "pools.broker.replicas=many", "'/pools/broker/replicas': got string, want integer"),
    (
        "log-pipeline",
        "pools.broker.roles[0]=boss",
        "'/pools/broker/roles/0': value must be one of 'controller', 'broker'",
    ),
    ("log-pipeline", "pools.broker.role=broker", "'/pools/broker': additional properties 'role' not allowed"),
    ("log-pipeline", "pools.Broker_1.replicas=1", "'Broker_1'"),
    ("log-pipeline", "consumerz.store.replicas=1", "'consumerz' not allowed"),
];

#[test]
fn a_wrong_value_is_refused_by_its_name() -> Result<()> {
    let bed = Bed::new()?;
    for (chart, set, says) in WRONG {
        let answer = bed.template(chart, "kafka", &["--set", set]);
        let refusal = answer.err().with_context(|| format!("{chart} takes {set}"))?;
        ensure!(format!("{refusal:#}").contains(says), "{chart}, {set}: {refusal:#}");
    }
    Ok(())
}

#[test]
fn the_chart_grants_what_the_manifests_grant() -> Result<()> {
    let bed = Bed::new()?;
    for (values, namespace, base) in [
        ("default-values.yaml", "kafka", "operator/install/namespaced"),
        ("rack-values.yaml", "kafka", "overlays/racks/operator"),
        ("cluster-wide-values.yaml", "kafkapipelines", "operator/install/cluster-wide"),
    ] {
        let chart = "kafkapipelines-operator";
        let values = format!("{}/ci/{values}", folder(chart));
        let rendered = grants(&bed.template(chart, namespace, &["--values", &values])?)?;
        let built = grants(&bed.cluster.kubectl(["kustomize", &format!("{PROJECT}/{base}")])?)?;
        ensure!(built.len() >= 2 && rendered == built, "{values}: {rendered:#?}\nbeside {base}: {built:#?}");
    }
    Ok(())
}

#[test]
fn a_file_of_values_is_the_reference_installation() -> Result<()> {
    let bed = Bed::new()?;
    let values = format!("{}/ci/reference-values.yaml", folder("log-pipeline"));
    let rendered = specs(&documents(&bed.template("log-pipeline", "kafka", &["--values", &values])?)?);
    let example = specs(&reference::documents()?);
    ensure!(rendered == example, "{rendered:#?}\nbeside the example: {example:#?}");
    Ok(())
}

/// Helm, and level 1 with our kinds and the Prometheus operator's.
struct Bed {
    cluster: Cluster,
    helm: Helm,
}

impl Bed {
    fn new() -> Result<Self> {
        let cluster = bed::cluster_with_crds()?;
        cluster.kubectl_program().apply(POD_MONITOR)?;
        cluster.kubectl_program().await_definitions(&["podmonitors.monitoring.coreos.com"])?;
        Ok(Self { helm: Helm::new(&Places::from_env()?, &cluster)?, cluster })
    }

    /// `helm template` of a release that has the chart's name.
    fn template(&self, chart: &str, namespace: &str, values: &[&str]) -> Result<String> {
        let folder = folder(chart);
        self.helm.run([&["template", chart, &folder, "--namespace", namespace], values].concat())
    }
}

/// A dry run in the API server: unknown fields, wrong types and what our own schemas refuse are errors.
fn is_accepted(cluster: &Cluster, manifest: &str) -> Result<()> {
    let documents = documents(manifest)?;
    let dry_run =
        ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "--filename=-"];
    let accepted = cluster.kubectl_program().run_with_input(&dry_run, manifest)?;
    ensure!(accepted.lines().count() == documents.len(), "{} documents: {accepted}", documents.len());
    Ok(())
}

fn folder(chart: &str) -> String {
    format!("{PROJECT}/charts/{chart}")
}

/// The files of values that the chart is tried with.
fn values_of(chart: &str) -> Result<Vec<PathBuf>> {
    let files = fs::read_dir(Path::new(&folder(chart)).join("ci"))?;
    files.map(|file| Ok(file?.path())).collect()
}

fn documents(manifest: &str) -> Result<Vec<Value>> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(manifest)?;
    Ok(documents.into_iter().filter(Value::is_object).collect())
}

/// Each binding with the rules of its role, whatever their names.
fn grants(manifest: &str) -> Result<BTreeSet<String>> {
    let documents = documents(manifest)?;
    let rules_of = |kind: &Value, role: &Value| {
        let found = documents.iter().find(|it| it["kind"] == *kind && it["metadata"]["name"] == *role);
        found.map(|role| role["rules"].clone()).with_context(|| format!("{kind} {role}"))
    };
    let bindings = documents.iter().filter(|it| it["roleRef"].is_object());
    let grant = |binding: &Value| -> Result<String> {
        let role = &binding["roleRef"];
        let rules = rules_of(&role["kind"], &role["name"])?;
        let within = &binding["metadata"]["namespace"];
        Ok(format!("{}: {} in {within} to {}", role["kind"], rules, binding["subjects"]))
    };
    bindings.map(grant).collect()
}

/// Namespace, kind and name of each document, and its spec.
fn specs(documents: &[Value]) -> BTreeMap<String, Value> {
    let key = |it: &Value| format!("{} {} {}", it["metadata"]["namespace"], it["kind"], name(it));
    documents.iter().map(|it| (key(it), it["spec"].clone())).collect()
}
