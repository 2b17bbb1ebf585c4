//! A command of this program that goes on beside others, with what they leave of the machine.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process_group};

/// A command with the lowest priority. It is stopped, with all it has started, when this is dropped.
pub(crate) struct Background(Child);

impl Background {
    /// Starts `cargo xtask <arguments>`; what it prints appears among the output of the others, line by line.
    pub(crate) fn start(arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new("nice")
            .args(["-n", "19"])
            .arg(std::env::current_exe()?)
            .args(arguments)
            .process_group(0)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {} in the background", arguments.join(" ")))?;
        if let Some(mut output) = child.stderr.take() {
            // It ends with the command; a line that is lost changes no result.
            thread::spawn(move || io::copy(&mut output, &mut io::stderr()));
        }
        Ok(Self(child))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            // It may have ended in between: then there is no group any more.
            let _ = kill_process_group(Pid::from_child(&self.0), Signal::TERM);
        }
        let _ = self.0.wait();
    }
}
