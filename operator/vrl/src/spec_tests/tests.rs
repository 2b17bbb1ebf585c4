//! Tests of a spec that pass and that fail, and what is said of them.

#![allow(clippy::needless_pass_by_value, reason = "tests pass literals")]

use kafkapipelines_core::vector::{Bootstrap, Security, render};
use serde_json::{Value, json};

use super::*;

const PROGRAM: &str = r#". = parse_json!(.message)
if .level == "debug" { abort "debug lines are not kept" }
.seen = now()
.where = {"topic": %kafkapipelines.topic, "key": %kafkapipelines.key, "team": %kafkapipelines.headers.team}
.n = 1"#;

fn spec(tests: &Value) -> ConsumerSpec {
    serde_json::from_value(json!({
        "pipeline": "logs", "topics": ["first", "second"], "deadLetter": {"topic": "dead"}, "tests": tests,
        "transforms": [{"name": "parse", "remap": {"source": PROGRAM}}],
        "sinks": [{"name": "store", "victoriaLogs": {"endpoint": "http://vl:9428"}}],
    }))
    .unwrap()
}

fn failing(tests: &Value) -> Vec<TestFailure> {
    let spec = spec(tests);
    let bootstrap = Bootstrap { servers: "logs-kafka-bootstrap.kafka.svc:9092".to_owned(), security: Security::Plain };
    failures(&render("drain", &spec, &bootstrap).unwrap(), &spec)
}

fn test(name: &str, input: Value, expect: Value) -> Value {
    json!({"name": name, "input": input, "expect": expect})
}

#[test]
fn tests_that_get_what_they_expect_are_not_told() {
    let good = json!({"message": r#"{"level": "info", "message": "m"}"#});
    let at = |time: &str, now: &str| {
        let mut test = test(now, json!({"fields": {"message": "m", "timestamp": time}}), json!({"sink": "store"}));
        test["now"] = json!(now);
        test
    };
    let tests = json!([
        test("fields", good.clone(), json!({"fields": {"level": "info", "n": 1.0, "gone": null}})),
        test("sink", good.clone(), json!({"sink": "store"})),
        test("clock", good, json!({"fields": {"seen": "2026-01-01T00:00:00Z"}})),
        test("topic", json!({"fields": {"a": 1}}), json!({"fields": {"where": {"topic": "first", "key": null}}})),
        test(
            "origin",
            json!({"fields": {"a": 1}, "key": "k", "headers": {"team": "x"}, "topic": "other"}),
            json!({"fields": {"where": {"topic": "other", "key": "k", "team": "x"}}})
        ),
        test("broken", json!({"message": "no JSON"}), json!({"deadLetter": "unable to parse json"})),
        test("any error", json!({"message": ""}), json!({"deadLetter": ""})),
        test("debug", json!({"fields": {"level": "debug"}}), json!({"deadLetter": "not kept"})),
        test(
            "guard",
            json!({"fields": {"message": "m", "timestamp": "2020-01-01T00:00:00Z"}}),
            json!({"deadLetter": "older than"})
        ),
        at("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"),
    ]);
    let failing: Vec<_> = failing(&tests).into_iter().map(|failure| (failure.test, failure.difference)).collect();
    assert_eq!(failing, [], "all others pass");
}

#[test]
fn a_failure_says_what_was_expected_and_what_became_of_the_line() {
    let info = || json!({"fields": {"level": "info", "message": "m", "deep": {"a": [1, 2]}}});
    let tests = json!([
        test("value", info(), json!({"fields": {"level": "warn"}})),
        test("missing", info(), json!({"fields": {"host": "h"}})),
        test("unwanted", info(), json!({"fields": {"level": null}})),
        test("inside", info(), json!({"fields": {"deep": {"a": [1, 3]}}})),
        test("length", info(), json!({"fields": {"deep": {"a": [1]}}})),
        test("many", info(), json!({"fields": {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}})),
        test("no letter", info(), json!({"deadLetter": "x"})),
        test("other error", json!({"message": "no JSON"}), json!({"deadLetter": "timeout"})),
        test("dropped", info(), json!({"dropped": true})),
        test("letter", json!({"message": "no JSON"}), json!({"sink": "store"})),
        test("old", json!({"fields": {"message": "m", "timestamp": "2020-01-01T00:00:00Z"}}), json!({"fields": {}})),
        test("sink", info(), json!({"sink": "stoer"})),
        test("long", json!({"message": format!("{{\"a\": \"{}\n\"}}", "x".repeat(5000))}), json!({"dropped": true})),
    ]);
    let told = failing(&tests).into_iter().map(|f| format!("{} [{}]: {}", f.test, f.line, f.difference));
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_test_does_not_see_the_lines_of_another() {
    let mut spec = spec(&json!([
        test("first", json!({"message": "same"}), json!({"fields": {"message": "same"}})),
        test("second", json!({"message": "same"}), json!({"fields": {"message": "same"}})),
    ]));
    let file = json!({
        "sources": {"_kafka": {"type": "kafka"}},
        "transforms": {"once": {"type": "dedupe", "inputs": ["_kafka"], "fields": {"match": ["message"]}},
            "join": {"type": "reduce", "inputs": ["once"]}},
        "sinks": {"store": {"inputs": ["join"]}},
    });
    assert_eq!(failures(&file.to_string(), &spec), []);
    spec.tests[1].input.message = Some("other".to_owned());
    assert_eq!(failures(&file.to_string(), &spec).len(), 1);
}

/// What a member could not run, and what never ends, is a failure of each test, in time.
#[test]
fn transforms_that_cannot_be_run_fail_each_test() {
    let spec = spec(&json!([test("a", json!({"message": "m"}), json!({"sink": "store"}))]));
    let failure = failures("no file", &spec).remove(0);
    assert!(failure.difference.starts_with("the transforms cannot be run: "), "{failure:?}");
    let nested = "for_each([0,1,2,3,4,5,6,7,8,9]) -> |_i, _v| { ".repeat(8);
    let endless = format!("a = 0\n{}a = a + 1{}", nested, " }".repeat(8));
    let file = json!({"sources": {"_kafka": {"type": "kafka"}}, "sinks": {"store": {"inputs": ["t"]}},
        "transforms": {"t": {"type": "remap", "inputs": ["_kafka"], "source": endless}}});
    let failure = failures(&file.to_string(), &spec).remove(0);
    assert_eq!(failure.difference, "all tests together take more than 5 seconds");
}
