use k8s_openapi::api::core::v1::ConfigMap;
use kafkapipelines_crds::LogPipeline;
use serde_json::{Value, json};

use super::{logs, nodes, object, pools, reader, said};
use crate::validate::installation::{Installation, Verdict, installation};

/// Programs are not what these tests are about.
fn judge(objects: &Installation) -> Vec<Verdict> {
    installation(objects, super::consumer::VRL)
}

#[test]
fn the_reference_installation_passes_untouched() {
    let documents: Vec<Value> =
        serde_saphyr::from_multiple(include_str!("../../../../../examples/log-aggregator.yaml")).unwrap();
    let mut reference = Installation::default();
    for document in documents {
        match document["kind"].as_str().unwrap() {
            "LogPipeline" => reference.pipelines.push(serde_json::from_value(document).unwrap()),
            "KafkaNodePool" => reference.pools.push(serde_json::from_value(document).unwrap()),
            _ => reference.consumers.push(serde_json::from_value(document).unwrap()),
        }
    }
    let verdicts = judge(&reference);
    assert_eq!(verdicts.len(), 4);
    for verdict in verdicts {
        let warnings: Vec<_> = verdict.warnings.iter().map(|warning| warning.reason).collect();
        assert_eq!((verdict.refusals, warnings, verdict.notes), (vec![], vec![], vec![]), "{}", verdict.name);
    }
}

#[test]
fn an_installation_in_part_gets_notes_not_refusals() {
    let verdicts = judge(&Installation {
        pipelines: vec![logs(json!({}))],
        pools: vec![nodes("broker", "broker", json!({"pipeline": "other"}))],
        consumers: vec![reader("a", json!({"pipeline": "other", "deadLetter": {"topic": "logs"}}))],
        config_maps: vec![],
    });
    assert!(verdicts.iter().all(|verdict| verdict.notes.len() == 1), "{verdicts:?}");
    assert_eq!((&verdicts[0].refusals, &verdicts[1].refusals), (&vec![], &vec![]));
    assert_eq!(said(&verdicts[2].refusals), [("DeadLetterLoop", "spec.deadLetter.topic", "logs")]);
}

#[test]
fn a_program_is_judged_where_its_config_map_is_among_the_documents() {
    let from = json!({"configMapKeyRef": {"name": "programs", "key": "a.vrl"}});
    let consumers = vec![reader("a", json!({"transforms": [{"name": "t", "remap": {"sourceFrom": from}}]}))];
    let judged = |config_maps: Vec<ConfigMap>| {
        let all = Installation {
            pipelines: vec![logs(json!({}))],
            pools: pools(),
            consumers: consumers.clone(),
            config_maps,
        };
        judge(&all).pop().unwrap()
    };
    let programs = |label: &str, source: &str| -> ConfigMap {
        let metadata =
            json!({"name": "programs", "namespace": "kafka", "labels": {"kafkapipelines.io/programs": label}});
        serde_json::from_value(json!({"metadata": metadata, "data": {"a.vrl": source}})).unwrap()
    };
    let alone = judged(vec![]);
    assert!(alone.refusals.is_empty() && alone.notes.len() == 1, "{alone:?}");
    assert!(alone.notes[0].contains("programs/a.vrl is not among the documents"), "{alone:?}");
    assert_eq!(judged(vec![programs("true", ". = {}")]), Verdict { notes: vec![], ..alone });
    let field = "spec.transforms[t].remap.sourceFrom";
    assert_eq!(said(&judged(vec![programs("true", ".a = bad")]).refusals), [("InvalidVrl", field, "bad")]);
    let unlabelled = judged(vec![programs("false", ". = {}")]);
    let field = format!("{field}.configMapKeyRef");
    assert_eq!(said(&unlabelled.refusals), [("ProgramNotFound", field.as_str(), "programs/a.vrl")]);
}

#[test]
fn objects_of_two_pipelines_may_not_get_one_name() {
    let second: LogPipeline = object("LogPipeline", "logs-eu", &serde_json::to_value(logs(json!({})).spec).unwrap());
    let mut pools = [pools(), vec![nodes("eu-b", "broker", json!({}))]].concat();
    pools.push(nodes("b", "broker", json!({"pipeline": "logs-eu"})));
    pools.push(nodes("c", "controller", json!({"pipeline": "logs-eu"})));
    let verdicts = judge(&Installation {
        pipelines: vec![logs(json!({})), second],
        pools,
        consumers: vec![],
        config_maps: vec![],
    });
    let taken: Vec<_> = verdicts.iter().filter(|verdict| !verdict.refusals.is_empty()).collect();
    assert_eq!(taken.iter().map(|verdict| verdict.name.as_str()).collect::<Vec<_>>(), ["eu-b", "b"]);
    assert_eq!(said(&taken[0].refusals), [("NameTaken", "metadata.name", "eu-b")]);
    assert!(taken[0].refusals[0].message.contains("logs-eu-b: choose another name"));
}
