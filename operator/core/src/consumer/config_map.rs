//! The ConfigMap with the Vector file.

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::Consumer;
use crate::labels::{Labels, POD_TEMPLATE};
use crate::vector_pod::FILE;

/// The ConfigMap `<pipeline>-<consumer>-<revision>` of the revision that the spec asks for. It never changes, so that a member that starts again
/// gets the file that it had.
pub(super) fn config_map(consumer: &Consumer, owner: &OwnerReference) -> ConfigMap {
    let revision = &consumer.wanted;
    let metadata = ObjectMeta {
        name: Some(revision.config_map(&consumer.name, &consumer.spec)),
        annotations: Some(Labels::from([(POD_TEMPLATE.to_owned(), revision.text())])),
        ..consumer.metadata(owner)
    };
    ConfigMap {
        metadata,
        data: Some([(FILE.to_owned(), consumer.vector_file.clone())].into()),
        immutable: Some(true),
        ..ConfigMap::default()
    }
}
