use std::io::Write;
use std::process::{Command, Stdio};

use super::fixtures::{combined, pool, reference};
use crate::build::start_script;

#[test]
fn a_voter_that_is_no_longer_wanted_stays_in_the_first_quorum() {
    let mut pipeline = reference();
    let before = start_script::variables(&pipeline, pool(&pipeline, "broker"));
    pipeline.pools[0].spec.replicas = 1;
    assert_eq!(start_script::variables(&pipeline, pool(&pipeline, "broker")), before);
    assert!(before.contains("9002@log-aggregator-kafka-controller-9002."));
}

#[test]
fn bash_reads_back_what_was_written() {
    let pipeline = combined();
    let variables = start_script::variables(&pipeline, pool(&pipeline, "node"));
    let out =
        bash(&[], &format!("set -eu\n{variables}\nprintf '%s|' \"$OWN_PORTS\" \"$HEAP_OPTIONS\" \"$JVM_OPTIONS\""));
    assert_eq!(out, "9090 9091|-Xms4096m -Xmx4096m|-XX:+UseZGC -Dquote='|");
}

#[test]
fn the_scripts_are_bash() {
    for script in [start_script::START, start_script::READY] {
        bash(&["-n"], script);
    }
}

fn bash(arguments: &[&str], script: &str) -> String {
    let mut bash = Command::new("bash");
    bash.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = bash.spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
