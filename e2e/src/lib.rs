//! .
pub mod image;
