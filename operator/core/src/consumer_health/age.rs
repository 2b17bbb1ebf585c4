//! How old the oldest unread line is. Kafka finds the first line from a time on, so ages are tried until the two are known between which
//! the line's is: right after a start as well, and with few questions.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The ages that are tried, in seconds. A line that is younger than the first is on its way.
const AGES: [u64; 20] = [
    10,
    30,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    3 * DAY,
    5 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
];

/// A search for the age of the oldest unread line.
#[derive(Clone, Debug)]
pub struct Search {
    /// How many of the ages the line is known to be older than.
    older: usize,
    /// From which on it is known to be younger.
    younger: usize,
}

impl Default for Search {
    fn default() -> Self {
        Self { older: 0, younger: AGES.len() }
    }
}

impl Search {
    /// The age to try next; none when enough is known. The first is tried first: mostly nothing is older.
    pub fn next(&self) -> Option<Duration> {
        AGES.get(self.middle()).filter(|_| self.older < self.younger).map(|age| Duration::from_secs(*age))
    }

    /// Whether a line is older than the age that was to be tried.
    #[must_use]
    pub fn note(self, is_older: bool) -> Self {
        let tried = self.middle();
        if is_older { Self { older: tried + 1, ..self } } else { Self { younger: tried, ..self } }
    }

    /// The highest age that is known to be exceeded; none for a line that is on its way.
    pub fn age(&self) -> Duration {
        let age = self.older.checked_sub(1).and_then(|last| AGES.get(last)).copied();
        Duration::from_secs(age.unwrap_or_default())
    }

    fn middle(&self) -> usize {
        if self.older == 0 && self.younger == AGES.len() { 0 } else { usize::midpoint(self.older, self.younger) }
    }
}

/// An age for people: `45m`, `3d`.
pub fn text(age: Duration) -> String {
    let seconds = age.as_secs();
    let units = [("d", DAY), ("h", HOUR), ("m", MINUTE)];
    let unit = units.into_iter().find(|(_, unit)| seconds >= *unit && seconds.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{seconds}s"), |(name, unit)| format!("{}{name}", seconds / unit))
}

/// What [`text`] has written; none where it is something else.
pub fn parse(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "d" => DAY,
        "h" => HOUR,
        "m" => MINUTE,
        "s" => 1,
        _ => return None,
    };
    Some(Duration::from_secs(number.parse::<u64>().ok()?.checked_mul(seconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The age that is found of a line that is so old, and how many questions it took.
    fn found(seconds: u64) -> (String, usize) {
        let (mut search, mut questions) = (Search::default(), 0);
        while let Some(age) = search.next() {
            search = search.note(Duration::from_secs(seconds) > age);
            questions += 1;
        }
        (text(search.age()), questions)
    }

    #[test]
    fn an_age_is_found_with_few_questions() {
        for (seconds, age) in [
            (0, "0s"),
            (10, "0s"),
            (11, "10s"),
            (31, "30s"),
            (61, "1m"),
            (3_600, "30m"),
            (3_601, "1h"),
            (90_000, "1d"),
            (3_000_000, "30d"),
        ] {
            let (said, questions) = found(seconds);
            assert_eq!(said, age, "{seconds}");
            assert!(questions <= 6, "{seconds}: {questions}");
        }
        assert_eq!(found(3).1, 1, "mostly nothing waits");
        for age in AGES {
            assert_eq!(found(age + 1).0, text(Duration::from_secs(age)));
        }
    }

    #[test]
    fn an_age_that_was_written_is_read_again() {
        for seconds in AGES.into_iter().chain([0, 90]) {
            assert_eq!(parse(&text(Duration::from_secs(seconds))), Some(Duration::from_secs(seconds)));
        }
        for bad in ["", "s", "1w", "-1s", "1.5h", "é", "99999999999999999999d", "9999999999999999999d"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
