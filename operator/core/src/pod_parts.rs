//! Parts that the Pods of Kafka nodes and of consumers have alike.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, PodSecurityContext, ResourceRequirements as ContainerResources, SeccompProfile, SecurityContext,
    TopologySpreadConstraint,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kafkapipelines_crds::{PullPolicy, ResourceRequirements};

use crate::labels::Labels;

const TOPOLOGIES: [&str; 2] = ["topology.kubernetes.io/zone", "kubernetes.io/hostname"];

/// Always said, so that a policy taken out of the spec goes back to the default.
pub(crate) fn pull_policy(policy: Option<PullPolicy>) -> String {
    match policy.unwrap_or(PullPolicy::IfNotPresent) {
        PullPolicy::Always => "Always",
        PullPolicy::IfNotPresent => "IfNotPresent",
        PullPolicy::Never => "Never",
    }
    .to_owned()
}

/// CPU and memory of a container; nothing where the user said nothing.
pub(crate) fn resources(wanted: &ResourceRequirements) -> Option<ContainerResources> {
    let some = |map: &BTreeMap<_, _>| (!map.is_empty()).then(|| map.clone());
    let resources = ContainerResources {
        requests: some(&wanted.requests),
        limits: some(&wanted.limits),
        ..ContainerResources::default()
    };
    (resources != ContainerResources::default()).then_some(resources)
}

/// What Pod Security "restricted" asks of a Pod that runs as this user and group.
pub(crate) fn pod_security(user: i64) -> PodSecurityContext {
    PodSecurityContext {
        fs_group: Some(user),
        // A disk with many files is not walked at every start.
        fs_group_change_policy: Some("OnRootMismatch".to_owned()),
        run_as_group: Some(user),
        run_as_non_root: Some(true),
        run_as_user: Some(user),
        seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), ..SeccompProfile::default() }),
        ..PodSecurityContext::default()
    }
}

/// What Pod Security "restricted" asks of a container, and a root file system that cannot be written.
pub(crate) fn container_security() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), ..Capabilities::default() }),
        read_only_root_filesystem: Some(true),
        ..SecurityContext::default()
    }
}

/// The user's constraints, else an even spread over zones and hosts of the Pods with these labels.
/// A wish and not a rule, so that a small cluster can run them too.
pub(crate) fn topology_spread(given: &[TopologySpreadConstraint], selector: &Labels) -> Vec<TopologySpreadConstraint> {
    if !given.is_empty() {
        return given.to_vec();
    }
    let constraint = |topology: &str| TopologySpreadConstraint {
        max_skew: 1,
        topology_key: topology.to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        label_selector: Some(LabelSelector { match_labels: Some(selector.clone()), ..LabelSelector::default() }),
        ..TopologySpreadConstraint::default()
    };
    TOPOLOGIES.into_iter().map(constraint).collect()
}

/// A list as Kubernetes writes it: an empty one is left out.
pub(crate) fn non_empty<T: Clone>(items: &[T]) -> Option<Vec<T>> {
    (!items.is_empty()).then(|| items.to_vec())
}
