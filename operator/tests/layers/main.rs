//! The layers below the controllers, against a double of the API server.

mod controllers_runner;
mod double;
mod io_apply;
mod io_requests;
mod io_status;
mod io_watch;
mod runtime_lease;
