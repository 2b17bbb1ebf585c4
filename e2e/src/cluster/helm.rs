//! Helm against one cluster.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::binaries::Binaries;
use super::command;
use super::{Cluster, Places};

/// Helm with the kubeconfig of one cluster.
#[derive(Debug, Clone)]
pub struct Helm {
    program: PathBuf,
    kubeconfig: PathBuf,
}

impl Helm {
    /// Helm for `cluster`, built if it is not in the cache.
    ///
    /// # Errors
    /// When it does not compile.
    pub fn new(places: &Places, cluster: &Cluster) -> Result<Self> {
        let program = Binaries::new(places).get("helm")?;
        Ok(Self { program, kubeconfig: cluster.kubeconfig().to_owned() })
    }

    /// Runs Helm and returns its standard output.
    ///
    /// # Errors
    /// When Helm ends with another status than 0; the error holds its standard error.
    pub fn run<I, S>(&self, args: I) -> Result<String>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        // A proxy of the user's is not asked for the machine's own addresses.
        let mut helm = Command::new(&self.program);
        command::output(helm.env("KUBECONFIG", &self.kubeconfig).env("NO_PROXY", "*").args(args))
    }
}
