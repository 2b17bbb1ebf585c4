//! A producer that goes on while something is done to its pipeline.

use std::io::Write as _;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::installation::{Access, Client, Pipeline};

const PACE: Duration = Duration::from_millis(100);

/// Produces numbered lines until [`Producer::all_arrived`].
pub struct Producer {
    kubectl: Child,
    lines: JoinHandle<Result<usize>>,
    stop: Arc<AtomicBool>,
}

impl Producer {
    /// Begins, in the Pod of the pipeline's client.
    pub fn start(pipeline: &Pipeline, bootstrap: &str, topic: &str) -> Result<Self> {
        let client = format!("{}-client", pipeline.name());
        let producer = ["bin/kafka-console-producer.sh", "--bootstrap-server", bootstrap, "--topic", topic];
        let mut kubectl = pipeline
            .kubectl_command()
            .args(["exec", "--stdin", &client, "--"])
            .args(producer)
            .args(["--producer.config", "/tmp/plain.properties"])
            .stdin(Stdio::piped())
            .spawn()?;
        let mut input = kubectl.stdin.take().context("kubectl has an input")?;
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let lines = thread::spawn(move || {
            let mut count = 0;
            while !told.load(Ordering::Relaxed) {
                writeln!(input, "line {count}").context("the producer has ended")?;
                count += 1;
                thread::sleep(PACE);
            }
            Ok(count)
        });
        Ok(Self { kubectl, lines, stop })
    }

    /// Ends, and reads the topic: each line is there, once and in order.
    pub fn all_arrived(mut self, client: &Client, bootstrap: &str, topic: &str) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        let count = self.lines.join().ok().context("the producer's thread panicked")??;
        ensure!(self.kubectl.wait()?.success(), "the producer failed");
        let read = client.consume(bootstrap, Access::Plain, topic, "line ", count)?;
        let written: Vec<_> = (0..count).map(|number| format!("line {number}")).collect();
        ensure!(read == written, "written {count} lines, read {read:?}");
        Ok(())
    }
}
