//! A consumer where Kafka asks for certificates and rights: dead letters are replayed and offsets moved there as elsewhere.

use std::time::Duration;

use anyhow::{Result, ensure};
use kafkapipelines_e2e::cluster::{Cluster, until};
use kafkapipelines_e2e::image::Image;
use kafkapipelines_e2e::installation::{Pipeline, provide_store};
use serde_json::{Value, json};

use super::consumer_bed::{CONSUMER, SOON, plugin};
use super::store_double::StoreDouble;

const MANIFEST: &str = include_str!("secured_consumer.yaml");
const READY_WITHIN: Duration = SOON;
/// Takes each line, and tells those that differ in length from one another.
const PROGRAM: &str = ". = {\"number\": strlen(string!(.message)), \"message\": .message}";

/// The topic has some lines of different lengths, none of them JSON.
pub fn what_a_person_asks_of_it_is_done(cluster: &Cluster, pipeline: &Pipeline, lines: usize) -> Result<()> {
    provide_store(cluster, Image::StoreDouble)?;
    pipeline.apply_text(&MANIFEST.replace("{{store}}", &Image::StoreDouble.reference()))?;
    pipeline.kubectl(&["wait", "pod", "store", "--for=condition=Ready", "--timeout=120s"])?;
    let asked = Asked { cluster, pipeline };
    until("all lines are dead letters", READY_WITHIN, || {
        Ok(asked.consumer()?["status"]["conditions"][0]["status"] == "True" && asked.dead_letters()? == lines)
    })?;
    let mended = json!({"spec": {"transforms": [{"name": "parse", "remap": {"source": PROGRAM}}]}}).to_string();
    pipeline.kubectl(&["patch", "consumer", CONSUMER, "--type=merge", "--patch", &mended])?;
    asked.person(&["replay", CONSUMER, "--dead-letter"])?;
    let replay = asked.consumer()?["status"]["replay"].clone();
    ensure!(replay["phase"] == "Done" && replay["deadAgain"] == 0 && replay["lost"] == 0, "{replay}");
    let store = StoreDouble { pipeline };
    until("all lines are in the store", SOON, || Ok(store.stored()?.distinct == lines))?;

    let told = asked.person(&["seek", CONSUMER, "--to", "2h"])?;
    ensure!(told.contains(&format!("{lines} lines again, 0 lines skipped")), "{told}");
    until("all lines are there twice", SOON, || Ok(store.stored()?.duplicates >= lines))?;
    pipeline.kubectl(&["delete", "consumer,pod", CONSUMER]).map(drop)
}

struct Asked<'a> {
    cluster: &'a Cluster,
    pipeline: &'a Pipeline,
}

impl Asked<'_> {
    fn consumer(&self) -> Result<Value> {
        self.pipeline.object("consumer", CONSUMER)
    }

    /// How many a dry run counts.
    fn dead_letters(&self) -> Result<usize> {
        self.person(&["replay", CONSUMER, "--dead-letter", "--dry-run"])?;
        let letters = self.consumer()?["status"]["replay"]["letters"].as_u64().unwrap_or_default();
        Ok(usize::try_from(letters)?)
    }

    /// What `kubectl kafkapipelines consumer` prints.
    fn person(&self, arguments: &[&str]) -> Result<String> {
        let output = plugin(self.cluster, self.pipeline, arguments)?.output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
