//! The Pod of a Kafka node: restricted, and the same for all nodes of a pool.

use k8s_openapi::api::core::v1::{Container, ContainerPort, EnvVar, PodSpec};

use super::{image, paths, probes, scheduling, start_script, volumes};
use crate::names;
use crate::pipeline::Pipeline;
use crate::pod_parts::{container_security, non_empty, pod_security, pull_policy, resources};
use crate::pool::Pool;

const REPOSITORY: &str = "apache/kafka";
/// User and group `appuser` of the official image.
const APPUSER: i64 = 1000;
/// Time to hand over leadership and to flush.
const TERMINATION_GRACE_SECONDS: i64 = 120;

/// Spec of the Pods.
pub fn spec(pipeline: &Pipeline, pool: &Pool) -> PodSpec {
    let template = &pool.spec.template.spec;
    let grace = template.termination_grace_period_seconds.unwrap_or(TERMINATION_GRACE_SECONDS);
    PodSpec {
        affinity: template.affinity.clone(),
        automount_service_account_token: Some(false),
        containers: vec![container(pipeline, pool)],
        enable_service_links: Some(false),
        image_pull_secrets: non_empty(&pipeline.spec.kafka.image.pull_secrets),
        node_selector: (!template.node_selector.is_empty()).then(|| template.node_selector.clone()),
        priority_class_name: template.priority_class_name.clone(),
        security_context: Some(pod_security(APPUSER)),
        service_account_name: Some(names::service_account(&pipeline.name)),
        termination_grace_period_seconds: Some(grace),
        tolerations: non_empty(&template.tolerations),
        topology_spread_constraints: Some(scheduling::topology_spread(pool)),
        volumes: Some(volumes::volumes(pipeline, pool)),
        ..PodSpec::default()
    }
}

fn container(pipeline: &Pipeline, pool: &Pool) -> Container {
    let spec = &pipeline.spec.kafka.image;
    let start = format!("{}/{}", paths::CONFIG, start_script::START_KEY);
    // Kafka's scripts make a directory for logs beside its home unless told otherwise.
    let log_dir =
        EnvVar { name: "LOG_DIR".to_owned(), value: Some(format!("{}/logs", paths::SCRATCH)), value_from: None };
    Container {
        name: names::KAFKA_CONTAINER.to_owned(),
        image: Some(image::reference(spec, REPOSITORY, &pipeline.version.to_string())),
        image_pull_policy: Some(pull_policy(spec.pull_policy)),
        command: Some(vec!["bash".to_owned(), start]),
        working_dir: Some(paths::HOME.to_owned()),
        env: Some(vec![log_dir]),
        ports: Some(ports(pipeline, pool)),
        resources: resources(&pool.spec.resources),
        volume_mounts: Some(volumes::mounts(pipeline, pool)),
        startup_probe: Some(probes::startup(pool)),
        readiness_probe: Some(probes::readiness(pool)),
        liveness_probe: Some(probes::liveness(pool)),
        security_context: Some(container_security()),
        // Why a node did not start is the last thing that it logged.
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        ..Container::default()
    }
}

fn ports(pipeline: &Pipeline, pool: &Pool) -> Vec<ContainerPort> {
    let port = |name: &str, container_port| ContainerPort {
        name: Some(name.to_owned()),
        container_port,
        ..ContainerPort::default()
    };
    let mut ports = Vec::new();
    if pool.is_controller() {
        ports.push(port("controller", names::CONTROLLER_PORT));
    }
    if pool.is_broker() {
        ports.push(port("replication", names::REPLICATION_PORT));
        ports.extend(pipeline.listeners().iter().map(|listener| port(&listener.name, listener.port)));
    }
    ports
}
