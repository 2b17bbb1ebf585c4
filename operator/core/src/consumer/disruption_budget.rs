//! The PodDisruptionBudget: a drain takes one member at a time.

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, OwnerReference};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Consumer;
use crate::labels;

/// The PodDisruptionBudget `<pipeline>-<consumer>`.
pub(super) fn disruption_budget(consumer: &Consumer, owner: &OwnerReference) -> PodDisruptionBudget {
    let selector = labels::consumer_selector(&consumer.spec.pipeline, &consumer.name);
    PodDisruptionBudget {
        metadata: consumer.metadata(owner),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(LabelSelector { match_labels: Some(selector), ..LabelSelector::default() }),
            // A member that is not ready has nothing to lose: offsets are committed only for what the store has.
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            ..PodDisruptionBudgetSpec::default()
        }),
        ..PodDisruptionBudget::default()
    }
}
