//! A consumer before a real store, and the lines that are written while the store's levers act.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::cluster::until;
use kafkapipelines_e2e::image::Image;

use super::load;
use super::web::Web;
use crate::consumer_bed::{CONSUMER, ConsumerBed, SOON};

/// Lines that are written while one thing goes wrong.
const MEANWHILE: usize = 1500;
const GIVEN_UP: &str = "component_discarded_events_total";
const ANSWERS: &str = "http_client_responses_total";

/// A store, as far as all of them are alike.
pub trait Store {
    /// How often each line is there, by its number.
    fn lines(&self) -> Result<BTreeMap<usize, usize>>;

    /// Whether it takes the line with this number, if nothing is wrong.
    fn takes(&self, number: usize) -> bool;
}

/// The bed, and how many lines it has.
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

    /// Numbers of all lines.
    pub fn numbers(&self) -> Range<usize> {
        0..self.written.get()
    }

    /// Whether the line met a fault that loses lines, and was not read again since.
    pub fn is_exposed(&self, number: usize) -> bool {
        self.exposed.borrow().iter().any(|lost| lost.contains(&number))
    }

    /// From here on no line may be missing any more.
    pub fn forgive_nothing(&self) {
        self.exposed.borrow_mut().clear();
    }

    /// Writes lines, and returns their numbers.
    pub fn write(&self) -> Result<Range<usize>> {
        self.write_some(MEANWHILE)
    }

    fn write_some(&self, count: usize) -> Result<Range<usize>> {
        let first = self.written.get();
        self.written.set(first + count);
        self.consumers.load.write(count)?;
        Ok(first..first + count)
    }

    /// Writes lines that the store makes Vector give up, and waits until it has.
    pub fn write_into_loss(&self) -> Result<()> {
        let before = self.count(GIVEN_UP, "")?;
        let numbers = self.write()?;
        self.exposed.borrow_mut().push(numbers);
        until("lines are given up", SOON, || Ok(self.count(GIVEN_UP, "")? > before))
    }

    /// Writes lines that the store does not take yet, and more of them until it has said so twice, with this status.
    pub fn write_into_block(&self, status: u16) -> Result<()> {
        let label = format!(r#"status="{status}""#);
        let before = self.count(ANSWERS, &label)?;
        self.write()?;
        until(&format!("answers with {status}"), SOON, || {
            self.write_some(MEANWHILE / 100)?;
            Ok(self.count(ANSWERS, &label)? >= before + 2)
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

    /// Other settings, for a store that looks at the file by itself.
    pub fn configure(&self, file: &str, settings: &str) -> Result<()> {
        self.in_store(&format!("printf '%s' '{settings}' > data/{file}"))
    }

    fn in_store(&self, script: &str) -> Result<()> {
        let script = format!("cd /opt/* && {script}");
        self.consumers.pipeline.kubectl(&["exec", "store", "--", "bash", "-c", &script]).map(drop)
    }
}
