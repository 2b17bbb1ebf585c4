//! The ServiceAccount of the members: no rights, no token.

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::Consumer;

/// The ServiceAccount `<pipeline>-<consumer>`.
pub(super) fn service_account(consumer: &Consumer, owner: &OwnerReference) -> ServiceAccount {
    ServiceAccount {
        metadata: consumer.metadata(owner),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}
