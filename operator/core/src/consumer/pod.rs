//! The Pod of a member.

use k8s_openapi::api::core::v1::PodSpec;
use kafkapipelines_crds::ConsumerSpec;

use super::Consumer;
use crate::vector::{secret_names, secrets};
use crate::vector_pod::{SecretFiles, VectorPod};
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
        files: secret_files(&consumer.spec),
    };
    pod.spec()
}

/// Credentials and certificates that the spec names. A Secret that is missing keeps the Pod from starting, and the kubelet says which.
pub(crate) fn secret_files(spec: &ConsumerSpec) -> Vec<SecretFiles> {
    let mounted = secrets::mounted(spec).into_iter().enumerate();
    let files = mounted.map(|(index, (secret, keys))| SecretFiles {
        volume: format!("secret-{index}"),
        directory: secret_names::directory(&secret),
        secret,
        keys: keys.into_iter().collect(),
    });
    files.collect()
}
