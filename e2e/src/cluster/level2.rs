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
const NODE_READY_WITHIN: Duration = Duration::from_mins(1);
/// What the nodes run, and kubectl for the user.
const PROGRAMS: [&str; 7] =
    ["kubectl", "containerd", "containerd-shim-runc-v2", "ctr", "kubelet", "kube-proxy", "netpol"];

/// Where a node mounts its own folders: made on the machine too, and empty there.
const MOUNT_POINTS: [&str; 4] = ["/var/lib/kubelet", "/var/lib/containerd", "/var/lib/cni", "/etc/cni"];

/// A level 2 cluster, running or not.
pub(super) struct Level2 {
    dir: PathBuf,
    binaries: Binaries,
    control_plane: ControlPlane,
}

impl Level2 {
    pub(super) fn new(places: &Places) -> Result<Self> {
        let dir = places.level2();
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
        addons::apply_before_nodes(&self.dir, &kubectl)?;
        addons::start_storage(&self.dir, &self.binaries, &self.control_plane)?;
        addons::start_ingress(&self.binaries, &self.control_plane)?;
        let nodes = self.start_nodes(&kubectl, count)?;
        addons::apply_dns(&self.dir, &kubectl, nodes)?;
        step("DNS answers", || addons::await_dns(&kubectl))
    }

    /// Starts nodes that are missing, and waits until all are Ready. Returns how many there are.
    fn start_nodes(&self, kubectl: &Kubectl, count: u8) -> Result<usize> {
        let wanted = |(index, node): &(usize, Node)| *index < count.into() || node.is_running();
        let nodes: Vec<_> = self.nodes().into_iter().enumerate().filter(wanted).map(|(_, node)| node).collect();
        forget_absent(kubectl, &nodes)?;
        let before = stale_states(kubectl, &nodes)?;
        if nodes.iter().any(|node| !node.is_booted()) {
            let images = addons::images(&self.binaries)?;
            for node in nodes.iter().filter(|node| !node.is_booted()) {
                step(&format!("start {}", node.name()), || node.boot(&images, count, &self.control_plane.server()))?;
            }
        }
        step("nodes Ready", || await_ready(kubectl, &nodes, &before))?;
        nodes.first().map_or(Ok(()), |node| network::route_services(node.network()))?;
        Ok(nodes.len())
    }

    /// Stops everything, nodes first. What is on disk stays.
    pub(super) fn down(&self) -> Result<()> {
        for node in self.nodes() {
            step(&format!("stop {}", node.name()), || node.crash())?;
        }
        step("stop the control plane", || self.control_plane.down())?;
        // Only empty ones can be removed: those of a kubelet or containerd of the machine's own stay.
        for dir in MOUNT_POINTS {
            let _ = fs::remove_dir(dir);
        }
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

/// Takes nodes that are off and not wanted any more out of the cluster, so that their Pods go elsewhere.
fn forget_absent(kubectl: &Kubectl, nodes: &[Node]) -> Result<()> {
    let names = kubectl.run(["get", "nodes", "--output=jsonpath={.items[*].metadata.name}"])?;
    let absent: Vec<_> =
        names.split_whitespace().filter(|name| nodes.iter().all(|node| node.name() != **name)).collect();
    if !absent.is_empty() {
        kubectl.run(["delete", "node", "--wait=false"].into_iter().chain(absent))?;
    }
    Ok(())
}

/// `<node> <whether it is Ready> <when its kubelet said so>`, a line each.
const READY: &str = concat!(
    r#"jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}"#,
    r#" {.status.conditions[?(@.type=="Ready")].lastHeartbeatTime}{"\n"}{end}"#
);

/// What the nodes that are off said last: it says nothing about them once they are on.
fn stale_states(kubectl: &Kubectl, nodes: &[Node]) -> Result<Vec<String>> {
    let off: Vec<_> = nodes.iter().filter(|node| !node.is_running()).map(|node| node.name() + " ").collect();
    let states = kubectl.run(["get", "nodes", "--output", READY])?;
    Ok(states.lines().filter(|state| off.iter().any(|name| state.starts_with(name))).map(str::to_owned).collect())
}

fn await_ready(kubectl: &Kubectl, nodes: &[Node], stale: &[String]) -> Result<()> {
    kubectl.until("nodes Ready", NODE_READY_WITHIN, &["get", "nodes", "--output", READY], |states| {
        let fresh = states.lines().filter(|state| !stale.iter().any(|old| old == state));
        let ready: Vec<_> = fresh.filter_map(|state| state.split_once(" True").map(|(name, _)| name)).collect();
        nodes.iter().all(|node| ready.contains(&node.name().as_str()))
    })
}
