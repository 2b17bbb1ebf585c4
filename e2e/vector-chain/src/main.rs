//! The transforms of a Vector file, run by the real VRL for `e2e/images/vector-standin`: asked with a line of JSON for each batch,
//! answered with a line of JSON. Each line of the batch has a list of what it became at the sinks.

mod encoding;
mod wire;

use std::io::{BufRead as _, BufWriter, Write as _};
use std::process::ExitCode;
use std::{env, fs, io};

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use kafkapipelines_vrl::chain::{self, Chain};

use encoding::Encodings;
use wire::{Arrival, Line};

/// Exit code of Vector's own for a file that it refuses.
const CONFIG: u8 = 78;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vector-chain: {error:#}");
            ExitCode::from(CONFIG)
        }
    }
}

/// Ends when nobody asks any more.
fn run() -> Result<()> {
    let path = env::args_os().nth(1).context("the Vector file is the only argument")?;
    let file = fs::read_to_string(path)?;
    let (mut chain, encodings) = (Chain::of(&file)?, Encodings::of(&file)?);
    let mut answers = BufWriter::new(io::stdout().lock());
    for batch in io::stdin().lock().lines() {
        // Instead of lines a null asks for what is held back, as one list.
        let answer = match serde_json::from_str::<Option<Vec<Line>>>(&batch?)? {
            Some(lines) => lines.into_iter().map(|line| pass(&mut chain, &encodings, line)).collect::<Result<_>>()?,
            None => vec![encoded(chain.finish(), &encodings)?],
        };
        serde_json::to_writer(&mut answers, &answer)?;
        answers.write_all(b"\n")?;
        answers.flush()?;
    }
    Ok(())
}

fn pass(chain: &mut Chain, encodings: &Encodings, line: Line) -> Result<Vec<Arrival>> {
    encoded(chain.pass(&line.into_chain()?, Timestamp::now()), encodings)
}

fn encoded(arrivals: Vec<chain::Arrival>, encodings: &Encodings) -> Result<Vec<Arrival>> {
    arrivals.into_iter().map(|arrival| encodings.encode(&arrival)).collect()
}
