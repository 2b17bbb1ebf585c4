//! The NetworkPolicy of the members: metrics may be read, nothing else listens to others. Where lines go is not restricted.

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPort, NetworkPolicySpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, OwnerReference};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Consumer;
use crate::labels;
use crate::vector::METRICS_PORT;

/// The NetworkPolicy `<pipeline>-<consumer>`. The kubelet's probes are not subject to it.
pub(super) fn network_policy(consumer: &Consumer, owner: &OwnerReference) -> NetworkPolicy {
    let selector = labels::consumer_selector(&consumer.spec.pipeline, &consumer.name);
    let metrics = NetworkPolicyPort { port: Some(IntOrString::Int(METRICS_PORT)), ..NetworkPolicyPort::default() };
    NetworkPolicy {
        metadata: consumer.metadata(owner),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(LabelSelector { match_labels: Some(selector), ..LabelSelector::default() }),
            policy_types: Some(vec!["Ingress".to_owned()]),
            ingress: Some(vec![NetworkPolicyIngressRule { ports: Some(vec![metrics]), from: None }]),
            ..NetworkPolicySpec::default()
        }),
    }
}
