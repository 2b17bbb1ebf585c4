use serde_json::json;

use super::{identity_of, logs, nodes, pools, refusals_of, said};
use crate::validate::pipeline::{PipelineInput, pipeline, warnings};

#[test]
fn each_error_of_a_pipeline_names_field_value_and_way_out() {
    for (spec, reason, field, value, way_out) in [
        (json!({"kafka": {"version": "3.8.1"}}), "UnsupportedKafkaVersion", "spec.kafka.version", "3.8.1", "4.3.1"),
        (
            json!({"kafka": {"metadataVersion": "4.9"}}),
            "MetadataVersionTooNew",
            "spec.kafka.metadataVersion",
            "4.9",
            "4.3",
        ),
        (
            json!({"kafka": {"config": {"log.dirs": "/x"}}}),
            "OwnedKafkaConfig",
            "spec.kafka.config[log.dirs]",
            "/x",
            "spec.storage",
        ),
        (
            json!({"kafka": {"config": {"default.replication.factor": 4}}}),
            "NotEnoughBrokers",
            "spec.kafka.config[default.replication.factor]",
            "4",
            "add brokers",
        ),
        (
            json!({"kafka": {"listeners": [{"name": "e", "port": 9094, "type": "ingress", "tls": true, "ingress": {"className": "nginx", "bootstrapHost": "k.x", "brokerHosts": [{"broker": 0, "host": "b0.x"}]}}]}}),
            "MissingBrokerHost",
            "spec.kafka.listeners[e].ingress.brokerHosts",
            "1, 2",
            "add one for each",
        ),
        (
            json!({"certificates": {"clusterCA": {"issuerRef": {"name": "le"}}}}),
            "IssuerRefNotSupported",
            "spec.certificates.clusterCA.issuerRef",
            "le",
            "secretRef",
        ),
        (
            json!({"topics": [{"name": "a", "replicas": 5}]}),
            "NotEnoughBrokers",
            "spec.topics[a].replicas",
            "5",
            "3 or less",
        ),
        (
            json!({"topics": [{"name": "a", "config": {"retention": 5}}]}),
            "UnknownKafkaConfig",
            "spec.topics[a].config[retention]",
            "5",
            "correct its name",
        ),
    ] {
        let found = refusals_of(&logs(spec), &pools());
        assert_eq!(said(&found), [(reason, field, value)]);
        assert!(found[0].message.contains(way_out), "{}", found[0]);
    }
}

#[test]
fn a_pipeline_needs_controllers_and_brokers() {
    let [controllers, brokers] = pools().try_into().unwrap();
    let none = nodes("broker", "broker", json!({"replicas": 0}));
    for (pools, reasons) in [
        (vec![], vec!["NoControllers", "NoBrokers"]),
        (vec![controllers.clone()], vec!["NoBrokers"]),
        (vec![brokers], vec!["NoControllers"]),
        (vec![controllers, none], vec!["NoBrokers"]),
        (vec![nodes("both", "controller", json!({"roles": ["broker", "controller"]}))], vec![]),
    ] {
        let found = refusals_of(&logs(json!({})), &pools);
        assert_eq!(found.iter().map(|refusal| refusal.reason).collect::<Vec<_>>(), reasons);
        assert!(found.iter().all(|refusal| refusal.message.contains("create one")));
    }
}

#[test]
fn what_works_but_not_for_long_is_a_warning() {
    let (object, mut pools) = (logs(json!({"kafka": {"metadataVersion": "4.3"}})), pools());
    pools[0].spec.replicas = 2;
    let mut identity = identity_of(&object, &pools);
    identity.metadata_version = "4.1".to_owned();
    let input = PipelineInput { object: &object, pools: &pools, identity: &identity };
    assert!(pipeline(&input).is_ok());
    let found = warnings(&input);
    assert_eq!(said(&found), [("EvenControllers", "KafkaNodePool spec.replicas", "2"),]);
    assert!(found[0].message.contains("have 1 or 3"), "{}", found[0]);
}
