//! A Consumer from its first reconcile to a quiet, ready one, and what keeps it from there.

use std::time::Duration;

use kafkapipelines_core::conditions::{DELIVERING, Finding, NO_LOSS};
use kafkapipelines_core::consumer_health::report::{ConsumerReport, Figures};
use kafkapipelines_core::consumer_health::start::Start;
use kafkapipelines_operator::controllers::metrics::Metrics;
use kafkapipelines_operator::controllers::reports::ConsumerReports;
use kafkapipelines_operator::controllers::{Context, Settings, consumer};
use kafkapipelines_operator::io;
use kafkapipelines_operator::io::lease_guard::{self, LeaseHold};
use kafkapipelines_operator::io::watch::Scope;
use kafkapipelines_operator::io::watches::Watches;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::memory_api::{MemoryApi, NAMESPACE};

pub(super) const CHILD: &str = "logs-drain";
/// Kinds of the children that are called so.
const CHILDREN: [&str; 4] = ["serviceaccounts", "networkpolicies", "poddisruptionbudgets", "deployments"];

pub(super) struct Bed {
    pub(super) api: MemoryApi,
    /// What was seen of consumers; the controller that looks does not run here.
    seen: ConsumerReports,
    _tasks: JoinSet<()>,
    _hold: LeaseHold,
}

impl Bed {
    /// A running controller over these objects. Kafka has what the consumer needs.
    pub(super) fn new(objects: &[(&str, Value)]) -> Self {
        let bed = Self::unseen(objects);
        bed.see(ConsumerReport { start: Some(Start::May), ..ConsumerReport::default() });
        bed
    }

    /// Two members run, and all is well.
    pub(super) async fn running() -> Self {
        let bed = Self::new(&[consumer(), pipeline(), authority()]);
        bed.until_ready_is("False", "RolloutInProgress").await;
        bed.run_members(2);
        bed.until_ready_is("True", "AllMembersReady").await;
        bed
    }

    /// A look at the consumer, as it is, has ended.
    pub(super) fn see(&self, report: ConsumerReport) {
        let consumer = self.api.get("consumers", "drain").unwrap();
        let generation = consumer["metadata"]["generation"].as_i64();
        self.seen.health.set(NAMESPACE, "drain", ConsumerReport { generation, ..report });
    }

    /// A running controller over these objects. Nobody has looked into Kafka yet.
    fn unseen(objects: &[(&str, Value)]) -> Self {
        let (api, seen) = (MemoryApi::new(), ConsumerReports::default());
        for (plural, object) in objects {
            api.put(plural, object.clone());
        }
        let (hold, lease) = lease_guard::pair();
        hold.extend(tokio::time::Instant::now() + Duration::from_hours(1000));
        let settings = Settings { concurrency: 2, metrics: Metrics::register(&mut Registry::default()) };
        let io_metrics = io::metrics::Metrics::default();
        let context = Context { client: api.client(), lease, io_metrics, identity: "replica-0".to_owned(), settings };
        let mut tasks = JoinSet::new();
        let scope = Scope::Namespace(NAMESPACE.to_owned());
        let watches = Watches::start(&context.client, &scope, &context.io_metrics, &mut tasks);
        let controller = consumer::run(&context, &watches, &seen, CancellationToken::new());
        tasks.spawn(async move {
            watches.synced().await;
            controller.await;
        });
        Self { api, seen, _tasks: tasks, _hold: hold }
    }

    /// Waits until `Ready` has this status and reason.
    pub(super) async fn until_ready_is(&self, status: &str, reason: &str) {
        self.api
            .until(&format!("Ready {status} {reason}"), |api| ready(api).starts_with(&format!("{status} {reason}: ")))
            .await;
    }

    /// Plays the Deployment's controller and the kubelet: `ready` of the wanted members serve the newest template.
    pub(super) fn run_members(&self, ready: usize) {
        let deployment = self.api.get("deployments", CHILD).unwrap();
        let (spec, generation) = (&deployment["spec"], &deployment["metadata"]["generation"]);
        let replicas = usize::try_from(spec["replicas"].as_u64().unwrap()).unwrap();
        for index in 0..replicas {
            let mut pod = spec["template"].clone();
            pod["metadata"]["name"] = json!(format!("{CHILD}-{index}"));
            pod["status"] =
                json!({"conditions": [{"type": "Ready", "status": if index < ready { "True" } else { "False" }}]});
            self.api.put("pods", pod);
        }
        let status = json!({"observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
            "availableReplicas": ready});
        self.api.edit("deployments", CHILD, |deployment| deployment["status"] = status);
    }
}

/// Name of the ConfigMap from which new members take their file.
pub(super) fn config_map(api: &MemoryApi) -> String {
    let deployment = api.get("deployments", CHILD).unwrap();
    deployment["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"].as_str().unwrap().to_owned()
}

fn file(api: &MemoryApi) -> String {
    api.get("configmaps", &config_map(api)).unwrap()["data"]["vector.yaml"].as_str().unwrap().to_owned()
}

/// `<status> <reason>: <message>` of the condition `Ready`.
pub(super) fn ready(api: &MemoryApi) -> String {
    let consumer = api.get("consumers", "drain").unwrap();
    let conditions = consumer["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let text = |c: &Value, field: &str| c[field].as_str().unwrap().to_owned();
    conditions
        .iter()
        .find(|c| c["type"] == "Ready")
        .map(|c| format!("{} {}: {}", text(c, "status"), text(c, "reason"), text(c, "message")))
        .unwrap_or_default()
}

pub(super) fn consumer() -> (&'static str, Value) {
    let store = json!({"name": "store", "victoriaLogs": {"endpoint": "http://vl:9428"}});
    let spec =
        json!({"pipeline": "logs", "replicas": 2, "topics": ["a"], "sinks": [store], "deadLetter": {"topic": "dead"}});
    (
        "consumers",
        json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer", "metadata": {"name": "drain"}, "spec": spec}),
    )
}

pub(super) fn pipeline() -> (&'static str, Value) {
    let listener = json!({"name": "tls", "port": 9093, "type": "internal", "tls": true});
    (
        "logpipelines",
        json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "LogPipeline", "metadata": {"name": "logs"},
        "spec": {"kafka": {"version": "4.3.1", "listeners": [listener]}, "topics": [{"name": "a", "partitions": 12}]}, "status": {"nodes": {"desired": 3, "ready": 3, "upToDate": 3}}}),
    )
}

pub(super) fn authority() -> (&'static str, Value) {
    let labels = json!({"app.kubernetes.io/managed-by": "kafkapipelines", "kafkapipelines.io/pipeline": "logs"});
    (
        "secrets",
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "logs-cluster-ca-cert", "labels": labels}, "data": {"ca.crt": "Y2E="}}),
    )
}

#[tokio::test(start_paused = true)]
async fn it_becomes_ready_with_its_members_and_then_nothing_is_written() {
    let bed = Bed::new(&[consumer(), pipeline(), authority()]);
    bed.until_ready_is("False", "RolloutInProgress").await;
    for plural in CHILDREN {
        assert!(bed.api.get(plural, CHILD).is_some(), "{plural}");
    }
    assert!(bed.api.get("configmaps", &config_map(&bed.api)).is_some());
    bed.run_members(1);
    bed.until_ready_is("False", "MembersNotReady").await;
    assert!(ready(&bed.api).contains("logs-drain-1: "), "{}", ready(&bed.api));
    bed.run_members(2);
    bed.until_ready_is("True", "AllMembersReady").await;
    let status = bed.api.get("consumers", "drain").unwrap()["status"].clone();
    assert_eq!(
        (&status["readyMembers"], &status["topics"], &status["sinks"]),
        (&json!("2/2"), &json!("a"), &json!("store"))
    );

    let settled = |api: &MemoryApi| api.notes().last().is_some_and(|reason| reason == "AllMembersReady");
    bed.api.until("an Event", settled).await;
    bed.api.writes();
    bed.api.edit("logpipelines", "logs", |pipeline| pipeline["status"]["nodes"]["upToDate"] = json!(2));
    bed.api.edit("pods", "logs-drain-0", |pod| pod["status"]["phase"] = json!("Running"));
    tokio::time::sleep(Duration::from_hours(48)).await;
    assert_eq!(bed.api.writes(), Vec::<String>::new());
    let reasons = bed.api.notes();
    assert_eq!(reasons.iter().filter(|reason| *reason == "AllMembersReady").count(), 1, "{reasons:?}");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_somebody_changed_is_mended() {
    let bed = Bed::new(&[consumer(), pipeline(), authority()]);
    bed.until_ready_is("False", "RolloutInProgress").await;
    // Nothing else sets the controller going.
    tokio::time::sleep(Duration::from_hours(1)).await;
    bed.api.edit("configmaps", &config_map(&bed.api), |map| map["data"]["vector.yaml"] = json!("sinks: {}"));
    bed.api.until("the file is as it was", |api| file(api).contains("_guard")).await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_change_is_said_and_the_old_file_keeps_running() {
    let bed = Bed::new(&[consumer(), pipeline(), authority()]);
    bed.until_ready_is("False", "RolloutInProgress").await;
    bed.run_members(2);
    bed.until_ready_is("True", "AllMembersReady").await;
    let before = bed.api.get("deployments", CHILD);
    bed.api.edit("consumers", "drain", |consumer| consumer["spec"]["deadLetter"]["topic"] = json!("a"));
    bed.until_ready_is("False", "DeadLetterLoop").await;
    assert!(ready(&bed.api).contains("spec.deadLetter.topic: a: "), "{}", ready(&bed.api));
    assert_eq!(bed.api.get("deployments", CHILD), before);
    assert_eq!(bed.api.get("consumers", "drain").unwrap()["status"]["readyMembers"], "2/2");
}

#[tokio::test(start_paused = true)]
async fn a_program_that_does_not_compile_never_reaches_the_members() {
    let program = |source: &str| json!([{"name": "parse", "remap": {"source": source}}]);
    let bed = Bed::new(&[consumer(), pipeline(), authority()]);
    bed.until_ready_is("False", "RolloutInProgress").await;
    bed.run_members(2);
    bed.until_ready_is("True", "AllMembersReady").await;
    let children = |api: &MemoryApi| (CHILDREN.map(|plural| api.get(plural, CHILD)), file(api));
    let before = children(&bed.api);
    bed.api.edit("consumers", "drain", |consumer| {
        consumer["spec"]["transforms"] = program(". = parse_json(.message)");
        consumer["spec"]["replicas"] = json!(3);
    });
    bed.until_ready_is("False", "InvalidVrl").await;
    let said = ready(&bed.api);
    assert!(
        said.contains("spec.transforms[parse].remap.source: parse_json(.message): line 1, column 5: E103 "),
        "{said}"
    );
    assert_eq!(children(&bed.api), before);
    bed.api.edit("consumers", "drain", |c| c["spec"]["transforms"] = program(". = parse_json!(.message)"));
    bed.until_ready_is("False", "RolloutInProgress").await;
    bed.run_members(3);
    bed.until_ready_is("True", "AllMembersReady").await;
}

#[tokio::test(start_paused = true)]
async fn a_program_in_a_config_map_is_followed_and_a_bad_or_missing_one_never_reaches_the_members() {
    let programs = |source: &str| {
        let metadata = json!({"name": "programs", "labels": {"kafkapipelines.io/programs": "true"}});
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"parse.vrl": source}})
    };
    let (plural, mut object) = consumer();
    let from = json!({"configMapKeyRef": {"name": "programs", "key": "parse.vrl"}});
    object["spec"]["transforms"] = json!([{"name": "parse", "remap": {"sourceFrom": from}}]);
    let bed = Bed::new(&[(plural, object), pipeline(), authority()]);
    bed.until_ready_is("False", "ProgramNotFound").await;
    assert!(
        ready(&bed.api).contains("configMapKeyRef: programs/parse.vrl: there is no ConfigMap"),
        "{}",
        ready(&bed.api)
    );
    let mut unlabelled = programs(".a = 1");
    unlabelled["metadata"]["labels"] = json!({});
    bed.api.put("configmaps", unlabelled);
    bed.api.put("configmaps", programs(".a = 1"));
    bed.until_ready_is("False", "RolloutInProgress").await;
    assert!(file(&bed.api).contains(".a = 1"));
    bed.api.put("configmaps", programs(".a = bad("));
    bed.until_ready_is("False", "InvalidVrl").await;
    assert!(file(&bed.api).contains(".a = 1"));
    bed.api.put("configmaps", programs(".a = 2"));
    bed.api.until("the new program", |api| file(api).contains(".a = 2")).await;
    bed.run_members(2);
    bed.until_ready_is("True", "AllMembersReady").await;
    bed.api.edit("configmaps", "programs", |map| map["data"] = json!({"other.vrl": ""}));
    bed.until_ready_is("False", "ProgramNotFound").await;
    assert!(file(&bed.api).contains(".a = 2"));
}

#[tokio::test(start_paused = true)]
async fn a_changed_program_is_not_ready_until_all_members_run_it() {
    let bed = Bed::new(&[consumer(), pipeline(), authority()]);
    bed.until_ready_is("False", "RolloutInProgress").await;
    bed.run_members(2);
    bed.until_ready_is("True", "AllMembersReady").await;
    let hash = |api: &MemoryApi| api.get("consumers", "drain").unwrap()["status"]["configHash"].clone();
    let old = hash(&bed.api);
    let transform = json!([{"name": "parse", "remap": {"source": ". = parse_json!(.message)"}}]);
    bed.api.edit("consumers", "drain", |consumer| consumer["spec"]["transforms"] = transform);
    bed.until_ready_is("False", "RolloutInProgress").await;
    assert_eq!(hash(&bed.api), old);
    let said =
        bed.api.past("consumers", "drain").into_iter().map(|consumer| consumer["status"]["conditions"][0].clone());
    let too_early = |ready: &Value| ready["observedGeneration"] == 2 && ready["status"] == "True";
    assert_eq!(said.filter(too_early).collect::<Vec<_>>(), Vec::<Value>::new());
    bed.run_members(2);
    bed.until_ready_is("True", "AllMembersReady").await;
    assert_ne!(hash(&bed.api), old);
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_its_pipeline_and_then_for_the_authority() {
    let bed = Bed::new(&[consumer()]);
    bed.until_ready_is("False", "PipelineNotFound").await;
    let (plural, object) = pipeline();
    bed.api.put(plural, object);
    bed.until_ready_is("False", "PipelineNotReady").await;
    assert!(bed.api.get("deployments", CHILD).is_none(), "its members would have to start twice");
    let (plural, object) = authority();
    bed.api.put(plural, object);
    bed.until_ready_is("False", "RolloutInProgress").await;
    let template = bed.api.get("deployments", CHILD).unwrap()["spec"]["template"].clone();
    assert!(template["metadata"]["annotations"]["kafkapipelines.io/trust-hash"].is_string(), "{template}");
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_its_certificate_and_its_members_restart_with_another() {
    let (plural, mut object) = pipeline();
    object["spec"]["kafka"]["listeners"][0]["authentication"] = json!({"type": "tls"});
    let bed = Bed::new(&[consumer(), (plural, object), authority()]);
    bed.until_ready_is("False", "UserPending").await;
    assert!(ready(&bed.api).contains("logs-consumer-drain"), "{}", ready(&bed.api));
    assert!(bed.api.get("deployments", CHILD).is_none(), "its members would have to start twice");
    let (plural, mut user) = authority();
    user["metadata"]["name"] = json!("logs-consumer-drain");
    user["data"] = json!({"ca.crt": "Y2E=", "user.crt": "Y3J0", "user.key": "a2V5"});
    bed.api.put(plural, user);
    bed.until_ready_is("False", "RolloutInProgress").await;
    let hash = |api: &MemoryApi| {
        api.get("deployments", CHILD).unwrap()["spec"]["template"]["metadata"]["annotations"]
            ["kafkapipelines.io/certificate-hash"]
            .clone()
    };
    let old = hash(&bed.api);
    assert!(old.is_string());
    bed.api.edit("secrets", "logs-consumer-drain", |secret| secret["data"]["user.crt"] = json!("bmV3"));
    bed.api.until("the new certificate", |api| hash(api) != old).await;
}

#[tokio::test(start_paused = true)]
async fn a_suspended_pipeline_is_watched_and_nothing_is_made() {
    let (plural, mut object) = pipeline();
    object["spec"]["suspend"] = json!(true);
    let bed = Bed::new(&[consumer(), (plural, object), authority()]);
    bed.until_ready_is("False", "RolloutInProgress").await;
    assert!(CHILDREN.iter().all(|plural| bed.api.get(plural, CHILD).is_none()));
}

pub(super) fn replicas(api: &MemoryApi) -> Option<i64> {
    api.get("deployments", CHILD)?["spec"]["replicas"].as_i64()
}

#[tokio::test(start_paused = true)]
async fn its_first_members_wait_for_what_they_need_and_later_ones_for_nothing() {
    let bed = Bed::unseen(&[consumer(), pipeline(), authority()]);
    bed.until_ready_is("False", "DeadLetterTopicPending").await;
    assert_eq!(replicas(&bed.api), Some(0));
    assert_eq!(bed.api.get("consumers", "drain").unwrap()["status"]["readyMembers"], "0/2");
    let waits = || Some(Start::Waits("TopicPending", "there is no topic a".to_owned()));
    bed.see(ConsumerReport { start: waits(), ..ConsumerReport::default() });
    bed.until_ready_is("False", "TopicPending").await;
    assert_eq!(replicas(&bed.api), Some(0));
    bed.see(ConsumerReport { start: Some(Start::May), partitions: Some(12), ..ConsumerReport::default() });
    bed.until_ready_is("False", "RolloutInProgress").await;
    assert_eq!(replicas(&bed.api), Some(2));
    bed.run_members(2);
    bed.until_ready_is("True", "AllMembersReady").await;
    bed.see(ConsumerReport { start: waits(), ..ConsumerReport::default() });
    bed.api.edit("consumers", "drain", |consumer| consumer["spec"]["replicas"] = json!(3));
    bed.api.until("3 members", |api| replicas(api) == Some(3)).await;
}

#[tokio::test(start_paused = true)]
async fn there_are_no_more_members_than_partitions() {
    let bed = Bed::new(&[consumer(), pipeline(), authority()]);
    bed.see(ConsumerReport { start: Some(Start::May), partitions: Some(1), ..ConsumerReport::default() });
    bed.api.until("one member", |api| replicas(api) == Some(1)).await;
    bed.run_members(1);
    bed.until_ready_is("True", "AllMembersReady").await;
    let status = bed.api.get("consumers", "drain").unwrap()["status"].clone();
    let warning = status["conditions"].as_array().unwrap().iter().find(|c| c["type"] == "Warning").unwrap().clone();
    assert_eq!((&status["readyMembers"], &warning["reason"]), (&json!("1/1"), &json!("IdleMembers")));
}

#[tokio::test(start_paused = true)]
async fn a_member_without_partitions_does_not_work() {
    let bed = Bed::new(&[consumer(), pipeline(), authority()]);
    bed.until_ready_is("False", "RolloutInProgress").await;
    bed.run_members(2);
    let report = |reading| ConsumerReport {
        start: Some(Start::May),
        partitions: Some(12),
        reading_members: Some(reading),
        ..ConsumerReport::default()
    };
    bed.see(report(1));
    bed.until_ready_is("False", "MembersIdle").await;
    bed.see(report(2));
    bed.until_ready_is("True", "AllMembersReady").await;
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_of_it_is_in_its_status_until_there_is_news() {
    let bed = Bed::new(&[consumer(), pipeline(), authority()]);
    bed.until_ready_is("False", "RolloutInProgress").await;
    bed.run_members(2);
    bed.until_ready_is("True", "AllMembersReady").await;
    let report = |reason: &str| ConsumerReport {
        start: Some(Start::May),
        figures: Some(Figures {
            lag: 1200,
            time_lag: "30m".to_owned(),
            lines_per_second: 70,
            dead_letters_last_hour: 3,
        }),
        findings: vec![
            Finding::new(NO_LOSS, true, "NothingLost", ""),
            Finding::new(DELIVERING, reason == "Delivering", reason, "store"),
        ],
        ..ConsumerReport::default()
    };
    bed.see(report("StoreRefuses"));
    let says = |api: &MemoryApi, reason: &str| {
        let status = api.get("consumers", "drain").unwrap()["status"].clone();
        status["conditions"].as_array().unwrap().iter().any(|c| c["type"] == "Delivering" && c["reason"] == reason)
    };
    bed.api.until("the store refuses", |api| says(api, "StoreRefuses")).await;
    let status = bed.api.get("consumers", "drain").unwrap()["status"].clone();
    let figures = ["lag", "timeLag", "linesPerSecond", "deadLettersLastHour"].map(|figure| status[figure].clone());
    assert_eq!(figures, [json!(1200), json!("30m"), json!(70), json!(3)]);
    bed.api.until("an Event", |api| api.notes().iter().any(|reason| reason == "StoreRefuses")).await;
    bed.api.writes();
    bed.see(report("StoreRefuses"));
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert_eq!(bed.api.writes(), Vec::<String>::new());
    bed.see(report("Delivering"));
    bed.api.until("the store takes lines", |api| says(api, "Delivering")).await;
}
