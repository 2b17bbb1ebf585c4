//! A producer that goes on while something is done to its pipeline.

use std::io::Write as _;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Access, Client};
use anyhow::{Context as _, Result, ensure};

const PACE: Duration = Duration::from_millis(100);

/// Produces numbered lines until [`Producer::all_arrived`].
pub struct Producer {
    client: Client,
    bootstrap: String,
    topic: String,
    kubectl: Child,
    lines: JoinHandle<Result<usize>>,
    stop: Arc<AtomicBool>,
}

impl Producer {
    /// Begins, in the client's Pod.
    ///
    /// # Errors
    /// When kubectl cannot be started.
    pub fn start(client: &Client, bootstrap: &str, topic: &str) -> Result<Self> {
        let mut kubectl = client.producer(bootstrap, Access::Plain, topic).stdin(Stdio::piped()).spawn()?;
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
        Ok(Self {
            client: client.clone(),
            bootstrap: bootstrap.to_owned(),
            topic: topic.to_owned(),
            kubectl,
            lines,
            stop,
        })
    }

    /// Ends, and reads the topic: each line is there, once and in order.
    ///
    /// # Errors
    /// When the producer failed, or a line is missing, out of order or there twice.
    pub fn all_arrived(mut self) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        let count = self.lines.join().ok().context("the producer's thread panicked")??;
        ensure!(self.kubectl.wait()?.success(), "the producer failed");
        let read = self.client.consume(&self.bootstrap, Access::Plain, &self.topic, "line ", count)?;
        let written: Vec<_> = (0..count).map(|number| format!("line {number}")).collect();
        ensure!(read == written, "written {count} lines, read {read:?}");
        Ok(())
    }
}
