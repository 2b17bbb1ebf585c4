//! The test bed: a real cluster on this machine, and the images that run in it without a registry.

pub mod audit;
pub mod cluster;
pub mod document;
pub mod image;
pub mod installation;
pub mod operator_process;
pub mod reference;
pub mod rights;
pub mod rsyslog;
