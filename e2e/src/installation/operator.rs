//! The operator as a user installs it.

use anyhow::{Context as _, Result};

use super::{kustomization, project};
use crate::cluster::{Cluster, Kubectl};

const NAME: &str = "kafkapipelines-operator";
const ROLLED_OUT_WITHIN: &str = "--timeout=180s";

/// The operator in one namespace, two Pods of it.
#[derive(Debug, Clone)]
pub struct Operator {
    namespace: String,
    kubectl: Kubectl,
}

impl Operator {
    /// `kubectl apply --server-side -k operator/install/namespaced`; in another namespace than the reference installation's by
    /// an overlay that changes nothing else. Returns when both Pods are ready.
    ///
    /// # Errors
    /// When the API server refuses a manifest or the Pods do not become ready in time.
    pub fn install(cluster: &Cluster, namespace: &str) -> Result<Self> {
        Self::install_from(cluster, "namespaced", namespace)
    }

    /// `kubectl apply --server-side -k operator/install/cluster-wide`: one operator for all namespaces, in one of its own.
    ///
    /// # Errors
    /// As [`Self::install`].
    pub fn install_cluster_wide(cluster: &Cluster) -> Result<Self> {
        Self::install_from(cluster, "cluster-wide", "kafkapipelines")
    }

    fn install_from(cluster: &Cluster, way: &str, namespace: &str) -> Result<Self> {
        let folder = project().join("operator/install").join(way);
        let overlay = format!("namespace: {namespace}\n");
        kustomization::apply(cluster.kubectl_program(), &[&folder], &overlay)?;
        let operator = Self { namespace: namespace.to_owned(), kubectl: cluster.kubectl_program().clone() };
        operator.await_ready()?;
        Ok(operator)
    }

    /// Returns when its Pods are ready, as many as its Deployment wants.
    ///
    /// # Errors
    /// When they are not in time.
    pub fn await_ready(&self) -> Result<()> {
        self.kubectl.await_definitions(&["logpipelines.kafkapipelines.io"])?;
        let deployment = format!("deployment/{NAME}");
        self.kubectl.run(["--namespace", &self.namespace, "rollout", "status", &deployment, ROLLED_OUT_WITHIN])?;
        Ok(())
    }

    /// Name of the Pod that acts while the other stands by.
    ///
    /// # Errors
    /// When nobody holds the Lease.
    pub fn leader(&self) -> Result<String> {
        let holder = "--output=jsonpath={.spec.holderIdentity}";
        let leader = self.kubectl.run(["--namespace", &self.namespace, "get", "lease", NAME, holder])?;
        (!leader.is_empty()).then_some(leader).context("no operator holds the Lease")
    }

    /// Who it is to the API server.
    pub fn user(&self) -> String {
        format!("system:serviceaccount:{}:{NAME}", self.namespace)
    }
}
