//! Programs in VRL, compiled as the Vector of a consumer compiles them: what it would not start with is found before anything is
//! applied.
//!
//! The compiler is Vector's own crate in the version that Vector 0.57 pins; so are the types that a program begins with and the
//! functions that it may call. docs/adr/0006-vrl.md says what differs.

pub mod chain;
mod functions;
mod mistake;
mod patience;
mod shape;
mod spec_tests;

#[cfg(test)]
mod gateway_programs;
#[cfg(test)]
mod own_programs;
#[cfg(test)]
mod tests;

use kafkapipelines_core::program::{Mistake, Vrl};
use vrl::compiler::{CompilationResult, CompileConfig, Function, TypeState, compile_with_state};
use vrl::diagnostic::DiagnosticList;
use vrl::path::{OwnedTargetPath, OwnedValuePath};

use patience::Verdicts;

pub use spec_tests::{Fate, fates};

/// What judges a consumer's spec: VRL as Vector 0.57 has it.
pub const VRL: Vrl = Vrl { program: mistakes, condition: condition_mistakes, tests: spec_tests::failures };

/// Metadata that Vector keeps for itself, and the origin of the line, which a dead letter needs.
const CLOSED_TO_USERS: [&str; 2] = ["vector", "kafkapipelines"];

/// Mistakes of one program that are told.
const TOLD: usize = 20;

static PROGRAMS: Verdicts<Vec<Mistake>> = Verdicts::new();
static CONDITIONS: Verdicts<Vec<Mistake>> = Verdicts::new();

/// Why Vector would not start with a user's program, in the compiler's words; empty when it would. Warnings are no mistakes.
/// Waits for the compiler for at most five seconds; what was once said of a program is remembered.
pub fn mistakes(program: &str) -> Vec<Mistake> {
    verdict(&PROGRAMS, program, judge_program)
}

/// The same of a user's condition. As in Vector, it must give a boolean whatever the event, and may write nothing.
pub fn condition_mistakes(condition: &str) -> Vec<Mistake> {
    verdict(&CONDITIONS, condition, judge_condition)
}

fn verdict(verdicts: &'static Verdicts<Vec<Mistake>>, text: &str, judge: fn(&str) -> Vec<Mistake>) -> Vec<Mistake> {
    if let Some(mistake) = shape::too_deep(text) {
        return vec![mistake];
    }
    let said_of_all = |said: &str| vec![mistake::at(text, 0..0, said)];
    match verdicts.of(text, judge) {
        Ok(found) => found,
        Err(patience::Unsaid::TooSlow) => {
            said_of_all("the compiler takes more than 5 seconds for this program: split it")
        }
        Err(patience::Unsaid::Panicked) => {
            said_of_all("the compiler itself fails on this program, and so would Vector's")
        }
    }
}

fn judge_program(program: &str) -> Vec<Mistake> {
    told(program, compile(program, &functions::all(), closed(&CLOSED_TO_USERS)))
}

fn judge_condition(condition: &str) -> Vec<Mistake> {
    match compile_condition(condition, &functions::all()) {
        Ok(compiled) if !compiled.program.final_type_info().result.is_boolean() => {
            vec![mistake::at(condition, 0..condition.len(), "a condition must be a boolean, whatever the event")]
        }
        compiled => told(condition, compiled),
    }
}

fn told(text: &str, compiled: Result<CompilationResult, DiagnosticList>) -> Vec<Mistake> {
    compiled.err().into_iter().flatten().filter_map(|found| mistake::of(&found, text)).take(TOLD).collect()
}

/// Metadata under these keys cannot be written.
fn closed(keys: &[&str]) -> CompileConfig {
    let mut config = CompileConfig::default();
    for key in keys {
        config.set_read_only_path(OwnedTargetPath::metadata(OwnedValuePath::single_field(key)), true);
    }
    config
}

fn compile_condition(condition: &str, functions: &[Box<dyn Function>]) -> Result<CompilationResult, DiagnosticList> {
    let mut config = CompileConfig::default();
    config.set_read_only();
    compile(condition, functions, config)
}

/// Compiles as a `remap` does that gets its lines in Vector's legacy namespace, whose schema is not declared: `.` is an object of
/// anything, and so is its metadata, whatever the programs before did.
fn compile(
    program: &str,
    functions: &[Box<dyn Function>],
    config: CompileConfig,
) -> Result<CompilationResult, DiagnosticList> {
    compile_with_state(program, functions, &TypeState::default(), config)
}
