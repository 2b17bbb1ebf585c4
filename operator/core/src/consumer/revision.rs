//! A revision: what members run, as far as they can be brought back to it.

use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kafkapipelines_crds::ConsumerSpec;

use super::fingerprint;
use crate::labels;
use crate::names;

/// A Pod template, by which image, resources, log level and scheduling are known, with the hash of the Vector file among its annotations. It has no
/// certificates: whatever members run, they start with the newest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Revision {
    name: String,
    template: PodTemplateSpec,
}

impl Revision {
    /// The revision that `template` is, which names neither its ConfigMap nor certificates.
    pub(super) fn of(template: PodTemplateSpec) -> Self {
        Self { name: fingerprint(json(&template).as_bytes()), template }
    }

    /// The revision `name` as its ConfigMap keeps it; none if somebody has taken that out.
    pub fn kept(name: &str, config_map: &ObjectMeta) -> Option<Self> {
        let template = config_map.annotations.as_ref()?.get(labels::POD_TEMPLATE)?;
        Some(Self { name: name.to_owned(), template: serde_json::from_str(template).ok()? })
    }

    /// Its name: a fingerprint of the rest.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Name of the ConfigMap with its Vector file.
    pub fn config_map(&self, consumer: &str, spec: &ConsumerSpec) -> String {
        names::consumer_revision(&spec.pipeline, consumer, &self.name)
    }

    /// The template as its ConfigMap keeps it.
    pub(super) fn text(&self) -> String {
        json(&self.template)
    }

    /// The template of members that read their file from `config_map`.
    pub(super) fn template(&self, config_map: &str) -> PodTemplateSpec {
        let mut template = self.template.clone();
        let volumes = template.spec.iter_mut().flat_map(|spec| spec.volumes.iter_mut().flatten());
        for file in volumes.filter_map(|volume| volume.config_map.as_mut()) {
            config_map.clone_into(&mut file.name);
        }
        template
    }
}

fn json(template: &PodTemplateSpec) -> String {
    serde_json::to_string(template).unwrap_or_default()
}
