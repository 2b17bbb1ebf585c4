//! Lines that nobody means to write, byte for byte as they are: each ends in the store, or as it came among the dead letters.

use std::collections::HashSet;

use anyhow::Result;
use kafkapipelines_e2e::cluster::until;
use kafkapipelines_e2e::installation::{ByteClient, provide_byte_client};

use super::bed::bootstrap;
use super::consumer_bed::{ConsumerBed, SOON};
use super::store_double::StoreDouble;

/// Numbers of the lines that the store takes: far above those of the load.
const FIRST: usize = 10_000_000;

/// One line, and the number by which the store knows it: a line without one is to be a dead letter.
#[derive(Clone)]
struct Line {
    name: &'static str,
    payload: Vec<u8>,
    number: Option<usize>,
}

/// Writes them to the topic of the consumer and looks for each.
pub fn each_line_is_stored_or_a_dead_letter(bed: &ConsumerBed) -> Result<()> {
    provide_byte_client(&bed.cluster)?;
    let client = ByteClient::start(&bed.pipeline)?;
    let bootstrap = bootstrap(&bed.pipeline, 9093);
    let lines = [refused(), taken()].concat();
    client.write(&bootstrap, "lines", lines.iter().map(|line| line.payload.as_slice()))?;
    let mut lost = Vec::new();
    let found = until("each line of garbage has come to an end", SOON, || {
        let letters: HashSet<_> = client.read(&bootstrap, "lines-dlq")?.into_iter().collect();
        lost = lost_of(&lines, &bed.store(), &letters)?;
        Ok(lost.is_empty())
    });
    found.map_err(|error| error.context(format!("neither stored nor a dead letter as it came: {lost:?}")))?;
    eprintln!("{} lines of garbage, {} of them in the store", lines.len(), taken().len());
    Ok(())
}

fn lost_of(lines: &[Line], store: &StoreDouble, letters: &HashSet<Vec<u8>>) -> Result<Vec<&'static str>> {
    let mut lost = Vec::new();
    for line in lines {
        let arrived = match line.number {
            Some(number) => store.times(number)? > 0,
            None => letters.contains(&line.payload),
        };
        if !arrived {
            lost.push(line.name);
        }
    }
    Ok(lost)
}

/// What the program cannot read, or the store would not keep.
fn refused() -> Vec<Line> {
    let line = |name, payload: Vec<u8>| Line { name, payload, number: None };
    let text = |name, payload: &str| line(name, payload.as_bytes().to_vec());
    let with = |name, rest: &str| text(name, &format!(r#"{{"message": "garbage", {rest}}}"#));
    let fields: Vec<_> = (0..2000).map(|number| format!(r#""f{number}": {number}"#)).collect();
    vec![
        text("nothing", ""),
        text("text", "no JSON at all"),
        line("null bytes", vec![0; 100]),
        line("no UTF-8", b"\x00\xff\xfe\x80{\r\n\xc3".to_vec()),
        text("half of an object", r#"{"message": "a""#),
        text("two objects", r#"{"message": "a"} {"message": "b"}"#),
        text("NaN", r#"{"message": NaN}"#),
        text("a number beyond all", r#"{"message": 1e400}"#),
        text("half a surrogate", r#"{"message": "\ud800"}"#),
        text("5000 deep", &("[".repeat(5000) + &"]".repeat(5000))),
        line("2 MiB of text", vec![b'x'; 2 << 20]),
        with("2 MiB of JSON", &format!(r#""more": "{}""#, "x".repeat(2 << 20))),
        with("2000 fields", &fields.join(", ")),
        with("a name of 20 kB", &format!(r#""{}": 1"#, "n".repeat(20_000))),
        with("a stream field of 100 kB", &format!(r#""host": "{}""#, "h".repeat(100_000))),
        with("no time", r#""timestamp": "yesterday""#),
        with("a time of another type", r#""timestamp": true"#),
        with("the far future", r#""timestamp": "2999-01-01T00:00:00Z""#),
        with("1970", r#""timestamp": 0.5"#),
    ]
}

/// What is odd, and can be stored.
fn taken() -> Vec<Line> {
    let rest: [(_, &[u8]); 8] = [
        ("no UTF-8 in a value", b"\"message\": \"a\xff\xfeb\""),
        ("a null byte in a value", br#""message": "a\u0000b""#),
        ("wrong types", br#""message": {"a": []}, "host": [1], "timestamp": {"b": null}"#),
        ("names of the store's own", br#""message": "m", "_msg": "x", "_time": "y", "_stream": "{}""#),
        ("one name twice", br#""message": "a", "message": "b", "host": "a", "host": "b""#),
        ("large numbers", br#""message": 18446744073709551616, "n": -123456789012345678901234567890, "e": 1e300"#),
        ("no message", br#""a": null, "b": """#),
        ("lines in a line", b"\r\n\"message\":\t\"a\\nb\"\n"),
    ];
    let line = |(index, (name, rest)): (usize, (&'static str, &[u8]))| {
        let number = FIRST + index;
        let payload = [b"{", rest, format!(r#", "number": {number}}}"#).as_bytes()].concat();
        Line { name, payload, number: Some(number) }
    };
    let number = FIRST + rest.len();
    let marked = format!("\u{feff}{{\"message\": \"marked\", \"number\": {number}}}").into_bytes();
    let marked = Line { name: "a byte order mark", payload: marked, number: Some(number) };
    rest.into_iter().enumerate().map(line).chain([marked]).collect()
}
