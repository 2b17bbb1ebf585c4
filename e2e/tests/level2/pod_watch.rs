//! Watches the Kafka Pods of a pipeline while something is done to it.

use std::collections::BTreeMap;
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
    /// Each Pod that was taken down, with the others that were not ready at that moment.
    taken: Vec<(String, Vec<String>)>,
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
        let mut pods: BTreeMap<&str, Seen> = BTreeMap::new();
        for line in lines {
            let columns: Vec<_> = line.split(',').collect();
            let [event, pod, uid, ready, deleted] = columns[..] else { continue };
            let going = event == "DELETED" || !deleted.is_empty();
            let former = pods.insert(pod, Seen { uid, going, up: !going && ready == "True" });
            if going && former.is_some_and(|former| former.uid == uid && !former.going) {
                let down = pods.iter().filter(|(other, seen)| **other != pod && !seen.up);
                history.taken.push((pod.to_owned(), down.map(|(other, _)| (*other).to_owned()).collect()));
            }
            if former.is_some_and(|former| former.uid != uid) {
                history.replaced.push(pod.to_owned());
            }
        }
        history
    }

    /// Pods whose names begin with `prefix` that were taken down although another of them was not ready: which, and which others.
    pub fn taken_too_early(&self, prefix: &str) -> Vec<(&str, Vec<&str>)> {
        let mut early = Vec::new();
        for (pod, down) in self.taken.iter().filter(|(pod, _)| pod.starts_with(prefix)) {
            let others: Vec<_> = down.iter().map(String::as_str).filter(|other| other.starts_with(prefix)).collect();
            if !others.is_empty() {
                early.push((pod.as_str(), others));
            }
        }
        early
    }
}

/// A Pod as the watch showed it last.
#[derive(Clone, Copy)]
struct Seen<'a> {
    uid: &'a str,
    going: bool,
    up: bool,
}

#[test]
fn history_tells_replacements_and_what_was_taken_too_early() {
    let lines = [
        "ADDED,a-0,1,True,",
        "ADDED,a-1,2,True,",
        "ADDED,b-0,3,False,",
        "MODIFIED,a-0,1,True,now",
        "MODIFIED,a-1,2,True,now",
        "DELETED,a-0,1,False,now",
        "ADDED,a-0,4,,",
        "MODIFIED,a-0,4,True,",
    ];
    let history = History::of(&lines.map(str::to_owned));
    assert_eq!(history.replaced, ["a-0"]);
    assert_eq!(history.taken_too_early("a-"), [("a-1", vec!["a-0"])]);
    assert_eq!(history.taken_too_early(""), [("a-0", vec!["b-0"]), ("a-1", vec!["a-0", "b-0"])]);
}
