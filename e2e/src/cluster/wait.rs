//! Waiting for a condition, always with a deadline.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Asks `condition` until it answers `true`, at growing intervals: asking costs the machine what it needs to get there.
///
/// # Errors
/// When `deadline` passes first, naming `what` was awaited, or as soon as the condition itself fails.
pub fn until(what: &str, deadline: Duration, mut condition: impl FnMut() -> Result<bool>) -> Result<()> {
    let started = Instant::now();
    let mut pause = FIRST_PAUSE;
    while !condition()? {
        if started.elapsed() > deadline {
            bail!("{what}: not so after {} s", deadline.as_secs());
        }
        thread::sleep(pause);
        pause = (pause * 5 / 4).min(LONGEST_PAUSE);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_asked_until_it_holds() {
        let mut asked = 0;
        until("third time", Duration::from_mins(1), || {
            asked += 1;
            Ok(asked == 3)
        })
        .unwrap();
        assert_eq!(asked, 3);
    }

    #[test]
    fn the_deadline_ends_the_waiting_and_names_what_was_awaited() {
        let error = until("pigs fly", Duration::ZERO, || Ok(false)).unwrap_err();
        assert_eq!(error.to_string(), "pigs fly: not so after 0 s");
    }

    #[test]
    fn a_failing_condition_is_not_asked_again() {
        let mut asked = 0;
        until("never", Duration::from_mins(1), || {
            asked += 1;
            bail!("broken")
        })
        .unwrap_err();
        assert_eq!(asked, 1);
    }
}
