//! A consumer whose spec was found good, and its children: what is to exist in the API server.

mod config_map;
mod deployment;
mod disruption_budget;
pub mod members;
mod network_policy;
mod pod;
mod service_account;

#[cfg(test)]
mod tests;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kafkapipelines_crds::ConsumerSpec;
use kube::ResourceExt;
use sha2::{Digest, Sha256};

use crate::child::Child;
use crate::labels::Labels;
use crate::pod_state::stamps;
use crate::vector::{self, Bootstrap, Unwritable};
use crate::{labels, names};

/// A consumer, validated, with the Vector file that its members run.
#[derive(Clone, Debug, PartialEq)]
pub struct Consumer {
    /// Name of the Consumer.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The listener that it reads from.
    pub bootstrap: Bootstrap,
    /// The certificates that its members start with.
    pub certificates: Certificates,
    /// The Vector file.
    pub vector_file: String,
    /// How many members it has now: [`members::members`].
    pub members: i32,
    /// The rest, as the user wrote it.
    pub spec: ConsumerSpec,
}

/// Certificates, as far as the listener asks for them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Certificates {
    /// The cluster CA's, which the members trust.
    pub authority: Option<Vec<u8>>,
    /// The one by which the members prove who they are.
    pub own: Option<Vec<u8>>,
}

impl Consumer {
    /// A consumer over an object that was found good.
    ///
    /// # Errors
    /// [`Unwritable`], which no spec is known to cause.
    pub fn new(
        object: &kafkapipelines_crds::Consumer,
        bootstrap: Bootstrap,
        certificates: Certificates,
    ) -> Result<Self, Unwritable> {
        let name = object.name_any();
        Ok(Self {
            vector_file: vector::render(&name, &object.spec, &bootstrap)?,
            name,
            namespace: object.namespace().unwrap_or_default(),
            bootstrap,
            certificates,
            members: object.spec.replicas,
            spec: object.spec.clone(),
        })
    }

    /// All its children, owned by the Consumer, with the Deployment last, so that no Pod starts before what it needs.
    pub fn children(&self, owner: &OwnerReference) -> Vec<Child> {
        vec![
            Child::new(&service_account::service_account(self, owner)),
            Child::new(&config_map::config_map(self, owner)),
            Child::new(&network_policy::network_policy(self, owner)),
            Child::new(&disruption_budget::disruption_budget(self, owner)),
            Child::new(&deployment::deployment(self, owner)),
        ]
    }

    /// Whether the Deployment that was observed runs this: its image, its file, its trust, its number of members.
    pub fn is_shown_by(&self, observed: &Deployment) -> bool {
        let wanted = deployment::deployment(self, &OwnerReference::default());
        essence(&wanted) == essence(observed)
    }

    /// Name of all its children.
    fn child_name(&self) -> String {
        names::consumer(&self.spec.pipeline, &self.name)
    }

    fn metadata(&self, owner: &OwnerReference) -> ObjectMeta {
        ObjectMeta {
            name: Some(self.child_name()),
            namespace: Some(self.namespace.clone()),
            labels: Some(labels::consumer(&self.spec.pipeline, &self.name)),
            owner_references: Some(vec![owner.clone()]),
            ..ObjectMeta::default()
        }
    }
}

/// What of a Deployment no default of the API server can change.
fn essence(deployment: &Deployment) -> Option<(Option<i32>, Labels, Vec<Option<String>>)> {
    let spec = deployment.spec.as_ref()?;
    let annotations = spec.template.metadata.as_ref()?.annotations.clone().unwrap_or_default();
    let containers = &spec.template.spec.as_ref()?.containers;
    Some((spec.replicas, stamps(&annotations), containers.iter().map(|container| container.image.clone()).collect()))
}

/// A short name of some bytes, for annotations: what changes it restarts the members.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.first_chunk().map(|start| format!("{:016x}", u64::from_be_bytes(*start))).unwrap_or_default()
}
