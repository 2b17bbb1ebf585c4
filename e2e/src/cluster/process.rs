//! Programs that go on running when the command that started them has ended: started, found again and stopped by pid.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::wait;

const GRACE: Duration = Duration::from_secs(2);

/// The background processes of one cluster: their pids are files in `run/`, their output is in `log/`.
#[derive(Debug, Clone)]
pub(super) struct Processes {
    dir: PathBuf,
}

impl Processes {
    pub(super) fn in_dir(dir: &Path) -> Result<Self> {
        for sub in ["run", "log"] {
            fs::create_dir_all(dir.join(sub)).with_context(|| format!("create {}", dir.join(sub).display()))?;
        }
        Ok(Self { dir: dir.to_owned() })
    }

    /// Starts `command` under `name` unless it runs already.
    pub(super) fn start(&self, name: &str, command: &mut Command) -> Result<()> {
        if self.pid(name).is_some() {
            return Ok(());
        }
        let log = File::create(self.log(name)).with_context(|| format!("create the log of {name}"))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A group of its own: Ctrl-C in the terminal must not stop the cluster.
            .process_group(0)
            .spawn()
            .with_context(|| format!("start {name}"))?;
        let identity = identity(child.id()).with_context(|| format!("{name} ended at once"))?;
        fs::write(self.pid_file(name), format!("{} {identity}", child.id()))?;
        Ok(())
    }

    /// The pid of the running process; `None` when it ended, or when its number belongs to another program by now.
    pub(super) fn pid(&self, name: &str) -> Option<u32> {
        let recorded = fs::read_to_string(self.pid_file(name)).ok()?;
        let (pid, recorded_identity) = recorded.split_once(' ')?;
        let pid = pid.parse().ok()?;
        (identity(pid)? == recorded_identity).then_some(pid)
    }

    /// Fails with the end of its log when the process is not running.
    pub(super) fn expect_running(&self, name: &str) -> Result<()> {
        if self.pid(name).is_some() {
            return Ok(());
        }
        let log = fs::read_to_string(self.log(name)).unwrap_or_default();
        let lines: Vec<String> = log.lines().rev().take(4).map(|line| line.chars().take(300).collect()).collect();
        bail!("{name} ended; the end of {}, last line first:\n{}", self.log(name).display(), lines.join("\n"));
    }

    /// Asks the process to end, and kills it when it takes longer than a few seconds.
    pub(super) fn stop(&self, name: &str) -> Result<()> {
        self.end(name, Signal::TERM)?;
        if self.await_end(name, GRACE).is_err() {
            self.kill(name)?;
        }
        Ok(())
    }

    /// Kills the process at once, as a power failure does.
    pub(super) fn kill(&self, name: &str) -> Result<()> {
        self.end(name, Signal::KILL)?;
        self.await_end(name, GRACE)
    }

    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.dir.join("log").join(format!("{name}.log"))
    }

    /// The names of all processes that were started and not stopped, whether they still run or not.
    pub(super) fn names(&self) -> Result<Vec<String>> {
        let mut names: Vec<String> = fs::read_dir(self.dir.join("run"))?
            .filter_map(Result::ok)
            .filter_map(|file| Some(file.path().file_stem()?.to_str()?.to_owned()))
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    fn end(&self, name: &str, signal: Signal) -> Result<()> {
        let Some(pid) = self.pid(name).and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)) else {
            return Ok(());
        };
        match kill_process(pid, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("send {signal:?} to {name}")),
        }
    }

    fn await_end(&self, name: &str, deadline: Duration) -> Result<()> {
        wait::until(&format!("{name} ended"), deadline, || Ok(self.pid(name).is_none()))?;
        match fs::remove_file(self.pid_file(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn pid_file(&self, name: &str) -> PathBuf {
        self.dir.join("run").join(format!("{name}.pid"))
    }
}

/// Whether a process of this number runs, whatever it is.
pub(super) fn is_running(pid: u32) -> bool {
    identity(pid).is_some()
}

/// What tells a process from a later one with the same number: when it started. `None` for a process that ended.
#[cfg(target_os = "linux")]
fn identity(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name is in parentheses and may hold blanks: the fields are counted from its end.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    let started = fields.nth(18)?;
    (state != "Z").then(|| started.to_owned())
}

#[cfg(not(target_os = "linux"))]
fn identity(pid: u32) -> Option<String> {
    let line = super::command::run(&format!("ps -o stat=,lstart= -p {pid}")).ok()?;
    let (state, started) = line.trim().split_once(' ')?;
    (!state.starts_with('Z')).then(|| started.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_found_again_and_stopped() {
        let dir = tempfile::tempdir().unwrap();
        let processes = Processes::in_dir(dir.path()).unwrap();
        processes.start("sleeper", Command::new("sleep").arg("1000")).unwrap();
        let pid = Processes::in_dir(dir.path()).unwrap().pid("sleeper").unwrap();
        assert!(is_running(pid));
        processes.stop("sleeper").unwrap();
        assert!(!is_running(pid));
        assert_eq!(processes.names().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_later_process_with_the_same_number_is_not_ours() {
        let dir = tempfile::tempdir().unwrap();
        let processes = Processes::in_dir(dir.path()).unwrap();
        fs::write(processes.pid_file("impostor"), format!("{} another-start", std::process::id())).unwrap();
        assert_eq!(processes.pid("impostor"), None);
        processes.stop("impostor").unwrap();
    }

    #[test]
    fn what_ended_is_reported_with_the_end_of_its_log() {
        let dir = tempfile::tempdir().unwrap();
        let processes = Processes::in_dir(dir.path()).unwrap();
        fs::write(processes.log("gone"), "first\nlast words\n").unwrap();
        let error = processes.expect_running("gone").unwrap_err().to_string();
        assert!(error.contains("gone ended") && error.contains("last words"), "{error}");
    }
}
