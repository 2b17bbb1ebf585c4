//! The test bed's cluster: real Kubernetes on this machine, from Go's module proxy and Debian's packages alone.
//!
//! * Level 1 is a control plane on loopback, for any user: objects, admission, RBAC, garbage collection, no Pods.
//! * Level 2 is that and nodes: one or three, each in namespaces of its own, for root on Linux.
//! * A cluster of the user's own takes the place of both when a kubeconfig is given.
//!
//! Levels 1 and 2 can be up at the same time. Each `up` is idempotent, and answers at once when the cluster is there.

mod binaries;
mod certificates;
mod cgroups;
mod command;
mod control_plane;
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
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context as _, Result};

pub use kubectl::Kubectl;
pub use node::Node;
pub use places::Places;

use level2::Level2;

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
        let control_plane = level1::up(places)?;
        Ok(Self { kubectl: control_plane.kubectl()?, audit_log: Some(control_plane.audit_log()), nodes: Vec::new() })
    }

    /// Level 2: starts what is missing, so that at least `nodes` nodes (1 to 3) are Ready.
    ///
    /// # Errors
    /// When this machine cannot run it (see [`level2_obstacle`]), or something does not become ready in time.
    pub fn level2(places: &Places, nodes: u8) -> Result<Self> {
        let level2 = Level2::new(places)?;
        level2.up(nodes)?;
        let control_plane = level2.control_plane();
        Ok(Self {
            kubectl: control_plane.kubectl()?,
            audit_log: Some(control_plane.audit_log()),
            nodes: level2.nodes().into_iter().filter(Node::is_running).collect(),
        })
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
