//! The Deployment of a gateway.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ContainerPort, PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::ports::{Port, ports};
use super::{Gateway, TLS_CERTIFICATE, TLS_DIR, TLS_KEY, secrets};
use crate::consumer::fingerprint;
use crate::vector_pod::{SecretFiles, VectorPod, metadata, port, surging};
use crate::{labels, names};

/// Volume of the certificate that senders are shown.
const TLS_VOLUME: &str = "gateway-tls";

/// The Deployment `<pipeline>-gateway`. A new Pod is ready before an old one goes.
pub(super) fn deployment(gateway: &Gateway, owner: &OwnerReference) -> Deployment {
    let read = [
        (labels::CONFIG_HASH, Some(fingerprint(gateway.vector_file.as_bytes()))),
        (labels::SECRET_VERSIONS, Some(gateway.secret_versions.clone()).filter(|versions| !versions.is_empty())),
    ];
    let hashes = read.into_iter().chain(gateway.certificates.hashes());
    let metadata = metadata(&gateway.spec.template.metadata, labels::gateway(&gateway.pipeline), hashes);
    let template = PodTemplateSpec { metadata: Some(metadata), spec: Some(pod(gateway)) };
    Deployment {
        metadata: gateway.metadata(owner),
        spec: Some(surging(gateway.spec.replicas, labels::gateway_selector(&gateway.pipeline), template)),
        ..Deployment::default()
    }
}

fn pod(gateway: &Gateway) -> PodSpec {
    let tls = gateway.spec.syslog.as_ref().and_then(|syslog| syslog.tls.as_ref());
    let files = tls.map(|tls| SecretFiles {
        volume: TLS_VOLUME.to_owned(),
        directory: TLS_DIR.to_owned(),
        secret: tls.secret_ref.name.clone(),
        keys: [TLS_CERTIFICATE, TLS_KEY].map(str::to_owned).into(),
    });
    let pod = VectorPod {
        name: names::gateway(&gateway.pipeline),
        pipeline: &gateway.pipeline,
        user: names::GATEWAY_USER.to_owned(),
        security: gateway.bootstrap.security,
        selector: labels::gateway_selector(&gateway.pipeline),
        vector: &gateway.spec.vector,
        template: &gateway.spec.template.spec,
        ports: ports(&gateway.spec).into_iter().map(container_port).collect(),
        env: secrets::environment(&gateway.spec),
        files: files.into_iter().collect(),
    };
    pod.spec()
}

fn container_port(own: Port) -> ContainerPort {
    ContainerPort { protocol: Some(own.transport.as_str().to_owned()), ..port(own.name, own.pod) }
}
