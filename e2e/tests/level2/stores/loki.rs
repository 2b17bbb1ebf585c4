//! Loki behind a consumer's `loki` sink. Only where `E2E_LOKI` is set: to build it takes seven minutes and two gigabytes of sources.

use std::env;

use anyhow::Result;
use kafkapipelines_e2e::cluster::step;
use kafkapipelines_e2e::image::Image;
use serde_json::json;

use super::bed::StoreBed;
use super::loki_api::Loki;
use crate::consumer_bed::CONSUMER;

const MANIFEST: &str = include_str!("loki.yaml");
/// Less than the hour that this Loki takes.
const MAX_AGE: &str = "50m";

#[test]
fn each_line_is_in_loki_or_told_as_lost_until_it_is_read_again() -> Result<()> {
    if env::var_os("E2E_LOKI").is_none() {
        eprintln!("left out: it builds Loki, for minutes; E2E_LOKI=1 asks for it");
        return Ok(());
    }
    let bed = StoreBed::install("loki", Image::Loki, MANIFEST, 3100)?;
    let store = Loki { web: &bed.web };
    step("Loki serves", || store.is_up())?;
    step("lines; old ones: 400, lost", || bed.lines_arrive(&store))?;
    step("too many: 429, tried again", || too_many(&bed, &store))?;
    step("no tenant: 401, tried again; killed before and after", || no_tenant(&bed, &store))?;
    let labels = json!({"job": "e2e", "host": "{{ host }}"});
    let loki = json!({"endpoint": "http://store:3100", "labels": labels, "limits": {"maxAge": MAX_AGE}});
    let mended = json!({"sinks": [{"name": CONSUMER, "loki": loki}]});
    step("what is lost is told, with the way out", || bed.nothing_is_missing(&store, &mended))?;
    bed.consumers.remove()
}

fn too_many(bed: &StoreBed, store: &Loki) -> Result<()> {
    let few = "{ingestion_rate_mb: 0.001, ingestion_burst_size_mb: 0.001}";
    bed.configure("limits.yaml", &format!("overrides: {{fake: {few}}}"))?;
    bed.write_into_block(429)?;
    bed.configure("limits.yaml", "")?;
    bed.settled(store)
}

fn no_tenant(bed: &StoreBed, store: &Loki) -> Result<()> {
    bed.restart("flags", "-auth.enabled=true")?;
    bed.write_into_block(401)?;
    bed.restart("flags", "")?;
    store.is_up()?;
    bed.settled(store)
}
