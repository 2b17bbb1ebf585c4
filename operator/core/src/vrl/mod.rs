//! Programs in VRL, compiled as the Vector of a consumer compiles them: what it would not start with is found before anything is
//! applied. Nothing is run.
//!
//! The compiler is Vector's own crate in the version that Vector 0.57 pins; so are the types that a program begins with and the
//! functions that it may call. docs/adr/0006-vrl.md says what differs.

mod functions;
mod mistake;
mod shape;

#[cfg(test)]
mod tests;

use std::panic::resume_unwind;
use std::thread;

use vrl::compiler::{CompilationResult, CompileConfig, TypeState, compile_with_state};
use vrl::diagnostic::DiagnosticList;
use vrl::path::{OwnedTargetPath, OwnedValuePath};

pub use mistake::Mistake;

/// Room for the deepest program that [`shape`] lets pass. What is not touched costs nothing.
const STACK_BYTES: usize = 64 << 20;

/// Metadata that Vector keeps for itself, and the origin of the line, which a dead letter needs.
const CLOSED_TO_USERS: [&str; 2] = ["vector", "kafkapipelines"];

/// Why Vector would not start with a user's program, in the compiler's words; empty when it would. Warnings are no mistakes.
pub fn mistakes(program: &str) -> Vec<Mistake> {
    if let Some(mistake) = shape::too_deep(program) {
        return vec![mistake];
    }
    match on_own_stack(|| compile(program, &CLOSED_TO_USERS).err()) {
        Ok(found) => found.into_iter().flatten().filter_map(|found| Mistake::of(&found, program)).collect(),
        Err(_panic) => {
            vec![Mistake::at(program, 0..0, "the compiler itself fails on this program, and so would Vector's")]
        }
    }
}

/// What `work` gives, or how it panicked. Where no thread can be had, the panic is the caller's: it is no mistake of a program.
fn on_own_stack<T: Send>(work: impl FnOnce() -> T + Send) -> thread::Result<T> {
    thread::scope(|scope| {
        let own = thread::Builder::new().name("vrl".to_owned()).stack_size(STACK_BYTES).spawn_scoped(scope, work);
        own.unwrap_or_else(|error| resume_unwind(Box::new(error))).join()
    })
}

/// Compiles as a `remap` does that gets its lines in Vector's legacy namespace, whose schema is not declared: `.` is an object of
/// anything, and so is its metadata, whatever the programs before did. Metadata under the keys `closed` cannot be written.
pub(crate) fn compile(program: &str, closed: &[&str]) -> Result<CompilationResult, DiagnosticList> {
    let mut config = CompileConfig::default();
    for key in closed {
        config.set_read_only_path(OwnedTargetPath::metadata(OwnedValuePath::single_field(key)), true);
    }
    compile_with_state(program, &functions::all(), &TypeState::default(), config)
}
