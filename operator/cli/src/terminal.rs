//! Printing: coloured on a terminal, plain in a pipe.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::Result;

use crate::args::Output;

/// Home, then clear to the end of the screen.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Prints to the standard output. When its reader has gone away (`| head`), the error is of kind `BrokenPipe`.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Where a watch draws again and again.
pub struct Screen {
    clear: bool,
    shown: Option<String>,
}

impl Screen {
    /// A screen that is cleared before each drawing, if it is a terminal and people read it.
    pub fn new(output: Output) -> Self {
        Self { clear: output == Output::Text && io::stdout().is_terminal(), shown: None }
    }

    /// Draws the text unless it is there already.
    pub fn show(&mut self, text: &str) -> Result<()> {
        if self.shown.as_deref() == Some(text) {
            return Ok(());
        }
        let before = match &self.shown {
            _ if self.clear => CLEAR,
            Some(_) => "\n",
            None => "",
        };
        print(&format!("{before}{text}"))?;
        self.shown = Some(text.to_owned());
        Ok(())
    }
}
