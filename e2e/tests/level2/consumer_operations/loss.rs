//! Lines that reach neither the store nor the dead letters are told, and read again from where the group was before.

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::cluster::until;
use serde_json::{Value, json};

use super::seek::{said, seek};
use crate::bed::READY_WITHIN;
use crate::consumer_bed::{CONSUMER, ConsumerBed, SOON};

/// The lines of the bed before any other: one of them becomes a dead letter.
const LINES: usize = 200;
/// Bytes of a dead letter that the topic takes: none has so few.
const TOO_FEW: u32 = 100;
const ENOUGH: u32 = 21_000_000;

pub fn lost_lines_are_read_again(bed: &ConsumerBed) -> Result<()> {
    dead_letters_are_taken_up_to(bed, TOO_FEW)?;
    bed.lines_arrive(LINES)?;
    until("the loss is told", SOON, || bed.consumer_says("NoLoss", "False", "_dead_letters"))?;
    ensure!(!loss(bed)?["rewindTo"].as_array().context("offsets")?.is_empty(), "{}", loss(bed)?);
    dead_letters_are_taken_up_to(bed, ENOUGH)?;
    let told = seek(bed, &["--to", "loss", "--topic", "lines"])?;
    ensure!(told.status.success() && said(&told).contains("offsets set to loss: "), "{}", said(&told));
    until("the dead letter", SOON, || Ok(dead_letters(bed)? >= Some(1)))?;
    let acknowledged = format!("kafkapipelines.io/loss-acknowledged={}", loss(bed)?["at"].as_str().context("a time")?);
    bed.pipeline.kubectl(&["annotate", "consumer", CONSUMER, &acknowledged]).map(drop)
}

fn loss(bed: &ConsumerBed) -> Result<Value> {
    Ok(bed.consumer()?["status"]["loss"].clone())
}

/// How many a dry run of a replay counts.
fn dead_letters(bed: &ConsumerBed) -> Result<Option<u64>> {
    bed.plugin(&["replay", CONSUMER, "--dead-letter", "--dry-run"])?.output()?;
    Ok(bed.consumer()?["status"]["replay"]["letters"].as_u64())
}

/// The topic is listed, with its largest record.
fn dead_letters_are_taken_up_to(bed: &ConsumerBed, bytes: u32) -> Result<()> {
    let topic = |name: &str, partitions: u32, bytes: u32| json!({"name": name, "partitions": partitions, "replicas": 1, "config": {"max.message.bytes": bytes}});
    let topics = json!({"spec": {"topics": [topic("lines", 6, 4_000_000), topic("lines-dlq", 1, bytes)]}}).to_string();
    bed.pipeline.kubectl(&["patch", "logpipeline", bed.pipeline.name(), "--type=merge", "--patch", &topics])?;
    bed.pipeline.await_ready(READY_WITHIN)
}
