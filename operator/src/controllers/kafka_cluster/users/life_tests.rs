//! The life of a user, turn by turn: what is written to a double of the API server, and what is said to a double of Kafka.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kafkapipelines_core::child::owned_by;
use kafkapipelines_core::pipeline::Pipeline;
use kafkapipelines_core::pki::authority::{self, AuthorityName, Found};
use kafkapipelines_core::{labels, names};
use kafkapipelines_crds::{CaSpec, LogPipeline};
use kafkapipelines_kafka::calls::cluster::Cluster;
use kafkapipelines_kafka::calls::quorum::Quorum;
use kafkapipelines_kafka::double::Conversation;
use kafkapipelines_kafka::double::codec::messages::alter_user_scram_credentials_response::AlterUserScramCredentialsResult;
use kafkapipelines_kafka::double::codec::messages::describe_user_scram_credentials_response::{
    CredentialInfo, DescribeUserScramCredentialsResult,
};
use kafkapipelines_kafka::double::codec::messages::{
    AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse, DescribeAclsRequest, DescribeAclsResponse,
    DescribeClientQuotasRequest, DescribeClientQuotasResponse, DescribeUserScramCredentialsRequest,
    DescribeUserScramCredentialsResponse,
};
use kafkapipelines_kafka::double::codec::protocol::StrBytes;
use kafkapipelines_kafka::{Address, Endpoint, Limits};
use kube::ResourceExt as _;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::super::super::authority_secrets;
use super::super::super::kafka_clients::Clients;
use super::super::turn::Seen;
use super::*;
use crate::fresh_keys::FreshKeys;
use crate::io::api_server::ApiServer;
use crate::io::lease_guard::{self, LeaseHold};
use crate::io::watch::Scope;
use crate::io::watches::Watches;
use crate::io::{Io, metrics};

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../../../../tests/controllers/memory_api.rs"]
mod memory_api;

use memory_api::{MemoryApi, NAMESPACE};

const SECRET: &str = "logs-shop";

/// A pipeline with one user, whose authorities are there.
struct Bed {
    api: MemoryApi,
    io: Io,
    watches: Watches,
    object: LogPipeline,
    /// Users that have a password, as Kafka has them.
    known: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
    _hold: LeaseHold,
}

fn pipeline(users: &Value) -> Value {
    let listener = json!({"name": "scram", "port": 9093, "type": "internal", "tls": true, "authentication": {"type": "scram-sha-512"}});
    json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "LogPipeline", "metadata": {"name": "logs"},
        "spec": {"kafka": {"version": "4.3.1", "listeners": [listener]}, "users": users}})
}

impl Bed {
    async fn new(users: &Value) -> Self {
        let api = MemoryApi::new();
        let object: LogPipeline = serde_json::from_value(api.put("logpipelines", pipeline(users))).unwrap();
        for (certificate, key) in [
            (names::cluster_ca_cert("logs"), names::cluster_ca_key("logs")),
            (names::clients_ca_cert("logs"), names::clients_ca_key("logs")),
        ] {
            let name = AuthorityName { common_name: "ca", certificate_secret: &certificate, key_secret: &key };
            let made = authority::own(&Found::default(), &CaSpec::default(), &name, Timestamp::now(), &FreshKeys);
            let authority = made.unwrap().unwrap().authority;
            let secrets = authority::secrets(&authority, &name, ("logs", NAMESPACE), &owned_by(&object));
            api.put("secrets", secrets.certificate.intent);
            api.put("secrets", secrets.key.intent);
        }
        let (hold, lease) = lease_guard::pair();
        hold.extend(tokio::time::Instant::now() + Duration::from_hours(1));
        let metrics = metrics::Metrics::default();
        let mut tasks = JoinSet::new();
        let watches = Watches::start(&api.client(), &Scope::Namespace(NAMESPACE.to_owned()), &metrics, &mut tasks);
        watches.synced().await;
        let io = Io::new(ApiServer::new(api.client(), "kafkacluster", lease, metrics), "replica-0");
        Self { api, io, watches, object, known: Arc::default(), _tasks: tasks, _hold: hold }
    }

    /// One turn. Kafka is asked who has a password and for quotas, and `then` what else is expected in between.
    async fn turn(&self, then: impl FnOnce(Conversation) -> Conversation) -> Report {
        let known = Arc::clone(&self.known);
        let kafka = Conversation::default().expect(move |_: DescribeUserScramCredentialsRequest| {
            let info = CredentialInfo::default().with_mechanism(2).with_iterations(4096);
            let of = |user: &String| {
                let result =
                    DescribeUserScramCredentialsResult::default().with_user(StrBytes::from_string(user.clone()));
                result.with_credential_infos(vec![info.clone()])
            };
            DescribeUserScramCredentialsResponse::default().with_results(known.lock().unwrap().iter().map(of).collect())
        });
        let kafka = then(kafka).expect(|_: DescribeClientQuotasRequest| DescribeClientQuotasResponse::default());
        let client = kafka.client(Endpoint::Brokers, &Address::new("bootstrap", 9091), Limits::default());
        let pipeline = self.pipeline();
        let (_, trusted) = authority_secrets::access(&self.io, &self.watches, &pipeline).await.unwrap().unwrap();
        let turn = Turn {
            io: &self.io,
            watches: &self.watches,
            object: &self.object,
            pipeline: &pipeline,
            consumers: &[],
            clients: Clients { brokers: client.clone(), controllers: client, trusted: trusted.into() },
            seen: seen(),
            now: Timestamp::now(),
        };
        let mut report = Report::default();
        run(&turn, &mut report).await.unwrap();
        kafka.finish();
        report
    }

    fn pipeline(&self) -> Pipeline {
        Pipeline {
            name: self.object.name_any(),
            namespace: NAMESPACE.to_owned(),
            version: self.object.spec.kafka.version.parse().unwrap(),
            metadata_version: "4.3".to_owned(),
            cluster_id: "cluster".to_owned(),
            initial_voters: vec![0],
            config: BTreeMap::new(),
            spec: self.object.spec.clone(),
            pools: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// Expects that the user is given a password or loses it, and lets Kafka know.
    fn alters(&self, given: bool) -> impl FnOnce(Conversation) -> Conversation {
        let known = Arc::clone(&self.known);
        move |kafka| {
            kafka.expect(move |request: AlterUserScramCredentialsRequest| {
                assert_eq!((request.upsertions.len(), request.deletions.len()), if given { (1, 0) } else { (0, 1) });
                *known.lock().unwrap() = if given { vec!["shop".to_owned()] } else { Vec::new() };
                let result = AlterUserScramCredentialsResult::default().with_user(StrBytes::from_static_str("shop"));
                AlterUserScramCredentialsResponse::default().with_results(vec![result])
            })
        }
    }

    /// Waits until the watch shows what the API server has.
    async fn shown(&self) {
        let version = self.api.get("secrets", SECRET).map(|secret| secret["metadata"]["resourceVersion"].clone());
        let shows = || {
            let secret = self.watches.secrets.get(NAMESPACE, SECRET);
            secret.and_then(|secret| secret.resource_version()).map(Value::from) == version
        };
        let waited = tokio::time::timeout(Duration::from_mins(1), async {
            while !shows() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        waited.await.unwrap();
    }

    fn is_marked(&self) -> bool {
        let secret: Secret = serde_json::from_value(self.api.get("secrets", SECRET).unwrap()).unwrap();
        secret.annotations().contains_key(labels::CREDENTIAL_APPLIED)
    }
}

fn seen() -> Seen {
    Seen {
        cluster: Cluster { id: "cluster".to_owned(), controller: None, nodes: Vec::new() },
        quorum: Quorum { leader: None, epoch: 0, high_watermark: 0, voters: Vec::new(), observers: Vec::new() },
        topics: BTreeMap::new(),
        moves: BTreeMap::new(),
    }
}

fn nothing(kafka: Conversation) -> Conversation {
    kafka
}

fn has_no_authorizer(kafka: Conversation) -> Conversation {
    kafka.expect(|_: DescribeAclsRequest| DescribeAclsResponse::default().with_error_code(54))
}

fn ready(report: &Report) -> (i32, bool) {
    (report.users.as_ref().unwrap().ready, report.busy)
}

fn shop() -> Value {
    json!([{"name": "shop", "authentication": {"type": "scram-sha-512"}}])
}

#[tokio::test]
async fn a_password_is_in_its_secret_before_kafka_knows_it_and_goes_after_kafka_has_forgotten_it() {
    let mut bed = Bed::new(&shop()).await;
    assert_eq!(ready(&bed.turn(nothing).await), (0, true), "the watch does not show the Secret yet");
    assert_eq!(bed.api.writes(), [format!("PATCH secrets/{SECRET}")]);
    bed.shown().await;
    assert_eq!(ready(&bed.turn(bed.alters(true)).await), (1, false));
    assert!(bed.is_marked());
    bed.shown().await;
    bed.api.writes();
    assert_eq!(ready(&bed.turn(nothing).await), (1, false));
    assert_eq!(bed.api.writes(), [""; 0], "quiet");

    bed.object.spec.users.clear();
    let forgets = bed.alters(false);
    bed.turn(|kafka| has_no_authorizer(forgets(kafka))).await;
    assert_eq!(bed.api.writes(), [format!("DELETE secrets/{SECRET}")]);
    bed.shown().await;
    bed.turn(nothing).await;
    assert_eq!(bed.api.writes(), [""; 0]);
}

#[tokio::test]
async fn whatever_was_lost_on_the_way_is_done_again() {
    let bed = Bed::new(&shop()).await;
    bed.turn(nothing).await;
    bed.shown().await;
    let password = bed.api.get("secrets", SECRET).unwrap()["data"]["password"].clone();
    bed.turn(bed.alters(true)).await;
    bed.shown().await;

    // The operator was stopped after Kafka had the password, and before the Secret told so.
    bed.api.edit("secrets", SECRET, |secret| drop(secret["metadata"].as_object_mut().unwrap().remove("annotations")));
    bed.shown().await;
    bed.turn(bed.alters(true)).await;
    assert!(bed.is_marked());
    bed.shown().await;

    // Kafka lost its disks.
    bed.known.lock().unwrap().clear();
    bed.turn(bed.alters(true)).await;
    bed.shown().await;

    // Somebody wrote another password into the Secret: from then on that is the password.
    bed.api.edit("secrets", SECRET, |secret| secret["data"]["password"] = json!("b3RoZXI="));
    bed.shown().await;
    assert_eq!(ready(&bed.turn(nothing).await), (0, true), "what is made from it is written first");
    bed.shown().await;
    bed.turn(bed.alters(true)).await;
    assert_ne!(bed.api.get("secrets", SECRET).unwrap()["data"]["password"], password);
}

#[tokio::test]
async fn a_secret_of_somebody_else_is_left_alone_and_harms_no_other_user() {
    let users = json!([
        {"name": "shop", "authentication": {"type": "tls"}}, {"name": "till", "authentication": {"type": "tls"}},
        {"name": "desk", "authentication": {"type": "scram-sha-512", "passwordFrom": {"name": "mine", "key": "p"}}},
    ]);
    let bed = Bed::new(&users).await;
    bed.api.put("secrets", json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET}}));
    let report = bed.turn(nothing).await;
    let problems = report.users.unwrap().problems;
    let told: Vec<_> = problems.iter().map(|problem| (problem.name.as_str(), problem.reason.as_str())).collect();
    assert_eq!(told, [("desk", "InvalidPassword"), ("shop", "NameTaken")]);
    assert_eq!(bed.api.writes(), ["PATCH secrets/logs-till"]);
    assert_eq!(bed.api.get("secrets", SECRET).unwrap().get("data"), None);
}
