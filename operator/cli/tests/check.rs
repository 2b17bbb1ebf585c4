//! `check`, as it is called: files in, lines and an exit code out.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/log-aggregator.yaml");
const STORES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/stores.yaml");
const SECURED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/secured.yaml");
const GATEWAY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/gateway.yaml");
const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/programs.yaml");
const REFUSED: &str = "
apiVersion: kafkapipelines.io/v1alpha1
kind: KafkaNodePool
metadata: {name: broker, namespace: kafka}
spec: {pipeline: logs, replicas: -1, role: [broker], storage: {volumes: [{id: 0, size: ten}]}}
---
apiVersion: kafkapipelines.io/v1beta1
kind: LogPipeline
metadata: {name: logs}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: other}
";

fn check(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-kafkapipelines"))
        .arg("check")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_reference_installation_is_accepted() {
    let output = check(&["-f", EXAMPLE], "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).ends_with("4 accepted, 0 refused, 0 skipped, 0 unreadable\n"), "{}", text(&output));
}

#[test]
fn the_example_with_users_is_accepted() {
    let output = check(&["-f", SECURED], "");
    assert!(text(&output).ends_with("3 accepted, 0 refused, 0 skipped, 0 unreadable\n"), "{}", text(&output));
}

#[test]
fn the_example_with_a_gateway_is_accepted() {
    let output = check(&["-f", GATEWAY], "");
    assert!(text(&output).ends_with("2 accepted, 0 refused, 0 skipped, 0 unreadable\n"), "{}", text(&output));
}

#[test]
fn the_example_with_several_stores_is_accepted() {
    let output = check(&["-f", EXAMPLE, "-f", STORES], "");
    assert!(text(&output).ends_with("6 accepted, 0 refused, 0 skipped, 0 unreadable\n"), "{}", text(&output));
}

#[test]
fn the_example_with_a_program_in_a_config_map_is_accepted_and_judged() {
    let output = check(&["-f", EXAMPLE, "-f", PROGRAMS], "");
    assert!(text(&output).ends_with("5 accepted, 0 refused, 1 skipped, 0 unreadable\n"), "{}", text(&output));
    let broken = std::fs::read_to_string(PROGRAMS).unwrap().replace("parse_json!(", "parse_json(");
    let output = check(&["-f", "-"], &broken);
    let said = "spec.transforms[parse].remap.sourceFrom: parse_json(.message): line 1, column 5: E103 ";
    assert!(text(&output).contains(said), "{}", text(&output));
}

#[test]
fn every_problem_has_a_line() {
    let output = check(&["-f", "-"], REFUSED);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(text(&output));
}

#[test]
fn a_program_that_does_not_compile_is_refused_with_line_and_column() {
    let example = std::fs::read_to_string(EXAMPLE).unwrap();
    let broken = example.replace("parse_json!(", "parse_json(");
    assert_ne!(broken, example);
    let output = check(&["-f", "-"], &broken);
    assert_eq!(output.status.code(), Some(1));
    let said = "spec.transforms[kafka_parser].remap.source: parse_json(.message): line 1, column 5: E103 ";
    assert!(text(&output).contains(said), "{}", text(&output));
}

#[test]
fn programs_get_the_same_as_json() {
    let output = check(&["-f", "-", "-o", "json"], REFUSED);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(text(&output));
}

#[test]
fn a_file_that_cannot_be_read_is_told_apart() {
    let missing = check(&["-f", "no/such/file.yaml", "-f", EXAMPLE], "");
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing).starts_with("no/such/file.yaml: No such file"), "{}", text(&missing));
    assert!(text(&missing).ends_with("4 accepted, 0 refused, 0 skipped, 1 unreadable\n"));
    assert_eq!(check(&["-f", "-"], "a: [").status.code(), Some(2));
}

/// The manual shows what the plugin prints of what the API server refuses and of what the operator refuses.
#[test]
fn the_manual_is_right() {
    let manual = include_str!("../../../docs/kubectl-plugin.md");
    let printed = text(&check(&["-f", "-"], include_str!("fixtures/refused.yaml")));
    assert!(manual.contains(&printed.replace("(standard input)", "refused.yaml")), "{printed}");
}
