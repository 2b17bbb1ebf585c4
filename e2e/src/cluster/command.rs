//! Running a program to its end and saying clearly why it failed.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Runs the command and returns what it wrote to its standard output.
///
/// # Errors
/// When the program cannot be started or ends with another status than 0; the error holds its standard error.
pub(super) fn output(command: &mut Command) -> Result<String> {
    finish(command.stdin(Stdio::null()), None)
}

/// Like [`output`], with `input` on the program's standard input.
pub(super) fn output_with_input(command: &mut Command, input: &str) -> Result<String> {
    finish(command.stdin(Stdio::piped()), Some(input))
}

/// Runs `program` with arguments separated by blanks: for the many short calls of `ip` and its like.
pub(super) fn run(line: &str) -> Result<String> {
    let mut words = line.split_whitespace();
    let program = words.next().context("an empty command line")?;
    output(Command::new(program).args(words))
}

/// Where a program of this name is: on PATH or in the folders of the administrator's programs.
pub(super) fn path_of(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let admin = ["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(admin).map(|dir| dir.join(program)).find(|file| file.is_file())
}

fn finish(command: &mut Command, input: Option<&str>) -> Result<String> {
    let name = format!("{command:?}");
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().with_context(|| format!("start {name}"))?;
    if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
        pipe.write_all(input.as_bytes()).with_context(|| format!("write to {name}"))?;
    }
    let output = child.wait_with_output().with_context(|| format!("wait for {name}"))?;
    if !output.status.success() {
        bail!("{name}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
