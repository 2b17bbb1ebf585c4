//! The layers below the controllers, against a double of the API server.
#![allow(clippy::needless_pass_by_value, reason = "`json!` makes values")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod controllers_runner;
mod double;
mod io_apply;
mod io_requests;
mod io_status;
mod io_watch;
mod runtime_admin;
mod runtime_lease;
