//! The functions that a program may call in Vector 0.57: VRL's own, those that reach the network, and Vector's.

mod files;
mod network;
mod signature;
mod vector;

use vrl::compiler::Function;

use files::WithoutFile;

/// The functions that programs may call.
pub(super) type Functions = [Box<dyn Function>];

/// All functions.
pub(super) fn all() -> Vec<Box<dyn Function>> {
    let own = vrl::stdlib::all().into_iter().map(WithoutFile::wrap);
    own.chain(network::signatures()).chain(vector::signatures()).collect()
}
