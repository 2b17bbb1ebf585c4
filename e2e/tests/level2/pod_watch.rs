//! Watches the Kafka Pods of a pipeline while something is done to it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::installation::Pipeline;

/// `<event> <Pod> <uid> <Ready> <when it was deleted>`, a line each.
const COLUMNS: &str = concat!(
    r#"--output=jsonpath={.type},{.object.metadata.name},{.object.metadata.uid},"#,
    r#"{.object.status.conditions[?(@.type=="Ready")].status},{.object.metadata.deletionTimestamp}{"\n"}"#
);

/// A watch that goes on until [`PodWatch::history`].
pub struct PodWatch {
    kubectl: Child,
    lines: JoinHandle<Vec<String>>,
}

/// What became of the Pods.
#[derive(Debug, Default)]
pub struct History {
    /// Pods that were made anew, in that order.
    pub replaced: Vec<String>,
    /// Every set of Pods that were not ready at the same time, once there were any.
    pub down_together: BTreeSet<BTreeSet<String>>,
}

impl PodWatch {
    /// Begins to watch; every Pod should be ready now.
    pub fn start(pipeline: &Pipeline) -> Result<Self> {
        let watch = ["get", "pods", &pipeline.kafka_pods(), "--watch", "--output-watch-events", COLUMNS];
        let mut kubectl = pipeline.kubectl_command().args(watch).stdout(Stdio::piped()).spawn()?;
        let output = BufReader::new(kubectl.stdout.take().context("kubectl has an output")?);
        let lines = thread::spawn(move || output.lines().map_while(Result::ok).collect());
        Ok(Self { kubectl, lines })
    }

    /// Ends the watch and tells what it saw.
    pub fn history(mut self) -> Result<History> {
        self.kubectl.kill()?;
        self.kubectl.wait()?;
        let lines = self.lines.join().ok().context("the reader of the watch panicked")?;
        Ok(History::of(&lines))
    }
}

impl History {
    fn of(lines: &[String]) -> Self {
        let mut history = Self::default();
        let mut pods = BTreeMap::new();
        for line in lines {
            let columns: Vec<_> = line.split(',').collect();
            let [event, pod, uid, ready, deleted] = columns[..] else { continue };
            let is_up = event != "DELETED" && ready == "True" && deleted.is_empty();
            if pods.insert(pod, (uid, is_up)).is_some_and(|(former, _)| former != uid) {
                history.replaced.push(pod.to_owned());
            }
            let down: BTreeSet<_> = pods.iter().filter(|(_, (_, up))| !up).map(|(pod, _)| (*pod).to_owned()).collect();
            if !down.is_empty() {
                history.down_together.insert(down);
            }
        }
        history
    }

    /// Sets of more than one Pod whose names begin with `prefix` that were not ready at the same time.
    pub fn more_than_one_down(&self, prefix: &str) -> Vec<Vec<&str>> {
        let of_prefix = |down: &'_ BTreeSet<String>| down.iter().filter(|pod| pod.starts_with(prefix)).count() > 1;
        let sets = self.down_together.iter().filter(|down| of_prefix(down));
        sets.map(|down| down.iter().map(String::as_str).collect()).collect()
    }
}

#[test]
fn history_tells_replacements_and_what_was_down_together() {
    let lines = [
        "ADDED,a,1,True,",
        "ADDED,b,2,True,",
        "MODIFIED,a,1,True,now",
        "MODIFIED,b,2,False,",
        "DELETED,a,1,False,now",
        "ADDED,a,3,,",
        "MODIFIED,a,3,True,",
    ];
    let history = History::of(&lines.map(str::to_owned));
    assert_eq!(history.replaced, ["a"]);
    assert_eq!(history.more_than_one_down(""), [["a", "b"]]);
}
