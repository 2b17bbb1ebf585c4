//! OpenSearch behind a consumer's `elasticsearch` sink.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use kafkapipelines_e2e::cluster::{step, until};
use kafkapipelines_e2e::image::Image;
use kafkapipelines_e2e::installation::Access;
use serde_json::json;

use super::bed::StoreBed;
use super::load::{is_garbage, is_mistyped, traces};
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
    let test = Test { store: OpenSearch { web: &bed.web }, bed: &bed };
    step("an index, and a template of a data stream", || test.store.prepare())?;
    step("lines", || test.lines_arrive())?;
    step("requests are too large: 413, lost", || test.requests_are_too_large())?;
    step("overload: 429, tried again; killed before and after", || test.overload())?;
    step("the disk is full: 429 for each document, tried again", || test.the_disk_is_full())?;
    step("nothing may be written: 403 for each document, lost", || test.nothing_may_be_written())?;
    step("there is no index: 404 for each document, lost", || test.there_is_no_index())?;
    step("what is lost is told, with the way out", || test.nothing_is_missing())?;
    bed.consumers.remove()
}

struct Test<'a> {
    bed: &'a StoreBed,
    store: OpenSearch<'a>,
}

impl Test<'_> {
    fn lines_arrive(&self) -> Result<()> {
        self.bed.write()?;
        self.settled()
    }

    fn settled(&self) -> Result<()> {
        self.bed.settled(|| self.stored(), |number| is_garbage(number) || is_mistyped(number))
    }

    fn stored(&self) -> Result<BTreeSet<usize>> {
        Ok(self.store.lines()?.into_keys().collect())
    }

    fn requests_are_too_large(&self) -> Result<()> {
        self.bed.restart("settings", "http.max_content_length=1kb")?;
        self.store.is_up()?;
        self.bed.write_into_loss()
    }

    fn overload(&self) -> Result<()> {
        self.bed.restart("settings", "indexing_pressure.memory.limit=2kb")?;
        self.store.is_up()?;
        self.bed.write_into_block(429, 2)?;
        let pipeline = &self.bed.consumers.pipeline;
        self.bed.consumers.client.produce(&bootstrap(pipeline, 9093), Access::Tls, "traces", &traces(TRACES))?;
        self.bed.restart("settings", "")?;
        self.store.is_up()?;
        self.settled()
    }

    fn the_disk_is_full(&self) -> Result<()> {
        self.store.block("read_only_allow_delete", true)?;
        self.bed.write_into_block(200, 2)?;
        self.store.block("read_only_allow_delete", false)?;
        self.settled()
    }

    fn nothing_may_be_written(&self) -> Result<()> {
        self.store.block("write", true)?;
        self.bed.write_into_loss()?;
        self.store.block("write", false)?;
        self.lines_arrive()
    }

    fn there_is_no_index(&self) -> Result<()> {
        self.store.has_index(false)?;
        self.bed.write_into_loss()?;
        self.store.has_index(true)?;
        self.lines_arrive()
    }

    fn nothing_is_missing(&self) -> Result<()> {
        let stored = self.stored()?;
        let missing = (0..self.bed.written()).filter(|number| !is_garbage(*number) && !stored.contains(number)).count();
        let told = self.bed.told(missing)?;
        eprintln!("{} lines: {missing} are lost, {} are told as lost", self.bed.written(), told["lines"]);
        self.bed.mend(&json!({"transforms": [{"name": "parse", "remap": {"source": PROGRAM}}]}))?;
        self.settled()?;
        self.each_line_has_come_to_an_end()?;
        self.each_trace_is_in_the_stream()?;
        self.bed.acknowledge()
    }

    fn each_line_has_come_to_an_end(&self) -> Result<()> {
        let odd: BTreeSet<_> = (0..self.bed.written()).filter(|n| is_garbage(*n) || is_mistyped(*n)).collect();
        let mut letters = Vec::new();
        until("what the store does not take is a dead letter", SOON, || {
            letters = self.bed.dead_letters()?;
            Ok(letters.iter().copied().collect::<BTreeSet<_>>() == odd)
        })?;
        let stored: BTreeMap<_, _> = self.store.lines()?;
        eprintln!(
            "{} lines: {} in the store and {} more of them again, {} dead letters and {} more of them again, none missing",
            self.bed.written(),
            stored.len(),
            stored.values().sum::<usize>() - stored.len(),
            odd.len(),
            letters.len() - odd.len()
        );
        ensure!(stored.len() + odd.len() == self.bed.written(), "no line is in both");
        Ok(())
    }

    /// Joined, and none of their lines is missing.
    fn each_trace_is_in_the_stream(&self) -> Result<()> {
        let mut documents = Vec::new();
        let arrived = until("each line of the traces is stored", SOON, || {
            documents = self.store.traces()?;
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
}
