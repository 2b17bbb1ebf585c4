//! OpenSearch behind a consumer's `elasticsearch` sink.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use kafkapipelines_e2e::cluster::{step, until};
use kafkapipelines_e2e::image::Image;
use kafkapipelines_e2e::installation::Access;
use serde_json::json;

use super::bed::StoreBed;
use super::load::traces;
use super::opensearch_api::OpenSearch;
use crate::bed::bootstrap;
use crate::consumer_bed::SOON;

const MANIFEST: &str = include_str!("opensearch.yaml");
const TRACES: usize = 100;
/// What the mapping wants is asked of each line: one that does not have it is a dead letter, not lost.
const PROGRAM: &str = ". = parse_json!(.message)\n.status = to_int!(.status)\n";

#[test]
fn each_line_is_in_opensearch_or_told_as_lost_until_it_is_read_again() -> Result<()> {
    let bed = StoreBed::install("opensearch", Image::OpenSearch, MANIFEST, 9200)?;
    let store = OpenSearch { web: &bed.web };
    step("an index, and a template of a data stream", || store.prepare())?;
    step("lines; those of a wrong type: 400, lost", || bed.lines_arrive(&store))?;
    step("requests are too large: 413, lost", || requests_are_too_large(&bed, &store))?;
    step("overload: 429, tried again; killed before and after", || overload(&bed, &store))?;
    step("the disk is full: 429 for each document, tried again", || the_disk_is_full(&bed, &store))?;
    step("nothing may be written: 403 for each document, lost", || nothing_may_be_written(&bed, &store))?;
    step("there is no index: 404 for each document, lost", || there_is_no_index(&bed, &store))?;
    let mended = json!({"transforms": [{"name": "parse", "remap": {"source": PROGRAM}}]});
    step("what is lost is told, with the way out", || bed.nothing_is_missing(&store, &mended))?;
    step("traces, joined", || each_trace_is_in_the_stream(&store))?;
    bed.consumers.remove()
}

fn requests_are_too_large(bed: &StoreBed, store: &OpenSearch) -> Result<()> {
    bed.restart("settings", "http.max_content_length=1kb")?;
    store.is_up()?;
    bed.write_into_loss()
}

fn overload(bed: &StoreBed, store: &OpenSearch) -> Result<()> {
    bed.restart("settings", "indexing_pressure.memory.limit=2kb")?;
    store.is_up()?;
    bed.write_into_block(429)?;
    let consumers = &bed.consumers;
    let bootstrap = bootstrap(&consumers.pipeline, 9093);
    consumers.client.produce(&bootstrap, Access::Tls, "traces", &traces(TRACES))?;
    bed.restart("settings", "")?;
    store.is_up()?;
    bed.settled(store)
}

fn the_disk_is_full(bed: &StoreBed, store: &OpenSearch) -> Result<()> {
    store.block("read_only_allow_delete", true)?;
    bed.write_into_block(200)?;
    store.block("read_only_allow_delete", false)?;
    bed.settled(store)
}

fn nothing_may_be_written(bed: &StoreBed, store: &OpenSearch) -> Result<()> {
    store.block("write", true)?;
    bed.write_into_loss()?;
    store.block("write", false)?;
    bed.lines_arrive(store)
}

fn there_is_no_index(bed: &StoreBed, store: &OpenSearch) -> Result<()> {
    store.has_index(false)?;
    bed.write_into_loss()?;
    store.has_index(true)?;
    bed.lines_arrive(store)
}

/// Joined, and none of their lines is missing.
fn each_trace_is_in_the_stream(store: &OpenSearch) -> Result<()> {
    let mut documents = Vec::new();
    let arrived = until("each line of the traces is stored", SOON, || {
        documents = store.traces()?;
        let all = documents.join("\n");
        let lines: BTreeSet<_> = all.lines().collect();
        Ok(traces(TRACES).lines().all(|line| lines.contains(line)))
    });
    eprintln!("{} lines of traces in {} documents", 3 * TRACES, documents.len());
    arrived?;
    let whole = documents.iter().filter(|document| document.lines().count() == 3).count();
    ensure!(whole > TRACES / 2, "only {whole} traces were joined");
    Ok(())
}
