//! The Pod of a member: restricted, with Vector as its only container.

use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, Container, ContainerPort, EmptyDirVolumeSource, HTTPGetAction, KeyToPath, PodSpec, Probe,
    SecretVolumeSource, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Consumer;
use super::config_map::KEY;
use crate::build::image_reference;
use crate::pod_parts::{container_security, non_empty, pod_security, pull_policy, resources, topology_spread};
use crate::vector::{
    API_PORT, CA_DIR, CA_KEY, CONFIG_DIR, DATA_DIR, METRICS_PORT, USER_CERTIFICATE, USER_DIR, USER_KEY,
};
use crate::{labels, names};

const REPOSITORY: &str = "timberio/vector";
const TAG: &str = "0.57.0-distroless-static";
/// The image's own user is root; distroless images know this one as `nonroot`.
const NONROOT: i64 = 65_532;
/// Time to deliver what was read, and to commit it.
const TERMINATION_GRACE_SECONDS: i64 = 75;
/// Vector gives up on a store so long before the kubelet would kill it.
const MARGIN_SECONDS: i64 = 15;

const CONFIG: &str = "config";
const DATA: &str = "data";
const CA: &str = "cluster-ca";
const USER: &str = "user";
/// For the Pod's group alone, since a private key is among the files.
const GROUP_MAY_READ: i32 = 0o440;

/// Spec of the Pods.
pub(super) fn spec(consumer: &Consumer) -> PodSpec {
    let template = &consumer.spec.template.spec;
    let selector = labels::consumer_selector(&consumer.spec.pipeline, &consumer.name);
    PodSpec {
        affinity: template.affinity.clone(),
        automount_service_account_token: Some(false),
        containers: vec![container(consumer)],
        enable_service_links: Some(false),
        image_pull_secrets: non_empty(&consumer.spec.vector.image.pull_secrets),
        node_selector: (!template.node_selector.is_empty()).then(|| template.node_selector.clone()),
        priority_class_name: template.priority_class_name.clone(),
        security_context: Some(pod_security(NONROOT)),
        service_account_name: Some(consumer.child_name()),
        termination_grace_period_seconds: Some(grace_seconds(consumer)),
        tolerations: non_empty(&template.tolerations),
        topology_spread_constraints: Some(topology_spread(&template.topology_spread_constraints, &selector)),
        volumes: Some(volumes(consumer)),
        ..PodSpec::default()
    }
}

fn container(consumer: &Consumer) -> Container {
    let image = &consumer.spec.vector.image;
    let limit = (grace_seconds(consumer) - MARGIN_SECONDS).max(1);
    let file = format!("{CONFIG_DIR}/{KEY}");
    let args = ["--config", &file, "--graceful-shutdown-limit-secs", &limit.to_string()].map(str::to_owned);
    Container {
        name: names::VECTOR_CONTAINER.to_owned(),
        image: Some(image_reference(image, REPOSITORY, TAG)),
        image_pull_policy: Some(pull_policy(image.pull_policy)),
        args: Some(args.into()),
        ports: Some(vec![port("api", API_PORT), port("metrics", METRICS_PORT)]),
        resources: resources(&consumer.spec.vector.resources),
        volume_mounts: Some(mounts(consumer)),
        readiness_probe: Some(Probe { period_seconds: Some(5), failure_threshold: Some(2), ..health() }),
        // Patient: a restart heals little in Vector, and repeats what was not committed.
        liveness_probe: Some(Probe { period_seconds: Some(20), failure_threshold: Some(6), ..health() }),
        security_context: Some(container_security()),
        // Why Vector refused its file is the last thing that it logged.
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        ..Container::default()
    }
}

fn grace_seconds(consumer: &Consumer) -> i64 {
    consumer.spec.template.spec.termination_grace_period_seconds.unwrap_or(TERMINATION_GRACE_SECONDS)
}

fn port(name: &str, container_port: i32) -> ContainerPort {
    ContainerPort { name: Some(name.to_owned()), container_port, ..ContainerPort::default() }
}

fn health() -> Probe {
    let get = HTTPGetAction {
        path: Some("/health".to_owned()),
        port: IntOrString::String("api".to_owned()),
        ..HTTPGetAction::default()
    };
    Probe { http_get: Some(get), timeout_seconds: Some(5), ..Probe::default() }
}

fn volumes(consumer: &Consumer) -> Vec<Volume> {
    let config = ConfigMapVolumeSource { name: consumer.child_name(), ..ConfigMapVolumeSource::default() };
    let mut volumes = vec![
        Volume { name: CONFIG.to_owned(), config_map: Some(config), ..Volume::default() },
        Volume { name: DATA.to_owned(), empty_dir: Some(EmptyDirVolumeSource::default()), ..Volume::default() },
    ];
    let (pipeline, security) = (&consumer.spec.pipeline, consumer.bootstrap.security);
    if security.has_tls() {
        volumes.push(files_of(CA, secret(names::cluster_ca_cert(pipeline), &[CA_KEY])));
    }
    if security.needs_certificate() {
        let user = secret(names::user(pipeline, &names::consumer_user(&consumer.name)), &[USER_CERTIFICATE, USER_KEY]);
        volumes.push(files_of(USER, SecretVolumeSource { default_mode: Some(GROUP_MAY_READ), ..user }));
    }
    volumes
}

fn secret(name: String, keys: &[&str]) -> SecretVolumeSource {
    let item = |key: &&str| KeyToPath { key: (*key).to_owned(), path: (*key).to_owned(), ..KeyToPath::default() };
    let items = keys.iter().map(item).collect();
    SecretVolumeSource { secret_name: Some(name), items: Some(items), ..SecretVolumeSource::default() }
}

fn files_of(name: &str, secret: SecretVolumeSource) -> Volume {
    Volume { name: name.to_owned(), secret: Some(secret), ..Volume::default() }
}

fn mounts(consumer: &Consumer) -> Vec<VolumeMount> {
    let mount = |name: &str, path: &str| VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        ..VolumeMount::default()
    };
    let read_only = |name: &str, path: &str| VolumeMount { read_only: Some(true), ..mount(name, path) };
    let security = consumer.bootstrap.security;
    let ca = security.has_tls().then(|| read_only(CA, CA_DIR));
    let user = security.needs_certificate().then(|| read_only(USER, USER_DIR));
    [read_only(CONFIG, CONFIG_DIR), mount(DATA, DATA_DIR)].into_iter().chain(ca).chain(user).collect()
}
