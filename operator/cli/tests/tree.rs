//! The trees that `status` draws, from objects as the API server gives them.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

use anstream::adapter::strip_str;
use kafkapipelines_cli::overview::{Objects, overview};
use kafkapipelines_cli::tree::draw;
use serde_json::Value;

const READY: &str = include_str!("fixtures/ready.yaml");
const TROUBLED: &str = include_str!("fixtures/troubled.yaml");

fn objects(fixture: &str) -> Objects {
    let mut objects = Objects::default();
    for document in serde_saphyr::from_multiple::<Value>(fixture).unwrap() {
        match document["kind"].as_str() {
            Some("LogPipeline") => objects.pipelines.push(serde_json::from_value(document).unwrap()),
            Some("KafkaNodePool") => objects.pools.push(serde_json::from_value(document).unwrap()),
            _ => objects.consumers.push(serde_json::from_value(document).unwrap()),
        }
    }
    objects
}

fn tree(fixture: &str, name: Option<&str>) -> String {
    strip_str(&draw(&overview(objects(fixture), name))).to_string()
}

#[test]
fn a_pipeline_that_is_ready() {
    insta::assert_snapshot!(tree(READY, None));
}

#[test]
fn pipelines_in_trouble_and_what_names_none() {
    insta::assert_snapshot!(tree(TROUBLED, None));
}

#[test]
fn a_name_keeps_what_belongs_to_it() {
    assert_eq!(tree(READY, Some("log-aggregator-kafka")), tree(READY, None));
    assert_eq!(tree(READY, Some("other")), "");
    assert_eq!(tree(TROUBLED, Some("logs")).lines().filter(|line| line.contains("waits for LogPipeline")).count(), 0);
    assert_eq!(tree(TROUBLED, Some("log")).lines().filter(|line| line.contains("waits for LogPipeline")).count(), 2);
}

/// The order in which objects arrive does not matter.
#[test]
fn the_tree_is_in_the_order_of_names() {
    let mut reversed = objects(TROUBLED);
    reversed.pipelines.reverse();
    reversed.pools.reverse();
    reversed.consumers.reverse();
    assert_eq!(strip_str(&draw(&overview(reversed, None))).to_string(), tree(TROUBLED, None));
}

#[test]
fn what_is_good_is_green_what_may_pass_is_yellow_and_what_a_person_must_fix_is_red() {
    let colours = |fixture| draw(&overview(objects(fixture), None));
    assert!(colours(READY).contains("\u{1b}[32m✓ Ready") && !colours(READY).contains("\u{1b}[31m"));
    assert!(colours(TROUBLED).contains("\u{1b}[33m✗ Restarting"));
    assert!(colours(TROUBLED).contains("\u{1b}[31m✗ ConfigKeyOwned"));
}

#[test]
fn hundreds_of_topics_do_not_fill_the_screen() {
    let mut many = objects(READY);
    let topic = many.pipelines[0].spec.topics[0].clone();
    many.pipelines[0].spec.topics = vec![topic; 300];
    let tree = strip_str(&draw(&overview(many, None))).to_string();
    assert_eq!(tree.matches("standard-logs ").count(), 20 + 1, "20 topics and the consumer's\n{tree}");
    assert!(tree.contains("└─ … and 280 more"));
}

/// The manual shows what the plugin prints.
#[test]
fn the_manual_is_right() {
    let manual = include_str!("../../../docs/kubectl-plugin.md");
    assert!(manual.contains(&tree(READY, None)));
    assert!(manual.contains(&tree(TROUBLED, None)));
}
