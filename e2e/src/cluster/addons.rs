//! What a cluster's owner installs beside Kubernetes: DNS, storage, network policies, an ingress controller.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::binaries::Binaries;
use super::certificates::Subject;
use super::control_plane::ControlPlane;
use super::kubectl::Kubectl;
use super::network::MACHINE_ADDRESS;
use crate::image::{self, Image};

const MANIFESTS: [&str; 4] = [
    include_str!("../../cluster/manifests/storage.yaml"),
    include_str!("../../cluster/manifests/network-policy.yaml"),
    include_str!("../../cluster/manifests/ingress.yaml"),
    include_str!("../../cluster/manifests/dns.yaml"),
];
const DNS_WITHIN: Duration = Duration::from_secs(60);

/// The images that every node has before its first Pod: what holds a Pod's namespaces, and DNS.
pub(super) fn images(binaries: &Binaries) -> Result<Vec<PathBuf>> {
    image::ensure(&[Image::Pause, Image::Dns(binaries.get("coredns")?)])
}

/// Applies the manifests, unless these were applied before.
pub(super) fn apply(dir: &Path, kubectl: &Kubectl, nodes: u8) -> Result<()> {
    let manifest = MANIFESTS
        .join("\n---\n")
        .replace("{{ingress_address}}", MACHINE_ADDRESS)
        .replace("{{dns_replicas}}", &nodes.min(2).to_string());
    let applied = dir.join("addons.yaml");
    if fs::read_to_string(&applied).is_ok_and(|before| before == manifest) {
        return Ok(());
    }
    kubectl.apply(&manifest)?;
    fs::write(&applied, manifest).with_context(|| format!("write {}", applied.display()))
}

/// Waits until names of the cluster can be resolved.
pub(super) fn await_dns(kubectl: &Kubectl) -> Result<()> {
    let available = r#"jsonpath={.status.conditions[?(@.type=="Available")].status}"#;
    let get = ["--namespace=kube-system", "get", "deployment/coredns", "--output", available];
    kubectl.until("DNS available", DNS_WITHIN, &get, |status| status == "True")
}

/// Starts the stand-in for a storage provider: volumes are folders in `volumes/`.
pub(super) fn start_storage(dir: &Path, binaries: &Binaries, control_plane: &ControlPlane) -> Result<()> {
    let storage = binaries.get("storage")?;
    let user = Subject::user("storage");
    let kubeconfig = control_plane.certificates().kubeconfig("storage", &user, &control_plane.server())?;
    let mut command = Command::new(storage);
    command.arg("--kubeconfig").arg(kubeconfig).arg("--root").arg(dir.join("volumes"));
    control_plane.processes().start("storage", &mut command)
}

/// Starts the ingress controller on the machine's address: class `nginx`, with TLS passthrough.
pub(super) fn start_ingress(binaries: &Binaries, control_plane: &ControlPlane) -> Result<()> {
    let traefik = binaries.get("traefik")?;
    let user = Subject::user("ingress");
    let kubeconfig = control_plane.certificates().kubeconfig("ingress", &user, &control_plane.server())?;
    let mut command = Command::new(traefik);
    command
        .env("KUBECONFIG", kubeconfig)
        .args(["--global.checknewversion=false", "--global.sendanonymoususage=false"])
        .arg(format!("--entrypoints.websecure.address={MACHINE_ADDRESS}:443"))
        .args(["--experimental.kubernetesingressnginx=true", "--providers.kubernetesingressnginx=true"])
        .arg(format!("--providers.kubernetesingressnginx.publishstatusaddress={MACHINE_ADDRESS}"));
    control_plane.processes().start("traefik", &mut command)
}
