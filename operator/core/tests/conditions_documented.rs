//! docs/conditions.md explains every reason that the operator can give, and none that it cannot.
//!
//! Reasons reach conditions by many ways, so no way is looked for: every string literal of the sources that is one CamelCase
//! word is a reason that must be explained, unless it is listed here as a word of Kubernetes.
#![allow(clippy::unwrap_used, reason = "a test may panic, in its functions too")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Kinds, and values of fields, that Kubernetes defines; a header of HTTP, a request of Kafka, a type of Rust.
const KUBERNETES_WORDS: &str = "Always AlwaysAllow Authorization ClusterIP ConfigMap Consumer Delete Deployment Event FallbackToLogsOnError False \
    IfHealthyBudget IfNotPresent Ingress Invalid KafkaNodePool ListOffsets LoadBalancer LogPipeline NetworkPolicy Never Node NodePort None OnDelete OnRootMismatch \
    Parallel Pod PodDisruptionBudget PodScheduled Prefix ProgressDeadlineExceeded Progressing ReadWriteOnce ReplicaFailure Retain RollingUpdate RuntimeDefault ScheduleAnyway \
    Secret Service ServiceAccount StatefulSet String True Unknown ValidatingWebhookConfiguration";

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The CamelCase literals of all sources, tests aside.
fn literals() -> BTreeSet<String> {
    let mut files = Vec::new();
    for path in ["src", "../src"] {
        sources(&folder(path), &mut files);
    }
    files.push(folder("../kafka/src/error.rs"));
    let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
    let kubernetes: BTreeSet<_> = KUBERNETES_WORDS.split(' ').collect();
    texts.flat_map(|text| words_in(&text)).filter(|word| !kubernetes.contains(word.as_str())).collect()
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        match path.is_dir() {
            // Those of the spec are no tests of ours.
            _ if name.ends_with("tests") && name != "consumer_tests" => {}
            true => sources(&path, files),
            false if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
            false => {}
        }
    }
}

fn words_in(source: &str) -> Vec<String> {
    let code = source.split("\nmod tests {").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(between_quotes).filter(|text| is_camel_case(text)).map(str::to_owned).collect()
}

/// All that stands between any two quotation marks of a line: escaped ones cannot hide a literal.
fn between_quotes(line: &str) -> impl Iterator<Item = &str> {
    let parts: Vec<_> = line.split('"').collect();
    let last = parts.len() - 1;
    parts.into_iter().take(last).skip(1)
}

fn is_camel_case(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 2
        && bytes[0].is_ascii_uppercase()
        && bytes[1].is_ascii_lowercase()
        && bytes.iter().all(u8::is_ascii_alphabetic)
}

/// The words in code style of some text.
fn code_words(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn document() -> String {
    fs::read_to_string(folder("../../docs/conditions.md")).unwrap()
}

#[test]
fn every_reason_is_explained() {
    // Outside of the blocks of commands, whose marks would put words and gaps out of step.
    let prose: String = document().split("```").step_by(2).collect();
    let explained = code_words(&prose);
    let missing: Vec<_> = literals().into_iter().filter(|word| !explained.contains(word)).collect();
    assert!(
        missing.is_empty(),
        "docs/conditions.md does not explain {missing:?}; if one is no reason, list it in this test"
    );
}

#[test]
fn no_reason_is_explained_that_does_not_exist() {
    let known = literals();
    let document = document();
    let reasons = document
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once(" | "))
        .map(|(cell, _)| format!("`{cell}"));
    let stale: Vec<_> = reasons
        .flat_map(|cell| code_words(&cell))
        .filter(|word| is_camel_case(word) && !known.contains(word))
        .collect();
    assert!(stale.is_empty(), "docs/conditions.md explains {stale:?}, which no source has");
}
