//! A consumer whose spec was found good, and its children: what is to exist in the API server.

mod config_map;
mod deployment;
mod disruption_budget;
pub mod members;
pub(crate) mod pod;
pub mod revision;
pub mod rollback;

#[cfg(test)]
mod tests;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::PodSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kafkapipelines_crds::ConsumerSpec;
use kube::ResourceExt;
use sha2::{Digest, Sha256};

use crate::child::Child;
use crate::labels::Labels;
use crate::pod_state::stamps;
use crate::topic_selection::TopicSelection;
use crate::vector::{self, Bootstrap, Unwritable};
use crate::vector_pod::{open_for_metrics, service_account};
use crate::{labels, names};
use revision::Revision;

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
    /// The revision that the spec asks for, of which the Vector file is a part.
    pub wanted: Revision,
    /// How many members it has now: [`members::members`].
    pub members: i32,
    /// How many it had before they were stopped for a seek, while they are.
    pub members_before_seek: Option<i32>,
    /// What the members are brought back to, if they are.
    pub returned_to: Option<Revision>,
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

impl Certificates {
    /// Annotations of a Pod that starts with them.
    pub(crate) fn hashes(&self) -> [(&'static str, Option<String>); 2] {
        let hash = |file: &Option<Vec<u8>>| file.as_deref().map(fingerprint);
        [(labels::TRUST_HASH, hash(&self.authority)), (labels::CERTIFICATE_HASH, hash(&self.own))]
    }
}

impl Consumer {
    /// A consumer over an object that was found good, which reads `topics`.
    ///
    /// # Errors
    /// [`Unwritable`], which no spec is known to cause.
    pub fn new(
        object: &kafkapipelines_crds::Consumer,
        topics: &TopicSelection,
        bootstrap: Bootstrap,
        certificates: Certificates,
    ) -> Result<Self, Unwritable> {
        let mut consumer = Self::over(object, bootstrap, certificates);
        consumer.vector_file = vector::render_reading(&consumer.name, &object.spec, topics, &consumer.bootstrap)?;
        consumer.wanted = Revision::of(deployment::template(&consumer));
        Ok(consumer)
    }

    /// A consumer over an object whose spec cannot be carried out: it runs `revision`. Only its Deployment can be had.
    pub fn returned(
        object: &kafkapipelines_crds::Consumer,
        bootstrap: Bootstrap,
        certificates: Certificates,
        revision: Revision,
    ) -> Self {
        Self { returned_to: Some(revision), ..Self::over(object, bootstrap, certificates) }
    }

    fn over(object: &kafkapipelines_crds::Consumer, bootstrap: Bootstrap, certificates: Certificates) -> Self {
        Self {
            vector_file: String::new(),
            wanted: Revision::default(),
            name: object.name_any(),
            namespace: object.namespace().unwrap_or_default(),
            bootstrap,
            certificates,
            members: object.spec.replicas,
            members_before_seek: None,
            returned_to: None,
            spec: object.spec.clone(),
        }
    }

    /// All its children, owned by the Consumer, with the Deployment last, so that no Pod starts before what it needs.
    pub fn children(&self, owner: &OwnerReference) -> Vec<Child> {
        let selector = labels::consumer_selector(&self.spec.pipeline, &self.name);
        vec![
            Child::new(&service_account(self.metadata(owner))),
            Child::new(&config_map::config_map(self, owner)),
            Child::new(&open_for_metrics(self.metadata(owner), selector)),
            Child::new(&disruption_budget::disruption_budget(self, owner)),
            self.deployment(owner),
        ]
    }

    /// The Deployment alone.
    pub fn deployment(&self, owner: &OwnerReference) -> Child {
        Child::new(&deployment::deployment(self, owner))
    }

    /// Whether the Deployment that was observed runs this: its revision, its image, its trust, its number of members.
    pub fn is_shown_by(&self, observed: &Deployment) -> bool {
        let wanted = deployment::deployment(self, &OwnerReference::default());
        essence(&wanted) == essence(observed)
    }

    /// The revision that members are to run now.
    fn running(&self) -> &Revision {
        self.returned_to.as_ref().unwrap_or(&self.wanted)
    }

    /// Name of all its children; that of the ConfigMap has the revision besides.
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
#[derive(PartialEq)]
struct Essence {
    replicas: Option<i32>,
    stamps: Labels,
    config_maps: Vec<String>,
    images: Vec<Option<String>>,
}

fn essence(deployment: &Deployment) -> Option<Essence> {
    let spec = deployment.spec.as_ref()?;
    let annotations = spec.template.metadata.as_ref()?.annotations.clone().unwrap_or_default();
    let pod = spec.template.spec.as_ref()?;
    Some(Essence {
        replicas: spec.replicas,
        stamps: stamps(&annotations),
        config_maps: config_maps(pod).map(str::to_owned).collect(),
        images: pod.containers.iter().map(|container| container.image.clone()).collect(),
    })
}

/// How many members the Deployment had before they were stopped for a seek, while they are.
pub fn members_before_seek(deployment: &Deployment) -> Option<i32> {
    deployment.metadata.annotations.as_ref()?.get(labels::MEMBERS_BEFORE_SEEK)?.parse().ok()
}

/// Names of the ConfigMaps that a Pod reads.
pub fn config_maps(pod: &PodSpec) -> impl Iterator<Item = &str> {
    let volumes = pod.volumes.iter().flatten();
    volumes.filter_map(|volume| volume.config_map.as_ref()).map(|config_map| config_map.name.as_str())
}

/// A short name of some bytes, for annotations: what changes it restarts the members.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.first_chunk().map(|start| format!("{:016x}", u64::from_be_bytes(*start))).unwrap_or_default()
}
