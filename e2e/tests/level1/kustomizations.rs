//! Every folder that `kubectl apply -k` is meant for is accepted as it stands, by a real API server.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::cluster::Cluster;
use serde_json::{Value, json};
use walkdir::WalkDir;

use crate::bed;

const FOLDERS: [&str; 4] = ["crds/yaml", "operator/install", "examples", "overlays"];
/// What the ways to install share: no more than a part of each.
const PART: &str = "operator/install/base";

#[test]
fn every_kustomization_is_accepted() -> Result<()> {
    let cluster = bed::cluster_with_crds()?;
    let folders = folders_to_apply()?;
    ensure!(folders.len() >= 10, "{folders:?}");
    let problems: Vec<_> =
        folders.iter().filter_map(|folder| problem(&cluster, &folder.display().to_string())).collect();
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

/// Folders with a kustomization that is neither a component nor a part.
fn folders_to_apply() -> Result<Vec<PathBuf>> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for entry in FOLDERS.iter().flat_map(|folder| WalkDir::new(project.join(folder))) {
        let path = entry?.into_path();
        let folder = path.parent().context("a file is in a folder")?;
        let is_kustomization = path.ends_with("kustomization.yaml") && folder != project.join(PART);
        if is_kustomization && !fs::read_to_string(&path)?.contains("kind: Component") {
            found.push(folder.to_owned());
        }
    }
    Ok(found)
}

/// Why a folder is not accepted.
fn problem(cluster: &Cluster, folder: &str) -> Option<String> {
    try_to_apply(cluster, folder).err().map(|error| format!("{folder}: {error:#}"))
}

fn try_to_apply(cluster: &Cluster, folder: &str) -> Result<()> {
    let objects: Vec<Value> = serde_saphyr::from_multiple(&cluster.kubectl(["kustomize", folder])?)?;
    let namespaces: BTreeSet<_> = objects.iter().filter_map(|it| it["metadata"]["namespace"].as_str()).collect();
    for name in namespaces {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        cluster.kubectl_program().apply(&namespace.to_string())?;
    }
    let apply = ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "--kustomize"];
    let accepted = cluster.kubectl(apply.into_iter().chain([folder]))?;
    ensure!(accepted.lines().count() == objects.len(), "{accepted}");
    Ok(())
}
