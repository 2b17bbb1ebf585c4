//! Users: who is wanted, what proves who they are, and what is handed to them.

mod client_files;
pub mod credentials;
pub mod password;
pub mod progress;
mod reach;
pub mod secret;
mod secret_keys;

use std::collections::BTreeSet;

use kafkapipelines_crds::{AccessPreset, AccessSpec, AuthenticationType, PatternType, ResourcePattern};
use kafkapipelines_crds::{Consumer, GatewaySpec, LogPipeline, LogPipelineSpec, UserAuthentication, UserSpec};
use kube::ResourceExt;

pub use reach::{Reach, reach};

use super::access;
use super::acls::Acl;
use crate::consumer_replay::{self, state::needs_access};
use crate::topic_selection::{self, TopicSelection};
use crate::vector::Bootstrap;
use crate::{conditions, names, vector};

/// All users: those of the spec, then one for each consumer, by name, then the gateway. `there` are the topics that exist or will.
pub fn wanted<'a>(
    spec: &LogPipelineSpec,
    consumers: impl IntoIterator<Item = &'a Consumer>,
    there: &BTreeSet<String>,
) -> Vec<UserSpec> {
    let consumers: Vec<_> = consumers.into_iter().collect();
    let beside = || consumers.iter().map(|consumer| &consumer.spec);
    let topics = |consumer: &Consumer| TopicSelection::of(&consumer.spec, beside()).among(there);
    let mut own: Vec<_> = consumers.iter().map(|consumer| of_consumer(consumer, &topics(consumer))).collect();
    own.sort_by(|one, other| one.name.cmp(&other.name));
    spec.users.iter().cloned().chain(own).chain(spec.gateway.as_ref().map(of_gateway)).collect()
}

/// Users of consumers whose members may still run something else than the spec says, for it is new, refused or given up: what they do needs
/// the rights that they have.
pub fn unsettled<'a>(consumers: impl IntoIterator<Item = &'a Consumer>) -> BTreeSet<String> {
    let unsettled = consumers.into_iter().filter(|consumer| !runs_its_spec(consumer));
    unsettled.map(|consumer| names::consumer_user(&consumer.name_any())).collect()
}

fn runs_its_spec(consumer: &Consumer) -> bool {
    let status = consumer.status.as_ref().filter(|status| status.observed_generation == consumer.metadata.generation);
    let ready = status.and_then(|status| conditions::find(&status.conditions, conditions::READY));
    ready.is_some_and(|ready| ready.status == "True")
}

/// The user that the gateway is: it writes to its topic. Nothing else.
fn of_gateway(gateway: &GatewaySpec) -> UserSpec {
    let writes = AccessSpec {
        preset: Some(AccessPreset::Producer),
        topics: vec![gateway.topic.clone()],
        ..AccessSpec::default()
    };
    with_certificate(names::GATEWAY_USER.to_owned(), vec![writes])
}

/// The user that a consumer is: it reads these topics in its group, and writes its dead letters and what its sinks copy. While dead
/// letters pass its chain again it reads them, in another group. Nothing else.
fn of_consumer(consumer: &Consumer, topics: &[String]) -> UserSpec {
    let name = consumer.name_any();
    let dead_letters = &consumer.spec.dead_letter.topic;
    let lines = reads(topics, vector::group(&name, &consumer.spec));
    let replays =
        needs_access(consumer).then(|| reads(std::slice::from_ref(dead_letters), consumer_replay::group(consumer)));
    let writes = AccessSpec {
        preset: Some(AccessPreset::Producer),
        topics: topic_selection::written(&consumer.spec).map(str::to_owned).collect(),
        ..AccessSpec::default()
    };
    with_certificate(names::consumer_user(&name), [lines, writes].into_iter().chain(replays).collect())
}

/// The ACLs without which the user of a consumer cannot read these topics, write dead letters, and be in its group; none where Kafka asks for none.
pub fn rules_of(consumer: &Consumer, topics: &[String], pipeline: &LogPipeline) -> Option<BTreeSet<Acl>> {
    let needs = Bootstrap::of(pipeline)?.security.needs_certificate() && pipeline.spec.kafka.authorization.is_some();
    needs.then(|| access::rules(&[of_consumer(consumer, topics)]))
}

/// Reads topics in a group.
fn reads(topics: &[String], group: String) -> AccessSpec {
    AccessSpec {
        preset: Some(AccessPreset::Consumer),
        topics: topics.to_vec(),
        group: Some(ResourcePattern { name: group, pattern_type: PatternType::Literal }),
        ..AccessSpec::default()
    }
}

fn with_certificate(name: String, access: Vec<AccessSpec>) -> UserSpec {
    let authentication = UserAuthentication { type_: AuthenticationType::Tls, password_from: None, rotation: None };
    UserSpec { name, authentication, access, quotas: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn consumer(name: &str, group: Option<&str>) -> Consumer {
        serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer",
            "metadata": {"name": name, "namespace": "kafka"},
            "spec": {"pipeline": "logs", "topics": ["logs"], "groupId": group, "deadLetter": {"topic": "logs-dlq"},
                "sinks": [{"name": "store", "victoriaLogs": {"endpoint": "http://vl:9428"}}]}}))
        .unwrap()
    }

    #[test]
    fn a_consumer_is_settled_once_its_members_run_the_newest_spec() {
        let of = |generation: i64, ready: Option<(i64, &str)>| {
            let mut consumer = consumer("vector", None);
            consumer.metadata.generation = Some(generation);
            consumer.status = ready.map(|(observed, status)| {
                let ready = json!({"type": "Ready", "status": status, "reason": "R", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"});
                serde_json::from_value(json!({"observedGeneration": observed, "conditions": [ready]})).unwrap()
            });
            unsettled(&[consumer]).into_iter().collect::<Vec<_>>()
        };
        assert!(of(2, Some((2, "True"))).is_empty());
        for (generation, ready) in
            [(2, None), (2, Some((1, "True"))), (2, Some((2, "False"))), (2, Some((2, "Unknown")))]
        {
            assert_eq!(of(generation, ready), ["consumer-vector"], "{ready:?}");
        }
    }

    #[test]
    fn each_consumer_has_a_user_that_may_do_what_it_does() {
        let spec = json!({"kafka": {"version": "4.3.1", "listeners": []}, "gateway": {"topic": "in", "http": {"port": 80}},
            "users": [{"name": "shop", "authentication": {"type": "scram-sha-512"}}]});
        let spec: LogPipelineSpec = serde_json::from_value(spec).unwrap();
        let users = wanted(&spec, &[consumer("vector", None), consumer("other", Some("group"))], &BTreeSet::new());
        let names: Vec<_> = users.iter().map(|user| user.name.as_str()).collect();
        assert_eq!(names, ["shop", "consumer-other", "consumer-vector", "gateway"]);
        let said = |users: &[UserSpec]| {
            let rules = access::rules(users);
            rules.iter().map(|acl| format!("{:?} {:?} {}", acl.operation, acl.resource, acl.name)).collect::<Vec<_>>()
        };
        assert_eq!(said(&users[3..]), ["Write Topic in", "Describe Topic in"]);
        assert_eq!(
            said(&users[1..2]),
            [
                "Read Topic logs",
                "Describe Topic logs",
                "Write Topic logs-dlq",
                "Describe Topic logs-dlq",
                "Read Group group",
                "Describe Group group",
            ]
        );
        let mut replayed = consumer("vector", None);
        let request = r#"{"id": "2026-01-01T00:00:00Z"}"#.to_owned();
        replayed.metadata.annotations = Some([(crate::labels::REPLAY.to_owned(), request)].into());
        let while_replayed = said(&wanted(&spec, &[replayed], &BTreeSet::new())[1..2]);
        for rule in ["Read Topic logs-dlq", "Read Group vector-replay"] {
            assert!(while_replayed.iter().any(|said| said == rule), "{rule} is not in {while_replayed:?}");
        }
        assert!(access::rules(&users[2..3]).iter().any(|acl| acl.name == "vector"), "the default group");
        let mut by_pattern = consumer("all", None);
        (by_pattern.spec.topics, by_pattern.spec.topic_pattern) = (Vec::new(), Some("logs.*".to_owned()));
        let there = ["logs", "logs-a", "logs-dlq", "other"].map(str::to_owned).into();
        let of_pattern = said(&wanted(&spec, &[by_pattern], &there)[1..2]);
        let read: Vec<_> = of_pattern.iter().filter(|rule| rule.starts_with("Read Topic")).collect();
        assert_eq!(read, ["Read Topic logs", "Read Topic logs-a"], "what matches, and no dead letters");
    }
}
