//! The operator as a process of this machine, with the rights that its installation gives it and no others.

mod account;
pub mod programs;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

pub use account::{Account, install_definitions};

/// How long the process may take to say where its admin server listens, and to end when it is told to.
const DEADLINE: Duration = Duration::from_mins(1);

/// A running operator. It is killed when this is dropped.
#[derive(Debug)]
pub struct OperatorProcess {
    child: Child,
    log: PathBuf,
    address: SocketAddr,
}

impl OperatorProcess {
    /// Starts `program` as `account`, with the name `replica` and its log in the file `log`. It may not be ready yet.
    ///
    /// # Errors
    /// When it cannot be started, or ends at once; the error holds the end of its log.
    pub fn start(program: &Path, account: &Account, replica: &str, log: &Path) -> Result<Self> {
        Self::start_with(program, account, replica, log, &[])
    }

    /// As [`Self::start`], with arguments besides the usual ones.
    ///
    /// # Errors
    /// When it cannot be started, or ends at once; the error holds the end of its log.
    pub fn start_with(
        program: &Path,
        account: &Account,
        replica: &str,
        log: &Path,
        arguments: &[String],
    ) -> Result<Self> {
        let mut command = Command::new(program);
        command
            .args(["run", "--admin-address=127.0.0.1:0", "--log-format=json"])
            .arg(format!("--identity={replica}"))
            .arg(format!("--watch-namespace={}", account.watched().join(",")))
            .args(arguments)
            .env("KUBECONFIG", account.kubeconfig())
            .env("NO_PROXY", "*")
            .env("RUST_LOG", std::env::var("OPERATOR_LOG").unwrap_or_else(|_| "info".to_owned()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(log).with_context(|| format!("create {}", log.display()))?);
        let child = command.spawn().with_context(|| format!("start {}", program.display()))?;
        let mut operator = Self { child, log: log.to_owned(), address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        operator.address = operator.until("its admin server listens", Self::logged_address)?;
        Ok(operator)
    }

    /// Whether all watches have listed their objects once.
    pub fn is_ready(&self) -> bool {
        self.get("/readyz").is_ok()
    }

    /// Waits until [`Self::is_ready`].
    ///
    /// # Errors
    /// When that takes longer than a minute, or the process ends.
    pub fn await_ready(&mut self) -> Result<()> {
        self.until("it is ready", |operator| Ok(operator.is_ready().then_some(())))
    }

    /// Whether this replica holds the lease.
    pub fn is_leading(&self) -> bool {
        self.measure("kafkapipelines_leader").is_ok_and(|leader| leader > 0.0)
    }

    /// Waits until [`Self::is_leading`].
    ///
    /// # Errors
    /// When that takes longer than a minute, or the process ends.
    pub fn await_leading(&mut self) -> Result<()> {
        self.until("it leads", |operator| Ok(operator.is_leading().then_some(())))
    }

    /// The sum of a measure over its labels.
    ///
    /// # Errors
    /// When the process does not answer or has no such measure.
    pub fn measure(&self, name: &str) -> Result<f64> {
        let text = self.get("/metrics")?;
        let of_name = text.lines().filter_map(|line| {
            let rest = line.strip_prefix(name)?;
            (rest.starts_with(' ') || rest.starts_with('{')).then(|| rest.rsplit_once(' ')?.1.parse::<f64>().ok())?
        });
        let values: Vec<f64> = of_name.collect();
        ensure!(!values.is_empty(), "/metrics has no {name}");
        Ok(values.iter().sum())
    }

    /// Resident memory now and at its highest, in KiB.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn resident_memory(&self) -> Result<(u64, u64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let value = |name: &str| -> Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
            Ok(line.trim().trim_end_matches("kB").trim().parse()?)
        };
        Ok((value("VmRSS:")?, value("VmHWM:")?))
    }

    /// SIGTERM, and waits for the end.
    ///
    /// # Errors
    /// When it has not ended after a minute.
    pub fn terminate(mut self) -> Result<ExitStatus> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("a pid")?;
        kill_process(pid, Signal::TERM)?;
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(started.elapsed() < DEADLINE, "the operator has not ended after SIGTERM");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// SIGKILL: nothing is released, nothing is said.
    pub fn kill(self) {
        drop(self);
    }

    fn until<T>(&mut self, what: &str, probe: impl Fn(&Self) -> Result<Option<T>>) -> Result<T> {
        let started = Instant::now();
        loop {
            if let Some(found) = probe(self)? {
                return Ok(found);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the operator ended ({status}) before {what}:\n{}", self.last_lines());
            }
            ensure!(started.elapsed() < DEADLINE, "{what}: not so in time; it logged:\n{}", self.last_lines());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Where the admin server listens: the system chose the port.
    fn logged_address(&self) -> Result<Option<SocketAddr>> {
        let lines = BufReader::new(File::open(&self.log)?).lines().map_while(Result::ok);
        let mut addresses = lines.filter_map(|line| {
            let entry: Value = serde_json::from_str(&line).ok()?;
            entry["address"].as_str()?.parse().ok()
        });
        Ok(addresses.next())
    }

    fn last_lines(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }

    /// The answer to a GET, if it is 200.
    fn get(&self, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: operator\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("an HTTP answer")?;
        ensure!(head.starts_with("HTTP/1.1 200 "), "{path}: {}", head.lines().next().unwrap_or_default());
        Ok(body.to_owned())
    }
}

impl Drop for OperatorProcess {
    fn drop(&mut self) {
        // Fails for a process that has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
