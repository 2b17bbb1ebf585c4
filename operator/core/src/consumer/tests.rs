//! The children of the reference installation as a person would write them, and what changes with what.

use kafkapipelines_crds::Consumer as Object;
use serde_json::{Value, json};

use super::*;
use crate::vector::Security;

const EXAMPLE: &str = include_str!("../../../../examples/log-aggregator.yaml");

fn object() -> Object {
    let documents: Vec<Value> = serde_saphyr::from_multiple(EXAMPLE).unwrap();
    let consumer = documents.into_iter().find(|document| document["kind"] == "Consumer").unwrap();
    serde_json::from_value(consumer).unwrap()
}

fn topics(object: &Object) -> TopicSelection {
    TopicSelection::of(&object.spec, [])
}

fn bootstrap(security: Security) -> Bootstrap {
    Bootstrap { servers: "log-aggregator-kafka-kafka-bootstrap.kafka.svc:9093".to_owned(), security }
}

fn certificates(security: Security) -> Certificates {
    Certificates {
        authority: security.has_tls().then(|| b"certificate".to_vec()),
        own: security.needs_certificate().then(|| b"own".to_vec()),
    }
}

fn children(object: &Object, security: Security) -> Vec<Child> {
    let owner = OwnerReference { name: "victoria-logs".to_owned(), ..OwnerReference::default() };
    Consumer::new(object, &topics(object), bootstrap(security), certificates(security)).unwrap().children(&owner)
}

fn child(object: &Object, security: Security, kind: &str) -> Value {
    children(object, security).into_iter().find(|child| child.gvk.kind == kind).unwrap().intent
}

/// The template of the Deployment.
fn template(object: &Object, security: Security) -> Value {
    child(object, security, "Deployment")["spec"]["template"].clone()
}

fn restarts(change: impl FnOnce(&mut Object)) -> bool {
    let mut changed = object();
    change(&mut changed);
    template(&changed, Security::Tls) != template(&object(), Security::Tls)
}

#[test]
fn the_reference_installation() {
    let mut intents: Vec<_> = children(&object(), Security::Tls).into_iter().map(|child| child.intent).collect();
    let file = intents[1]["data"]["vector.yaml"].take();
    assert!(file.as_str().unwrap().contains("kafka_parser"), "its text is a snapshot of the renderer");
    let template = intents[1]["metadata"]["annotations"][labels::POD_TEMPLATE].take();
    assert!(template.as_str().unwrap().contains("containers"), "it is in the Deployment");
    insta::assert_yaml_snapshot!(intents);
}

#[test]
fn all_children_are_called_alike_but_the_file_after_its_revision_and_the_deployment_is_last() {
    let children = children(&object(), Security::Tls);
    let (files, others): (Vec<_>, Vec<_>) = children.iter().partition(|child| child.gvk.kind == "ConfigMap");
    assert!(others.iter().all(
        |child| (child.namespace.as_str(), child.name.as_str()) == ("kafka", "log-aggregator-kafka-victoria-logs")
    ));
    let consumer =
        Consumer::new(&object(), &topics(&object()), bootstrap(Security::Tls), certificates(Security::Tls)).unwrap();
    let name = format!("log-aggregator-kafka-victoria-logs-{}", consumer.wanted.name());
    assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), [name]);
    assert_eq!(children.last().unwrap().gvk.kind, "Deployment");
}

#[test]
fn members_restart_for_what_they_read_at_their_start_and_for_nothing_else() {
    assert!(restarts(|object| object.spec.transforms[0].remap.as_mut().unwrap().source = Some(". = {}".to_owned())));
    assert!(restarts(|object| object.spec.vector.image.tag = Some("0.57.1-debian".to_owned())));
    assert!(!restarts(|object| object.spec.replicas = 7));
    let with = |authority: &str, own: &str| {
        let certificates = Certificates { authority: Some(authority.into()), own: Some(own.into()) };
        let consumer =
            Consumer::new(&object(), &topics(&object()), bootstrap(Security::MutualTls), certificates).unwrap();
        deployment::deployment(&consumer, &OwnerReference::default()).spec.unwrap().template
    };
    assert_ne!(with("old", "own"), with("new", "own"));
    assert_ne!(with("ca", "old"), with("ca", "new"));
}

#[test]
fn a_revision_is_what_can_be_brought_back() {
    let revision = |change: fn(&mut Object)| {
        let mut object = object();
        change(&mut object);
        Consumer::new(&object, &topics(&object), bootstrap(Security::Tls), Certificates::default())
            .unwrap()
            .wanted
            .name()
            .to_owned()
    };
    let changes: [fn(&mut Object); 5] = [
        |object| object.spec.transforms.clear(),
        |object| object.spec.vector.image.tag = Some("0.57.1".to_owned()),
        |object| object.spec.vector.log_level = kafkapipelines_crds::VectorLogLevel::Debug,
        |object| object.spec.vector.resources = serde_json::from_value(json!({"limits": {"memory": "1Gi"}})).unwrap(),
        |object| drop(object.spec.template.metadata.annotations.insert("again".to_owned(), "1".to_owned())),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        assert_ne!(revision(change), revision(|_| ()), "change {index}");
    }
    assert_eq!(revision(|object| object.spec.replicas = 7), revision(|_| ()));
    assert_eq!(revision(|object| object.spec.rollback.deadline = "30s".to_owned()), revision(|_| ()));
}

#[test]
fn what_is_brought_back_comes_from_its_config_map_with_the_newest_certificates_and_size() {
    let with = |change: fn(&mut Object), certificate: &str| {
        let mut object = object();
        change(&mut object);
        let certificates = Certificates { authority: Some(certificate.into()), own: None };
        Consumer::new(&object, &topics(&object), bootstrap(Security::Tls), certificates).unwrap()
    };
    let good = with(|_| (), "old");
    let kept = config_map::config_map(&good, &OwnerReference::default()).metadata;
    let returned_to = Revision::kept(good.wanted.name(), &kept);
    assert_eq!(returned_to.as_ref(), Some(&good.wanted));
    let bad = with(|object| object.spec.vector.image.tag = Some("none".to_owned()), "new");
    let back = Consumer { returned_to, members: 3, ..bad.clone() };
    let deployment = |consumer: &Consumer| deployment::deployment(consumer, &OwnerReference::default());
    assert_eq!(deployment(&back), deployment(&Consumer { members: 3, ..with(|_| (), "new") }));
    assert_ne!(deployment(&back).spec.unwrap().template, deployment(&good).spec.unwrap().template);
    assert!(!bad.is_shown_by(&deployment(&back)) && back.is_shown_by(&deployment(&back)));
    assert_eq!(Revision::kept("any", &ObjectMeta::default()), None);
    let unusable = with(|object| object.spec.transforms.clear(), "new");
    let object = Object { spec: unusable.spec.clone(), ..object() };
    let certificates = unusable.certificates.clone();
    let returned = Consumer::returned(&object, bootstrap(Security::Tls), certificates, good.wanted.clone());
    assert_eq!(deployment(&returned), deployment(&with(|_| (), "new")), "whatever is wrong with the spec");
}

#[test]
fn how_many_members_a_seek_has_stopped_is_on_the_deployment() {
    let consumer =
        Consumer::new(&object(), &topics(&object()), bootstrap(Security::Tls), Certificates::default()).unwrap();
    let deployment = |consumer: &Consumer| deployment::deployment(consumer, &OwnerReference::default());
    assert_eq!(members_before_seek(&deployment(&consumer)), None);
    let stopped = deployment(&Consumer { members: 0, members_before_seek: Some(3), ..consumer });
    assert_eq!((members_before_seek(&stopped), stopped.spec.unwrap().replicas), (Some(3), Some(0)));
}

#[test]
fn certificates_are_mounted_as_the_listener_asks_for_them() {
    let [plain, tls, mutual] =
        [Security::Plain, Security::Tls, Security::MutualTls].map(|s| template(&object(), s).to_string());
    assert!(!plain.contains("cluster-ca") && !plain.contains("trust-hash"), "{plain}");
    assert!(tls.contains("log-aggregator-kafka-cluster-ca-cert") && !tls.contains("kafka-user"), "{tls}");
    assert!(mutual.contains("log-aggregator-kafka-cluster-ca-cert") && mutual.contains("certificate-hash"), "{mutual}");
    let template = template(&object(), Security::MutualTls);
    let volumes = template["spec"]["volumes"].as_array().unwrap();
    let items: Vec<_> = ["user.crt", "user.key"].map(|key| json!({"key": key, "path": key})).into();
    let secret =
        json!({"secretName": "log-aggregator-kafka-consumer-victoria-logs", "items": items, "defaultMode": 0o440});
    assert_eq!(volumes.last().unwrap(), &json!({"name": "user", "secret": secret}));
    let mounts = template["spec"]["containers"][0]["volumeMounts"].as_array().unwrap();
    assert_eq!(mounts.last().unwrap(), &json!({"name": "user", "mountPath": "/etc/kafka-user", "readOnly": true}));
}

#[test]
fn secrets_that_sinks_name_are_files_of_the_members_and_only_names_in_the_vector_file() {
    let mut object = object();
    object.spec.sinks = serde_json::from_value(json!([
        {"name": "a", "elasticsearch": {"endpoints": ["https://es"], "index": "logs", "auth": {"basicFrom": {"name": "es.login"}}}},
        {"name": "b", "http": {"uri": "https://b", "auth": {"bearerFrom": {"name": "token", "key": "t"}},
            "tls": {"caFrom": {"name": "es.login", "key": "ca.crt"}}}}]))
    .unwrap();
    let file = child(&object, Security::Tls, "ConfigMap")["data"]["vector.yaml"].as_str().unwrap().to_owned();
    for text in ["SECRET[esDOTlogin.password]", "SECRET[token.t]", "/etc/kafkapipelines/secrets/es.login/ca.crt"] {
        assert!(file.contains(text), "{text} in {file}");
    }
    let pod = &template(&object, Security::Tls)["spec"];
    let volumes = pod["volumes"].as_array().unwrap();
    let item = |key: &str| json!({"key": key, "path": key});
    let items = ["ca.crt", "password", "username"].map(item);
    let login = json!({"secretName": "es.login", "items": items, "defaultMode": 0o440});
    assert_eq!(volumes[volumes.len() - 2], json!({"name": "secret-0", "secret": login}));
    let mounts = pod["containers"][0]["volumeMounts"].as_array().unwrap();
    let token = json!({"name": "secret-1", "mountPath": "/etc/kafkapipelines/secrets/token", "readOnly": true});
    assert_eq!(mounts.last().unwrap(), &token);
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
    insta::assert_yaml_snapshot!(template(&object, Security::Tls));
}

#[test]
fn a_deployment_shows_a_consumer_only_when_it_runs_it() {
    let consumer = |change: fn(&mut Object)| {
        let mut object = object();
        change(&mut object);
        Consumer::new(&object, &topics(&object), bootstrap(Security::Tls), Certificates::default()).unwrap()
    };
    let wanted = consumer(|_| ());
    let mut observed = deployment::deployment(&wanted, &OwnerReference::default());
    observed.spec.as_mut().unwrap().progress_deadline_seconds = Some(600);
    assert!(wanted.is_shown_by(&observed), "what the API server adds does not matter");
    let changed = vec![
        consumer(|object| object.spec.replicas = 5),
        consumer(|object| object.spec.transforms.clear()),
        consumer(|object| object.spec.vector.image.tag = Some("0.57.1".to_owned())),
        Consumer { certificates: certificates(Security::MutualTls), ..consumer(|_| ()) },
    ];
    for changed in changed {
        assert!(!changed.is_shown_by(&observed), "{:?}", changed.spec);
    }
}
