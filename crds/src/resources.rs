//! CPU and memory of a container.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// CPU and memory of a container, as in a Pod.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceRequirements {
    /// What the scheduler reserves, for example `{cpu: "1", memory: 4Gi}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "crate::schema::quantities")]
    pub requests: BTreeMap<String, Quantity>,
    /// What the kubelet enforces, for example `{memory: 4Gi}`. A memory limit also sizes Kafka's heap.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "crate::schema::quantities")]
    pub limits: BTreeMap<String, Quantity>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `cpu: 1` is a number in YAML; the API server makes it a string in Pods, but not in custom resources.
    #[test]
    fn a_quantity_may_be_a_number() {
        let resources: ResourceRequirements =
            serde_json::from_str(r#"{"requests": {"cpu": 1, "memory": "4Gi"}}"#).unwrap();
        assert_eq!(resources.requests["cpu"], Quantity("1".into()));
        assert_eq!(resources.requests["memory"], Quantity("4Gi".into()));
    }
}
