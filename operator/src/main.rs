//! The operator's program: command line, logging, exit codes.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use kafkapipelines_operator::args::{Cli, Command, RunArgs};
use kafkapipelines_operator::runtime::{self, logging};

fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Run(args) => run(*args),
        Command::Crds => print_crds(),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("operator: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(args: RunArgs) -> Result<(), runtime::Error> {
    logging::init(args.log_format, args.log_level.as_deref())?;
    runtime::block_on(runtime::run(args))
}

fn print_crds() -> Result<(), runtime::Error> {
    let mut out = std::io::stdout().lock();
    for definition in kafkapipelines_crds::definitions() {
        writeln!(out, "---\n{}", serde_saphyr::to_string(&definition.manifest)?.trim_end())?;
    }
    Ok(())
}
