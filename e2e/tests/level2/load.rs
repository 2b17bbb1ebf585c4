//! Numbered lines, written while something is done to the pipeline; one in a thousand is poison for the store.

use std::io::{BufWriter, Write as _};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use kafkapipelines_e2e::installation::{Access, Client};

/// 2,000 lines a second.
const AT_ONCE: usize = 100;
const PACE: Duration = Duration::from_millis(50);

/// The line with a number.
pub type Line = fn(usize) -> String;

/// A producer whose lines come when they are asked for.
pub struct Load {
    kubectl: Child,
    wanted: Sender<usize>,
    lines: JoinHandle<Result<usize>>,
}

impl Load {
    /// Begins, in the client's Pod.
    pub fn start(client: &Client, bootstrap: &str, topic: &str, line: Line) -> Result<Self> {
        let mut kubectl = client.producer(bootstrap, Access::Tls, topic).stdin(Stdio::piped()).spawn()?;
        let input = kubectl.stdin.take().context("kubectl has an input")?;
        let (wanted, asked) = mpsc::channel();
        let lines = thread::spawn(move || write_all(input, &asked, line));
        Ok(Self { kubectl, wanted, lines })
    }

    /// Lets so many more lines be written, and does not wait for them.
    pub fn write(&self, count: usize) -> Result<()> {
        self.wanted.send(count).context("the producer has ended")
    }

    /// Waits until Kafka has all lines, and returns their number.
    pub fn finish(mut self) -> Result<usize> {
        drop(self.wanted);
        let count = self.lines.join().ok().context("the producer's thread panicked")??;
        ensure!(self.kubectl.wait()?.success(), "the producer failed");
        Ok(count)
    }
}

fn write_all(input: ChildStdin, asked: &Receiver<usize>, line: Line) -> Result<usize> {
    let mut input = BufWriter::new(input);
    let mut count = 0;
    for more in asked {
        for number in count..count + more {
            writeln!(input, "{}", line(number)).context("the producer has ended")?;
            if number % AT_ONCE == 0 {
                input.flush().context("the producer has ended")?;
                thread::sleep(PACE);
            }
        }
        count += more;
        input.flush().context("the producer has ended")?;
    }
    Ok(count)
}

/// Whether the store would drop the line, or could not be made to take it.
pub fn is_poison(number: usize) -> bool {
    number % 1000 == 7
}

/// A line for VictoriaLogs, or its double.
pub fn line(number: usize) -> String {
    let now = Timestamp::now();
    let host = format!("web-{}", number % 20);
    let rest =
        |time: &str, message: &str| format!(r#""timestamp": "{time}", "host": "{host}", "message": "{message}""#);
    let rest = match (is_poison(number), number / 1000 % 5) {
        (true, 0) => "no JSON".to_owned(),
        (true, 1) => rest("2001-09-09T01:46:40Z", "long ago"),
        (true, 2) => rest("yesterday", "at no time"),
        (true, 3) => rest(&now.to_string(), &"long ".repeat(60_000)),
        (true, _) => rest(&now.to_string(), "wide") + &more_fields(1200),
        (false, _) => rest(
            &now.to_string(),
            &format!("GET /item/{number} 200, and as much more as a line of everyday has to say"),
        ),
    };
    format!(r#"{{"number": {number}, {rest}}}"#)
}

fn more_fields(count: usize) -> String {
    (0..count).fold(String::new(), |all, number| all + ", \"f" + &number.to_string() + "\": 1")
}
