//! The API server's audit log: who asked for what, and when. What a client really sends is read here, not in its own counters.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use serde_json::Value;

use crate::cluster::{Cluster, until};

/// The operator looks at a consumer every 15 seconds, and a first answer may take two looks.
const SETTLED_AFTER: Duration = Duration::from_secs(35);
const SETTLED_WITHIN: Duration = Duration::from_mins(3);

/// The audit log from some moment on.
#[derive(Debug, Clone)]
pub struct AuditLog {
    file: PathBuf,
    from: u64,
}

/// A request that the API server has answered.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asked.
    pub user: String,
    /// As RBAC spells it, such as `patch`.
    pub verb: String,
    /// The API group; empty for the core's.
    pub group: String,
    /// The plural name, with the subresource if there is one, such as `logpipelines/status`.
    pub resource: String,
    /// Empty for what has none.
    pub namespace: String,
    /// Empty for lists and watches.
    pub name: String,
    /// The HTTP status.
    pub code: i64,
    /// When the request arrived.
    pub received: Timestamp,
    /// When it was answered.
    pub answered: Timestamp,
}

impl AuditLog {
    /// The log of `cluster` from now on.
    ///
    /// # Errors
    /// When the cluster is a user's own, or has logged nothing yet.
    pub fn from_now(cluster: &Cluster) -> Result<Self> {
        let file = cluster.audit_log().context("only the test bed's own clusters have an audit log")?;
        Self::of_file(file)
    }

    fn of_file(file: &Path) -> Result<Self> {
        let from = file.metadata().with_context(|| format!("read {}", file.display()))?.len();
        Ok(Self { file: file.to_owned(), from })
    }

    /// Waits until there have been no `writes` for a while: what follows a change is over then. The log since the last of them, and when it
    /// begins.
    ///
    /// # Errors
    /// When that takes too long, or the log cannot be read.
    pub fn await_settled(cluster: &Cluster, writes: impl Fn(&Self) -> Result<Vec<String>>) -> Result<(Self, Instant)> {
        let (mut log, mut since) = (Self::from_now(cluster)?, Instant::now());
        until("nothing more is written", SETTLED_WITHIN, || {
            if !writes(&log)?.is_empty() {
                (log, since) = (Self::from_now(cluster)?, Instant::now());
            }
            Ok(since.elapsed() >= SETTLED_AFTER)
        })?;
        Ok((log, since))
    }

    /// All requests since, in the order of their answers.
    ///
    /// # Errors
    /// When the log cannot be read, or holds something else.
    pub fn requests(&self) -> Result<Vec<Request>> {
        let mut file = File::open(&self.file)?;
        file.seek(SeekFrom::Start(self.from))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        // The last line may not be whole yet.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().filter_map(|line| Request::read(line).transpose()).collect()
    }

    /// The requests of `user` since.
    ///
    /// # Errors
    /// As [`Self::requests`].
    pub fn requests_of(&self, user: &str) -> Result<Vec<Request>> {
        let mut requests = self.requests()?;
        requests.retain(|request| request.user == user);
        Ok(requests)
    }
}

impl Request {
    /// The request of one line; `None` for an event that is no answer: a watch's end is one, its begin is none.
    fn read(line: &str) -> Result<Option<Self>> {
        let event: Value = serde_json::from_str(line).context("a line of the audit log")?;
        if event["stage"] != "ResponseComplete" && event["verb"] != "watch" {
            return Ok(None);
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let object = &event["objectRef"];
        let subresource = object["subresource"].as_str().map(|name| format!("/{name}")).unwrap_or_default();
        Ok(Some(Self {
            user: text(&event["user"]["username"]),
            verb: text(&event["verb"]),
            group: text(&object["apiGroup"]),
            resource: text(&object["resource"]) + &subresource,
            namespace: text(&object["namespace"]),
            name: text(&object["name"]),
            code: event["responseStatus"]["code"].as_i64().unwrap_or_default(),
            received: text(&event["requestReceivedTimestamp"]).parse()?,
            answered: text(&event["stageTimestamp"]).parse()?,
        }))
    }

    /// Whether it can change something.
    pub fn is_write(&self) -> bool {
        !["get", "list", "watch"].contains(&self.verb.as_str())
    }

    /// Whether it is about the Lease, which is renewed for as long as the process lives.
    pub fn is_about_lease(&self) -> bool {
        self.resource == "leases"
    }
}

impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { verb, resource, namespace, name, code, .. } = self;
        write!(f, "{verb} {resource} {namespace}/{name}: {code}")
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn line(stage: &str, verb: &str) -> String {
        format!(
            r#"{{"stage":"{stage}","verb":"{verb}","user":{{"username":"me"}},"objectRef":{{"resource":"services","namespace":"ns",
            "name":"a","subresource":"status"}},"responseStatus":{{"code":201}},"requestReceivedTimestamp":"2026-01-01T00:00:00.5Z",
            "stageTimestamp":"2026-01-01T00:00:01.000001Z"}}"#
        )
        .replace('\n', "")
    }

    #[test]
    fn what_came_after_the_mark_is_read_and_half_a_line_is_left() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "{}", line("ResponseComplete", "get")).unwrap();
        let log = AuditLog::of_file(file.path()).unwrap();
        assert!(log.requests().unwrap().is_empty());
        writeln!(file, "{}\n{}", line("ResponseStarted", "get"), line("ResponseComplete", "patch")).unwrap();
        write!(file, "{{\"stage\":").unwrap();
        let requests = log.requests_of("me").unwrap();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].to_string(), "patch services/status ns/a: 201");
        assert!(requests[0].is_write() && !requests[0].is_about_lease());
        assert_eq!(requests[0].answered.duration_since(requests[0].received).as_micros(), 500_001);
        assert!(log.requests_of("you").unwrap().is_empty());
    }
}
