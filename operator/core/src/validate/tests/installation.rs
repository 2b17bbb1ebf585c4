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
    });
    assert!(verdicts.iter().all(|verdict| verdict.notes.len() == 1), "{verdicts:?}");
    assert_eq!((&verdicts[0].refusals, &verdicts[1].refusals), (&vec![], &vec![]));
    assert_eq!(said(&verdicts[2].refusals), [("DeadLetterLoop", "spec.deadLetter.topic", "logs")]);
}

#[test]
fn objects_of_two_pipelines_may_not_get_one_name() {
    let second: LogPipeline = object("LogPipeline", "logs-eu", &serde_json::to_value(logs(json!({})).spec).unwrap());
    let mut pools = [pools(), vec![nodes("eu-b", "broker", json!({}))]].concat();
    pools.push(nodes("b", "broker", json!({"pipeline": "logs-eu"})));
    pools.push(nodes("c", "controller", json!({"pipeline": "logs-eu"})));
    let verdicts = judge(&Installation { pipelines: vec![logs(json!({})), second], pools, consumers: vec![] });
    let taken: Vec<_> = verdicts.iter().filter(|verdict| !verdict.refusals.is_empty()).collect();
    assert_eq!(taken.iter().map(|verdict| verdict.name.as_str()).collect::<Vec<_>>(), ["eu-b", "b"]);
    assert_eq!(said(&taken[0].refusals), [("NameTaken", "metadata.name", "eu-b")]);
    assert!(taken[0].refusals[0].message.contains("logs-eu-b: choose another name"));
}
