//! Numbered lines, and which of them no store keeps.

use jiff::{SignedDuration, Timestamp};

/// Lines of which one is odd in each way.
const ROUND: usize = 1000;

/// Whether the status is no number: the index wants one.
pub fn is_mistyped(number: usize) -> bool {
    number % ROUND == 7
}

/// Whether the line is no JSON.
pub fn is_garbage(number: usize) -> bool {
    number % ROUND == 8
}

/// Whether the line is two hours old.
pub fn is_old(number: usize) -> bool {
    number % ROUND == 9
}

/// The line with a number, written now.
pub fn line(number: usize) -> String {
    if is_garbage(number) {
        return format!(r#"{{"number": {number}, no JSON"#);
    }
    let age = SignedDuration::from_hours(if is_old(number) { 2 } else { 0 });
    let (time, host) = (Timestamp::now() - age, number % 10);
    let status = if is_mistyped(number) { r#""unknown""# } else { "200" };
    let rest = format!(r#""timestamp": "{time}", "host": "web-{host}", "message": "GET /item/{number}""#);
    format!(r#"{{"number": {number}, "status": {status}, {rest}}}"#)
}

/// Stack traces of three lines each.
pub fn traces(count: usize) -> String {
    let trace = |number| format!("Exception trace-{number}\n  at first-{number}\n  at second-{number}");
    (0..count).map(trace).collect::<Vec<_>>().join("\n")
}
