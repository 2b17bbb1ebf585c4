//! Asks Kafka's own tool for the quorum, again and again, while something is done to it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::installation::Pipeline;
use serde_json::Value;

use super::bed::pod;

/// Questions that go on until [`QuorumWatch::history`].
pub struct QuorumWatch {
    stop: Arc<AtomicBool>,
    answers: JoinHandle<Result<Vec<BTreeSet<i32>>>>,
}

impl QuorumWatch {
    /// Begins to ask.
    pub fn start(pipeline: &Pipeline) -> Self {
        let (stop, pipeline) = (Arc::new(AtomicBool::new(false)), pipeline.clone());
        let told = Arc::clone(&stop);
        let answers = thread::spawn(move || {
            let mut answers = Vec::new();
            while !told.load(Ordering::Relaxed) {
                answers.push(voters(&pipeline)?);
            }
            Ok(answers)
        });
        Self { stop, answers }
    }

    /// Ends, and tells who voted each time.
    ///
    /// # Errors
    /// When there was a time without a leader, or without an answer.
    pub fn history(self) -> Result<Vec<BTreeSet<i32>>> {
        self.stop.store(true, Ordering::Relaxed);
        let answers = self.answers.join().ok().context("the thread that asks panicked")??;
        ensure!(!answers.is_empty(), "the quorum was never asked for");
        Ok(answers)
    }
}

/// Who votes now, by Kafka's own tool.
///
/// # Errors
/// When the quorum has no leader, or does not answer.
pub fn voters(pipeline: &Pipeline) -> Result<BTreeSet<i32>> {
    let describe = ["--bootstrap-server", "localhost:9092", "describe", "--status"];
    let status = pipeline.exec(&pod("broker", 0), &[&["bin/kafka-metadata-quorum.sh"][..], &describe].concat())?;
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let leader: i32 = field("LeaderId").with_context(|| format!("no leader in {status}"))?.parse()?;
    ensure!(leader >= 0, "the quorum has no leader: {status}");
    let voters: Vec<Value> =
        serde_json::from_str(field("CurrentVoters").with_context(|| format!("no voters in {status}"))?)?;
    let id = |voter: &Value| voter["id"].as_i64().or(voter.as_i64()).and_then(|id| i32::try_from(id).ok());
    voters.iter().map(|voter| id(voter).with_context(|| format!("no id in {voter}"))).collect()
}
