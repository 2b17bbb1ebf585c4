//! The shape of a program, before the compiler sees it.
//!
//! The compiler follows nested expressions by recursion, and its time doubles with each closure inside another one: a deep
//! program of a few kilobytes would exhaust any stack, or not end in a lifetime. Vector would fare the same.

use std::iter::Peekable;
use std::str::CharIndices;

use kafkapipelines_core::program::Mistake;

use super::mistake;

/// Operators, path segments and brackets of one statement and of those around it, open brackets counted fourfold: more than the
/// levels of expressions that they make.
const DEEPEST: usize = 600;
/// What an open bracket counts besides. A block inside a block costs the compiler more than one more operator.
const OPEN: usize = 3;
/// Closures inside one another.
const MOST_CLOSURES: usize = 8;

/// The place where a program gets too deep to be compiled.
pub(super) fn too_deep(program: &str) -> Option<Mistake> {
    let mut shape = Shape::default();
    let mut rest = program.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '"' => skip_literal(&mut rest, c),
            '\'' if opens_literal(&program[..at]) => skip_literal(&mut rest, c),
            '#' => while rest.next_if(|(_, c)| *c != '\n').is_some() {},
            _ => shape.read(c, &program[at..]),
        }
        if let Some(text) = shape.verdict() {
            return Some(mistake::at(program, at..at + c.len_utf8(), &text));
        }
    }
    None
}

/// Whether a `'` after this text begins a literal, as in `r'\d'`.
fn opens_literal(before: &str) -> bool {
    let mut back = before.chars().rev();
    let has_prefix = back.next().is_some_and(|c| "rst".contains(c));
    has_prefix && !back.next().is_some_and(|c| c.is_ascii_alphanumeric() || "_@".contains(c))
}

/// Skips what is between quotation marks, of which `quote` was the first.
fn skip_literal(rest: &mut Peekable<CharIndices<'_>>, quote: char) {
    while let Some((_, c)) = rest.next() {
        match c {
            '\\' => drop(rest.next()),
            c if c == quote => return,
            _ => {}
        }
    }
}

/// What was read, up to a place.
#[derive(Default)]
struct Shape {
    /// The open brackets, each with what its outer statement has had until then.
    outer: Vec<Open>,
    /// Operators, path segments and brackets of the innermost statement until now.
    links: usize,
    last: char,
    after_newline: bool,
    after_arrow: bool,
}

struct Open {
    links: usize,
    is_closure: bool,
}

impl Shape {
    fn read(&mut self, c: char, rest: &str) {
        if c == '\n' {
            self.after_newline = true;
            return;
        }
        if c.is_whitespace() {
            return;
        }
        if std::mem::take(&mut self.after_newline) && !goes_on(self.last, rest) {
            self.links = 0;
        }
        self.after_arrow |= self.last == '-' && c == '>';
        match c {
            ',' | ';' => self.links = 0,
            '(' | '[' | '{' => {
                let is_closure = c == '{' && std::mem::take(&mut self.after_arrow);
                self.outer.push(Open { links: self.links + 1, is_closure });
                self.links = 0;
            }
            ')' | ']' | '}' => self.links = self.outer.pop().map_or(0, |open| open.links),
            c if c.is_ascii_punctuation() && c != '_' => self.links += 1,
            _ => {}
        }
        self.last = c;
    }

    fn verdict(&self) -> Option<String> {
        let depth = self.links + self.outer.iter().map(|open| open.links + OPEN).sum::<usize>();
        let closures = self.outer.iter().filter(|open| open.is_closure).count();
        if depth > DEEPEST {
            Some(format!("more than {DEEPEST} operators, path segments and brackets in one statement: split it"))
        } else if closures > MOST_CLOSURES {
            Some(format!("more than {MOST_CLOSURES} closures inside one another: the compiler would not end"))
        } else {
            None
        }
    }
}

/// Whether a statement goes on after a newline: an operator stands before or after it.
fn goes_on(last: char, rest: &str) -> bool {
    const OPERATORS: &str = "+-*/|&?=<>!";
    OPERATORS.contains(last) || rest.starts_with(|c| OPERATORS.contains(c)) || rest.starts_with("else")
}
