//! One mistake, cut to what fits in a condition.

use std::ops::Range;

use kafkapipelines_core::program::Mistake;
use vrl::diagnostic::{Diagnostic, Note};

/// Bytes of the compiler's text that are kept.
const TEXT_BYTES: usize = 900;
/// Bytes of the program that are shown.
const EXCERPT_BYTES: usize = 60;

/// What the compiler says; a mere warning is none.
pub(super) fn of(found: &Diagnostic, program: &str) -> Option<Mistake> {
    let labels = found.labels();
    let label = labels.iter().find(|label| label.primary).or(labels.first());
    let span = label.map_or(0..0, |label| label.span.range());
    let parts = labels.iter().map(|label| label.message.clone());
    let notes = found.notes().iter().filter(|note| is_about_the_program(note)).map(ToString::to_string);
    let details: Vec<_> = parts.chain(notes).filter(|part| !part.is_empty()).collect();
    let details = details.join("; ").replace(":; ", ": ");
    let text = format!("E{:03} {}: {details}", found.code, found.message());
    found.is_problem().then(|| at(program, span, &text))
}

/// A mistake at a range of bytes.
pub(super) fn at(program: &str, span: Range<usize>, text: &str) -> Mistake {
    let before = program.get(..span.start).unwrap_or(program);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let excerpt = program.get(span).and_then(|found| found.lines().next()).unwrap_or("(end)");
    Mistake {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        excerpt: one_line(excerpt, EXCERPT_BYTES),
        text: one_line(text, TEXT_BYTES),
    }
}

/// Links to documentation say the same for every mistake.
fn is_about_the_program(note: &Note) -> bool {
    matches!(note, Note::Hint(_) | Note::Example(_) | Note::CoerceValue | Note::Basic(_) | Note::UserErrorMessage(_))
}

/// A text as one line of at most `bytes` bytes.
pub(super) fn one_line(text: &str, bytes: usize) -> String {
    let printable: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = printable.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.len() <= bytes {
        return line;
    }
    let mark = "…";
    let end = line.floor_char_boundary(bytes - mark.len());
    format!("{}{mark}", &line[..end])
}
