//! One line for each step, with its time; on a terminal the line counts the seconds.

use std::io::{IsTerminal as _, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// Runs `work` as the step `name` and prints how long it took.
///
/// # Errors
/// What `work` returns, with the step's name as context.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let started = Instant::now();
    let (done, ended) = mpsc::channel();
    let line = name.to_owned();
    let ticker = thread::spawn(move || tick(&line, started, &ended));
    let result = work();
    drop(done);
    // The ticker only prints: its end cannot change the result.
    let _ = ticker.join();
    let outcome = if result.is_ok() { "" } else { "  FAILED" };
    eprintln!("{}{name:<48} {:>6.1} s{outcome}", clear(), started.elapsed().as_secs_f64());
    result.with_context(|| name.to_owned())
}

fn tick(name: &str, started: Instant, ended: &mpsc::Receiver<()>) {
    let terminal = std::io::stderr().is_terminal();
    if !terminal {
        return;
    }
    loop {
        eprint!("{}{name:<48} {:>4} s …", clear(), started.elapsed().as_secs());
        // A terminal that cannot be flushed shows the line a little later.
        let _ = std::io::stderr().flush();
        if ended.recv_timeout(Duration::from_secs(1)) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

fn clear() -> &'static str {
    if std::io::stderr().is_terminal() { "\r\x1b[2K" } else { "" }
}
