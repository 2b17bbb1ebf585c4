//! What a real API server and its controllers can judge without a Pod: admission, RBAC, children, garbage collection, audit log.
//!
//! Each test has a namespace of its own, and an operator that runs as a process with the rights of `operator/install`.

mod admission;
mod bed;
mod charts;
mod children;
mod failover;
mod foreign_fields;
mod heal;
mod kube_api;
mod kustomizations;
mod malformed;
mod object;
mod order;
mod plugin;
mod plugin_watch;
mod programs;
mod rights;
mod suspend;
mod webhook;
