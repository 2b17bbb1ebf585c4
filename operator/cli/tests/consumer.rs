//! `consumer test` and `consumer render`, as they are called: files in, lines and an exit code out.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const CONSUMER: &str = include_str!("fixtures/consumer.yaml");
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/events.jsonl");
const EXAMPLES: [&str; 3] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/secured.yaml"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/log-aggregator.yaml"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/programs.yaml"),
];

fn consumer(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-kafkapipelines"))
        .arg("consumer")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn each_test_has_a_line_and_the_manual_shows_them() {
    let output = consumer(&["test", "-f", "-", "--sample", SAMPLE], CONSUMER);
    assert_eq!(output.status.code(), Some(1));
    let printed = text(&output.stdout).replace("(standard input)", "consumer.yaml");
    insta::assert_snapshot!(printed);
    assert!(include_str!("../../../docs/consumer-tests.md").contains(&printed), "{printed}");
}

#[test]
fn programs_get_the_same_as_json() {
    let output = consumer(&["test", "-f", "-", "-o", "json", "--sample", SAMPLE], CONSUMER);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(text(&output.stdout));
}

#[test]
fn the_tests_of_the_examples_pass() {
    let passed = ["4 tests passed, 0 failed", "0 tests passed, 0 failed", "2 tests passed, 0 failed"];
    for (example, counts) in EXAMPLES.into_iter().zip(passed) {
        let output = consumer(&["test", "-f", example], "");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
        assert!(text(&output.stdout).contains(counts), "{}", text(&output.stdout));
    }
}

#[test]
fn a_consumer_that_would_be_refused_is_not_run() {
    for (from, to, said) in [
        ("parse_json!(", "parse_json(", "line 1, column 5: E103"),
        ("topics: [app-logs]", "topics: []", "spec.topics: Invalid value"),
        (".level != \"debug\"", ".level", "a condition must be a boolean"),
    ] {
        assert!(CONSUMER.contains(from), "{from}");
        let output = consumer(&["test", "-f", "-"], &CONSUMER.replace(from, to));
        assert_eq!(output.status.code(), Some(1));
        let printed = text(&output.stdout);
        assert!(
            printed.contains(said) && printed.contains("0 tests passed, 0 failed, 1 consumers refused"),
            "{printed}"
        );
        let output = consumer(&["render", "-f", "-"], &CONSUMER.replace(from, to));
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), ""));
        assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
    }
}

const PROGRAMS: &str = "---
apiVersion: v1
kind: ConfigMap
metadata: {name: programs, namespace: kafka, labels: {kafkapipelines.io/programs: 'true'}}
data:
  parse.vrl: |
    . = parse_json!(.message)
    .level = downcase(string(.level) ?? \"info\")
";

#[test]
fn a_program_is_taken_from_a_config_map_among_the_documents() {
    let written = "        source: |
          . = parse_json!(.message)
          .level = downcase(string(.level) ?? \"info\")
";
    let named = "        sourceFrom: {configMapKeyRef: {name: programs, key: parse.vrl}}\n";
    assert!(CONSUMER.contains(written));
    let without = CONSUMER.replace(written, named);
    let with = format!("{without}{PROGRAMS}");
    for arguments in [&["test", "-f", "-"][..], &["render", "-f", "-"]] {
        let (inline, from) = (consumer(arguments, CONSUMER), consumer(arguments, &with));
        assert_eq!(text(&from.stdout), text(&inline.stdout));
        assert_eq!((from.status, text(&from.stderr)), (inline.status, text(&inline.stderr)));
        let missing = consumer(arguments, &without);
        assert_eq!(missing.status.code(), Some(1));
        let said = text(&missing.stdout) + &text(&missing.stderr);
        let expected =
            "spec.transforms[parse].remap.sourceFrom.configMapKeyRef: programs/parse.vrl: there is no ConfigMap";
        assert!(said.contains(expected) && said.contains("give that with -f"), "{said}");
        assert!(!said.contains("E1"), "{said}");
    }
}

#[test]
fn what_cannot_be_read_is_told_apart() {
    for (arguments, input, said) in [
        (&["test", "-f", "no/such/file.yaml"][..], "", "no/such/file.yaml: No such file"),
        (&["test", "-f", "-"], "a: [", "(standard input): "),
        (&["test", "-f", "-", "--sample", "no/such/sample"], CONSUMER, "no/such/sample: No such file"),
        (&["test", "-f", "-", "--name", "other"], CONSUMER, "there is no Consumer"),
        (&["render", "-f", "-"], "kind: Namespace\napiVersion: v1\nmetadata: {name: a}", "there is no Consumer"),
    ] {
        let output = consumer(arguments, input);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
    }
}

/// With the pipeline beside it, a consumer knows its listener; without it, that is a guess, and said to be one.
#[test]
fn the_file_is_what_the_operator_would_write() {
    let output = consumer(&["render", "-f", EXAMPLES[1], "--name", "victoria-logs"], "");
    assert_eq!(output.status.code(), Some(0));
    let file = text(&output.stdout);
    assert!(file.contains("bootstrap_servers: log-aggregator-kafka-kafka-bootstrap.kafka.svc:9093"), "{file}");
    assert!(!file.contains("a guess"), "{file}");
    let alone = text(&consumer(&["render", "-f", "-"], CONSUMER).stdout);
    assert!(alone.contains("# The LogPipeline logs is not among the documents"), "{alone}");
    assert!(alone.contains("bootstrap_servers: logs-kafka-bootstrap.kafka.svc:9092"), "{alone}");
}
