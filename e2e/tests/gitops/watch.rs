//! What becomes of the objects of one kind, as the API server tells it.

use std::io::BufReader;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use kafkapipelines_e2e::cluster::Cluster;
use serde_json::Value;

/// A watch that goes on until it is dropped.
pub struct Watch {
    kubectl: Child,
    told: Arc<Told>,
}

/// What was told so far.
#[derive(Default)]
struct Told {
    news: Mutex<News>,
    more: Condvar,
}

#[derive(Default)]
struct News {
    events: Vec<Event>,
    ended: bool,
}

/// One object at one moment.
#[derive(Clone)]
pub struct Event {
    /// `ADDED`, `MODIFIED` or `DELETED`.
    pub kind: String,
    pub object: Value,
}

impl Watch {
    /// Watches the objects of a kind in a namespace; neither needs to have any yet.
    pub fn start(cluster: &Cluster, namespace: &str, kind: &str) -> Result<Self> {
        let watch = ["get", kind, "--namespace", namespace, "--watch", "--output-watch-events", "--output=json"];
        let mut kubectl = cluster.kubectl_program().command().args(watch).stdout(Stdio::piped()).spawn()?;
        let output = kubectl.stdout.take().context("kubectl has an output")?;
        let told = Arc::new(Told::default());
        let listener = told.clone();
        thread::spawn(move || listener.listen(output));
        Ok(Self { kubectl, told })
    }

    /// How many events there were so far: a mark for [`Self::since`].
    pub fn now(&self) -> usize {
        self.told.news.lock().unwrap_or_else(PoisonError::into_inner).events.len()
    }

    /// What was told after the mark.
    pub fn since(&self, mark: usize) -> Vec<Event> {
        self.told.news.lock().unwrap_or_else(PoisonError::into_inner).events[mark..].to_vec()
    }

    /// Waits until `probe` finds something in all that was told; it is asked after each event.
    pub fn until<T>(&self, what: &str, deadline: Duration, probe: impl Fn(&[Event]) -> Option<T>) -> Result<T> {
        match self.within(deadline, probe)? {
            Some(found) => Ok(found),
            None => bail!("{what}: not so after {} s", deadline.as_secs()),
        }
    }

    /// What `probe` finds in all that is told until `period` is over, if it finds something.
    pub fn within<T>(&self, period: Duration, probe: impl Fn(&[Event]) -> Option<T>) -> Result<Option<T>> {
        let began = Instant::now();
        let mut news = self.told.news.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(found) = probe(&news.events) {
                return Ok(Some(found));
            }
            if news.ended {
                bail!("the watch has ended");
            }
            let Some(left) = period.checked_sub(began.elapsed()) else { return Ok(None) };
            news = self.told.more.wait_timeout(news, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // Fails for a process that has ended, which is what is wanted.
        let _ = self.kubectl.kill();
        let _ = self.kubectl.wait();
    }
}

impl Told {
    fn listen(&self, output: ChildStdout) {
        let documents = serde_json::Deserializer::from_reader(BufReader::new(output)).into_iter::<Value>();
        for mut event in documents.map_while(Result::ok) {
            let kind = event["type"].as_str().unwrap_or_default().to_owned();
            let object = event["object"].take();
            self.tell(|news| news.events.push(Event { kind, object }));
        }
        self.tell(|news| news.ended = true);
    }

    fn tell(&self, change: impl FnOnce(&mut News)) {
        change(&mut self.news.lock().unwrap_or_else(PoisonError::into_inner));
        self.more.notify_all();
    }
}

impl Event {
    pub fn name(&self) -> &str {
        self.object["metadata"]["name"].as_str().unwrap_or_default()
    }

    /// The moment on a scale that all objects of a cluster share: etcd counts its writes.
    pub fn revision(&self) -> u64 {
        self.object["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// Whether the condition is True and speaks of the newest spec, as far as it says of which it speaks.
    pub fn has_condition(&self, kind: &str) -> bool {
        let conditions = self.object["status"]["conditions"].as_array().map_or(&[][..], Vec::as_slice);
        conditions.iter().any(|condition| {
            let of = &condition["observedGeneration"];
            condition["type"] == kind
                && condition["status"] == "True"
                && (of.is_null() || *of == self.object["metadata"]["generation"])
        })
    }
}
