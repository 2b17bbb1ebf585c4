//! The ConfigMap with the Vector file.

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::Consumer;
use crate::vector_pod::FILE;

/// The ConfigMap `<pipeline>-<consumer>`.
pub(super) fn config_map(consumer: &Consumer, owner: &OwnerReference) -> ConfigMap {
    ConfigMap {
        metadata: consumer.metadata(owner),
        data: Some([(FILE.to_owned(), consumer.vector_file.clone())].into()),
        ..ConfigMap::default()
    }
}
