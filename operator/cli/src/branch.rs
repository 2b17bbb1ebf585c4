//! A tree of lines, drawn with box characters.

use anstyle::Style;

const LINES: Style = Style::new().dimmed();

/// A line and what hangs below it.
#[derive(Clone, Debug)]
pub struct Branch {
    text: String,
    below: Vec<Branch>,
}

impl Branch {
    /// A line, with what hangs below it.
    pub fn new(text: impl Into<String>, below: Vec<Branch>) -> Self {
        Self { text: text.into(), below }
    }

    /// A line by itself.
    pub fn leaf(text: impl Into<String>) -> Self {
        Self::new(text, Vec::new())
    }

    /// The line and everything below it, each line with its end.
    pub fn draw(&self) -> String {
        let mut lines = vec![self.text.trim_end().to_owned()];
        self.draw_below("", &mut lines);
        lines.join("\n") + "\n"
    }

    fn draw_below(&self, indent: &str, lines: &mut Vec<String>) {
        for (index, branch) in self.below.iter().enumerate() {
            let last = index + 1 == self.below.len();
            let (fork, rail) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            lines.push(format!("{LINES}{indent}{fork}{LINES:#}{}", branch.text.trim_end()));
            branch.draw_below(&format!("{indent}{rail}"), lines);
        }
    }
}

/// Puts the cells of all rows below one another: each column as wide as its widest cell.
///
/// Cells are plain text: what is coloured comes after the last column.
pub fn columns<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let padded = |row: &[String; N]| {
        let cells = row.iter().zip(widths).filter(|(_, width)| *width > 0);
        cells.map(|(cell, width)| format!("{cell:width$}  ")).collect::<Vec<_>>().concat()
    };
    rows.iter().map(padded).collect()
}
