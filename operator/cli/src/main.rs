//! `kubectl-kafkapipelines`: kubectl finds it on the PATH as `kubectl kafkapipelines`.

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use anyhow::{Error, Result};
use clap::Parser as _;
use kafkapipelines_cli::args::{AgentCommand, Cli, Command, ConsumerCommand};
use kafkapipelines_cli::{agent, check, consumer, status};

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<ExitCode> {
    match command {
        Command::Check(args) => check::run(args),
        Command::Status(args) => finish(status::run(args)),
        Command::Consumer(ConsumerCommand::Test(args)) => consumer::test(args),
        Command::Consumer(ConsumerCommand::Render(args)) => consumer::render(args),
        Command::Consumer(ConsumerCommand::Seek(args)) => finish(consumer::seek(args)),
        Command::Consumer(ConsumerCommand::Replay(args)) => finish(consumer::replay(args)),
        Command::Agent(AgentCommand::Config(args)) => finish(agent::run(args)),
    }
}

/// What asks the cluster, to its end.
fn finish(work: impl Future<Output = Result<()>>) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work).map(|()| ExitCode::SUCCESS)
}

/// Who pipes into `head` has read enough.
fn is_broken_pipe(error: &Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
