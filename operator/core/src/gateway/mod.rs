//! The ingest gateway of a pipeline: a Vector that takes lines from hosts that cannot run an agent.

mod children;
mod deployment;
mod file;
pub mod ports;
pub mod secrets;
mod seen;
mod vector_file;

#[cfg(test)]
mod tests;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kafkapipelines_crds::GatewaySpec;

pub use children::KINDS;
pub use seen::{Seen, finding};
pub use vector_file::render;

use crate::child::Child;
use crate::consumer::Certificates;
use crate::pipeline::Pipeline;
use crate::vector::{Bootstrap, Unwritable};
use crate::{labels, names};

/// Where the certificate that senders are shown is in the container.
pub(crate) const TLS_DIR: &str = "/etc/gateway-tls";
/// Name of the certificate there, and in its Secret.
pub(crate) const TLS_CERTIFICATE: &str = "tls.crt";
/// Name of its key.
pub(crate) const TLS_KEY: &str = "tls.key";

/// A gateway whose spec was found good, with the Vector file that its Pods run.
#[derive(Clone, Debug, PartialEq)]
pub struct Gateway {
    /// The pipeline.
    pub pipeline: String,
    /// Its namespace.
    pub namespace: String,
    /// The spec.
    pub spec: GatewaySpec,
    /// The listener that it writes to.
    pub bootstrap: Bootstrap,
    /// The certificates that its Pods start with.
    pub certificates: Certificates,
    /// Which versions of the user's Secrets its Pods start with.
    pub secret_versions: String,
    /// The Vector file.
    pub vector_file: String,
}

impl Gateway {
    /// The gateway of a pipeline.
    ///
    /// # Errors
    /// [`Unwritable`], which no spec is known to cause.
    pub fn new(
        pipeline: &Pipeline,
        spec: &GatewaySpec,
        bootstrap: Bootstrap,
        certificates: Certificates,
        secret_versions: String,
    ) -> Result<Self, Unwritable> {
        Ok(Self {
            pipeline: pipeline.name.clone(),
            namespace: pipeline.namespace.clone(),
            vector_file: render(spec, &bootstrap)?,
            spec: spec.clone(),
            bootstrap,
            certificates,
            secret_versions,
        })
    }

    /// All its children, owned by the LogPipeline, with the Deployment last, so that no Pod starts before what it needs.
    pub fn children(&self, owner: &OwnerReference) -> Vec<Child> {
        let mut children = children::needs(self, owner);
        children.push(Child::new(&deployment::deployment(self, owner)));
        children
    }

    fn metadata(&self, owner: &OwnerReference) -> ObjectMeta {
        ObjectMeta {
            name: Some(names::gateway(&self.pipeline)),
            namespace: Some(self.namespace.clone()),
            labels: Some(labels::gateway(&self.pipeline)),
            owner_references: Some(vec![owner.clone()]),
            ..ObjectMeta::default()
        }
    }
}
