//! The test bed's cluster: real Kubernetes on this machine, from Go's module proxy and Debian's packages alone.
//!
//! * Level 1 is a control plane on loopback, for any user: objects, admission, RBAC, garbage collection, no Pods.
//! * Level 2 is that and nodes: one or three, each in namespaces of its own, for root on Linux.
//! * A cluster of the user's own takes the place of both when a kubeconfig is given.
//!
//! Levels 1 and 2 can be up at the same time. Each `up` is idempotent, and answers at once when the cluster is there.

mod addons;
mod argocd;
mod binaries;
mod certificates;
mod cgroups;
mod command;
mod control_plane;
mod helm;
mod image_import;
mod kubectl;
mod level1;
mod level2;
mod network;
mod node;
mod node_config;
mod packages;
mod places;
mod process;
mod progress;
mod wait;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context as _, Result, bail};

pub use argocd::{ArgoCd, Repository};
pub use helm::Helm;
pub use kubectl::Kubectl;
pub use node::Node;
pub use places::Places;
pub use progress::step;
pub use wait::until;

use binaries::Binaries;
use level2::Level2;

/// Why this machine cannot run level 2, or `None` when it can.
pub fn level2_obstacle() -> Option<&'static str> {
    if !cfg!(target_os = "linux") {
        return Some("nodes are Linux namespaces, and this is no Linux");
    }
    (!rustix::process::geteuid().is_root()).then_some("nodes need root")
}

/// Builds what a cluster can need and is not in the cache, and starts nothing.
///
/// # Errors
/// When something does not compile.
pub fn build(places: &Places) -> Result<()> {
    Binaries::new(places).build_all()
}

/// Where a program of the test bed is, such as `helm` or `kustomize`. It is built if it is not in the cache.
///
/// # Errors
/// When there is no such program, or it does not compile.
pub fn program(places: &Places, name: &str) -> Result<PathBuf> {
    Binaries::new(places).get(name)
}

/// Stops both levels. With `purge` their state goes too: objects, volumes and images; built programs stay in the cache.
///
/// # Errors
/// When something cannot be stopped or removed; the error names it.
pub fn down(places: &Places, purge: bool) -> Result<()> {
    let _lock = places.lock()?;
    if places.level1().exists() {
        progress::step("stop level 1", || level1::control_plane(places)?.down())?;
    }
    if places.level2().exists() {
        Level2::new(places)?.down()?;
    }
    for dir in [places.level1(), places.level2()].iter().filter(|dir| purge && dir.exists()) {
        progress::step(&format!("remove {}", dir.display()), || Ok(fs::remove_dir_all(dir)?))?;
    }
    Ok(())
}

/// All nodes that level 2 can have, running or not.
///
/// # Errors
/// When the state cannot be read.
pub fn nodes(places: &Places) -> Result<Vec<Node>> {
    Ok(Level2::new(places)?.nodes())
}

/// What is up, a line each.
///
/// # Errors
/// When the state cannot be read.
pub fn status(places: &Places) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    if places.level1().exists() {
        lines.extend(level1::control_plane(places)?.status("level 1")?);
    }
    if places.level2().exists() {
        let level2 = Level2::new(places)?;
        lines.extend(level2.control_plane().status("level 2")?);
        lines.extend(level2.nodes().iter().filter(|node| node.is_running()).map(ToString::to_string));
    }
    if lines.is_empty() {
        lines.push("there is no cluster: cargo xtask cluster up".to_owned());
    }
    Ok(lines)
}

/// A cluster that is up.
#[derive(Debug, Clone)]
pub struct Cluster {
    kubectl: Kubectl,
    audit_log: Option<PathBuf>,
    nodes: Vec<Node>,
}

impl Cluster {
    /// Level 1: starts what is missing of a control plane on loopback.
    ///
    /// # Errors
    /// When a program cannot be built or does not become ready in time.
    pub fn level1(places: &Places) -> Result<Self> {
        let _lock = places.lock()?;
        let control_plane = level1::control_plane(places)?;
        control_plane.up()?;
        Ok(Self { kubectl: control_plane.kubectl()?, audit_log: Some(control_plane.audit_log()), nodes: Vec::new() })
    }

    /// Level 2: starts what is missing, so that at least `nodes` nodes (1 to 3) are Ready.
    ///
    /// # Errors
    /// When this machine cannot run it (see [`level2_obstacle`]), or something does not become ready in time.
    pub fn level2(places: &Places, nodes: u8) -> Result<Self> {
        if let Some(obstacle) = level2_obstacle() {
            bail!("level 2 of the test bed cannot run here: {obstacle}");
        }
        let _lock = places.lock()?;
        let level2 = Level2::new(places)?;
        level2.up(nodes)?;
        let control_plane = level2.control_plane();
        Ok(Self {
            kubectl: control_plane.kubectl()?,
            audit_log: Some(control_plane.audit_log()),
            nodes: level2.nodes().into_iter().filter(Node::is_running).collect(),
        })
    }

    /// The user's own cluster when `KUBECONFIG_E2E` names a kubeconfig; else level 2 where this machine can run it; else
    /// level 1, and one line that says why. In CI (`CI=true`) level 2 must run.
    ///
    /// # Errors
    /// As [`Self::of_user`], [`Self::level1`] and [`Self::level2`].
    pub fn best(places: &Places, nodes: u8) -> Result<Self> {
        if let Some(kubeconfig) = std::env::var_os("KUBECONFIG_E2E") {
            return Self::of_user(places, Path::new(&kubeconfig));
        }
        let in_ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
        match level2_obstacle() {
            Some(obstacle) if !in_ci => {
                eprintln!("level 1 only, without Pods: {obstacle}");
                Self::level1(places)
            }
            _ => Self::level2(places, nodes),
        }
    }

    /// A cluster of the user's own. Of the test bed only kubectl is used: the one on PATH, else one is built.
    ///
    /// # Errors
    /// When the cluster's API server does not answer.
    pub fn of_user(places: &Places, kubeconfig: &Path) -> Result<Self> {
        let program = command::path_of("kubectl").map_or_else(|| Binaries::new(places).get("kubectl"), Ok)?;
        let kubectl = Kubectl::new(program, kubeconfig.canonicalize().context("the kubeconfig")?);
        kubectl.run(["get", "--raw=/readyz", "--request-timeout=10s"])?;
        Ok(Self { kubectl, audit_log: None, nodes: Vec::new() })
    }

    /// The kubeconfig of the administrator.
    pub fn kubeconfig(&self) -> &Path {
        self.kubectl.kubeconfig()
    }

    /// Runs kubectl as the administrator and returns its standard output.
    ///
    /// # Errors
    /// When kubectl ends with another status than 0; the error holds its standard error.
    pub fn kubectl<I, S>(&self, args: I) -> Result<String>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.kubectl.run(args)
    }

    /// kubectl itself, for its other verbs.
    pub fn kubectl_program(&self) -> &Kubectl {
        &self.kubectl
    }

    /// The API server's audit log: one JSON object a line, level Metadata. `None` in a cluster of the user's.
    pub fn audit_log(&self) -> Option<&Path> {
        self.audit_log.as_deref()
    }

    /// The nodes that are switched on; none at level 1 and in a cluster of the user's.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Imports a docker-archive into every node that is switched on, unless it has this content already.
    ///
    /// # Errors
    /// When the file is no docker-archive, or containerd refuses it.
    pub fn import_image(&self, archive: &Path) -> Result<()> {
        progress::step(&format!("import {}", archive.file_name().unwrap_or_default().display()), || {
            thread::scope(|scope| {
                let imports: Vec<_> =
                    self.nodes.iter().map(|node| scope.spawn(move || node.import_image(archive))).collect();
                imports.into_iter().try_for_each(|import| import.join().ok().context("an import panicked")?)
            })
        })
    }
}
