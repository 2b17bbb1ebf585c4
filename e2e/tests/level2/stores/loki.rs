//! Loki behind a consumer's `loki` sink. Only where `E2E_LOKI` is set: to build it takes seven minutes and two gigabytes of sources.

use std::collections::BTreeSet;
use std::env;

use anyhow::Result;
use kafkapipelines_e2e::cluster::{step, until};
use kafkapipelines_e2e::image::Image;
use serde_json::json;

use super::bed::StoreBed;
use super::load::{is_garbage, is_old};
use super::loki_api::Loki;
use crate::consumer_bed::{CONSUMER, SOON};

const MANIFEST: &str = include_str!("loki.yaml");
/// Less than the hour by which a line may be behind its stream.
const MAX_AGE: &str = "50m";

#[test]
fn each_line_is_in_loki_or_told_as_lost_until_it_is_read_again() -> Result<()> {
    if env::var_os("E2E_LOKI").is_none() {
        eprintln!("left out: it builds Loki, for minutes; E2E_LOKI=1 asks for it");
        return Ok(());
    }
    let bed = StoreBed::install("loki", Image::Loki, MANIFEST, 3100)?;
    let test = Test { store: Loki { web: &bed.web }, bed: &bed };
    step("lines; those behind their streams: 400, lost", || test.lines_arrive())?;
    step("too many: 429, tried again", || test.too_many())?;
    step("no tenant: 401, tried again; killed before and after", || test.no_tenant())?;
    step("what is lost is told, with the way out", || test.nothing_is_missing())?;
    bed.consumers.remove()
}

struct Test<'a> {
    bed: &'a StoreBed,
    store: Loki<'a>,
}

impl Test<'_> {
    fn lines_arrive(&self) -> Result<()> {
        self.store.is_up()?;
        self.bed.write()?;
        self.settled()
    }

    fn settled(&self) -> Result<()> {
        self.bed.settled(|| self.stored(), |number| is_garbage(number) || is_old(number))
    }

    fn stored(&self) -> Result<BTreeSet<usize>> {
        Ok(self.store.lines()?.into_keys().collect())
    }

    fn too_many(&self) -> Result<()> {
        let few = "{ingestion_rate_mb: 0.001, ingestion_burst_size_mb: 0.001}";
        self.bed.configure("limits.yaml", &format!("overrides: {{fake: {few}}}"))?;
        self.bed.write_into_block(429, 2)?;
        self.bed.configure("limits.yaml", "")?;
        self.settled()
    }

    fn no_tenant(&self) -> Result<()> {
        self.bed.restart("flags", "-auth.enabled=true")?;
        self.bed.write_into_block(401, 2)?;
        self.bed.restart("flags", "")?;
        self.store.is_up()?;
        self.settled()
    }

    fn nothing_is_missing(&self) -> Result<()> {
        let stored = self.stored()?;
        let missing = (0..self.bed.written()).filter(|number| !is_garbage(*number) && !stored.contains(number)).count();
        let told = self.bed.told(missing)?;
        eprintln!("{} lines: {missing} are lost, {} are told as lost", self.bed.written(), told["lines"]);
        let labels = json!({"job": "e2e", "host": "{{ host }}"});
        let loki = json!({"endpoint": "http://store:3100", "labels": labels, "limits": {"maxAge": MAX_AGE}});
        self.bed.mend(&json!({"sinks": [{"name": CONSUMER, "loki": loki}]}))?;
        self.settled()?;
        let odd: BTreeSet<_> = (0..self.bed.written()).filter(|n| is_garbage(*n) || is_old(*n)).collect();
        let mut letters = Vec::new();
        until("what the store does not take is a dead letter", SOON, || {
            letters = self.bed.dead_letters()?;
            Ok(letters.iter().copied().collect::<BTreeSet<_>>() == odd)
        })?;
        let stored = self.store.lines()?;
        eprintln!(
            "{} lines: {} in the store, {} dead letters and {} more of them again, none missing",
            self.bed.written(),
            stored.len(),
            odd.len(),
            letters.len() - odd.len()
        );
        self.bed.acknowledge()
    }
}
