//! The Pod of a Vector that the operator runs, a consumer's member or a gateway: restricted, with Vector as its only container; and what it
//! needs besides.

use k8s_openapi::api::apps::v1::{DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment};
use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, Container, ContainerPort, EmptyDirVolumeSource, EnvVar, HTTPGetAction, KeyToPath, PodSpec,
    PodTemplateSpec, Probe, SecretVolumeSource, ServiceAccount, Volume, VolumeMount,
};
use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPort, NetworkPolicySpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kafkapipelines_crds::{PodTemplateMetadata, PodTemplateValues, VectorSpec};

use crate::build::image_reference;
use crate::labels::Labels;
use crate::names;
use crate::pod_parts::{container_security, non_empty, pod_security, pull_policy, resources, topology_spread};
use crate::vector::{
    API_PORT, CA_DIR, CA_KEY, CONFIG_DIR, DATA_DIR, METRICS_PORT, Security, USER_CERTIFICATE, USER_DIR, USER_KEY,
};

/// Key of the Vector file in its ConfigMap, and its name in the container.
pub(crate) const FILE: &str = "vector.yaml";

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

/// Old templates that are kept, so that `kubectl rollout undo` has somewhere to go until the next reconcile.
const HISTORY: i32 = 2;

/// Metadata of a Pod: the user's with the operator's own, which win. `hashes` are of what Vector reads once, at its start, so a change of any
/// is a change of the template.
pub(crate) fn metadata(
    user: &PodTemplateMetadata,
    labels: Labels,
    hashes: impl IntoIterator<Item = (&'static str, Option<String>)>,
) -> ObjectMeta {
    let hashes = hashes.into_iter().filter_map(|(key, hash)| Some((key.to_owned(), hash?)));
    ObjectMeta {
        labels: Some(user.labels.clone().into_iter().chain(labels).collect()),
        annotations: Some(user.annotations.clone().into_iter().chain(hashes).collect()),
        ..ObjectMeta::default()
    }
}

/// A Deployment whose new Pods are ready before old ones go.
pub(crate) fn surging(replicas: i32, selector: Labels, template: PodTemplateSpec) -> DeploymentSpec {
    DeploymentSpec {
        replicas: Some(replicas),
        revision_history_limit: Some(HISTORY),
        selector: LabelSelector { match_labels: Some(selector), ..LabelSelector::default() },
        strategy: Some(DeploymentStrategy {
            type_: Some("RollingUpdate".to_owned()),
            rolling_update: Some(RollingUpdateDeployment {
                max_surge: Some(IntOrString::Int(1)),
                max_unavailable: Some(IntOrString::Int(0)),
            }),
        }),
        template,
        ..DeploymentSpec::default()
    }
}

/// A ServiceAccount without rights and without a token.
pub(crate) fn service_account(metadata: ObjectMeta) -> ServiceAccount {
    ServiceAccount { metadata, automount_service_account_token: Some(false), ..ServiceAccount::default() }
}

/// A NetworkPolicy by which Pods are reached at these ports and no others. The kubelet's probes are not subject to it.
pub(crate) fn open_at(metadata: ObjectMeta, selector: Labels, ports: Vec<NetworkPolicyPort>) -> NetworkPolicy {
    NetworkPolicy {
        metadata,
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(LabelSelector { match_labels: Some(selector), ..LabelSelector::default() }),
            policy_types: Some(vec!["Ingress".to_owned()]),
            ingress: Some(vec![NetworkPolicyIngressRule { ports: Some(ports), from: None }]),
            ..NetworkPolicySpec::default()
        }),
    }
}

/// A NetworkPolicy by which metrics may be read, and nothing else listens to others.
pub(crate) fn open_for_metrics(metadata: ObjectMeta, selector: Labels) -> NetworkPolicy {
    let port = NetworkPolicyPort { port: Some(IntOrString::Int(METRICS_PORT)), ..NetworkPolicyPort::default() };
    open_at(metadata, selector, vec![port])
}

/// What differs from one Vector to another.
pub(crate) struct VectorPod<'a> {
    /// Name of its ConfigMap and of its ServiceAccount.
    pub name: String,
    /// The pipeline whose Kafka it connects to.
    pub pipeline: &'a str,
    /// The user that it is there.
    pub user: String,
    /// What the listener asks of it.
    pub security: Security,
    /// Labels by which its Pods are spread.
    pub selector: Labels,
    /// Image and resources.
    pub vector: &'a VectorSpec,
    /// What the spec says of its Pods.
    pub template: &'a PodTemplateValues,
    /// Ports besides those of health and metrics.
    pub ports: Vec<ContainerPort>,
    /// Environment.
    pub env: Vec<EnvVar>,
    /// Secrets with files besides those for Kafka.
    pub files: Vec<SecretFiles>,
}

/// A Secret whose keys are files in the container.
pub(crate) struct SecretFiles {
    /// Name of the volume.
    pub volume: String,
    /// The directory of the files.
    pub directory: String,
    /// Name of the Secret.
    pub secret: String,
    /// Its keys, which are the names of the files.
    pub keys: Vec<String>,
}

impl VectorPod<'_> {
    /// Spec of the Pods.
    pub(crate) fn spec(self) -> PodSpec {
        let template = self.template;
        PodSpec {
            affinity: template.affinity.clone(),
            automount_service_account_token: Some(false),
            enable_service_links: Some(false),
            image_pull_secrets: non_empty(&self.vector.image.pull_secrets),
            node_selector: (!template.node_selector.is_empty()).then(|| template.node_selector.clone()),
            priority_class_name: template.priority_class_name.clone(),
            security_context: Some(pod_security(NONROOT)),
            service_account_name: Some(self.name.clone()),
            termination_grace_period_seconds: Some(self.grace_seconds()),
            tolerations: non_empty(&template.tolerations),
            topology_spread_constraints: Some(topology_spread(&template.topology_spread_constraints, &self.selector)),
            volumes: Some(self.volumes()),
            containers: vec![self.container()],
            ..PodSpec::default()
        }
    }

    fn container(self) -> Container {
        let image = &self.vector.image;
        let limit = (self.grace_seconds() - MARGIN_SECONDS).max(1);
        let file = format!("{CONFIG_DIR}/{FILE}");
        let args = ["--config", &file, "--graceful-shutdown-limit-secs", &limit.to_string()].map(str::to_owned);
        let own_ports = [port("api", API_PORT), port("metrics", METRICS_PORT)];
        Container {
            name: names::VECTOR_CONTAINER.to_owned(),
            image: Some(image_reference(image, REPOSITORY, TAG)),
            image_pull_policy: Some(pull_policy(image.pull_policy)),
            args: Some(args.into()),
            env: Some(self.environment()),
            resources: resources(&self.vector.resources),
            volume_mounts: Some(self.mounts()),
            ports: Some(own_ports.into_iter().chain(self.ports).collect()),
            readiness_probe: Some(Probe { period_seconds: Some(5), failure_threshold: Some(2), ..health() }),
            // Patient: a restart heals little in Vector, and repeats what was not committed.
            liveness_probe: Some(Probe { period_seconds: Some(20), failure_threshold: Some(6), ..health() }),
            security_context: Some(container_security()),
            // Why Vector refused its file is the last thing that it logged.
            termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
            ..Container::default()
        }
    }

    fn environment(&self) -> Vec<EnvVar> {
        let level = self.vector.log_level.as_str().to_owned();
        let level = EnvVar { name: "VECTOR_LOG".to_owned(), value: Some(level), ..EnvVar::default() };
        std::iter::once(level).chain(self.env.iter().cloned()).collect()
    }

    fn grace_seconds(&self) -> i64 {
        self.template.termination_grace_period_seconds.unwrap_or(TERMINATION_GRACE_SECONDS)
    }

    fn volumes(&self) -> Vec<Volume> {
        let config = ConfigMapVolumeSource { name: self.name.clone(), ..ConfigMapVolumeSource::default() };
        let mut volumes = vec![
            Volume { name: CONFIG.to_owned(), config_map: Some(config), ..Volume::default() },
            Volume { name: DATA.to_owned(), empty_dir: Some(EmptyDirVolumeSource::default()), ..Volume::default() },
        ];
        if self.security.has_tls() {
            volumes.push(files_of(CA, secret(names::cluster_ca_cert(self.pipeline), &[CA_KEY])));
        }
        if self.security.needs_certificate() {
            let user = secret(names::user(self.pipeline, &self.user), &[USER_CERTIFICATE, USER_KEY]);
            volumes.push(private_files_of(USER, user));
        }
        volumes.extend(self.files.iter().map(|files| {
            let keys: Vec<_> = files.keys.iter().map(String::as_str).collect();
            private_files_of(&files.volume, secret(files.secret.clone(), &keys))
        }));
        volumes
    }

    fn mounts(&self) -> Vec<VolumeMount> {
        let ca = self.security.has_tls().then(|| read_only(CA, CA_DIR));
        let user = self.security.needs_certificate().then(|| read_only(USER, USER_DIR));
        let own = [read_only(CONFIG, CONFIG_DIR), mount(DATA, DATA_DIR)];
        let further = self.files.iter().map(|files| read_only(&files.volume, &files.directory));
        own.into_iter().chain(ca).chain(user).chain(further).collect()
    }
}

/// A port of the container.
pub(crate) fn port(name: &str, container_port: i32) -> ContainerPort {
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

fn private_files_of(volume: &str, secret: SecretVolumeSource) -> Volume {
    files_of(volume, SecretVolumeSource { default_mode: Some(GROUP_MAY_READ), ..secret })
}

fn secret(name: String, keys: &[&str]) -> SecretVolumeSource {
    let item = |key: &&str| KeyToPath { key: (*key).to_owned(), path: (*key).to_owned(), ..KeyToPath::default() };
    let items = keys.iter().map(item).collect();
    SecretVolumeSource { secret_name: Some(name), items: Some(items), ..SecretVolumeSource::default() }
}

fn files_of(name: &str, secret: SecretVolumeSource) -> Volume {
    Volume { name: name.to_owned(), secret: Some(secret), ..Volume::default() }
}

fn mount(name: &str, path: &str) -> VolumeMount {
    VolumeMount { name: name.to_owned(), mount_path: path.to_owned(), ..VolumeMount::default() }
}

fn read_only(name: &str, path: &str) -> VolumeMount {
    VolumeMount { read_only: Some(true), ..mount(name, path) }
}
