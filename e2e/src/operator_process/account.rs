//! The ServiceAccount of the operator, bound by the RBAC of `operator/install`, and a kubeconfig with its token.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::cluster::Cluster;

const NAME: &str = "kafkapipelines-operator";
const INSTALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../operator/install");

/// The custom resource definitions, served.
///
/// # Errors
/// When the API server refuses one, or does not serve it in time.
pub fn install_definitions(cluster: &Cluster) -> Result<()> {
    let crds = concat!(env!("CARGO_MANIFEST_DIR"), "/../crds/yaml");
    cluster.kubectl(["apply", "--server-side", "--force-conflicts", "--kustomize", crds])?;
    cluster.kubectl_program().await_definitions(&[
        "consumers.kafkapipelines.io",
        "kafkanodepools.kafkapipelines.io",
        "logpipelines.kafkapipelines.io",
    ])
}

/// Who the operator is, and what it watches.
#[derive(Debug, Clone)]
pub struct Account {
    kubeconfig: PathBuf,
    namespace: String,
    watched: Vec<String>,
}

impl Account {
    /// As `operator/install/namespaced` has it, for the namespace `namespace`, which must exist. `dir` keeps the kubeconfig.
    ///
    /// # Errors
    /// When the API server refuses something.
    pub fn namespaced(cluster: &Cluster, namespace: &str, dir: &Path) -> Result<Self> {
        Self::install(cluster, &["namespaced"], namespace, dir, vec![namespace.to_owned()])
    }

    /// As [`Self::namespaced`], with the component `operator/install/rack`.
    ///
    /// # Errors
    /// When the API server refuses something.
    pub fn namespaced_with_racks(cluster: &Cluster, namespace: &str, dir: &Path) -> Result<Self> {
        Self::install(cluster, &["namespaced", "rack"], namespace, dir, vec![namespace.to_owned()])
    }

    /// As `operator/install/cluster-wide` has it, living in `namespace`, which must exist: it watches all namespaces.
    ///
    /// # Errors
    /// When the API server refuses something.
    pub fn cluster_wide(cluster: &Cluster, namespace: &str, dir: &Path) -> Result<Self> {
        Self::install(cluster, &["cluster-wide"], namespace, dir, Vec::new())
    }

    /// Its name in the audit log.
    pub fn user(&self) -> String {
        format!("system:serviceaccount:{}:{NAME}", self.namespace)
    }

    pub(super) fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    pub(super) fn watched(&self) -> &[String] {
        &self.watched
    }

    fn install(cluster: &Cluster, parts: &[&str], namespace: &str, dir: &Path, watched: Vec<String>) -> Result<Self> {
        let mut rights = Vec::new();
        for part in parts {
            let built = cluster.kubectl(["kustomize", &format!("{INSTALL}/{part}")])?;
            let documents: Vec<Value> = serde_saphyr::from_multiple(&built)?;
            rights.extend(documents.into_iter().filter(is_right).map(|document| moved(document, namespace)));
        }
        let list = json!({"apiVersion": "v1", "kind": "List", "items": rights});
        cluster.kubectl_program().apply(&list.to_string())?;
        let kubeconfig = dir.join(format!("{namespace}.kubeconfig"));
        std::fs::write(&kubeconfig, kubeconfig_of(cluster, namespace)?.to_string())?;
        Ok(Self { kubeconfig, namespace: namespace.to_owned(), watched })
    }
}

/// Who may what. The rest of the installation is for a Pod.
fn is_right(document: &Value) -> bool {
    let kind = document["kind"].as_str().unwrap_or_default();
    ["ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"].contains(&kind)
}

/// The document in another namespace, as kustomize's `namespace:` does it.
fn moved(mut document: Value, namespace: &str) -> Value {
    if let Some(own) = document.pointer_mut("/metadata/namespace") {
        *own = json!(namespace);
    }
    for subject in document.get_mut("subjects").and_then(Value::as_array_mut).into_iter().flatten() {
        subject["namespace"] = json!(namespace);
    }
    document
}

/// The administrator's kubeconfig with the account's token in the place of the administrator.
fn kubeconfig_of(cluster: &Cluster, namespace: &str) -> Result<Value> {
    let token = cluster.kubectl(["create", "token", NAME, "--namespace", namespace, "--duration=8h"])?;
    let shown = cluster.kubectl(["config", "view", "--raw", "--minify", "--output=json"])?;
    let mut config: Value = serde_json::from_str(&shown)?;
    config["users"][0]["user"] = json!({"token": token.trim()});
    config.pointer_mut("/contexts/0/context").context("a context")?["namespace"] = json!(namespace);
    Ok(config)
}
