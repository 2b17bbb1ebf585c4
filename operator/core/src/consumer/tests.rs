//! The children of the reference installation as a person would write them, and what changes with what.

use kafkapipelines_crds::Consumer as Object;
use serde_json::{Value, json};

use super::*;

const EXAMPLE: &str = include_str!("../../../../examples/log-aggregator.yaml");

fn object() -> Object {
    let documents: Vec<Value> = serde_saphyr::from_multiple(EXAMPLE).unwrap();
    let consumer = documents.into_iter().find(|document| document["kind"] == "Consumer").unwrap();
    serde_json::from_value(consumer).unwrap()
}

fn bootstrap(tls: bool) -> Bootstrap {
    Bootstrap { servers: "log-aggregator-kafka-kafka-bootstrap.kafka.svc:9093".to_owned(), tls }
}

fn children(object: &Object, tls: bool) -> Vec<Child> {
    let trusted = tls.then(|| b"certificate".to_vec());
    let owner = OwnerReference { name: "victoria-logs".to_owned(), ..OwnerReference::default() };
    Consumer::new(object, bootstrap(tls), trusted).unwrap().children(&owner)
}

fn child(object: &Object, tls: bool, kind: &str) -> Value {
    children(object, tls).into_iter().find(|child| child.gvk.kind == kind).unwrap().intent
}

/// The template of the Deployment.
fn template(object: &Object, tls: bool) -> Value {
    child(object, tls, "Deployment")["spec"]["template"].clone()
}

fn restarts(change: impl FnOnce(&mut Object)) -> bool {
    let mut changed = object();
    change(&mut changed);
    template(&changed, true) != template(&object(), true)
}

#[test]
fn the_reference_installation() {
    let mut intents: Vec<_> = children(&object(), true).into_iter().map(|child| child.intent).collect();
    let file = intents[1]["data"]["vector.yaml"].take();
    assert!(file.as_str().unwrap().contains("kafka_parser"), "its text is a snapshot of the renderer");
    insta::assert_yaml_snapshot!(intents);
}

#[test]
fn all_children_are_called_alike_and_the_deployment_is_last() {
    let children = children(&object(), true);
    assert!(children.iter().all(
        |child| (child.namespace.as_str(), child.name.as_str()) == ("kafka", "log-aggregator-kafka-victoria-logs")
    ));
    assert_eq!(children.last().unwrap().gvk.kind, "Deployment");
}

#[test]
fn members_restart_for_what_they_read_at_their_start_and_for_nothing_else() {
    assert!(restarts(|object| object.spec.transforms[0].remap.source.push_str("# changed\n")));
    assert!(restarts(|object| object.spec.vector.image.tag = Some("0.57.1-debian".to_owned())));
    assert!(!restarts(|object| object.spec.replicas = 7));
    let trust = |ca: &str| {
        deployment::deployment(
            &Consumer::new(&object(), bootstrap(true), Some(ca.into())).unwrap(),
            &OwnerReference::default(),
        )
    };
    assert_ne!(trust("old").spec.unwrap().template, trust("new").spec.unwrap().template);
}

#[test]
fn without_tls_no_certificate_is_mounted() {
    let text = template(&object(), false).to_string();
    assert!(!text.contains("cluster-ca") && !text.contains("trust-hash"), "{text}");
    assert!(template(&object(), true).to_string().contains("log-aggregator-kafka-cluster-ca-cert"));
}

#[test]
fn the_users_template_is_merged_in_and_never_replaces_the_operators_own() {
    let mut object = object();
    object.spec.template = serde_json::from_value(json!({
        "metadata": {"labels": {"team": "a", "kafkapipelines.io/consumer": "x"}, "annotations": {"kafkapipelines.io/config-hash": "x", "b": "c"}},
        "spec": {"nodeSelector": {"disk": "ssd"}, "terminationGracePeriodSeconds": 300, "priorityClassName": "high",
            "tolerations": [{"key": "logs", "operator": "Exists"}],
            "topologySpreadConstraints": [{"maxSkew": 2, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule"}]},
    }))
    .unwrap();
    object.spec.vector.image = serde_json::from_value(json!({"repository": "r.io/vector", "digest": "sha256:ab",
        "pullPolicy": "Always", "pullSecrets": [{"name": "pull"}]}))
    .unwrap();
    insta::assert_yaml_snapshot!(template(&object, true));
}

#[test]
fn a_deployment_shows_a_consumer_only_when_it_runs_it() {
    let consumer = |change: fn(&mut Object)| {
        let mut object = object();
        change(&mut object);
        Consumer::new(&object, bootstrap(true), None).unwrap()
    };
    let wanted = consumer(|_| ());
    let mut observed = deployment::deployment(&wanted, &OwnerReference::default());
    observed.spec.as_mut().unwrap().progress_deadline_seconds = Some(600);
    assert!(wanted.is_shown_by(&observed), "what the API server adds does not matter");
    for changed in [
        consumer(|object| object.spec.replicas = 5),
        consumer(|object| object.spec.transforms.clear()),
        consumer(|object| object.spec.vector.image.tag = Some("0.57.1".to_owned())),
    ] {
        assert!(!changed.is_shown_by(&observed), "{:?}", changed.spec);
    }
}
