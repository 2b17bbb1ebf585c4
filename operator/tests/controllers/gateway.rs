//! A gateway and the ConfigMap of agents, from the spec to the children and back. No Kafka runs, and none is needed for them.

use std::time::Duration;

use kafkapipelines_operator::controllers::metrics::Metrics;
use kafkapipelines_operator::controllers::{self, Context, Settings};
use kafkapipelines_operator::io;
use kafkapipelines_operator::io::lease_guard::{self, LeaseHold};
use kafkapipelines_operator::io::watch::Scope;
use kafkapipelines_operator::io::watches::Watches;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::memory_api::{MemoryApi, NAMESPACE};

const GATEWAY: &str = "logs-gateway";
const AGENT: &str = "logs-agent";
const CHILDREN: [&str; 6] =
    ["serviceaccounts", "configmaps", "services", "networkpolicies", "poddisruptionbudgets", "deployments"];

struct Bed {
    api: MemoryApi,
    _tasks: JoinSet<()>,
    _hold: LeaseHold,
}

impl Bed {
    /// All controllers over a pipeline with this gateway, and its pool.
    fn new(gateway: Value) -> Self {
        let api = MemoryApi::new();
        api.put("kafkanodepools", pool());
        api.put("logpipelines", pipeline(gateway));
        let (hold, lease) = lease_guard::pair();
        hold.extend(tokio::time::Instant::now() + Duration::from_hours(1000));
        let settings = Settings { concurrency: 2, metrics: Metrics::register(&mut Registry::default()) };
        let io_metrics = io::metrics::Metrics::default();
        let context = Context { client: api.client(), lease, io_metrics, identity: "replica-0".to_owned(), settings };
        let mut tasks = JoinSet::new();
        let scope = Scope::Namespace(NAMESPACE.to_owned());
        let watches = Watches::start(&context.client, &scope, &context.io_metrics, &mut tasks);
        tasks.spawn(async move {
            watches.synced().await;
            let mut running = JoinSet::new();
            controllers::start(&context, &watches, &CancellationToken::new(), &mut running);
            running.join_all().await;
        });
        Self { api, _tasks: tasks, _hold: hold }
    }

    /// Waits until `GatewayReady` has this reason; empty: until there is no such condition.
    async fn until_gateway_is(&self, reason: &str) {
        self.api.until(&format!("GatewayReady {reason}"), |api| gateway_reason(api) == reason).await;
    }
}

fn pool() -> Value {
    let volume = json!({"id": 0, "size": "1Gi", "kraftMetadata": "shared", "deleteClaim": false});
    json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "KafkaNodePool", "metadata": {"name": "node"},
        "spec": {"pipeline": "logs", "replicas": 1, "roles": ["controller", "broker"], "storage": {"volumes": [volume]}}})
}

fn pipeline(gateway: Value) -> Value {
    let ingress =
        json!({"className": "nginx", "bootstrapHost": "k.example.com", "brokerHostTemplate": "b{nodeId}.example.com"});
    json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "LogPipeline", "metadata": {"name": "logs"},
        "spec": {"topics": [{"name": "lines"}], "gateway": gateway, "kafka": {"version": "4.3.1", "listeners": [
            {"name": "tls", "port": 9093, "type": "internal", "tls": true},
            {"name": "external", "port": 9094, "type": "ingress", "tls": true, "ingress": ingress}]}}})
}

fn gateway_reason(api: &MemoryApi) -> String {
    let pipeline = api.get("logpipelines", "logs").unwrap();
    let conditions = pipeline["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let condition = conditions.into_iter().find(|condition| condition["type"] == "GatewayReady");
    condition.map(|condition| condition["reason"].as_str().unwrap().to_owned()).unwrap_or_default()
}

fn is_there(api: &MemoryApi) -> bool {
    CHILDREN.iter().all(|plural| api.get(plural, GATEWAY).is_some())
}

#[tokio::test(start_paused = true)]
async fn it_comes_with_the_spec_and_goes_with_it() {
    let bed = Bed::new(json!({"topic": "lines", "replicas": 1, "http": {"port": 8080}}));
    bed.api.until("the gateway is there", is_there).await;
    bed.until_gateway_is("GatewayNotReady").await;
    let template = bed.api.get("deployments", GATEWAY).unwrap()["spec"]["template"]["metadata"].clone();
    let mut pod = json!({"metadata": template, "spec": {"containers": []},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]}});
    pod["metadata"]["name"] = json!("logs-gateway-1");
    bed.api.put("pods", pod);
    bed.until_gateway_is("GatewayServes").await;
    bed.api.edit("logpipelines", "logs", |pipeline| pipeline["spec"]["gateway"] = Value::Null);
    let none = |api: &MemoryApi| CHILDREN.iter().all(|plural| api.get(plural, GATEWAY).is_none());
    bed.api.until("the gateway is gone", none).await;
    bed.until_gateway_is("").await;
    assert!(bed.api.get("configmaps", AGENT).is_some(), "what is not the gateway's stays");
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_a_secret_and_its_pods_follow_it() {
    let login = json!({"port": 8080, "authentication": {"secretRef": {"name": "login"}}});
    let bed = Bed::new(json!({"topic": "lines", "http": login}));
    bed.until_gateway_is("GatewaySecretMissing").await;
    assert!(bed.api.get("deployments", GATEWAY).is_none());
    let secret = |password: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "data": {"username": "dQ==", "password": password}});
    bed.api.put("secrets", secret("cA=="));
    bed.api.until("the gateway is there", is_there).await;
    let versions = |api: &MemoryApi| {
        let deployment = api.get("deployments", GATEWAY).unwrap();
        deployment["spec"]["template"]["metadata"]["annotations"]["kafkapipelines.io/secret-versions"].clone()
    };
    let before = versions(&bed.api);
    bed.api.put("secrets", secret("bmV3"));
    bed.api.until("new Pods", |api| versions(api) != before).await;
}

#[tokio::test(start_paused = true)]
async fn agents_are_told_whom_to_trust_as_long_as_there_is_an_external_listener() {
    let bed = Bed::new(Value::Null);
    bed.api.until("the ConfigMap of agents", |api| api.get("configmaps", AGENT).is_some()).await;
    let data = bed.api.get("configmaps", AGENT).unwrap()["data"].clone();
    assert!(data["ca.crt"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----"), "{data}");
    assert_eq!(data["external.bootstrap"], "k.example.com:443");
    bed.api.edit("logpipelines", "logs", |pipeline| {
        pipeline["spec"]["kafka"]["listeners"].as_array_mut().unwrap().truncate(1);
    });
    bed.api.until("the ConfigMap is gone", |api| api.get("configmaps", AGENT).is_none()).await;
}
