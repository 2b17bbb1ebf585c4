//! Debian's rsyslog as a process of this machine: what a host has that cannot run an agent.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::cluster::until;
use crate::image::prerequisites::{Tool, require};

const RSYSLOG: Tool = Tool { command: "rsyslogd", package: "rsyslog" };
const LOGGER: Tool = Tool { command: "logger", package: "bsdutils" };
const STARTED_WITHIN: Duration = Duration::from_secs(20);

/// A daemon with a socket of its own in place of `/dev/log`; it ends when this is dropped.
pub struct Rsyslog {
    daemon: Child,
    dir: tempfile::TempDir,
}

impl Rsyslog {
    /// Sends everything to `host`: by TCP in RFC 5424, and by UDP in RFC 3164. Installs Debian's package where that is allowed.
    ///
    /// # Errors
    /// When it is missing, or does not start.
    pub fn start(host: &str, tcp: u16, udp: u16) -> Result<Self> {
        require(&[RSYSLOG, LOGGER])?;
        let dir = tempfile::tempdir()?;
        let (config, socket) = (dir.path().join("rsyslog.conf"), dir.path().join("log"));
        let text = format!(
            r#"global(workDirectory="{work}")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{socket}" CreatePath="on")
action(type="omfwd" target="{host}" port="{tcp}" protocol="tcp" template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1")
action(type="omfwd" target="{host}" port="{udp}" protocol="udp" template="RSYSLOG_TraditionalForwardFormat")
"#,
            work = dir.path().display(),
            socket = socket.display(),
        );
        fs::write(&config, text)?;
        let mut rsyslogd = Command::new("rsyslogd");
        rsyslogd.arg("-n").arg("-f").arg(&config).arg("-i").arg(dir.path().join("pid"));
        let daemon = rsyslogd.stdin(Stdio::null()).spawn().context("start rsyslogd")?;
        let rsyslog = Self { daemon, dir };
        until("rsyslog listens", STARTED_WITHIN, || Ok(rsyslog.socket().exists()))?;
        Ok(rsyslog)
    }

    /// Logs a line, as the program `program`.
    ///
    /// # Errors
    /// When rsyslog does not take it.
    pub fn log(&self, program: &str, line: &str) -> Result<()> {
        let logger =
            Command::new("logger").arg("--socket").arg(self.socket()).args(["--tag", program, line]).output()?;
        anyhow::ensure!(logger.status.success(), "logger: {}", String::from_utf8_lossy(&logger.stderr));
        Ok(())
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("log")
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        // It holds nothing that is worth a word.
        if self.daemon.kill().is_ok() {
            self.daemon.wait().ok();
        }
    }
}
