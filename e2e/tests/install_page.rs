//! docs/install.md does what it says: each way goes from nothing to Ready, to another version, and back to nothing.
//!
//! The blocks run as they stand. What is not real: docker is a double, and the other version is the same one under another tag.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use kafkapipelines_e2e::cluster::{self, Cluster, Places, step};
use kafkapipelines_e2e::document::{self, Environment, Page};
use kafkapipelines_e2e::image::kafka::Version;
use kafkapipelines_e2e::installation::{NAMESPACE, provide_images, remove_namespace};

const PAGE: &str = "docs/install.md";
const IMAGE: &str = "The image";
const KUBECTL: &str = "With kubectl";
const HELM: &str = "With Helm";
/// Tried by the suite `gitops`, which has an Argo CD.
const ARGO_CD: &str = "With Argo CD";

#[test]
fn with_kubectl() -> Result<()> {
    try_out(KUBECTL, &[])
}

#[test]
fn with_helm() -> Result<()> {
    try_out(HELM, &["helm"])
}

#[test]
fn no_block_is_left_out() -> Result<()> {
    let sections = [IMAGE, KUBECTL, HELM, ARGO_CD].map(|heading| document::section(PAGE, heading));
    let tried: Vec<_> = sections.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flat_map(|it| it.steps).collect();
    assert_eq!(Page::read(PAGE)?.steps(), tried);
    Ok(())
}

/// Runs the blocks that build the image, and those of one way.
fn try_out(way: &str, programs: &[&str]) -> Result<()> {
    let places = Places::from_env()?;
    let cluster = Cluster::level2(&places, 1)?;
    provide_images(&cluster, &[Version::V3_9_0])?;
    step("nothing is installed", || remove_everything(&cluster))?;
    let programs = programs.iter().map(|name| cluster::program(&places, name)).collect::<Result<Vec<PathBuf>>>()?;
    let environment = Environment::new(&cluster, &programs)?;
    for heading in [IMAGE, way] {
        document::section(PAGE, heading)?.run(&environment)?;
    }
    let left = installed(&cluster)?;
    ensure!(left.is_empty(), "the page leaves behind: {left:?}");
    Ok(())
}

/// What other suites left; pipelines go with their definitions.
fn remove_everything(cluster: &Cluster) -> Result<()> {
    remove_namespace(cluster, NAMESPACE)?;
    let left = installed(cluster)?;
    if !left.is_empty() {
        let delete = ["delete", "--timeout=2m"].map(str::to_owned);
        cluster.kubectl(delete.iter().chain(&left))?;
    }
    Ok(())
}

/// What an installation has outside of its namespace, and the namespace.
fn installed(cluster: &Cluster) -> Result<Vec<String>> {
    let kinds = "customresourcedefinitions,namespaces,clusterroles,clusterrolebindings";
    let all = cluster.kubectl(["get", kinds, "--output=name"])?;
    let namespace = format!("namespace/{NAMESPACE}");
    let ours = all.lines().filter(|name| name.contains("kafkapipelines") || **name == namespace);
    Ok(ours.map(str::to_owned).collect())
}
