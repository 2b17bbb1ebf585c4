//! The Pod of a member.

use k8s_openapi::api::core::v1::PodSpec;

use super::Consumer;
use crate::vector_pod::VectorPod;
use crate::{labels, names};

/// Spec of the Pods.
pub(super) fn spec(consumer: &Consumer) -> PodSpec {
    let pod = VectorPod {
        name: consumer.child_name(),
        pipeline: &consumer.spec.pipeline,
        user: names::consumer_user(&consumer.name),
        security: consumer.bootstrap.security,
        selector: labels::consumer_selector(&consumer.spec.pipeline, &consumer.name),
        vector: &consumer.spec.vector,
        template: &consumer.spec.template.spec,
        ports: Vec::new(),
        env: Vec::new(),
        files: Vec::new(),
    };
    pod.spec()
}
