//! The ServiceAccount of the Kafka nodes: no rights, no token; it exists so that no other account's rights are theirs.

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::metadata;
use crate::names;
use crate::pipeline::Pipeline;

/// The ServiceAccount `<pipeline>-kafka`.
pub fn service_account(pipeline: &Pipeline, owner: &OwnerReference) -> ServiceAccount {
    ServiceAccount {
        metadata: metadata::of_pipeline(pipeline, owner, names::service_account(&pipeline.name)),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}
