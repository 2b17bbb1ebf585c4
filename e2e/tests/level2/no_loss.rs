//! Of 100,000 lines each is in the store or among the dead letters, whatever fails on the way.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::cluster::{step, until};
use kafkapipelines_e2e::installation::{Access, remove_namespace};
use serde_json::json;

use super::bed::bootstrap;
use super::consumer_bed::{CONSUMER, ConsumerBed, SOON};
use super::garbage;
use super::load::is_poison;
use super::store_double::StoreDouble;

/// How every line begins.
const NUMBER: &str = r#"^\{"number": [0-9]+"#;
const LINES: usize = 100_000;
/// Lines that are written while one thing goes wrong.
const MEANWHILE: usize = 5_000;
/// Lines that one request carries.
const FEW: usize = 10;
/// Requests that meet a fault before it is healed.
const REFUSED: usize = 3;

#[test]
fn each_line_is_in_the_store_or_among_the_dead_letters() -> Result<()> {
    let chaos = Chaos(ConsumerBed::install("no-loss")?);
    chaos.0.lines_arrive(MEANWHILE)?;
    for fault in ["500", "429", "401", "404", "413", "501", "reset", "reset-after", "hang"] {
        step(&format!("the store: {fault}"), || chaos.store_fails(fault))?;
    }
    step("members are killed while the store is down", || chaos.members_are_killed())?;
    step("a member is killed while lines flow", || chaos.a_member_is_killed())?;
    step("the broker restarts", || chaos.the_broker_restarts())?;
    step("1, 3, 1 members", || chaos.members_come_and_go())?;
    step("another program", || chaos.another_program(2))?;
    step("another program, the operator killed", || chaos.the_operator_is_killed())?;
    step("garbage", || garbage::each_line_is_stored_or_a_dead_letter(&chaos.0))?;
    step("all lines", || chaos.nothing_is_missing())
}

/// The installation while lines are written.
struct Chaos(ConsumerBed);

impl Chaos {
    fn store_fails(&self, fault: &str) -> Result<()> {
        self.0.store().pull(fault)?;
        // What hangs is not tried again before a minute is over; so few lines are in no buffer then.
        let (lines, refused) = if fault == "hang" { (FEW, 1) } else { (MEANWHILE, REFUSED) };
        self.0.load.write(lines)?;
        until("requests meet the fault", SOON, || Ok(self.0.store().met()? >= refused))?;
        match fault {
            "401" => self.status_says("Delivering", "False", "401")?,
            "hang" => until("Delivering=False by silence", SOON, || {
                self.0.consumer_says("Delivering", "False", "does not answer")
            })?,
            _ => {}
        }
        let before = self.0.store().stored()?.distinct;
        self.0.store().pull("none")?;
        until("the store gets lines again", SOON, || Ok(self.0.store().stored()?.distinct > before))
    }

    /// Waits for a condition of the consumer, while lines go on being written.
    fn status_says(&self, kind: &str, status: &str, text: &str) -> Result<()> {
        until(&format!("{kind}={status} with {text}"), SOON, || {
            self.0.load.write(MEANWHILE / 10)?;
            self.0.consumer_says(kind, status, text)
        })
    }

    /// Three times, with lines in their hands that nobody takes.
    fn members_are_killed(&self) -> Result<()> {
        self.0.store().pull("503")?;
        for _ in 0..3 {
            self.0.load.write(MEANWHILE / 3)?;
            until("requests meet the fault", SOON, || Ok(self.0.store().met()? > 0))?;
            self.0.kill_members()?;
        }
        self.0.store().pull("none")?;
        self.0.lines_arrive(MEANWHILE)
    }

    fn a_member_is_killed(&self) -> Result<()> {
        self.0.load.write(MEANWHILE)?;
        self.0.kill_members()?;
        self.0.lines_arrive(MEANWHILE)
    }

    fn the_broker_restarts(&self) -> Result<()> {
        self.0.load.write(MEANWHILE)?;
        self.0.pipeline.kubectl(&["delete", "pod", "small-node-0"])?;
        self.0.lines_arrive(MEANWHILE)
    }

    fn members_come_and_go(&self) -> Result<()> {
        for members in [3, 1] {
            self.0.load.write(MEANWHILE / 2)?;
            self.0.pipeline.kubectl(&["scale", "consumer", CONSUMER, &format!("--replicas={members}")])?;
            self.0.members_are_ready(members)?;
        }
        self.0.lines_arrive(MEANWHILE)
    }

    /// The version that the program writes is found in the store.
    fn another_program(&self, version: u32) -> Result<()> {
        self.0.load.write(MEANWHILE)?;
        self.patch_program(version)?;
        self.version_arrives(version)
    }

    fn patch_program(&self, version: u32) -> Result<()> {
        let program = format!(". = parse_json!(.message)\n.version = {version}\n");
        self.0.patch_consumer(&json!({"spec": {"transforms": [{"name": "parse", "remap": {"source": program}}]}}))
    }

    fn version_arrives(&self, version: u32) -> Result<()> {
        until("lines of the new program", SOON, || {
            self.0.load.write(MEANWHILE / 10)?;
            Ok(self.0.store().stored()?.versions.contains_key(&version.to_string()))
        })
    }

    fn the_operator_is_killed(&self) -> Result<()> {
        self.0.load.write(MEANWHILE)?;
        self.patch_program(3)?;
        self.0.kill_operator()?;
        self.version_arrives(3)
    }

    fn nothing_is_missing(self) -> Result<()> {
        self.status_says("Delivering", "True", "")?;
        self.status_says("NoLoss", "True", "")?;
        let ConsumerBed { cluster, pipeline, client, load } = self.0;
        let store = StoreDouble { pipeline: &pipeline };
        let written = load.finish()?;
        let poison: BTreeSet<_> = (0..written).filter(|number| is_poison(*number)).collect();
        let settled =
            until("all good lines are in the store", SOON, || Ok(store.missing(written)?.len() <= poison.len()));
        let stored = store.stored()?;
        let letters = numbers(client.read_all(&bootstrap(&pipeline, 9093), Access::Tls, "lines-dlq", NUMBER)?)?;
        let distinct: BTreeSet<_> = letters.iter().copied().collect();
        let missing: Vec<_> = store.missing(written)?.into_iter().filter(|number| !distinct.contains(number)).collect();
        eprintln!(
            "{written} lines: {} in the store and {} more of them again, {} dead letters and {} more of them again, {} missing",
            stored.distinct,
            stored.duplicates,
            distinct.len(),
            letters.len() - distinct.len(),
            missing.len()
        );
        ensure!(missing.is_empty(), "{} lines are lost: {:?} …", missing.len(), &missing[..missing.len().min(20)]);
        settled?;
        assert!(
            stored.dropped.is_empty(),
            "the guard lets nothing pass that the store would drop: {:?}",
            stored.dropped
        );
        assert_eq!(distinct, poison, "the dead letters are the lines that the store could not take");
        assert!(written >= LINES, "only {written} lines were written");
        remove_namespace(&cluster, pipeline.namespace())
    }
}

fn numbers(found: Vec<String>) -> Result<Vec<usize>> {
    let number = |line: String| line.rsplit(' ').next().and_then(|number| number.parse().ok());
    found.into_iter().map(|line| number(line).context("a number")).collect()
}
