//! `kubectl kafkapipelines consumer`: what a consumer's transforms do and what its Vector file is, without a cluster; and what is done once
//! when a person asks for it.

mod asked;
mod follow;
mod found;
mod render;
mod replay;
mod report;
mod sample;
mod seek;
mod test;

pub use render::run as render;
pub use replay::run as replay;
pub use seek::run as seek;
pub use test::run as test;

/// Exit code: a consumer is refused, or a test fails.
const REFUSED: u8 = 1;
/// Exit code: a file cannot be read, or has no consumer in it.
const UNREADABLE: u8 = 2;
