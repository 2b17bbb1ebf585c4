//! The table of accepted and refused objects, judged without an API server.

#[path = "../../../crds/tests/admission/table.rs"]
mod table;

use kafkapipelines_cli::admission::Admission;
use kafkapipelines_crds::{Consumer, KafkaNodePool, LogPipeline, definitions};
use serde::Deserialize as _;
use serde_json::Value;

#[test]
fn every_case_is_judged_as_the_table_says() {
    let admission = Admission::new().unwrap();
    let mut wrong = Vec::new();
    for case in table::cases().unwrap() {
        let problems = admission.review(&case.object, case.old.as_ref());
        let right = match &case.reject {
            None => problems.is_empty(),
            Some(expected) => problems.iter().any(|problem| expected.fits(&problem.field, &problem.message)),
        };
        if !right {
            wrong.push(format!("{}: {problems:#?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the API server takes, the operator can read.
#[test]
fn every_accepted_object_can_be_read() {
    for case in table::cases().unwrap().into_iter().filter(|case| case.reject.is_none()) {
        let read = match case.object["kind"].as_str() {
            Some("LogPipeline") => LogPipeline::deserialize(&case.object).map(drop),
            Some("KafkaNodePool") => KafkaNodePool::deserialize(&case.object).map(drop),
            _ => Consumer::deserialize(&case.object).map(drop),
        };
        assert!(read.is_ok(), "{}: {read:?}", case.name);
    }
}

/// What the table starts from is accepted, so a refused case is refused for its patch alone.
#[test]
fn objects_before_an_update_are_accepted() {
    let admission = Admission::new().unwrap();
    for case in table::cases().unwrap() {
        let problems = case.old.as_ref().map(|old| admission.review(old, None)).unwrap_or_default();
        assert!(problems.is_empty(), "{}: {problems:#?}", case.name);
    }
}

/// A new rule in the API comes with a case that it refuses.
#[test]
fn every_rule_of_the_schemas_refuses_a_case() {
    let refused: Vec<String> =
        table::cases().unwrap().into_iter().filter_map(|case| Some(case.reject?.contains)).collect();
    for definition in definitions() {
        let mut messages = Vec::new();
        rule_messages(&definition.manifest, &mut messages);
        assert!(!messages.is_empty(), "{} has no rules", definition.plural);
        for message in messages {
            assert!(
                refused.iter().any(|part| message.contains(part)),
                "{}: no case is refused for: {message}",
                definition.plural
            );
        }
    }
}

fn rule_messages(schema: &Value, messages: &mut Vec<String>) {
    match schema {
        Value::Object(node) => {
            let rules = node.get("x-kubernetes-validations").and_then(Value::as_array).into_iter().flatten();
            messages.extend(rules.filter_map(|rule| rule["message"].as_str()).map(str::to_owned));
            node.values().for_each(|inner| rule_messages(inner, messages));
        }
        Value::Array(items) => items.iter().for_each(|inner| rule_messages(inner, messages)),
        _ => {}
    }
}
