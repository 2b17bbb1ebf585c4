//! What became of the lines: stored, dead letters, or lost, which status tells until a person has seen to it.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::cluster::until;
use kafkapipelines_e2e::installation::Access;
use serde_json::{Value, json};

use super::bed::{Store, StoreBed};
use super::load::is_garbage;
use crate::bed::bootstrap;
use crate::consumer_bed::{CONSUMER, SOON};

/// How every line begins.
const NUMBER: &str = r#"^\{"number": [0-9]+"#;

impl StoreBed {
    /// Writes lines, and waits for them.
    pub fn lines_arrive(&self, store: &impl Store) -> Result<()> {
        self.write()?;
        self.settled(store)
    }

    /// Waits until the store has every line but those that it does not take, and those that met a fault which loses lines.
    pub fn settled(&self, store: &impl Store) -> Result<()> {
        let owed = |number: &usize| store.takes(*number) && !self.is_exposed(*number);
        let mut missing = Vec::new();
        let settled = until("the store has all lines that it takes", SOON, || {
            let stored = store.lines()?;
            missing = self.numbers().filter(owed).filter(|number| !stored.contains_key(number)).collect();
            Ok(missing.is_empty())
        });
        settled
            .with_context(|| format!("{} lines are missing: {:?} …", missing.len(), &missing[..missing.len().min(20)]))
    }

    /// Losses are told. With `mended`, which makes dead letters of what the store refuses, and all since the loss read again, no line is missing.
    pub fn nothing_is_missing(&self, store: &impl Store, mended: &Value) -> Result<()> {
        let stored = store.lines()?;
        let is_lost = |number: &usize| !is_garbage(*number) && !stored.contains_key(number);
        let lost = self.numbers().filter(is_lost).count();
        let told = self.told(lost)?;
        eprintln!("{} lines: {lost} are lost, {told} are told as lost", self.numbers().len());
        self.consumers.patch_consumer(&json!({ "spec": mended }))?;
        let seek = self.consumers.plugin(&["seek", CONSUMER, "--to", "loss"])?.output()?;
        ensure!(seek.status.success(), "{}", String::from_utf8_lossy(&seek.stderr));
        self.forgive_nothing();
        self.settled(store)?;
        self.others_are_dead_letters(store)?;
        self.acknowledge()
    }

    /// Waits until status tells of so many losses at least, by the store, and of the way out; returns how many it tells.
    fn told(&self, count: usize) -> Result<u64> {
        ensure!(count > 0, "nothing was lost: the faults were none");
        let told = || Ok::<_, anyhow::Error>(self.consumers.consumer()?["status"]["loss"].clone());
        until("the losses are told", SOON, || Ok(told()?["lines"].as_u64() >= Some(count as u64)))?;
        let loss = told()?;
        ensure!(loss["components"][0]["name"] == CONSUMER && loss["components"][1].is_null(), "{loss}");
        let way_out = format!("consumer seek {CONSUMER} -n {} --to loss", self.consumers.pipeline.namespace());
        ensure!(self.consumers.consumer_says("NoLoss", "False", &way_out)?, "NoLoss names the way out: {loss}");
        loss["lines"].as_u64().context("a number")
    }

    fn others_are_dead_letters(&self, store: &impl Store) -> Result<()> {
        let others: BTreeSet<_> = self.numbers().filter(|number| !store.takes(*number)).collect();
        let mut letters = Vec::new();
        until("what the store does not take is a dead letter", SOON, || {
            letters = self.dead_letters()?;
            Ok(letters.iter().copied().collect::<BTreeSet<_>>() == others)
        })?;
        let stored = store.lines()?;
        eprintln!(
            "{} lines: {} in the store and {} more of them again, {} dead letters and {} more of them again, none missing",
            self.numbers().len(),
            stored.len(),
            stored.values().sum::<usize>() - stored.len(),
            others.len(),
            letters.len() - others.len()
        );
        Ok(())
    }

    /// Numbers of all dead letters, each as often as it is there.
    fn dead_letters(&self) -> Result<Vec<usize>> {
        let bootstrap = bootstrap(&self.consumers.pipeline, 9093);
        let found = self.consumers.client.read_all(&bootstrap, Access::Tls, "lines-dlq", NUMBER)?;
        let number = |line: String| line.rsplit(' ').next().and_then(|number| number.parse().ok());
        found.into_iter().map(|line| number(line).context("a number")).collect()
    }

    /// A person says that the loss is dealt with, and nothing is told any more.
    fn acknowledge(&self) -> Result<()> {
        let at = self.consumers.consumer()?["status"]["loss"]["at"].clone();
        let annotation = json!({"kafkapipelines.io/loss-acknowledged": at});
        self.consumers.patch_consumer(&json!({"metadata": {"annotations": annotation}}))?;
        until("nothing counts as lost", SOON, || self.consumers.consumer_says("NoLoss", "True", ""))
    }
}
