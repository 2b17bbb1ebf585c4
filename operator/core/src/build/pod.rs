//! The Pod of a Kafka node: restricted, and the same for all nodes of a pool.

use k8s_openapi::api::core::v1::{
    Capabilities, Container, ContainerPort, EnvVar, PodSecurityContext, PodSpec,
    ResourceRequirements as ContainerResources, SeccompProfile, SecurityContext,
};
use kafkapipelines_crds::{PullPolicy, ResourceRequirements};

use super::{image, paths, probes, scheduling, start_script, volumes};
use crate::names;
use crate::pipeline::Pipeline;
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
        image_pull_secrets: non_empty(pipeline.spec.kafka.image.pull_secrets.clone()),
        node_selector: (!template.node_selector.is_empty()).then(|| template.node_selector.clone()),
        priority_class_name: template.priority_class_name.clone(),
        security_context: Some(pod_security()),
        service_account_name: Some(names::service_account(&pipeline.name)),
        termination_grace_period_seconds: Some(grace),
        tolerations: non_empty(template.tolerations.clone()),
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
        startup_probe: Some(probes::startup()),
        readiness_probe: Some(probes::readiness()),
        liveness_probe: Some(probes::liveness()),
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

/// Always said, so that a policy taken out of the spec goes back to the default.
fn pull_policy(policy: Option<PullPolicy>) -> String {
    match policy.unwrap_or(PullPolicy::IfNotPresent) {
        PullPolicy::Always => "Always",
        PullPolicy::IfNotPresent => "IfNotPresent",
        PullPolicy::Never => "Never",
    }
    .to_owned()
}

fn resources(wanted: &ResourceRequirements) -> Option<ContainerResources> {
    let some = |map: &std::collections::BTreeMap<_, _>| (!map.is_empty()).then(|| map.clone());
    let resources = ContainerResources {
        requests: some(&wanted.requests),
        limits: some(&wanted.limits),
        ..ContainerResources::default()
    };
    (resources != ContainerResources::default()).then_some(resources)
}

fn pod_security() -> PodSecurityContext {
    PodSecurityContext {
        fs_group: Some(APPUSER),
        // A disk with many segments is not walked at every start.
        fs_group_change_policy: Some("OnRootMismatch".to_owned()),
        run_as_group: Some(APPUSER),
        run_as_non_root: Some(true),
        run_as_user: Some(APPUSER),
        seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), ..SeccompProfile::default() }),
        ..PodSecurityContext::default()
    }
}

fn container_security() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), ..Capabilities::default() }),
        read_only_root_filesystem: Some(true),
        ..SecurityContext::default()
    }
}

fn non_empty<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}
