//! The applications, as Argo CD's controller sees them.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::cluster::{ArgoCd, Cluster};
use serde_json::Value;

use super::watch::{Event, Watch};

pub const ROOT: &str = "kafkapipelines";
pub const OPERATOR: &str = "kafkapipelines-operator";
pub const PIPELINE: &str = "log-pipeline";
pub const CONSUMERS: &str = "log-consumers";
pub const ALL: [&str; 4] = [ROOT, OPERATOR, PIPELINE, CONSUMERS];

const DEADLINE: Duration = Duration::from_mins(3);

/// All applications, now and before.
pub struct Applications {
    cluster: Cluster,
    pub watch: Watch,
}

/// An application at some moment.
#[derive(Clone, Copy)]
pub struct Application<'a>(&'a Value);

impl Applications {
    pub fn watch(cluster: &Cluster) -> Result<Self> {
        Ok(Self { cluster: cluster.clone(), watch: Watch::start(cluster, ArgoCd::NAMESPACE, "applications")? })
    }

    /// Tells Argo CD to look at Git now, as a webhook does. `hard` leaves its cache out, too.
    pub fn refresh(&self, how: &str) -> Result<()> {
        let annotation = format!("argocd.argoproj.io/refresh={how}");
        let annotate = ["--namespace=argocd", "annotate", "applications", "--all", "--overwrite"];
        self.cluster.kubectl(annotate.into_iter().chain([annotation.as_str()])).map(drop)
    }

    /// Waits until the application is there and returns when it was created, as [`Event::revision`] counts.
    pub fn await_creation(&self, name: &str, deadline: Duration) -> Result<u64> {
        self.watch.until(&format!("there is an application {name}"), deadline, |events| {
            events.iter().find(|event| event.kind == "ADDED" && event.name() == name).map(Event::revision)
        })
    }

    /// Waits until all applications are what the commit says, and all is well.
    pub fn await_green(&self, commit: &str) -> Result<()> {
        self.await_state(&format!("all applications are green at {commit}"), |applications| {
            ALL.iter().all(|name| applications.get(name).is_some_and(|it| it.is_green() && it.is_at(commit)))
        })
    }

    /// Waits until `red` has failed at the commit and says `words`, and the others but the root, which is as well as its
    /// children are, are green at the same commit.
    pub fn await_only_red(&self, red: &str, commit: &str, words: &str) -> Result<()> {
        self.await_state(&format!("only {red} is red at {commit} and says {words:?}"), |applications| {
            let others = [OPERATOR, PIPELINE, CONSUMERS].into_iter().filter(|name| *name != red);
            applications.get(red).is_some_and(|it| it.is_red() && it.says(words) && it.has_tried(commit))
                && others
                    .map(|name| applications.get(name))
                    .all(|it| it.is_some_and(|it| it.is_green() && it.is_at(commit)))
        })
    }

    fn await_state(&self, what: &str, holds: impl Fn(&BTreeMap<&str, Application<'_>>) -> bool) -> Result<()> {
        let found = self.watch.until(what, DEADLINE, |events| holds(&latest(events)).then_some(()));
        found.with_context(|| self.describe())
    }

    /// All of them, a line each.
    pub fn describe(&self) -> String {
        let events = self.watch.since(0);
        let lines = latest(&events).into_iter().map(|(name, it)| format!("{name}: {it}"));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// The applications that are there after these events.
fn latest(events: &[Event]) -> BTreeMap<&str, Application<'_>> {
    let mut latest = BTreeMap::new();
    for event in events {
        latest.insert(event.name(), Application(&event.object));
        if event.kind == "DELETED" {
            latest.remove(event.name());
        }
    }
    latest
}

impl<'a> Application<'a> {
    pub fn of(event: &'a Event) -> Self {
        Self(&event.object)
    }

    pub fn sync(self) -> &'a str {
        self.0["status"]["sync"]["status"].as_str().unwrap_or_default()
    }

    pub fn health(self) -> &'a str {
        self.0["status"]["health"]["status"].as_str().unwrap_or_default()
    }

    /// When it was last compared with Git.
    pub fn compared_at(self) -> &'a str {
        self.0["status"]["reconciledAt"].as_str().unwrap_or_default()
    }

    fn operation(self) -> &'a Value {
        &self.0["status"]["operationState"]
    }

    fn is_green(self) -> bool {
        self.sync() == "Synced" && self.health() == "Healthy" && self.operation()["phase"] == "Succeeded"
    }

    /// A person has to do something: its parts are bad, what Git says makes no sense, or its sync failed, even if it is
    /// tried again.
    fn is_red(self) -> bool {
        let failed = ["Failed", "Error"].iter().any(|phase| self.operation()["phase"] == *phase);
        let tried_again = self.operation()["retryCount"].as_u64().is_some_and(|count| count > 0);
        self.health() == "Degraded" || self.sync() == "Unknown" || failed || tried_again
    }

    /// Whether it was compared with this commit.
    fn is_at(self, commit: &str) -> bool {
        is_of(&self.0["status"]["sync"], commit)
    }

    /// Whether it was compared with this commit, or at least its last sync tried it.
    fn has_tried(self, commit: &str) -> bool {
        self.is_at(commit) || is_of(&self.operation()["syncResult"], commit)
    }

    /// Whether what Argo CD shows of it has these words: about its sync, its resources, or their health.
    fn says(self, words: &str) -> bool {
        let resources = self.0["status"]["resources"].as_array().into_iter().flatten();
        let synced = self.operation()["syncResult"]["resources"].as_array().into_iter().flatten();
        let conditions = self.0["status"]["conditions"].as_array().into_iter().flatten();
        let messages = resources.map(|resource| &resource["health"]["message"]);
        let messages = messages.chain(synced.chain(conditions).chain([self.operation()]).map(|part| &part["message"]));
        messages.filter_map(Value::as_str).any(|message| message.contains(words))
    }
}

/// Of one source or of several, which are all in the same repository here.
fn is_of(revisions: &Value, commit: &str) -> bool {
    let one = revisions["revision"] == commit;
    one || revisions["revisions"].as_array().is_some_and(|all| !all.is_empty() && all.iter().all(|it| it == commit))
}

impl std::fmt::Display for Application<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [phase, message] = ["phase", "message"].map(|part| self.operation()[part].as_str().unwrap_or_default());
        write!(f, "{} {}, {phase} {message}", self.sync(), self.health())
    }
}
