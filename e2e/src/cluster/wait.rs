//! Waiting for a condition, always with a deadline.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

const INTERVAL: Duration = Duration::from_millis(100);

/// Asks `condition` until it answers `true`.
///
/// # Errors
/// When `deadline` passes first, naming `what` was awaited, or as soon as the condition itself fails.
pub fn until(what: &str, deadline: Duration, mut condition: impl FnMut() -> Result<bool>) -> Result<()> {
    let started = Instant::now();
    while !condition()? {
        if started.elapsed() > deadline {
            bail!("{what}: not so after {} s", deadline.as_secs());
        }
        thread::sleep(INTERVAL);
    }
    Ok(())
}
