//! Removing what a former run left.

use anyhow::Result;

use crate::cluster::Cluster;

/// Removes a namespace with all that is in it, volumes too, if it is there. Brokers get no time to say goodbye: to whom, when the
/// controllers go at the same time? They would wait for them for minutes.
///
/// # Errors
/// When it is not gone in time.
pub fn remove_namespace(cluster: &Cluster, namespace: &str) -> Result<()> {
    let object = format!("namespace/{namespace}");
    if cluster.kubectl(["get", &object, "--ignore-not-found", "--output=name"])?.is_empty() {
        return Ok(());
    }
    cluster.kubectl(["delete", &object, "--wait=false"])?;
    cluster.kubectl(["--namespace", namespace, "delete", "pods", "--all", "--grace-period=1", "--wait=false"])?;
    cluster.kubectl(["wait", &object, "--for=delete", "--timeout=240s"]).map(drop)
}
