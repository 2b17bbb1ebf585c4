//! Level 2: nodes that run Pods, for root on Linux. A control plane on a bridge, and beside it what a cluster's owner
//! installs: DNS, a storage class, network policies, an ingress controller.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::addons;
use super::binaries::Binaries;
use super::control_plane::{ControlPlane, Endpoints};
use super::kubectl::Kubectl;
use super::network::{self, MACHINE_ADDRESS, MOST_NODES};
use super::node::Node;
use super::packages;
use super::places::Places;
use super::progress::step;

const ENDPOINTS: Endpoints = Endpoints {
    address: MACHINE_ADDRESS,
    api_port: 6443,
    etcd_port: 22379,
    etcd_peer_port: 22380,
    controller_manager_port: 26257,
    scheduler_port: Some(26259),
};
const NODE_READY_WITHIN: Duration = Duration::from_secs(60);
/// What the nodes run, and kubectl for the user.
const PROGRAMS: [&str; 7] =
    ["kubectl", "containerd", "containerd-shim-runc-v2", "ctr", "kubelet", "kube-proxy", "netpol"];

/// A level 2 cluster, running or not.
pub(super) struct Level2 {
    dir: PathBuf,
    binaries: Binaries,
    control_plane: ControlPlane,
}

impl Level2 {
    pub(super) fn new(places: &Places) -> Result<Self> {
        let dir = places.state().join("level2");
        let binaries = Binaries::new(places);
        let control_plane = ControlPlane::in_dir(&dir, ENDPOINTS, &binaries)?;
        Ok(Self { dir, binaries, control_plane })
    }

    /// Brings up what is missing, so that at least `count` nodes are Ready.
    pub(super) fn up(&self, count: u8) -> Result<()> {
        ensure!((1..=MOST_NODES).contains(&count), "a cluster has 1 to {MOST_NODES} nodes, not {count}");
        packages::ensure_installed()?;
        self.link_programs()?;
        network::up()?;
        self.control_plane.up()?;
        let kubectl = self.control_plane.kubectl()?;
        addons::apply(&self.dir, &kubectl, count)?;
        addons::start_storage(&self.dir, &self.binaries, &self.control_plane)?;
        addons::start_ingress(&self.binaries, &self.control_plane)?;
        let images = addons::images(&self.binaries)?;
        let nodes = self.nodes().into_iter().take(count.into()).collect::<Vec<_>>();
        for node in &nodes {
            step(&format!("start {}", node.name()), || node.boot(&images, count, &self.control_plane.server()))?;
        }
        step("nodes Ready", || await_ready(&kubectl, &nodes))?;
        step("DNS available", || addons::await_dns(&kubectl))
    }

    /// Stops everything, nodes first. What is on disk stays.
    pub(super) fn down(&self) -> Result<()> {
        for node in self.nodes() {
            step(&format!("stop {}", node.name()), || node.crash())?;
        }
        step("stop the control plane", || self.control_plane.down())?;
        network::down()
    }

    /// All nodes that the cluster can have, running or not.
    pub(super) fn nodes(&self) -> Vec<Node> {
        let programs = self.programs();
        let (certificates, processes) = (self.control_plane.certificates(), self.control_plane.processes());
        (1..=MOST_NODES).map(|number| Node::new(number, &self.dir, &programs, certificates, processes)).collect()
    }

    pub(super) fn control_plane(&self) -> &ControlPlane {
        &self.control_plane
    }

    /// One folder with all programs: the nodes' PATH, and the user's if they like.
    fn programs(&self) -> PathBuf {
        self.dir.join("bin")
    }

    fn link_programs(&self) -> Result<()> {
        let dir = self.programs();
        fs::create_dir_all(&dir)?;
        for program in PROGRAMS {
            link(&self.binaries.get(program)?, &dir.join(program))?;
        }
        Ok(())
    }
}

fn link(program: &Path, link: &Path) -> Result<()> {
    if fs::read_link(link).is_ok_and(|target| target == program) {
        return Ok(());
    }
    if link.is_symlink() {
        fs::remove_file(link)?;
    }
    symlink(program, link).with_context(|| format!("link {}", link.display()))
}

fn await_ready(kubectl: &Kubectl, nodes: &[Node]) -> Result<()> {
    let ready = r#"jsonpath={range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status} {end}"#;
    kubectl.until("nodes Ready", NODE_READY_WITHIN, &["get", "nodes", "--output", ready], |states| {
        nodes.iter().all(|node| states.split_whitespace().any(|state| state == format!("{}=True", node.name())))
    })
}
