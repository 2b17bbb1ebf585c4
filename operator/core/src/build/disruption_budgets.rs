//! Every PodDisruptionBudget: a drain takes one Kafka Pod of a role at a time.

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, OwnerReference};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kafkapipelines_crds::Role;

use super::metadata;
use crate::labels::{self, Labels};
use crate::names;
use crate::pipeline::Pipeline;

/// One budget for each role. Where a node has both roles there is one for all nodes instead:
/// Kubernetes evicts no Pod that two budgets select.
pub fn disruption_budgets(pipeline: &Pipeline, owner: &OwnerReference) -> Vec<PodDisruptionBudget> {
    let name = &pipeline.name;
    let budgets = if pipeline.nodes().iter().any(|node| node.is_broker() && node.is_controller()) {
        vec![("node", labels::kafka_selector(name))]
    } else {
        vec![
            ("broker", labels::role_selector(name, Role::Broker)),
            ("controller", labels::role_selector(name, Role::Controller)),
        ]
    };
    budgets.into_iter().map(|(role, selector)| budget(pipeline, owner, role, selector)).collect()
}

fn budget(pipeline: &Pipeline, owner: &OwnerReference, role: &str, selector: Labels) -> PodDisruptionBudget {
    PodDisruptionBudget {
        metadata: metadata::of_pipeline(pipeline, owner, names::role(&pipeline.name, role)),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(LabelSelector { match_labels: Some(selector), ..LabelSelector::default() }),
            // A node that is not ready may be recovering the newest data there is: it is evicted only while all others are ready.
            unhealthy_pod_eviction_policy: Some("IfHealthyBudget".to_owned()),
            ..PodDisruptionBudgetSpec::default()
        }),
        ..PodDisruptionBudget::default()
    }
}
