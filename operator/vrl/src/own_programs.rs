//! The programs that the operator adds to a user's chain.

use kafkapipelines_core::vector::{Bootstrap, Security, render};
use kafkapipelines_crds::ConsumerSpec;
use serde_json::{Value, json};

use super::{closed, compile, functions};

fn consumer(transforms: &Value) -> ConsumerSpec {
    let store = json!({"endpoint": "https://store:9428/", "msgField": "_msg", "timeField": "kubernetes.@ts",
        "streamFields": ["pod-name", "a..b", "if", "0"]});
    serde_json::from_value(json!({
        "pipeline": "logs", "topics": ["a", "b"], "transforms": transforms,
        "sinks": [{"name": "store", "victoriaLogs": store}],
        "deadLetter": {"topic": "dead"},
    }))
    .unwrap()
}

#[test]
fn each_compiles_and_those_that_drop_nothing_cannot_fail() {
    let parse = json!([{"name": "parse", "remap": {"source": ". = parse_json!(.message)"}}]);
    let servers = "logs-kafka-bootstrap.kafka.svc:9093".to_owned();
    let bootstrap = Bootstrap { servers, security: Security::Tls };
    let everything = serde_saphyr::from_str(include_str!("../../core/src/vector/everything.yaml")).unwrap();
    for spec in [consumer(&parse), consumer(&json!([])), everything] {
        let file: Value = serde_saphyr::from_str(&render("drain", &spec, &bootstrap).unwrap()).unwrap();
        let transforms = file["transforms"].as_object().unwrap().iter();
        for (id, transform) in transforms.filter(|(_, transform)| transform["type"] == "remap") {
            let compiled = compile(transform["source"].as_str().unwrap(), &functions::all(), closed(&[]));
            let program = compiled.map_err(|found| format!("{id}: {found:?}")).unwrap().program;
            let may_fail = program.info().fallible || program.info().abortable;
            assert!(transform["drop_on_error"] == true || !may_fail, "{id}");
        }
    }
}
