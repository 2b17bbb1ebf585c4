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

const STORAGE: &str = include_str!("../../cluster/manifests/storage.yaml");
const NETWORK_POLICY: &str = include_str!("../../cluster/manifests/network-policy.yaml");
const INGRESS: &str = include_str!("../../cluster/manifests/ingress.yaml");
const DNS: &str = include_str!("../../cluster/manifests/dns.yaml");
const DNS_WITHIN: Duration = Duration::from_mins(1);

/// The images that every node has before its first Pod: what holds a Pod's namespaces, and DNS.
pub(super) fn images(binaries: &Binaries) -> Result<Vec<PathBuf>> {
    image::ensure(&[Image::Pause, Image::Dns(binaries.get("coredns")?)])
}

/// Applies what the agents need before a node starts: their rights and their classes.
pub(super) fn apply_before_nodes(dir: &Path, kubectl: &Kubectl) -> Result<()> {
    apply(&dir.join("agents.yaml"), kubectl, [STORAGE, NETWORK_POLICY, INGRESS].join("\n---\n"))
}

/// Applies DNS, whose Pods spread over the nodes that are there.
pub(super) fn apply_dns(dir: &Path, kubectl: &Kubectl, nodes: usize) -> Result<()> {
    let manifest =
        DNS.replace("{{ingress_address}}", MACHINE_ADDRESS).replace("{{dns_replicas}}", &nodes.min(2).to_string());
    apply(&dir.join("dns.yaml"), kubectl, manifest)
}

/// Applies a manifest, unless `applied` holds it: then it was applied before.
fn apply(applied: &Path, kubectl: &Kubectl, manifest: String) -> Result<()> {
    if fs::read_to_string(applied).is_ok_and(|before| before == manifest) {
        return Ok(());
    }
    kubectl.apply(&manifest)?;
    fs::write(applied, manifest).with_context(|| format!("write {}", applied.display()))
}

/// Waits until DNS answers. Its Pods are asked themselves: right after a start their status is the one from before.
pub(super) fn await_dns(kubectl: &Kubectl) -> Result<()> {
    let ready = r#"jsonpath={range .items[?(@.status.containerStatuses[0].ready)]}{.metadata.name}{"\n"}{end}"#;
    let pods = ["--namespace=kube-system", "get", "pods", "--selector=k8s-app=kube-dns", "--output", ready];
    kubectl.until("DNS answers", DNS_WITHIN, &pods, |pods| {
        pods.lines().any(|pod| {
            let path = format!("--raw=/api/v1/namespaces/kube-system/pods/{pod}:8181/proxy/ready");
            kubectl.run(["get", "--request-timeout=5s", &path]).is_ok()
        })
    })
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
        .arg("--providers.kubernetesingressnginx=true")
        .arg(format!("--providers.kubernetesingressnginx.publishstatusaddress={MACHINE_ADDRESS}"));
    control_plane.processes().start("traefik", &mut command)
}
