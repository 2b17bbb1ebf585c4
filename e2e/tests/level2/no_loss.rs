//! Of 100,000 lines each is in the store or among the dead letters, whatever fails on the way.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::cluster::{step, until};
use kafkapipelines_e2e::image::{Image, kafka::Version};
use kafkapipelines_e2e::installation::{Access, Client, Operator, Pipeline, provide_store_double, remove_namespace};
use serde_json::json;

use super::bed::{READY_WITHIN, bootstrap, cluster};
use super::load::{Load, is_poison};
use super::store_double::StoreDouble;

/// How every line begins.
const NUMBER: &str = r#"^\{"number": [0-9]+"#;
const NAMESPACE: &str = "no-loss";
const MANIFEST: &str = include_str!("no_loss.yaml");
const LINES: usize = 100_000;
/// Lines that are written while one thing goes wrong.
const MEANWHILE: usize = 5_000;
/// Requests that meet a fault before it is healed.
const REFUSED: usize = 3;
/// Longer than the partitions of a member that was killed stand still, and than the longest pause between two tries.
const SOON: Duration = Duration::from_mins(2);

#[test]
fn each_line_is_in_the_store_or_among_the_dead_letters() -> Result<()> {
    let cluster = cluster(1)?;
    provide_store_double(&cluster)?;
    remove_namespace(&cluster, NAMESPACE)?;
    Operator::install(&cluster, NAMESPACE)?;
    let pipeline = Pipeline::new(&cluster, NAMESPACE, "chaos");
    pipeline.apply_text(&MANIFEST.replace("{{store}}", &Image::StoreDouble.reference()))?;
    step("one node, a consumer and a store", || pipeline.await_ready(READY_WITHIN))?;
    pipeline.kubectl(&["wait", "pod", "store", "--for=condition=Ready", "--timeout=120s"])?;
    let chaos = Chaos::begin(&pipeline)?;
    for fault in ["500", "429", "401", "404", "413", "501", "reset", "reset-after", "hang"] {
        step(&format!("the store: {fault}"), || chaos.store_fails(fault))?;
    }
    step("members are killed while the store is down", || chaos.members_are_killed())?;
    step("a member is killed while lines flow", || chaos.a_member_is_killed())?;
    step("the broker restarts", || chaos.the_broker_restarts())?;
    step("1, 3, 1 members", || chaos.members_come_and_go())?;
    step("another program", || chaos.another_program(2))?;
    step("another program, the operator killed", || chaos.the_operator_is_killed())?;
    step("all lines", || chaos.nothing_is_missing())?;
    remove_namespace(&cluster, NAMESPACE)
}

/// The installation while lines are written.
struct Chaos<'a> {
    pipeline: &'a Pipeline,
    client: Client,
    store: StoreDouble<'a>,
    load: Load,
}

impl<'a> Chaos<'a> {
    fn begin(pipeline: &'a Pipeline) -> Result<Self> {
        let client = Client::start(pipeline, Version::V4_3_1)?;
        let load = Load::start(&client, &bootstrap(pipeline, 9093), "lines")?;
        let chaos = Self { pipeline, client, store: StoreDouble { pipeline }, load };
        chaos.members_are_ready(1)?;
        chaos.lines_arrive()?;
        Ok(chaos)
    }

    /// Lines are written, and the store gets some that it did not have.
    fn lines_arrive(&self) -> Result<()> {
        let before = self.store.stored()?.distinct;
        self.load.write(MEANWHILE)?;
        until("the store gets lines", SOON, || Ok(self.store.stored()?.distinct > before))
    }

    fn store_fails(&self, fault: &str) -> Result<()> {
        self.store.pull(fault)?;
        self.load.write(MEANWHILE)?;
        // What hangs is not tried again before a minute is over.
        let refused = if fault == "hang" { 1 } else { REFUSED };
        until("requests meet the fault", SOON, || Ok(self.store.met()? >= refused))?;
        if fault == "401" {
            self.status_says("Delivering", "False", "401")?;
        }
        let before = self.store.stored()?.distinct;
        self.store.pull("none")?;
        until("the store gets lines again", SOON, || Ok(self.store.stored()?.distinct > before))
    }

    /// Waits for a condition of the consumer, while lines go on being written.
    fn status_says(&self, kind: &str, status: &str, text: &str) -> Result<()> {
        until(&format!("{kind}={status} with {text}"), SOON, || {
            self.load.write(MEANWHILE / 10)?;
            let consumer = self.pipeline.object("consumer", "store")?;
            let conditions = consumer["status"]["conditions"].as_array().cloned().unwrap_or_default();
            let found = conditions.iter().find(|condition| condition["type"] == kind);
            Ok(found.is_some_and(|found| {
                found["status"] == status && found["message"].as_str().is_some_and(|message| message.contains(text))
            }))
        })
    }

    /// Three times, with lines in their hands that nobody takes.
    fn members_are_killed(&self) -> Result<()> {
        self.store.pull("503")?;
        for _ in 0..3 {
            self.load.write(MEANWHILE / 3)?;
            until("requests meet the fault", SOON, || Ok(self.store.met()? > 0))?;
            self.kill_members()?;
        }
        self.store.pull("none")?;
        self.lines_arrive()
    }

    fn a_member_is_killed(&self) -> Result<()> {
        self.load.write(MEANWHILE)?;
        self.kill_members()?;
        self.lines_arrive()
    }

    fn kill_members(&self) -> Result<()> {
        self.kill("kafkapipelines.io/consumer=store")?;
        self.members_are_ready(1)
    }

    fn kill(&self, selector: &str) -> Result<()> {
        let pods = ["delete", "pods", &format!("--selector={selector}"), "--grace-period=0", "--force"];
        self.pipeline.kubectl(&pods).map(drop)
    }

    fn the_broker_restarts(&self) -> Result<()> {
        self.load.write(MEANWHILE)?;
        self.pipeline.kubectl(&["delete", "pod", "chaos-node-0"])?;
        self.lines_arrive()
    }

    fn members_come_and_go(&self) -> Result<()> {
        for members in [3, 1] {
            self.load.write(MEANWHILE / 2)?;
            self.pipeline.kubectl(&["scale", "consumer", "store", &format!("--replicas={members}")])?;
            self.members_are_ready(members)?;
        }
        self.lines_arrive()
    }

    /// The version that the program writes is found in the store.
    fn another_program(&self, version: u32) -> Result<()> {
        self.load.write(MEANWHILE)?;
        self.patch_program(version)?;
        self.version_arrives(version)
    }

    fn patch_program(&self, version: u32) -> Result<()> {
        let program = format!(". = parse_json!(.message)\n.version = {version}\n");
        let patch = json!({"spec": {"transforms": [{"name": "parse", "remap": {"source": program}}]}}).to_string();
        self.pipeline.kubectl(&["patch", "consumer", "store", "--type=merge", "--patch", &patch]).map(drop)
    }

    fn version_arrives(&self, version: u32) -> Result<()> {
        until("lines of the new program", SOON, || {
            self.load.write(MEANWHILE / 10)?;
            Ok(self.store.stored()?.versions.contains_key(&version.to_string()))
        })
    }

    fn the_operator_is_killed(&self) -> Result<()> {
        self.load.write(MEANWHILE)?;
        self.patch_program(3)?;
        self.kill("app.kubernetes.io/name=kafkapipelines-operator")?;
        self.version_arrives(3)
    }

    fn members_are_ready(&self, count: usize) -> Result<()> {
        let ready = r#"--output=jsonpath={range .items[*].status.conditions[?(@.type=="Ready")]}{.status} {end}"#;
        let selector = "--selector=kafkapipelines.io/consumer=store";
        until(&format!("{count} members ready"), SOON, || {
            let ready = self.pipeline.kubectl(&["get", "pods", selector, ready])?;
            Ok(ready.split_whitespace().eq(std::iter::repeat_n("True", count)))
        })
    }

    fn nothing_is_missing(self) -> Result<()> {
        self.status_says("Delivering", "True", "")?;
        self.status_says("NoLoss", "True", "")?;
        let Self { pipeline, client, store, load } = self;
        let written = load.finish()?;
        let poison: BTreeSet<_> = (0..written).filter(|number| is_poison(*number)).collect();
        let settled =
            until("all good lines are in the store", SOON, || Ok(store.missing(written)?.len() <= poison.len()));
        let stored = store.stored()?;
        let letters = numbers(client.read_all(&bootstrap(pipeline, 9093), Access::Tls, "lines-dlq", NUMBER)?)?;
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
        Ok(())
    }
}

fn numbers(found: Vec<String>) -> Result<Vec<usize>> {
    let number = |line: String| line.rsplit(' ').next().and_then(|number| number.parse().ok());
    found.into_iter().map(|line| number(line).context("a number")).collect()
}
