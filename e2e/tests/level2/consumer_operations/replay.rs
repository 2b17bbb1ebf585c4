//! Dead letters pass the chain again once its program is mended, and those that fail again are dead letters again.

use anyhow::{Result, ensure};
use kafkapipelines_e2e::cluster::until;
use serde_json::{Value, json};

use crate::consumer_bed::{CONSUMER, ConsumerBed, SOON};

/// No JSON: the program of the bed fails on it.
const MENDED: usize = 7;
/// From the year 2001: the store would drop it, whatever the program is.
const TOO_OLD: usize = 1007;
/// What both are among.
const LINES: usize = 1100;
/// Takes what is no JSON, too.
const PROGRAM: &str = r#"
parsed, err = parse_json(.message)
. = if err == null { parsed } else { {"number": to_int!(parse_regex!(.message, r'(?P<number>\d+)').number), "message": .message} }
"#;

pub fn dead_letters_are_stored_after_the_fix(bed: &ConsumerBed) -> Result<()> {
    bed.lines_arrive(LINES)?;
    until("all but the dead letters are in the store", SOON, || Ok(bed.store().missing(LINES)? == [MENDED, TOO_OLD]))?;
    let counted = plugin(bed, &["--dry-run"])?;
    ensure!(counted.contains("nothing was changed"), "{counted}");
    ensure!(replay_of(bed)?["phase"] == "Counted", "a dry run only counts");
    bed.patch_consumer(&json!({"spec": {"transforms": [{"name": "parse", "remap": {"source": PROGRAM}}]}}))?;
    let told = plugin(bed, &["--since", "24h"])?;
    let replay = replay_of(bed)?;
    eprintln!("{told}{replay}");
    ensure!(replay["phase"] == "Done" && replay["done"] == replay["letters"], "{replay}");
    ensure!(replay["deadAgain"].as_i64() >= Some(1) && replay["lost"] == 0, "{replay}");
    ensure!(told.contains("records were read again"), "{told}");
    ensure!(bed.store().missing(LINES)? == [TOO_OLD], "what the program takes now is in the store");
    nothing_is_left(bed)
}

/// Neither the Deployment nor what it needs; and the consumer was not touched.
fn nothing_is_left(bed: &ConsumerBed) -> Result<()> {
    let selector = format!("--selector=kafkapipelines.io/consumer-replay={CONSUMER}");
    let kinds = "deployments,pods,configmaps,serviceaccounts,networkpolicies";
    let left = bed.pipeline.kubectl(&["get", kinds, &selector, "--output=name"])?;
    ensure!(left.is_empty(), "{left} is left");
    bed.members_are_ready(1)
}

fn replay_of(bed: &ConsumerBed) -> Result<Value> {
    Ok(bed.consumer()?["status"]["replay"].clone())
}

/// What `kubectl kafkapipelines consumer replay` prints.
fn plugin(bed: &ConsumerBed, arguments: &[&str]) -> Result<String> {
    let output = bed.plugin(&[&["replay", CONSUMER, "--dead-letter"], arguments].concat())?.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
