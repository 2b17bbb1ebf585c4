//! One node: a machine of its own as far as Kubernetes can tell, in namespaces of this machine.

use std::fmt;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::certificates::{Certificates, Subject};
use super::cgroups;
use super::command;
use super::image_import::Marks;
use super::network::{MOST_NODES, NodeNetwork};
use super::node_config;
use super::process::{self, Processes};
use super::wait;

const CONTAINERD_WITHIN: Duration = Duration::from_secs(30);
const DEAD_WITHIN: Duration = Duration::from_secs(10);
const ZONES: [&str; MOST_NODES as usize] = ["a", "b", "c"];

/// A node of the test bed. Its verbs are what happens to real machines.
#[derive(Debug, Clone)]
pub struct Node {
    number: u8,
    dir: PathBuf,
    /// The folder of all programs, on the node's PATH.
    programs: PathBuf,
    certificates: Certificates,
    processes: Processes,
}

impl Node {
    pub(super) fn new(
        number: u8,
        cluster_dir: &Path,
        programs: &Path,
        certificates: &Certificates,
        processes: &Processes,
    ) -> Self {
        Self {
            number,
            dir: cluster_dir.join("nodes").join(name(number)),
            programs: programs.to_owned(),
            certificates: certificates.clone(),
            processes: processes.clone(),
        }
    }

    /// Its name in Kubernetes.
    pub fn name(&self) -> String {
        name(self.number)
    }

    /// Its address, for node ports and routes.
    pub fn address(&self) -> Ipv4Addr {
        self.network().address()
    }

    /// The value of its label `topology.kubernetes.io/zone`.
    pub fn zone(&self) -> &'static str {
        ZONES[usize::from(self.number - 1)]
    }

    /// Whether it is switched on.
    pub fn is_running(&self) -> bool {
        self.processes.pid(&self.name()).is_some()
    }

    /// Whether it is switched on and has the images of its first Pods.
    pub(super) fn is_booted(&self) -> bool {
        self.is_running() && self.images_are_in().exists()
    }

    /// Switches the node on with the images in `images`; `of` is the number of nodes that share the machine's memory.
    ///
    /// # Errors
    /// When a namespace, a mount or a file cannot be made, or containerd does not answer in time.
    pub(super) fn boot(&self, images: &[PathBuf], of: u8, server: &str) -> Result<()> {
        // What a start that was interrupted left behind.
        self.crash()?;
        self.write_config(of, server)?;
        self.start(images)
    }

    /// Switches the node on again after [`Self::crash`], with the images and volumes that it had.
    ///
    /// # Errors
    /// When a namespace or a mount cannot be made, or containerd does not answer in time.
    pub fn up(&self) -> Result<()> {
        if self.is_running() { Ok(()) } else { self.start(&[]) }
    }

    /// Cuts the power: every process of the node dies at once, nothing is told to anyone.
    ///
    /// # Errors
    /// When something of the node cannot be killed or removed.
    pub fn crash(&self) -> Result<()> {
        let init = self.init_pid().ok();
        self.processes.kill(&self.name())?;
        if let Some(init) = init {
            // The kernel ends PID 1 of a namespace after all its other processes.
            wait::until(&format!("{} dead", self.name()), DEAD_WITHIN, || Ok(!process::is_running(init)))?;
        }
        cgroups::remove(&self.cgroup())?;
        self.network().down()
    }

    /// Pulls the network cable: the containers go on running, unseen.
    ///
    /// # Errors
    /// When the node has no link, because it is switched off.
    pub fn cut(&self) -> Result<()> {
        self.network().set_connected(false)
    }

    /// Plugs the network cable in again.
    ///
    /// # Errors
    /// When the node has no link, because it is switched off.
    pub fn heal(&self) -> Result<()> {
        self.network().set_connected(true)
    }

    /// Imports a docker-archive, unless this node has this content already.
    ///
    /// # Errors
    /// When the node is switched off, or the file is no docker-archive.
    pub fn import_image(&self, archive: &Path) -> Result<()> {
        let marks = Marks::in_dir(&self.dir.join("images-imported"))?;
        marks.once(archive, || {
            let mut import = self.command("ctr")?;
            import.args(["--namespace=k8s.io", "images", "import", "--local"]).arg(archive);
            command::output(&mut import)?;
            Ok(())
        })
    }

    /// A command that runs inside the node, as root of its namespaces.
    ///
    /// # Errors
    /// When the node is switched off.
    pub fn command(&self, program: &str) -> Result<Command> {
        let mut inside = Command::new("nsenter");
        inside.arg(format!("--target={}", self.init_pid()?)).args(["--mount", "--net", "--pid", "--uts", "--"]);
        let own = self.programs.join(program);
        inside.arg(if own.exists() { own.as_os_str() } else { program.as_ref() });
        Ok(inside)
    }

    fn write_config(&self, of: u8, server: &str) -> Result<()> {
        let user = format!("system:node:{}", self.name());
        let node = Subject::in_group(&user, "system:nodes");
        self.certificates.kubeconfig(&self.name(), &node, server)?;
        let proxy = self.certificates.kubeconfig("kube-proxy", &Subject::user("system:kube-proxy"), server)?;
        self.certificates.kubeconfig("netpol", &Subject::user("netpol"), server)?;
        let values = [
            ("name", self.name()),
            ("address", self.address().to_string()),
            ("pods", self.network().pod_range()),
            ("cgroup", self.cgroup()),
            ("dir", self.dir.display().to_string()),
            ("ca", self.certificates.certificate("ca").display().to_string()),
            ("proxy_kubeconfig", proxy.display().to_string()),
            ("reserved_memory", node_config::reserved_memory(of)?.to_string()),
            ("runc", command::path_of("runc").context("runc is not installed")?.display().to_string()),
        ];
        let values: Vec<_> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
        node_config::write(&self.dir, &values)
    }

    fn start(&self, images: &[PathBuf]) -> Result<()> {
        let images_are_in = self.images_are_in();
        if images_are_in.exists() {
            fs::remove_file(&images_are_in)?;
        }
        self.network().up()?;
        cgroups::create(&self.cgroup())?;
        self.processes.start(&self.name(), &mut self.init())?;
        wait::until("containerd answers", CONTAINERD_WITHIN, || {
            self.processes.expect_running(&self.name())?;
            Ok(self.command("ctr").and_then(|mut ctr| command::output(ctr.arg("version"))).is_ok())
        })?;
        for image in images {
            self.import_image(image)?;
        }
        fs::write(&images_are_in, "").with_context(|| format!("write {}", images_are_in.display()))
    }

    /// The node's PID 1 in its namespaces. With it, all of the node ends.
    fn init(&self) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net={}", self.network().namespace()))
            .args(["unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child", "--propagation=private"])
            .arg("bash")
            .arg(self.dir.join("etc/init.sh"))
            .env("NODE", self.name())
            .env("ADDRESS", self.address().to_string())
            .env("ZONE", self.zone())
            .env("PODS", self.network().pod_range())
            .env("DIR", &self.dir)
            .env("BIN", &self.programs)
            .env("PKI", self.certificates.dir());
        command
    }

    /// PID 1 of the node as the machine numbers it: the only child of `unshare`.
    fn init_pid(&self) -> Result<u32> {
        let outer = self.processes.pid(&self.name()).with_context(|| format!("{} is switched off", self.name()))?;
        let children = fs::read_to_string(format!("/proc/{outer}/task/{outer}/children"))?;
        let pid = children.split_whitespace().next().with_context(|| format!("{} has not started", self.name()))?;
        Ok(pid.parse()?)
    }

    /// The file that lets kubelet start.
    fn images_are_in(&self) -> PathBuf {
        self.dir.join("images-are-in")
    }

    pub(super) fn network(&self) -> NodeNetwork {
        NodeNetwork::of(self.number)
    }

    fn cgroup(&self) -> String {
        format!("kafkapipelines-{}", self.name())
    }
}

impl fmt::Display for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_running() { "on" } else { "off" };
        write!(formatter, "  {} {state}, zone {}, {}", self.name(), self.zone(), self.address())
    }
}

fn name(number: u8) -> String {
    format!("node-{number}")
}
