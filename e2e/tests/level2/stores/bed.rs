//! A consumer before a real store, the lines that were written, and what became of them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::cluster::until;
use kafkapipelines_e2e::image::Image;
use kafkapipelines_e2e::installation::Access;
use serde_json::{Value, json};

use super::load;
use super::web::Web;
use crate::bed::bootstrap;
use crate::consumer_bed::{CONSUMER, ConsumerBed, SOON};

/// Lines that are written while one thing goes wrong.
pub const MEANWHILE: usize = 1500;
/// How every line begins.
const NUMBER: &str = r#"^\{"number": [0-9]+"#;

/// The bed, and what is to be expected of its lines.
pub struct StoreBed {
    pub consumers: ConsumerBed,
    pub web: Web,
    written: Cell<usize>,
    /// Lines that met a fault which loses them, if the store did not take them before or after.
    exposed: RefCell<Vec<Range<usize>>>,
}

impl StoreBed {
    pub fn install(namespace: &str, store: Image, manifest: &str, port: u16) -> Result<Self> {
        let consumers = ConsumerBed::install_with(namespace, store, manifest, load::line)?;
        let service = consumers.pipeline.object("service", "store")?;
        let address = service["spec"]["clusterIP"].as_str().context("the Service has no address")?;
        let web = Web { base: format!("http://{address}:{port}") };
        Ok(Self { consumers, web, written: Cell::new(0), exposed: RefCell::default() })
    }

    /// Writes lines, and returns their numbers.
    pub fn write(&self) -> Result<Range<usize>> {
        let first = self.written.get();
        self.written.set(first + MEANWHILE);
        self.consumers.load.write(MEANWHILE)?;
        Ok(first..first + MEANWHILE)
    }

    /// Lines until now.
    pub fn written(&self) -> usize {
        self.written.get()
    }

    /// Writes lines that the store makes Vector give up, and waits until it has.
    pub fn write_into_loss(&self) -> Result<()> {
        let before = self.count("component_discarded_events_total", "")?;
        let numbers = self.write()?;
        self.exposed.borrow_mut().push(numbers);
        until("lines are given up", SOON, || Ok(self.count("component_discarded_events_total", "")? > before))
    }

    /// Writes lines that the store does not take yet, and waits for so many answers with this status.
    pub fn write_into_block(&self, status: u16, answers: u64) -> Result<()> {
        let status_label = format!(r#"status="{status}""#);
        let before = self.count("http_client_responses_total", &status_label)?;
        self.write()?;
        until(&format!("answers with {status}"), SOON, || {
            Ok(self.count("http_client_responses_total", &status_label)? >= before + answers)
        })
    }

    /// A counter of the consumer's member, by its own metrics; `label` is one of those that count.
    fn count(&self, name: &str, label: &str) -> Result<u64> {
        let pipeline = &self.consumers.pipeline;
        let selector = format!("--selector=kafkapipelines.io/consumer={CONSUMER}");
        let pod = pipeline.kubectl(&["get", "pods", &selector, "--output=jsonpath={.items[0].metadata.name}"])?;
        let path = format!("/api/v1/namespaces/{}/pods/{pod}:9598/proxy/metrics", pipeline.namespace());
        let page = pipeline.kubectl(&["get", "--raw", &path])?;
        let store = format!(r#"component_id="{CONSUMER}""#);
        let counted = page.lines().filter_map(|line| line.strip_prefix("vector_")?.strip_prefix(name)?.split_once('}'));
        let counted = counted.filter(|(labels, _)| labels.contains(&store) && labels.contains(label));
        Ok(counted.filter_map(|(_, value)| value.split_whitespace().next()?.parse::<u64>().ok()).sum())
    }

    /// Kills the store, which starts again with other settings: the contents of `file`.
    pub fn restart(&self, file: &str, settings: &str) -> Result<()> {
        self.configure(file, settings)?;
        self.in_store("kill -9 $(cat data/pid)")
    }

    pub fn configure(&self, file: &str, text: &str) -> Result<()> {
        self.in_store(&format!("printf '%s' '{text}' > data/{file}"))
    }

    fn in_store(&self, script: &str) -> Result<()> {
        let home = "cd /opt/* && ";
        self.consumers.pipeline.kubectl(&["exec", "store", "--", "bash", "-c", &[home, script].concat()]).map(drop)
    }

    /// Waits until the store has every line but those that it may lack: `never` keeps, or that met a fault which loses lines.
    pub fn settled(&self, stored: impl Fn() -> Result<BTreeSet<usize>>, never: fn(usize) -> bool) -> Result<()> {
        let exposed = self.exposed.borrow();
        let owed = |number: &usize| !never(*number) && !exposed.iter().any(|lost| lost.contains(number));
        let mut missing = Vec::new();
        let settled = until("the store has all lines that it takes", SOON, || {
            let stored = stored()?;
            missing = (0..self.written()).filter(owed).filter(|number| !stored.contains(number)).collect();
            Ok(missing.is_empty())
        });
        settled
            .with_context(|| format!("{} lines are missing: {:?} …", missing.len(), &missing[..missing.len().min(20)]))
    }

    /// Numbers of all dead letters, each as often as it is there.
    pub fn dead_letters(&self) -> Result<Vec<usize>> {
        let bootstrap = bootstrap(&self.consumers.pipeline, 9093);
        let found = self.consumers.client.read_all(&bootstrap, Access::Tls, "lines-dlq", NUMBER)?;
        let number = |line: String| line.rsplit(' ').next().and_then(|number| number.parse().ok());
        found.into_iter().map(|line| number(line).context("a number")).collect()
    }

    /// Waits until status tells of losses: at least of `missing` lines, by the store, and what to do.
    pub fn told(&self, missing: usize) -> Result<Value> {
        until("the losses are told", SOON, || {
            let loss = self.consumers.consumer()?["status"]["loss"].clone();
            Ok(loss["lines"].as_u64() >= Some(missing as u64) && missing > 0)
        })?;
        let loss = self.consumers.consumer()?["status"]["loss"].clone();
        ensure!(loss["components"][0]["name"] == CONSUMER && loss["components"][1].is_null(), "{loss}");
        ensure!(loss["rewindTo"].as_array().is_some_and(|offsets| !offsets.is_empty()), "{loss}");
        let way_out = format!("consumer seek {CONSUMER} -n {} --to loss", self.consumers.pipeline.namespace());
        ensure!(self.consumers.consumer_says("NoLoss", "False", &way_out)?, "NoLoss names the way out");
        Ok(loss)
    }

    /// The way out: what the store refuses is mended or a dead letter from now on, and the group goes back to where it was before the loss.
    pub fn mend(&self, spec: &Value) -> Result<()> {
        self.consumers.patch_consumer(&json!({ "spec": spec }))?;
        let seek = self.consumers.plugin(&["seek", CONSUMER, "--to", "loss"])?.output()?;
        ensure!(seek.status.success(), "{}", String::from_utf8_lossy(&seek.stderr));
        self.exposed.borrow_mut().clear();
        Ok(())
    }

    /// A person says that the loss is dealt with, and nothing is told any more.
    pub fn acknowledge(&self) -> Result<()> {
        let at = self.consumers.consumer()?["status"]["loss"]["at"].as_str().context("a loss")?.to_owned();
        self.consumers
            .patch_consumer(&json!({"metadata": {"annotations": {"kafkapipelines.io/loss-acknowledged": at}}}))?;
        until("nothing counts as lost", SOON, || self.consumers.consumer_says("NoLoss", "True", ""))
    }
}
