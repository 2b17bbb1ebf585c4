//! The core decides without I/O: neither Kubernetes' client nor an async runtime is among what it is built from.

use std::process::Command;

use anyhow::{Result, bail};

const PURE: [&str; 2] = ["kafkapipelines-core", "kafkapipelines-crds"];
const IMPURE: [&str; 6] = ["kube-client", "kube-runtime", "tokio", "hyper", "reqwest", "mio"];

/// Fails when a pure crate depends on one that does I/O.
pub(crate) fn check() -> Result<()> {
    for package in PURE {
        let args = ["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--format", "{lib}"];
        let output = Command::new(env!("CARGO")).args(args).output()?;
        let tree = String::from_utf8(output.stdout)?;
        let found: Vec<_> = tree
            .lines()
            .map(|name| name.trim().replace('_', "-"))
            .filter(|name| IMPURE.contains(&name.as_str()))
            .collect();
        if !output.status.success() || !found.is_empty() {
            bail!("{package} must do no I/O, but is built from: {}", found.join(", "));
        }
    }
    println!("== {} are built from nothing that does I/O", PURE.join(" and "));
    Ok(())
}
