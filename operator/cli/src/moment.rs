//! A time as a person types it: with its zone, in that of the terminal, or as how long ago.

use std::str::FromStr;

use jiff::civil::{DateTime, Time};
use jiff::{RoundMode, Span, Timestamp, TimestampRound, Unit, Zoned};

/// Reads a time that is over. `others` are words that are taken as well, each with a comma behind.
///
/// # Errors
/// What is taken, or that the time is to come.
pub fn parse(text: &str, others: &str, now: &Zoned) -> Result<Timestamp, String> {
    let forms = || {
        format!(
            "it is neither {others}a time (2026-01-01T00:00Z, 2026-01-01T01:00+01:00; in the zone of this terminal 2026-01-01, \
             2026-01-01T08:30, 08:30 of today) nor how long ago (2h, 90m, 3d)"
        )
    };
    let time = read(text.trim(), now).ok_or_else(forms)?;
    if time > now.timestamp() { Err(format!("{time} is in the future")) } else { Ok(time) }
}

fn read(text: &str, now: &Zoned) -> Option<Timestamp> {
    let with_offset = || text.parse().ok();
    let with_zone = || text.parse().ok().map(|time: Zoned| time.timestamp());
    let here = |time: DateTime| Some(time.to_zoned(now.time_zone().clone()).ok()?.timestamp());
    // A span of hours, minutes and seconds can be written as a time of day, and then is one.
    let today = || Some(now.date().to_datetime(Time::from_str(text).ok().filter(|_| text.contains(':'))?));
    with_offset()
        .or_else(with_zone)
        .or_else(|| text.parse().ok().or_else(today).and_then(here))
        .or_else(|| ago(text.parse().ok()?, now))
}

fn ago(span: Span, now: &Zoned) -> Option<Timestamp> {
    let second = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Trunc);
    now.checked_sub(span.abs()).ok()?.timestamp().round(second).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let now: Zoned = "2026-07-02T12:00:00.7+02:00[Europe/Berlin]".parse().unwrap();
        parse(text, "earliest, ", &now).map(|time| time.to_string())
    }

    #[test]
    fn a_time_is_taken_as_it_would_be_typed() {
        for (text, expected) in [
            ("2026-01-01T00:00Z", "2026-01-01T00:00:00Z"),
            ("2026-01-01 00:00Z", "2026-01-01T00:00:00Z"),
            ("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z"),
            ("2026-01-01T00:00[America/New_York]", "2026-01-01T05:00:00Z"),
            ("2026-01-01", "2025-12-31T23:00:00Z"),
            ("2026-07-01", "2026-06-30T22:00:00Z"),
            ("2026-07-01T08:30", "2026-07-01T06:30:00Z"),
            ("2026-07-01 08:30:15", "2026-07-01T06:30:15Z"),
            ("08:30", "2026-07-02T06:30:00Z"),
            ("08:30:15", "2026-07-02T06:30:15Z"),
            ("2h", "2026-07-02T08:00:00Z"),
            (" 2h ago ", "2026-07-02T08:00:00Z"),
            ("-2h", "2026-07-02T08:00:00Z"),
            ("1h 30m", "2026-07-02T08:30:00Z"),
            ("0s", "2026-07-02T10:00:00Z"),
            ("3d", "2026-06-29T10:00:00Z"),
            ("1w", "2026-06-25T10:00:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_is_taken() {
        for text in ["", "yesterday", "7", "20", "2x", "2026-13-01", "2026-01-01T25:00Z", "1767225600"] {
            let why = read(text).unwrap_err();
            for form in ["earliest, ", "2026-01-01T00:00Z", "08:30", "2h"] {
                assert!(why.contains(form), "{text}: {why}");
            }
        }
    }

    #[test]
    fn what_is_to_come_is_refused() {
        for text in ["2026-07-02T10:00:01Z", "12:01", "2027-01-01"] {
            assert!(read(text).unwrap_err().ends_with("is in the future"), "{text}");
        }
    }
}
