//! The ConfigMap with the Vector file.

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::Consumer;

/// Key of the Vector file.
pub(super) const KEY: &str = "vector.yaml";

/// The ConfigMap `<pipeline>-<consumer>`.
pub(super) fn config_map(consumer: &Consumer, owner: &OwnerReference) -> ConfigMap {
    ConfigMap {
        metadata: consumer.metadata(owner),
        data: Some([(KEY.to_owned(), consumer.vector_file.clone())].into()),
        ..ConfigMap::default()
    }
}
