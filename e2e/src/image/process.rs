//! Running the tools that images are made with.

use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

const SHOWN_LINES: usize = 25;

/// Runs `command` to its end, at most for `deadline`, and returns what it wrote. The error of a command that failed holds the end of that.
pub fn run(mut command: Command, deadline: Duration) -> Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let (mut reader, writer) = io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("start {name}"))?;
    // The output ends when no process holds the pipe any more: this one must not.
    drop(command);

    let (done, finished) = mpsc::channel();
    thread::spawn(move || {
        let mut output = Vec::new();
        let read = reader.read_to_end(&mut output);
        done.send(read.map(|_| output))
    });
    let Ok(output) = finished.recv_timeout(deadline) else {
        child.kill()?;
        child.wait()?;
        bail!("{name} had not ended after {} s", deadline.as_secs());
    };
    let output = output?;
    let status = child.wait()?;
    if !status.success() {
        bail!("{name} failed with {status}:\n{}", last_lines(&output));
    }
    Ok(output)
}

fn last_lines(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        shell
    }

    #[test]
    fn output_is_returned_and_a_failure_shows_its_end() {
        let deadline = Duration::from_mins(1);
        assert_eq!(run(shell("echo out; echo err >&2"), deadline).unwrap(), b"out\nerr\n");
        let error = run(shell("echo because >&2; exit 3"), deadline).unwrap_err().to_string();
        assert!(error.contains("because") && error.contains('3'), "{error}");
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let error = run(shell("exec sleep 600"), Duration::from_millis(50)).unwrap_err().to_string();
        assert!(error.contains("had not ended"), "{error}");
    }
}
