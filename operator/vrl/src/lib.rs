//! Programs in VRL, compiled as the Vector of a consumer compiles them: what it would not start with is found before anything is
//! applied. Nothing is run.
//!
//! The compiler is Vector's own crate in the version that Vector 0.57 pins; so are the types that a program begins with and the
//! functions that it may call. docs/adr/0006-vrl.md says what differs.

mod functions;
mod mistake;
mod patience;
mod shape;

#[cfg(test)]
mod own_programs;
#[cfg(test)]
mod tests;

use kafkapipelines_core::program::Mistake;
use vrl::compiler::{CompilationResult, CompileConfig, TypeState, compile_with_state};
use vrl::diagnostic::DiagnosticList;
use vrl::path::{OwnedTargetPath, OwnedValuePath};

/// Metadata that Vector keeps for itself, and the origin of the line, which a dead letter needs.
const CLOSED_TO_USERS: [&str; 2] = ["vector", "kafkapipelines"];

/// Mistakes of one program that are told.
const TOLD: usize = 20;

/// Why Vector would not start with a user's program, in the compiler's words; empty when it would. Warnings are no mistakes.
/// Waits for the compiler for at most five seconds; what was once said of a program is remembered.
pub fn mistakes(program: &str) -> Vec<Mistake> {
    if let Some(mistake) = shape::too_deep(program) {
        return vec![mistake];
    }
    let too_slow =
        || vec![mistake::at(program, 0..0, "the compiler takes more than 5 seconds for this program: split it")];
    patience::verdict(program, judge).unwrap_or_else(too_slow)
}

fn judge(program: &str) -> Vec<Mistake> {
    let found = compile(program, &CLOSED_TO_USERS).err();
    found.into_iter().flatten().filter_map(|found| mistake::of(&found, program)).take(TOLD).collect()
}

/// Compiles as a `remap` does that gets its lines in Vector's legacy namespace, whose schema is not declared: `.` is an object of
/// anything, and so is its metadata, whatever the programs before did. Metadata under the keys `closed` cannot be written.
fn compile(program: &str, closed: &[&str]) -> Result<CompilationResult, DiagnosticList> {
    let mut config = CompileConfig::default();
    for key in closed {
        config.set_read_only_path(OwnedTargetPath::metadata(OwnedValuePath::single_field(key)), true);
    }
    compile_with_state(program, &functions::all(), &TypeState::default(), config)
}
