//! The certificates that a pool's nodes were started with.
//!
//! A node that runs presents a renewed certificate as soon as it is told to. But with the one that it was started with it goes on to be a
//! client of the controllers' quorum: that client reads it once (seen in the code of 3.9.2 and 4.3.1). So a node must be started again
//! before that one ends.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

use super::authority::before;

/// The certificates that a pool's nodes were started with, or are to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AtStart {
    /// Generation of the pool's certificates.
    pub generation: u64,
    /// When the first of them ends.
    pub until: Timestamp,
}

/// The text is none of [`AtStart`]'s.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the certificates at the start are written like: 1771459200 until 2026-05-20T12:00:00Z")]
pub struct NotAtStart;

const UNTIL: &str = " until ";

impl AtStart {
    /// When nodes that have nothing newer are started again; renewed certificates have been there for as long then.
    pub fn restart_due(&self, renew_before: Duration) -> Timestamp {
        before(self.until, renew_before / 2)
    }
}

impl fmt::Display for AtStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{UNTIL}{}", self.generation, self.until)
    }
}

impl FromStr for AtStart {
    type Err = NotAtStart;

    fn from_str(text: &str) -> Result<Self, NotAtStart> {
        let (generation, until) = text.split_once(UNTIL).ok_or(NotAtStart)?;
        let (generation, until) = (generation.parse().ok(), until.parse().ok());
        generation.zip(until).map(|(generation, until)| Self { generation, until }).ok_or(NotAtStart)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, days};
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written() {
        let started = AtStart { generation: 7, until: at(0) };
        assert_eq!(started.to_string().parse(), Ok(started));
        assert_eq!("1".parse::<AtStart>(), Err(NotAtStart));
        assert_eq!("x until y".parse::<AtStart>(), Err(NotAtStart));
    }

    #[test]
    fn nodes_are_started_again_in_the_middle_of_the_time_in_which_newer_ones_are_there() {
        let started = AtStart { generation: 7, until: at(days(90)) };
        assert_eq!(started.restart_due(Duration::from_hours(30 * 24)), at(days(75)));
    }
}
